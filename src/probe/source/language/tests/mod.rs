mod go;
mod java;
mod ruby;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::probe::source::code::{FunctionKind, LoopKind, Value};
use crate::probe::source::facts::Usage;

mod php;
mod templates;

fn facts(path: &str, source: &str) -> FileFacts {
    let language = of_extension(path.rsplit('.').next().unwrap()).unwrap();
    read(path, language, source, &CancellationToken::new()).unwrap()
}

fn ts(source: &str) -> FileFacts {
    facts("src/a.ts", source)
}

fn py(source: &str) -> FileFacts {
    facts("src/a.py", source)
}

fn callees(file: &FileFacts) -> Vec<&str> {
    file.calls.iter().map(|call| &*call.callee).collect()
}

fn sql(file: &FileFacts) -> Vec<&str> {
    file.queries.iter().map(|query| query.sql.as_str()).collect()
}

#[test]
fn calls_carry_their_path_and_what_is_done_with_them() {
    let file =
        ts("async function f() { try { return await (db as any)?.users!.find({ a: 1 }).limit<number>(2); } catch {} }");
    assert_eq!(callees(&file), ["db.users.find().limit", "db.users.find"]);
    let outer = &file.calls[0];
    assert!(outer.awaited && outer.returned && outer.in_try);
    assert_eq!((outer.receiver, file.calls[1].chained), (Some(1), Some(0)));
    assert!(!file.calls[1].awaited);
    assert_eq!(file.calls[1].argument(0).unwrap().get("a"), Some(&Value::Number("1".into())));
}

#[test]
fn spans_start_at_one_and_count_characters() {
    let file = ts("\nconst ü = '🎉', a = f(1);\n");
    let span = file.calls[0].place.span;
    assert_eq!((span.line, span.column, span.end_line, span.end_column), (2, 20, 2, 24));
}

#[test]
fn destructuring_follows_the_path() {
    let file = ts("function h(req, res) { const { a, b: { c }, d = 1 } = req.body; const [x] = req.query.ids; }");
    let value = |name: &str| file.assigned(name, 1).map(|assignment| assignment.value.clone()).unwrap();
    assert_eq!(value("a"), Value::Path("req.body.a".into()));
    assert_eq!(value("c"), Value::Path("req.body.b.c".into()));
    assert_eq!(value("d"), Value::Either(vec![Value::Path("req.body.d".into()), Value::Number("1".into())]));
    assert!(matches!(value("x"), Value::Index(_)));
}

#[test]
fn callbacks_run_in_the_loop_that_calls_them() {
    let file = ts("for (const a of as) { list.map((b) => f(b)); later(() => g(a)); limit(() => h(a)); }");
    let loop_of = |name: &str| file.calls.iter().find(|call| &*call.callee == name).unwrap().in_loop;
    let kind = |name: &str| loop_of(name).map(|id| file.loops[id as usize].kind);
    assert_eq!(kind("f"), Some(LoopKind::Callback));
    assert_eq!(kind("g"), None);
    assert_eq!(kind("h"), Some(LoopKind::Each));
    assert_eq!(file.loops[1].parent, Some(0));
}

#[test]
fn functions_get_the_name_that_they_are_given_to() {
    let file = ts(
        "export const a = async () => 1; const o = { b() {}, c: function () {} }; class D { e = () => 2; f() {} } export default () => 3;",
    );
    let names: Vec<Option<&str>> = file.functions.iter().skip(1).map(|f| f.name.as_deref()).collect();
    assert_eq!(names, [Some("a"), Some("b"), Some("c"), Some("e"), Some("f"), Some("default")]);
    assert!(file.functions[1].exported && file.functions[1].is_async && !file.functions[2].exported);
    assert_eq!(file.functions[5].class.as_deref(), Some("D"));
}

#[test]
fn imports_bind_names() {
    let file = ts(
        "import a, { b as c } from 'm'; import * as d from './n'; const { e } = require('o'); const f = require('p').g; import type { T } from 'q'; export * from './r';",
    );
    let bound: Vec<(&str, &str, &str)> = file.bindings.iter().map(|b| (&*b.local, &*b.module, &*b.imported)).collect();
    for expected in
        [("a", "m", "default"), ("c", "m", "b"), ("d", "./n", "*"), ("e", "o", "e"), ("f", "p", "g"), ("*", "./r", "*")]
    {
        assert!(bound.contains(&expected), "{expected:?} in {bound:?}");
    }
    let modules: Vec<&str> = file.imports.iter().map(|import| import.module.as_str()).collect();
    assert_eq!(modules, ["m", "./n", "o", "p", "./r"]);
    let file = py("import os.path\nimport a.b as c\nfrom .d import e as f, g\nfrom h import *\n");
    let bound: Vec<(&str, &str, &str)> = file.bindings.iter().map(|b| (&*b.local, &*b.module, &*b.imported)).collect();
    assert_eq!(bound, [("os", "os", "*"), ("c", "a.b", "*"), ("f", ".d", "e"), ("g", ".d", "g"), ("*", "h", "*")]);
}

#[test]
fn sql_keeps_its_interpolations_and_placeholders() {
    let file = ts(
        "q(`SELECT * FROM t WHERE a = ${ x.y } AND b = $1`); q('SELECT id ' + cols + ' FROM t'); q('SELECT ' + 'a' + ' FROM t'); sql`DELETE FROM t WHERE id = ${id}`; say('Select one from the list');",
    );
    assert_eq!(
        sql(&file),
        [
            "SELECT * FROM t WHERE a = ${x.y} AND b = $1",
            "SELECT id ${cols} FROM t",
            "SELECT a FROM t",
            "DELETE FROM t WHERE id = ${id}",
        ]
    );
    let file = py(concat!(
        "\"\"\"SELECT a FROM docs\"\"\"\n",
        "q(f'SELECT * FROM t WHERE a = {x!r:>3}')\n",
        "q('SELECT * FROM t WHERE a = %s AND b = %s' % (a, b.c))\n",
        "q('SELECT * FROM t WHERE a = %s', (a,))\n",
        "q('SELECT {} FROM {t}'.format(cols, t=name))\n",
        "q('SELECT a ' 'FROM t')\n",
        "q('SELECT a FROM t WHERE b LIKE \\'%%x\\' AND c = %(c)s' % {'c': 1})\n",
    ));
    assert_eq!(
        sql(&file),
        [
            "SELECT * FROM t WHERE a = ${x}",
            "SELECT * FROM t WHERE a = ${a} AND b = ${b.c}",
            "SELECT * FROM t WHERE a = %s",
            "SELECT ${cols} FROM ${name}",
            "SELECT a FROM t",
            "SELECT a FROM t WHERE b LIKE '%%x' AND c = ${{'c': 1}}",
        ]
    );
}

#[test]
fn environment_reads_know_whether_the_code_goes_on_without() {
    let file = ts(concat!(
        "process.env.A; process.env['B'] ?? 'b'; if (process.env.C) {} import.meta.env.D!;\n",
        "const { E, F = '1', G: g } = process.env; if (!process.env.H) throw new Error(); Deno.env.get('I');\n",
        "const j = process.env.J || process.env.K || 'k'; process.env.L === 'x'; process.env.M = '1';\n",
    ));
    let read = |name: &str| file.env_reads.iter().find(|read| read.name == name).map(|read| read.optional);
    for (name, optional) in [
        ("A", false),
        ("B", true),
        ("C", true),
        ("D", false),
        ("E", false),
        ("F", true),
        ("G", false),
        ("H", false),
        ("I", false),
        ("J", true),
        ("K", true),
        ("L", true),
    ] {
        assert_eq!(read(name), Some(optional), "{name}");
    }
    let file = ts(concat!(
        "const a = process.env.A; if (a && b) f(a);\nconst c = process.env.C; if (!c) throw new Error(); if (c === '1') g();\n",
        "const d = process.env.D; if (!d) { log(); process.exit(1); }\nconst e = process.env.E; use(e);\n",
        "if (process.env.F === '1') { process.exit(0); }\n",
    ));
    let required: Vec<&str> =
        file.env_reads.iter().filter(|read| !read.optional).map(|read| read.name.as_str()).collect();
    assert_eq!(required, ["C", "D", "E"]);
    let file = py("import os\nos.environ['A']\nos.environ.get('B', '1')\nos.getenv('C')\nx = os.getenv('D') or '2'\n");
    let reads: Vec<(&str, bool)> = file.env_reads.iter().map(|read| (read.name.as_str(), read.optional)).collect();
    assert_eq!(reads, [("A", false), ("B", true), ("C", true), ("D", true)]);
    let file = py(concat!(
        "import os\nif admins := os.getenv('A'):\n    f(admins)\n",
        "g(os.getenv('B'), h=os.environ.get('C', None))\nint(os.getenv('D'))\nos.getenv('E').split(',')\n",
        "int(os.getenv('F') or 5)\n(os.getenv('G') or '').split(',')\n",
        "h = os.getenv('H')\nif not h:\n    raise ValueError\n",
        "if not (i := os.getenv('I')):\n    raise ValueError\n",
    ));
    let required: Vec<&str> =
        file.env_reads.iter().filter(|read| !read.optional).map(|read| read.name.as_str()).collect();
    assert_eq!(required, ["D", "E", "H", "I"]);
}

#[test]
fn catch_clauses_say_what_they_do() {
    let file = ts("try { await a(); b(); } catch (e) { // why not\n } try { c() } catch { log(); return []; } ");
    let [first, second] = file.catches.as_slice() else { unreachable!() };
    assert_eq!((first.tried.calls, first.handler.statements), ((0, 2), 0));
    assert_eq!(first.handler.comment.as_deref(), Some("why not"));
    assert_eq!((second.handler.calls, second.handler.statements), ((3, 4), 2));
    assert_eq!(second.handler.returns, [Value::Array(Vec::new())]);
    let file = py("try:\n    a()\nexcept (ValueError, x.Y) as e:\n    raise\nexcept:\n    pass\n");
    let types: Vec<&str> = file.catches[0].types.iter().map(|name| &**name).collect();
    assert_eq!(types, ["ValueError", "x.Y"]);
    assert!(file.catches[0].handler.throws && file.catches[1].types.is_empty());
}

#[test]
fn files_have_roles_and_functions_have_kinds() {
    let role = |path: &str, source: &str| facts(path, source).role;
    assert_eq!(role("src/a.test.ts", ""), Role::Test);
    assert_eq!(role("prisma/seed.ts", ""), Role::Script);
    assert_eq!(role("app/migrations/0001_a.py", ""), Role::Migration);
    assert_eq!(role("vite.config.ts", ""), Role::Config);
    assert_eq!(role("app/page.tsx", "export default function P() { return <p/>; }"), Role::Server);
    assert_eq!(role("app/x.tsx", "'use client'\nexport const X = () => <p/>;"), Role::Client);
    assert_eq!(role("src/X.jsx", "export const X = () => <p/>;"), Role::Client);
    assert_eq!(role("src/x.ts", "import fs from 'node:fs';"), Role::Server);
    let kinds = |path: &str, source: &str| -> Vec<FunctionKind> {
        facts(path, source).functions.iter().skip(1).map(|function| function.kind).collect()
    };
    use FunctionKind::{Component, Effect, Handler, Job, Plain};
    assert_eq!(kinds("a.ts", "app.get('/x', (q, s) => {}); map.get('x', () => {});"), [Handler, Plain]);
    assert_eq!(kinds("app/api/route.ts", "export async function GET() {} function other() {}"), [Handler, Plain]);
    assert_eq!(kinds("a.tsx", "function A() { useEffect(() => {}); return <p/>; }"), [Component, Effect]);
    assert_eq!(kinds("a.ts", "queue.process(async (job) => {});"), [Job]);
    assert_eq!(
        kinds("a.py", "@app.get('/')\ndef a(): pass\n@shared_task\ndef b(): pass\ndef c(): pass\n"),
        [Handler, Job, Plain]
    );
}

#[test]
fn addresses_say_what_is_done_with_them() {
    let file = ts(
        "fetch('http://localhost:1'); const url = 'http://localhost:2'; x === 'http://localhost:3'; const l = ['http://localhost:4']; f(a || 'http://localhost:5')",
    );
    let usages: Vec<Usage> = file.endpoints.iter().map(|endpoint| endpoint.usage).collect();
    assert_eq!(usages, [Usage::Argument(0), Usage::Named, Usage::Compared, Usage::Listed, Usage::Alternative]);
}

#[test]
fn generated_and_minified_files_are_refused() {
    let refused = |path: &str, source: &str| {
        read(path, of_extension(path.rsplit('.').next().unwrap()).unwrap(), source, &CancellationToken::new()).err()
    };
    assert_eq!(refused("a.ts", "// @generated\nexport const a = 1;"), Some(Refused::Generated));
    assert_eq!(refused("static/jquery.min.js", "x"), Some(Refused::Generated));
    assert_eq!(refused("a.js", &"function a(b){return b()};".repeat(500)), Some(Refused::Minified));
    let drawing = format!("export const Logo = () => <path d=\"{}\" />;\n", "M1 2L3 4".repeat(1000));
    assert_eq!(refused("logo.tsx", &drawing), None);
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    let long = "a = b(c)\n".repeat(100_000);
    assert_eq!(read("a.py", Language::Python, &long, &cancelled).err(), Some(Refused::Cancelled));
}

#[test]
fn what_a_nested_function_does_does_not_leave_the_loop_around_it() {
    let leaves = |source: &str| ts(source).loops[0].leaves;
    assert!(!leaves("for (const a of b) { f(() => a); g(function () { return 1; }); continue; }"));
    assert!(leaves("for (const a of b) { if (a) break; }"));
}

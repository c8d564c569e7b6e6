use super::*;
use crate::probe::source::code::Comparison;

fn php(source: &str) -> FileFacts {
    facts("src/a.php", &format!("<?php\n{source}"))
}

fn show(value: &Value) -> String {
    match value {
        Value::Template(parts) => crate::probe::source::code::joined(parts),
        Value::Text(text) => format!("'{text}'"),
        Value::Path(path) => path.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn calls_carry_their_path_whatever_their_form() {
    let table: [(&str, &[&str]); 16] = [
        ("f(1);", &["f"]),
        ("\\A\\f();", &["f"]),
        ("$this->db->query('x');", &["this.db.query"]),
        ("$a?->b()->c();", &["a.b().c", "a.b"]),
        ("DB::table('t')->where('a', 1)->get();", &["DB.table().where().get", "DB.table().where", "DB.table"]),
        ("self::f(); static::g(); parent::h();", &["this.f", "this.g", "super.h"]),
        ("new Foo; new \\A\\Bar(1);", &["Foo", "Bar"]),
        ("(new Foo())->run();", &["Foo().run", "Foo"]),
        ("$f(1); $a->$b(); $a['k']->c();", &["f", "a[]", "a.k.c"]),
        ("echo $a, f(); print $b; exit(1);", &["echo", "f", "print", "exit"]),
        ("(int) $a; intval($b); (string) f();", &["int", "intval", "f"]),
        ("`ls $dir`;", &["shell_exec"]),
        ("$x = strlen(...);", &["strlen"]),
        ("function f() { yield from g(); }", &["g"]),
        ("#[Route('/x', methods: ['GET'])] function a() {}", &["Route"]),
        ("return match (true) { a() => b(), default => throw new C() };", &["a", "b", "C"]),
    ];
    for (source, expected) in table {
        let file = php(source);
        assert_eq!(callees(&file), expected, "{source}");
        assert_eq!(file.partly, None, "{source}");
    }
    let file = php("DB::table('t')->get(); new Foo(a: 1, ...$rest); f()->g();");
    assert_eq!((file.calls[0].receiver, file.calls[1].chained), (Some(1), Some(0)));
    assert!(file.calls[0].discarded && !file.calls[1].discarded && file.calls[2].constructs);
    assert_eq!(file.calls[2].named("a"), Some(&Value::Number("1".into())));
    assert!(file.calls[2].spreads());
}

#[test]
fn html_around_code_is_passed_over_and_what_is_written_into_it_is_a_call() {
    let file = facts(
        "a.phtml",
        "<p>\n<?= $_GET['a'] ?>\n<?php if ($b): ?> <b>x</b> <?php else: ?> <?= e($c) ?> <?php endif; ?></p>\n",
    );
    assert_eq!(callees(&file), ["echo", "echo", "e"]);
    assert_eq!(file.calls[0].argument(0), Some(&Value::Path("_GET.a".into())));
    assert_eq!(file.calls[0].place.span.line, 2);
    assert!(file.conditions[0].otherwise.is_some() && file.partly.is_none());
    assert_eq!(file.functions[0].kind, FunctionKind::Handler);
}

#[test]
fn values_are_what_they_are_in_other_languages() {
    let table = [
        ("$x = 'it''s';", "'it's'"),
        ("$x = \"a $b {$c->d} $e[f] ${g}\\n\";", "a ${$b} ${$c->d} ${$e[f]} ${${g}}\n"),
        ("$x = 'a' . $b . \"c\" . f();", "a${$b}c${f()}"),
        ("$x = <<<SQL\n  select $a\n  SQL;", "select ${$a}"),
        ("$x = <<<'T'\nplain $a\nT;", "'plain $a'"),
        ("$x = sprintf('%s of %d', $a, $b);", "${$a} of ${$b}"),
        ("$x = $_POST['user']['name'];", "_POST.user.name"),
        ("$x = Foo::BAR;", "Foo.BAR"),
        ("$x = User::class;", "User.class"),
        ("$x = (string) $y;", "y"),
    ];
    for (source, expected) in table {
        let source = source.replace("it''s", "it\\'s");
        let file = php(&source);
        let found = show(&file.assigned("x", 0).unwrap().value);
        assert_eq!(found.trim_start_matches("  "), expected, "{source}");
    }
    let file = php("$o = ['a' => 1, 'b' => [2], ...$c]; $l = [1, $d]; $t = $a ?? $b ?: 3; $n = !($a === null);");
    let value = |name: &str| file.assigned(name, 0).unwrap().value.clone();
    assert_eq!(value("o").get("a"), Some(&Value::Number("1".into())));
    assert!(value("o").spreads() && matches!(value("l"), Value::Array(items) if items.len() == 2));
    assert!(matches!(value("t"), Value::Either(values) if values.len() == 2));
    assert!(matches!(value("n"), Value::Not(inner) if matches!(*inner, Value::Compared(Comparison::Equal, _))));
}

#[test]
fn assignments_know_their_targets() {
    let file = php(
        "[$a, [$b], 'k' => $c] = $v; ['n' => $d] = $w; list($e, , $f) = g(); $s .= 'x'; $l[] = 1; $this->p->q = 2; A::$r = 3; $m['k'] = 4; $o ??= 5; define('C', 6); const D = 7;",
    );
    let targets: Vec<(&str, bool)> = file.assignments.iter().map(|a| (&*a.target, a.appends)).collect();
    let expected = [
        ("a", false),
        ("b", false),
        ("c", false),
        ("d", false),
        ("e", false),
        ("f", false),
        ("s", true),
        ("l", true),
        ("this.p.q", false),
        ("A.r", false),
        ("m.k", false),
        ("o", false),
        ("C", false),
        ("D", false),
    ];
    assert_eq!(targets, expected);
    assert_eq!(file.assigned("c", 0).unwrap().value, Value::Path("v.k".into()));
    assert!(matches!(&file.assigned("f", 0).unwrap().value, Value::Index(pair) if pair.1 == Value::Number("2".into())));
    // What is written to is not read.
    assert!(file.accesses.is_empty(), "{:?}", file.accesses);
}

#[test]
fn imports_bind_names_and_namespaces() {
    let file = php(
        "namespace App\\Http;\nuse A\\B; use A\\C as D, E; use F\\{G, H\\I as J}; use function K\\l; require __DIR__ . '/x.php'; require_once 'y.php'; include dirname(__DIR__) . '/z.php'; new \\M\\N();",
    );
    let bound: Vec<(&str, &str, &str)> = file.bindings.iter().map(|b| (&*b.local, &*b.module, &*b.imported)).collect();
    let expected = [
        ("*", "App\\Http", "*"),
        ("B", "A\\B", "B"),
        ("D", "A\\C", "C"),
        ("E", "E", "E"),
        ("G", "F\\G", "G"),
        ("J", "F\\H\\I", "I"),
        ("l", "K\\l", "l"),
        ("*", "./x.php", "*"),
        ("*", "y.php", "*"),
        ("*", "../z.php", "*"),
        ("N", "M\\N", "N"),
    ];
    assert_eq!(bound, expected);
    assert_eq!(file.imports.len(), 9);
}

#[test]
fn loops_and_callbacks_know_what_they_run_over() {
    let file = php(
        "foreach ($as as $k => [$a, $b]) { f($a); } for ($i = 0; $i < 9; $i++): g(); h(); endfor; while ($x): i(); endwhile; do { j(); } while (k()); array_map(fn ($r) => l($r), $rows); $this->items->each(function ($m) use ($z) { n($m); }); DB::transaction(function () { o(); });",
    );
    let loops: Vec<(LoopKind, String, String)> =
        file.loops.iter().map(|l| (l.kind, show(&l.over), l.names.join(","))).collect();
    let expected = [
        (LoopKind::Each, "as", "k,a,b"),
        (LoopKind::Counting, "Unknown", ""),
        (LoopKind::While, "Unknown", ""),
        (LoopKind::While, "Unknown", ""),
        (LoopKind::Callback, "rows", "r"),
        (LoopKind::Callback, "this.items", "m"),
    ];
    assert_eq!(loops, expected.map(|(kind, over, names)| (kind, over.to_owned(), names.to_owned())));
    let loop_of = |name: &str| file.calls.iter().find(|call| &*call.callee == name).unwrap().in_loop;
    assert_eq!(
        ["f", "g", "h", "i", "j", "k", "l", "n", "o"].map(loop_of),
        [Some(0), Some(1), Some(1), Some(2), Some(3), None, Some(4), Some(5), None]
    );
    let leaves = |source: &str| php(source).loops[0].leaves;
    assert!(!leaves("foreach ($a as $b) { switch ($b) { case 1: f(); break; } }"));
    assert!(leaves("foreach ($a as $b) { switch ($b) { case 1: break 2; } }"));
    assert!(leaves("foreach ($a as $b) { if ($b) break; }") && leaves("foreach ($a as $b) { if ($b) return 1; }"));
}

#[test]
fn conditions_and_catches_say_what_they_do() {
    let file = php("if (!$a) { f(); } elseif ($b > 1) { g(); } else { h(); } if ($c): i(); endif;");
    assert_eq!(file.conditions.len(), 3);
    assert!(file.conditions[0].otherwise.is_some() && file.conditions[2].otherwise.is_none());
    assert_eq!(file.conditions[0].then.calls, (0, 1));
    let file = php(
        "try { a(); } catch (Foo | \\Bar $e) { /* why */ } catch (\\Throwable) { report($e); throw $e; } finally { b(); }",
    );
    let types: Vec<Vec<&str>> = file.catches.iter().map(|c| c.types.iter().map(|t| &**t).collect()).collect();
    assert_eq!(types, [vec!["Foo", "Bar"], vec![]]);
    assert_eq!((file.catches[0].handler.statements, file.catches[0].handler.comment.as_deref()), (0, Some("why")));
    assert!(file.catches[1].handler.throws && !file.catches[0].handler.throws && file.calls[0].in_try);
    assert_eq!(file.finals.len(), 1);
    let file = php("// gonogo: allow sql-injection because the names are ours\nq($a); # gonogo: allow x\n");
    assert_eq!((file.suppressions[0].line, file.suppressions_without_reason.len()), (3, 1));
}

#[test]
fn classes_hold_their_bases_and_fields() {
    let file = php(
        "#[Entity] final class A extends \\X\\B implements C, D { use E; private ?F $f = null; protected static int $n = 1; const K = 'k'; public function __construct(private readonly G $g, H $h) { $this->h = $h; } #[Get('/i')] protected function i(Request $r): int { return 1; } } enum S: string { case A = 'a'; } interface I extends C { public function j(); } $o = new class extends B { function m() {} };",
    );
    let class = &file.classes[0];
    let texts = |all: &[Box<str>]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!((&*class.name, texts(&class.bases)), ("A", ["B", "C", "D", "E"].map(str::to_owned).to_vec()));
    assert_eq!(&*class.decorators[0].name, "Entity");
    let fields: Vec<(&str, &str)> = class.fields.iter().map(|(name, kind)| (&**name, &**kind)).collect();
    assert_eq!(fields, [("f", "F"), ("n", "int"), ("g", "G")]);
    let names: Vec<(&str, Option<&str>, bool)> = file
        .functions
        .iter()
        .skip(1)
        .map(|f| (f.name.as_deref().unwrap_or(""), f.class.as_deref(), f.exported))
        .collect();
    assert_eq!(
        names,
        [("__construct", Some("A"), true), ("i", Some("A"), false), ("j", Some("I"), true), ("m", Some("class"), true)]
    );
    assert_eq!(file.functions[2].kind, FunctionKind::Handler);
    assert!(file.assigned("this.K", 0).is_some() && file.assigned("this.g", 1).is_some());
    assert_eq!(&*file.functions[1].parameters[1].annotation, "H");
}

#[test]
fn environment_reads_know_whether_the_code_goes_on_without() {
    let file = php(
        "env('A'); env('B', 'b'); getenv('C') ?: 'c'; $_ENV['D']; $_SERVER['APP_E'] ?? 1; $_SERVER['HTTP_HOST']; if (!getenv('F')) { throw new X(); } strtolower(env('G'))->x(); (bool) env('H', false); function e($n) { return getenv($n); }",
    );
    let reads: Vec<(&str, bool)> = file.env_reads.iter().map(|read| (read.name.as_str(), read.optional)).collect();
    assert_eq!(
        reads,
        [("A", true), ("B", true), ("C", true), ("D", false), ("APP_E", true), ("F", false), ("G", true), ("H", true)]
    );
    assert_eq!(file.env_fallbacks.iter().map(|f| &*f.name).collect::<Vec<_>>(), ["B", "C", "APP_E", "H"]);
    assert_eq!(file.env_readers.len(), 1);
}

#[test]
fn functions_have_kinds_and_files_have_roles() {
    use FunctionKind::{Handler, Job, Plain};
    let kinds = |path: &str, source: &str| -> Vec<FunctionKind> {
        facts(path, &format!("<?php {source}")).functions.iter().skip(1).map(|function| function.kind).collect()
    };
    let table = [
        (
            "routes/web.php",
            "Route::get('/a', function () {}); Route::middleware('auth')->group(function () { Route::post('b', fn () => 1); });",
            vec![Handler, Plain, Handler],
        ),
        (
            "public/index.php",
            "$app->get('/a', function ($request, $response) {}); $list->map('x', fn () => 1);",
            vec![Handler, Plain],
        ),
        (
            "app/Http/Controllers/A.php",
            "class AController extends Controller { function __construct() {} public function show($id) {} private function x() {} }",
            vec![Plain, Handler, Plain],
        ),
        (
            "src/A.php",
            "class A { #[Route('/x')] public function a() {} function b() {} function handle(Request $r, Closure $next) {} }",
            vec![Handler, Plain, Handler],
        ),
        ("app/Jobs/A.php", "class A implements ShouldQueue { public function handle() {} }", vec![Job]),
        ("app/B.php", "class B { public function handle() {} }", vec![Plain]),
    ];
    for (path, source, expected) in table {
        assert_eq!(kinds(path, source), expected, "{source}");
    }
    let role = |path: &str, source: &str| facts(path, source).role;
    for (path, source, expected) in [
        ("tests/Feature/A.php", "<?php", Role::Test),
        ("tests/ATest.php", "<?php", Role::Test),
        ("database/migrations/2024_create_a.php", "<?php", Role::Migration),
        ("database/seeders/A.php", "<?php", Role::Script),
        ("database/factories/A.php", "<?php", Role::Test),
        ("app/Console/Commands/A.php", "<?php", Role::Script),
        ("config/app.php", "<?php\n\nreturn [\n];\n", Role::Config),
        ("tests/shop/config/app.php", "<?php\n\nreturn [\n];\n", Role::Test),
        ("config/db.php", "<?php\n$pdo = new PDO($dsn);\n", Role::Server),
        ("app/Http/A.php", "<?php", Role::Server),
        ("public/index.php", "<?php", Role::Server),
    ] {
        assert_eq!(role(path, source), expected, "{path}");
    }
}

#[test]
fn sql_keeps_what_is_put_into_it() {
    let file = php(
        "$q = \"SELECT * FROM t WHERE a = '\" . $_GET['a'] . \"'\"; $db->query(\"DELETE FROM t WHERE id = $id\"); $r = <<<SQL\n    SELECT a FROM t\n    SQL;\n$s = sprintf('SELECT * FROM t WHERE b = %s', $b);",
    );
    let found: Vec<&str> = sql(&file).into_iter().map(str::trim).collect();
    assert_eq!(
        found,
        [
            "SELECT * FROM t WHERE a = '${$_GET['a']}'",
            "DELETE FROM t WHERE id = ${$id}",
            "SELECT a FROM t",
            "SELECT * FROM t WHERE b = ${$b}"
        ]
    );
}

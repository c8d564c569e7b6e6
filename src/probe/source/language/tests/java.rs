use super::*;
use crate::probe::source::code::{Comparison, joined};

fn java(source: &str) -> FileFacts {
    facts("src/main/java/com/example/A.java", source)
}

fn body(source: &str) -> FileFacts {
    java(&format!("class A {{ void f(HttpServletRequest request) {{\n{source}\n}} }}\n"))
}

fn value<'f>(file: &'f FileFacts, name: &str) -> &'f Value {
    &file.assignments_to(name).next().unwrap().value
}

#[test]
fn imports_bind_classes() {
    let file = java(
        "package com.example;\nimport java.util.List;\nimport java.io.*;\nimport static org.a.B.c;\nimport static org.a.D.*;\nclass A {}\n",
    );
    let bound: Vec<(&str, &str, &str)> = file.bindings.iter().map(|b| (&*b.local, &*b.module, &*b.imported)).collect();
    assert_eq!(
        bound,
        [("List", "java.util.List", "List"), ("*", "java.io", "*"), ("c", "org.a.B", "c"), ("*", "org.a.D", "*")]
    );
    assert_eq!(file.imports.len(), 4);
}

#[test]
fn calls_know_their_chain_and_what_becomes_of_them() {
    let file = body(concat!(
        "Order o = this.orders.findById(request.getParameter(\"id\")).orElseThrow();\nsave(o);\nsuper.close();\n",
        "return new Client.Builder<String>().timeout(5).build();\n",
    ));
    let call = |callee: &str| file.calls.iter().find(|call| &*call.callee == callee).unwrap();
    let find = call("this.orders.findById");
    assert!(find.chained.is_some() && call("this.orders.findById().orElseThrow").receiver.is_some());
    assert!(call("save").discarded && call("super.close").discarded && !find.discarded);
    assert!(call("Client.Builder").constructs && call("Client.Builder().timeout().build").returned);
    assert_eq!(find.arguments.len(), 1);
    assert_eq!(&*file.assignments_to("o").next().unwrap().annotation, "Order");
}

#[test]
fn classes_have_bases_fields_and_annotations() {
    let file = java(concat!(
        "@RestController\n@RequestMapping(value = \"/users\", produces = {\"a\", \"b\"})\n",
        "public class Users extends Base<User> implements Api, com.x.Other {\n",
        "  @Value(\"${API_URL:http://localhost:1}\") private String url;\n  private final UserRepository users, more;\n",
        "  Users(UserRepository users) { this.users = users; }\n",
        "  @GetMapping(\"/{id}\") public User find(@PathVariable String id, @Valid @RequestBody Form form, int... rest) { return users.find(id); }\n",
        "  private void hidden() {}\n}\nrecord Point(int x, String y) {}\ninterface R extends Repository<User, Long> { @Query(\"SELECT u FROM User u\") List<User> all(); }\n",
    ));
    let class = &file.classes[0];
    let bases: Vec<&str> = class.bases.iter().map(|base| &**base).collect();
    assert_eq!((&*class.name, bases), ("Users", vec!["Base", "Api", "com.x.Other"]));
    let mapping = &class.decorators[1];
    let call = file.call(mapping.call.unwrap()).unwrap();
    assert_eq!((&*mapping.name, call.named("value").and_then(Value::text)), ("RequestMapping", Some("/users")));
    assert!(matches!(call.named("produces"), Some(Value::Array(items)) if items.len() == 2));
    let fields: Vec<(&str, &str)> = class.fields.iter().map(|(name, kind)| (&**name, &**kind)).collect();
    assert_eq!(fields, [("url", "String"), ("users", "UserRepository"), ("more", "UserRepository")]);
    assert_eq!(&*file.classes[1].fields[1].0, "y");
    assert_eq!(&*file.classes[2].bases[0], "Repository");
    let names: Vec<Option<&str>> = file.functions.iter().skip(1).map(|f| f.name.as_deref()).collect();
    assert_eq!(names, [Some("constructor"), Some("find"), Some("hidden"), Some("all")]);
    let find = &file.functions[2];
    assert_eq!((find.kind, find.class.as_deref(), find.exported), (FunctionKind::Handler, Some("Users"), true));
    assert_eq!((&*find.parameters[0].annotation, find.parameters.len()), ("String", 3));
    let Some(Value::Call(source)) = find.parameters[0].default else { panic!() };
    assert_eq!(&*file.calls[source as usize].callee, "PathVariable");
    assert!(matches!(&find.parameters[1].default, Some(Value::All(calls)) if calls.len() == 2));
    assert!(!file.functions[3].exported && file.functions[4].kind == FunctionKind::Plain);
    assert_eq!(sql(&file), ["SELECT u FROM User u"]);
    assert_eq!(file.env_fallbacks[0].value, Value::Text("http://localhost:1".into()));
    assert!(file.env_reads[0].optional && file.env_reads[0].name == "API_URL");
}

#[test]
fn what_is_tried_caught_and_closed() {
    let file = body(concat!(
        "try (Connection c = pool.getConnection(); var r = new BufferedReader(new FileReader(p))) { c.run(); }\n",
        "catch (SQLException | IOException e) {\n// not now\n} finally { done(); }\ntry { a(); } catch (Exception e) { throw new X(e); }\n",
    ));
    let call = |callee: &str| file.calls.iter().find(|call| &*call.callee == callee).unwrap();
    assert!(call("pool.getConnection").managed && call("BufferedReader").managed && call("FileReader").managed);
    assert!(!call("c.run").managed && call("c.run").in_try && call("pool.getConnection").in_try);
    assert!(!call("done").in_try);
    let [first, second] = file.catches.as_slice() else { panic!() };
    let types: Vec<&str> = first.types.iter().map(|name| &**name).collect();
    assert_eq!((types, first.handler.comment.as_deref()), (vec!["SQLException", "IOException"], Some("not now")));
    assert_eq!((first.handler.statements, file.calls_of(&first.tried).count()), (0, 4));
    assert!(second.handler.throws && file.finals.len() == 1);
    assert_eq!(&*file.assignments_to("c").next().unwrap().annotation, "Connection");
}

#[test]
fn loops_and_streams_go_round() {
    let file = body(concat!(
        "for (User u : users) { switch (u.kind) { case 1: break; default: load(u); } }\nfor (int i = 0; i < 3; i++) { if (x) break; }\n",
        "while (a) { b(); }\nids.stream().filter(x -> ok(x)).map(this::find).toList();\nids.forEach(id -> { drop(id); });\n",
        "repo.findById(1).map(u -> name(u));\n",
    ));
    let kinds: Vec<LoopKind> = file.loops.iter().map(|found| found.kind).collect();
    use LoopKind::{Callback, Counting, Each, While};
    // The outer call of a chain is opened first, and its arguments are read last.
    assert_eq!(kinds, [Each, Counting, While, Callback, Callback, Callback]);
    assert_eq!((&*file.loops[0].names[0], &file.loops[0].over), ("u", &Value::Path("users".into())));
    assert!(!file.loops[0].leaves && file.loops[1].leaves);
    let in_loop = |callee: &str| file.calls.iter().find(|call| &*call.callee == callee).unwrap().in_loop;
    assert!(in_loop("load").is_some() && in_loop("ok").is_some() && in_loop("this.find").is_some());
    assert!(in_loop("drop").is_some() && in_loop("name").is_none());
    assert_eq!(file.loops[3].over, Value::Path("ids".into()));
}

#[test]
fn strings_are_put_together() {
    let file = body(concat!(
        "String q = \"SELECT * FROM t WHERE a = '\" + request.getParameter(\"a\") + \"'\";\n",
        "String f = String.format(\"SELECT * FROM t WHERE b = '%s' LIMIT %d\", b, n);\nString g = \"UPDATE t SET a = %1$s\".formatted(c);\n",
        "String t = \"\"\"\n    SELECT a\n    FROM t WHERE b = 1\n    \"\"\";\nStringBuilder sb = new StringBuilder();\nsb.append(\"x\").append(y);\n",
    ));
    assert_eq!(
        sql(&file),
        [
            "SELECT * FROM t WHERE a = '${request.getParameter(\"a\")}'",
            "SELECT * FROM t WHERE b = '${b}' LIMIT ${n}",
            "UPDATE t SET a = ${c}",
            "    SELECT a\n    FROM t WHERE b = 1\n    "
        ]
    );
    let Value::Template(parts) = value(&file, "g") else { panic!() };
    assert_eq!(joined(parts), "UPDATE t SET a = ${c}");
    let appended: Vec<&Value> = file.assignments_to("sb").filter(|set| set.appends).map(|set| &set.value).collect();
    assert_eq!(appended, [&Value::Text("x".into()), &Value::Path("y".into())]);
}

#[test]
fn tests_and_the_environment() {
    let file = body(concat!(
        "if (!\"admin\".equals(role) && a != null) { return; } else if (o instanceof User u) { use(u); }\n",
        "String a = System.getenv(\"A\");\nif (a == null) { throw new IllegalStateException(); }\n",
        "String b = System.getenv().getOrDefault(\"B\", \"b\");\nString c = Optional.ofNullable(System.getenv(\"C\")).orElse(\"c\");\n",
        "String d = System.getenv(\"D\");\nif (d == null) { d = \"http://localhost\"; }\nString e = System.getenv(\"E\") != null ? System.getenv(\"E\") : \"e\";\n",
    ));
    let Value::All(both) = &file.conditions[0].test else { panic!() };
    let equal = Value::Compared(Comparison::Equal, Box::new((Value::Text("admin".into()), Value::Path("role".into()))));
    assert_eq!(both[0], Value::Not(Box::new(equal)));
    assert!(matches!(&file.conditions[1].test, Value::Compared(Comparison::In, _)));
    assert_eq!(&*file.assignments_to("u").next().unwrap().annotation, "User");
    let reads: Vec<(&str, bool)> = file.env_reads.iter().map(|read| (read.name.as_str(), read.optional)).collect();
    assert_eq!(reads[..4], [("A", false), ("B", true), ("C", true), ("D", true)]);
    let defaults: Vec<&str> = file.env_fallbacks.iter().filter_map(|fallback| fallback.value.text()).collect();
    assert_eq!(defaults, ["b", "c", "http://localhost"]);
}

#[test]
fn files_have_roles_and_methods_have_kinds() {
    let role = |path: &str| facts(path, "class A { }").role;
    assert_eq!(role("src/main/java/com/example/test/A.java"), Role::Server);
    assert_eq!(role("src/test/java/com/example/A.java"), Role::Test);
    assert_eq!(role("app/UserServiceTest.java"), Role::Test);
    assert_eq!(role("src/main/java/db/migration/V1__a.java"), Role::Migration);
    let kinds = |source: &str| -> Vec<FunctionKind> {
        java(source).functions.iter().skip(1).map(|function| function.kind).collect()
    };
    use FunctionKind::{Handler, Job, Plain};
    assert_eq!(
        kinds(concat!(
            "class A { protected void doGet(HttpServletRequest a, HttpServletResponse b) {} @Scheduled(cron = \"x\") void b() {}\n",
            "@GET @Path(\"/x\") Response c() { return null; } void d() { app.get(\"/x\", ctx -> ctx.json(1)); new Thread(() -> run()).start(); } }\n",
        )),
        [Handler, Job, Handler, Plain, Handler, Job]
    );
}

#[test]
fn hostile_java_ends() {
    for source in [
        String::new(),
        "class".to_owned(),
        format!("class A {{ int x = {}", "(".repeat(10_000)),
        format!("class A {{ int x = {}1{}; }}", "(".repeat(10_000), ")".repeat(10_000)),
        format!("class A {}", "{".repeat(10_000)),
        format!("class A {{ void f() {{ {} }} }}", "if (a) {} else ".repeat(2000)),
        format!("class A {{ String s = \"a\"{}; }}", " + \"b\"".repeat(20_000)),
        format!("class A {{ Object o = a{}; }}", ".b()".repeat(5000)),
        "class A { void f( { Client c = new Client(; } void g() { return 1".to_owned(),
        format!("class A {{ {} }}", "void f() { a(1); }\n".repeat(100_000)),
    ] {
        let _ = read("A.java", Language::Java, &source, &CancellationToken::new());
    }
    let file = body("// gonogo: allow sql-injection because the table is fixed\ndb.query(\"SELECT 1\");");
    assert_eq!((&*file.suppressions[0].rule, file.suppressions[0].line), ("sql-injection", 3));
}

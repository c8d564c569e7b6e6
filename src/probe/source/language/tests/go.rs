use super::*;
use crate::probe::source::code::{Comparison, Part, joined};

fn go(source: &str) -> FileFacts {
    facts("internal/a.go", &format!("package a\n{source}"))
}

fn body(source: &str) -> FileFacts {
    go(&format!("func f(w http.ResponseWriter, r *http.Request) {{\n{source}\n}}\n"))
}

fn value<'f>(file: &'f FileFacts, name: &str) -> &'f Value {
    &file.assignments_to(name).next().unwrap().value
}

#[test]
fn imports_bind_packages_under_their_names() {
    let file = go(concat!(
        "import \"net/http\"\nimport (\n\tpb \"example.com/shop/proto\"\n\t_ \"github.com/lib/pq\"\n\t. \"fmt\"\n",
        "\t\"github.com/redis/go-redis/v9\"\n\t`gopkg.in/yaml.v3`\n\t\"github.com/getsentry/sentry-go\"\n)\n",
    ));
    let bound: Vec<(&str, &str)> = file.bindings.iter().map(|b| (&*b.local, &*b.module)).collect();
    assert_eq!(
        bound,
        [
            ("http", "net/http"),
            ("pb", "example.com/shop/proto"),
            ("*", "fmt"),
            ("redis", "github.com/redis/go-redis/v9"),
            ("yaml", "gopkg.in/yaml.v3"),
            ("sentry", "github.com/getsentry/sentry-go"),
        ]
    );
    assert_eq!(file.imports.len(), 7);
    assert!(file.bindings.iter().all(|binding| &*binding.imported == "*"));
}

#[test]
fn calls_know_their_chain_and_what_becomes_of_them() {
    let file = body(concat!(
        "rows, err := s.db.Where(\"a = ?\", r.URL.Query().Get(\"a\")).Find(&all)\ndefer rows.Close()\n",
        "defer func() { mu.Unlock() }()\ngo work(x)\ngo func() { run() }()\nfor _, id := range ids { g.Go(func() error { return load(id) }) }\nlog(1)\nreturn made[int](2)\n",
    ));
    let call = |callee: &str| file.calls.iter().find(|call| &*call.callee == callee).unwrap();
    let find = call("s.db.Where().Find");
    assert!(find.receiver.is_some() && !find.discarded && find.argument(0) == Some(&Value::Path("all".into())));
    assert!(call("s.db.Where").chained.is_some());
    assert!(call("rows.Close").deferred && call("mu.Unlock").deferred && !call("run").deferred);
    let beside = |callee: &str| call(callee).argument_of.map(|id| &*file.calls[id as usize].callee);
    assert_eq!((beside("work"), beside("(function)")), (Some("go"), None));
    assert!(call("load").in_loop.is_some() && call("load").returned && call("log").discarded);
    assert!(call("made").returned);
    let job = file.functions.iter().find(|function| function.kind == FunctionKind::Job).unwrap();
    assert_eq!(&*file.calls_of(&job.body).next().unwrap().1.callee, "run");
}

#[test]
fn several_values_are_parts_of_one_call() {
    let file = body(
        "a, err := load(1)\n_ = save(a)\nx, _ := find(2)\nb, c = 1, \"t\"\nvar d, e int\nq += \" AND 1\"\ns.n[i] = 3\n",
    );
    let Value::Call(id) = value(&file, "a") else { panic!() };
    assert_eq!(&*file.calls[*id as usize].callee, "load");
    assert_eq!(*value(&file, "err"), Value::Index(Box::new((Value::Call(*id), Value::Number("1".into())))));
    let ignored: Vec<&Value> = file.assignments_to("_").map(|set| &set.value).collect();
    assert!(matches!(ignored.as_slice(), [Value::Call(_), Value::Index(_)]));
    assert_eq!((value(&file, "b"), value(&file, "c")), (&Value::Number("1".into()), &Value::Text("t".into())));
    assert_eq!(&*file.assignments_to("e").next().unwrap().annotation, "int");
    assert!(file.assignments_to("q").next().unwrap().appends);
    assert_eq!(*value(&file, "s.n[]"), Value::Number("3".into()));
}

#[test]
fn literals_of_structs_are_calls_that_make_one() {
    let file = body(concat!(
        "c := &http.Client{Timeout: 5 * time.Second, Transport: t}\nm := map[string]any{\"a\": 1, b: []int{1, 2}}\n",
        "all := []Route{{Path: \"/a\", Run: func() {}}, {Path: \"/b\"}}\ne := map[string]int{}\n(&Worker{}).Start()\n",
    ));
    let Value::Call(id) = value(&file, "c") else { panic!() };
    let client = &file.calls[*id as usize];
    assert!(client.constructs && &*client.callee == "http.Client");
    assert!(matches!(client.named("Timeout"), Some(Value::Computed(_))));
    assert_eq!(value(&file, "m").get("a"), Some(&Value::Number("1".into())));
    assert_eq!(
        value(&file, "m").get("b"),
        Some(&Value::Array(vec![Value::Number("1".into()), Value::Number("2".into())]))
    );
    let Value::Array(routes) = value(&file, "all") else { panic!() };
    assert_eq!(routes[1].get("Path"), Some(&Value::Text("/b".into())));
    assert!(file.functions.iter().any(|function| function.name.as_deref() == Some("Run")));
    assert_eq!(*value(&file, "e"), Value::Object(Vec::new()));
    assert!(callees(&file).contains(&"Worker().Start"));
}

#[test]
fn methods_and_structs_know_their_types() {
    let file = go(concat!(
        "type Server struct {\n\t*Base\n\tstore.Reader `json:\"x\"`\n\tdb, replica *sql.DB `json:\"-\"`\n}\n",
        "func (s *Server) Find(ctx context.Context, a, b string, rest ...int) (*User, error) { return s.load(a) }\n",
        "func Map[T any](items []T) {}\n",
    ));
    let class = &file.classes[0];
    assert_eq!((&*class.name, class.bases.len()), ("Server", 2));
    let fields: Vec<(&str, &str)> = class.fields.iter().map(|(name, kind)| (&**name, &**kind)).collect();
    assert_eq!(fields, [("Base", "Base"), ("Reader", "store.Reader"), ("db", "*sql.DB"), ("replica", "*sql.DB")]);
    let method = &file.functions[1];
    assert_eq!((method.name.as_deref(), method.class.as_deref()), (Some("Find"), Some("Server")));
    let parameters: Vec<(&str, &str)> = method.parameters.iter().map(|p| (&*p.names[0].0, &*p.annotation)).collect();
    assert_eq!(parameters, [("ctx", "context.Context"), ("a", "string"), ("b", "string"), ("rest", "int")]);
    assert_eq!(&*file.assignments_to("s").next().unwrap().annotation, "*Server");
    assert_eq!((method.body.statements, file.functions[2].name.as_deref()), (1, Some("Map")));
}

#[test]
fn tests_of_errors_are_conditions() {
    let file = body(
        "if err := save(a); err != nil {\n\t// later\n}\nif x == \"\" && !ok { panic(\"no\") } else if y { return } else { z() }\n",
    );
    let [first, second, third] = file.conditions.as_slice() else { panic!() };
    let expected = Value::Compared(Comparison::NotEqual, Box::new((Value::Path("err".into()), Value::Null)));
    assert_eq!(first.test, expected);
    assert_eq!((first.then.statements, first.then.comment.as_deref()), (0, Some("later")));
    assert!(matches!(value(&file, "err"), Value::Call(_)));
    assert!(matches!(&second.test, Value::All(values) if matches!(values[1], Value::Not(_))));
    assert!(second.then.throws && second.otherwise.is_some() && third.then.leaves);
    assert_eq!(third.otherwise.as_ref().unwrap().statements, 1);
}

#[test]
fn strings_are_put_together() {
    let file = body(concat!(
        "q := fmt.Sprintf(\"SELECT %s FROM t WHERE a = '%v' LIMIT %d\", cols, r.FormValue(\"a\"), n)\n",
        "p := \"SELECT a FROM t WHERE b = '\" + b + `' AND c = 'x\\y'`\nu := fmt.Sprintf(\"%[2]s/%[1]s\", a, b)\n",
        "var sb strings.Builder\nsb.WriteString(name)\nn := string(data)\n",
    ));
    assert_eq!(
        sql(&file),
        [
            "SELECT ${cols} FROM t WHERE a = '${r.FormValue(\"a\")}' LIMIT ${n}",
            "SELECT a FROM t WHERE b = '${b}' AND c = 'x\\y'"
        ]
    );
    let Value::Template(parts) = value(&file, "u") else { panic!() };
    assert_eq!(joined(parts), "${b}/${a}");
    let Value::Template(parts) = value(&file, "q") else { panic!() };
    assert!(matches!(parts.last(), Some(Part::Expression(_, Value::Computed(of))) if of.is_empty()));
    let sb: Vec<bool> = file.assignments_to("sb").map(|set| set.appends).collect();
    assert_eq!(sb, [false, true]);
    assert_eq!(*value(&file, "n"), Value::Path("data".into()));
}

#[test]
fn loops_have_their_kind_and_names() {
    let file = body(concat!(
        "for i, u := range users { switch u { case 1: break } }\nfor i := 0; i < 3; i++ { if a { break } }\nfor rows.Next() { scan() }\n",
        "for { select { case m := <-c: use(m); default: continue } }\nlo.Map(items, func(x int, _ int) string { return load(x) })\n",
    ));
    let kinds: Vec<LoopKind> = file.loops.iter().map(|found| found.kind).collect();
    use LoopKind::{Callback, Counting, Each, While};
    assert_eq!(kinds, [Each, Counting, While, While, Callback]);
    let names: Vec<&str> = file.loops[0].names.iter().map(|name| &**name).collect();
    assert_eq!((names, &file.loops[0].over), (vec!["i", "u"], &Value::Path("users".into())));
    assert!(!file.loops[0].leaves && file.loops[1].leaves);
    let load = file.calls.iter().find(|call| &*call.callee == "load").unwrap();
    assert_eq!(load.in_loop, Some(4));
}

#[test]
fn the_environment_and_its_defaults() {
    let file = body(concat!(
        "a := os.Getenv(\"A\")\nport := os.Getenv(\"PORT\")\nif port == \"\" {\n\tport = \"http://localhost:1\"\n}\n",
        "key := os.Getenv(\"KEY\")\nif key == \"\" { log.Fatal(\"no key\") }\n",
        "h, ok := os.LookupEnv(\"H\")\nif !ok { panic(\"no H\") }\nif v := os.Getenv(\"V\"); v != \"\" { use(v) }\n",
    ));
    let reads: Vec<(&str, bool)> = file.env_reads.iter().map(|read| (read.name.as_str(), read.optional)).collect();
    assert_eq!(reads, [("A", false), ("PORT", true), ("KEY", false), ("H", false), ("V", true)]);
    assert_eq!(file.env_fallbacks.len(), 1);
    assert_eq!(file.env_fallbacks[0].value, Value::Text("http://localhost:1".into()));
    let file =
        go("func env(key, other string) string { if v := os.Getenv(key); v != \"\" { return v }; return other }");
    assert_eq!((file.env_readers[0].parameter, file.env_readers[0].optional), (0, false));
}

#[test]
fn functions_answer_requests_by_what_they_take() {
    let kinds = |source: &str| -> Vec<FunctionKind> {
        go(source).functions.iter().skip(1).map(|function| function.kind).collect()
    };
    use FunctionKind::{Handler, Job, Plain};
    assert_eq!(
        kinds(concat!(
            "func A(w http.ResponseWriter, r *http.Request) {}\nfunc B(c *gin.Context) { c.JSON(200, x); return }\n",
            "func (h *H) C(c echo.Context) error { return c.String(200, \"\") }\nfunc D(c *gin.Context) string { return \"\" }\n",
            "func (s *MemoService) Create(ctx context.Context, r *pb.CreateRequest) (*pb.Memo, error) { return nil, nil }\n",
            "func E(ctx context.Context, t *asynq.Task) error { return nil }\nfunc g() { r.Get(\"/\", func(w http.ResponseWriter, r *http.Request) {}) }\n",
        )),
        [Handler, Handler, Handler, Plain, Handler, Job, Plain, Handler]
    );
    let role = |path: &str, source: &str| facts(path, source).role;
    assert_eq!(role("a/b_test.go", "package b"), Role::Test);
    assert_eq!(role("cmd/api/main.go", "package main\nimport \"net/http\""), Role::Server);
    let refused = read("a/b.pb.go", Language::Go, "package b", &CancellationToken::new()).err();
    assert_eq!(refused, Some(Refused::Generated));
}

#[test]
fn hostile_go_ends() {
    for source in [
        String::new(),
        "package".to_owned(),
        format!("package a\nvar x = {}", "(".repeat(10_000)),
        format!("package a\nvar x = {}1{}", "(".repeat(10_000), ")".repeat(10_000)),
        format!("package a\nfunc f() {}", "{".repeat(10_000)),
        format!("package a\nfunc f() {{ {} }}", "if a {} else ".repeat(2000)),
        format!("package a\nvar s = \"a\"{}", " + \"b\"".repeat(20_000)),
        "package a\nfunc f( {\n\tx := &http.Client{Timeout: \n}\nfunc g() { return 1".to_owned(),
        "package a\nfunc f() { a(1) }\n".repeat(100_000),
    ] {
        let _ = read("a.go", Language::Go, &source, &CancellationToken::new());
    }
    let file = go("// gonogo: allow sql-injection because the table is fixed\nfunc f() { db.Query(\"SELECT 1\") }\n");
    assert_eq!((&*file.suppressions[0].rule, file.suppressions[0].line), ("sql-injection", 3));
}

//! Which function a call in another file calls.

use gonogo::model::Settings;
use gonogo::probe::SharedCode;
use gonogo::probe::source::SourceProbe;

use crate::support::probes::{Folder, context};

/// Every call that can be told: `from.go load -> store/users.go Find`.
async fn calls(files: &[(&str, &str)]) -> Vec<String> {
    let folder = Folder::with(files);
    let cx = context(&SourceProbe, folder.path(), Settings::default(), jiff::Timestamp::now()).0;
    let index = SharedCode::default().index(&cx).await.unwrap();
    let mut found = Vec::new();
    for file in &index.files {
        for call in &file.calls {
            if let Some(target) = index.called(file, call) {
                let name = target.file.function(target.function).and_then(|function| function.name.as_deref());
                found.push(format!("{} -> {} {}", call.callee, target.file.path, name.unwrap_or("")));
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn packages_of_go_see_each_other() {
    let found = calls(&[
        ("go.mod", "module example.com/shop\n\ngo 1.24\n"),
        (
            "internal/store/users.go",
            "package store\ntype Base struct{}\nfunc (b *Base) Close() {}\ntype Users struct {\n\t*Base\n}\nfunc NewUsers() *Users { return &Users{} }\nfunc (u *Users) Find(id int) { load(id) }\nfunc Version() string { return \"\" }\n",
        ),
        ("internal/store/load.go", "package store\nfunc load(id int) {}\n"),
        ("internal/store/load_test.go", "package store\nfunc load(id int) {}\n"),
        (
            "api/server.go",
            concat!(
                "package api\nimport \"example.com/shop/internal/store\"\ntype Server struct {\n\tusers *store.Users\n}\n",
                "func (s *Server) Show(w http.ResponseWriter, r *http.Request) {\n\ts.users.Find(1)\n\ts.log()\n\tstore.Version()\n",
                "\town := store.NewUsers()\n\town.Close()\n\thttp.Error(w, \"\", 500)\n\tshared.Find(2)\n}\n",
            ),
        ),
        ("api/log.go", "package api\nimport \"example.com/shop/internal/store\"\nvar shared = store.NewUsers()\nfunc (s *Server) log() {}\n"),
    ])
    .await;
    assert_eq!(
        found,
        [
            "load -> internal/store/load.go load",
            "own.Close -> internal/store/users.go Close",
            "s.log -> api/log.go log",
            "s.users.Find -> internal/store/users.go Find",
            "shared.Find -> internal/store/users.go Find",
            "store.NewUsers -> internal/store/users.go NewUsers",
            "store.NewUsers -> internal/store/users.go NewUsers",
            "store.Version -> internal/store/users.go Version",
        ]
    );
}

#[tokio::test]
async fn methods_of_java_are_found_by_the_types_of_fields() {
    let at = |name: &str| format!("shop/src/main/java/com/example/{name}.java");
    let (users, base, web, util) = (at("data/Users"), at("data/Base"), at("web/Api"), at("web/Util"));
    let found = calls(&[
        (&users, "package com.example.data;\npublic class Users extends Base { public User find(long id) { return query(id); } private User query(long id) { return null; } }\n"),
        (&base, "package com.example.data;\nclass Base { public void close() {} }\n"),
        (&util, "package com.example.web;\nclass Util { static String trim(String s) { return s; } }\n"),
        (
            &web,
            concat!(
                "package com.example.web;\nimport com.example.data.Users;\npublic class Api {\n  private final Users users;\n",
                "  Api(Users users) { this.users = users; }\n  void show(Users given) {\n    users.find(1);\n    this.users.close();\n    given.find(2);\n",
                "    Users made = new Users();\n    made.find(3);\n    Util.trim(\"\");\n    helper();\n    list.forEach(id -> helper());\n  }\n  void helper() {}\n}\n",
            ),
        ),
    ])
    .await;
    let found: Vec<String> = found.iter().map(|call| call.replace("shop/src/main/java/com/example/", "")).collect();
    assert_eq!(
        found,
        [
            "Util.trim -> web/Util.java trim",
            "given.find -> data/Users.java find",
            "helper -> web/Api.java helper",
            "helper -> web/Api.java helper",
            "made.find -> data/Users.java find",
            "query -> data/Users.java query",
            "this.users.close -> data/Base.java close",
            "users.find -> data/Users.java find",
        ]
    );
}

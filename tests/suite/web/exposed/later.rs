//! Scripts that others load later, and what cannot be followed.

use super::*;

fn key() -> String {
    ["sk_", "live_", RANDOM].concat()
}

#[tokio::test]
async fn a_key_two_imports_deep_is_found_however_the_imports_are_written() {
    let inner = format!("import {{ pay }} from './inner.js?v=3'\nexport const x = \"{}\"", key());
    let (server, _) = site(move |path| match path {
        "/" => ok("text/html", format!("{HOME}<script type=module>\nimport './app.js'\n</script>")),
        "/app.js" => ok("text/javascript", "export * from \"./outer.js\""),
        "/outer.js" => ok("text/javascript", "import { pay } from './deep/pay.js'"),
        "/deep/pay.js" => ok("text/javascript", &inner),
        "/deep/inner.js?v=3" => ok("text/javascript", "a()"),
        _ => missing(),
    })
    .await;
    let (told, seen) = seen_at(&server).await;
    assert_eq!(told, ["blocker served-secret /deep/pay.js"]);
    assert_eq!(coverage(&seen, "served-secret"), Coverage::Whole);
}

#[tokio::test]
async fn what_cannot_be_followed_is_said() {
    let many: String = (0..12).map(|n| format!("import './{n}.js';")).collect();
    for (page, script, part) in [
        ("<script src=/app.js></script>", many.as_str(), Some("first 10 scripts")),
        ("<script src=/app.js></script>", "import(`./${name}.js`)", Some("names it makes up")),
        ("<script>import(name)</script>", "", Some("names it makes up")),
        ("<script src=https://cdn.example.com/x.js></script>", "", Some("on another host")),
        ("<script src=/app.js></script><script src=https://cdn.example.com/x.js></script>", "a()", None),
    ] {
        let (page, script) = (format!("{HOME}{page}"), script.to_owned());
        let (server, _) = site(move |path| match path {
            "/" => ok("text/html", &page),
            "/app.js" => ok("text/javascript", &script),
            path if path.ends_with(".js") && !path.contains("gonogo-") => ok("text/javascript", "a()"),
            _ => missing(),
        })
        .await;
        let (_, seen) = seen_at(&server).await;
        match (coverage(&seen, "served-secret"), part) {
            (Coverage::Whole, None) => {}
            (Coverage::Part(why), Some(told)) if why.contains(told) => {}
            (coverage, _) => panic!("{part:?}: {coverage:?}"),
        }
    }
}

#[tokio::test]
async fn a_map_that_is_named_and_refused_is_not_taken_for_absent() {
    for (name, part) in [("\n//# sourceMappingURL=app.js.map", true), ("", false)] {
        let (server, _) = site(move |path| match path {
            "/" => ok("text/html", format!("{HOME}<script src=/app.js></script>")),
            "/app.js" => ok("text/javascript", format!("a(){name}")),
            "/app.js.map" => ("403 Forbidden", "text/plain", b"no".to_vec()),
            _ => missing(),
        })
        .await;
        let (_, seen) = seen_at(&server).await;
        assert_eq!(matches!(coverage(&seen, "source-map-exposed"), Coverage::Part(_)), part, "{name}");
    }
}

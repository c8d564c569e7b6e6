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
    let many: String = (0..60).map(|n| format!("import './{n}.js';")).collect();
    for (page, script, part) in [
        ("<script src=/app.js></script>", many.as_str(), Some("first 48 scripts")),
        ("<script src=/app.js></script>", "import(`./${name}.js`)", Some("names it makes up")),
        ("<script>import(name)</script>", "", Some("names it makes up")),
        ("<script src=https://cdn.example.com/x.js></script>", "", Some("on another host")),
        ("<script src=/app.js></script><script src=https://cdn.example.com/x.js></script>", "a()", None),
        ("<script src=https://www.googletagmanager.com/gtag/js?id=G-1></script>", "", None),
        (
            "<script src=/app.js></script><script type=module src=https://cdn.example.com/assets/index-B4x9Kq2a.js></script>",
            "a()",
            Some("on another host"),
        ),
        ("<script data-main=app src=/app.js></script>", "require(['shop/pay'])", Some("names it makes up")),
        ("<script src=/app.js></script>", "r.u=e=>e+\".js\",self.shop=[]", Some("names it makes up")),
        (
            "<script src=/app.js></script>",
            "r.p=\"/gone/\",r.u=e=>e+\".\"+{1:\"gonogo-\"}[e]+\".js\"",
            Some("names it makes up"),
        ),
        // What a script puts into the page by hand.
        (
            "<script src=/app.js></script>",
            "var s=document.createElement('script');s.src=base+n+'.js'",
            Some("names it makes up"),
        ),
        (
            "<script src=/app.js></script>",
            "function load(u){var s=document.createElement('script');s.src=u}",
            Some("names it makes up"),
        ),
        (
            "<script>['a.js','b.js'].forEach(f=>{var s=document.createElement('script');s.src='/js/'+f})</script>",
            "",
            Some("names it makes up"),
        ),
        (
            "<script>var u='//localhost/js/',s=document.createElement('script');s.src=u+'pay.js'</script>",
            "",
            Some("names it makes up"),
        ),
        (
            "<script>var u='//stats.example.net/',s=document.createElement('script');s.src=u+'matomo.js'</script>",
            "",
            None,
        ),
        (
            "<script>function loadScript(u){var s=document.createElement('script');s.src=u}</script><script src=/app.js></script>",
            "loadScript('/js/pay.js')",
            None,
        ),
        // A name that leads nowhere may have been misread; beside one that is there it is gone.
        ("<script src=/app.js></script>", "import('./gonogo-1.js')", Some("may have been misread")),
        ("<script src=/app.js></script>", "import('./gonogo-1.js');import('./b.js')", None),
        ("<meta http-equiv=refresh content='0;url=/home'>", "", Some("/home: give that with --url")),
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
async fn where_a_page_sends_its_visitors_is_asked_for_only_until_it_is_given() {
    let (server, _) = site(|path| match path {
        "/" => ok("text/html", format!("{HOME}<meta http-equiv=refresh content='0;url=/home#top'>")),
        "/home" => ("302 Found", "text/html\r\nLocation: /home/", Vec::new()),
        "/home/" => ok("text/html", HOME),
        _ => missing(),
    })
    .await;
    let at = |path: &str| format!("http://localhost:{}{path}", server.port);
    for (given, part) in [
        (vec![at("/")], true),
        (vec![at("/"), at("/shop")], true),
        (vec![at("/"), at("/home")], false),
        (vec![at("/home"), at("/")], false),
    ] {
        let seen = look(&given, None).await;
        for rule in ["served-secret", "source-map-exposed", "cors-origin-reflected"] {
            let coverage = format!("{:?}", coverage(&seen, rule));
            assert_eq!(coverage.contains("/home: give that with --url"), part, "{given:?} {rule}: {coverage}");
        }
        assert!(part || coverage(&seen, "served-secret") == Coverage::Whole);
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

#[tokio::test]
async fn a_key_is_found_wherever_a_page_loads_code_or_settings_from() {
    let next =
        "r.u=e=>\"static/chunks/\"+({7:\"cart\"}[e]||e)+\".\"+{7:\"9c1b\"}[e]+\".js\",r.p=\"/_next/\";self.shop=[]";
    for (page, script, place) in [
        ("<script>const s=document.createElement('script');s.src='/js/late.js'</script>", "", "/js/late.js"),
        ("<script>navigator.serviceWorker.register('/sw.js')</script>", "", "/sw.js"),
        ("<script src=/app.js></script>", "$.getScript(\"/js/pay.js\")", "/js/pay.js"),
        ("<script src=/app.js></script>", "import(\"/lib/pay?v=1\")", "/lib/pay?v=1"),
        ("<script src=/app.js></script>", "fetch(\"/assets/env.json\")", "/assets/env.json"),
        ("<script src=/app.js></script>", next, "/_next/static/chunks/cart.9c1b.js"),
        ("<script data-main=js/main src=/app.js></script>", "", "/js/main.js"),
        ("<link rel=prefetch as=script href=/js/late.js>", "", "/js/late.js"),
        (
            "<script src=/app.js></script>",
            "function load(u){var s=document.createElement('script');s.src=u;document.head.append(s)}load('/js/pay.js')",
            "/js/pay.js",
        ),
        (
            "<script src=/docs/_next/static/m.js></script><script>f.push([1,\"2:I[1,[\\\"static/chunks/app/(shop)/p-9c.js\\\"]]\"])</script>",
            "",
            "/docs/_next/static/chunks/app/(shop)/p-9c.js",
        ),
    ] {
        let (page, script) = (format!("{HOME}{page}"), script.to_owned());
        let told = told(move |path| match path {
            "/" => ok("text/html", &page),
            "/app.js" => ok("text/javascript", &script),
            path if path == place => ok("text/javascript", format!("const x=\"{}\"", key())),
            _ => missing(),
        })
        .await;
        let shown = place.split('?').next().unwrap();
        let found = told.iter().any(|line| line.starts_with(&format!("blocker served-secret {shown}")));
        assert!(found, "{place}: {told:?}");
    }
}

#[tokio::test]
async fn a_script_that_answers_with_a_page_was_not_read() {
    const APP: &str = "import './a.js'; const guess = '/locales/x.json'";
    for (wall, app, part) in [
        ("<!doctype html><title>Just a moment...</title>", None, true),
        (HOME, None, true),
        // What the scripts seem to name and the app answers with its page to is not there.
        (HOME, Some(APP), false),
        ("<!doctype html><title>Just a moment...</title>", Some(APP), true),
    ] {
        let page = format!("{HOME}<script type=module src=/app.js></script>");
        let (server, _) = site(move |path| match path {
            "/" => ok("text/html", &page),
            "/app.js" if app.is_some() => ok("text/javascript", app.unwrap_or_default()),
            // PHP calls everything HTML.
            "/a.js" if app.is_some() && !part => ok("text/html", "export default 1"),
            path if wall == HOME || path.ends_with(".js") || path.ends_with(".json") => {
                ok("text/html", wall.replace("</body>", "<script type=module src=/app.js></script></body>"))
            }
            _ => missing(),
        })
        .await;
        let (_, seen) = seen_at(&server).await;
        match coverage(&seen, "served-secret") {
            Coverage::Part(why) if part => assert!(why.contains("it answers with a page"), "{why}"),
            coverage => assert!(!part && coverage == Coverage::Whole, "{wall} {app:?}: {coverage:?}"),
        }
    }
}

#[tokio::test]
async fn a_page_with_many_scripts_is_read_whole() {
    let tags = |count: usize| (0..count).map(|n| format!("<script src=/{n}.js></script>")).collect::<String>();
    for (count, whole) in [(30, true), (50, false)] {
        let page = format!("{HOME}{}", tags(count));
        let (server, _) = site(move |path| match path {
            "/" => ok("text/html", &page),
            path if path.ends_with(".js") && !path.contains("gonogo-") => ok("text/javascript", "a()"),
            _ => missing(),
        })
        .await;
        let (_, seen) = seen_at(&server).await;
        assert_eq!(coverage(&seen, "served-secret") == Coverage::Whole, whole, "{count}");
    }
}

#[tokio::test]
async fn the_map_of_a_later_script_that_names_none_is_found_or_said_not_to_be_asked_for() {
    const MAP: &str = "{\"version\":3,\"sources\":[\"../src/cart.ts\"],\"sourcesContent\":[\"export const cart = 1\"],\"mappings\":\"AAAA\"}";
    for (folders, expected, part) in [(1, true, false), (9, false, true)] {
        // Three scripts of one folder; or nine, each in a folder of its own.
        let count = if folders == 1 { 3 } else { folders };
        let place = move |n: usize| format!("/{}/{n}.js", if folders == 1 { 0 } else { n });
        let page: String = (0..count).map(|n| format!("<script src={}></script>", place(n))).collect();
        let last = format!("{}.map", place(count - 1));
        let (server, _) = site(move |path| match path {
            "/" => ok("text/html", format!("{HOME}{page}")),
            path if path == last => ok("application/json", MAP),
            path if path.ends_with(".js") && !path.contains("gonogo-") => ok("text/javascript", "a()"),
            _ => missing(),
        })
        .await;
        let (told, seen) = seen_at(&server).await;
        assert_eq!(told.iter().any(|line| line.contains("source-map-exposed")), expected, "{told:?}");
        match coverage(&seen, "source-map-exposed") {
            Coverage::Part(why) if part => assert!(why.contains("were not all asked for one"), "{why}"),
            coverage => assert!(!part && coverage == Coverage::Whole, "{folders}: {coverage:?}"),
        }
    }
}

#[tokio::test]
async fn a_page_whose_scripts_are_gone_is_no_app() {
    let shell = "<!doctype html><title>Tea</title><div id=root></div>";
    let words = "<p>We sell green and black teas from small gardens, and the pots and cups that go with them, to everybody in the country.</p>\
                 <p>Open on weekdays from nine to five.</p>";
    let gone = "<script type=module src=/assets/gone.js></script>";
    for (page, falls_back, told) in [
        (format!("{shell}{gone}"), false, true),
        (format!("{shell}{gone}"), true, true),
        (format!("{shell}{gone}<script src=/assets/there.js></script>"), false, false),
        (format!("{shell}{gone}<script src=https://cdn.example.com/app.js></script>"), false, false),
        (format!("{shell}{gone}<form action=/login><input type=password></form>"), false, false),
        (format!("{shell}{words}{gone}"), false, false),
        // Some pages show little and need no script.
        (format!("{shell}<h1>Tea</h1>{gone}"), false, false),
        (format!("{shell}<canvas id=game></canvas>{gone}"), false, false),
        (format!("{shell}<script>document.body.append('Tea')</script>{gone}"), false, false),
        (shell.to_owned(), false, false),
    ] {
        let home = page.clone();
        let (server, _) = site(move |path| match path {
            "/" => ok("text/html", &home),
            "/assets/there.js" => ok("text/javascript", "draw()"),
            _ if falls_back => ok("text/html", &home),
            _ => missing(),
        })
        .await;
        let (_, seen) = seen_at(&server).await;
        let is_told = seen.findings.iter().any(|finding| finding.rule.as_str() == "front-page-broken");
        assert_eq!(is_told, told, "{page}");
    }
}

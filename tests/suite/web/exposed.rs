//! What a site gives away, and what only looks like it.

mod error_signs;
mod in_part;
mod later;
mod walls;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gonogo::model::Coverage;
use tokio::io::AsyncWriteExt;

use super::*;
use crate::support::tls_server::{Server, request};

const HOME: &str = "<!doctype html><html><head><title>Teapots</title><link rel=stylesheet href=/app.css></head><body>\
    <h1>Teapots</h1><a href=/shop>To the shop, with all of our teapots and cups</a></body></html>";
const OWN_404: &str = "<!doctype html><html><head><title>Teapots</title><link rel=stylesheet href=/app.css></head><body>\
    <h1>Lost</h1><p>We looked in every pot.</p><a href=/>Home</a></body></html>";
const RANDOM: &str = "q7Zt2LmX9vRb4KpN8sWdT3yH";

/// Every rule about what a site gives away.
const RULES: [&str; 16] = [
    "private-file-exposed",
    "served-secret",
    "debug-page-exposed",
    "stack-trace-exposed",
    "graphql-introspection-open",
    "source-map-exposed",
    "default-error-page",
    "missing-page-answers-200",
    "health-endpoint-telling",
    "security-txt-outdated",
    "legal-link-broken",
    "custom-error-pages",
    "health-endpoint-answers",
    "privacy-policy-linked",
    "terms-linked",
    "cookie-consent-offered",
];

/// Status line, type and body.
type Answer = (&'static str, &'static str, Vec<u8>);

fn ok(kind: &'static str, body: impl AsRef<[u8]>) -> Answer {
    ("200 OK", kind, body.as_ref().to_vec())
}

fn missing() -> Answer {
    ("404 Not Found", "text/html", OWN_404.into())
}

/// A site, and how often it was asked.
async fn site(respond: impl Fn(&str) -> Answer + Send + Sync + 'static) -> (Server, Arc<AtomicUsize>) {
    let (respond, count) = (Arc::new(respond), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&count);
    let server = Server::raw(move |mut stream| {
        let (respond, counted) = (Arc::clone(&respond), Arc::clone(&counted));
        async move {
            let path = request(&mut stream).await;
            counted.fetch_add(1, Ordering::Relaxed);
            let (status, kind, body) = respond(&path);
            // A type that begins with a blank carries further header lines.
            let kind = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
            let head =
                format!("HTTP/1.1 {status}\r\n{kind}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
            let _ = stream.shutdown().await;
        }
    })
    .await;
    (server, count)
}

/// What the probe says of a site, as `severity rule path`, what this part is about alone; proofs as `proof rule`.
async fn seen_at(server: &Server) -> (Vec<String>, Seen) {
    let origin = format!("http://localhost:{}", server.port);
    let seen = look(&[format!("{origin}/")], None).await;
    let findings = seen.findings.iter().filter(|finding| RULES.contains(&finding.rule.as_str())).map(|finding| {
        let place = finding.location.to_string();
        format!("{} {} {}", finding.severity.word(), finding.rule, place.trim_start_matches(origin.as_str()))
    });
    let proofs = seen.proofs.iter().filter(|proof| RULES.contains(&proof.rule.as_str()));
    let mut told: Vec<String> = findings.chain(proofs.map(|proof| format!("proof {}", proof.rule))).collect();
    told.sort();
    let whole = format!("{:?} {:?}", seen.findings, seen.proofs);
    assert!(!whole.contains(RANDOM), "a secret was repeated: {whole}");
    (told, seen)
}

async fn told(respond: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Vec<String> {
    seen_at(&site(respond).await.0).await.0
}

fn token(claims: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let encode = |text: &str| {
        let mut out = String::new();
        for chunk in text.as_bytes().chunks(3) {
            let held = chunk.iter().fold(0_u32, |held, &b| held << 8 | u32::from(b)) << (8 * (3 - chunk.len()));
            (0..=chunk.len()).for_each(|n| out.push(char::from(DIGITS[(held >> (18 - 6 * n) & 63) as usize])));
        }
        out
    };
    [&encode("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"), ".", &encode(claims), ".", RANDOM].concat()
}

fn leaky(path: &str) -> Answer {
    let env =
        format!("NODE_ENV=production\nDATABASE_URL=postgres://shop:{RANDOM}@db.acme.io/shop\nJWT_SECRET={RANDOM}\n");
    match path.split('?').next().unwrap() {
        "/" => ok("text/html", format!("{HOME}<a href=/privacy>Privacy</a><a href=/tos>Terms</a>")),
        "/.env" | "/.env.bak" => ok("", env),
        "/.git/HEAD" => ok("", "ref: refs/heads/main\n"),
        "/.git/config" => ok("", "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"),
        "/.DS_Store" => ok("", b"\0\0\0\x01Bud1\0\0\x10\0"),
        "/backup.sql" => ok("application/sql", "-- PostgreSQL database dump\nCREATE TABLE users (id int);\n"),
        "/db.sqlite3" => ok("", b"SQLite format 3\0\x10\0\x01\x01"),
        "/backup.zip" => ok("application/zip", b"PK\x03\x04\x14\0\0\0\x08\0aaaa"),
        "/package.json" => ok("application/json", "{\"name\":\"shop\",\"dependencies\":{\"next\":\"15\"}}"),
        "/Dockerfile" => ok("text/plain", "FROM node:22\nRUN npm ci\n"),
        "/storage/logs/laravel.log" => {
            ok("text/plain", "[2026-01-02 03:04:05] production.ERROR: no such user ann@example.com\n")
        }
        "/server-status" => {
            ok("text/html", "<html><h1>Apache Server Status for localhost</h1><dt>Server uptime: 1 hour</dt></html>")
        }
        "/actuator" => {
            ok("application/json", "{\"_links\":{\"self\":{\"href\":\"/actuator\"},\"env\":{},\"heapdump\":{}}}")
        }
        "/actuator/env" => ok(
            "application/json",
            format!("{{\"propertySources\":[{{\"properties\":{{\"db.password\":{{\"value\":\"{RANDOM}\"}}}}}}]}}"),
        ),
        "/phpinfo.php" => {
            ok("text/html", "<html><title>PHP 8 - phpinfo()</title>PHP Version 8.3 Configure Command</html>")
        }
        "/metrics" => ok("text/plain", "# HELP up x\n# TYPE up gauge\nup 1\n"),
        "/graphql" => ok("application/json", "{\"data\":{\"__schema\":{\"types\":[{\"name\":\"User\"}]}}}"),
        "/openapi.json" => ok("application/json", "{\"openapi\":\"3.1.0\",\"paths\":{}}"),
        "/.well-known/security.txt" => {
            ok("text/plain", "Contact: mailto:s@example.com\nExpires: 2020-01-01T00:00:00Z\n")
        }
        "/health" => {
            ok("application/json", format!("{{\"status\":\"ok\",\"db\":\"postgres://shop:{RANDOM}@db.acme.io/shop\"}}"))
        }
        "/privacy" => ok("text/html", "<!doctype html><html><h1>Privacy</h1>What we keep and for how long</html>"),
        _ => (
            "404 Not Found",
            "text/html",
            b"<!doctype html><pre>Error\n    at Layer.handle (/srv/app/router.js:95:5)</pre>".to_vec(),
        ),
    }
}

#[tokio::test]
async fn an_app_that_gives_everything_away_is_told_so_one_line_for_each_fault() {
    let (server, count) = site(leaky).await;
    let (told, _) = seen_at(&server).await;
    assert_eq!(
        told,
        [
            "blocker debug-page-exposed /actuator",
            "blocker private-file-exposed /.env",
            "blocker private-file-exposed /.git/HEAD",
            "blocker private-file-exposed /backup.sql",
            "blocker private-file-exposed /storage/logs/laravel.log",
            "major debug-page-exposed /phpinfo.php",
            "major debug-page-exposed /server-status",
            "major health-endpoint-telling /health",
            "major stack-trace-exposed /",
            "minor debug-page-exposed /metrics",
            "minor graphql-introspection-open /graphql",
            "minor legal-link-broken /tos",
            "minor private-file-exposed /.DS_Store",
            "minor security-txt-outdated /.well-known/security.txt",
            "proof health-endpoint-answers",
            "proof privacy-policy-linked",
        ]
    );
    let asked = count.load(Ordering::Relaxed);
    assert!(asked <= 100, "{asked} requests");
}

#[tokio::test]
async fn an_app_that_gives_its_page_for_everything_gives_nothing_away() {
    for kind in ["text/html", "text/plain", "application/json", ""] {
        let told = told(move |_| ok(kind, HOME)).await;
        // What is no page is not held against rules for pages.
        let expected: &[&str] =
            if matches!(kind, "text/html" | "") { &["minor missing-page-answers-200 /"] } else { &[] };
        assert_eq!(told, expected, "{kind}");
    }
    let found = told(|path| {
        let state = format!(
            "{HOME}<script nonce={:x}>window.path='{path}';window.at={}</script>",
            path.len() * 7919,
            path.len()
        );
        ok("text/html", state)
    })
    .await;
    assert_eq!(found, ["minor missing-page-answers-200 /"]);
}

#[tokio::test]
async fn what_any_path_of_the_same_shape_gives_proves_nothing() {
    // Each of these answers what is looked for, and answers the same to everything of that shape.
    let env = "APP_NAME=teapots\nAPP_KEY=x\n";
    let found = told(move |path| match path {
        "/" => ok("text/html", HOME),
        path if path.starts_with("/.env") || path.starts_with("/.gonogo") => ok("text/plain", env),
        path if path.ends_with(".sql") => ok("", "-- MySQL dump 10\nCREATE TABLE a (b int);\n"),
        path if path.ends_with(".php") => ok("text/html", "<html>phpinfo() PHP Version 8 Configure Command</html>"),
        path if path.starts_with("/health") || path.starts_with("/gonogo") => ok("text/plain", "ok"),
        path if path.starts_with("/.git/") => ok("text/plain", "ref: refs/heads/main\n"),
        _ => missing(),
    })
    .await;
    assert_eq!(found, [""; 0]);
}

#[tokio::test]
async fn refusals_and_redirects_are_no_exposure() {
    let dots = told(|path| match path {
        "/" => ok("text/html", HOME),
        path if path.starts_with("/.") => ("403 Forbidden", "text/html", b"<html><h1>Forbidden</h1></html>".to_vec()),
        _ => missing(),
    })
    .await;
    assert_eq!(dots, [""; 0]);
    let (wall, seen) = seen_at(
        &site(|path| if path == "/" { ok("text/html", HOME) } else { ("403 Forbidden", "text/html", Vec::new()) })
            .await
            .0,
    )
    .await;
    assert_eq!(wall, [""; 0]);
    assert!(
        matches!(coverage(&seen, "private-file-exposed"), Coverage::Part(_)),
        "what lies behind a wall was not seen"
    );
}

#[tokio::test]
async fn pages_and_errors_that_speak_of_such_files_are_left_alone() {
    let blog = |path: &str| {
        format!(
            "<!doctype html><html><head><title>About {path}</title></head><body><h1>What is {path}?</h1><pre>DB_PASSWORD=x\n[core]\nref: refs/heads/main\n\
             CREATE TABLE a (b);\nINSERT INTO a VALUES (1);\n# HELP a\n# TYPE a gauge\nPHP Version</pre><p>{}</p></body></html>",
            path.bytes().map(|b| format!("word{b} ")).collect::<String>()
        )
    };
    let pages = told(move |path| if path.contains("gonogo-") { missing() } else { ok("text/html", blog(path)) }).await;
    assert_eq!(pages, [""; 0]);
    for kind in ["text/plain", ""] {
        let plain = told(move |path| {
            if path.contains("gonogo-") {
                missing()
            } else {
                ok(if path == "/" { "text/html" } else { kind }, blog(path))
            }
        })
        .await;
        assert_eq!(plain, [""; 0], "{kind}");
    }
    let errors = told(|path| match path {
        "/" => ok("text/html", HOME),
        path if path.contains("gonogo-") => missing(),
        path => ok(
            "application/json",
            format!("{{\"status\":\"error\",\"code\":404,\"message\":\"no route {path}\",\"errors\":[]}}"),
        ),
    })
    .await;
    assert_eq!(errors, [""; 0]);
}

#[tokio::test]
async fn what_makes_no_sense_proves_nothing() {
    let counter = AtomicUsize::new(1);
    let noise = told(move |path| {
        if path == "/" {
            return ok("text/html", HOME);
        }
        let mut state = counter.fetch_add(1, Ordering::Relaxed) as u64;
        let bytes: Vec<u8> = (0..900)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) as u8
            })
            .collect();
        ok("", bytes)
    })
    .await;
    assert_eq!(noise, [""; 0]);
    let echo =
        told(
            |path| {
                if path == "/" { ok("text/html", HOME) } else { ok("text/plain", format!("You asked for {path}\n")) }
            },
        )
        .await;
    assert_eq!(echo, [""; 0]);
    let empty = told(|path| if path == "/" { ok("text/html", HOME) } else { ok("", "") }).await;
    assert_eq!(empty, [""; 0]);
}

#[tokio::test]
async fn a_site_whose_answers_never_end_is_left_alone() {
    let server = Server::raw(|mut stream| async move {
        let path = request(&mut stream).await;
        if path == "/" {
            let _ = stream.write_all(page("").as_bytes()).await;
            let _ = stream.shutdown().await;
            return;
        }
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n").await;
        while stream.write_all(&[b'a'; 8192]).await.is_ok() {}
    })
    .await;
    let started = std::time::Instant::now();
    let (told, seen) = seen_at(&server).await;
    assert_eq!(told, [""; 0]);
    assert!(matches!(coverage(&seen, "private-file-exposed"), Coverage::Part(why) if why.contains("no end")));
    assert!(started.elapsed().as_secs() < 15);
}

#[tokio::test]
async fn a_site_that_asks_to_be_left_alone_is() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let (server, _) = site(move |path| match path {
        "/" => ok("text/html", HOME),
        path if path.contains("gonogo-") => missing(),
        _ if counted.fetch_add(1, Ordering::Relaxed) < 5 => missing(),
        _ => ("429 Too Many Requests", "text/plain", b"slow down".to_vec()),
    })
    .await;
    let (told, seen) = seen_at(&server).await;
    assert_eq!(told, [""; 0]);
    assert!(asked.load(Ordering::Relaxed) < 25, "{asked:?}");
    assert!(matches!(coverage(&seen, "private-file-exposed"), Coverage::Part(why) if why.contains("left alone")));
}

#[tokio::test]
async fn keys_in_the_bundle_are_told_by_what_they_open() {
    let anon = token("{\"iss\":\"supabase\",\"role\":\"anon\",\"exp\":2000000000}");
    let service = token("{\"iss\":\"supabase\",\"role\":\"service_role\",\"exp\":2000000000}");
    let bundle =
        format!("const a=createClient(\"https://x.supabase.co\",\"{anon}\"),b={{supabaseServiceKey:\"{service}\"}};");
    let harmless = format!(
        "const a=createClient(\"https://x.supabase.co\",\"{anon}\");Stripe(\"{}{RANDOM}\")",
        ["pk_", "live_"].concat()
    );
    let page = |script: &str| {
        format!("{HOME}<script src=/{script}></script><script src=https://cdn.example.com/x.js></script>")
    };
    for (script, expected) in [("service.js", vec!["blocker served-secret /service.js"]), ("anon.js", vec![])] {
        let (home, bundle, harmless) = (page(script), bundle.clone(), harmless.clone());
        let (server, _) = site(move |path| match path {
            "/" => ok("text/html", &home),
            "/service.js" => ok("text/javascript", &bundle),
            "/anon.js" => ok("text/javascript", &harmless),
            _ => missing(),
        })
        .await;
        let (told, seen) = seen_at(&server).await;
        assert_eq!(told, expected);
        let gaps = &seen.result.as_ref().unwrap().gaps;
        assert!(gaps.iter().any(|gap| gap.reason == "scripts from other hosts"), "{gaps:?}");
        if let Some(finding) = seen.of("served-secret").first() {
            assert!(finding.message.contains("`service_role`") && finding.fix.contains("Supabase"), "{finding:?}");
            assert!(finding.evidence[0].text.contains("supabaseServiceKey"), "{finding:?}");
        }
    }
    let inline = told(|path| match path {
        "/" => ok(
            "text/html",
            format!(
                "{HOME}<script>window.__ENV__={{\"STRIPE_KEY\":\"{}{RANDOM}\"}}</script>",
                ["sk_", "live_"].concat()
            ),
        ),
        _ => missing(),
    })
    .await;
    assert_eq!(inline, ["blocker served-secret /"]);
}

#[tokio::test]
async fn a_map_counts_only_with_the_sources_in_it() {
    let map = |content: &str| {
        format!(
            "{{\"version\":3,\"sources\":[\"webpack://shop/./src/cart.ts\",\"webpack://shop/./node_modules/x/i.js\"],\"sourcesContent\":{content},\"mappings\":\"AAAA\"}}"
        )
    };
    for (content, script, expected) in [
        (
            "[\"export const cart = 1\",\"x\"]",
            "a()\n//# sourceMappingURL=app.js.map",
            vec!["minor source-map-exposed /app.js.map"],
        ),
        ("[\"export const cart = 1\",\"x\"]", "a()", vec!["minor source-map-exposed /app.js.map"]),
        ("[null,\"x\"]", "a()\n//# sourceMappingURL=app.js.map", vec![]),
        ("[]", "a()\n//# sourceMappingURL=app.js.map", vec![]),
    ] {
        let map = map(content);
        let (server, _) = site(move |path| match path {
            "/" => ok("text/html", format!("{HOME}<script type=module src=/app.js></script>")),
            "/app.js" => ok("text/javascript", script),
            "/app.js.map" => ok("application/json", &map),
            _ => missing(),
        })
        .await;
        let (told, seen) = seen_at(&server).await;
        assert_eq!(told, expected, "{content} {script}");
        if let Some(finding) = seen.of("source-map-exposed").first() {
            assert!(finding.evidence[0].text.ends_with("among them: src/cart.ts"), "{finding:?}");
        }
    }
    let page_for_all = told(|path| match path {
        "/app.js" => ok("text/javascript", "a()\n//# sourceMappingURL=app.js.map"),
        _ => ok("text/html", format!("{HOME}<script src=/app.js></script>")),
    })
    .await;
    assert_eq!(page_for_all, ["minor missing-page-answers-200 /"]);
}

#[tokio::test]
async fn error_pages_are_told_by_whose_they_are() {
    for (body, expected) in [
        (OWN_404, vec!["proof custom-error-pages"]),
        (
            "<html><center><h1>404 Not Found</h1></center><hr><center>nginx</center></html>",
            vec!["minor default-error-page /"],
        ),
        ("", vec!["minor default-error-page /"]),
        ("Traceback (most recent call last):\n  File \"/app/main.py\", line 3", vec!["major stack-trace-exposed /"]),
        ("<html><script>EVALEX = true</script>Werkzeug Debugger</html>", vec!["blocker stack-trace-exposed /"]),
        ("<html><h1>Not here</h1></html>", vec![]),
    ] {
        let found = told(move |path| match path {
            "/" => ok("text/html", HOME),
            "/%" | "/%c0%ae" => ("400 Bad Request", "text/html", body.into()),
            _ => ("404 Not Found", "text/html", body.into()),
        })
        .await;
        assert_eq!(found, expected, "{body}");
    }
    let api = told(|path| match path {
        "/" => ok("text/html", HOME),
        "/%" | "/%c0%ae" => (
            "400 Bad Request",
            "text/html",
            b"<html><center><h1>400 Bad Request</h1></center><center>nginx</center></html>".to_vec(),
        ),
        _ => ("404 Not Found", "application/json", b"{\"error\":\"not found\"}".to_vec()),
    })
    .await;
    assert_eq!(api, [""; 0], "what the server before the app says of nonsense is nobody's fault");
}

#[tokio::test]
async fn health_and_legal_pages_are_proofs_where_they_lead_somewhere() {
    let found = told(|path| match path {
        "/" => ok("text/html", format!("{HOME}<a href=/datenschutz>Datenschutz</a><a href=/agb>AGB</a><script src=https://consent.cookiebot.com/uc.js></script>")),
        "/api/health" => ok("application/json", "{\"status\":\"ok\"}"),
        "/datenschutz" | "/agb" => ok("text/html", "<!doctype html><html><h1>Rechtliches</h1>Alles, was zu sagen ist</html>"),
        _ => missing(),
    })
    .await;
    let mut expected = vec![
        "proof cookie-consent-offered",
        "proof health-endpoint-answers",
        "proof privacy-policy-linked",
        "proof terms-linked",
    ];
    if found.iter().any(|line| line == "proof custom-error-pages") {
        expected.insert(1, "proof custom-error-pages");
    }
    assert_eq!(found, expected);
    let bare = seen_at(&site(|path| if path == "/" { ok("text/html", HOME) } else { missing() }).await.0).await;
    assert!(bare.0.is_empty() && coverage(&bare.1, "privacy-policy-linked") == Coverage::Whole, "{:?}", bare.0);
}

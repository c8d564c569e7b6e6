//! What was not seen, or only in part, is never taken for good.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use super::*;

#[tokio::test]
async fn a_memory_dump_is_told_from_the_list_and_never_asked_for() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&asked);
    let found = told(move |path| {
        seen.lock().unwrap().push(path.to_owned());
        match path {
            "/" => ok("text/html", HOME),
            "/actuator" => ok("application/json", "{\"_links\":{\"self\":{\"href\":\"/actuator\"},\"heapdump\":{}}}"),
            "/actuator/heapdump" => ok("application/octet-stream", ""),
            _ => ("404 Not Found", "text/html", b"<html><h1>Not here</h1></html>".to_vec()),
        }
    })
    .await;
    assert_eq!(found, ["blocker debug-page-exposed /actuator"]);
    let asked = asked.lock().unwrap();
    assert!(asked.iter().any(|path| path == "/actuator") && !asked.iter().any(|path| path.contains("heapdump")));
}

/// A site whose firewall hangs up on everybody who asked for `/.env`, which holds `env`.
async fn walled(env: &'static str) -> Server {
    let blocked = Arc::new(AtomicBool::new(false));
    Server::raw(move |mut stream| {
        let blocked = Arc::clone(&blocked);
        async move {
            let path = request(&mut stream).await;
            if blocked.load(Ordering::SeqCst) && path != "/" {
                return;
            }
            let (status, kind, body) = match path.as_str() {
                "/" => ("200 OK", "text/html", HOME),
                "/.env" => ("200 OK", "text/plain", env),
                _ => ("404 Not Found", "text/html", OWN_404),
            };
            blocked.fetch_or(path == "/.env", Ordering::SeqCst);
            let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
            let _ = stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    })
    .await
}

#[tokio::test]
async fn a_firewall_that_hangs_up_after_a_private_file_makes_nothing_of_it_good() {
    let server = walled("NODE_ENV=production\nJWT_SECRET=q7Zt2LmX9vRb4KpN8sWdT3yH\n").await;
    let (told, seen) = seen_at(&server).await;
    assert!(told.contains(&"blocker private-file-exposed /.env".to_owned()), "{told:?}");
    assert!(matches!(coverage(&seen, "private-file-exposed"), Coverage::Part(_)));
    let server = walled("NODE_ENV=production\nPORT=3000\n").await;
    let (told, seen) = seen_at(&server).await;
    assert!(!told.iter().any(|line| line.contains("private-file-exposed")), "{told:?}");
    let Coverage::Part(why) = coverage(&seen, "private-file-exposed") else { panic!("{:?}", seen.result) };
    assert!(why.contains("looks like an environment file with 2 variables"), "{why}");
    let mut rows = seen.result.as_ref().unwrap().web.as_ref().unwrap().sites[0].paths.iter();
    let row = rows.find(|row| row.path == "/.env").unwrap();
    assert_eq!(row.standing, gonogo::model::Standing::Unknown, "{row:?}");
}

/// A site that hangs up where `respond` says nothing, and breaks off where the body ends with [`MORE`].
async fn broken(respond: impl Fn(&str) -> Option<(&'static str, String)> + Send + Sync + 'static) -> Server {
    let respond = Arc::new(respond);
    Server::raw(move |mut stream| {
        let respond = Arc::clone(&respond);
        async move {
            let path = request(&mut stream).await;
            let Some((kind, body)) = respond(&path) else { return };
            let status = if kind == "404" { "404 Not Found" } else { "200 OK" };
            let more = if body.ends_with(MORE) { 5000 } else { 0 };
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", body.len() + more);
            let _ = stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    })
    .await
}

const MORE: &str = "<!-- more -->";

#[tokio::test]
async fn requests_without_an_answer_are_not_taken_for_calm_errors() {
    let server = broken(|path| match path {
        "/" => Some(("text/html", HOME.to_owned())),
        "/%" | "/%c0%ae" => None,
        _ => Some(("404", OWN_404.to_owned())),
    })
    .await;
    let (_, seen) = seen_at(&server).await;
    for rule in ["stack-trace-exposed", "default-error-page"] {
        let Coverage::Part(why) = coverage(&seen, rule) else { panic!("{rule}: {:?}", coverage(&seen, rule)) };
        assert!(why.contains("no app expects: /%, /%c0%ae"), "{why}");
    }
    assert_eq!(coverage(&seen, "missing-page-answers-200"), Coverage::Whole);
}

#[tokio::test]
async fn the_standard_page_of_a_request_that_fails_is_told_and_that_of_a_refused_one_is_not() {
    let nginx = |status: &str| format!("<html><center><h1>{status}</h1></center><hr><center>nginx</center></html>");
    for (status, own, expected) in [
        ("500 Internal Server Error", true, vec!["minor default-error-page /"]),
        ("502 Bad Gateway", false, vec!["minor default-error-page /"]),
        ("400 Bad Request", true, vec![]),
        ("431 Request Header Fields Too Large", true, vec![]),
    ] {
        let (server, _) = site(move |path| match path {
            "/" => ok("text/html", HOME),
            "/%" | "/%c0%ae" => (status, "text/html", nginx(status).into()),
            _ if own => missing(),
            _ => ("404 Not Found", "text/html", nginx("404 Not Found").into()),
        })
        .await;
        let (told, seen) = seen_at(&server).await;
        assert_eq!(told, expected, "{status}");
        if let Some(finding) = seen.of("default-error-page").first() {
            let also = finding.message.contains("; a request that fails (502)");
            assert!(also != own && finding.evidence[0].text.contains("/% → 50"), "{finding:?}");
        }
    }
}

#[tokio::test]
async fn what_was_read_in_part_is_said() {
    // The page breaks off: what is beyond may hold anything.
    let cut = broken(|path| match path {
        "/" => Some(("text/html", format!("{HOME}{MORE}"))),
        _ => Some(("404", OWN_404.to_owned())),
    })
    .await;
    let (_, seen) = seen_at(&cut).await;
    for rule in ["served-secret", "source-map-exposed", "privacy-policy-linked"] {
        assert!(matches!(coverage(&seen, rule), Coverage::Part(why) if why.contains("beginning")), "{rule}");
    }
    let coverage_of_checksums = coverage(&seen, "subresource-integrity-missing");
    assert!(
        matches!(&coverage_of_checksums, Coverage::Nothing(why) if why.contains("whole")),
        "{coverage_of_checksums:?}"
    );
    for (script, secrets, maps) in [
        (Some(("text/javascript", "a()")), false, false),
        (Some(("text/javascript", "a()<!-- more -->")), true, true),
        (None, true, true),
        // What visitors do not get either.
        (Some(("404", "")), false, false),
    ] {
        let server = broken(move |path| match path {
            "/" => Some(("text/html", format!("{HOME}<script src=/app.js></script>"))),
            "/app.js" => script.map(|(kind, body)| (kind, body.to_owned())),
            _ => Some(("404", OWN_404.to_owned())),
        })
        .await;
        let (_, seen) = seen_at(&server).await;
        for (rule, part) in [("served-secret", secrets), ("source-map-exposed", maps)] {
            let coverage = coverage(&seen, rule);
            assert_eq!(matches!(coverage, Coverage::Part(_)), part, "{script:?} {rule}: {coverage:?}");
        }
    }
}

#[tokio::test]
async fn maps_that_were_not_asked_for_are_said_where_there_may_be_some() {
    let scripts = |count: usize| (0..count).map(|n| format!("<script src=/{n}.js></script>")).collect::<String>();
    for (count, named, there, part) in
        [(4, true, false, false), (6, true, false, true), (8, false, false, false), (8, false, true, true)]
    {
        let page = format!("{HOME}{}", scripts(count));
        let (server, _) = site(move |path| match path {
            "/" => ok("text/html", &page),
            path if path.ends_with(".js.map") && there && !path.contains("gonogo-") => {
                ok("application/json", "{\"version\":3,\"sources\":[\"a.ts\"],\"mappings\":\"AAAA\"}")
            }
            path if path.ends_with(".js") && !path.contains("gonogo-") => {
                let name = if named { format!("\n//# sourceMappingURL={}.map", &path[1..]) } else { String::new() };
                ok("text/javascript", format!("a(){name}"))
            }
            _ => missing(),
        })
        .await;
        let (_, seen) = seen_at(&server).await;
        let coverage = coverage(&seen, "source-map-exposed");
        assert_eq!(matches!(coverage, Coverage::Part(_)), part, "{count} {named} {there}: {coverage:?}");
    }
}

#[tokio::test]
async fn a_firewall_that_turns_midway_makes_nothing_good_whatever_it_answers() {
    for (status, kind, body) in [
        ("200 OK", "text/html", "<title>Just a moment...</title>"),
        ("302 Found", "text/html\r\nLocation: /challenge", ""),
        ("406 Not Acceptable", "text/html", "Not Acceptable"),
        ("403 Forbidden", "text/html", "Forbidden"),
    ] {
        let turned = AtomicBool::new(false);
        let (server, _) = site(move |path| {
            turned.fetch_or(path == "/.env", Ordering::SeqCst);
            match path {
                "/" => ok("text/html", HOME),
                _ if turned.load(Ordering::SeqCst) => (status, kind, body.into()),
                _ => missing(),
            }
        })
        .await;
        let (told, seen) = seen_at(&server).await;
        assert!(!told.iter().any(|line| line.contains("private-file")), "{status}: {told:?}");
        let coverage = coverage(&seen, "private-file-exposed");
        assert!(matches!(coverage, Coverage::Part(_)), "{status}: {coverage:?}");
    }
}

#[tokio::test]
async fn why_a_script_was_read_in_part_is_said() {
    for (kind, body, told) in [
        ("text/javascript", format!("a(){MORE}"), "since it gave a script that broke off"),
        (
            "text/javascript\r\nContent-Encoding: gzip",
            "a()".to_owned(),
            "since it gave a script that could not be unpacked",
        ),
    ] {
        let server = broken(move |path| match path {
            "/" => Some(("text/html", format!("{HOME}<script src=/app.js></script>"))),
            "/app.js" => Some((kind, body.clone())),
            _ => Some(("404", OWN_404.to_owned())),
        })
        .await;
        let (_, seen) = seen_at(&server).await;
        let Coverage::Part(why) = coverage(&seen, "served-secret") else { panic!("{told}: it was not read") };
        assert!(why.contains(told), "{why}");
    }
}

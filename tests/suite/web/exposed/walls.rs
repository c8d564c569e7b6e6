//! What answers in the place of the app: logins, checks for bots.

use super::*;

/// The rules that must not pass where a wall answered.
const HIDDEN: [&str; 4] =
    ["private-file-exposed", "debug-page-exposed", "stack-trace-exposed", "graphql-introspection-open"];

fn assert_unseen(seen: &Seen, what: &str) {
    for rule in HIDDEN {
        let coverage = coverage(seen, rule);
        assert!(!matches!(coverage, Coverage::Whole), "{what} {rule}: {coverage:?}");
    }
}

#[tokio::test]
async fn a_login_to_which_every_path_leads_is_a_wall_and_one_back_home_is_none() {
    let sign_in = "<!doctype html><title>Shop</title><h1>Sign in</h1><form><input type=password></form>";
    for front in [true, false] {
        let (server, _) = site(move |path| match path {
            "/" if front => ok("text/html", HOME),
            "/login" => ok("text/html", sign_in),
            path if path.starts_with("/login?") => ok("text/html", sign_in),
            _ => ("302 Found", "text/html\r\nLocation: /login?next=x", Vec::new()),
        })
        .await;
        let (told, seen) = seen_at(&server).await;
        assert_eq!(told, [""; 0]);
        assert_unseen(&seen, "login");
    }
    let (server, _) = site(|path| match path {
        "/" => ok("text/html", HOME),
        _ => ("302 Found", "text/html\r\nLocation: /", Vec::new()),
    })
    .await;
    let (_, seen) = seen_at(&server).await;
    assert_eq!(coverage(&seen, "private-file-exposed"), Coverage::Whole);
}

#[tokio::test]
async fn a_check_for_bots_is_not_taken_for_the_app() {
    let page = "<!doctype html><title>Shop</title><h1>Checking your browser</h1>";
    for (status, kind, body) in [
        ("200 OK", "text/html\r\ncf-mitigated: challenge", page),
        ("202 Accepted", "text/html\r\nx-amzn-waf-action: challenge", ""),
        ("200 OK", "text/html", "<title>Just a moment...</title><h1>One moment</h1>"),
    ] {
        for front in [true, false] {
            let (server, _) = site(move |path| match path {
                "/" if front => ok("text/html", HOME),
                _ => (status, kind, body.into()),
            })
            .await;
            let (told, seen) = seen_at(&server).await;
            assert_eq!(told, [""; 0], "{kind}");
            assert_unseen(&seen, kind);
            let rules: &[&str] =
                if front { &[] } else { &["front-page-broken", "served-secret", "source-map-exposed"] };
            for rule in rules {
                let coverage = coverage(&seen, rule);
                assert!(!matches!(coverage, Coverage::Whole), "{kind} {rule}: {coverage:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_closed_door_or_a_failing_health_check_is_no_firewall() {
    let closed = "<html><center><h1>403 Forbidden</h1></center><hr><center>nginx</center></html>";
    let failed = "<!DOCTYPE html><html><body><pre>Internal Server Error</pre></body></html>";
    let (server, _) = site(move |path| match path {
        "/" => ok("text/html", HOME),
        "/admin/" | "/metrics" | "/server-status" => ("403 Forbidden", "text/html", closed.into()),
        path if path.starts_with("/.git") => ("403 Forbidden", "text/html", closed.into()),
        "/health" | "/docs" | "/%" | "/%c0%ae" => ("500 Internal Server Error", "text/html", failed.into()),
        _ => missing(),
    })
    .await;
    let (told, seen) = seen_at(&server).await;
    assert_eq!(told, ["minor default-error-page /"]);
    for rule in ["private-file-exposed", "debug-page-exposed"] {
        assert_eq!(coverage(&seen, rule), Coverage::Whole, "{rule}");
    }
}

#[tokio::test]
async fn health_and_notices_are_asked_for_before_a_site_has_had_enough() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let (server, _) = site(move |path| match path {
        "/" => ok("text/html", HOME),
        _ if counted.fetch_add(1, Ordering::Relaxed) > 30 => {
            ("429 Too Many Requests", "text/plain", b"slow down".to_vec())
        }
        "/up" => ok("text/plain", "OK"),
        _ => missing(),
    })
    .await;
    let (told, seen) = seen_at(&server).await;
    assert!(told.contains(&"proof health-endpoint-answers".to_owned()), "{told:?}");
    assert!(matches!(coverage(&seen, "private-file-exposed"), Coverage::Part(_)));
}

#[tokio::test]
async fn a_page_that_asks_for_a_password_is_a_wall_whatever_its_path_and_a_given_page_without_one_is_none() {
    let sign_in = "<!doctype html><title>Tea</title><h1>Who are you?</h1><form method=post><input name=a><input type=password name=b></form>";
    for place in ["/users/sign_in", "/session/new", "/welcome"] {
        let (server, _) = site(move |path| match path {
            path if path == place => ok("text/html", sign_in),
            _ => ("302 Found", Box::leak(format!("text/html\r\nLocation: {place}").into_boxed_str()), Vec::new()),
        })
        .await;
        let (told, seen) = seen_at(&server).await;
        assert_eq!(told, [""; 0], "{place}");
        assert_unseen(&seen, place);
    }
    for (place, whole) in [("/lessons", true), ("/authors", true), ("/login", false)] {
        let (server, _) = site(move |path| match path {
            path if path == place => ok("text/html", HOME),
            _ => ("302 Found", Box::leak(format!("text/html\r\nLocation: {place}").into_boxed_str()), Vec::new()),
        })
        .await;
        let seen = look(&[format!("http://localhost:{}{place}", server.port)], None).await;
        let coverage = coverage(&seen, "private-file-exposed");
        assert_eq!(coverage == Coverage::Whole, whole, "{place}: {coverage:?}");
    }
}

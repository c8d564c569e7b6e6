//! Addresses that lead elsewhere, or nowhere.

use gonogo::model::Coverage;

use super::*;
use crate::support::tls_server::{Authority, Server, free_port};

#[tokio::test]
async fn a_refused_connection_is_one_line_with_what_to_do() {
    let port = free_port().await;
    let seen = look(&[format!("https://localhost:{port}/")], None).await;
    assert_eq!(
        failure(&seen),
        format!(
            "https://localhost:{port}/ could not be examined: the connection was refused. \
             Start the app, or correct the port of --url."
        )
    );
}

#[tokio::test]
async fn one_of_two_addresses_out_of_reach_leaves_gaps_and_no_whole_rule() {
    let root = Authority::root("Test Root");
    let server = Server::https(root.issue("localhost", -1, 90), |_| page(GOOD_HEADERS)).await;
    let refused = free_port().await;
    let urls = [format!("https://localhost:{}/", server.port), format!("https://localhost:{refused}/")];
    let file = root.file();
    let seen = look(&urls, Some(file.path())).await;
    assert_eq!(seen.places(), [""; 0]);
    let examined = seen.result.as_ref().unwrap();
    assert_eq!(examined.gaps.len(), 1, "{:?}", examined.gaps);
    assert_eq!(examined.gaps[0].reason, "addresses that gave no page");
    for (rule, coverage) in &examined.rules {
        if rule.as_str() == "https-redirect-detour" {
            // One way was seen to its end, and it was straight.
            assert_eq!(coverage, &Coverage::Whole);
        } else if rule.as_str().starts_with("https-redirect") {
            assert!(
                matches!(coverage, Coverage::Nothing(why) if why.contains("http:// address")),
                "{rule} {coverage:?}"
            );
        } else if !NOT_HERE.contains(&rule.as_str()) && !rule.as_str().starts_with("cors-") {
            assert!(matches!(coverage, Coverage::Part(why) if why.contains("refused")), "{rule} {coverage:?}");
        }
    }
}

#[tokio::test]
async fn http_that_stays_http_beside_https_is_major() {
    let root = Authority::root("Test Root");
    let secure = Server::https(root.issue("localhost", -1, 90), |_| page(GOOD_HEADERS)).await;
    let plain = Server::http(|_| page("")).await;
    let urls = [format!("https://localhost:{}/", secure.port), format!("http://localhost:{}/", plain.port)];
    let file = root.file();
    let seen = look(&urls, Some(file.path())).await;
    assert_eq!(seen.places(), [format!("https-redirect-missing {}", urls[1])]);
    assert!(!seen.proved().contains(&"https-served".to_owned()), "not all of it is");
}

#[tokio::test]
async fn the_name_alone_is_asked_for_beside_a_page_behind_it() {
    let root = Authority::root("Test Root");
    let file = root.file();
    let secure = Server::https(root.issue("shop.example.com", -1, 90), |_| page(GOOD_HEADERS)).await;
    for (front, found) in [(page(""), true), (redirect("https://shop.example.com/"), false), (redirect("/en"), false)] {
        let (to_en, there) = (front.contains("/en"), front.clone());
        let plain = Server::http(move |path| match path {
            "/app" => redirect("https://shop.example.com/app"),
            _ => front.clone(),
        })
        .await;
        let address = |port| ([127, 0, 0, 1], port).into();
        let names =
            vec![("shop.example.com", 443, address(secure.port)), ("shop.example.com", 80, address(plain.port))];
        let probe = WebProbe::STANDARD.with_names(names.leak());
        let asked = settings(&["https://shop.example.com/app".to_owned()], Some(file.path()));
        let seen = run(&probe, no_project(), asked).await.unwrap();
        let places: Vec<String> = seen.places().into_iter().filter(|place| place.contains("https-redirect")).collect();
        assert_eq!(!places.is_empty(), found, "{there}: {places:?}");
        assert!(!found || places == ["https-redirect-missing http://shop.example.com/"], "{places:?}");
        let whole = coverage(&seen, "https-redirect-missing") == Coverage::Whole;
        assert_eq!(whole, !to_en, "{there}: {:?}", coverage(&seen, "https-redirect-missing"));
        let requests = &seen.result.as_ref().unwrap().web.as_ref().unwrap().requests;
        assert_eq!(
            requests.iter().filter(|made| made.url == "http://shop.example.com/").count(),
            1,
            "one more request"
        );
        let served = seen.proofs.iter().filter(|proof| proof.rule.as_str() == "https-served");
        assert_eq!(served.count(), 1, "two ways lead to one page, which is said once");
    }
}

#[tokio::test]
async fn a_list_of_files_at_a_given_http_address_is_told_beside_good_https() {
    let root = Authority::root("Test Root");
    let secure = Server::https(root.issue("localhost", -1, 90), |_| page(GOOD_HEADERS)).await;
    let plain = Server::http(|_| {
        let body = "<title>Index of /</title><a href=dump.sql>dump.sql</a>";
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    })
    .await;
    let urls = [format!("http://localhost:{}/", plain.port), format!("https://localhost:{}/", secure.port)];
    let file = root.file();
    let seen = look(&urls, Some(file.path())).await;
    assert!(said(&seen, "front-page-broken").contains("shows a list of its files"), "{seen:#?}");
    assert_eq!(seen.of("front-page-broken")[0].location.to_string(), urls[0]);
}

#[tokio::test]
async fn https_that_leads_to_http_is_a_blocker() {
    let root = Authority::root("Test Root");
    let plain = Server::http(|_| page(GOOD_HEADERS)).await;
    let to = format!("http://localhost:{}/", plain.port);
    let secure = Server::https(root.issue("localhost", -1, 90), move |_| redirect(&to)).await;
    let file = root.file();
    let seen = look(&[format!("https://localhost:{}/", secure.port)], Some(file.path())).await;
    assert!(said(&seen, "https-missing").starts_with("blocker: https://localhost:"), "{seen:#?}");
    assert_eq!(said(&seen, "hsts-missing").split(':').next(), Some("major"));
    assert!(seen.proved().contains(&"frame-options-set".to_owned()));
}

#[tokio::test]
async fn redirects_within_the_site_are_followed_and_the_page_at_their_end_counts() {
    let server = Server::http(|path| match path {
        "/" => redirect("/en"),
        "/en" => redirect("//localhost/never").replace("//localhost/never", "/en/home?from=1"),
        _ => page("X-Frame-Options: DENY\r\n"),
    })
    .await;
    let seen = look(&[format!("http://localhost:{}/", server.port)], None).await;
    assert_eq!(
        seen.of("permissions-policy-missing")[0].location.to_string(),
        format!("http://localhost:{}/en/home?from=…", server.port)
    );
    assert!(seen.result.as_ref().unwrap().counts["requests"] >= 3);
}

#[tokio::test]
async fn a_redirect_to_somebody_else_is_not_followed() {
    let asked = Server::http(|_| panic!("must never be asked")).await;
    for to in [
        format!("http://127.0.0.1:{}/", asked.port),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "https://shop.example.com/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "javascript:alert(1)".to_owned(),
    ] {
        let location = to.clone();
        let server = Server::http(move |_| redirect(&location)).await;
        let seen = look(&[format!("http://localhost:{}/", server.port)], None).await;
        let line = failure(&seen);
        assert!(line.contains("which is not followed: give that address with --url"), "{to}: {line}");
    }
}

#[tokio::test]
async fn circles_and_endless_redirects_end() {
    let circle = Server::http(|path| redirect(if path == "/" { "/a" } else { "/" })).await;
    let seen = look(&[format!("http://localhost:{}/", circle.port)], None).await;
    assert!(failure(&seen).contains("redirects in a circle"));
    let itself = Server::http(|_| redirect("")).await;
    let seen = look(&[format!("http://localhost:{}/", itself.port)], None).await;
    assert!(failure(&seen).contains("redirects without saying where to"));
    let endless = Server::http(|path| redirect(&format!("{path}x"))).await;
    let seen = look(&[format!("http://localhost:{}/", endless.port)], None).await;
    assert!(failure(&seen).contains("redirects more than 10 times"));
}

#[tokio::test]
async fn a_cancelled_run_ends_at_once() {
    let server = Server::raw(|stream| async move {
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        drop(stream);
    })
    .await;
    let (events, _received) = tokio::sync::mpsc::channel(4);
    let (progress, _watch) = tokio::sync::watch::channel(Default::default());
    let probe = WebProbe::STANDARD;
    let project = crate::support::probes::bare_project(no_project());
    let settings = settings(&[format!("http://localhost:{}/", server.port)], None);
    use gonogo::probe::{Emitter, Probe, ProbeCx};
    let plan = probe.plan(&project, &settings).unwrap();
    let cancel = tokio_util::sync::CancellationToken::new();
    let cx = ProbeCx {
        project: project.into(),
        settings: settings.into(),
        emitter: Emitter::new(events, gonogo::model::RunId(1), probe.meta(), Default::default(), jiff::Timestamp::now),
        progress,
        cancel: cancel.clone(),
        code: Default::default(),
        now: jiff::Timestamp::now(),
        only: None,
    };
    let running = tokio::spawn(probe.run(plan, cx));
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    cancel.cancel();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(2), running).await;
    assert!(ended.unwrap().unwrap().unwrap().rules.is_empty());
}

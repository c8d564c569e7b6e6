//! What the deployed app lacks, tied to the files of the project.

use gonogo::model::{HeaderRow, Location};

use super::*;
use crate::support::probes::Folder;
use crate::support::tls_server::{Authority, Server};

const CONF: &str = "server {\n  listen 443 ssl;\n  location / { proxy_pass http://app:8000; }\n}\n";
const DJANGO: &str =
    "MIDDLEWARE = []\nINSTALLED_APPS = [\"shop\"]\nROOT_URLCONF = \"shop.urls\"\nSESSION_COOKIE_SECURE = False\n";

/// What the whole probe says of a page with these headers, over HTTPS that is trusted, for a project with these files.
async fn deployed(headers: &str, files: &[(&str, &str)]) -> Seen {
    let root = Authority::root("Test Root");
    let response = page(headers);
    let server = Server::https(root.issue("localhost", -1, 90), move |_| response.clone()).await;
    let (file, folder) = (root.file(), Folder::with(files));
    let urls = [format!("https://localhost:{}/", server.port)];
    run(&WebProbe::STANDARD, folder.path(), settings(&urls, Some(file.path()))).await.unwrap()
}

/// Evidence and fix of the only finding of a rule.
fn texts(seen: &Seen, rule: &str) -> String {
    let findings = seen.of(rule);
    assert_eq!(findings.len(), 1, "{rule} in {seen:#?}");
    let evidence = findings[0].evidence.iter().map(|evidence| evidence.text.as_str());
    evidence.chain([findings[0].fix.as_str()]).collect::<Vec<_>>().join("\n")
}

fn row(seen: &Seen, name: &str) -> HeaderRow {
    let report = seen.result.as_ref().unwrap().web.as_ref().unwrap();
    let rows = report.sites.iter().flat_map(|site| &site.headers);
    rows.into_iter().find(|row| row.name == name).unwrap_or_else(|| panic!("{report:#?}")).clone()
}

fn place(row: &HeaderRow) -> Option<(&str, Option<u32>)> {
    row.place.as_ref().map(|place| (place.path().unwrap(), Location::line(place)))
}

#[tokio::test]
async fn a_header_that_is_missing_names_the_server_block_and_the_lines_for_it() {
    let seen = deployed("Server: nginx/1.18.0\r\n", &[("deploy/nginx.conf", CONF)]).await;
    let told = texts(&seen, "hsts-missing");
    assert!(told.contains("deploy/nginx.conf:1, inside the `server` block of line 1"), "{told}");
    assert!(told.contains("add_header Strict-Transport-Security \"max-age=63072000\" always;"), "{told}");
    assert!(told.contains("In your project that is deploy/nginx.conf: add the lines shown."), "{told}");
    assert_eq!(place(&row(&seen, "Strict-Transport-Security")), Some(("deploy/nginx.conf", Some(1))));
    let told = texts(&seen, "server-details-leaked");
    assert!(told.contains("deploy/nginx.conf:1, inside the `server` block:\n") && told.contains("server_tokens off;"));
}

#[tokio::test]
async fn a_header_that_is_set_and_does_not_arrive_names_its_line() {
    let conf = CONF.replace("  location", "  add_header X-Frame-Options DENY always;\n  location");
    let seen = deployed("", &[("nginx.conf", &conf)]).await;
    let told = texts(&seen, "frame-options-missing");
    assert!(told.contains("It is set in nginx.conf:3."), "{told}");
    assert_eq!(place(&row(&seen, "X-Frame-Options")), Some(("nginx.conf", Some(3))));
}

#[tokio::test]
async fn files_that_are_loaded_again_and_unpacked_name_the_server_block_and_the_lines_for_it() {
    let root = Authority::root("Test Root");
    let server = Server::https(root.issue("localhost", -1, 90), move |path| {
        let (kind, body) = match path {
            "/" => ("text/html", "<!doctype html><script src=/assets/index-BxYz12ab.js></script>".to_owned()),
            _ => ("text/javascript", "function t(e){return e}t(1);".repeat(200)),
        };
        format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    })
    .await;
    let (file, folder) = (root.file(), Folder::with(&[("deploy/nginx.conf", CONF)]));
    let urls = [format!("https://localhost:{}/", server.port)];
    let seen = run(&WebProbe::STANDARD, folder.path(), settings(&urls, Some(file.path()))).await.unwrap();
    let told = texts(&seen, "assets-uncached");
    assert!(told.contains("deploy/nginx.conf:1, inside the `server` block:\n    expires $keep_for;"), "{told}");
    assert!(told.contains("    ~^/assets/ 1y;"), "{told}");
    let told = texts(&seen, "responses-uncompressed");
    assert!(told.contains("deploy/nginx.conf:1, inside the `server` block:\n    gzip on;"), "{told}");
    assert!(told.contains("In your project that is deploy/nginx.conf: add the lines shown."), "{told}");
}

#[tokio::test]
async fn a_session_cookie_without_flags_names_the_setting_that_takes_them_off() {
    let value = ["4f9c", "2b71"].concat();
    let headers = format!("Set-Cookie: sessionid={value}; HttpOnly; Path=/; SameSite=Lax\r\n");
    let files = [("manage.py", "import django\n"), ("shop/settings.py", DJANGO)];
    let seen = deployed(&headers, &files).await;
    assert_eq!(said(&seen, "cookie-insecure"), "major: The session cookie `sessionid` lacks Secure");
    let told = texts(&seen, "cookie-insecure");
    assert!(told.contains("shop/settings.py:4, at the end of the file:\nSESSION_COOKIE_SECURE = True"), "{told}");
    assert!(told.contains("SESSION_COOKIE_SECURE = False"), "the line as it is: {told}");
    assert!(!format!("{seen:?}").contains(&value));
}

#[tokio::test]
async fn without_files_nothing_is_tied() {
    let seen = deployed("", &[("README.md", "hello\n")]).await;
    assert!(!texts(&seen, "hsts-missing").contains("In your project"));
    assert_eq!(place(&row(&seen, "Strict-Transport-Security")), None);
}

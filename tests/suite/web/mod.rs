//! Tests of the `web` probe, against servers that they start themselves on 127.0.0.1.

mod around;
mod certificates;
mod client;
mod client_drops;
mod client_memory;
mod demo;
mod exposed;
mod headers;
mod hostile_http;
mod hostile_http_endless;
mod hostile_series;
#[cfg(target_os = "linux")]
mod hostile_servers;
mod hostile_tls;
mod one_at_a_time;
mod own_settings;
mod plan;
mod reach;
mod tls_scripted;
mod tls_stapling;
mod tls_suites;
mod versions;

use std::path::Path;

use gonogo::model::{Coverage, Settings, TlsServer};
use gonogo::probe::web::WebProbe;

use crate::support::probes::{Seen, run};

/// Every header as it should be.
const GOOD_HEADERS: &str = "Strict-Transport-Security: max-age=63072000; includeSubDomains\r\n\
    X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n\
    Content-Security-Policy: default-src 'self'\r\nReferrer-Policy: no-referrer\r\n\
    Permissions-Policy: camera=(), geolocation=()\r\n";

/// Rules that a server on this machine, with a page that names nothing, gives nothing to judge.
const NOT_HERE: [&str; 25] = [
    "answers-quick",
    "answers-slow",
    "assets-cached",
    "assets-uncached",
    "caa-missing",
    "caa-set",
    "cdn-in-front",
    "cookie-insecure",
    "cookie-secure",
    "cors-strangers-refused",
    "development-build-served",
    "hosts-not-unified",
    "hosts-unified",
    "http2-missing",
    "http2-served",
    "images-heavy",
    "images-light",
    "mail-forgeable",
    "mail-protected",
    "page-cached-publicly",
    "responses-compressed",
    "responses-uncompressed",
    "scripts-heavy",
    "scripts-minified",
    "scripts-unminified",
];

/// A page with these header lines.
fn page(headers: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{headers}Content-Type: text/html\r\nContent-Length: 15\r\n\r\n<h1>Teapots</h1")
}

/// A redirect to there.
fn redirect(to: &str) -> String {
    format!("HTTP/1.1 301 Moved Permanently\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
}

/// Where there is no project, so that none of its files are read.
fn no_project() -> &'static Path {
    Path::new("/no-project-is-here")
}

fn settings(urls: &[String], roots: Option<&Path>) -> Settings {
    Settings { urls: urls.to_vec(), trust_roots: roots.map(Path::to_owned), ..Settings::default() }
}

/// Runs the probe as users do.
async fn look(urls: &[String], roots: Option<&Path>) -> Seen {
    run(&WebProbe::STANDARD, no_project(), settings(urls, roots)).await.unwrap()
}

/// The coverage of a rule.
fn coverage(seen: &Seen, rule: &str) -> Coverage {
    seen.result.as_ref().unwrap().coverage(&rule.into()).unwrap().clone()
}

/// Message and line of a failure.
fn failure(seen: &Seen) -> &str {
    assert!(seen.findings.is_empty() && seen.proofs.is_empty(), "{seen:?}");
    &seen.result.as_ref().unwrap_err().message
}

/// The only finding of a rule, as `severity: message`.
fn said(seen: &Seen, rule: &str) -> String {
    let findings = seen.of(rule);
    assert_eq!(findings.len(), 1, "{rule} in {seen:#?}");
    format!("{}: {}", findings[0].severity.word(), findings[0].message)
}

/// The row of the only TLS server.
fn tls_row(seen: &Seen) -> TlsServer {
    let report = seen.result.as_ref().unwrap().web.as_ref().unwrap();
    assert_eq!(report.servers.len(), 1, "{report:#?}");
    report.servers[0].clone()
}

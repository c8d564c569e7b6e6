//! Whatever one server does, a run ends in time, stays small, and examines the server beside it as if it were alone. Measured
//! over all 40 hostile servers in a process of its own, by the kernel.

#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, reason = "an inner run tells its peak to the outer one")]

use std::process::Command;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use gonogo::probe::web::Limits;

use super::client_memory::peak;
use super::hostile_http::unharmed;
use super::hostile_servers as servers;
use super::*;
use crate::support::tls_server::{Authority, Server};

/// In the process that is measured: the healthy server, its authority's file, and then a line for each hostile one.
const SERIES: &str = "GONOGO_TEST_SERIES";
const MEASURED: &str = "web::hostile_series::a_run_with_any_hostile_server_is_short_small_and_whole";
const MOST_KILOBYTES: u64 = 64 * 1024;
/// So many runs at a time, since the slow ones only wait. Their memory is counted together.
const AT_A_TIME: usize = 2;
/// For a run as users have it.
const WITHIN: Duration = Duration::from_secs(20);
/// What an address leaves of its time to the rest of a run, and what a busy machine adds.
const SLACK: Duration = Duration::from_secs(2);

/// What waits is given up early; the healthy server must come through on a busy machine.
const SHORT: Limits =
    Limits { phase: Duration::from_millis(1_500), address: Duration::from_secs(6), ..Limits::STANDARD };

/// These are run within the limits of users as well: those that use most of the time and of the memory.
const AT_FULL_LENGTH: [&str; 2] = ["silence after the request", "an endless body"];

#[tokio::test]
async fn a_run_with_any_hostile_server_is_short_small_and_whole() {
    if let Ok(series) = std::env::var(SERIES) {
        return measure(&series).await;
    }
    let root = Authority::root("Test Root");
    let file = root.file();
    let healthy = Server::https(root.issue("localhost", -1, 90), |_| page(GOOD_HEADERS)).await;
    let (http, tls) = (servers::http().await, servers::tls().await);
    assert_eq!((http.len(), tls.len()), (28, 12));
    let hostile: Vec<String> =
        http.iter().chain(&tls).map(|server| format!("{} {}", server.url, server.name)).collect();
    let series = format!("{}\n{}\n{}", healthy.port, file.path().display(), hostile.join("\n"));
    let child = tokio::task::spawn_blocking(move || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", MEASURED, "--nocapture"])
            .env(SERIES, series)
            .output()
            .unwrap()
    });
    let output = child.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("MEASURED 42 runs"), "{said}");
}

async fn measure(series: &str) {
    let mut lines = series.lines();
    let (port, roots) = (lines.next().unwrap(), Path::new(lines.next().unwrap()));
    let hostile: Vec<(&str, &str)> = lines.map(|line| line.split_once(' ').unwrap()).collect();
    let full =
        hostile.iter().filter(|(_, name)| AT_FULL_LENGTH.contains(name)).map(|server| (server, Limits::STANDARD));
    // The long ones first, so that the others run beside them.
    let runs = full.chain(hostile.iter().map(|server| (server, SHORT)));
    let before = peak();
    let ended: Vec<()> = stream::iter(runs)
        .map(|(server, limits)| beside(*server, port, roots, limits))
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    let peak = peak();
    println!("MEASURED {} runs, {peak} kB, {before} kB at the start", ended.len());
    assert!(peak < MOST_KILOBYTES, "{peak} kB");
    assert!(peak > before + 4 * 1024, "the pages were not read: {peak} kB");
}

/// One run with a hostile server and the healthy one.
async fn beside((url, name): (&str, &str), port: &str, roots: &Path, limits: Limits) {
    let healthy = format!("https://localhost:{port}/");
    let started = Instant::now();
    let probe = WebProbe::with_limits(limits);
    let seen = run(&probe, no_project(), settings(&[url.to_owned(), healthy.clone()], Some(roots))).await.unwrap();
    let took = started.elapsed();
    println!("{name}: {} ms", took.as_millis());
    assert!(took < WITHIN + SLACK, "{name}: {took:?}");
    unharmed(&seen);
    let proved: Vec<&str> = (seen.proofs.iter())
        .filter(|proof| proof.location.to_string().starts_with(healthy.trim_end_matches('/')))
        .map(|proof| proof.rule.as_str())
        .collect();
    for rule in [
        "certificate-valid",
        "tls-current",
        "tls-suites-strong",
        "hsts-set",
        "frame-options-set",
        "content-type-options-set",
        "referrer-policy-set",
        "permissions-policy-set",
    ] {
        assert!(proved.contains(&rule), "beside {name}: no {rule} in {proved:?}\n{seen:#?}");
    }
    let report = seen.result.unwrap().web.unwrap();
    let site = report.sites.iter().find(|site| site.url == healthy).unwrap();
    assert_eq!(site.not_reached, None, "beside {name}");
    assert!(
        site.observatory.is_some() && !site.headers.is_empty() && !site.paths.is_empty(),
        "beside {name}: {site:#?}"
    );
    let row = report.servers.iter().find(|row| row.name.ends_with(&format!(":{port}"))).unwrap();
    assert_eq!(row.grade.as_deref(), Some("A+"), "beside {name}: {row:#?}");
}

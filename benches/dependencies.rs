//! What looking up 5,000 packages among 100,000 offline advisories costs, opening the copy included, beside a floor from the
//! same machine in the same run: reading the bytes of the same copy.
//!
//! `cargo bench --bench dependencies`. Prints ratios and the peak of memory of a process that does nothing else; judges
//! nothing, because machines are shared and noisy. The aim is 300 ms and 200 MB.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on should stop")]

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::Criterion;
use gonogo::probe::dependencies::osv::Answers;
use gonogo::probe::dependencies::query::Query;
use gonogo::probe::dependencies::store::{Store, Update, update};
use gonogo::probe::packages::Ecosystem;
use jiff::Timestamp;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use zip::write::SimpleFileOptions;

/// How many advisories each ecosystem has, and how many packages of it are looked up.
const SHARES: [(Ecosystem, usize, usize); 3] =
    [(Ecosystem::Npm, 70_000, 3500), (Ecosystem::PyPi, 20_000, 1000), (Ecosystem::CratesIo, 10_000, 500)];
/// A process that is given a folder by this name looks up once and tells how much memory that took.
const ALONE: &str = "GONOGO_BENCH_LOOK_UP_IN";

fn main() {
    if let Some(dir) = std::env::var_os(ALONE) {
        println!("{} hits, peak memory {}", look_up(Path::new(&dir)).hits.len(), peak());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let began = Instant::now();
    make_copy(dir.path());
    println!("importing took {:.1} s", began.elapsed().as_secs_f64());
    let alone = Command::new(std::env::current_exe().unwrap()).env(ALONE, dir.path()).output().unwrap();
    let alone = String::from_utf8(alone.stdout).unwrap();

    let mut criterion =
        Criterion::default().sample_size(10).measurement_time(Duration::from_secs(10)).configure_from_args();
    let (floor, whole) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let mut group = criterion.benchmark_group("dependencies");
    group.bench_function("reading the bytes", |bencher| {
        bencher.iter_custom(|times| {
            let began = Instant::now();
            (0..times).for_each(|_| assert!(read(dir.path()) > 0));
            floor.borrow_mut().push(began.elapsed() / u32::try_from(times).unwrap());
            began.elapsed()
        });
    });
    group.bench_function("opening and looking up", |bencher| {
        bencher.iter_custom(|times| {
            let began = Instant::now();
            (0..times).for_each(|_| assert!(look_up(dir.path()).hits.len() > 100));
            whole.borrow_mut().push(began.elapsed() / u32::try_from(times).unwrap());
            began.elapsed()
        });
    });
    group.finish();
    let (floor, whole) = (median(&mut floor.borrow_mut()), median(&mut whole.borrow_mut()));
    println!(
        "the look-up {:.1} ms, reading the {:.1} MB {:.1} ms: {:.1} times the floor; {}",
        whole.as_secs_f64() * 1000.0,
        read(dir.path()) as f64 / 1_000_000.0,
        floor.as_secs_f64() * 1000.0,
        whole.as_secs_f64() / floor.as_secs_f64().max(f64::EPSILON),
        alone.trim()
    );
}

/// Packages of which half are in the copy, one in ten of those with an affected version.
fn queries() -> BTreeSet<Query> {
    let of = |(ecosystem, _, packages): (Ecosystem, usize, usize)| {
        (0..packages).map(move |n| {
            let name = if n % 2 == 0 { format!("package-{}", n * 7 / 2) } else { format!("clean-{n}") };
            let version = if n % 20 == 0 { "1.5.0" } else { "3.0.0" };
            Query { ecosystem, name, version: version.to_owned() }
        })
    };
    SHARES.into_iter().flat_map(of).collect()
}

fn look_up(dir: &Path) -> Answers {
    let queries = queries();
    let answers = Store::open(dir).unwrap().look_up(&queries, Timestamp::now(), &CancellationToken::new()).unwrap();
    assert_eq!(answers.looked_up, queries.len() as u64);
    answers
}

fn read(dir: &Path) -> u64 {
    fs::read_dir(dir).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap().len() as u64).sum()
}

/// Advisories as the exports have them: one to three for a package, some kilobytes of text.
fn make_copy(dir: &Path) {
    let source = tempfile::tempdir().unwrap();
    let path = source.path().join("all.zip");
    let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for (ecosystem, advisories, _) in SHARES {
        for n in 0..advisories {
            zip.start_file(format!("{ecosystem}-{n}.json"), SimpleFileOptions::default()).unwrap();
            zip.write_all(record(ecosystem, n).as_bytes()).unwrap();
        }
    }
    zip.finish().unwrap();
    let what = Update {
        sources: vec![path],
        ecosystems: BTreeSet::new(),
        export_url: String::new(),
        trust_roots: None,
        now: Timestamp::now(),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let done = runtime.block_on(update(what, dir, &CancellationToken::new(), Arc::new(|_: &str| {}))).unwrap();
    assert_eq!(done.imported.iter().map(|one| one.advisories).sum::<u64>(), 100_000);
}

fn record(ecosystem: Ecosystem, n: usize) -> String {
    let kind = if ecosystem == Ecosystem::PyPi { "ECOSYSTEM" } else { "SEMVER" };
    let mut details = String::new();
    for line in 0..10 + n % 20 {
        writeln!(details, "Line {line}: what {n} does to whoever runs it, at some length, as advisories have it.")
            .unwrap();
    }
    json!({
        "id": format!("GHSA-{ecosystem}-{n}"),
        "modified": "2026-11-20T10:00:00Z",
        "aliases": [format!("CVE-2026-{n}")],
        "summary": format!("Something bad that {n} does"),
        "details": details,
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        "references": [{"type": "WEB", "url": format!("https://example.com/advisories/{n}")}],
        "affected": [{
            "package": {"ecosystem": ecosystem.name(), "name": format!("package-{}", n / 2)},
            "ranges": [{"type": kind, "events": [
                {"introduced": "0"}, {"fixed": "1.2.0"}, {"introduced": "1.4.0"}, {"fixed": "1.6.3"}, {"introduced": "2.0.0"}, {"fixed": "2.1.0"},
            ]}],
            "versions": (0..n % 30).map(|minor| format!("1.0.{minor}")).collect::<Vec<_>>(),
        }],
    })
    .to_string()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The most memory that this process ever had, where the system tells.
fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |size| size.trim().to_owned())
}

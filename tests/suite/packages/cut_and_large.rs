//! Lock files that were cut off, and lock files that are very large.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::{collected, fixture};
use crate::support::probes::Folder;

/// Wherever a file was cut: either it is refused, or something is counted, or nothing is missing.
#[test]
fn a_file_that_was_cut_off_never_looks_whole() {
    for (path, name) in [
        ("composer/project/composer.lock", "composer.lock"),
        ("cargo/workspace/Cargo.lock", "Cargo.lock"),
        ("bundler/project/Gemfile.lock", "Gemfile.lock"),
        ("maven/project/web/pom.xml", "pom.xml"),
    ] {
        let text = std::fs::read_to_string(fixture(path)).unwrap();
        let whole = collected(Folder::with(&[(name, &text)]).path());
        let count = whole.locks[0].packages.len();
        for part in 0..60 {
            let cut = text.len() * part / 60;
            let Some(start) = text.get(..cut) else { continue };
            let found = collected(Folder::with(&[(name, start)]).path());
            let is_whole = found.locks.first().is_some_and(|lock| lock.packages.len() == count);
            // A Cargo.lock that names no package is valid, and says so.
            let is_empty = found.locks.first().is_some_and(|lock| lock.packages.is_empty());
            let is_told = found.not_examined > 0 || !found.gaps.is_empty();
            assert!(is_whole || is_empty || is_told, "{name} cut at {cut}");
        }
    }
}

#[test]
fn large_files_take_time_in_proportion() {
    const MANY: usize = 30_000;
    let (mut composer, mut cargo) = (String::from("{\"packages\": ["), String::from("version = 4\n"));
    let (mut gems, mut gradle, mut go) =
        (String::from("GEM\n  specs:\n"), String::new(), String::from("module x\ngo 1.22\nrequire (\n"));
    for n in 0..MANY {
        let next = (n + 1) % MANY;
        let comma = if n == 0 { "" } else { "," };
        let _ = write!(
            composer,
            "{comma}\n{{\"name\": \"a/p{n}\", \"version\": \"1.0.{n}\", \"require\": {{\"a/p{next}\": \"*\"}}, \"notification-url\": \"x\"}}"
        );
        let _ = write!(
            cargo,
            "\n[[package]]\nname = \"p{n}\"\nversion = \"1.0.{n}\"\nsource = \"sparse+https://index.crates.io/\"\ndependencies = [\n \"p{next}\",\n]\n"
        );
        let _ = write!(gems, "    p{n} (1.0.{n})\n      p{next}\n");
        let _ = writeln!(gradle, "g:p{n}:1.0.{n}=compileClasspath,testCompileClasspath");
        let _ = writeln!(go, "\texample.com/p{n} v1.0.{n}");
    }
    composer.push_str("]}");
    gems.push_str("\nDEPENDENCIES\n  p0\n");
    gradle.push_str("empty=\n");
    go.push_str(")\n");
    let all = [
        ("composer.lock", composer),
        ("Cargo.lock", cargo),
        ("Gemfile.lock", gems),
        ("gradle.lockfile", gradle),
        ("go.mod", go),
    ];
    let files: Vec<(&str, &str)> = all.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let folder = Folder::with(&files);
    let start = Instant::now();
    let found = collected(folder.path());
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    let counts: Vec<usize> = found.locks.iter().map(|lock| lock.packages.len()).collect();
    assert_eq!(counts, [MANY; 5]);
}

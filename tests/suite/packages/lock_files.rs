//! Reads lock files and says briefly what came of them.

use std::collections::BTreeMap;
use std::path::Path;

use gonogo::probe::files;
use gonogo::probe::packages::lock::{Around, reader};
use gonogo::probe::packages::{LockFile, NotUnderstood, Scope, collect};
use tokio_util::sync::CancellationToken;

use crate::support::probes::Folder;

/// What the manifests of the fixtures called `…-workspaces` ask for, by whichever manager.
pub const WORKSPACE_WANTS: [&str; 6] = [
    "package.json cross-spawn ^7.0.3 Development -> cross-spawn 7.0.6",
    "packages/lib/package.json debug ^4.3.4 Production -> debug 4.4.3",
    "packages/lib/package.json ms ^2.1.3 Production -> ms 2.1.3",
    "packages/web/package.json is-even ^1.0.0 Development -> is-even 1.0.0",
    "packages/web/package.json is-odd ^3.0.1 Production -> is-odd 3.0.1",
    "packages/web/package.json ms 2.1.2 Production -> ms 2.1.2",
];

/// A lock file alone: what was read, and what was passed over.
pub fn read(path: &str, text: &str) -> Result<(LockFile, Vec<String>), NotUnderstood> {
    let name = path.rsplit('/').next().unwrap();
    let reading = reader(name).unwrap()(text, &Around { path, manifests: &BTreeMap::new() })?;
    Ok((reading.lock, told(reading.gaps)))
}

/// A lock file among manifests.
pub fn with_manifests(
    path: &str,
    text: &str,
    manifests: &[(&str, &str)],
) -> Result<(LockFile, Vec<String>), NotUnderstood> {
    let folder = Folder::with(manifests);
    let packages = collect(&files::list(folder.path(), &[], &CancellationToken::new()), &CancellationToken::new());
    let name = path.rsplit('/').next().unwrap();
    let reading = reader(name).unwrap()(text, &Around { path, manifests: &packages.manifests })?;
    Ok((reading.lock, told(reading.gaps)))
}

/// Why a lock file is refused: `reason:line`.
pub fn refused(path: &str, text: &str) -> String {
    let why = read(path, text).unwrap_err();
    why.line.map_or(why.reason.clone(), |line| format!("{}:{line}", why.reason))
}

/// `reason: examples`, with `…` where there were more.
fn told(gaps: files::Gaps) -> Vec<String> {
    let told = gaps.into_vec().into_iter().map(|gap| {
        let more = if gap.count > gap.examples.len() as u64 { ", …" } else { "" };
        format!("{}: {}{more}", gap.reason, gap.examples.join(", "))
    });
    told.collect()
}

/// Holds what is read in a fixture against `list.txt`, which the package manager's own list was boiled down to: lines of
/// `name version`, and `prod` or `dev` where it tells them apart. Own packages are left out of it, aliases have their real
/// names.
pub fn listed(fixture: &str, scopes: bool) -> (LockFile, Vec<String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/packages").join(fixture);
    let listing = files::list(&folder, &[], &CancellationToken::new());
    let mut packages = collect(&listing, &CancellationToken::new());
    assert_eq!((packages.locks.len(), packages.not_examined), (1, 0), "{fixture}: {:?}", packages.gaps);
    let lock = packages.locks.remove(0);
    let list = std::fs::read_to_string(folder.join("list.txt")).unwrap();
    let read: Vec<String> = (lock.packages.iter())
        .map(|package| match (scopes, package.scope) {
            (false, _) => format!("{} {}", package.name, package.version),
            (true, Scope::Production) => format!("{} {} prod", package.name, package.version),
            (true, Scope::Development) => format!("{} {} dev", package.name, package.version),
        })
        .collect();
    let (mut read, mut list) = (read, list.lines().map(str::to_owned).collect::<Vec<_>>());
    read.sort();
    list.sort();
    assert_eq!(read, list, "{fixture}");
    let lines: Vec<String> =
        std::fs::read_to_string(folder.join(&lock.path)).unwrap().lines().map(str::to_owned).collect();
    for package in &lock.packages {
        let line = &lines[package.line as usize - 1];
        assert!(line.contains(&package.name) && !line.starts_with("    "), "{fixture}:{} {line}", package.line);
    }
    (lock, told(packages.gaps))
}

/// Cuts the lock file of a fixture at many places: it is refused, or something is counted, or nothing is lost.
pub fn cut_anywhere(fixture: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/packages").join(fixture);
    let listing = files::list(&folder, &[], &CancellationToken::new());
    let packages = collect(&listing, &CancellationToken::new());
    let whole = packages.locks.first().unwrap();
    let text = std::fs::read_to_string(folder.join(&whole.path)).unwrap();
    let ends = text.char_indices().filter(|(at, c)| *c == '\n' || at % 41 == 0).map(|(at, _)| at);
    for end in ends {
        let around = Around { path: &whole.path, manifests: &packages.manifests };
        let Ok(reading) = reader(&whole.path).unwrap()(&text[..end], &around) else { continue };
        let is_whole = brief::names(&reading.lock) == brief::names(whole);
        assert!(
            is_whole || !reading.gaps.is_empty(),
            "{fixture} cut at {end}: {}",
            &text[end.saturating_sub(200)..end]
        );
    }
}

/// Lock files in few words.
pub mod brief {
    use gonogo::probe::packages::LockFile;

    /// `name version`
    pub fn names(lock: &LockFile) -> Vec<String> {
        lock.packages.iter().map(|package| format!("{} {}", package.name, package.version)).collect()
    }

    /// `name version:line origin needs …`
    pub fn packages(lock: &LockFile) -> Vec<String> {
        let told = lock.packages.iter().map(|package| {
            let needs: Vec<&str> = package.needs.iter().map(|at| &*lock.packages[*at].name).collect();
            let needs = if needs.is_empty() { String::new() } else { format!(" needs {}", needs.join(" ")) };
            format!("{} {}:{} {:?}{needs}", package.name, package.version, package.line, package.origin)
        });
        told.collect()
    }

    /// `manifest name range scope -> name version`
    pub fn wanted(lock: &LockFile) -> Vec<String> {
        let all = lock.roots.iter().flat_map(|root| root.wanted.iter().map(move |wanted| (root, wanted)));
        let told = all.map(|(root, wanted)| {
            let package = &lock.packages[wanted.package];
            let arrives = format!("{} {}", package.name, package.version);
            format!("{} {} {} {:?} -> {arrives}", root.manifest, wanted.name, wanted.range, wanted.scope)
        });
        told.collect()
    }
}

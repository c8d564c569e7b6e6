//! Finds the programs of a PostgreSQL server on this machine.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

/// Older servers lack `plan_cache_mode` and what else the copy needs.
const OLDEST: u32 = 12;
/// More installations than this are not looked at.
const MOST: usize = 12;
/// A program that does not name its version in this time is not asked again.
const VERSION_WITHIN: Duration = Duration::from_secs(2);

/// Folders whose entries hold a `bin` with the programs, and what an entry's name has to contain: Debian and Ubuntu;
/// Red Hat; Homebrew on both kinds of Mac; the installer of EDB; Postgres.app.
const PARENTS: [(&str, &str); 6] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql"),
    ("/opt/homebrew/opt", "postgresql"),
    ("/usr/local/opt", "postgresql"),
    ("/Library/PostgreSQL", ""),
    ("/Applications/Postgres.app/Contents/Versions", ""),
];

/// A server's programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// Makes a cluster.
    pub initdb: PathBuf,
    /// Serves it.
    pub postgres: PathBuf,
    /// The number before the dot.
    pub major: u32,
}

/// The programs of the major version `wanted`, or else the newest. Nothing of the folder `project` is run, though a
/// package manager may have put its programs into PATH.
pub async fn find(wanted: u32, project: &Path) -> Option<Binaries> {
    let mut found: Vec<Binaries> = Vec::new();
    let path = std::env::var_os("PATH").unwrap_or_default();
    for folder in folders(&path, project) {
        let (initdb, postgres) = (folder.join("initdb"), folder.join("postgres"));
        if let Some(major) = version(&postgres).await.filter(|&major| major >= OLDEST) {
            let exact = major == wanted;
            found.push(Binaries { initdb, postgres, major });
            if exact {
                break;
            }
        }
    }
    let exact = found.iter().position(|binaries| binaries.major == wanted);
    match exact {
        Some(at) => Some(found.swap_remove(at)),
        None => found.into_iter().max_by_key(|binaries| binaries.major),
    }
}

/// Every folder with both programs, each once.
fn folders(path: &OsStr, project: &Path) -> Vec<PathBuf> {
    let mut candidates: Vec<PathBuf> = std::env::split_paths(path).filter(|folder| folder.is_absolute()).collect();
    for (parent, part) in PARENTS {
        let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
        let mut named: Vec<PathBuf> = entries
            .filter(|entry| entry.file_name().to_string_lossy().contains(part))
            .map(|entry| entry.path().join("bin"))
            .collect();
        named.sort();
        candidates.extend(named.into_iter().rev());
    }
    candidates.push("/usr/local/pgsql/bin".into());
    let project = project.canonicalize().unwrap_or_else(|_| project.to_owned());
    let mut found: Vec<PathBuf> = Vec::new();
    for folder in candidates {
        // The real place: `initdb` finds its share files from there, and a link may lead into the project.
        let real = ["initdb", "postgres"].map(|program| folder.join(program).canonicalize().ok());
        let [Some(initdb), Some(postgres)] = real else { continue };
        let Some(bin) = postgres.parent().filter(|bin| initdb.parent() == Some(bin)) else { continue };
        let inside = |path: &Path| path.starts_with(&project) && project.parent().is_some();
        if !inside(bin) && !inside(&folder) && !found.iter().any(|known| known == bin) && found.len() < MOST {
            found.push(bin.to_owned());
        }
    }
    found
}

/// The number before the dot in `postgres (PostgreSQL) 15.18 (Debian 15.18-1)`, or of `18beta1`.
async fn version(postgres: &Path) -> Option<u32> {
    let mut command = Command::new(postgres);
    command.arg("--version").env_clear().stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = timeout(VERSION_WITHIN, command.output()).await.ok()?.ok()?;
    major(std::str::from_utf8(&output.stdout).ok()?)
}

fn major(text: &str) -> Option<u32> {
    let (_, number) = text.split_once("(PostgreSQL) ")?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_however_it_is_packaged() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("postgres (EnterpriseDB)"), None);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn programs_that_the_project_brings_are_not_run() {
        use std::os::unix::fs::PermissionsExt as _;
        let project = tempfile::tempdir().unwrap();
        let bin = project.path().join("node_modules/.bin");
        std::fs::create_dir_all(&bin).unwrap();
        let ran = project.path().join("ran");
        for program in ["initdb", "postgres"] {
            let path = bin.join(program);
            std::fs::write(&path, format!("#!/bin/sh\ntouch '{}'\necho 'postgres (PostgreSQL) 99.1'\n", ran.display()))
                .unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        assert_eq!(version(&bin.join("postgres")).await, Some(99), "the script works");
        std::fs::remove_file(&ran).unwrap();
        let path = std::env::join_paths([&bin, Path::new("node_modules/.bin")]).unwrap();
        let seen = folders(&path, project.path());
        assert!(seen.iter().all(|folder| !folder.starts_with(project.path())), "{seen:?}");
        let elsewhere = tempfile::tempdir().unwrap();
        assert!(folders(&path, elsewhere.path()).contains(&bin.canonicalize().unwrap()), "the check keeps it out");
        assert!(!ran.exists());
    }
}

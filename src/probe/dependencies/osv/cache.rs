//! Records that were fetched before, so that a second run fetches nothing that it has.
//!
//! One file for each record: a line with the checksum of what follows and the time of the last change as the service named it,
//! then the record. What is not exactly that, such as a half-written file, does not count and is fetched again.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use url::Url;

/// The folder within that of the advisories.
const FOLDER: &str = "cache";
/// When all records together are larger, the oldest go.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Larger records are not kept: few are above 100 kB.
const MAX_RECORD_BYTES: usize = 2 * 1024 * 1024;

/// The records of one service.
#[derive(Debug)]
pub struct Cache {
    all: PathBuf,
    own: PathBuf,
    max_bytes: u64,
}

impl Cache {
    /// The records of the service at `base` in the folder of the advisories. Each service has its own: they need not agree.
    pub fn new(advisories: &Path, base: &Url) -> Self {
        let all = advisories.join(FOLDER);
        let mut address = base.clone();
        // Credentials are no part of who answers; without a host there is no service.
        let _ = address.set_username("").and_then(|()| address.set_password(None));
        address.set_query(None);
        let own = all.join(hex(&Sha256::digest(address.as_str()), 8));
        Self { all, own, max_bytes: MAX_BYTES }
    }

    /// The record, if it is here as it was last changed at `modified`.
    pub fn get(&self, id: &str, modified: &str) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.path(id, modified)?).ok()?;
        let line_end = bytes.iter().position(|byte| *byte == b'\n')?;
        let record = bytes.split_off(line_end + 1);
        (bytes == head(modified, &record)).then_some(record)
    }

    /// Keeps a record, whole or not at all. A folder that cannot be written to is no failure: nothing is kept then.
    pub fn put(&self, id: &str, modified: &str, record: &[u8]) {
        let Some(path) = self.path(id, modified).filter(|_| record.len() <= MAX_RECORD_BYTES) else { return };
        let write = || -> io::Result<()> {
            fs::create_dir_all(&self.own)?;
            let mut file = tempfile::NamedTempFile::new_in(&self.own)?;
            file.write_all(&head(modified, record))?;
            file.write_all(record)?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        let _ = write();
    }

    /// Lets the oldest go where there is too much, whichever service they are from.
    pub fn trim(&self) {
        let entries = |dir: &Path| fs::read_dir(dir).into_iter().flatten().flatten();
        let mut files: Vec<(SystemTime, u64, PathBuf)> = entries(&self.all)
            .flat_map(|service| entries(&service.path()))
            .filter_map(|file| Some((file.path(), file.metadata().ok()?)))
            .filter_map(|(path, meta)| Some((meta.modified().ok()?, meta.len(), path)))
            .collect();
        let mut total: u64 = files.iter().map(|(_, size, _)| size).sum();
        if total <= self.max_bytes {
            return;
        }
        files.sort();
        for (_, size, path) in files {
            if total <= self.max_bytes / 4 * 3 {
                return;
            }
            if fs::remove_file(path).is_ok() {
                total -= size;
            }
        }
    }

    /// `None` for names that are none of a record, and might lead elsewhere.
    fn path(&self, id: &str, modified: &str) -> Option<PathBuf> {
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let is_name = (1..=100).contains(&id.len()) && id.chars().all(good) && !id.starts_with('.');
        let is_time = (1..=64).contains(&modified.len()) && modified.chars().all(|c| c.is_ascii_graphic());
        (is_name && is_time).then(|| self.own.join(id))
    }
}

/// The line before a record.
fn head(modified: &str, record: &[u8]) -> Vec<u8> {
    format!("{} {modified}\n", hex(&Sha256::digest(record), 32)).into_bytes()
}

fn hex(bytes: &[u8], count: usize) -> String {
    bytes.iter().take(count).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(dir: &Path, base: &str) -> Cache {
        Cache::new(dir, &Url::parse(base).unwrap())
    }

    #[test]
    fn only_what_was_written_whole_and_is_still_current_counts() {
        let dir = tempfile::tempdir().unwrap();
        let kept = cache(dir.path(), "https://osv.example.com");
        kept.put("GHSA-1", "2026-01-01T00:00:00Z", b"{}\nmore");
        assert_eq!(kept.get("GHSA-1", "2026-01-01T00:00:00Z").unwrap(), b"{}\nmore");
        assert_eq!(kept.get("GHSA-1", "2026-01-02T00:00:00Z"), None);
        assert_eq!(kept.get("GHSA-2", "2026-01-01T00:00:00Z"), None);
        let path = kept.own.join("GHSA-1");
        let good = fs::read(&path).unwrap();
        for end in 0..good.len() {
            fs::write(&path, &good[..end]).unwrap();
            assert_eq!(kept.get("GHSA-1", "2026-01-01T00:00:00Z"), None, "cut at {end}");
        }
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            assert_eq!(kept.get("GHSA-1", "2026-01-01T00:00:00Z"), None, "changed at {at}");
        }
    }

    #[test]
    fn each_service_has_its_own_and_no_name_leads_elsewhere() {
        let dir = tempfile::tempdir().unwrap();
        let kept = cache(dir.path(), "https://osv.example.com");
        kept.put("GHSA-1", "now", b"{}");
        assert_eq!(cache(dir.path(), "https://other.example.com").get("GHSA-1", "now"), None);
        let with_credentials = ["https://ann:hun", "ter2@osv.example.com/?key=abc"].concat();
        assert!(cache(dir.path(), &with_credentials).get("GHSA-1", "now").is_some());
        for id in ["", ".", "..", "../x", "a/b", "/etc/x", "C:\\x", ".hidden"] {
            kept.put(id, "now", b"{}");
            assert_eq!(kept.get(id, "now"), None, "{id}");
        }
        kept.put("GHSA-2", "two\nlines", b"{}");
        kept.put("GHSA-3", "now", &vec![b' '; MAX_RECORD_BYTES + 1]);
        assert_eq!(fs::read_dir(&kept.own).unwrap().count(), 1);
    }

    #[test]
    fn the_oldest_go_when_there_is_too_much() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Cache { max_bytes: 10_000, ..cache(dir.path(), "https://osv.example.com") };
        for n in 0..12_u64 {
            kept.put(&format!("X-{n}"), "now", &[b' '; 900]);
            let file = fs::File::options().write(true).open(kept.own.join(format!("X-{n}"))).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(n)).unwrap();
        }
        kept.trim();
        let there: Vec<bool> = (0..12).map(|n| kept.get(&format!("X-{n}"), "now").is_some()).collect();
        assert_eq!(there.iter().filter(|one| **one).count(), 7, "{there:?}");
        assert!(there.is_sorted(), "the newest stay: {there:?}");
    }
}

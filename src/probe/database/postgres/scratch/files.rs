//! Gives tables and indexes the length that they would have, as files with holes: they hold nothing and need no room.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// PostgreSQL splits what is longer into segments of this many pages, named `16384`, `16384.1` …
const SEGMENT: u64 = 131_072;
const PAGE: u64 = 8_192;
/// Files beyond this number would take their time.
pub const MOST_SEGMENTS: u64 = 4_096;

/// A file that grows and shrinks.
pub struct Sparse {
    path: PathBuf,
    /// What it held when it was made: an index begins with a page about itself.
    least: u64,
    segments: u64,
}

/// How many files so many pages need.
pub fn segments(pages: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size, and `as` saturates")]
    let pages = pages as u64;
    pages / SEGMENT + 1
}

impl Sparse {
    /// The file at `path`.
    pub fn new(path: PathBuf) -> io::Result<Self> {
        let least = fs::metadata(&path)?.len().div_ceil(PAGE);
        Ok(Self { path, least, segments: 1 })
    }

    /// Makes it `pages` long.
    pub fn resize(&mut self, pages: f64, owner: &Path) -> io::Result<()> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size, and `as` saturates")]
        let pages = (pages as u64).max(self.least);
        let last = pages / SEGMENT;
        for number in 0..=last {
            let length = if number == last { pages % SEGMENT } else { SEGMENT };
            let path = self.segment(number);
            let file = match OpenOptions::new().write(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => make(&path, owner)?,
                opened => opened?,
            };
            file.set_len(length * PAGE)?;
        }
        for number in last + 1..self.segments {
            fs::remove_file(self.segment(number))?;
        }
        self.segments = last + 1;
        Ok(())
    }

    fn segment(&self, number: u64) -> PathBuf {
        if number == 0 {
            return self.path.clone();
        }
        let mut path = self.path.clone().into_os_string();
        path.push(format!(".{number}"));
        path.into()
    }
}

/// The server, which may be another user, has to be able to open it.
fn make(path: &Path, owner: &Path) -> io::Result<File> {
    let file = File::create_new(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        let (server, ours) = (fs::metadata(owner)?, file.metadata()?);
        if server.uid() != ours.uid() {
            fchown(&file, Some(server.uid()), Some(server.gid()))?;
        }
    }
    #[cfg(not(unix))]
    let _ = owner;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_split_where_the_server_splits_it_and_needs_no_room() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("16384");
        fs::write(&path, [7; 8_192]).unwrap();
        let mut file = Sparse::new(path.clone()).unwrap();
        let length = |name: &str| fs::metadata(folder.path().join(name)).map(|data| data.len() / PAGE).ok();
        file.resize(300_000.0, folder.path()).unwrap();
        assert_eq!(
            [length("16384"), length("16384.1"), length("16384.2")],
            [Some(SEGMENT), Some(SEGMENT), Some(37_856)]
        );
        file.resize(131_072.0, folder.path()).unwrap();
        assert_eq!([length("16384"), length("16384.1"), length("16384.2")], [Some(SEGMENT), Some(0), None]);
        file.resize(0.0, folder.path()).unwrap();
        assert_eq!([length("16384"), length("16384.1")], [Some(1), None], "the first page stays");
        assert_eq!(fs::read(&path).unwrap(), [7; 8_192]);
        assert_eq!((segments(131_071.0), segments(131_072.0)), (1, 2));
    }
}

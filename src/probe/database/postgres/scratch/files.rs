//! Gives tables and indexes the length that they would have, as files with holes: they hold nothing and need no room.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// PostgreSQL splits what is longer into segments of this many pages, named `16384`, `16384.1` …
const SEGMENT: u64 = 131_072;
const PAGE: u64 = 8_192;
/// Files beyond this number would take their time.
pub const MOST_SEGMENTS: u64 = 4_096;

/// With these flags opening a file follows no link and waits for nobody, as a pipe would.
#[cfg(unix)]
pub const PLAIN_FILES_ONLY: i32 = rustix::fs::OFlags::NOFOLLOW.union(rustix::fs::OFlags::NONBLOCK).bits().cast_signed();

/// Whom the server runs as: user and group.
pub type User = (u32, u32);

/// A file that grows and shrinks.
pub struct Sparse {
    path: PathBuf,
    /// Whose it is.
    user: User,
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
    /// The file of `user` at `path`.
    pub fn new(path: PathBuf, user: User) -> io::Result<Self> {
        let least = open(&path, user)?.metadata()?.len().div_ceil(PAGE);
        Ok(Self { path, user, least, segments: 1 })
    }

    /// Makes it `pages` long.
    pub fn resize(&mut self, pages: f64) -> io::Result<()> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size, and `as` saturates")]
        let pages = (pages as u64).max(self.least);
        let last = pages / SEGMENT;
        for number in 0..=last {
            let length = if number == last { pages % SEGMENT } else { SEGMENT };
            let path = self.segment(number);
            let file = match open(&path, self.user) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => make(&path, self.user)?,
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

/// Opens a file that is the server's own: nothing that a link leads to, and nothing of anybody else's.
fn open(path: &Path, user: User) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, PLAIN_FILES_ONLY);
    let file = options.open(path)?;
    let data = file.metadata()?;
    #[cfg(unix)]
    let is_theirs = std::os::unix::fs::MetadataExt::uid(&data) == user.0;
    #[cfg(not(unix))]
    let is_theirs = user.0 == user.1;
    if data.is_file() && is_theirs { Ok(file) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

/// The server, which may be another user, has to be able to open it.
fn make(path: &Path, user: User) -> io::Result<File> {
    // What is there already, a link included, is not opened.
    let file = File::create_new(path)?;
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::uid(&file.metadata()?) != user.0 {
        std::os::unix::fs::fchown(&file, Some(user.0), Some(user.1))?;
    }
    #[cfg(not(unix))]
    let _ = user;
    Ok(file)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn own(path: &Path) -> User {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata(path).map_or((0, 0), |data| (data.uid(), data.gid()))
    }

    #[test]
    fn a_long_file_is_split_where_the_server_splits_it_and_needs_no_room() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("16384");
        fs::write(&path, [7; 8_192]).unwrap();
        let mut file = Sparse::new(path.clone(), own(folder.path())).unwrap();
        let length = |name: &str| fs::metadata(folder.path().join(name)).map(|data| data.len() / PAGE).ok();
        file.resize(300_000.0).unwrap();
        assert_eq!(
            [length("16384"), length("16384.1"), length("16384.2")],
            [Some(SEGMENT), Some(SEGMENT), Some(37_856)]
        );
        file.resize(131_072.0).unwrap();
        assert_eq!([length("16384"), length("16384.1"), length("16384.2")], [Some(SEGMENT), Some(0), None]);
        file.resize(0.0).unwrap();
        assert_eq!([length("16384"), length("16384.1")], [Some(1), None], "the first page stays");
        assert_eq!(fs::read(&path).unwrap(), [7; 8_192]);
        assert_eq!((segments(131_071.0), segments(131_072.0)), (1, 2));
    }

    #[test]
    fn a_link_is_not_followed_and_what_is_somebody_elses_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let user = own(folder.path());
        let (real, link) = (folder.path().join("real"), folder.path().join("16384"));
        fs::write(&real, "kept").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert!(Sparse::new(link.clone(), user).is_err());
        assert!(Sparse::new(real.clone(), (user.0 + 1, user.1)).is_err());
        let mut file = Sparse::new(real.clone(), user).unwrap();
        std::os::unix::fs::symlink(folder.path().join("new"), folder.path().join("real.1")).unwrap();
        assert!(file.resize(200_000.0).is_err(), "a segment that is a link");
        assert!(!folder.path().join("new").exists());
        assert!(Sparse::new(folder.path().to_owned(), user).is_err());
    }
}

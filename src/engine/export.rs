//! Writes a report into a file, whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::model::Report;
use crate::report;

/// Writes the Markdown report and says where.
pub(super) fn markdown(path: &Path, data: &Report) -> Result<PathBuf, String> {
    let path = typed(path);
    if path.exists() && !is_report(&path) {
        return Err(format!(
            "{} is there and is not a launch report, so it was left alone; choose another name",
            path.display()
        ));
    }
    write_whole(&path, |out| report::markdown(data, out)).map_err(|error| {
        format!("The report could not be written to {}: {error}; choose another place", path.display())
    })?;
    Ok(path)
}

/// A path as a shell would take it: from the folder where gonogo was started, `~` for the user's own folder. Not from the
/// project: the demo's is gone when the demo ends.
fn typed(path: &Path) -> PathBuf {
    let home = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    let path = match path.strip_prefix("~") {
        Ok(rest) => home().map_or_else(|| path.to_owned(), |home| home.join(rest)),
        Err(_) => path.to_owned(),
    };
    std::path::absolute(&path).unwrap_or(path)
}

/// An older report may be replaced without a word; anything else that lies there is somebody's work.
fn is_report(path: &Path) -> bool {
    let mut start = vec![0; report::MARKDOWN_START.len()];
    File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
        && start == report::MARKDOWN_START.as_bytes()
}

/// Writes a file through a temporary one beside it, so that a failure leaves what was there. A link is followed; the
/// permissions of a file that is replaced stay. What is no regular file (a pipe, a device such as `/dev/null`) is
/// written to as it is: putting a file in its place would take it away from everybody.
///
/// # Errors
/// When the file or its folder cannot be written.
pub fn write_whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let there = fs::metadata(&target).ok();
    if there.as_ref().is_some_and(|meta| !meta.is_file()) {
        let mut out = io::BufWriter::new(File::options().write(true).open(&target)?);
        write(&mut out)?;
        return out.flush();
    }
    if there.is_some() {
        // A file that may not be written to is not replaced either, though its folder would allow it.
        File::options().append(true).open(&target)?;
    }
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Said here, because the temporary file's own error names a path that the user never typed.
    fs::metadata(folder)?;
    let mut file = temporary(folder)?;
    if let Some(meta) = there {
        file.as_file().set_permissions(meta.permissions())?;
    }
    let mut out = io::BufWriter::new(file.as_file_mut());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

/// A new file with the permissions that any other new file gets; temporary ones are closed to others by default.
fn temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.prefix(".gonogo-").tempfile_in(folder)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn hello(out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"hello")
    }

    #[test]
    fn a_path_means_what_it_would_in_the_shell() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(typed(Path::new("report.md")), here.join("report.md"));
        let home = directories::BaseDirs::new().unwrap().home_dir().to_owned();
        assert_eq!(typed(Path::new("~/report.md")), home.join("report.md"));
        assert_eq!(typed(Path::new("/tmp/~/a.md")), Path::new("/tmp/~/a.md"));
    }

    #[test]
    fn a_link_stays_a_link_and_permissions_stay() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("a.md"), dir.path().join("link.md"));
        fs::write(&file, "before").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        write_whole(&link, hello).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "hello");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn a_new_file_can_be_read_like_any_other() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, usual) = (dir.path().join("a.md"), dir.path().join("b.md"));
        write_whole(&ours, hello).unwrap();
        fs::write(&usual, "").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&usual));
    }

    #[test]
    fn a_socket_is_never_replaced() {
        use std::os::unix::fs::FileTypeExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert!(write_whole(&path, hello).is_err());
        assert!(fs::metadata(&path).unwrap().file_type().is_socket());
    }

    #[test]
    fn a_failure_leaves_what_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.md");
        fs::write(&path, "before").unwrap();
        write_whole(&path, |_| Err(io::Error::other("no"))).unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        let error = write_whole(&dir.path().join("none/a.md"), hello).unwrap_err().to_string();
        assert!(!error.contains(".gonogo-"), "{error}");
    }
}

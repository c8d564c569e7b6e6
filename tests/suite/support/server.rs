//! What the servers have in common that tests start: they want to be found, and none runs as root.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether these tests run as root.
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self")
        .map_or_else(|_| std::env::var("USER").is_ok_and(|user| user == "root"), |data| data.uid() == 0)
}

/// A command as somebody who is not root.
pub fn as_ordinary_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]).arg(program);
    command
}

#[expect(clippy::panic, reason = "without a server there is nothing to test, and the sentence says what to do")]
/// A program of a server: in PATH, in `folders`, or where packages of that name put it, the newest first.
pub fn find(program: &str, folders: &[&str], package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut all: Vec<PathBuf> = std::env::split_paths(&path).collect();
    all.extend(folders.iter().map(PathBuf::from));
    for parent in ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", "/Library/PostgreSQL"] {
        let mut versions: Vec<PathBuf> =
            std::fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path().join("bin")).collect();
        versions.sort();
        versions.reverse();
        all.extend(versions.into_iter().filter(|folder| folder.to_string_lossy().to_lowercase().contains(package)));
    }
    all.into_iter().map(|folder| folder.join(program)).find(|candidate| candidate.is_file()).unwrap_or_else(|| {
        panic!("these tests need a server of {package}: `{program}` was not found; run tests/run, which installs it")
    })
}

/// Writes a certificate and its key, each in PEM form, where the server that reads them finds them, for its eyes only.
pub fn write_identity(folder: &Path, (certificate, key): &(String, String)) -> (PathBuf, PathBuf) {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        give_away(&path);
        path
    };
    (write("server.crt", certificate), write("server.key", key))
}

/// Makes a path the property of who runs the servers.
pub fn give_away(path: &Path) {
    if is_root() {
        let status = Command::new("chown").arg("nobody").arg(path).status().unwrap();
        assert!(status.success(), "chown to nobody");
    }
}

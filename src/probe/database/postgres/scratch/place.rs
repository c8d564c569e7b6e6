//! Where the scratch cluster's files lie: in memory where the system has a folder for that with room, else among the
//! temporary files. A server's thousand small files come and go quicker there, and spare the disk.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A socket's path may be 103 bytes long on macOS and 107 on Linux, its own name included.
const LONGEST: usize = 60;
/// Where a path is too long for a socket, or closed to the user as whom the server runs.
const USUAL: &str = "/tmp";
/// Linux keeps shared memory here (`shm_overview(7)`), and PostgreSQL its own.
#[cfg(target_os = "linux")]
const IN_MEMORY: &str = "/dev/shm";
/// A cluster takes some 50 MB, and its log of changes up to 256 MB more. Containers get 64 MB there, and small machines
/// half of their memory: those use the disk.
#[cfg(target_os = "linux")]
const ROOM: u64 = 1 << 30;

/// Every folder in which clusters may lie, the preferred one first, each once. `TMPDIR` is what the user wants; without it,
/// memory goes first. With `for_all`, only those where any user may make files.
pub fn places(for_all: bool) -> Vec<PathBuf> {
    let mut places = Vec::new();
    #[cfg(target_os = "linux")]
    if std::env::var_os("TMPDIR").is_none() && has_room(Path::new(IN_MEMORY)) {
        places.push(PathBuf::from(IN_MEMORY));
    }
    places.extend([std::env::temp_dir(), PathBuf::from(USUAL)]);
    places.retain(|place| place.as_os_str().len() <= LONGEST && (!for_all || is_open_to_all(place)));
    let mut seen = BTreeSet::new();
    places.retain(|place| seen.insert(place.clone()));
    places
}

/// Makes a folder of a name with `prefix` for this user alone, in the first of `places` that takes it.
///
/// # Errors
/// When none does: that of the last.
pub fn make(places: &[PathBuf], prefix: &str) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).permissions(Permissions::from_mode(0o700));
    let none = Err(io::ErrorKind::NotFound.into());
    places.iter().fold(none, |made, place| made.or_else(|_| builder.tempdir_in(place)))
}

/// Whether files there are memory, of which there is enough.
#[cfg(target_os = "linux")]
fn has_room(place: &Path) -> bool {
    /// `TMPFS_MAGIC` of `statfs(2)`.
    const TMPFS: i128 = 0x0102_1994;
    let Ok(system) = rustix::fs::statfs(place) else { return false };
    let free = u64::try_from(system.f_bsize).unwrap_or_default().saturating_mul(system.f_bavail);
    // Its width differs between processors.
    i128::from(system.f_type) == TMPFS && free >= ROOM && is_open_to_all(place)
}

/// Whether any user may make and remove files there.
fn is_open_to_all(place: &Path) -> bool {
    let may =
        |path: &Path, bits: u32| std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & bits == bits);
    may(place, 0o003) && place.ancestors().all(|folder| may(folder, 0o001))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_named_once_and_short_enough_for_a_socket() {
        for for_all in [true, false] {
            let places = places(for_all);
            assert!(places.iter().any(|place| place == Path::new(USUAL)), "{places:?}");
            assert!(places.iter().all(|place| place.as_os_str().len() <= LONGEST), "{places:?}");
            let different: BTreeSet<&PathBuf> = places.iter().collect();
            assert_eq!(different.len(), places.len(), "{places:?}");
        }
    }

    #[test]
    fn the_next_place_is_taken_where_one_does_not_take_it() {
        let place = tempfile::tempdir().unwrap();
        let places = [PathBuf::from("/nowhere"), place.path().to_owned(), PathBuf::from("/nowhere-else")];
        let made = make(&places, "gonogo-t-").unwrap();
        assert_eq!(made.path().parent(), Some(place.path()));
        assert_eq!(std::fs::metadata(made.path()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(make(&places[..1], "gonogo-t-").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(make(&[], "gonogo-t-").is_err());
    }

    #[test]
    fn a_folder_of_one_user_is_not_open_to_all() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_open_to_all(folder.path()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_goes_first_where_there_is_room_and_a_disk_is_no_memory() {
        let preferred = std::env::var_os("TMPDIR").is_none() && has_room(Path::new(IN_MEMORY));
        for for_all in [true, false] {
            assert_eq!(places(for_all).iter().position(|place| place == Path::new(IN_MEMORY)), preferred.then_some(0));
        }
        assert!(!has_room(Path::new("/proc")));
        assert!(!has_room(Path::new("/nowhere")));
    }
}

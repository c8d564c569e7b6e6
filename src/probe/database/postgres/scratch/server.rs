//! The scratch cluster's processes: a private server in a temporary folder, reached by a socket in there and in no other
//! way, and taken away when gonogo ends, however it ends.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{Instant, sleep, timeout};

use super::binaries::Binaries;
use super::files::{self, User};
#[cfg(unix)]
use super::place;

/// The role that owns the cluster; only gonogo's own statements run as it.
pub const OWNER: &str = "gonogo_owner";
/// The role without special rights as which the copy is made and the user's queries are planned: what a hostile
/// server says about its schema may be any statement.
pub const GUEST: &str = "gonogo_guest";

/// Making and starting takes a second or two; a machine that is this busy would not get the rest done in time either.
const START_WITHIN: Duration = Duration::from_secs(20);
/// Taking it away needs no more than stopping the processes and removing a folder.
const END_WITHIN: Duration = Duration::from_secs(3);

/// What the shell does. It makes and starts the cluster in the background and waits for its own input to end, as it does
/// whether gonogo lets go, crashes or is killed; then it stops all processes of its group (TERM for `initdb`, QUIT for the
/// server, which then ends without writing anything) and removes the folder.
const KEEPER: &str = r#"
work() {
    for locale in $LOCALES; do
        rm -rf data
        "$INITDB" --auth=trust --username="$OWNER" --encoding=UTF8 --no-sync --wal-segsize=1 --locale="$locale" -D data > log 2>&1 && break
    done
    [ -f data/PG_VERSION ] || return
    "$POSTGRES" -D data "$@" >> log 2>&1
}
umask 077
ulimit -c 0
(trap exit TERM; work "$@"; : > ended) &
cat > /dev/null
trap '' TERM QUIT
kill -TERM 0
kill -QUIT 0
wait
cd /
rm -rf "$FOLDER"
"#;

/// Settings of the server: nothing listens on the network, nothing is made durable, nothing runs by itself.
const SETTINGS: [&str; 19] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=12",
    "max_worker_processes=0",
    "shared_buffers=16MB",
    "max_locks_per_transaction=512",
    "autovacuum=off",
    "checkpoint_timeout=1d",
    "max_wal_size=256MB",
    "bgwriter_lru_maxpages=0",
    "log_min_messages=fatal",
    "log_min_error_statement=panic",
    "ssl=off",
    "jit=off",
];

/// How the folders are called.
const PREFIX: &str = "gonogo-scratch-";
/// A file in there that is locked for as long as the cluster is wanted. Numbers of processes would tell nothing of a
/// container's, which may share the folder of temporary files and not the processes.
const LOCK: &str = "lock";
/// A folder without that file may be one that is being made.
const NEW_FOR: Duration = Duration::from_secs(600);

/// The running cluster.
pub struct Server {
    folder: PathBuf,
    /// Whom it runs as.
    pub user: User,
    keeper: Child,
    /// Held open for as long as the cluster is wanted.
    input: Option<ChildStdin>,
    /// [`LOCK`], locked.
    _lock: File,
}

impl Server {
    /// Begins to make and start a cluster whose texts sort by the first of `locales` that this machine has.
    ///
    /// # Errors
    /// Why not, as a phrase.
    #[cfg(unix)]
    pub fn start(binaries: &Binaries, locales: &[&str]) -> Result<Self, String> {
        let cannot = |error: std::io::Error| format!("no temporary folder can be made ({})", error.kind());
        let mut keeper = Command::new("/bin/sh");
        let mut user = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        let is_root = user.0 == 0;
        // Whom the server runs as must be able to reach the folder.
        let places = place::places(is_root);
        let folder = place::make(&places, PREFIX).map_err(cannot)?;
        if is_root {
            // The server refuses to run as root.
            user = nobody();
            std::os::unix::fs::chown(folder.path(), Some(user.0), Some(user.1))
                .map_err(|_| "the server refuses to run as root, and no other user can be taken".to_owned())?;
            keeper.uid(user.0).gid(user.1);
        }
        let lock = File::create_new(folder.path().join(LOCK)).map_err(cannot)?;
        // Where files cannot be locked, nobody else can lock this one and take the folder for left.
        let _ = lock.lock();
        for place in &places {
            sweep(place, user.0);
        }
        keeper
            .args(["-c", KEEPER, "sh", "-k"])
            .arg(folder.path())
            .args(SETTINGS.iter().flat_map(|setting| ["-c", setting]))
            .env_clear()
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
            .env("LC_ALL", "C")
            .env("FOLDER", folder.path())
            .env("INITDB", &binaries.initdb)
            .env("POSTGRES", &binaries.postgres)
            .env("OWNER", OWNER)
            .env("LOCALES", locales.join(" "))
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A group of its own: a Ctrl-C must not keep the shell from cleaning up.
            .process_group(0);
        let mut keeper = keeper.spawn().map_err(|error| format!("no process can be started ({})", error.kind()))?;
        let input = keeper.stdin.take();
        // From here on the shell removes it.
        Ok(Self { folder: folder.keep(), user, keeper, input, _lock: lock })
    }

    /// Not on this system: the server is reached by a Unix socket, and watched by a shell.
    ///
    /// # Errors
    /// Always.
    #[cfg(not(unix))]
    pub fn start(_: &Binaries, _: &[&str]) -> Result<Self, String> {
        Err("one is only started on Unix systems".to_owned())
    }

    /// Waits until the server answers; gives the owner's connection.
    ///
    /// # Errors
    /// Why it did not start, as a phrase.
    pub async fn ready(&mut self) -> Result<PgConnection, String> {
        let until = Instant::now() + START_WITHIN;
        loop {
            if self.folder.join(".s.PGSQL.5432").exists()
                && let Ok(connection) = self.connect(OWNER).await
            {
                return Ok(connection);
            }
            if self.folder.join("ended").exists() || matches!(self.keeper.try_wait(), Ok(Some(_)) | Err(_)) {
                return Err(format!("PostgreSQL's programs are here but do not start{}", self.last_words()));
            }
            if Instant::now() > until {
                return Err(format!("it did not start within {} s", START_WITHIN.as_secs()));
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// A connection as `role`.
    ///
    /// # Errors
    /// When the server does not take it, or not soon.
    pub async fn connect(&self, role: &str) -> Result<PgConnection, sqlx::Error> {
        let options = PgConnectOptions::new_without_pgpass()
            .socket(&self.folder)
            .port(5432)
            .username(role)
            .database("postgres")
            .application_name("gonogo")
            .statement_cache_capacity(0)
            .disable_statement_logging();
        // Among the names that the owner uses are none of the guest's.
        let options = if role == OWNER { options.options([("search_path", "pg_catalog, pg_temp")]) } else { options };
        match timeout(Duration::from_secs(5), PgConnection::connect_with(&options)).await {
            Ok(connection) => connection,
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    /// Where the cluster's files are.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Begins to stop it.
    pub fn let_go(&mut self) {
        drop(self.input.take());
    }

    /// Stops it and waits until it is gone.
    pub async fn end(mut self) {
        self.let_go();
        let _ = timeout(END_WITHIN, self.keeper.wait()).await;
    }

    /// The first complaint in the log, which only ever speaks of this cluster.
    fn last_words(&self) -> String {
        const MOST: usize = 160;
        let log = std::fs::read(self.folder.join("log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let complaint = log.lines().find_map(|line| {
            let (_, words) = ["FATAL:", "error:", "ERROR:"].iter().find_map(|mark| line.split_once(mark))?;
            Some(words.trim().chars().filter(|c| !c.is_control()).take(MOST).collect::<String>())
        });
        complaint.map_or_else(String::new, |words| format!(": {words}"))
    }
}

/// Removes what is left of clusters of this user that nobody wants any more and whose keepers were killed. A server that still runs ends when it sees that
/// its folder is gone.
#[cfg(unix)]
fn sweep(place: &Path, user: u32) {
    use std::os::unix::fs::MetadataExt as _;
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
        let folder = entry.path();
        let is_named = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        // Not of what a link leads to.
        let Some(data) = is_named.then(|| entry.metadata().ok()).flatten() else { continue };
        if !data.is_dir() || data.uid() != user {
            continue;
        }
        let age = data.modified().ok().and_then(|then| then.elapsed().ok()).unwrap_or_default();
        let is_left = match lock_of(&folder) {
            Ok(lock) => lock.try_lock().is_ok(),
            Err(error) => error.kind() == std::io::ErrorKind::NotFound && age > NEW_FOR,
        };
        if is_left {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// The file that is locked while the cluster in this folder is wanted, and nothing that a link leads to or that waits.
#[cfg(unix)]
fn lock_of(folder: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = File::options();
    let file = options.read(true).custom_flags(files::PLAIN_FILES_ONLY).open(folder.join(LOCK))?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(std::io::ErrorKind::PermissionDenied.into()) }
}

/// The user without rights, as the system's list of users has it.
#[cfg(unix)]
fn nobody() -> (u32, u32) {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids = users.lines().find_map(|line| {
        let mut fields = line.strip_prefix("nobody:")?.split(':').skip(1);
        // macOS writes -2.
        let mut id = || fields.next()?.parse::<i64>().ok().and_then(|id| u32::try_from(id & 0xffff_ffff).ok());
        id().zip(id())
    });
    ids.unwrap_or((65_534, 65_534))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_wants_any_more_is_swept_and_nothing_else() {
        use std::os::unix::fs::MetadataExt as _;
        let place = tempfile::tempdir().unwrap();
        let user = std::fs::metadata(place.path()).unwrap().uid();
        let folders =
            ["gonogo-scratch-left", "gonogo-scratch-wanted", "gonogo-scratch-begun", "gonogo-scratch-odd", "another"];
        for name in folders {
            std::fs::create_dir_all(place.path().join(name).join("data")).unwrap();
        }
        let lock = |name: &str| File::create_new(place.path().join(name).join(LOCK)).unwrap();
        drop((lock("gonogo-scratch-left"), lock("another")));
        let wanted = lock("gonogo-scratch-wanted");
        wanted.lock().unwrap();
        std::os::unix::fs::symlink(place.path().join("another"), place.path().join("gonogo-scratch-link")).unwrap();
        let odd = place.path().join("gonogo-scratch-odd");
        std::os::unix::fs::symlink(place.path().join("another").join(LOCK), odd.join(LOCK)).unwrap();
        let left = || folders.map(|name| place.path().join(name).exists());
        sweep(place.path(), user.wrapping_add(1));
        assert_eq!(left(), [true; 5], "somebody else's");
        sweep(place.path(), user);
        assert_eq!(left(), [false, true, true, true, true]);
        // A folder of ten minutes ago without the file is of nobody who still makes it.
        let long_ago = std::time::SystemTime::now() - 2 * NEW_FOR;
        File::open(place.path().join("gonogo-scratch-begun")).unwrap().set_modified(long_ago).unwrap();
        drop(wanted);
        sweep(place.path(), user);
        assert_eq!(left(), [false, false, false, true, true]);
        assert!(place.path().join("another").join(LOCK).exists());
    }
}

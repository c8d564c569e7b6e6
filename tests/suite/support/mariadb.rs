//! A MariaDB server of the tests' own: private, started on first use, gone with the test process.

use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use sqlx::{AssertSqlSafe, Connection, Row};

use super::postgres::password;
use super::server::{as_ordinary_user, find, give_away, write_identity};

/// The user that may do everything.
pub const OWNER: &str = "owner";

/// The running server; it listens on loopback and on a socket of its own only.
pub struct Server {
    folder: PathBuf,
    /// Port on loopback.
    pub port: u16,
}

/// The server that all tests of this process share.
///
/// # Panics
/// With a sentence, when MariaDB is not installed or does not start.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(None))
}

impl Server {
    /// A server of its own that lets nobody in over the network without TLS. It shows this certificate, with its key.
    pub fn with_tls(identity: &(String, String)) -> Self {
        Self::start(Some(identity))
    }

    fn start(identity: Option<&(String, String)>) -> Self {
        let mariadbd = find("mariadbd", &["/usr/sbin"], "mariadb");
        let install = find("mariadb-install-db", &["/usr/bin"], "mariadb");
        // Sockets have short names: not below a deep TMPDIR.
        let folder = tempfile::Builder::new().prefix("gonogo-my-").tempdir_in("/tmp").unwrap().keep();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        let data = folder.join("data");
        std::fs::create_dir(&data).unwrap();
        let secret = folder.join("init.sql");
        std::fs::write(&secret, first_statements()).unwrap();
        for path in [&folder, &data, &secret] {
            give_away(path);
        }
        let quick = ["--innodb-log-file-size=4M", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0"];
        let mut init = as_ordinary_user(&install);
        init.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]).args(quick);
        // The system's folder is shared, and servers of parallel tests would clear away each other's files there.
        let temporary = format!("--tmpdir={}", folder.display());
        init.arg(&temporary).arg(format!("--datadir={}", data.display())).current_dir(&folder);
        let made = init.output().unwrap();
        assert!(made.status.success(), "mariadb-install-db: {}", String::from_utf8_lossy(&made.stderr));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = std::fs::File::create(folder.join("log")).unwrap();
        // The shell waits for its input to end, which it does however this process dies, and then takes all away.
        let script = "\"$@\" & server=$!; cat > /dev/null; kill -KILL $server; wait $server; rm -rf \"$FOLDER\"";
        let mut shell = as_ordinary_user(Path::new("sh"));
        shell.args(["-c", script, "sh"]).arg(&mariadbd).arg("--no-defaults").args(quick);
        for (name, value) in [
            ("datadir", data.display().to_string()),
            ("socket", folder.join("sock").display().to_string()),
            ("pid-file", folder.join("pid").display().to_string()),
            ("init-file", secret.display().to_string()),
            ("general-log-file", folder.join("general").display().to_string()),
            ("tmpdir", folder.display().to_string()),
            ("bind-address", "127.0.0.1".to_owned()),
            ("port", port.to_string()),
            ("general-log", "1".to_owned()),
            ("log-output", "FILE,TABLE".to_owned()),
            ("innodb-buffer-pool-size", "16M".to_owned()),
            ("performance-schema", "ON".to_owned()),
        ] {
            shell.arg(format!("--{name}={value}"));
        }
        if let Some(identity) = identity {
            let (certificate, key) = write_identity(&folder, identity);
            shell.arg(format!("--ssl-cert={}", certificate.display())).arg(format!("--ssl-key={}", key.display()));
            shell.arg("--require-secure-transport=ON");
        }
        shell.arg("--skip-name-resolve").env("FOLDER", &folder).current_dir(&folder);
        // A group of its own, so that a Ctrl-C to the tests lets the shell clean up.
        std::os::unix::process::CommandExt::process_group(&mut shell, 0);
        let mut child = shell.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        // Held open for as long as this process lives.
        std::mem::forget(child.stdin.take());
        std::mem::forget(child);
        let server = Self { folder, port };
        let began = Instant::now();
        while !server.text("log").contains("ready for connections") {
            assert!(began.elapsed() < Duration::from_secs(30), "MariaDB did not start: {}", server.text("log"));
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// The socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("sock")
    }

    /// Every statement that it was sent.
    pub fn log(&self) -> String {
        self.text("general")
    }

    fn text(&self, name: &str) -> String {
        let mut text = Vec::new();
        if let Ok(mut file) = std::fs::File::open(self.folder.join(name)) {
            file.read_to_end(&mut text).unwrap();
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The address of a database as a user.
    pub fn url(&self, user: &str, database: &str) -> String {
        format!("mysql://{user}:{}@127.0.0.1:{}/{database}", password(), self.port)
    }

    /// A new database that holds what `sql` makes, and a user of the same name that may read and write in it.
    pub async fn database(&self, sql: &[&str]) -> Database {
        static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let mut connection = self.connect(OWNER, "mysql").await;
        for statement in [
            format!("CREATE DATABASE {name}"),
            format!("CREATE USER {name}@'%' IDENTIFIED BY '{}'", password()),
            format!("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, SHOW VIEW, EXECUTE ON {name}.* TO {name}@'%'"),
        ] {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        }
        connection.close().await.unwrap();
        let database = Database { url: self.url(&name, &name), name };
        database.run(sql).await;
        database
    }

    /// A connection.
    pub async fn connect(&self, user: &str, database: &str) -> MySqlConnection {
        let options = MySqlConnectOptions::new()
            .host("127.0.0.1")
            .port(self.port)
            .username(user)
            .password(&password())
            .ssl_mode(MySqlSslMode::Disabled)
            .database(database);
        MySqlConnection::connect_with(&options).await.unwrap()
    }
}

/// What the server runs when it starts.
fn first_statements() -> String {
    format!(
        "CREATE USER {OWNER}@'%' IDENTIFIED BY '{}';\nGRANT ALL ON *.* TO {OWNER}@'%' WITH GRANT OPTION;\n",
        password()
    )
}

/// A database of one test.
pub struct Database {
    /// Its name, and that of its user.
    pub name: String,
    /// Its address as that user.
    pub url: String,
}

impl Database {
    /// Runs statements as the owner, each by itself.
    pub async fn run(&self, statements: &[&str]) {
        let mut connection = server().connect(OWNER, &self.name).await;
        for statement in statements {
            sqlx::raw_sql(AssertSqlSafe(*statement)).execute(&mut connection).await.unwrap();
        }
        connection.close().await.unwrap();
    }

    /// The first column of the first row.
    pub async fn number(&self, sql: &str) -> i64 {
        let mut connection = server().connect(OWNER, &self.name).await;
        let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap();
        row.try_get(0).unwrap()
    }
}

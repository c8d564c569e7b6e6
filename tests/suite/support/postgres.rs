//! A PostgreSQL server of the tests' own: one private cluster, started on first use, gone with the test process.

use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};

use super::server::{as_ordinary_user, find, give_away, write_identity};

/// The role that owns everything, and its password; the server listens on loopback and on a socket of its own only.
pub const OWNER: &str = "owner";

/// The running server.
pub struct Cluster {
    folder: PathBuf,
    /// Port on loopback, and the number in the socket's name.
    pub port: u16,
}

/// A password that no scanner takes for a real one.
pub fn password() -> String {
    ["local", "-", "test", "-", "word"].concat()
}

/// The server that all tests of this process share.
///
/// # Panics
/// With a sentence, when PostgreSQL is not installed or does not start.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start(None))
}

impl Cluster {
    /// A server of its own that lets nobody in over the network without TLS. It shows this certificate, with its key.
    pub fn with_tls(identity: &(String, String)) -> Self {
        Self::start(Some(identity))
    }

    fn start(identity: Option<&(String, String)>) -> Self {
        let initdb = find("initdb", &["/usr/pgsql/bin"], "postgresql");
        let postgres = find("postgres", &["/usr/pgsql/bin"], "postgresql");
        // Sockets have short names: not below a deep TMPDIR.
        let folder = tempfile::Builder::new().prefix("gonogo-pg-").tempdir_in("/tmp").unwrap().keep();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        let data = folder.join("data");
        std::fs::create_dir(&data).unwrap();
        let secret = folder.join("password");
        std::fs::write(&secret, password()).unwrap();
        for path in [&folder, &data, &secret] {
            give_away(path);
        }
        let mut init = as_ordinary_user(&initdb);
        init.args(["--auth=scram-sha-256", "--username", OWNER, "--no-sync", "--encoding=UTF8", "--locale=C", "-D"]);
        init.arg(&data).arg("--pwfile").arg(&secret).current_dir(&folder).env("LC_ALL", "C");
        let made = init.output().unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = std::fs::File::create(folder.join("log")).unwrap();
        // The shell waits for its input to end, which it does however this process dies, and then takes all away.
        let script = "\"$@\" & server=$!; cat > /dev/null; kill -INT $server; wait $server; rm -rf \"$FOLDER\"";
        let mut server = as_ordinary_user(Path::new("sh"));
        server.args(["-c", script, "sh"]).arg(&postgres).arg("-D").arg(&data).arg("-k").arg(&folder);
        server.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-F"]);
        for setting in [
            "log_statement=all",
            "shared_buffers=16MB",
            "autovacuum=off",
            "max_connections=60",
            "shared_preload_libraries=pg_stat_statements",
        ] {
            server.args(["-c", setting]);
        }
        if let Some(identity) = identity {
            let (certificate, key) = write_identity(&folder, identity);
            std::fs::write(data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 scram-sha-256\n").unwrap();
            server.args(["-c", "ssl=on", "-c", &format!("ssl_cert_file={}", certificate.display())]);
            server.args(["-c", &format!("ssl_key_file={}", key.display())]);
        }
        server.env("FOLDER", &folder).env("LC_ALL", "C").current_dir(&folder);
        // A group of its own, so that a Ctrl-C to the tests lets the shell clean up.
        std::os::unix::process::CommandExt::process_group(&mut server, 0);
        let mut child = server.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        // Held open for as long as this process lives.
        std::mem::forget(child.stdin.take());
        std::mem::forget(child);
        let cluster = Self { folder, port };
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() || !cluster.log().contains("ready to accept") {
            assert!(began.elapsed() < Duration::from_secs(30), "PostgreSQL did not start: {}", cluster.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        cluster
    }

    /// The folder of the socket.
    pub fn socket(&self) -> &Path {
        &self.folder
    }

    /// Everything that the server wrote down, every statement that it was sent included.
    pub fn log(&self) -> String {
        let mut text = Vec::new();
        std::fs::File::open(self.folder.join("log")).unwrap().read_to_end(&mut text).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The address of a database as a role.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}:{}@127.0.0.1:{}/{database}", password(), self.port)
    }

    /// A new database that holds what `sql` makes, and a role of the same name that may read and write its tables.
    pub async fn database(&self, sql: &str) -> Database {
        static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        let word = password();
        self.run("postgres", &format!("CREATE ROLE {name} LOGIN PASSWORD '{word}'")).await;
        self.run("postgres", &format!("CREATE DATABASE {name}")).await;
        self.run(&name, sql).await;
        let grants = format!(
            "GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {name}"
        );
        self.run(&name, &grants).await;
        Database { name: name.clone(), url: self.url(&name, &name) }
    }

    /// Runs statements as the owner.
    pub async fn run(&self, database: &str, sql: &str) {
        let mut connection = self.connect(OWNER, database).await;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// A connection.
    pub async fn connect(&self, role: &str, database: &str) -> PgConnection {
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(role)
            .password(&password())
            .database(database);
        PgConnection::connect_with(&options).await.unwrap()
    }
}

/// A database of one test.
pub struct Database {
    /// Its name, and that of its role.
    pub name: String,
    /// Its address as that role.
    pub url: String,
}

impl Database {
    /// The first column of the first row.
    pub async fn number(&self, sql: &str) -> i64 {
        let mut connection = cluster().connect(OWNER, &self.name).await;
        let (number,): (i64,) = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap();
        number
    }
}

//! Which database is meant: the connection string as people and frameworks write it.

mod mysql;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::{Host, Url};

use super::lexer::Dialect;
use crate::model::Secret;
use crate::probe::Touches;
pub use mysql::MysqlTarget;

/// A database that can be examined.
#[derive(Clone)]
pub enum Target {
    /// A PostgreSQL server.
    Postgres(Box<PostgresTarget>),
    /// A MySQL or MariaDB server.
    Mysql(Box<MysqlTarget>),
    /// A SQLite file.
    Sqlite(SqliteTarget),
}

/// How to reach a PostgreSQL server.
#[derive(Clone)]
pub struct PostgresTarget {
    /// For the driver.
    pub options: PgConnectOptions,
    /// For people, without credentials: `shop on localhost:5432`.
    pub shown: String,
    /// The schema that Prisma's `?schema=` names.
    pub schema: Option<String>,
    local: bool,
}

/// Where a SQLite file may lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteTarget {
    /// As named, without scheme and options.
    pub named: String,
}

/// Why a connection string cannot be used; each is a sentence for the user, without the string itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// A MySQL or MariaDB server without the database on it.
    #[error("the address of the MySQL server names no database; write --database mysql://USER:PASSWORD@HOST:PORT/NAME")]
    NoDatabase,
    /// A database that lives in the memory of another process.
    #[error("a database in memory cannot be examined from outside; name a SQLite file with --database sqlite:PATH")]
    InMemory,
    /// Prisma's own proxy.
    #[error(
        "this is the address of a Prisma proxy, not of the database; name the database itself with --database postgres://…"
    )]
    Proxy,
    /// Another scheme.
    #[error("the database's address has an unknown scheme; write --database postgres://…, mysql://… or sqlite:PATH")]
    UnknownScheme,
    /// Not an address.
    #[error(
        "the database's address cannot be read; write it as --database postgres://USER:PASSWORD@HOST:PORT/NAME, mysql://… in the same way, or sqlite:PATH (special characters in the password as %XX)"
    )]
    NotAnAddress,
}

/// The options of a PostgreSQL address that mean something to the driver. Others (`pgbouncer`, `connection_limit`,
/// `channel_binding` …) belong to other tools, and the driver would log their values.
const KNOWN_OPTIONS: [&str; 16] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "options",
];

impl Target {
    /// Reads a connection string.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn parse(secret: &Secret) -> Result<Self, TargetError> {
        let text = secret.expose().trim();
        let text = text.strip_prefix("jdbc:").unwrap_or(text);
        let (scheme, rest) = text.split_once(':').ok_or(TargetError::NotAnAddress).or_else(|error| {
            // A bare path of a SQLite file is clear enough.
            let is_file = [".db", ".sqlite", ".sqlite3"].iter().any(|end| text.ends_with(end));
            if is_file { Ok(("sqlite", text)) } else { Err(error) }
        })?;
        // SQLAlchemy names its driver after a plus: `postgresql+asyncpg`.
        let scheme = scheme.to_ascii_lowercase();
        match scheme.split('+').next().unwrap_or_default() {
            "postgres" | "postgresql" | "postgis" => {
                PostgresTarget::parse(rest).map(|target| Self::Postgres(Box::new(target)))
            }
            "sqlite" | "sqlite3" | "file" => SqliteTarget::parse(rest).map(Self::Sqlite),
            "mysql" | "mysql2" | "mariadb" => MysqlTarget::parse(rest).map(|target| Self::Mysql(Box::new(target))),
            "prisma" => Err(TargetError::Proxy),
            _ => Err(TargetError::UnknownScheme),
        }
    }

    /// For people, without credentials.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Postgres(target) => format!("PostgreSQL database {}", target.shown),
            Self::Mysql(target) => format!("MySQL database {}", target.shown),
            Self::Sqlite(target) => format!("SQLite database {}", target.named),
        }
    }

    /// Its name without its kind, for reports: one that lies in the project at `root` is named from there, for a report
    /// never tells the folders of this machine.
    #[must_use]
    pub fn name(&self, root: &Path) -> String {
        let shown = self.shown();
        let name = shown.split_once(" database ").map_or(&*shown, |(_, name)| name);
        let within = Path::new(name).strip_prefix(root).ok().map(|path| path.to_string_lossy().replace('\\', "/"));
        within.unwrap_or_else(|| name.to_owned())
    }

    /// Whose SQL it speaks.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres(_) => Dialect::Postgres,
            Self::Mysql(_) => Dialect::Mysql,
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// What examining it touches.
    #[must_use]
    pub fn touches(&self) -> Touches {
        match self {
            Self::Postgres(target) if !target.local => Touches::Database,
            Self::Mysql(target) if !target.is_local() => Touches::Database,
            _ => Touches::LocalDatabase,
        }
    }
}

impl PostgresTarget {
    fn parse(rest: &str) -> Result<Self, TargetError> {
        let rest = rest.strip_prefix("//").ok_or(TargetError::NotAnAddress)?;
        // `ann@/shop?host=/tmp` is good for PostgreSQL's own library and has no host for the parser.
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        // A slash in a password that is not written as %2F: what follows it would be shown as the database's name.
        if path.split('?').next().is_some_and(|path| path.contains('@')) {
            return Err(TargetError::NotAnAddress);
        }
        let host = if authority.ends_with('@') { "localhost" } else { "" };
        // One scheme for all the spellings, so that the parser and the driver agree.
        let mut url =
            Url::parse(&format!("postgres://{authority}{host}{path}")).map_err(|_| TargetError::NotAnAddress)?;
        let schema = url.query_pairs().find(|(name, _)| name == "schema").map(|(_, value)| value.into_owned());
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| KNOWN_OPTIONS.contains(&name.as_ref()) || name.starts_with("options["))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        url.query_pairs_mut().clear().extend_pairs(kept);
        let options = PgConnectOptions::from_str(url.as_str()).map_err(|_| TargetError::NotAnAddress)?;
        let options = options.application_name("gonogo").statement_cache_capacity(0);
        let local = options.get_socket().is_some() || is_loopback(options.get_host());
        let name = options.get_database().unwrap_or("(the role's own)");
        let shown = match options.get_socket() {
            Some(socket) => format!("{name} on the socket in {}", socket.display()),
            None if options.get_host().starts_with('/') => format!("{name} on the socket in {}", options.get_host()),
            None => format!("{name} on {}:{}", options.get_host(), options.get_port()),
        };
        Ok(Self { options, shown, schema, local })
    }

    /// Whether the address forbids an unencrypted connection.
    #[must_use]
    pub fn requires_tls(&self) -> bool {
        matches!(self.options.get_ssl_mode(), PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull)
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.starts_with('/')
        || bare.eq_ignore_ascii_case("localhost")
        || match Host::parse(host) {
            Ok(Host::Ipv4(address)) => address.is_loopback(),
            Ok(Host::Ipv6(address)) => address.is_loopback(),
            _ => bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback()),
        }
}

impl SqliteTarget {
    fn parse(rest: &str) -> Result<Self, TargetError> {
        let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
        let path = path.split('#').next().unwrap_or(path);
        let path = path.strip_prefix("//").unwrap_or(path);
        let path = percent_decoded(path);
        if path == ":memory:" || options.split('&').any(|option| option == "mode=memory") {
            return Err(TargetError::InMemory);
        }
        if path.is_empty() || path.contains('\0') {
            return Err(TargetError::NotAnAddress);
        }
        Ok(Self { named: path })
    }

    /// The places to look for the file, best first: as named from the project; beside Prisma's schema, from which Prisma
    /// counts; from the folder that the program was started in; and what SQLAlchemy means by three slashes.
    #[must_use]
    pub fn candidates(&self, root: &Path) -> Vec<PathBuf> {
        let path = Path::new(&self.named);
        if path.is_absolute() {
            let relative = self.named.trim_start_matches('/');
            return vec![path.to_owned(), root.join(relative)];
        }
        vec![
            root.join(path),
            root.join("prisma").join(path),
            std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
        ]
    }
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(code) if byte == b'%' => {
                decoded.push(code);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Target, TargetError> {
        Target::parse(&Secret::new(text))
    }

    fn seen(text: &str) -> (String, Touches) {
        let target = parse(text).unwrap();
        (target.shown(), target.touches())
    }

    #[test]
    fn postgres_addresses_of_every_spelling() {
        let word = ["hun", "ter2"].concat();
        for scheme in ["postgres", "postgresql", "postgresql+asyncpg", "POSTGRES"] {
            let (shown, touches) =
                seen(&format!("{scheme}://ann:{word}@db.example.com:6432/shop?schema=app&pgbouncer=true"));
            assert_eq!(
                (shown.as_str(), touches),
                ("PostgreSQL database shop on db.example.com:6432", Touches::Database)
            );
        }
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"] {
            assert_eq!(seen(&format!("postgres://ann:{word}@{host}:5432/shop")).1, Touches::LocalDatabase, "{host}");
        }
        assert_eq!(seen("postgres://ann@/shop?host=/tmp").1, Touches::LocalDatabase);
        assert_eq!(seen("postgres://ann@localhost/shop?host=db.example.com").1, Touches::Database);
    }

    #[test]
    fn sqlite_files_of_every_spelling() {
        for (text, path) in [
            ("sqlite:dev.db", "dev.db"),
            ("sqlite://dev.db", "dev.db"),
            ("sqlite:///srv/dev.db", "/srv/dev.db"),
            ("file:./dev.db?connection_limit=1", "./dev.db"),
            ("file:///srv/my%20app.db", "/srv/my app.db"),
            ("data/app.sqlite3", "data/app.sqlite3"),
        ] {
            assert_eq!(seen(text), (format!("SQLite database {path}"), Touches::LocalDatabase));
        }
        assert_eq!(parse("sqlite::memory:").err(), Some(TargetError::InMemory));
    }

    #[test]
    fn what_cannot_be_used_is_named_without_the_text() {
        assert_eq!(parse("mongodb+srv://a@b/c").err(), Some(TargetError::UnknownScheme));
        assert_eq!(parse("prisma+postgres://accelerate/?api_key=x").err(), Some(TargetError::Proxy));
        for text in [
            "",
            "nonsense",
            "postgres:",
            "postgres://a:p@ss/w:rd@h/d",
            "postgres://a:b@:x/y",
            "postgres://h/d?port=none",
            "sqlite:",
        ] {
            assert_eq!(parse(text).err(), Some(TargetError::NotAnAddress), "{text}");
        }
    }
}

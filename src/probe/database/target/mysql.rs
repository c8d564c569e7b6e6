//! The address of a MySQL or MariaDB server, as the tools of every language write it.

use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use url::Url;

use super::{TargetError, is_loopback, percent_decoded};

/// MySQL's port.
const PORT: u16 = 3306;

/// How to reach a MySQL or MariaDB server.
#[derive(Clone)]
pub struct MysqlTarget {
    /// For the driver.
    pub options: MySqlConnectOptions,
    /// For people, without credentials: `shop on localhost:3306`.
    pub shown: String,
    /// The socket that it is reached by.
    pub socket: Option<String>,
    tls: MySqlSslMode,
    local: bool,
}

impl MysqlTarget {
    /// Reads what follows the scheme and its colon.
    pub(super) fn parse(rest: &str) -> Result<Self, TargetError> {
        let rest = rest.strip_prefix("//").ok_or(TargetError::NotAnAddress)?;
        // `ann@/shop?socket=/tmp/mysql.sock` has no host, which the parser wants.
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        // A slash in a password that is not written as %2F: what follows it would be shown as the database's name.
        if path.split('?').next().is_some_and(|path| path.contains('@')) {
            return Err(TargetError::NotAnAddress);
        }
        let host = if authority.is_empty() || authority.ends_with('@') { "localhost" } else { "" };
        let url = Url::parse(&format!("mysql://{authority}{host}{path}")).map_err(|_| TargetError::NotAnAddress)?;
        let named = percent_decoded(url.host_str().ok_or(TargetError::NotAnAddress)?);
        let database = percent_decoded(url.path().trim_matches('/'));
        if database.is_empty() || database.contains(['/', '\0']) {
            return Err(TargetError::NoDatabase);
        }
        let asked = Asked::of(&url);
        let socket = asked.socket.clone().or_else(|| named.starts_with('/').then(|| named.clone()));
        let port = url.port().unwrap_or(PORT);
        let mut options = MySqlConnectOptions::new()
            .host(named.trim_start_matches('[').trim_end_matches(']'))
            .port(port)
            .database(&database)
            .ssl_mode(asked.tls())
            .statement_cache_capacity(0)
            // The server's own settings are what the app meets.
            .pipes_as_concat(false)
            .no_engine_substitution(false)
            .timezone(None);
        if !url.username().is_empty() {
            options = options.username(&percent_decoded(url.username()));
        }
        if let Some(password) = url.password() {
            options = options.password(&percent_decoded(password));
        }
        if let Some(path) = &socket {
            options = options.socket(path);
        }
        if let Some(path) = asked.authority_file() {
            options = options.ssl_ca(path);
        }
        if let (Some(certificate), Some(key)) = (&asked.certificate, &asked.key) {
            options = options.ssl_client_cert(certificate).ssl_client_key(key);
        }
        let shown = match &socket {
            Some(path) => format!("{database} on the socket {path}"),
            None => format!("{database} on {named}:{port}"),
        };
        let local = socket.is_some() || is_loopback(&named);
        Ok(Self { options, shown, socket, tls: asked.tls(), local })
    }

    /// Whether it is this machine's.
    pub(super) const fn is_local(&self) -> bool {
        self.local
    }

    /// Whether the address forbids an encrypted connection.
    #[must_use]
    pub const fn refuses_tls(&self) -> bool {
        matches!(self.tls, MySqlSslMode::Disabled)
    }

    /// Whether the address forbids an unencrypted connection.
    #[must_use]
    pub const fn requires_tls(&self) -> bool {
        matches!(self.tls, MySqlSslMode::Required | MySqlSslMode::VerifyCa | MySqlSslMode::VerifyIdentity)
    }
}

/// What the options of an address ask for; all others belong to other tools.
#[derive(Default)]
struct Asked {
    mode: Option<MySqlSslMode>,
    verify: Option<MySqlSslMode>,
    authority: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
    socket: Option<String>,
}

impl Asked {
    fn of(url: &Url) -> Self {
        let mut asked = Self::default();
        for (name, value) in url.query_pairs() {
            let name: String = name.to_lowercase().chars().filter(|c| !matches!(c, '-' | '_')).collect();
            let value = value.into_owned();
            let yes = matches!(value.to_lowercase().as_str(), "true" | "1" | "yes" | "on");
            match name.as_str() {
                // The command line's, Connector/J's, Rails' and the driver's own.
                "sslmode" => asked.mode = Some(mode(&value)),
                // Prisma: `strict` or `accept_invalid_certs`.
                "sslaccept" if value.eq_ignore_ascii_case("strict") => {
                    asked.verify = Some(MySqlSslMode::VerifyIdentity)
                }
                // mysql2 and the MariaDB connector for Node.js: a flag, a profile's name or an object.
                "ssl" => asked.mode = Some(node_ssl(&value)),
                // The driver for Go.
                "tls" => asked.mode = Some(go_tls(&value)),
                "ssldisabled" if yes => asked.mode = Some(MySqlSslMode::Disabled),
                "usessl" | "requiressl" if yes => asked.mode = Some(MySqlSslMode::Required),
                // PyMySQL and mysqlclient, then Connector/J and Rails.
                "sslverifyidentity" if yes => asked.verify = Some(MySqlSslMode::VerifyIdentity),
                "sslverifycert" | "verifyservercertificate" | "sslverify" if yes => {
                    asked.verify = asked.verify.or(Some(MySqlSslMode::VerifyCa));
                }
                "sslca" => asked.authority = Some(value),
                "sslcert" => asked.certificate = Some(value),
                "sslkey" => asked.key = Some(value),
                "socket" | "unixsocket" if !value.is_empty() => asked.socket = Some(value),
                _ => {}
            }
        }
        asked
    }

    fn tls(&self) -> MySqlSslMode {
        self.verify.or(self.mode).unwrap_or(MySqlSslMode::Preferred)
    }

    /// Prisma's `sslcert` without a key is the authority's certificate.
    fn authority_file(&self) -> Option<&str> {
        self.authority.as_deref().or_else(|| self.certificate.as_deref().filter(|_| self.key.is_none()))
    }
}

/// A word that is not known asks for the most there is.
fn mode(value: &str) -> MySqlSslMode {
    match value.to_lowercase().replace('-', "_").as_str() {
        "disabled" | "disable" | "none" | "off" | "false" => MySqlSslMode::Disabled,
        "preferred" | "prefer" | "allow" => MySqlSslMode::Preferred,
        "required" | "require" | "on" | "true" => MySqlSslMode::Required,
        "verify_ca" => MySqlSslMode::VerifyCa,
        _ => MySqlSslMode::VerifyIdentity,
    }
}

fn node_ssl(value: &str) -> MySqlSslMode {
    let object = serde_json::from_str::<serde_json::Value>(value).ok();
    let checks =
        object.as_ref().and_then(|object| object.get("rejectUnauthorized")).and_then(serde_json::Value::as_bool);
    match (value.to_lowercase().as_str(), checks) {
        ("false" | "0" | "", _) => MySqlSslMode::Disabled,
        (_, Some(true)) => MySqlSslMode::VerifyIdentity,
        _ => MySqlSslMode::Required,
    }
}

fn go_tls(value: &str) -> MySqlSslMode {
    match value.to_lowercase().as_str() {
        "false" => MySqlSslMode::Disabled,
        "preferred" => MySqlSslMode::Preferred,
        "skip-verify" => MySqlSslMode::Required,
        _ => MySqlSslMode::VerifyIdentity,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;
    use crate::probe::Touches;
    use crate::probe::database::target::Target;

    fn parse(text: &str) -> Result<Target, TargetError> {
        Target::parse(&Secret::new(text))
    }

    fn mysql(text: &str) -> MysqlTarget {
        match parse(text) {
            Ok(Target::Mysql(target)) => *target,
            other => panic!("{text}: {:?}", other.err()),
        }
    }

    #[test]
    fn addresses_of_every_spelling() {
        let word = ["hun", "ter2"].concat();
        for scheme in ["mysql", "mariadb", "mysql2", "mysql+pymysql", "mariadb+mariadbconnector", "jdbc:mysql", "MYSQL"]
        {
            let target = parse(&format!("{scheme}://ann:{word}@db.example.com:3307/shop?connection_limit=1")).unwrap();
            assert_eq!(target.shown(), "MySQL database shop on db.example.com:3307");
            assert_eq!(target.touches(), Touches::Database);
        }
        for host in ["localhost", "127.0.0.1", "[::1]", "%2Frun%2Fmysqld%2Fmysqld.sock"] {
            let target = parse(&format!("mysql://ann:{word}@{host}/shop")).unwrap();
            assert_eq!(target.touches(), Touches::LocalDatabase, "{host}");
        }
        let target = mysql(&format!("mysql://ann%40x:{word}%2F@/my%20shop?unix_socket=/tmp/my.sock"));
        assert_eq!(target.shown, "my shop on the socket /tmp/my.sock");
        let options = format!("{:?}", target.options);
        assert!(options.contains("ann@x") && options.contains(&format!("{word}/")), "decoded for the driver");
    }

    #[test]
    fn what_cannot_be_used_is_named_without_the_text() {
        assert_eq!(parse("mysql://a@b").err(), Some(TargetError::NoDatabase));
        assert_eq!(parse("mysql://a@b/?ssl=true").err(), Some(TargetError::NoDatabase));
        for text in ["mysql:", "mysql:shop", "mysql://a:b@:x/y"] {
            assert_eq!(parse(text).err(), Some(TargetError::NotAnAddress), "{text}");
        }
    }

    #[test]
    fn tls_is_what_the_address_asks_for() {
        let tls = |options: &str| format!("{:?}", mysql(&format!("mysql://a@h.example.com/d?{options}")).tls);
        for (options, mode) in [
            ("", "Preferred"),
            ("ssl-mode=REQUIRED", "Required"),
            ("sslmode=verify-full", "VerifyIdentity"),
            ("ssl_mode=verify_ca", "VerifyCa"),
            ("sslMode=DISABLED", "Disabled"),
            ("sslaccept=strict", "VerifyIdentity"),
            ("sslaccept=accept_invalid_certs", "Preferred"),
            ("ssl=%7B%22rejectUnauthorized%22%3Atrue%7D", "VerifyIdentity"),
            ("ssl=%7B%22rejectUnauthorized%22%3Afalse%7D", "Required"),
            ("ssl=true", "Required"),
            ("ssl_ca=/etc/ca.pem&ssl_verify_cert=true", "VerifyCa"),
            ("ssl_verify_cert=true&ssl_verify_identity=true", "VerifyIdentity"),
            ("tls=skip-verify", "Required"),
            ("tls=true", "VerifyIdentity"),
            ("sslmode=something", "VerifyIdentity"),
        ] {
            assert_eq!(tls(options), mode, "{options}");
        }
        assert!(mysql("mysql://a@h/d?ssl=true").requires_tls() && !mysql("mysql://a@h/d").requires_tls());
        let prisma = format!("{:?}", mysql("mysql://a@h/d?sslaccept=strict&sslcert=/ca.pem").options);
        assert!(prisma.contains("ssl_ca: Some") && prisma.contains("ssl_client_cert: None"), "{prisma}");
    }
}

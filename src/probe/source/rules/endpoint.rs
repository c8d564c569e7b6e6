//! What an address in a literal leads to. Shared by the rules about addresses.

/// What an address leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// This machine.
    Local,
    /// A machine of a private network (RFC 1918).
    Private,
    /// Somewhere, with a user and a password in the address.
    Credentials,
    /// Somewhere else.
    Other,
}

/// What the address in `text` leads to; `None` when it holds none.
pub(super) fn target(text: &str) -> Option<Target> {
    let Some((scheme, rest)) = text.split_once("://") else { return of_driver(text) };
    let scheme = scheme.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '+').next().unwrap_or(scheme);
    let authority = rest.split(['/', '?', '#', ' ', '"', '\'', ')']).next().unwrap_or(rest);
    let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
    // `user:pass@host` shows what an address looks like.
    let shows = user.split_once(':').is_some_and(|(user, password)| {
        matches!(user, "user" | "username") && matches!(password, "pass" | "password" | "passwd" | "pwd" | "pw")
    });
    if shows {
        return Some(Target::Other);
    }
    if let Some((_, password)) = user.split_once(':')
        && !password.is_empty()
        && !password.contains("${")
        && !password.starts_with(['<', '$', '{', '*', '['])
        && !is_placeholder(password)
        && scheme != "http"
    {
        return Some(Target::Credentials);
    }
    Some(of_host(host))
}

/// Whether `text` leads to a database on this machine with no password that anybody chose.
pub(super) fn is_local_database(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        // A form that only drivers of databases have.
        return of_driver(text) == Some(Target::Local);
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let scheme = scheme.rsplit(':').next().unwrap_or(scheme);
    let database = matches!(
        scheme.split('+').next().unwrap_or(scheme),
        "postgres" | "postgresql" | "mysql" | "mysql2" | "mariadb" | "mongodb" | "mssql" | "sqlserver" | "cockroachdb"
    );
    let chosen = !password.is_empty() && password != user && !DEFAULT_PASSWORDS.contains(&password);
    database && !chosen && of_host(host) == Target::Local
}

/// Passwords that images and guides of databases begin with.
const DEFAULT_PASSWORDS: [&str; 9] =
    ["postgres", "password", "root", "mysql", "mariadb", "mongo", "example", "pass", "prisma"];

fn of_host(host: &str) -> Target {
    let host = host.split(':').next().unwrap_or(host);
    if matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0" | "host.docker.internal") {
        Target::Local
    } else if is_private(host) {
        Target::Private
    } else {
        Target::Other
    }
}

/// The forms that drivers of databases have of their own: Go's `user:password@tcp(host:3306)/shop`, libpq's
/// `host=localhost user=shop password=…`, PDO's `mysql:host=localhost;dbname=shop`.
fn of_driver(text: &str) -> Option<Target> {
    let known = |password: &str| {
        !password.is_empty()
            && !password.contains(['$', '{', '%', '<', '*'])
            && !password.starts_with('[')
            && !is_placeholder(password)
    };
    if let Some((user, rest)) = text.split_once("@tcp(") {
        let password = user.split_once(':').map_or("", |(_, password)| password);
        return Some(if known(password) { Target::Credentials } else { of_host(rest.split(')').next()?) });
    }
    let is_list = text.starts_with("host=") || text.contains(" host=") || text.contains(":host=");
    if !is_list {
        return None;
    }
    let named = |name: &str| {
        text.split([' ', ';', ':'])
            .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
            .map(|value| value.trim_matches(['\'', '"']))
    };
    if named("password").is_some_and(known) { Some(Target::Credentials) } else { named("host").map(of_host) }
}

fn is_placeholder(password: &str) -> bool {
    let lower = password.to_ascii_lowercase();
    lower.contains("your") || lower.contains("xxx") || lower == "..." || lower.contains("example")
}

/// Whether a host is a literal address of a private network (RFC 1918).
fn is_private(host: &str) -> bool {
    host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_private())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart() {
        assert_eq!(target("http://localhost:3000/api"), Some(Target::Local));
        assert_eq!(target("redis://127.0.0.1:6379"), Some(Target::Local));
        assert_eq!(target("http://192.168.1.20:8080"), Some(Target::Private));
        assert_eq!(target("http://localhost.example.com"), Some(Target::Other));
        assert_eq!(target("https://${host}/x"), Some(Target::Other));
        assert_eq!(target(&["postgres://shop:", "hunter2@db.example.com/shop"].concat()), Some(Target::Credentials));
        assert_eq!(target("postgres://shop:${password}@db.example.com/shop"), Some(Target::Other));
        assert_eq!(target("postgres://user:your-password@host/db"), Some(Target::Other));
        assert_eq!(target("no address"), None);
        assert_eq!(target("mqtts://user:pass@localhost:8883"), Some(Target::Other));
        assert_eq!(target("shop:hunter2@tcp(db.example.com:3306)/shop"), Some(Target::Credentials));
        assert_eq!(target("shop:${password}@tcp(127.0.0.1:3306)/shop"), Some(Target::Local));
        assert_eq!(target("host=db.example.com user=shop password=hunter2 dbname=shop"), Some(Target::Credentials));
        assert_eq!(target("host=${host} user=shop password=${password}"), Some(Target::Other));
        assert_eq!(target("mysql:host=localhost;dbname=shop"), Some(Target::Local));
    }

    #[test]
    fn a_local_database_has_no_password_that_anybody_chose() {
        let local =
            ["postgres://localhost/shop", "postgresql+asyncpg://127.0.0.1:5432/shop", "mongodb://localhost:27017"];
        assert!(local.iter().all(|address| is_local_database(address)));
        assert!(is_local_database("jdbc:postgresql://localhost:5432/shop"));
        assert!(is_local_database("mysql:host=localhost;dbname=shop"));
        assert!(is_local_database(&["postgres://postgres:", "postgres@localhost:5432/shop"].concat()));
        assert!(!is_local_database(&["postgres://shop:", "hunter2@localhost/shop"].concat()));
        assert!(!is_local_database(&["postgres://postgres:", "postgres@db.example.com/shop"].concat()));
        assert!(!is_local_database("redis://localhost:6379"));
        assert!(!is_local_database("http://localhost:5432"));
    }
}

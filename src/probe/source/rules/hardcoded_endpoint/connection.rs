//! Connections to a database whose user and password stand beside each other at the call.

use super::super::Hit;
use crate::model::{Confidence, Severity};
use crate::probe::source::code::{Call, CallId, Value};
use crate::probe::source::facts::FileFacts;

/// Where a maker of connections takes what it needs.
enum Takes {
    /// Host, user and password, in this order.
    InOrder,
    /// An address or DSN, a user, a password.
    AfterAddress,
    /// By their names.
    Named,
}

/// Looks at the calls of one file that open a connection; gives those that it told.
pub(super) fn check(file: &FileFacts, hits: &mut Vec<Hit>) -> Vec<CallId> {
    let mut told = Vec::new();
    for (id, call) in (0_u32..).zip(&file.calls).filter(|(_, call)| !call.dev_only) {
        let Some(takes) = takes(call) else { continue };
        let given = |place: usize| call.argument(place).and_then(|value| text(file, value, call));
        let (host, user, password) = match takes {
            Takes::InOrder => (given(0), given(1), given(2)),
            // What stands in the address is told where the address stands.
            Takes::AfterAddress => (given(0).map(host_of), given(1), given(2)),
            Takes::Named => (
                named(file, call, &["host", "hostname", "server"]),
                named(file, call, &["user", "username", "uid"]),
                named(file, call, &["password", "passwd", "pwd", "pass"]),
            ),
        };
        let (Some(user), Some(password)) = (user, password) else { continue };
        let local = host.is_some_and(|host| matches!(host.split(':').next(), Some("localhost" | "127.0.0.1" | "::1")));
        if !password.is_empty() && !is_placeholder(password) {
            let message = format!("The database is reached as `{user}` with a password that stands in the code");
            hits.push(Hit::new(call.place, message).severity(Severity::Blocker).confidence(Confidence::Medium));
        } else if password.is_empty() && local {
            hits.push(
                Hit::new(call.place, format!("The database is reached at localhost as `{user}`, with no password"))
                    // Where that user has a password, nothing works, which shows at once.
                    .confidence(Confidence::Medium),
            );
        } else {
            continue;
        }
        told.push(id);
    }
    told
}

fn takes(call: &Call) -> Option<Takes> {
    Some(match &*call.callee {
        "mysqli" if call.constructs => Takes::InOrder,
        "mysqli_connect" | "mysql_connect" | "mysqli_real_connect" => Takes::InOrder,
        "PDO" if call.constructs => Takes::AfterAddress,
        "DriverManager.getConnection" => Takes::AfterAddress,
        "Mysql2.Client"
        | "PG.connect"
        | "PG.Connection"
        | "Sequel.connect"
        | "ActiveRecord.Base.establish_connection"
        | "psycopg2.connect"
        | "psycopg.connect"
        | "pymysql.connect"
        | "mysql.connector.connect"
        | "MySQLdb.connect"
        | "asyncpg.connect"
        | "asyncpg.create_pool"
        | "mysql.createConnection"
        | "mysql.createPool"
        | "mysql2.createConnection"
        | "mysql2.createPool" => Takes::Named,
        // The driver of PostgreSQL for Node.
        "Pool" | "pg.Pool" | "Client" | "pg.Client" if call.constructs => Takes::Named,
        _ => return None,
    })
}

fn text<'f>(file: &'f FileFacts, value: &'f Value, call: &Call) -> Option<&'f str> {
    file.resolved(value, call.function).text()
}

fn named<'f>(file: &'f FileFacts, call: &'f Call, names: &[&str]) -> Option<&'f str> {
    let options = call.argument(0).map(|options| file.resolved(options, call.function));
    names
        .iter()
        .find_map(|name| call.named(name).or_else(|| options?.get(name)))
        .and_then(|value| text(file, value, call))
}

/// The host in `mysql:host=localhost;dbname=shop`.
fn host_of(dsn: &str) -> &str {
    dsn.split([':', ';']).find_map(|part| part.strip_prefix("host=")).unwrap_or("")
}

fn is_placeholder(password: &str) -> bool {
    let lower = password.to_ascii_lowercase();
    ["your", "xxx", "...", "<", "example", "changeme"].iter().any(|mark| lower.contains(mark))
}

//! What the server's refusals mean to the user. Never a credential, never the server's own text about a connection.

use std::io::ErrorKind;

use sqlx::error::DatabaseError;
use tokio::time::error::Elapsed;

use crate::model::Failure;
use crate::probe::database::plan::Unexamined;
use crate::probe::database::target::PostgresTarget;

/// Why a question was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No type can be told for a parameter; its number from 0 among all of the query's, where the server says it.
    #[error("a parameter whose type is not clear")]
    UnknownType(Option<usize>),
    /// The connection is gone, or hangs.
    #[error("the connection was lost")]
    Lost,
    /// It took longer than the limit for one question ([`super::session`]).
    #[error("took longer than 3 s")]
    Slow,
    /// Something else, as a phrase that goes after "queries that …".
    #[error("{0}")]
    Other(String),
}

/// What came of a question. A connection that has hung or broken is not used again, and `lost` says so: nobody knows in which state it
/// is.
pub fn answered<T>(answer: Result<Result<T, sqlx::Error>, Elapsed>, lost: &mut bool) -> Result<T, Refused> {
    let answer = match answer {
        Ok(answer) => answer.map_err(|error| refused(&error)),
        Err(_) => Err(Refused::Lost),
    };
    *lost |= matches!(answer, Err(Refused::Lost));
    answer
}

impl Refused {
    /// With the number that the statement had turned into the query's own: `open` are those that were not given values.
    pub fn with_parameter(self, open: &[usize]) -> Self {
        match self {
            Self::UnknownType(Some(number)) => Self::UnknownType(open.get(number).copied()),
            other => other,
        }
    }
}

impl From<Refused> for Unexamined {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::UnknownType(_) => Self::new("have a parameter whose type PostgreSQL cannot tell"),
            Refused::Lost => Self::new("were not reached before the connection was lost"),
            Refused::Slow => Self::new("took longer than 3 s to plan"),
            Refused::Other(reason) => Self(reason),
        }
    }
}

/// What a failed question means. Codes: PostgreSQL documentation, appendix A.
pub fn refused(error: &sqlx::Error) -> Refused {
    let Some(error) = error.as_database_error() else { return Refused::Lost };
    by_code(&error.code().unwrap_or_default(), error.message())
}

/// As [`refused`], of an error's code and message.
pub fn by_code(code: &str, message: &str) -> Refused {
    let reason = match code {
        "42P18" => return Refused::UnknownType(parameter(message)),
        // One parameter, two types: `$1 IS NULL OR id = $1`.
        "42P08" => return Refused::UnknownType(None),
        "57P01" | "57P02" | "57P03" | "25P03" | "08000" | "08003" | "08006" => return Refused::Lost,
        "42P01" | "42703" | "3F000" | "42P02" => "name a table or column that this database does not have",
        "42883" | "42725" => "use a function or an operator that this database does not have for these types",
        "42804" | "42846" | "22P02" | "22007" => "compare values whose types do not fit",
        "42501" => "read a table that this role may not read",
        "57014" => return Refused::Slow,
        "55P03" => "read a table that another session has locked",
        "25006" => "call something that writes while it is planned, which was refused",
        "42601" | "0A000" => "are written in SQL that PostgreSQL does not take",
        _ => return Refused::Other(format!("were refused by the server (code {code})")),
    };
    Refused::Other(reason.to_owned())
}

/// The `3` of `could not determine data type of parameter $3`, from 0. In other languages the sign stays the same.
fn parameter(message: &str) -> Option<usize> {
    let digits: String = message.split('$').nth(1)?.chars().take_while(char::is_ascii_digit).collect();
    digits.parse::<usize>().ok()?.checked_sub(1)
}

/// What it means that the catalogue was not told, and what to do about it; `shown` is the address without credentials.
pub fn catalogue(refused: &Refused, shown: &str) -> Failure {
    Failure::new(match refused {
        Refused::Slow => format!(
            "the catalogue of {shown} could not be read within 3 s; run again when the server has less to do, or name a copy of the database (its schema is enough) with --database URL"
        ),
        Refused::Lost => format!("the catalogue of {shown} cannot be read: the connection was lost; run again"),
        refused => {
            format!(
                "the catalogue of {shown} cannot be read: such questions {refused}; try a role that may connect and read"
            )
        }
    })
}

/// What a failed connection means and what to do about it.
pub fn connecting(error: &sqlx::Error, target: &PostgresTarget) -> Failure {
    let shown = &target.shown;
    let message = match error {
        sqlx::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused => {
                format!("nothing listens for {shown}; start the database, or name another with --database URL")
            }
            ErrorKind::NotFound
                if target.options.get_host().starts_with('/') || target.options.get_socket().is_some() =>
            {
                format!("there is no socket for {shown}; start the database, or name its host with --database URL")
            }
            ErrorKind::PermissionDenied => format!("this user may not open the socket of {shown}; name a host instead"),
            ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe => format!(
                "the server hung up on {shown}; check that a PostgreSQL server listens there and whether it wants TLS (?sslmode=require)"
            ),
            ErrorKind::NotFound => format!(
                "a file that the address of {shown} names for TLS is not there; check ?sslrootcert=, sslcert= and sslkey="
            ),
            // How a handshake ends in which a certificate is not trusted.
            ErrorKind::InvalidData => without_tls(target),
            _ if error.to_string().contains("lookup") => {
                format!("the host of {shown} is not known; check its name in the --database URL")
            }
            _ => format!("{shown} cannot be reached ({}); check the address and the network", error.kind()),
        },
        sqlx::Error::Tls(_) => without_tls(target),
        sqlx::Error::Database(error) => database(error.as_ref(), shown),
        sqlx::Error::Protocol(_) => {
            format!("what listens for {shown} does not speak PostgreSQL's protocol; check host and port")
        }
        _ => format!("{shown} cannot be reached; check the address in --database URL"),
    };
    Failure::new(message)
}

fn without_tls(target: &PostgresTarget) -> String {
    let shown = &target.shown;
    if target.requires_tls() {
        format!(
            "no TLS connection to {shown} could be made, and its address requires one; check the server's certificate, name its authority with ?sslrootcert=FILE where it is a private one, and look at ?sslmode="
        )
    } else {
        format!("no TLS connection to {shown} could be made; check the server's certificate")
    }
}

fn database(error: &dyn DatabaseError, shown: &str) -> String {
    match error.code().unwrap_or_default().as_ref() {
        "28P01" => {
            format!("the server refused the password for {shown}; check user and password in the --database URL")
        }
        // The server's hint for a rule that wants TLS; its wording is the only sign.
        "28000" if error.message().contains("no encryption") || error.message().contains("SSL off") => {
            format!("the server of {shown} wants TLS; add ?sslmode=require to the --database URL")
        }
        "28000" => {
            format!("the server does not let this role into {shown}; check the role, or the server's pg_hba.conf")
        }
        "3D000" => format!("the server has no database for {shown}; check its name in the --database URL"),
        "42501" => format!("this role may not connect to {shown}; grant it CONNECT, or name another role"),
        "53300" => format!("{shown} has no connection left; close some, or run again later"),
        "57P03" => format!("the server of {shown} is starting or stopping; run again in a moment"),
        code => format!("the server refused the connection to {shown} (code {code}); look into its log"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_catalogue_is_not_a_slow_query_and_no_matter_of_roles() {
        let slow = by_code("57014", "canceling statement due to statement timeout");
        let message = catalogue(&slow, "postgres://h/d").message;
        assert!(message.starts_with("the catalogue of postgres://h/d could not be read within 3 s"), "{message}");
        assert!(!message.contains("plan") && !message.contains("role"), "{message}");
        assert_eq!(Unexamined::from(slow).0, "took longer than 3 s to plan", "of a query");
        let forbidden = catalogue(&by_code("42501", ""), "postgres://h/d").message;
        assert!(forbidden.contains("role that may connect and read"), "{forbidden}");
    }
}

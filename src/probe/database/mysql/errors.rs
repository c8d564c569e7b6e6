//! What the server's refusals mean to the user. Never a credential, never the server's own text.

use std::io::ErrorKind;

use sqlx::mysql::MySqlDatabaseError;

use crate::model::Failure;
use crate::probe::database::plan::Unexamined;
use crate::probe::database::target::MysqlTarget;

/// Why a question was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The connection is gone, or hangs.
    #[error("the connection was lost")]
    Lost,
    /// The server's grammar does not take it.
    #[error("its SQL was not understood")]
    Grammar,
    /// A value does not fit the type of its column.
    #[error("a value did not fit")]
    Value,
    /// Something else, as a phrase that goes after "queries that …".
    #[error("{0}")]
    Other(String),
}

impl From<Refused> for Unexamined {
    fn from(refused: Refused) -> Self {
        Self::new(match refused {
            Refused::Lost => "were not reached before the connection was lost".to_owned(),
            Refused::Grammar => "are written in SQL that this server does not take".to_owned(),
            Refused::Value => "compare values of types that the server does not convert".to_owned(),
            Refused::Other(reason) => reason,
        })
    }
}

/// What a refused question means. Numbers: MySQL's "Server Error Message Reference", MariaDB's "Error Codes".
pub fn refused(error: &sqlx::Error) -> Refused {
    let Some(number) = number(error) else { return Refused::Lost };
    let reason = match number {
        // The server is going down or has ended the session.
        1053 | 1077 | 1079 | 1152 | 1158..=1161 | 1184 | 1927 | 3169 | 4031 => return Refused::Lost,
        1064 | 1149 | 1235 | 1248 | 1327 | 1210 => return Refused::Grammar,
        1292 | 1366 | 1367 | 1411 | 1525 | 3141 | 4078 => return Refused::Value,
        1146 | 1054 | 1051 | 1109 | 1046 | 1049 => "name a table or column that this database does not have",
        1305 | 1128 | 1630 => "call a function that this database does not have",
        1191 => "search by MATCH … AGAINST without the FULLTEXT index that this needs",
        1052 => "name a column that several of their tables have",
        1044 | 1142 | 1143 | 1227 | 1345 | 1356 | 1370 => "read a table that this user may not read",
        1969 | 3024 | 1317 => "took longer than 3 s to plan",
        1205 | 3572 | 1213 | 1099 | 1100 => "read a table that another session has locked",
        1792 | 1290 | 1836 => "call something that writes while it is planned, which was refused",
        number => return Refused::Other(format!("were refused by the server (error {number})")),
    };
    Refused::Other(reason.to_owned())
}

/// The server's number of an error, where the server sent one.
pub fn number(error: &sqlx::Error) -> Option<u16> {
    error.as_database_error()?.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number)
}

/// What a failed connection means and what to do about it.
pub fn connecting(error: &sqlx::Error, target: &MysqlTarget) -> Failure {
    let shown = &target.shown;
    let message = match error {
        sqlx::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused => {
                format!("nothing listens for {shown}; start the database, or name another with --database URL")
            }
            ErrorKind::NotFound if target.socket.is_some() => {
                format!("there is no socket for {shown}; start the database, or name its host with --database URL")
            }
            ErrorKind::PermissionDenied => format!("this user may not open the socket of {shown}; name a host instead"),
            ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe => format!(
                "the server hung up on {shown}; check that a MySQL server listens there and whether it wants TLS (?ssl-mode=REQUIRED)"
            ),
            ErrorKind::NotFound => format!(
                "a file that the address of {shown} names for TLS is not there; check ?ssl-ca=, ssl-cert= and ssl-key="
            ),
            // How a handshake ends in which a certificate is not trusted.
            ErrorKind::InvalidData => without_tls(target),
            _ if error.to_string().contains("lookup") => {
                format!("the host of {shown} is not known; check its name in the --database URL")
            }
            _ => format!("{shown} cannot be reached ({}); check the address and the network", error.kind()),
        },
        sqlx::Error::Tls(_) => without_tls(target),
        sqlx::Error::Protocol(text) if text.contains("plugin") => format!(
            "the user of {shown} logs in by a plugin that gonogo does not know; name one that logs in with a password (caching_sha2_password or mysql_native_password)"
        ),
        sqlx::Error::Protocol(_) => {
            format!("what listens for {shown} does not speak MySQL's protocol; check host and port")
        }
        error => match number(error) {
            // MariaDB says no more where it lets nobody in without TLS.
            Some(1045) if target.refuses_tls() => format!(
                "the server refused user and password for {shown}, or wants TLS, which the address switches off; check all three in the --database URL (?ssl-mode=REQUIRED)"
            ),
            Some(number) => database(number, shown),
            None => format!("{shown} cannot be reached; check the address in --database URL"),
        },
    };
    Failure::new(message)
}

fn without_tls(target: &MysqlTarget) -> String {
    let shown = &target.shown;
    if target.requires_tls() {
        format!(
            "no TLS connection to {shown} could be made, and its address requires one; check the server's certificate, and name its authority with ?ssl-ca=FILE where it is a private one"
        )
    } else {
        format!(
            "no TLS connection to {shown} could be made; check the server's certificate, or add ?ssl-mode=DISABLED on a network that you trust"
        )
    }
}

fn database(number: u16, shown: &str) -> String {
    match number {
        1045 | 1698 => {
            format!("the server refused user and password for {shown}; check both in the --database URL")
        }
        1044 => format!("this user may not use the database {shown}; grant it SELECT there, or name another user"),
        1049 => format!("the server has no database for {shown}; check its name in the --database URL"),
        1130 => format!("the server lets nobody in from this machine for {shown}; grant the user this host"),
        1129 => {
            format!("the server of {shown} has blocked this machine after failed connections; run FLUSH HOSTS there")
        }
        1040 | 1203 | 1226 => format!("{shown} has no connection left; close some, or run again later"),
        3159 => format!("the server of {shown} wants TLS; add ?ssl-mode=REQUIRED to the --database URL"),
        1820 | 1862 => format!("the password of the user of {shown} has expired; set a new one"),
        3118 | 4151 => format!("the user of {shown} is locked on the server; unlock it, or name another"),
        1053 | 1079 => format!("the server of {shown} is stopping; run again in a moment"),
        number => format!("the server refused the connection to {shown} (error {number}); look into its log"),
    }
}

//! One connection that can only read. Every question is a transaction of its own that ends in ROLLBACK.

use std::time::Duration;

use sqlx::mysql::{MySqlConnection, MySqlRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use tokio::time::timeout;

use super::errors::{self, Refused};
use crate::model::Failure;
use crate::probe::database::target::MysqlTarget;

/// A server that does not answer in this time is not there.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Longer than the server's own limit, for a connection that hangs.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// The catalogue of thousands of tables takes its time on MariaDB, which opens each.
const CATALOGUE_WITHIN: Duration = Duration::from_secs(30);

/// Which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    /// MySQL, or something that calls itself so.
    Mysql,
    /// MariaDB.
    MariaDb,
}

/// The connection.
pub struct Session {
    connection: MySqlConnection,
    /// Which server it is.
    pub flavor: Flavor,
    /// `8.0.36`, `10.11.6`.
    pub version: String,
    /// The server takes what stands in double quotes for a name.
    pub ansi_quotes: bool,
    /// Nothing more can be asked.
    lost: bool,
}

impl Session {
    /// Connects, and lets the session do nothing but read, within limits.
    pub async fn connect(target: &MysqlTarget) -> Result<Self, Failure> {
        let options = target.options.clone().disable_statement_logging();
        let connecting = async {
            let mut connection = MySqlConnection::connect_with(&options).await?;
            let row = sqlx::query("SELECT VERSION(), @@session.sql_mode")
                .persistent(false)
                .fetch_one(&mut connection)
                .await?;
            let (version, mode): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            let mut session = Self::new(connection, &version, &mode);
            session.restrict(&mode).await?;
            Ok::<_, sqlx::Error>(session)
        };
        match timeout(CONNECT_WITHIN, connecting).await {
            Ok(Ok(session)) => Ok(session),
            Ok(Err(error)) => Err(errors::connecting(&error, target)),
            Err(_) => Err(Failure::new(format!(
                "{} did not answer within 5 s; check the address, the network and the firewall",
                target.shown
            ))),
        }
    }

    fn new(connection: MySqlConnection, version: &str, mode: &str) -> Self {
        let flavor = if version.to_lowercase().contains("mariadb") { Flavor::MariaDb } else { Flavor::Mysql };
        // Behind some load balancers MariaDB calls itself `5.5.5-10.11.6-MariaDB`.
        let number = version.strip_prefix("5.5.5-").filter(|_| flavor == Flavor::MariaDb).unwrap_or(version);
        let number = number.split(['-', '+']).next().unwrap_or_default();
        let ansi_quotes = mode.split(',').any(|flag| flag == "ANSI_QUOTES");
        Self { connection, flavor, version: number.to_owned(), ansi_quotes, lost: false }
    }

    /// A read-only transaction alone lets MariaDB create tables; a session that is read-only does not. The rest keeps a
    /// question from standing in the way of others, and lets the server read quotes as our lexer does.
    async fn restrict(&mut self, mode: &str) -> Result<(), sqlx::Error> {
        let pipes = mode.split(',').any(|flag| flag == "PIPES_AS_CONCAT");
        let mode = if pipes { "SET SESSION sql_mode = 'PIPES_AS_CONCAT'" } else { "SET SESSION sql_mode = ''" };
        for sql in [
            "SET SESSION TRANSACTION READ ONLY",
            "SET SESSION lock_wait_timeout = 1, SESSION innodb_lock_wait_timeout = 1",
            "SET SESSION wait_timeout = 300",
            mode,
        ] {
            self.connection.execute(sql).await?;
        }
        self.limit(3).await?;
        if self.flavor == Flavor::Mysql {
            // From 8.3 on there are two formats; a server without the variable has only the first.
            drop(self.connection.execute("SET SESSION explain_json_format_version = 1").await);
        }
        Ok(())
    }

    async fn limit(&mut self, seconds: u32) -> Result<(), sqlx::Error> {
        let sql = match self.flavor {
            Flavor::MariaDb => format!("SET SESSION max_statement_time = {seconds}"),
            Flavor::Mysql => format!("SET SESSION max_execution_time = {seconds}000"),
        };
        self.connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.map(drop)
    }

    /// For people: `MariaDB 10.11.6`.
    pub fn server(&self) -> String {
        let name = match self.flavor {
            Flavor::Mysql => "MySQL",
            Flavor::MariaDb => "MariaDB",
        };
        format!("{name} {}", self.version)
    }

    /// Whether the server is at least this old.
    pub fn is_from(&self, wanted: (u32, u32, u32)) -> bool {
        let mut parts = self.version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        let mut next = || parts.next().unwrap_or(0);
        (next(), next(), next()) >= wanted
    }

    /// Runs one of our own questions about the catalogue or the statistics.
    pub async fn rows(&mut self, sql: &'static str) -> Result<Vec<MySqlRow>, Refused> {
        if self.lost {
            return Err(Refused::Lost);
        }
        let limited = timeout(ANSWER_WITHIN, self.limit(20)).await;
        self.answered(limited)?;
        let rows = self.ask(CATALOGUE_WITHIN, sqlx::query(sql).persistent(false)).await;
        if !self.lost {
            let limited = timeout(ANSWER_WITHIN, self.limit(3)).await;
            self.answered(limited)?;
        }
        rows
    }

    /// The plan of a query, as JSON. Sent as a prepared statement, of which the server takes exactly one.
    pub async fn explain(&mut self, select: &str) -> Result<String, Refused> {
        let sql = format!("EXPLAIN FORMAT=JSON {select}");
        let rows = self.ask(ANSWER_WITHIN, sqlx::query(AssertSqlSafe(sql)).persistent(false)).await?;
        let none = || Refused::Other("have a plan that cannot be read".to_owned());
        rows.first().ok_or_else(none)?.try_get::<String, _>(0).map_err(|_| none())
    }

    async fn ask(
        &mut self,
        within: Duration,
        query: sqlx::query::Query<'_, sqlx::MySql, sqlx::mysql::MySqlArguments>,
    ) -> Result<Vec<MySqlRow>, Refused> {
        self.plainly("START TRANSACTION READ ONLY").await?;
        let rows = timeout(within, query.fetch_all(&mut self.connection)).await;
        let rows = self.answered(rows);
        if self.lost {
            return rows;
        }
        self.plainly("ROLLBACK").await?;
        rows
    }

    async fn plainly(&mut self, sql: &'static str) -> Result<(), Refused> {
        if self.lost {
            return Err(Refused::Lost);
        }
        let done = timeout(ANSWER_WITHIN, self.connection.execute(sql)).await;
        self.answered(done).map(drop)
    }

    /// Ends the connection; whatever was open is rolled back.
    pub async fn close(self) {
        // Dropping it would do; saying goodbye spares the server a line in its log.
        let _ = timeout(Duration::from_secs(1), self.connection.close()).await;
    }

    /// A connection that has hung or broken is not used again: nobody knows in which state it is.
    fn answered<T>(
        &mut self,
        answer: Result<Result<T, sqlx::Error>, tokio::time::error::Elapsed>,
    ) -> Result<T, Refused> {
        let answer = match answer {
            Ok(answer) => answer.map_err(|error| errors::refused(&error)),
            Err(_) => Err(Refused::Lost),
        };
        self.lost |= matches!(answer, Err(Refused::Lost));
        answer
    }
}

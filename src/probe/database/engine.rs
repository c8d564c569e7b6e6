//! One face for every database that can be examined.

use super::catalog::Catalog;
use super::checks::facts::{Facts, Place};
use super::examine::Ready;
use super::mysql::Mysql;
use super::placeholders::Prepared;
use super::plan::{Asked, Judged, Tried, Unexamined};
use super::postgres::Postgres;
use super::proposals::candidate::Candidate;
use super::sqlite::Sqlite;
use super::statement::Shape;
use super::target::Target;
use crate::model::{CallStatistics, Failure};
use crate::probe::ProbeCx;

/// A database that was reached.
pub enum Engine {
    /// A PostgreSQL server.
    Postgres(Box<Postgres>),
    /// A MySQL or MariaDB server.
    Mysql(Box<Mysql>),
    /// A SQLite file.
    Sqlite(Box<Sqlite>),
}

impl Engine {
    /// Reaches the database and reads its catalogue, as far as `ready` needs it.
    ///
    /// # Errors
    /// A line for the user, without credentials.
    pub async fn open(target: &Target, ready: &[Ready], cx: &ProbeCx) -> Result<Self, Failure> {
        let rows = cx.settings.rows.max(1);
        match target {
            Target::Postgres(target) => {
                Ok(Self::Postgres(Box::new(Postgres::open(target, &cx.project.root, rows).await?)))
            }
            Target::Mysql(target) => Ok(Self::Mysql(Box::new(Mysql::open(target).await?))),
            Target::Sqlite(target) => {
                let relations = ready.iter().flat_map(|ready| ready.shape.relations());
                let wanted = relations.map(|relation| relation.table.to_lowercase()).collect();
                let sqlite = Sqlite::open(target, &cx.project.root, &wanted, rows).await?;
                Ok(Self::Sqlite(Box::new(sqlite)))
            }
        }
    }

    /// Makes ready for these queries, which are all that will be asked.
    ///
    /// # Errors
    /// A line for the user.
    pub async fn learn(&mut self, ready: &[Ready]) -> Result<(), Failure> {
        match self {
            Self::Postgres(postgres) => postgres.prepare(ready).await,
            // MySQL lets each query by itself call only what is known to be harmless.
            Self::Mysql(_) | Self::Sqlite(_) => Ok(()),
        }
    }

    /// What the database holds.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        match self {
            Self::Postgres(postgres) => postgres.catalog(),
            Self::Mysql(mysql) => mysql.catalog(),
            Self::Sqlite(sqlite) => sqlite.catalog(),
        }
    }

    /// The server and its version: `PostgreSQL 15.18`.
    #[must_use]
    pub fn server(&self) -> String {
        match self {
            Self::Postgres(postgres) => postgres.server(),
            Self::Mysql(mysql) => mysql.server(),
            Self::Sqlite(_) => "SQLite".to_owned(),
        }
    }

    /// How plans at other sizes are made, as a phrase.
    #[must_use]
    pub fn method(&self) -> String {
        match self {
            Self::Postgres(postgres) => postgres.method(),
            Self::Mysql(mysql) => mysql.method(),
            Self::Sqlite(_) => "planned in a copy of the schema in memory, as if its tables had grown".to_owned(),
        }
    }

    /// What a user should know about the connection, as sentences.
    #[must_use]
    pub fn notes(&self) -> Vec<&'static str> {
        match self {
            Self::Postgres(postgres) if postgres.superuser => vec![
                "the role is a superuser, which may do anything: let gonogo and the app connect as a role that may only what it needs",
            ],
            Self::Mysql(mysql) if mysql.superuser => vec![
                "the user has the privilege SUPER, which may do anything: let gonogo and the app connect as a user that may only what it needs",
            ],
            _ => Vec::new(),
        }
    }

    /// What went wrong beside the queries, as sentences.
    #[must_use]
    pub fn troubles(&self) -> Vec<String> {
        match self {
            Self::Postgres(postgres) => postgres.troubles(),
            Self::Mysql(_) | Self::Sqlite(_) => Vec::new(),
        }
    }

    /// What the database says of itself, for the checks.
    pub async fn facts(&mut self, place: Place) -> Facts {
        match self {
            Self::Postgres(postgres) => postgres.facts(place).await,
            Self::Mysql(mysql) => mysql.facts(place).await,
            Self::Sqlite(_) => Facts::of_a_file(place),
        }
    }

    /// The plan, and the shape by which it was read.
    ///
    /// # Errors
    /// Why it was not planned.
    pub async fn judge(&mut self, sql: &str, prepared: &Prepared, shape: Shape) -> Result<(Judged, Shape), Unexamined> {
        match self {
            Self::Postgres(postgres) => postgres.judge(sql, prepared, shape).await,
            Self::Mysql(mysql) => mysql.judge(sql, prepared, &shape).await.map(|judged| (judged, shape)),
            Self::Sqlite(sqlite) => sqlite.judge(prepared, &shape).await.map(|judged| (judged, shape)),
        }
    }

    /// Makes ready for the first trial of each of these queries, where many are quicker together.
    pub async fn try_ahead(&mut self, trials: &[(Asked<'_>, &[Candidate])]) {
        match self {
            Self::Postgres(postgres) => postgres.try_ahead(trials).await,
            Self::Mysql(_) | Self::Sqlite(_) => {}
        }
    }

    /// Whether [`Engine::try_indexes`] knows the answer already.
    #[must_use]
    pub fn has_tried(&self, asked: Asked<'_>, candidates: &[Candidate]) -> bool {
        match self {
            Self::Postgres(postgres) => postgres.has_tried(asked, candidates),
            Self::Mysql(_) | Self::Sqlite(_) => false,
        }
    }

    /// Plans a query as if these indexes were there, all of them at once. `None` where this engine cannot.
    pub async fn try_indexes(&mut self, asked: Asked<'_>, candidates: &[Candidate]) -> Option<Tried> {
        match self {
            Self::Postgres(postgres) => postgres.try_indexes(asked, candidates).await,
            // Neither server plans with an index that is not there.
            Self::Mysql(_) => None,
            Self::Sqlite(sqlite) => sqlite.try_indexes(asked, candidates).await,
        }
    }

    /// Whether it can tell how much an index that does not exist would bring to a query that has a way in already. SQLite
    /// assumes ten rows for each value of any new index, which is far too few for a status or a country.
    #[must_use]
    pub fn estimates_indexes(&self) -> bool {
        match self {
            Self::Postgres(postgres) => postgres.estimates_indexes(),
            Self::Mysql(_) | Self::Sqlite(_) => false,
        }
    }

    /// The queries that the server has counted, each with what it counted.
    ///
    /// # Errors
    /// Why it does not tell, as a phrase after "the server's statistics …".
    pub async fn statistics(&mut self) -> Result<Vec<(String, CallStatistics)>, Unexamined> {
        match self {
            Self::Postgres(postgres) => postgres.statistics().await,
            Self::Mysql(mysql) => mysql.statistics().await,
            // A file keeps no count.
            Self::Sqlite(_) => Ok(Vec::new()),
        }
    }

    /// Nothing more will be planned.
    pub fn let_go(&mut self) {
        match self {
            Self::Postgres(postgres) => postgres.let_go(),
            Self::Mysql(_) | Self::Sqlite(_) => {}
        }
    }

    /// Ends the connection and takes away what was made for it.
    pub async fn close(self) {
        match self {
            Self::Postgres(postgres) => postgres.close().await,
            Self::Mysql(mysql) => mysql.close().await,
            Self::Sqlite(sqlite) => sqlite.close().await,
        }
    }
}

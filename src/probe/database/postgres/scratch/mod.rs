//! A scratch cluster: a private PostgreSQL server with a copy of the user's schema and no rows, whose files are as long as
//! if the tables had grown. The planner goes by the files' length and by statistics, so it plans there as it would then.
//!
//! [`binaries`] finds the programs · [`server`] starts and removes the cluster, in a
//! [`place`] · [`blueprint`] reads the schema · [`copy`]
//! makes it again · [`sizes`] and [`grow`] say how large everything is and what ANALYZE would say then · [`files`] makes it
//! so · [`worker`] plans · [`trial`] proves indexes.

mod binaries;
mod blueprint;
mod copy;
mod files;
mod grow;
#[cfg(unix)]
mod place;
mod server;
mod sizes;
mod stage;
mod trial;
mod worker;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use sqlx::Executor as _;
use sqlx::postgres::PgConnection;
use tokio::time::timeout;

use super::session::{Ask, Session};
use crate::probe::database::statement::Shape;
use binaries::Binaries;
use blueprint::Blueprint;
use copy::Copy;
use server::{GUEST, Server};
use stage::Stage;
use trial::Tries;
pub use worker::Worker;

/// Connections that plan side by side; more help only where there are more cores, and each costs memory.
const MOST_WORKERS: usize = 4;

/// Three thousand tables with their indexes take ten seconds; what takes longer is not honest.
const COPY_WITHIN: Duration = Duration::from_secs(60);

/// Times the present size at which queries are planned, to see how their costs grow.
pub const TIMES: [u64; 4] = [1, 10, 100, 1_000];

/// A cluster that is being made.
pub struct Starting {
    server: Server,
    binaries: Binaries,
}

/// A cluster that can plan.
pub struct Scratch {
    server: Server,
    owner: PgConnection,
    blueprint: Blueprint,
    copy: Copy,
    stage: Stage,
    /// Its connections.
    pub workers: Vec<Worker>,
    tries: Tries,
    /// The major version of its server.
    pub major: u32,
    /// How many of its tables the user's database has never counted.
    pub uncounted: usize,
    /// Why its tables are no longer as large as they should be, as a phrase: nothing that it would plan now counts.
    pub spoiled: Option<String>,
}

/// How large the tables are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// So many times their present size.
    Times(u64),
    /// The size that is judged: what `--rows` says, or their present size where that is larger.
    Judged,
}

impl Starting {
    /// Begins to make a cluster like the server of major version `wanted` with texts sorted by `locale`.
    ///
    /// # Errors
    /// Why there is none, as a phrase.
    pub async fn begin(wanted: u32, locale: &str, project: &Path) -> Result<Self, String> {
        let binaries = binaries::find(wanted, project)
            .await
            .ok_or_else(|| "PostgreSQL's server programs are not on this machine".to_owned())?;
        // Of locales the planner knows only two kinds: C, by which `LIKE 'a%'` can use any index, and all others.
        let plain = |name: &&str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '@'))
        };
        let locales: Vec<&str> = match locale {
            "C" | "POSIX" => vec!["C"],
            other => [other, "C.UTF-8", "en_US.UTF-8", "C.utf8"].into_iter().filter(plain).collect(),
        };
        let server = Server::start(&binaries, &locales)?;
        Ok(Self { server, binaries })
    }

    /// Copies into it what the relations of these names need, as read from `session`.
    ///
    /// # Errors
    /// Why that failed, as a phrase.
    pub async fn copy(mut self, session: &mut Session, names: &BTreeSet<String>, rows: u64) -> Result<Scratch, String> {
        let blueprint = Blueprint::read(session, names).await;
        let mut owner = self.server.ready().await?;
        let blueprint = blueprint?;
        let broken = |error: sqlx::Error| {
            let code = error.as_database_error().and_then(|error| error.code().map(|code| format!(" (code {code})")));
            format!("the schema could not be copied into it{}", code.unwrap_or_default())
        };
        owner.execute(include_str!("functions.sql")).await.map_err(broken)?;
        let number = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(MOST_WORKERS);
        let mut guests = Vec::new();
        for _ in 0..number {
            guests.push(self.server.connect(GUEST).await.map_err(broken)?);
        }
        let copy = match timeout(COPY_WITHIN, copy::make(&mut owner, &mut guests, &blueprint)).await {
            Ok(copy) => copy.map_err(broken)?,
            Err(_) => return Err(format!("the schema could not be copied within {} s", COPY_WITHIN.as_secs())),
        };
        let path = session.search_path.clone().or_else(|| blueprint.search_path.clone());
        let path = path.unwrap_or_else(|| "public".to_owned());
        let settings = blueprint.settings.clone().unwrap_or_default();
        let mut workers = Vec::new();
        for guest in guests {
            workers.push(Worker::new(guest, &settings, &path).await.map_err(broken)?);
        }
        #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
        let stage = Stage::new(&blueprint, &copy, &self.server.data(), self.server.user, rows as f64)?;
        Ok(Scratch {
            server: self.server,
            owner,
            uncounted: stage.uncounted,
            blueprint,
            copy,
            stage,
            workers,
            tries: Tries::default(),
            major: self.binaries.major,
            spoiled: None,
        })
    }

    /// Takes away what was begun.
    pub async fn end(self) {
        self.server.end().await;
    }
}

impl Scratch {
    /// Makes everything as large as `at` says.
    ///
    /// # Errors
    /// Why it cannot be that large, as a phrase.
    pub async fn grow(&mut self, at: At) -> Result<(), String> {
        self.stage.set(&mut self.owner, &self.blueprint, &self.copy, at).await
    }

    /// Why a query cannot be planned here as it would be on the server: the table, and a phrase that goes after it.
    pub fn unfaithful(&self, shape: &Shape) -> Option<(&str, &'static str)> {
        shape.relations().find_map(|relation| {
            self.blueprint
                .relations
                .iter()
                .filter(|known| known.name.eq_ignore_ascii_case(&relation.table))
                .find_map(|known| Some((known.name.as_str(), *self.copy.unfaithful.get(&known.oid)?)))
        })
    }

    /// What a query costs at the size that is judged.
    pub async fn cost(&mut self, ask: &Ask) -> Option<f64> {
        self.try_indexes(ask, &[]).await?.0.cost
    }

    /// Rows of the largest of these tables (schema and name) at a size.
    pub fn rows(&self, tables: &BTreeSet<(String, String)>, at: At) -> f64 {
        let relations = self.blueprint.relations.iter();
        let named = relations.filter(|relation| tables.contains(&(relation.schema.clone(), relation.name.clone())));
        named.filter_map(|relation| self.stage.rows(relation.oid, at)).fold(0.0, f64::max)
    }

    /// Begins to take it away.
    pub fn let_go(&mut self) {
        self.workers.clear();
        self.server.let_go();
    }

    /// Takes it away.
    pub async fn end(self) {
        drop((self.workers, self.owner));
        self.server.end().await;
    }
}

#[cfg(all(test, unix))]
mod tests {
    use sqlx::{AssertSqlSafe, Row as _};

    use super::server::OWNER;
    use super::*;
    use crate::model::Secret;
    use crate::probe::database::catalog::Table;
    use crate::probe::database::lexer::Dialect;
    use crate::probe::database::placeholders::Prepared;
    use crate::probe::database::proposals::candidate::{Candidate, Key};
    use crate::probe::database::target::Target;

    /// Tables that lie there empty would make any index look quick, or useless.
    #[tokio::test]
    async fn what_could_not_be_filled_again_proves_nothing_more() {
        let mut theirs = Starting::begin(0, "C", Path::new("/nowhere")).await.ok().unwrap();
        let mut owner = theirs.server.ready().await.unwrap();
        let made = "CREATE TABLE public.t (id int PRIMARY KEY, a int NOT NULL);
            INSERT INTO public.t SELECT n, n FROM generate_series(1, 500) n; ANALYZE public.t";
        sqlx::raw_sql(made).execute(&mut owner).await.unwrap();
        let folder = theirs.server.data().parent().unwrap().display().to_string();
        let url = Secret::new(format!("postgres://{OWNER}@localhost:5432/postgres?host={folder}"));
        let Ok(Target::Postgres(target)) = Target::parse(&url) else { panic!() };
        let mut session = Session::connect(&target).await.unwrap();
        let starting = Starting::begin(0, "C", Path::new("/nowhere")).await.ok().unwrap();
        let mut scratch = starting.copy(&mut session, &BTreeSet::from(["t".to_owned()]), 100_000).await.ok().unwrap();

        let ask = |sql: &str| Ask::of(&Prepared::new(sql, Dialect::Postgres).unwrap());
        let table = Table { schema: "public".to_owned(), name: "t".to_owned(), ..Table::default() };
        let index = |keys: &[&str]| [Candidate::of(&table, keys.iter().map(|key| Key::column(key)).collect())];
        let first = scratch.try_indexes(&ask("SELECT * FROM t WHERE a = 1"), &index(&["a"])).await.unwrap();
        assert_eq!((first.0.uses.len(), &scratch.spoiled), (1, &None));

        let path = sqlx::query("SELECT pg_catalog.pg_relation_filepath('public.t'::regclass)");
        let path: String = path.fetch_one(&mut scratch.owner).await.unwrap().get(0);
        let path = scratch.server.data().join(path);
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(scratch.try_indexes(&ask("SELECT * FROM t WHERE a = 1"), &index(&["a", "id"])).await.is_none());
        let why = scratch.spoiled.clone().unwrap();
        assert!(why.starts_with("its files cannot be made longer"), "{why}");
        assert!(scratch.try_indexes(&ask("SELECT * FROM t WHERE a = 2"), &index(&["a"])).await.is_none());
        assert!(scratch.cost(&ask("SELECT * FROM t WHERE a = 3")).await.is_none());
        scratch.end().await;
        drop((owner, session));
        theirs.end().await;
    }

    #[tokio::test]
    async fn the_guest_makes_nothing_that_has_code_and_the_owner_reads_no_value_by_what_it_made() {
        let mut starting = Starting::begin(0, "C", Path::new("/nowhere")).await.ok().unwrap();
        let mut owner = starting.server.ready().await.unwrap();
        owner.execute(include_str!("functions.sql")).await.unwrap();
        let mut guest = starting.server.connect(GUEST).await.unwrap();
        for sql in [
            "CREATE DOMAIN level AS int CHECK (VALUE < 5)",
            "CREATE TYPE pair AS (a int, l level)",
            "CREATE TYPE mood AS ENUM ('a', 'b')",
            "CREATE TABLE t (l level, p pair, m mood, ls level[], ms mood[], n int[])",
        ] {
            sqlx::query(sql).execute(&mut guest).await.unwrap();
        }
        for sql in [
            "SELECT 1; SELECT 2",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'",
            "DO 'BEGIN END'",
            "CREATE TEMPORARY TABLE pg_class (a int)",
            "CREATE SCHEMA s",
            "CREATE EXTENSION hstore",
            "COPY t TO PROGRAM 'true'",
            "SET temp_file_limit = -1",
            "SET SESSION AUTHORIZATION gonogo_owner",
            "SELECT gonogo_scratch.learn('[]')",
            "SELECT gonogo_scratch.made('{t}')",
            "SELECT gonogo_scratch.size('{}', '{}', '{}', '{}')",
        ] {
            assert!(sqlx::query(sql).execute(&mut guest).await.is_err(), "{sql}");
        }
        let columns = [
            ("l", "{7}"),
            ("p", "{\"(1,1)\"}"),
            ("m", "{b}"),
            ("ls", "{\"{7}\"}"),
            ("ms", "{\"{a,b}\"}"),
            ("n", "{\"{1}\"}"),
        ];
        let table: i64 =
            sqlx::query("SELECT 'public.t'::regclass::oid::int8").fetch_one(&mut owner).await.unwrap().get(0);
        let given = columns.map(|(name, common)| {
            serde_json::json!({"relation": table, "name": name, "inherited": false, "null_frac": 0.0, "width": 4.0,
                "n_distinct": 3.0, "common": common, "common_shares": [0.5]})
        });
        let learn = format!("SELECT gonogo_scratch.learn('{}')", serde_json::json!(given));
        let failed: i32 = sqlx::query(AssertSqlSafe(learn)).fetch_one(&mut owner).await.unwrap().get(0);
        let rows = sqlx::query("SELECT most_common_vals::text FROM pg_stats WHERE tablename = 't' AND n_distinct = 3")
            .fetch_all(&mut owner)
            .await
            .unwrap();
        let mut values: Vec<Option<String>> = rows.iter().map(|row| row.get(0)).collect();
        values.sort();
        let known = ["{\"{1}\"}", "{\"{a,b}\"}", "{7}", "{b}"].map(|values| Some(values.to_owned()));
        assert_eq!(failed, 0);
        assert_eq!(values, [[None, None].as_slice(), known.as_slice()].concat(), "no condition was asked, no row read");
        drop((owner, guest));
        starting.end().await;
    }
}

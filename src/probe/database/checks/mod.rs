//! Checks of the database itself, whatever queries the code sends: its keys and indexes, how it is run, whom it lets at
//! which rows.
//!
//! An engine fills in [`facts`]; each check is a pure function over those and the catalogue, in a file of its own, and
//! says how far it got. A new check is one file and one line in [`CHECKS`].

pub mod code;
pub mod declared;
pub mod facts;
mod place;
pub mod row_security;
pub mod running;
pub mod schema;
pub mod server;

use jiff::Timestamp;

use super::catalog::{Catalog, Table};
use super::engine::Engine;
use super::judgement::wording::name;
use super::lexer::Dialect;
use super::target::Target;
use crate::model::{Coverage, Finding, Location, Observation, RuleId, RuleMeta};
use crate::probe::ProbeCx;
use crate::probe::source::facts::CodeIndex;
use code::Code;
use declared::Declared;
use facts::{Asked, Facts, Kind};

/// A check.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// What it is and says.
    pub meta: &'static RuleMeta,
    /// How it judges.
    pub judge: fn(&Looked<'_>) -> Outcome,
}

/// What a check works with.
#[derive(Clone, Copy)]
pub struct Looked<'a> {
    /// What was asked of the server.
    pub facts: &'a Facts,
    /// Its tables.
    pub catalog: &'a Catalog,
    /// Whose SQL a remedy is written in.
    pub dialect: Dialect,
    /// The table size to judge at.
    pub rows: u64,
    /// When.
    pub now: Timestamp,
    /// What the code says about how it uses the server.
    pub code: &'a Code,
    /// Where the project makes its tables.
    pub declared: &'a Declared,
}

/// What a check saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Findings and proofs.
    pub seen: Vec<Observation>,
    /// How far it got.
    pub coverage: Coverage,
}

impl Outcome {
    /// It saw everything.
    #[must_use]
    pub fn whole(seen: impl IntoIterator<Item = Finding>) -> Self {
        Self { seen: seen.into_iter().map(Observation::from).collect(), coverage: Coverage::Whole }
    }

    /// It saw nothing.
    #[must_use]
    pub const fn nothing(coverage: Coverage) -> Self {
        Self { seen: Vec::new(), coverage }
    }

    /// The same, but something is missing: the sentence says what.
    #[must_use]
    pub fn but(mut self, missing: impl Into<String>) -> Self {
        self.coverage = Coverage::Part(missing.into());
        self
    }
}

impl From<Coverage> for Outcome {
    fn from(coverage: Coverage) -> Self {
        Self::nothing(coverage)
    }
}

/// Every check, in the order in which they speak.
pub const CHECKS: [Check; 24] = [
    schema::unindexed_foreign_key::CHECK,
    schema::duplicate_index::CHECK,
    schema::table_without_primary_key::CHECK,
    schema::unused_index::CHECK,
    schema::invalid_index::CHECK,
    schema::unvalidated_constraint::CHECK,
    running::sequence_near_its_end::CHECK,
    running::connection_limit::CHECK,
    running::long_transaction::CHECK,
    running::transaction_id_age::CHECK,
    running::autovacuum_behind::CHECK,
    row_security::rls_disabled::CHECK,
    row_security::rls_without_policy::CHECK,
    row_security::rls_policy_always_true::CHECK,
    row_security::rls_function_per_row::CHECK,
    row_security::security_definer_view::CHECK,
    row_security::function_search_path::CHECK,
    server::connection_unencrypted::CHECK,
    server::version_end_of_life::CHECK,
    server::wal_archiving::CHECK,
    server::statement_timeout::MISSING,
    server::statement_timeout::PROOF,
    server::slow_query_log::CHECK,
    server::superuser_connection::CHECK,
];

/// Asks the database of `target` what the checks need, judges it, and sends what was seen. Gives back how far each check
/// got.
pub async fn examine(engine: &mut Engine, target: &Target, code: &CodeIndex, cx: &ProbeCx) -> Vec<(RuleId, Coverage)> {
    let place = cx.settings.database.as_ref().map(|address| place::of(address, target)).unwrap_or_default();
    let facts = engine.facts(place).await;
    let looked = Looked {
        facts: &facts,
        catalog: engine.catalog(),
        dialect: target.dialect(),
        rows: cx.settings.rows.max(1),
        now: cx.now,
        code: &Code::of(code),
        declared: &Declared::of(code),
    };
    run(&looked, cx).await
}

/// Judges everything, sends what was seen, and gives back how far each check got.
pub async fn run(looked: &Looked<'_>, cx: &ProbeCx) -> Vec<(RuleId, Coverage)> {
    let mut covered = Vec::new();
    for check in CHECKS {
        if cx.cancel.is_cancelled() {
            break;
        }
        let Outcome { seen, coverage } = (check.judge)(looked);
        for observation in seen {
            cx.emitter.emit(observation).await;
        }
        covered.push((RuleId::from_static(check.meta.id), coverage));
    }
    covered
}

impl<'a> Looked<'a> {
    /// Nothing about production can be told from a database on this machine.
    fn production(&self) -> Result<(), Outcome> {
        if self.facts.product.kind == Kind::Sqlite {
            return Err(Coverage::Absent("SQLite is a file and has no server to look at".to_owned()).into());
        }
        if self.facts.place.local {
            return Err(Coverage::Nothing(
                "this is a database on this machine, which says nothing about production's; name that with --database URL"
                    .to_owned(),
            )
            .into());
        }
        Ok(())
    }

    /// Tables that the project itself made and can change, those of its partitions aside.
    fn own_tables(&self) -> impl Iterator<Item = &'a Table> + use<'a> {
        self.catalog.tables().iter().filter(|table| is_own(table))
    }

    /// Whether a table is one of those.
    fn owns(&self, schema: &str, table: &str) -> bool {
        self.catalog.table(schema, table).is_some_and(is_own)
    }

    /// A finding about a table. `what` tells it from others of its rule there.
    fn about(&self, meta: &RuleMeta, (schema, table): (&str, &str), what: &str, message: impl Into<String>) -> Finding {
        Finding::new(meta, self.declared.place(table), format!("{}\0{what}", shown(schema, table)), message)
    }

    /// The outcome of a check of the schema, which cannot speak of tables that another session has locked.
    fn of_schema(&self, mut seen: Vec<Finding>) -> Outcome {
        // Databases list their tables in no particular order.
        seen.sort_by(|a, b| a.anchor.cmp(&b.anchor));
        if self.own_tables().next().is_none() {
            if self.facts.some_tables_hidden {
                return Coverage::Nothing(format!("the database holds no tables that are told of: {SOME_TABLES}"))
                    .into();
            }
            return Coverage::Nothing(
                "the database holds no tables yet; run the project's migrations against it first".to_owned(),
            )
            .into();
        }
        let mut missing = Vec::new();
        match self.own_tables().filter(|table| table.locked).count() {
            0 => {}
            1 => missing.push("1 table could not be examined, because another session has locked it".to_owned()),
            locked => {
                missing.push(format!("{locked} tables could not be examined, because another session has locked them"))
            }
        }
        missing.extend(self.facts.some_tables_hidden.then(|| SOME_TABLES.to_owned()));
        let outcome = Outcome::whole(seen);
        if missing.is_empty() { outcome } else { outcome.but(missing.join("; ")) }
    }
}

/// Why a check of the schema may have missed tables.
const SOME_TABLES: &str = "this role sees only some tables; grant it SELECT on the whole database";

fn is_own(table: &Table) -> bool {
    let of_a_tool = || MADE_BY_TOOLS.iter().any(|own| table.name.eq_ignore_ascii_case(own));
    !table.foreign && !table.materialized && table.parent.is_none() && !of_a_tool()
}

/// Tables in which migration tools keep their own books; nobody can change how those are made.
const MADE_BY_TOOLS: [&str; 22] = [
    "_prisma_migrations",
    "__drizzle_migrations",
    "knex_migrations",
    "knex_migrations_lock",
    "migrations",
    "typeorm_metadata",
    "sequelizemeta",
    "mikro_orm_migrations",
    "pgmigrations",
    "schema_migrations",
    "ar_internal_metadata",
    "alembic_version",
    "django_migrations",
    "flyway_schema_history",
    "databasechangelog",
    "databasechangeloglock",
    "goose_db_version",
    "gorp_migrations",
    "__efmigrationshistory",
    "doctrine_migration_versions",
    "_sqlx_migrations",
    "d1_migrations",
];

impl<T> Asked<T> {
    /// The answer, or the outcome of a check that did not get one.
    fn known(&self) -> Result<&T, Outcome> {
        match self {
            Self::Known(answer) => Ok(answer),
            Self::Absent(why) => Err(Coverage::Absent(why.clone()).into()),
            Self::Hidden(why) => Err(Coverage::Nothing(why.clone()).into()),
        }
    }
}

/// A table for people: with its schema where that is not the usual one.
fn shown(schema: &str, table: &str) -> String {
    match schema {
        "" | "public" => table.to_owned(),
        schema => format!("{schema}.{table}"),
    }
}

/// A table as SQL names it.
fn sql(schema: &str, table: &str) -> String {
    match schema {
        "" | "public" => name(table),
        schema => format!("{}.{}", name(schema), name(table)),
    }
}

/// A finding about the database. `what` tells it from others of its rule.
fn finding(meta: &RuleMeta, what: impl Into<String>, message: impl Into<String>) -> Finding {
    Finding::new(meta, Location::Project, what, message)
}

/// `3 days`, `5 hours`, `12 minutes`.
fn duration(seconds: f64) -> String {
    let (number, unit) = match seconds {
        s if s >= 2.0 * 86_400.0 => (s / 86_400.0, "days"),
        s if s >= 2.0 * 3_600.0 => (s / 3_600.0, "hours"),
        s if s >= 120.0 => (s / 60.0, "minutes"),
        s => (s, "seconds"),
    };
    format!("{number:.0} {unit}")
}

/// What the tests of the checks begin with.
#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A production server of a kind whose every answer is still to be filled in.
    pub fn facts() -> Facts {
        Facts { product: facts::Product { version: (17, 2), ..Default::default() }, ..Facts::default() }
    }

    /// What a check says of these facts, on 2026-11-21.
    pub fn judge(check: Check, facts: &Facts, tables: Vec<Table>) -> Outcome {
        judge_with(check, facts, tables, &Code::default())
    }

    /// As [`judge`], with what the code says.
    pub fn judge_with(check: Check, facts: &Facts, tables: Vec<Table>, code: &Code) -> Outcome {
        let catalog = Catalog::new(tables);
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let declared = Declared::default();
        let dialect = Dialect::Postgres;
        (check.judge)(&Looked { facts, catalog: &catalog, dialect, rows: 100_000, now, code, declared: &declared })
    }

    /// The messages of what was found.
    pub fn messages(outcome: &Outcome) -> Vec<&str> {
        let message = |seen: &'_ Observation| match seen {
            Observation::Finding(finding) => finding.message.clone(),
            Observation::Proof(proof) => proof.message.clone(),
        };
        outcome.seen.iter().map(|seen| &*message(seen).leak()).collect()
    }
}

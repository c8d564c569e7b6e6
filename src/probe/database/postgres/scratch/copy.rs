//! Makes the copy of the schema in the scratch cluster: the statements, in an order in which each finds what it needs.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use futures_util::future::try_join_all;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row};
use tokio::time::timeout;

use super::blueprint::{Blueprint, Check, Column, Index, Relation};
use super::sizes::is_stored;
use crate::probe::database::lexer::{self, Dialect, Kind};

/// Extensions that come with PostgreSQL or are as widely known, and whose functions, types and operators are written to be
/// planned with. Those that reach out of the database (`dblink`, `file_fdw`, `postgres_fdw`) are not among them.
pub const EXTENSIONS: [&str; 20] = [
    "bloom",
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "earthdistance",
    "fuzzystrmatch",
    "hstore",
    "intarray",
    "isn",
    "ltree",
    "pg_trgm",
    "pgcrypto",
    "seg",
    "tablefunc",
    "unaccent",
    "uuid-ossp",
    "vector",
    "postgis",
    "rum",
];

/// What takes long to make is made only where a column is of one of its types.
const SLOW: [(&str, [&str; 3]); 1] = [("postgis", ["geometry", "geography", "box2d"])];
/// How the statements begin that make the copy.
const KINDS: [&str; 8] = [
    "CREATE TABLE ",
    "CREATE INDEX ",
    "CREATE UNIQUE INDEX ",
    "CREATE VIEW ",
    "CREATE TYPE ",
    "CREATE DOMAIN ",
    "CREATE SCHEMA ",
    "CREATE EXTENSION ",
];
/// How those go on that begin with `ALTER TABLE` and a name.
const ALTERATIONS: [&str; 3] = [" ADD CONSTRAINT ", " ATTACH PARTITION ", " INHERIT "];
/// For one statement; longer than the server's own limit for those of the guest. PostGIS takes a few seconds.
const STATEMENT_WITHIN: Duration = Duration::from_secs(15);
/// How often views are tried that need other views.
const VIEW_ROUNDS: usize = 4;

/// A relation or index of the copy.
#[derive(Debug, Clone)]
pub struct Made {
    /// Its number in the scratch cluster.
    pub oid: i64,
    /// Its file, below the cluster's data.
    pub path: Option<String>,
}

/// The copy.
pub struct Copy {
    /// By the number on the user's server.
    pub made: HashMap<i64, Made>,
    /// Relations that are not as the user's are, with the reason, as a phrase after "table t …".
    pub unfaithful: HashMap<i64, &'static str>,
}

/// One statement, and the relation that is not faithful without it.
struct Step {
    sql: String,
    /// The table whose definition it adds to.
    alters: Option<String>,
    relation: i64,
}

impl Step {
    fn new(sql: String, relation: i64) -> Self {
        Self { sql, alters: None, relation }
    }

    fn alter(table: &str, what: &str, relation: i64) -> Self {
        Self { sql: format!("ALTER TABLE {table} {what}"), alters: Some(table.to_owned()), relation }
    }

    /// Whether it makes part of a schema. What follows comes from the user's server and is not read here: the grammar lets
    /// no other kind of statement begin so, and [`attempt`] sends it in a way that takes one statement alone.
    fn is_of_a_known_kind(&self) -> bool {
        match &self.alters {
            Some(table) => {
                let what = self.sql.strip_prefix("ALTER TABLE ").and_then(|sql| sql.strip_prefix(table.as_str()));
                what.is_some_and(|what| ALTERATIONS.iter().any(|known| what.starts_with(known)))
            }
            None => KINDS.iter().any(|known| self.sql.starts_with(known)),
        }
    }
}

/// Makes it, as the owner and as the guest, who has several connections.
///
/// # Errors
/// When the scratch server does not answer.
pub async fn make(
    owner: &mut PgConnection,
    guests: &mut [PgConnection],
    blueprint: &Blueprint,
) -> Result<Copy, sqlx::Error> {
    let (guest, _) = guests.split_first_mut().ok_or(sqlx::Error::PoolClosed)?;
    prepare(owner, guest, blueprint).await?;
    let mut copy = Copy { made: HashMap::new(), unfaithful: HashMap::new() };
    for relation in &blueprint.relations {
        if let Some(reason) = out_of_reach(relation) {
            copy.unfaithful.insert(relation.oid, reason);
        }
    }
    let names: HashMap<i64, String> = blueprint
        .relations
        .iter()
        .map(|relation| (relation.oid, full_name(&relation.schema, &relation.name)))
        .collect();
    let kept = |relation: &&Relation| !matches!(out_of_reach(relation), Some(LOCKED | FOREIGN | ODD));
    let relations: Vec<&Relation> = blueprint.relations.iter().filter(kept).collect();
    let mut columns: HashMap<i64, Vec<&Column>> = HashMap::new();
    for column in &blueprint.columns {
        columns.entry(column.relation).or_default().push(column);
    }
    let tables = relations.iter().filter(|relation| relation.kind != "v").map(|relation| {
        Step::new(table(relation, columns.get(&relation.oid).map_or(&[], Vec::as_slice)), relation.oid)
    });
    copy.run(guests, tables, "uses a type or extension that is not here").await?;
    let partitioned: BTreeSet<i64> =
        relations.iter().filter(|relation| relation.kind == "p").map(|relation| relation.oid).collect();
    // Parts bring their own indexes, which the whole then takes over by name.
    let (of_wholes, of_parts): (Vec<&Index>, Vec<&Index>) =
        blueprint.indexes.iter().partition(|index| partitioned.contains(&index.relation));
    const INDEX: &str = "has an index that cannot be made here";
    let steps = |indexes: Vec<&Index>| -> Vec<Step> {
        indexes.into_iter().filter_map(|index| index_step(index, &names)).collect()
    };
    copy.run(guests, steps(of_parts).into_iter(), INDEX).await?;
    // From here on a statement may lock several tables.
    let (guest, _) = guests.split_at_mut(1);
    copy.run(guest, inherit(&relations, &names).into_iter(), "has parts that cannot be put together here").await?;
    copy.run(guest, steps(of_wholes).into_iter(), INDEX).await?;
    let (plain, others): (Vec<&Check>, Vec<&Check>) =
        blueprint.checks.iter().partition(|check| is_plain(&check.definition));
    for check in others {
        copy.unfaithful.entry(check.relation).or_insert(CHECKED);
    }
    let checks = plain
        .into_iter()
        .filter_map(|check| Some(Step::alter(names.get(&check.relation)?, &check.definition, check.relation)));
    copy.run(guest, checks, CHECKED).await?;
    let [guest] = guest else { return Err(sqlx::Error::PoolClosed) };
    let references = blueprint.references.iter().filter_map(|reference| {
        let (name, definition) = (names.get(&reference.relation)?, reference.definition.as_ref()?);
        Some(Step::alter(name, definition, reference.relation))
    });
    // Without one the planner only guesses a little worse.
    let _ = attempt(guest, references.collect()).await?;
    copy.views(guest, &relations, &names).await?;
    copy.spread(blueprint);
    copy.find(owner, blueprint).await?;
    Ok(copy)
}

const LOCKED: &str = "is locked by another session";
const FOREIGN: &str = "lies on another server";
const ODD: &str = "is not stored as tables are";
const CHECKED: &str = "is told from its siblings by a condition that is not copied";

/// Why a relation cannot be planned with in the copy as it would be on the server.
fn out_of_reach(relation: &Relation) -> Option<&'static str> {
    match relation {
        Relation { locked: true, .. } => Some(LOCKED),
        Relation { odd: true, .. } => Some(ODD),
        _ if relation.kind == "f" => Some(FOREIGN),
        Relation { readable: false, .. } => Some("may not be read by this role"),
        Relation { guarded: true, .. } => Some("is guarded by row security"),
        _ => None,
    }
}

impl Copy {
    async fn run(
        &mut self,
        guests: &mut [PgConnection],
        steps: impl Iterator<Item = Step>,
        reason: &'static str,
    ) -> Result<(), sqlx::Error> {
        for step in attempt_side_by_side(guests, steps).await? {
            self.unfaithful.entry(step.relation).or_insert(reason);
        }
        Ok(())
    }

    /// Views may need views that come later.
    async fn views(
        &mut self,
        guest: &mut PgConnection,
        relations: &[&Relation],
        names: &HashMap<i64, String>,
    ) -> Result<(), sqlx::Error> {
        let mut left: Vec<Step> = Vec::new();
        for relation in relations.iter().filter(|relation| relation.kind == "v") {
            match (&relation.definition, names.get(&relation.oid)) {
                (Some(definition), Some(name)) => {
                    left.push(Step::new(format!("CREATE VIEW {name} AS {definition}"), relation.oid));
                }
                _ => drop(self.unfaithful.entry(relation.oid).or_insert(LOCKED)),
            }
        }
        for _ in 0..VIEW_ROUNDS {
            let before = left.len();
            left = attempt(guest, left).await?;
            if left.is_empty() || left.len() == before {
                break;
            }
        }
        for step in left {
            self.unfaithful.entry(step.relation).or_insert("is a view that cannot be made here");
        }
        Ok(())
    }

    /// What is made of something unfaithful is so itself: views of it, and the whole of which it is a part.
    fn spread(&mut self, blueprint: &Blueprint) {
        loop {
            let before = self.unfaithful.len();
            for relation in &blueprint.relations {
                let source = relation.sources.iter().find_map(|source| self.unfaithful.get(source).copied());
                if let Some(reason) = source {
                    self.unfaithful.entry(relation.oid).or_insert(reason);
                }
                if let Some(&reason) = self.unfaithful.get(&relation.oid) {
                    for &parent in &relation.parents {
                        self.unfaithful.entry(parent).or_insert(reason);
                    }
                }
            }
            if self.unfaithful.len() == before {
                return;
            }
        }
    }

    /// Finds the copies by their names.
    async fn find(&mut self, owner: &mut PgConnection, blueprint: &Blueprint) -> Result<(), sqlx::Error> {
        let rows = sqlx::query(
            "SELECT c.oid::int8, n.nspname::text, c.relname::text, pg_catalog.pg_relation_filepath(c.oid) FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'i', 'I', 'v')",
        )
        .persistent(false)
        .fetch_all(owner)
        .await?;
        let mut places: HashMap<(String, String), Made> = HashMap::new();
        for row in &rows {
            let made = Made { oid: row.try_get(0)?, path: row.try_get(3)? };
            places.insert((row.try_get(1)?, row.try_get(2)?), made);
        }
        let named = |schema: &str, name: &str| places.get(&(schema.to_owned(), name.to_owned())).cloned();
        for relation in &blueprint.relations {
            match named(&relation.schema, &relation.name) {
                Some(made) => drop(self.made.insert(relation.oid, made)),
                None => drop(self.unfaithful.entry(relation.oid).or_insert("could not be made here")),
            }
        }
        for index in &blueprint.indexes {
            match named(&index.schema, &index.name) {
                Some(made) => drop(self.made.insert(index.oid, made)),
                None => drop(self.unfaithful.entry(index.relation).or_insert("has an index that cannot be made here")),
            }
        }
        Ok(())
    }
}

/// Schemas, extensions and types. The owner's part is over before the guest's begins.
async fn prepare(owner: &mut PgConnection, guest: &mut PgConnection, blueprint: &Blueprint) -> Result<(), sqlx::Error> {
    let schema = |name: &String| {
        (name != "public" && name != "gonogo_scratch")
            .then(|| format!("CREATE SCHEMA {} AUTHORIZATION {}", quoted(name), super::server::GUEST))
    };
    let schemas = blueprint.schemas.iter().filter_map(schema).collect();
    attempt_all(owner, schemas).await?;
    let wanted = blueprint.extensions.iter().filter(|extension| {
        let slow = SLOW.iter().find(|(name, _)| *name == extension.name);
        let used = |types: &[&str]| blueprint.columns.iter().any(|column| types.contains(&column.base.as_str()));
        EXTENSIONS.contains(&extension.name.as_str()) && slow.is_none_or(|(_, types)| used(types))
    });
    let extensions = wanted
        .map(|extension| {
            format!(
                "CREATE EXTENSION IF NOT EXISTS {} SCHEMA {} CASCADE",
                quoted(&extension.name),
                quoted(&extension.schema)
            )
        })
        .collect();
    attempt_all(owner, extensions).await?;
    let types = blueprint.types.iter().filter_map(|of| match (of.kind.as_str(), &of.base) {
        ("e", _) => {
            let labels: Vec<String> =
                of.labels.iter().map(|label| format!("'{}'", label.replace('\'', "''"))).collect();
            Some(format!("CREATE TYPE {} AS ENUM ({})", of.name, labels.join(", ")))
        }
        ("d", Some(base)) => Some(format!("CREATE DOMAIN {} AS {base}", of.name)),
        ("c", _) => Some(format!("CREATE TYPE {} AS ({})", of.name, of.fields.join(", "))),
        _ => None,
    });
    attempt_all(guest, types.collect()).await
}

fn table(relation: &Relation, columns: &[&Column]) -> String {
    let column = |column: &&Column| {
        let mut sql = format!("{} {}", quoted(&column.name), column.data_type);
        if let Some(collation) = &column.collation {
            sql.push_str(&format!(" COLLATE {collation}"));
        }
        if let Some(expression) = &column.computed {
            sql.push_str(&format!(" GENERATED ALWAYS AS ({expression}) VIRTUAL"));
        } else if column.not_null {
            sql.push_str(" NOT NULL");
        }
        sql
    };
    let columns: Vec<String> = columns.iter().map(column).collect();
    let mut sql = format!("CREATE TABLE {} ({})", full_name(&relation.schema, &relation.name), columns.join(", "));
    match (&relation.partition_key, &relation.options) {
        (Some(key), _) => sql.push_str(&format!(" PARTITION BY {key}")),
        (None, Some(options)) if is_stored(relation) => sql.push_str(&format!(" WITH ({options})")),
        _ => {}
    }
    sql
}

fn index_step(index: &Index, names: &HashMap<i64, String>) -> Option<Step> {
    let name = names.get(&index.relation)?;
    Some(if index.is_constraint {
        Step::alter(name, &index.definition, index.relation)
    } else {
        Step::new(on_parts_too(index), index.relation)
    })
}

/// `CREATE INDEX i ON ONLY t …` as it was written for a partitioned table: with the indexes of its parts.
fn on_parts_too(index: &Index) -> String {
    let behind_name = "CREATE INDEX ".len() + index.name.len();
    match index.definition.get(behind_name..).and_then(|rest| rest.find(" ON ONLY ")) {
        Some(at) if index.partitioned => {
            let (start, rest) = index.definition.split_at(behind_name + at);
            format!("{start} ON {}", rest.trim_start_matches(" ON ONLY "))
        }
        _ => index.definition.clone(),
    }
}

/// Puts partitions and heirs in their places, the deepest first.
fn inherit(relations: &[&Relation], names: &HashMap<i64, String>) -> Vec<Step> {
    let mut steps = Vec::new();
    for relation in relations {
        for parent in &relation.parents {
            let (Some(name), Some(parent)) = (names.get(&relation.oid), names.get(parent)) else { continue };
            steps.push(match (&relation.bound, relation.is_partition) {
                (Some(bound), true) => Step::alter(parent, &format!("ATTACH PARTITION {name} {bound}"), relation.oid),
                _ => Step::alter(name, &format!("INHERIT {parent}"), relation.oid),
            });
        }
    }
    steps
}

/// Whether a CHECK constraint compares columns with constants and calls nothing, so that it means the same here.
fn is_plain(definition: &str) -> bool {
    /// What may stand before a bracket without being the name of a function.
    const OPEN: [&str; 7] = ["CHECK", "AND", "OR", "NOT", "IN", "ANY", "ALL"];
    let Ok(tokens) = lexer::tokens(definition, Dialect::Postgres) else { return false };
    tokens.iter().zip(tokens.iter().skip(1)).all(|(one, next)| {
        let opens = next.kind == Kind::Mark && next.text == "(";
        !opens || !(one.kind == Kind::Name || one.kind == Kind::Word && !OPEN.contains(&one.text))
    })
}

/// Runs the steps, each by itself; gives back those that failed. A prepared statement is one statement by the protocol:
/// a definition that holds several is refused whole.
async fn attempt(connection: &mut PgConnection, steps: Vec<Step>) -> Result<Vec<Step>, sqlx::Error> {
    let mut failed = Vec::new();
    for step in steps {
        if !step.is_of_a_known_kind() {
            failed.push(step);
            continue;
        }
        let query = sqlx::query(AssertSqlSafe(step.sql.as_str())).persistent(false);
        match timeout(STATEMENT_WITHIN, query.execute(&mut *connection)).await {
            Ok(Ok(_)) => {}
            Ok(Err(sqlx::Error::Database(_))) => failed.push(step),
            Ok(Err(error)) => return Err(error),
            Err(_) => return Err(sqlx::Error::PoolTimedOut),
        }
    }
    Ok(failed)
}

/// Deals the steps out to the connections, those of one relation to the same, as [`attempt`] does. Two that are done at the
/// same time may want one name, as PostgreSQL's own for the type of a table's rows: what failed is tried again by itself.
async fn attempt_side_by_side(
    connections: &mut [PgConnection],
    steps: impl Iterator<Item = Step>,
) -> Result<Vec<Step>, sqlx::Error> {
    let mut shares: Vec<Vec<Step>> = connections.iter().map(|_| Vec::new()).collect();
    let mut places: HashMap<i64, usize> = HashMap::new();
    for step in steps {
        let next = places.len().checked_rem(connections.len()).unwrap_or(0);
        let place = *places.entry(step.relation).or_insert(next);
        if let Some(share) = shares.get_mut(place) {
            share.push(step);
        }
    }
    let each = connections.iter_mut().zip(shares).map(|(connection, share)| attempt(connection, share));
    let failed: Vec<Step> = try_join_all(each).await?.into_iter().flatten().collect();
    match connections {
        [first, _, ..] => attempt(first, failed).await,
        _ => Ok(failed),
    }
}

/// Runs statements of which some may need later ones.
async fn attempt_all(connection: &mut PgConnection, statements: Vec<String>) -> Result<(), sqlx::Error> {
    let steps = statements.into_iter().map(|sql| Step::new(sql, 0)).collect();
    let failed = attempt(connection, steps).await?;
    attempt(connection, failed).await.map(drop)
}

fn full_name(schema: &str, name: &str) -> String {
    format!("{}.{}", quoted(schema), quoted(name))
}

/// A name in quotes.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_calls_a_function_is_not_plain() {
        let plain = "ADD CONSTRAINT \"c (1)\" CHECK (((at >= '2007-01-01'::date) AND (at < '2007-02-01'::date)))";
        assert!(is_plain(plain));
        assert!(is_plain("ADD CONSTRAINT c CHECK ((kind = ANY (ARRAY['a (b)'::text, 'c'::text]))) NO INHERIT"));
        assert!(!is_plain("ADD CONSTRAINT c CHECK ((public.f(a) > 1))"));
        assert!(!is_plain("ADD CONSTRAINT c CHECK ((\"F\" (a) > 1))"));
    }
}

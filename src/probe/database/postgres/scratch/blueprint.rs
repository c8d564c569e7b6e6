//! What a copy of the user's schema needs to know of it, read in one question.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};

use super::super::errors::Refused;
use super::super::session::Session;

/// The question.
const QUESTION: &str = include_str!("blueprint.sql");

/// A copy of more tables would take longer than the run has.
pub const MOST_RELATIONS: usize = 3_000;

/// The schema, as far as the queries need it.
#[derive(Debug, Default, Deserialize)]
pub struct Blueprint {
    /// Tables, partitioned tables, views and so on.
    #[serde(deserialize_with = "list")]
    pub relations: Vec<Relation>,
    /// Their columns, in order.
    #[serde(deserialize_with = "list")]
    pub columns: Vec<Column>,
    /// The users' own types.
    #[serde(deserialize_with = "list")]
    pub types: Vec<Type>,
    /// The tables' indexes.
    #[serde(deserialize_with = "list")]
    pub indexes: Vec<Index>,
    /// Foreign keys.
    #[serde(deserialize_with = "list")]
    pub references: Vec<Reference>,
    /// CHECK constraints of heirs.
    #[serde(deserialize_with = "list")]
    pub checks: Vec<Check>,
    /// What ANALYZE has found out.
    #[serde(deserialize_with = "list")]
    pub statistics: Vec<Statistics>,
    /// The users' schemas.
    #[serde(deserialize_with = "list")]
    pub schemas: Vec<String>,
    /// Extensions.
    #[serde(deserialize_with = "list")]
    pub extensions: Vec<Extension>,
    /// The planner's settings.
    pub settings: Option<BTreeMap<String, String>>,
    /// Where names without a schema are looked for.
    pub search_path: Option<String>,
}

/// A relation.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Relation {
    /// Its number on the user's server.
    pub oid: i64,
    pub schema: String,
    pub name: String,
    /// `r`, `p`, `v`, `m` or `f`, as `pg_class.relkind`.
    pub kind: String,
    /// Another session keeps everyone else out.
    pub locked: bool,
    /// Pages, rows and pages that are visible to all, when last counted.
    pub pages: f64,
    pub rows: f64,
    pub visible: f64,
    pub is_partition: bool,
    /// Storage parameters, such as `fillfactor=70`.
    pub options: Option<String>,
    /// Pages by now.
    pub blocks: Option<f64>,
    pub partition_key: Option<String>,
    /// The values that a partition holds.
    pub bound: Option<String>,
    /// A view's query.
    pub definition: Option<String>,
    pub parents: Vec<i64>,
    /// What a view reads.
    pub sources: Vec<i64>,
    /// The role may read something of it.
    pub readable: bool,
    /// Row security holds for the role.
    pub guarded: bool,
    /// It is stored in another way than tables are.
    pub odd: bool,
}

/// A column.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Column {
    pub relation: i64,
    pub number: i32,
    pub name: String,
    #[serde(rename = "type")]
    pub data_type: String,
    /// `pg_type.typcategory` of the type below all domains.
    pub category: String,
    /// That type's name and kind.
    pub base: String,
    pub type_kind: String,
    /// Bytes; negative where they vary.
    pub length: i32,
    /// `c`, `s`, `i` or `d`.
    pub alignment: String,
    pub not_null: bool,
    /// Where it differs from the type's own.
    pub collation: Option<String>,
    /// The expression that is worked out on reading.
    pub computed: Option<String>,
}

/// A type of the users'.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Type {
    pub name: String,
    /// `e`, `d` or `c`.
    pub kind: String,
    pub labels: Vec<String>,
    /// What a domain narrows.
    pub base: Option<String>,
    /// Names and types of a row type.
    pub fields: Vec<String>,
}

/// An index.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Index {
    pub oid: i64,
    pub relation: i64,
    pub schema: String,
    pub name: String,
    pub method: String,
    pub partitioned: bool,
    pub is_unique: bool,
    pub pages: f64,
    pub rows: f64,
    /// Numbers of its columns; 0 for an expression.
    pub keys: Vec<i32>,
    /// How many of them it is sorted by.
    pub leading: usize,
    pub partial: bool,
    /// `CREATE INDEX …`, or what comes after `ALTER TABLE …`.
    pub definition: String,
    pub is_constraint: bool,
}

/// A foreign key.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Reference {
    pub relation: i64,
    /// Numbers of its columns.
    pub keys: Vec<i32>,
    /// What comes after `ALTER TABLE …`; `None` where the other table is not copied.
    pub definition: Option<String>,
}

/// A CHECK constraint of a table that inherits from another: by these the planner leaves whole tables out.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Check {
    pub relation: i64,
    /// What comes after `ALTER TABLE …`.
    pub definition: String,
}

/// What ANALYZE has found out about a column, or about an index's expression.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Statistics {
    pub relation: i64,
    pub name: String,
    pub inherited: bool,
    pub null_frac: f64,
    pub width: f64,
    pub n_distinct: f64,
    pub common: Option<String>,
    pub common_shares: Option<Vec<f64>>,
    pub bounds: Option<String>,
    pub correlation: Option<f64>,
    pub elements: Option<String>,
    pub element_shares: Option<Vec<f64>>,
}

/// An extension and the schema that it is in.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Extension {
    pub name: String,
    pub schema: String,
}

/// PostgreSQL's `json_agg` over nothing is null.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Option::<Vec<T>>::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl Blueprint {
    /// Reads what the relations of these names, in lower case, need.
    ///
    /// # Errors
    /// Why it cannot be read, as a phrase.
    pub async fn read(session: &mut Session, names: &BTreeSet<String>) -> Result<Self, String> {
        let names: Vec<String> = names.iter().cloned().collect();
        let text = session.json(QUESTION, &names).await.map_err(|refused| match refused {
            Refused::Lost => "the connection was lost while the schema was read".to_owned(),
            Refused::Slow => "the schema could not be read within 3 s".to_owned(),
            _ => "the schema could not be read as a whole".to_owned(),
        })?;
        let read: Self =
            serde_json::from_str(&text).map_err(|_| "the server describes its schema in an unknown way".to_owned())?;
        if read.relations.len() > MOST_RELATIONS {
            return Err(format!("the queries read more than {MOST_RELATIONS} tables"));
        }
        Ok(read)
    }
}

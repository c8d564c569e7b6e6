//! What `information_schema` says: tables, columns, indexes and views.

use std::collections::HashMap;
use std::sync::Arc;

use sqlx::Row;
use sqlx::mysql::MySqlRow;

use super::errors::Refused;
use super::keys;
use super::session::{Flavor, Session};
use super::views::{self, View};
use crate::probe::database::catalog::{Catalog, Index, Table};

/// The tables of the connected database.
const TABLES: &str = "SELECT CAST(TABLE_NAME AS CHAR), CAST(TABLE_ROWS AS SIGNED), \
    CAST(IFNULL(CREATE_OPTIONS, '') LIKE '%partitioned%' AS SIGNED) \
    FROM information_schema.TABLES \
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')";

/// Their columns, those of views included.
const COLUMNS: &str = "SELECT CAST(TABLE_NAME AS CHAR), CAST(COLUMN_NAME AS CHAR), CAST(DATA_TYPE AS CHAR), \
    CAST(COLUMN_TYPE AS CHAR) FROM information_schema.COLUMNS \
    WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION";

/// Whether a question is one for this server.
type Fits = fn(&Session) -> bool;

/// Their indexes, a row for each key; the last columns are an expression, and whether the planner may use the index.
const INDEXES: [(&str, Fits); 3] = [
    (
        "SELECT CAST(TABLE_NAME AS CHAR), CAST(INDEX_NAME AS CHAR), CAST(COLUMN_NAME AS CHAR), CAST(SUB_PART AS SIGNED), \
         CAST(INDEX_TYPE AS CHAR), CAST(CARDINALITY AS SIGNED), CAST(NON_UNIQUE AS SIGNED), \
         CAST(EXPRESSION AS CHAR), CAST(IS_VISIBLE = 'YES' AS SIGNED) FROM information_schema.STATISTICS \
         WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
        |session| session.flavor == Flavor::Mysql && session.is_from((8, 0, 13)),
    ),
    (
        "SELECT CAST(TABLE_NAME AS CHAR), CAST(INDEX_NAME AS CHAR), CAST(COLUMN_NAME AS CHAR), CAST(SUB_PART AS SIGNED), \
         CAST(INDEX_TYPE AS CHAR), CAST(CARDINALITY AS SIGNED), CAST(NON_UNIQUE AS SIGNED), \
         CAST(NULL AS CHAR), CAST(IGNORED <> 'YES' AS SIGNED) FROM information_schema.STATISTICS \
         WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
        |session| session.flavor == Flavor::MariaDb && session.is_from((10, 6, 0)),
    ),
    (
        "SELECT CAST(TABLE_NAME AS CHAR), CAST(INDEX_NAME AS CHAR), CAST(COLUMN_NAME AS CHAR), CAST(SUB_PART AS SIGNED), \
         CAST(INDEX_TYPE AS CHAR), CAST(CARDINALITY AS SIGNED), CAST(NON_UNIQUE AS SIGNED), \
         CAST(NULL AS CHAR), CAST(1 AS SIGNED) FROM information_schema.STATISTICS \
         WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
        |_| true,
    ),
];

const VIEWS: &str = "SELECT CAST(TABLE_NAME AS CHAR), CAST(VIEW_DEFINITION AS CHAR) FROM information_schema.VIEWS \
    WHERE TABLE_SCHEMA = DATABASE()";

const DATABASE: &str = "SELECT CAST(DATABASE() AS CHAR)";

/// What the connected database holds.
#[derive(Debug, Default)]
pub struct Known {
    /// Its name.
    pub database: String,
    /// Its tables.
    pub catalog: Catalog,
    /// What the columns hold: by table and column, both in lower case.
    pub types: HashMap<String, HashMap<String, ColumnType>>,
    /// By table and index, both in lower case.
    pub measures: HashMap<(String, String), Measure>,
    /// By name, in lower case.
    pub views: HashMap<String, Arc<View>>,
}

/// What a column holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnType {
    /// `varchar`, `datetime`.
    pub name: String,
    /// `enum('a','b')`.
    pub whole: String,
}

impl ColumnType {
    /// Whether an index can hold only the beginning of it: at most 3,072 bytes (MySQL manual, "InnoDB Limits"), and four
    /// for a character.
    fn is_long(&self) -> bool {
        const LONGEST: u32 = 3072 / 4;
        let length = self.whole.split_once('(').and_then(|(_, rest)| rest.trim_end_matches(')').parse::<u32>().ok());
        match self.name.as_str() {
            "varchar" => length.is_some_and(|length| length > LONGEST),
            "varbinary" => length.is_some_and(|length| length > LONGEST * 4),
            name => name.ends_with("text") || name.ends_with("blob"),
        }
    }
}

/// What the server knows about how well an index picks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measure {
    /// No two rows have the same key.
    pub unique: bool,
    /// How many different values the first key has, the first two together, and so on.
    pub distinct: Vec<Option<u64>>,
}

impl Known {
    /// What a column of a table holds.
    pub fn column_type(&self, table: &str, column: &str) -> Option<&ColumnType> {
        self.types.get(&table.to_lowercase())?.get(&column.to_lowercase())
    }
}

/// Reads it all.
pub async fn read(session: &mut Session) -> Result<Known, Refused> {
    let mut known = Known::default();
    if let Some(row) = session.rows(DATABASE).await?.first() {
        known.database = get::<Option<String>>(row, 0)?.unwrap_or_default();
    }
    let mut tables: Vec<Table> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for row in session.rows(TABLES).await? {
        let rows: Option<i64> = get(&row, 1)?;
        let partitioned: i64 = get(&row, 2)?;
        let table = Table {
            name: get(&row, 0)?,
            rows: rows.and_then(|rows| u64::try_from(rows).ok()),
            partitioned: partitioned != 0,
            ..Table::default()
        };
        places.insert(table.name.clone(), tables.len());
        tables.push(table);
    }
    for row in session.rows(COLUMNS).await? {
        let (table, column): (String, String) = (get(&row, 0)?, get(&row, 1)?);
        let held = ColumnType { name: get::<String>(&row, 2)?.to_lowercase(), whole: get(&row, 3)? };
        let long = held.is_long();
        known.types.entry(table.to_lowercase()).or_default().insert(column.to_lowercase(), held);
        if let Some(table) = places.get(&table).and_then(|&at| tables.get_mut(at)) {
            table.long.extend(long.then(|| column.clone()));
            table.columns.push(column);
        }
    }
    let question = INDEXES.iter().find(|(_, fits)| fits(session)).map_or(DATABASE, |(sql, _)| sql);
    for row in session.rows(question).await? {
        let key = key(&row)?;
        let usable: i64 = get(&row, 8)?;
        let Some(table) = places.get(&key.table).and_then(|&at| tables.get_mut(at)) else { continue };
        // The planner passes over an invisible index, so for every query it is not there.
        if usable == 0 {
            continue;
        }
        let measure = known.measures.entry((key.table.to_lowercase(), key.index.to_lowercase())).or_default();
        measure.unique = key.unique;
        measure.distinct.push(key.distinct);
        match table.indexes.iter_mut().find(|index| index.name == key.index) {
            Some(index) => index.keys.push(key.text),
            None => table.indexes.push(Index {
                name: key.index,
                keys: vec![key.text],
                predicate: None,
                ordered: key.ordered,
                unique: key.unique,
                ..Index::default()
            }),
        }
    }
    for row in session.rows(VIEWS).await? {
        let (name, definition): (String, Option<String>) = (get(&row, 0)?, get(&row, 1)?);
        let view = views::read(definition.as_deref().unwrap_or_default(), &known.database);
        known.views.insert(name.to_lowercase(), Arc::new(view));
    }
    keys::describe(session, &mut tables).await?;
    known.catalog = Catalog::new(tables);
    Ok(known)
}

struct KeyRow {
    table: String,
    index: String,
    text: String,
    ordered: bool,
    unique: bool,
    distinct: Option<u64>,
}

/// A key as it is written where an index is made: a column, `note(10)` for its beginning, or an expression.
fn key(row: &MySqlRow) -> Result<KeyRow, Refused> {
    let (column, length): (Option<String>, Option<i64>) = (get(row, 2)?, get(row, 3)?);
    let (kind, distinct): (String, Option<i64>) = (get(row, 4)?, get(row, 5)?);
    let (shared, expression): (i64, Option<String>) = (get(row, 6)?, get(row, 7)?);
    let ordered = kind.eq_ignore_ascii_case("BTREE");
    let text = match (column, length.filter(|_| ordered), expression) {
        (Some(column), Some(length), _) => format!("{column}({length})"),
        (Some(column), None, _) => column,
        (None, _, expression) => expression.unwrap_or_default(),
    };
    Ok(KeyRow {
        table: get(row, 0)?,
        index: get(row, 1)?,
        text,
        ordered,
        unique: shared == 0,
        distinct: distinct.and_then(|distinct| u64::try_from(distinct).ok()),
    })
}

/// A column of a row.
pub fn get<'r, T: sqlx::Decode<'r, sqlx::MySql> + sqlx::Type<sqlx::MySql>>(
    row: &'r MySqlRow,
    column: usize,
) -> Result<T, Refused> {
    row.try_get(column).map_err(|_| Refused::Other("its answer is not what MySQL 8 and MariaDB 10.6 give".to_owned()))
}

/// Whether the user may do anything.
pub async fn is_superuser(session: &mut Session) -> Result<bool, Refused> {
    const SUPER: &str = "SELECT CAST(COUNT(*) AS SIGNED) FROM information_schema.USER_PRIVILEGES \
        WHERE PRIVILEGE_TYPE = 'SUPER' AND REPLACE(GRANTEE, '\\'', '') = CURRENT_USER()";
    let rows = session.rows(SUPER).await?;
    let count: i64 = rows.first().map(|row| get(row, 0)).transpose()?.unwrap_or(0);
    Ok(count > 0)
}

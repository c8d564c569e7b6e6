//! Keys, and the exact form of indexes, for the checks of the schema.

use std::collections::HashMap;

use super::catalog::get;
use super::errors::Refused;
use super::session::Session;
use crate::probe::database::catalog::{ForeignKey, KeyOrder, Table};

const FOREIGN_KEYS: &str = "SELECT CAST(TABLE_NAME AS CHAR), CAST(CONSTRAINT_NAME AS CHAR), CAST(COLUMN_NAME AS CHAR), \
    CAST(REFERENCED_TABLE_NAME AS CHAR), CAST(REFERENCED_COLUMN_NAME AS CHAR) \
    FROM information_schema.KEY_COLUMN_USAGE \
    WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL \
    ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION";

/// Of each key: whether it is descending, whether it can be null, and the kind of its index.
const FORMS: &str = "SELECT CAST(TABLE_NAME AS CHAR), CAST(INDEX_NAME AS CHAR), CAST(IFNULL(COLLATION, '') = 'D' AS SIGNED), \
    CAST(IFNULL(NULLABLE, '') = 'YES' AS SIGNED), CAST(INDEX_TYPE AS CHAR) FROM information_schema.STATISTICS \
    WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX";

/// Fills in what is not known yet of `tables`, whose columns and indexes are.
pub async fn describe(session: &mut Session, tables: &mut [Table]) -> Result<(), Refused> {
    let places: HashMap<String, usize> =
        tables.iter().enumerate().map(|(at, table)| (table.name.clone(), at)).collect();
    for row in session.rows(FORMS).await? {
        let (table, name): (String, String) = (get(&row, 0)?, get(&row, 1)?);
        let Some(table) = places.get(&table).and_then(|&at| tables.get_mut(at)) else { continue };
        let Some(index) = table.indexes.iter_mut().find(|index| index.name == name) else { continue };
        let (descending, nullable): (i64, i64) = (get(&row, 2)?, get(&row, 3)?);
        // Without rows so far, nothing says that a key can be null.
        index.not_null = nullable == 0 && (index.not_null || index.orders.is_empty());
        index.method = get::<String>(&row, 4)?.to_lowercase();
        // A column has one collation, and nulls are the smallest of all values.
        let descending = descending != 0;
        index.orders.push(KeyOrder { compares: String::new(), descending, nulls_first: !descending });
    }
    for table in tables.iter_mut() {
        if let Some(primary) = table.indexes.iter_mut().find(|index| index.name == "PRIMARY") {
            primary.bound = true;
            table.primary_key.clone_from(&primary.keys);
        }
    }
    for row in session.rows(FOREIGN_KEYS).await? {
        let (table, name): (String, String) = (get(&row, 0)?, get(&row, 1)?);
        let Some(table) = places.get(&table).and_then(|&at| tables.get_mut(at)) else { continue };
        let (column, to_table, to_column): (String, String, String) = (get(&row, 2)?, get(&row, 3)?, get(&row, 4)?);
        if table.foreign_keys.last().is_none_or(|key| key.name != name) {
            table.foreign_keys.push(ForeignKey { name, to_table, ..ForeignKey::default() });
        }
        if let Some(key) = table.foreign_keys.last_mut() {
            key.columns.push(column);
            key.to_columns.push(to_column);
        }
    }
    Ok(())
}

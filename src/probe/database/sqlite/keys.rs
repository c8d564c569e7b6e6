//! A table's columns, keys and indexes, as the copy in memory has them.

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteConnection;

use crate::probe::database::catalog::{ForeignKey, Index, KeyOrder, Table};
use crate::probe::database::lexer::{self, Dialect};

/// Fills in what SQLite knows of `table`, whose name is given.
pub async fn describe(connection: &mut SqliteConnection, table: &mut Table) -> Result<(), sqlx::Error> {
    let columns: Vec<(String, bool, i64)> =
        sqlx::query_as("SELECT name, \"notnull\", pk FROM pragma_table_xinfo(?1) ORDER BY cid")
            .bind(&table.name)
            .fetch_all(&mut *connection)
            .await?;
    let mut key: Vec<&(String, bool, i64)> = columns.iter().filter(|(_, _, place)| *place > 0).collect();
    key.sort_by_key(|(_, _, place)| *place);
    table.primary_key = key.into_iter().map(|(name, _, _)| name.clone()).collect();
    let never_null: Vec<&String> =
        columns.iter().filter(|(_, not_null, _)| *not_null).map(|(name, _, _)| name).collect();
    let found: Vec<(String, bool, String, Option<String>)> = sqlx::query_as(
        "SELECT l.name, l.\"unique\", l.origin, s.sql FROM pragma_index_list(?1) l \
         LEFT JOIN sqlite_schema s ON s.type = 'index' AND s.name = l.name",
    )
    .bind(&table.name)
    .fetch_all(&mut *connection)
    .await?;
    for (name, unique, origin, sql) in found {
        let entries: Vec<(Option<String>, bool, String)> =
            sqlx::query_as("SELECT name, \"desc\", coll FROM pragma_index_xinfo(?1) WHERE key = 1 ORDER BY seqno")
                .bind(&name)
                .fetch_all(&mut *connection)
                .await?;
        // The name of an expression is null, so two of them cannot be told apart.
        let known = entries.iter().all(|(column, _, _)| column.is_some());
        let order = |(_, descending, collation): &(Option<String>, bool, String)| KeyOrder {
            compares: collation.to_lowercase(),
            descending: *descending,
            // SQLite takes nulls for the smallest of all values.
            nulls_first: !descending,
        };
        table.indexes.push(Index {
            orders: if known { entries.iter().map(order).collect() } else { Vec::new() },
            not_null: entries
                .iter()
                .all(|(column, _, _)| column.as_ref().is_some_and(|name| never_null.contains(&name))),
            keys: entries
                .into_iter()
                .map(|(column, _, _)| column.unwrap_or_else(|| "(expression)".to_owned()))
                .collect(),
            predicate: sql.as_deref().and_then(predicate),
            ordered: true,
            method: "btree".to_owned(),
            unique,
            bound: origin != "c",
            included: Vec::new(),
            name,
        });
    }
    table.columns = columns.into_iter().map(|(name, _, _)| name).collect();
    table.foreign_keys = foreign_keys(connection, &table.name).await?;
    Ok(())
}

async fn foreign_keys(connection: &mut SqliteConnection, table: &str) -> Result<Vec<ForeignKey>, sqlx::Error> {
    let rows: Vec<(i64, String, String, Option<String>)> =
        sqlx::query_as("SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?1) ORDER BY id, seq")
            .bind(table)
            .fetch_all(connection)
            .await?;
    let mut keys: BTreeMap<i64, ForeignKey> = BTreeMap::new();
    for (number, to_table, column, to_column) in rows {
        let key = keys.entry(number).or_insert_with(|| ForeignKey { to_table, ..ForeignKey::default() });
        key.columns.push(column);
        // Without a name the other table's primary key is meant.
        key.to_columns.extend(to_column);
    }
    // SQLite numbers them from the last to the first.
    Ok(keys.into_values().rev().collect())
}

/// What stands after the WHERE of a CREATE INDEX.
fn predicate(sql: &str) -> Option<String> {
    let tokens = lexer::tokens(sql, Dialect::Sqlite).ok()?;
    let wanted = tokens.iter().find(|token| token.text.eq_ignore_ascii_case("where"))?;
    sql.get(wanted.start + wanted.text.len()..).map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_index_tells_its_condition() {
        assert_eq!(predicate("CREATE INDEX i ON t (a) WHERE b = 'where'").as_deref(), Some("b = 'where'"));
        assert_eq!(predicate("CREATE INDEX i ON t (a)"), None);
    }
}

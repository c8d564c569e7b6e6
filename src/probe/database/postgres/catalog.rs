//! What the catalogue says: tables and indexes.

use std::collections::HashMap;

use sqlx::Row;
use sqlx::postgres::PgRow;

use super::errors::Refused;
use super::own::{self, Own};
use super::session::Session;
use crate::probe::database::catalog::{Catalog, ForeignKey, Index, KeyOrder, Table};

/// Tables, partitioned tables and materialized views of the users' schemas.
const TABLES: &str = "SELECT n.nspname::text, c.relname::text, c.reltuples::float8, parent.relname::text, c.relkind = 'p', \
    ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a \
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum), \
    c.relkind = 'm', \
    EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.deptype = 'e' AND (d.classid, d.objid) IN \
      (('pg_catalog.pg_class'::regclass, c.oid), ('pg_catalog.pg_namespace'::regclass, n.oid))), \
    EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'supabase_admin'), \
    EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.relation = c.oid AND l.granted AND l.mode = 'AccessExclusiveLock'), \
    ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
          LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype \
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
            AND coalesce(b.typname, t.typname) IN ('text', 'varchar', 'bpchar', 'citext', 'json', 'jsonb', 'xml', 'bytea') \
            AND greatest(a.atttypmod, t.typtypmod) NOT BETWEEN 0 AND 2000), \
    ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
            AND (t.typname IN ('tsvector', 'jsonb') OR t.typcategory = 'A')), \
    ARRAY(SELECT pn.nspname::text FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class p ON p.oid = h.inhparent \
          JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace \
          WHERE h.inhrelid = c.oid AND NOT c.relispartition ORDER BY h.inhseqno), \
    ARRAY(SELECT p.relname::text FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class p ON p.oid = h.inhparent \
          WHERE h.inhrelid = c.oid AND NOT c.relispartition ORDER BY h.inhseqno), \
    CASE WHEN c.relkind = 'r' AND (c.relhassubclass OR NOT c.relispartition \
          AND EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid)) \
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.relation = c.oid AND l.granted AND l.mode = 'AccessExclusiveLock') \
      THEN pg_catalog.pg_relation_size(c.oid) = 0 END, \
    ARRAY(SELECT a.attname::text FROM pg_catalog.pg_partitioned_table k JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid \
          AND a.attnum = ANY (k.partattrs) AND a.attnum > 0 WHERE k.partrelid = c.oid) \
    FROM pg_catalog.pg_class c \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid AND c.relispartition \
    LEFT JOIN pg_catalog.pg_class parent ON parent.oid = i.inhparent \
    WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'";

/// Columns whose values are long, as far as the server has counted them and this role may know: long on the average, or all so
/// long that they are stored elsewhere and none was kept as a sample. No entry of a B-tree is longer than 2,704 bytes
/// (PostgreSQL's `BTMaxItemSize`), and the longest text is often ten times the average.
const WIDE: &str = "SELECT schemaname::text, tablename::text, attname::text, avg_width > 256 FROM pg_catalog.pg_stats \
    WHERE (avg_width > 256 OR most_common_vals IS NULL AND histogram_bounds IS NULL AND null_frac < 1) AND NOT inherited \
      AND schemaname <> 'information_schema' AND schemaname !~ '^pg_'";
/// Of fewer rows the server keeps no sample in any case.
const SAMPLED: u64 = 10;

/// Their indexes, those aside that are still being built or are broken. Writing out an index waits for whoever has locked
/// its table; the queries on that table will not be planned either.
const INDEXES: &str = "SELECT n.nspname::text, t.relname::text, c.relname::text, m.amname = 'btree', \
    pg_catalog.pg_get_expr(x.indpred, x.indrelid), \
    ARRAY(SELECT pg_catalog.pg_get_indexdef(x.indexrelid, k, true) \
          FROM pg_catalog.generate_series(1, x.indnkeyatts) k), \
    m.amname::text, x.indisunique, \
    x.indisprimary OR x.indisexclusion OR x.indisreplident \
      OR EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid = x.indexrelid), \
    NOT EXISTS (SELECT FROM pg_catalog.generate_series(0, x.indnkeyatts - 1) k \
      LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[k] AND a.attnum > 0 \
      WHERE a.attnotnull IS NOT TRUE), \
    ARRAY(SELECT x.indclass[k]::text || ':' || x.indcollation[k]::text \
          FROM pg_catalog.generate_series(0, x.indnkeyatts - 1) k), \
    ARRAY(SELECT x.indoption[k]::int4 FROM pg_catalog.generate_series(0, x.indnkeyatts - 1) k), \
    ARRAY(SELECT pg_catalog.pg_get_indexdef(x.indexrelid, k, true) \
          FROM pg_catalog.generate_series(x.indnkeyatts + 1, x.indnatts) k) \
    FROM pg_catalog.pg_index x \
    JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid \
    JOIN pg_catalog.pg_am m ON m.oid = c.relam \
    JOIN pg_catalog.pg_class t ON t.oid = x.indrelid \
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace \
    WHERE x.indisvalid AND x.indislive \
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.relation = x.indrelid AND l.granted AND l.mode = 'AccessExclusiveLock') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'";

/// Primary keys and foreign keys: kind, name, table, columns, the other table and its columns. What a partition has of its
/// parent is the parent's.
const KEYS: &str = "SELECT k.contype = 'p', k.conname::text, n.nspname::text, c.relname::text, \
    ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(number, place) \
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.place), \
    coalesce(tn.nspname::text, ''), coalesce(t.relname::text, ''), \
    ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY u(number, place) \
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number ORDER BY u.place) \
    FROM pg_catalog.pg_constraint k \
    JOIN pg_catalog.pg_class c ON c.oid = k.conrelid \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    LEFT JOIN pg_catalog.pg_class t ON t.oid = k.confrelid \
    LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace \
    WHERE k.contype IN ('p', 'f') AND (k.contype = 'p' OR k.conparentid = 0) ORDER BY c.oid, k.conname";

/// Schemas that Supabase makes and keeps for itself (the list that its linter leaves out,
/// <https://github.com/supabase/splinter>).
const OF_SUPABASE: [&str; 17] = [
    "auth",
    "cron",
    "extensions",
    "graphql",
    "graphql_public",
    "net",
    "pgbouncer",
    "pgmq",
    "pgsodium",
    "pgsodium_masks",
    "pgtle",
    "realtime",
    "_realtime",
    "storage",
    "supabase_functions",
    "supabase_migrations",
    "vault",
];

/// The server's number and name of its version, and by what its texts sort. A collation of the server's own making sorts
/// by code points, as C does; the column that says so is not in every version.
const ABOUT: &str = "SELECT pg_catalog.current_setting('server_version_num')::int4 / 10000, pg_catalog.current_setting('server_version'), \
    CASE pg_catalog.to_jsonb(d) ->> 'datlocprovider' WHEN 'b' THEN 'C' WHEN 'i' THEN 'C.UTF-8' ELSE d.datcollate::text END \
    FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()";

const SUPERUSER: &str = "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user";

/// The server, as far as a copy has to be like it.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The number before the dot.
    pub major: u32,
    /// As people write it: `15.18`.
    pub version: String,
    /// By what texts sort.
    pub locale: String,
}

/// Asks which server it is.
pub async fn about(session: &mut Session) -> Result<About, Refused> {
    let rows = session.rows(ABOUT, &[]).await?;
    let row = rows.first().ok_or_else(|| Refused::Other("it does not say what it is".to_owned()))?;
    let version: String = get(row, 1)?;
    Ok(About {
        major: u32::try_from(get::<i32>(row, 0)?).unwrap_or_default(),
        version: version.split_whitespace().next().unwrap_or_default().to_owned(),
        locale: get(row, 2)?,
    })
}

/// Reads it all.
pub async fn read(session: &mut Session) -> Result<(Catalog, Own, bool), Refused> {
    let mut tables = Vec::new();
    let mut places: HashMap<(String, String), usize> = HashMap::new();
    for row in session.rows(TABLES, &[]).await? {
        let rows: f64 = get(&row, 2)?;
        let mut table = Table {
            schema: get(&row, 0)?,
            name: get(&row, 1)?,
            rows: rows_of(rows),
            parent: get(&row, 3)?,
            partitioned: get(&row, 4)?,
            columns: get(&row, 5)?,
            materialized: get(&row, 6)?,
            foreign: get(&row, 7)?,
            locked: get(&row, 9)?,
            unbounded: get(&row, 10)?,
            inverted: get(&row, 11)?,
            inherits: get::<Vec<String>>(&row, 12)?.into_iter().zip(get::<Vec<String>>(&row, 13)?).collect(),
            hollow: get::<Option<bool>>(&row, 14)?.unwrap_or(false),
            partitioned_by: get(&row, 15)?,
            ..Table::default()
        };
        let on_supabase: bool = get(&row, 8)?;
        table.foreign |= on_supabase && OF_SUPABASE.contains(&table.schema.as_str());
        places.insert((table.schema.clone(), table.name.clone()), tables.len());
        tables.push(table);
    }
    // What was not counted, or cannot be told in time, counts as short.
    let wide = match session.rows(WIDE, &[]).await {
        Err(Refused::Lost) => return Err(Refused::Lost),
        rows => rows.unwrap_or_default(),
    };
    for row in wide {
        let column: String = get(&row, 2)?;
        let table = places.get(&(get(&row, 0)?, get(&row, 1)?)).and_then(|&at| tables.get_mut(at));
        let long: bool = get(&row, 3)?;
        let known = |table: &Table| long || table.rows.is_some_and(|rows| rows >= SAMPLED);
        if let Some(table) = table.filter(|table| known(table) && table.unbounded.contains(&column)) {
            table.wide.push(column);
        }
    }
    for row in session.rows(INDEXES, &[]).await? {
        let keys: Vec<String> = get(&row, 5)?;
        let index = Index {
            name: get(&row, 2)?,
            ordered: get(&row, 3)?,
            predicate: get(&row, 4)?,
            keys: keys.into_iter().map(unquoted).collect(),
            method: get(&row, 6)?,
            unique: get(&row, 7)?,
            bound: get(&row, 8)?,
            not_null: get(&row, 9)?,
            orders: orders(get(&row, 10)?, &get::<Vec<i32>>(&row, 11)?),
            included: get::<Vec<String>>(&row, 12)?.into_iter().map(unquoted).collect(),
        };
        let place = (get(&row, 0)?, get(&row, 1)?);
        if let Some(table) = places.get(&place).and_then(|&at| tables.get_mut(at)) {
            table.indexes.push(index);
        }
    }
    for row in session.rows(KEYS, &[]).await? {
        let place = (get(&row, 2)?, get(&row, 3)?);
        let Some(table) = places.get(&place).and_then(|&at| tables.get_mut(at)) else { continue };
        let columns = get(&row, 4)?;
        if get(&row, 0)? {
            table.primary_key = columns;
            continue;
        }
        table.foreign_keys.push(ForeignKey {
            name: get(&row, 1)?,
            columns,
            to_schema: get(&row, 5)?,
            to_table: get(&row, 6)?,
            to_columns: get(&row, 7)?,
        });
    }
    let own = own::read(session).await?;
    let superuser = session.rows(SUPERUSER, &[]).await?.first().map(|row| get(row, 0)).transpose()?.unwrap_or(false);
    Ok((Catalog::new(tables), own, superuser))
}

/// The estimate of the last VACUUM or ANALYZE; negative before the first (zero, before version 14).
fn rows_of(estimate: f64) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate, and `as` saturates")]
    (estimate > 0.0).then(|| estimate.round() as u64)
}

/// Bits of `pg_index.indoption`: 1 for descending, 2 for nulls first.
fn orders(compares: Vec<String>, options: &[i32]) -> Vec<KeyOrder> {
    let with = |(compares, options): (String, &i32)| KeyOrder {
        compares,
        descending: options & 1 != 0,
        nulls_first: options & 2 != 0,
    };
    compares.into_iter().zip(options).map(with).collect()
}

/// `"userId"` as `userId`.
fn unquoted(key: String) -> String {
    match key.strip_prefix('"').and_then(|key| key.strip_suffix('"')) {
        Some(name) if !name.contains('"') => name.to_owned(),
        _ => key,
    }
}

/// A column of a row.
pub fn get<'r, T: sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>>(
    row: &'r PgRow,
    column: usize,
) -> Result<T, Refused> {
    row.try_get(column).map_err(|_| Refused::Other("its answer is not what PostgreSQL 12 and later give".to_owned()))
}

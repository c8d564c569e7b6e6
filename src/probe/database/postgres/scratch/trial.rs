//! Proves an index: makes it in the scratch cluster, as large as it would be, plans the query again, and rolls back.

use std::collections::HashMap;

use serde_json::Value;
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::super::session::{Ask, IN_FULL, Planner};
use super::blueprint::{Blueprint, Index};
use super::copy::{Copy, quoted};
use super::files::Sparse;
use super::sizes::is_stored;
use super::{At, Scratch, Worker};
use crate::probe::database::lexer::Dialect;
use crate::probe::database::proposals::candidate::Candidate;

/// The part of a table that the condition of a partial index leaves, where the planner cannot say.
const UNKNOWN_SHARE: f64 = 0.2;

/// Every index of a trial, with those that it has on partitions.
const MADE: &str = "WITH RECURSIVE made(root, oid) AS ( \
      SELECT c.relname::text, c.oid FROM pg_catalog.pg_class c WHERE c.relname LIKE 'gonogo\\_try\\_%' AND c.relkind IN ('i', 'I') \
      UNION ALL SELECT m.root, i.inhrelid FROM made m JOIN pg_catalog.pg_inherits i ON i.inhparent = m.oid) \
    SELECT m.root, c.oid::int8, c.relname::text, pg_catalog.pg_relation_filepath(c.oid), x.indrelid::int8, a.amname::text, x.indnkeyatts::int4, \
      ARRAY(SELECT coalesce(t.attname::text, '') FROM pg_catalog.unnest(x.indkey) WITH ORDINALITY k(number, place) \
            LEFT JOIN pg_catalog.pg_attribute t ON t.attrelid = x.indrelid AND t.attnum = k.number AND k.number > 0 ORDER BY k.place) \
    FROM made m JOIN pg_catalog.pg_class c ON c.oid = m.oid JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid \
    JOIN pg_catalog.pg_am a ON a.oid = c.relam WHERE c.relkind = 'i'";

/// What a trial shows.
pub struct Trial {
    /// The plan with the indexes.
    pub plan: Value,
    /// For each candidate the names of what was made for it.
    pub names: Vec<Vec<String>>,
}

impl Scratch {
    /// Plans `ask` as if there were these indexes. `None` where one of them cannot be made.
    pub async fn try_indexes(&mut self, ask: &Ask, candidates: &[Candidate]) -> Option<Trial> {
        self.grow_if_needed().await?;
        let mut worker = self.workers.pop()?;
        let tables: Vec<i64> = self.tables(candidates)?;
        // An index is made by reading the table, which is quick if there is nothing to read.
        let emptied = tables.iter().try_for_each(|&oid| self.stage.empty(oid));
        let trial = match emptied {
            Ok(()) => self.tried(&mut worker, ask, candidates, &tables).await,
            Err(_) => None,
        };
        let ended = worker.run("ROLLBACK").await;
        self.workers.push(worker);
        // Making an index writes the table's size anew, and rolling back does not take that back.
        self.stage.restore(&mut self.owner, &self.copy, &tables).await.ok()?;
        ended.ok()?;
        trial
    }

    /// What lies under the candidates' tables, on the user's server.
    fn tables(&self, candidates: &[Candidate]) -> Option<Vec<i64>> {
        let mut found: Vec<i64> = Vec::new();
        for candidate in candidates {
            let table = self.blueprint.relations.iter().find(|known| {
                known.name == candidate.table && (candidate.schema.is_empty() || known.schema == candidate.schema)
            })?;
            found.push(table.oid);
        }
        // Partitions come with their whole, in several steps.
        let mut at = 0;
        while let Some(&oid) = found.get(at) {
            for part in self.blueprint.relations.iter().filter(|part| part.is_partition && part.parents.contains(&oid))
            {
                if !found.contains(&part.oid) {
                    found.push(part.oid);
                }
            }
            at += 1;
        }
        let stored = |oid: &i64| self.blueprint.relations.iter().any(|known| known.oid == *oid && is_stored(known));
        found.retain(stored);
        found.dedup();
        Some(found)
    }

    async fn tried(
        &mut self,
        worker: &mut Worker,
        ask: &Ask,
        candidates: &[Candidate],
        tables: &[i64],
    ) -> Option<Trial> {
        worker.run("BEGIN READ WRITE").await.ok()?;
        for (number, candidate) in candidates.iter().enumerate() {
            worker.run(&statement(number, candidate)).await.ok()?;
        }
        let rows = worker.rows(MADE).await.ok()?;
        let mut names: Vec<Vec<String>> = vec![Vec::new(); candidates.len()];
        let made: Vec<(usize, Fresh)> = rows.iter().filter_map(|row| fresh(row, &self.copy, &self.blueprint)).collect();
        if made.len() != rows.len() {
            return None;
        }
        let mut shares = Vec::new();
        self.stage.refill(tables).ok()?;
        for candidate in candidates {
            shares.push(share(worker, candidate).await);
        }
        let mut sizes = self.stage.sizes_of(&self.copy, tables);
        for (number, one) in made {
            names.get_mut(number)?.push(one.name);
            let mut size = self.stage.size_of(&self.blueprint, &one.index)?;
            let share = shares.get(number).copied().unwrap_or(1.0);
            (size.pages, size.rows) = ((size.pages * share).ceil().max(2.0), (size.rows * share).round());
            let mut file = Sparse::new(self.stage.place(&one.path)).ok()?;
            file.resize(size.pages, &self.stage.place("")).ok()?;
            sizes.push((one.oid, size));
        }
        worker.size(&sizes).await.ok()?;
        let plan = worker.explain(&[ask], Planner::NATURAL, IN_FULL).await.pop()?.ok()?;
        Some(Trial { plan, names })
    }

    async fn grow_if_needed(&mut self) -> Option<()> {
        if self.stage.at == Some(At::Judged) { Some(()) } else { self.grow(At::Judged).await.ok() }
    }
}

/// An index that was just made.
struct Fresh {
    oid: i64,
    name: String,
    path: String,
    index: Index,
}

fn fresh(row: &PgRow, copy: &Copy, blueprint: &Blueprint) -> Option<(usize, Fresh)> {
    let root: String = row.try_get(0).ok()?;
    let number = root.strip_prefix("gonogo_try_")?.parse().ok()?;
    let table: i64 = row.try_get(4).ok()?;
    let relation = copy.made.iter().find(|(_, made)| made.oid == table).map(|(&oid, _)| oid)?;
    let names: Vec<String> = row.try_get(7).ok()?;
    let numbers: HashMap<&str, i32> = blueprint
        .columns
        .iter()
        .filter(|column| column.relation == relation)
        .map(|column| (column.name.as_str(), column.number))
        .collect();
    let index = Index {
        relation,
        method: row.try_get(5).ok()?,
        leading: usize::try_from(row.try_get::<i32, _>(6).ok()?).ok()?,
        keys: names.iter().map(|name| numbers.get(name.as_str()).copied().unwrap_or(0)).collect(),
        ..Index::default()
    };
    Some((number, Fresh { oid: row.try_get(1).ok()?, name: row.try_get(2).ok()?, path: row.try_get(3).ok()?, index }))
}

fn table(candidate: &Candidate) -> String {
    match candidate.schema.as_str() {
        "" => quoted(&candidate.table),
        schema => format!("{}.{}", quoted(schema), quoted(&candidate.table)),
    }
}

fn statement(number: usize, candidate: &Candidate) -> String {
    let keys: Vec<String> = candidate.keys.iter().map(|key| key.sql(Dialect::Postgres)).collect();
    let method = candidate.method.map(|method| format!(" USING {method}")).unwrap_or_default();
    let condition = candidate.predicate.as_ref().map(|sql| format!(" WHERE {sql}")).unwrap_or_default();
    format!("CREATE INDEX gonogo_try_{number} ON {}{method} ({}){condition}", table(candidate), keys.join(", "))
}

/// The part of the table that the condition of a partial index leaves.
async fn share(worker: &mut Worker, candidate: &Candidate) -> f64 {
    let Some(predicate) = &candidate.predicate else { return 1.0 };
    let table = table(candidate);
    let mut rows = Vec::new();
    for sql in [format!("SELECT 1 FROM {table} WHERE {predicate}"), format!("SELECT 1 FROM {table}")] {
        rows.push(worker.estimate(&sql).await);
    }
    match rows.as_slice() {
        [Some(part), Some(all)] if *all > 0.0 => (part / all).clamp(0.0, 1.0),
        _ => UNKNOWN_SHARE,
    }
}

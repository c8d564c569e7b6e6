//! Proves an index: makes it in the scratch cluster, as large as it would be, and plans the query again. Outside of its
//! trials the planner does not see it.

use std::collections::HashMap;

use serde_json::Value;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use super::super::session::Ask;
use super::blueprint::{Blueprint, Index, Relation};
use super::copy::{Copy, quoted};
use super::sizes::is_stored;
use super::stage::write_down;
use super::{At, Scratch, Worker};
use crate::probe::database::lexer::Dialect;
use crate::probe::database::proposals::candidate::Candidate;

/// The part of a table that the condition of a partial index leaves, where the planner cannot say.
const UNKNOWN_SHARE: f64 = 0.2;

/// What a trial shows.
pub struct Trial {
    /// The plan with the indexes.
    pub plan: Value,
    /// For each candidate the names of what was made for it.
    pub names: Vec<Vec<String>>,
}

/// An index that was made for a trial, with those on partitions, and that the planner sees in trials alone.
#[derive(Debug, Clone)]
pub struct Kept {
    oids: Vec<i64>,
    names: Vec<String>,
}

impl Scratch {
    /// Plans `ask` as if there were these indexes, without those that cannot be made. `None` where none can.
    pub async fn try_indexes(&mut self, ask: &Ask, candidates: &[Candidate]) -> Option<Trial> {
        if self.stage.at != Some(At::Judged) {
            self.grow(At::Judged).await.ok()?;
        }
        let mut oids = Vec::new();
        let mut names = Vec::new();
        for candidate in candidates {
            let kept = self.kept(candidate).await;
            oids.extend(kept.iter().flat_map(|kept| kept.oids.iter().copied()));
            names.push(kept.map_or_else(Vec::new, |kept| kept.names));
        }
        if oids.is_empty() && !candidates.is_empty() {
            return None;
        }
        let plan = self.maker.trial(&oids, ask).await.ok()?;
        Some(Trial { plan, names })
    }

    /// The index of a candidate, made when it is first wanted.
    async fn kept(&mut self, candidate: &Candidate) -> Option<Kept> {
        let name = format!("gonogo_try_{}", self.kept.len());
        let key = statement("", candidate);
        if let Some(kept) = self.kept.get(&key) {
            return kept.clone();
        }
        let kept = self.make(&name, candidate).await;
        self.kept.insert(key, kept.clone());
        kept
    }

    async fn make(&mut self, name: &str, candidate: &Candidate) -> Option<Kept> {
        let tables: Vec<i64> = self.tables(candidate)?;
        // An index is made by reading the table, which is quick if there is nothing to read.
        tables.iter().try_for_each(|&oid| self.stage.empty(oid)).ok()?;
        let made = self.maker.make(&statement(name, candidate)).await;
        self.stage.refill(&tables).ok()?;
        made.ok()?;
        let rows = hidden(&mut self.owner, name).await.ok()?;
        let made: Vec<Fresh> = rows.iter().filter_map(|row| fresh(row, &self.copy, &self.blueprint)).collect();
        if made.is_empty() || made.len() != rows.len() {
            return None;
        }
        // Making an index writes the table's size anew.
        let mut sizes = self.stage.sizes_of(&self.copy, &tables);
        let share = share(&mut self.maker, candidate).await;
        for one in &made {
            let mut size = self.stage.size_of(&self.blueprint, &one.index)?;
            (size.pages, size.rows) = ((size.pages * share).ceil().max(2.0), (size.rows * share).round());
            self.stage.file(&one.path).and_then(|mut file| file.resize(size.pages)).ok()?;
            sizes.push((one.oid, size));
        }
        write_down(&mut self.owner, &sizes).await.ok()?;
        let (oids, names) = made.into_iter().map(|one| (one.oid, one.name)).unzip();
        Some(Kept { oids, names })
    }

    /// The tables below the candidate's table, on the user's server: itself, or its parts.
    fn tables(&self, candidate: &Candidate) -> Option<Vec<i64>> {
        let same = |known: &&Relation| {
            known.name == candidate.table && (candidate.schema.is_empty() || known.schema == candidate.schema)
        };
        let mut found = vec![self.blueprint.relations.iter().find(same)?.oid];
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
        Some(found)
    }
}

/// An index that was just made.
struct Fresh {
    oid: i64,
    name: String,
    path: String,
    index: Index,
}

fn fresh(row: &PgRow, copy: &Copy, blueprint: &Blueprint) -> Option<Fresh> {
    let table: i64 = row.try_get(3).ok()?;
    let relation = copy.made.iter().find(|(_, made)| made.oid == table).map(|(&oid, _)| oid)?;
    let names: Vec<String> = row.try_get(6).ok()?;
    let numbers: HashMap<&str, i32> = blueprint
        .columns
        .iter()
        .filter(|column| column.relation == relation)
        .map(|column| (column.name.as_str(), column.number))
        .collect();
    let index = Index {
        relation,
        method: row.try_get(4).ok()?,
        leading: usize::try_from(row.try_get::<i32, _>(5).ok()?).ok()?,
        keys: names.iter().map(|name| numbers.get(name.as_str()).copied().unwrap_or(0)).collect(),
        ..Index::default()
    };
    Some(Fresh { oid: row.try_get(0).ok()?, name: row.try_get(1).ok()?, path: row.try_get(2).ok()?, index })
}

fn table(candidate: &Candidate) -> String {
    match candidate.schema.as_str() {
        "" => quoted(&candidate.table),
        schema => format!("{}.{}", quoted(schema), quoted(&candidate.table)),
    }
}

fn statement(name: &str, candidate: &Candidate) -> String {
    let keys: Vec<String> = candidate.keys.iter().map(|key| key.sql(Dialect::Postgres)).collect();
    let method = candidate.method.map(|method| format!(" USING {method}")).unwrap_or_default();
    let condition = candidate.predicate.as_ref().map(|sql| format!(" WHERE {sql}")).unwrap_or_default();
    format!("CREATE INDEX {name} ON {}{method} ({}){condition}", table(candidate), keys.join(", "))
}

/// Hides an index of this name from the planner; tells what was made of it.
async fn hidden(owner: &mut PgConnection, name: &str) -> Result<Vec<PgRow>, sqlx::Error> {
    sqlx::query("SELECT m.*, gonogo_scratch.show(ARRAY[m.made], false)::text FROM gonogo_scratch.made($1) m")
        .bind(name)
        .persistent(false)
        .fetch_all(owner)
        .await
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

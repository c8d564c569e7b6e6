//! Proves an index: makes it in the scratch cluster, as large as it would be, and plans the query again. Outside of its
//! trials the planner does not see it.

use std::collections::{BTreeSet, HashMap};

use futures_util::future::join_all;
use serde_json::Value;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use super::super::plan;
use super::super::session::{Ask, Planner};
use super::blueprint::{Blueprint, Index, Relation};
use super::copy::{Copy, quoted};
use super::sizes::{Size, Sizes, is_stored};
use super::stage::write_down;
use super::{At, Scratch, Worker};
use crate::probe::database::lexer::Dialect;
use crate::probe::database::placeholders::Prepared;
use crate::probe::database::proposals::candidate::Candidate;

/// The part of a table that the condition of a partial index leaves, where the planner cannot say.
const UNKNOWN_SHARE: f64 = 0.2;

/// What a trial shows.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The cost with the indexes.
    pub cost: Option<f64>,
    /// The names of the indexes that the plan uses.
    pub uses: BTreeSet<String>,
}

/// An index that was made for a trial, with those on partitions, and that the planner sees in trials alone.
#[derive(Debug, Clone)]
pub struct Kept {
    oids: Vec<i64>,
    names: Vec<String>,
}

/// What has been tried.
#[derive(Default)]
pub struct Tries {
    /// What was made for candidates, by their statements; `None` where that failed.
    kept: HashMap<String, Option<Kept>>,
    /// What a query's plan with so many of these was, by the statement that prepares the query; `None` where there is none.
    seen: HashMap<(String, Vec<i64>), Option<Trial>>,
}

/// An index that is to be made.
struct New<'a> {
    key: String,
    name: String,
    candidate: &'a Candidate,
    tables: Vec<i64>,
    /// The part of the table that it holds.
    share: f64,
}

impl Scratch {
    /// Plans each query as if there were these indexes, without those that cannot be made; all of them side by side.
    /// What this shows is kept.
    pub async fn try_ahead(&mut self, all: &[(&Ask, &[Candidate])]) {
        if self.stage.at != Some(At::Judged)
            && let Err(reason) = self.grow(At::Judged).await
        {
            self.spoiled = Some(reason);
        }
        let candidates: Vec<&Candidate> = all.iter().flat_map(|(_, candidates)| candidates.iter()).collect();
        if self.spoiled.is_none() {
            self.make(&candidates).await;
        }
        if self.spoiled.is_some() {
            return;
        }
        let mut shares: Vec<Vec<(Vec<i64>, &Ask)>> = self.workers.iter().map(|_| Vec::new()).collect();
        let mut keys: Vec<Vec<(String, Vec<i64>)>> = shares.iter().map(|_| Vec::new()).collect();
        for (number, (ask, candidates)) in all.iter().enumerate() {
            let Some(oids) = self.oids(candidates) else { continue };
            let key = (ask.prepare(""), oids.clone());
            if self.tries.seen.contains_key(&key) {
                continue;
            }
            // One connection knows the query already.
            let known = self.workers.iter().position(|worker| worker.knows(ask));
            let at = known.unwrap_or_else(|| number.checked_rem(shares.len()).unwrap_or(0));
            if let (Some(share), Some(keys)) = (shares.get_mut(at), keys.get_mut(at)) {
                self.tries.seen.insert(key.clone(), None);
                share.push((oids, ask));
                keys.push(key);
            }
        }
        let each = self.workers.iter_mut().zip(&shares).map(|(worker, share)| worker.trials(share));
        for (key, plan) in keys.into_iter().flatten().zip(join_all(each).await.into_iter().flatten()) {
            let trial = plan.ok().map(|plan| Trial { cost: plan::cost(&plan), uses: plan::indexes(&plan) });
            self.tries.seen.insert(key, trial);
        }
    }

    /// Plans `ask` as if there were these indexes, without those that cannot be made; with the names of what was made for
    /// each. `None` where none can.
    pub async fn try_indexes(&mut self, ask: &Ask, candidates: &[Candidate]) -> Option<(Trial, Vec<Vec<String>>)> {
        self.try_ahead(&[(ask, candidates)]).await;
        let oids = self.oids(candidates)?;
        let trial = self.tries.seen.get(&(ask.prepare(""), oids))?.clone()?;
        let kept = candidates.iter().map(|candidate| self.tries.kept.get(&statement("", candidate))?.as_ref());
        Some((trial, kept.map(|kept| kept.map_or_else(Vec::new, |kept| kept.names.clone())).collect()))
    }

    /// Whether what this shows is kept.
    #[must_use]
    pub fn has_tried(&self, ask: &Ask, candidates: &[Candidate]) -> bool {
        self.oids(candidates).is_some_and(|oids| self.tries.seen.contains_key(&(ask.prepare(""), oids)))
    }

    /// What was made for these, in ascending order. `None` where nothing could be.
    fn oids(&self, candidates: &[Candidate]) -> Option<Vec<i64>> {
        let kept = candidates.iter().filter_map(|candidate| self.tries.kept.get(&statement("", candidate))?.as_ref());
        let oids: BTreeSet<i64> = kept.flat_map(|kept| kept.oids.iter().copied()).collect();
        (!oids.is_empty() || candidates.is_empty()).then(|| oids.into_iter().collect())
    }

    /// Makes the indexes of those candidates for which none was made yet, all in one go.
    async fn make(&mut self, candidates: &[&Candidate]) {
        let mut wanted: Vec<New<'_>> = Vec::new();
        for candidate in candidates {
            let key = statement("", candidate);
            if self.tries.kept.contains_key(&key) {
                continue;
            }
            let name = format!("gonogo_try_{}", self.tries.kept.len());
            self.tries.kept.insert(key.clone(), None);
            if let Some(tables) = self.tables(candidate) {
                wanted.push(New { key, name, candidate, tables, share: 1.0 });
            }
        }
        if wanted.is_empty() {
            return;
        }
        if let Some(worker) = self.workers.first_mut() {
            weigh(worker, &mut wanted).await;
        }
        match self.make_all(wanted).await {
            Ok(all) => self.tries.kept.extend(all.into_iter().map(|(key, kept)| (key, Some(kept)))),
            Err(reason) => self.spoiled = Some(reason),
        }
    }

    /// Makes them; those that cannot be made are left out.
    ///
    /// # Errors
    /// What went wrong, as a phrase, when the tables are not as they were or an index is in sight that should not be.
    async fn make_all(&mut self, wanted: Vec<New<'_>>) -> Result<Vec<(String, Kept)>, String> {
        let tables: BTreeSet<i64> = wanted.iter().flat_map(|new| new.tables.iter().copied()).collect();
        // An index is made by reading the table, which is quick if there is nothing to read.
        let emptied = tables.iter().try_for_each(|&oid| self.stage.empty(oid));
        if emptied.is_ok() {
            // Those of one table are made by one connection.
            let mut roots: Vec<i64> = wanted.iter().filter_map(|new| new.tables.first().copied()).collect();
            roots.sort_unstable();
            roots.dedup();
            let mut shares: Vec<Vec<String>> = self.workers.iter().map(|_| Vec::new()).collect();
            for new in &wanted {
                let root = new.tables.first().and_then(|root| roots.binary_search(root).ok()).unwrap_or(0);
                let at = root.checked_rem(shares.len()).unwrap_or(0);
                if let Some(share) = shares.get_mut(at) {
                    share.push(statement(&new.name, new.candidate));
                }
            }
            join_all(self.workers.iter_mut().zip(shares).map(|(worker, share)| worker.make(share))).await;
        }
        self.stage.refill(&tables)?;
        let names: Vec<&str> = wanted.iter().map(|new| new.name.as_str()).collect();
        let unheard = |_| "the scratch server did not do as it was told".to_owned();
        let rows = made(&mut self.owner, &names).await.map_err(unheard)?;
        let mut by_name: HashMap<String, Vec<Option<Fresh>>> = HashMap::new();
        for row in &rows {
            let name = row.try_get(7).map_err(unheard)?;
            by_name.entry(name).or_default().push(fresh(row, &self.copy, &self.blueprint));
        }
        // Making an index writes the table's size anew.
        let mut sizes = self.stage.sizes_of(&self.copy, &tables);
        let reckoned = Sizes::new(&self.blueprint, 1.0);
        let mut kept = Vec::new();
        for new in wanted {
            let made: Option<Vec<Fresh>> = by_name.remove(&new.name).into_iter().flatten().collect();
            let Some(made) = made.filter(|made| !made.is_empty()) else { continue };
            let sized: Option<Vec<(i64, Size)>> = made
                .iter()
                .map(|one| {
                    let mut size = self.stage.size_of(&reckoned, &one.index)?;
                    (size.pages, size.rows) =
                        ((size.pages * new.share).ceil().max(2.0), (size.rows * new.share).round());
                    self.stage.file(&one.path).and_then(|mut file| file.resize(size.pages)).ok()?;
                    Some((one.oid, size))
                })
                .collect();
            let Some(sized) = sized else { continue };
            sizes.extend(sized);
            let (oids, names) = made.into_iter().map(|one| (one.oid, one.name)).unzip();
            kept.push((new.key, Kept { oids, names }));
        }
        write_down(&mut self.owner, &sizes).await.map_err(unheard)?;
        Ok(kept)
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

/// Hides indexes of these names from the planner; tells what was made of them.
async fn made(owner: &mut PgConnection, names: &[&str]) -> Result<Vec<PgRow>, sqlx::Error> {
    let made = sqlx::query("SELECT * FROM gonogo_scratch.made($1)").bind(names).persistent(false);
    let rows = made.fetch_all(&mut *owner).await?;
    let oids: Vec<i64> = rows.iter().filter_map(|row| row.try_get(0).ok()).collect();
    sqlx::query("SELECT gonogo_scratch.show($1, false)").bind(oids).persistent(false).execute(owner).await?;
    Ok(rows)
}

/// Asks for the part of the table that the condition of each partial index leaves.
async fn weigh(worker: &mut Worker, wanted: &mut [New<'_>]) {
    let mut places = Vec::new();
    let mut asks = Vec::new();
    for (at, new) in wanted.iter_mut().enumerate() {
        let Some(predicate) = &new.candidate.predicate else { continue };
        new.share = UNKNOWN_SHARE;
        let table = table(new.candidate);
        let both = [format!("SELECT 1 FROM {table} WHERE {predicate}"), format!("SELECT 1 FROM {table}")];
        if let [Ok(part), Ok(all)] = both.map(|sql| Prepared::new(&sql, Dialect::Postgres)) {
            places.push(at);
            asks.extend([Ask::of(&part), Ask::of(&all)]);
        }
    }
    let plans = worker.explain(&asks.iter().collect::<Vec<_>>(), Planner::NATURAL, "FORMAT JSON").await;
    let rows = |plan: &Result<Value, _>| plan.as_ref().ok()?.pointer("/0/Plan/Plan Rows")?.as_f64();
    for (at, pair) in places.into_iter().zip(plans.chunks(2)) {
        if let ([Some(part), Some(all)], Some(new)) =
            (pair.iter().map(rows).collect::<Vec<_>>().as_slice(), wanted.get_mut(at))
            && *all > 0.0
        {
            new.share = (part / all).clamp(0.0, 1.0);
        }
    }
}

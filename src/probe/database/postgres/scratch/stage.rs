//! Sets the scene: every table and index of the copy as large as it would be, in files, catalogue and statistics.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;
use sqlx::postgres::PgConnection;

use super::At;
use super::blueprint::{Blueprint, Column, Index, Statistics};
use super::copy::Copy;
use super::files::{self, MOST_SEGMENTS, Sparse, User};
use super::grow::{self, Nature, Natures};
use super::sizes::{Size, Sizes, is_stored};

/// Statistics that are sent in one go.
const AT_ONCE: usize = 500;

/// The scene.
pub struct Stage {
    data: PathBuf,
    /// Whom the server runs as.
    user: User,
    files: HashMap<i64, Sparse>,
    /// Rows now and rows as judged, by table.
    rows: HashMap<i64, (f64, f64)>,
    natures: HashMap<(i64, i32), Nature>,
    /// Tables whose statistics are those of a table that has grown.
    grown: BTreeSet<i64>,
    /// Whether statistics were ever written.
    learned: bool,
    /// What it was last set to, and the sizes that this gave.
    pub at: Option<At>,
    targets: Vec<(i64, Size)>,
    /// Tables that the database has never counted.
    pub uncounted: usize,
}

impl Stage {
    /// Of a copy whose files lie in `data` and are those of `user`.
    pub fn new(blueprint: &Blueprint, copy: &Copy, data: &Path, user: User, rows: f64) -> Result<Self, String> {
        let sizes = Sizes::new(blueprint, rows);
        let natures = Natures::new(blueprint, &sizes);
        let natures =
            blueprint.columns.iter().map(|column| ((column.relation, column.number), natures.of(column))).collect();
        let stored = blueprint.relations.iter().filter(|relation| is_stored(relation)).map(|relation| relation.oid);
        let stored: Vec<i64> = stored.collect();
        let indexes = blueprint.indexes.iter().filter(|index| !index.partitioned).map(|index| index.oid);
        let mut files = HashMap::new();
        for oid in stored.iter().copied().chain(indexes) {
            if let Some(path) = copy.made.get(&oid).and_then(|made| made.path.as_ref()) {
                files.insert(oid, Sparse::new(data.join(path), user).map_err(|error| cannot(&error))?);
            }
        }
        let rows = stored.iter().filter_map(|&oid| Some((oid, sizes.of(oid)?))).collect();
        let uncounted = sizes.uncounted;
        Ok(Self {
            data: data.to_owned(),
            user,
            files,
            rows,
            natures,
            grown: BTreeSet::new(),
            learned: false,
            at: None,
            targets: Vec::new(),
            uncounted,
        })
    }

    /// The rows of a table at a size.
    pub fn rows(&self, relation: i64, at: At) -> Option<f64> {
        let &(now, judged) = self.rows.get(&relation)?;
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        Some(match at {
            At::Times(times) => now * times as f64,
            At::Judged => judged,
        })
    }

    /// Makes it so.
    pub async fn set(
        &mut self,
        owner: &mut PgConnection,
        blueprint: &Blueprint,
        copy: &Copy,
        at: At,
    ) -> Result<(), String> {
        let targets = self.targets(blueprint, at);
        let needed: u64 = targets.iter().map(|(_, size)| files::segments(size.pages)).sum::<u64>();
        if needed > MOST_SEGMENTS + targets.len() as u64 {
            return Err("the tables would be too large".to_owned());
        }
        // Until all of it is done it is of no size at all.
        self.at = None;
        self.learn(owner, blueprint, copy, at).await.map_err(|_| "their statistics could not be written".to_owned())?;
        self.targets = targets;
        let all: Vec<i64> = self.targets.iter().map(|(oid, _)| *oid).collect();
        self.write(owner, copy, &all).await?;
        self.at = Some(at);
        Ok(())
    }

    /// Gives files their sizes, and then writes these down: that is what makes the server look at the files again.
    async fn write(&mut self, owner: &mut PgConnection, copy: &Copy, oids: &[i64]) -> Result<(), String> {
        let oids: BTreeSet<i64> = oids.iter().copied().collect();
        let mut sizes = Vec::new();
        for (oid, size) in self.targets.iter().filter(|(oid, _)| oids.contains(oid)) {
            let (Some(made), Some(file)) = (copy.made.get(oid), self.files.get_mut(oid)) else { continue };
            file.resize(size.pages).map_err(|error| cannot(&error))?;
            sizes.push((made.oid, *size));
        }
        write_down(owner, &sizes).await.map_err(|_| "their sizes could not be written".to_owned())
    }

    /// Lets a table hold nothing for a moment.
    pub fn empty(&mut self, table: i64) -> io::Result<()> {
        self.files.get_mut(&table).map_or(Ok(()), |file| file.resize(0.0))
    }

    /// Gives tables that were emptied their size again, in the files alone.
    pub fn refill(&mut self, tables: &BTreeSet<i64>) -> Result<(), String> {
        for (oid, size) in self.targets.iter().filter(|(oid, _)| tables.contains(oid)) {
            if let Some(file) = self.files.get_mut(oid) {
                file.resize(size.pages).map_err(|error| cannot(&error))?;
            }
        }
        Ok(())
    }

    /// The sizes of tables, by their numbers in the copy.
    pub fn sizes_of(&self, copy: &Copy, tables: &BTreeSet<i64>) -> Vec<(i64, Size)> {
        let sized = self.targets.iter().filter(|(oid, _)| tables.contains(oid));
        sized.filter_map(|(oid, size)| Some((copy.made.get(oid)?.oid, *size))).collect()
    }

    /// How large an index of a table would be.
    pub fn size_of(&self, sizes: &Sizes<'_>, index: &Index) -> Option<Size> {
        let table = self.targets.iter().find(|(oid, _)| *oid == index.relation)?.1;
        let (now, _) = self.rows.get(&index.relation).copied()?;
        Some(sizes.index(index, now, table, &|column| self.distinct(column)))
    }

    /// A file of the cluster's.
    pub fn file(&self, path: &str) -> io::Result<Sparse> {
        Sparse::new(self.data.join(path), self.user)
    }

    /// How many different values a column has: a part of the rows (negative), or a number.
    fn distinct(&self, column: &Column) -> Option<f64> {
        match self.natures.get(&(column.relation, column.number))? {
            Nature::Kinds(values) => Some(*values),
            Nature::Keys(part) => Some(-part),
            Nature::Unknown => None,
        }
    }

    fn targets(&self, blueprint: &Blueprint, at: At) -> Vec<(i64, Size)> {
        let sizes = Sizes::new(blueprint, 1.0);
        let mut targets = Vec::new();
        let mut tables = HashMap::new();
        for relation in &blueprint.relations {
            if let Some(rows) = self.rows(relation.oid, at) {
                let size = sizes.table(relation, rows);
                tables.insert(relation.oid, size);
                targets.push((relation.oid, size));
            }
        }
        for index in blueprint.indexes.iter().filter(|index| !index.partitioned) {
            let Some(&table) = tables.get(&index.relation) else { continue };
            let (now, _) = self.rows.get(&index.relation).copied().unwrap_or_default();
            targets.push((index.oid, sizes.index(index, now, table, &|column| self.distinct(column))));
        }
        targets
    }

    /// Writes the statistics of those tables that have become larger, or small again, since the last time.
    async fn learn(
        &mut self,
        owner: &mut PgConnection,
        blueprint: &Blueprint,
        copy: &Copy,
        at: At,
    ) -> Result<(), sqlx::Error> {
        let now: BTreeSet<i64> = self
            .rows
            .iter()
            .filter(|(oid, (now, _))| self.rows(**oid, at).is_some_and(|rows| rows > now * 1.5))
            .map(|(oid, _)| *oid)
            .collect();
        // A partitioned table is planned by the statistics of the whole, which grow with its parts.
        let wholes = blueprint.relations.iter().filter(|relation| relation.kind == "p").map(|relation| relation.oid);
        let any = !now.is_empty();
        let now: BTreeSet<i64> = now.into_iter().chain(wholes.filter(|_| any)).collect();
        let changed = |oid: i64| !self.learned || now.contains(&oid) != self.grown.contains(&oid);
        let columns: HashMap<(i64, &str), &Column> =
            blueprint.columns.iter().map(|column| ((column.relation, column.name.as_str()), column)).collect();
        let mut known = BTreeSet::new();
        let mut all: Vec<Statistics> = Vec::new();
        for one in &blueprint.statistics {
            known.insert((one.relation, one.name.as_str()));
            let column = columns.get(&(one.relation, one.name.as_str()));
            let nature = column.and_then(|column| self.natures.get(&(column.relation, column.number)));
            // What an index's expression gives grows as it did so far.
            let of = column.map_or_else(|| self.table_of(blueprint, one.relation), |column| column.relation);
            if changed(of) {
                all.push(match nature {
                    Some(nature) if now.contains(&of) => grow::grown(one, *nature),
                    _ => one.clone(),
                });
            }
        }
        for column in
            blueprint.columns.iter().filter(|column| !known.contains(&(column.relation, column.name.as_str())))
        {
            let nature = self.natures.get(&(column.relation, column.number)).copied();
            if changed(column.relation)
                && let Some(assumed) = nature.and_then(|nature| grow::assumed(column, nature))
            {
                all.push(assumed);
            }
        }
        // Those of one relation are replaced together.
        all.sort_by_key(|one| one.relation);
        let groups = all.chunk_by(|a, b| a.relation == b.relation);
        let mut batch = Vec::new();
        for group in groups {
            let made = group.first().and_then(|one| copy.made.get(&one.relation));
            batch.extend(made.into_iter().flat_map(|made| group.iter().map(|one| written(one, made.oid))));
            if batch.len() >= AT_ONCE {
                send(owner, std::mem::take(&mut batch)).await?;
            }
        }
        if !batch.is_empty() {
            send(owner, batch).await?;
        }
        (self.grown, self.learned) = (now, true);
        Ok(())
    }

    fn table_of(&self, blueprint: &Blueprint, index: i64) -> i64 {
        blueprint.indexes.iter().find(|one| one.oid == index).map_or(index, |one| one.relation)
    }
}

/// Writes the sizes of relations of the copy into its catalogue.
pub async fn write_down(owner: &mut PgConnection, sizes: &[(i64, Size)]) -> Result<(), sqlx::Error> {
    let column = |of: fn(&Size) -> f64| sizes.iter().map(|(_, size)| of(size)).collect::<Vec<f64>>();
    sqlx::query("SELECT gonogo_scratch.size($1, $2, $3, $4)")
        .bind(sizes.iter().map(|(oid, _)| *oid).collect::<Vec<i64>>())
        .bind(column(|size| size.pages))
        .bind(column(|size| size.rows))
        .bind(column(|size| size.visible))
        .persistent(false)
        .execute(owner)
        .await
        .map(drop)
}

fn written(one: &Statistics, oid: i64) -> serde_json::Value {
    json!({
        "relation": oid, "name": one.name, "inherited": one.inherited, "null_frac": one.null_frac, "width": one.width.round(),
        "n_distinct": one.n_distinct,
        "common": one.common.as_ref().filter(|_| one.common_shares.is_some()), "common_shares": one.common_shares,
        "bounds": one.bounds, "correlation": one.correlation,
        "elements": one.elements.as_ref().filter(|_| one.element_shares.is_some()), "element_shares": one.element_shares,
    })
}

async fn send(owner: &mut PgConnection, batch: Vec<serde_json::Value>) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT gonogo_scratch.learn($1::text::json)")
        .bind(serde_json::Value::Array(batch).to_string())
        .persistent(false)
        .execute(owner)
        .await
        .map(drop)
}

fn cannot(error: &io::Error) -> String {
    format!("its files cannot be made longer ({})", error.kind())
}

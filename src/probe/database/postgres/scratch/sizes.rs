//! How many pages tables and indexes of so many rows fill.
//!
//! Layouts: PostgreSQL documentation, "Database Page Layout"; the source's `nbtree/README` for B-trees.

use std::collections::HashMap;

use super::blueprint::{Blueprint, Column, Index, Relation, Statistics};

/// What a page holds beside rows.
const PAGE: f64 = 8_192.0;
const PAGE_HEADER: f64 = 24.0;
/// The line pointer of a row or index entry.
const POINTER: f64 = 4.0;
/// A row's header, with the room to align it.
const ROW_HEADER: f64 = 24.0;
/// An index entry's header.
const ENTRY_HEADER: f64 = 8.0;
/// How full a B-tree's leaves are made.
const LEAF_FILL: f64 = 0.9;
/// Room that a B-tree's page gives to its neighbours' numbers.
const LEAF_TAIL: f64 = 16.0;
/// A row's number, of which a B-tree stores many behind one key (since PostgreSQL 13).
const ROW_NUMBER: f64 = 6.0;
/// How many at most, roughly: a sixth of a page.
const MOST_BEHIND_A_KEY: f64 = 200.0;
/// A value of varying length of which nothing is known (`get_typavgwidth`).
const UNKNOWN_WIDTH: f64 = 32.0;
/// A table of fewer pages says nothing about how many rows fit into one.
const TELLING_PAGES: f64 = 10.0;
/// A table that never held a row is taken to hold this part of the rows that are judged.
const PART_NOW: f64 = 1_000.0;
/// How much of a table a server that cleans up keeps visible to all.
const VISIBLE: f64 = 0.95;

/// A size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    pub pages: f64,
    pub rows: f64,
    /// Pages whose rows everyone sees.
    pub visible: f64,
}

/// What is known of the tables' sizes.
pub struct Sizes<'a> {
    blueprint: &'a Blueprint,
    columns: HashMap<i64, Vec<&'a Column>>,
    statistics: HashMap<(i64, &'a str), &'a Statistics>,
    /// Rows by now and rows that are judged, by table.
    tables: HashMap<i64, (f64, f64)>,
    /// Tables that the database has never counted.
    pub uncounted: usize,
}

impl<'a> Sizes<'a> {
    /// Of the tables of `blueprint`, judged at `rows` rows at least.
    pub fn new(blueprint: &'a Blueprint, rows: f64) -> Self {
        let mut columns: HashMap<i64, Vec<&Column>> = HashMap::new();
        for column in &blueprint.columns {
            columns.entry(column.relation).or_default().push(column);
        }
        let mut statistics = HashMap::new();
        for one in &blueprint.statistics {
            // What is known of a partitioned table with its parts stands in for what is known of it alone.
            let known = statistics.entry((one.relation, one.name.as_str())).or_insert(one);
            if known.inherited {
                *known = one;
            }
        }
        let mut sizes = Self { blueprint, columns, statistics, tables: HashMap::new(), uncounted: 0 };
        sizes.count(rows);
        sizes
    }

    fn count(&mut self, rows: f64) {
        let relations: HashMap<i64, &Relation> = self.blueprint.relations.iter().map(|r| (r.oid, r)).collect();
        let mut wholes: HashMap<i64, Vec<(i64, f64)>> = HashMap::new();
        for relation in self.blueprint.relations.iter().filter(|relation| is_stored(relation)) {
            let now = self.rows_now(relation);
            self.uncounted += usize::from(now.is_none());
            let mut whole = relation;
            // Partitions nest a few levels, and heirs inherit; the bound is against a loop in what we were told.
            for _ in 0..8 {
                let parent = whole.parents.first().and_then(|oid| relations.get(oid));
                let Some(parent) = parent else { break };
                whole = parent;
            }
            wholes.entry(whole.oid).or_default().push((relation.oid, now.unwrap_or(0.0)));
        }
        for (whole, parts) in wholes {
            let now: f64 = parts.iter().map(|(_, rows)| rows).sum();
            let number = f64::from(u32::try_from(parts.len()).unwrap_or(u32::MAX));
            let now_or_so = if now >= 1.0 { now } else { (rows / PART_NOW).max(1.0) };
            self.tables.insert(whole, (now_or_so, now_or_so.max(rows)));
            for (oid, part) in parts {
                // An heir that holds nothing yet is asked for by its own name one day, and is no part of the others then.
                let empty_heir =
                    oid != whole && part < 1.0 && relations.get(&oid).is_some_and(|heir| !heir.is_partition);
                let share = if now >= 1.0 && !empty_heir { part / now } else { number.recip() };
                self.tables.insert(oid, (share * now_or_so, share * now_or_so.max(rows)));
            }
        }
    }

    /// The rows that a table holds by now; `None` where the database has never counted them and there is no page either.
    fn rows_now(&self, relation: &Relation) -> Option<f64> {
        let blocks = relation.blocks.unwrap_or(relation.pages);
        if relation.rows < 0.0 || (relation.rows == 0.0 && relation.pages == 0.0) {
            return (blocks > 0.0).then(|| (blocks * self.rows_a_page(relation)).floor());
        }
        let density = if relation.pages > 0.0 { relation.rows / relation.pages } else { 0.0 };
        Some((density * blocks).round())
    }

    /// Rows now and rows as judged.
    pub fn of(&self, relation: i64) -> Option<(f64, f64)> {
        self.tables.get(&relation).copied()
    }

    /// What ANALYZE has said about a column.
    pub fn statistics(&self, relation: i64, name: &str) -> Option<&'a Statistics> {
        self.statistics.get(&(relation, name)).copied()
    }

    /// The columns of a table.
    pub fn columns(&self, relation: i64) -> &[&'a Column] {
        self.columns.get(&relation).map_or(&[], Vec::as_slice)
    }

    /// A table of so many rows.
    pub fn table(&self, relation: &Relation, rows: f64) -> Size {
        let density = if relation.pages >= TELLING_PAGES && relation.rows > 0.0 {
            relation.rows / relation.pages
        } else {
            self.rows_a_page(relation)
        };
        let pages = (rows / density).ceil().max(1.0);
        let kept = if relation.pages >= TELLING_PAGES { relation.visible / relation.pages } else { 0.0 };
        Size { pages, rows: rows.round(), visible: (pages * kept.max(VISIBLE)).floor() }
    }

    fn rows_a_page(&self, relation: &Relation) -> f64 {
        let mut bytes = ROW_HEADER;
        for column in self.columns(relation.oid) {
            let width = self.width(relation.oid, column);
            let nulls = self.statistics(relation.oid, &column.name).map_or(0.0, |known| known.null_frac);
            // Values of varying length that are short are not aligned.
            let step = if column.length < 0 { 1.0 } else { alignment(column) };
            bytes = (bytes / step).ceil() * step + width * (1.0 - nulls);
        }
        let full = option(relation, "fillfactor").unwrap_or(100.0) / 100.0;
        ((PAGE - PAGE_HEADER) * full / (to_eight(bytes) + POINTER)).floor().max(1.0)
    }

    fn width(&self, relation: i64, column: &Column) -> f64 {
        if column.length > 0 {
            return f64::from(column.length);
        }
        self.statistics(relation, &column.name).map_or(UNKNOWN_WIDTH, |known| known.width.max(1.0))
    }

    /// An index of a table of this size, which held `now` rows. `grown` says how many different values a column then has, as a part of the
    /// rows (negative) or as a number.
    pub fn index(&self, index: &Index, now: f64, table: Size, grown: &dyn Fn(&Column) -> Option<f64>) -> Size {
        // A partial index holds the part that it holds now.
        let share = if index.partial && now > 0.0 && index.rows > 0.0 { (index.rows / now).min(1.0) } else { 1.0 };
        let rows = table.rows * share;
        let pages = if index.pages >= TELLING_PAGES && index.rows > 0.0 {
            index.pages * rows / index.rows
        } else {
            match index.method.as_str() {
                "btree" => self.btree(index, rows, grown),
                "hash" => rows * 24.0 / PAGE,
                // Its pages each sum up 128 pages of the table.
                "brin" => 3.0 + table.pages / 128.0 / 200.0,
                "gin" => 2.0 + rows * 12.0 / PAGE,
                _ => rows * (self.keys_width(index) + 24.0) / PAGE / 0.7,
            }
        };
        Size { pages: pages.ceil().max(2.0), rows: rows.round(), visible: 0.0 }
    }

    fn btree(&self, index: &Index, rows: f64, grown: &dyn Fn(&Column) -> Option<f64>) -> f64 {
        let keys = to_eight(self.keys_width(index));
        let mut values = 1.0_f64;
        for &key in &index.keys {
            let column = self.columns(index.relation).iter().find(|column| column.number == key);
            let distinct = match column.and_then(|column| grown(column)) {
                Some(part) if part < 0.0 => -part * rows,
                Some(number) if number > 0.0 => number,
                _ => rows,
            };
            values = (values * distinct.max(1.0)).min(rows.max(1.0));
        }
        let behind = if index.is_unique { 1.0 } else { (rows / values).clamp(1.0, MOST_BEHIND_A_KEY) };
        let entry = if behind < 2.0 {
            ENTRY_HEADER + keys + POINTER
        } else {
            ROW_NUMBER + (ENTRY_HEADER + keys + POINTER) / behind
        };
        let leaves = rows * entry / ((PAGE - PAGE_HEADER - LEAF_TAIL) * LEAF_FILL);
        // The levels above, and the page that says where the root is.
        1.0 + leaves * 1.005
    }

    fn keys_width(&self, index: &Index) -> f64 {
        let width = |&key: &i32| {
            let column = self.columns(index.relation).iter().find(|column| column.number == key);
            column.map_or(UNKNOWN_WIDTH, |column| self.width(index.relation, column))
        };
        index.keys.iter().map(width).sum()
    }
}

/// Whether it has rows of its own.
pub fn is_stored(relation: &Relation) -> bool {
    matches!(relation.kind.as_str(), "r" | "m")
}

fn option(relation: &Relation, name: &str) -> Option<f64> {
    let options = relation.options.as_deref()?;
    options.split(", ").find_map(|option| option.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}

fn alignment(column: &Column) -> f64 {
    match column.alignment.as_str() {
        "d" => 8.0,
        "i" => 4.0,
        "s" => 2.0,
        _ => 1.0,
    }
}

fn to_eight(bytes: f64) -> f64 {
    (bytes / 8.0).ceil() * 8.0
}

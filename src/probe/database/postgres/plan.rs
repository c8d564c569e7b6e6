//! Reads a plan in JSON: which tables are read from end to end, and the tree.

use std::collections::BTreeSet;

use serde_json::Value;

use super::unknown_table;
use crate::model::PlanNode;
use crate::probe::database::catalog::Catalog;
use crate::probe::database::judgement::wording::masked;
use crate::probe::database::lexer::Dialect;
use crate::probe::database::plan::Scan;

/// A plan is never this deep; the bound is against a hostile answer.
const MOST_DEPTH: usize = 200;

/// What a plan shows.
#[derive(Debug, Default)]
pub struct Seen {
    /// Tables read whole.
    pub scans: Vec<Scan>,
    /// The tree.
    pub plan: PlanNode,
    /// Why the plan cannot be judged, as a phrase.
    pub unclear: Option<String>,
}

/// Reads the answer to EXPLAIN.
pub fn read(answer: &Value, catalog: &Catalog) -> Seen {
    let mut walk = Walk { catalog, seen: Seen::default() };
    match answer.get(0).and_then(|first| first.get("Plan")) {
        Some(plan) => walk.seen.plan = walk.node(plan, 0, false),
        None => walk.seen.unclear = Some("have a plan that cannot be read".to_owned()),
    }
    walk.seen
}

struct Walk<'a> {
    catalog: &'a Catalog,
    seen: Seen,
}

fn text<'v>(node: &'v Value, key: &str) -> &'v str {
    node.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn children(node: &Value) -> impl Iterator<Item = &Value> {
    node.get("Plans").and_then(Value::as_array).into_iter().flatten()
}

impl Walk<'_> {
    /// `stops` is true below a LIMIT that lets this node stop after some rows.
    fn node(&mut self, node: &Value, depth: usize, stops: bool) -> PlanNode {
        if depth > MOST_DEPTH {
            self.seen.unclear = Some("have a plan that is too deep".to_owned());
            return PlanNode::default();
        }
        let mut tree = plain(node);
        if node.get("Subplans Removed").and_then(Value::as_u64).is_some_and(|removed| removed > 0) {
            self.seen.unclear = Some("read partitions that are only chosen at run time".to_owned());
        }
        let kind = text(node, "Node Type");
        // A condition that does not lead into the index drops entries one by one, as a filter does.
        let dropped =
            ["Filter", "Join Filter"].iter().any(|key| node.get(*key).is_some()) || self.condition(node).is_some();
        let whole = match kind {
            "Seq Scan" => dropped || !stops,
            "Index Scan" | "Index Only Scan" => (dropped || !stops) && self.reads_whole_index(node),
            "Bitmap Heap Scan" => self.bitmap_reads_whole_index(node),
            _ => false,
        };
        if whole {
            tree.marked = self.scan(node);
        }
        if kind == "Foreign Scan" {
            self.seen.unclear = Some("read a foreign table, whose plan is another server's".to_owned());
        }
        for (index, child) in children(node).enumerate() {
            let stops = match kind {
                "Limit" => true,
                "Result" | "LockRows" | "Subquery Scan" | "ProjectSet" | "Append" | "Merge Append" | "Gather"
                | "Gather Merge" | "Incremental Sort" => stops && !dropped,
                // The outer side of a loop stops as soon as enough inner rows were found for it.
                "Nested Loop" => stops && !dropped && index == 0,
                _ => false,
            };
            let child = self.node(child, depth + 1, stops);
            tree.children.push(child);
        }
        tree
    }

    /// No condition leads into the index, so all of it is read. The condition of a partial index is one.
    fn reads_whole_index(&self, node: &Value) -> bool {
        let index = self.index(node, text(node, "Index Name"));
        match (self.condition(node), index) {
            (None, Some(index)) => index.predicate.is_none(),
            (None, None) => true,
            (Some(condition), Some(index)) => skips_leading_column(index, condition),
            (Some(_), None) => false,
        }
    }

    /// The condition that leads into an index. That a column which never is null is not null, as the server asks of its own
    /// accord for `max(created_at)`, leads nowhere.
    fn condition<'v>(&self, node: &'v Value) -> Option<&'v str> {
        let condition = node.get("Index Cond").and_then(Value::as_str)?;
        let asks_nothing = condition.ends_with(" IS NOT NULL)")
            && !condition.contains(" AND ")
            && self.index(node, text(node, "Index Name")).is_some_and(|index| index.not_null);
        (!asks_nothing).then_some(condition)
    }

    fn bitmap_reads_whole_index(&self, node: &Value) -> bool {
        let mut below = children(node);
        let (Some(bitmap), None) = (below.next(), below.next()) else { return false };
        let condition = bitmap.get("Index Cond").and_then(Value::as_str);
        let index = self.index(node, text(bitmap, "Index Name"));
        condition.zip(index).is_some_and(|(condition, index)| skips_leading_column(index, condition))
    }

    fn index(&self, node: &Value, name: &str) -> Option<&crate::probe::database::catalog::Index> {
        self.catalog.table(text(node, "Schema"), text(node, "Relation Name")).and_then(|table| table.index(name))
    }

    /// Notes that the node reads its table whole; whether that is a table of the user's.
    fn scan(&mut self, node: &Value) -> bool {
        let (schema, name) = (text(node, "Schema"), text(node, "Relation Name"));
        // The system's own catalogue is the server's business.
        if schema.starts_with("pg_") || schema == "information_schema" {
            return false;
        }
        let known = self.catalog.table(schema, name);
        let mut table = known.map_or_else(|| unknown_table(schema, name), |table| self.catalog.whole(table).clone());
        let mut alias = text(node, "Alias").to_owned();
        // The planner numbers the parts of `orders`, be they partitions or heirs, as `orders_1`, `orders_2`.
        let above = alias.rsplit_once('_').filter(|(_, number)| number.bytes().all(|b| b.is_ascii_digit()));
        if known.is_some_and(|known| known.parent.is_some()) {
            if let Some((whole, _)) = above {
                alias = whole.to_owned();
            }
            table.rows = table.rows.filter(|&rows| rows > 0);
        } else if let (Some(known), Some((whole, _))) = (known.filter(|known| known.name != alias), above)
            && (self.catalog.has_heirs(known) || !known.inherits.is_empty())
        {
            if known.hollow {
                return false;
            }
            alias = whole.to_owned();
            table = self.catalog.forebear(known).clone();
        }
        let filtered = node.get("Filter").is_some() || node.get("Index Cond").is_some();
        match self.seen.scans.iter_mut().find(|scan| scan.alias == alias && scan.table.name == table.name) {
            Some(scan) => scan.filtered |= filtered,
            None => self.seen.scans.push(Scan { table, alias, filtered }),
        }
        true
    }
}

/// What a node does, as the server's own text form of a plan says it: `Parallel Seq Scan`, `Hash Left Join`.
fn kind(node: &Value) -> String {
    let plain = text(node, "Node Type");
    let join = text(node, "Join Type");
    let mut kind = match (plain, text(node, "Strategy"), text(node, "Operation")) {
        ("Aggregate", "Sorted", _) => "GroupAggregate".to_owned(),
        ("Aggregate", "Hashed", _) => "HashAggregate".to_owned(),
        ("Aggregate", "Mixed", _) => "MixedAggregate".to_owned(),
        ("ModifyTable", _, operation) if !operation.is_empty() => operation.to_owned(),
        ("Nested Loop", ..) if !matches!(join, "" | "Inner") => format!("Nested Loop {join} Join"),
        ("Hash Join" | "Merge Join", ..) if !matches!(join, "" | "Inner") => {
            format!("{} {join} Join", plain.trim_end_matches(" Join"))
        }
        _ => plain.to_owned(),
    };
    if text(node, "Scan Direction") == "Backward" {
        kind.push_str(" Backward");
    }
    if node.get("Parallel Aware").and_then(Value::as_bool) == Some(true) {
        kind.insert_str(0, "Parallel ");
    }
    kind
}

/// What a way of planning that was switched off is made dearer by, before version 18 (`disable_cost`); 18 only notes
/// `Disabled`.
const PENALTY: f64 = 1e10;

fn without_penalty(cost: f64) -> f64 {
    cost % PENALTY
}

/// Whether a plan reads a table in a way that was switched off. To begin a scan never costs as much by itself.
fn is_penalised(node: &Value, depth: usize) -> bool {
    let begins = node.get("Startup Cost").and_then(Value::as_f64).unwrap_or(0.0);
    (node.get("Relation Name").is_some() && begins >= PENALTY)
        || (depth < MOST_DEPTH && children(node).any(|child| is_penalised(child, depth + 1)))
}

/// The node by itself.
fn plain(node: &Value) -> PlanNode {
    let of = |key: &str| Some(text(node, key)).filter(|text| !text.is_empty()).map(str::to_owned);
    let table = of("Relation Name").or_else(|| of("CTE Name"));
    let mut details = Vec::new();
    for key in ["Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "Filter", "Subplan Name"] {
        details.extend(of(key).map(|value| format!("{key}: {}", masked(&value, Dialect::Postgres))));
    }
    let sorted: Vec<&str> =
        node.get("Sort Key").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    if !sorted.is_empty() {
        details.push(format!("Sort Key: {}", sorted.join(", ")));
    }
    PlanNode {
        kind: kind(node),
        alias: of("Alias").filter(|alias| Some(alias) != table.as_ref()),
        table,
        index: of("Index Name"),
        details,
        rows: node.get("Plan Rows").and_then(Value::as_f64),
        cost: node.get("Total Cost").and_then(Value::as_f64).map(without_penalty),
        marked: false,
        children: Vec::new(),
    }
}

/// What the whole plan costs. A LIMIT counts on finding its rows early; where rows are dropped below it, the worst is that
/// it reads everything, and that is what is counted.
pub fn cost(answer: &Value) -> Option<f64> {
    let top = answer.pointer("/0/Plan")?;
    let switched_off = is_penalised(top, 0);
    let total = |node: &Value| {
        let cost = node.get("Total Cost").and_then(Value::as_f64)?;
        Some(if switched_off { without_penalty(cost) } else { cost })
    };
    let mut cost = total(top)?;
    let mut limits = Vec::new();
    limits_in(top, 0, &mut limits);
    for limit in limits {
        let Some(below) = children(limit).next() else { continue };
        if drops(below, 0)
            && let (Some(stopped), Some(whole)) = (total(limit), total(below))
        {
            cost += (whole - stopped).max(0.0);
        }
    }
    Some(cost)
}

fn limits_in<'v>(node: &'v Value, depth: usize, found: &mut Vec<&'v Value>) {
    if depth > MOST_DEPTH {
        return;
    }
    if text(node, "Node Type") == "Limit" {
        found.push(node);
    }
    children(node).for_each(|child| limits_in(child, depth + 1, found));
}

/// Whether rows are read one by one below a LIMIT and dropped again.
fn drops(node: &Value, depth: usize) -> bool {
    let dropped = ["Filter", "Join Filter"].iter().any(|key| node.get(*key).is_some());
    dropped || (depth < MOST_DEPTH && children(node).any(|child| drops(child, depth + 1)))
}

/// Whether a plan leaves partitions out that another value of a parameter would choose.
pub fn leaves_partitions_out(answer: &Value) -> bool {
    fn down(node: &Value, depth: usize) -> bool {
        node.get("Subplans Removed").and_then(Value::as_u64).is_some_and(|removed| removed > 0)
            || (depth < MOST_DEPTH && children(node).any(|child| down(child, depth + 1)))
    }
    answer.pointer("/0/Plan").is_some_and(|top| down(top, 0))
}

/// The tables that a plan reads, with their schemas: only a plan in full tells these.
pub fn tables(answer: &Value) -> BTreeSet<(String, String)> {
    fn down(node: &Value, depth: usize, found: &mut BTreeSet<(String, String)>) {
        let (schema, name) = (text(node, "Schema"), text(node, "Relation Name"));
        if !name.is_empty() {
            found.insert((schema.to_owned(), name.to_owned()));
        }
        if depth < MOST_DEPTH {
            children(node).for_each(|child| down(child, depth + 1, found));
        }
    }
    let mut found = BTreeSet::new();
    answer.pointer("/0/Plan").into_iter().for_each(|top| down(top, 0, &mut found));
    found
}

/// The names of the indexes that a plan uses.
pub fn indexes(answer: &Value) -> BTreeSet<String> {
    fn down(node: &Value, depth: usize, found: &mut BTreeSet<String>) {
        let name = text(node, "Index Name");
        if !name.is_empty() {
            found.insert(name.to_owned());
        }
        if depth < MOST_DEPTH {
            children(node).for_each(|child| down(child, depth + 1, found));
        }
    }
    let mut found = BTreeSet::new();
    answer.pointer("/0/Plan").into_iter().for_each(|top| down(top, 0, &mut found));
    found
}

/// Whether two plans go the same ways, whatever these cost.
pub fn alike(one: &PlanNode, other: &PlanNode) -> bool {
    let way = |node: &PlanNode| (node.kind.clone(), node.table.clone(), node.alias.clone(), node.index.clone());
    way(one) == way(other)
        && one.children.len() == other.children.len()
        && one.children.iter().zip(&other.children).all(|(one, other)| alike(one, other))
}

/// Of a B-tree only the leading columns narrow what is read; without the first, the condition is tried on every entry.
fn skips_leading_column(index: &crate::probe::database::catalog::Index, condition: &str) -> bool {
    let Some(first) = index.keys.first().filter(|_| index.ordered && index.predicate.is_none()) else { return false };
    // The server writes an expression in another way here than there, so only plain columns can be told.
    let plain = first.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ' ');
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    plain
        && !condition.match_indices(first.as_str()).any(|(at, found)| {
            let before = condition.get(..at).and_then(|text| text.chars().next_back());
            let after = condition.get(at + found.len()..).and_then(|text| text.chars().next());
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
}

#[cfg(test)]
mod tests;

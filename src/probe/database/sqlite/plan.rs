//! Reads the lines of EXPLAIN QUERY PLAN (sqlite.org/eqp.html).

use std::sync::Arc;

use super::copy::Line;
use crate::model::PlanNode;
use crate::probe::database::catalog::Catalog;
use crate::probe::database::judgement::cause;
use crate::probe::database::plan::{Scan, Unexamined};
use crate::probe::database::statement::{Relation, Scope, Shape};

/// What the lines say.
pub struct Read {
    /// The tables that are read from end to end.
    pub scans: Vec<Scan>,
    /// The numbers of the lines that do so.
    pub whole: Vec<i64>,
    /// The tree.
    pub plan: PlanNode,
}

/// Reads the lines of a plan.
pub fn read(lines: &[Line], shape: &Shape, views: &[Arc<Shape>], catalog: &Catalog) -> Result<Read, Unexamined> {
    let sorts = |parent: i64| lines.iter().any(|(_, of, text)| *of == parent && text.starts_with("USE TEMP B-TREE"));
    let mut scans: Vec<Scan> = Vec::new();
    let mut marked = Vec::new();
    for (id, parent, text) in lines {
        let Some(alias) = scanned(text) else { continue };
        let Some(found) = find(alias, shape, views, catalog)? else { continue };
        let Found { relation, scope, table } = found;
        let filtered = scope.is_some_and(|scope| {
            cause::conditions_on(scope, &relation, table).any(|condition| !cause::joins(scope, condition))
        });
        // `SEARCH t` without an index is `max(a)` over every row.
        let whole = text.starts_with("SEARCH ");
        // A LIMIT ends the reading early where nothing drops rows and they are read in the order that is wanted; the
        // tables joined to each row are then looked up one by one.
        let ends_early = |scope: &Scope| {
            scope.limited
                && !scope.aggregates
                && scope.conditions.iter().all(|condition| cause::joins(scope, condition))
                && lines.iter().filter(|(_, of, text)| of == parent && scanned(text).is_some()).count() == 1
        };
        if scope.is_some_and(ends_early) && !whole && !sorts(*parent) {
            continue;
        }
        marked.push(*id);
        let scan = Scan { table: table.clone(), alias: alias.to_owned(), filtered };
        if !scans.contains(&scan) {
            scans.push(scan);
        }
    }
    let children = tree(lines, 0, &marked, 0);
    let plan = PlanNode { kind: "QUERY PLAN".to_owned(), children, ..PlanNode::default() };
    Ok(Read { scans, whole: marked, plan })
}

/// The name in `SCAN orders`, `SCAN o USING INDEX i`. What is no table of the file is left out.
fn scanned(text: &str) -> Option<&str> {
    let searched = text.strip_prefix("SEARCH ").filter(|rest| !rest.contains(" USING ") && !rest.contains(' '));
    let rest = text.strip_prefix("SCAN ").or(searched)?;
    if rest.contains(" VIRTUAL TABLE INDEX ") || rest.ends_with("CONSTANT ROW") || rest.ends_with("CONSTANT ROWS") {
        return None;
    }
    let rest = rest.strip_prefix("TABLE ").unwrap_or(rest);
    let end = [" USING ", " LEFT-JOIN", " AS "].iter().filter_map(|word| rest.find(word)).min().unwrap_or(rest.len());
    let name = rest.get(..end)?;
    (!name.starts_with('(')).then_some(name)
}

struct Found<'a> {
    relation: Relation,
    scope: Option<&'a Scope>,
    table: &'a crate::probe::database::catalog::Table,
}

/// The table behind a name of the plan. `None` when the name stands for a result of the statement itself.
fn find<'a>(
    alias: &str,
    shape: &'a Shape,
    views: &'a [Arc<Shape>],
    catalog: &'a Catalog,
) -> Result<Option<Found<'a>>, Unexamined> {
    let shapes = std::iter::once(shape).chain(views.iter().map(AsRef::as_ref));
    let mut derived = false;
    for shape in shapes {
        for (scope, relation) in shape.scopes.iter().flat_map(|s| s.tables.iter().map(move |relation| (s, relation))) {
            if relation.alias.eq_ignore_ascii_case(alias)
                && let Some(table) = catalog.named(&relation.table).next()
            {
                return Ok(Some(Found { relation: relation.clone(), scope: Some(scope), table }));
            }
        }
        derived |= shape.derived.iter().any(|name| name.eq_ignore_ascii_case(alias))
            || shape.relations().any(|relation| relation.alias.eq_ignore_ascii_case(alias));
    }
    if let Some(table) = catalog.named(alias).next() {
        let relation = Relation { table: table.name.clone(), alias: alias.to_owned() };
        return Ok(Some(Found { relation, scope: None, table }));
    }
    // The planner's own names: `subquery-1`, `sqlite_schema`.
    if derived || alias.contains("subquery") || alias.starts_with("sqlite_") {
        return Ok(None);
    }
    Err(Unexamined::new("have a plan that names a table in a way that is not understood"))
}

/// The lines below `parent` as nodes. SQLite's words tell the table and the index in one text.
fn tree(lines: &[Line], parent: i64, marked: &[i64], depth: usize) -> Vec<PlanNode> {
    /// A plan is never this deep; the bound is against lines that are their own parents.
    const MOST_DEPTH: usize = 200;
    if depth > MOST_DEPTH {
        return Vec::new();
    }
    let own = lines.iter().filter(|(id, of, _)| *of == parent && *id != parent);
    own.map(|(id, _, text)| PlanNode {
        kind: text.clone(),
        marked: marked.contains(id),
        children: tree(lines, *id, marked, depth + 1),
        ..PlanNode::default()
    })
    .collect()
}

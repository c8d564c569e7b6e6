//! The rules about how a query is written: tier C. It gets slower with the data, whatever the index.

use super::cause::{belongs, ends_early};
use super::told::{self, Context, Judgement};
use super::wording::grouped;
use crate::model::{Confidence, PlanNode, RuleKind, RuleMeta, Severity, Tier};
use crate::probe::database::catalog::Table;
use crate::probe::database::plan::{Judged, Scan};
use crate::probe::database::queries::Query;
use crate::probe::database::statement::Scope;

/// Pages by OFFSET.
pub static OFFSET_PAGING: RuleMeta = RuleMeta {
    id: "offset-paging",
    title: "A list is paged with OFFSET",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::Medium,
    what: "The query skips rows with OFFSET. The database has to find and count all rows before the page, on every page.",
    why: "Page one is quick and page one thousand is not. Crawlers and exports go through all pages, and users see rows twice or not at all when others are added between two pages.",
    fix: "Ask for the rows after the last one seen: `WHERE id > $1 ORDER BY id LIMIT 20`.",
    example: "SELECT * FROM orders ORDER BY id LIMIT 20 OFFSET $1;\n\nSELECT * FROM orders WHERE id > $1 ORDER BY id LIMIT 20;",
    references: &["https://use-the-index-luke.com/no-offset", "F46", "C54"],
};

/// `NOT IN (SELECT …)`.
pub static NOT_IN_SUBQUERY: RuleMeta = RuleMeta {
    id: "not-in-subquery",
    title: "NOT IN with a subquery",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "The query keeps the rows whose value is not among the results of a subquery. PostgreSQL cannot turn NOT IN into a join, because one NULL in the subquery makes it true for no row at all.",
    why: "Once the subquery's result no longer fits into working memory, it is searched from the start for every row: the query that took a second takes hours. And a single NULL makes the list empty without an error.",
    fix: "Write NOT EXISTS with a condition that ties both tables.",
    example: "SELECT * FROM users WHERE id NOT IN (SELECT user_id FROM orders);\n\nSELECT * FROM users u WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id);",
    references: &["https://wiki.postgresql.org/wiki/Don%27t_Do_This#Don.27t_use_NOT_IN", "F46", "C54"],
};

/// `ORDER BY random()`.
pub static RANDOM_ORDER: RuleMeta = RuleMeta {
    id: "random-order",
    title: "Rows are picked by sorting all of them at random",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "The query gives every row that fits a random number and sorts them all, usually to keep a few.",
    why: "Each call reads and sorts the whole table. No index can help, because the order is new each time.",
    fix: "Pick a random starting point in an indexed column (`WHERE id >= $1 ORDER BY id LIMIT 1`), or use TABLESAMPLE on PostgreSQL.",
    example: "SELECT * FROM quotes ORDER BY random() LIMIT 1;\n\nSELECT * FROM quotes WHERE id >= $1 ORDER BY id LIMIT 1;",
    references: &["https://www.postgresql.org/docs/current/sql-select.html#SQL-FROM", "F46", "C54"],
};

/// A subquery that runs again for every row.
pub static SUBQUERY_PER_ROW: RuleMeta = RuleMeta {
    id: "subquery-per-row",
    title: "A subquery runs again for every row",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "The plan runs a subquery once for every row of the outer query, and each run reads a whole table.",
    why: "The work grows with the product of both tables: ten times the data takes a hundred times as long.",
    fix: "Write it as a join or a grouped subquery that runs once, and index the column that ties the two.",
    example: "SELECT u.*, (SELECT count(*) FROM orders o WHERE o.user_id = u.id) FROM users u;\n\nSELECT u.*, coalesce(o.n, 0) FROM users u\nLEFT JOIN (SELECT user_id, count(*) AS n FROM orders GROUP BY user_id) o ON o.user_id = u.id;",
    references: &["https://www.postgresql.org/docs/current/using-explain.html", "F30", "F46", "C54"],
};

/// A sort of this many rows takes tens of milliseconds.
const MAJOR_ROWS: u64 = 10_000;

/// What is wrong with how the query is written.
#[must_use]
pub fn judge(query: &Query, judged: &Judged, context: &Context<'_>) -> Vec<Judgement> {
    let mut found = Vec::new();
    for scope in &context.shape.scopes {
        let Some(table) = main_table(scope, context) else { continue };
        let rows = table.rows.unwrap_or(0).max(context.rows);
        let told = |rule: &'static RuleMeta, severity: Severity, says: String| Judgement {
            rule,
            tier: Tier::C,
            severity,
            confidence: rule.confidence,
            table: Some(table.name.clone()),
            rows_read: rows,
            message: format!("{} {says}", told::subject(query, context.dialect)),
            fix: rule.fix.to_owned(),
            note: None,
        };
        if scope.order_random {
            let severity =
                if rows >= MAJOR_ROWS && scope.conditions.is_empty() { Severity::Major } else { Severity::Minor };
            let says = format!(
                "reads and sorts up to {} rows of `{}` to give them in a random order",
                grouped(rows),
                table.name
            );
            found.push(told(&RANDOM_ORDER, severity, says));
        }
        if scope.skips && scope.limited {
            let says = format!("finds and drops all rows before the page, up to {} of `{}`", grouped(rows), table.name);
            found.push(told(&OFFSET_PAGING, Severity::Minor, says));
        }
        if let Some((column, unhashed)) = scope.not_in.first().zip(not_in(&judged.plan)) {
            let severity = if unhashed && rows >= MAJOR_ROWS { Severity::Major } else { Severity::Minor };
            let says = if unhashed {
                format!("searches the whole subquery again for each `{}` of `{}`", column.name, table.name)
            } else {
                format!(
                    "keeps the subquery that `{}` must not be in wholly in memory, which works only while it fits",
                    column.name
                )
            };
            found.push(told(&NOT_IN_SUBQUERY, severity, says));
        }
    }
    if let Some(step) = read_whole_per_row(&judged.plan)
        && let Some(scan) = judged.scans.iter().find(|scan| is_step_of(scan, step)).or(judged.scans.first())
    {
        let table = &scan.table;
        let rows = table.rows.unwrap_or(0).max(context.rows);
        found.push(Judgement {
            rule: &SUBQUERY_PER_ROW,
            tier: Tier::C,
            severity: if rows >= MAJOR_ROWS { Severity::Major } else { Severity::Minor },
            confidence: SUBQUERY_PER_ROW.confidence,
            table: Some(table.name.clone()),
            rows_read: rows,
            message: format!(
                "{} reads {} {} rows of `{}` again for every row of its outer part",
                told::subject(query, context.dialect),
                if ends_early(context.shape, scan) { "up to all" } else { "all" },
                grouped(rows),
                table.name
            ),
            fix: SUBQUERY_PER_ROW.fix.to_owned(),
            note: None,
        });
    }
    found
}

/// The first table of a scope that the database has.
fn main_table<'a>(scope: &Scope, context: &Context<'a>) -> Option<&'a Table> {
    let ordered = scope.order.first().map(|by| &by.column);
    let tables =
        scope.tables.iter().filter_map(|relation| Some((relation, context.catalog.named(&relation.table).next()?)));
    let mut tables: Vec<_> = tables.collect();
    tables.sort_by_key(|(relation, table)| !ordered.is_some_and(|column| belongs(column, relation, table)));
    tables.first().map(|(_, table)| *table)
}

/// Whether the plan keeps a subquery of NOT IN beside it, and whether it searches it anew for each row. PostgreSQL writes
/// `NOT (hashed SubPlan 1)` and `NOT (SubPlan 1)`; from 17 on `NOT (ANY (id = (hashed SubPlan 1).col1))`.
fn not_in(plan: &PlanNode) -> Option<bool> {
    let mut seen = None;
    plan.walk(&mut |node, _| {
        for detail in node.details.iter().filter(|detail| detail.contains("NOT (")) {
            if detail.contains("hashed SubPlan") {
                seen = seen.or(Some(false));
            } else if detail.contains("(SubPlan") {
                seen = Some(true);
            }
        }
    });
    seen
}

/// The step by which a subquery that runs for each row reads a whole table.
fn read_whole_per_row(plan: &PlanNode) -> Option<&PlanNode> {
    // `hashed SubPlan 1` in a condition: that one runs once, and its result is kept.
    let mut conditions = Vec::new();
    plan.walk(&mut |node, _| conditions.extend(node.details.iter().filter(|detail| detail.contains("hashed SubPlan"))));
    let runs_once = |name: &str| {
        conditions.iter().any(|condition| {
            condition.match_indices(name).any(|(at, _)| {
                let before = condition.get(..at).unwrap_or_default();
                let after = condition.get(at + name.len()..).and_then(|rest| rest.chars().next());
                before.ends_with("hashed ") && !after.is_some_and(|c| c.is_ascii_digit())
            })
        })
    };
    per_row(plan, &runs_once, false)
}

/// Whether it is by this step that a table is read whole. SQLite's steps are lines of text: `SCAN posts`.
fn is_step_of(scan: &Scan, step: &PlanNode) -> bool {
    let is = |name: &Option<String>, known: &str| name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(known));
    match (&step.table, &step.alias) {
        (None, _) => step.kind.split_whitespace().any(|word| word.eq_ignore_ascii_case(&scan.alias)),
        (_, alias @ Some(_)) => is(alias, &scan.alias),
        (table, None) => is(table, &scan.alias) || is(table, &scan.table.name),
    }
}

fn per_row<'p>(node: &'p PlanNode, runs_once: &dyn Fn(&str) -> bool, within: bool) -> Option<&'p PlanNode> {
    let subplan = node.details.iter().find_map(|detail| detail.strip_prefix("Subplan Name: "));
    let within = within
        || node.kind.starts_with("CORRELATED")
        || node.kind.starts_with("DEPENDENT")
        || subplan.is_some_and(|name| name.starts_with("SubPlan") && !runs_once(name));
    if within && node.marked {
        return Some(node);
    }
    node.children.iter().find_map(|child| per_row(child, runs_once, within))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan_as(subplan: &str, condition: &str) -> PlanNode {
        let child = PlanNode { marked: true, details: vec![format!("Subplan Name: {subplan}")], ..PlanNode::default() };
        PlanNode { details: vec![format!("Filter: {condition}")], children: vec![child], ..PlanNode::default() }
    }

    #[test]
    fn a_subquery_runs_once_where_its_result_is_kept() {
        let reads = |subplan: &str, condition: &str| read_whole_per_row(&scan_as(subplan, condition)).is_some();
        assert!(reads("SubPlan 1", "(total > (SubPlan 1))"));
        assert!(!reads("SubPlan 1", "(NOT (hashed SubPlan 1))"));
        assert!(reads("SubPlan 1", "(NOT (hashed SubPlan 11))"));
        assert!(!reads("InitPlan 1 (returns $0)", "(a = $0)"));
    }

    #[test]
    fn not_in_is_told_from_its_plan() {
        assert_eq!(not_in(&scan_as("SubPlan 1", "(NOT (hashed SubPlan 1))")), Some(false));
        assert_eq!(not_in(&scan_as("SubPlan 1", "(NOT (SubPlan 1))")), Some(true));
        assert_eq!(not_in(&scan_as("SubPlan 1", "(NOT (ANY (id = (hashed SubPlan 1).col1)))")), Some(false));
        assert_eq!(not_in(&scan_as("SubPlan 1", "(a = (SubPlan 1))")), None);
    }
}

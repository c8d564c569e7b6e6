//! The rules about queries that have a way into their table and still read far more than they want: tier B. They speak
//! where an index was proven to make the query several times as quick.

use super::help::Help;
use super::told::{self, Context, Judgement};
use super::wording::grouped_cost;
use crate::model::{Confidence, PlanNode, RuleKind, RuleMeta, Severity, Tier};
use crate::probe::database::plan::Judged;
use crate::probe::database::queries::Query;

/// Sorting what an index could give in order.
pub static UNINDEXED_SORT: RuleMeta = RuleMeta {
    id: "unindexed-sort",
    title: "A query sorts rows that an index could give in order",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "The database collects every row that fits the condition and sorts them all before it gives the first. An index that holds the rows in that order was proven to make the query several times as quick.",
    why: "The first page costs as much as all pages together, and more with every row that is added. Lists that were instant become slow for the users who have the most.",
    fix: "Create an index with the columns of the condition first and the sort columns after them.",
    example: "-- sorts all of a customer's orders to show ten\nSELECT * FROM orders WHERE customer_id = $1 ORDER BY created_at DESC LIMIT 10;\n\n-- reads ten\nCREATE INDEX CONCURRENTLY ON orders (customer_id, created_at);",
    references: &["https://use-the-index-luke.com/sql/sorting-grouping/indexed-order-by", "F31", "F46", "C54"],
};

/// Reading rows only to drop them.
pub static ROWS_READ_AND_DROPPED: RuleMeta = RuleMeta {
    id: "rows-read-and-dropped",
    title: "A query reads many rows and drops most of them",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "An index leads the database to the table, and then a second condition drops most of what was read. An index that holds that condition too was proven to make the query several times as quick.",
    why: "The query is quick with test data and gets slower with each row that fits the first condition alone.",
    fix: "Create an index over all columns that the condition compares.",
    example: "-- reads all of a shop's orders to find the open ones\nSELECT * FROM orders WHERE shop_id = $1 AND status = $2;\n\nCREATE INDEX CONCURRENTLY ON orders (shop_id, status);",
    references: &["https://use-the-index-luke.com/sql/explain-plan/postgresql/filter-predicates", "F31", "F46", "C54"],
};

/// From this cost on, one call keeps a core busy for tens of milliseconds.
const MAJOR_COST: f64 = 10_000.0;

/// What is wrong with a query that no scan explains.
#[must_use]
pub fn judge(query: &Query, judged: &Judged, help: &Help, context: &Context<'_>) -> Option<Judgement> {
    let Help::Proven { indexes, before, after, .. } = help else { return None };
    if !judged.scans.is_empty() {
        return None;
    }
    let sorts = has(&judged.plan, &|node| node.kind.contains("Sort") || node.kind.contains("TEMP B-TREE FOR ORDER"));
    let rule = if sorts { &UNINDEXED_SORT } else { &ROWS_READ_AND_DROPPED };
    let times = before / after.max(1.0);
    let does =
        if sorts { "sorts every row that fits before it gives the first" } else { "reads far more rows than it keeps" };
    let message = format!(
        "{} {does}: an index makes it {} times as quick at {} rows",
        told::subject(query, context.dialect),
        grouped_cost(times),
        super::wording::grouped(context.rows)
    );
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate, and `as` saturates")]
    let rows_read = *before as u64;
    Some(Judgement {
        rule,
        tier: Tier::B,
        severity: if *before >= MAJOR_COST { Severity::Major } else { Severity::Minor },
        confidence: Confidence::High,
        table: indexes.first().map(|index| index.table.clone()),
        rows_read: rows_read.min(context.rows),
        message,
        fix: help.words(context.dialect).unwrap_or_else(|| rule.fix.to_owned()),
        note: None,
    })
}

fn has(plan: &PlanNode, wanted: &dyn Fn(&PlanNode) -> bool) -> bool {
    let mut found = false;
    plan.walk(&mut |node, _| found |= wanted(node));
    found
}

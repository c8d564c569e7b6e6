//! The rule `autovacuum-behind`.

use crate::model::{Confidence, Finding, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::facts::Vacuumed;
use crate::probe::database::checks::{Check, Looked, Outcome, duration, finding, shown, sql};
use crate::probe::database::judgement::wording::grouped;

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "autovacuum-behind",
    title: "Deleted and changed rows are not cleared away",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "PostgreSQL leaves the old form of every changed row behind and clears it away by itself (autovacuum). Here that is switched off, or a table has much more left behind than it should.",
    why: "Tables and indexes grow although no data is added, every query reads through what is left behind, and plans are made from outdated counts: the app gets slower week by week.",
    fix: "Switch autovacuum on, and let it come earlier on large, busy tables.",
    example: "ALTER TABLE jobs SET (autovacuum_enabled = false);\n\n-- better\nALTER TABLE jobs SET (autovacuum_vacuum_scale_factor = 0.02);",
    references: &[
        "https://www.postgresql.org/docs/current/routine-vacuuming.html",
        "https://supabase.github.io/splinter/0020_table_bloat/",
        "F17",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

/// Fewer rows left behind than these slow nothing down.
const FEW: u64 = 100_000;
/// Clearing comes round in minutes; a day without is not waiting for its turn.
const A_DAY: f64 = 86_400.0;

fn judge(looked: &Looked<'_>) -> Outcome {
    if let Err(outcome) = looked.production() {
        return outcome;
    }
    let tables = match looked.facts.vacuum.known() {
        Ok(tables) => tables,
        Err(outcome) => return outcome,
    };
    let settings = match looked.facts.settings.known() {
        Ok(settings) => settings,
        Err(outcome) => return outcome,
    };
    let mut found = Vec::new();
    for setting in ["autovacuum", "track_counts"] {
        if settings.get(setting).is_some_and(|value| value == "off") {
            let message =
                format!("`{setting}` is off on the server, so nothing is cleared away and nothing is counted anew");
            found.push(
                finding(&META, setting, message)
                    .fix(format!("Switch it on: `ALTER SYSTEM SET {setting} = on; SELECT pg_reload_conf();`")),
            );
        }
    }
    let switched_off = !found.is_empty();
    let own = |table: &&Vacuumed| looked.owns(&table.schema, &table.table);
    found.extend(tables.iter().filter(own).filter_map(|table| tell(table, switched_off)));
    Outcome::whole(found)
}

fn tell(table: &Vacuumed, switched_off: bool) -> Option<Finding> {
    let here = shown(&table.schema, &table.table);
    let named = sql(&table.schema, &table.table);
    if table.off && !switched_off {
        let message = format!("Clearing up is switched off for the table `{here}`");
        let fix = format!("`ALTER TABLE {named} RESET (autovacuum_enabled);`");
        return Some(finding(&META, here, message).severity(Severity::Minor).fix(fix));
    }
    #[expect(clippy::cast_precision_loss, reason = "a threshold")]
    let overdue = table.dead >= FEW && table.dead as f64 >= table.due_at * 2.0 && table.dead >= table.live / 2;
    if !overdue || table.cleared_ago.is_some_and(|seconds| seconds < A_DAY) {
        return None;
    }
    let last = table.cleared_ago.map_or_else(
        || "it has never been cleared".to_owned(),
        |seconds| format!("it was cleared {} ago", duration(seconds)),
    );
    let message = format!(
        "`{here}` holds {} rows that are only waiting to be cleared away, beside {} in use, and {last}",
        grouped(table.dead),
        grouped(table.live)
    );
    let fix = format!(
        "Look for an old transaction that holds it back, then `VACUUM (ANALYZE) {named};`, and let autovacuum come earlier there."
    );
    Some(finding(&META, here, message).confidence(Confidence::Medium).fix(fix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use crate::probe::database::catalog::Table;
    use crate::probe::database::checks::facts::{Asked, Facts};
    use crate::probe::database::checks::testing::{facts, judge, messages};

    fn told(autovacuum: &str, table: Vacuumed) -> String {
        let settings = BTreeMap::from([("autovacuum".to_owned(), autovacuum.to_owned())]);
        let table = Vacuumed { table: "jobs".to_owned(), ..table };
        let given = Facts { settings: Asked::Known(settings), vacuum: Asked::Known(vec![table]), ..facts() };
        let tables = vec![Table { name: "jobs".to_owned(), ..Table::default() }];
        messages(&judge(CHECK, &given, tables)).join("; ")
    }

    #[test]
    fn off_is_said_and_behind_is_more_than_a_few() {
        assert!(told("off", Vacuumed { off: true, ..Vacuumed::default() }).starts_with("`autovacuum` is off"));
        assert_eq!(
            told("on", Vacuumed { off: true, ..Vacuumed::default() }),
            "Clearing up is switched off for the table `jobs`"
        );
        let behind = Vacuumed { live: 500_000, dead: 900_000, due_at: 100_050.0, ..Vacuumed::default() };
        assert_eq!(
            told("on", behind.clone()),
            "`jobs` holds 900,000 rows that are only waiting to be cleared away, beside 500,000 in use, and it has never been cleared"
        );
        assert_eq!(told("on", Vacuumed { cleared_ago: Some(600.0), ..behind.clone() }), "");
        assert_eq!(told("on", Vacuumed { dead: 9_000, live: 10, due_at: 52.0, ..behind.clone() }), "");
        assert_eq!(told("on", Vacuumed { live: 9_000_000, due_at: 1_800_050.0, ..behind }), "");
    }
}

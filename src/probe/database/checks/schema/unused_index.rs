//! The rule `unused-index`.

use crate::model::{Confidence, Coverage, Finding, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::facts::IndexUse;
use crate::probe::database::checks::{Check, Looked, Outcome, duration, shown, sql};
use crate::probe::database::judgement::wording::grouped;

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "unused-index",
    title: "An index is never read",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::Medium,
    what: "The server has counted for a month or more how often each index is read, and this one never was, although its table is used. Indexes that keep rows apart are left alone.",
    why: "Each row that is saved is written into the index as well, and its pages push useful ones out of memory, for nothing.",
    fix: "Ask whether a monthly or yearly job needs it; if not, drop it.",
    example: "SELECT indexrelname, idx_scan FROM pg_stat_user_indexes ORDER BY idx_scan;\n\nDROP INDEX CONCURRENTLY orders_note_idx;",
    references: &[
        "https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-INDEXES-VIEW",
        "https://supabase.github.io/splinter/0005_unused_index/",
        "C54",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

/// What runs once a month has run by then.
const COUNTED_FOR: f64 = 32.0 * 86_400.0;
/// A table that is read less often than this says nothing about its indexes.
const READ_OFTEN: u64 = 1_000;
/// A smaller index costs next to nothing.
const LEAST_BYTES: u64 = 1_000_000;

fn judge(looked: &Looked<'_>) -> Outcome {
    if let Err(outcome) = looked.production() {
        return outcome;
    }
    let usage = match looked.facts.index_use.known() {
        Ok(usage) => usage,
        Err(outcome) => return outcome,
    };
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit a float")]
    let counted = looked.now.as_second() as f64 - usage.since;
    if counted < COUNTED_FOR {
        return Coverage::Nothing(format!(
            "the server has counted the use of its indexes for {} only; look again after a month",
            duration(counted.max(0.0))
        ))
        .into();
    }
    let used = |index: &&IndexUse| index.table_scans >= READ_OFTEN && looked.owns(&index.schema, &index.table);
    let tables = usage.indexes.iter().filter(used).count();
    if tables == 0 {
        return Coverage::Nothing("no table of the database has been used much yet".to_owned()).into();
    }
    let idle = usage.indexes.iter().filter(used).filter(|index| index.scans == 0 && index.bytes >= LEAST_BYTES);
    let outcome = Outcome::whole(idle.map(|index| tell(index, counted, usage.replicas, looked)));
    if usage.replicas { outcome.but("what the server's replicas read is not counted on it") } else { outcome }
}

fn tell(index: &IndexUse, counted: f64, replicas: bool, looked: &Looked<'_>) -> Finding {
    let here = shown(&index.schema, &index.table);
    let message = format!(
        "The index `{}` on `{here}` was not read once in {}, while `{here}` was read {} times",
        index.name,
        duration(counted),
        grouped(index.table_scans)
    );
    let also = if replicas { " Look at the replicas' own counts first." } else { "" };
    looked
        .about(&META, (&index.schema, &index.table), &index.name, message)
        .confidence(if replicas { Confidence::Low } else { Confidence::Medium })
        .fix(format!(
            "If no rare job needs it, drop it, which frees {} MB: `DROP INDEX CONCURRENTLY {};`{also}",
            index.bytes / 1_000_000,
            sql(&index.schema, &index.name)
        ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::database::catalog::Table;
    use crate::probe::database::checks::facts::{Asked, Facts, Usage};
    use crate::probe::database::checks::testing::{facts, judge, messages};

    /// Counted since so many days, an index of so many scans, of a table that was read so often.
    fn given(days: f64, scans: u64, table_scans: u64, bytes: u64) -> Facts {
        let index =
            IndexUse { table: "t".to_owned(), name: "i".to_owned(), scans, table_scans, bytes, ..IndexUse::default() };
        // 2026-11-21T12:00:00Z
        let since = 1_795_262_400.0 - days * 86_400.0;
        Facts { index_use: Asked::Known(Usage { since, replicas: false, indexes: vec![index] }), ..facts() }
    }

    #[test]
    fn nothing_is_said_before_the_server_has_counted_long_enough_and_the_table_was_used() {
        let table = || vec![Table { name: "t".to_owned(), ..Table::default() }];
        let outcome = judge(CHECK, &given(60.0, 0, 5_000, 9_000_000), table());
        assert_eq!(
            messages(&outcome),
            ["The index `i` on `t` was not read once in 60 days, while `t` was read 5,000 times"]
        );
        assert_eq!(outcome.coverage, Coverage::Whole);
        for (facts, covered) in [
            (given(60.0, 3, 5_000, 9_000_000), true),
            (given(60.0, 0, 5_000, 90_000), true),
            (given(60.0, 0, 7, 9_000_000), false),
            (given(20.0, 0, 5_000, 9_000_000), false),
        ] {
            let outcome = judge(CHECK, &facts, table());
            assert!(outcome.seen.is_empty(), "{outcome:?}");
            assert_eq!(outcome.coverage == Coverage::Whole, covered, "{outcome:?}");
        }
        let mut local = given(60.0, 0, 5_000, 9_000_000);
        local.place.local = true;
        assert!(judge(CHECK, &local, table()).seen.is_empty());
    }
}

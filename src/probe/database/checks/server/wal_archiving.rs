//! The rule `wal-archiving-failing`.

use crate::model::{Confidence, Coverage, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::facts::Kind;
use crate::probe::database::checks::{Check, Looked, Outcome, duration, finding};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "wal-archiving-failing",
    title: "Copying away of changes fails",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "The server is set to copy every change away (archive_mode), and the last copies failed. Whether whole backups are made is not to be seen from inside the server, so this check never says that they are.",
    why: "A restore to the minute before an accident is not possible any more, and the changes that wait to be copied fill the disk until the server stops.",
    fix: "Look into the server's log for the message of archive_command, mend it, and watch last_archived_time in pg_stat_archiver.",
    example: "SELECT last_archived_time, last_failed_time, failed_count FROM pg_stat_archiver;",
    references: &["https://www.postgresql.org/docs/current/continuous-archiving.html", "C1", "C2"],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

fn judge(looked: &Looked<'_>) -> Outcome {
    if looked.facts.product.kind == Kind::Sqlite {
        // A file needs backups like any other database, so the item is not settled by there being no server.
        return Coverage::Nothing("whether a SQLite file is backed up cannot be seen in it".to_owned()).into();
    }
    if let Err(outcome) = looked.production() {
        return outcome;
    }
    let archiving = match looked.facts.archiving.known() {
        Ok(archiving) => archiving,
        Err(outcome) => return outcome,
    };
    if !archiving.on {
        return Coverage::Nothing(
            "the server copies no changes away by itself (archive_mode is off); backups that the host or a job makes are not to be seen from inside it".to_owned(),
        )
        .into();
    }
    let failing = archiving.failed_ago.filter(|failed| archiving.worked_ago.is_none_or(|worked| *failed < worked));
    if let Some(failed) = failing {
        let since = archiving.worked_ago.map_or_else(
            || "none has ever worked".to_owned(),
            |worked| format!("the last that worked was {} ago", duration(worked)),
        );
        let message = format!("Copying changes away failed {} ago, and {since}", duration(failed));
        return Outcome::whole([finding(&META, "archiving", message)]);
    }
    Coverage::Part(match archiving.worked_ago {
        Some(worked) => format!(
            "changes are copied away, last {} ago; whether whole backups are made and can be restored is not to be seen from inside the server",
            duration(worked)
        ),
        None => "changes are to be copied away, and none has been yet".to_owned(),
    })
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::database::checks::facts::{Archiving, Asked, Facts};
    use crate::probe::database::checks::testing::{facts, judge, messages};

    #[test]
    fn failing_is_told_and_nothing_is_ever_a_pass() {
        let told = |on: bool, worked_ago: Option<f64>, failed_ago: Option<f64>| {
            let archiving = Asked::Known(Archiving { on, worked_ago, failed_ago });
            let outcome = judge(CHECK, &Facts { archiving, ..facts() }, Vec::new());
            (messages(&outcome).concat(), outcome.coverage)
        };
        assert_eq!(
            told(true, Some(90_000.0), Some(30.0)).0,
            "Copying changes away failed 30 seconds ago, and the last that worked was 25 hours ago"
        );
        assert!(told(true, None, Some(30.0)).0.ends_with("none has ever worked"));
        for (on, worked, failed) in
            [(true, Some(10.0), Some(500.0)), (true, Some(10.0), None), (true, None, None), (false, None, None)]
        {
            let (message, coverage) = told(on, worked, failed);
            assert_eq!(message, "");
            assert!(matches!(coverage, Coverage::Part(_) | Coverage::Nothing(_)), "{coverage:?}");
        }
    }
}

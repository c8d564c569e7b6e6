//! The rule `transaction-id-age`.

use crate::model::{Confidence, Finding, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::facts::DatabaseAge;
use crate::probe::database::checks::{Check, Looked, Outcome, finding};
use crate::probe::database::judgement::wording::grouped;

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "transaction-id-age",
    title: "The server is running out of transaction numbers",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "PostgreSQL numbers its transactions and has some two billion numbers, which clearing up (VACUUM) makes free again. Here the oldest are much older than clearing up by itself should let them become.",
    why: "Shortly before the last number the server refuses every write to save the data, and stays like that until somebody has cleared up by hand, which takes hours.",
    fix: "Find what holds clearing up back (an old transaction, an abandoned replication slot, autovacuum that is off or too slow) and run VACUUM (FREEZE) on the oldest tables in a quiet hour.",
    example: "SELECT datname, age(datfrozenxid) FROM pg_database ORDER BY 2 DESC;\n\nSELECT slot_name, age(xmin) FROM pg_replication_slots;\nVACUUM (FREEZE, VERBOSE) big_table;",
    references: &["https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND", "F29"],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

/// From here on the server drops all else to clear up (`vacuum_failsafe_age`).
const FAILSAFE: i64 = 1_600_000_000;

fn judge(looked: &Looked<'_>) -> Outcome {
    if let Err(outcome) = looked.production() {
        return outcome;
    }
    match looked.facts.ages.known() {
        Ok(ages) => Outcome::whole(ages.iter().filter_map(tell)),
        Err(outcome) => outcome,
    }
}

/// Clearing up begins at the age that is set; at twice that it is not getting through.
fn tell(database: &DatabaseAge) -> Option<Finding> {
    let severity = match database.age {
        FAILSAFE.. => Severity::Blocker,
        age if database.freeze_at > 0 && age >= database.freeze_at.saturating_mul(2).max(400_000_000) => {
            Severity::Major
        }
        _ => return None,
    };
    let age = u64::try_from(database.age).unwrap_or(0);
    let message = format!(
        "The oldest transaction number of the database `{}` is {} transactions old; at 2,100,000,000 the server stops taking writes",
        database.name,
        grouped(age)
    );
    Some(finding(&META, database.name.clone(), message).severity(severity))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Coverage, Observation};
    use crate::probe::database::checks::facts::{Asked, Facts};
    use crate::probe::database::checks::testing::{facts, judge};

    #[test]
    fn an_age_at_which_clearing_up_is_at_work_is_no_alarm() {
        let severity = |age: i64, freeze_at: i64| {
            let database = DatabaseAge { name: "shop".to_owned(), age, freeze_at };
            let outcome = judge(CHECK, &Facts { ages: Asked::Known(vec![database]), ..facts() }, Vec::new());
            assert_eq!(outcome.coverage, Coverage::Whole);
            match outcome.seen.first() {
                Some(Observation::Finding(finding)) => Some(finding.severity),
                _ => None,
            }
        };
        assert_eq!(severity(210_000_000, 200_000_000), None);
        assert_eq!(severity(500_000_000, 200_000_000), Some(Severity::Major));
        // RDS and others begin later.
        assert_eq!(severity(500_000_000, 1_000_000_000), None);
        assert_eq!(severity(1_700_000_000, 1_000_000_000), Some(Severity::Blocker));
    }
}

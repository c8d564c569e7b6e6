//! The rule `sequence-near-its-end`.

use crate::model::{Confidence, Coverage, Finding, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::facts::{Kind, Sequence};
use crate::probe::database::checks::{Check, Looked, Outcome, SOME_TABLES, finding};
use crate::probe::database::judgement::wording::grouped;

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "sequence-near-its-end",
    title: "A column that counts by itself is running out of numbers",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A sequence, or an id that counts by itself, has used up nine tenths of its numbers, be it by its own limit or by the type of its column (an integer ends at 2,147,483,647).",
    why: "At the last number every new row is refused: nobody can order, sign up or write any more, until the column is changed, and that takes hours on a table of this size.",
    fix: "Change the column to bigint while there is time, in steps that do not lock the table.",
    example: "-- ends at 2,147,483,647\nCREATE TABLE events (id serial PRIMARY KEY);\n\n-- better\nCREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);",
    references: &[
        "https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-SERIAL",
        "https://dev.mysql.com/doc/refman/8.4/en/example-auto-increment.html",
        "F29",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

/// Used up so far, one speaks of it; and so far, it is a matter of weeks.
const NEAR: f64 = 0.9;
const AT_THE_END: f64 = 0.98;

fn judge(looked: &Looked<'_>) -> Outcome {
    let sequences = match looked.facts.sequences.known() {
        Ok(sequences) => sequences,
        Err(outcome) => return outcome,
    };
    if sequences.is_empty() && looked.facts.some_tables_hidden {
        return Coverage::Nothing(format!("no column that counts by itself was told of: {SOME_TABLES}")).into();
    }
    if sequences.is_empty() {
        return Coverage::Absent("the database has no column that counts by itself".to_owned()).into();
    }
    let outcome = Outcome::whole(sequences.iter().filter_map(tell));
    // Numbers used on a developer's machine say nothing about production's.
    if looked.facts.place.local && looked.facts.product.kind != Kind::Sqlite && outcome.seen.is_empty() {
        return looked.production().err().unwrap_or(outcome);
    }
    match sequences.iter().filter(|sequence| sequence.hidden).count() {
        0 if looked.facts.some_tables_hidden => outcome.but(SOME_TABLES),
        0 => outcome,
        hidden => outcome.but(format!("this role may not read {hidden} of {} sequences", sequences.len())),
    }
}

fn tell(sequence: &Sequence) -> Option<Finding> {
    let last = sequence.last?;
    if sequence.cycles || sequence.most <= 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let used = last as f64 / sequence.most as f64;
    if used < NEAR {
        return None;
    }
    let what = match (&sequence.column, &sequence.column_type) {
        (Some(column), Some(kind)) => format!("`{column}` ({kind})"),
        (Some(column), None) => format!("The sequence of `{column}`"),
        _ => format!("The sequence `{}`", sequence.name),
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a percentage")]
    let percent = (used * 100.0).floor() as u64;
    let left = u64::try_from(sequence.most.saturating_sub(last)).unwrap_or(0);
    let message = format!("{what} has used {percent} % of its numbers: {} are left", grouped(left));
    let severity = if used >= AT_THE_END { Severity::Blocker } else { Severity::Major };
    Some(finding(&META, sequence.name.clone(), message).severity(severity))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::database::checks::facts::{Asked, Facts};
    use crate::probe::database::checks::testing::{facts, judge, messages};

    fn sequence(last: i64, most: i64) -> Sequence {
        Sequence { name: "public.orders_id_seq".to_owned(), last: Some(last), most, ..Sequence::default() }
    }

    #[test]
    fn nine_tenths_and_what_ends_by_its_column() {
        let told = |sequence: Sequence| {
            let outcome = judge(CHECK, &Facts { sequences: Asked::Known(vec![sequence]), ..facts() }, Vec::new());
            messages(&outcome).concat()
        };
        let integer = |last| Sequence {
            column: Some("orders.id".to_owned()),
            column_type: Some("integer".to_owned()),
            ..sequence(last, 2_147_483_647)
        };
        assert_eq!(
            told(integer(2_000_000_000)),
            "`orders.id` (integer) has used 93 % of its numbers: 147,483,647 are left"
        );
        assert_eq!(told(integer(1_900_000_000)), "");
        assert_eq!(
            told(sequence(99, 100)),
            "The sequence `public.orders_id_seq` has used 99 % of its numbers: 1 are left"
        );
        assert_eq!(told(Sequence { cycles: true, ..sequence(99, 100) }), "");
        assert_eq!(told(Sequence { last: None, ..sequence(0, 100) }), "");
        assert_eq!(told(sequence(i64::MAX / 2, i64::MAX)), "");
    }

    #[test]
    fn what_was_not_read_is_said() {
        let covered = |facts: &Facts| judge(CHECK, facts, Vec::new()).coverage;
        let with = |sequences: Vec<Sequence>| Facts { sequences: Asked::Known(sequences), ..facts() };
        assert_eq!(covered(&with(vec![sequence(1, 100)])), Coverage::Whole);
        assert!(matches!(covered(&with(Vec::new())), Coverage::Absent(_)));
        let hidden = Sequence { hidden: true, last: None, ..sequence(0, 9) };
        assert!(matches!(covered(&with(vec![hidden])), Coverage::Part(why) if why.contains("1 of 1")));
        let mut local = with(vec![sequence(1, 100)]);
        local.place.local = true;
        assert!(matches!(covered(&local), Coverage::Nothing(_)));
    }
}

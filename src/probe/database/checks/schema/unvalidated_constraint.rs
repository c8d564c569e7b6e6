//! The rule `unvalidated-constraint`.

use crate::model::{Confidence, Finding, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::facts::Unvalidated;
use crate::probe::database::checks::{Check, Looked, Outcome, shown, sql};
use crate::probe::database::judgement::wording::name;

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "unvalidated-constraint",
    title: "A constraint was never checked against the rows that are there",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A constraint was added with NOT VALID, which is a good way to add one without a long lock, and the second step that looks at the old rows was never taken.",
    why: "Old rows may break the rule that the code relies on: an order of a customer who does not exist, a price below zero. Restoring a backup, or changing such a row, then fails at the worst moment.",
    fix: "Run ALTER TABLE … VALIDATE CONSTRAINT; it lets others read and write meanwhile.",
    example: "ALTER TABLE orders ADD CONSTRAINT positive CHECK (total >= 0) NOT VALID;\n\n-- in a later migration\nALTER TABLE orders VALIDATE CONSTRAINT positive;",
    references: &[
        "https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-VALIDATE-CONSTRAINT",
        "F62",
        "C34",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

fn judge(looked: &Looked<'_>) -> Outcome {
    let found = match looked.facts.unvalidated.known() {
        Ok(found) => found,
        Err(outcome) => return outcome,
    };
    let own = |one: &&Unvalidated| looked.owns(&one.schema, &one.table);
    looked.of_schema(found.iter().filter(own).map(|one| tell(one, looked)).collect())
}

fn tell(one: &Unvalidated, looked: &Looked<'_>) -> Finding {
    let here = shown(&one.schema, &one.table);
    let what = if one.foreign_key { "foreign key" } else { "constraint" };
    looked
        .about(
            &META,
            (&one.schema, &one.table),
            &one.name,
            format!(
                "The {what} `{}` of `{here}` was never checked against the rows that were there before it",
                one.name
            ),
        )
        .fix(format!(
            "Check them now; it locks nobody out: `ALTER TABLE {} VALIDATE CONSTRAINT {};`",
            sql(&one.schema, &one.table),
            name(&one.name)
        ))
}

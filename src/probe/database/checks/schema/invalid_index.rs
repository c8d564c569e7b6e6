//! The rule `invalid-index`.

use crate::model::{Confidence, Finding, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::facts::BrokenIndex;
use crate::probe::database::checks::{Check, Looked, Outcome, shown, sql};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "invalid-index",
    title: "An index is there and cannot be used",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "The database marks an index as invalid: making it concurrently was cut off or failed half-way.",
    why: "No query uses it, so the pages that it was made for are as slow as before, and every row that is saved still pays for it. One that was to keep rows apart lets equal ones in.",
    fix: "Make it again with REINDEX INDEX CONCURRENTLY, or drop it.",
    example: "CREATE UNIQUE INDEX CONCURRENTLY users_email ON users (email);\n-- ERROR: could not create unique index: the index stays behind, invalid\n\nDROP INDEX CONCURRENTLY users_email;",
    references: &[
        "https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY",
        "F31",
        "C54",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

fn judge(looked: &Looked<'_>) -> Outcome {
    let broken = match looked.facts.broken_indexes.known() {
        Ok(broken) => broken,
        Err(outcome) => return outcome,
    };
    let (making, left): (Vec<&BrokenIndex>, Vec<&BrokenIndex>) =
        broken.iter().filter(|index| looked.owns(&index.schema, &index.table)).partition(|index| index.being_made);
    let outcome = looked.of_schema(left.into_iter().map(|index| tell(index, looked)).collect());
    match making.first() {
        Some(index) => outcome.but(format!("the index {} may be being made just now; look again later", index.name)),
        None => outcome,
    }
}

fn tell(index: &BrokenIndex, looked: &Looked<'_>) -> Finding {
    let here = shown(&index.schema, &index.table);
    let named = sql(&index.schema, &index.name);
    let (message, fix) = if index.partitioned {
        (
            format!("The index `{}` on `{here}` is not complete: some partitions have no such index", index.name),
            format!(
                "Make the index on each partition that lacks it, then `ALTER INDEX {named} ATTACH PARTITION …;` for each."
            ),
        )
    } else if index.is_unique {
        (
            format!(
                "The unique index `{}` on `{here}` is invalid: it neither serves queries nor keeps equal rows out for certain",
                index.name
            ),
            format!("Find and clear the rows that are there twice, then `REINDEX INDEX CONCURRENTLY {named};`"),
        )
    } else {
        (
            format!(
                "The index `{}` on `{here}` is invalid: no query uses it, and every write still pays for it",
                index.name
            ),
            format!("Make it again: `REINDEX INDEX CONCURRENTLY {named};`, or drop it."),
        )
    };
    looked
        .about(&META, (&index.schema, &index.table), &index.name, message)
        .severity(if index.partitioned { Severity::Minor } else { Severity::Major })
        .fix(fix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Coverage;
    use crate::probe::database::catalog::Table;
    use crate::probe::database::checks::facts::{Asked, Facts};
    use crate::probe::database::checks::testing::{facts, judge, messages};

    #[test]
    fn what_is_being_made_just_now_is_not_broken() {
        let index = |name: &str| BrokenIndex { table: "t".to_owned(), name: name.to_owned(), ..BrokenIndex::default() };
        let tables = || vec![Table { name: "t".to_owned(), ..Table::default() }];
        let unique = BrokenIndex { is_unique: true, ..index("u") };
        let found = vec![index("i"), unique, BrokenIndex { table: "other".to_owned(), ..index("j") }];
        let given = Facts { broken_indexes: Asked::Known(found), ..facts() };
        let outcome = judge(CHECK, &given, tables());
        assert_eq!(outcome.seen.len(), 2);
        assert!(messages(&outcome)[1].contains("keeps equal rows out"));
        assert_eq!(outcome.coverage, Coverage::Whole);
        let making = BrokenIndex { being_made: true, ..index("i") };
        let outcome = judge(CHECK, &Facts { broken_indexes: Asked::Known(vec![making]), ..facts() }, tables());
        assert!(outcome.seen.is_empty() && matches!(outcome.coverage, Coverage::Part(_)));
        let sqlite = Facts { broken_indexes: Asked::Absent("no such thing".to_owned()), ..facts() };
        assert!(matches!(judge(CHECK, &sqlite, tables()).coverage, Coverage::Absent(_)));
    }
}

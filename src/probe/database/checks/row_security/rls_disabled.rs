//! The rule `rls-disabled`.

use crate::model::{Confidence, Finding, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::facts::{ExposedTable, Policy};
use crate::probe::database::checks::row_security::exposed;
use crate::probe::database::checks::{Check, Looked, Outcome, shown, sql};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "rls-disabled",
    title: "Row security is off for a table that browsers can reach",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "A table in a schema that the API shows has row level security off, and the roles of visitors or users have rights on it. This is read from the database itself, whatever the migrations say.",
    why: "The key that every visitor's browser holds opens such a table: anyone can read all rows, and often change or delete them, with one line in the console.",
    fix: "Enable row level security and add policies that compare the row's owner with the user; or take the rights on the table from anon and authenticated.",
    example: "ALTER TABLE notes ENABLE ROW LEVEL SECURITY;\nCREATE POLICY own ON notes TO authenticated\n  USING (user_id = (SELECT auth.uid())) WITH CHECK (user_id = (SELECT auth.uid()));",
    references: &[
        "https://supabase.com/docs/guides/database/postgres/row-level-security",
        "https://supabase.github.io/splinter/0013_rls_disabled_in_public/",
        "https://supabase.github.io/splinter/0007_policy_exists_rls_disabled/",
        "F54",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

fn judge(looked: &Looked<'_>) -> Outcome {
    let known = match exposed(looked) {
        Ok(known) => known,
        Err(outcome) => return outcome,
    };
    let open = known.tables.iter().filter(|table| !table.guarded);
    Outcome::whole(open.filter_map(|table| tell(table, &known.policies, looked)))
}

fn tell(table: &ExposedTable, policies: &[Policy], looked: &Looked<'_>) -> Option<Finding> {
    let who = match (table.anon_reads || table.anon_writes, table.user_reads || table.user_writes) {
        (true, _) => "every visitor",
        (false, true) => "every signed-in user",
        (false, false) => return None,
    };
    let (reads, writes) = if who == "every visitor" {
        (table.anon_reads, table.anon_writes)
    } else {
        (table.user_reads, table.user_writes)
    };
    let what = match (reads, writes) {
        (true, true) => "read and change",
        (false, true) => "change",
        _ => "read",
    };
    let here = shown(&table.schema, &table.table);
    let useless = policies.iter().any(|policy| policy.schema == table.schema && policy.table == table.table);
    let but = if useless { " (its policies do nothing while it is off)" } else { "" };
    let named = sql(&table.schema, &table.table);
    Some(
        looked
            .about(
                &META,
                (&table.schema, &table.table),
                "",
                format!("Row security is off for `{here}`{but}: {who} can {what} all of its rows"),
            )
            .severity(if writes || who == "every visitor" { Severity::Blocker } else { Severity::Major })
            .fix(format!(
                "`ALTER TABLE {named} ENABLE ROW LEVEL SECURITY;`{}",
                if useless { "" } else { ", then a policy for each thing that users may do with their own rows" }
            )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Coverage;
    use crate::probe::database::checks::facts::{Asked, Facts, RowSecurity};
    use crate::probe::database::checks::testing::{facts, judge, messages};

    #[test]
    fn only_what_somebody_may_reach_is_open() {
        let table = |name: &str| ExposedTable {
            schema: "public".to_owned(),
            table: name.to_owned(),
            ..ExposedTable::default()
        };
        let tables = vec![
            ExposedTable { anon_reads: true, anon_writes: true, ..table("open") },
            ExposedTable { user_reads: true, ..table("users_only") },
            ExposedTable { anon_reads: true, guarded: true, ..table("guarded") },
            table("no_rights"),
        ];
        let policies = vec![Policy { schema: "public".to_owned(), table: "open".to_owned(), ..Policy::default() }];
        let known = RowSecurity { tables, policies, views: Vec::new() };
        let outcome = judge(CHECK, &Facts { row_security: Asked::Known(known), ..facts() }, Vec::new());
        assert_eq!(
            messages(&outcome),
            [
                "Row security is off for `open` (its policies do nothing while it is off): every visitor can read and change all of its rows",
                "Row security is off for `users_only`: every signed-in user can read all of its rows",
            ]
        );
        let empty = Facts { row_security: Asked::Known(RowSecurity::default()), ..facts() };
        assert!(matches!(judge(CHECK, &empty, Vec::new()).coverage, Coverage::Nothing(_)));
        let none = Facts { row_security: Asked::Absent("no such roles".to_owned()), ..facts() };
        assert!(matches!(judge(CHECK, &none, Vec::new()).coverage, Coverage::Absent(_)));
    }
}

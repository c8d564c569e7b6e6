//! The rule `rls-without-policy`.

use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::facts::ExposedTable;
use crate::probe::database::checks::row_security::exposed;
use crate::probe::database::checks::{Check, Looked, Outcome, shown, sql};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "rls-without-policy",
    title: "Row security is on and no policy lets anyone in",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::Low,
    what: "A table that the API shows has row level security on and not one policy, so that visitors and users see it empty.",
    why: "That is safe, and right for tables that only the server uses. Where a page reads the table, its users see nothing and no error says why.",
    fix: "Add the policies that its users need; or take the rights on it from anon and authenticated, so that it is plain that only the server uses it.",
    example: "ALTER TABLE notes ENABLE ROW LEVEL SECURITY;\n-- without this nobody sees a note\nCREATE POLICY own ON notes FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));",
    references: &["https://supabase.github.io/splinter/0008_rls_enabled_no_policy/", "F54"],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

fn judge(looked: &Looked<'_>) -> Outcome {
    let known = match exposed(looked) {
        Ok(known) => known,
        Err(outcome) => return outcome,
    };
    let has_policy = |table: &ExposedTable| {
        known.policies.iter().any(|policy| policy.schema == table.schema && policy.table == table.table)
    };
    let reached = |table: &ExposedTable| table.anon_reads || table.anon_writes || table.user_reads || table.user_writes;
    let shut = known.tables.iter().filter(|table| table.guarded && reached(table) && !has_policy(table));
    Outcome::whole(shut.map(|table| {
        let here = shown(&table.schema, &table.table);
        let named = sql(&table.schema, &table.table);
        let message = format!("Row security is on for `{here}` and it has no policy: visitors and users see no row of it");
        looked.about(&META, (&table.schema, &table.table), "", message).fix(format!(
            "Add a policy if a page reads it; if only the server does, say so: `REVOKE ALL ON {named} FROM anon, authenticated;`"
        ))
    }))
}

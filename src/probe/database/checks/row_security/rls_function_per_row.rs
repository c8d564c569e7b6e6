//! The rule `rls-function-per-row`.

use crate::model::{Confidence, Evidence, EvidenceKind, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::row_security::exposed;
use crate::probe::database::checks::{Check, Looked, Outcome, shown};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "rls-function-per-row",
    title: "A policy asks who the user is once for every row",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A policy calls `auth.uid()`, `auth.jwt()` or `current_setting()` plainly, so that the database calls it anew for each row that it looks at, instead of once for the whole query.",
    why: "The answer is the same for every row. On a table of a hundred thousand rows the calls alone take a good part of a second, in every query of every user.",
    fix: "Write the call as a subquery: `(SELECT auth.uid())` is worked out once.",
    example: "CREATE POLICY own ON notes USING (user_id = auth.uid());\n\n-- better\nCREATE POLICY own ON notes USING (user_id = (SELECT auth.uid()));",
    references: &[
        "https://supabase.com/docs/guides/database/postgres/row-level-security#call-functions-with-select",
        "https://supabase.github.io/splinter/0003_auth_rls_initplan/",
        "C54",
        "F54",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

/// Calls whose answer depends on nothing in the row.
const CALLS: [&str; 5] = ["auth.uid(", "auth.jwt(", "auth.role(", "auth.email(", "current_setting("];

fn judge(looked: &Looked<'_>) -> Outcome {
    let known = match exposed(looked) {
        Ok(known) => known,
        Err(outcome) => return outcome,
    };
    Outcome::whole(known.policies.iter().filter_map(|policy| {
        let guarded = known
            .tables
            .iter()
            .any(|table| table.guarded && (&table.schema, &table.table) == (&policy.schema, &policy.table));
        let conditions = || policy.using.iter().chain(&policy.check);
        // New rows are checked one by one, and there are few of them.
        let reads = policy.command != "a";
        let call = conditions().find_map(|condition| called_for_each_row(condition)).filter(|_| guarded && reads)?;
        let here = shown(&policy.schema, &policy.table);
        let message = format!("The policy `{}` on `{here}` calls `{call})` for every row it looks at", policy.name);
        let text: Vec<&str> = conditions().map(String::as_str).collect();
        Some(
            looked
                .about(&META, (&policy.schema, &policy.table), &policy.name, message)
                .fix(format!("Write `(SELECT {call}))` instead: it is worked out once for the whole query."))
                .evidence(Evidence::new(EvidenceKind::Query, text.join("\n"))),
        )
    }))
}

/// The first call that is not the whole of a subquery, as PostgreSQL writes conditions out: `( SELECT auth.uid() AS uid)`.
fn called_for_each_row(condition: &str) -> Option<&'static str> {
    let lower = condition.to_ascii_lowercase();
    let plainly = |call: &'static str| {
        lower.match_indices(call).any(|(at, _)| {
            let before = lower.get(..at).unwrap_or_default();
            let own_name = before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
            // Conversions may stand around the call: `( SELECT (auth.jwt() ->> 'role'::text))`.
            let inside = before.trim_end_matches(|c: char| c.is_whitespace() || c == '(');
            !own_name && !inside.ends_with("select")
        })
    };
    CALLS.into_iter().find(|call| plainly(call))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_in_a_subquery_of_its_own_is_made_once() {
        for (condition, call) in [
            ("(user_id = auth.uid())", Some("auth.uid(")),
            ("(user_id = ( SELECT auth.uid() AS uid))", None),
            ("(( SELECT (auth.jwt() ->> 'role'::text)) = 'admin'::text)", None),
            ("((( SELECT auth.uid() AS uid) = a) OR (auth.uid() = b))", Some("auth.uid(")),
            ("((auth.jwt() ->> 'role'::text) = 'admin'::text)", Some("auth.jwt(")),
            ("(tenant = (current_setting('app.tenant'::text))::uuid)", Some("current_setting(")),
            ("(tenant = ( SELECT (current_setting('app.tenant'::text))::uuid AS current_setting))", None),
            ("(user_id = my_auth.uid())", None),
            ("is_member(team_id)", None),
        ] {
            assert_eq!(called_for_each_row(condition), call, "{condition}");
        }
    }
}

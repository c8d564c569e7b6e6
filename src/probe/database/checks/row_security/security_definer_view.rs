//! The rule `security-definer-view`.

use crate::model::{Confidence, Finding, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::facts::ExposedView;
use crate::probe::database::checks::row_security::exposed;
use crate::probe::database::checks::{Check, Looked, Outcome, finding, shown, sql};
use crate::probe::database::judgement::wording::listed;

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "security-definer-view",
    title: "A view goes around row security",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "A view that the API shows runs with the rights of its owner, whom row level security does not hold, and reads a table that its readers could not read whole by themselves.",
    why: "The table is well guarded, and the view beside it hands all of its rows to everyone who asks, with the key that is in every browser.",
    fix: "Let the view run with the rights of its reader (`security_invoker`), or take the right to read it from anon and authenticated.",
    example: "CREATE VIEW members AS SELECT id, email FROM profiles;\n\n-- better (PostgreSQL 15 and later)\nCREATE VIEW members WITH (security_invoker = true) AS SELECT id, email FROM profiles;",
    references: &[
        "https://www.postgresql.org/docs/current/sql-createview.html",
        "https://supabase.github.io/splinter/0010_security_definer_view/",
        "https://supabase.github.io/splinter/0016_materialized_view_in_api/",
        "https://supabase.github.io/splinter/0002_auth_users_exposed/",
        "F54",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

fn judge(looked: &Looked<'_>) -> Outcome {
    match exposed(looked) {
        Ok(known) => Outcome::whole(known.views.iter().filter(|view| !view.goes_around.is_empty()).map(tell)),
        Err(outcome) => outcome,
    }
}

fn tell(view: &ExposedView) -> Finding {
    let here = shown(&view.schema, &view.name);
    let named = sql(&view.schema, &view.name);
    let who = if view.anon { "every visitor" } else { "every signed-in user" };
    let kind = if view.materialized { "materialized view" } else { "view" };
    let message = format!(
        "The {kind} `{here}` shows {who} rows of {} that row security keeps from them",
        listed(&view.goes_around, "and")
    );
    // What a materialized view stores has no row security.
    let fix = if view.materialized {
        format!("`REVOKE ALL ON {named} FROM anon, authenticated;`, and let the server read it for them.")
    } else {
        format!(
            "`ALTER VIEW {named} SET (security_invoker = true);`, or `REVOKE ALL ON {named} FROM anon, authenticated;`"
        )
    };
    finding(&META, here, message)
        .severity(if view.anon { Severity::Blocker } else { Severity::Major })
        // The view itself may pick only the reader's rows.
        .confidence(Confidence::Medium)
        .fix(fix)
}

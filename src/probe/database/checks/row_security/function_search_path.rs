//! The rule `function-search-path`.

use crate::model::{Confidence, Coverage, Finding, RuleKind, RuleMeta, Severity};
use crate::probe::database::checks::facts::DefinerFunction;
use crate::probe::database::checks::{Check, Looked, Outcome, finding, shown};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "function-search-path",
    title: "A function with its owner's rights looks names up wherever its caller says",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A function is SECURITY DEFINER, so it runs with the rights of its owner, and does not set its search_path.",
    why: "Its caller decides in which schemas its table and function names are looked up. Who can make a table or function anywhere can slip it into this one, and it then works with the owner's rights.",
    fix: "Add `SET search_path = ''` to the function and write names with their schema.",
    example: "CREATE FUNCTION join_team(code text) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$ … $$;\n\n-- better\nCREATE FUNCTION join_team(code text) RETURNS void LANGUAGE sql SECURITY DEFINER\n  SET search_path = '' AS $$ … $$;",
    references: &[
        "https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY",
        "https://supabase.github.io/splinter/0011_function_search_path_mutable/",
        "F54",
        "F58",
    ],
};

/// The check.
pub const CHECK: Check = Check { meta: &META, judge };

fn judge(looked: &Looked<'_>) -> Outcome {
    let functions = match looked.facts.definer_functions.known() {
        Ok(functions) => functions,
        Err(outcome) => return outcome,
    };
    if functions.is_empty() {
        return Coverage::Absent("no function of the project's runs with its owner's rights".to_owned()).into();
    }
    Outcome::whole(functions.iter().filter(|function| !function.fixed_path).map(tell))
}

fn tell(function: &DefinerFunction) -> Finding {
    let here = shown(&function.schema, &function.name);
    let who = if function.exposed { ", and visitors or users may call it through the API" } else { "" };
    let message = format!("`{here}` runs with its owner's rights and sets no search_path{who}");
    finding(&META, here.clone(), message)
        .severity(if function.exposed { Severity::Major } else { Severity::Minor })
        .fix(format!(
            "`ALTER FUNCTION {here} SET search_path = '';`, with schemas written before the names in its body"
        ))
}

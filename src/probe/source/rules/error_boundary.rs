//! Proof: where a component fails, something else is shown.

use super::boundaries::boundary;
use super::{Check, Hit, Rule, is_ours};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Place, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "error-boundary",
    title: "An error boundary stands in for what fails",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "An error boundary of React, Nuxt or Svelte, an `error` page of Next, Nuxt or SvelteKit, a router's element for errors, or a component of Vue with `onErrorCaptured`.",
    why: "One component that fails does not leave your users before an empty page.",
    fix: "Put an error boundary around the app and around each part that can fail by itself.",
    example: "<ErrorBoundary fallback={<Sorry />}>\n  <App />\n</ErrorBoundary>",
    references: &[
        "F26",
        "https://react.dev/reference/react/Component#catching-rendering-errors-with-an-error-boundary",
    ],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).reads(Language::is_ecma, super::has_components).looks_at(is_ours);

/// Looks at one file.
fn check(file: &FileFacts, _index: &CodeIndex, hits: &mut Vec<Hit>) {
    hits.extend(boundary(file).or_else(|| captured(file)).map(|(place, message)| Hit::new(place, message)));
}

/// `onErrorCaptured(…)` in a component of Vue.
fn captured(file: &FileFacts) -> Option<(Place, String)> {
    let captured = file.calls.iter().find(|call| {
        &*call.callee == "onErrorCaptured"
            && file.path.ends_with(".vue")
            && matches!(call.argument(0), Some(Value::Function(_) | Value::Path(_)))
    })?;
    Some((captured.place, "A component catches what fails below it".to_owned()))
}

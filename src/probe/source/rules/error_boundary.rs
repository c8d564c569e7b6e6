//! Proof: where a component fails, something else is shown.

use super::boundaries::boundary;
use super::{Check, Hit, Rule, is_ours};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "error-boundary",
    title: "An error boundary stands in for what fails",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "An error boundary of React, Nuxt or Svelte, an `error` page of Next, Nuxt or SvelteKit, or a router's element for errors.",
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
    hits.extend(boundary(file).map(|(place, message)| Hit::new(place, message)));
}

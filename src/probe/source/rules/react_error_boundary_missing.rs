//! A React app of which nothing is left when one component fails.

use super::boundaries::boundary;
use super::{Check, Hit, Rule};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::Place;
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::libraries::imported;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "react-error-boundary-missing",
    title: "One failing component takes the whole page away",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "A React, Next or Remix app without an error boundary, an `error` page or a router's element for errors anywhere.",
    why: "When any component throws while it is drawn, React takes the whole page away. Your users see white, and reloading does not help.",
    fix: "Add `app/error.tsx` and `app/global-error.tsx` in Next, `ErrorBoundary` in Remix, or `react-error-boundary` around the app, and report what it catches.",
    example: "createRoot(node).render(\n  <ErrorBoundary fallback={<Sorry />} onError={report}>\n    <App />\n  </ErrorBoundary>,\n);",
    references: &[
        "F26",
        "https://react.dev/reference/react/Component#catching-rendering-errors-with-an-error-boundary",
    ],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::Project(check)).reads(Language::is_ecma, astro).about("React app", react_apps);

/// Astro's pages hold React's components.
fn astro(name: &str) -> bool {
    name == "Astro"
}

fn react_apps(file: &FileFacts, _: &CodeIndex, subject: &mut super::Subject) {
    subject.seen |= file.role.in_production() && entry(file).is_some();
}

/// Where a React app begins: what draws it, or the outermost layout of Next.
fn entry(file: &FileFacts) -> Option<Place> {
    let drawn = file.calls.iter().find(|call| {
        matches!(call.method(), "createRoot" | "hydrateRoot")
            && imported(file, &["react-dom", "react-dom/client"]).is_some()
            || matches!(
                &*call.callee,
                "ReactDOM.render" | "ReactDOM.hydrate" | "ReactDOM.createRoot" | "AppRegistry.registerComponent"
            )
    });
    if let Some(call) = drawn {
        return Some(call.place);
    }
    let path = file.path.as_str();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or(name);
    let layout = stem == "layout" && (folder == "app" || folder.ends_with("/app") || folder.ends_with("app/[locale]"));
    let pages = stem == "_app" && (folder == "pages" || folder.ends_with("/pages"));
    let remix = stem == "root"
        && (folder == "app" || folder.ends_with("/app"))
        && imported(file, &["react-router", "@remix-run/react"]).is_some();
    (file.jsx && (layout || pages || remix)).then(|| {
        file.functions
            .iter()
            .find(|function| function.exported && function.parent == Some(0))
            .map_or_else(Place::default, |f| f.place)
    })
}

/// Looks at the whole project.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    let mut app: Option<(usize, Place)> = None;
    for (place, file) in index.files.iter().enumerate() {
        if !file.language.is_ecma() || file.role == Role::Test {
            continue;
        }
        if boundary(file).is_some() {
            return;
        }
        if app.is_none() && file.role.in_production() {
            app = entry(file).map(|at| (place, at));
        }
    }
    if let Some((file, place)) = app {
        let hit =
            Hit::new(place, "No error boundary stands in this app: when one component fails, the page goes white");
        hits.push(Hit { file, ..hit });
    }
}

//! What shows something else where a component fails. Shared by the rule that misses it and the proof.

use crate::probe::source::code::{Place, Value};
use crate::probe::source::facts::{FileFacts, Role};
use crate::probe::source::libraries::imported;

/// Where a file has an error boundary, and in what form.
pub(super) fn boundary(file: &FileFacts) -> Option<(Place, String)> {
    let at_top = || Place::default();
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    let stem = name.split('.').next().unwrap_or(name);
    let is_page = file.jsx && matches!(name.rsplit('.').next(), Some("tsx" | "jsx" | "js" | "ts"));
    // SvelteKit's page for routes that fail, and Nuxt's for the whole app.
    if name == "+error.svelte"
        || (name == "error.vue" && matches!(&*file.path, "error.vue" | "app/error.vue" | "src/error.vue"))
    {
        return Some((at_top(), format!("`{name}` stands in for pages that fail")));
    }
    let in_app = file.path.starts_with("app/") || file.path.contains("/app/");
    if is_page && (matches!(stem, "global-error") || (stem == "error" && in_app)) {
        return Some((at_top(), format!("`{name}` stands in for pages that fail")));
    }
    if is_page && stem == "_error" && file.path.contains("pages/") {
        return Some((at_top(), format!("`{name}` stands in for pages that fail")));
    }
    let is_boundary = |name: &str| name.contains("ErrorBoundary") || name == "svelte:boundary";
    if let Some(element) = file.elements.iter().find(|element| is_boundary(&element.name)) {
        return Some((element.place, format!("`{}` stands around a part of the page", element.name)));
    }
    if let Some(element) = file
        .elements
        .iter()
        .find(|element| element.attribute("errorElement").is_some() || element.attribute("ErrorBoundary").is_some())
    {
        return Some((element.place, "A route has an element for its errors".to_owned()));
    }
    let caught = file.functions.iter().find(|function| {
        matches!(function.name.as_deref(), Some("componentDidCatch" | "getDerivedStateFromError"))
            || (function.exported && function.parent == Some(0) && function.name.as_deref() == Some("ErrorBoundary"))
    });
    if let Some(function) = caught {
        return Some((function.place, "A component catches what fails below it".to_owned()));
    }
    if let Some(call) = file.calls.iter().find(|call| {
        matches!(call.method(), "withErrorBoundary" | "withSentryReactRouterV6Routing")
            || call.arguments.iter().any(|argument| has_route_element(&argument.value))
    }) {
        return Some((call.place, "Routes have something for their errors".to_owned()));
    }
    let routes = file.assignments.iter().find(|assignment| has_route_element(&assignment.value));
    routes.map(|assignment| (assignment.place, "Routes have something for their errors".to_owned())).or_else(|| {
        (file.role == Role::Client && imported(file, &["react-error-boundary"]).is_some())
            .then(|| (at_top(), "react-error-boundary is in use".to_owned()))
    })
}

/// `{ path, element, errorElement }`, `defaultErrorComponent`
fn has_route_element(value: &Value) -> bool {
    let mut found = false;
    value.walk(&mut |value| {
        if let Value::Object(pairs) = value {
            found |= pairs.iter().any(|(key, value)| {
                matches!(&**key, "errorElement" | "ErrorBoundary" | "errorComponent" | "defaultErrorComponent")
                    && !value.is_empty_literal()
            });
        }
    });
    found
}

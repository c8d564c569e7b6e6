//! Protection against forged requests that is switched off where cookies sign people in.

mod backend;

use super::{Check, Hit, Rule, Subject, request_work, server_or_config};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Function, Place, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::routes::reach::accesses;
use crate::probe::source::routes::{Route, Verb, names};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "csrf-disabled",
    title: "Protection against forged requests is switched off",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "A framework's check against cross-site request forgery is removed or exempted where a session cookie signs people in.",
    why: "A page that your signed-in user visits can submit forms to your app in their name: change their mail address, transfer, delete.",
    fix: "Keep the framework's check on and send its token with forms and fetches. Exempt only what is called with a token or a signature: webhooks and APIs.",
    example: "@csrf_exempt\n@login_required\ndef close_account(request): ...\n\n# better\n@login_required\n@require_POST\ndef close_account(request): ...",
    references: &[
        "F58",
        "https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html",
    ],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .reads(request_work::reads, request_work::would_read)
    .looks_at(server_or_config)
    .claims_none(look);

fn look(_: &FileFacts, _: &CodeIndex, _: &mut Subject) {}

/// Options of frameworks and libraries that switch the check off.
const OFF: [(&str, bool); 6] = [
    ("checkOrigin", false),
    ("disableCSRFCheck", true),
    ("disableCsrfCheck", true),
    ("csrfProtection", false),
    ("skipCSRFCheck", true),
    ("csrf_protect", false),
];

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    match file.language {
        Language::Python => return python(file, index, hits),
        language if !language.is_ecma() => return backend::check(file, hits),
        _ => {}
    }
    let off = |value: &Value| {
        let mut found = None;
        value.walk(&mut |value| {
            if let Value::Object(pairs) = value {
                found = found.or_else(|| {
                    pairs.iter().find_map(|(key, value)| match value {
                        Value::Bool(flag) => {
                            OFF.iter().find(|(name, bad)| *name == &**key && bad == flag).map(|(name, _)| *name)
                        }
                        Value::Object(_)
                            if &**key == "csrf" && value.get("checkOrigin") == Some(&Value::Bool(false)) =>
                        {
                            Some("checkOrigin")
                        }
                        _ => None,
                    })
                });
            }
        });
        found
    };
    let mut say = |place: Place, name: &str| {
        hits.push(Hit::new(place, format!("`{name}` switches off the check against forged requests")))
    };
    for assignment in file.assignments.iter().filter(|a| !a.dev_only) {
        if let Some(name) = off(&assignment.value) {
            say(assignment.place, name);
        }
    }
    for call in file.calls.iter().filter(|call| !call.dev_only && call.argument_of.is_none()) {
        if let Some(name) = call.arguments.iter().find_map(|argument| off(&argument.value)) {
            let inside = file.assignments.iter().any(|a| {
                a.place.bytes.0 <= call.place.bytes.0
                    && call.place.bytes.1 <= a.place.bytes.1
                    && off(&a.value).is_some()
            });
            if !inside {
                say(call.place, name);
            }
        }
    }
}

fn python(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    if file.path.rsplit('/').next().is_some_and(|name| name.contains("settings")) || file.path.contains("settings/") {
        for assignment in file.assignments_to("MIDDLEWARE").filter(|a| !a.appends) {
            let Value::Array(items) = &assignment.value else { continue };
            let has =
                |part: &str| items.iter().filter_map(Value::text).any(|text| text.to_ascii_lowercase().contains(part));
            if has("sessionmiddleware") && !has("csrf") && !items.iter().any(|item| item.text().is_none()) {
                hits.push(Hit::new(
                    assignment.place,
                    "Sessions are on, and `CsrfViewMiddleware` is not among the middleware",
                ));
            }
        }
    }
    for assignment in file.assignments.iter().filter(|a| !a.dev_only && a.value == Value::Bool(false)) {
        if assignment.target.ends_with("WTF_CSRF_ENABLED") || assignment.target.ends_with("WTF_CSRF_CHECK_DEFAULT") {
            let test = file.enclosing(assignment.function).any(|(_, function)| {
                function.class.as_deref().is_some_and(|class| class.contains("Test") || class.contains("Dev"))
            }) || file.classes.iter().any(|class| {
                (class.name.contains("Test") || class.name.contains("Dev"))
                    && class.place.bytes.0 <= assignment.place.bytes.0
                    && assignment.place.bytes.1 <= class.place.bytes.1
            });
            if !test {
                hits.push(Hit::new(assignment.place, "Forms are accepted without their token against forged requests"));
            }
        }
    }
    for function in file.functions.iter().filter(|f| f.decorators.iter().any(|d| d.method() == "csrf_exempt")) {
        let routes = || {
            index.routes().all().iter().filter(|route| {
                route.function(index).is_some_and(|(at, found)| at.path == file.path && found.place == function.place)
            })
        };
        let by_cookie = |path: &str| path.starts_with("request.user") || path.starts_with("request.session");
        let session = function
            .decorators
            .iter()
            .any(|d| matches!(d.method(), "login_required" | "permission_required" | "staff_member_required"))
            || accesses(file, function).any(|access| by_cookie(&access.path))
            || file.calls_of(&function.body).any(|(_, call)| by_cookie(&call.callee));
        let by_key = accesses(file, function)
            .any(|access| access.path.contains("META") || access.path.contains("headers"))
            || file
                .calls_of(&function.body)
                .any(|(_, call)| call.callee.contains("META.get") || call.callee.contains("headers.get"))
            || function
                .decorators
                .iter()
                .any(|d| d.method().to_ascii_lowercase().contains("api") || d.method().contains("token"));
        let reads_only = routes().any(|route: &Route| route.verb == Verb::Get);
        if session && !by_key && !reads_only && !comes_from_elsewhere(function) {
            hits.push(Hit::new(
                function.place,
                "This view trusts the session cookie and is exempt from the check against forged requests",
            ));
        }
    }
}

/// What another service sends its visitors or its messages to, with a state or a signature of its own.
fn comes_from_elsewhere(function: &Function) -> bool {
    let decorators = function.decorators.iter().map(|decorator| &*decorator.name);
    decorators.chain(function.name.as_deref()).flat_map(names::words).any(|word| {
        matches!(
            word.as_str(),
            "complete"
                | "callback"
                | "oauth"
                | "oauth2"
                | "oidc"
                | "sso"
                | "saml"
                | "acs"
                | "lti"
                | "psa"
                | "social"
                | "webhook"
                | "webhooks"
                | "hook"
                | "ipn"
                | "notify"
        )
    })
}

//! The check against forged requests in Go, Java, PHP and Ruby.

use super::Hit;
use crate::model::Confidence;
use crate::probe::source::code::{Call, Class, Value};
use crate::probe::source::facts::{FileFacts, Language};
use crate::probe::source::routes::{names, purpose};

/// How many links of a chain are followed.
const MAX_LINKS: usize = 24;

/// Looks at one file.
pub(super) fn check(file: &FileFacts, hits: &mut Vec<Hit>) {
    match file.language {
        Language::Go => go(file, hits),
        Language::Java => java(file, hits),
        Language::Php => php(file, hits),
        Language::Ruby => ruby(file, hits),
        _ => {}
    }
}

/// Paths that are called with a token or a signature, or before anybody has signed in.
fn needs_none(path: &str) -> bool {
    purpose::is_open(path)
        || names::words(path).iter().any(|word| {
            matches!(
                word.as_str(),
                "api"
                    | "ipn"
                    | "notify"
                    | "notification"
                    | "notifications"
                    | "payment"
                    | "payments"
                    | "upload"
                    | "saml"
                    | "saml2"
                    | "scim"
                    | "rest"
                    | "rpc"
                    | "mcp"
                    | "dav"
                    | "webdav"
                    | "caldav"
                    | "carddav"
            )
        })
}

fn is_everything(pattern: &str) -> bool {
    matches!(pattern, "*" | "/*" | "/" | "**" | "/**" | ".*" | "^.*$" | "^/.*")
}

fn texts(value: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    value.walk(&mut |value| found.extend(value.text()));
    found
}

fn go(file: &FileFacts, hits: &mut Vec<Hit>) {
    let says_yes = |value: &Value| {
        matches!(value, Value::Function(id) if file.function(*id).is_some_and(|f| {
            f.body.statements == 1 && f.body.returns.first() == Some(&Value::Bool(true))
        }))
    };
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        let path = || call.argument(0).and_then(Value::text);
        match call.method() {
            "AddInsecureBypassPattern"
            | "ExemptGlob"
            | "ExemptRegexp"
            | "ExemptPath"
            | "ExemptGlobs"
            | "ExemptPaths" => {
                if let Some(path) = path().filter(|path| is_everything(path)) {
                    hits.push(Hit::new(
                        call.place,
                        format!("`{path}` exempts every path from the check against forged requests"),
                    ));
                } else if let Some(path) = path().filter(|path| !needs_none(path)) {
                    hits.push(
                        Hit::new(call.place, format!("`{path}` is exempt from the check against forged requests"))
                            .confidence(Confidence::Medium),
                    );
                }
            }
            "ExemptFunc" if call.argument(0).is_some_and(says_yes) => {
                hits.push(Hit::new(call.place, "Every request is exempt from the check against forged requests"));
            }
            "UnsafeSkipCheck" if file.binding(call.root()).is_some_and(|b| b.module.contains("csrf")) => {
                // Under a condition it may be for requests with a token.
                let tested = file
                    .conditions
                    .iter()
                    .any(|condition| file.calls_of(&condition.then).any(|(_, inner)| inner.place == call.place));
                if !tested {
                    hits.push(Hit::new(call.place, "Every request is exempt from the check against forged requests"));
                }
            }
            "CSRFConfig" if call.constructs && call.named("Skipper").is_some_and(says_yes) => {
                hits.push(Hit::new(call.place, "`Skipper` switches off the check against forged requests"));
            }
            _ => {}
        }
    }
}

/// Whether something in a chain of filters signs people in with a cookie.
fn by_cookie(calls: &[&Call], file: &FileFacts) -> bool {
    calls.iter().any(|call| {
        let disabled = call.chained.and_then(|id| file.call(id)).is_some_and(|next| next.method() == "disable")
            || call.arguments.iter().any(|a| a.value.path().is_some_and(|path| path.ends_with(".disable")))
            || call.arguments.iter().any(|a| {
                matches!(a.value, Value::Function(id) if file.function(id).is_some_and(|f| {
                    file.calls_of(&f.body).any(|(_, inner)| inner.method() == "disable")
                }))
            });
        matches!(call.method(), "formLogin" | "oauth2Login" | "rememberMe" | "saml2Login") && !disabled
    })
}

fn java(file: &FileFacts, hits: &mut Vec<Hit>) {
    for function in
        file.functions.iter().filter(|f| f.parameters.iter().any(|p| p.annotation.ends_with("HttpSecurity")))
    {
        let calls: Vec<&Call> = file.calls_of(&function.body).map(|(_, call)| call).collect();
        let stateless = calls
            .iter()
            .any(|call| call.arguments.iter().any(|a| a.value.path().is_some_and(|path| path.ends_with("STATELESS"))));
        // A chain for an API that is called with a token.
        let of_api = calls.iter().any(|call| {
            matches!(call.method(), "securityMatcher" | "antMatcher" | "oauth2ResourceServer")
                && (call.method() == "oauth2ResourceServer"
                    || call.arguments.iter().any(|a| a.value.text().is_some_and(needs_none)))
        });
        if stateless || of_api || !by_cookie(&calls, file) {
            continue;
        }
        let off = calls.iter().find(|call| {
            call.method() == "csrf"
                && (call.chained.and_then(|id| file.call(id)).is_some_and(|next| next.method() == "disable")
                    || call.arguments.iter().any(|a| match &a.value {
                        Value::Path(path) => path.ends_with(".disable"),
                        Value::Function(id) => file
                            .function(*id)
                            .is_some_and(|f| file.calls_of(&f.body).any(|(_, inner)| inner.method() == "disable")),
                        _ => false,
                    }))
        });
        if let Some(call) = off {
            hits.push(Hit::new(
                call.place,
                "People sign in with a session here, and the check against forged requests is off",
            ));
        }
        let all = calls.iter().find(|call| {
            matches!(call.method(), "ignoringRequestMatchers" | "ignoringAntMatchers")
                && call.arguments.iter().any(|a| a.value.text().is_some_and(is_everything))
        });
        if let Some(call) = all {
            hits.push(Hit::new(call.place, "Every path is exempt from the check against forged requests"));
        }
    }
}

/// Laravel's classes that check.
fn is_middleware(name: &str) -> bool {
    let last = name.rsplit(['.', '\\']).find(|part| *part != "class").unwrap_or(name);
    matches!(last, "VerifyCsrfToken" | "ValidateCsrfToken" | "PreventRequestForgery")
}

fn php(file: &FileFacts, hits: &mut Vec<Hit>) {
    let class_at = |at: (u32, u32)| -> Option<&Class> {
        file.classes.iter().find(|class| class.place.bytes.0 <= at.0 && at.1 <= class.place.bytes.1)
    };
    let exempt = |paths: Vec<&str>| -> Option<(String, bool)> {
        if let Some(path) = paths.iter().find(|path| is_everything(path)) {
            return Some(((*path).to_owned(), true));
        }
        paths.iter().find(|path| !needs_none(path)).map(|path| ((*path).to_owned(), false))
    };
    let say = |place, found: Option<(String, bool)>, hits: &mut Vec<Hit>| {
        if let Some((path, all)) = found {
            let hit = if all {
                Hit::new(place, format!("`{path}` exempts every path from the check against forged requests"))
            } else {
                Hit::new(place, format!("`{path}` is exempt from the check against forged requests"))
                    .confidence(Confidence::Medium)
            };
            hits.push(hit);
        }
    };
    for set in file.assignments.iter().filter(|set| !set.dev_only) {
        if &*set.target == "this.except" && class_at(set.place.bytes).is_some_and(|class| is_middleware(&class.name)) {
            say(set.place, exempt(texts(&set.value)), hits);
        }
    }
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        match call.method() {
            "validateCsrfTokens" | "preventRequestForgery" => {
                let paths = call.named("except").or_else(|| call.argument(0)).map(texts).unwrap_or_default();
                say(call.place, exempt(paths), hits);
            }
            "withoutMiddleware" => {
                let names_check = call.arguments.iter().any(|a| {
                    let mut found = false;
                    a.value.walk(&mut |value| found |= value.path().or(value.text()).is_some_and(is_middleware));
                    found
                });
                let mut root = call;
                for _ in 0..MAX_LINKS {
                    match root.receiver.and_then(|id| file.call(id)) {
                        Some(next) => root = next,
                        None => break,
                    }
                }
                let path = root.argument(0).and_then(Value::text).unwrap_or("");
                if names_check
                    && !path.is_empty()
                    && matches!(root.method(), "post" | "put" | "patch" | "delete" | "any" | "match" | "resource")
                {
                    say(call.place, exempt(vec![path]), hits);
                }
            }
            "setDefaults" => {
                let options = call.argument(0);
                let off = options.and_then(|options| options.get("csrf_protection")) == Some(&Value::Bool(false));
                let reads = options
                    .and_then(|options| options.get("method"))
                    .and_then(Value::text)
                    .is_some_and(|m| m.eq_ignore_ascii_case("get"));
                let search = class_at(call.place.bytes).is_some_and(|class| {
                    names::words(&class.name).iter().any(|word| {
                        matches!(
                            word.as_str(),
                            "search" | "filter" | "api" | "webhook" | "embedded" | "collection" | "entry"
                        )
                    })
                });
                if off && !reads && !search {
                    hits.push(
                        Hit::new(call.place, "This form is accepted without its token against forged requests")
                            .confidence(Confidence::Medium),
                    );
                }
            }
            _ => {}
        }
    }
    // The group for browsers without the check.
    for set in file.assignments.iter().filter(|set| set.target.ends_with("middlewareGroups")) {
        let Some(web) = set.value.get("web") else { continue };
        let mut names = Vec::new();
        web.walk(&mut |value| names.extend(value.path().or(value.text()).map(ToOwned::to_owned)));
        if names.iter().any(|name| name.contains("StartSession"))
            && !names.iter().any(|name| name.to_ascii_lowercase().contains("csrf") || name.contains("Forgery"))
        {
            hits.push(Hit::new(set.place, "Sessions are on in the group `web`, and `VerifyCsrfToken` is not in it"));
        }
    }
}

fn ruby(file: &FileFacts, hits: &mut Vec<Hit>) {
    for set in file.assignments.iter().filter(|set| set.value == Value::Bool(false) && !set.dev_only) {
        let aside = ["environments/test", "environments/development"].iter().any(|part| file.path.contains(part));
        if (set.target.ends_with("allow_forgery_protection") || set.target.ends_with("default_protect_from_forgery"))
            && !aside
        {
            hits.push(Hit::new(set.place, "The check against forged requests is off for the whole app"));
        }
    }
    for class in &file.classes {
        let last = class.name.rsplit('.').next().unwrap_or(&class.name);
        if !last.ends_with("Controller")
            || needs_none(&class.name)
            || file.path.contains("/api/")
            || class.bases.iter().any(|base| base.contains("API") || base.contains("Api"))
        {
            continue;
        }
        let inside = |at: (u32, u32)| class.place.bytes.0 <= at.0 && at.1 <= class.place.bytes.1;
        let own = || file.calls.iter().filter(|call| inside(call.place.bytes));
        let skip = own().find(|call| {
            call.function == 0
                && call.named("if").is_none()
                && call.named("unless").is_none()
                && (&*call.callee == "skip_forgery_protection"
                    || matches!(&*call.callee, "skip_before_action" | "skip_before_filter")
                        && call
                            .arguments
                            .iter()
                            .any(|a| a.name.is_none() && a.value.text() == Some("verify_authenticity_token")))
        });
        let Some(skip) = skip else { continue };
        let by_token =
            own().any(|call| {
                matches!(
                    call.method(),
                    "authenticate_or_request_with_http_token"
                        | "authenticate_with_http_token"
                        | "http_basic_authenticate_with"
                        | "doorkeeper_authorize!"
                        | "secure_compare"
                        | "authenticate_or_request_with_http_basic"
                ) || call.callee.starts_with("request.headers")
            }) || file.accesses.iter().any(|a| inside(a.place.bytes) && a.path.starts_with("request.headers"));
        let listed: Vec<&str> = skip.named("only").map(texts).unwrap_or_default();
        let only_open = !listed.is_empty()
            && listed.iter().all(|action| needs_none(action) || matches!(*action, "index" | "show" | "new"));
        let of_session = |value: &Value| {
            let mut found = false;
            value.walk(&mut |value| {
                found |= value
                    .path()
                    .is_some_and(|path| matches!(crate::probe::source::code::root(path), "current_user" | "session"))
            });
            found
        };
        let session = own().any(|call| {
            matches!(call.root(), "current_user" | "session")
                || call.arguments.iter().any(|a| of_session(&a.value))
                || matches!(call.method(), "before_action" | "before_filter")
                    && call
                        .arguments
                        .iter()
                        .any(|a| a.value.text().is_some_and(|name| names::guards_by_name(name) == Some(true)))
        }) || file.accesses.iter().any(|a| {
            inside(a.place.bytes) && matches!(crate::probe::source::code::root(&a.path), "current_user" | "session")
        }) || file.assignments.iter().any(|a| inside(a.place.bytes) && a.target.starts_with("session."));
        if session && !by_token && !only_open {
            hits.push(Hit::new(
                skip.place,
                "These actions trust the session cookie and are exempt from the check against forged requests",
            ));
        }
    }
}

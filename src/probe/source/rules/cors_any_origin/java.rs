//! Cross-origin rules of Java: Spring's annotation, registry and configuration, and headers of servlets.

use super::{ALLOW_ORIGIN, BY_BROWSER, WITH_CREDENTIALS, WITHOUT, asks_about_origin, header, worse};
use crate::model::{Confidence, Severity};
use crate::probe::source::code::{Call, CallId, Value};
use crate::probe::source::facts::FileFacts;
use crate::probe::source::rules::Hit;

pub(super) fn check(file: &FileFacts, hits: &mut Vec<Hit>) {
    annotations(file, hits);
    for (id, call) in (0_u32..).zip(&file.calls).filter(|(_, call)| !call.dev_only) {
        match call.method() {
            "addMapping" => registry(file, id, call, hits),
            "addAllowedOrigin" | "setAllowedOrigins" if takes_any(file, call) => {
                let credentials = configures_credentials(file, call);
                let hit = Hit::new(call.place, if credentials { BY_BROWSER } else { WITHOUT });
                hits.push(if credentials { hit.severity(Severity::Major) } else { hit });
            }
            // A pattern sends back the origin that asks.
            "addAllowedOriginPattern" | "setAllowedOriginPatterns" if takes_any(file, call) => {
                let credentials = configures_credentials(file, call);
                hits.push(if credentials {
                    worse(call.place, WITH_CREDENTIALS)
                } else {
                    Hit::new(call.place, WITHOUT)
                });
            }
            "setHeader" | "addHeader" | "header"
                if call.argument(0).is_some_and(names_header) && !asks_about_origin(file, call.function) =>
            {
                header(file, call, hits);
            }
            _ => {}
        }
    }
}

fn names_header(value: &Value) -> bool {
    value.text().is_some_and(|name| name.eq_ignore_ascii_case(ALLOW_ORIGIN))
        || value.path().is_some_and(|path| path.ends_with("ACCESS_CONTROL_ALLOW_ORIGIN"))
}

fn is_any(file: &FileFacts, value: &Value, function: u32) -> bool {
    match file.resolved(value, function) {
        Value::Text(text) => &**text == "*",
        Value::Array(items) => items.iter().any(|item| item.text() == Some("*")),
        Value::Path(path) => path.ends_with("CorsConfiguration.ALL"),
        // `List.of("*")`, `Arrays.asList("*")`.
        Value::Call(id) => file.call(*id).is_some_and(|list| {
            matches!(&*list.callee, "List.of" | "Arrays.asList" | "Collections.singletonList" | "Set.of")
                && list.arguments.iter().any(|argument| argument.value.text() == Some("*"))
        }),
        _ => false,
    }
}

fn takes_any(file: &FileFacts, call: &Call) -> bool {
    call.arguments.iter().any(|argument| is_any(file, &argument.value, call.function))
}

/// Whether the same configuration allows credentials.
fn configures_credentials(file: &FileFacts, call: &Call) -> bool {
    file.calls.iter().any(|other| {
        other.function == call.function
            && other.object() == call.object()
            && other.method() == "setAllowCredentials"
            && matches!(other.argument(0), Some(Value::Bool(true)))
    })
}

/// `@CrossOrigin`, `@CrossOrigin("*")`, `@CrossOrigin(originPatterns = "*", allowCredentials = "true")`.
fn annotations(file: &FileFacts, hits: &mut Vec<Hit>) {
    let of_functions = file.functions.iter().map(|function| (&function.decorators, function.place));
    let of_classes = file.classes.iter().map(|class| (&class.decorators, class.place));
    for (decorators, place) in of_functions.chain(of_classes) {
        let Some(found) = decorators.iter().find(|decorator| decorator.method() == "CrossOrigin") else { continue };
        let Some(call) = found.call.and_then(|id| file.call(id)) else {
            hits.push(Hit::new(place, WITHOUT));
            continue;
        };
        let given = |names: &[&str]| names.iter().find_map(|name| call.named(name));
        let origins = call.argument(0).or_else(|| given(&["origins", "value"]));
        let patterns = given(&["originPatterns"]);
        let credentials = given(&["allowCredentials"]).and_then(Value::text) == Some("true");
        let any = |value: Option<&Value>| value.is_some_and(|value| is_any(file, value, call.function));
        if any(patterns) && credentials {
            hits.push(worse(call.place, WITH_CREDENTIALS));
        } else if any(origins) && credentials {
            hits.push(Hit::new(call.place, BY_BROWSER).severity(Severity::Major));
        } else if any(origins) || any(patterns) || (origins.is_none() && patterns.is_none()) {
            hits.push(Hit::new(call.place, WITHOUT));
        }
    }
}

/// `registry.addMapping("/**")`, which lets in everybody unless the chain after it says whom.
fn registry(file: &FileFacts, id: CallId, call: &Call, hits: &mut Vec<Hit>) {
    if !file.imports_any(|module| module.contains("CorsRegistry") || module.ends_with("web.servlet.config.annotation"))
    {
        return;
    }
    let chain: Vec<&Call> = std::iter::successors(call.chained, |&id| file.call(id).and_then(|next| next.chained))
        .take(20)
        .filter(|next| *next != id)
        .filter_map(|next| file.call(next))
        .collect();
    let of = |name: &str| chain.iter().find(|next| next.method() == name);
    let credentials = of("allowCredentials").is_some_and(|next| matches!(next.argument(0), Some(Value::Bool(true))));
    match (of("allowedOrigins"), of("allowedOriginPatterns")) {
        (_, Some(patterns)) if takes_any(file, patterns) => {
            hits.push(if credentials { worse(call.place, WITH_CREDENTIALS) } else { Hit::new(call.place, WITHOUT) });
        }
        (Some(origins), None) if takes_any(file, origins) => {
            let hit = Hit::new(call.place, if credentials { BY_BROWSER } else { WITHOUT });
            hits.push(if credentials { hit.severity(Severity::Major) } else { hit });
        }
        // The rules may come from a variable that the chain is kept in.
        (None, None) if call.discarded || !chain.is_empty() => {
            hits.push(Hit::new(call.place, WITHOUT).confidence(Confidence::Medium));
        }
        _ => {}
    }
}

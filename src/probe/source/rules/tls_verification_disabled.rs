//! A connection that does not look whom it speaks to.

use super::endpoint::{Target, target};
use super::names::{has_word, last};
use super::{Check, Hit, Rule, is_ours};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Block, Call, CallId, FunctionId, Place, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "tls-verification-disabled",
    title: "A connection does not check the other side's certificate",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "An outgoing connection that accepts any certificate: `rejectUnauthorized: false`, `verify=False`, `InsecureSkipVerify` and the like.",
    why: "Anyone on the way can answer in the other side's place, and read and change what you send: keys, passwords, your users' data.",
    fix: "Remove the option. If the other side has a certificate of its own making, give your client that certificate's authority instead (`ca`, `verify=\"ca.pem\"`, `RootCAs`).",
    example: "requests.get(url, verify=False)\n\n# better\nrequests.get(url, verify=\"/etc/ssl/partner-ca.pem\")",
    references: &["F58", "https://cheatsheetseries.owasp.org/cheatsheets/Transport_Layer_Security_Cheat_Sheet.html"],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).reads(Language::is_code, super::any_name).looks_at(is_ours);

/// Options that switch the check off, with the value that does it.
const OFF: [(&str, bool); 10] = [
    ("rejectUnauthorized", false),
    ("strictSSL", false),
    ("InsecureSkipVerify", true),
    ("verify_peer", false),
    ("verify_ssl", false),
    ("ssl_verify", false),
    ("tlsInsecure", true),
    ("tlsAllowInvalidCertificates", true),
    ("sslValidate", false),
    ("CURLOPT_SSL_VERIFYPEER", false),
];

/// Looks at one file.
fn check(file: &FileFacts, _index: &CodeIndex, hits: &mut Vec<Hit>) {
    for (id, call) in (0..).zip(&file.calls).filter(|(_, call)| !call.dev_only) {
        let Some((what, sure)) = of_call(file, call) else { continue };
        let within = |block: &Block| block.calls.0 <= id && id < block.calls.1;
        if stays_here(file, id) || is_asked_for(file, within) {
            continue;
        }
        let always = !is_chosen(file, call.function, call.place, within);
        hits.push(hit(call.place, &what, sure && always && !sends_from_nowhere(file, call)));
    }
    for (place, assignment) in (0_u32..).zip(&file.assignments).filter(|(_, assignment)| !assignment.dev_only) {
        let Some((what, sure)) = of_assignment(file, &assignment.target, &assignment.value) else { continue };
        let within = |block: &Block| block.assignments.0 <= place && place < block.assignments.1;
        if is_asked_for(file, within) {
            continue;
        }
        hits.push(hit(
            assignment.place,
            &what,
            sure && !is_chosen(file, assignment.function, assignment.place, within),
        ));
    }
    for function in &file.functions {
        let checks = function.name.as_deref() == Some("checkServerTrusted");
        if checks && file.language == Language::Java && function.body.statements == 0 && function.class.is_some() {
            hits.push(hit(function.place, "an empty `checkServerTrusted`", true));
        }
    }
}

fn hit(place: Place, what: &str, sure: bool) -> Hit {
    let hit = Hit::new(place, format!("The connection accepts any certificate because of {what}"));
    if sure { hit } else { hit.confidence(Confidence::Medium) }
}

/// The option in a value that switches the check off, and whether that is sure.
fn off(value: &Value, depth: u32) -> Option<(&'static str, bool)> {
    match value {
        Value::Object(pairs) if depth < 6 => pairs.iter().rev().find_map(|(key, value)| {
            let name = last(key);
            let found = OFF.iter().find(|(option, _)| *option == name);
            match found {
                Some((option, state)) => {
                    let is_off = *value == Value::Bool(*state)
                        || (!state && matches!(value, Value::Number(number) if &**number == "0"));
                    is_off.then_some((*option, true))
                }
                None => off(value, depth + 1),
            }
        }),
        // One of two: which, the facts do not say.
        Value::Either(values) => values.iter().find_map(|value| off(value, depth + 1)).map(|(what, _)| (what, false)),
        _ => None,
    }
}

fn of_call(file: &FileFacts, call: &Call) -> Option<(String, bool)> {
    let method = call.method();
    let is_false = |value: Option<&Value>| value == Some(&Value::Bool(false));
    for argument in &call.arguments {
        if let Some((what, sure)) = off(&argument.value, 0) {
            return Some((format!("`{what}`"), sure));
        }
        if let Some(name) = argument.name.as_deref()
            && let Some((option, state)) = OFF.iter().find(|(option, _)| *option == name)
            && argument.value == Value::Bool(*state)
        {
            return Some((format!("`{option}`"), true));
        }
    }
    let requests = matches!(
        method,
        "get"
            | "post"
            | "put"
            | "patch"
            | "delete"
            | "head"
            | "request"
            | "Client"
            | "AsyncClient"
            | "send"
            | "options"
            | "stream"
    );
    match file.language {
        Language::Python => {
            if requests && is_false(call.named("verify")) {
                return Some(("`verify=False`".to_owned(), true));
            }
            (method == "_create_unverified_context").then(|| ("`ssl._create_unverified_context`".to_owned(), true))
        }
        Language::Php => {
            let http = method == "Client" || requests || matches!(method, "withOptions" | "create");
            if matches!(method, "withoutVerifying") {
                return Some(("`withoutVerifying`".to_owned(), true));
            }
            if &*call.callee == "curl_setopt"
                && call
                    .argument(1)
                    .and_then(Value::path)
                    .is_some_and(|option| matches!(last(option), "CURLOPT_SSL_VERIFYPEER" | "CURLOPT_SSL_VERIFYHOST"))
                && call.argument(2).is_some_and(Value::is_empty_literal)
            {
                return Some(("`curl_setopt`".to_owned(), true));
            }
            let given = call.arguments.iter().any(|argument| is_false(argument.value.get("verify")));
            (http && given).then(|| ("`'verify' => false`".to_owned(), true))
        }
        Language::Ruby => {
            let given = is_false(call.named("verify"))
                || call.named("ssl").is_some_and(|ssl| is_false(ssl.get("verify")))
                || call.arguments.iter().any(|a| {
                    is_false(a.value.get("verify")) || a.value.get("ssl").is_some_and(|ssl| is_false(ssl.get("verify")))
                });
            let client = requests || call.constructs || matches!(method, "new" | "default_options" | "start");
            let mode = call
                .arguments
                .iter()
                .any(|argument| is_none(&argument.value) || argument.value.get("verify_mode").is_some_and(is_none));
            ((given && client) || mode).then(|| ("a `verify` that is turned off".to_owned(), true))
        }
        Language::Java => {
            let trusts_all = matches!(method, "NoopHostnameVerifier" | "TrustAllStrategy" | "AllowAllHostnameVerifier")
                || call.arguments.iter().any(|argument| {
                    argument.value.path().is_some_and(|path| {
                        path.contains("NoopHostnameVerifier")
                            || path.contains("InsecureTrustManagerFactory")
                            || path.contains("ALLOW_ALL_HOSTNAME_VERIFIER")
                            || path.contains("TrustAllStrategy")
                    })
                });
            trusts_all.then(|| (format!("`{method}`"), true))
        }
        _ => None,
    }
}

/// `OpenSSL::SSL::VERIFY_NONE`, `ssl.CERT_NONE`
fn is_none(value: &Value) -> bool {
    value.path().is_some_and(|path| matches!(last(path), "VERIFY_NONE" | "CERT_NONE"))
}

fn of_assignment(file: &FileFacts, to: &str, value: &Value) -> Option<(String, bool)> {
    let name = last(to);
    let zero = matches!(value, Value::Text(text) | Value::Number(text) if &**text == "0");
    if name == "NODE_TLS_REJECT_UNAUTHORIZED" && zero {
        return Some(("`NODE_TLS_REJECT_UNAUTHORIZED=0`".to_owned(), true));
    }
    if name == "verify_mode" && is_none(value) {
        return Some((format!("`{}`", value.path().unwrap_or("VERIFY_NONE")), true));
    }
    if name == "verify" && to.contains('.') && *value == Value::Bool(false) && file.language == Language::Python {
        return Some((format!("`{to} = False`"), true));
    }
    if name == "_create_default_https_context" {
        return value
            .path()
            .is_some_and(|path| path.ends_with("_create_unverified_context"))
            .then(|| ("`ssl._create_unverified_context`".to_owned(), true));
    }
    if name == "InsecureSkipVerify" && *value == Value::Bool(true) {
        return Some(("`InsecureSkipVerify`".to_owned(), true));
    }
    off(value, 0).map(|(what, sure)| (format!("`{what}`"), sure))
}

/// A mailer whose sender is nobody's address is one for development.
fn sends_from_nowhere(file: &FileFacts, call: &Call) -> bool {
    call.method() == "createTransport"
        && file
            .placeholders
            .iter()
            .any(|found| found.kind == crate::probe::source::placeholder::Kind::Mail && found.function == call.function)
}

/// Whether someone has to ask for it: `if (options.insecure) …`.
fn is_asked_for(file: &FileFacts, within: impl Fn(&Block) -> bool) -> bool {
    let asks = |name: &str| {
        has_word(
            name,
            &[
                "insecure",
                "skip",
                "self signed",
                "selfsigned",
                "verify",
                "allow",
                "ignore",
                "accept",
                "dev",
                "development",
                "local",
                "localhost",
            ],
        )
    };
    file.conditions.iter().any(|condition| {
        (within(&condition.then) || condition.otherwise.as_ref().is_some_and(&within))
            && (super::names::mentions(file, &condition.test, &asks) || names_own_machine(file, &condition.test))
    })
}

/// `App::environment('local')`, `env === "development"`.
fn names_own_machine(file: &FileFacts, test: &Value) -> bool {
    let local = |value: &Value| {
        let mut found = false;
        value.walk(&mut |value| {
            found |= matches!(value.text(), Some("local" | "development" | "dev" | "testing" | "test"))
        });
        found
    };
    let mut calls = Vec::new();
    test.walk(&mut |value| {
        if let Value::Call(id) = value {
            calls.push(*id);
        }
    });
    local(test)
        || calls
            .into_iter()
            .filter_map(|id| file.call(id))
            .any(|call| call.arguments.iter().any(|argument| local(&argument.value)))
}

/// Whether somebody who sets the app up may have asked for it: it stands under some condition, or where settings are read.
fn is_chosen(file: &FileFacts, function: FunctionId, place: Place, within: impl Fn(&Block) -> bool) -> bool {
    file.conditions
        .iter()
        .any(|condition| within(&condition.then) || condition.otherwise.as_ref().is_some_and(&within))
        || file.enclosing(function).filter_map(|(_, function)| function.name.as_deref()).any(|name| {
            super::names::words(name).iter().any(|word| matches!(word.as_str(), "parse" | "parser"))
        })
        // One setting after the other is read and obeyed.
        || file.loops.iter().any(|around| {
            around.place.bytes.0 <= place.bytes.0 && place.bytes.1 <= around.place.bytes.1
        })
}

/// Whether the call, or the one that it is made for, goes to this machine.
fn stays_here(file: &FileFacts, id: CallId) -> bool {
    let named_local = |call: &Call| {
        call.arguments.iter().any(|argument| {
            let value = file.resolved(&argument.value, call.function);
            super::names::mentions(file, value, &|name| has_word(last(name), &["local", "localhost", "loopback"]))
        })
    };
    let mut around = Some(id);
    let mut steps = 0;
    while let Some(call) = around.and_then(|id| file.call(id)).filter(|_| steps < 6) {
        let local = call.arguments.iter().any(|argument| {
            let mut found = false;
            file.resolved(&argument.value, call.function).walk(&mut |value| {
                if let Some(text) = value.leading_text() {
                    found |= target(text) == Some(Target::Local) || matches!(text, "localhost" | "127.0.0.1");
                }
            });
            found
        });
        let before = std::iter::successors(Some(call), |call| call.receiver.and_then(|id| file.call(id)));
        if local || before.take(6).any(named_local) {
            return true;
        }
        around = call.argument_of;
        steps += 1;
    }
    false
}

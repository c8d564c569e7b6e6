//! Cross-origin rules of Ruby: rack-cors, and headers.

use super::{ALLOW_ORIGIN, WITH_CREDENTIALS, WITHOUT, header, worse};
use crate::model::Confidence;
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::FileFacts;
use crate::probe::source::rules::Hit;

pub(super) fn check(file: &FileFacts, hits: &mut Vec<Hit>) {
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        if &*call.callee == "origins" {
            hits.extend(of_rack(file, call));
        } else if matches!(call.method(), "set_header" | "add_header" | "store")
            && call.argument(0).and_then(Value::text).is_some_and(|name| name.eq_ignore_ascii_case(ALLOW_ORIGIN))
        {
            header(file, call, hits);
        }
    }
}

/// `allow do origins '*'; resource '*', credentials: true end` of rack-cors, which refuses `*` with credentials; what a
/// block or a pattern lets in is sent back.
fn of_rack(file: &FileFacts, call: &Call) -> Option<Hit> {
    let allow = file.function(call.function)?;
    allow.argument_of.and_then(|id| file.call(id)).filter(|outer| outer.method() == "allow")?;
    let resources: Vec<&Call> =
        file.calls_of(&allow.body).map(|(_, call)| call).filter(|call| &*call.callee == "resource").collect();
    let credentials = resources.iter().any(|call| call.named("credentials") == Some(&Value::Bool(true)));
    let all = |value: &Value| matches!(value.text(), Some("*"));
    let star = call.arguments.iter().any(|argument| all(file.resolved(&argument.value, call.function)));
    let reflected = match call.named("&") {
        Some(Value::Function(id)) => file.function(*id).is_some_and(|block| {
            block.body.statements <= 1
                && !block.body.returns.is_empty()
                && block.body.returns.iter().all(|value| *value == Value::Bool(true))
        }),
        _ => call
            .arguments
            .iter()
            .any(|argument| matches!(argument.value.text(), Some(".*" | "/.*/" | r"\A.*\z" | "^.*$"))),
    };
    if reflected && credentials {
        return Some(worse(call.place, WITH_CREDENTIALS));
    }
    if !(star || reflected) {
        return None;
    }
    // A part that is meant for everybody: `resource '/public/*'`, or one that only reads.
    let narrow = !resources.is_empty()
        && resources.iter().all(|resource| {
            let path = resource.argument(0).and_then(Value::text).unwrap_or_default();
            let reads = match resource.named("methods") {
                Some(Value::Array(methods)) => {
                    methods.iter().all(|method| matches!(method.text(), Some("get" | "head" | "options")))
                }
                Some(method) => method.text() == Some("get"),
                None => false,
            };
            reads || !matches!(path, "*" | "/*" | "/api/*" | "/graphql")
        });
    let hit = Hit::new(call.place, WITHOUT);
    Some(if narrow { hit.confidence(Confidence::Low) } else { hit })
}

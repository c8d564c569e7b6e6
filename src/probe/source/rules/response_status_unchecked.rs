//! The contents of an answer are read, and whether it is an error is never looked at.

mod landing;

use super::{Check, Hit, Rule, Subject, any_name};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, CallId, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::outside::{self, Address, Kind, Outside, Response};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "response-status-unchecked",
    title: "An answer is used without a look at its status",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "The body of an answer from another service is read, and its status (`ok`, `status`, `raise_for_status()`) is never looked at. `fetch`, `requests` and their like do not fail on an error 500.",
    why: "On the other service's bad day your code takes an error page for data: users see empty or broken pages, or wrong values are stored, and no log says why.",
    fix: "Look at the status before you read the body: `if (!response.ok) throw new Error(...)`, `response.raise_for_status()`, `resp.StatusCode`. Best in one small function that all calls go through.",
    example: "const response = await fetch('https://api.example.com/rates');\nconst rates = await response.json();\n\n// better\nif (!response.ok) throw new Error(`rates: ${response.status}`);\nconst rates = await response.json();",
    references: &["F20", "https://developer.mozilla.org/en-US/docs/Web/API/Response/ok"],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).reads(Language::is_code, any_name).about("call to another service", look);

fn look(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    subject.seen |= index.outside(file).iter().any(|outside| outside.kind == Kind::Request);
    outside::look_beyond(file, index, subject);
}

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    let outside = index.outside(file);
    for outside in outside.iter().filter(|outside| outside.kind == Kind::Request && !outside.raises) {
        let answer = outside::response(file, index, outside);
        let hit = judge(file, outside, &answer, None);
        hits.extend(hit.map(|hit| graded(file, index, outside.call, &answer, hit)));
    }
    for (id, call) in (0_u32..).zip(&file.calls).filter(|(_, call)| !call.dev_only) {
        if let Some((home, wrapped)) = outside::wrapped(file, index, call).filter(|(_, outside)| !outside.raises) {
            let answer = outside::of_call(file, index, id);
            let hit = judge(file, wrapped, &answer, Some((home, call)));
            hits.extend(hit.map(|hit| graded(file, index, id, &answer, hit)));
        }
    }
}

/// What the error does: where it only makes the code after it fail, somebody hears of it.
fn graded(file: &FileFacts, index: &CodeIndex, id: CallId, answer: &Response, hit: Hit) -> Hit {
    let sure = hit.confidence.is_none_or(|known| known == Confidence::High);
    if sure && !landing::is_false_value(file, index, id, answer) { hit.confidence(Confidence::Medium) } else { hit }
}

fn judge(file: &FileFacts, outside: &Outside, answer: &Response, through: Option<(&FileFacts, &Call)>) -> Option<Hit> {
    let (_, place) = answer.reads?;
    // A file of the app's own.
    if outside.address == Address::Own && answer.parsed.is_empty() {
        return None;
    }
    if answer.looks || answer.handed_on || looks_inside(file, answer) {
        return None;
    }
    let of = match (outside.to_whom(), through) {
        (Some(name), _) => format!("The answer of {name}"),
        (None, Some((_, call))) => format!("The answer of `{}`", call.callee),
        (None, None) => format!("The answer to `{}`", outside.what),
    };
    let mut hit = Hit::new(place, format!("{of} is read, and nothing looks at its status"));
    if let Some((home, _)) = through {
        let line = home.call(outside.call).map_or(1, |call| call.place.span.line);
        hit.steps = vec![format!("{}:{line} gives back the raw answer", home.path)];
    }
    let hit = match &outside.address {
        _ if outside.service.is_some() => hit,
        Address::Other(Some(_)) => hit,
        Address::Other(None) | Address::Unknown | Address::Own => hit.confidence(Confidence::Medium),
    };
    Some(if file.role == Role::Client { hit.severity(Severity::Minor).confidence(Confidence::Medium) } else { hit })
}

/// Whether the contents themselves are asked whether they are an error, or are held against a schema.
fn looks_inside(file: &FileFacts, answer: &Response) -> bool {
    let is_parsed = |value: &Value| matches!(value, Value::Call(id) if answer.parsed.contains(id));
    if file.assignments.iter().any(|a| matches!(&a.value, Value::Member(pair) if is_parsed(&pair.0) && tells(&pair.1)))
    {
        return true;
    }
    if answer.parsed.iter().any(|id| checks_shape(file, *id)) {
        return true;
    }
    outside::payloads(file, answer).iter().any(|(name, function)| is_tested(file, name, *function))
}

/// Members under which services tell of an error.
fn tells(member: &str) -> bool {
    matches!(
        member,
        "error" | "errors" | "success" | "ok" | "status" | "statusCode" | "code" | "message" | "detail" | "err"
    )
}

/// `schema.parse(await response.json())`
fn checks_shape(file: &FileFacts, id: CallId) -> bool {
    let around = file.call(id).and_then(|call| call.argument_of).and_then(|outer| file.call(outer));
    around.is_some_and(is_check)
}

/// Whether a call holds what it is given against a schema.
pub(super) fn is_check(call: &Call) -> bool {
    let method = call.method().to_ascii_lowercase();
    ["parse", "validate", "assert", "decode", "check", "ensure", "verify", "cast"]
        .iter()
        .any(|word| method.contains(word))
        && !matches!(call.root(), "JSON" | "Date")
        && !matches!(&*method, "parseint" | "parsefloat")
        || method.starts_with("is_")
        || (call.method().starts_with("is") && call.method().chars().nth(2).is_some_and(char::is_uppercase))
}

/// Whether what is called `name` is tested, or held against a schema, before or while it is used.
pub(super) fn is_tested(file: &FileFacts, name: &str, function: FunctionId) -> bool {
    let within = |inner| file.within(inner, function);
    let is_it =
        |path: &str| path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    let mentions = |value: &Value| {
        let mut found = false;
        value.walk(&mut |part| match part {
            Value::Path(path) => found |= is_it(path),
            Value::Call(id) => found |= file.call(*id).is_some_and(|call| is_it(&call.callee) || gives(call, name)),
            _ => {}
        });
        found
    };
    file.conditions.iter().any(|c| within(c.function) && mentions(&c.test))
        || file.accesses.iter().any(|a| within(a.function) && is_it(&a.path) && (a.tested || tells_of(&a.path, name)))
        || file.calls.iter().any(|call| within(call.function) && is_check(call) && gives(call, name))
}

fn tells_of(path: &str, name: &str) -> bool {
    let rest = path.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')).unwrap_or("");
    tells(rest.split(['.', '[', '(']).next().unwrap_or(rest))
}

/// Whether a call is given what is called `name`, or a member of it: `z.string().parse(answer?.email)`.
fn gives(call: &Call, name: &str) -> bool {
    call.arguments.iter().any(|argument| {
        let path = argument.value.path().and_then(|path| path.strip_prefix(name));
        path.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

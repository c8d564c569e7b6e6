//! Something deep in an answer is used as if it were sure to be there.

use super::response_status_unchecked::{is_check, is_tested};
use super::{Check, Hit, Rule, Subject};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{FunctionId, Place, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::outside::{self, Address, Guard, Kind, Outside, Response};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "response-shape-trusted",
    title: "An answer's shape is trusted",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "A member two or more levels deep in what another service answered is used, with no test, no `?.`, no schema, and nothing that catches the error if the level above is missing.",
    why: "Services leave fields out and change their answers without asking you. Then the code breaks halfway, and the user sees a blank page or an error 500.",
    fix: "Hold the answer against a schema once (zod, valibot, pydantic), or test what you need before you use it, and decide what users see when it is missing.",
    example: "const data = await response.json();\nshow(data.user.address.city);\n\n// better\nconst data = Answer.parse(await response.json());",
    references: &["F21"],
};

/// The rule. In Go and Java types hold the place of a schema.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).reads(reads, has_no_types).about("answer of another service", look);

fn reads(language: Language) -> bool {
    language.is_ecma() || matches!(language, Language::Python | Language::Php | Language::Ruby)
}

fn has_no_types(name: &str) -> bool {
    matches!(name, "Vue" | "Svelte")
}

fn look(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    subject.seen |= index.outside(file).iter().any(|outside| outside.kind == Kind::Request);
}

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for outside in index.outside(file).iter().filter(|outside| outside.kind == Kind::Request) {
        let own = outside.address == Address::Own || (outside.address == Address::Unknown && file.role == Role::Client);
        if own {
            continue;
        }
        let Some((shown, place)) = deep_use(file, index, outside) else { continue };
        if matches!(outside::guard(index, file, outside.call), Guard::Caught(_)) {
            continue;
        }
        let whose = outside.to_whom().map_or_else(|| "the answer".to_owned(), |name| format!("the answer of {name}"));
        let hit = Hit::new(place, format!("`{shown}` is taken from {whose} as if it were sure to be there"));
        let known = outside.to_whom().is_some();
        let hit = if known { hit } else { hit.confidence(Confidence::Low) };
        hits.push(if file.role == Role::Client { hit.severity(Severity::Minor) } else { hit });
    }
}

/// The first use of something deep in the answer's contents that nothing tests.
fn deep_use(file: &FileFacts, index: &CodeIndex, outside: &Outside) -> Option<(String, Place)> {
    let answer = outside::response(file, index, outside);
    let like_contents = answers_like_contents(file, outside, &answer);
    let mut names: Vec<(String, FunctionId)> =
        outside::payloads(file, &answer).into_iter().map(|(name, function)| (name.to_owned(), function)).collect();
    names.extend(like_contents.clone());
    if outside.raises && file.language.is_ecma() {
        // axios gives the contents under `data`, alone or of the answer.
        let parsed = file.assignments.iter().filter(|a| match &a.value {
            Value::Call(id) => *id == outside.call,
            Value::Member(pair) => pair.0 == Value::Call(outside.call) && &*pair.1 == "data",
            _ => false,
        });
        names.extend(parsed.map(|a| match &a.value {
            Value::Call(_) => (format!("{}.data", a.target), a.function),
            _ => (a.target.to_string(), a.function),
        }));
    }
    let direct = file.accesses.iter().find(|access| {
        let parsed = access.receiver.is_some_and(|id| answer.parsed.contains(&id));
        parsed && !access.optional && !access.tested && depth(access.path.rsplit("()").next().unwrap_or("")) >= 2
    });
    if let Some(access) = direct {
        return Some((shorten(&access.path), access.place));
    }
    names.iter().find_map(|(name, function)| {
        let is_answer = like_contents.as_ref().is_some_and(|(answer, _)| answer == name);
        let tested = if is_answer { elements_tested(file, name) } else { is_tested(file, name, *function) };
        if tested || is_typed(file, name, *function) {
            return None;
        }
        let below =
            |path: &str| path.strip_prefix(name.as_str()).filter(|rest| rest.starts_with(['.', '['])).map(depth);
        let read = file.accesses.iter().find(|access| {
            file.within(access.function, *function)
                && !access.optional
                && !access.tested
                && below(&access.path).is_some_and(|depth| depth >= 2)
                && !is_of_answer(&access.path, name)
        });
        read.map(|access| (shorten(&access.path), access.place)).or_else(|| of_call(file, name, *function))
    })
}

/// `rates["data"]["value"].to_f`
fn of_call(file: &FileFacts, name: &str, function: FunctionId) -> Option<(String, Place)> {
    if file.language != Language::Ruby {
        return None;
    }
    let deep = |callee: &str| {
        let path = callee.rsplit_once('.').map_or("", |(path, _)| path);
        let rest = path.strip_prefix(name).filter(|rest| rest.starts_with(['.', '[']) && !rest.contains("()"));
        rest.is_some_and(|rest| depth(rest) >= 2) && !is_of_answer(path, name)
    };
    let call = file.calls.iter().find(|call| file.within(call.function, function) && deep(&call.callee))?;
    Some((shorten(&call.callee), call.place))
}

/// Whether some element of an answer is tested, and not only its status.
fn elements_tested(file: &FileFacts, name: &str) -> bool {
    file.accesses
        .iter()
        .any(|access| access.tested && access.path.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', '['])))
}

/// An answer whose elements are those of its contents: `$response['user']['id']` of Laravel and of `HTTParty`.
fn answers_like_contents(file: &FileFacts, outside: &Outside, answer: &Response) -> Option<(String, FunctionId)> {
    let of_party = || file.call(outside.call).is_some_and(|call| matches!(call.object(), "HTTParty" | "this.class"));
    let is_such = match file.language {
        Language::Php => outside.what.starts_with("Http::"),
        Language::Ruby => of_party(),
        _ => false,
    };
    answer.name.as_ref().filter(|_| is_such).map(|(name, function)| (name.to_string(), *function))
}

/// `response.headers.location`: a member of the answer itself.
fn is_of_answer(path: &str, name: &str) -> bool {
    let rest = path.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')).unwrap_or("");
    let first = rest.split(['.', '[', '(']).next().unwrap_or(rest);
    matches!(first, "headers" | "request" | "response" | "http_version" | "parsed_response" | "body")
}

/// Whether what is called `name` was made from a schema, and not just given a type.
fn is_typed(file: &FileFacts, name: &str, function: FunctionId) -> bool {
    file.assignments_to(name).any(|a| a.function == function && matches!(&a.value, Value::Call(id) if file.call(*id).is_some_and(|call| !outside::decodes(call) && is_check(call))))
}

/// How many levels a path goes down: 2 of `.user.name` and of `["user"]["name"]`.
fn depth(path: &str) -> usize {
    path.matches('.').count() + path.matches('[').count()
}

fn shorten(path: &str) -> String {
    path.chars().take(60).collect()
}

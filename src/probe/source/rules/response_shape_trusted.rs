//! Something deep in an answer is used as if it were sure to be there.

use super::response_status_unchecked::is_tested;
use super::{Check, Hit, Rule, Subject};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{FunctionId, Place, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::outside::{self, Address, Guard, Kind, Outside};

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
    language.is_ecma() || matches!(language, Language::Python)
}

fn has_no_types(name: &str) -> bool {
    matches!(name, "PHP" | "Ruby" | "Vue" | "Svelte")
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
    let mut names: Vec<(String, FunctionId)> =
        outside::payloads(file, &answer).into_iter().map(|(name, function)| (name.to_owned(), function)).collect();
    if outside.raises {
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
        if is_tested(file, name, *function) || is_typed(file, name, *function) {
            return None;
        }
        let below =
            |path: &str| path.strip_prefix(name.as_str()).filter(|rest| rest.starts_with(['.', '['])).map(depth);
        let read = file.accesses.iter().find(|access| {
            file.within(access.function, *function)
                && !access.optional
                && !access.tested
                && below(&access.path).is_some_and(|depth| depth >= 2)
        });
        read.map(|access| (shorten(&access.path), access.place))
    })
}

/// Whether what is called `name` was made from a schema, and not just given a type.
fn is_typed(file: &FileFacts, name: &str, function: FunctionId) -> bool {
    file.assignments_to(name).any(|a| a.function == function && matches!(&a.value, Value::Call(id) if file.call(*id).is_some_and(super::response_status_unchecked::is_check)))
}

/// How many levels a path goes down: 2 of `.user.name` and of `["user"]["name"]`.
fn depth(path: &str) -> usize {
    path.matches('.').count() + path.matches('[').count()
}

fn shorten(path: &str) -> String {
    path.chars().take(60).collect()
}

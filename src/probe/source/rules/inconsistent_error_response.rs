//! Handlers of one API that answer failed requests in different shapes.

use std::collections::BTreeMap;

use super::responses::answer;
use super::{Check, Hit, Rule, server};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Place, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::index::Group;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "inconsistent-error-response",
    title: "Failed requests are answered in different shapes",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Handlers of one API of which some answer a failure as `{ error }`, others as `{ message }`, and others again as plain text.",
    why: "The page that calls them can only read one of these shapes, so for the rest your users see `undefined` or nothing where the reason should stand.",
    fix: "Decide on one shape, such as `{ error: { code, message } }`, and make it in one function or one error handler that all of them use.",
    example: "res.status(404).json({ message: 'No such order' });\nres.status(500).json({ error: 'Failed' });\n\n// better\nreturn fail(res, 404, 'order-not-found', 'No such order');",
    references: &["C27", "https://www.rfc-editor.org/rfc/rfc9457"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::Project(check))
    .reads(Language::is_code, super::any_name)
    .looks_at(server)
    .about("request handler", answers);

/// Handlers; what a framework or a helper answers for them cannot be seen at the handler.
fn answers(file: &FileFacts, index: &CodeIndex, subject: &mut super::Subject) {
    super::subject::handlers(file, index, subject);
    subject.beyond.insert("Answers that helpers and the framework make are not examined".to_owned());
}

/// A shape that is used less often than this is a slip and no second habit.
const LEAST: usize = 2;

/// Names under which the reason of a failure is told.
const REASONS: [&str; 8] = ["error", "errors", "message", "msg", "detail", "err", "reason", "error_message"];

/// Where a shape is used: the place of the file, and the place in it.
type Uses = Vec<(usize, Place)>;

static FAILING: Group = Group {
    name: "code that answers failures",
    holds: |file| file.role == Role::Server && file.calls.iter().any(|call| failure(file, call).is_some()),
};

/// Looks at the whole project.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    let mut apps: BTreeMap<&str, BTreeMap<String, Uses>> = BTreeMap::new();
    for (place, file) in index.group(&FAILING) {
        for call in &file.calls {
            let Some(shape) = failure(file, call) else { continue };
            apps.entry(app_of(&file.path)).or_default().entry(shape).or_default().push((place, call.place));
        }
    }
    for shapes in apps.into_values() {
        let mut used: Vec<(String, Uses)> = shapes.into_iter().filter(|(_, uses)| uses.len() >= LEAST).collect();
        used.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
        let [(most, mine), (other, theirs), ..] = used.as_slice() else { continue };
        let Some((file, place)) = theirs.first() else { continue };
        let message = format!(
            "Failures are answered as `{most}` in {} places and as `{other}` in {}{}",
            mine.len(),
            theirs.len(),
            if used.len() > 2 { format!(", and in {} more shapes", used.len() - 2) } else { String::new() }
        );
        let mut hit = Hit::new(*place, message);
        hit.file = *file;
        hit.steps = used
            .iter()
            .take(3)
            .filter_map(|(shape, uses)| {
                let (file, place) = uses.first()?;
                Some(format!("{}:{} answers `{shape}`", index.files.get(*file)?.path, place.span.line))
            })
            .collect();
        hits.push(hit);
    }
}

/// The shape in which a call answers that something failed.
fn failure(file: &FileFacts, call: &Call) -> Option<String> {
    let answer = if call.dev_only { None } else { answer(file, call) }?;
    if answer.computed || !answer.status.is_some_and(|status| (400..600).contains(&status)) {
        return None;
    }
    let keyword = (call.method() == "jsonify").then(|| call.arguments.first()?.name.as_deref()).flatten();
    let keyword = keyword.map(|name| format!("{{ {name} }}"));
    keyword.or_else(|| answer.bodies.first().and_then(|body| shape(file, body, call.function, is_text(call))))
}

/// The app of a repository that holds several.
fn app_of(path: &str) -> &str {
    let mut parts = path.match_indices('/').map(|(at, _)| at);
    let (first, second) = (parts.next(), parts.next());
    match (first.and_then(|at| path.get(..at)), second) {
        (Some("apps" | "packages" | "services" | "supabase"), Some(at)) => path.get(..at).unwrap_or(""),
        _ => "",
    }
}

/// Calls that send a text as it is, in libraries whose APIs answer with them: Express, Go's `net/http`.
fn is_text(call: &Call) -> bool {
    call.method() == "send" || &*call.callee == "http.Error"
}

/// The shape of an answer: the names that hold the reason.
fn shape(file: &FileFacts, body: &Value, function: u32, is_text: bool) -> Option<String> {
    match file.resolved(body, function) {
        // JSON that is written out has a shape of its own.
        Value::Text(text) if is_text && text.trim_start().starts_with('{') => None,
        Value::Text(_) | Value::Template(_) if is_text => Some("text".to_owned()),
        Value::Call(id)
            if is_text && file.call(*id).is_some_and(|call| matches!(call.method(), "Error" | "StatusText")) =>
        {
            Some("text".to_owned())
        }
        object @ Value::Object(pairs) => {
            if object.spreads() {
                return None;
            }
            let (key, value) = REASONS
                .iter()
                .find_map(|name| pairs.iter().find(|(key, _)| key.trim_matches([':', '"', '\'']) == *name))?;
            let key = key.trim_matches([':', '"', '\'']);
            Some(match value {
                Value::Object(_) => format!("{{ {key}: {{…}} }}"),
                Value::Array(_) => format!("{{ {key}: […] }}"),
                Value::Bool(_) => {
                    let text = pairs.iter().find(|(key, _)| matches!(&**key, "message" | "msg"))?;
                    format!("{{ {key}: true, {} }}", text.0)
                }
                _ => format!("{{ {key} }}"),
            })
        }
        Value::Call(id) => {
            let made = file.call(*id)?;
            match made.method() {
                // `gin.H{"error": …}` and `fiber.Map{…}` are types of their own.
                "H" | "Map" | "M" if made.constructs => keyed(made.arguments.iter().filter_map(|a| a.name.as_deref())),
                // Java's `Map.of("error", …)`.
                "of" | "singletonMap" if matches!(made.object(), "Map" | "ImmutableMap" | "Collections") => {
                    keyed(made.arguments.iter().step_by(2).filter_map(|a| a.value.text()))
                }
                "jsonify" | "stringify" | "H" | "dumps" | "Map" => {
                    let inner = made.argument(0)?;
                    matches!(inner, Value::Object(_)).then(|| shape(file, inner, function, false))?
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The shape of an answer of which only the names of its members can be told.
fn keyed<'n>(names: impl Iterator<Item = &'n str>) -> Option<String> {
    let names: Vec<&str> = names.collect();
    let reason = REASONS.iter().find(|reason| names.contains(reason))?;
    Some(format!("{{ {reason} }}"))
}

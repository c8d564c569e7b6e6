//! A call to another service whose failure nothing catches.

use std::collections::HashSet;

use super::{Check, Hit, Rule, Subject, any_name};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Function, FunctionId, FunctionKind, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::index::Question;
use crate::probe::source::outside::{self, Address, Entry, Guard, Kind, Outside};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "external-call-unguarded",
    title: "Nothing catches the failure of an external call",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A call to another service in a request handler, a timer or an effect, whose failure is caught neither there nor in anything that calls it.",
    why: "Every service fails some day. Then your users get a bare error or a page that never finishes loading, and in Express 4 or a timer one failed call ends the whole process.",
    fix: "Catch the failure where you know what to do instead: show a message, use what you have cached, or try again later. Log it with what was being done.",
    example: "app.get('/rates', async (req, res) => {\n  const rates = await axios.get(RATES_URL);\n  res.json(rates.data);\n});\n\n// better\ntry {\n  const rates = await axios.get(RATES_URL);\n  res.json(rates.data);\n} catch (error) {\n  logger.error({ error }, 'rates not loaded');\n  res.status(503).json({ error: 'Rates are not available right now' });\n}",
    references: &["F19"],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).reads(Language::is_code, any_name).about("call to another service", look);

/// Calls to other services.
pub(super) fn look(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    subject.seen |= index.outside(file).iter().any(|outside| outside.address != Address::Own);
}

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    // One finding for a function: who catches one call of it catches the others.
    let mut seen = HashSet::new();
    for outside in index.outside(file).iter().filter(|outside| outside.kind != Kind::Client) {
        let Some(call) = file.call(outside.call) else { continue };
        // What nobody waits for is another rule's.
        let last = file.call(outside::last_of_chain(file, outside.call)).unwrap_or(call);
        let floats = file.language.is_ecma() && last.discarded && !last.awaited;
        if seen.contains(&call.function) || (floats && file.role == Role::Server) {
            continue;
        }
        if file.language == Language::Go {
            // Errors are values there.
            if let Some(hit) = thrown_away(file, outside) {
                seen.insert(call.function);
                hits.push(hit);
            }
            continue;
        }
        let Guard::Unguarded(entry) = outside::guard(index, file, outside.call) else { continue };
        if let Some(mut hit) = judge(file, index, outside, &entry) {
            seen.insert(call.function);
            hit.steps = entry.steps;
            hits.push(hit);
        }
    }
}

/// `resp, _ := http.Get(url)`: what comes of a failed call is nil.
fn thrown_away(file: &FileFacts, outside: &Outside) -> Option<Hit> {
    // Calls of a service's library may give back more than two values.
    let call = file.call(outside.call).filter(|_| outside.kind == Kind::Request)?;
    let first = file.assignments.iter().position(|set| set.value == Value::Call(outside.call))?;
    let answer = file.assignments.get(first)?;
    let of_statement = file.assignments.get(first..)?.iter().take_while(|set| set.place == answer.place);
    let targets: Vec<&str> = of_statement.map(|set| &*set.target).collect();
    // Of `body, _, err := send(url)` it is something else that is dropped.
    matches!(targets[..], [used, "_"] if used != "_").then(|| {
        let message =
            format!("When `{}` fails, its error is thrown away, and the use of its nil answer panics", outside.what);
        Hit::new(call.place, message)
    })
}

fn judge(file: &FileFacts, index: &CodeIndex, outside: &Outside, entry: &Entry<'_>) -> Option<Hit> {
    let call = file.call(outside.call)?;
    let function = entry.file.function(entry.function)?;
    let what = match outside.to_whom() {
        Some(name) => format!("`{}` to {name}", outside.what),
        None => format!("`{}`", outside.what),
    };
    let hit = |ends: &str| Hit::new(call.place, format!("When {what} fails, nothing catches it: {ends}"));
    let handler = entry.kind == FunctionKind::Handler;
    if file.role == Role::Client || entry.file.role == Role::Client {
        // What is sent and not waited for is meant to be.
        let waits = outside::chain(file, outside.call).any(|(_, link)| link.awaited || link.method() == "then");
        let loads = entry.kind == FunctionKind::Effect && waits;
        return loads.then(|| {
            hit("the page shows neither what was asked for nor an error")
                .severity(Severity::Minor)
                .confidence(Confidence::Medium)
        });
    }
    if outside.address == Address::Own {
        return None;
    }
    let sure = outside.to_whom().is_some() || matches!(outside.address, Address::Other(_));
    if entry.kind == FunctionKind::Job && is_timer(entry.file, function) {
        if index.answer(&HANDLES_REJECTIONS) {
            return None;
        }
        let hit = hit("it happens in a timer, and Node ends the process");
        return Some(hit.confidence(if sure { Confidence::High } else { Confidence::Medium }));
    }
    if handler && let Some(version) = express(index, entry.file, function) {
        let ends = if index.answer(&HANDLES_REJECTIONS) {
            "Express never answers the request"
        } else {
            "Express never answers the request, and Node ends the process"
        };
        let certain = sure && version == Version::Four;
        return Some(hit(ends).confidence(if certain { Confidence::High } else { Confidence::Medium }));
    }
    // The framework answers for it. Where a handler calls the service itself, nobody has thought of it; what lies deeper
    // may be left to one place for all on purpose.
    let itself = entry.steps.is_empty() && !file.imports_any(|module| module.starts_with("@trpc/"));
    let confidence = if itself { Confidence::Medium } else { Confidence::Low };
    let planned = index.answer(&outside::ANSWERS_ERRORS_IN_ONE_PLACE);
    (handler && sure && !planned)
        .then(|| hit("the user gets a bare server error").severity(Severity::Minor).confidence(confidence))
}

fn is_timer(file: &FileFacts, function: &Function) -> bool {
    let outer = function.argument_of.and_then(|id| file.call(id));
    file.language.is_ecma()
        && function.is_async
        && outer.is_some_and(|call| matches!(call.method(), "setInterval" | "setTimeout" | "setImmediate"))
}

/// `process.on("unhandledRejection", …)` anywhere in the project.
static HANDLES_REJECTIONS: Question = Question {
    name: "unhandledRejection",
    any: |file| {
        let handles = |call: &Call| {
            &*call.callee == "process.on" && call.argument(0).and_then(Value::text) == Some("unhandledRejection")
        };
        file.calls.iter().any(handles)
    },
};
/// Something catches what the handlers of Express promise.
static CATCHES_PROMISES: Question = Question {
    name: "express catches promises",
    any: |file| {
        let libraries = ["express-async-errors", "express-promise-router", "express-async-router", "@nestjs/core"];
        file.imports_any(|module| libraries.contains(&module))
    },
};
/// Express is used.
static IMPORTS_EXPRESS: Question =
    Question { name: "express", any: |file| file.imports_any(|module| module == "express") };

/// Whether a promise of a handler of Express that nobody waits for ends the process when it is rejected.
pub(super) fn ends_process(index: &CodeIndex, file: &FileFacts, function: FunctionId) -> bool {
    let handler = file.enclosing(function).find(|(_, function)| function.kind == FunctionKind::Handler);
    handler.is_some_and(|(_, handler)| takes_request(file, handler))
        && index.answer(&IMPORTS_EXPRESS)
        && !index.answer(&HANDLES_REJECTIONS)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    Four,
    Unknown,
}

/// Whether a handler is one of Express that does not catch what its promises do.
fn express(index: &CodeIndex, file: &FileFacts, function: &Function) -> Option<Version> {
    if !function.is_async || !takes_request(file, function) || index.answer(&CATCHES_PROMISES) {
        return None;
    }
    match index.links.manifests.express {
        Some(0..=4) => Some(Version::Four),
        Some(_) => None,
        None => index.answer(&IMPORTS_EXPRESS).then_some(Version::Unknown),
    }
}

/// Whether a function is a handler as Express calls them, and as Next does not.
fn takes_request(file: &FileFacts, function: &Function) -> bool {
    let named = |place: usize, names: &[&str]| {
        let parameter = function.parameters.get(place).and_then(|p| p.names.first());
        parameter.is_some_and(|(name, _)| names.contains(&name.trim_start_matches('_')))
    };
    let next = ["NextApiRequest", "NextRequest", "VercelRequest", "IncomingMessage"];
    file.language.is_ecma()
        && !file.path.contains("pages/api/")
        && named(0, &["req", "request"])
        && named(1, &["res", "response"])
        && !function.parameters.iter().any(|p| next.contains(&&*p.annotation))
        && function.decorators.is_empty()
}

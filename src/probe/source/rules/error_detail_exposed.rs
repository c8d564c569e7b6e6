//! The inside of an error that is sent to the client.

use super::names::last;
use super::responses::{Answer, answer};
use super::{Check, Hit, Rule, server};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, CallId, Part, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "error-detail-exposed",
    title: "The inside of an error is sent to the client",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "A stack trace, a whole error, or the raw message of an unexpected error in what a server answers.",
    why: "Such texts name your tables, files, hosts and libraries to whoever makes a request fail, and tell your users nothing that they can use.",
    fix: "Log the error with a number, and answer with a sentence of your own and that number.",
    example: "res.status(500).json({ error: err.message, stack: err.stack });\n\n// better\nlogger.error({ err, requestId });\nres.status(500).json({ error: 'Something went wrong', requestId });",
    references: &["C26", "https://cheatsheetseries.owasp.org/cheatsheets/Error_Handling_Cheat_Sheet.html"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .reads(Language::is_code, super::any_name)
    .looks_at(server)
    .claims_none(answers);

/// What a framework answers by itself hangs on how it is started.
fn answers(_: &FileFacts, _: &CodeIndex, subject: &mut super::Subject) {
    subject.beyond.insert("What the framework answers where nothing is caught is not examined".to_owned());
}

/// What of an error is sent; the worst comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Detail {
    /// Its message, where another text may stand in for it.
    MaybeMessage,
    Message,
    Whole,
    Stack,
}

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for (id, call) in (0..).zip(&file.calls).filter(|(_, call)| !call.dev_only) {
        let Some(answer) = answer(file, call) else { continue };
        let detail = answer.bodies.iter().filter_map(|body| detail(file, call, body, 0)).max();
        if let Some(detail) = detail
            && let Some(hit) = judged(file, index, id, call, &answer, detail)
        {
            hits.push(hit);
        }
    }
}

fn judged(
    file: &FileFacts,
    index: &CodeIndex,
    id: CallId,
    call: &Call,
    answer: &Answer<'_>,
    detail: Detail,
) -> Option<Hit> {
    if tells_apart(file, id) {
        return None;
    }
    let hit = |message: &str| Some(Hit::new(call.place, message));
    if detail == Detail::Stack {
        return hit("The stack of an error is sent to the client");
    }
    // Where the code decides on the status, it knows the error; what is refused is told why.
    if answer.computed || answer.status.is_some_and(|status| status < 500) {
        return None;
    }
    if caught_by_type(file, id) {
        return None;
    }
    let unexpected = answer.status.is_some();
    match detail {
        // In other languages little is left of an error that is written down.
        Detail::Whole if unexpected && file.language.is_ecma() && !is_empty_as_json(file, index, id) => {
            hit("A whole error is sent to the client")
        }
        Detail::Whole => {
            Some(Hit::new(call.place, "A whole error is sent to the client").confidence(Confidence::Medium))
        }
        Detail::Message if unexpected => Some(
            Hit::new(call.place, "The raw message of an unexpected error is sent to the client")
                .severity(Severity::Minor),
        ),
        Detail::Message | Detail::MaybeMessage if unexpected || is_caught(file, id) => Some(
            Hit::new(call.place, "The raw message of an error is sent to the client")
                .severity(Severity::Minor)
                .confidence(Confidence::Medium),
        ),
        _ => None,
    }
}

/// Whether nothing may be left of the error: `JSON.stringify(new Error("…"))` is `{}` in JavaScript. Libraries of
/// databases and HTTP put the statement, the host or the whole request into theirs.
fn is_empty_as_json(file: &FileFacts, index: &CodeIndex, id: CallId) -> bool {
    let tells = |module: &str| {
        !module.starts_with(['.', '~', '/'])
            && [
                "sequelize",
                "mongoose",
                "mongodb",
                "pg",
                "mysql",
                "knex",
                "typeorm",
                "prisma",
                "sqlite",
                "axios",
                "got",
            ]
            .iter()
            .any(|word| {
                module
                    .split(['/', '-', '@', '.'])
                    .any(|part| part.strip_suffix(|c: char| c.is_ascii_digit()).unwrap_or(part) == *word)
            })
    };
    let queries = |of: &dyn Fn(CallId) -> bool| index.queries(file).iter().any(|query| of(query.call));
    let tried = file
        .catches
        .iter()
        .filter(|catch| catch.handler.calls.0 <= id && id < catch.handler.calls.1)
        .min_by_key(|catch| catch.handler.calls.1 - catch.handler.calls.0);
    let works = match tried {
        Some(catch) => queries(&|call| catch.tried.calls.0 <= call && call < catch.tried.calls.1),
        None => queries(&|_| true),
    };
    file.language.is_ecma() && !(works && file.imports_any(tells)) && !file.imports_any(|module| module == "axios")
}

/// Whether the branch around was taken because of what the error is: `if (err instanceof AppError)`.
fn tells_apart(file: &FileFacts, id: CallId) -> bool {
    file.conditions.iter().any(|condition| {
        if !(condition.then.calls.0 <= id && id < condition.then.calls.1) {
            return false;
        }
        let asks = |name: &str| {
            let name = last(name).to_ascii_lowercase();
            [
                "instanceof",
                "isaxios",
                "iszod",
                "validation",
                "apperror",
                "isoperational",
                "expose",
                "errors.is",
                "errors.as",
            ]
            .iter()
            .any(|word| name.contains(word))
                || matches!(
                    name.as_str(),
                    "name"
                        | "code"
                        | "status"
                        | "statuscode"
                        | "isinstance"
                        | "is"
                        | "as"
                        | "kind"
                        | "dev"
                        | "development"
                        | "debug"
                )
        };
        let mut compares = false;
        condition.test.walk(&mut |value| {
            compares |= matches!(value, Value::Compared(crate::probe::source::code::Comparison::In, _));
        });
        let called = {
            let mut found = false;
            condition.test.walk(&mut |value| {
                if let Value::Call(id) = value {
                    found |= file.call(*id).is_some_and(|call| asks(&call.callee));
                }
            });
            found
        };
        compares || called || super::names::mentions(file, &condition.test, &asks)
    })
}

fn is_caught(file: &FileFacts, id: CallId) -> bool {
    file.catches.iter().any(|catch| catch.handler.calls.0 <= id && id < catch.handler.calls.1)
}

/// Whether the clause around catches an error that the code knows.
fn caught_by_type(file: &FileFacts, id: CallId) -> bool {
    let broad = |name: &str| {
        matches!(
            last(name).trim_start_matches('\\'),
            "Exception"
                | "BaseException"
                | "Throwable"
                | "Error"
                | "StandardError"
                | "RuntimeException"
                | "SQLException"
                | "QueryException"
                | "PDOException"
                | "DatabaseError"
                | "OperationalError"
                | "SQLAlchemyError"
                | "IOException"
        )
    };
    file.catches
        .iter()
        .filter(|catch| catch.handler.calls.0 <= id && id < catch.handler.calls.1)
        .min_by_key(|catch| catch.handler.calls.1 - catch.handler.calls.0)
        .is_some_and(|catch| !catch.types.is_empty() && !catch.types.iter().any(|name| broad(name)))
}

fn is_error(name: &str) -> bool {
    let name = name.trim_start_matches(['_', '$']);
    matches!(name, "err" | "error" | "e" | "ex" | "exception" | "er" | "exc" | "throwable" | "th" | "t")
        || name.ends_with("Error") && name.starts_with(|c: char| c.is_ascii_lowercase())
}

/// What a value holds of an error.
fn detail(file: &FileFacts, call: &Call, value: &Value, depth: u32) -> Option<Detail> {
    if depth > 8 {
        return None;
    }
    let inner = |value: &Value| detail(file, call, value, depth + 1);
    match value {
        Value::Path(path) => of_path(file, call, path, depth),
        Value::Member(pair) => matches!(&*pair.1, "stack" | "backtrace").then_some(Detail::Stack),
        Value::Object(pairs) => pairs
            .iter()
            .filter(|(key, _)| !matches!(&**key, "headers" | "status"))
            .filter_map(|(_, value)| inner(value))
            .max(),
        Value::Array(values) | Value::Computed(values) => values.iter().filter_map(inner).max(),
        Value::Template(parts) => parts
            .iter()
            .filter_map(|part| match part {
                Part::Expression(_, value) => inner(value),
                Part::Fixed(_) => None,
            })
            .map(|detail| if detail == Detail::Whole { Detail::Message } else { detail })
            .max(),
        // Which of them is sent may hang on the environment.
        Value::Either(values) => {
            let found = values.iter().filter_map(inner).max()?;
            (found <= Detail::Whole && !values.iter().any(|value| matches!(value, Value::Null | Value::Object(_))))
                .then_some(Detail::MaybeMessage)
        }
        Value::Call(id) => of_call(file, call, file.call(*id)?, depth),
        _ => None,
    }
}

fn of_path(file: &FileFacts, call: &Call, path: &str, depth: u32) -> Option<Detail> {
    if let Some((object, name)) = path.rsplit_once('.') {
        if !is_error(last(object)) {
            return None;
        }
        return match name {
            "stack" | "backtrace" | "stackTrace" => Some(Detail::Stack),
            "message" | "msg" | "sqlMessage" | "detail" => Some(Detail::Message),
            _ => None,
        };
    }
    if let Some(assignment) = file.assigned(path, call.function).filter(|a| a.value.path() != Some(path)) {
        return detail(file, call, &assignment.value, depth + 1);
    }
    // Go's and PHP's errors are written by their methods.
    let whole = file.language.is_ecma() || matches!(file.language, Language::Python | Language::Go);
    let known = matches!(path, "err" | "error" | "e" | "ex" | "exception");
    (whole && known && is_thrown(file, call, path)).then_some(Detail::Whole)
}

/// Whether a name stands for what was thrown here: in a catch clause, or as the first parameter of a callback.
fn is_thrown(file: &FileFacts, call: &Call, name: &str) -> bool {
    let in_catch = file
        .catches
        .iter()
        .any(|catch| catch.place.bytes.0 <= call.place.bytes.0 && call.place.bytes.1 <= catch.place.bytes.1);
    in_catch
        || file.enclosing(call.function).any(|(_, function)| {
            let first = function.parameters.first().and_then(|p| p.names.first());
            first.is_some_and(|(bound, below)| **bound == *name && below.is_empty())
                && (function.parameters.len() >= 2
                    || function.argument_of.and_then(|id| file.call(id)).is_some_and(|call| call.method() == "catch"))
        })
        || file.language == Language::Go
}

/// A function of that name may well be the project's own, and write one sentence.
fn is_of_traceback(file: &FileFacts, made: &Call) -> bool {
    file.binding(made.root()).is_some_and(|binding| &*binding.module == "traceback")
}

fn of_call(file: &FileFacts, call: &Call, made: &Call, depth: u32) -> Option<Detail> {
    let object = last(made.object());
    match made.method() {
        "format_exc" | "format_exception" if !is_of_traceback(file, made) => None,
        "getTraceAsString"
        | "getStackTrace"
        | "format_exc"
        | "format_exception"
        | "printStackTrace"
        | "full_message"
        | "getStackTraceAsString" => Some(Detail::Stack),
        "backtrace" if is_error(object) => Some(Detail::Stack),
        "Stack" if made.object() == "debug" => Some(Detail::Stack),
        "getMessage" | "Error" | "getLocalizedMessage" | "message" | "to_s" | "toString" if is_error(object) => {
            Some(Detail::Message)
        }
        "str" | "String" | "repr" | "inspect" | "string" if made.arguments.len() == 1 => {
            detail(file, call, &made.arguments.first()?.value, depth + 1).map(|detail| detail.min(Detail::Message))
        }
        "stringify" | "jsonify" | "dumps" | "json_encode" | "H" | "Map" | "dict" | "escape" | "join" | "of" => {
            made.arguments.iter().filter_map(|argument| detail(file, call, &argument.value, depth + 1)).max()
        }
        _ => None,
    }
}

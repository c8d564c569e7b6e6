//! An error that is caught and then forgotten.

mod go;
mod untold;

use untold::Told;

use super::{Check, Hit, Rule, any_name, subject};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Block, Call, Catch, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "swallowed-error",
    title: "An error is caught and forgotten",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A `catch` or `except` that does nothing, or only returns an empty value, around work that can fail in production.",
    why: "When it fails, nobody learns of it: users lose data or see an empty page, and your logs say that all is well.",
    fix: "Log the error with what was being done, and then rethrow it, retry, or tell the user. If it really may be ignored, say why in a comment.",
    example: "try {\n  await sendReceipt(order);\n} catch {}\n\n// better\ntry {\n  await sendReceipt(order);\n} catch (error) {\n  logger.error({ error, order: order.id }, 'receipt not sent');\n}",
    references: &["F28", "C25"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .reads(Language::is_code, any_name)
    .about("place where an error is caught", subject::catches);

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    if file.language == Language::Go {
        go::check(file, index, hits);
        return;
    }
    for catch in &file.catches {
        if let Some(hit) = clause(file, index, catch) {
            hits.push(hit);
        }
    }
    for (id, call) in (0_u32..).zip(&file.calls).filter(|(_, call)| call.method() == "catch") {
        if !is_used(file, id, call)
            && let Some(hit) = promise(file, index, call)
        {
            hits.push(hit);
        }
    }
}

/// What a handler leaves behind.
enum Leaves {
    Nothing,
    EmptyValue,
}

/// What the handler does, if it does nothing about the error.
fn forgets(file: &FileFacts, block: &Block) -> Option<Leaves> {
    if block.throws || block.assignments.0 != block.assignments.1 || file.calls_of(block).next().is_some() {
        return None;
    }
    // Somebody thought about it and wrote down why.
    if block.comment.as_deref().is_some_and(explains) {
        return None;
    }
    match block.returns.as_slice() {
        [] => (block.statements == 0
            || block.leaves
            || block.continues
            || matches!(file.language, Language::Python | Language::Ruby))
        .then_some(if stands_in(file.language, block) { Leaves::EmptyValue } else { Leaves::Nothing }),
        returned if returned.iter().all(Value::is_empty_literal) => Some(Leaves::EmptyValue),
        _ => None,
    }
}

/// Whether what stands in the handler is a value that is used instead: `rescue StandardError` with `@default_encoding`.
fn stands_in(language: Language, block: &Block) -> bool {
    language == Language::Ruby && block.statements == 1 && !block.leaves && !block.continues
}

/// Whether something is told to someone as the last thing that a function does, after its own work is done.
fn is_last_notice(file: &FileFacts, index: &CodeIndex, catch: &Catch) -> bool {
    let tells = |call: &Call| {
        let lower = call.callee.to_ascii_lowercase();
        ["mail", "notif", "slack", "webhook", "audit", "track"].iter().any(|word| lower.contains(word))
    };
    let Some(function) = file.function(catch.function) else { return false };
    let weighty = || file.calls_of(&catch.tried).filter(|(id, call)| weigh(file, index, *id, call) == Matters::Much);
    let ends = !file.calls_of(&function.body).any(|(_, call)| call.place.bytes.0 > catch.place.bytes.1);
    let worked = file.calls_of(&function.body).any(|(id, call)| {
        call.place.bytes.1 < catch.place.bytes.0 && index.query(file, id).is_some_and(|q| q.writes())
    });
    ends && worked && weighty().all(|(_, call)| tells(call))
}

/// Whether a comment gives a reason, and is not just a word.
fn explains(comment: &str) -> bool {
    let marks = ["eslint", "ts-ignore", "noqa", "todo", "fixme", "pragma", "type:", "pylint", "biome", "noop"];
    let lower = comment.to_ascii_lowercase();
    comment.split_whitespace().count() >= 3 && !marks.iter().any(|mark| lower.starts_with(mark))
}

/// Whether a comment says that nothing is done on purpose, though not why: `// Do nothing`.
fn is_meant(comment: &str) -> bool {
    let lower = comment.to_ascii_lowercase();
    [
        "nothing",
        "ignor",
        "best effort",
        "best-effort",
        "not critical",
        "non-critical",
        "on purpose",
        "swallow",
        "optional",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// Whether the same function has deleted something before, so that the row may be gone by now.
fn may_be_gone(file: &FileFacts, call: &Call) -> bool {
    let Some(function) = file.function(call.function) else { return false };
    file.calls_of(&function.body).take_while(|(_, before)| before.place.bytes.0 < call.place.bytes.0).any(
        |(_, before)| {
            let lower = before.method().to_ascii_lowercase();
            before.place.bytes.1 < call.place.bytes.0
                && before.awaited
                && ["delete", "destroy", "purge"].iter().any(|verb| lower.contains(verb))
        },
    )
}

/// How much it matters that what was tried failed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Matters {
    No,
    Somewhat,
    Much,
}

fn clause(file: &FileFacts, index: &CodeIndex, catch: &Catch) -> Option<Hit> {
    let leaves = forgets(file, &catch.handler)?;
    if !catch.types.is_empty() && !catch.types.iter().any(|name| catches_much(name)) {
        return None;
    }
    let matters =
        file.calls_of(&catch.tried).map(|(id, call)| weigh(file, index, id, call)).max().unwrap_or(Matters::No);
    if matters == Matters::No || asks(file, catch.function) {
        return None;
    }
    let confidence = match (&leaves, matters) {
        (_, Matters::Much) => Confidence::Medium,
        (Leaves::Nothing, _) => Confidence::Low,
        (Leaves::EmptyValue, _) => return None,
    };
    let worst = file
        .calls_of(&catch.tried)
        .find(|(id, call)| weigh(file, index, *id, call) == matters)
        .map_or("the work above", |(_, call)| &call.callee);
    let worst: String = worst.chars().take(60).collect();
    let told = untold::told(file, index, catch).filter(|_| matters == Matters::Much && file.role == Role::Server);
    let message = match leaves {
        Leaves::Nothing if told == Some(Told::Nothing) => {
            format!("When `{worst}` fails, the error is forgotten and the request is never answered")
        }
        Leaves::Nothing if told == Some(Told::Success) => {
            format!("When `{worst}` fails, the error is forgotten and the user is told that all went well")
        }
        Leaves::Nothing => format!("When `{worst}` fails, the error is caught and forgotten"),
        Leaves::EmptyValue => format!("When `{worst}` fails, an empty value is returned and nobody learns why"),
    };
    let meant = catch.handler.comment.as_deref().is_some_and(is_meant) || is_last_notice(file, index, catch);
    // Much of what is forgotten is meant to be; it is not where a user waits in vain or is told what is not so.
    let shown = told.is_some() && !meant && matches!(leaves, Leaves::Nothing);
    let hit = Hit::new(catch.place, message).confidence(if shown { Confidence::High } else { confidence });
    Some(if file.role == Role::Client { hit.severity(Severity::Minor) } else { hit })
}

fn promise(file: &FileFacts, index: &CodeIndex, call: &Call) -> Option<Hit> {
    let Some(Value::Function(id)) = call.argument(0) else { return None };
    let handler = file.function(*id)?;
    forgets(file, &handler.body)?;
    let inner = call.receiver?;
    let tried = file.call(inner)?;
    let matters = weigh(file, index, inner, tried);
    if matters != Matters::Much || asks(file, call.function) || takes_error(file, *id) {
        return None;
    }
    let confidence = Confidence::Medium;
    let shown: String = tried.callee.chars().take(60).collect();
    let meant = handler.body.comment.as_deref().is_some_and(is_meant) || may_be_gone(file, call);
    let hit = Hit::new(handler.place, format!("When `{shown}` fails, the error is caught and forgotten"))
        .confidence(if meant { Confidence::Low } else { confidence });
    Some(if file.role == Role::Client { hit.severity(Severity::Minor) } else { hit })
}

/// Whether what comes out is kept, handed on, or raced against something: then what stands in for it is a decision.
fn is_used(file: &FileFacts, id: u32, call: &Call) -> bool {
    call.returned
        || call.argument_of.is_some()
        || call.chained.is_some()
        || file.assignments.iter().any(|assignment| assignment.value == Value::Call(id))
}

/// `.catch((error) => error)`: the result is looked at later.
fn takes_error(file: &FileFacts, function: u32) -> bool {
    file.function(function).is_some_and(|f| f.body.returns.iter().any(|value| !value.is_empty_literal()))
}

/// A function whose name asks a question answers it by failing or not.
fn asks(file: &FileFacts, function: u32) -> bool {
    let name = file.enclosing(function).find_map(|(_, f)| f.name.as_deref()).unwrap_or("");
    let name = name.trim_start_matches(['_', '#']);
    let lower = name.to_ascii_lowercase();
    [
        "is", "has", "can", "should", "exists", "check", "valid", "verify", "try", "safe", "detect", "parse",
        "supports", "maybe", "probe", "ping",
    ]
    .iter()
    .any(|word| lower.starts_with(word))
        || lower.ends_with("exists")
        || lower.contains("ifexists")
        || lower.contains("besteffort")
        || lower.ends_with("ornull")
        || lower.ends_with("orundefined")
        || lower.ends_with("or_none")
}

/// Whether an exception type covers failures that nobody foresaw, or failures of the network and the database.
fn catches_much(name: &str) -> bool {
    let last = name.rsplit(['.', '\\', ':']).next().unwrap_or(name);
    matches!(
        last,
        "Exception"
            | "BaseException"
            | "RequestException"
            | "ConnectionError"
            | "HTTPError"
            | "Timeout"
            | "DatabaseError"
            | "OperationalError"
            | "SQLAlchemyError"
            | "SMTPException"
            | "ClientError"
            | "TimeoutError"
            | "Error"
            | "StripeError"
            | "APIError"
            | "Throwable"
            | "RuntimeException"
            | "IOException"
            | "SQLException"
            | "DataAccessException"
            | "RestClientException"
            | "MailException"
            | "MessagingException"
            | "PDOException"
            | "QueryException"
            | "GuzzleException"
            | "TransferException"
            | "StandardError"
            | "StatementInvalid"
            | "RecordInvalid"
            | "ActiveRecordError"
            | "OpenTimeout"
            | "ReadTimeout"
            | "WebClientException"
    )
}

fn weigh(file: &FileFacts, index: &CodeIndex, id: u32, call: &Call) -> Matters {
    if index.query(file, id).is_some() {
        return Matters::Much;
    }
    let (root, method) = (call.root(), call.method());
    // An account of a service for tests, made in development.
    if method == "createTestAccount" {
        return Matters::No;
    }
    if matches!(&*call.callee, "fetch" | "axios" | "got" | "requests.post" | "requests.get" | "requests.put")
        || matches!(root, "axios" | "stripe" | "requests" | "httpx" | "nodemailer" | "resend" | "sendgrid" | "ses")
    {
        return Matters::Much;
    }
    let lower = method.to_ascii_lowercase();
    if is_harmless(&call.callee, root, &lower) {
        return Matters::No;
    }
    let acts = [
        "send", "save", "create", "update", "insert", "delete", "remove", "publish", "upload", "charge", "pay",
        "notify", "enqueue", "sync", "write", "store", "submit", "post",
    ];
    if acts.iter().any(|verb| lower.starts_with(verb)) && (call.awaited || waits_for_all(file.language)) {
        return Matters::Much;
    }
    if call.awaited { Matters::Somewhat } else { Matters::No }
}

/// Whether every call of a language waits until its work is done.
fn waits_for_all(language: Language) -> bool {
    matches!(language, Language::Python | Language::Java | Language::Php | Language::Ruby | Language::Go)
}

/// Work whose failure is an ordinary answer: parsing, storage of the browser, looking, closing, cleaning up.
fn is_harmless(callee: &str, root: &str, method: &str) -> bool {
    matches!(
        root,
        "localStorage"
            | "sessionStorage"
            | "JSON"
            | "URL"
            | "Intl"
            | "navigator"
            | "document"
            | "window"
            | "Object"
            | "decodeURIComponent"
            | "decodeURI"
            | "atob"
            | "btoa"
            | "require"
            | "import"
            | "path"
            | "console"
            | "Buffer"
            | "RegExp"
            | "new"
            | "Promise"
            | "performance"
            | "crypto"
            | "history"
            | "caches"
            | "cache"
            | "os"
            | "shutil"
            | "controller"
            | "reader"
            | "writer"
            | "socket"
            | "ws"
            | "audio"
            | "video"
            | "clipboard"
            | "unlink"
    ) || callee.starts_with("fs.unlink")
        || callee.contains("localStorage")
        || callee.contains("clipboard")
        || callee.to_ascii_lowercase().contains("cache")
        || callee.to_ascii_lowercase().contains("temp")
        || callee.contains("tmp")
        || [
            "unlink",
            "rmdir",
            "rm",
            "close",
            "destroy",
            "abort",
            "cancel",
            "kill",
            "stop",
            "disconnect",
            "terminate",
            "release",
            "rollback",
            "cleanup",
            "remove_file",
            "revoke",
            "access",
            "stat",
            "lstat",
            "mkdir",
            "readfile",
            "exists",
            "parse",
            "json",
            "decode",
            "play",
            "pause",
            "share",
            "vibrate",
            "focus",
            "scroll",
            "writetext",
            "preventdefault",
            "removechild",
            "removeitem",
            "removeeventlistener",
            "postmessage",
            "setitem",
            "sendbeacon",
            "teardown",
            "shutdown",
            "quit",
            "flush",
            "dispose",
        ]
        .iter()
        .any(|verb| method.starts_with(verb))
}

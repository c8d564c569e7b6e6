//! Proof: a server that is told to stop finishes what it has begun.

use super::{Check, Hit, Rule, server_or_config};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::libraries::imported;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "graceful-shutdown",
    title: "The server finishes what it has begun before it stops",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A handler for SIGTERM that closes the server or its connections, a framework's hooks for that, or a library that does it.",
    why: "At every deployment the host stops the old process. Requests that are under way then end as they should, and are not cut off.",
    fix: "On SIGTERM stop taking requests, wait for those under way, close the database, and then exit.",
    example: "process.on('SIGTERM', () => server.close(() => pool.end()));",
    references: &["C72", "https://12factor.net/disposability"],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).reads(runs_on, super::any_name).looks_at(server_or_config);

/// PHP's processes are ended by what runs them.
fn runs_on(language: Language) -> bool {
    language.is_code() && language != Language::Php
}

/// Libraries that close a server in order.
const LIBRARIES: [&str; 9] = [
    "http-terminator",
    "stoppable",
    "@godaddy/terminus",
    "http-graceful-shutdown",
    "close-with-grace",
    "fastify-graceful-shutdown",
    "server-destroy",
    "lil-http-terminator",
    "node-graceful-shutdown",
];

/// Looks at one file.
fn check(file: &FileFacts, _index: &CodeIndex, hits: &mut Vec<Hit>) {
    if imported(file, &LIBRARIES).is_some()
        && let Some(import) = file.imports.iter().find(|import| LIBRARIES.contains(&import.module.as_str()))
    {
        hits.push(Hit::new(super::at_span(import.span), format!("{} closes the server in order", import.module)));
        return;
    }
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        if let Some(message) = closes(file, call) {
            hits.push(Hit::new(call.place, message));
            return;
        }
    }
}

fn closes(file: &FileFacts, call: &Call) -> Option<String> {
    let (callee, method) = (&*call.callee, call.method());
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            if method == "enableShutdownHooks" {
                return Some("Nest closes its modules when the process is told to stop".to_owned());
            }
            let listens = matches!(callee, "process.on" | "process.once" | "Deno.addSignalListener");
            let stops = call.argument(0).is_some_and(|signal| match signal {
                Value::Text(text) => &**text == "SIGTERM",
                // `for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, …)`
                Value::Path(name) => file.loops.iter().any(|l| {
                    l.names.iter().any(|bound| **bound == **name)
                        && matches!(file.resolved(&l.over, call.function), Value::Array(signals) if signals.iter().any(|s| s.text() == Some("SIGTERM")))
                }),
                _ => false,
            });
            let does = call.argument(1).is_some_and(|given| match given {
                Value::Function(id) => {
                    file.function(*id).is_some_and(|f| file.calls_of(&f.body).any(|(_, call)| ends(call)))
                }
                Value::Path(name) => named_function_ends(file, name),
                Value::Call(_) => true,
                _ => false,
            });
            (listens && stops && does).then(|| "SIGTERM closes what is open before the process ends".to_owned())
        }
        Language::Python => {
            let term = call.arguments.iter().any(|a| a.value.path().is_some_and(|p| p.ends_with("SIGTERM")));
            let listens = matches!(method, "signal" | "add_signal_handler") && term;
            if listens
                && !call
                    .arguments
                    .iter()
                    .any(|a| a.value.path().is_some_and(|p| p.ends_with("SIG_DFL") || p.ends_with("SIG_IGN")))
            {
                return Some("SIGTERM is handled before the process ends".to_owned());
            }
            let lifespan = matches!(method, "FastAPI" | "Starlette") && call.named("lifespan").is_some();
            lifespan.then(|| "The app's lifespan closes what it opened".to_owned())
        }
        Language::Go => {
            let waits = file.calls.iter().any(|other| {
                matches!(&*other.callee, "signal.NotifyContext" | "signal.Notify")
                    && other
                        .arguments
                        .iter()
                        .any(|a| a.value.path().is_some_and(|p| p.ends_with("SIGTERM") || p.ends_with("Interrupt")))
            });
            (matches!(method, "Shutdown" | "GracefulStop" | "ShutdownWithContext" | "ShutdownWithTimeout") && waits)
                .then(|| "The server is shut down in order on a signal".to_owned())
        }
        Language::Ruby => {
            let traps = matches!(callee, "trap" | "Signal.trap")
                && call.argument(0).and_then(Value::text).is_some_and(|s| s.ends_with("TERM"));
            traps.then(|| "SIGTERM is handled before the process ends".to_owned())
        }
        Language::Php => {
            let handles = callee == "pcntl_signal" && call.argument(0).and_then(Value::path) == Some("SIGTERM");
            handles.then(|| "SIGTERM is handled before the process ends".to_owned())
        }
        Language::Java => (method == "addShutdownHook").then(|| "A shutdown hook closes what is open".to_owned()),
        Language::Template => None,
    }
}

/// Whether a call closes a server, a pool or a worker.
fn ends(call: &Call) -> bool {
    let method = call.method().to_ascii_lowercase();
    matches!(
        method.as_str(),
        "close"
            | "end"
            | "stop"
            | "disconnect"
            | "$disconnect"
            | "destroy"
            | "quit"
            | "drain"
            | "terminate"
            | "closeall"
    ) || ["shutdown", "graceful", "cleanup", "teardown", "closeserver", "stopserver"]
        .iter()
        .any(|word| method.contains(word))
}

fn named_function_ends(file: &FileFacts, name: &str) -> bool {
    let found = file.functions.iter().find(|function| function.name.as_deref() == Some(name));
    match found {
        Some(function) => file.calls_of(&function.body).any(|(_, call)| ends(call)),
        None => super::names::has_word(name, &["shutdown", "graceful", "close", "stop", "cleanup"]),
    }
}

//! Proof: the server's log can be searched.

use super::Hit;
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "structured-logging",
    title: "The server writes a structured log",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A logger that writes fields and not just lines, made in server code: pino, winston, bunyan, tslog, structlog, loguru, python-json-logger.",
    why: "When something goes wrong you can ask the log for one user or one request.",
    fix: "Make one logger with JSON output and use it everywhere in place of `console` and `print`.",
    example: "export const logger = pino({ level: process.env.LOG_LEVEL });",
    references: &["C13"],
};

/// Looks at one file.
pub fn check(file: &FileFacts, _index: &CodeIndex, hits: &mut Vec<Hit>) {
    for call in &file.calls {
        if let Some(name) = logger(file, call) {
            hits.push(Hit::new(call.place, format!("{name} writes the server's log")));
            return;
        }
    }
}

fn logger(file: &FileFacts, call: &Call) -> Option<&'static str> {
    let module = file.binding(call.root()).map_or("", |binding| &*binding.module);
    let method = call.method();
    match (module, method) {
        ("pino", "pino") | ("pino-http" | "nestjs-pino" | "hono-pino", _) => Some("pino"),
        ("pino", _) if !call.callee.contains('.') => Some("pino"),
        ("winston", "createLogger") => Some("winston"),
        ("bunyan", "createLogger") => Some("bunyan"),
        ("tslog", "Logger") => Some("tslog"),
        ("structlog", "configure" | "get_logger") => Some("structlog"),
        ("loguru", "add") if call.named("serialize") == Some(&Value::Bool(true)) => Some("loguru"),
        ("pythonjsonlogger" | "pythonjsonlogger.jsonlogger" | "pythonjsonlogger.json", "JsonFormatter") => {
            Some("python-json-logger")
        }
        // Fastify carries pino.
        ("fastify", "fastify" | "Fastify") => {
            let on = call.argument(0).and_then(|options| options.get("logger"));
            on.filter(|value| **value != Value::Bool(false)).map(|_| "pino, through Fastify,")
        }
        _ => None,
    }
}

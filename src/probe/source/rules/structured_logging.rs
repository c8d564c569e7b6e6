//! Proof: the server's log can be searched.

use super::names::last;
use super::{Check, Hit, Rule, any_name, server_or_config};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "structured-logging",
    title: "The server writes a structured log",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A logger in server code whose output is made of fields and not just lines: pino, bunyan, winston or tslog in JSON, structlog or loguru with a JSON renderer, python-json-logger, slog, zap, zerolog or logrus in JSON, Logback or Log4j with a JSON encoder.",
    why: "When something goes wrong you can ask the log for one user or one request.",
    fix: "Make one logger with JSON output and use it everywhere in place of `console` and `print`.",
    example: "export const logger = pino({ level: process.env.LOG_LEVEL });",
    references: &["C13"],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).reads(Language::is_code, any_name).looks_at(server_or_config);

/// Looks at one file.
fn check(file: &FileFacts, _index: &CodeIndex, hits: &mut Vec<Hit>) {
    if matches!(file.language, Language::Php | Language::Ruby) {
        hits.extend(of_scripts(file));
        return;
    }
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        if let Some(name) = logger(file, call) {
            hits.push(Hit::new(call.place, format!("{name} writes the server's log")));
            return;
        }
    }
    hits.extend(of_settings(file));
}

/// Django's `LOGGING`, which names the class of a formatter.
fn of_settings(file: &FileFacts) -> Option<Hit> {
    let settings = || file.assignments.iter().filter(|assignment| assignment.target.contains("LOGGING"));
    settings().filter(|_| file.language == Language::Python).find_map(|assignment| {
        let mut found = None;
        assignment.value.walk(&mut |value| {
            if let Value::Object(pairs) = value {
                let class =
                    pairs.iter().filter(|(key, _)| matches!(&**key, "()" | "class")).find_map(|(_, v)| v.text());
                found = found.or(match class {
                    Some(class) if class.starts_with("pythonjsonlogger.") => Some("python-json-logger"),
                    Some("json_log_formatter.JSONFormatter" | "ecs_logging.StdlibFormatter") => {
                        Some("A JSON formatter")
                    }
                    _ => None,
                });
            }
        });
        found.map(|name| Hit::new(assignment.place, format!("{name} writes the server's log")))
    })
}

/// Monolog with a formatter of JSON; semantic_logger, lograge and ougai.
fn of_scripts(file: &FileFacts) -> Option<Hit> {
    let made = file.calls.iter().filter(|call| !call.dev_only).find_map(|call| {
        let name = last(&call.callee);
        let json = |value: &Value| matches!(value.text().or(value.path()), Some("json" | ":json"));
        let is = match file.language {
            Language::Php => (call.constructs
                && matches!(
                    name,
                    "JsonFormatter" | "LogstashFormatter" | "GelfMessageFormatter" | "ElasticsearchFormatter"
                ))
            .then_some("Monolog"),
            _ => match &*call.callee {
                "SemanticLogger.add_appender" if call.named("formatter").is_some_and(json) => Some("semantic_logger"),
                "Ougai.Logger" | "Ougai.Logger.new" => Some("ougai"),
                callee
                    if callee.starts_with("Lograge.Formatters.Json")
                        || callee.starts_with("Lograge.Formatters.Logstash") =>
                {
                    Some("lograge")
                }
                _ => None,
            },
        };
        is.map(|is| (call.place, is))
    });
    let set = || {
        file.assignments.iter().find_map(|assignment| {
            let json = matches!(assignment.value.text().or(assignment.value.path()), Some("json" | ":json"));
            (json && assignment.target.ends_with("rails_semantic_logger.format"))
                .then_some((assignment.place, "semantic_logger"))
        })
    };
    // Laravel names the formatter of a channel by its class.
    let named = || {
        let names_formatter = |value: &Value| {
            let mut found = false;
            value.walk(&mut |value| {
                if let Value::Object(pairs) = value {
                    found |= pairs.iter().any(|(key, value)| {
                        &**key == "formatter"
                            && value.path().or(value.text()).is_some_and(|path| path.contains("JsonFormatter"))
                    });
                }
            });
            found
        };
        let channel = file.function(0).filter(|_| file.language == Language::Php)?;
        let returned = channel.body.returns.iter().any(names_formatter);
        returned.then_some((crate::probe::source::code::Place::default(), "Monolog"))
    };
    made.or_else(set).or_else(named).map(|(place, name)| Hit::new(place, format!("{name} writes the server's log")))
}

fn logger(file: &FileFacts, call: &Call) -> Option<&'static str> {
    let module = file.binding(call.root()).map_or("", |binding| &*binding.module);
    let method = call.method();
    let options = || call.argument(0).map(|options| file.resolved(options, call.function));
    match (module, method) {
        ("pino", _) if method == "pino" || !call.callee.contains('.') => (!is_pretty(file, call)).then_some("pino"),
        ("pino-http" | "nestjs-pino" | "hono-pino", _) => (!is_pretty(file, call)).then_some("pino"),
        ("winston", "createLogger") => (winston(file, call) == Some(Form::Fields)).then_some("winston"),
        ("bunyan", "createLogger") => Some("bunyan"),
        // It writes coloured lines unless told otherwise.
        ("tslog", "Logger") => options()?.get("type").is_some_and(|kind| may_be(kind, "json")).then_some("tslog"),
        ("structlog" | "structlog.processors" | "structlog.stdlib", "JSONRenderer" | "LogfmtRenderer") => {
            Some("structlog")
        }
        ("loguru", "add") if call.named("serialize") == Some(&Value::Bool(true)) => Some("loguru"),
        ("pythonjsonlogger" | "pythonjsonlogger.jsonlogger" | "pythonjsonlogger.json", "JsonFormatter") => {
            Some("python-json-logger")
        }
        ("log/slog", "NewJSONHandler") => Some("slog"),
        ("go.uber.org/zap", "NewProduction" | "NewProductionConfig") => Some("zap"),
        ("go.uber.org/zap/zapcore", "NewJSONEncoder") => Some("zap"),
        ("github.com/rs/zerolog", "New") => (!is_console(file, call)).then_some("zerolog"),
        ("github.com/sirupsen/logrus", "JSONFormatter") if call.constructs => Some("logrus"),
        (
            "net.logstash.logback.encoder.LogstashEncoder"
            | "net.logstash.logback.encoder.LoggingEventCompositeJsonEncoder",
            _,
        ) if call.constructs => Some("Logback, in JSON,"),
        ("ch.qos.logback.classic.encoder.JsonEncoder" | "co.elastic.logging.logback.EcsEncoder", _)
            if call.constructs =>
        {
            Some("Logback, in JSON,")
        }
        ("net.logstash.logback.argument.StructuredArguments", "kv" | "keyValue" | "value" | "entries") => {
            Some("Logback, with fields,")
        }
        // Fastify carries pino.
        ("fastify", "fastify" | "Fastify") => {
            let on = options()?.get("logger").filter(|value| **value != Value::Bool(false))?;
            (!shows_pretty(file, on, call.function)).then_some("pino, through Fastify,")
        }
        _ => None,
    }
}

/// `zerolog.New(zerolog.ConsoleWriter{…})` writes lines for people.
fn is_console(file: &FileFacts, call: &Call) -> bool {
    match call.argument(0).map(|to| file.resolved(to, call.function)) {
        Some(Value::Call(id)) => file.call(*id).is_some_and(|made| made.method().ends_with("ConsoleWriter")),
        _ => false,
    }
}

fn may_be(value: &Value, text: &str) -> bool {
    match value {
        Value::Either(values) => values.iter().any(|value| value.text() == Some(text)),
        value => value.text() == Some(text),
    }
}

/// Whether pino's lines are made for people's eyes, whatever the environment.
fn is_pretty(file: &FileFacts, call: &Call) -> bool {
    call.arguments.iter().any(|argument| shows_pretty(file, &argument.value, call.function))
}

fn shows_pretty(file: &FileFacts, value: &Value, function: u32) -> bool {
    match file.resolved(value, function) {
        Value::Call(id) => file.call(*id).is_some_and(|made| {
            file.binding(made.root()).is_some_and(|binding| &*binding.module == "pino-pretty")
                || (made.method() == "transport" && is_pretty(file, made))
        }),
        options @ Value::Object(_) => {
            options.get("target").and_then(Value::text) == Some("pino-pretty")
                || ["transport", "pinoHttp"]
                    .iter()
                    .any(|name| options.get(name).is_some_and(|inner| shows_pretty(file, inner, function)))
        }
        _ => false,
    }
}

/// What a log is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Fields,
    Lines,
}

/// What winston writes somewhere; its own format is JSON where none is given, and a transport's own comes last.
fn winston(file: &FileFacts, call: &Call) -> Option<Form> {
    let options = file.resolved(call.argument(0)?, call.function);
    if options.spreads() || !matches!(options, Value::Object(_)) {
        return None;
    }
    let own = match options.get("format") {
        Some(format) => form(file, format, call.function, 0),
        None => Some(Form::Fields),
    };
    let transports = match options.get("transports").map(|given| file.resolved(given, call.function)) {
        Some(Value::Array(transports)) => transports.as_slice(),
        Some(one @ Value::Call(_)) => std::slice::from_ref(one),
        _ => return own,
    };
    let mut forms = transports.iter().map(|transport| {
        let Value::Call(id) = file.resolved(transport, call.function) else { return own };
        let given = file.call(*id)?.argument(0).map(|options| file.resolved(options, call.function));
        match given.and_then(|options| options.get("format")) {
            Some(format) => form(file, format, call.function, 0),
            None => own,
        }
    });
    // A logger that gets its transports later writes in its own format.
    if transports.is_empty() { own } else { forms.find(|form| *form == Some(Form::Fields))? }
}

/// What a format of winston makes; of several in a row the last that makes text decides.
fn form(file: &FileFacts, format: &Value, function: u32, steps: u32) -> Option<Form> {
    if steps > 6 {
        return None;
    }
    match file.resolved(format, function) {
        Value::Either(values) => {
            let mut forms = values.iter().filter_map(|value| form(file, value, function, steps + 1));
            forms.find(|form| *form == Form::Fields)
        }
        Value::Call(id) => {
            let call = file.call(*id)?;
            match call.method() {
                "json" | "logstash" | "ecsFormat" => Some(Form::Fields),
                "printf" => Some(if writes_json(file, call) { Form::Fields } else { Form::Lines }),
                "simple" | "cli" | "prettyPrint" => Some(Form::Lines),
                "combine" => {
                    let parts = call.arguments.iter().rev();
                    parts.filter_map(|part| form(file, &part.value, function, steps + 1)).next()
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// `printf((info) => JSON.stringify(info))`
fn writes_json(file: &FileFacts, call: &Call) -> bool {
    let Some(Value::Function(id)) = call.argument(0) else { return false };
    let is_json = |value: &Value| matches!(value, Value::Call(id) if file.call(*id).is_some_and(|c| &*c.callee == "JSON.stringify"));
    file.function(*id).is_some_and(|function| function.body.returns.iter().any(is_json))
}

//! A server whose only log is what it prints.

use super::logging::{Log, written};
use super::{Check, Hit, Rule, server};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, FunctionKind};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::libraries::imported;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "unstructured-logging",
    title: "The server's only log is what it prints",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A server that writes its log with `console`, `print` or the like alone, without levels and fields.",
    why: "When a user writes that something failed at ten past four, you search through lines that do not say when, for whom, or how bad it was.",
    fix: "Make one logger that writes JSON with levels (pino, structlog, Monolog, slog, semantic_logger, logback) and use it in place of printing.",
    example: "console.log('order failed', order.id, error);\n\n// better\nlogger.error({ err: error, orderId: order.id }, 'order failed');",
    references: &["C13"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::Project(check))
    .reads(Language::is_code, super::any_name)
    .looks_at(server)
    .about("request handler", super::subject::handlers);

/// A line or two that are printed at the start are no log.
const FEW: usize = 3;

/// Libraries that write a log, by the names under which they are imported.
const LOGGERS: [&str; 50] = [
    "pino",
    "pino-http",
    "nestjs-pino",
    "hono-pino",
    "winston",
    "nest-winston",
    "bunyan",
    "tslog",
    "log4js",
    "loglevel",
    "signale",
    "consola",
    "roarr",
    "npmlog",
    "debug",
    "@axiomhq/logger",
    "next-axiom",
    "@logtail/node",
    "@logtape/",
    "@nestjs/common",
    "evlog",
    "electron-log",
    "logging",
    "structlog",
    "loguru",
    "logbook",
    "Monolog",
    "Psr.Log",
    "Illuminate.Support.Facades.Log",
    "log/slog",
    "go.uber.org/zap",
    "github.com/sirupsen/logrus",
    "github.com/rs/zerolog",
    "github.com/go-kit/log",
    "unknwon.dev/clog",
    "github.com/golang/glog",
    "k8s.io/klog",
    "log",
    "logger",
    "semantic_logger",
    "lograge",
    "ougai",
    "org.slf4j",
    "org.apache.logging",
    "org.apache.log4j",
    "java.util.logging",
    "lombok.extern",
    "ch.qos.logback",
    "org.jboss.logging",
    "io.github.oshai",
];

/// Looks at the whole project.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    let mut first: Option<(usize, &Call)> = None;
    let (mut printed, mut serves) = (0_usize, false);
    for (place, file) in index.files.iter().enumerate().filter(|(_, file)| file.role == Role::Server) {
        serves |= file.functions.iter().any(|function| function.kind == FunctionKind::Handler);
        if has_logger(file) {
            return;
        }
        for call in file.calls.iter().filter(|call| !call.dev_only) {
            match written(file, call) {
                Some(Log::Logger | Log::Debug) if !is_lines_of_go(file, call) => return,
                // It ends what is done rather than to write a log.
                Some(Log::Output) if &*call.callee == "trigger_error" => {}
                None if !prints_trace(file, call) => {}
                _ => {
                    printed += 1;
                    first.get_or_insert((place, call));
                }
            }
        }
    }
    if let Some((file, call)) = first.filter(|_| serves && printed >= FEW) {
        let hit = Hit::new(
            call.place,
            format!("The server writes its log with `{}` and the like alone, {printed} times", call.callee),
        );
        hits.push(Hit { file, ..hit });
    }
}

/// Go's `log` writes lines without a level and without fields.
fn is_lines_of_go(file: &FileFacts, call: &Call) -> bool {
    file.language == Language::Go
        && call.root() == "log"
        && file.binding("log").is_some_and(|binding| &*binding.module == "log")
}

/// `e.printStackTrace()` writes to the process's output.
fn prints_trace(file: &FileFacts, call: &Call) -> bool {
    file.language == Language::Java && call.method() == "printStackTrace" && call.arguments.is_empty()
}

fn has_logger(file: &FileFacts) -> bool {
    imported(file, &LOGGERS).is_some_and(|name| !(file.language == Language::Go && name == "log"))
        || file
            .calls
            .iter()
            .any(|call| matches!(call.method(), "createLogger" | "getLogger" | "LoggerFactory" | "make_logger"))
}

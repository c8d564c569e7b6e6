//! An Express app that leaves failed requests to the framework.

use super::{Check, Hit, Rule, server};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, FunctionKind, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::libraries::imported;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "global-error-handler-missing",
    title: "No handler answers when a route fails",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "An Express app without error middleware: a function with four parameters that is the last one given to `app.use`.",
    why: "When a route throws, Express answers with a page of HTML, with the stack in it unless `NODE_ENV` is `production`, and your log and error tracker hear nothing. Before version 5 a rejected promise in a route answers nothing at all, and ends the whole process.",
    fix: "Add `app.use((err, req, res, next) => { … })` after all routes: log the error, and answer in the shape of your API.",
    example: "app.use('/api', routes);\napp.use((err, req, res, next) => {\n  logger.error({ err, url: req.url });\n  res.status(err.status ?? 500).json({ error: 'Something went wrong' });\n});",
    references: &["F27", "https://expressjs.com/en/guide/error-handling.html"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::Project(check))
    .reads(Language::is_ecma, nothing_else)
    .looks_at(server)
    .about("Express app", express_apps);

/// CoffeeScript is the one other language in which people write for Express.
fn nothing_else(name: &str) -> bool {
    name == "CoffeeScript"
}

/// Packages that bring such a handler.
const HANDLERS: [&str; 6] = [
    "errorhandler",
    "express-error-handler",
    "strong-error-handler",
    "api-error-handler",
    "express-http-problem-details",
    "http-problem-details-mapper",
];

/// Frameworks on top of Express that bring their own.
const FRAMEWORKS: [&str; 10] = [
    "@nestjs/core",
    "@feathersjs/express",
    "routing-controllers",
    "tsoa",
    "@medusajs/framework",
    "@medusajs/medusa",
    "next",
    "@adonisjs/core",
    "@loopback/rest",
    "payload",
];

fn express_apps(file: &FileFacts, _: &CodeIndex, subject: &mut super::Subject) {
    subject.seen |= file.calls.iter().any(|call| makes_app(file, call));
}

/// `express()`
fn makes_app(file: &FileFacts, call: &Call) -> bool {
    let bound = file.binding(call.root()).is_some_and(|binding| &*binding.module == "express");
    !call.callee.contains('.')
        && (bound || (&*call.callee == "express" && file.imports_any(|module| module == "express")))
        || (&*call.callee == "require()"
            && call
                .receiver
                .and_then(|id| file.call(id))
                .is_some_and(|required| required.argument(0).and_then(Value::text) == Some("express")))
}

/// Looks at the whole project.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    let mut app: Option<(usize, &Call)> = None;
    let mut routes = 0_usize;
    for (place, file) in index.files.iter().enumerate() {
        if !file.language.is_ecma() || file.role == Role::Test {
            continue;
        }
        if imported(file, &FRAMEWORKS).is_some() || imported(file, &HANDLERS).is_some() || handles(file) {
            return;
        }
        if file.role == Role::Server {
            routes += file.functions.iter().filter(|function| function.kind == FunctionKind::Handler).count();
            let made = file.calls.iter().find(|call| !call.dev_only && makes_app(file, call));
            if app.is_none() {
                app = made.map(|call| (place, call));
            }
        }
    }
    let Some((file, call)) = app.filter(|_| routes > 0) else { return };
    let hit = Hit::new(
        call.place,
        "This Express app has no error middleware, so its users see the framework's page when a route fails",
    );
    hits.push(Hit { file, ..hit });
}

/// A function with the four parameters of error middleware, or something that is used and named so.
fn handles(file: &FileFacts) -> bool {
    let about_errors = |name: &str| {
        let lower = name.to_ascii_lowercase();
        lower.contains("error") || lower.contains("exception") || lower.contains("problem")
    };
    file.functions.iter().any(|function| {
        let first = function.parameters.first().and_then(|p| p.names.first()).map_or("", |(name, _)| name);
        let types = function.parameters.first().map_or("", |p| &p.annotation);
        function.parameters.len() == 4
            && (about_errors(first)
                || about_errors(types)
                || matches!(first.trim_start_matches('_'), "err" | "e" | "ex" | "er"))
    }) || file.calls.iter().any(|call| {
        call.method() == "setupExpressErrorHandler"
            || (call.method() == "use"
                && call.arguments.iter().any(|argument| match &argument.value {
                    Value::Path(path) => about_errors(path),
                    Value::Call(id) => file.call(*id).is_some_and(|made| about_errors(&made.callee)),
                    Value::Function(id) => file.function(*id).is_some_and(|function| function.parameters.len() == 4),
                    _ => false,
                }))
    })
}

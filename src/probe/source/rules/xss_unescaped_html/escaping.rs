//! Template engines that are told not to escape what they are given.

use super::super::Hit;
use crate::model::Confidence;
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{FileFacts, Language, Role};

/// What to do about it.
const FIX: &str = "Leave escaping on, and mark the few values that are meant to be HTML, after cleaning them, with the engine's own filter.";

/// Looks at one file.
pub(super) fn check(file: &FileFacts, hits: &mut Vec<Hit>) {
    if file.role != Role::Server {
        return;
    }
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        let Some(engine) = unescaped(file, call) else { continue };
        // Mails and files that are made from templates are no pages.
        let pages = file.imports_any(|module| {
            matches!(module, "express" | "koa" | "fastify" | "@nestjs/core" | "hapi" | "@hapi/hapi" | "flask")
        });
        let hit = Hit::new(
            call.place,
            format!("{engine} is told not to escape: whatever users wrote becomes part of the pages as HTML"),
        )
        .fix(FIX);
        hits.push(if pages { hit } else { hit.confidence(Confidence::Medium) });
    }
}

/// The engine that a call sets up without escaping.
fn unescaped(file: &FileFacts, call: &Call) -> Option<&'static str> {
    let off = |value: Option<&Value>, name: &str| {
        value.is_some_and(|options| file.resolved(options, call.function).get(name) == Some(&Value::Bool(false)))
    };
    let any_off = |name: &str| call.arguments.iter().any(|argument| off(Some(&argument.value), name));
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => match &*call.callee {
            "swig.setDefaults" | "swig.Swig" if any_off("autoescape") => Some("Swig"),
            "nunjucks.configure" | "nunjucks.Environment" if any_off("autoescape") => Some("Nunjucks"),
            _ => None,
        },
        Language::Python => {
            let jinja = call.method() == "Environment" && file.imports_any(|module| module.starts_with("jinja2"));
            (jinja && call.named("autoescape") == Some(&Value::Bool(false)) && file.imports_any(|m| m == "flask"))
                .then_some("Jinja")
        }
        Language::Php => (call.constructs && call.method() == "Environment" && any_off("autoescape")).then_some("Twig"),
        _ => None,
    }
}

//! Proof: what comes in is checked with a schema.

mod backend;

use super::{Check, Hit, Rule, request_work};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::libraries::imported;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "validation-library",
    title: "Input is checked with a schema",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A schema library that is applied to what comes in: zod, valibot, yup, joi, class-validator behind a ValidationPipe, pydantic, marshmallow, serializers and forms of Django, go-playground/validator, Bean Validation, Laravel's and Symfony's validators, strong parameters of Rails.",
    why: "Wrong types, missing fields and fields that nobody expects end as a tidy refusal and not in the database.",
    fix: "Parse every body, query and path parameter with a schema before you use it.",
    example: "const input = CreateOrder.parse(await request.json());",
    references: &["F56"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::Project(check)).reads(request_work::reads, request_work::would_read);

const ECMA: [&str; 12] = [
    "zod",
    "valibot",
    "yup",
    "joi",
    "@hapi/joi",
    "ajv",
    "superstruct",
    "express-validator",
    "celebrate",
    "@sinclair/typebox",
    "@hono/zod-validator",
    "arktype",
];

/// Looks at the project; one place is enough to show it.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    let found =
        index.files.iter().enumerate().filter(|(_, file)| file.role == Role::Server).find_map(|(place, file)| {
            let found = match file.language {
                Language::Python => python(file, index),
                language if language.is_ecma() => ecma(file, index),
                _ => backend::found(file, index),
            };
            found.map(|(at, name)| (place, at, name))
        });
    if let Some((place, at, name)) = found {
        let mut hit = Hit::new(at, format!("{name} checks what comes in"));
        hit.file = place;
        hits.push(hit);
    }
}

type Found = Option<(crate::probe::source::code::Place, &'static str)>;

fn ecma(file: &FileFacts, index: &CodeIndex) -> Found {
    let place = index.place_of(file)?;
    if let Some(pipe) = file.calls.iter().find(|call| call.method() == "useGlobalPipes") {
        let validates = pipe.arguments.iter().any(|argument| match argument.value {
            crate::probe::source::code::Value::Call(id) => {
                file.call(id).is_some_and(|made| made.method() == "ValidationPipe")
            }
            _ => false,
        });
        if validates {
            return Some((pipe.place, "class-validator"));
        }
    }
    let library = imported(file, &ECMA);
    index.routes().of_file(place).find_map(|route| {
        let applied = route.reach.iter().take(1).flat_map(|at| at.calls(index)).find(|(at, _, call)| {
            let local = at.path == file.path;
            let of_library = library.is_some()
                || file.binding(call.root()).is_some_and(|b| {
                    index
                        .imported(file, call.root())
                        .and_then(|(place, _)| index.files.get(place))
                        .is_some_and(|file| imported(file, &ECMA).is_some())
                        && !b.module.is_empty()
                });
            local
                && of_library
                && matches!(
                    call.method(),
                    "parse"
                        | "safeParse"
                        | "parseAsync"
                        | "safeParseAsync"
                        | "validate"
                        | "validateAsync"
                        | "validateSync"
                        | "validationResult"
                )
                && call.root() != "JSON"
        });
        if let Some((_, _, call)) = applied {
            return Some((call.place, library.unwrap_or("A schema")));
        }
        let before = route.guards.iter().any(|guard| {
            let lower = guard.name.to_ascii_lowercase();
            lower.contains("validat") || lower == "celebrate" || lower.contains("schema")
        });
        before.then(|| (route.place, library.unwrap_or("A schema")))
    })
}

fn python(file: &FileFacts, index: &CodeIndex) -> Found {
    let place = index.place_of(file)?;
    if let Some(call) = file.calls.iter().find(|call| {
        matches!(call.method(), "is_valid" | "validate_on_submit" | "model_validate" | "parse_obj")
            && call.function != 0
    }) {
        return Some((call.place, if call.method() == "is_valid" { "A form or serializer" } else { "A schema" }));
    }
    // FastAPI checks a body that is a pydantic model.
    index.routes().of_file(place).find_map(|route| {
        let (_, function) = route.function(index)?;
        let typed = function.parameters.iter().any(|parameter| {
            let name = parameter.annotation.split(['[', '|', ' ']).next().unwrap_or("");
            let base = |at: usize, class: usize| {
                index.files.get(at).and_then(|f| f.classes.get(class)).is_some_and(|c| {
                    c.bases.iter().any(|b| {
                        b.ends_with("BaseModel")
                            || b.ends_with("SQLModel")
                            || b.ends_with("Schema")
                            || b.ends_with("Base")
                            || b.ends_with("Create")
                    })
                })
            };
            crate::probe::source::routes::resolve::class(index, route.file, name)
                .is_some_and(|(at, class)| base(at, class))
        });
        typed.then_some((route.place, "pydantic"))
    })
}

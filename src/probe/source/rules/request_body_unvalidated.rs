//! Whole request bodies that go into the database as they come.

mod backend;
mod fields;

use super::{Check, Hit, Rule, request_work};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::routes::{Reached, Route, names};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "request-body-unvalidated",
    title: "A request's body goes into the database as it comes",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A body or form that is written to the database whole, with no schema, validator, typed form or list of allowed fields on its way.",
    why: "Whoever sends the request decides on every column: `isAdmin: true`, another user's id, a price of -1. Wrong types end as errors for other people.",
    fix: "Parse the body with a schema (zod, valibot, pydantic, a serializer or form) that lists the allowed fields, and write what it returns.",
    example: "await User.create(req.body);\n\n// better\nconst { name, email } = NewUser.parse(req.body);\nawait User.create({ name, email });",
    references: &["F56", "https://cheatsheetseries.owasp.org/cheatsheets/Mass_Assignment_Cheat_Sheet.html"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::Project(check))
    .reads(request_work::reads, request_work::would_read)
    .about("route", request_work::routes);

/// Looks at the project.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    let mut seen: Vec<(usize, (u32, u32))> = Vec::new();
    for route in request_work::judged(index, request_work::reads) {
        let language = index.files.get(route.file).map_or_else(Language::default, |file| file.language);
        if !language.is_ecma() && language != Language::Python {
            let Some(at) = route.reach.first().copied() else { continue };
            if let Some(mut hit) = backend::check(index, route, at)
                && !seen.contains(&(at.file, hit.place.bytes))
            {
                seen.push((at.file, hit.place.bytes));
                hit.file = at.file;
                hits.push(hit);
            }
            continue;
        }
        if route.guards.iter().any(|guard| validates_name(&guard.name))
            || route.guards.iter().any(|guard| {
                guard.function.is_some_and(|(file, id)| {
                    index.files.get(file).is_some_and(|file| {
                        file.function(id).is_some_and(|f| file.calls_of(&f.body).any(|(_, call)| validates(call)))
                    })
                })
            })
        {
            continue;
        }
        let Some(at) = route.reach.first().copied() else { continue };
        if at.calls(index).any(|(_, _, call)| validates(call)) || typed(index, route) {
            continue;
        }
        let Some((file, call)) = whole_body_written(index, &at) else {
            if let Some(mut hit) = fields::check(index, at)
                && !seen.contains(&(at.file, hit.place.bytes))
            {
                seen.push((at.file, hit.place.bytes));
                hit.file = at.file;
                hits.push(hit);
            }
            continue;
        };
        if seen.contains(&(at.file, call.place.bytes)) {
            continue;
        }
        seen.push((at.file, call.place.bytes));
        let mut hit = Hit::new(
            call.place,
            format!("`{}` writes the request's body as it comes: the sender decides on every column", shown(call)),
        );
        if !is_known_write(file, at, index, call) {
            hit = hit.confidence(Confidence::Medium);
        }
        hit.file = at.file;
        hits.push(hit);
    }
    for hit in hits.iter_mut().filter(|hit| !holds_rights(&hit.message)) {
        hit.confidence = hit.confidence.or(Some(Confidence::Medium)).min(Some(Confidence::Medium));
    }
}

/// Whether what is written holds rights or money: where every column is open, that one is too.
fn holds_rights(message: &str) -> bool {
    let name = message.split('`').nth(1).unwrap_or("");
    names::words(name).iter().any(|word| {
        let word = word.strip_suffix('s').unwrap_or(word);
        matches!(
            word,
            "user"
                | "account"
                | "member"
                | "customer"
                | "admin"
                | "profile"
                | "order"
                | "payment"
                | "invoice"
                | "subscription"
                | "role"
                | "wallet"
                | "transaction"
                | "transfer"
                | "product"
                | "tenant"
                | "organization"
                | "team"
                | "employee"
        )
    })
}

fn shown(call: &Call) -> String {
    call.callee.chars().take(60).collect()
}

fn validates_name(name: &str) -> bool {
    let words = names::words(name);
    words.iter().any(|word| {
        matches!(
            word.as_str(),
            "validate"
                | "validator"
                | "validation"
                | "schema"
                | "zod"
                | "joi"
                | "celebrate"
                | "dto"
                | "body"
                | "pick"
                | "sanitize"
                | "sanitizer"
                | "whitelist"
                | "checkSchema"
        )
    }) && !matches!(
        name,
        "express.json" | "bodyParser.json" | "bodyParser" | "bodyParser.urlencoded" | "koaBody" | "body-parser"
    )
}

/// A call that checks what it is given.
fn validates(call: &Call) -> bool {
    let words = names::words(call.method());
    matches!(
        call.method(),
        "safeParse"
            | "safeParseAsync"
            | "parseAsync"
            | "validationResult"
            | "is_valid"
            | "full_clean"
            | "model_validate"
            | "model_validate_json"
            | "parse_obj"
            | "pick"
            | "matchedData"
            | "plainToInstance"
            | "plainToClass"
            | "permit"
            | "load"
            | "omit"
            | "validate_on_submit"
    ) || words.iter().any(|word| {
        matches!(
            word.as_str(),
            "validate" | "validated" | "validator" | "validation" | "sanitize" | "sanitise" | "whitelist" | "schema"
        )
    }) || (call.method() == "parse"
        && !matches!(call.root(), "JSON" | "Date" | "path" | "url" | "qs" | "querystring" | "dateutil"))
        || call.method() == "assert" && call.arguments.len() > 1
}

/// Nest and FastAPI give their handlers a body of a class.
fn typed(index: &CodeIndex, route: &Route) -> bool {
    let Some((file, function)) = route.function(index) else { return true };
    if file.language == Language::Python {
        return false;
    }
    function.parameters.iter().any(|parameter| {
        parameter.annotation.ends_with("Dto")
            || parameter.annotation.ends_with("DTO")
            || parameter.annotation.ends_with("Input")
    })
}

fn is_known_write(file: &FileFacts, at: Reached, index: &CodeIndex, call: &Call) -> bool {
    at.calls(index).any(|(_, id, found)| found.place == call.place && request_work::is_write(index, file, id, found))
        || matches!(
            call.method(),
            "create" | "findByIdAndUpdate" | "updateOne" | "insertOne" | "insertMany" | "findOneAndUpdate" | "update"
        )
}

/// The call that takes the whole body to the database.
fn whole_body_written<'i>(index: &'i CodeIndex, at: &Reached) -> Option<(&'i FileFacts, &'i Call)> {
    at.calls(index).find_map(|(file, id, call)| {
        let method = call.method();
        let object = call.object().rsplit('.').next().unwrap_or("").trim_end_matches("()");
        let is_model = object.starts_with(|c: char| c.is_ascii_uppercase()) && !matches!(object, "Object" | "JSON" | "Promise" | "Response" | "NextResponse" | "Array" | "Date" | "URL" | "Map" | "Set");
        let writes = request_work::is_write(index, file, id, call)
            || (is_model && matches!(method, "create" | "update" | "insert" | "build" | "findByIdAndUpdate" | "updateOne" | "upsert"))
            || matches!(method, "insertOne" | "insertMany" | "findByIdAndUpdate" | "findOneAndUpdate" | "insert_one")
            || (file.language == Language::Python && is_model_class(file, call))
            || (matches!(method, "insert" | "update" | "upsert" | "values" | "set") && call.receiver.is_some() && chain_of_database(file, call));
        if !writes {
            return None;
        }
        let given = call.arguments.iter().any(|argument| {
            let whole = |value: &Value| is_whole_body(file, value, call.function, 0);
            match &argument.value {
                // `{ data: req.body }`, `{ ...req.body }`, `{ $set: req.body }`.
                Value::Object(pairs) => pairs.iter().any(|(key, value)| matches!(&**key, "data" | "..." | "$set" | "create" | "update") && (whole(value) || matches!(value, Value::Object(inner) if inner.iter().any(|(key, value)| &**key == "..." && whole(value))))),
                value if file.language == Language::Python => (argument.spread || argument.name.as_deref() == Some("**")) && splat(value).is_some_and(&whole) || (method == "insert_one" && whole(value)),
                value => whole(value),
            }
        });
        given.then_some((file, call))
    })
}

/// What is spread: `**request.json`.
fn splat(value: &Value) -> Option<&Value> {
    match value {
        Value::Computed(values) => values.first(),
        value => Some(value),
    }
}

fn is_model_class(file: &FileFacts, call: &Call) -> bool {
    let last = call.method();
    last.starts_with(|c: char| c.is_ascii_uppercase())
        && file
            .binding(call.root())
            .is_some_and(|binding| binding.module.contains("model") || binding.module.contains("entit"))
}

fn chain_of_database(file: &FileFacts, call: &Call) -> bool {
    let mut link = call.receiver;
    for _ in 0..6 {
        let Some(found) = link.and_then(|id| file.call(id)) else { return false };
        if matches!(found.method(), "from" | "insert" | "update" | "knex" | "db" | "into")
            && (found.callee.contains("supabase") || matches!(found.root(), "db" | "knex" | "tx" | "trx" | "database"))
        {
            return true;
        }
        link = found.receiver;
    }
    false
}

/// Whether a value is the body of the request, whole.
fn is_whole_body(file: &FileFacts, value: &Value, function: FunctionId, depth: u32) -> bool {
    if depth > 3 {
        return false;
    }
    match value {
        Value::Path(path) => {
            if matches!(
                &**path,
                "req.body"
                    | "request.body"
                    | "ctx.request.body"
                    | "request.json"
                    | "request.data"
                    | "request.POST"
                    | "request.form"
                    | "self.request.data"
                    | "event.body"
            ) {
                return true;
            }
            if path.contains('.') {
                return false;
            }
            file.assigned(path, function).is_some_and(|a| is_whole_body(file, &a.value, a.function, depth + 1))
                || file.function(function).is_some_and(|f| {
                    f.parameters.iter().any(|p| {
                        p.names.iter().any(|(name, below)| **name == **path && &**below == "body")
                            && f.kind == crate::probe::source::code::FunctionKind::Handler
                    })
                })
        }
        Value::Call(id) => file.call(*id).is_some_and(|call| {
            let object = call.object();
            let request = matches!(object, "req" | "request" | "c.req" | "ctx.request");
            (request && matches!(call.method(), "json" | "get_json" | "parseBody"))
                || (&*call.callee == "readBody" && call.arguments.len() == 1)
                || (matches!(&*call.callee, "request.form.to_dict" | "request.POST.dict" | "request.data.dict"))
                || (matches!(&*call.callee, "json.loads" | "JSON.parse" | "dict")
                    && call.argument(0).is_some_and(|inner| is_whole_body(file, inner, call.function, depth + 1)))
                || (&*call.callee == "Object.fromEntries"
                    && call
                        .argument(0)
                        .and_then(Value::path)
                        .is_some_and(|path| path.to_ascii_lowercase().contains("formdata")))
        }),
        Value::Object(pairs) => {
            pairs.iter().any(|(key, value)| &**key == "..." && is_whole_body(file, value, function, depth + 1))
        }
        Value::Either(values) => values.iter().any(|value| is_whole_body(file, value, function, depth + 1)),
        _ => false,
    }
}

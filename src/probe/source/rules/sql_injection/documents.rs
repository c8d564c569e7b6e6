//! Queries of MongoDB: code in `$where`, and conditions that a client may replace by operators such as `{"$ne": null}`.

use super::super::Hit;
use super::super::injection::{Danger, message};
use crate::model::{Confidence, Severity};
use crate::probe::source::code::{Call, FunctionId, Part, Place, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::flow::Sink;

/// What to do about code in a query.
const FIX_CODE: &str = "Write the condition as a document, `{ orderId: String(id) }`, and switch off `$where` on the server (`javascriptEnabled: false`).";
/// What to do about operators.
const FIX_OPERATOR: &str = "Check the type before you ask: `String(value)`, a schema (zod, joi), or `sanitizeFilter` of Mongoose, so that an object from the request is no part of the condition.";

pub(super) fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    if !(file.language.is_ecma() || matches!(file.language, Language::Python | Language::Php)) {
        return;
    }
    for call in &file.calls {
        if call.method() == "$where"
            && let Some(value) = call.argument(0)
        {
            hits.extend(code(file, index, value, call.function, call.place));
        }
        for argument in &call.arguments {
            in_object(file, index, &argument.value, call.function, call.place, hits);
        }
        hits.extend(operators(file, index, call));
    }
    for set in &file.assignments {
        if set.target.ends_with(".$where") {
            hits.extend(code(file, index, &set.value, set.function, set.place));
        }
        in_object(file, index, &set.value, set.function, set.place, hits);
    }
    for (id, function) in (0..).zip(&file.functions) {
        for value in &function.body.returns {
            // A parameter is known until the function ends.
            let end = function.place.bytes.1;
            let place = Place { bytes: (end, end), ..function.place };
            in_object(file, index, value, id, place, hits);
        }
    }
}

/// `{ $where: … }` anywhere in a value.
fn in_object(
    file: &FileFacts,
    index: &CodeIndex,
    value: &Value,
    function: FunctionId,
    place: Place,
    hits: &mut Vec<Hit>,
) {
    if !matches!(value, Value::Object(_) | Value::Array(_) | Value::Either(_)) {
        return;
    }
    value.walk(&mut |value| {
        if let Some(written) = value.get("$where") {
            hits.extend(code(file, index, written, function, place));
        }
    });
}

fn code(file: &FileFacts, index: &CodeIndex, value: &Value, function: FunctionId, place: Place) -> Option<Hit> {
    let danger = Danger { value, function, place, to: "$where" };
    let found = danger.reach(file, index, Sink::Code);
    if let Some(trace) = &found.request {
        let hit =
            danger.told(file, trace, |trace, _| message(trace, "is put into the code that MongoDB runs (`$where`)"));
        return Some(hit.fix(FIX_CODE));
    }
    let Value::Template(parts) = file.resolved(value, function) else { return None };
    // Of what is put in, numbers do no harm.
    let put_in = parts.iter().find_map(|part| match part {
        Part::Expression(shown, value) => {
            let found = Danger { value, ..danger }.reach(file, index, Sink::Code);
            (found.unknown || !found.parameters.is_empty()).then_some(shown)
        }
        Part::Fixed(_) => None,
    })?;
    Some(
        Hit::new(place, format!("`{put_in}` is put into the code that MongoDB runs (`$where`)"))
            .confidence(Confidence::Medium)
            .fix(FIX_CODE),
    )
}

/// Calls whose first argument is a condition.
fn takes_condition(method: &str) -> bool {
    matches!(
        method,
        "find"
            | "findOne"
            | "findOneAndUpdate"
            | "findOneAndDelete"
            | "findOneAndReplace"
            | "update"
            | "updateOne"
            | "updateMany"
            | "deleteOne"
            | "deleteMany"
            | "remove"
            | "replaceOne"
            | "countDocuments"
            | "find_one"
            | "find_one_and_update"
            | "update_one"
            | "update_many"
            | "delete_one"
            | "delete_many"
    )
}

/// `users.findOne({ name: req.body.name })`, where nothing sees to it that the name is a text.
fn operators(file: &FileFacts, index: &CodeIndex, call: &Call) -> Option<Hit> {
    if !takes_condition(call.method()) || !is_of_mongo(file, index, call) {
        return None;
    }
    let Value::Object(pairs) = file.resolved(call.argument(0)?, call.function) else { return None };
    let plain = |key: &str| !key.starts_with(['$', '.']);
    let values = pairs.iter().filter(|(key, _)| plain(key)).map(|(_, value)| value).take(8);
    values.filter(|value| matches!(value, Value::Path(_) | Value::Either(_))).find_map(|value| {
        let danger = Danger::of_call(call, value);
        let trace = danger.reach(file, index, Sink::Filter).request?;
        if !may_be_object(&trace.source, file.language) {
            return None;
        }
        let hit = danger.told(file, &trace, |trace, to| {
            message(trace, &format!("is a condition of `{to}`: a client may send an operator such as `{{\"$ne\": null}}` instead of a text"))
        });
        Some(hit.severity(Severity::Major).confidence(Confidence::Medium).fix(FIX_OPERATOR))
    })
}

/// A part of a request that is read as JSON, or in which `name[$ne]=` becomes an object.
fn may_be_object(source: &str, language: Language) -> bool {
    let lower = source.to_ascii_lowercase();
    match language {
        Language::Python => lower.contains("json"),
        Language::Php => lower.starts_with("_post") || lower.starts_with("_get") || lower.starts_with("_request"),
        _ => {
            let of_request = ["req.", "request.", "ctx.request."].iter().any(|start| lower.starts_with(start));
            (of_request && (lower.contains(".body") || lower.contains(".query"))) || lower.starts_with("body")
        }
    }
}

/// Whether a call is made on a collection or a model of MongoDB.
fn is_of_mongo(file: &FileFacts, index: &CodeIndex, call: &Call) -> bool {
    let library = |module: &str| {
        matches!(
            module,
            "mongoose" | "mongodb" | "monk" | "mongoist" | "mongojs" | "marsdb" | "nedb" | "@seald-io/nedb"
        ) || matches!(module, "pymongo" | "motor" | "motor.motor_asyncio" | "flask_pymongo")
            || module.starts_with("MongoDB\\")
    };
    let object = call.object().to_ascii_lowercase();
    if object.contains("collection") || object.ends_with("col") {
        return true;
    }
    // A model of Mongoose, in this file or the one that it comes from. Objects of other mappers take options instead.
    let model = call.root().starts_with(|c: char| c.is_ascii_uppercase()) || object.contains("model");
    let imported = || index.imported(file, call.root()).and_then(|(place, _)| index.files.get(place));
    let here = file.imports_any(library);
    match file.language {
        Language::Python | Language::Php => here && !call.object().is_empty(),
        _ => model && (here || imported().is_some_and(|file| file.imports_any(library))),
    }
}

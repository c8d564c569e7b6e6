//! Single fields of a body that go into the database, where nothing on the way looks at any of them.

use super::{Hit, Reached, request_work};
use crate::model::{Confidence, Severity};
use crate::probe::source::code::{Call, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::routes::reach::{accesses, conditions};

/// The first call of a handler that writes fields as they come.
pub(super) fn check(index: &CodeIndex, at: Reached) -> Option<Hit> {
    let (file, function) = at.get(index)?;
    if !file.language.is_ecma() && file.language != Language::Python {
        return None;
    }
    let (call, names) = at.calls(index).find_map(|(_, id, call)| {
        let saves = call.method() == "save" && call.arguments.is_empty() && !call.object().is_empty();
        if !saves && !request_work::is_write(index, file, id, call) {
            return None;
        }
        let mut names = Vec::new();
        for argument in &call.arguments {
            match file.resolved(&argument.value, call.function) {
                // `const record = { caption: req.body.caption }`.
                object @ Value::Object(_) => fields(file, object, call.function, 0, &mut names),
                // `db.session.add(Note(text=request.form["text"]))`.
                Value::Call(made) if file.language == Language::Python => {
                    let made =
                        file.call(*made).filter(|made| made.method().starts_with(|c: char| c.is_ascii_uppercase()));
                    for part in made.into_iter().flat_map(|made| &made.arguments) {
                        names.extend(field(file, &part.value, call.function));
                    }
                    fields(file, &argument.value, call.function, 0, &mut names);
                }
                _ => fields(file, &argument.value, call.function, 0, &mut names),
            }
        }
        // `product.name = req.body.name; product.save()`.
        if saves {
            let of_function = |set: &&crate::probe::source::code::Assignment| {
                function.place.bytes.0 <= set.place.bytes.0 && set.place.bytes.1 <= call.place.bytes.0
            };
            for set in file.assignments_below(call.object()).filter(of_function) {
                names.extend(field(file, &set.value, set.function));
            }
        }
        (!names.is_empty()).then_some((call, names))
    })?;
    // A test of one of them shows that somebody thought of it.
    let (mut tested, mut converted) = (false, false);
    let mut see = |value: &Value, function: FunctionId| {
        value.walk(&mut |value| {
            tested |=
                field(file, value, function).is_some_and(|name| names.contains(&name)) || names_field(value, &names);
        });
    };
    for condition in conditions(file, function) {
        see(&condition.test, condition.function);
    }
    for other in at.calls(index).map(|(_, _, call)| call).filter(|other| other.place != call.place) {
        let converts = matches!(
            other.method(),
            "Number"
                | "String"
                | "parseInt"
                | "parseFloat"
                | "int"
                | "float"
                | "str"
                | "bool"
                | "trim"
                | "strip"
                | "isArray"
        );
        if converts || other.tested {
            other.arguments.iter().for_each(|a| see(&a.value, other.function));
        }
        // Who turns one field into a number has thought of what may be sent.
        converted |= converts && other.arguments.iter().any(|a| field(file, &a.value, other.function).is_some());
    }
    tested |= converted;
    tested |= accesses(file, function).any(|access| {
        let last = access.path.rsplit('.').next().unwrap_or("");
        access.tested
            && access.place.bytes.1 < call.place.bytes.0
            && is_of_body(&access.path)
            && names.iter().any(|name| name == last)
    });
    if tested {
        return None;
    }
    let shown = names.iter().take(3).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let verb = if names.len() == 1 { "goes" } else { "go" };
    Some(
        Hit::new(
            call.place,
            format!("{shown} of the request {verb} into the database, and nothing looks at what was sent"),
        )
        .severity(Severity::Minor)
        .confidence(Confidence::Medium),
    )
}

fn names_field(value: &Value, names: &[String]) -> bool {
    value.path().is_some_and(|path| names.iter().any(|name| path == name || path.rsplit('.').next() == Some(name)))
}

/// Fields of a body among what a write is given, directly or one object down.
fn fields(file: &FileFacts, value: &Value, function: FunctionId, depth: u32, found: &mut Vec<String>) {
    match value {
        Value::Object(pairs) if depth < 3 => {
            for (key, value) in
                pairs.iter().filter(|(key, _)| !matches!(&**key, "where" | "select" | "include" | "orderBy"))
            {
                match value {
                    Value::Object(_) => fields(file, value, function, depth + 1, found),
                    _ if &**key != "..." => found.extend(field(file, value, function)),
                    _ => {}
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| found.extend(field(file, item, function))),
        value if file.language == Language::Python => found.extend(field(file, value, function)),
        _ => {}
    }
}

fn is_of_body(path: &str) -> bool {
    [
        "req.body.",
        "request.body.",
        "ctx.request.body.",
        "request.json.",
        "request.form.",
        "request.POST.",
        "request.data.",
    ]
    .iter()
    .any(|start| path.starts_with(start))
}

/// The name of the field that a value is.
fn field(file: &FileFacts, value: &Value, function: FunctionId) -> Option<String> {
    let last = |path: &str| path.rsplit('.').next().unwrap_or(path).to_owned();
    match value {
        Value::Path(path) if is_of_body(path) => Some(last(path)),
        Value::Path(path) => {
            let set = file.assigned(path, function)?;
            match &set.value {
                Value::Path(from) if is_of_body(from) => Some(path.to_string()),
                Value::Member(pair) if is_body(file, &pair.0, set.function) => Some(path.to_string()),
                Value::Index(pair) if is_body(file, &pair.0, set.function) => Some(path.to_string()),
                Value::Call(id) => takes(file, file.call(*id)?).map(|_| path.to_string()),
                _ => {
                    let (holder, name) = path.split_once('.')?;
                    let holder = Value::Path(holder.into());
                    is_body(file, &holder, function).then(|| name.to_owned())
                }
            }
        }
        Value::Member(pair) => is_body(file, &pair.0, function).then(|| pair.1.to_string()),
        Value::Call(id) => takes(file, file.call(*id)?),
        _ => None,
    }
    .filter(|name| !name.is_empty() && !matches!(name.as_str(), "length"))
}

/// `request.form.get("name")`.
fn takes(file: &FileFacts, call: &Call) -> Option<String> {
    let of_form = matches!(&*call.callee, "request.form.get" | "request.json.get" | "request.POST.get")
        || call.method() == "get"
            && !call.object().is_empty()
            && is_body(file, &Value::Path(call.object().into()), call.function);
    of_form.then(|| call.argument(0).and_then(Value::text).map(ToOwned::to_owned))?
}

/// Whether a value is the parsed body.
fn is_body(file: &FileFacts, value: &Value, function: FunctionId) -> bool {
    match file.resolved(value, function) {
        Value::Path(path) => {
            matches!(
                &**path,
                "req.body"
                    | "request.body"
                    | "ctx.request.body"
                    | "request.json"
                    | "request.form"
                    | "request.POST"
                    | "request.data"
            )
        }
        Value::Call(id) => file.call(*id).is_some_and(|call| {
            let object = call.object();
            matches!(call.method(), "json" | "get_json" | "parseBody")
                && matches!(object, "req" | "request" | "c.req" | "ctx.request")
                || &*call.callee == "readBody"
                || &*call.callee == "json.loads" && call.argument(0).and_then(Value::path) == Some("request.body")
        }),
        _ => false,
    }
}

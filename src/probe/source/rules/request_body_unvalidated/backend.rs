//! Whole bodies that go into the database, in Go, Java, PHP and Ruby.

use super::{Hit, Reached, request_work, shown};
use crate::model::Confidence;
use crate::probe::source::code::{Call, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::routes::{Route, resolve};

/// What the handler of a route writes as it came.
pub(super) fn check(index: &CodeIndex, route: &Route, at: Reached) -> Option<Hit> {
    let (file, function) = at.get(index)?;
    match file.language {
        Language::Go => go(index, file, at),
        Language::Java => java(index, file, function, at),
        Language::Php => php(index, route, file, at),
        Language::Ruby => ruby(index, file, at),
        _ => None,
    }
}

fn hit(call: &Call, confidence: Confidence) -> Hit {
    Hit::new(
        call.place,
        format!("`{}` writes the request's body as it comes: the sender decides on every column", shown(call)),
    )
    .confidence(confidence)
}

/// What a type is called that is made for requests.
fn is_for_requests(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["request", "req", "input", "form", "dto", "payload", "params", "command", "body", "args", "data"]
        .iter()
        .any(|end| lower.ends_with(end) || lower.starts_with(end))
}

const BINDS: [&str; 9] = [
    "ShouldBindJSON",
    "BindJSON",
    "ShouldBind",
    "Bind",
    "BodyParser",
    "Decode",
    "ShouldBindWith",
    "MustBindWith",
    "DecodeJSON",
];

/// `c.BindJSON(&user)` and then `db.Create(&user)`.
fn go(index: &CodeIndex, file: &FileFacts, at: Reached) -> Option<Hit> {
    let calls = || at.calls(index).map(|(_, id, call)| (id, call));
    let bound: Vec<(&str, FunctionId)> = calls()
        .filter(|(_, call)| BINDS.contains(&call.method()))
        .filter_map(|(_, call)| Some((call.arguments.last()?.value.path()?, call.function)))
        .collect();
    let checked = calls().any(|(_, call)| {
        matches!(
            call.method(),
            "Struct" | "StructCtx" | "Validate" | "ValidateStruct" | "Var" | "StructExcept" | "Valid" | "IsValid"
        ) || call.method().to_ascii_lowercase().contains("validat")
    });
    if bound.is_empty() || checked {
        return None;
    }
    calls().find_map(|(id, call)| {
        if !matches!(call.method(), "Create" | "Save" | "Updates" | "InsertOne" | "Insert" | "ReplaceOne")
            || !request_work::is_write(index, file, id, call) && index.query(file, id).is_none()
        {
            return None;
        }
        call.arguments.iter().filter_map(|a| a.value.path()).find_map(|name| {
            let (_, function) = bound.iter().find(|(bound, _)| *bound == name)?;
            let set = file.assigned(name, *function)?;
            let kind = match &set.value {
                Value::Call(made) => {
                    file.call(*made).filter(|made| made.constructs).map(|made| made.callee.to_string())?
                }
                _ if !set.annotation.is_empty() => set.annotation.to_string(),
                Value::Object(_) => "map".to_owned(),
                _ => return None,
            };
            // A map holds whatever was sent.
            if kind.starts_with("map") || kind.starts_with("bson.M") {
                return Some(hit(call, Confidence::High));
            }
            let name = kind.trim_start_matches(['*', '[', ']', '&']).rsplit('.').next().unwrap_or("").to_owned();
            let changed = file
                .assignments_below(call.arguments.iter().find_map(|a| a.value.path())?)
                .any(|set| set.function == *function);
            (!kind.starts_with("struct") && !is_for_requests(&name) && !changed).then(|| hit(call, Confidence::Medium))
        })
    })
}

/// `@RequestBody User user` and then `users.save(user)`.
fn java(
    index: &CodeIndex,
    file: &FileFacts,
    function: &crate::probe::source::code::Function,
    at: Reached,
) -> Option<Hit> {
    let named = |value: &Value, wanted: &[&str]| {
        let mut found = false;
        value.walk(&mut |value| {
            if let Value::Call(id) = value {
                found |= file.call(*id).is_some_and(|call| wanted.contains(&call.method()));
            }
        });
        found
    };
    let entity = |name: &str| {
        index.classes_called(name).iter().filter_map(|place| index.files.get(*place)).any(|file| {
            file.classes.iter().any(|class| {
                *class.name == *name
                    && class
                        .decorators
                        .iter()
                        .any(|d| matches!(d.method(), "Entity" | "Document" | "Table" | "TableName"))
            })
        })
    };
    // What a method of the controller loads, or a binder restricts, is not the sender's alone.
    let binds = file.functions.iter().any(|other| {
        other.class == function.class
            && other.decorators.iter().any(|d| matches!(d.method(), "ModelAttribute" | "InitBinder"))
    });
    if binds {
        return None;
    }
    let parameter = function.parameters.iter().find(|p| {
        let from_body = p.default.as_ref().is_some_and(|value| named(value, &["RequestBody", "ModelAttribute"]));
        let checked = p.default.as_ref().is_some_and(|value| named(value, &["Valid", "Validated"]));
        from_body && !checked && entity(&p.annotation)
    })?;
    let (name, _) = parameter.names.first()?;
    let checked = at.calls(index).any(|(_, _, call)| call.method().to_ascii_lowercase().contains("validat"));
    let changed = at.calls(index).any(|(_, _, call)| call.object() == &**name && call.method().starts_with("set"));
    if checked || changed {
        return None;
    }
    at.calls(index).find_map(|(_, id, call)| {
        let writes = request_work::is_write(index, file, id, call)
            || matches!(call.method(), "save" | "saveAndFlush" | "persist" | "merge" | "insert");
        (writes && call.argument(0).and_then(Value::path) == Some(&**name)).then(|| hit(call, Confidence::Medium))
    })
}

fn php(index: &CodeIndex, route: &Route, file: &FileFacts, at: Reached) -> Option<Hit> {
    // What a class of the project checked is given by `validated()`; the rest by `all()` all the same.
    let formed = file.function(at.function).is_some_and(|function| {
        function.parameters.iter().any(|p| {
            let last = p.annotation.rsplit('\\').next().unwrap_or("");
            last.ends_with("Request") && last != "Request"
        })
    });
    let validated = formed
        || at.calls(index).any(|(_, _, call)| {
            matches!(call.method(), "validate" | "validateWithBag") || &*call.callee == "Validator.make"
        });
    let _ = route;
    at.calls(index).find_map(|(_, _, call)| {
        let method = call.method();
        let forced = matches!(method, "forceFill" | "forceCreate");
        let builds = matches!(
            method,
            "create" | "fill" | "update" | "updateOrCreate" | "firstOrCreate" | "insert" | "insertGetId"
        ) || forced
            || call.constructs;
        let whole = builds && call.arguments.iter().any(|a| is_all(file, &a.value, call.function, 0));
        if !whole {
            return None;
        }
        let table = call.root() == "DB";
        let model = if call.constructs { call.method() } else { call.root() };
        let model = if model.starts_with(|c: char| c.is_ascii_uppercase()) {
            Some(model.to_owned())
        } else {
            of_variable(file, call)
        };
        match model.as_deref().and_then(|name| listed(index, name)) {
            _ if forced || table && matches!(method, "insert" | "update" | "insertGetId") => {
                Some(hit(call, Confidence::High))
            }
            Some(Listed::Nothing) => Some(hit(call, Confidence::High)),
            // The model lists what may be set.
            Some(Listed::Fields) => None,
            None if call.constructs && model.as_deref().is_none_or(|name| index.classes_called(name).is_empty()) => {
                None
            }
            None => (!validated && model.is_some_and(|name| !index.classes_called(&name).is_empty()))
                .then(|| hit(call, Confidence::Medium)),
        }
    })
}

/// The class of what a method is called on: a parameter's, or that of a model found before.
fn of_variable(file: &FileFacts, call: &Call) -> Option<String> {
    let name = call.root();
    let typed = file.enclosing(call.function).find_map(|(_, scope)| {
        let found = scope.parameters.iter().find(|p| p.names.iter().any(|(bound, _)| **bound == *name))?;
        Some(found.annotation.rsplit('\\').next().unwrap_or("").to_owned())
    });
    typed.filter(|name| !name.is_empty()).or_else(|| match &file.assigned(name, call.function)?.value {
        Value::Call(id) => file
            .call(*id)
            .map(|made| made.root().to_owned())
            .filter(|root| root.starts_with(|c: char| c.is_ascii_uppercase())),
        _ => None,
    })
}

/// What a model says of its fields.
enum Listed {
    Fields,
    Nothing,
}

fn listed(index: &CodeIndex, name: &str) -> Option<Listed> {
    index.classes_called(name).iter().filter_map(|place| index.files.get(*place)).find_map(|file| {
        if file.language != Language::Php {
            return None;
        }
        let class = file.classes.iter().find(|class| *class.name == *name)?;
        let set = |target: &str| {
            file.assignments_to(target)
                .find(|set| class.place.bytes.0 <= set.place.bytes.0 && set.place.bytes.1 <= class.place.bytes.1)
        };
        if set("this.fillable").is_some() {
            return Some(Listed::Fields);
        }
        let guarded = set("this.guarded")?;
        Some(
            if matches!(&guarded.value, Value::Array(items) if items.is_empty())
                || matches!(&guarded.value, Value::Object(pairs) if pairs.is_empty())
            {
                Listed::Nothing
            } else {
                Listed::Fields
            },
        )
    })
}

/// `$request->all()`, `request()->input()`, `$_POST`.
fn is_all(file: &FileFacts, value: &Value, function: FunctionId, depth: u32) -> bool {
    if depth > 3 {
        return false;
    }
    match file.resolved(value, function) {
        Value::Path(path) => &**path == "_POST" || &**path == "_REQUEST",
        Value::Call(id) => file.call(*id).is_some_and(|call| {
            let object = call.object();
            let request = matches!(
                object,
                "request"
                    | "request()"
                    | "Request"
                    | "this.request"
                    | "Input"
                    | "request.request"
                    | "request().request"
            );
            request
                && (call.arguments.is_empty() && matches!(call.method(), "all" | "input" | "post" | "toArray")
                    || call.method() == "except")
                || &*call.callee == "array_merge"
                    && call.arguments.iter().any(|a| is_all(file, &a.value, call.function, depth + 1))
        }),
        Value::Object(pairs) => {
            pairs.iter().any(|(key, value)| &**key == "..." && is_all(file, value, function, depth + 1))
        }
        _ => false,
    }
}

/// `User.create(params[:user].permit!)`, also through `def user_params`.
fn ruby(index: &CodeIndex, file: &FileFacts, at: Reached) -> Option<Hit> {
    const WRITES: [&str; 12] = [
        "create",
        "create!",
        "update",
        "update!",
        "new",
        "update_attributes",
        "assign_attributes",
        "insert",
        "insert_all",
        "build",
        "update_columns",
        "find_or_create_by",
    ];
    let class = file.function(at.function)?.class.clone();
    let lets_all = |value: &Value, function: FunctionId| {
        let mut found = false;
        file.resolved(value, function).walk(&mut |value| {
            let of_call = |id: &u32| {
                file.call(*id).is_some_and(|call| {
                    call.root() == "params" && matches!(call.method(), "permit!" | "to_unsafe_h" | "to_unsafe_hash")
                })
            };
            found |= matches!(value, Value::Call(id) if of_call(id));
        });
        found
    };
    let through = |value: &Value| {
        let name = match value {
            Value::Path(path) => Some(&**path),
            Value::Call(id) => file.call(*id).map(|call| &*call.callee),
            _ => None,
        };
        let method = name
            .filter(|name| name.ends_with("_params"))
            .and_then(|name| resolve::method(file, class.as_deref()?, name));
        method
            .and_then(|id| Some((id, file.function(id)?)))
            .is_some_and(|(id, function)| function.body.returns.iter().any(|value| lets_all(value, id)))
    };
    at.calls(index).find_map(|(_, _, call)| {
        let writes = call.constructs || WRITES.contains(&call.method()) && !call.object().is_empty();
        let given = call.arguments.iter().any(|a| lets_all(&a.value, call.function) || through(&a.value));
        (writes && given).then(|| hit(call, Confidence::High))
    })
}

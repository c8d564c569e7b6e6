//! What checks input in Go, Java, PHP and Ruby.

use super::Found;
use crate::probe::source::code::{FunctionKind, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::routes::resolve;

/// Where a file checks what comes in, and with what.
pub(super) fn found(file: &FileFacts, index: &CodeIndex) -> Found {
    match file.language {
        Language::Go => go(file),
        Language::Java => java(file),
        Language::Php => php(file, index),
        Language::Ruby => ruby(file),
        _ => None,
    }
}

fn go(file: &FileFacts) -> Found {
    let imports = |part: &str| file.imports_any(|module| module.contains(part));
    let playground = imports("go-playground/validator");
    let ozzo = imports("ozzo-validation");
    let binds = |method: &str| {
        matches!(method, "ShouldBindJSON" | "ShouldBind" | "BindJSON" | "ShouldBindQuery" | "ShouldBindUri")
    };
    file.calls.iter().filter(|call| call.function != 0).find_map(|call| match call.method() {
        "Struct" | "StructCtx" | "Var" if playground => Some((call.place, "go-playground/validator")),
        "ValidateStruct" | "Validate" if ozzo => Some((call.place, "ozzo-validation")),
        // Gin runs the checks that stand in a struct's tags.
        method if binds(method) => {
            let name = call.argument(0)?.path()?;
            let set = file.assigned(name, call.function)?;
            set.annotation.contains("binding:\"").then_some((call.place, "gin's binding"))
        }
        _ => None,
    })
}

fn java(file: &FileFacts) -> Found {
    file.functions.iter().filter(|f| f.kind == FunctionKind::Handler).find_map(|function| {
        function.parameters.iter().find_map(|parameter| {
            let mut place = None;
            parameter.default.as_ref()?.walk(&mut |value| {
                if let Value::Call(id) = value {
                    let call = file.call(*id).filter(|call| matches!(call.method(), "Valid" | "Validated"));
                    place = place.or(call.map(|call| call.place));
                }
            });
            Some((place?, "Bean Validation"))
        })
    })
}

fn php(file: &FileFacts, index: &CodeIndex) -> Found {
    let call = file.calls.iter().filter(|call| !call.arguments.is_empty()).find_map(|call| {
        let of_request = call.method() == "validate" && matches!(call.object(), "request" | "request()" | "this");
        let symfony = call.method() == "validate" && call.object().ends_with("validator");
        (of_request || symfony || &*call.callee == "Validator.make").then_some((call.place, "A validator"))
    });
    call.or_else(|| {
        file.functions.iter().filter(|f| f.kind == FunctionKind::Handler).find_map(|function| {
            let formed = function.parameters.iter().any(|parameter| {
                let class = parameter.annotation.rsplit('\\').next().unwrap_or("");
                class.ends_with("Request")
                    && index
                        .classes_called(class)
                        .iter()
                        .filter_map(|place| index.files.get(*place))
                        .any(|file| resolve::method(file, class, "rules").is_some())
            });
            formed.then_some((function.place, "A form request"))
        })
    })
}

fn ruby(file: &FileFacts) -> Found {
    file.calls.iter().find_map(|call| {
        let listed = matches!(call.method(), "permit" | "expect")
            && call.callee.starts_with("params")
            && !call.arguments.is_empty();
        let schema = matches!(&*call.callee, "Dry.Schema.Params" | "Dry.Schema.JSON");
        match (listed, schema) {
            (true, _) => Some((call.place, "A list of permitted parameters")),
            (_, true) => Some((call.place, "dry-schema")),
            _ => None,
        }
    })
}

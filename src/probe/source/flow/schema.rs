//! What a schema lets through: a number, an identifier or one of a fixed list does no harm.

use crate::probe::source::code::{Call, FunctionId, Value};
use crate::probe::source::facts::{FileFacts, Language};

/// How many calls of a chain are looked at.
const MAX_CHAIN: usize = 20;

/// Whether the schema through which `call` hands its argument on (`schema.parse(x)`) leaves `field` no room for text
/// of a client's choice.
pub(super) fn is_strict(file: &FileFacts, call: &Call, field: &str) -> bool {
    if file.language == Language::Php {
        return rules_are_strict(call, field);
    }
    if !matches!(call.method(), "parse" | "parseAsync" | "safeParse" | "validate" | "validateSync") {
        return false;
    }
    let field = field.strip_prefix("data.").unwrap_or(field);
    let inner = call.receiver.and_then(|id| file.call(id));
    match inner {
        Some(made) => of_call(file, made, field),
        None => of_value(file, &Value::Path(call.object().into()), call.function, field, 0),
    }
}

/// Laravel's `$request->validate(['sort' => 'in:name,date'])`.
fn rules_are_strict(call: &Call, field: &str) -> bool {
    let rules = call.arguments.iter().find_map(|argument| argument.value.get(field));
    let Some(rules) = rules.filter(|_| call.method() == "validate" && !field.is_empty()) else { return false };
    let mut strict = false;
    rules.walk(&mut |rule| {
        if let Value::Text(text) = rule {
            strict |= text.split('|').any(|rule| {
                let name = rule.split(':').next().unwrap_or(rule);
                matches!(
                    name,
                    "in" | "integer" | "int" | "numeric" | "boolean" | "date" | "uuid" | "ulid" | "digits" | "exists"
                )
            });
        }
    });
    strict
}

/// Whether such a schema asks more of `field` than its type, or cannot be seen: then what it lets through may be
/// harmless.
pub(super) fn may_check(file: &FileFacts, call: &Call, field: &str) -> bool {
    let parses = matches!(call.method(), "parse" | "parseAsync" | "safeParse" | "safeParseAsync");
    if !parses || !file.language.is_ecma() || !looks_like_schema(file, call) {
        return false;
    }
    let field = field.strip_prefix("data.").unwrap_or(field);
    let chain = match call.receiver.and_then(|id| file.call(id)) {
        Some(made) => field_chain(file, made, field),
        None => match file.resolved(&Value::Path(call.object().into()), call.function) {
            Value::Call(id) => file.call(*id).and_then(|made| field_chain(file, made, field)),
            _ => None,
        },
    };
    chain.is_none_or(|chain| {
        chain.split(['.', '(', ')']).any(|part| {
            matches!(
                part,
                "refine" | "superRefine" | "regex" | "transform" | "pipe" | "check" | "custom" | "startsWith"
            )
        })
    })
}

/// `schema.safeParse`, `z.object(…).parse`; not `JSON.parse`, `path.parse`.
fn looks_like_schema(file: &FileFacts, call: &Call) -> bool {
    if call.receiver.is_some() {
        return call.root() == "z";
    }
    let object = call.object();
    let lower = object.to_ascii_lowercase();
    call.method().starts_with("safe")
        || lower.ends_with("schema")
        || lower.ends_with("validator")
        || matches!(file.resolved(&Value::Path(object.into()), call.function), Value::Call(id) if file.call(*id).is_some_and(|made| made.root() == "z"))
}

/// The chain of calls that describes `field`: `z.string().url().refine`.
fn field_chain<'f>(file: &'f FileFacts, call: &'f Call, field: &str) -> Option<&'f str> {
    let mut current = Some(call);
    for _ in 0..MAX_CHAIN {
        let call = current?;
        if matches!(call.method(), "object" | "strictObject" | "extend" | "looseObject")
            && let Some(value) = call.argument(0).and_then(|object| object.get(field))
        {
            return match file.resolved(value, call.function) {
                Value::Call(id) => file.call(*id).map(|made| &*made.callee),
                _ => None,
            };
        }
        current = call.receiver.and_then(|id| file.call(id));
    }
    None
}

/// The same for the input of a tRPC procedure: `publicProcedure.input(schema).query(({ input }) => …)`.
pub(super) fn input_is_strict(file: &FileFacts, function: FunctionId, field: &str) -> bool {
    let Some(mut call) = file.function(function).and_then(|f| f.argument_of).and_then(|id| file.call(id)) else {
        return false;
    };
    for _ in 0..MAX_CHAIN {
        let Some(inner) = call.receiver.and_then(|id| file.call(id)) else { return false };
        if matches!(inner.method(), "input" | "schema" | "inputSchema")
            && let Some(schema) = inner.argument(0)
        {
            return of_value(file, schema, inner.function, field, 0);
        }
        call = inner;
    }
    false
}

fn of_value(file: &FileFacts, schema: &Value, function: FunctionId, field: &str, steps: u32) -> bool {
    if steps > 4 {
        return false;
    }
    match schema {
        Value::Path(name) => file
            .assigned(name, function)
            .is_some_and(|assignment| of_value(file, &assignment.value, assignment.function, field, steps + 1)),
        Value::Call(id) => file.call(*id).is_some_and(|call| of_call(file, call, field)),
        _ => false,
    }
}

fn of_call(file: &FileFacts, call: &Call, field: &str) -> bool {
    let (first, rest) = field.split_once('.').unwrap_or((field, ""));
    if first.is_empty() {
        return is_strict_type(&call.callee);
    }
    let mut current = Some(call);
    for _ in 0..MAX_CHAIN {
        let Some(call) = current else { return false };
        if matches!(call.method(), "object" | "strictObject" | "extend" | "looseObject")
            && let Some(value) = call.argument(0).and_then(|object| object.get(first))
        {
            return of_value(file, value, call.function, rest, 0);
        }
        current = call.receiver.and_then(|id| file.call(id));
    }
    false
}

/// `z.string().uuid`, `z.coerce.number().int`, `z.enum`.
fn is_strict_type(chain: &str) -> bool {
    chain.split(['.', '(', ')']).any(|part| {
        matches!(
            part,
            "uuid"
                | "enum"
                | "nativeEnum"
                | "number"
                | "int"
                | "boolean"
                | "date"
                | "bigint"
                | "literal"
                | "cuid"
                | "cuid2"
                | "ulid"
                | "nanoid"
                | "datetime"
                | "oneOf"
                | "valid"
                | "picklist"
                | "guid"
        )
    })
}

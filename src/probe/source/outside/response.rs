//! What becomes of an answer: whether its status is looked at, and the names of what was read of it.

use super::{Kind, Outside, chain};
use crate::probe::source::code::{Argument, Call, CallId, FunctionId, Place, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// What becomes of one answer.
#[derive(Debug, Default)]
pub(in crate::probe::source) struct Response {
    /// Where its contents are read.
    pub reads: Option<(CallId, Place)>,
    /// Its status is looked at.
    pub looks: bool,
    /// Something else gets hold of it, which may look.
    pub handed_on: bool,
    /// The calls whose result is its parsed contents.
    pub parsed: Vec<CallId>,
    /// The name of the answer and the function in which it has it.
    pub name: Option<(Box<str>, FunctionId)>,
}

/// How a language's clients read the contents of an answer, and look at its status.
struct Names {
    parses: &'static [&'static str],
    reads: &'static [&'static str],
    looks: &'static [&'static str],
}

const ECMA: Names = Names {
    parses: &["json"],
    reads: &["json", "text", "blob", "arrayBuffer", "formData", "bytes", "body"],
    looks: &["ok", "status", "statusText", "redirected", "type", "statusCode", "headers", "url"],
};

const PYTHON: Names = Names {
    parses: &["json"],
    reads: &["json", "text", "content", "iter_content", "iter_lines", "read", "iter_bytes", "data"],
    looks: &[
        "status_code",
        "ok",
        "raise_for_status",
        "status",
        "is_success",
        "is_error",
        "is_client_error",
        "is_server_error",
        "reason",
        "history",
        "headers",
    ],
};

const PHP: Names = Names {
    parses: &["json", "object", "collect", "toArray"],
    reads: &["json", "body", "object", "collect", "getBody", "getContent", "toArray"],
    looks: &[
        "ok",
        "successful",
        "failed",
        "status",
        "clientError",
        "serverError",
        "throw",
        "throwIf",
        "throwUnless",
        "onError",
        "getStatusCode",
        "getReasonPhrase",
        "created",
        "noContent",
        "unauthorized",
        "forbidden",
        "notFound",
        "unprocessableEntity",
        "redirect",
        "accepted",
    ],
};

const GO: Names = Names { parses: &[], reads: &["Body"], looks: &["StatusCode", "Status", "IsError", "IsSuccess"] };

const RUBY: Names = Names {
    parses: &["parsed_response"],
    reads: &["body", "parsed_response", "read_body", "parse", "to_s"],
    looks: &[
        "code",
        "success?",
        "ok?",
        "status",
        "is_a?",
        "kind_of?",
        "value",
        "error!",
        "message",
        "response_code",
        "code_type",
        "unauthorized?",
        "not_found?",
        "instance_of?",
        "class",
    ],
};

const JAVA: Names = Names {
    parses: &[],
    reads: &["body"],
    looks: &["statusCode", "isSuccessful", "code", "getStatusCode", "getStatusCodeValue", "isRedirect"],
};

fn names(language: Language) -> &'static Names {
    match language {
        Language::Python => &PYTHON,
        Language::Php => &PHP,
        Language::Go => &GO,
        Language::Ruby => &RUBY,
        Language::Java => &JAVA,
        _ => &ECMA,
    }
}

/// What becomes of the answer to `outside`.
pub(in crate::probe::source) fn response(file: &FileFacts, index: &CodeIndex, outside: &Outside) -> Response {
    let mut found = of_call(file, index, outside.call);
    super::contents::add(file, outside, &mut found);
    found
}

/// The names under which the parsed contents of an answer are known, each with the function in which it is.
pub(in crate::probe::source) fn payloads<'f>(file: &'f FileFacts, answer: &Response) -> Vec<(&'f str, FunctionId)> {
    let mut names = Vec::new();
    for parsed in &answer.parsed {
        let made = file.assignments.iter().filter(|a| a.value == Value::Call(*parsed));
        names.extend(made.map(|a| (&*a.target, a.function)));
        // `.then((data) => …)` after `.then((r) => r.json())`
        for (_, link) in chain(file, *parsed).skip(1).filter(|(_, link)| link.method() == "then") {
            if let Some(Value::Function(function)) = link.argument(0) {
                names.extend(parameter(file, *function).map(|name| (name, *function)));
            }
        }
    }
    names
}

/// Likewise for a call of a function of the project that gives back a raw answer.
pub(in crate::probe::source) fn of_call(file: &FileFacts, index: &CodeIndex, id: CallId) -> Response {
    let mut found = Response::default();
    let Some(first) = file.call(id) else { return found };
    let names = names(file.language);
    let mut last = id;
    for (place, link) in chain(file, id).skip(1) {
        let method = link.method();
        last = place;
        if file.language.is_ecma() && method == "then" {
            match link.argument(0) {
                Some(Value::Function(function)) => {
                    if let Some(name) = parameter(file, *function) {
                        by_name(file, index, names, name, *function, &mut found);
                        // `.then((r) => r.json())`: what comes out is the contents.
                        if found.parsed.iter().any(|parsed| returns(file, *function, *parsed)) {
                            found.parsed.push(place);
                        }
                    } else {
                        found.handed_on = true;
                    }
                }
                Some(_) => found.handed_on = true,
                None => {}
            }
            // A second `then` is given what the first gives back.
            return found;
        }
        if matches!(method, "catch" | "finally") {
            continue;
        }
        if names.looks.contains(&method) {
            found.looks = true;
        }
        if names.reads.contains(&method) {
            found.reads.get_or_insert((place, link.place));
            if names.parses.contains(&method) {
                found.parsed.push(place);
            }
            return found;
        }
        // Laravel's `throw()` gives back the answer.
        if file.language == Language::Php && (method.starts_with("throw") || method == "onError") {
            found.looks = true;
            continue;
        }
        found.handed_on = true;
        return found;
    }
    for access in file.accesses.iter().filter(|access| access.receiver == Some(last)) {
        let member = access.path.rsplit("().").next().unwrap_or("");
        let member = member.split(['.', '[']).next().unwrap_or("");
        found.looks |= names.looks.contains(&member);
        if names.reads.contains(&member) {
            found.reads.get_or_insert((last, access.place));
        }
    }
    let given = |value: &Value| *value == Value::Call(last) || *value == Value::Call(id);
    for assignment in file.assignments.iter().filter(|a| a.function == first.function) {
        match &assignment.value {
            value if given(value) => {
                by_name(file, index, names, &assignment.target, first.function, &mut found);
            }
            // `const { ok } = await fetch(…)`
            Value::Member(pair) if given(&pair.0) => {
                found.looks |= names.looks.contains(&&*pair.1);
                found.handed_on = true;
            }
            _ => {}
        }
    }
    if first.argument_of.is_some() || file.call(last).is_some_and(|call| call.returned) {
        found.handed_on = true;
    }
    found
}

fn parameter(file: &FileFacts, function: FunctionId) -> Option<&str> {
    let (name, below) = file.function(function)?.parameters.first()?.names.first()?;
    below.is_empty().then_some(&**name)
}

fn returns(file: &FileFacts, function: FunctionId, call: CallId) -> bool {
    file.function(function).is_some_and(|f| f.body.returns.contains(&Value::Call(call)))
}

/// What is done with an answer that is called `name` in `function`.
fn by_name(file: &FileFacts, index: &CodeIndex, names: &Names, name: &str, function: FunctionId, found: &mut Response) {
    found.name.get_or_insert_with(|| (name.into(), function));
    let below = |path: &str| -> Option<String> {
        let rest = path.strip_prefix(name)?.strip_prefix('.')?;
        Some(rest.split(['.', '(', '[']).next().unwrap_or(rest).to_owned())
    };
    for (id, call) in (0_u32..).zip(&file.calls).filter(|(_, call)| file.within(call.function, function)) {
        if matches!(call.method(), "Close" | "close") {
            continue;
        }
        if let Some(member) = below(&call.callee) {
            found.looks |= names.looks.contains(&&*member);
            if names.reads.contains(&&*member) {
                found.reads.get_or_insert((id, call.place));
            }
            if names.parses.contains(&&*member) && call.method() == member {
                found.parsed.push(id);
            }
        }
        let is_it = |argument: &Argument| argument.value.path() == Some(name);
        if call.arguments.iter().any(is_it) && !is_log(call) {
            match looks_at_parameter(file, index, call, names, call.arguments.iter().position(is_it).unwrap_or(0)) {
                Some(true) => found.looks = true,
                _ => found.handed_on = true,
            }
        }
    }
    for access in file.accesses.iter().filter(|access| file.within(access.function, function)) {
        if let Some(member) = below(&access.path) {
            found.looks |= names.looks.contains(&&*member);
            if names.reads.contains(&&*member) {
                let (id, _) = found.reads.unwrap_or((CallId::MAX, access.place));
                found.reads.get_or_insert((id, access.place));
            }
        }
    }
    // `if (!response)`, `{ response }`, `return response`: others may look.
    let mut mentions = |value: &Value| {
        value.walk(&mut |part| found.handed_on |= part.path() == Some(name));
    };
    for (_, scope) in (0_u32..).zip(&file.functions).filter(|(id, _)| file.within(*id, function)) {
        scope.body.returns.iter().for_each(&mut mentions);
    }
    for assignment in file.assignments.iter().filter(|a| file.within(a.function, function)) {
        mentions(&assignment.value);
    }
    if file.language == Language::Python {
        let tested = |value: &Value| match value {
            Value::Path(path) => **path == *name,
            Value::Not(inner) => inner.path() == Some(name),
            _ => false,
        };
        found.looks |= file.conditions.iter().any(|c| file.within(c.function, function) && tested(&c.test));
    }
    for assignment in file.assignments.iter().filter(|a| file.within(a.function, function)) {
        // `const { ok } = response`
        if let Value::Path(path) = &assignment.value
            && let Some(member) = below(path)
        {
            found.looks |= names.looks.contains(&&*member);
        }
    }
}

/// Whether the function of the project that is given an answer looks at its status; `None`: it is not the project's.
fn looks_at_parameter(file: &FileFacts, index: &CodeIndex, call: &Call, names: &Names, place: usize) -> Option<bool> {
    let target = index.called(file, call)?;
    let parameter = target.file.function(target.function)?.parameters.get(place)?;
    let (name, _) = parameter.names.first()?;
    let looks = |path: &str| {
        path.strip_prefix(&**name).and_then(|rest| rest.strip_prefix('.')).is_some_and(|rest| {
            let member = rest.split(['.', '(', '[']).next().unwrap_or(rest);
            names.looks.contains(&member)
        })
    };
    let within = |function| target.file.within(function, target.function);
    Some(
        target.file.accesses.iter().any(|access| within(access.function) && looks(&access.path))
            || target.file.calls.iter().any(|call| within(call.function) && looks(&call.callee)),
    )
}

fn is_log(call: &Call) -> bool {
    matches!(call.root(), "console" | "logger" | "log" | "logging" | "print" | "JSON")
}

/// The outside call whose raw answer the function that `call` calls gives back, with the function's file: the project's
/// own wrapper around `fetch`. A wrapper that looks at the status itself is none.
pub(in crate::probe::source) fn wrapped<'i>(
    file: &'i FileFacts,
    index: &'i CodeIndex,
    call: &Call,
) -> Option<(&'i FileFacts, &'i Outside)> {
    if !index.may_wrap(call.method()) {
        return None;
    }
    let target = index.called(file, call)?;
    let function = target.file.function(target.function)?;
    let outside = index.outside(target.file).iter().find(|outside| {
        let gives_back = |value: &Value| match value {
            Value::Call(id) => *id == outside.call,
            Value::Path(name) => {
                target.file.assigned(name, target.function).is_some_and(|a| a.value == Value::Call(outside.call))
            }
            _ => false,
        };
        outside.kind == Kind::Request
            && target.file.call(outside.call).is_some_and(|call| call.function == target.function)
            && function.body.returns.iter().any(gives_back)
    })?;
    let answer = response(target.file, index, outside);
    (!answer.looks && answer.reads.is_none()).then_some((target.file, outside))
}

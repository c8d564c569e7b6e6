//! What handlers answer with. Shared by the rules about answers to failed requests.

use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{FileFacts, Language};

/// One answer, as far as a call shows it.
pub(super) struct Answer<'f> {
    /// Its status, where it is written as a number or by a well-known name.
    pub status: Option<u16>,
    /// A status stands there that is not known.
    pub computed: bool,
    /// What is sent.
    pub bodies: Vec<&'f Value>,
}

/// What `call` answers.
pub(super) fn answer<'f>(file: &'f FileFacts, call: &'f Call) -> Option<Answer<'f>> {
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => ecma(file, call),
        Language::Python => python(file, call),
        Language::Php => php(file, call),
        Language::Go => go(file, call),
        Language::Ruby => ruby(call),
        Language::Java => java(file, call),
        Language::Template => None,
    }
}

fn made<'f>(status: Option<&Value>, bodies: Vec<&'f Value>) -> Answer<'f> {
    let number = status.and_then(number);
    Answer { status: number, computed: status.is_some() && number.is_none(), bodies }
}

/// The status that a value stands for.
pub(super) fn number(value: &Value) -> Option<u16> {
    match value {
        Value::Number(number) => number.parse().ok(),
        Value::Text(text) => named(text).or_else(|| text.split(' ').next()?.parse().ok()),
        Value::Path(path) => named(super::names::last(path)),
        _ => None,
    }
}

/// A status by the name that a library or a language gives it.
fn named(name: &str) -> Option<u16> {
    let plain: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.trim_start_matches("http").trim_start_matches("status");
    if let Some(number) = plain.get(..3).and_then(|digits| digits.parse().ok()) {
        return Some(number);
    }
    Some(match plain {
        "ok" => 200,
        "created" => 201,
        "badrequest" => 400,
        "unauthorized" => 401,
        "forbidden" => 403,
        "notfound" => 404,
        "conflict" => 409,
        "gone" => 410,
        "unprocessableentity" | "unprocessablecontent" => 422,
        "toomanyrequests" => 429,
        "internalservererror" | "internalerror" => 500,
        "badgateway" => 502,
        "serviceunavailable" => 503,
        _ => return None,
    })
}

fn ecma<'f>(file: &'f FileFacts, call: &'f Call) -> Option<Answer<'f>> {
    let method = call.method();
    let root = call.root().trim_start_matches('_');
    let is_response = matches!(root, "res" | "response" | "reply" | "resp" | "rep");
    if is_response && matches!(method, "json" | "send" | "jsonp" | "end" | "write" | "render") {
        let mut status = None;
        let mut around = call.receiver;
        for _ in 0..6 {
            let Some(before) = around.and_then(|id| file.call(id)) else { break };
            if matches!(before.method(), "status" | "code" | "sendStatus" | "writeHead") {
                status = before.argument(0);
            }
            around = before.receiver;
        }
        return Some(made(status, call.arguments.iter().map(|argument| &argument.value).collect()));
    }
    let first = call.argument(0);
    if matches!(&*call.callee, "NextResponse.json" | "Response.json" | "json")
        || (matches!(&*call.callee, "Response" | "NextResponse") && call.constructs)
    {
        let status = call.argument(1).and_then(|options| options.get("status"));
        return Some(made(status, first.into_iter().collect()));
    }
    // Hono: `c.json({…}, 500)`.
    if matches!(&*call.callee, "c.json" | "c.text" | "ctx.json" | "context.json") {
        return Some(made(call.argument(1), first.into_iter().collect()));
    }
    None
}

fn python<'f>(file: &'f FileFacts, call: &'f Call) -> Option<Answer<'f>> {
    let method = call.method();
    let all = || call.arguments.iter().filter(|a| a.name.as_deref() != Some("status")).map(|a| &a.value).collect();
    match method {
        "JsonResponse" | "HttpResponse" | "JSONResponse" | "Response" | "PlainTextResponse" | "HTMLResponse"
        | "make_response" => {
            let status = call.named("status").or_else(|| call.named("status_code"));
            let status = status.or_else(|| call.argument(1).filter(|_| method != "JsonResponse"));
            Some(made(status, all()))
        }
        "HttpResponseServerError" => Some(Answer { status: Some(500), computed: false, bodies: all() }),
        "HttpResponseBadRequest" => Some(Answer { status: Some(400), computed: false, bodies: all() }),
        "HTTPException" => {
            let status = call.named("status_code").or_else(|| call.argument(0));
            let detail = call.named("detail").or_else(|| call.argument(1));
            Some(made(status, detail.into_iter().collect()))
        }
        "abort" => Some(made(call.argument(0), call.arguments.iter().skip(1).map(|a| &a.value).collect())),
        "jsonify" => Some(made(tuple_status(file, call), call.arguments.iter().map(|a| &a.value).collect())),
        _ => None,
    }
}

/// The 500 of `return jsonify(error=…), 500`.
fn tuple_status<'f>(file: &'f FileFacts, call: &Call) -> Option<&'f Value> {
    let function = file.function(call.function)?;
    function.body.returns.iter().find_map(|value| match value {
        Value::Array(parts) => match parts.as_slice() {
            [Value::Call(id), status, ..] if file.call(*id).is_some_and(|c| c.place == call.place) => Some(status),
            _ => None,
        },
        _ => None,
    })
}

fn php<'f>(file: &'f FileFacts, call: &'f Call) -> Option<Answer<'f>> {
    let method = call.method();
    match method {
        "json" | "make" if call.object().contains("response") || call.object().contains("Response") => {
            Some(made(call.argument(1), call.argument(0).into_iter().collect()))
        }
        "JsonResponse" | "Response" if call.constructs => {
            Some(made(call.argument(1), call.argument(0).into_iter().collect()))
        }
        "response" if !call.arguments.is_empty() => {
            Some(made(call.argument(1), call.argument(0).into_iter().collect()))
        }
        "abort" => Some(made(call.argument(0), call.argument(1).into_iter().collect())),
        "die" | "exit" | "echo" | "print" | "print_r" | "var_dump" if call.object().is_empty() => {
            let _ = file;
            Some(Answer { status: None, computed: false, bodies: call.arguments.iter().map(|a| &a.value).collect() })
        }
        _ => None,
    }
}

fn go<'f>(file: &'f FileFacts, call: &'f Call) -> Option<Answer<'f>> {
    let method = call.method();
    if &*call.callee == "http.Error" {
        return Some(made(call.argument(2), call.argument(1).into_iter().collect()));
    }
    let context = matches!(call.root(), "c" | "ctx" | "context" | "gc" | "ec");
    match method {
        "JSON" | "String" | "AbortWithStatusJSON" | "IndentedJSON" | "PureJSON" | "HTML" if context => {
            // Fiber gives the status before: `c.Status(500).JSON(…)`.
            let before = call.receiver.and_then(|id| file.call(id)).filter(|before| before.method() == "Status");
            match before {
                Some(before) => Some(made(before.argument(0), call.argument(0).into_iter().collect())),
                None => Some(made(call.argument(0), call.arguments.iter().skip(1).map(|a| &a.value).collect())),
            }
        }
        "NewHTTPError" => Some(made(call.argument(0), call.argument(1).into_iter().collect())),
        _ => None,
    }
}

fn ruby(call: &Call) -> Option<Answer<'_>> {
    if call.method() != "render" {
        return None;
    }
    let body = call.named("json").or_else(|| call.named("plain")).or_else(|| call.named("body"));
    let given = || {
        call.arguments.iter().find_map(|argument| argument.value.get("json").or_else(|| argument.value.get("plain")))
    };
    let status =
        call.named("status").or_else(|| call.arguments.iter().find_map(|argument| argument.value.get("status")));
    Some(made(status, vec![body.or_else(given)?]))
}

fn java<'f>(file: &'f FileFacts, call: &'f Call) -> Option<Answer<'f>> {
    match call.method() {
        "body" | "entity" => {
            let before = call.receiver.and_then(|id| file.call(id))?;
            let status = match before.method() {
                "status" => before.argument(0).and_then(number),
                "internalServerError" | "serverError" => Some(500),
                "badRequest" => Some(400),
                "ok" => Some(200),
                _ => return None,
            };
            Some(Answer { status, computed: status.is_none(), bodies: call.argument(0).into_iter().collect() })
        }
        // Spring's `ProblemDetail`.
        "forStatusAndDetail" | "sendError" => Some(made(call.argument(0), call.argument(1).into_iter().collect())),
        "ResponseEntity" if call.constructs => {
            let status = call.arguments.last().map(|argument| &argument.value);
            Some(made(status, call.argument(0).into_iter().collect()))
        }
        "printStackTrace" => {
            let to = call.argument(0)?;
            matches!(to, Value::Call(_)).then(|| Answer { status: Some(500), computed: false, bodies: vec![to] })
        }
        _ => None,
    }
}

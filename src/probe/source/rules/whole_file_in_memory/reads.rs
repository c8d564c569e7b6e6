//! Calls that read something of unknown size whole.

use super::super::injection::has_fixed_name;
use crate::probe::source::code::{Call, Parameter, Value, root};
use crate::probe::source::facts::{FileFacts, Language};
use crate::probe::source::flow::{Origin, origin};

/// One such call.
pub(super) struct Whole {
    /// The call as written.
    pub shown: String,
    /// What is read.
    pub what: &'static str,
    /// The name that stands for it.
    pub name: String,
    /// It came with the request.
    pub upload: bool,
}

const UPLOAD: &str = "an upload";
const NAMED: &str = "a file that the request names";
const DOWNLOAD: &str = "a download from an address that the request names";

fn read(call: &Call, what: &'static str, name: &str) -> Option<Whole> {
    let shown = call.callee.chars().take(80).collect();
    Some(Whole { shown, what, name: name.to_owned(), upload: what == UPLOAD })
}

/// What the call in place `id` reads whole.
pub(super) fn whole(file: &FileFacts, call: &Call) -> Option<Whole> {
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => ecma(file, call),
        Language::Python => python(file, call),
        Language::Php => php(file, call),
        Language::Go => go(file, call),
        Language::Ruby => ruby(file, call),
        Language::Java => java(file, call),
        Language::Template => None,
    }
}

/// The value that a name was given, its own if it is none.
fn set_to<'f>(file: &'f FileFacts, name: &str, call: &Call) -> Option<&'f Value> {
    file.assigned(name, call.function).map(|set| &set.value)
}

/// The call that gave a value.
fn made<'f>(file: &'f FileFacts, value: &Value) -> Option<&'f Call> {
    match value {
        Value::Call(id) => file.call(*id),
        Value::Member(pair) => made(file, &pair.0),
        Value::Index(pair) => made(file, &pair.0),
        Value::Either(values) => values.iter().find_map(|value| made(file, value)),
        _ => None,
    }
}

fn parameter<'f>(file: &'f FileFacts, name: &str, call: &Call) -> Option<&'f Parameter> {
    file.enclosing(call.function)
        .flat_map(|(_, function)| &function.parameters)
        .find(|parameter| parameter.names.iter().any(|(found, _)| **found == *name))
}

fn comes_with_request(file: &FileFacts, value: Option<&Value>, call: &Call) -> bool {
    value.is_some_and(|value| origin(file, value, call.function) == Origin::Request)
}

fn ecma(file: &FileFacts, call: &Call) -> Option<Whole> {
    let object = call.object();
    match call.method() {
        "arrayBuffer" | "bytes" if call.arguments.is_empty() && call.receiver.is_none() && !object.contains('.') => {
            // A server action takes 1 MB unless it is told otherwise.
            if file.directives.iter().any(|directive| &**directive == "use server")
                || file.enclosing(call.function).any(|(_, function)| function.server_action)
            {
                return None;
            }
            let giver = made(file, set_to(file, object, call)?)?;
            let from_form =
                matches!(giver.method(), "get" | "getAll") && giver.object().to_ascii_lowercase().contains("form");
            if from_form {
                return read(call, UPLOAD, object);
            }
            let fetched = &*giver.callee == "fetch" && comes_with_request(file, giver.argument(0), giver);
            if fetched { read(call, DOWNLOAD, object) } else { None }
        }
        "readFile" | "readFileSync" => {
            let of_files =
                file.binding(call.root()).is_some_and(|b| b.module.trim_start_matches("node:").starts_with("fs"));
            let named = !call.argument(0).is_some_and(|path| has_fixed_name(file, path, call.function));
            (of_files && named && comes_with_request(file, call.argument(0), call)).then(|| read(call, NAMED, ""))?
        }
        _ => None,
    }
}

fn python(file: &FileFacts, call: &Call) -> Option<Whole> {
    let object = call.object();
    let unbounded = call.arguments.is_empty();
    if call.method() == "read" && unbounded {
        let given = parameter(file, object, call).is_some_and(|p| p.annotation.contains("UploadFile"));
        if given || is_django_or_flask_file(file, object, call) {
            return read(call, UPLOAD, object);
        }
        let response = call.receiver.and_then(|id| file.call(id))?;
        let opened = &*response.callee == "open" && comes_with_request(file, response.argument(0), response);
        return if opened { read(call, NAMED, "") } else { None };
    }
    let tables = matches!(&*call.callee, "pd.read_csv" | "pd.read_excel" | "pandas.read_csv" | "pandas.read_excel");
    if tables && call.named("chunksize").is_none() && call.named("nrows").is_none() {
        let given = call.argument(0)?;
        let path = given.path().unwrap_or("");
        let upload = path
            .strip_suffix(".file")
            .is_some_and(|name| parameter(file, name, call).is_some_and(|p| p.annotation.contains("UploadFile")))
            || is_django_or_flask_file(file, path, call);
        return if upload { read(call, UPLOAD, path) } else { None };
    }
    None
}

/// `request.files["f"]`, `request.FILES.get("f")`, and names that stand for them.
fn is_django_or_flask_file(file: &FileFacts, name: &str, call: &Call) -> bool {
    let direct = |text: &str| {
        text.starts_with("request.files") || text.starts_with("request.FILES") || text.starts_with("self.request.FILES")
    };
    if direct(name) {
        return true;
    }
    if name.is_empty() || name.contains(['.', '(', '[']) {
        return false;
    }
    let Some(value) = set_to(file, name, call) else { return false };
    let mut found = false;
    value.walk(&mut |value| {
        found |= match value {
            Value::Path(path) => direct(path),
            Value::Call(id) => file.call(*id).is_some_and(|call| direct(&call.callee)),
            _ => false,
        }
    });
    found
}

fn php(file: &FileFacts, call: &Call) -> Option<Whole> {
    let mentions_upload = |value: &Value| {
        let mut found = false;
        value.walk(&mut |value| {
            found |= match value {
                Value::Path(path) => root(path) == "_FILES",
                Value::Call(id) => file.call(*id).is_some_and(|call| is_php_file(file, &call.callee, call)),
                _ => false,
            }
        });
        found
    };
    match call.method() {
        "file_get_contents" => {
            let given = file.resolved(call.argument(0)?, call.function);
            if mentions_upload(given) {
                return read(call, UPLOAD, "");
            }
            let address = comes_with_request(file, Some(given), call) || is_php_input(file, given);
            if address { read(call, NAMED, "") } else { None }
        }
        "getContent" | "get" if call.arguments.is_empty() && is_php_file(file, call.object(), call) => {
            read(call, UPLOAD, call.object())
        }
        _ => None,
    }
}

fn is_php_file(file: &FileFacts, path: &str, call: &Call) -> bool {
    let first = root(path);
    path.starts_with("request.file()")
        || path.starts_with("request.file(")
        || path.starts_with("request.files.get")
        || (!path.starts_with("request.")
            && set_to(file, first, call)
                .and_then(|value| made(file, value))
                .is_some_and(|giver| matches!(&*giver.callee, "request.file" | "request.files.get")))
}

/// `$request->input("url")`, `$_GET["url"]`
fn is_php_input(file: &FileFacts, value: &Value) -> bool {
    let text: &str = match value {
        Value::Path(path) => path,
        Value::Call(id) => match file.call(*id) {
            Some(call) => &call.callee,
            None => return false,
        },
        Value::Index(pair) => return is_php_input(file, &pair.0),
        _ => return false,
    };
    matches!(root(text), "_GET" | "_POST" | "_REQUEST")
        || matches!(text, "request.input" | "request.query" | "request.get" | "request.query.get")
}

fn go(file: &FileFacts, call: &Call) -> Option<Whole> {
    let callee = &*call.callee;
    if callee.ends_with(".GetRawData") && call.arguments.is_empty() {
        return read(call, "the body of the request", "");
    }
    if !matches!(callee, "io.ReadAll" | "ioutil.ReadAll") {
        return None;
    }
    let given = call.argument(0)?;
    let path = given.path()?;
    let body = path.ends_with(".Body") && {
        let of = path.trim_end_matches(".Body").trim_end_matches(".Request");
        parameter(file, root(of), call).is_some_and(|p| {
            matches!(&*p.annotation, "*http.Request" | "*gin.Context") || p.annotation.contains("echo.Context")
        })
    };
    if body {
        return read(call, "the body of the request", path);
    }
    let giver = made(file, set_to(file, path, call)?)?;
    match giver.method() {
        "FormFile" => read(call, UPLOAD, path),
        "Open" => {
            let header = giver.object();
            let from = set_to(file, root(header), call).and_then(|value| made(file, value));
            from.filter(|from| from.method() == "FormFile").and_then(|_| read(call, UPLOAD, path))
        }
        _ => None,
    }
}

fn ruby(file: &FileFacts, call: &Call) -> Option<Whole> {
    let upload = |path: &str| {
        let direct = path.starts_with("params.") || path.starts_with("params[");
        direct
            || set_to(file, root(path), call).is_some_and(|value| match value {
                Value::Path(path) => path.starts_with("params."),
                Value::Index(pair) => pair.0.path().is_some_and(|path| root(path) == "params"),
                _ => false,
            })
    };
    match &*call.callee {
        "File.read" | "File.binread" | "IO.read" => {
            let given = call.argument(0)?;
            let path = match given {
                Value::Path(path) => path.to_string(),
                Value::Call(id) => file.call(*id)?.callee.to_string(),
                Value::Member(pair) => pair.0.path()?.to_owned(),
                _ => return None,
            };
            if upload(&path) && path.contains(".path") || upload(&path) && path.contains("tempfile") {
                return read(call, UPLOAD, "");
            }
            None
        }
        callee if call.method() == "read" && call.arguments.is_empty() => {
            if callee.starts_with("URI.open()") || callee.starts_with("URI.parse().open") {
                let opened = call.receiver.and_then(|id| file.call(id))?;
                let named = opened.argument(0).is_some_and(|value| {
                    let mut found = false;
                    value.walk(&mut |value| found |= value.path().is_some_and(|path| path.starts_with("params.")));
                    found || value.path().is_some_and(&upload)
                });
                return if named { read(call, DOWNLOAD, "") } else { None };
            }
            if upload(call.object()) { read(call, UPLOAD, call.object()) } else { None }
        }
        _ => None,
    }
}

fn java(file: &FileFacts, call: &Call) -> Option<Whole> {
    let callee = &*call.callee;
    let is_file = |name: &str| {
        parameter(file, root(name), call)
            .is_some_and(|p| p.annotation.contains("MultipartFile") || matches!(&*p.annotation, "Part" | "FilePart"))
    };
    let is_request = |name: &str| {
        parameter(file, root(name), call)
            .is_some_and(|p| p.annotation.ends_with("ServletRequest") || &*p.annotation == "InputStream")
    };
    let stream = |value: Option<&Value>| -> Option<(String, bool)> {
        let text = match value? {
            Value::Path(path) => path.to_string(),
            Value::Call(id) => file.call(*id)?.callee.to_string(),
            _ => return None,
        };
        is_file(&text).then(|| (text.clone(), true)).or_else(|| is_request(&text).then_some((text, false)))
    };
    let found =
        |(name, upload): (String, bool)| read(call, if upload { UPLOAD } else { "the body of the request" }, &name);
    match call.method() {
        "getBytes" if is_file(call.object()) && call.arguments.is_empty() => read(call, UPLOAD, call.object()),
        "readAllBytes" if callee == "Files.readAllBytes" => {
            let mut named = false;
            let given = call.argument(0)?;
            let mut look = |value: &Value| {
                if let Some(path) = value.path() {
                    named |= parameter(file, path, call).is_some_and(|p| &*p.annotation == "String");
                }
            };
            given.walk(&mut look);
            if let Some(inner) = made(file, given) {
                inner.arguments.iter().for_each(|argument| argument.value.walk(&mut look));
            }
            if named { read(call, NAMED, "") } else { None }
        }
        "readAllBytes" => {
            let object = call.receiver.and_then(|id| file.call(id)).map_or(call.object(), |inner| &inner.callee);
            stream(Some(&Value::Path(object.into()))).and_then(found)
        }
        "toByteArray" | "copyToByteArray" if matches!(call.root(), "IOUtils" | "StreamUtils" | "ByteStreams") => {
            stream(call.argument(0)).and_then(found)
        }
        _ => None,
    }
}

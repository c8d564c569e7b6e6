//! What a client decides on: the parts of requests, in the words of the frameworks.

use crate::probe::source::code::{Call, FunctionId, FunctionKind, Parameter};
use crate::probe::source::facts::{FileFacts, Language, Role};

/// Parts of a request that a client decides on, in JavaScript and Python.
pub(super) fn is_part(name: &str) -> bool {
    matches!(
        name,
        "body"
            | "query"
            | "params"
            | "param"
            | "headers"
            | "header"
            | "cookies"
            | "nextUrl"
            | "url"
            | "originalUrl"
            | "args"
            | "form"
            | "forms"
            | "json"
            | "values"
            | "GET"
            | "POST"
            | "FILES"
            | "COOKIES"
            | "META"
            | "data"
            | "get_json"
            | "get_data"
            | "query_params"
            | "query_string"
            | "path_params"
            | "searchParams"
            | "formData"
            | "text"
            | "files"
            | "file"
            | "input"
            | "rawBody"
            | "stream"
    )
}

/// Parts of a PHP framework's request that are not a client's.
fn is_own_part_of_php(name: &str) -> bool {
    matches!(
        name,
        "user"
            | "session"
            | "route"
            | "method"
            | "getMethod"
            | "ip"
            | "is"
            | "has"
            | "hasFile"
            | "filled"
            | "isMethod"
            | "routeIs"
            | "expectsJson"
            | "wantsJson"
            | "ajax"
            | "merge"
            | "attributes"
            | "secure"
            | "getSession"
            | "hasSession"
            | "isXmlHttpRequest"
            | "getClientIp"
            | "boolean"
            | "integer"
            | "float"
            | "date"
            | "missing"
            | "anyFilled"
            | "isNotFilled"
            | "exists"
            | "hasAny"
            | "getLocale"
            | "setLocale"
            | "getRequestFormat"
            | "enum"
            | "authenticate"
            | "offsetExists"
            | "isSecure"
            | "getScheme"
            | "getSchemeAndHttpHost"
            | "root"
            | "getPort"
            | "server"
            | "flash"
            | "flashOnly"
            | "setUserResolver"
            | "setTrustedProxies"
            | "hasHeader"
            | "isJson"
            | "fullUrlIs"
            | "whenFilled"
            | "path"
            | "getPathInfo"
            | "getBasePath"
    )
}

/// Whether a path leads into what a client sent: `req.body.name`, `request.args`, `r.URL.Query`.
#[must_use]
pub fn is_request(file: &FileFacts, path: &str, function: FunctionId) -> bool {
    let mut parts = path.split('.').map(|part| part.trim_end_matches("()").trim_end_matches("[]"));
    let Some(first) = parts.next() else { return false };
    let rest: Vec<&str> = parts.take(4).collect();
    // What an upload was stored under was chosen by the server.
    if file.language.is_ecma() && is_stored(&rest) {
        return false;
    }
    match file.language {
        Language::Python => python(first, &rest) || is_named_request(file, first, &rest, function),
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            ecma(file, first, &rest, function) || is_named_request(file, first, &rest, function)
        }
        Language::Php => php(file, first, &rest, function),
        Language::Go => go(file, first, &rest, function),
        Language::Ruby => ruby(file, first, &rest, function),
        Language::Java => java(file, first, &rest, function),
        Language::Template => template(path),
    }
}

/// Where an upload was put, and how large it is.
pub(super) fn is_stored(parts: &[&str]) -> bool {
    matches!(parts, ["file" | "files", .., "path" | "filename" | "destination" | "size" | "tempFilePath"])
}

fn python(first: &str, rest: &[&str]) -> bool {
    match (first, rest) {
        ("request" | "req", [part, ..]) => is_part(part) && !matches!(*part, "url" | "input"),
        ("self" | "flask" | "bottle" | "cherrypy", ["request", part, ..]) => is_part(part),
        ("self", ["get_argument" | "get_query_argument" | "get_body_argument" | "get_arguments", ..]) => true,
        _ => false,
    }
}

/// Whether a path of PHP begins with fields that a client names as it likes.
pub(super) fn is_sent_by_hand(path: &str) -> bool {
    matches!(path.split('.').next(), Some("_GET" | "_POST" | "_REQUEST" | "_COOKIE"))
}

/// Whether `name` is a job of a queue and no HTTP request: `req: DequeuedJob<Backup>`.
fn is_job(file: &FileFacts, name: &str, function: FunctionId) -> bool {
    bound(file, name, function).is_some_and(|parameter| {
        let of = parameter.annotation.split('<').next().unwrap_or("").trim();
        of.rsplit('.').next().is_some_and(|last| last.ends_with("Job") || last.ends_with("QueueMessage"))
    })
}

fn ecma(file: &FileFacts, first: &str, rest: &[&str], function: FunctionId) -> bool {
    match (first, rest) {
        ("req" | "request", [part, ..]) => is_part(part) && !is_job(file, first, function),
        ("self" | "this" | "ctx" | "c" | "context" | "event" | "args", ["request" | "req", part, ..]) => is_part(part),
        ("ctx" | "context", ["query" | "params" | "input" | "querystring", ..]) => super::in_handler(file, function),
        ("event", ["body" | "queryStringParameters" | "pathParameters" | "rawBody", ..]) => file.role != Role::Client,
        ("searchParams" | "urlParams" | "queryParams", ["get" | "getAll", ..]) => true,
        ("formData", ["get" | "getAll", ..]) => file.role != Role::Client,
        // `export async function save(_: State, form: FormData)`
        (name, ["get" | "getAll"])
            if bound(file, name, function).is_some_and(|parameter| &*parameter.annotation == "FormData") =>
        {
            file.role != Role::Client
        }
        ("window" | "document" | "globalThis", ["location", part, ..]) => is_part_of_location(part),
        ("location", [part, ..]) => is_part_of_location(part) && file.role == Role::Client,
        ("document", ["URL" | "documentURI" | "referrer"]) => true,
        ("route" | "$route" | "router", ["query" | "params", ..]) => file.role == Role::Client,
        ("this", [_, "snapshot", "queryParams" | "params" | "queryParamMap" | "paramMap", ..]) => true,
        ("this", ["$route", "query" | "params", ..]) => true,
        _ => false,
    }
}

fn is_part_of_location(part: &str) -> bool {
    matches!(part, "hash" | "search" | "href")
}

/// Whether a path is a field of a form that a framework filled from a request: `form.email.data` of WTForms,
/// `form.cleaned_data["email"]` of Django.
pub(super) fn is_form_field(file: &FileFacts, path: &str) -> bool {
    if file.language != Language::Python {
        return false;
    }
    let mut parts = path.split('.');
    let first = parts.next().unwrap_or("");
    let rest: Vec<&str> = parts.take(4).collect();
    match rest.as_slice() {
        ["cleaned_data", ..] => true,
        [_, "data"] => first == "form" || first.ends_with("_form"),
        _ => false,
    }
}

/// Whether a path is the name of an upload from which the framework has cut its folders: multer's and
/// express-fileupload's by busboy, PHP's own, those of Go's `mime/multipart` and of Django.
pub(super) fn is_base_name(file: &FileFacts, path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path);
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            last == "originalname" || (last == "name" && path.contains(".files."))
        }
        Language::Php => path.starts_with("_FILES") && last == "name",
        Language::Go => last == "Filename",
        Language::Python => {
            last == "name" && path.contains("FILES") && file.imports_any(|module| module.starts_with("django"))
        }
        _ => false,
    }
}

/// The same for calls: `original_filename` of Rack, `getClientOriginalName` of Symfony.
pub(super) fn gives_base_name(language: Language, call: &Call) -> bool {
    match language {
        Language::Ruby => call.method() == "original_filename",
        Language::Php => call.method() == "getClientOriginalName",
        _ => false,
    }
}

/// A handler may call its request as it likes.
fn is_named_request(file: &FileFacts, first: &str, rest: &[&str], function: FunctionId) -> bool {
    let Some(part) = rest.first() else { return false };
    is_part(part)
        && file.enclosing(function).any(|(_, scope)| {
            scope.kind == FunctionKind::Handler
                && file.language.is_ecma()
                && (scope.parameters.len() >= 2 || is_request_type(scope.parameters.first()))
                && scope
                    .parameters
                    .first()
                    .is_some_and(|p| p.names.first().is_some_and(|(name, below)| **name == *first && below.is_empty()))
        })
}

pub(super) fn is_request_type(parameter: Option<&Parameter>) -> bool {
    parameter.is_some_and(|parameter| {
        let name = parameter.annotation.trim_start_matches(['*', '?', '\\']);
        let name = name.split('<').next().unwrap_or(name);
        let last = name.rsplit(['.', '\\']).next().unwrap_or(name);
        matches!(last, "HttpServletRequest" | "WebRequest" | "ServletRequest" | "ServerHttpRequest")
            || last.ends_with("Request")
    })
}

/// The parameter of a function around that is called `name`.
fn bound<'f>(file: &'f FileFacts, name: &str, function: FunctionId) -> Option<&'f Parameter> {
    file.enclosing(function)
        .flat_map(|(_, scope)| &scope.parameters)
        .find(|parameter| parameter.names.iter().any(|(bound, _)| **bound == *name))
}

fn php(file: &FileFacts, first: &str, rest: &[&str], function: FunctionId) -> bool {
    match (first, rest) {
        ("_FILES", [.., "tmp_name" | "size" | "error"]) => false,
        ("_GET" | "_POST" | "_REQUEST" | "_COOKIE" | "_FILES", _) => true,
        ("_SERVER", [part, ..]) => {
            part.starts_with("HTTP_")
                || matches!(*part, "QUERY_STRING" | "REQUEST_URI" | "PHP_SELF" | "PATH_INFO" | "argv")
        }
        ("Request" | "Input", [part, ..]) => {
            matches!(
                *part,
                "input" | "get" | "all" | "query" | "post" | "only" | "except" | "header" | "cookie" | "file" | "json"
            )
        }
        ("this", ["request", part, ..]) => !is_own_part_of_php(part),
        ("request" | "req", [part, ..]) => {
            !is_own_part_of_php(part)
                && bound(file, first, function).is_none_or(|p| p.annotation.is_empty() || is_request_type(Some(p)))
        }
        (name, [part, ..]) => {
            bound(file, name, function).is_some_and(|p| is_request_type(Some(p))) && !is_own_part_of_php(part)
        }
        _ => false,
    }
}

fn go(file: &FileFacts, first: &str, rest: &[&str], function: FunctionId) -> bool {
    match (first, rest) {
        ("r" | "req" | "request" | "c" | "ctx" | "context" | "w", _) => {
            let rest = match rest {
                ["Request" | "Req", rest @ ..] => rest,
                rest => rest,
            };
            let of_context = matches!(first, "c" | "ctx" | "context");
            match rest {
                ["URL", "Query" | "Path" | "RawQuery" | "RawPath" | "String" | "Fragment" | "EscapedPath", ..] => true,
                [part, ..] if of_context => {
                    matches!(
                        *part,
                        "Query"
                            | "Param"
                            | "Params"
                            | "PostForm"
                            | "DefaultQuery"
                            | "DefaultPostForm"
                            | "GetHeader"
                            | "GetQuery"
                            | "QueryArray"
                            | "QueryMap"
                            | "GetPostForm"
                            | "GetRawData"
                            | "QueryParam"
                            | "FormValue"
                            | "FormFile"
                            | "Cookie"
                            | "QueryParams"
                            | "FormParams"
                            | "BodyRaw"
                            | "Body"
                            | "QueryEscape"
                            | "QueryTrim"
                            | "MultipartForm"
                    ) && bound(file, first, function).is_none_or(|p| !p.annotation.ends_with("context.Context"))
                }
                [part, ..] => {
                    matches!(
                        *part,
                        "FormValue"
                            | "PostFormValue"
                            | "PathValue"
                            | "Form"
                            | "PostForm"
                            | "Body"
                            | "Header"
                            | "Cookie"
                            | "Cookies"
                            | "MultipartForm"
                            | "FormFile"
                            | "Host"
                            | "RequestURI"
                            | "Referer"
                            | "UserAgent"
                            | "MultipartReader"
                    )
                }
                [] => false,
            }
        }
        ("mux", ["Vars", ..]) | ("chi", ["URLParam", ..]) => true,
        _ => false,
    }
}

fn ruby(file: &FileFacts, first: &str, rest: &[&str], function: FunctionId) -> bool {
    match (first, rest) {
        ("params" | "cookies", _) | ("this", ["params" | "cookies", ..]) => bound(file, "params", function).is_none(),
        ("request", [part, ..]) => {
            matches!(
                *part,
                "params"
                    | "query_parameters"
                    | "request_parameters"
                    | "path_parameters"
                    | "headers"
                    | "body"
                    | "raw_post"
                    | "cookies"
                    | "referer"
                    | "referrer"
                    | "user_agent"
                    | "original_url"
                    | "fullpath"
                    | "query_string"
                    | "env"
                    | "GET"
                    | "POST"
                    | "host"
                    | "url"
            )
        }
        _ => false,
    }
}

fn java(file: &FileFacts, first: &str, rest: &[&str], function: FunctionId) -> bool {
    let Some(part) = rest.first() else { return false };
    let reads = matches!(
        *part,
        "getParameter"
            | "getHeader"
            | "getHeaders"
            | "getQueryString"
            | "getCookies"
            | "getInputStream"
            | "getReader"
            | "getParameterMap"
            | "getParameterValues"
            | "getPathInfo"
            | "getRequestURI"
            | "getRequestURL"
            | "getPart"
            | "getParts"
            | "queryParam"
            | "pathVariable"
            | "bodyToMono"
            | "getQueryParams"
            | "formParam"
            | "pathParam"
    );
    reads
        && (matches!(
            first,
            "request" | "req" | "httpRequest" | "httpServletRequest" | "servletRequest" | "ctx" | "webRequest"
        ) || bound(file, first, function).is_some_and(|p| is_request_type(Some(p))))
}

/// What templates can reach of a request by themselves.
fn template(path: &str) -> bool {
    [
        "request.args",
        "request.GET",
        "request.form",
        "request.values",
        "params.",
        "_GET.",
        "_POST.",
        "_REQUEST.",
        "param.",
        "cookies.",
    ]
    .iter()
    .any(|start| path.starts_with(start))
}

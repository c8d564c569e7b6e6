//! Limits to the size of what users send, and settings that leave them out.

use super::reads::Whole;
use crate::probe::source::code::{Call, FunctionId, Value, root};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::index::Question;

/// A limit that keeps nobody out, in MB.
const HUGE: u64 = 100;

/// What is said about a setting.
pub(super) struct Message {
    /// One sentence.
    pub text: String,
    /// Whether nothing but this decides.
    pub sure: bool,
}

/// A parser of uploads that keeps them in memory and takes any size.
pub(super) fn unlimited(file: &FileFacts, index: &CodeIndex, call: &Call) -> Option<Message> {
    if !file.language.is_ecma() {
        return None;
    }
    let bound = |module: &str| file.binding(call.root()).is_some_and(|b| &*b.module == module);
    let options = call.argument(0).map(|given| file.resolved(given, call.function));
    let message =
        |what: &str, sure| Some(Message { text: format!("{what} keeps uploads of any size in memory"), sure });
    match call.method() {
        "multer" if &*call.callee == "multer" && bound("multer") => {
            let chained = call.chained.and_then(|id| file.call(id));
            let options = match options {
                None => &Value::Null,
                Some(given @ Value::Object(_)) if !given.spreads() => given,
                Some(_) => return None,
            };
            let explicit = options.get("storage").is_some_and(|storage| in_memory(file, storage, call.function));
            let default = options.get("storage").is_none() && options.get("dest").is_none();
            let no_files = chained.is_some_and(|next| next.method() == "none")
                || (default && !file.calls.iter().any(|c| matches!(c.method(), "single" | "array" | "fields" | "any")));
            let unlimited = match options.get("limits").map(|limits| file.resolved(limits, call.function)) {
                None => true,
                Some(limits @ Value::Object(_)) => !limits.spreads() && limits.get("fileSize").is_none(),
                Some(_) => false,
            };
            if (explicit || default) && !no_files && unlimited { message("`multer`", explicit) } else { None }
        }
        "fileUpload" | "default" | "expressFileUpload" | "fileupload" if bound("express-fileupload") => {
            let given = options.unwrap_or(&Value::Null);
            let safe = given.get("limits").is_some()
                || given.get("useTempFiles").is_some_and(|on| *on != Value::Bool(false))
                || given.spreads()
                || !matches!(given, Value::Null | Value::Object(_));
            if safe { None } else { message("`express-fileupload`", true) }
        }
        "FileInterceptor" | "FilesInterceptor" if bound("@nestjs/platform-express") => {
            let set = call.arguments.len() > 1
                || index
                    .calls_of("register")
                    .chain(index.calls_of("registerAsync"))
                    .any(|(_, c)| c.root() == "MulterModule");
            if set { None } else { message(&format!("`{}`", call.callee), false) }
        }
        "json" | "raw" | "text" | "urlencoded" if matches!(call.root(), "express" | "bodyParser") => {
            let limit = options?.get("limit")?.text()?.to_ascii_lowercase();
            let number: String = limit.chars().take_while(char::is_ascii_digit).collect();
            let size: u64 = number.parse().ok()?;
            let size = if limit.ends_with("gb") { size * 1024 } else { size };
            let large = (limit.ends_with("mb") || limit.ends_with("gb")) && size >= HUGE;
            large.then(|| Message {
                text: format!("`{}` takes bodies of up to {limit} into memory", call.callee),
                sure: true,
            })
        }
        _ => None,
    }
}

fn in_memory(file: &FileFacts, storage: &Value, function: FunctionId) -> bool {
    match file.resolved(storage, function) {
        Value::Call(id) => file.call(*id).is_some_and(|call| call.method() == "memoryStorage"),
        _ => false,
    }
}

/// Whether the handler looks at the size, or reads only so much.
pub(super) fn limited_here(file: &FileFacts, function: FunctionId, read: &Whole) -> bool {
    let sized = |path: &str| {
        let last = path.trim_end_matches("()").rsplit('.').next().unwrap_or(path);
        matches!(
            last,
            "size"
                | "length"
                | "content_length"
                | "contentLength"
                | "ContentLength"
                | "Size"
                | "getSize"
                | "byte_size"
                | "getContentLength"
                | "isValid"
        ) && (read.name.is_empty() || last != "length" || root(path) == root(&read.name))
    };
    let limits = |name: &str| {
        matches!(
            name,
            "MaxBytesReader"
                | "LimitReader"
                | "MaxBytesHandler"
                | "validate"
                | "filesize"
                | "stat"
                | "statSync"
                | "validateUpload"
        ) || name.to_ascii_lowercase().contains("size")
            || (name.to_ascii_lowercase().contains("valid") && file.language == Language::Php)
    };
    let says_length = |value: &Value| {
        value.text().is_some_and(|text| {
            let text = text.to_ascii_lowercase();
            text == "content-length" || text.contains("max:")
        })
    };
    let outer = file.enclosing(function).filter(|(id, _)| *id != 0).last().map_or(function, |(id, _)| id);
    let within = |id: FunctionId| id == outer || file.within(id, outer);
    let asks = |value: &Value| {
        let mut found = false;
        value.walk(&mut |value| found |= value.path().is_some_and(sized) || says_length(value));
        found
    };
    let Some(around) = file.function(outer) else { return false };
    let request_checks = file.language == Language::Php
        && around.parameters.iter().any(|p| p.annotation.ends_with("Request") && p.annotation.len() > "Request".len());
    request_checks
        || file.accesses.iter().any(|access| within(access.function) && sized(&access.path))
        || file.conditions.iter().any(|condition| within(condition.function) && asks(&condition.test))
        || file.calls_of(&around.body).any(|(_, call)| {
            limits(call.method()) || sized(&call.callee) || call.arguments.iter().any(|argument| asks(&argument.value))
        })
}

/// Flask's limit for every request stands somewhere.
static NAMES_A_LENGTH: Question = Question { name: "MAX_CONTENT_LENGTH", any: names_a_length };

fn names_a_length(file: &FileFacts) -> bool {
    let set = |set: &crate::probe::source::facts::Assignment| {
        let mut found = set.target.contains("MAX_CONTENT_LENGTH");
        set.value.walk(&mut |value| found |= value.get("MAX_CONTENT_LENGTH").is_some());
        found
    };
    (file.language == Language::Python && file.assignments.iter().any(set))
        || file.calls.iter().any(|call| call.named("MAX_CONTENT_LENGTH").is_some())
}

/// Whether something else in the project may limit it; `None`: it surely does.
pub(super) fn limits(file: &FileFacts, index: &CodeIndex, read: &Whole) -> Option<bool> {
    let called = |names: &[&str]| names.iter().any(|name| index.calls_of(name).next().is_some());
    match file.language {
        Language::Python if read.upload => {
            if index.answer(&NAMES_A_LENGTH) {
                None
            } else {
                Some(false)
            }
        }
        Language::Go => {
            Some(called(&["MaxBytesReader", "MaxBytesHandler", "BodyLimit", "RequestSize", "BodyLimitWithConfig"]))
        }
        // Without a setting PHP takes 2 MB and Spring 1 MB.
        Language::Php => Some(false),
        Language::Java => Some(read.upload),
        _ => Some(false),
    }
}

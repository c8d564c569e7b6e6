//! What calls do with the data that they are given: hand it on, or make it harmless.

use super::Sink;
use crate::probe::source::code::{Call, Value};

/// Calls whose result is harmless whatever they are given: numbers, dates, truth values, digests.
fn gives_no_text(method: &str) -> bool {
    matches!(
        method,
        // JavaScript
        "Number" | "parseInt" | "parseFloat" | "BigInt" | "Boolean" | "isNaN" | "isInteger" | "toISOString" | "toFixed"
            | "getTime" | "indexOf" | "findIndex" | "includes" | "startsWith" | "endsWith" | "has" | "test" | "Date"
            | "ObjectId" | "randomUUID" | "digest" | "charCodeAt"
        // Python
            | "int" | "float" | "bool" | "len" | "UUID" | "isoformat" | "round" | "hexdigest" | "startswith"
            | "endswith" | "fromisoformat" | "strptime" | "Decimal" | "isdigit"
        // PHP
            | "intval" | "floatval" | "boolval" | "count" | "strlen" | "strtotime" | "md5" | "sha1" | "hash" | "is_numeric"
            | "integer" | "in_array" | "abs" | "number_format"
        // Go
            | "Atoi" | "ParseInt" | "ParseUint" | "ParseFloat" | "ParseBool" | "Itoa" | "FormatInt" | "Contains"
            | "HasPrefix" | "HasSuffix"
        // Ruby
            | "to_i" | "to_f" | "Integer" | "Float" | "to_date" | "to_time" | "size" | "length" | "include?" | "present?"
            | "blank?" | "empty?" | "nil?" | "any?" | "start_with?" | "end_with?" | "is_a?"
        // Java
            | "parseLong" | "parseDouble" | "fromString" | "intValue" | "longValue" | "isEmpty" | "isBlank" | "equals"
            | "equalsIgnoreCase" | "contains" | "hashCode"
    )
}

/// Whether the result of `call` is harmless for `sink`, whatever it is given.
pub(super) fn is_harmless(call: &Call, sink: Sink) -> bool {
    let method = call.method();
    if gives_no_text(method) || is_of_number(call) || makes_numbers(call) {
        return true;
    }
    let lower = method.to_ascii_lowercase();
    let names = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    let root = call.root();
    match sink {
        Sink::Sql => {
            names(&["escape", "quote"])
                || matches!(method, "Identifier" | "Literal" | "addslashes" | "toSql" | "mogrify" | "esc_sql")
                || lower.starts_with("sanitize_sql")
        }
        Sink::Html => {
            names(&[
                "sanitiz",
                "sanitis",
                "purif",
                "escape",
                "htmlspecialchars",
                "htmlentities",
                "striptags",
                "strip_tags",
            ]) || matches!(
                method,
                "e" | "h"
                    | "clean"
                    | "linkify"
                    | "xss"
                    | "encodeURIComponent"
                    | "encodeURI"
                    | "urlencode"
                    | "esc_html"
                    | "esc_attr"
                    | "forHtml"
                    | "forHtmlContent"
                    | "format_html"
                    | "filterXSS"
                    | "stripHtml"
                    | "json_encode"
                    | "to_json"
                    | "HTMLEscapeString"
                    | "quote"
                    | "json"
                    | "bodyToJson"
                    | "escape_javascript"
            ) || matches!(root, "DOMPurify" | "bleach" | "nh3" | "Jsoup")
        }
        Sink::Command => {
            names(&["shellarg", "shellcmd", "shellescape", "shell_escape", "shellquote", "escapeshell"])
                || (method == "quote" && matches!(root, "shlex" | "pipes" | "shellQuote" | "shell"))
                || matches!(&*call.callee, "Shellwords.escape" | "shellescape" | "quote" | "list2cmdline")
        }
        Sink::Path => {
            names(&["basename", "secure_filename", "sanitiz", "sanitis", "slug", "safe_join", "safejoin", "securejoin"])
                || matches!(
                    &*call.callee,
                    "filepath.Base" | "path.Base" | "FilenameUtils.getName" | "FilenameUtils.getExtension"
                )
                || matches!(
                    method,
                    "encodeURIComponent" | "extname" | "Ext" | "extname?" | "kebabCase" | "parameterize" | "getFileName"
                    // Where an upload was put, the server chose.
                    | "getRealPath" | "getPathname" | "tempfile" | "hashName" | "temporary_file_path"
                )
        }
        Sink::Url => {
            names(&["encodeuricomponent", "urlencode", "pathescape", "queryescape", "urlencode", "quote_plus"])
                || (matches!(method, "quote" | "encode")
                    && matches!(root, "urllib" | "URLEncoder" | "parse" | "qs" | "querystring"))
                || lower == "quote"
        }
        Sink::Redirect => {
            names(&[
                "encodeuricomponent",
                "urlencode",
                "pathescape",
                "queryescape",
                "url_for",
                "reverse",
                "route",
                "safe",
                "filtered",
            ]) || lower.contains("sanitiz")
                || lower.ends_with("path")
        }
        Sink::Code => matches!(method, "stringify" | "dumps" | "json_encode" | "repr"),
        Sink::Deserialize => false,
        // Whatever works on a text gives a text, or fails.
        Sink::Filter => {
            let of_schema = matches!(method, "parse" | "safeParse" | "parseAsync" | "safeParseAsync" | "cast");
            names(&["sanitiz", "sanitis", "escape", "hash", "valid", "objectid"])
                || (of_schema && root != "JSON" && !call.object().is_empty())
                || matches!(
                    method,
                    "String"
                        | "toString"
                        | "str"
                        | "strval"
                        | "trim"
                        | "toLowerCase"
                        | "toUpperCase"
                        | "strip"
                        | "lower"
                        | "strtolower"
                        | "normalize"
                        | "replace"
                        | "substring"
                        | "slice"
                        | "concat"
                        | "encodeURIComponent"
                        | "decode"
                        | "encode"
                        | "format"
                )
        }
    }
}

/// `array_map('intval', $ids)`, `map(int, ids)`, `ids.map(Number)`, `ids.map(&:to_i)`.
fn makes_numbers(call: &Call) -> bool {
    matches!(call.method(), "map" | "array_map" | "collect")
        && call.arguments.iter().take(2).any(|argument| match &argument.value {
            Value::Text(text) => gives_no_text(text),
            Value::Path(path) => matches!(&**path, "int" | "float" | "Number" | "parseInt" | "parseFloat" | "&.to_i"),
            _ => false,
        })
}

/// `Integer.valueOf`, `Long.parse…`, `uuid.Parse`.
fn is_of_number(call: &Call) -> bool {
    match call.root() {
        "Integer" | "Long" | "Double" | "UUID" | "uuid" | "LocalDate" | "LocalDateTime" | "Carbon" | "Math"
        | "math" | "moment" | "dayjs" | "strconv" | "time" => {
            call.callee.contains('.') || call.root() == "dayjs" || call.root() == "moment"
        }
        _ => false,
    }
}

/// What of a call its result holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// What the method is called on.
    Object,
    /// What it is given.
    Arguments,
    /// Both.
    Both,
    /// Nothing that is known.
    Nothing,
}

/// What of `call` its result holds.
pub(super) fn holds(call: &Call, sink: Sink) -> Holds {
    let method = call.method();
    match &*call.callee {
        "Paths.get" | "Path.of" | "Path.join" if sink == Sink::Path => return Holds::Arguments,
        "URLSearchParams" => return Holds::Arguments,
        _ => {}
    }
    match method {
        "open" | "fopen" | "createReadStream" | "Open" if sink == Sink::Path => Holds::Arguments,
        // What is looked up says nothing; what it is looked up in does.
        "get"
        | "Get"
        | "getAll"
        | "getlist"
        | "pop"
        | "split"
        | "fetch"
        | "dig"
        | "values"
        | "shift"
        | "first"
        | "last"
        | "at"
        | "items"
        | "to_s"
        | "to_str"
        | "toString"
        | "String"
        | "toArray"
        | "to_a"
        | "to_h"
        | "permit"
        | "require"
        | "toLowerCase"
        | "toUpperCase"
        | "lower"
        | "upper"
        | "downcase"
        | "upcase"
        | "strip"
        | "lstrip"
        | "rstrip"
        | "trimEnd"
        | "trimStart"
        | "chomp"
        | "slice"
        | "substring"
        | "substr"
        | "getBytes"
        | "toCharArray"
        | "read"
        | "getvalue"
        | "file_path"
        | "orElse"
        | "orElseThrow"
        | "json"
        | "text"
        | "to_unsafe_h"
        | "stream"
        | "tempfile"
        | "getOriginalFilename"
        | "getClientOriginalName"
        | "original_filename"
        | "entries"
        | "unwrap"
        | "except"
        | "only"
        | "title"
        | "capitalize"
        | "titlecase"
        | "normalize"
        | "squish"
        | "presence"
        | "data"
        | "body"
        | "filter"
        | "compact"
        | "validated"
        | "safe"
        | "toList"
        | "flat"
        | "reverse"
        | "sort"
        | "splitlines"
        | "partition"
        | "rpartition"
        | "getInputStream"
        | "value"
            if !call.object().is_empty() =>
        {
            Holds::Object
        }
        "trim" | "concat" | "join" | "decode" | "encode" | "format" | "toLowerCase" | "append" | "replace"
        | "replaceAll" | "gsub" | "sub" | "tr" | "removeprefix" | "removesuffix" | "padStart" | "padEnd" | "repeat"
        | "ljust" | "formatted" => Holds::Both,
        "String"
        | "str"
        | "strtolower"
        | "strtoupper"
        | "ltrim"
        | "rtrim"
        | "sprintf"
        | "implode"
        | "explode"
        | "vsprintf"
        | "str_replace"
        | "decodeURIComponent"
        | "decodeURI"
        | "unescape"
        | "urldecode"
        | "rawurldecode"
        | "base64_decode"
        | "stripslashes"
        | "substr"
        | "Sprintf"
        | "Sprint"
        | "TrimSpace"
        | "ToLower"
        | "ToUpper"
        | "Trim"
        | "TrimPrefix"
        | "TrimSuffix"
        | "Replace"
        | "ReplaceAll"
        | "Join"
        | "Split"
        | "Array"
        | "list"
        | "dict"
        | "tuple"
        | "atob"
        | "btoa"
        | "b64decode"
        | "unquote"
        | "unquote_plus"
        | "valueOf"
        | "decodeBase64"
        | "decode64"
        | "urlsafe_decode64"
        | "unescapeHTML"
        | "array_map"
        | "ucfirst"
        | "nl2br"
        | "json_decode"
        | "parse"
        | "safeParse"
        | "parseAsync"
        | "validate"
        | "loads"
        | "from"
        | "force_str"
        | "smart_str"
        | "ReadAll"
        | "cast"
        | "toStr"
        | "get_json"
        | "object"
        | "assign"
        | "freeze"
        | "array_merge"
        | "string"
        | "new"
        | "StringBuilder"
        | "StringBuffer"
        | "bytes"
        | "array_values"
        | "array_filter"
        | "collect"
        | "OpenStruct"
        | "copy"
        | "deepcopy"
        | "cloneDeep"
        | "InputStreamReader"
        | "BufferedReader"
        | "ByteArrayInputStream"
        | "BytesIO"
        | "StringIO"
        | "StringReader"
        | "InputSource"
        | "Bytes"
        | "plainToClass"
        | "plainToInstance"
        | "structuredClone"
        | "omit"
        | "pick"
        | "camelCase"
        | "merge"
        | "fromEntries"
        | "strval"
        | "mb_strtolower"
        | "getDecoder"
        | "urlsafe_b64decode"
        | "DecodeString"
        | "unhexlify"
        | "fromhex"
        | "bytearray"
        | "trim_start" => {
            if call.object().is_empty() || is_plain_name(call.object()) {
                Holds::Both
            } else {
                Holds::Object
            }
        }
        "resolve" | "join_path" | "abspath" | "realpath" | "normpath" | "Path" | "PurePath" | "File" | "of"
        | "Clean" | "toPath" | "expand_path" | "expanduser" | "public_path" | "storage_path" | "base_path"
        | "app_path" | "toFile" | "FromSlash" | "Abs" | "FileInputStream" | "FileReader" | "Paths" | "toURI"
            if sink == Sink::Path =>
        {
            Holds::Both
        }
        // What an SDK makes of request data, `stripe.checkout.sessions.create(…)`, is its own.
        "create" | "build" | "href" if matches!(sink, Sink::Url | Sink::Redirect) && makes_address(call) => Holds::Both,
        "URL"
        | "URI"
        | "Parse"
        | "urljoin"
        | "urlparse"
        | "urlsplit"
        | "parse_url"
        | "toURL"
        | "Request"
        | "urlunparse"
        | "NewRequest"
        | "NewRequestWithContext"
        | "toString"
        | "geturl"
        | "Uri"
        | "fromUriString"
        | "fromHttpUrl"
        | "HttpGet"
        | "HttpPost"
        | "uri"
            if matches!(sink, Sink::Url | Sink::Redirect) =>
        {
            Holds::Both
        }
        "text" | "raw" | "literal" | "SQL" | "RawSQL" | "sql" | "Raw" | "arel_sql" | "Expression" | "fromString"
            if sink == Sink::Sql =>
        {
            Holds::Arguments
        }
        "SafeString" | "mark_safe" | "Markup" | "HTML" | "HtmlString" | "raw" | "html_safe" | "new_html"
            if sink == Sink::Html =>
        {
            Holds::Both
        }
        _ => Holds::Nothing,
    }
}

/// `URI.create(…)`, `UriComponentsBuilder…build()`, `HttpRequest.newBuilder()…build()`.
fn makes_address(call: &Call) -> bool {
    let object = call.object().to_ascii_lowercase();
    ["uri", "url", "request", "address", "link", "builder"].iter().any(|word| object.contains(word))
}

/// Whether a replacement takes out what a pattern finds: then what is left is taken to be clean. Fixed text that is
/// taken out leaves everything else, but where every `..` goes, no path leads upwards.
pub(super) fn cleans(call: &Call, sink: Sink) -> bool {
    let method = call.method();
    let replaces = matches!(
        method,
        "replace"
            | "replaceAll"
            | "gsub"
            | "sub"
            | "tr"
            | "ReplaceAll"
            | "ReplaceAllString"
            | "str_replace"
            | "preg_replace"
    );
    let given = || call.arguments.iter().take(3).filter_map(|argument| argument.value.text());
    let all_dots = sink == Sink::Path
        && given().any(|text| text == "..")
        && matches!(method, "replaceAll" | "gsub" | "ReplaceAll" | "str_replace");
    let by_pattern = match method {
        "replace" | "replaceAll" | "gsub" | "sub" | "tr" => {
            call.argument(0).is_some_and(|pattern| pattern.text().is_none()) && !call.object().is_empty()
        }
        "preg_replace" | "ReplaceAllString" => true,
        _ => false,
    };
    replaces && (all_dots || by_pattern)
}

/// A module or class: `strings.ToLower`, `JSON.parse`.
fn is_plain_name(object: &str) -> bool {
    !object.contains(['(', '['])
}

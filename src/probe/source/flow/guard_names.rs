//! What the names of functions say of a value that they are given.

/// Whether a function asks by its name whether an address stays on the site: `isAbsolutePathReference`, `same_origin`.
pub(super) fn tells_own_address(lower: &str) -> bool {
    let plain = lower.replace('_', "");
    [
        "absolutepathreference",
        "isrelativepath",
        "isrelativeurl",
        "islocalurl",
        "islocalpath",
        "samehost",
        "sameorigin",
        "samedomain",
        "sameregistrabledomain",
    ]
    .iter()
    .any(|name| plain.contains(name))
}

/// Calls whose result says as much of a value as the value itself.
pub(super) fn keeps(method: &str) -> bool {
    matches!(
        method,
        "URL"
            | "Uri"
            | "URI"
            | "urlparse"
            | "urlsplit"
            | "parse_url"
            | "Parse"
            | "resolve"
            | "join"
            | "normalize"
            | "realpath"
            | "abspath"
            | "normpath"
            | "trim"
            | "strip"
            | "toLowerCase"
            | "toUpperCase"
            | "lower"
            | "upper"
            | "strtolower"
            | "strtoupper"
            | "String"
            | "str"
            | "toString"
            | "Clean"
            | "Join"
            | "Abs"
            | "create"
            | "parse"
            | "getHost"
            | "get"
            | "Path"
            | "expand_path"
            | "ToLower"
            | "to_s"
            | "toRealPath"
            | "getCanonicalPath"
            | "File"
            | "toPath"
            | "relative"
            | "Rel"
            | "downcase"
            | "to_sym"
            | "safe_join"
            | "isAbsolute"
            | "Hostname"
            | "host"
    )
}

/// Whether a function asks by its name whether a path stays in its folder: `isPathInside`, `is_within_directory`.
pub(super) fn stays_inside(lower: &str) -> bool {
    let plain = lower.replace('_', "");
    [
        "inside",
        "within",
        "contained",
        "subpath",
        "isunder",
        "underroot",
        "ischild",
        "isdescendant",
        "inroot",
        "indirectory",
    ]
    .iter()
    .any(|name| plain.contains(name))
}

/// Whether a function asks only whether there is something: that keeps nothing out.
pub(super) fn is_about_presence(method: &str) -> bool {
    let plain = method.to_ascii_lowercase().replace('_', "");
    let says = [
        "exist",
        "isfile",
        "isdir",
        "empty",
        "blank",
        "present",
        "isset",
        "isnull",
        "isarray",
        "isstring",
        "hastext",
        "haslength",
        "log",
    ];
    says.iter().any(|word| plain.contains(word))
        || matches!(
            &*plain,
            "len"
                | "length"
                | "size"
                | "count"
                | "strlen"
                | "trim"
                | "strip"
                | "nil?"
                | "stat"
                | "lstat"
                | "access"
                | "typeof"
                | "accesssync"
                | "statsync"
                | "isinstance"
                | "isa?"
                | "defined"
                | "tostring"
                | "string"
        )
}

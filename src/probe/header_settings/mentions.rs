//! Headers that code sends by name, in any language, and libraries that send them. Where reading alone does not tell for
//! which answers, nothing is claimed: neither that the header is missing nor that it is set.

use std::collections::BTreeSet;

use super::ecma::is_configuration;
use super::model::{Header, HeaderSetting, Layer, Place, REPORT_ONLY, Scope, Settings, Text};
use super::sources::{Sources, line_of, name_of, names_package};
use super::tokens::{Kind, Token};
use super::values::Reader;

/// Packages whose settings are not read, and that send all of these headers or most.
const LIBRARIES: [&str; 20] = [
    "nuxt-security",
    "@nosecone/next",
    "nosecone",
    "next-secure-headers",
    "@next-safe/middleware",
    "next-safe",
    "lusca",
    "hood",
    "secure_headers",
    "bepsvpt/secure-headers",
    "nelmio/security-bundle",
    "spatie/laravel-csp",
    "treblle/security-headers",
    "secure",
    "starlette-securityheaders",
    "fastapi-security-headers",
    "django-csp",
    "django-permissions-policy",
    "github.com/unrolled/secure",
    "express-csp-header",
];

/// Reads all code, and looks for libraries.
pub fn read(sources: &Sources, settings: &mut Settings) {
    let known: BTreeSet<String> =
        settings.headers.iter().filter_map(|set| Some(set.place.as_ref()?.path.clone())).collect();
    for (path, tokens) in sources.code(|path| !is_configuration(path, "next.config.")) {
        in_code(path, tokens, &known, settings);
    }
    // Settings of other servers, such as Traefik's in a compose file: named, not understood.
    for (path, text) in sources.all().filter(|(path, _)| path.ends_with(".yml") || path.ends_with(".yaml")) {
        for (word, header) in [
            ("stsSeconds", Header::Hsts),
            ("frameDeny", Header::Framing),
            ("customFrameOptionsValue", Header::Framing),
            ("contentTypeNosniff", Header::Nosniff),
            ("contentSecurityPolicy", Header::Csp),
            ("referrerPolicy", Header::Referrer),
            ("permissionsPolicy", Header::Permissions),
        ] {
            let names = [word, header.name()];
            if let Some(name) = names.iter().find(|name| text.to_ascii_lowercase().contains(&name.to_ascii_lowercase()))
            {
                settings.unclear.push((Some(header), format!("{path}:{} speaks of it", line_of(text, name))));
            }
        }
    }
    for (path, text) in sources.manifests() {
        let library = LIBRARIES.iter().find(|library| {
            let named = names_package(text, library);
            // A short name is a package only where a manifest quotes or begins a line with it.
            named
                && (library.len() > 6
                    || text.lines().any(|line| {
                        line.trim_start_matches([' ', '"', '\'']).starts_with(*library) && !line.contains("://")
                    }))
        });
        if let Some(library) = library {
            settings
                .unclear
                .push((None, format!("`{library}` in {path} may send them, and its settings are not read")));
        }
    }
}

fn in_code(path: &str, tokens: &[Token], known: &BTreeSet<String>, settings: &mut Settings) {
    let everywhere = is_everywhere(path, tokens);
    for (at, token) in
        tokens.iter().enumerate().filter(|(_, token)| matches!(token.kind, Kind::Text | Kind::Filled | Kind::Name))
    {
        // `header("X-Frame-Options: DENY")`, as PHP writes it.
        let (name, inline) = match token.text.split_once(':') {
            Some((name, value)) if token.kind != Kind::Name => (name.trim(), Some(value.trim())),
            _ => (token.text.trim(), None),
        };
        let header = Header::named(name).or_else(|| name.eq_ignore_ascii_case(REPORT_ONLY).then_some(Header::Csp));
        let Some(header) = header else {
            // An attribute of an element, `referrerPolicy="…"`, is for that element only.
            let attribute = tokens.get(at + 1).is_none_or(|next| !next.is(":") && !next.is("("));
            if let (Some(header), true) = (alike(name), token.kind == Kind::Name && !attribute && !known.contains(path))
            {
                settings.unclear.push((Some(header), format!("{path}:{} speaks of it", token.line)));
            }
            continue;
        };
        let value = match inline {
            Some(value) => (token.kind == Kind::Text).then(|| Text::from(value)),
            None => value_after(tokens, at),
        };
        let Some(value) = value else {
            if !known.contains(path) {
                settings.unclear.push((Some(header), format!("{path}:{} speaks of it", token.line)));
            }
            continue;
        };
        let scope = if everywhere || is_in_middleware(tokens, at) { Scope::Site } else { Scope::Unclear };
        let already = settings.headers.iter().any(|set| {
            set.name.eq_ignore_ascii_case(name)
                && set.place.as_ref().is_some_and(|place| place.path == path && place.line == token.line)
        });
        if !already {
            settings
                .headers
                .push(HeaderSetting::site(Layer::Code, Place::new(path, token.line), name, value).scope(scope));
        }
    }
}

/// The value that follows a header's name: `, "v"`, `: "v"`, `=> "v"`, `] = "v"`, `, value: "v"`.
fn value_after(tokens: &[Token], at: usize) -> Option<Text> {
    let mark = |at: usize, mark: &str| tokens.get(at).is_some_and(|token| token.is(mark));
    let start = if mark(at + 1, "]") && mark(at + 2, "=") && !mark(at + 3, "=") {
        at + 3
    } else if mark(at + 1, ",") || mark(at + 1, ":") || mark(at + 1, "=>") {
        at + 2
    } else {
        return None;
    };
    // `key: "X-Frame-Options", value: "DENY"`.
    let start = if tokens.get(start).is_some_and(|token| token.named("value")) && mark(start + 1, ":") {
        start + 2
    } else {
        start
    };
    Some(match Reader::new(tokens, start).value() {
        super::values::Value::Text(text) => Text::Known(text),
        _ => Text::Dynamic,
    })
}

/// Whether a file is for every answer: middleware by its place, or by what it is built from.
fn is_everywhere(path: &str, tokens: &[Token]) -> bool {
    let lower = path.to_ascii_lowercase();
    let by_place = name_of(&lower).starts_with("middleware.")
        || name_of(&lower).starts_with("proxy.")
        || lower.contains("hooks.server.")
        || lower.contains("http/middleware/");
    let named = |name: &str| tokens.iter().any(|token| token.named(name));
    by_place
        || named("after_request")
        || named("get_response")
        || named("call_next")
        || named("OncePerRequestFilter")
        || named("ServeHTTP")
        || named("default_headers")
}

/// Whether a place lies in a function that an app is told to use for every request.
fn is_in_middleware(tokens: &[Token], at: usize) -> bool {
    let mut open = 0_usize;
    for back in (at.saturating_sub(400)..at).rev() {
        let Some(token) = tokens.get(back).filter(|token| token.kind == Kind::Mark) else { continue };
        match token.text.as_str() {
            ")" | "]" | "}" => open += 1,
            "(" | "[" | "{" if open > 0 => open -= 1,
            "(" => {
                let called = back.checked_sub(1).and_then(|before| tokens.get(before));
                // A path as the first argument limits it.
                let limited = tokens
                    .get(back + 1)
                    .is_some_and(|first| first.kind == Kind::Text && first.text.starts_with('/') && first.text != "/");
                if called.is_some_and(|called| matches!(called.text.as_str(), "use" | "addHook")) && !limited {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// Names that options and methods have for a header.
fn alike(name: &str) -> Option<Header> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    Some(match plain.as_str() {
        "stricttransportsecurity" | "httpstricttransportsecurity" | "usehsts" | "stsseconds" => Header::Hsts,
        "xcontenttypeoptions" | "contenttypenosniff" => Header::Nosniff,
        "xframeoptions" | "frameoptions" | "frameguard" | "framedeny" => Header::Framing,
        "contentsecuritypolicy" => Header::Csp,
        "referrerpolicy" => Header::Referrer,
        "permissionspolicy" | "permissionpolicy" | "featurepolicy" => Header::Permissions,
        _ => return None,
    })
}

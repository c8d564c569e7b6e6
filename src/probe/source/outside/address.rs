//! Who answers a call, from the address that it is given.

use crate::probe::source::code::{Call, Part, Value};
use crate::probe::source::facts::{FileFacts, Language};

/// How deep a value is looked into.
const MAX_DEPTH: u32 = 6;

/// What an address says about who answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::probe::source) enum Address {
    /// Another service, with its host where that is known.
    Other(Option<String>),
    /// The app itself, or no network at all.
    Own,
    /// Cannot be told.
    Unknown,
}

impl Address {
    /// The host, where it is known.
    pub(in crate::probe::source) fn host(&self) -> Option<&str> {
        match self {
            Self::Other(host) => host.as_deref(),
            Self::Own | Self::Unknown => None,
        }
    }
}

/// What `value`, seen in `function`, says about who answers.
pub(super) fn address(file: &FileFacts, value: Option<&Value>, function: u32) -> Address {
    let Some(value) = value else { return Address::Unknown };
    let value = match file.resolved(value, function) {
        Value::Call(id) => match file.call(*id) {
            Some(call) if matches!(&*call.callee, "URL" | "String") => {
                // `new URL("./font.ttf", import.meta.url)` is a file of the bundle.
                if call.argument(1).and_then(Value::path).is_some_and(|path| path.contains("import.meta")) {
                    return Address::Own;
                }
                let given = call.argument(0).map(|given| file.resolved(given, function));
                match given.and_then(Value::leading_text) {
                    Some(text) if !text.contains("://") => call.argument(1).or(given).unwrap_or(&Value::Unknown),
                    _ => given.unwrap_or(&Value::Unknown),
                }
            }
            // `formatPath("/api/files")`: a path of the app's own.
            Some(call)
                if call.method().to_ascii_lowercase().contains("path")
                    && call
                        .argument(0)
                        .and_then(Value::leading_text)
                        .is_some_and(|text| text.starts_with('/') && !text.starts_with("//")) =>
            {
                return Address::Own;
            }
            // `url.toString()` of `const url = new URL("https://…")`
            Some(call) if call.method() == "toString" && call.receiver.is_none() && !call.object().is_empty() => {
                let made = file.assigned(call.object(), function).map(|set| &set.value);
                let is_url = |value: &&Value| match value {
                    Value::Call(id) => file.call(*id).is_some_and(|made| &*made.callee == "URL"),
                    _ => false,
                };
                return made.filter(is_url).map_or(Address::Unknown, |made| address(file, Some(made), function));
            }
            _ => return Address::Unknown,
        },
        Value::Member(pair) if matches!(&*pair.1, "href") => return address(file, Some(&pair.0), function),
        value => value,
    };
    let text = match value {
        Value::Text(text) => &**text,
        Value::Template(parts) => match parts.first() {
            // `${API}/users`
            Some(Part::Expression(_, first @ Value::Path(_))) => match file.resolved(first, function) {
                Value::Text(text) if text.contains("://") => text,
                _ => "",
            },
            _ => value.leading_text().unwrap_or(""),
        },
        Value::Either(values) => return values.first().map_or(Address::Unknown, |v| address(file, Some(v), function)),
        _ => "",
    };
    if text.starts_with("data:") || text.starts_with("blob:") || text.starts_with("file:") {
        return Address::Own;
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        if !scheme.starts_with("http") {
            return Address::Unknown;
        }
        let host: String = rest.chars().take_while(|c| !matches!(c, '/' | '?' | '$' | '#')).collect();
        let local = host.starts_with("localhost") || host.starts_with("127.") || host.starts_with("0.0.0.0");
        return if local { Address::Own } else { Address::Other(Some(host).filter(|host| !host.is_empty())) };
    }
    if text.starts_with('/') && !text.starts_with("//") || text.starts_with("./") || text.starts_with("../") {
        return Address::Own;
    }
    // The app's own address, under whatever name: a file or a route of its own.
    let mut own = false;
    value.walk(&mut |part| {
        let name = match part {
            Value::Env(name) => name.to_string(),
            Value::Path(path) => path.to_string(),
            Value::Call(id) => file.call(*id).map_or_else(String::new, |call| call.callee.to_string()),
            _ => return,
        };
        let name = name.to_ascii_uppercase();
        own |= ["WEBAPP", "APP_URL", "SITE_URL", "PUBLIC_URL", "SITE_ROOT", "ORIGIN", "VERCEL_URL", "BASEURL()"]
            .iter()
            .any(|own| name.contains(own));
    });
    if own {
        return Address::Own;
    }
    // `${process.env.API_URL}/users`
    let mut from_environment = false;
    value.walk(&mut |part| match part {
        Value::Env(_) => from_environment = true,
        Value::Path(path) => {
            from_environment |= matches!(file.resolved(part, function), Value::Env(_))
                || matches!(file.resolved(part, function), Value::Either(values) if values.iter().any(|v| matches!(v, Value::Env(_))))
                || path.starts_with("config.");
        }
        _ => {}
    });
    if from_environment { Address::Other(None) } else { Address::Unknown }
}

/// Whether an address is one of another service.
pub(super) fn is_elsewhere(file: &FileFacts, value: Option<&Value>, function: u32) -> bool {
    matches!(address(file, value, function), Address::Other(_))
}

/// The address that a call is given, as far as it is fixed; what is filled in stands as `…`.
pub(in crate::probe::source) fn text(file: &FileFacts, call: &Call) -> Option<String> {
    let place = usize::from(call.method() == "request" && file.language == Language::Python);
    let given = call.argument(place).or_else(|| call.named("url"))?;
    let given = given.get("url").unwrap_or(given);
    fixed(file, given, call.function, 0)
}

fn fixed(file: &FileFacts, value: &Value, function: u32, depth: u32) -> Option<String> {
    if depth > MAX_DEPTH {
        return None;
    }
    let inner = |value: &Value| fixed(file, value, function, depth + 1);
    match file.resolved(value, function) {
        Value::Text(text) => Some(text.to_string()),
        Value::Template(parts) => {
            let part = |part: &Part| match part {
                Part::Fixed(text) => text.to_string(),
                Part::Expression(_, value) => inner(value).unwrap_or_else(|| "…".to_owned()),
            };
            Some(parts.iter().map(part).collect())
        }
        Value::Either(values) => values.first().and_then(inner),
        Value::Member(pair) if &*pair.1 == "href" => inner(&pair.0),
        Value::Call(id) => {
            let made = file.call(*id)?;
            if matches!(&*made.callee, "URL" | "String") {
                return made.argument(0).and_then(inner);
            }
            let is_text = made.method() == "toString" && made.receiver.is_none() && !made.object().is_empty();
            let of = file.assigned(made.object(), function).filter(|_| is_text)?;
            inner(&of.value)
        }
        _ => None,
    }
}

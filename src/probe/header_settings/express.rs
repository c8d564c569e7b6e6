//! Helmet, for Express, Fastify and Koa: what it sends by itself and what its options change
//! (<https://helmetjs.github.io/>).

use super::ecma::{argument, used};
use super::model::{Header, HeaderSetting, Layer, Place, REPORT_ONLY, Scope, Settings, Text};
use super::sources::Sources;
use super::tokens::Token;
use super::values::Value;

/// The policy that Helmet sends by itself.
const POLICY: &str = "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors \
'self';img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self' https: \
'unsafe-inline';upgrade-insecure-requests";

/// A header with the names of its option, of which older versions had others.
const OPTIONS: [(Header, &[&str]); 5] = [
    (Header::Hsts, &["strictTransportSecurity", "hsts"]),
    (Header::Nosniff, &["xContentTypeOptions", "noSniff"]),
    (Header::Framing, &["xFrameOptions", "frameguard"]),
    (Header::Csp, &["contentSecurityPolicy"]),
    (Header::Referrer, &["referrerPolicy"]),
];

/// Reads every file that uses Helmet.
pub fn read(sources: &Sources, settings: &mut Settings) {
    for (path, tokens) in sources.code(|path| !crate::probe::repository::is_for_development(path)) {
        let module = tokens.iter().find(|token| {
            matches!(token.text.as_str(), "helmet" | "@fastify/helmet" | "fastify-helmet" | "koa-helmet")
                && token.kind == super::tokens::Kind::Text
        });
        let Some(module) = module else { continue };
        let layer = match module.text.as_str() {
            "helmet" => Layer::Express,
            "koa-helmet" => Layer::Koa,
            _ => Layer::Fastify,
        };
        let Some(name) = bound(tokens, module) else { continue };
        for at in used(tokens, &name) {
            one_use(sources, path, tokens, at, layer, settings);
        }
    }
}

/// The name that an import gives a module: `import helmet from "helmet"`, `const helmet = require("helmet")`.
fn bound(tokens: &[Token], module: &Token) -> Option<String> {
    let at = tokens.iter().position(|token| std::ptr::eq(token, module))?;
    let before = tokens.get(at.saturating_sub(8)..at)?;
    let from = before.iter().rposition(|token| token.named("from") || token.is("="));
    let name = from.and_then(|from| from.checked_sub(1)).and_then(|at| before.get(at))?;
    (name.kind == super::tokens::Kind::Name).then(|| name.text.clone())
}

fn one_use(sources: &Sources, path: &str, tokens: &[Token], at: usize, layer: Layer, settings: &mut Settings) {
    let Some(token) = tokens.get(at) else { return };
    let place = Place::new(path, token.line);
    // `helmet.frameguard()` sends one header only.
    let single = tokens.get(at + 1).filter(|next| next.is(".")).and_then(|_| tokens.get(at + 2));
    // Below a path, it is not for the whole site.
    let on_path = at
        .checked_sub(2)
        .and_then(|back| tokens.get(back))
        .filter(|back| back.kind == super::tokens::Kind::Text && back.text != "/");
    let scope = on_path.map_or(Scope::Site, |path| Scope::Path(path.text.clone()));
    if let Some(single) = single {
        let Some((header, _)) = OPTIONS.iter().find(|(_, names)| names.contains(&single.text.as_str())) else { return };
        let options = argument(tokens, at + 2).unwrap_or(Value::Other);
        sent(*header, &options, sources, layer, &place, &scope, settings);
        return;
    }
    let options = if layer == Layer::Fastify {
        // `register(helmet, { … })`: the options follow the name.
        match tokens.get(at + 1) {
            Some(comma) if comma.is(",") => super::values::Reader::new(tokens, at + 2).value(),
            _ => Value::Object { fields: Vec::new(), whole: true },
        }
    } else {
        match argument(tokens, at) {
            Some(options) => options,
            // `app.use(helmet)` is no call, and sends nothing.
            None => return,
        }
    };
    let Value::Object { fields, whole } = &options else {
        settings.unclear.push((None, format!("Helmet in {path} gets its options from elsewhere")));
        return;
    };
    if !whole {
        settings.unclear.push((None, format!("Helmet in {path} gets more options from elsewhere")));
        return;
    }
    for (header, names) in OPTIONS {
        match fields.iter().find(|(name, ..)| names.contains(&name.as_str())) {
            Some((_, Value::Bool(false), _)) => {}
            Some((_, Value::Bool(true), line)) => {
                let all = Value::Object { fields: Vec::new(), whole: true };
                sent(header, &all, sources, layer, &Place::new(path, *line), &scope, settings);
            }
            Some((_, options, line)) => {
                sent(header, options, sources, layer, &Place::new(path, *line), &scope, settings)
            }
            None => sent(
                header,
                &Value::Object { fields: Vec::new(), whole: true },
                sources,
                layer,
                &place,
                &scope,
                settings,
            ),
        }
    }
}

/// Notes a header that Helmet sends with these options.
fn sent(
    header: Header,
    options: &Value,
    sources: &Sources,
    layer: Layer,
    place: &Place,
    scope: &Scope,
    settings: &mut Settings,
) {
    let mut name = header.name();
    let value = match (header, options) {
        (_, Value::Object { whole: false, .. } | Value::Other) => Text::Dynamic,
        (Header::Hsts, _) => hsts(sources, options),
        (Header::Nosniff, _) => Text::from("nosniff"),
        (Header::Framing, _) => match options.get("action") {
            None => Text::from("SAMEORIGIN"),
            Some(Value::Text(action)) => Text::Known(action.to_ascii_uppercase()),
            Some(_) => Text::Dynamic,
        },
        (Header::Referrer, _) => match options.get("policy") {
            None => Text::from("no-referrer"),
            Some(Value::Text(policy)) => Text::from(policy.as_str()),
            Some(_) => Text::Dynamic,
        },
        (_, options) => {
            match options.get("reportOnly") {
                Some(Value::Bool(true)) => name = REPORT_ONLY,
                None | Some(Value::Bool(false)) => {}
                Some(_) => {
                    settings
                        .unclear
                        .push((Some(Header::Csp), "only a run would tell whether the policy is enforced".to_owned()));
                    return;
                }
            }
            policy(options)
        }
    };
    settings.headers.push(HeaderSetting::site(layer, place.clone(), name, value).scope(scope.clone()));
}

fn hsts(sources: &Sources, options: &Value) -> Text {
    // One year since version 8, half a year before.
    let old = sources.manifests().any(|(_, text)| {
        text.split("\"helmet\"").nth(1).and_then(|rest| rest.split('"').nth(1)).is_some_and(|version| {
            version
                .trim_start_matches(|c: char| !c.is_ascii_digit())
                .split('.')
                .next()
                .and_then(|major| major.parse::<u32>().ok())
                .is_some_and(|major| major < 8)
        })
    });
    let age = match options.get("maxAge") {
        None if old => 15_552_000,
        None => 31_536_000,
        Some(Value::Number(age)) => *age,
        Some(_) => return Text::Dynamic,
    };
    let subdomains = options.get("includeSubDomains") != Some(&Value::Bool(false));
    let preload = options.get("preload") == Some(&Value::Bool(true));
    Text::Known(format!(
        "max-age={age}{}{}",
        if subdomains { "; includeSubDomains" } else { "" },
        if preload { "; preload" } else { "" }
    ))
}

/// Directives given take the place of those of the same name, unless `useDefaults` is off.
fn policy(options: &Value) -> Text {
    let defaults = options.get("useDefaults") != Some(&Value::Bool(false));
    let mut directives: Vec<(String, String)> = Vec::new();
    if defaults {
        directives.extend(POLICY.split(';').filter_map(|part| {
            let (name, value) = part.trim().split_once(' ').unwrap_or((part.trim(), ""));
            Some((name.to_owned(), value.to_owned())).filter(|(name, _)| !name.is_empty())
        }));
    }
    match options.get("directives") {
        None => {}
        Some(Value::Object { fields, whole: true }) => {
            for (name, value, _) in fields {
                let name = dashed(name);
                directives.retain(|(known, _)| *known != name);
                match value {
                    Value::List { elements, whole: true } => {
                        let words: Option<Vec<&str>> = elements.iter().map(|(word, _)| word.text()).collect();
                        let Some(words) = words else { return Text::Dynamic };
                        directives.push((name, words.join(" ")));
                    }
                    Value::Text(words) => directives.push((name, words.clone())),
                    // `null` takes a directive away; it is read as something unknown.
                    _ => return Text::Dynamic,
                }
            }
        }
        Some(_) => return Text::Dynamic,
    }
    Text::Known(
        directives
            .iter()
            .map(|(name, value)| format!("{name} {value}").trim_end().to_owned())
            .collect::<Vec<_>>()
            .join("; "),
    )
}

/// `scriptSrc` is `script-src`.
fn dashed(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

//! Hosts that read headers from a file of the project: Vercel, Netlify, Cloudflare Pages, Firebase.

use serde_json::Value as Json;

use super::model::{Header, HeaderSetting, Layer, Place, Scope, Settings, Text};
use super::patterns::scope;
use super::sources::{Sources, folder_of, line_of, name_of};

/// Reads them all.
pub fn read(sources: &Sources, settings: &mut Settings) {
    for (path, text) in sources.named(|name| matches!(name, "vercel.json" | "firebase.json")) {
        let Some(json) = json(text) else {
            settings.unclear.push((None, format!("{path} could not be read")));
            continue;
        };
        if name_of(path).eq_ignore_ascii_case("vercel.json") {
            vercel(path, text, &json, settings);
        } else {
            firebase(path, text, &json, settings);
        }
    }
    for (path, text) in sources.named(|name| name == "netlify.toml") {
        match toml::from_str::<toml::Table>(text) {
            Ok(table) => netlify(path, text, &table, settings),
            Err(_) => settings.unclear.push((None, format!("{path} could not be read"))),
        }
    }
    for (path, text) in sources.named(|name| name == "_headers") {
        headers_file(path, text, settings);
    }
    by_themselves(sources, settings);
}

/// A JSON file, comments allowed.
pub fn json(text: &str) -> Option<Json> {
    jsonc_parser::parse_to_serde_value::<Json>(text, &jsonc_parser::ParseOptions::default()).ok()
}

/// A list of rules, each with a pattern and a list of `key` and `value`: Vercel and Firebase alike.
fn rules(layer: Layer, path: &str, text: &str, rules: Option<&Json>, settings: &mut Settings) {
    for rule in rules.and_then(Json::as_array).into_iter().flatten() {
        let pattern =
            rule.get("source").or_else(|| rule.get("glob")).or_else(|| rule.get("regex")).and_then(Json::as_str);
        // `has` asks for something of the request; `missing` leaves some requests out.
        let scope = if rule.get("has").is_some() { Scope::Unclear } else { scope(pattern.unwrap_or_default()) };
        for header in rule.get("headers").and_then(Json::as_array).into_iter().flatten() {
            let (Some(name), Some(value)) =
                (header.get("key").and_then(Json::as_str), header.get("value").and_then(Json::as_str))
            else {
                continue;
            };
            let place = Place::new(path, line_of(text, &format!("\"{name}\"")));
            settings.headers.push(HeaderSetting::site(layer, place, name, value).scope(scope.clone()));
        }
    }
}

fn vercel(path: &str, text: &str, json: &Json, settings: &mut Settings) {
    rules(Layer::Vercel, path, text, json.get("headers"), settings);
    // The older form: routes whose headers are an object.
    for route in json.get("routes").and_then(Json::as_array).into_iter().flatten() {
        let scope = scope(route.get("src").and_then(Json::as_str).unwrap_or_default());
        for (name, value) in route.get("headers").and_then(Json::as_object).into_iter().flatten() {
            let place = Place::new(path, line_of(text, &format!("\"{name}\"")));
            let value = value.as_str().map_or(Text::Dynamic, Text::from);
            settings.headers.push(HeaderSetting::site(Layer::Vercel, place, name, value).scope(scope.clone()));
        }
    }
}

fn firebase(path: &str, text: &str, json: &Json, settings: &mut Settings) {
    match json.get("hosting") {
        Some(Json::Array(sites)) => {
            sites.iter().for_each(|site| rules(Layer::Firebase, path, text, site.get("headers"), settings))
        }
        Some(site) => rules(Layer::Firebase, path, text, site.get("headers"), settings),
        None => {}
    }
}

fn netlify(path: &str, text: &str, table: &toml::Table, settings: &mut Settings) {
    for rule in table.get("headers").and_then(toml::Value::as_array).into_iter().flatten() {
        let scope = scope(rule.get("for").and_then(toml::Value::as_str).unwrap_or_default());
        for (name, value) in rule.get("values").and_then(toml::Value::as_table).into_iter().flatten() {
            let value = value.as_str().map_or(Text::Dynamic, |value| {
                Text::from(value.split_whitespace().collect::<Vec<_>>().join(" ").as_str())
            });
            settings.headers.push(
                HeaderSetting::site(Layer::Netlify, Place::new(path, line_of(text, name)), name, value)
                    .scope(scope.clone()),
            );
        }
    }
}

/// `_headers`: a path at the line's start, its headers indented below
/// (<https://developers.cloudflare.com/pages/configuration/headers/>, <https://docs.netlify.com/routing/headers/>).
fn headers_file(path: &str, text: &str, settings: &mut Settings) {
    let mut pattern: Option<String> = None;
    for (line, number) in text.lines().zip(1_u32..) {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        if !line.starts_with([' ', '\t']) {
            // Cloudflare takes whole addresses as well: what follows the host is the path.
            let after_host =
                trimmed.split_once("://").map(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"));
            pattern = Some(after_host.unwrap_or(trimmed).to_owned());
            continue;
        }
        let (Some(pattern), Some((name, value))) = (&pattern, trimmed.split_once(':')) else { continue };
        if name.starts_with('!') {
            continue;
        }
        let set = HeaderSetting::site(Layer::HeadersFile, Place::new(path, number), name.trim(), value.trim());
        settings.headers.push(set.scope(scope(pattern)));
    }
}

/// What hosts send unasked.
fn by_themselves(sources: &Sources, settings: &mut Settings) {
    let mut add =
        |layer: Layer, name: &str, value: &str| settings.headers.push(HeaderSetting::site(layer, None, name, value));
    let has = |name: &str| sources.paths().any(|path| name_of(path) == name && folder_of(path).split('/').count() <= 4);
    if has("vercel.json") {
        // <https://vercel.com/docs/encryption>
        add(Layer::Vercel, "Strict-Transport-Security", "max-age=63072000");
    }
    // Netlify, Cloudflare and Firebase have HTTPS and its header under their own switches and defaults.
    if let Some(host) = ["netlify.toml", "_headers", "firebase.json"].into_iter().find(|name| has(name)) {
        settings.unclear.push((Some(Header::Hsts), format!("the host that reads {host} may send it by itself")));
    }
    let mut add =
        |layer: Layer, name: &str, value: &str| settings.headers.push(HeaderSetting::site(layer, None, name, value));
    if let Some(text) =
        ["wrangler.toml", "wrangler.jsonc", "wrangler.json"].into_iter().find_map(|name| sources.text(name))
        && text.contains("pages_build_output_dir")
    {
        // <https://developers.cloudflare.com/pages/configuration/serving-pages/>
        add(Layer::HeadersFile, "X-Content-Type-Options", "nosniff");
        add(Layer::HeadersFile, "Referrer-Policy", "strict-origin-when-cross-origin");
    }
}

//! Next.js, Nuxt and SvelteKit: headers in their configuration.

use super::model::{Header, HeaderSetting, Layer, Place, Scope, Settings, Text};
use super::patterns::scope;
use super::sources::{Sources, name_of};
use super::tokens::{Kind, Token};
use super::values::{Reader, Value, calls};

/// Reads their configurations.
pub fn read(sources: &Sources, settings: &mut Settings) {
    for (path, tokens) in sources.code(|path| is_configuration(path, "next.config.")) {
        next(path, tokens, settings);
    }
    for (path, tokens) in sources.code(|path| is_configuration(path, "nuxt.config.")) {
        nuxt(path, tokens, settings);
    }
    for (path, tokens) in sources.code(|path| is_configuration(path, "svelte.config.")) {
        svelte(path, tokens, settings);
    }
}

/// Whether a file is the configuration of this name.
pub fn is_configuration(path: &str, begin: &str) -> bool {
    name_of(path).starts_with(begin)
}

/// `headers()` gives a list of rules, each with a `source` and a list of `key` and `value`
/// (<https://nextjs.org/docs/app/api-reference/config/next-config-js/headers>).
fn next(path: &str, tokens: &[Token], settings: &mut Settings) {
    let Some(at) = method(tokens, "headers") else { return };
    let mut understood = false;
    for value in returned(tokens, at) {
        let Value::List { elements, whole } = value else { continue };
        understood |= whole;
        for (rule, _) in elements {
            rule_of_next(path, &rule, settings);
        }
    }
    if !understood {
        settings.unclear.push((None, format!("`headers()` in {path} is put together while the app is built")));
    }
}

fn rule_of_next(path: &str, rule: &Value, settings: &mut Settings) {
    let source = rule.get("source").and_then(Value::text);
    let scope = match (source, rule.get("has")) {
        (Some(source), None) => scope(source),
        _ => Scope::Unclear,
    };
    match rule.get("headers") {
        Some(Value::List { elements, whole }) => {
            for (header, line) in elements {
                let Some(name) = header.get("key").and_then(Value::text) else { continue };
                let value = header.get("value").and_then(Value::text).map_or(Text::Dynamic, Text::from);
                let line = header.field("key").map_or(*line, |(_, line)| line);
                settings
                    .headers
                    .push(HeaderSetting::site(Layer::Next, Place::new(path, line), name, value).scope(scope.clone()));
            }
            if !whole {
                settings
                    .unclear
                    .push((None, format!("`headers()` in {path} adds headers that only a build would tell")));
            }
        }
        _ => settings.unclear.push((None, format!("`headers()` in {path} takes headers from elsewhere"))),
    }
}

/// The token after the name of a method or a property that holds a function.
fn method(tokens: &[Token], name: &str) -> Option<usize> {
    (0..tokens.len()).find_map(|at| {
        let mark =
            |at: usize, marks: &[&str]| tokens.get(at).is_some_and(|token| marks.iter().any(|mark| token.is(mark)));
        let named = tokens.get(at).is_some_and(|token| token.named(name));
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let is_method = mark(at + 1, &["("])
            && before.is_none_or(|before| {
                before.is("{") || before.is(",") || before.named("async") || before.named("function") || before.is("}")
            });
        let is_function = mark(at + 1, &[":", "="])
            && tokens.get(at + 2).is_some_and(|next| next.named("async") || next.named("function") || next.is("("));
        (named && (is_method || is_function)).then_some(at + 1)
    })
}

/// What a function gives back: behind each `return`, or behind its arrow.
fn returned(tokens: &[Token], at: usize) -> Vec<Value> {
    let mut found = Vec::new();
    let mut open = 0_usize;
    let mut index = at;
    let mut begun = false;
    while let Some(token) = tokens.get(index) {
        if token.is("=>") && open == 0 && !tokens.get(index + 1).is_some_and(|next| next.is("{")) {
            return vec![Reader::new(tokens, index + 1).value()];
        }
        if token.is("{") || token.is("(") || token.is("[") {
            begun |= token.is("{");
            open += 1;
        } else if token.is("}") || token.is(")") || token.is("]") {
            let Some(left) = open.checked_sub(1) else { break };
            open = left;
            if open == 0 && begun && token.is("}") {
                break;
            }
        } else if token.named("return") {
            found.push(Reader::new(tokens, index + 1).value());
        }
        index += 1;
    }
    found
}

/// `routeRules` and `nitro.routeRules`: patterns with a `headers` object.
fn nuxt(path: &str, tokens: &[Token], settings: &mut Settings) {
    for at in tokens.iter().enumerate().filter(|(_, token)| token.named("routeRules")).map(|(at, _)| at) {
        if !tokens.get(at + 1).is_some_and(|token| token.is(":")) {
            continue;
        }
        let Value::Object { fields, whole } = Reader::new(tokens, at + 2).value() else {
            settings.unclear.push((None, format!("`routeRules` in {path} come from elsewhere")));
            continue;
        };
        if !whole {
            settings.unclear.push((None, format!("`routeRules` in {path} take more from elsewhere")));
        }
        for (pattern, rule, _) in fields {
            match rule.get("headers") {
                Some(Value::Object { fields, .. }) => {
                    for (name, value, line) in fields {
                        let value = value.text().map_or(Text::Dynamic, Text::from);
                        settings.headers.push(
                            HeaderSetting::site(Layer::Nuxt, Place::new(path, *line), name, value)
                                .scope(scope(&pattern)),
                        );
                    }
                }
                Some(_) => settings.unclear.push((None, format!("`routeRules` in {path} take headers from elsewhere"))),
                None => {}
            }
        }
    }
}

/// SvelteKit makes a policy for scripts by itself where `kit.csp` asks for one.
fn svelte(path: &str, tokens: &[Token], settings: &mut Settings) {
    let asks = tokens
        .iter()
        .enumerate()
        .find(|(at, token)| token.named("csp") && tokens.get(at + 1).is_some_and(|next| next.is(":")));
    if let Some((_, token)) = asks {
        let place = Place::new(path, token.line);
        settings.headers.push(HeaderSetting::site(Layer::SvelteKit, place, Header::Csp.name(), Text::Dynamic));
    }
}

/// Whether `app` calls this middleware: `app.use(helmet())`, `app.use(helmet.frameguard())`. Gives the token of its name.
pub fn used(tokens: &[Token], name: &str) -> Vec<usize> {
    let uses = |at: usize| {
        // Between `.use(` and the name there may be a path and other middleware.
        let mut open = 0_usize;
        for back in (at.saturating_sub(60)..at).rev() {
            let Some(token) = tokens.get(back) else { break };
            if token.kind != Kind::Mark {
                continue;
            }
            match token.text.as_str() {
                ")" | "]" | "}" => open += 1,
                "(" | "[" | "{" if open > 0 => open -= 1,
                "(" => {
                    let called = back.checked_sub(1).and_then(|before| tokens.get(before));
                    return called.is_some_and(|called| matches!(called.text.as_str(), "use" | "register" | "addHook"));
                }
                ";" if open == 0 => return false,
                _ => {}
            }
        }
        false
    };
    tokens.iter().enumerate().filter(|(at, token)| token.named(name) && uses(*at)).map(|(at, _)| at).collect()
}

/// The first argument of a call of the name at token `at`.
pub fn argument(tokens: &[Token], at: usize) -> Option<Value> {
    if !tokens.get(at + 1)?.is("(") {
        return None;
    }
    if tokens.get(at + 2)?.is(")") {
        return Some(Value::Object { fields: Vec::new(), whole: true });
    }
    Some(Reader::new(tokens, at + 2).value())
}

/// The value of a header that a call gives it: `setHeader("X-Frame-Options", "DENY")`.
pub fn given<'a>(tokens: &'a [Token], call: &'a str) -> impl Iterator<Item = (usize, Vec<Value>)> + 'a {
    calls(tokens, call)
}

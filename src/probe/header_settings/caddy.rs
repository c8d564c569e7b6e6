//! Caddy: the `header` directive in its forms (<https://caddyserver.com/docs/caddyfile/directives/header>). Caddy leads
//! plain HTTP to HTTPS by itself.

use super::model::{Header, HeaderSetting, Layer, Place, Scope, Settings, Text};
use super::sources::{Sources, name_of};

/// A line of a Caddyfile.
struct Line {
    words: Vec<String>,
    number: u32,
    /// How many braces are open before it.
    depth: usize,
}

/// Whether a file is one of Caddy's.
pub fn is_caddyfile(path: &str) -> bool {
    let name = name_of(path).to_ascii_lowercase();
    !["example", "sample", "dist", "template"].iter().any(|end| name.ends_with(end))
        && (name.starts_with("caddyfile") || name.ends_with(".caddy") || name.ends_with(".caddyfile"))
        && !crate::probe::repository::is_for_development(path)
}

/// Reads every Caddyfile.
pub fn read(sources: &Sources, settings: &mut Settings) {
    for (path, text) in sources.all().filter(|(path, _)| is_caddyfile(path)) {
        let lines = lines(text);
        // A snippet counts where a site imports it.
        let mut site = true;
        let mut at = 0;
        let mut open: Option<(usize, Scope)> = None;
        while let Some(line) = lines.get(at) {
            at += 1;
            let first = line.words.first().map_or("", String::as_str);
            if line.depth == 0 {
                let snippet = first.strip_prefix('(').and_then(|name| name.split(')').next());
                site = snippet.is_none_or(|name| {
                    lines.iter().any(|other| matches!(other.words.as_slice(), [word, named, ..] if word == "import" && named == name))
                });
                if site
                    && snippet.is_none()
                    && line.words.iter().any(|word| word.starts_with("http://") || word.starts_with(":80"))
                {
                    settings.unclear.push((
                        Some(Header::Hsts),
                        format!(
                            "the site in {path}:{} speaks plain HTTP; what stands before it may send it",
                            line.number
                        ),
                    ));
                }
            }
            if let Some((depth, scope)) = &open {
                if line.depth <= *depth {
                    open = None;
                } else {
                    operation(&line.words, scope, path, line.number, settings);
                    continue;
                }
            }
            if first != "header" || !site {
                continue;
            }
            let block = line.words.last().is_some_and(|word| word == "{");
            let mut words: Vec<String> = line.words.iter().skip(1).filter(|word| *word != "{").cloned().collect();
            let matcher =
                words.first().filter(|word| word.starts_with('/') || word.starts_with('@') || *word == "*").cloned();
            if matcher.is_some() {
                words.remove(0);
            }
            let inside = inside_a_path(&lines, at - 1);
            let scope = match matcher.as_deref() {
                None | Some("*" | "/*") => inside.map_or(Scope::Site, Scope::Path),
                Some(other) => Scope::Path(other.to_owned()),
            };
            if block {
                open = Some((line.depth, scope));
            } else {
                operation(&words, &scope, path, line.number, settings);
            }
        }
    }
}

/// One field of a `header` directive: set, added, or set unless there already; taken away or replaced is not set.
fn operation(words: &[String], scope: &Scope, path: &str, number: u32, settings: &mut Settings) {
    let [name, value, rest @ ..] = words else { return };
    let name = name.trim_start_matches(['+', '?', '>']);
    if name.starts_with('-') || !rest.is_empty() {
        return;
    }
    let value = if value.contains('{') { Text::Dynamic } else { Text::from(value.as_str()) };
    settings.headers.push(HeaderSetting {
        name: name.to_owned(),
        value,
        place: Some(Place::new(path, number)),
        scope: scope.clone(),
        layer: Layer::Caddy,
    });
}

/// The path that a `handle`, `route` or `@matcher` around line `at` is for.
fn inside_a_path(lines: &[Line], at: usize) -> Option<String> {
    let mut depth = lines.get(at)?.depth;
    for line in lines.get(..at)?.iter().rev() {
        if line.depth < depth {
            depth = line.depth;
            if let [word, path, ..] = line.words.as_slice()
                && matches!(word.as_str(), "handle" | "handle_path" | "route" | "handle_errors")
                && path != "{"
                && path != "/*"
            {
                return Some(path.clone());
            }
            // Headers for answers of another server only.
            if line.words.first().is_some_and(|word| word == "reverse_proxy" || word == "handle_errors") {
                return Some(line.words.join(" "));
            }
        }
    }
    None
}

fn lines(text: &str) -> Vec<Line> {
    let mut depth = 0_usize;
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1_u32..) {
        let words = words(line);
        let closes = words.first().is_some_and(|word| word == "}");
        if closes {
            depth = depth.saturating_sub(1);
        }
        let opens = words.last().is_some_and(|word| word == "{");
        if !words.is_empty() && !closes {
            found.push(Line { words, number, depth });
        }
        depth += usize::from(opens);
    }
    found
}

fn words(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        if c == '#' {
            break;
        }
        let mut word = String::new();
        if c == '"' || c == '`' {
            while let Some(inner) = chars.next() {
                if inner == c {
                    break;
                }
                if inner == '\\' && c == '"' && chars.peek() == Some(&'"') {
                    continue;
                }
                word.push(inner);
            }
        } else {
            word.push(c);
            while let Some(next) = chars.next_if(|c| !c.is_whitespace()) {
                word.push(next);
            }
        }
        found.push(word);
    }
    found
}

/// The line of the first site block of the first Caddyfile, after the global options and snippets.
pub fn serving(sources: &Sources) -> Option<Place> {
    sources.all().filter(|(path, _)| is_caddyfile(path)).find_map(|(path, text)| {
        let site = |line: &&Line| {
            line.depth == 0
                && line.words.last().is_some_and(|word| word == "{")
                && line.words.first().is_some_and(|word| word != "{" && !word.starts_with('('))
        };
        let lines = lines(text);
        let found = lines.iter().find(site)?;
        Some(Place::new(path, found.number))
    })
}

/// The first line with this directive in a Caddyfile.
pub fn directive(sources: &Sources, name: &str) -> Option<Place> {
    sources.all().filter(|(path, _)| is_caddyfile(path)).find_map(|(path, text)| {
        let found = lines(text).into_iter().find(|line| line.words.first().is_some_and(|word| word == name))?;
        Some(Place::new(path, found.number))
    })
}

//! Apache: `Header set` in `.htaccess` and in its own configuration
//! (<https://httpd.apache.org/docs/current/mod/mod_headers.html>).

use super::model::{HeaderSetting, Layer, Place, Scope, Settings, Text};
use super::sources::{Sources, folder_of, name_of};

/// Whether a file is one of Apache's that speaks for the site.
pub fn is_apache(path: &str) -> bool {
    let name = name_of(path).to_ascii_lowercase();
    let folder = folder_of(path).trim_end_matches('/');
    let site = name == ".htaccess"
        && (folder.is_empty()
            || matches!(
                name_of(folder),
                "public" | "public_html" | "htdocs" | "www" | "web" | "webroot" | "dist" | "static"
            ));
    let own = (name.starts_with("httpd")
        || name.starts_with("apache")
        || name.starts_with("000-default")
        || path.contains("apache"))
        && name.ends_with(".conf");
    (site || own) && !crate::probe::repository::is_for_development(path)
}

/// Reads them.
pub fn read(sources: &Sources, settings: &mut Settings) {
    for (path, text) in sources.all().filter(|(path, _)| is_apache(path)) {
        // The sections around a line; `<IfModule>` changes nothing where the module is there.
        let mut around: Vec<String> = Vec::new();
        for (line, number) in text.lines().zip(1_u32..) {
            let line = line.trim();
            if let Some(section) = line.strip_prefix('<') {
                if section.starts_with('/') {
                    around.pop();
                } else if around.len() < 50 {
                    around.push(section.trim_end_matches('>').to_owned());
                }
                continue;
            }
            let mut words = words(line).into_iter();
            if !words.next().is_some_and(|word| word.eq_ignore_ascii_case("Header")) {
                continue;
            }
            let mut words: Vec<String> = words.collect();
            if words.first().is_some_and(|word| matches!(word.to_ascii_lowercase().as_str(), "always" | "onsuccess")) {
                words.remove(0);
            }
            let [action, name, value, rest @ ..] = words.as_slice() else { continue };
            if !matches!(action.to_ascii_lowercase().as_str(), "set" | "append" | "merge" | "add" | "setifempty") {
                continue;
            }
            let part = around.iter().find(|section| {
                let word = section.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
                matches!(
                    word.as_str(),
                    "files" | "filesmatch" | "location" | "locationmatch" | "directorymatch" | "if" | "elseif" | "else"
                ) && !section.ends_with(" /")
            });
            let scope = match (part, rest.first()) {
                (Some(section), _) => Scope::Path(section.clone()),
                (None, Some(condition)) if condition.starts_with("env=") || condition.starts_with("expr=") => {
                    Scope::Unclear
                }
                (None, _) => Scope::Site,
            };
            let value = if value.contains("%{") { Text::Dynamic } else { Text::from(value.as_str()) };
            settings.headers.push(HeaderSetting {
                name: name.trim_end_matches(':').to_owned(),
                value,
                place: Some(Place::new(path, number)),
                scope,
                layer: Layer::Apache,
            });
        }
    }
}

fn words(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        if c == '#' && found.is_empty() {
            break;
        }
        let mut word = String::new();
        if c == '"' || c == '\'' {
            while let Some(inner) = chars.next() {
                if inner == c {
                    break;
                }
                match inner {
                    '\\' => word.extend(chars.next()),
                    inner => word.push(inner),
                }
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

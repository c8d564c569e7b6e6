//! Debug modes that files for production switch on: `.env.production`, images, hosts' files, Spring's settings.

use crate::model::{Confidence, Severity};
use crate::probe::repository::{Dockerfile, is_for_development};
use crate::probe::source::plain_files::PlainFile;
use crate::probe::source::rules::Hit;

/// What to do about it.
const FIX: &str = "Switch it off in every file that production reads, and keep the value for development in a file of its own, such as `.env.development`.";

/// Looks at one file that is no code.
pub(in crate::probe::source::rules) fn check(file: &PlainFile, hits: &mut Vec<Hit>) {
    let name = file.name().to_ascii_lowercase();
    if is_for_development(&file.path) {
        return;
    }
    let before = hits.len();
    if name.starts_with("application") && !name.ends_with(".json") {
        spring(file, &name, hits);
    } else if Dockerfile::is_one(&file.path) {
        // What an earlier stage sets is gone in the last one.
        let last =
            Dockerfile::new(&file.path, file.text.as_str().into()).all("FROM").last().map_or(0, |(_, line)| line);
        variables(file, last, hits);
    } else if is_of_host(&name) {
        variables(file, 0, hits);
    }
    for hit in hits.iter_mut().skip(before) {
        hit.fix = Some(FIX.to_owned());
    }
}

/// Files with the variables that production runs with.
fn is_of_host(name: &str) -> bool {
    name.starts_with(".env")
        || matches!(name, "fly.toml" | "render.yaml" | "vercel.json" | "app.yaml" | "railway.toml" | "railway.json")
        || ((name.starts_with("docker-compose") || name.starts_with("compose.")) && name.contains("prod"))
}

/// What a variable switches on with this value.
fn switches_on(name: &str, value: &str) -> Option<&'static str> {
    let lower = value.to_ascii_lowercase();
    let on = matches!(&*lower, "true" | "1" | "yes" | "on");
    let development = matches!(&*lower, "development" | "dev" | "local");
    match name {
        "APP_DEBUG" if on => {
            Some("Laravel and Symfony show the code, the variables and the settings of a failing page")
        }
        "APP_ENV" if development => Some("the app runs as it does for its developers"),
        "FLASK_DEBUG" if on => Some("Flask's debugger runs any code it is sent"),
        "FLASK_ENV" if development => Some("Flask's debugger runs any code it is sent"),
        "DJANGO_DEBUG" | "DEBUG" if matches!(&*lower, "true" | "1" | "yes" | "on") => {
            Some("pages of errors show the code and the settings")
        }
        "WP_DEBUG_DISPLAY" if on => Some("WordPress writes its errors into the pages"),
        "NODE_ENV" | "RAILS_ENV" | "RACK_ENV" if development => {
            Some("frameworks show stack traces and leave out what makes them fast")
        }
        _ => None,
    }
}

/// `NAME=value`, `NAME: value`, `"NAME": "value"`, `ENV NAME value`, `- key: NAME` with its value on the next line; those
/// of lines after `after`.
fn variables(file: &PlainFile, after: u32, hits: &mut Vec<Hit>) {
    let mut key: Option<&str> = None;
    for (number, (start, line)) in (1_u32..).zip(file.lines()) {
        let bare = line.trim().trim_end_matches('\\').trim_end();
        if number < after || bare.starts_with(['#', '/']) {
            continue;
        }
        let bare = bare.strip_prefix("ENV ").or_else(|| bare.strip_prefix("export ")).unwrap_or(bare);
        let bare = bare.trim_start_matches(['-', ' ']);
        let bare = bare.split(" #").next().unwrap_or(bare);
        let clean = |text: &'_ str| -> String { text.trim().trim_matches(['"', '\'', ',', '{', '}', ' ']).to_owned() };
        let pairs: Vec<(String, String)> = if let Some(rest) = bare.strip_prefix("key:") {
            key = Some(rest.trim());
            Vec::new()
        } else if let (Some(rest), Some(name)) = (bare.strip_prefix("value:"), key.take()) {
            vec![(clean(name), clean(rest))]
        } else if bare.split(' ').filter(|word| word.contains('=')).count() > 1 {
            bare.split(' ').filter_map(|word| word.split_once('=')).map(|(n, v)| (clean(n), clean(v))).collect()
        } else {
            let pair = bare.split_once(['=', ':']).or_else(|| bare.split_once(' '));
            pair.map(|(name, value)| (clean(name), clean(value))).into_iter().collect()
        };
        for (name, value) in pairs {
            let Some(what) = switches_on(&name, &value) else { continue };
            let indent = line.len() - line.trim_start().len();
            let place = file.place(start + indent, start + line.trim_end().len());
            let hit = Hit::new(place, format!("Production runs with `{name}={value}`: {what}"));
            // `DEBUG=1` is a logger's for some.
            let vague = matches!(&*name, "DEBUG" | "NODE_ENV" | "APP_ENV" | "RACK_ENV");
            hits.push(if vague { hit.confidence(Confidence::Medium) } else { hit });
        }
    }
}

/// Settings of Spring Boot, of all profiles or of the one for production.
fn spring(file: &PlainFile, name: &str, hits: &mut Vec<Hit>) {
    let profile = name.trim_start_matches("application").trim_start_matches(['-', '_']);
    let for_production = profile.starts_with("prod");
    if !(for_production || profile.starts_with('.')) {
        return;
    }
    for (key, value, start, end) in settings(file, name) {
        let value = value.trim().trim_matches(['"', '\'']);
        let (message, hit_severity) = match (&*key, value) {
            ("server.error.include-stacktrace", "always") => ("Spring sends stack traces to users", None),
            ("spring.devtools.remote.secret", secret) if !secret.is_empty() => {
                ("Spring's developer tools take new code from whoever knows this secret", None)
            }
            ("spring.h2.console.settings.web-allow-others", "true") => {
                ("The H2 console answers everybody, and runs any SQL", None)
            }
            ("management.endpoints.web.exposure.include" | "management.endpoints.web.expose", "*") => (
                "Every endpoint of Spring's actuator is exposed, the dump of the app's memory with its secrets too",
                Some(Confidence::Medium),
            ),
            _ => continue,
        };
        let hit = Hit::new(file.place(start, end), message).severity(Severity::Major);
        hits.push(match hit_severity {
            Some(confidence) => hit.confidence(confidence),
            None => hit,
        });
    }
}

/// The settings of a `.properties` or `.yml` file with their whole names and places; those of a YAML document for a
/// profile other than production's are left out.
pub(in crate::probe::source::rules) fn settings(file: &PlainFile, name: &str) -> Vec<(String, String, usize, usize)> {
    let mut found = Vec::new();
    if name.ends_with(".properties") {
        for (start, line) in file.lines().filter(|(_, line)| !line.trim_start().starts_with('#')) {
            if let Some((key, value)) = line.split_once('=') {
                found.push((key.trim().to_owned(), value.to_owned(), start, start + line.trim_end().len()));
            }
        }
        return found;
    }
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut first_of_document = 0;
    let mut left_out = false;
    for (start, line) in file.lines() {
        if line.starts_with("---") {
            if left_out {
                found.truncate(first_of_document);
            }
            (first_of_document, left_out) = (found.len(), false);
            open.clear();
            continue;
        }
        let bare = line.trim();
        let Some((key, value)) = bare.split_once(':').filter(|_| !bare.starts_with(['#', '-'])) else { continue };
        let indent = line.len() - line.trim_start().len();
        open.retain(|(at, _)| *at < indent);
        let mut path: Vec<&str> = open.iter().map(|(_, name)| name.as_str()).collect();
        path.push(key);
        let path = path.join(".");
        let value = value.split(" #").next().unwrap_or(value).trim();
        if value.is_empty() {
            open.push((indent, key.to_owned()));
        } else {
            left_out |=
                matches!(&*path, "spring.profiles" | "spring.config.activate.on-profile") && !value.contains("prod");
            found.push((path, value.to_owned(), start + indent, start + line.trim_end().len()));
        }
    }
    if left_out {
        found.truncate(first_of_document);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_production_runs_with_is_read_in_each_form() {
        let none: [u32; 0] = [];
        let seen = |path: &str, text: &str| {
            let mut hits = Vec::new();
            check(&PlainFile { path: path.to_owned(), text: text.to_owned() }, &mut hits);
            hits.iter().map(|hit| hit.place.span.line).collect::<Vec<_>>()
        };
        assert_eq!(seen("fly.toml", "[env]\n  NODE_ENV = \"development\"\n"), [2]);
        assert_eq!(seen("vercel.json", "{\n  \"env\": {\n    \"APP_DEBUG\": \"true\"\n  }\n}\n"), [3]);
        assert_eq!(seen("render.yaml", "  - key: APP_DEBUG\n    value: 'false'\n"), none);
        assert_eq!(seen("Dockerfile", "FROM a\nENV A=1 FLASK_DEBUG=1 \\\n  B=2\n"), [2]);
        assert_eq!(seen("Dockerfile", "FROM a\nENV FLASK_ENV development\n"), [2]);
        assert_eq!(seen("src/main/resources/application.properties", "server.error.include-stacktrace=always\n"), [1]);
        assert_eq!(
            seen("src/main/resources/application-test.properties", "server.error.include-stacktrace=always\n"),
            none
        );
        assert_eq!(seen("docker-compose.yml", "      NODE_ENV: development\n"), none);
    }
}

//! Health endpoints: that there is one, and what it tells besides.

use serde_json::Value;

use super::{Answer, Found, few, is_markup, json};
use crate::model::Severity::{Major, Minor};
use crate::probe::secrets::{assignment, keys};

/// What healthy apps answer with, as a whole body.
const WORDS: [&str; 12] =
    ["ok", "okay", "healthy", "up", "pass", "passing", "alive", "ready", "live", "pong", "good", "running"];

/// A health endpoint: a short text of one such word, JSON that says so, or Rails' green page.
pub fn health(answer: &Answer) -> Option<Found> {
    if !answer.is_success() {
        return None;
    }
    if let Some(object) = json(answer) {
        return health_json(&object);
    }
    let text = answer.text.trim();
    if is_markup(text) {
        // Rails 7.1 and later, `rails/health#show`.
        let green = text.contains("background-color: green") && text.len() < 300;
        return green.then(|| Found::new(None, "a health endpoint"));
    }
    let word = text.trim_matches(['"', '.', '!']).to_ascii_lowercase();
    WORDS.contains(&word.as_str()).then(|| Found::new(None, "a health endpoint"))
}

fn health_json(object: &serde_json::Map<String, Value>) -> Option<Found> {
    let says = ["status", "state", "health", "ok", "healthy", "alive", "live", "ready", "success", "message"]
        .iter()
        .any(|name| match object.get(*name) {
            Some(Value::Bool(true)) => true,
            Some(Value::String(word)) => WORDS.contains(&word.to_ascii_lowercase().as_str()),
            _ => false,
        });
    if !says {
        return None;
    }
    let mut secret = Vec::new();
    let mut telling = Vec::new();
    look("", &Value::Object(object.clone()), 0, &mut secret, &mut telling);
    Some(if !secret.is_empty() {
        Found::new(Major, "a health endpoint that tells secrets").detail(format!("secrets: {}", few(&secret, 6)))
    } else if !telling.is_empty() {
        Found::new(Minor, "a health endpoint that tells more than it needs")
            .detail(format!("it tells: {}", few(&telling, 6)))
    } else {
        Found::new(None, "a health endpoint")
    })
}

/// Collects what strangers can use: keys, and names of hosts and versions of what the app is built on.
fn look(name: &str, value: &Value, depth: usize, secret: &mut Vec<String>, telling: &mut Vec<String>) {
    if depth > 6 || secret.len() + telling.len() >= 50 {
        return;
    }
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(name, value)| look(name, value, depth + 1, secret, telling));
        }
        Value::Array(list) => list.iter().for_each(|value| look(name, value, depth + 1, secret, telling)),
        Value::String(text) => {
            if !keys::find(text).is_empty() || assignment::judge(name, text).is_some() {
                secret.push(name.to_owned());
                return;
            }
            let lower = name.to_ascii_lowercase();
            // The app's own version helps its owner; those of what lies beneath help attackers.
            let named = [
                "node_version",
                "nodeversion",
                "node",
                "php",
                "python",
                "php_version",
                "python_version",
                "postgres",
                "redis",
                "database_version",
                "os",
                "platform",
                "kernel",
                "hostname",
                "host",
            ];
            let inside = text.contains("://") && !text.starts_with("http");
            if inside
                || named.contains(&lower.as_str())
                    && (text.contains(|c: char| c.is_ascii_digit()) || lower.contains("host"))
            {
                telling.push(name.to_owned());
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: &str, body: &str) -> Option<Found> {
        health(&Answer::with("/health", 200, kind, body.as_bytes()))
    }

    #[test]
    fn a_health_endpoint_says_that_all_is_well_and_little_else() {
        for (kind, body) in [
            ("text/plain", "OK\n"),
            ("application/json", "{\"status\":\"ok\",\"uptime\":3,\"version\":\"1.2.0\"}"),
            ("application/json", "{\"status\":\"UP\",\"components\":{\"db\":{\"status\":\"UP\"}}}"),
            ("application/json", "{\"ok\":true}"),
            ("text/html", "<!DOCTYPE html><html><body style=\"background-color: green\"></body></html>"),
            ("text/html", "ok"),
        ] {
            assert_eq!(of(kind, body).map(|found| found.severity), Some(None), "{body}");
        }
        for (kind, body) in [
            ("text/html", "<!doctype html><html><body><h1>Health</h1>Our health advice</body></html>"),
            ("application/json", "{\"error\":\"not found\",\"status\":404}"),
            ("application/json", "{\"status\":\"error\"}"),
            ("text/plain", "Not found"),
            ("text/plain", ""),
        ] {
            assert_eq!(of(kind, body), None, "{body}");
        }
        assert_eq!(health(&Answer::with("/up", 503, "text/plain", b"ok")), None);
    }

    #[test]
    fn one_that_tells_too_much_is_a_finding() {
        let password = ["h7Kd", "92mQpaZr81x"].concat();
        let found = of(
            "application/json",
            &format!("{{\"status\":\"ok\",\"db\":\"postgres://shop:{password}@db.acme.io/shop\"}}"),
        )
        .unwrap();
        assert_eq!((found.severity, found.details.as_slice()), (Some(Major), &["secrets: db".to_owned()][..]));
        let found =
            of("application/json", "{\"status\":\"ok\",\"system\":{\"node\":\"v22.1.0\",\"hostname\":\"shop-7f\"}}")
                .unwrap();
        assert_eq!(found.severity, Some(Minor));
    }
}

//! Where the project's cookies get their flags, and the lines that set them right.

use super::django;
use super::model::{Layer, Lines, Place, Settings};
use super::rails;
use super::sources::{Sources, line_of};
use super::tokens::Token;
use super::values::{Value, calls};

/// A place that decides about the flags of a cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookiePlace {
    /// What sets the cookie.
    pub layer: Layer,
    /// Where.
    pub place: Place,
    /// The cookie's name where it is known; `None` for the session's.
    pub name: Option<String>,
    /// The lines to write there.
    pub lines: Lines,
}

/// Reads them.
pub fn read(sources: &Sources, settings: &mut Settings) {
    django(sources, settings);
    express(sources, settings);
    rails(sources, settings);
    for (path, text) in sources.all().filter(|(path, _)| path.ends_with("config/session.php")) {
        let line = line_of(text, "'secure'");
        let lines = "'secure' => env('SESSION_SECURE_COOKIE', true),\n'http_only' => true,\n'same_site' => 'lax',";
        add(
            settings,
            Layer::Laravel,
            Place::new(path, line),
            None,
            "in the list of settings, in place of the lines of the same names",
            lines,
        );
    }
}

fn add(settings: &mut Settings, layer: Layer, place: Place, name: Option<&str>, at: &str, lines: &str) {
    let lines = Lines { path: place.path.clone(), at: at.to_owned(), text: lines.to_owned(), line: Some(place.line) };
    settings.cookies.push(CookiePlace { layer, place, name: name.map(str::to_owned), lines });
}

fn django(sources: &Sources, settings: &mut Settings) {
    let files = django::files(sources);
    let Some(last) = files.first() else { return };
    for (prefix, name, lines) in [
        (
            "SESSION_COOKIE",
            "sessionid",
            "SESSION_COOKIE_SECURE = True\nSESSION_COOKIE_HTTPONLY = True\nSESSION_COOKIE_SAMESITE = \"Lax\"",
        ),
        ("CSRF_COOKIE", "csrftoken", "CSRF_COOKIE_SECURE = True\nCSRF_COOKIE_SAMESITE = \"Lax\""),
    ] {
        let set = ["SECURE", "HTTPONLY", "SAMESITE"]
            .iter()
            .find_map(|flag| django::setting(&files, &format!("{prefix}_{flag}")));
        let place = set.map_or_else(|| Place::new(last.path, 1), |(_, place)| place);
        let name = match django::setting(&files, &format!("{prefix}_NAME")) {
            Some((Value::Text(name), _)) => name,
            _ => name.to_owned(),
        };
        add(settings, Layer::Django, place, Some(&name), "at the end of the file", lines);
    }
}

/// express-session and cookie-session.
fn express(sources: &Sources, settings: &mut Settings) {
    for (path, tokens) in sources.code(|path| !crate::probe::repository::is_for_development(path)) {
        let imported = |module: &str| tokens.iter().any(|token: &Token| token.text == module);
        let (sessions, plain) = (imported("express-session"), imported("cookie-session"));
        if !sessions && !plain {
            continue;
        }
        for call in ["session", "expressSession", "cookieSession"] {
            for (at, arguments) in calls(tokens, call) {
                let Some(options @ Value::Object { .. }) = arguments.first() else { continue };
                let line = tokens.get(at).map_or(1, |token| token.line);
                let name = options.get("name").and_then(Value::text).unwrap_or(if sessions {
                    "connect.sid"
                } else {
                    "session"
                });
                let (at, lines) = if sessions {
                    (
                        "among the options of `session(…)`; the proxy before the app must be trusted with `app.set(\"trust proxy\", 1)`",
                        "cookie: { httpOnly: true, secure: true, sameSite: \"lax\" },",
                    )
                } else {
                    ("among the options of `cookieSession(…)`", "httpOnly: true,\nsecure: true,\nsameSite: \"lax\",")
                };
                add(settings, Layer::Express, Place::new(path, line), Some(name), at, lines);
            }
        }
    }
}

fn rails(sources: &Sources, settings: &mut Settings) {
    for folder in rails::apps(sources) {
        let stores = sources.code(|path| path.starts_with(folder) && path.ends_with(".rb"));
        let store = stores
            .filter_map(|(path, tokens)| Some((path, tokens.iter().find(|token| token.named("session_store"))?.line)))
            .next();
        let (place, at) = match store {
            Some((path, line)) => (Place::new(path, line), "in place of the line that sets `session_store`"),
            None => (Place::new(&format!("{folder}config/initializers/session_store.rb"), 1), "as a new file"),
        };
        let lines = "Rails.application.config.session_store :cookie_store, secure: Rails.env.production?, httponly: true, same_site: :lax";
        add(settings, Layer::Rails, place, None, at, lines);
    }
}

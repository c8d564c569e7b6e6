//! Django: `SECURE_*`, `X_FRAME_OPTIONS` and the middleware that reads them, over the layers that settings stand in
//! (<https://docs.djangoproject.com/en/stable/ref/middleware/#module-django.middleware.security>).

use super::model::{Header, HeaderSetting, Layer, Place, REPORT_ONLY, Scope, Settings, Text};
use super::sources::{Sources, name_of};
use super::tokens::Token;
use super::values::{Value, assigned};

/// The middleware that sends most of them.
pub const SECURITY: &str = "django.middleware.security.SecurityMiddleware";
/// The middleware that sends `X-Frame-Options`.
const FRAMING: &str = "django.middleware.clickjacking.XFrameOptionsMiddleware";

/// Words of settings that are not those of production.
const NOT_PRODUCTION: [&str; 8] = ["dev", "develop", "development", "local", "test", "testing", "ci", "example"];
/// Words of settings that build on others and have the last word.
const LAST: [&str; 6] = ["prod", "production", "live", "deploy", "heroku", "staging"];

/// A file of settings.
pub struct SettingsFile<'a> {
    /// Its path.
    pub path: &'a str,
    /// Its tokens.
    pub tokens: &'a [Token],
}

/// The files of settings that production may use, those that have the last word first.
pub fn files(sources: &Sources) -> Vec<SettingsFile<'_>> {
    let is_settings = |path: &str| {
        let name = name_of(path);
        let in_folder = path.rsplit('/').nth(1).is_some_and(|folder| folder == "settings" || folder == "config");
        path.ends_with(".py")
            && !path.contains("migrations/")
            && (name.starts_with("settings") || in_folder || name.ends_with("_settings.py"))
    };
    let words = |path: &str| -> Vec<String> {
        name_of(path).trim_end_matches(".py").split('_').map(str::to_ascii_lowercase).collect()
    };
    let mut found: Vec<SettingsFile<'_>> = sources
        .code(is_settings)
        .filter(|(path, _)| !words(path).iter().any(|word| NOT_PRODUCTION.contains(&word.as_str())))
        .map(|(path, tokens)| SettingsFile { path, tokens })
        .collect();
    let is_django = found
        .iter()
        .any(|file| file.tokens.iter().any(|token| token.named("INSTALLED_APPS") || token.named("MIDDLEWARE")));
    if !is_django {
        return Vec::new();
    }
    let whole = |file: &SettingsFile<'_>| {
        file.tokens.iter().any(|token| token.named("MIDDLEWARE") || token.named("INSTALLED_APPS"))
    };
    found.sort_by_key(|file| (!words(file.path).iter().any(|word| LAST.contains(&word.as_str())), !whole(file)));
    found
}

/// The first layer that sets a name, with what it sets.
pub fn setting(files: &[SettingsFile<'_>], name: &str) -> Option<(Value, Place)> {
    files.iter().find_map(|file| {
        let (value, line) = assigned(file.tokens, name).into_iter().next_back()?;
        Some((value, Place::new(file.path, line)))
    })
}

/// Reads the project's settings.
pub fn read(sources: &Sources, settings: &mut Settings) {
    let files = files(sources);
    if files.is_empty() {
        return;
    }
    let middleware = |name: &str| {
        files.iter().find_map(|file| {
            let token = file.tokens.iter().find(|token| token.text == name)?;
            Some(Place::new(file.path, token.line))
        })
    };
    // A list that is put together elsewhere may hold the middleware.
    let listed = setting(&files, "MIDDLEWARE").or_else(|| setting(&files, "MIDDLEWARE_CLASSES"));
    let open = listed.as_ref().is_none_or(|(value, _)| !matches!(value, Value::List { whole: true, .. }));
    match middleware(SECURITY) {
        Some(place) => security(&files, &place, settings),
        None if open => {
            settings.unclear.push((None, "the list of middleware is put together while the app starts".to_owned()))
        }
        None => {
            if let Some((_, place)) = listed {
                let names = ["Strict-Transport-Security", "X-Content-Type-Options", "Referrer-Policy"];
                settings.faults.push(super::model::Fault {
                    place,
                    message: format!("`SecurityMiddleware` is not in MIDDLEWARE, so none of {} is sent and no `SECURE_` setting counts", names.join(", ")),
                    fix: format!("Put \"{SECURITY}\" first in MIDDLEWARE."),
                    grave: true,
                    about_headers: true,
                });
            }
        }
    }
    match middleware(FRAMING) {
        Some(place) => {
            let (value, place) = match setting(&files, "X_FRAME_OPTIONS") {
                None => (Text::from("DENY"), place),
                Some((Value::Text(text), place)) => (Text::Known(text), place),
                Some((_, place)) => (Text::Dynamic, place),
            };
            settings.headers.push(HeaderSetting::site(Layer::Django, place, Header::Framing.name(), value));
        }
        None if open => settings
            .unclear
            .push((Some(Header::Framing), "the list of middleware is put together while the app starts".to_owned())),
        None => {}
    }
    policies(&files, settings);
}

fn security(files: &[SettingsFile<'_>], place: &Place, settings: &mut Settings) {
    let mut add = |header: Header, value: Text, place: Place| {
        settings.headers.push(HeaderSetting::site(Layer::Django, place, header.name(), value))
    };
    match setting(files, "SECURE_CONTENT_TYPE_NOSNIFF") {
        None => add(Header::Nosniff, Text::from("nosniff"), place.clone()),
        Some((Value::Bool(true), place)) => add(Header::Nosniff, Text::from("nosniff"), place),
        Some((Value::Bool(false), _)) => {}
        Some((_, place)) => add(Header::Nosniff, Text::Dynamic, place),
    }
    match setting(files, "SECURE_REFERRER_POLICY") {
        None => add(Header::Referrer, Text::from("same-origin"), place.clone()),
        Some((Value::Text(policy), place)) => add(Header::Referrer, Text::Known(policy), place),
        Some((_, place)) => add(Header::Referrer, Text::Dynamic, place),
    }
    match setting(files, "SECURE_HSTS_SECONDS") {
        None | Some((Value::Number(0), _)) => {}
        Some((Value::Number(age), place)) => {
            let on = |name: &str| matches!(setting(files, name), Some((Value::Bool(true), _)));
            let subdomains = if on("SECURE_HSTS_INCLUDE_SUBDOMAINS") { "; includeSubDomains" } else { "" };
            let preload = if on("SECURE_HSTS_PRELOAD") { "; preload" } else { "" };
            add(Header::Hsts, Text::Known(format!("max-age={age}{subdomains}{preload}")), place);
        }
        Some((_, place)) => add(Header::Hsts, Text::Dynamic, place),
    }
}

/// Policies for scripts: Django's own since 6.0, and those of the package django-csp.
fn policies(files: &[SettingsFile<'_>], settings: &mut Settings) {
    for (name, header, middleware) in [
        ("SECURE_CSP", Header::Csp.name(), "ContentSecurityPolicyMiddleware"),
        ("SECURE_CSP_REPORT_ONLY", REPORT_ONLY, "ContentSecurityPolicyMiddleware"),
        ("CONTENT_SECURITY_POLICY", Header::Csp.name(), "CSPMiddleware"),
        ("CONTENT_SECURITY_POLICY_REPORT_ONLY", REPORT_ONLY, "CSPMiddleware"),
        ("CSP_DEFAULT_SRC", Header::Csp.name(), "CSPMiddleware"),
        ("CSP_SCRIPT_SRC", Header::Csp.name(), "CSPMiddleware"),
    ] {
        let listed = files.iter().any(|file| file.tokens.iter().any(|token| token.text.ends_with(middleware)));
        if let (Some((_, place)), true) = (setting(files, name), listed) {
            let set = HeaderSetting::site(Layer::Django, place, header, Text::Dynamic);
            settings.headers.push(set.scope(Scope::Site));
        }
    }
}

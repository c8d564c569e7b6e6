//! Cross-origin rules of PHP: headers sent by hand, and those of responses. Laravel's own file is read as text.

use super::{
    ALLOW_CREDENTIALS, ALLOW_ORIGIN, Header, WITH_CREDENTIALS, WITHOUT, asks_about_origin, header, judge, worse,
};
use crate::model::Confidence;
use crate::probe::source::code::{Call, Part, Value};
use crate::probe::source::facts::FileFacts;
use crate::probe::source::rules::Hit;

pub(super) fn check(file: &FileFacts, hits: &mut Vec<Hit>) {
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        let named =
            || call.argument(0).and_then(Value::text).is_some_and(|name| name.eq_ignore_ascii_case(ALLOW_ORIGIN));
        match call.method() {
            "header" if call.object().is_empty() => hits.extend(sent(file, call)),
            "header" | "set" | "withHeader" | "setHeader" | "add"
                if named() && !asks_about_origin(file, call.function) =>
            {
                header(file, call, hits);
            }
            // `->withHeaders([…])` is seen where headers are written out.
            _ => {}
        }
    }
}

/// `header('Access-Control-Allow-Origin: ' . $_SERVER['HTTP_ORIGIN'])`.
fn sent(file: &FileFacts, call: &Call) -> Option<Hit> {
    let line = call.argument(0)?;
    let (name, rest) = line.leading_text()?.split_once(':')?;
    if !name.trim().eq_ignore_ascii_case(ALLOW_ORIGIN) || asks_about_origin(file, call.function) {
        return None;
    }
    let credentials = file.calls.iter().filter(|other| other.function == call.function).any(|other| {
        let line = other.argument(0).and_then(Value::text).unwrap_or_default();
        line.split_once(':').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case(ALLOW_CREDENTIALS))
    });
    if let Value::Template(parts) = line {
        let [Part::Fixed(_), Part::Expression(_, value)] = parts.as_slice() else { return None };
        let mut found = Vec::new();
        judge(file, &Header { value, function: call.function, place: call.place, credentials }, &mut found);
        return found.pop();
    }
    (rest.trim() == "*").then(|| {
        if credentials {
            // A browser refuses this, so that nobody is hurt but those who sign in from elsewhere.
            Hit::new(call.place, super::BY_BROWSER)
        } else {
            Hit::new(call.place, WITHOUT).confidence(Confidence::Low)
        }
    })
}

/// Laravel's `config/cors.php`: the byte where the list of origins stands, and what is wrong with it.
pub(super) fn of_laravel(text: &str) -> Option<(usize, bool)> {
    let (mut any, mut credentials) = (None, false);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start();
        let start = at + (line.len() - bare.len());
        at += line.len();
        let Some((key, value)) = bare.split_once("=>") else { continue };
        let value = value.trim().trim_end_matches(',');
        match key.trim().trim_matches(['\'', '"']) {
            "allowed_origins" if value.contains("'*'") || value.contains("\"*\"") => any = Some(start),
            "allowed_origins_patterns" if value.contains("/.*/") || value.contains("#.*#") => any = Some(start),
            "supports_credentials" => credentials = value.eq_ignore_ascii_case("true"),
            _ => {}
        }
    }
    any.map(|at| (at, credentials))
}

/// The finding for it. Laravel sends back the origin that asks when credentials are allowed; without them its own
/// stub lets in everybody, which hurts few.
pub(super) fn laravel_hit(place: crate::probe::source::code::Place, credentials: bool) -> Hit {
    // Laravel's cookies stay at home unless its settings say otherwise.
    if credentials {
        worse(place, WITH_CREDENTIALS).confidence(Confidence::Medium)
    } else {
        Hit::new(place, WITHOUT).confidence(Confidence::Low)
    }
}

//! What came back for one path, cut down to what can be judged.

use std::sync::OnceLock;
use std::time::Duration;

use super::control::Words;
use crate::model::redact;
use crate::probe::secrets;
use crate::probe::web::errors::challenge;
use crate::probe::web::http::client::Exchange;

/// So much of a body is kept: enough to recognise what it is and to count what stands in it.
pub const KEPT: usize = 64 * 1024;

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// What was asked for, with its query: `/.env`.
    pub path: String,
    /// The status; `None` where nothing came back.
    pub status: Option<u16>,
    /// Why nothing came back, as the end of a sentence.
    pub trouble: Option<String>,
    /// The media type in lower case without parameters; empty where none was sent.
    pub kind: String,
    /// Where a redirect leads, without query values.
    pub location: Option<String>,
    /// The length as announced, or else as read.
    pub length: u64,
    /// Whether a check for bots answered in the site's place.
    pub challenge: bool,
    /// Whether the body did not arrive whole.
    pub cut: bool,
    /// The beginning of the body.
    pub bytes: Vec<u8>,
    /// The same as text; nothing where it is not text.
    pub text: String,
    /// Its words, once others were held against it.
    pub words: OnceLock<Words>,
}

impl Answer {
    /// Of an exchange about `path`.
    pub fn of(path: &str, exchange: Exchange) -> Self {
        let mut answer = Self { path: path.to_owned(), ..Self::default() };
        let response = match exchange.result {
            Ok(response) => response,
            Err(trouble) => return Self { trouble: Some(trouble.to_string()), ..answer },
        };
        answer.status = Some(response.status);
        let kind = response.headers.first("content-type").unwrap_or_default().to_ascii_lowercase();
        answer.kind = kind.split(';').next().unwrap_or_default().trim().to_owned();
        if response.is_redirect() {
            answer.location = response.headers.first("location").map(|to| shown(&to));
        }
        let announced = response.headers.first("content-length").and_then(|length| length.trim().parse().ok());
        answer.length = announced.unwrap_or(response.body.bytes.len() as u64);
        answer.challenge = challenge::is_response(&response);
        answer.cut = response.body.cut.is_some();
        answer.bytes = response.body.bytes;
        answer.bytes.truncate(KEPT);
        answer.bytes.shrink_to_fit();
        answer.text = text(&answer.bytes);
        answer
    }

    /// Of a request for `path` that was given up after `time`.
    pub fn late(path: &str, time: Duration) -> Self {
        let trouble = format!("it did not answer within {} s", time.as_secs());
        Self { path: path.to_owned(), trouble: Some(trouble), ..Self::default() }
    }

    /// An answer that says nothing but these bytes.
    pub fn given(bytes: &[u8]) -> Self {
        let bytes = bytes.get(..bytes.len().min(KEPT)).unwrap_or_default().to_vec();
        Self { status: Some(200), text: text(&bytes), length: bytes.len() as u64, bytes, ..Self::default() }
    }

    /// Whether the path is there and the server gave it away.
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether the body is a document for browsers, whatever its type says.
    pub fn is_html(&self) -> bool {
        self.kind.contains("html") || is_markup(&self.text)
    }
}

/// A place without its query and without a key in its path, so that no token in it is repeated.
fn shown(location: &str) -> String {
    let shown = if url::Url::parse(location).is_ok() {
        redact::url(location)
    } else {
        location.split(['?', '#']).next().unwrap_or_default().to_owned()
    };
    secrets::redact::text(&shown).chars().take(300).collect()
}

/// Bytes as text; empty where they are something else. The last character may have been cut in two.
fn text(bytes: &[u8]) -> String {
    if bytes.contains(&0) {
        return String::new();
    }
    String::from_utf8_lossy(bytes).trim_start_matches('\u{feff}').to_owned()
}

/// Whether a text is HTML: what begins like it, or holds the elements that no other kind of file has.
pub fn is_markup(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(1024).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype")
        || start.starts_with("<html")
        || ["<html", "<head>", "<body", "<div", "<script", "</p>", "</h1>", "<br"].iter().any(|tag| start.contains(tag))
}

#[cfg(test)]
impl Answer {
    /// An answer for a test.
    pub fn with(path: &str, status: u16, kind: &str, body: &[u8]) -> Self {
        Self {
            path: path.to_owned(),
            status: Some(status),
            kind: kind.to_owned(),
            length: body.len() as u64,
            bytes: body.to_vec(),
            text: text(body),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_redirect_leads_is_shown_without_keys() {
        let word = "q7Zt2LmX9vRb4KpN8sWdT3yH";
        let key = format!("{}{word}", ["sk_", "live_"].concat());
        for to in [format!("/app/{key}/home?session={word}"), format!("https://shop.example.com/app/{key}?a={word}")] {
            let shown = shown(&to);
            assert!(shown.contains("/app/") && !shown.contains(&word[4..]), "{shown}");
        }
        assert_eq!(shown("/login?next=/x"), "/login");
    }
}

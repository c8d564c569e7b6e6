//! Which part of an address decides on the host: what stands behind `https://host/` or `/orders/` does not.

use crate::probe::source::code::{Call, Part, Value};
use crate::probe::source::facts::FileFacts;

/// Whether what begins like this stays on the same host: `/orders/…`, `https://api.example.com/…`, `?page=…`,
/// `orders/view/…`.
#[must_use]
pub fn stays(text: &str) -> bool {
    let text = address_of(text);
    let relative = text.starts_with('/') && text.len() > 1 && !text.starts_with("//") && !text.starts_with("/\\");
    let host = text.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?', '#']) && !rest.starts_with('/'));
    let below = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && text.contains(['/', '?', '#'])
        && !text.contains(':');
    relative || host || below || text.starts_with(['?', '#']) || text.starts_with("./")
}

/// The address in PHP's `header("Location: /orders")` and in Spring's `redirect:/orders`.
fn address_of(text: &str) -> &str {
    ["location:", "redirect:"]
        .iter()
        .find_map(|start| {
            let begins = text.get(..start.len())?.eq_ignore_ascii_case(start);
            begins.then(|| text.get(start.len()..))?
        })
        .map_or(text, str::trim_start)
}

/// The parts of a text that decide which host it names as an address.
pub(super) fn deciding(parts: &[Part]) -> &[Part] {
    for (place, part) in parts.iter().enumerate() {
        let Part::Fixed(text) = part else { continue };
        let ends = if place == 0 { stays(text) } else { text.starts_with(['/', '?', '#']) };
        if ends {
            return parts.get(..place).unwrap_or(parts);
        }
    }
    parts
}

/// Whether an address may be given another value here without another host: `url.pathname`.
pub(super) fn is_behind_host(field: &str) -> bool {
    matches!(field, "pathname" | "search" | "hash" | "searchParams")
}

/// `location.href.split("#")[0]`: the page's own address up to there.
pub(super) fn is_own_page(file: &FileFacts, value: &Value, key: &Value) -> bool {
    let Value::Call(id) = value else { return false };
    let Some(call) = file.call(*id) else { return false };
    *key == Value::Number("0".into()) && call.method() == "split" && cuts_behind(call) && is_page(call.object())
}

fn cuts_behind(call: &Call) -> bool {
    matches!(call.argument(0).and_then(Value::text), Some("#" | "?"))
}

fn is_page(path: &str) -> bool {
    matches!(
        path,
        "location.href" | "window.location.href" | "document.location.href" | "document.URL" | "self.location.href"
    )
}

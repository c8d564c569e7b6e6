//! The test of subresource integrity.

use url::Url;

use super::Input;
use super::table::{self, Outcome};
use crate::probe::web::address::{is_secure, registered};
use crate::probe::web::html::Script;

/// From good to bad; the worst counts.
static WORSE: [Outcome; 3] = [&table::SRI_INSECURE, &table::SRI_MISSING, &table::SRI_NEITHER];

/// The test.
pub fn test(input: &Input<'_>) -> Outcome {
    let Some(document) = input.document else { return &table::SRI_NOT_HTML };
    if document.binary {
        return &table::HTML_NOT_PARSEABLE;
    }
    if document.scripts.is_empty() {
        return &table::SRI_NO_SCRIPTS;
    }
    let loaded: Vec<Loaded<'_>> = document.scripts.iter().filter_map(|script| Loaded::of(script, input.url)).collect();
    let foreign: Vec<&Loaded<'_>> = loaded.iter().filter(|script| script.foreign).collect();
    let faults = foreign.iter().filter_map(|script| script.fault());
    if let Some(worst) = faults.max_by_key(|fault| WORSE.iter().position(|known| known == fault)) {
        return worst;
    }
    if loaded.iter().any(|script| !script.foreign && script.secure && script.script.integrity.is_some()) {
        &table::SRI_ALL
    } else if foreign.is_empty() {
        &table::SRI_OWN
    } else {
        &table::SRI_EXTERNAL
    }
}

#[derive(Debug)]
struct Loaded<'a> {
    script: &'a Script,
    foreign: bool,
    secure: bool,
}

impl<'a> Loaded<'a> {
    fn of(script: &'a Script, page: &Url) -> Option<Self> {
        let src = script.src.as_deref().filter(|src| !src.is_empty())?;
        let lower = src.to_ascii_lowercase();
        Some(if src.starts_with("//") {
            // An address without a scheme counts as insecure, wherever it leads.
            Self { script, foreign: true, secure: false }
        } else if lower.starts_with("https://") || lower.starts_with("http://") {
            let foreign = Url::parse(src).ok().is_none_or(|url| registered(&url) != registered(page));
            Self { script, foreign, secure: lower.starts_with("https://") }
        } else {
            Self { script, foreign: false, secure: is_secure(page) }
        })
    }

    fn fault(&self) -> Option<Outcome> {
        match (self.script.integrity.is_some(), self.secure) {
            (true, true) => None,
            (true, false) => Some(&table::SRI_INSECURE),
            (false, true) => Some(&table::SRI_MISSING),
            (false, false) => Some(&table::SRI_NEITHER),
        }
    }
}

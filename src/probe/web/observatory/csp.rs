//! The test of `Content-Security-Policy`.

use super::Input;
use super::csp_reader::Merged;
use super::table::{self, Outcome};
use crate::probe::web::address::is_secure;

/// What the test came to, and whether a policy says who may frame the page.
#[derive(Debug, Clone, Copy)]
pub struct Tested {
    pub outcome: Outcome,
    pub frame_ancestors: bool,
}

const NAME: &str = "content-security-policy";
const REPORT_ONLY: &str = "content-security-policy-report-only";
const BROAD: [&str; 8] = ["ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"];

fn is_broad(source: &str) -> bool {
    BROAD.contains(&source)
}

fn is_unsafe(source: &str) -> bool {
    is_broad(source) || source == "'unsafe-inline'" || source == "data:"
}

fn is_plain(source: &str) -> bool {
    source.starts_with("http:") || source.starts_with("ftp:")
}

fn has_name(sources: &[String]) -> bool {
    let starts = ["'sha256-", "'sha384-", "'sha512-", "'nonce-"];
    sources.iter().any(|source| starts.iter().any(|start| source.starts_with(start)))
}

/// The test.
pub fn test(input: &Input<'_>) -> Tested {
    let only = |outcome| Tested { outcome, frame_ancestors: false };
    let sent: Vec<String> = input.headers.all(NAME).map(|header| header.text()).collect();
    let in_page = input.document.map(|document| document.policies.as_slice()).unwrap_or_default();
    let split = |values: &[String]| -> Vec<String> {
        values.iter().flat_map(|value| value.split(',').map(|part| part.trim().to_owned())).collect()
    };
    let (sent, in_page) = (split(&sent), split(in_page));
    let sent: Vec<&str> = sent.iter().map(String::as_str).collect();
    let in_page: Vec<&str> = in_page.iter().map(String::as_str).collect();
    let Ok(merged) = Merged::read(&[sent.as_slice(), in_page.as_slice()].concat()) else {
        return only(&table::CSP_INVALID);
    };
    let from_headers = Merged::read(&sent).unwrap_or_default();
    let from_page = Merged::read(&in_page).unwrap_or_default().only_what_a_page_sets();
    if from_headers.is_empty() && from_page.is_empty() {
        let reports = input.headers.first(REPORT_ONLY).is_some_and(|value| !value.is_empty());
        return only(if reports { &table::CSP_REPORT_ONLY } else { &table::CSP_NONE });
    }
    let outcome = judge(&merged, is_secure(input.url));
    let outcome = if outcome.pass && merged.repeats_reports { &table::CSP_DUPLICATES } else { outcome };
    Tested { outcome, frame_ancestors: merged.get("frame-ancestors").is_some() }
}

fn judge(merged: &Merged, secure: bool) -> Outcome {
    let anything = || vec!["*".to_owned()];
    let of = |name: &str| merged.get(name).or_else(|| merged.get("default-src")).map_or_else(anything, <[_]>::to_vec);
    let (mut scripts, mut styles, objects) = (of("script-src"), of("style-src"), of("object-src"));
    for sources in [&mut scripts, &mut styles] {
        if has_name(sources) {
            sources.retain(|source| source != "'unsafe-inline'");
        }
    }
    let has = |sources: &[String], word: &str| sources.iter().any(|source| source == word);
    if has(&scripts, "'strict-dynamic'") {
        if !has_name(&scripts) {
            return &table::CSP_INVALID;
        }
        scripts.retain(|source| source != "'self'" && !BROAD.iter().any(|broad| source.starts_with(broad)));
    }
    let passive = ["img-src", "media-src"];
    let mut active = merged
        .iter()
        .filter(|(name, _)| !passive.contains(name) && *name != "script-src")
        .flat_map(|(_, sources)| sources)
        .chain(&scripts);
    let shown = passive.iter().filter_map(|name| merged.get(name).or_else(|| merged.get("default-src"))).flatten();
    if scripts.iter().any(|source| is_unsafe(source)) || objects.iter().any(|source| is_broad(source)) {
        &table::CSP_INLINE
    } else if secure && active.any(|source| is_plain(source)) {
        &table::CSP_INSECURE
    } else if has(&scripts, "'unsafe-eval'") || has(&styles, "'unsafe-eval'") {
        &table::CSP_EVAL
    } else if secure && shown.into_iter().any(|source| is_plain(source)) {
        &table::CSP_PASSIVE
    } else if styles.iter().any(|source| is_unsafe(source)) {
        &table::CSP_UNSAFE_STYLE
    } else if merged.get("default-src").is_some_and(|sources| sources == ["'none'"]) {
        &table::CSP_DEFAULT_NONE
    } else {
        &table::CSP_NO_UNSAFE
    }
}

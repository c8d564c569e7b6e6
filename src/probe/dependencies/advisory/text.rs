//! The texts of an advisory, as far as people read them here.

use serde_json::Value;
use url::Url;

/// Longer summaries are cut; the record's page has the rest.
const MAX_SUMMARY: usize = 240;
/// Longer texts are cut, in bytes. Most are below 2 kB.
const MAX_DETAILS: usize = 4096;
const MAX_REFERENCES: usize = 6;
/// Longer addresses are no help to people.
const MAX_ADDRESS: usize = 500;

/// One line: the summary, or the first telling sentence of the details where there is none.
pub fn summary(summary: &str, details: &str) -> String {
    let mut line = one_line(summary);
    if line.is_empty() {
        let first = details.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        line = telling_sentence(&one_line(first.unwrap_or(""))).to_owned();
    }
    if let Some((end, _)) = line.char_indices().nth(MAX_SUMMARY) {
        line.truncate(end);
        line.push('…');
    }
    line.trim_end_matches('.').to_owned()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Many descriptions begin with what the package is, or that there is an issue, before they say what is wrong.
fn telling_sentence(text: &str) -> &str {
    let says_little = |sentence: &str| {
        let start = sentence.split(' ').take(6).collect::<Vec<_>>().join(" ");
        [" is a", " is an", " is the", " provides"]
            .iter()
            .any(|words| format!("{start} ").contains(&format!("{words} ")))
            || sentence.starts_with("An issue was discovered")
    };
    let mut sentences = text.split(". ");
    let first = sentences.next().unwrap_or(text);
    if says_little(first) { sentences.next().unwrap_or(first) } else { first }
}

/// The text, cut where it is long.
pub fn details(text: &str) -> String {
    let text = text.trim();
    if text.len() <= MAX_DETAILS {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(MAX_DETAILS);
    format!("{}…", text.get(..end).unwrap_or("").trim_end())
}

/// The addresses that explain most, at most six: advisories and pages first, the package's own page last.
pub fn references(raw: &[Value]) -> Vec<String> {
    let of = |one: &Value| {
        let (kind, address) = (one.get("type")?.as_str()?, one.get("url")?.as_str()?.trim());
        // The types of <https://ossf.github.io/osv-schema/#references-field>.
        let rank = match kind {
            "ADVISORY" => 0,
            "WEB" => 1,
            "FIX" => 2,
            "REPORT" | "ARTICLE" | "DISCUSSION" => 3,
            "PACKAGE" => 5,
            _ => 4,
        };
        is_harmless(address).then(|| (rank, address.to_owned()))
    };
    let mut all: Vec<(u8, String)> = raw.iter().filter_map(of).collect();
    all.sort_by_key(|(rank, _)| *rank);
    let mut kept: Vec<String> = Vec::new();
    for (_, address) in all {
        if kept.len() < MAX_REFERENCES && !kept.contains(&address) {
            kept.push(address);
        }
    }
    kept
}

/// A web address that carries no credentials.
fn is_harmless(address: &str) -> bool {
    let without_credentials = |url: &Url| url.username().is_empty() && url.password().is_none();
    address.len() <= MAX_ADDRESS
        && Url::parse(address)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host() && without_credentials(&url))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        let cut = details(&"ä".repeat(3000));
        assert_eq!((cut.chars().count(), cut.ends_with('…')), (2049, true));
        let odd = details(&format!("x{}", "ä".repeat(3000)));
        assert_eq!(odd.len(), 4095 + '…'.len_utf8());
        assert_eq!(details(" short\n"), "short");
    }

    #[test]
    fn references_are_web_addresses_the_telling_ones_first() {
        let raw = |kind: &str, url: &str| json!({"type": kind, "url": url});
        let mut all = vec![
            raw("PACKAGE", "https://example.com/package"),
            raw("WEB", "https://example.com/page"),
            raw("WEB", "javascript:alert(1)"),
            raw("WEB", "ftp://example.com/page"),
            raw("WEB", &["https://ann:hun", "ter2@example.com/"].concat()),
            raw("FIX", "https://example.com/fix"),
            raw("ADVISORY", "http://example.com/advisory"),
            raw("WEB", "https://example.com/page"),
            raw("WEB", &format!("https://example.com/{}", "x".repeat(500))),
            json!({"url": 7}),
            json!("https://example.com"),
        ];
        assert_eq!(
            references(&all),
            [
                "http://example.com/advisory",
                "https://example.com/page",
                "https://example.com/fix",
                "https://example.com/package"
            ]
        );
        all.extend((0..9).map(|n| raw("WEB", &format!("https://example.com/{n}"))));
        assert_eq!(references(&all).len(), 6);
        assert_eq!(references(&all).last().unwrap(), "https://example.com/3");
    }
}

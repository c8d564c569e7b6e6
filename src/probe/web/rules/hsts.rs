//! `Strict-Transport-Security` (RFC 6797).

use url::Url;

use super::{header_finding, header_proof, quoted, sent, wanted};
use crate::model::{Confidence, Finding, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::address;
use crate::probe::web::hsts_preload::{self, list};
use crate::probe::web::http::Headers;
use crate::probe::web::tally::Sight;

/// Missing, unreadable or short.
pub static META: RuleMeta = RuleMeta {
    id: "hsts-missing",
    title: "Browsers are not told to use HTTPS only",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks for `Strict-Transport-Security` with a max-age of two years (63072000 seconds) on your HTTPS addresses.",
    why: "Until a browser has been told, whoever runs the network that your users are on can catch their first plain request and \
          keep them off HTTPS.",
    fix: "Send `Strict-Transport-Security: max-age=63072000; includeSubDomains` from HTTPS, once every subdomain speaks HTTPS; \
          begin with a short max-age if you are not sure.",
    example: "bad:  no header, or max-age=300\ngood: Strict-Transport-Security: max-age=63072000; includeSubDomains",
    references: &["C22", "C61", "https://www.rfc-editor.org/rfc/rfc6797"],
};

/// Set for two years.
pub static PROOF: RuleMeta = RuleMeta {
    id: "hsts-set",
    title: "Browsers are told to use HTTPS only",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees `Strict-Transport-Security` with a max-age of two years or more.",
    why: "A browser that has been there once never speaks plain HTTP to you again.",
    fix: "Nothing to do.",
    example: "",
    references: &["C22", "C61"],
};

/// Both rules.
pub static RULES: &[&RuleMeta] = &[&META, &PROOF];

const NAME: &str = "strict-transport-security";
/// Two years: Mozilla's server-side TLS guideline 6.0, and C61.
const WANTED: u64 = 63_072_000;
/// 180 days, below which the MDN HTTP Observatory takes points.
const SHORT: u64 = 15_552_000;

/// Judges the first response of a secure origin. `trusted` is whether browsers accept its certificate, where that is known.
pub fn judge(url: &Url, headers: &Headers, trusted: Option<bool>) -> Sight {
    if address::is_ip(url) {
        // RFC 6797, section 8.1.1.
        return Sight::NotSeen(format!("browsers ignore HSTS for hosts that are numbers ({})", address::shown(url)));
    }
    // RFC 6797, section 8.1: browsers read the first of several.
    let age = headers.all(NAME).next().map(|header| (header.text(), max_age(&header.text())));
    let finding = match age {
        None => finding(url, headers, "No `Strict-Transport-Security` is sent".to_owned(), META.severity),
        Some((value, None)) => {
            let message = format!("`Strict-Transport-Security` is {}, which browsers cannot read", quoted(&value));
            finding(url, headers, message, META.severity)
        }
        Some((_, Some(0))) => {
            let message = "`Strict-Transport-Security` has max-age=0, which switches it off".to_owned();
            finding(url, headers, message, META.severity)
        }
        Some((_, Some(age))) if age < WANTED => {
            let severity = if age < SHORT { META.severity } else { Severity::Minor };
            let message = format!("`Strict-Transport-Security` lasts {}, not two years", lasting(age));
            finding(url, headers, message, severity)
        }
        Some((_, Some(_))) if trusted == Some(true) => {
            let proof =
                header_proof(&PROOF, url, "`Strict-Transport-Security` is set for two years or more".to_owned());
            return Observation::from(proof.evidence(sent(headers, &[NAME]))).into();
        }
        Some(_) => {
            return Sight::NotSeen(format!(
                "{} sends Strict-Transport-Security, which browsers heed only once they trust its certificate",
                address::shown(url)
            ));
        }
    };
    Observation::from(finding).into()
}

fn finding(url: &Url, headers: &Headers, message: String, severity: Severity) -> Finding {
    let (message, severity) = match list::listed(url) {
        None if headers.first(NAME).is_none() => (format!("{message}, so browsers may still use plain HTTP"), severity),
        None => (message, severity),
        // Other programs go by the header, and a host can lose its place.
        Some(_) => {
            let day = list::day();
            let message = format!("{message}; browsers use HTTPS all the same, by their preload list of {day}");
            (message, Severity::Minor)
        }
    };
    header_finding(&META, url, NAME, message)
        .severity(severity)
        .evidence(sent(headers, &[NAME]))
        .evidence(wanted("Strict-Transport-Security: max-age=63072000; includeSubDomains"))
}

/// For how many seconds a page tells browsers to insist on HTTPS; 0 where it does not.
pub fn sent_max_age(headers: &Headers) -> u64 {
    headers.all(NAME).next().and_then(|header| max_age(&header.text())).unwrap_or(0)
}

/// The max-age in seconds; `None` for a value that a browser throws away.
fn max_age(value: &str) -> Option<u64> {
    hsts_preload::policy(value).map(|policy| policy.max_age)
}

fn lasting(seconds: u64) -> String {
    const DAY: u64 = 86_400;
    let many = |count: u64, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    match seconds {
        0..60 => many(seconds, "second"),
        60..3600 => many(seconds / 60, "minute"),
        3600..DAY => many(seconds / 3600, "hour"),
        _ => many(seconds / DAY, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;

    fn of(value: &str) -> String {
        let url = Url::parse("https://shop.example.com/").unwrap();
        lines(judge(&url, &Headers::of(&[("Strict-Transport-Security", value)]), Some(true))).remove(0)
    }

    #[test]
    fn the_length_decides() {
        assert!(of("max-age=63072000").starts_with("proof"));
        assert!(of("includeSubDomains; Max-Age=\"63072000\"; preload").starts_with("proof"));
        assert!(of("max-age=99999999999999999999999").starts_with("proof"));
        assert!(of("max-age=31536000").starts_with("minor hsts-missing: `Strict-Transport-Security` lasts 365 days"));
        assert!(of("max-age=15552000").starts_with("minor") && of("max-age=15551999").starts_with("major"));
        assert!(of("max-age=300").starts_with("major hsts-missing: `Strict-Transport-Security` lasts 5 minutes"));
        assert!(of("max-age=0").contains("switches it off"));
    }

    #[test]
    fn a_preloaded_host_lacks_little_without_it() {
        let of = |url: &str, headers: &[(&str, &str)]| {
            lines(judge(&Url::parse(url).unwrap(), &Headers::of(headers), Some(true))).remove(0)
        };
        let none = of("https://my-shop.dev/", &[]);
        assert!(
            none.starts_with("minor hsts-missing: No `Strict-Transport-Security` is sent; browsers use HTTPS"),
            "{none}"
        );
        assert!(none.ends_with(list::day()), "{none}");
        assert!(of("https://my-shop.dev/", &[("Strict-Transport-Security", "max-age=0")]).starts_with("minor"));
        let absent = of("https://shop.example.com/", &[]);
        assert_eq!(
            absent,
            "major hsts-missing: No `Strict-Transport-Security` is sent, so browsers may still use plain HTTP"
        );
    }

    #[test]
    fn what_browsers_throw_away_is_missing() {
        for value in ["", "max-age", "max-age=", "max-age=-1", "max-age=1;max-age=63072000", "max-age=6307\u{1b}2000"] {
            assert!(of(value).contains("cannot read"), "{value}");
        }
    }

    #[test]
    fn browsers_do_not_heed_it_everywhere() {
        let headers = Headers::of(&[("Strict-Transport-Security", "max-age=63072000")]);
        let named = Url::parse("https://shop.example.com/").unwrap();
        let numbered = Url::parse("https://203.0.113.5/").unwrap();
        assert!(lines(judge(&named, &headers, Some(false))).remove(0).starts_with("not seen"));
        assert!(lines(judge(&named, &headers, None)).remove(0).starts_with("not seen"));
        assert!(lines(judge(&numbered, &headers, Some(true))).remove(0).starts_with("not seen"));
    }
}

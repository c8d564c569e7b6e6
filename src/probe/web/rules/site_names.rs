//! Whether `example.com` and `www.example.com` are one site.

use url::Url;

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::{self, is_secure, shown};
use crate::probe::web::tally::Sight;
use crate::probe::web::trouble::Trouble;
use crate::probe::web::visit::{End, Visit};

/// They are not.
pub static META: RuleMeta = RuleMeta {
    id: "site-names-differ",
    title: "The site is not the same with and without www",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Asks a domain with and without `www.`, over http and https, and looks at whether all of them end at one host.",
    why: "People type both. Under two names they are logged in on one and not on the other, search engines see every page twice, \
          and a name that does not answer looks like an app that is down.",
    fix: "Choose one name and redirect the other to it with a permanent redirect; most platforms do it when both names are added \
          to the project, in nginx it is `return 301 https://example.com$request_uri;` in a server block of its own.",
    example: "bad:  https://example.com and https://www.example.com both answer 200\n\
              good: https://www.example.com answers 301 to https://example.com",
    references: &["https://developers.google.com/search/docs/crawling-indexing/canonicalization"],
};

/// They are.
pub static PROOF: RuleMeta = RuleMeta {
    id: "site-names-agree",
    title: "The site is the same with and without www",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees that a domain with and without `www.` ends at one host.",
    why: "Whatever people type, they get to the same site.",
    fix: "Nothing to do.",
    example: "",
    references: &[],
};

/// Both rules.
pub static RULES: &[&RuleMeta] = &[&META, &PROOF];

/// Compares `given`, an address of the user's that ended on `page`, with every visit to the other name.
pub fn judge(given: &Visit, page: &Url, others: &[&Visit]) -> Sight {
    let host = |url: &Url| url.host_str().unwrap_or_default().to_owned();
    let (Some(first), Some(name)) = (others.first(), others.first().map(|other| host(&other.start))) else {
        return Sight::Seen(Vec::new());
    };
    if others.iter().all(|other| matches!(other.end, End::Trouble { trouble: Trouble::UnknownHost, .. })) {
        return Sight::Absent(format!("there is no {name}"));
    }
    // What browsers try first decides; where it does not answer, the plain address may still lead on.
    let answers = |other: &&&Visit| other.page().is_some();
    let Some(reached) = others.iter().filter(answers).max_by_key(|other| is_secure(&other.start)) else {
        return match (&first.end, first.why_no_page()) {
            (End::Trouble { trouble: Trouble::Refused | Trouble::Handshake(_) | Trouble::NotTls, .. }, Some(why)) => {
                let message = format!("{name} has an address and gives no page, while {} does", host(page));
                finding(given, &name, message, why)
            }
            (_, why) => Sight::NotSeen(why.unwrap_or_default()),
        };
    };
    let end = reached.page().map(|hop| host(&hop.url)).unwrap_or_default();
    if end == host(page) {
        let message = format!("{name} leads to {}", host(page));
        return Observation::from(Proof::new(&PROOF, address::location(&given.start), "", message)).into();
    }
    let message = format!("{end} and {} are two sites: neither leads to the other", host(page));
    let seen =
        format!("{} ends at {}", shown(&reached.start), reached.page().map(|hop| shown(&hop.url)).unwrap_or_default());
    finding(given, &name, message, seen)
}

fn finding(given: &Visit, name: &str, message: String, seen: String) -> Sight {
    let evidence = Evidence::new(EvidenceKind::Note, seen);
    Observation::from(Finding::new(&META, address::location(&given.start), name, message).evidence(evidence)).into()
}

//! `Referrer-Policy` (W3C Referrer Policy).

use super::{Page, header_finding, header_proof, quoted, sent, wanted};
use crate::model::{Confidence, Evidence, EvidenceKind, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::tally::Sight;

/// There is no policy, or one that gives addresses away.
pub static META: RuleMeta = RuleMeta {
    id: "referrer-policy-missing",
    title: "Nothing says what other sites learn of your users' addresses",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Looks for a Referrer-Policy in the headers or the head of your pages.",
    why: "A link or picture from another site can tell that site the full address your user was at, with whatever ids or tokens \
          it holds; older browsers do so unless told not to.",
    fix: "Send `Referrer-Policy: strict-origin-when-cross-origin`, or `no-referrer` where addresses are private.",
    example: "bad:  Referrer-Policy: unsafe-url\ngood: Referrer-Policy: strict-origin-when-cross-origin",
    references: &["C66", "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Referrer-Policy"],
};

/// There is a policy.
pub static PROOF: RuleMeta = RuleMeta {
    id: "referrer-policy-set",
    title: "Other sites do not learn your users' full addresses",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees a Referrer-Policy that keeps paths and queries from other sites.",
    why: "Ids and tokens in addresses stay with you.",
    fix: "Nothing to do.",
    example: "",
    references: &["C66"],
};

const NAME: &str = "referrer-policy";
const KEEPS_PATHS: [&str; 6] = [
    "no-referrer",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
    "origin",
    "origin-when-cross-origin",
];
const GIVES_AWAY: [&str; 2] = ["unsafe-url", "no-referrer-when-downgrade"];

/// Judges one page.
pub fn judge(page: &Page<'_>) -> Sight {
    let headers = page.headers();
    let header = headers.joined(NAME);
    // A tag in the page comes later than the header and wins.
    let set = page.document.referrer.iter().rev().find_map(|text| last_known(text).map(|policy| (policy, true)));
    let set = set.or_else(|| header.as_deref().and_then(last_known).map(|policy| (policy, false)));
    let note = |policy: &str, in_page: bool| {
        if in_page {
            Evidence::new(
                EvidenceKind::Note,
                format!("in the page's head: <meta name=\"referrer\" content=\"{policy}\">"),
            )
        } else {
            sent(headers, &[NAME])
        }
    };
    let finding = |message: String| header_finding(&META, page.url, NAME, message);
    let want = wanted("Referrer-Policy: strict-origin-when-cross-origin");
    let observation: Observation = match set {
        Some((policy, in_page)) if KEEPS_PATHS.contains(&policy) => {
            header_proof(&PROOF, page.url, format!("The Referrer-Policy is `{policy}`"))
                .evidence(note(policy, in_page))
                .into()
        }
        Some((policy, in_page)) => {
            finding(format!("The Referrer-Policy is `{policy}`, which tells other sites your users' full addresses"))
                .evidence(note(policy, in_page))
                .evidence(want)
                .into()
        }
        None => finding(match header {
            Some(value) => format!("The Referrer-Policy is {}, which browsers do not know", quoted(&value)),
            None => "No Referrer-Policy is sent, so it is left to each browser what other sites learn".to_owned(),
        })
        .evidence(sent(headers, &[NAME]))
        .evidence(want)
        .into(),
    };
    observation.into()
}

/// Browsers take the last value that they know, so that new ones can stand behind old ones.
fn last_known(value: &str) -> Option<&'static str> {
    value.split(',').rev().find_map(|word| {
        KEEPS_PATHS.into_iter().chain(GIVES_AWAY).find(|known| known.eq_ignore_ascii_case(word.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use super::*;

    #[test]
    fn the_last_known_value_counts() {
        let of = |value: &str| judged(judge, &[("Referrer-Policy", value)], "").remove(0);
        assert!(of("no-referrer").starts_with("proof"));
        assert!(of("no-referrer, strict-origin-when-cross-origin").contains("`strict-origin-when-cross-origin`"));
        assert!(of("same-origin, brand-new").starts_with("proof"));
        assert!(of("unsafe-url").contains("full addresses"));
        assert!(of("nonsense").contains("do not know"));
        assert!(judged(judge, &[], "").remove(0).starts_with("minor"));
    }

    #[test]
    fn the_page_may_set_it() {
        assert!(judged(judge, &[], "<meta name=referrer content=no-referrer>").remove(0).starts_with("proof"));
    }
}

//! `Permissions-Policy` (W3C Permissions Policy).

use super::{Page, header_finding, header_proof, quoted, sent, wanted};
use crate::model::{Confidence, Evidence, EvidenceKind, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::structured::{self, Bare, Item, Member};
use crate::probe::web::tally::Sight;

/// There is no policy.
pub static META: RuleMeta = RuleMeta {
    id: "permissions-policy-missing",
    title: "Nothing says which browser features your pages may use",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Looks for a Permissions-Policy on your pages that browsers can read, that restricts camera, microphone, location or \
           the like, and that opens none of them to everybody.",
    why: "A script from somebody else on your page can ask your users for camera, microphone or location in your name.",
    fix: "Send a Permissions-Policy that turns off what you do not use.",
    example: "bad:  no header\ngood: Permissions-Policy: camera=(), microphone=(), geolocation=()",
    references: &["C67", "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy"],
};

/// There is a policy.
pub static PROOF: RuleMeta = RuleMeta {
    id: "permissions-policy-set",
    title: "A policy says which browser features your pages may use",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees a Permissions-Policy that browsers can read and that restricts what matters.",
    why: "Nobody else's script can ask your users for what your app does not need.",
    fix: "Nothing to do.",
    example: "",
    references: &["C67"],
};

const NAME: &str = "permissions-policy";
const OLD_NAME: &str = "feature-policy";

/// Features that give away or spend something of the user's (W3C Permissions Policy feature registry); the first three are
/// what nearly every app can do without.
const POWERFUL: [&str; 12] = [
    "camera",
    "microphone",
    "geolocation",
    "payment",
    "display-capture",
    "usb",
    "serial",
    "hid",
    "bluetooth",
    "midi",
    "publickey-credentials-get",
    "local-fonts",
];

/// What a policy says of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Allowed {
    /// Nobody, or named sites only.
    Restricted,
    /// Every site.
    Everybody,
}

/// Judges one page.
pub fn judge(page: &Page<'_>) -> Sight {
    let headers = page.headers();
    let wanted_line = wanted("Permissions-Policy: camera=(), microphone=(), geolocation=()");
    let message = match headers.joined(NAME) {
        Some(value) => match problem(&value) {
            None => {
                let message = "A Permissions-Policy restricts what scripts may ask your users for".to_owned();
                let proof = header_proof(&PROOF, page.url, message).evidence(sent(headers, &[NAME]));
                return Observation::from(proof.evidence(left_out(&value))).into();
            }
            Some(problem) => problem,
        },
        None if headers.all(OLD_NAME).next().is_some() => {
            "Only the old `Feature-Policy` is sent; browsers read `Permissions-Policy` in its place".to_owned()
        }
        None => "No Permissions-Policy is sent, so any script on the page may ask for camera or location".to_owned(),
    };
    let finding =
        header_finding(&META, page.url, NAME, message).evidence(sent(headers, &[NAME, OLD_NAME])).evidence(wanted_line);
    Observation::from(finding).into()
}

/// What is wrong with a policy, in a sentence; `None` where it restricts something that matters and opens nothing.
fn problem(value: &str) -> Option<String> {
    let Some(features) = structured::dictionary(value).filter(|features| !features.is_empty()) else {
        return Some(format!("The Permissions-Policy is {}, which browsers cannot read", quoted(value)));
    };
    let of = |name: &str| features.iter().find(|(known, _)| known == name).map(|(_, member)| allowed(member));
    if let Some(open) = POWERFUL.iter().find(|name| of(name) == Some(Allowed::Everybody)) {
        return Some(format!("The Permissions-Policy lets every site that your pages embed use `{open}`"));
    }
    if POWERFUL.iter().any(|name| of(name) == Some(Allowed::Restricted)) {
        return None;
    }
    Some("The Permissions-Policy says nothing of camera, microphone or location".to_owned())
}

/// `*` stands for everybody, alone or in a list; sites stand in quotes, and `self` for the own one (Permissions Policy,
/// section 5.2).
fn allowed(member: &Member) -> Allowed {
    let is_star = |item: &Item| matches!(&item.bare, Bare::Token(token) if token == "*");
    let open = match member {
        Member::Item(item) => is_star(item),
        Member::List(items) => items.iter().any(is_star),
    };
    if open { Allowed::Everybody } else { Allowed::Restricted }
}

/// Which of the first three a good policy does not name.
fn left_out(value: &str) -> Option<Evidence> {
    let features = structured::dictionary(value)?;
    let missing: Vec<&str> =
        POWERFUL.into_iter().take(3).filter(|name| !features.iter().any(|(known, _)| known == name)).collect();
    (!missing.is_empty()).then(|| Evidence::new(EvidenceKind::Note, format!("not named: {}", missing.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use super::*;

    #[test]
    fn only_what_browsers_can_read_counts() {
        let of = |name: &str, value: &str| judged(judge, &[(name, value)], "").remove(0);
        assert!(of("Permissions-Policy", "camera=(), geolocation=(self \"https://a.example\")").starts_with("proof"));
        assert!(of("Permissions-Policy", "camera=self, fullscreen=*").starts_with("proof"));
        assert!(of("Permissions-Policy", "camera=(), usb=*").contains("every site that your pages embed use `usb`"));
        assert!(of("Permissions-Policy", "microphone=(self *)").contains("`microphone`"));
        assert!(of("Permissions-Policy", "interest-cohort=()").contains("says nothing of camera"));
        assert!(of("Permissions-Policy", "camera=(), geolocation=('self')").contains("cannot read"));
        assert!(of("Permissions-Policy", "camera 'none'").contains("cannot read"));
        assert!(of("Permissions-Policy", "").contains("cannot read"));
        assert!(of("Feature-Policy", "camera 'none'").contains("old `Feature-Policy`"));
        assert!(judged(judge, &[], "").remove(0).starts_with("minor"));
    }
}

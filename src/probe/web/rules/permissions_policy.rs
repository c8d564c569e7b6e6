//! `Permissions-Policy` (W3C Permissions Policy).

use super::{Page, header_finding, header_proof, quoted, sent, wanted};
use crate::model::{Confidence, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::tally::Sight;

/// There is no policy.
pub static META: RuleMeta = RuleMeta {
    id: "permissions-policy-missing",
    title: "Nothing says which browser features your pages may use",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Looks for a Permissions-Policy on your pages.",
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
    what: "Sees a Permissions-Policy that browsers can read.",
    why: "Nobody else's script can ask your users for what your app does not need.",
    fix: "Nothing to do.",
    example: "",
    references: &["C67"],
};

const NAME: &str = "permissions-policy";
const OLD_NAME: &str = "feature-policy";

/// Judges one page.
pub fn judge(page: &Page<'_>) -> Sight {
    let headers = page.headers();
    let message = match headers.joined(NAME) {
        Some(value) if is_readable(&value) => {
            let proof = header_proof(&PROOF, page.url, "A Permissions-Policy is set".to_owned());
            return Observation::from(proof.evidence(sent(headers, &[NAME]))).into();
        }
        Some(value) => format!("The Permissions-Policy is {}, which browsers cannot read", quoted(&value)),
        None if headers.all(OLD_NAME).next().is_some() => {
            "Only the old `Feature-Policy` is sent; browsers read `Permissions-Policy` in its place".to_owned()
        }
        None => "No Permissions-Policy is sent, so any script on the page may ask for camera or location".to_owned(),
    };
    let finding = header_finding(&META, page.url, NAME, message)
        .evidence(sent(headers, &[NAME, OLD_NAME]))
        .evidence(wanted("Permissions-Policy: camera=(), microphone=(), geolocation=()"));
    Observation::from(finding).into()
}

/// Whether it is a dictionary of structured fields (RFC 9651) with at least one feature: one error and browsers drop all
/// of it.
fn is_readable(value: &str) -> bool {
    value.split(',').all(|member| {
        let Some((name, list)) = member.split_once('=') else { return false };
        let name = name.trim();
        let list = list.split(';').next().unwrap_or_default().trim();
        let named = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '*')
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.' | '*'));
        named && (list == "*" || list == "self" || (list.starts_with('(') && list.ends_with(')')))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use super::*;

    #[test]
    fn only_what_browsers_can_read_counts() {
        let of = |name: &str, value: &str| judged(judge, &[(name, value)], "").remove(0);
        assert!(
            of("Permissions-Policy", "camera=(), geolocation=(self \"https://a.example\"), usb=*").starts_with("proof")
        );
        assert!(of("Permissions-Policy", "camera 'none'").contains("cannot read"));
        assert!(of("Permissions-Policy", "").contains("cannot read"));
        assert!(of("Feature-Policy", "camera 'none'").contains("old `Feature-Policy`"));
        assert!(judged(judge, &[], "").remove(0).starts_with("minor"));
    }
}

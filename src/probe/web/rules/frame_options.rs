//! `X-Frame-Options` (RFC 7034, HTML Standard section 7.6) and the `frame-ancestors` of a policy, which replaces it.

use super::{Page, header_finding, header_proof, quoted, sent, wanted};
use crate::model::{Confidence, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::csp::Policy;
use crate::probe::web::tally::Sight;

/// Anybody may frame the page.
pub static META: RuleMeta = RuleMeta {
    id: "frame-options-missing",
    title: "Any site may show yours in a frame",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks for `X-Frame-Options: DENY` or `SAMEORIGIN`, or a Content-Security-Policy with `frame-ancestors`.",
    why: "Another site can lay your page invisibly over its own and have your users press your buttons without knowing it.",
    fix: "Send `X-Frame-Options: DENY`, or `Content-Security-Policy: frame-ancestors 'none'`; with `'self'` or named hosts where \
          your pages are meant to be framed.",
    example: "bad:  no header, or X-Frame-Options: ALLOW-FROM https://partner.example.com\n\
              good: X-Frame-Options: DENY",
    references: &["C63", "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Frame-Options"],
};

/// The page is protected from being framed.
pub static PROOF: RuleMeta = RuleMeta {
    id: "frame-options-set",
    title: "Other sites cannot show yours in a frame",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees `X-Frame-Options` or `frame-ancestors` that keep other sites out.",
    why: "Your users cannot be made to click on a hidden copy of your page.",
    fix: "Nothing to do.",
    example: "",
    references: &["C63"],
};

const NAME: &str = "x-frame-options";
const POLICY: &str = "content-security-policy";

/// Judges one page.
pub fn judge(page: &Page<'_>) -> Sight {
    let headers = page.headers();
    let policies = Policy::all(&headers.joined(POLICY).unwrap_or_default());
    let ancestors: Vec<&[String]> = policies.iter().filter_map(|policy| policy.sources("frame-ancestors")).collect();
    let options = headers.joined(NAME);
    // Browsers ignore X-Frame-Options where a policy has frame-ancestors.
    let observation: Observation = if ancestors.is_empty() {
        match problem(options.as_deref()) {
            None => {
                let value = options.unwrap_or_default();
                header_proof(&PROOF, page.url, format!("`X-Frame-Options` is {}", quoted(&value)))
                    .evidence(sent(headers, &[NAME]))
                    .into()
            }
            Some(message) => finding(page, message),
        }
    } else if ancestors.iter().any(|sources| !is_open(sources)) {
        header_proof(
            &PROOF,
            page.url,
            "`frame-ancestors` in the Content-Security-Policy keeps other sites out".to_owned(),
        )
        .evidence(sent(headers, &[POLICY]))
        .into()
    } else {
        finding(
            page,
            "`frame-ancestors` in the Content-Security-Policy lets any site show this page in a frame".to_owned(),
        )
    };
    observation.into()
}

fn finding(page: &Page<'_>, message: String) -> Observation {
    header_finding(&META, page.url, NAME, message)
        .evidence(sent(page.headers(), &[NAME, POLICY]))
        .evidence(wanted("X-Frame-Options: DENY"))
        .into()
}

fn is_open(sources: &[String]) -> bool {
    sources.iter().any(|source| matches!(source.as_str(), "*" | "http:" | "https:" | "http://*" | "https://*"))
}

fn problem(value: Option<&str>) -> Option<String> {
    let Some(value) = value.filter(|value| !value.trim().is_empty()) else {
        return Some("Any site may show this page in a frame and trick your users into clicking on it".to_owned());
    };
    let valid = value.split(',').all(|part| {
        let part = part.trim();
        part.eq_ignore_ascii_case("deny") || part.eq_ignore_ascii_case("sameorigin")
    });
    (!valid).then(|| format!("`X-Frame-Options` is {}, which browsers ignore", quoted(value)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use super::*;

    #[test]
    fn either_header_protects_and_the_policy_wins() {
        let of = |headers: &[(&str, &str)]| judged(judge, headers, "").remove(0);
        let csp = "Content-Security-Policy";
        assert!(of(&[("X-Frame-Options", "deny")]).starts_with("proof"));
        assert!(of(&[("X-Frame-Options", "SAMEORIGIN")]).starts_with("proof"));
        assert!(of(&[(csp, "frame-ancestors 'self' https://partner.example.com")]).starts_with("proof"));
        assert!(of(&[(csp, "frame-ancestors")]).starts_with("proof"));
        assert!(of(&[(csp, "default-src 'self'"), ("X-Frame-Options", "DENY")]).starts_with("proof"));
        assert!(of(&[(csp, "frame-ancestors *"), ("X-Frame-Options", "DENY")]).starts_with("major"));
        assert!(of(&[("X-Frame-Options", "ALLOW-FROM https://a.example")]).contains("ignore"));
        assert!(of(&[("X-Frame-Options", "DENY\u{1b}[31m")]).starts_with("major"));
        assert!(of(&[("Content-Security-Policy-Report-Only", "frame-ancestors 'none'")]).starts_with("major"));
        assert!(of(&[]).starts_with("major frame-options-missing"));
    }

    #[test]
    fn a_meta_tag_cannot_forbid_framing() {
        let html = r#"<meta http-equiv="Content-Security-Policy" content="frame-ancestors 'none'">"#;
        assert!(judged(judge, &[], html).remove(0).starts_with("major"));
    }
}

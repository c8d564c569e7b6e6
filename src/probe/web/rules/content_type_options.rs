//! `X-Content-Type-Options` (Fetch Standard, "X-Content-Type-Options header").

use super::{Page, header_finding, header_proof, quoted, sent, wanted};
use crate::model::{Confidence, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::tally::Sight;

/// The header is missing.
pub static META: RuleMeta = RuleMeta {
    id: "content-type-options-missing",
    title: "Browsers may guess the type of what you serve",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Looks for the header `X-Content-Type-Options: nosniff` on your pages.",
    why: "Without it a browser may treat an uploaded picture or text as a script and run it in your users' sessions.",
    fix: "Send `X-Content-Type-Options: nosniff` with every response; helmet, Django's SecurityMiddleware and one line of nginx or \
          Caddy do it.",
    example: "bad:  no header\ngood: X-Content-Type-Options: nosniff",
    references: &["C62", "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Content-Type-Options"],
};

/// The header is there.
pub static PROOF: RuleMeta = RuleMeta {
    id: "content-type-options-set",
    title: "Browsers keep to the types you declare",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees `X-Content-Type-Options: nosniff` on a page.",
    why: "Uploaded files cannot be turned into scripts by a browser that guesses.",
    fix: "Nothing to do.",
    example: "",
    references: &["C62"],
};

const NAME: &str = "x-content-type-options";

/// Judges one page.
pub fn judge(page: &Page<'_>) -> Sight {
    let headers = page.headers();
    let value = headers.joined(NAME);
    // Browsers read the first of several values.
    let first = value.as_deref().and_then(|value| value.split(',').next()).map(str::trim);
    let observation: Observation = match first {
        Some(first) if first.eq_ignore_ascii_case("nosniff") => {
            header_proof(&PROOF, page.url, "`X-Content-Type-Options: nosniff` is set".to_owned())
                .evidence(sent(headers, &[NAME]))
                .into()
        }
        other => {
            let message = match other {
                None => {
                    "`X-Content-Type-Options` is not sent, so browsers may guess that a file is a script".to_owned()
                }
                Some(value) => format!("`X-Content-Type-Options` is {}, which browsers ignore", quoted(value)),
            };
            header_finding(&META, page.url, NAME, message)
                .evidence(sent(headers, &[NAME]))
                .evidence(wanted("X-Content-Type-Options: nosniff"))
                .into()
        }
    };
    observation.into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use super::*;

    #[test]
    fn only_nosniff_counts() {
        let of = |headers: &[(&str, &str)]| judged(judge, headers, "").remove(0);
        assert!(of(&[("X-Content-Type-Options", "NoSniff")]).starts_with("proof"));
        assert!(of(&[("X-Content-Type-Options", "nosniff, nosniff")]).starts_with("proof"));
        assert!(of(&[("X-Content-Type-Options", "none")]).contains("`none`"));
        assert!(of(&[("X-Content-Type-Options", "")]).starts_with("minor"));
        assert!(of(&[]).starts_with("minor content-type-options-missing"));
    }
}

//! `X-XSS-Protection`: a filter that browsers have removed. Checklists still ask for `1; mode=block`; today's advice is `0` or
//! nothing. Neither is wrong.

use super::{Page, header_proof, quoted, sent};
use crate::model::{Confidence, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::tally::Sight;

/// The header does no harm.
pub static PROOF: RuleMeta = RuleMeta {
    id: "xss-protection-harmless",
    title: "X-XSS-Protection does no harm",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees that `X-XSS-Protection` is absent, `0`, or `1; mode=block`. Older checklists ask for the last; today's advice is \
          the header absent or `0`, since browsers have removed the filter that it switched.",
    why: "In its other forms the old filter could be used to break pages; a Content-Security-Policy does its work today.",
    fix: "Leave the header out or send `0`, and rely on a Content-Security-Policy.",
    example: "",
    references: &["C64", "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-XSS-Protection"],
};

const NAME: &str = "x-xss-protection";

/// Judges one page.
pub fn judge(page: &Page<'_>) -> Sight {
    let headers = page.headers();
    let value = headers.joined(NAME);
    let squeezed: String = value.iter().flat_map(|v| v.chars()).filter(|c| !c.is_whitespace()).collect();
    let squeezed = squeezed.to_ascii_lowercase();
    let message = match (&value, squeezed.as_str()) {
        (None, _) => "`X-XSS-Protection` is not sent, which is today's advice".to_owned(),
        (_, "0") => "`X-XSS-Protection` is `0`, which is today's advice".to_owned(),
        (_, "1;mode=block") => {
            "`X-XSS-Protection` is `1; mode=block`, as older checklists ask; today's advice is `0` or no header"
                .to_owned()
        }
        (Some(value), _) => {
            return Sight::NotSeen(format!(
                "`X-XSS-Protection` is {}; leave it out or send `0`, and rely on a Content-Security-Policy",
                quoted(value)
            ));
        }
    };
    Observation::from(header_proof(&PROOF, page.url, message).evidence(sent(headers, &[NAME]))).into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use super::*;

    #[test]
    fn old_and_new_advice_both_pass() {
        let of = |headers: &[(&str, &str)]| judged(judge, headers, "").remove(0);
        assert!(of(&[]).starts_with("proof"));
        assert!(of(&[("X-XSS-Protection", "0")]).starts_with("proof"));
        assert!(of(&[("X-XSS-Protection", "1; Mode=Block")]).contains("older checklists"));
        assert!(of(&[("X-XSS-Protection", "1; report=https://r.example")]).starts_with("not seen"));
    }
}

//! Whether every reader of HTTP reads the answers alike (RFC 9110, RFC 9112).

use url::Url;

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::{self, shown};
use crate::probe::web::http::Headers;
use crate::probe::web::http::oddity::{Odd, Oddity};
use crate::probe::web::tally::Sight;

/// Some readers refuse the answers, or read them in another way.
pub static META: RuleMeta = RuleMeta {
    id: "http-malformed",
    title: "Answers break the rules of HTTP",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Reads the raw bytes of every answer: control characters, folded headers, lines without a colon, bare line feeds, and \
          lengths that contradict each other.",
    why: "Browsers forgive most of it, but Node.js, Go, CDNs and proxies refuse the whole answer, so that some of your users get \
          an error page. Where two readers disagree about where an answer ends, one user can be sent the answer that was meant \
          for another.",
    fix: "Find what writes the header by hand and let the framework set it, with line breaks and control characters taken out of \
          values that come from users; let one server in the chain set `Content-Length` or `Transfer-Encoding`, never both.",
    example: "bad:  Content-Length: 10 and Transfer-Encoding: chunked; X-Name : value; X-Note: a<ESC>b\n\
              good: Content-Length: 10; X-Name: value",
    references: &[
        "https://www.rfc-editor.org/rfc/rfc9112#section-5",
        "https://www.rfc-editor.org/rfc/rfc9112#section-6.3",
        "https://cwe.mitre.org/data/definitions/444.html",
        "https://cwe.mitre.org/data/definitions/113.html",
    ],
};

/// The rule.
pub static RULES: &[&RuleMeta] = &[&META];

/// Judges the answers of one server, the addresses with their headers.
pub fn judge(answers: &[(&Url, &Headers)]) -> Sight {
    let mut odd: Vec<(&Url, &Odd)> = Vec::new();
    for (url, headers) in answers {
        for found in headers.oddities.iter().filter(|odd| !odd.oddity.is_allowed()) {
            if !odd.iter().any(|(_, known)| known.oddity == found.oddity) {
                odd.push((url, found));
            }
        }
    }
    odd.sort_by_key(|(_, found)| found.oddity);
    let Some(&(url, worst)) = odd.first() else { return Sight::Seen(Vec::new()) };
    let more = match odd.len() - 1 {
        0 => String::new(),
        count => format!(", and {count} more that not every reader accepts"),
    };
    let lines: Vec<String> = odd.iter().map(|(url, found)| line(url, found)).collect();
    let message = format!("{} answers with {}{more}", shown(url), worst.oddity.words());
    let finding = Finding::new(&META, address::location(url), worst.oddity.words(), message)
        .severity(severity(worst.oddity))
        .evidence(Evidence::new(EvidenceKind::Header, lines.join("\n")));
    Observation::from(finding).into()
}

fn line(url: &Url, found: &Odd) -> String {
    let sent = if found.line.is_empty() { String::new() } else { format!(": {}", found.line) };
    format!("{} at {}{sent}", found.oddity.words(), shown(url))
}

/// Disagreement about lengths mixes answers up; a control character in a header is most often text of users that ends up
/// there unchecked.
const fn severity(worst: Oddity) -> Severity {
    if worst.is_about_length() || matches!(worst, Oddity::Control) { Severity::Major } else { Severity::Minor }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;

    fn of(oddities: &[(Oddity, &str)]) -> Vec<String> {
        let url = Url::parse("https://shop.example.com/").unwrap();
        let mut headers = Headers::default();
        for (oddity, line) in oddities {
            headers.note(*oddity, b"X", line.as_bytes());
        }
        lines(judge(&[(&url, &Headers::default()), (&url, &headers)]))
    }

    #[test]
    fn one_finding_names_the_worst() {
        assert_eq!(
            of(&[(Oddity::Folded, " b"), (Oddity::TwoLengths, "Content-Length: 1, 2"), (Oddity::NotUtf8, "X: a")]),
            ["major http-malformed: https://shop.example.com/ answers with two different lengths for one answer, \
              and 1 more that not every reader accepts"]
        );
        assert_eq!(
            of(&[(Oddity::Folded, " b")]),
            ["minor http-malformed: https://shop.example.com/ answers with a header folded over two lines"]
        );
    }

    #[test]
    fn what_is_allowed_is_no_fault() {
        assert_eq!(of(&[]), [""; 0]);
        assert_eq!(of(&[(Oddity::NotUtf8, "X: a")]), [""; 0]);
    }
}

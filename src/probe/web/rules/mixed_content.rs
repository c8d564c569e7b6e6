//! Mixed content (W3C Mixed Content): what a page over HTTPS asks for over plain HTTP.

use url::Url;

use super::{Page, clipped, header_finding};
use crate::model::{Confidence, Evidence, EvidenceKind, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::{is_loopback, is_secure, shown};
use crate::probe::web::html::Kind;
use crate::probe::web::tally::Sight;

/// A secure page asks for plain things.
pub static META: RuleMeta = RuleMeta {
    id: "mixed-content",
    title: "A page over HTTPS asks for things over plain HTTP",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks in the markup of your pages for scripts, styles, frames, pictures and forms whose address begins with http://.",
    why: "Browsers block such scripts, styles and frames, so a part of the page does not work; a form sends what your users \
          typed where anybody on the way can read it.",
    fix: "Write https:// in these addresses, or leave the scheme and host out for your own files; \
          `Content-Security-Policy: upgrade-insecure-requests` does it for all at once.",
    example: "bad:  <script src=\"http://cdn.example.net/lib.js\"></script>\n\
              good: <script src=\"https://cdn.example.net/lib.js\"></script>",
    references: &["C19", "F2", "https://developer.mozilla.org/docs/Web/Security/Mixed_content"],
};

/// So many are listed.
const MOST_LINES: usize = 10;

/// Judges one page.
pub fn judge(page: &Page<'_>) -> Sight {
    if !is_secure(page.url) {
        return Sight::Absent(format!("{} itself is plain HTTP", shown(page.url)));
    }
    let upgraded = super::content_security_policy::policies(page)
        .iter()
        .any(|policy| policy.sources("upgrade-insecure-requests").is_some());
    if !page.response.is_html() || upgraded {
        return Sight::Seen(Vec::new());
    }
    let document = &page.document;
    let plain = |src: &str| document.resolve(page.url, src).filter(|url| url.scheme() == "http");
    let mut found: Vec<(Severity, &str, Url)> = Vec::new();
    let scripts = document.scripts.iter().filter_map(|script| script.src.as_deref());
    found.extend(scripts.filter_map(plain).map(|url| (Severity::Major, "script", url)));
    found
        .extend(document.stylesheets().filter_map(|link| plain(&link.href)).map(|url| (Severity::Major, "style", url)));
    found.extend(document.forms.iter().filter(|form| form.method != "dialog").filter_map(|form| {
        // A form without an address goes to the page's own.
        let url = plain(&form.action).filter(|_| !form.action.is_empty())?;
        Some((Severity::Major, if form.password { "form with a password" } else { "form" }, url))
    }));
    found.extend(document.embedded.iter().filter_map(|embedded| {
        let (severity, kind) = match embedded.kind {
            Kind::Image => (Severity::Minor, "picture"),
            Kind::Media => (Severity::Minor, "media"),
            Kind::Frame => (Severity::Major, "frame"),
            Kind::Object => (Severity::Major, "object"),
        };
        Some((severity, kind, plain(&embedded.src)?))
    }));
    let Some((severity, kind, first)) = found.iter().max_by_key(|(severity, ..)| *severity) else {
        return if document.cut {
            Sight::NotSeen(format!("{} is too long to be read whole", shown(page.url)))
        } else {
            Sight::Seen(Vec::new())
        };
    };
    let what = if is_loopback(first) {
        format!("A {kind} of the page points to your own machine, at {}", clipped(&shown(first)))
    } else if *severity == Severity::Minor {
        format!("A {kind} of the page is asked for over plain HTTP, at {}", clipped(&shown(first)))
    } else if kind.starts_with("form") {
        format!("A {kind} sends what people type over plain HTTP, to {}", clipped(&shown(first)))
    } else {
        format!(
            "A {kind} of the page is blocked by browsers, since it comes over plain HTTP, from {}",
            clipped(&shown(first))
        )
    };
    let message = if found.len() > 1 { format!("{what}; {} more", found.len() - 1) } else { what };
    let lines = found.iter().take(MOST_LINES).map(|(_, kind, url)| format!("{kind}: {}", clipped(&shown(url))));
    let finding = header_finding(&META, page.url, "mixed-content", message)
        .severity(*severity)
        .evidence(Evidence::new(EvidenceKind::Note, lines.collect::<Vec<_>>().join("\n")));
    Observation::from(finding).into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use super::*;

    #[test]
    fn what_comes_plain_is_weighed_by_what_it_can_do() {
        let of = |html: &str| judged(judge, &[], html);
        for (html, start) in [
            ("<script src=http://a.example/a.js></script>", "major mixed-content: A script of the page is blocked"),
            ("<link rel=stylesheet href=http://a.example/a.css>", "major mixed-content: A style"),
            ("<iframe src=http://a.example></iframe>", "major mixed-content: A frame"),
            (
                "<form action=http://a.example/login method=post><input type=password></form>",
                "major mixed-content: A form with a password sends",
            ),
            ("<img src=http://a.example/a.png>", "minor mixed-content: A picture of the page is asked for"),
            (
                "<script src=http://localhost:3000/a.js></script>",
                "major mixed-content: A script of the page points to your own",
            ),
            ("<base href=http://a.example/><script src=a.js></script>", "major"),
            (
                "<img src=http://a.example/a.png><script src=http://b.example/a.js></script>",
                "major mixed-content: A script",
            ),
        ] {
            assert!(of(html)[0].starts_with(start), "{html}: {:?}", of(html));
        }
        for html in [
            "<script src=//a.example/a.js></script>",
            "<a href=http://a.example>there</a>",
            "<form><input type=password></form>",
            "<link rel=canonical href=http://a.example>",
            "<script src=/a.js></script>",
        ] {
            assert_eq!(of(html), [""; 0], "{html}");
        }
    }

    #[test]
    fn a_policy_may_upgrade_all_of_it() {
        let html = "<script src=http://a.example/a.js></script>";
        let headers = [("Content-Security-Policy", "upgrade-insecure-requests")];
        assert_eq!(judged(judge, &headers, html), [""; 0]);
    }
}

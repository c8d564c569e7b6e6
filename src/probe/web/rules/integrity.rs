//! Subresource Integrity (W3C): checksums of scripts and styles that come from other sites.

use url::Url;

use super::{Page, clipped, header_finding, header_proof};
use crate::model::{Confidence, Evidence, EvidenceKind, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::{is_web, registered, shown};
use crate::probe::web::tally::Sight;

/// Another site's script runs unchecked.
pub static META: RuleMeta = RuleMeta {
    id: "subresource-integrity-missing",
    title: "Scripts from other sites run unchecked",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Looks for `integrity` at the scripts and stylesheets that your page loads from other sites. Those that their makers \
           change without notice, as analytics, payments and fonts do, are left out: a checksum would break them.",
    why: "If that site is taken over, its script runs on your pages, with your users' sessions. It has happened to popular ones.",
    fix: "Serve the file yourself, or name an exact version and add its checksum: \
          `integrity=\"sha384-…\" crossorigin=\"anonymous\"`; most package hosts show the whole tag.",
    example: "bad:  <script src=\"https://cdn.example.net/lib.js\"></script>\n\
              good: <script src=\"https://cdn.example.net/lib@1.2.3/lib.js\" integrity=\"sha384-…\" crossorigin=\"anonymous\"></script>",
    references: &["F58", "https://developer.mozilla.org/docs/Web/Security/Subresource_Integrity"],
};

/// Other sites' scripts are checked.
pub static PROOF: RuleMeta = RuleMeta {
    id: "subresource-integrity-set",
    title: "Scripts from other sites are checked",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees checksums at the scripts and stylesheets that come from other sites.",
    why: "A changed file is not run.",
    fix: "Nothing to do.",
    example: "",
    references: &["F58"],
};

/// Files under these names change without notice, as their makers say or by what they are: built for each site, or kept
/// current against fraud. Hosts, and hosts with the start of a path.
const CHANGING: &[&str] = &[
    "googletagmanager.com",
    "google-analytics.com",
    "googleapis.com",
    "gstatic.com",
    "google.com",
    "googlesyndication.com",
    "doubleclick.net",
    "recaptcha.net",
    "stripe.com",
    "paypal.com",
    "paypalobjects.com",
    "braintreegateway.com",
    "squareup.com",
    "squarecdn.com",
    "adyen.com",
    "paddle.com",
    "lemonsqueezy.com",
    "razorpay.com",
    "facebook.net",
    "twitter.com",
    "x.com",
    "linkedin.com",
    "licdn.com",
    "tiktok.com",
    "pinterest.com",
    "pinimg.com",
    "redditstatic.com",
    "clarity.ms",
    "bing.com",
    "hotjar.com",
    "plausible.io",
    "usefathom.com",
    "umami.is",
    "simpleanalyticscdn.com",
    "posthog.com",
    "segment.com",
    "mixpanel.com",
    "mxpnl.com",
    "amplitude.com",
    "heapanalytics.com",
    "matomo.cloud",
    "cloudflareinsights.com",
    "challenges.cloudflare.com",
    "hcaptcha.com",
    "sentry-cdn.com",
    "intercom.io",
    "intercomcdn.com",
    "crisp.chat",
    "tawk.to",
    "zdassets.com",
    "hs-scripts.com",
    "hsforms.net",
    "hubspot.com",
    "mailchimp.com",
    "list-manage.com",
    "cookielaw.org",
    "cookiebot.com",
    "usercentrics.eu",
    "iubenda.com",
    "termly.io",
    "typekit.net",
    "fontawesome.com",
    "clerk.com",
    "clerk.dev",
    "auth0.com",
    "vercel-scripts.com",
    "vercel.live",
    "netlify.com",
    "calendly.com",
    "typeform.com",
    "youtube.com",
    "vimeo.com",
    "tailwindcss.com",
    "polyfill-fastly.io",
];
/// So many are listed.
const MOST_LINES: usize = 10;

/// Judges one page.
pub fn judge(page: &Page<'_>) -> Sight {
    if !page.response.is_html() {
        return Sight::Absent(format!("{} is no page, so it loads no scripts", shown(page.url)));
    }
    let document = &page.document;
    let scripts =
        document.scripts.iter().filter_map(|script| Some((script.src.as_deref()?, script.integrity.is_some())));
    let styles = document.stylesheets().map(|link| (link.href.as_str(), link.integrity.is_some()));
    let foreign: Vec<(Url, bool)> = scripts
        .chain(styles)
        .filter_map(|(src, checked)| Some((document.resolve(page.url, src)?, checked)))
        .filter(|(url, _)| is_web(url) && registered(url) != registered(page.url))
        .collect();
    let (changing, fixed): (Vec<_>, Vec<_>) = foreign.into_iter().partition(|(url, checked)| !checked && changes(url));
    let unchecked: Vec<&Url> = fixed.iter().filter(|(_, checked)| !checked).map(|(url, _)| url).collect();
    if let Some(first) = unchecked.first() {
        let host = first.host_str().unwrap_or_default();
        let message = match unchecked.len() {
            1 => format!("A file from {host} is loaded without a checksum"),
            count => format!("{count} files from other sites are loaded without a checksum, the first from {host}"),
        };
        let mut lines: Vec<String> = unchecked.iter().take(MOST_LINES).map(|url| clipped(&shown(url))).collect();
        if unchecked.len() > MOST_LINES {
            lines.push(format!("and {} more", unchecked.len() - MOST_LINES));
        }
        let finding = header_finding(&META, page.url, "integrity", message)
            .evidence(Evidence::new(EvidenceKind::Note, lines.join("\n")));
        return Observation::from(finding).into();
    }
    if document.cut {
        return Sight::NotSeen(format!("{} is too long to be read whole", shown(page.url)));
    }
    if fixed.is_empty() {
        return Sight::Seen(Vec::new());
    }
    let message = "Scripts and styles from other sites carry checksums".to_owned();
    let mut lines: Vec<String> = fixed.iter().take(MOST_LINES).map(|(url, _)| clipped(&shown(url))).collect();
    lines.extend(changing.iter().take(MOST_LINES).map(|(url, _)| {
        format!("without one, since its maker changes it at will: {}", url.host_str().unwrap_or_default())
    }));
    let proof = header_proof(&PROOF, page.url, message);
    Observation::from(proof.evidence(Evidence::new(EvidenceKind::Note, lines.join("\n")))).into()
}

fn changes(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    // AngularJS, jQuery and others under fixed versions.
    if host == "ajax.googleapis.com" {
        return false;
    }
    CHANGING
        .iter()
        .any(|known| host.strip_suffix(known).is_some_and(|before| before.is_empty() || before.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use super::*;

    fn of(html: &str) -> Vec<String> {
        judged(judge, &[], html)
    }

    #[test]
    fn only_files_of_other_sites_that_stay_as_they_are_need_a_checksum() {
        let finding =
            of("<script src=https://cdn.example.net/a.js></script><link rel=stylesheet href=//unpkg.com/b.css>");
        assert!(finding[0].starts_with("minor subresource-integrity-missing: 2 files from other sites"), "{finding:?}");
        for html in [
            "<script src=/a.js></script>",
            "<script src=https://static.example.com/a.js></script>",
            "<script src=https://js.stripe.com/v3/></script>",
            "<link rel=stylesheet href='https://fonts.googleapis.com/css2?family=A'>",
            "<link rel=icon href=https://cdn.example.net/f.ico>",
            "<script>a()</script>",
            "<base href=https://shop.example.com/x/><script src=a.js></script>",
        ] {
            assert_eq!(of(html), [""; 0], "{html}");
        }
        assert!(of("<base href=https://cdn.example.net/><script src=a.js></script>")[0].starts_with("minor"));
        assert!(of("<script src=https://ajax.googleapis.com/ajax/libs/a.js></script>")[0].starts_with("minor"));
        assert!(of("<script src=https://notstripe.com/a.js></script>")[0].starts_with("minor"));
        assert!(of("<script src=https://cdn.example.net/a.js integrity=sha384-x></script>")[0].starts_with("proof"));
    }

    #[test]
    fn addresses_are_shown_without_their_queries() {
        let html = "<script src='https://cdn.example.net/a.js?key=abcdef'></script>";
        let document = crate::probe::web::html::read(html.as_bytes());
        let url = document
            .resolve(&Url::parse("https://shop.example.com/").unwrap(), document.scripts[0].src.as_ref().unwrap());
        assert!(!shown(&url.unwrap()).contains("abcdef"));
        assert!(!of(html)[0].contains("abcdef"));
    }
}

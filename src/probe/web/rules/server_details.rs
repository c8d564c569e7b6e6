//! Headers that tell strangers which software runs, and headers of debugging tools.

use super::{Page, clipped, header_finding};
use crate::model::{Confidence, Evidence, EvidenceKind, Observation, RuleKind, RuleMeta, Severity};
use crate::probe::web::tally::Sight;

/// Software and versions are told.
pub static META: RuleMeta = RuleMeta {
    id: "server-details-leaked",
    title: "Answers tell which software runs, and which version",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Looks for versions in `Server`, for `X-Powered-By` and its like, for a generator with a version in the page, and for \
           headers that only debugging tools send.",
    why: "When a hole in a version becomes known, programs search the internet for exactly that version; nobody needs to read \
          it off your answers. Debugging tools show far more than that.",
    fix: "Turn them off: `server_tokens off;` in nginx, `app.disable('x-powered-by')` in Express, `poweredByHeader: false` in \
          next.config, `expose_php = Off` in php.ini, `ServerTokens Prod` in Apache.",
    example: "bad:  Server: nginx/1.18.0 (Ubuntu)\n      X-Powered-By: PHP/8.1.2\ngood: Server: nginx",
    references: &[
        "F58",
        "https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html",
        "https://owasp.org/www-project-secure-headers/",
    ],
};

/// These tell what runs, with a version or without (OWASP Secure Headers Project, "headers_remove").
const SOFTWARE: &[&str] = &[
    "x-powered-by",
    "x-powered-cms",
    "x-aspnet-version",
    "x-aspnetmvc-version",
    "x-sourcefiles",
    "x-generator",
    "x-php-version",
    "x-redirect-by",
    "x-mod-pagespeed",
    "x-page-speed",
    "x-runtime-version",
    "microsoftsharepointteamservices",
    "liferay-portal",
    "x-server-powered-by",
];
/// These do so only with a version.
const WITH_VERSION: &[&str] = &["server", "x-server", "x-backend-server"];
/// Sent by debugging tools alone: Symfony's profiler, Laravel's debug bars, Spring, Django.
const DEBUGGING: &[&str] = &[
    "x-debug-token",
    "x-debug-token-link",
    "x-debug-exception",
    "phpdebugbar-id",
    "x-clockwork-id",
    "x-clockwork-version",
    "x-rack-mini-profiler-ids",
    "x-miniprofiler-ids",
    "djdt-store-id",
];

/// Judges one page.
pub fn judge(page: &Page<'_>) -> Sight {
    let headers = page.headers();
    let sent = |names: &[&str], versions_only: bool| -> Vec<String> {
        let all = names.iter().flat_map(|name| headers.all(name));
        let telling = all.filter(|header| !header.value.is_empty() && (!versions_only || has_version(&header.text())));
        telling.map(|header| format!("{}: {}", header.name, clipped(&header.text()))).collect()
    };
    let mut told = sent(WITH_VERSION, true);
    told.extend(sent(SOFTWARE, false));
    let generator = page.document.generator.as_deref().filter(|text| has_version(text));
    let debugging = sent(DEBUGGING, false);
    let first = debugging.first().or(told.first()).cloned();
    let first = first.or_else(|| generator.map(|text| format!("generator: {text}")));
    let Some(first) = first else { return Sight::Seen(Vec::new()) };
    let lines: Vec<String> = debugging.iter().chain(&told).map(|line| format!("sent: {line}")).collect();
    let in_page = generator.map(|text| {
        Evidence::new(EvidenceKind::Note, format!("in the page's head: <meta name=\"generator\" content=\"{text}\">"))
    });
    let by_header = (!lines.is_empty()).then(|| Evidence::new(EvidenceKind::Header, lines.join("\n")));
    let finding = if debugging.is_empty() {
        header_finding(&META, page.url, "server-details", format!("Every answer tells strangers what runs: `{first}`"))
    } else {
        let message = format!("A debugging tool answers along with your app: `{first}`");
        header_finding(&META, page.url, "server-details", message)
            .severity(Severity::Major)
            .fix("Switch the debugging tool off in production: APP_DEBUG=false in Laravel, APP_ENV=prod in Symfony, DEBUG = False in Django.")
    };
    Observation::from(finding.evidence(by_header).evidence(in_page)).into()
}

/// Whether a header, its name in lower case, is one that the finding is about.
pub fn tells(name: &str, value: &str) -> bool {
    let listed =
        SOFTWARE.contains(&name) || DEBUGGING.contains(&name) || WITH_VERSION.contains(&name) && has_version(value);
    listed && !value.is_empty()
}

/// Whether a text names a version: a digit after a slash, or a digit, a dot and a digit.
fn has_version(text: &str) -> bool {
    let bytes: Vec<u8> = text.bytes().take(1000).collect();
    bytes.windows(2).any(|pair| matches!(pair, [b'/', digit] if digit.is_ascii_digit()))
        || bytes
            .windows(3)
            .any(|three| matches!(three, [before, b'.', after] if before.is_ascii_digit() && after.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use super::*;

    #[test]
    fn versions_are_told_from_names() {
        let of = |headers: &[(&str, &str)]| judged(judge, headers, "");
        assert!(of(&[("Server", "nginx/1.18.0 (Ubuntu)")])[0].contains("`Server: nginx/1.18.0 (Ubuntu)`"));
        assert!(of(&[("X-Powered-By", "Express")])[0].starts_with("minor server-details-leaked"));
        assert!(of(&[("X-AspNet-Version", "4.0.30319")])[0].contains("X-AspNet-Version"));
        for harmless in [("Server", "nginx"), ("Server", "cloudflare"), ("X-Powered-By", ""), ("Server", "Vercel")] {
            assert_eq!(of(&[harmless]), [""; 0], "{harmless:?}");
        }
        assert!(of(&[("Server", "a/1"), ("X-Debug-Token-Link", "/_profiler/x")])[0].starts_with("major"));
    }

    #[test]
    fn a_generator_counts_with_its_version() {
        let of = |html: &str| judged(judge, &[], html);
        assert!(of("<meta name=generator content='Maker 6.1.2'>")[0].contains("generator: Maker 6.1.2"));
        assert_eq!(of("<meta name=generator content='Maker'>"), [""; 0]);
    }
}

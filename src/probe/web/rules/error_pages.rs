//! What users and strangers see when something goes wrong.

use url::Url;

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::{location, same_site, shown};
use crate::probe::web::errors::Errors;
use crate::probe::web::errors::signs::{self, Kind};
use crate::probe::web::exposed::Paths;
use crate::probe::web::exposed::answer::Answer;
use crate::probe::web::html;
use crate::probe::web::tally::Sight;

/// A stack trace.
pub static TRACE: RuleMeta = RuleMeta {
    id: "stack-trace-exposed",
    title: "Errors show strangers how the app is built",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Asks for a path that does not exist and sends four requests that no app expects, and looks for stack traces, debug pages and \
           PHP warnings in the answers.",
    why: "Paths, versions and settings in an error page show attackers where to begin, and your users see text that looks broken.",
    fix: "Start the app in production mode (`NODE_ENV=production`, `DEBUG = False`, `APP_DEBUG=false`, `display_errors=Off`), and let one error \
          handler answer with a plain page and write the details to the log.",
    example: "bad:  404 with \"at Layer.handle (/srv/app/…)\"\ngood: 404 with \"We could not find that page\"",
    references: &["C26", "F9", "https://cheatsheetseries.owasp.org/cheatsheets/Error_Handling_Cheat_Sheet.html"],
};

/// The page of a framework or server.
pub static DEFAULT: RuleMeta = RuleMeta {
    id: "default-error-page",
    title: "Errors show the page of a framework or server",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Asks for a path that does not exist and sends four requests that no app expects, and recognises the standard pages of servers, \
           frameworks and hosts for what is missing (404) or fails (5xx).",
    why: "Somebody with an old link, or in whose hands the app fails, ends on a page without a way on, and closes the tab.",
    fix: "Make a page of your own with a link home: `not-found.tsx` in Next.js, `404.html` on static hosts and in Django, \
          `error_page 404 /404.html;` in nginx. For what fails: `error.tsx` in Next.js, `500.html` in Django and Rails, \
          `error_page 500 502 503 504 /500.html;` in nginx.",
    example: "bad:  404 Not Found · nginx\ngood: We could not find that page. Back to the shop",
    references: &["C24"],
};

/// 200 for nonsense.
pub static SOFT: RuleMeta = RuleMeta {
    id: "missing-page-answers-200",
    title: "Paths that do not exist answer as if they did",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Asks for a path that nobody can have and looks at the status of the answer.",
    why: "Search engines list pages that do not exist, monitors do not notice broken links, and users with a mistyped address get no word of it. \
          Single-page apps do this unless they are told otherwise.",
    fix: "Answer 404 for paths that your router does not know: render the not-found page on the server, or list the routes in the host's \
          rewrites in place of one for everything.",
    example: "bad:  GET /no-such-page → 200\ngood: GET /no-such-page → 404",
    references: &["C24", "https://developers.google.com/search/docs/crawling-indexing/http-network-errors"],
};

/// Pages of the app's own.
pub static PROOF: RuleMeta = RuleMeta {
    id: "custom-error-pages",
    title: "Errors show pages of the app's own",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees a page of the app's own, with a way on, for a path that does not exist and for a request that fails.",
    why: "Users who meet an error stay, and know what to do next.",
    fix: "Nothing to do.",
    example: "",
    references: &["C24"],
};

/// Every rule.
pub static RULES: &[&RuleMeta] = &[&TRACE, &DEFAULT, &SOFT, &PROOF];
const DEFAULT_RULES: &[&RuleMeta] = &[&DEFAULT];
/// Those about pages for requests that fail.
const FAILED_RULES: &[&RuleMeta] = &[&DEFAULT, &PROOF];
/// The rules about pages for people.
pub static PAGE_RULES: &[&RuleMeta] = &[&DEFAULT, &SOFT, &PROOF];

/// Judges the stack traces.
pub fn judge_traces(page: &Url, paths: &Paths, errors: &Errors) -> Vec<Sight> {
    let missing = [&paths.missing, &paths.missing_dotted];
    // A trace is one, also in a refusal.
    let answers: Vec<&Answer> =
        missing.into_iter().chain(&errors.answers).filter(|answer| answer.status.is_some()).collect();
    let mut sights: Vec<Sight> = lost(page, paths, errors).map(Sight::NotSeen).into_iter().collect();
    if paths.missing.status.is_none() {
        sights.push(Sight::NotSeen(format!("{} does not answer to a path that does not exist", shown(page))));
    }
    if let Some(status) = paths.wall() {
        let why = format!("{} answers {status} to every path, so what lies behind that was not seen", shown(page));
        sights.push(Sight::NotSeen(why));
    }
    match trace(page, &paths.front, &answers) {
        Some(finding) => sights.push(finding.into()),
        // Without a single request that no app expects, nothing is known of how the app fails.
        None if paths.missing.status.is_none() || paths.wall().is_some() || errors.answered(paths).next().is_none() => {
        }
        None => sights.push(Sight::Seen(Vec::new())),
    }
    sights
}

/// Which of the requests that no app expects were lost.
fn lost(page: &Url, paths: &Paths, errors: &Errors) -> Option<String> {
    let lost = errors.lost(paths);
    let page = shown(page);
    match lost.as_slice() {
        _ if errors.answered(paths).next().is_none() => {
            Some(format!("{page} answered none of the requests that no app expects"))
        }
        [] => None,
        lost => Some(format!("{page} refused or did not answer requests that no app expects: {}", lost.join(", "))),
    }
}

fn trace(page: &Url, front: &str, answers: &[&Answer]) -> Option<Observation> {
    let signs: Vec<_> = answers
        .iter()
        .filter_map(|answer| Some((answer, signs::read_strange(&answer.text, answer.status?, front)?)))
        .filter(|(_, sign)| sign.kind > Kind::Default)
        .collect();
    let (_, worst) = signs.iter().max_by_key(|(_, sign)| sign.kind)?;
    let (message, severity) = match worst.kind {
        Kind::Console => (
            format!(
                "An error page opens {} to everybody: whoever sees it can try to run code on your server",
                worst.of
            ),
            Severity::Blocker,
        ),
        _ if worst.of.contains(" in ") || worst.of.contains(" with") => {
            (format!("Error pages come from {}, which shows strangers how the app is built", worst.of), Severity::Major)
        }
        _ => (format!("Error pages show strangers a stack trace of {}", worst.of), Severity::Major),
    };
    let mut lines: Vec<String> = signs
        .iter()
        .map(|(answer, sign)| {
            let asked =
                if answer.path.contains("gonogo-") { "a path that does not exist" } else { answer.path.as_str() };
            format!("{asked} → {}: {}", answer.status.unwrap_or_default(), sign.shown)
        })
        .collect();
    lines.dedup();
    let finding = Finding::new(&TRACE, location(page), "", message)
        .severity(severity)
        .evidence(Evidence::new(EvidenceKind::Note, lines.join("\n")));
    Some(finding.into())
}

/// Judges the pages that people see. `document` is the page that was reached, if it is one for people.
pub fn judge_pages(
    page: &Url,
    document: Option<&html::Document>,
    paths: &Paths,
    errors: &Errors,
) -> Vec<(&'static [&'static RuleMeta], Sight)> {
    let Some(document) = document else {
        let why = format!("{} is no page for people: give the address of one", shown(page));
        return vec![(PAGE_RULES, Sight::NotSeen(why))];
    };
    let missing = &paths.missing;
    let failed = failed(page, paths, errors, document);
    let mut sights = Vec::new();
    if let Some(why) = lost(page, paths, errors) {
        sights.push((FAILED_RULES, Sight::NotSeen(why)));
    }
    let mut standard = Vec::new();
    match missing.status {
        None => {
            let why = format!("{} does not answer to a path that does not exist", shown(page));
            sights.push((PAGE_RULES, Sight::NotSeen(why)));
        }
        Some(_) if missing.challenge => {
            let why = format!("{} answers with a check for bots to a path that does not exist", shown(page));
            sights.push((PAGE_RULES, Sight::NotSeen(why)));
        }
        Some(status @ 200..300) if missing.is_html() => {
            let message = "A path that does not exist answers 200, as single-page apps do unless told otherwise";
            let finding = Finding::new(&SOFT, location(page), "", message)
                .evidence(Evidence::new(EvidenceKind::Note, format!("GET {} → {status}", missing.path)));
            sights.push((PAGE_RULES, Observation::from(finding).into()));
        }
        Some(status @ (404 | 410)) => {
            let line = format!("GET {} → {status}", missing.path);
            let mut proven = None;
            match own_page(page, missing, document, paths) {
                Page::Own if failed.is_none() => proven = proof(page, document, paths, errors),
                Page::Standard(of) => {
                    standard.push((format!("A path that does not exist shows the standard page of {of}"), line));
                }
                Page::Empty => standard.push(("A path that does not exist shows an empty page".to_owned(), line)),
                // It may well be the app's own words, or not.
                Page::Own | Page::Other => {}
            }
            sights.push((PAGE_RULES, Sight::Seen(proven.into_iter().collect())));
        }
        Some(status) => {
            let why = format!("{} answers {status} to a path that does not exist", shown(page));
            sights.push((PAGE_RULES, Sight::NotSeen(why)));
        }
    }
    standard.extend(failed);
    sights.extend(default_page(page, standard).map(|finding| (DEFAULT_RULES, finding.into())));
    sights
}

/// One fault, whether the app shows such a page for what is missing, for what fails, or for both.
fn default_page(page: &Url, standard: Vec<(String, String)>) -> Option<Observation> {
    let (messages, lines): (Vec<String>, Vec<String>) = standard.into_iter().unzip();
    let message = match messages.as_slice() {
        [] => return None,
        [first] => first.clone(),
        [first, second, ..] => format!("{first}; {}", second.replacen("A request", "a request", 1)),
    };
    let finding = Finding::new(&DEFAULT, location(page), "", message)
        .evidence(Evidence::new(EvidenceKind::Note, lines.join("\n")));
    Some(finding.into())
}

/// The standard page that a request shows which makes the app or its server fail (5xx), and its line of evidence. What a server says of a
/// request that it refuses (400) never reaches users.
fn failed(page: &Url, paths: &Paths, errors: &Errors, document: &html::Document) -> Option<(String, String)> {
    let mut failed = errors.answered(paths).filter(|answer| answer.status.is_some_and(|status| status >= 500));
    failed.find_map(|answer| match own_page(page, answer, document, paths) {
        Page::Standard(of) => {
            let status = answer.status.unwrap_or_default();
            let message = format!("A request that fails ({status}) shows the standard page of {of}");
            Some((message, format!("{} → {status}, the standard page of {of}", answer.path)))
        }
        _ => None,
    })
}

enum Page {
    /// It belongs to the app: it shares scripts or styles with its page, or leads home.
    Own,
    /// The standard page of something.
    Standard(&'static str),
    /// Nothing in it.
    Empty,
    /// A text, JSON, a page without a way on.
    Other,
}

fn own_page(page: &Url, answer: &Answer, document: &html::Document, paths: &Paths) -> Page {
    if answer.bytes.trim_ascii().is_empty() {
        return Page::Empty;
    }
    match signs::read_strange(&answer.text, answer.status.unwrap_or_default(), &paths.front) {
        Some(sign) if sign.kind == Kind::Default => return Page::Standard(sign.of),
        // A stack trace is a finding of its own.
        Some(_) => return Page::Other,
        None => {}
    }
    if !answer.is_html() {
        return Page::Other;
    }
    let error = html::read(&answer.bytes);
    let styles = |document: &html::Document| document.stylesheets().map(|link| link.href.clone()).collect::<Vec<_>>();
    let known = styles(document);
    let shares_style = styles(&error).iter().any(|href| known.contains(href));
    let shares_script = error
        .scripts
        .iter()
        .filter_map(|script| script.src.as_ref())
        .any(|src| document.scripts.iter().any(|script| script.src.as_ref() == Some(src)));
    // A firewall's page leads to whoever makes the firewall.
    let own = |href: &str| error.resolve(page, href).is_some_and(|url| same_site(page, &url));
    let leads_on = error
        .anchors
        .iter()
        .any(|anchor| !anchor.href.starts_with('#') && !anchor.text.is_empty() && own(&anchor.href));
    if leads_on || shares_style || shares_script { Page::Own } else { Page::Other }
}

/// A request that fails has to show a page of the app's own as well: a 404 alone says nothing about the rest.
fn proof(page: &Url, document: &html::Document, paths: &Paths, errors: &Errors) -> Option<Observation> {
    let failed = errors
        .answered(paths)
        .filter(|answer| matches!(answer.status, Some(400 | 500..)))
        .find(|answer| matches!(own_page(page, answer, document, paths), Page::Own))?;
    let message = format!(
        "A path that does not exist and a request that fails ({}) both show a page of your own",
        failed.status.unwrap_or_default()
    );
    Some(Proof::new(&PROOF, location(page), "", message).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_every_request_is_lost_nothing_is_known_and_what_was_seen_stands() {
        let page = Url::parse("https://example.com/").unwrap();
        let paths =
            |body: &[u8]| Paths { missing: Answer::with("/gonogo-1", 404, "text/html", body), ..Paths::default() };
        let lost = Errors { answers: vec![Answer::default(), Answer::with("/%", 429, "", b"")] };
        let sights = judge_traces(&page, &paths(b"<h1>Not here</h1>"), &lost);
        assert!(matches!(sights.as_slice(), [Sight::NotSeen(_)]), "{sights:?}");
        let trace = b"Traceback (most recent call last):\n  File \"/app/main.py\", line 3";
        let sights = judge_traces(&page, &paths(trace), &lost);
        assert!(matches!(sights.as_slice(), [Sight::NotSeen(_), Sight::Seen(seen)] if seen.len() == 1), "{sights:?}");
        let calm = Errors { answers: vec![Answer::with("/%", 400, "", b"no")] };
        let sights = judge_traces(&page, &paths(b"<h1>Not here</h1>"), &calm);
        assert!(matches!(sights.as_slice(), [Sight::Seen(seen)] if seen.is_empty()), "{sights:?}");
    }

    #[test]
    fn a_wall_says_nothing_of_errors_and_its_page_is_not_the_apps() {
        let page = Url::parse("https://example.com/").unwrap();
        let of = |missing: u16, error: u16| {
            let paths = Paths { missing: Answer::with("/gonogo-1", missing, "text/html", b"no"), ..Paths::default() };
            let errors = Errors { answers: vec![Answer::with("/%", error, "text/html", b"no")] };
            judge_traces(&page, &paths, &errors)
        };
        for (missing, error) in [(401, 401), (401, 400), (404, 403), (503, 503)] {
            let sights = of(missing, error);
            assert!(sights.iter().all(|sight| matches!(sight, Sight::NotSeen(_))), "{missing} {error}: {sights:?}");
        }
        let own = b"<html><h1>Lost</h1><a href=/>Home</a></html>";
        let block = b"<html><h1>Blocked</h1><a href=https://waf.example.net/>Why?</a></html>";
        let paths = Paths { missing: Answer::with("/gonogo-1", 404, "text/html", own), ..Paths::default() };
        for (status, body, proven) in [(400, &own[..], true), (403, own, false), (400, block, false)] {
            let errors = Errors { answers: vec![Answer::with("/%", status, "text/html", body)] };
            let found = proof(&page, &html::Document::default(), &paths, &errors);
            assert_eq!(found.is_some(), proven, "{status}");
        }
    }
}

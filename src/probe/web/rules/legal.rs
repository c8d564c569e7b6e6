//! Privacy policy, terms and consent, as far as a page shows them.

use url::Url;

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Observation, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::{location, shown};
use crate::probe::web::exposed::answer::Answer;
use crate::probe::web::exposed::legal::{Kind, manager};
use crate::probe::web::exposed::{Exposed, control};
use crate::probe::web::tally::Sight;

const fn proof(
    id: &'static str,
    title: &'static str,
    what: &'static str,
    why: &'static str,
    references: &'static [&'static str],
) -> RuleMeta {
    RuleMeta {
        id,
        title,
        kind: RuleKind::Proof,
        severity: Severity::Minor,
        confidence: Confidence::High,
        what,
        why,
        fix: "Nothing to do.",
        example: "",
        references,
    }
}

/// A privacy policy.
pub static PRIVACY: RuleMeta = proof(
    "privacy-policy-linked",
    "The page links to a privacy policy",
    "Looks for a link to a privacy policy on the page, in seven languages, and asks whether it leads somewhere.",
    "People can read what happens to their data before they give it. Whether the policy says what the app really does, only a person can tell.",
    &["C41"],
);

/// Terms.
pub static TERMS: RuleMeta = proof(
    "terms-linked",
    "The page links to terms of service",
    "Looks for a link to terms of use or sale on the page, in seven languages, and asks whether it leads somewhere.",
    "People can read what they agree to. Whether they accept it where they sign up, only a person can tell.",
    &["C42"],
);

/// A cookie page or a consent manager.
pub static CONSENT: RuleMeta = proof(
    "cookie-consent-offered",
    "The page offers a choice about cookies",
    "Looks for the script of a known consent manager, or a link about cookies.",
    "Visitors can say no. Whether trackers wait for their answer, only a look at the requests in a private window can tell.",
    &["C43"],
);

/// A link that leads nowhere.
pub static BROKEN: RuleMeta = RuleMeta {
    id: "legal-link-broken",
    title: "The link to the privacy policy or the terms leads nowhere",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Follows the page's own links to its privacy policy and terms.",
    why: "Users are promised a page that is not there, and sign-in providers and app stores reject apps for it.",
    fix: "Publish the page at that address, or correct the link.",
    example: "bad:  <a href=\"/privacy\"> → 404\ngood: <a href=\"/privacy\"> → 200",
    references: &["C41", "C42"],
};

/// Every rule.
pub static RULES: &[&RuleMeta] = &[&PRIVACY, &TERMS, &CONSENT, &BROKEN];

/// Judges the links of a page.
pub fn judge(page: &Url, exposed: &Exposed) -> Vec<Sight> {
    let Some(document) = &exposed.document else {
        return vec![Sight::NotSeen(format!("{} is no page for people: give the address of one", shown(page)))];
    };
    let mut unknown = Vec::new();
    let mut seen: Vec<Observation> = Vec::new();
    if let Some(name) = manager(document) {
        let message = format!("The page loads the consent manager {name}");
        seen.push(Proof::new(&CONSENT, location(page), "manager", message).into());
    }
    for (kind, url, answer) in &exposed.legal {
        let (rule, what) = match kind {
            Kind::Privacy => (&PRIVACY, "a privacy policy"),
            Kind::Terms => (&TERMS, "terms of service"),
            Kind::Cookies => (&CONSENT, "its cookie page"),
        };
        let line = |status: String| Evidence::new(EvidenceKind::Note, format!("{}{status}", shown(url)));
        match answer.as_ref().map(|answer| (answer, leads_nowhere(answer, exposed))) {
            Some((answer, Some(true))) => {
                let status = answer.status.unwrap_or_default();
                let message = format!("The link to {what} leads to a page that does not exist");
                seen.push(
                    Finding::new(&BROKEN, location(url), "", message).evidence(line(format!(" → {status}"))).into(),
                );
            }
            Some((answer, None)) if answer.status.is_none() => {
                unknown.push(format!("{} gave no answer that could be read", shown(url)));
            }
            // Nothing is known of where it leads.
            Some((_, None)) => {}
            Some((answer, Some(false))) => {
                let status = answer.status.map_or(String::new(), |status| format!(" → {status}"));
                seen.push(
                    Proof::new(rule, location(page), what, format!("The page links to {what}"))
                        .evidence(line(status))
                        .into(),
                );
            }
            None => {
                seen.push(
                    Proof::new(rule, location(page), what, format!("The page links to {what}"))
                        .evidence(line(String::new()))
                        .into(),
                );
            }
        }
    }
    let linked = |kind| exposed.legal.iter().any(|(known, ..)| *known == kind);
    if document.cut && !(linked(Kind::Privacy) && linked(Kind::Terms)) {
        unknown.push(format!("only the beginning of {} was searched for links", shown(page)));
    }
    let mut sights = vec![Sight::Seen(seen)];
    sights.extend(unknown.into_iter().map(Sight::NotSeen));
    sights
}

/// Whether a link leads to a page that is not there. `None` where that cannot be told: a site that gives the same for every path.
fn leads_nowhere(answer: &Answer, exposed: &Exposed) -> Option<bool> {
    match answer.status? {
        404 | 410 => Some(true),
        200..400 => {
            let any = exposed.paths.as_ref().is_some_and(|paths| control::same(answer, &paths.missing));
            // The script of a single-page app may well show the right page there.
            if any { None } else { Some(false) }
        }
        _ => None,
    }
}

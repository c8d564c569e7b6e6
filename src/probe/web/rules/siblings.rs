//! Whether all addresses of a site lead to one, and on a straight way.

use std::fmt::Write as _;

use url::Url;

use crate::model::{
    Confidence, Evidence, EvidenceKind, Finding, Location, Observation, Proof, RuleKind, RuleMeta, Severity,
};
use crate::probe::web::address::{is_secure, location, shown, site};
use crate::probe::web::siblings::{Family, Outcome, Turn, families, turn};
use crate::probe::web::tally::Sight;
use crate::probe::web::visit::Visit;

/// With and without `www.` are two sites, or one of them is none.
pub static APART: RuleMeta = RuleMeta {
    id: "hosts-not-unified",
    title: "The name with www and the name without lead to different places",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Goes to `example.com` and `www.example.com`, secure and plain, and looks at whether all of them end at one address.",
    why: "People type either. If one is dead they think that you are closed; if both show the app, they are signed in on one and \
          signed out on the other, and search engines see everything twice.",
    fix: "Choose one name, add a DNS record for the other at the same host, and let it answer `301` to the chosen one, path \
          included. Vercel, Netlify and Cloudflare have a switch for it where domains are listed.",
    example: "bad:  https://example.com and https://www.example.com both answer 200\ngood: https://www.example.com answers 301 to \
              https://example.com",
    references: &[
        "C19",
        "C21",
        "https://developers.google.com/search/docs/crawling-indexing/consolidate-duplicate-urls",
    ],
};

/// The way to HTTPS is not straight.
pub static DETOUR: RuleMeta = RuleMeta {
    id: "https-redirect-detour",
    title: "The way to HTTPS leads through more plain HTTP",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Follows the redirects from each address to the page and looks at whether a plain address leads to another plain one \
           first, to HTTPS under another name, or a secure address back to a plain one.",
    why: "On every plain step somebody on the same network can send people elsewhere; and the rule to use HTTPS only (HSTS) is \
          never heard for a name that is left before its own HTTPS is reached.",
    fix: "Redirect in this order: first `http://` to `https://` under the same name, then from there to the name that you want. In \
          nginx: `return 301 https://$host$request_uri;` for port 80.",
    example: "bad:  http://example.com → http://www.example.com → https://www.example.com\n\
              good: http://example.com → https://example.com → https://www.example.com",
    references: &[
        "C21",
        "C22",
        "https://hstspreload.org/#deployment-recommendations",
        "https://www.rfc-editor.org/rfc/rfc6797",
    ],
};

/// All ways lead to one address.
pub static UNIFIED: RuleMeta = RuleMeta {
    id: "hosts-unified",
    title: "All names of the app lead to one address",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees that the name with and without `www.`, secure and plain, end at one secure address.",
    why: "Whatever people type, they get to the same place.",
    fix: "Nothing to do.",
    example: "",
    references: &["C19", "C21"],
};

/// About names.
pub static NAME_RULES: &[&RuleMeta] = &[&APART, &UNIFIED];
/// About ways.
pub static WAY_RULES: &[&RuleMeta] = &[&DETOUR];

/// Judges the names of every site, one sight a site.
pub fn judge_names(visits: &[Visit]) -> Vec<Sight> {
    let families = families(visits);
    if families.is_empty() {
        return vec![Sight::Absent(
            "the addresses have ports or numbers, so there is no name with www beside them".to_owned(),
        )];
    }
    families.iter().map(judge_family).collect()
}

fn judge_family(family: &Family<'_>) -> Sight {
    if !family.is_pair() {
        return Sight::Absent(format!("{} is not a name that people type with www", family.name));
    }
    let ways: Vec<(&Url, Outcome<'_>)> = family.ways.iter().map(|way| (&way.visit.start, way.outcome)).collect();
    let mut ends: Vec<&Url> = Vec::new();
    for (_, outcome) in &ways {
        // What stays plain is told by the rules about HTTPS.
        if let Outcome::Page(url) = outcome
            && is_secure(url)
            && !ends.iter().any(|end| end.origin() == url.origin())
        {
            ends.push(url);
        }
    }
    let evidence =
        || Evidence::new(EvidenceKind::Note, ways.iter().map(|way| line(way)).collect::<Vec<_>>().join("\n"));
    let Some(first) = ends.first() else {
        return Sight::NotSeen(format!("no address of {} led to a secure page", family.name));
    };
    let dead = ways.iter().find(|(_, outcome)| *outcome == Outcome::NoName).map(|(url, _)| *url);
    let finding = |message: String| {
        let place = Location::Url { url: format!("https://{}/", family.name) };
        Finding::new(&APART, place, "", message).evidence(evidence())
    };
    if let Some(dead) = dead.and_then(Url::host_str) {
        let other = first.host_str().unwrap_or_default();
        let message = format!("{dead} leads nowhere, since its name is not in DNS; only {other} does");
        // The bare name is what most people type.
        let severity = if dead == family.name { Severity::Major } else { Severity::Minor };
        return Observation::from(finding(message).severity(severity)).into();
    }
    if ends.len() > 1 {
        let names: Vec<&str> = ends.iter().filter_map(|url| url.host_str()).collect();
        return Observation::from(finding(format!("The app is served under {}, each for itself", names.join(" and "))))
            .into();
    }
    let settled = |(_, outcome): &(&Url, Outcome<'_>)| match outcome {
        Outcome::Page(url) => is_secure(url),
        Outcome::Nobody => true,
        Outcome::NoName | Outcome::Unknown => false,
    };
    // Nobody at a secure address is a dead end; at a plain one it is not.
    let nobody = ways.iter().find(|(url, outcome)| is_secure(url) && *outcome == Outcome::Nobody);
    if let Some((url, _)) = nobody {
        let message = format!("{} leads nowhere: nobody answers there, or not with HTTPS", shown(url));
        return Observation::from(finding(message)).into();
    }
    if !ways.iter().all(settled) {
        return Sight::NotSeen(format!("not every address of {} was seen to its end", family.name));
    }
    let message = format!("All addresses of {} lead to {}", family.name, shown(first));
    Observation::from(Proof::new(&UNIFIED, location(first), "", message).evidence(evidence())).into()
}

fn line((start, outcome): &(&Url, Outcome<'_>)) -> String {
    let to = match outcome {
        Outcome::Page(url) if url == start => "a page".to_owned(),
        Outcome::Page(url) => shown(url),
        Outcome::NoName => "nowhere: its name is not in DNS".to_owned(),
        Outcome::Nobody => "nowhere: nobody answers there".to_owned(),
        Outcome::Unknown => "not seen".to_owned(),
    };
    format!("{} → {to}", shown(start))
}

/// Judges the ways of all visits: one finding a site and kind of turn would tell the same fault twice, so there is one for
/// the worst turn of each site.
pub fn judge_ways(visits: &[Visit]) -> Vec<Sight> {
    let mut told: Vec<&str> = Vec::new();
    let mut sights = Vec::new();
    let mut ways: Vec<(&Visit, Turn<'_>)> = visits.iter().filter_map(|visit| Some((visit, turn(visit)?))).collect();
    ways.sort_by_key(|(_, turn)| match turn {
        Turn::Downgrade(..) => 0,
        Turn::PlainDetour(..) => 1,
        Turn::OtherNameFirst(..) => 2,
    });
    for (visit, turn) in ways {
        let name = site(&visit.start);
        if !told.contains(&name) {
            sights.push(Observation::from(detour(visit, turn)).into());
            told.push(name);
        }
    }
    let straight = visits
        .iter()
        .any(|visit| visit.page().is_some_and(|page| is_secure(&page.url)) && !told.contains(&site(&visit.start)));
    if straight {
        sights.push(Sight::Seen(Vec::new()));
    }
    sights
}

fn detour(visit: &Visit, turn: Turn<'_>) -> Finding {
    let (severity, message) = match turn {
        Turn::Downgrade(from, to) => {
            (Severity::Major, format!("{} sends people from HTTPS back to plain HTTP, at {}", shown(from), shown(to)))
        }
        Turn::PlainDetour(from, to) => {
            (Severity::Minor, format!("{} leads to {} first, which is plain HTTP again", shown(from), shown(to)))
        }
        Turn::OtherNameFirst(from, to) => (
            Severity::Minor,
            format!(
                "{} leads at once to another name, {}, so browsers never learn to use HTTPS for {}",
                shown(from),
                shown(to),
                from.host_str().unwrap_or_default()
            ),
        ),
    };
    let mut way = String::new();
    for (at, hop) in visit.hops.iter().enumerate() {
        let arrow = if at == 0 { "" } else { "\n→ " };
        let _ = write!(way, "{arrow}{} answers {}", shown(&hop.url), hop.response.status);
    }
    Finding::new(&DETOUR, location(&visit.start), "", message)
        .severity(severity)
        .evidence(Evidence::new(EvidenceKind::Note, way))
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::probe::web::http::{Body, Headers, Response};
    use crate::probe::web::trouble::Trouble;
    use crate::probe::web::visit::{End, Hop};

    /// A visit through these addresses; `end` is the trouble at its end, if any.
    fn visit(way: &[&str], given: bool, trouble: Option<Trouble>) -> Visit {
        let urls: Vec<Url> = way.iter().map(|url| Url::parse(url).unwrap()).collect();
        let last = urls.len() - usize::from(trouble.is_some());
        let hops = urls[..last].iter().enumerate().map(|(at, url)| {
            let status = if at + 1 == urls.len() { 200 } else { 301 };
            let response = Response { status, headers: Headers::default(), body: Body::default() };
            Hop { url: url.clone(), response, times: Default::default() }
        });
        let end = match trouble {
            Some(trouble) => End::Trouble { url: urls[last].clone(), trouble },
            None => End::Arrived,
        };
        Visit { start: urls[0].clone(), given, hops: hops.collect(), handshakes: Vec::new(), other_name: false, end }
    }

    fn good() -> Vec<Visit> {
        vec![
            visit(&["https://example.com/"], true, None),
            visit(&["http://example.com/", "https://example.com/"], false, None),
            visit(&["https://www.example.com/", "https://example.com/"], false, None),
            visit(&["http://www.example.com/", "https://www.example.com/", "https://example.com/"], false, None),
        ]
    }

    fn names(visits: &[Visit]) -> Vec<String> {
        judge_names(visits).into_iter().flat_map(lines).collect()
    }

    fn ways(visits: &[Visit]) -> Vec<String> {
        judge_ways(visits).into_iter().flat_map(lines).collect()
    }

    #[test]
    fn four_addresses_that_lead_to_one_are_a_proof() {
        assert_eq!(names(&good()), ["proof hosts-unified: All addresses of example.com lead to https://example.com/"]);
        assert!(ways(&good()).is_empty());
        let mut closed = good();
        closed[1] = visit(&["http://example.com/"], false, Some(Trouble::Refused));
        assert!(names(&closed)[0].starts_with("proof"), "nobody has to listen for plain HTTP");
    }

    #[test]
    fn a_dead_name_is_told_once_and_weighed_by_who_types_it() {
        let mut www = good();
        www[2] = visit(&["https://www.example.com/"], false, Some(Trouble::UnknownHost));
        www[3] = visit(&["http://www.example.com/"], false, Some(Trouble::UnknownHost));
        assert_eq!(
            names(&www),
            [
                "minor hosts-not-unified: www.example.com leads nowhere, since its name is not in DNS; only example.com does"
            ]
        );
        let bare = vec![
            visit(&["https://www.example.com/"], true, None),
            visit(&["https://example.com/"], false, Some(Trouble::UnknownHost)),
        ];
        assert!(names(&bare)[0].starts_with("major hosts-not-unified: example.com leads nowhere"));
        let mut refused = good();
        refused[2] = visit(&["https://www.example.com/"], false, Some(Trouble::Refused));
        assert!(names(&refused)[0].contains("https://www.example.com/ leads nowhere: nobody answers there"));
    }

    #[test]
    fn the_same_app_under_two_names_is_told() {
        let mut twice = good();
        twice[2] = visit(&["https://www.example.com/"], false, None);
        assert_eq!(
            names(&twice),
            ["minor hosts-not-unified: The app is served under example.com and www.example.com, each for itself"]
        );
    }

    #[test]
    fn what_was_not_seen_proves_nothing() {
        let mut slow = good();
        let timeout = Trouble::TimedOut { phase: crate::probe::web::trouble::Phase::Connect, seconds: 5 };
        slow[2] = visit(&["https://www.example.com/"], false, Some(timeout));
        assert!(names(&slow)[0].starts_with("not seen"));
        let alone = [visit(&["https://shop.example.com/"], true, None)];
        assert!(names(&alone)[0].starts_with("absent"));
        assert!(names(&[visit(&["https://localhost:8443/"], true, None)])[0].starts_with("absent"));
    }

    #[test]
    fn detours_are_told_once_a_site_the_worst_first() {
        let detour = visit(&["http://example.com/", "http://www.example.com/", "https://www.example.com/"], true, None);
        let other = visit(&["http://example.com/a", "https://www.example.com/a"], true, None);
        let down = visit(&["https://example.com/", "http://example.com/x", "https://example.com/x"], true, None);
        assert_eq!(
            ways(&[other]),
            [
                "minor https-redirect-detour: http://example.com/a leads at once to another name, https://www.example.com/a, \
              so browsers never learn to use HTTPS for example.com"
            ]
        );
        let said = ways(&[detour, down]);
        assert_eq!(said.len(), 1);
        assert!(said[0].starts_with("major https-redirect-detour: https://example.com/ sends people from HTTPS back"));
    }
}

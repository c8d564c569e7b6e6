//! The cookies that were set in a run, gathered by host: on the way to a page as well as by the page.

use super::address::is_secure;
use super::cookies;
use super::rules::cookies as rules;
use super::survey::Survey;
use super::tally::{Sight, Tally};

/// Judges the cookies of every host.
pub fn judge(survey: &Survey, tally: &mut Tally) {
    for visit in survey.visits.iter().filter(|visit| visit.given && visit.hops.is_empty()) {
        if let Some(why) = visit.why_no_page() {
            tally.not_seen(rules::RULES, &why);
        }
    }
    let (seen, not_seen): (Vec<Sight>, Vec<Sight>) =
        by_host(survey).iter().map(|set| rules::judge(set)).partition(|sight| matches!(sight, Sight::Seen(_)));
    // A host that only redirects, or only keeps a choice of colours, takes nothing from what another one shows.
    let said = if seen.is_empty() { not_seen } else { seen };
    for sight in said {
        tally.add(rules::RULES, sight);
    }
}

/// The cookies that each host sets, each name once; one that only takes an older cookie away is none.
pub fn by_host(survey: &Survey) -> Vec<Vec<rules::Set>> {
    let mut hosts: Vec<(Option<&str>, Vec<rules::Set>)> = Vec::new();
    for hop in survey.visits.iter().flat_map(|visit| &visit.hops) {
        // A plain redirect to HTTPS is judged for its cookies like the page that it leads to.
        let host = hop.url.host_str();
        let at = hosts.iter().position(|(known, _)| *known == host).unwrap_or_else(|| {
            hosts.push((host, Vec::new()));
            hosts.len() - 1
        });
        let Some((_, set)) = hosts.get_mut(at) else { continue };
        let headers = &hop.response.headers;
        let now = cookies::date(headers);
        for cookie in cookies::all(headers) {
            // The same one over HTTP and HTTPS is told once, unless it differs.
            let known = set.iter().any(|set| {
                set.cookie.name == cookie.name
                    && (is_secure(&set.url) == is_secure(&hop.url) || set.cookie.shown() == cookie.shown())
            });
            if !known && !cookie.removes(now) {
                set.push(rules::Set { url: hop.url.clone(), cookie });
            }
        }
    }
    hosts.into_iter().map(|(_, set)| set).collect()
}

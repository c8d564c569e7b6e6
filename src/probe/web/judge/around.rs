//! Holds what was seen around the pages against the rules.

use jiff::Timestamp;
use url::Url;

use crate::model::{RuleMeta, Standing};
use crate::probe::web::address::{Origin, is_loopback, is_secure, registered, shown};
use crate::probe::web::around::Around;
use crate::probe::web::cors::Cors;
use crate::probe::web::exposed::rows as path_rows;
use crate::probe::web::rules::{
    self, answer_times, debug_pages, error_pages, exposed_files, front_page, health_endpoint, http2, legal,
    served_code, siblings,
};
use crate::probe::web::survey::Survey;
use crate::probe::web::tally::{Sight, Tally};
use crate::probe::web::visit::{Hop, Visit};

/// Judges everything that was seen around the pages, and the ways to them.
pub fn judge(survey: &Survey, now: Timestamp, tally: &mut Tally) {
    siblings::judge_names(&survey.visits).into_iter().for_each(|sight| tally.add(siblings::NAME_RULES, sight));
    siblings::judge_ways(&survey.visits).into_iter().for_each(|sight| tally.add(siblings::WAY_RULES, sight));
    // A host that only redirects need not be quick at it.
    for (origin, seen) in &survey.http2 {
        if let Some(around) = survey.around.iter().find(|around| Origin::of(&around.page) == *origin) {
            tally.add(http2::RULES, http2::judge(origin, seen, is_loopback(&around.page)));
        }
    }
    let mut named: Vec<&str> = Vec::new();
    let mut cors = Vec::new();
    for around in &survey.around {
        // A plain page beside a secure one is a fault of its own, and what is around it is said once.
        if !is_secure(&around.page) && survey.has_secure_page(&around.page) {
            continue;
        }
        cors.push(whole_cors(survey, around));
        judge_page(around, tally);
        judge_dns(around, &mut named, tally);
        judge_exposed(around, now, tally);
        if let Some(why) = onward(survey, around) {
            tally.not_seen(served_code::RULES, &why);
        }
    }
    let open = cors.iter().find_map(rules::cors::left_open);
    for (rule, sight) in cors.iter().flat_map(|cors| rules::cors::judge(cors, open.as_deref())) {
        tally.add(&[rule], sight);
    }
    for visit in survey.visits.iter().filter(|visit| visit.given) {
        let elsewhere = !is_secure(&visit.start) && survey.has_secure_page(&visit.start);
        if let (false, Some(why)) = (elsewhere, visit.why_no_page()) {
            EXPOSED_RULES.iter().for_each(|rules| tally.not_seen(rules, &why));
        }
    }
}

/// What was asked around one page, in the light of the others.
fn whole_cors(survey: &Survey, around: &Around) -> Cors {
    let mut cors = around.cors.clone();
    // An API that was given for itself was asked there, if it answered.
    let is_given = |url: &Url| {
        let mut targets = survey.around.iter().flat_map(|other| &other.cors.targets);
        targets.any(|target| Origin::of(&target.url) == Origin::of(url) && target.is_api_that_answers())
    };
    cors.elsewhere.retain(|url| !is_given(url));
    cors.unnamed = cors.unnamed.or_else(|| onward(survey, around));
    // One that was given, or is the same site's, is the one that scripts ask at addresses which they make up.
    let is_its_api = |other: &&Around| {
        registered(&other.page) == registered(&around.page) || other.cors.targets.first().is_some_and(|page| page.api)
    };
    let is_answered = |other: &Around| other.cors.targets.iter().any(|target| target.api && target.is_there());
    if survey.around.iter().filter(is_its_api).any(is_answered) {
        cors.unnamed = None;
    }
    cors
}

fn judge_page(around: &Around, tally: &mut Tally) {
    let why = around.no_page.as_deref().unwrap_or_default();
    match &around.times {
        Some(laps) => tally.add(answer_times::RULES, answer_times::judge(laps)),
        None => tally.not_seen(answer_times::RULES, why),
    }
    match &around.delivery {
        Some(delivery) => {
            for (rules, sight) in rules::delivery::judge(delivery) {
                tally.add(rules, sight);
            }
        }
        None => rules::delivery::RULES.iter().for_each(|rule| tally.not_seen(&[rule], why)),
    }
}

fn judge_dns<'a>(around: &'a Around, named: &mut Vec<&'a str>, tally: &mut Tally) {
    const RULES: [&[&RuleMeta]; 2] = [rules::dns::CAA_RULES, rules::dns::MAIL_RULES];
    let dns = match &around.dns {
        Ok(dns) => dns,
        Err(why) => {
            RULES.iter().for_each(|rules| tally.add(rules, Sight::NotSeen(format!("DNS was not asked: {why}"))));
            return;
        }
    };
    if !named.contains(&dns.host.as_str()) {
        tally.add(rules::dns::CAA_RULES, rules::dns::judge_caa(dns));
    }
    if !named.contains(&dns.domain.as_str()) {
        tally.add(rules::dns::MAIL_RULES, rules::dns::judge_mail(dns));
    }
    named.extend([dns.host.as_str(), dns.domain.as_str()]);
}

/// Judges what a site gives away.
fn judge_exposed(around: &Around, now: Timestamp, tally: &mut Tally) {
    let (page, exposed) = (&around.page, &around.exposed);
    let mut add =
        |rules: &[&'static RuleMeta], sights: Vec<Sight>| sights.into_iter().for_each(|sight| tally.add(rules, sight));
    if let Some(paths) = &exposed.paths {
        add(exposed_files::RULES, exposed_files::judge(page, paths));
        add(&[&debug_pages::PAGES], debug_pages::judge_pages(page, paths));
        add(&[&debug_pages::SCHEMA], debug_pages::judge_schema(page, paths));
        add(health_endpoint::RULES, health_endpoint::judge(page, paths));
        add(health_endpoint::NOTICE_RULES, vec![health_endpoint::judge_notice(page, paths, now)]);
        if let Some(errors) = &around.errors {
            add(&[&error_pages::TRACE], error_pages::judge_traces(page, paths, errors));
            let document = exposed.document.as_ref();
            for (rules, sight) in error_pages::judge_pages(page, document, paths, errors) {
                add(rules, vec![sight]);
            }
        }
    }
    add(front_page::RULES, front_page::judge_gone(page, &exposed.served.gone).into_iter().collect());
    add(&[&served_code::SECRET], served_code::judge_secrets(page, &exposed.served));
    add(&[&served_code::MAPS], served_code::judge_maps(page, &exposed.served));
    add(legal::RULES, legal::judge(page, exposed));
    for row in path_rows(&around.exposed).into_iter().filter(|row| row.standing == Standing::Unknown) {
        tally.gap("paths of which it is not known what they give", format!("{}: {}", row.path, row.words));
    }
    for (reason, example) in &exposed.served.not_read {
        tally.gap(*reason, example.clone());
    }
}

/// Why the app is not what was looked at, where a page sends its readers on by itself to what was not looked at as well.
fn onward(survey: &Survey, around: &Around) -> Option<String> {
    let to = around.exposed.served.leads_to.as_ref()?;
    let seen = |page: &Hop| survey.around.iter().any(|around| around.page == page.url);
    let passes = |visit: &&Visit| visit.hops.iter().any(|hop| hop.url == *to);
    let known = survey.visits.iter().filter(passes).filter_map(Visit::page).any(seen);
    (!known).then(|| format!("{} sends visitors on to {}: give that with --url", shown(&around.page), shown(to)))
}

/// The rules about what a site gives away.
const EXPOSED_RULES: [&[&RuleMeta]; 7] = [
    exposed_files::RULES,
    debug_pages::RULES,
    health_endpoint::RULES,
    health_endpoint::NOTICE_RULES,
    served_code::RULES,
    error_pages::RULES,
    legal::RULES,
];

//! The `web` probe: what a stranger sees of the deployed app.
//!
//! `survey` goes to the addresses and collects; `judge` holds what it brought against the `rules`, without I/O.

mod address;
mod around;
pub(super) mod configured;
mod connect;
mod cookie_jar;
mod cookies;
mod cors;
mod csp;
mod delivery;
mod dns;
mod errors;
mod exposed;
mod header_report;
mod header_rows;
mod hsts_preload;
mod html;
mod http;
mod judge;
mod limits;
mod observatory;
mod own_settings;
pub mod readers;
mod report;
mod rules;
mod siblings;
mod structured;
mod survey;
mod tally;
mod times;
mod tls;
mod trouble;
mod visit;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::timeout;
use url::Url;

use super::{Plan, Probe, ProbeCx, ProbeMeta, Touches};
use crate::model::{Examined, Failure, OfferTarget, ProbeId, Project, RuleMeta, Settings, Skip, SkipReason};

pub use connect::Names;
pub use limits::Limits;

use http::client::Client;
use own_settings::OwnSettings;
use survey::Survey;
use tls::verdict::Verdict;
use visit::End;

/// The probe, with the limits that it keeps.
#[derive(Debug, Clone, Copy)]
pub struct WebProbe {
    limits: Limits,
    names: Names,
}

impl WebProbe {
    /// As users run it.
    pub const STANDARD: Self = Self::with_limits(Limits::STANDARD);

    /// With other limits, so that a test need not wait for long ones.
    #[must_use]
    pub const fn with_limits(limits: Limits) -> Self {
        Self { limits, names: &[] }
    }

    /// With servers that stand for names and ports, so that a test can be about `https://example.com/`.
    #[must_use]
    pub const fn with_names(mut self, names: Names) -> Self {
        self.names = names;
        self
    }
}

static META: ProbeMeta = ProbeMeta {
    id: ProbeId::from_static("web"),
    title: "Web",
    about: "Looks at the deployed app from outside: TLS, headers, cookies, what lies open, answer times and DNS.",
    rules: rules::RULES,
    follows_files: false,
    timeout: Duration::from_secs(120),
};

impl Probe for WebProbe {
    fn meta(&self) -> &'static ProbeMeta {
        &META
    }

    fn plan(&self, project: &Project, settings: &Settings) -> Result<Plan, Skip> {
        let nothing = |why: String| Skip::new(SkipReason::NothingToExamine, why);
        let urls = addresses(settings).map_err(nothing)?;
        let Some(first) = urls.first() else { return Err(nothing(why_no_address(project))) };
        let touches = if urls.iter().all(address::is_loopback) { Touches::Loopback } else { Touches::Network };
        let most = self.limits.requests;
        let assumed = settings.urls.first().map_or(String::new(), |text| address::assumed(text, first));
        let summary = match urls.len() {
            1 => format!("look at {}{assumed} from outside, with {most} requests at most", address::shown(first)),
            count => format!(
                "look at {}{assumed} and {} more from outside, with {most} requests at most for each",
                address::shown(first),
                count - 1
            ),
        };
        Ok(Plan { summary, touches })
    }

    fn run(&self, _plan: Plan, cx: ProbeCx) -> BoxFuture<'static, Result<Examined, Failure>> {
        run(self.limits, self.names, cx).boxed()
    }
}

/// What the project's files say is worth so much waiting once everything else is known.
const OWN_FILES_WITHIN: Duration = Duration::from_secs(5);

async fn run(limits: Limits, names: Names, cx: ProbeCx) -> Result<Examined, Failure> {
    let urls = addresses(&cx.settings).map_err(Failure::new)?;
    let file = cx.settings.trust_roots.clone();
    let roots = tokio::task::spawn_blocking(move || tls::trust::roots(file.as_deref()));
    let (project, settings, cancel) = (cx.project.clone(), cx.settings.clone(), cx.cancel.clone());
    let own = tokio::task::spawn_blocking(move || OwnSettings::read(&project.root, &settings.ignore, &cancel));
    let total = urls.len() as u64;
    let client = Client::new(limits, names);
    let survey = survey::survey(&urls, &client, &cx.cancel, |doing| cx.report_progress(0, Some(total), doing)).await;
    let Some(survey) = survey else { return Ok(Examined::default()) };
    let roots = roots.await.unwrap_or_else(|_| Err("the trust roots of this machine could not be read".to_owned()));

    let verdicts: Vec<Verdict> = survey.servers.iter().map(|server| Verdict::of(server, &roots, cx.now)).collect();
    let mut tally = judge::judge(&survey, &verdicts, cx.now);
    if !tally.saw_anything() {
        return Err(Failure::new(nothing_reached(&survey)));
    }
    // It has had all the time of the survey.
    let own = timeout(OWN_FILES_WITHIN, own).await.ok().and_then(Result::ok).unwrap_or_default();
    tally.observations.iter_mut().for_each(|seen| own.tie(seen));
    cx.report_progress(total, Some(total), "done");
    for observation in std::mem::take(&mut tally.observations) {
        cx.emitter.emit(observation).await;
    }
    let mut web = report::report(&survey, &verdicts, cx.now);
    own.fill(&mut web);
    Ok(Examined {
        counts: counts(&survey),
        gaps: tally.gaps(),
        rules: tally.coverage(rules::RULES, |rule| not_concerned(rule, &urls)),
        web: Some(Box::new(web)),
        ..Examined::default()
    })
}

/// The addresses that the user gave, each once.
fn addresses(settings: &Settings) -> Result<Vec<Url>, String> {
    let mut urls = Vec::new();
    for text in &settings.urls {
        let url = address::parse(text)?;
        if !urls.contains(&url) {
            urls.push(url);
        }
    }
    Ok(urls)
}

fn why_no_address(project: &Project) -> String {
    let offered = project.offers.iter().find_map(|offer| match &offer.target {
        OfferTarget::Url(url) if offer.probe == META.id => Some((url, &offer.found_in)),
        _ => None,
    });
    match offered {
        Some((url, found_in)) => {
            let url = crate::model::redact::url(url);
            format!("no address was given; {found_in} names {url}: if that is the deployed app, add --url {url}")
        }
        None => "no address was given: give the deployed one with --url https://…".to_owned(),
    }
}

fn nothing_reached(survey: &Survey) -> String {
    let given = || survey.visits.iter().filter(|visit| visit.given);
    let why = given().find_map(visit::Visit::why_no_page).unwrap_or_else(|| "no address gave an answer".to_owned());
    let advice = given().find_map(|visit| match &visit.end {
        End::Trouble { trouble, .. } => Some(trouble.advice()),
        _ => None,
    });
    format!("{why}. {}", advice.unwrap_or("Check the address and run the probe again."))
}

fn counts(survey: &Survey) -> BTreeMap<String, u64> {
    BTreeMap::from([
        ("urls".to_owned(), survey.visits.iter().filter(|visit| visit.given).count() as u64),
        ("requests".to_owned(), survey.requests.len() as u64),
        ("servers".to_owned(), survey.servers.len() as u64),
        ("tls-questions".to_owned(), tls::rows::questions(survey)),
    ])
}

/// Why a rule was offered nothing to look at.
fn not_concerned(rule: &RuleMeta, urls: &[Url]) -> String {
    let is_redirect = rules::https::REDIRECT_RULES.iter().any(|known| known.id == rule.id);
    if is_redirect && urls.iter().any(address::is_secure) {
        "the address has a port of its own: give its http:// address as well with --url".to_owned()
    } else {
        "no https:// address was reached: give the deployed one with --url https://…".to_owned()
    }
}

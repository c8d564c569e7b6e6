//! One run of the probe.

use std::collections::BTreeSet;

use super::osv::{self, Answers, OsvError};
use super::query::Query;
use super::store::{self, AdvisoriesError, Store};
use super::unsure_pins::UnsurePins;
use super::uses::{self, Imports};
use super::vulnerable_dependency as rule;
use super::{
    coverage, django_apps, imports, judged, loaded_as, named, namesakes, programs, proposed, quoted, report, vendored,
};
use crate::model::{DependencyReport, Examined, Failure, Gap, RuleId};
use crate::probe::files::{self, Listing};
use crate::probe::packages::{self, Ecosystem, Origin, Packages, Version};
use crate::probe::repository::is_aside;
use crate::probe::{ProbeCx, Touches};

/// More packages than this are not looked up.
const MAX_PACKAGES: usize = 100_000;

/// What is said of a run that had to pass over something.
const PARTIAL: &str = "not every package could be compared with advisories; what was passed over is counted";

/// Reads the lock files, asks the source that the plan named, and tells what it knows.
pub async fn run(touches: Touches, cx: ProbeCx) -> Result<Examined, Failure> {
    cx.report_progress(0, None, "reading lock files");
    let reading = cx.clone();
    let (locked, listing) = tokio::task::spawn_blocking(move || {
        let listing = files::list(&reading.project.root, &reading.settings.ignore, &reading.cancel);
        let mut locked = packages::collect(&listing, &reading.cancel);
        coverage::add_gaps(&mut locked, &listing);
        // Who answers for which manifest is settled, so they may stand among the lock files.
        let installed = std::mem::take(&mut locked.installed);
        locked.locks.extend(installed);
        locked.locks.sort_by(|a, b| a.path.cmp(&b.path));
        (locked, listing)
    })
    .await
    .map_err(|_| Failure::new("reading the lock files stopped midway; run the probe again"))?;
    if cx.cancel.is_cancelled() {
        return Err(cancelled());
    }
    let mut locked = locked;
    let mut queries = queries(&mut locked);
    let only_local: BTreeSet<Query> = namesakes::queries(&locked).difference(&queries).cloned().collect();
    queries.extend(only_local.iter().cloned());
    let (mut answers, from) = match touches {
        _ if queries.is_empty() => (Answers::default(), String::new()),
        Touches::Files => ask_store(&queries, &cx).await?,
        _ => ask_service(&queries, &cx).await?,
    };
    namesakes::take(&mut locked, &mut answers, &only_local);
    // Code is read only where there is something to look for in it.
    let imports = if answers.hits.is_empty() { Imports::default() } else { imports::read(&cx).await };
    if cx.cancel.is_cancelled() {
        return Err(cancelled());
    }
    let telling = cx.clone();
    // Evaluating advisories is CPU work as well.
    tokio::task::spawn_blocking(move || {
        let report = tell(&locked, &listing, &answers, imports, from, &telling);
        examined(locked, answers, report)
    })
    .await
    .map_err(|_| Failure::new("comparing the packages with the advisories stopped midway; run the probe again"))
}

fn cancelled() -> Failure {
    Failure::new("it was cancelled before it had finished")
}

/// What to ask: each version once, those that cannot be compared left out and counted.
fn queries(locked: &mut Packages) -> BTreeSet<Query> {
    let mut queries = BTreeSet::new();
    let packages = locked.locks.iter().flat_map(|lock| lock.packages.iter().map(move |package| (lock, package)));
    for (lock, package) in packages {
        let gaps = if is_aside(&lock.path) { &mut locked.gaps_aside } else { &mut locked.gaps };
        if package.origin != Origin::Registry {
            gaps.add(packages::lock::reason::NO_REGISTRY, &package.name);
        } else if Version::parse(package.ecosystem, &package.version).is_none() {
            gaps.add("package version that was not understood", &format!("{} {}", package.name, package.version));
        } else if queries.len() >= MAX_PACKAGES && !queries.contains(&Query::of(package)) {
            gaps.add("package beyond the first 100,000", &package.name);
        } else {
            queries.insert(Query::of(package));
        }
    }
    queries
}

/// What the offline copy knows, and how to call it.
async fn ask_store(queries: &BTreeSet<Query>, cx: &ProbeCx) -> Result<(Answers, String), Failure> {
    cx.report_progress(0, Some(queries.len() as u64), "comparing packages with the offline advisories");
    let (queries, cx) = (queries.clone(), cx.clone());
    let work = move || {
        let mut store = Store::open(&cx.settings.advisories)?;
        // A copy is as old as the oldest part of it that was asked.
        let asked: BTreeSet<Ecosystem> = queries.iter().map(|query| query.ecosystem).collect();
        let status = store.status().into_iter().filter(|status| asked.contains(&status.ecosystem));
        let as_of = status.filter_map(|status| status.as_of).min();
        let from = as_of.map_or_else(
            || "the offline copy".to_owned(),
            |as_of| format!("the offline copy of {}", as_of.strftime("%Y-%m-%d")),
        );
        Ok((store.look_up(&queries, cx.now, &cx.cancel)?, from))
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Failure::new("reading the offline advisories stopped midway; run the probe again"))?
        .map_err(|error: AdvisoriesError| Failure::new(format!("The offline advisories are of no use: {error}")))
}

async fn ask_service(queries: &BTreeSet<Query>, cx: &ProbeCx) -> Result<(Answers, String), Failure> {
    let error = match service(queries, cx).await {
        Ok(answers) => {
            let host = osv::base(&cx.settings.osv_url).ok().and_then(|url| url.host_str().map(str::to_owned));
            return Ok((answers, host.unwrap_or_default()));
        }
        Err(ServiceError::Settings(why)) => return Err(Failure::new(why)),
        Err(ServiceError::Osv(error)) if error.is_cancelled() => return Err(cancelled()),
        Err(ServiceError::Osv(error)) => error,
    };
    if store::is_present(&cx.settings.advisories) {
        let (mut answers, from) = ask_store(queries, cx).await?;
        answers.gaps.add("advisory service that did not answer, so the offline copy was asked", &error.to_string());
        return Ok((answers, from));
    }
    Err(Failure::new(format!(
        "The advisory service could not be asked: {error}. Run the probe again later, or import a copy with \
         `gonogo advisories update`"
    )))
}

enum ServiceError {
    Settings(String),
    Osv(OsvError),
}

async fn service(queries: &BTreeSet<Query>, cx: &ProbeCx) -> Result<Answers, ServiceError> {
    let base = osv::base(&cx.settings.osv_url)
        .map_err(|why| ServiceError::Settings(format!("{why}; correct GONOGO_OSV_URL")))?;
    let roots = cx.settings.trust_roots.as_deref();
    let client = osv::Client::new(base, roots, osv::limits(), cx.cancel.clone())
        .map_err(|error| ServiceError::Osv(error.into()))?
        .with_cache(&cx.settings.advisories);
    let queries: Vec<Query> = queries.iter().cloned().collect();
    let total = queries.len() as u64;
    let progress = |done: usize| cx.report_progress(done as u64, Some(total), "looking up packages");
    progress(0);
    let mut answers = client.look_up(&queries, &progress).await.map_err(ServiceError::Osv)?;
    proposed::look_up(&client, &mut answers).await.map_err(ServiceError::Osv)?;
    Ok(answers)
}

/// Sends a finding for each hole, and keeps what the view shows of each package.
fn tell(
    locked: &Packages,
    listing: &Listing,
    answers: &Answers,
    mut imports: Imports,
    from: String,
    cx: &ProbeCx,
) -> DependencyReport {
    let hits = judged::hits(locked, answers, &cx.cancel);
    if !hits.is_empty() {
        let asked = locked.locks.iter().flat_map(|lock| lock.roots.iter().map(move |root| (lock, root)));
        let wanted: BTreeSet<(Ecosystem, &str)> = asked
            .flat_map(|(lock, root)| root.wanted.iter().map(move |one| (lock.manager.ecosystem(), &*one.name)))
            .chain(hits.iter().map(judged::Hit::name))
            .collect();
        let words = wanted.iter().flat_map(|(ecosystem, name)| uses::words_of(&imports, *ecosystem, name));
        let mut words: BTreeSet<String> = words.collect();
        imports.named = named::collect(listing, &words, &cx.cancel);
        let others = wanted.iter().flat_map(|(ecosystem, name)| loaded_as::other_words(*ecosystem, name));
        words.extend(others.map(str::to_owned));
        imports.quoted = quoted::collect(listing, &words, &imports.passed_over, &cx.cancel);
        imports.pages = loaded_as::pages(listing);
        imports.apps = django_apps::collect(listing, &cx.cancel);
        imports.programs = programs::collect(listing, &cx.cancel);
        imports.vendored = vendored::collect(listing, &locked.locks);
    }
    let mut collected = report::Collected::default();
    let mut unsure = UnsurePins::default();
    judged::judge(locked, hits, answers, &imports, &cx.cancel, |one| {
        for finding in unsure.take(&one) {
            cx.emitter.emit_blocking(finding);
        }
        collected.add(&one);
    });
    for finding in unsure.told() {
        cx.emitter.emit_blocking(finding);
    }
    collected.report(&locked.locks, answers.looked_up, from)
}

fn examined(locked: Packages, answers: Answers, report: DependencyReport) -> Examined {
    let mut gaps = locked.gaps.clone();
    gaps.merge(answers.gaps);
    let coverage = coverage::coverage(&locked, answers.looked_up, &gaps);
    let is_partial = !gaps.is_empty();
    let mut examined = Examined { partial: is_partial.then(|| PARTIAL.to_owned()), ..Examined::default() };
    examined.counts.insert("packages".to_owned(), answers.looked_up);
    examined.counts.insert("lock-files".to_owned(), locked.locks.len() as u64);
    examined.counts.insert("advisories".to_owned(), answers.checked);
    examined.rules.insert(RuleId::from_static(rule::META.id), coverage);
    // What is not deployed is counted, and says nothing about what is.
    let aside = locked
        .gaps_aside
        .into_vec()
        .into_iter()
        .map(|gap| Gap { reason: format!("in tests, examples or documentation: {}", gap.reason), ..gap });
    examined.gaps = gaps.into_vec().into_iter().chain(answers.proposed.into_vec()).chain(aside).collect();
    examined.dependencies = Some(Box::new(report));
    examined
}

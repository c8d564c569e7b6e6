//! One run of the probe.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::advisory::{self, Standing};
use super::osv::{self, Answers, OsvError};
use super::query::Query;
use super::store::{self, Store};
use super::vulnerable_dependency as rule;
use crate::model::{Coverage, Examined, Failure, Gap, RuleId};
use crate::probe::files::{self, Gaps};
use crate::probe::packages::{self, Origin, Packages, Version};
use crate::probe::{ProbeCx, Touches};

/// More packages than this are not looked up.
const MAX_PACKAGES: usize = 100_000;

/// Reads the lock files, asks the source that the plan named, and tells what it knows.
pub async fn run(touches: Touches, cx: ProbeCx) -> Result<Examined, Failure> {
    cx.report_progress(0, None, "reading lock files");
    let reading = cx.clone();
    let mut locked = tokio::task::spawn_blocking(move || {
        let listing = files::list(&reading.project.root, &reading.settings.ignore, &reading.cancel);
        packages::collect(&listing, &reading.cancel)
    })
    .await
    .map_err(|_| Failure::new("reading the lock files stopped midway; run the probe again"))?;
    if cx.cancel.is_cancelled() {
        return Err(cancelled());
    }
    let queries = queries(&mut locked);
    let answers = match touches {
        _ if queries.is_empty() => Answers::default(),
        Touches::Files => ask_store(&queries, &cx).await?,
        _ => ask_service(&queries, &cx).await?,
    };
    let telling = cx.clone();
    // Evaluating advisories is CPU work as well.
    tokio::task::spawn_blocking(move || {
        emit(&locked, &answers, &telling);
        examined(locked, answers)
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
    for package in locked.locks.iter().flat_map(|file| &file.packages) {
        if package.origin != Origin::Registry {
            locked.gaps.add(packages::lock::reason::NO_REGISTRY, &package.name);
        } else if Version::parse(package.ecosystem, &package.version).is_none() {
            locked
                .gaps
                .add("package version that was not understood", &format!("{} {}", package.name, package.version));
        } else if queries.len() >= MAX_PACKAGES && !queries.contains(&Query::of(package)) {
            locked.gaps.add("package beyond the first 100,000", &package.name);
        } else {
            queries.insert(Query::of(package));
        }
    }
    queries
}

async fn ask_store(queries: &BTreeSet<Query>, cx: &ProbeCx) -> Result<Answers, Failure> {
    cx.report_progress(0, Some(queries.len() as u64), "comparing packages with the offline advisories");
    let (queries, cx) = (queries.clone(), cx.clone());
    let work = move || Store::open(&cx.settings.advisories)?.look_up(&queries, cx.now, &cx.cancel);
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Failure::new("reading the offline advisories stopped midway; run the probe again"))?
        .map_err(|error| Failure::new(format!("The offline advisories are of no use: {error}")))
}

async fn ask_service(queries: &BTreeSet<Query>, cx: &ProbeCx) -> Result<Answers, Failure> {
    let error = match service(queries, cx).await {
        Ok(answers) => return Ok(answers),
        Err(ServiceError::Settings(why)) => return Err(Failure::new(why)),
        Err(ServiceError::Osv(error)) if error.is_cancelled() => return Err(cancelled()),
        Err(ServiceError::Osv(error)) => error,
    };
    if store::is_present(&cx.settings.advisories) {
        let mut answers = ask_store(queries, cx).await?;
        answers.gaps.add("advisory service that did not answer, so the offline copy was asked", &error.to_string());
        return Ok(answers);
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
    client.look_up(&queries, &progress).await.map_err(ServiceError::Osv)
}

fn emit(locked: &Packages, answers: &Answers, cx: &ProbeCx) {
    for file in &locked.locks {
        for package in &file.packages {
            if cx.cancel.is_cancelled() {
                return;
            }
            let query = Query::of(package);
            let Some(advisories) = answers.hits.get(&query) else { continue };
            let Some(version) = Version::parse(package.ecosystem, &package.version) else { continue };
            let standings = advisories
                .iter()
                .map(|advisory| (Arc::clone(advisory), advisory::standing(advisory, &query, &version)))
                .filter(|(_, standing)| *standing != Standing::NoConcern)
                .collect();
            for group in advisory::group(standings) {
                cx.emitter.emit_blocking(rule::finding(&file.path, package, &group));
            }
        }
    }
}

fn examined(locked: Packages, answers: Answers) -> Examined {
    let understood = locked.locks.len() as u64;
    let mut gaps = locked.gaps;
    gaps.merge(answers.gaps);
    let coverage = coverage(understood, locked.not_examined, answers.looked_up, &gaps);
    let mut examined = Examined::default();
    examined.counts.insert("packages".to_owned(), answers.looked_up);
    examined.counts.insert("lock-files".to_owned(), understood);
    examined.counts.insert("advisories".to_owned(), answers.checked);
    examined.rules.insert(RuleId::from_static(rule::META.id), coverage);
    examined.gaps = gaps.into_vec();
    examined
}

fn coverage(understood: u64, not_examined: u64, packages: u64, gaps: &Gaps) -> Coverage {
    let gaps = gaps.clone().into_vec();
    match (understood, packages) {
        (0, _) if not_examined == 0 => {
            Coverage::Nothing("there is no lock file, so nobody can say which versions arrive".to_owned())
        }
        (_, 0) if !gaps.is_empty() => Coverage::Nothing(told(&gaps)),
        (_, 0) => Coverage::Absent("the lock files name no packages".to_owned()),
        _ if !gaps.is_empty() => Coverage::Part(told(&gaps)),
        _ => Coverage::Whole,
    }
}

/// What is missing, as one sentence.
fn told(gaps: &[Gap]) -> String {
    let mut parts: Vec<String> = gaps.iter().take(3).map(told_one).collect();
    if let Some(more) = gaps.len().checked_sub(3).filter(|more| *more > 0) {
        parts.push(format!("and {more} more reasons"));
    }
    format!("incomplete: {}", parts.join("; "))
}

fn told_one(gap: &Gap) -> String {
    let examples = gap.examples.join(", ");
    let more = gap.count.saturating_sub(gap.examples.len() as u64);
    if more == 0 {
        format!("{} ({examples})", gap.reason)
    } else {
        format!("{} ({examples} and {more} more)", gap.reason)
    }
}

//! An OSV-compatible advisory service (<https://google.github.io/osv.dev/api/>).

mod cache;
mod http;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use url::{Host, Url};

use super::advisory::{self, Advisory, Parsed};
use super::query::Query;
use crate::model::redact;
use crate::probe::files::Gaps;
use crate::probe::packages::Ecosystem;
use cache::Cache;

pub use http::{Http, HttpError, Limits};

/// The service answers at most so many queries in one batch.
pub const BATCH: usize = 1000;
/// A batch with more pages than this is not followed to its end. The service puts some hundred names on a page.
const MAX_PAGES: usize = 50;
/// Advisories are fetched so many at a time.
const CONCURRENT: usize = 8;
/// Further advisories are not asked for when so many have failed: the service is down.
const MAX_FAILURES: usize = 5;
/// More distinct advisories than this are not fetched.
const MAX_ADVISORIES: usize = 20_000;
const MAX_BATCH_BYTES: u64 = 32 * 1024 * 1024;
/// The largest records list thousands of versions and reach some megabytes.
pub const MAX_RECORD_BYTES: u64 = 16 * 1024 * 1024;

/// Why the service was of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OsvError {
    /// The request failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The answer makes no sense.
    #[error("the answer is not what an OSV service gives: {0}")]
    Nonsense(String),
}

impl OsvError {
    /// Whether somebody stopped the run.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Http(HttpError::Cancelled))
    }
}

/// What a source of advisories knows about the packages that it was asked about.
#[derive(Debug, Default)]
pub struct Answers {
    /// The advisories for each package; most packages have none and are absent.
    pub hits: BTreeMap<Query, Vec<Arc<Advisory>>>,
    /// What is known of other versions of those packages, by ecosystem and normalized name.
    pub about: BTreeMap<(Ecosystem, String), Vec<Arc<Advisory>>>,
    /// How many packages the source could answer for.
    pub looked_up: u64,
    /// How many advisories were looked at.
    pub checked: u64,
    /// What could not be looked up.
    pub gaps: Gaps,
    /// Versions that ways out propose of which that is so.
    pub proposed: Gaps,
}

/// The limits for a probe's run, which the engine ends after two minutes.
#[must_use]
pub fn limits() -> Limits {
    Limits {
        request: Duration::from_secs(20),
        total: Duration::from_secs(100),
        attempts: 4,
        backoff: Duration::from_millis(500),
    }
}

/// Reads the base of a service.
///
/// # Errors
/// One sentence, when it is not an http or https address.
pub fn base(url: &str) -> Result<Url, String> {
    match Url::parse(url) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        _ => Err(format!("{} is not an http or https address of an advisory service", redact::url(url))),
    }
}

/// Whether the address is on this machine. A name below `localhost` is looked up, and may be anywhere.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A client of the service.
pub struct Client {
    http: Http,
    base: Url,
    cache: Option<Arc<Cache>>,
}

#[derive(Deserialize)]
struct BatchAnswer {
    results: Vec<QueryAnswer>,
}

#[derive(Deserialize, Default)]
struct QueryAnswer {
    #[serde(default)]
    vulns: Option<Vec<Named>>,
    #[serde(default)]
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    #[serde(default)]
    modified: Value,
}

/// What the batches brought.
#[derive(Default)]
struct Found<'a> {
    /// The advisories of each package, by id.
    names: BTreeMap<&'a Query, BTreeSet<String>>,
    /// When each advisory was last changed, as the service writes it; empty where it does not.
    modified: BTreeMap<String, String>,
}

impl Client {
    /// A client of the service at `base`.
    ///
    /// # Errors
    /// When the trust roots cannot be used.
    pub fn new(
        base: Url,
        trust_roots: Option<&Path>,
        limits: Limits,
        cancel: CancellationToken,
    ) -> Result<Self, HttpError> {
        let http = Http::new(trust_roots, is_loopback(&base), limits, cancel)?;
        Ok(Self { http, base, cache: None })
    }

    /// Keeps records in the folder of the advisories and takes from there what has not changed. A folder that depends on
    /// where gonogo was started may lie in the user's project, so nothing is kept there.
    #[must_use]
    pub fn with_cache(self, advisories: &Path) -> Self {
        let cache = advisories.is_absolute().then(|| Arc::new(Cache::new(advisories, &self.base)));
        Self { cache, ..self }
    }

    fn url(&self, parts: &[&str]) -> Url {
        let mut url = self.base.clone();
        // Fails only for addresses without a host, which `base` refuses.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        url.set_query(None);
        url
    }

    /// Asks about `queries`, distinct ones. What could not be looked up is counted in the gaps.
    ///
    /// # Errors
    /// When the service answered nothing at all, or the run was cancelled.
    pub async fn look_up(
        &self,
        queries: &[Query],
        progress: &(dyn Fn(usize) + Send + Sync),
    ) -> Result<Answers, OsvError> {
        let mut found = Found::default();
        let mut answers = Answers::default();
        let mut answered = 0;
        for batch in queries.chunks(BATCH) {
            match self.batch(batch, &mut found).await {
                Ok(()) => answered += batch.len(),
                Err(error) if error.is_cancelled() || answered == 0 => return Err(error),
                // The others would only fail as slowly.
                Err(error) => {
                    for query in queries.iter().skip(answered) {
                        answers.gaps.add(&format!("package not looked up because {error}"), &query.name);
                    }
                    break;
                }
            }
            progress(answered);
        }
        answers.looked_up = answered as u64;
        answers.checked = found.modified.len() as u64;
        let known = self.advisories(&found.modified, &mut answers.gaps).await?;
        for (query, ids) in found.names {
            let advisories: Vec<Arc<Advisory>> = ids
                .iter()
                .filter_map(|id| match known.get(id) {
                    Some(found) => found.clone(),
                    // The service says that the version is affected; that must not be lost with the details.
                    None => Some(Arc::new(Advisory::bare(id))),
                })
                .collect();
            if !advisories.is_empty() {
                answers.hits.insert(query.clone(), advisories);
            }
        }
        Ok(answers)
    }

    async fn batch<'a>(&self, batch: &'a [Query], found: &mut Found<'a>) -> Result<(), OsvError> {
        let url = self.url(&["v1", "querybatch"]);
        let mut waiting: Vec<(&Query, Option<String>)> = batch.iter().map(|query| (query, None)).collect();
        for _ in 0..MAX_PAGES {
            let queries: Vec<_> = waiting
                .iter()
                .map(|(query, token)| {
                    let mut asked = json!({"package": {"name": query.name, "ecosystem": query.ecosystem.name()}});
                    // Without a version it answers for all of them.
                    if !query.version.is_empty() {
                        asked["version"] = version(query).into();
                    }
                    if let Some(token) = token {
                        asked["page_token"] = token.as_str().into();
                    }
                    asked
                })
                .collect();
            let body = self.http.post(&url, &json!({ "queries": queries }), MAX_BATCH_BYTES).await?;
            let answer: BatchAnswer = serde_json::from_slice(&body)
                .map_err(|error| OsvError::Nonsense(advisory::what_is_wrong(&body, &error)))?;
            if answer.results.len() != waiting.len() {
                let (got, asked) = (answer.results.len(), waiting.len());
                return Err(OsvError::Nonsense(format!("{got} results for {asked} queries")));
            }
            let mut more = Vec::new();
            for ((query, _), result) in waiting.into_iter().zip(answer.results) {
                let ids = found.names.entry(query).or_default();
                for named in result.vulns.unwrap_or_default() {
                    // What has no date cannot be told from its next form, so none of it is kept.
                    let modified = advisory::time(named.modified.as_str().unwrap_or("")).to_owned();
                    found.modified.insert(named.id.clone(), modified);
                    ids.insert(named.id);
                }
                if let Some(token) = result.next_page_token.filter(|token| !token.is_empty()) {
                    more.push((query, Some(token)));
                }
            }
            if more.is_empty() {
                return Ok(());
            }
            waiting = more;
        }
        Err(OsvError::Nonsense(format!("more than {MAX_PAGES} pages")))
    }

    /// Gets advisories by id and last change; `None` for one that was withdrawn. Those that could not be had are absent and
    /// counted.
    async fn advisories(
        &self,
        modified: &BTreeMap<String, String>,
        gaps: &mut Gaps,
    ) -> Result<BTreeMap<String, Option<Arc<Advisory>>>, OsvError> {
        let mut known = self.kept(modified).await;
        let kept = known.len();
        let wanted: Vec<(String, String)> = (modified.iter().filter(|(id, _)| !known.contains_key(*id)))
            .map(|(id, modified)| (id.clone(), modified.clone()))
            .take(MAX_ADVISORIES)
            .collect();
        let mut fetched = stream::iter(wanted)
            .map(|(id, modified)| async move {
                let advisory = self.advisory(&id, &modified).await;
                (id, advisory)
            })
            .buffer_unordered(CONCURRENT);
        let mut failures: BTreeMap<String, String> = BTreeMap::new();
        let mut silences = 0;
        while let Some((id, result)) = fetched.next().await {
            match result {
                Ok(advisory) => {
                    known.insert(id, advisory);
                }
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => {
                    silences += usize::from(matches!(&error, OsvError::Http(why) if why.is_passing()));
                    failures.insert(id, error.to_string());
                    if silences >= MAX_FAILURES {
                        break;
                    }
                }
            }
        }
        drop(fetched);
        for id in modified.keys().filter(|id| !known.contains_key(*id)) {
            let why = match failures.get(id) {
                Some(why) => why,
                None if silences >= MAX_FAILURES => "the service stopped answering",
                None => "there are too many",
            };
            gaps.add(&format!("advisory without its details because {why}"), id);
        }
        if let Some(cache) = self.cache.clone().filter(|_| known.len() > kept) {
            // Whether there is room for more does not touch this run.
            let _ = tokio::task::spawn_blocking(move || cache.trim()).await;
        }
        Ok(known)
    }

    /// What is here from earlier runs and has not changed since.
    async fn kept(&self, modified: &BTreeMap<String, String>) -> BTreeMap<String, Option<Arc<Advisory>>> {
        let Some(cache) = self.cache.clone() else { return BTreeMap::new() };
        let modified = modified.clone();
        let work = move || {
            let of = |(id, modified): (String, String)| {
                let advisory = read(&id, &cache.get(&id, &modified)?).ok()?;
                Some((id, advisory))
            };
            modified.into_iter().filter_map(of).collect()
        };
        tokio::task::spawn_blocking(work).await.unwrap_or_default()
    }

    async fn advisory(&self, id: &str, modified: &str) -> Result<Option<Arc<Advisory>>, OsvError> {
        let body = self.http.get(&self.url(&["v1", "vulns", id]), MAX_RECORD_BYTES).await?;
        let advisory = read(id, &body)?;
        if let Some(cache) = &self.cache {
            cache.put(id, modified, &body);
        }
        Ok(advisory)
    }
}

/// Reads the record of this id; `None` when it was withdrawn.
fn read(id: &str, record: &[u8]) -> Result<Option<Arc<Advisory>>, OsvError> {
    match advisory::parse(record).map_err(OsvError::Nonsense)? {
        Parsed::InForce(found) if found.id == id => Ok(Some(Arc::new(*found))),
        Parsed::Withdrawn { id: found, .. } if found == id => Ok(None),
        Parsed::InForce(_) | Parsed::Withdrawn { .. } => {
            Err(OsvError::Nonsense("another advisory than the one asked for".to_owned()))
        }
    }
}

/// The version as the service knows it: those of Go are written without the `v`
/// (<https://ossf.github.io/osv-schema/#affectedrangestype-field>).
fn version(query: &Query) -> &str {
    match query.ecosystem {
        Ecosystem::Go => query.version.strip_prefix('v').unwrap_or(&query.version),
        _ => &query.version,
    }
}

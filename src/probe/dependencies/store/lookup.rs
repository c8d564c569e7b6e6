//! Asking the offline copy.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::entry::Place;
use super::file::Compiled;
use super::import::{about, modified};
use super::source::{Reader, Taken, Unusable};
use super::{AdvisoriesError, EcosystemStatus, FEWEST, MAX_AGE};
use crate::probe::dependencies::advisory::{self, Advisory, Parsed, Standing, standing};
use crate::probe::dependencies::osv::Answers;
use crate::probe::dependencies::query::Query;
use crate::probe::files::Gaps;
use crate::probe::packages::{Ecosystem, Version};

/// More plain records than this should be compiled by an update first.
const MAX_PLAIN: usize = 20_000;

/// The offline copy, open.
#[derive(Debug, Default)]
pub struct Store {
    compiled: BTreeMap<Ecosystem, Compiled>,
    /// Files that are there and of no use.
    broken: BTreeMap<Ecosystem, AdvisoriesError>,
    plain: BTreeMap<(Ecosystem, String), Vec<Arc<Advisory>>>,
    /// Of the plain records.
    unusable: Unusable,
}

/// An advisory about a package that is looked up.
struct Known {
    advisory: Arc<Advisory>,
    /// Where to read what is told of it, until it has been read.
    told: Option<Place>,
}

impl Store {
    /// Opens what is in `dir`; nothing there makes an empty store. A broken file is remembered: it is of no concern to who
    /// asks about other ecosystems.
    ///
    /// # Errors
    /// When the plain records there cannot be read.
    pub fn open(dir: &Path) -> Result<Self, AdvisoriesError> {
        let mut store = Self::default();
        for ecosystem in Ecosystem::ALL {
            match Compiled::open(dir, ecosystem) {
                Ok(Some(compiled)) => drop(store.compiled.insert(ecosystem, compiled)),
                Ok(None) => {}
                Err(error) => drop(store.broken.insert(ecosystem, error)),
            }
        }
        store.add_plain(dir)?;
        Ok(store)
    }

    fn add_plain(&mut self, dir: &Path) -> Result<(), AdvisoriesError> {
        let Ok(entries) = fs::read_dir(dir) else { return Ok(()) };
        let mut paths: Vec<_> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json") && path.is_file())
            .collect();
        paths.sort();
        if paths.len() > MAX_PLAIN {
            let why = format!("more than {MAX_PLAIN} single records; import them with `gonogo advisories update`");
            return Err(AdvisoriesError::Read { path: dir.to_owned(), why });
        }
        let mut plain: BTreeMap<(Ecosystem, String), Vec<Arc<Advisory>>> = BTreeMap::new();
        let mut take = |bytes: &[u8]| {
            Ok(match advisory::parse(bytes) {
                Ok(Parsed::InForce(advisory)) => {
                    let advisory = Arc::new(*advisory);
                    for package in about(&advisory) {
                        plain.entry(package).or_default().push(Arc::clone(&advisory));
                    }
                    Taken::Used
                }
                Ok(Parsed::Withdrawn { .. }) => Taken::Used,
                Err(_) => Taken::Unusable,
            })
        };
        let never = CancellationToken::new();
        let mut reader = Reader::new(&mut take, &never, &|_| {});
        for path in &paths {
            reader.read(path)?;
        }
        self.unusable = reader.unusable;
        self.plain = plain;
        Ok(())
    }

    /// What there is, sorted by ecosystem.
    #[must_use]
    pub fn status(&self) -> Vec<EcosystemStatus> {
        let empty = |ecosystem: Ecosystem| EcosystemStatus {
            ecosystem,
            advisories: 0,
            newest: None,
            as_of: None,
            broken: self.broken.get(&ecosystem).cloned(),
        };
        let mut known: BTreeMap<Ecosystem, EcosystemStatus> =
            self.broken.keys().map(|ecosystem| (*ecosystem, empty(*ecosystem))).collect();
        for (ecosystem, compiled) in &self.compiled {
            let contents = &compiled.contents;
            known.insert(
                *ecosystem,
                EcosystemStatus {
                    advisories: contents.advisories,
                    newest: contents.newest,
                    as_of: contents.as_of,
                    ..empty(*ecosystem)
                },
            );
        }
        let mut counted = BTreeSet::new();
        for ((ecosystem, _), advisories) in &self.plain {
            for advisory in advisories {
                let changed: Option<Timestamp> = advisory.modified.parse().ok();
                let compiled = self.compiled.contains_key(ecosystem) || self.broken.contains_key(ecosystem);
                let status = known.entry(*ecosystem).or_insert_with(|| empty(*ecosystem));
                status.advisories += u64::from(counted.insert((*ecosystem, &advisory.id)));
                status.newest = status.newest.max(changed);
                // Single records beside a compiled copy do not make it any younger.
                if !compiled {
                    status.as_of = status.newest;
                }
            }
        }
        known.into_values().collect()
    }

    /// Looks up `queries`; only advisories that concern the version are among the hits.
    ///
    /// # Errors
    /// When something cannot be read, or the run was cancelled.
    pub fn look_up(
        &mut self,
        queries: &BTreeSet<Query>,
        now: Timestamp,
        cancel: &CancellationToken,
    ) -> Result<Answers, AdvisoriesError> {
        if let Some(error) = queries.iter().find_map(|query| self.broken.get(&query.ecosystem)) {
            return Err(error.clone());
        }
        let mut answers = Answers { gaps: self.shortcomings(queries, now), ..Answers::default() };
        let covered: BTreeSet<Ecosystem> = self.status().into_iter().map(|status| status.ecosystem).collect();
        // Sorted queries bring the versions of one package one after the other.
        let mut about: Vec<Known> = Vec::new();
        let mut about_whom: Option<(Ecosystem, &str)> = None;
        for query in queries.iter().filter(|query| covered.contains(&query.ecosystem)) {
            if cancel.is_cancelled() {
                return Err(AdvisoriesError::Cancelled);
            }
            let version = Version::parse(query.ecosystem, &query.version);
            if version.is_none() && !query.version.is_empty() {
                continue;
            }
            answers.looked_up += 1;
            let whom = (query.ecosystem, query.name.as_str());
            if about_whom != Some(whom) {
                about = self.about(query)?;
                about_whom = Some(whom);
                answers.checked += about.len() as u64;
            }
            let mut hits = Vec::new();
            for known in &mut about {
                let standing = match &version {
                    Some(version) => standing(&known.advisory, query, version),
                    // It is about some version of the package.
                    None => Standing::Affected { fixed: None },
                };
                match standing {
                    Standing::Affected { .. } => {
                        self.tell(query.ecosystem, known)?;
                        hits.push(Arc::clone(&known.advisory));
                    }
                    Standing::NotAffected | Standing::NoConcern => {}
                    Standing::Unclear => answers.gaps.add(
                        "advisory whose versions were not understood",
                        &format!("{} for {}", known.advisory.id, query.name),
                    ),
                }
            }
            if !hits.is_empty() {
                answers.hits.insert(query.clone(), hits);
                let all = about.iter().map(|known| Arc::clone(&known.advisory)).collect();
                answers.about.insert((query.ecosystem, query.name.clone()), all);
            }
        }
        Ok(answers)
    }

    fn about(&mut self, query: &Query) -> Result<Vec<Known>, AdvisoriesError> {
        let found = match self.compiled.get_mut(&query.ecosystem) {
            Some(compiled) => compiled.find(&query.name)?,
            None => Vec::new(),
        };
        let known = |(place, advisory)| Known { advisory: Arc::new(advisory), told: Some(place) };
        let mut about: Vec<Known> = found.into_iter().map(known).collect();
        let plain = self.plain.get(&(query.ecosystem, query.name.clone())).cloned().unwrap_or_default();
        for advisory in plain {
            if let Some(same) = about.iter_mut().find(|known| known.advisory.id == advisory.id) {
                self.tell(query.ecosystem, same)?;
                if modified(&same.advisory) < modified(&advisory) {
                    same.advisory = advisory;
                }
            } else {
                about.push(Known { advisory, told: None });
            }
        }
        Ok(about)
    }

    /// Reads what is told of an advisory, once.
    fn tell(&mut self, ecosystem: Ecosystem, known: &mut Known) -> Result<(), AdvisoriesError> {
        if let (Some(place), Some(compiled)) = (known.told.take(), self.compiled.get_mut(&ecosystem)) {
            compiled.tell(Arc::make_mut(&mut known.advisory), place)?;
        }
        Ok(())
    }

    /// Why this copy cannot call the packages of `queries` clean.
    fn shortcomings(&self, queries: &BTreeSet<Query>, now: Timestamp) -> Gaps {
        let mut gaps = Gaps::default();
        let status = self.status();
        let asked: BTreeSet<Ecosystem> = queries.iter().map(|query| query.ecosystem).collect();
        let mut unusable = 0;
        for ecosystem in asked {
            let compiled = self.compiled.get(&ecosystem).map_or(0, |compiled| compiled.contents.unusable);
            // A record may speak of several of them: then it is counted once.
            unusable = unusable.max(compiled.saturating_add(self.unusable.of(ecosystem)));
            let Some(known) = status.iter().find(|status| status.ecosystem == ecosystem) else {
                gaps.add("ecosystem that the offline advisories do not cover", ecosystem.name());
                continue;
            };
            match known.age(now) {
                None => gaps.add("offline advisories of unknown age", ecosystem.name()),
                Some(age) if age > MAX_AGE => {
                    let days = age.as_hours() / 24;
                    gaps.add("offline advisories older than 7 days", &format!("{ecosystem}: {days} days"));
                }
                Some(_) => {}
            }
            if known.advisories < FEWEST {
                let held = known.advisories;
                gaps.add("offline advisories too few to be complete", &format!("{ecosystem}: {held}"));
            }
        }
        if unusable > 0 {
            gaps.add("records of the offline advisories that could not be read", &unusable.to_string());
        }
        gaps
    }
}

//! The versions that ways out propose, asked about themselves: what ends one hole may open another, of which a service
//! says nothing as long as it is asked about the locked versions only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::advisory::Advisory;
use super::nearest::{Nearest, nearest_to};
use super::osv::{Answers, Client, OsvError};
use super::query::Query;
use crate::probe::packages::Ecosystem;

/// What is known of each package, by ecosystem and normalized name.
pub type About = BTreeMap<(Ecosystem, String), Vec<Arc<Advisory>>>;

/// So often a version is proposed, asked about and found to have a hole. Histories with more turns are not known.
const MOST_ROUNDS: usize = 3;

/// All that is known of the packages with hits: what hit any version may hit the one that is proposed.
#[must_use]
pub fn about(answers: &Answers) -> About {
    let mut about = answers.about.clone();
    for (query, advisories) in &answers.hits {
        add(&mut about, query, advisories);
    }
    about
}

fn add(about: &mut About, query: &Query, advisories: &[Arc<Advisory>]) {
    let known = about.entry((query.ecosystem, query.name.clone())).or_default();
    for advisory in advisories {
        if !known.iter().any(|one| one.id == advisory.id) {
            known.push(Arc::clone(advisory));
        }
    }
}

/// Asks about the versions that would be proposed for the hits of `answers`, until they are free of holes.
///
/// # Errors
/// When the run was cancelled. A service that no longer answers leaves the proposals as they are, and that is counted.
pub async fn look_up(client: &Client, answers: &mut Answers) -> Result<(), OsvError> {
    let mut asked = BTreeSet::new();
    for _ in 0..MOST_ROUNDS {
        let (hits, about) = (answers.hits.keys().cloned().collect(), about(answers));
        // Evaluating advisories is CPU work.
        let work = tokio::task::spawn_blocking(move || proposals(hits, &about));
        let open: Vec<Query> = work.await.unwrap_or_default().difference(&asked).cloned().collect();
        if open.is_empty() {
            break;
        }
        match client.look_up(&open, &|_| {}).await {
            Ok(more) => {
                for (query, advisories) in &more.hits {
                    add(&mut answers.about, query, advisories);
                }
                answers.proposed.merge(more.gaps);
            }
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => {
                for query in &open {
                    let why = format!("proposed version not looked up because {error}");
                    answers.proposed.add(&why, &format!("{} {}", query.name, query.version));
                }
                break;
            }
        }
        asked.extend(open);
    }
    Ok(())
}

/// The versions to which the hits are sent by all that is known.
fn proposals(hits: Vec<Query>, about: &About) -> BTreeSet<Query> {
    let to = |query: Query| {
        let known = about.get(&(query.ecosystem, query.name.clone()))?;
        match nearest_to(&query, known) {
            Nearest::Fixed(version) | Nearest::Most { version, .. } => Some(Query { version, ..query }),
            Nearest::After(_) | Nearest::None => None,
        }
    };
    hits.into_iter().filter_map(to).collect()
}

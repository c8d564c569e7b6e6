//! Several databases describe the same hole under names of their own; people want to hear of it once.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::rating::rate;
use super::{Advisory, Parts, Standing};
use crate::model::{PartsUsed, Severity};
use crate::probe::packages::{Ecosystem, Version};

/// Advisories about the same thing, for one package.
#[derive(Debug, Clone)]
pub struct Group {
    /// The one that speaks for all.
    pub advisory: Arc<Advisory>,
    /// Every other name, sorted.
    pub aliases: Vec<String>,
    /// The nearest version that is not affected.
    pub fixed: Option<String>,
    /// How bad it is in production; `None` when nobody has rated it.
    pub severity: Option<Severity>,
    /// The highest CVSS score.
    pub score: Option<f64>,
    /// The package itself is hostile.
    pub malware: bool,
    /// At least one of them was evaluated for the version and says that it is affected.
    pub confirmed: bool,
    /// Those that do not say that the version is not affected.
    pub members: Vec<Arc<Advisory>>,
    /// Whether the code imports what they are about; looked at later.
    pub parts_used: PartsUsed,
    /// None of them could be evaluated, or those that could say that the version is not affected.
    pub disputed: bool,
}

/// An advisory with how the version stands to it.
pub type Hit = (Arc<Advisory>, Standing);

/// Puts together what has a name in common. Sorted by id.
#[must_use]
pub fn group(hits: Vec<Hit>) -> Vec<Group> {
    let mut sets: Vec<(BTreeSet<String>, Vec<Hit>)> = Vec::new();
    for hit in hits {
        let mut names: BTreeSet<String> = hit.0.aliases.iter().cloned().collect();
        names.insert(hit.0.id.clone());
        let (same, others): (Vec<_>, Vec<_>) = sets.into_iter().partition(|(known, _)| !known.is_disjoint(&names));
        let mut members = vec![hit];
        for (more_names, more) in same {
            names.extend(more_names);
            members.extend(more);
        }
        sets = others;
        sets.push((names, members));
    }
    let mut groups: Vec<Group> = sets.into_iter().filter_map(|(names, members)| Group::of(names, members)).collect();
    groups.sort_by(|a, b| a.advisory.id.cmp(&b.advisory.id));
    groups
}

impl Group {
    fn of(mut names: BTreeSet<String>, mut members: Vec<Hit>) -> Option<Self> {
        members.sort_by(|(a, _), (b, _)| (preference(&a.id), &a.id).cmp(&(preference(&b.id), &b.id)));
        let all: Vec<&Advisory> = members.iter().map(|(advisory, _)| &**advisory).collect();
        let rating = rate(&all);
        let malware = all.iter().any(|advisory| advisory.malware);
        // Where databases disagree, only the latest version contents all of them.
        let fixes = members.iter().filter_map(|(advisory, standing)| match standing {
            Standing::Affected { fixed: Some(fixed) } => Some((advisory.affects.first()?.ecosystem, fixed.as_str())),
            _ => None,
        });
        let later = |a, b| if is_before(a, b) { b } else { a };
        let fixed = fixes.reduce(later).map(|(_, fixed)| fixed.to_owned());
        let confirmed = members.iter().any(|(_, standing)| matches!(standing, Standing::Affected { .. }));
        let disputed = !confirmed && members.iter().any(|(_, standing)| *standing == Standing::NotAffected);
        // The one that speaks should have something to say.
        let speaker = members.iter().find(|(one, _)| !one.summary.is_empty()).or(members.first())?;
        let advisory = Arc::clone(&speaker.0);
        let speaking = members.iter().filter(|(_, standing)| *standing != Standing::NotAffected);
        names.remove(&advisory.id);
        Some(Self {
            aliases: names.into_iter().collect(),
            fixed,
            severity: if malware { Some(Severity::Blocker) } else { rating.severity },
            score: rating.score,
            malware,
            confirmed,
            members: speaking.map(|(one, _)| Arc::clone(one)).collect(),
            parts_used: PartsUsed::default(),
            disputed,
            advisory,
        })
    }

    /// The parts of a package that they are about. Who names none, as GitHub never does, leaves that to the others.
    #[must_use]
    pub fn parts(&self, ecosystem: Ecosystem, package: &str) -> Parts {
        Parts::of(&self.members, ecosystem, package)
    }

    /// The name that most people know: the CVE number where there is one.
    #[must_use]
    pub fn known_as(&self) -> &str {
        let names = std::iter::once(&self.advisory.id).chain(&self.aliases);
        let mut cves = names.filter(|name| name.starts_with("CVE-"));
        cves.next().unwrap_or(&self.advisory.id)
    }
}

fn is_before((ecosystem, a): (Ecosystem, &str), (_, b): (Ecosystem, &str)) -> bool {
    let order = Version::parse(ecosystem, a).zip(Version::parse(ecosystem, b)).and_then(|(a, b)| a.compare(&b));
    order == Some(Ordering::Less)
}

/// Malware reports first, then GitHub's reviewed advisories, whose summaries read best.
fn preference(id: &str) -> u8 {
    match id.split('-').next() {
        Some("MAL") => 0,
        Some("GHSA") => 1,
        Some("RUSTSEC" | "PYSEC") => 2,
        Some("CVE") => 4,
        _ => 3,
    }
}

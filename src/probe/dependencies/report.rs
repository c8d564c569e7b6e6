//! The dependency report: what the Dependencies view and the reports show beside findings.

use super::advisory::Advisory;
use super::judged::Judged;
use super::ways_in::Graph;
use crate::model::{AdvisoryReport, DependencyReport, LockReport, Severity, VulnerablePackage};
use crate::probe::packages::{LockFile, Scope};

/// More vulnerable packages than this are counted by their findings alone.
const MOST_VULNERABLE: usize = 2_000;
/// So many lock files are listed.
const MOST_LOCKS: usize = 2_000;
/// So many other names and addresses of one advisory are told.
const MOST_NAMES: usize = 10;
/// So many parts of a package.
const MOST_PARTS: usize = 30;

/// Collects what is judged.
#[derive(Default)]
pub struct Collected(Vec<VulnerablePackage>);

impl Collected {
    /// Adds one package.
    pub fn add(&mut self, judged: &Judged<'_>) {
        self.0.push(vulnerable(judged));
        // Memory stays bounded; the worst are kept.
        if self.0.len() >= 2 * MOST_VULNERABLE {
            self.sort_and_cut();
        }
    }

    fn sort_and_cut(&mut self) {
        self.0.sort_by(|a, b| {
            let malware = |one: &VulnerablePackage| one.advisories.iter().any(|advisory| advisory.malware);
            let key = |one: &VulnerablePackage| (!one.unsure, one.severity, malware(one), !one.development, score(one));
            let name = |one: &VulnerablePackage| (one.name.clone(), one.version.clone(), one.lock.clone());
            key(b).partial_cmp(&key(a)).unwrap_or(std::cmp::Ordering::Equal).then_with(|| name(a).cmp(&name(b)))
        });
        self.0.truncate(MOST_VULNERABLE);
    }

    /// The report with these lock files, after so many packages were looked up.
    #[must_use]
    pub fn report(mut self, locks: &[LockFile], looked_up: u64, advisories_from: String) -> DependencyReport {
        self.sort_and_cut();
        let locks = locks.iter().take(MOST_LOCKS).map(lock).collect();
        DependencyReport { locks, looked_up, vulnerable: self.0, advisories_from }
    }
}

fn score(one: &VulnerablePackage) -> Option<f64> {
    one.advisories.iter().filter_map(|advisory| advisory.score).reduce(f64::max)
}

fn lock(lock: &LockFile) -> LockReport {
    let development = lock.packages.iter().filter(|package| package.scope == Scope::Development).count();
    LockReport {
        path: lock.path.clone(),
        manager: lock.manager.name().to_owned(),
        packages: lock.packages.len() as u64,
        direct: Graph::direct(lock),
        development: development as u64,
    }
}

fn vulnerable(judged: &Judged<'_>) -> VulnerablePackage {
    let package = judged.package;
    let mut advisories: Vec<AdvisoryReport> = judged
        .groups
        .iter()
        .map(|group| {
            let known_as = group.known_as().to_owned();
            let names = std::iter::once(&group.advisory.id).chain(&group.aliases);
            let parts = group.parts(package.ecosystem, &package.name);
            AdvisoryReport {
                aliases: names.filter(|name| **name != known_as).take(MOST_NAMES).cloned().collect(),
                known_as,
                summary: group.advisory.summary.clone(),
                details: group.advisory.details.clone(),
                severity: group.severity,
                score: group.score.filter(|score| score.is_finite()),
                fixed: group.fixed.clone(),
                malware: group.malware,
                references: references(&group.advisory),
                parts: parts.named.into_iter().map(|part| part.path).take(MOST_PARTS).collect(),
                platforms: parts.platforms,
                parts_used: group.parts_used.clone(),
            }
        })
        .collect();
    let rank = |one: &AdvisoryReport| (one.malware, one.severity.unwrap_or(Severity::Minor), one.score);
    advisories.sort_by(|a, b| {
        let order = rank(b).partial_cmp(&rank(a)).unwrap_or(std::cmp::Ordering::Equal);
        order.then_with(|| a.known_as.cmp(&b.known_as))
    });
    VulnerablePackage {
        lock: judged.lock.path.clone(),
        line: package.line,
        ecosystem: package.ecosystem.name().to_owned(),
        manager: judged.lock.manager.name().to_owned(),
        name: package.name.clone(),
        version: package.version.clone(),
        unsure: judged.is_unsure() && !judged.groups.iter().any(|group| group.malware),
        direct: !judged.ways.itself.is_empty(),
        development: judged.is_development(),
        severity: Some(judged.worst()),
        ways_in: judged.ways.ways.clone(),
        more_ways_in: judged.ways.more,
        advisories,
        way_out: judged.out.clone(),
        uses: judged.uses.clone(),
    }
}

/// Addresses to read on, the advisory's own page first.
fn references(advisory: &Advisory) -> Vec<String> {
    let own = page(&advisory.id);
    let others = advisory.references.iter().filter(|address| **address != own).cloned();
    std::iter::once(own.clone()).chain(others).take(MOST_NAMES).collect()
}

/// The page of an advisory.
#[must_use]
pub fn page(id: &str) -> String {
    format!("https://osv.dev/vulnerability/{id}")
}

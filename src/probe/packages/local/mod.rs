//! Local packages: those whose code is no registry's, but that of a folder or of a fork.
//!
//! One that bears the name of a public package may be a copy of it, with its holes. Whether advisories know the name is asked
//! later; here stands which packages there are. What bears the project's own scope or owner is not among them.

#[cfg(test)]
mod absent_tests;
mod collector;
mod places;
#[cfg(test)]
mod tests;

use super::{Ecosystem, Packages};
use crate::probe::files::Listing;
use collector::Collector;

/// Hosts of code on which everybody has a part that bears their name.
const SHARED_HOSTS: [&str; 9] = [
    "bitbucket.org",
    "codeberg.org",
    "dev.azure.com",
    "gitea.com",
    "gitee.com",
    "git.sr.ht",
    "github.com",
    "gitlab.com",
    "gopkg.in",
];

/// Hosts of modules by many people or of large projects, under which nobody else can publish, but copies are made of what is
/// there. Whose module lies in the same repository is its kin.
const HOSTS_OF_MANY: [&str; 24] = [
    "buf.build",
    "cloud.google.com",
    "filippo.io",
    "go.etcd.io",
    "go.mongodb.org",
    "go.opentelemetry.io",
    "go.uber.org",
    "go4.org",
    "golang.org",
    "gonum.org",
    "google.golang.org",
    "gorm.io",
    "gotest.tools",
    "gvisor.dev",
    "helm.sh",
    "istio.io",
    "k8s.io",
    "knative.dev",
    "modernc.org",
    "mvdan.cc",
    "oras.land",
    "rsc.io",
    "sigs.k8s.io",
    "tailscale.com",
];

/// Longer names, versions and paths are cut where they are shown.
const MOST_SHOWN: usize = 120;

/// A package whose code comes from a folder or a fork.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalPackage {
    /// Where a public package of the name would come from.
    pub ecosystem: Ecosystem,
    /// Its normalized name.
    pub name: String,
    /// Its version as a manifest or a lock file says it; none is said of modules of Go and of forks.
    pub version: Option<String>,
    /// The folder, relative to the project; a fork, or a folder elsewhere, as written. Empty where nobody says it.
    pub place: String,
    /// The module or package of a registry that takes its place.
    pub fork: Option<String>,
    /// The file that says so.
    pub path: String,
    /// It is no part of what is deployed.
    pub aside: bool,
}

impl LocalPackage {
    /// `minimist 0.0.8 (vendor/minimist)`
    #[must_use]
    pub fn shown(&self) -> String {
        let version = self.version.as_ref().map(|version| format!(" {}", short(version))).unwrap_or_default();
        let place = if self.place.is_empty() { &self.path } else { &self.place };
        format!("{}{version} ({})", short(&self.name), short(shown_place(place)))
    }
}

/// The beginning of what is long.
fn short(text: &str) -> String {
    text.chars().take(MOST_SHOWN).collect()
}

/// A place as it may be shown: what stands where a folder should may be an address, with a password in it.
#[must_use]
pub fn shown_place(place: &str) -> &str {
    let at_host =
        place.match_indices('@').any(|(at, _)| at > 0 && !place.get(..at).is_some_and(|before| before.ends_with('/')));
    let is_address = at_host || place.contains(['?', '=']) || place.contains(":/");
    if is_address { "a place that is not shown, as it may hold a password" } else { place }
}

/// Whether nobody else can publish under a name, as it bears a scope or an owner that is the project's.
fn is_kin(ecosystem: Ecosystem, name: &str, project: Option<&str>) -> bool {
    match ecosystem {
        // What has no dot in front nobody could download.
        Ecosystem::Go => {
            !name.split('/').next().is_some_and(|host| host.contains('.'))
                || project.is_some_and(|project| is_near(name, project))
        }
        // Vendors of Composer are owned too, but who starts from a skeleton keeps its name: `laravel/laravel`.
        Ecosystem::Npm => {
            let scope = |name: &str| name.strip_prefix('@')?.split_once('/').map(|(scope, _)| scope.to_lowercase());
            let of_project = project.and_then(scope);
            of_project.is_some() && scope(name) == of_project
        }
        _ => false,
    }
}

/// Whether two modules of Go are one owner's.
fn is_near(name: &str, project: &str) -> bool {
    let below = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    match owner(name) {
        (host, _) if HOSTS_OF_MANY.contains(&host) => below(name, project) || below(project, name),
        of_name => of_name == owner(project),
    }
}

/// The part of a Go module's path that says whose it is: a host of one's own, or a part of a shared one.
fn owner(module: &str) -> (&str, Option<&str>) {
    let mut parts = module.split('/');
    let host = parts.next().unwrap_or(module);
    (host, parts.next().filter(|_| SHARED_HOSTS.contains(&host)))
}

/// A folder that a command installs a package from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledFolder {
    /// The file with the command.
    pub path: String,
    /// Whose packages the command installs.
    pub ecosystem: Ecosystem,
    /// The folder: as the command names it, or as it was called before it was copied into the container, the likeliest first.
    pub folders: Vec<String>,
    /// The container has cloned a repository before.
    pub may_be_cloned: bool,
}

/// Collects the local packages into `found`, and counts those folders that lie outside the project.
pub fn collect(found: &mut Packages, listing: &Listing, installed: &[InstalledFolder]) {
    let mut collector = Collector::new(found, listing);
    collector.add_manifests();
    collector.add_linked();
    for one in installed {
        collector.add_installed(one);
    }
    collector.add_locks();
    let (locals, unseen) = collector.finish();
    for (path, reason, what) in unseen {
        found.gaps_of(&path).add(reason, &what);
    }
    found.locals = locals;
}

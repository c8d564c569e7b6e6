//! What tells a package that was written here from a copy of a published one.

use std::collections::BTreeMap;

use super::{Collector, Manifest};
use crate::probe::packages::{Ecosystem, Packages};
use crate::probe::paths::folder;
use crate::probe::repository::is_aside;

/// So many other crates of a project have one's version by no accident.
const MANY_IN_STEP: usize = 3;

impl Collector<'_> {
    /// Whether a folder holds a crate of which its manifest tells that it was written here: the workspace of the lock file says
    /// its version, or it is published never or in step with others of that workspace, and nothing in it is what published
    /// crates bring along. What lies here with a workspace of its own was taken in with it.
    pub(super) fn is_own_crate(&self, ecosystem: Ecosystem, place: &str, lock: &str) -> bool {
        let is_member = |one: &&&Manifest| {
            one.path.ends_with("Cargo.toml")
                && one.workspace.as_deref().is_some_and(|root| folder(root) == folder(lock))
        };
        let mut there = self.in_folders.get(&place.to_lowercase()).into_iter().flatten();
        let Some(one) = there.find(is_member).filter(|_| ecosystem == Ecosystem::CratesIo) else {
            return false;
        };
        let brought = ["Cargo.toml.orig", ".cargo_vcs_info.json", ".cargo-checksum.json"];
        if brought.iter().any(|file| self.places.has(&format!("{place}/{file}"))) {
            return false;
        }
        let is_in_step = || {
            // Who puts copies in step with the rest takes their version away.
            let version = one.version.as_deref().filter(|version| !says_nothing(ecosystem, version));
            let others = self.in_step.get_or_init(|| in_step(self.found));
            let key = (folder(lock), version.unwrap_or_default());
            version.is_some() && others.get(&key).is_some_and(|count| *count > MANY_IN_STEP)
        };
        let is_written_here = || one.private && one.inherits || is_in_step();
        one.versioned_by_workspace || !one.introduces_itself && !is_aside(&one.path) && is_written_here()
    }
}

/// How many crates of each workspace have each version, by the workspace's folder.
fn in_step(found: &Packages) -> BTreeMap<(&str, &str), usize> {
    let mut counts = BTreeMap::new();
    for one in found.manifests.values().filter(|one| !is_aside(&one.path)) {
        if let (Some(root), Some(version)) = (&one.workspace, &one.version) {
            *counts.entry((folder(root), version.as_str())).or_default() += 1;
        }
    }
    counts
}

/// Whether a version names no release: what tools write where nobody has chosen one, and branches of Composer.
pub(super) fn says_nothing(ecosystem: Ecosystem, version: &str) -> bool {
    let is_branch = version.starts_with("dev-") || version.ends_with("-dev");
    version.is_empty()
        || version.split(['-', '+']).next() == Some("0.0.0")
        || version.contains('$')
        || ecosystem == Ecosystem::Packagist && is_branch
}

/// Whether a package is as a tool began it: nobody copies a release and takes its version away. `cargo new`, `uv init` and
/// `poetry new` write 0.1.0, hatch 0.0.1, `npm init` 1.0.0, frameworks of npm others, and all say that it is not published.
pub(super) fn is_fresh(ecosystem: Ecosystem, version: Option<&str>, private: bool) -> bool {
    let is_first = |one: &str| matches!(one, "0.0.1" | "0.1.0" | "1.0.0") || says_nothing(ecosystem, one);
    match ecosystem {
        Ecosystem::CratesIo => version == Some("0.1.0") || private && version.is_none_or(is_first),
        Ecosystem::PyPi => matches!(version, Some("0.0.1" | "0.1" | "0.1.0")),
        Ecosystem::Npm => private && version.is_none_or(is_first),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use crate::probe::packages::{LocalPackage, collect};
    use crate::probe::samples::listed;

    /// The local packages of a workspace with a crate called `time`, whose manifest says more.
    fn told(root: &str, says: &str, version: &str, beside: &[(&str, &str)]) -> Vec<String> {
        let lock = format!(
            "version = 4\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"time\"]\n[[package]]\nname = \"time\"\n\
             version = \"{version}\"\n"
        );
        let root = format!("[workspace]\nmembers = [\"crates/*\"]\n{root}");
        let app = "[package]\nname = \"app\"\nversion = \"0.1.0\"\n[dependencies]\ntime = { path = \"../time\" }\n";
        let time = format!("[package]\nname = \"time\"\n{says}");
        let files = [
            ("Cargo.toml", &*root),
            ("Cargo.lock", &lock),
            ("crates/app/Cargo.toml", app),
            ("crates/time/Cargo.toml", &time),
        ];
        let (_folder, listing) = listed(&[&files[..], beside].concat());
        collect(&listing, &CancellationToken::new()).locals.iter().map(LocalPackage::shown).collect()
    }

    #[test]
    fn crates_that_were_written_here_bear_any_name() {
        let time = |version: &str| vec![format!("time {version} (crates/time)")];
        let shared = "[workspace.package]\nversion = \"0.2.0\"\nedition = \"2024\"\n";
        let inherits = "version.workspace = true\n";
        assert_eq!(told(shared, inherits, "0.2.0", &[]), [""; 0]);
        assert_eq!(told("", inherits, "0.2.0", &[]), time("0.2.0"), "no workspace says it");
        let brought = [("crates/time/Cargo.toml.orig", "")];
        assert_eq!(told(shared, inherits, "0.2.0", &brought), time("0.2.0"), "cargo has unpacked it");
        let own_root = format!("{inherits}[workspace]\n{}", shared.replace("0.2.0", "0.1.45"));
        assert_eq!(told(shared, &own_root, "0.1.45", &[]), time("0.1.45"), "a whole workspace was taken in");
        let says = "version = \"0.2.0\"\n";
        assert_eq!(told(shared, says, "0.2.0", &[]), time("0.2.0"));
        let private = format!("{says}publish = false\nedition.workspace = true\n");
        assert_eq!(told(shared, &private, "0.2.0", &[]), [""; 0]);
        assert_eq!(told(shared, &format!("{private}description = \"Time\"\n"), "0.2.0", &[]), time("0.2.0"));
        let paths = ["a", "b", "c"].map(|name| format!("crates/{name}/Cargo.toml"));
        let others = ["a", "b", "c"].map(|name| format!("[package]\nname = \"{name}\"\nversion = \"0.2.0\"\n"));
        let beside: Vec<(&str, &str)> = paths.iter().zip(&others).map(|(path, text)| (&**path, &**text)).collect();
        assert_eq!(told("", says, "0.2.0", &beside), [""; 0], "in step with others");
        assert_eq!(told("", says, "0.2.0", &beside[..2]), time("0.2.0"), "two may be so by accident");
        let nothing: Vec<String> = others.iter().map(|text| text.replace("0.2.0", "0.0.0")).collect();
        let all: Vec<(&str, &str)> = paths.iter().zip(&nothing).map(|(path, text)| (&**path, &**text)).collect();
        assert_eq!(
            told("", "version = \"0.0.0\"\n", "0.0.0", &all),
            ["time (crates/time)"],
            "a version that says nothing"
        );
        let introduced = format!("{says}repository = \"https://git.example.com/time\"\n");
        assert_eq!(told("", &introduced, "0.2.0", &beside), time("0.2.0"));
        // What takes the place of a crate that others need does so in any state.
        let patch = "[patch.crates-io]\ntime = { path = \"crates/time\" }\n";
        assert_eq!(told(&format!("{patch}{shared}"), inherits, "0.2.0", &[]), time("0.2.0"));
    }
}

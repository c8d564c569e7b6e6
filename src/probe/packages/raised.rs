//! Gradle's lock files of another day: a build that asks for a higher version than they hold. Gradle takes the highest version that
//! anybody asks for (<https://docs.gradle.org/current/userguide/dependency_constraints_conflicts.html>), so that a lock file
//! with lower ones alone was written before. A higher one in the lock file is somebody else's need.

use super::answered::asked_for;
use super::lock::reason;
use super::lock_index::{Index, ecosystem};
use super::manifest::gradle::is_build_script;
use super::manifest::{Pin, Table};
use super::{Declared, Ecosystem, Manager, Manifest, Packages, Scope};
use crate::probe::files::{FileEntry, Listing};

/// What locks every configuration, so that each one that asks for a package stands in the lock file with it.
const LOCKS_ALL: &str = "lockAllConfigurations";

/// What may bring a lower version than the build asks for, or leave a package unlocked, wherever it stands in a build
/// (<https://docs.gradle.org/current/userguide/resolution_rules.html>).
const OTHER_RULES: [&str; 11] = [
    "enforcedPlatform",
    "resolutionStrategy",
    "replacedBy",
    "dependencyManagement",
    "ignoredDependencies",
    "deactivateDependencyLocking",
    "strictly",
    "prefer",
    "reject",
    "rejectAll",
    "isForce",
];

/// Counts what builds of Gradle ask for in higher versions than their lock files hold.
pub fn add_gaps(found: &mut Packages, listing: &Listing) {
    let index = Index::of(found);
    let mut raised: Vec<(String, String)> = Vec::new();
    for (path, manifest) in found.manifests.iter().filter(|(path, _)| ecosystem(path) == Some(Ecosystem::Maven)) {
        let locks = || index.locks(path).iter().filter(|lock| lock.manager == Manager::Gradle);
        for declared in asked_for(manifest).filter(|declared| is_plain(declared)) {
            let held = locks().flat_map(|lock| index.packages(lock, &declared.name));
            let mut held = held.filter(|package| package.scope == Scope::Production).peekable();
            let is_raised = held.peek().is_some() && held.all(|package| is_higher(&declared.range, &package.version));
            if is_raised && !found.manifests.values().any(|other| is_forced_by(other, &declared.name)) {
                raised.push((path.clone(), format!("{} {} in {path}", declared.name, declared.range)));
            }
        }
    }
    if raised.is_empty() || !is_locked_by_the_highest(listing) {
        return;
    }
    for (path, what) in raised {
        found.gaps_of(&path).add(reason::REFUSED, &what);
    }
}

/// Whether production asks for one version, and for more than a list of others' versions.
fn is_plain(declared: &Declared) -> bool {
    let is_list = declared.name.ends_with("-bom") || declared.name.ends_with("-dependencies");
    let is_version = declared.range.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    declared.scope == Scope::Production && declared.pin == Pin::Exact && is_version && !is_list
}

/// Whether a build may hold the package to a version.
fn is_forced_by(manifest: &Manifest, name: &str) -> bool {
    let by_gradle = manifest.forcings.get(name).is_some_and(|all| all.iter().any(|one| one.table == Table::Gradle));
    let in_part = is_build_script(&manifest.path) && manifest.forcings_in_part;
    by_gradle || in_part || manifest.preferred.contains_key(name)
}

/// Whether the numbers with which a version begins are higher than those of another. What follows the numbers tools order in
/// several ways.
fn is_higher(version: &str, other: &str) -> bool {
    let numbers = |version: &str| -> Option<Vec<u64>> {
        let end = version.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(version.len());
        version.get(..end)?.trim_end_matches('.').split('.').map(|part| part.parse().ok()).collect()
    };
    let (Some(mut version), Some(mut other)) = (numbers(version), numbers(other)) else { return false };
    let length = version.len().max(other.len());
    version.resize(length, 0);
    other.resize(length, 0);
    version > other
}

/// Whether the builds lock every configuration, and no rule of theirs decides on versions.
fn is_locked_by_the_highest(listing: &Listing) -> bool {
    let is_of_builds = |file: &&FileEntry| {
        let is_code = [".kt", ".groovy", ".java"].iter().any(|end| file.path.ends_with(end));
        let own = ["buildSrc/", "build-logic/"]
            .iter()
            .any(|folder| format!("/{}", file.path).contains(&format!("/{folder}")));
        let is_script = [".gradle", ".gradle.kts", ".versions.toml"].iter().any(|end| file.path.ends_with(end));
        is_script || is_code && own
    };
    let mut locks_all = false;
    for file in listing.files.iter().filter(is_of_builds) {
        let Ok(text) = file.read() else { return false };
        if OTHER_RULES.iter().any(|word| stands_in(&text, word)) {
            return false;
        }
        locks_all |= text.contains(LOCKS_ALL);
    }
    locks_all
}

/// Whether a text holds a word: `prefer`, not the beginning of `preference`.
fn stands_in(text: &str, word: &str) -> bool {
    text.split(word).skip(1).any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use crate::probe::packages::collect;
    use crate::probe::packages::lock::reason;
    use crate::probe::samples::listed;

    fn told(files: &[(&str, &str)]) -> String {
        let (_folder, listing) = listed(files);
        let gaps = collect(&listing, &CancellationToken::new()).gaps.into_vec().into_iter();
        gaps.filter(|gap| gap.reason == reason::REFUSED).flat_map(|gap| gap.examples).collect::<Vec<_>>().join(", ")
    }

    const LOCK: &str =
        "com.acme:log:2.0.17=compileClasspath,runtimeClasspath\ncom.acme:test:1.0=testRuntimeClasspath\nempty=\n";

    fn of(asks: &str, more: &str) -> String {
        let build = format!("dependencyLocking {{ lockAllConfigurations() }}\ndependencies {{\n{asks}\n}}\n{more}\n");
        told(&[("build.gradle", &build), ("gradle.lockfile", LOCK)])
    }

    #[test]
    fn a_higher_version_than_gradle_has_locked_is_told() {
        let raised = "com.acme:log 2.1.0 in build.gradle";
        assert_eq!(of("implementation 'com.acme:log:2.1.0'", ""), raised);
        assert_eq!(of("implementation 'com.acme:log:2.0.18-jre'", ""), "com.acme:log 2.0.18-jre in build.gradle");
        for silent in [
            // The lower one of two that are asked for, and the same one in other words.
            "implementation 'com.acme:log:1.9'",
            "implementation 'com.acme:log:2.0.17'",
            "implementation 'com.acme:log:2.0.17.Final'",
            "implementation 'com.acme:log'",
            "implementation 'com.acme:log:2.+'",
            "implementation 'com.acme:log:[2.1,3.0)'",
            "implementation 'com.acme:log:2.1.0!!'",
            "implementation('com.acme:log') { version { strictly '2.1.0' } }",
            "testImplementation 'com.acme:log:2.1.0'",
            "implementation 'com.acme:test:1.1'",
        ] {
            assert_eq!(of(silent, ""), "", "{silent}");
        }
        for rule in [
            "dependencies { implementation enforcedPlatform('com.acme:all:1') }",
            "configurations.all { resolutionStrategy { force 'com.acme:log:2.0.17' } }",
            "configurations.all { resolutionStrategy.eachDependency { it.useVersion '2.0.17' } }",
            "dependencyLocking { ignoredDependencies.add('com.acme:*') }",
        ] {
            assert_eq!(of("implementation 'com.acme:log:2.1.0'", rule), "", "{rule}");
        }
        let apart = "dependencies { implementation 'com.acme:log:2.1.0' }\n";
        assert_eq!(
            told(&[("build.gradle", apart), ("gradle.lockfile", LOCK)]),
            "",
            "which configurations are locked is not known"
        );
        let two = LOCK.replace("empty=", "com.acme:log:2.1.0=toolClasspath\nempty=");
        let build = format!("{apart}dependencyLocking {{ lockAllConfigurations() }}\n");
        assert_eq!(told(&[("build.gradle", &build), ("gradle.lockfile", &two)]), "");
    }

    #[test]
    fn a_catalog_says_the_version_that_gradle_is_asked_for() {
        let build = "dependencyLocking { lockAllConfigurations() }\ndependencies { implementation(libs.log) }\n";
        let of = |version: &str| {
            let catalog = format!(
                "[versions]\nlog = {version}\n[libraries]\nlog = {{ module = \"com.acme:log\", version.ref = \"log\" }}\n"
            );
            told(&[("build.gradle.kts", build), ("gradle/libs.versions.toml", &catalog), ("gradle.lockfile", LOCK)])
        };
        assert_eq!(of("\"2.1.0\""), "com.acme:log 2.1.0 in build.gradle.kts");
        assert_eq!(of("\"2.0.17\""), "");
        assert_eq!(of("\"2.0.9\""), "");
        assert_eq!(of("{ strictly = \"2.1.0\" }"), "");
        assert_eq!(of("{ prefer = \"2.1.0\" }"), "");
    }
}

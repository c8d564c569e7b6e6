//! Projects of a Gradle build that others of it ask for: by their path (`project(':core')`), or put in the place of a module
//! (`substitute(module("g:a")).using(project(":core"))`,
//! <https://docs.gradle.org/current/userguide/resolution_rules.html#sec:dependency_substitution_rules>). A lock file holds
//! none of them, and under the name of a published module they may be copies of it.

use super::Packages;
use super::included_builds::{at, bare, code, quoted, set};
use super::manifest::Placed;
use crate::probe::files::{FileEntry, Listing};
use crate::probe::paths::joined;

/// A build asks for fewer of its projects.
const MOST: usize = 500;

/// A project that takes the place of a module: its folder, and the module.
struct Own {
    folder: String,
    module: String,
    /// Whoever needs the module gets the project.
    forced: bool,
}

/// Notes which projects stand for which modules, with the versions that they say.
pub fn note(found: &mut Packages, listing: &Listing) {
    let is_build = |file: &&FileEntry| matches!(bare(file), "build.gradle" | "settings.gradle");
    let files: Vec<&FileEntry> = listing.files.iter().filter(is_build).collect();
    let roots: Vec<&str> = files.iter().filter(|file| bare(file) == "settings.gradle").map(|file| at(file)).collect();
    for file in &files {
        let root = roots.iter().filter(|root| is_in(at(file), root)).max_by_key(|root| root.len());
        let (Some(root), Ok(text)) = (root, file.read()) else { continue };
        let mut all = substitutes(&text, root);
        if bare(file) == "build.gradle" {
            let text_of = |folder: &str| build_in(&files, folder).and_then(|build| build.read().ok());
            let shared = text_of(root).and_then(|text| set(&text, "group").map(str::to_owned));
            for folder in asked(&text, root) {
                let Some(text) = text_of(&folder) else { continue };
                let group = set(&text, "group").map(str::to_owned).or_else(|| shared.clone());
                let name = folder.rsplit('/').next().unwrap_or_default();
                all.extend(group.map(|group| Own {
                    module: format!("{group}:{name}"),
                    folder: folder.clone(),
                    forced: false,
                }));
            }
        }
        // What settings say holds for the build beside them.
        let asking = build_in(&files, at(file))
            .or_else(|| files.iter().copied().find(|one| bare(one) == "build.gradle" && is_in(at(one), root)));
        let Some(asking) = asking.map(|build| build.path.clone()) else { continue };
        for own in all.into_iter().take(MOST) {
            let Some(build) = build_in(&files, &own.folder) else { continue };
            let version = build.read().ok().and_then(|text| set(&text, "version").map(str::to_owned));
            if let Some(manifest) = found.manifests.get_mut(&build.path) {
                manifest.version = manifest.version.take().or(version);
            }
            if let Some(manifest) = found.manifests.get_mut(&asking) {
                let up = "../".repeat(asking.matches('/').count());
                let (name, folder) = (own.module, format!("{up}{}", own.folder));
                manifest.placed.push(Placed { name, folder, forced: own.forced });
            }
        }
    }
}

/// Whether a folder is another one or lies in it.
fn is_in(folder: &str, outer: &str) -> bool {
    folder.strip_prefix(outer).is_some_and(|rest| outer.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

fn build_in<'l>(files: &[&'l FileEntry], folder: &str) -> Option<&'l FileEntry> {
    files.iter().copied().find(|file| bare(file) == "build.gradle" && at(file) == folder)
}

/// What is put in the place of modules: in a settings file within the build that is included there.
fn substitutes(text: &str, root: &str) -> Vec<Own> {
    let mut found = Vec::new();
    let mut build = Some(root.to_owned());
    for (_, line) in code(text) {
        if let Some((_, included)) = line.split_once("includeBuild") {
            let included = quoted(included.trim_start_matches(['(', ' ']));
            build = included.and_then(|included| joined(root, included));
        }
        let Some((_, rest)) = line.split_once("substitute") else { continue };
        let module = argument(rest, "module").map(|module| module.splitn(3, ':').take(2).collect::<Vec<_>>().join(":"));
        let folder = argument(rest, "project").zip(build.as_deref());
        let folder = folder.and_then(|(project, build)| joined(build, &project.replace(':', "/")));
        if let (Some(module), Some(folder)) = (module, folder) {
            found.push(Own { folder, module, forced: true });
        }
    }
    found
}

/// The folders of the projects that a build asks for by their path.
fn asked(text: &str, root: &str) -> Vec<String> {
    let lines = code(text).filter(|(_, line)| !line.contains("substitute"));
    let paths = lines.filter_map(|(_, line)| argument(line, "project").filter(|path| path.starts_with(':')));
    paths.filter_map(|path| joined(root, &path.replace(':', "/"))).collect()
}

/// The first text in the call of a function: `project(':core')`, `project(path: ':core')`, `module 'g:a'`.
fn argument<'t>(text: &'t str, function: &str) -> Option<&'t str> {
    let mut calls = text.match_indices(function).filter_map(|(at, _)| text.get(at + function.len()..));
    calls.find_map(|rest| {
        let rest = rest.strip_prefix(['(', ' '])?.trim_start().trim_start_matches('(').trim_start();
        quoted(rest.strip_prefix("path:").map_or(rest, str::trim_start))
    })
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use crate::probe::packages::{LocalPackage, collect};
    use crate::probe::samples::listed;

    fn told(settings: &str, build: &str, copy: &str) -> Vec<String> {
        let (_folder, listing) = listed(&[
            ("settings.gradle", settings),
            ("build.gradle", build),
            ("gradle.lockfile", "empty=compileClasspath\n"),
            ("libs/yaml/build.gradle.kts", copy),
        ]);
        collect(&listing, &CancellationToken::new()).locals.iter().map(LocalPackage::shown).collect()
    }

    #[test]
    fn projects_that_take_the_place_of_modules() {
        let copy = "group = \"org.yaml\"\nversion = \"1.30\"\n";
        let asks = "dependencies {\n implementation project(':libs:yaml')\n}\n";
        assert_eq!(told("include 'libs:yaml'\n", asks, copy), ["org.yaml:yaml 1.30 (libs/yaml)"]);
        assert_eq!(told("", &asks.replace("':libs", "path: ':libs"), copy), ["org.yaml:yaml 1.30 (libs/yaml)"]);
        // What no group is said of bears no name that is published.
        assert_eq!(told("", asks, "version = '1.30'\n"), [""; 0]);
        assert_eq!(told("", &format!("group = 'com.acme'\n{asks}"), ""), ["com.acme:yaml (libs/yaml)"]);
        assert_eq!(told("", "", copy), [""; 0]);
        let module = "org.yaml:snakeyaml";
        for (settings, build) in [
            (
                format!(
                    "includeBuild('libs/yaml') {{ dependencySubstitution {{ substitute module('{module}') using project(':') }} }}\n"
                ),
                "",
            ),
            (
                format!(
                    "includeBuild(\"libs/yaml\") {{\n dependencySubstitution {{\n  substitute(module(\"{module}:1.0\")).using(project(\":\"))\n }}\n}}\n"
                ),
                "",
            ),
            (
                String::new(),
                "configurations.all { resolutionStrategy.dependencySubstitution {\n substitute module('org.yaml:snakeyaml') with project(':libs:yaml')\n}}\n",
            ),
        ] {
            assert_eq!(
                told(&settings, build, "version = '1.30'\n"),
                ["org.yaml:snakeyaml 1.30 (libs/yaml)"],
                "{settings}{build}"
            );
        }
    }
}

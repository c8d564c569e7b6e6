//! Projects of a Gradle build that others of it ask for: by their path (`project(':core')`, `projects.core`), or put in the place of a module
//! (`substitute(module("g:a")).using(project(":core"))`,
//! <https://docs.gradle.org/current/userguide/resolution_rules.html#sec:dependency_substitution_rules>). A lock file holds
//! none of them, and under the name of a published module they may be copies of it.

use std::collections::BTreeMap;

use super::Packages;
use super::included_builds::{at, bare, code, quoted, set};
use super::manifest::Placed;
use crate::probe::files::Listing;
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

/// A settings file, with the places of the build's projects.
struct Settings {
    text: String,
    /// The folders of projects that do not lie where their path says, by the path: `:core`.
    moved: BTreeMap<String, String>,
    /// The projects by the names that Gradle makes of their paths.
    accessors: BTreeMap<String, Project>,
}

/// A project of a build: its own name, and its folder.
#[derive(Debug, Clone)]
struct Project {
    name: String,
    folder: String,
}

impl Settings {
    /// Of the build in `root`, of which the folders with build files are known.
    fn of<'f>(text: String, root: &str, folders: impl Iterator<Item = &'f str>) -> Self {
        let mut settings = Self { moved: moved(&text, root), text, accessors: BTreeMap::new() };
        let below = folders.filter(|folder| is_in(folder, root) && *folder != root);
        let below = below.filter_map(|folder| folder.get(root.len()..)).map(|inner| inner.trim_start_matches('/'));
        let mut paths: Vec<String> = below.map(|inner| format!(":{}", inner.replace('/', ":"))).collect();
        paths.extend(settings.moved.keys().cloned());
        let named = paths.iter().filter_map(|path| Some((accessor(path), settings.project(path, root)?)));
        settings.accessors = named.collect();
        settings
    }

    /// The project of a path.
    fn project(&self, path: &str, root: &str) -> Option<Project> {
        let moved = self.moved.get(path).cloned();
        let folder = moved.or_else(|| joined(root, &path.replace(':', "/")))?;
        Some(Project { name: path.rsplit(':').next().unwrap_or_default().to_owned(), folder })
    }
}

/// What a build file says of its project.
struct Build {
    path: String,
    text: String,
    group: Option<String>,
    version: Option<String>,
}

/// Notes which projects stand for which modules, with the versions that they say.
pub fn note(found: &mut Packages, listing: &Listing) {
    let of_kind = |name: &'static str| listing.files.iter().filter(move |file| bare(file) == name);
    let mut builds: BTreeMap<&str, Build> = BTreeMap::new();
    for file in of_kind("build.gradle") {
        let Ok(text) = file.read() else { continue };
        let of = |name: &str| set(&text, name).map(str::to_owned);
        let (path, group, version) = (file.path.clone(), of("group"), of("version"));
        builds.insert(at(file), Build { path, text, group, version });
    }
    let texts = of_kind("settings.gradle").filter_map(|file| Some((at(file), file.read().ok()?)));
    let settings: BTreeMap<&str, Settings> =
        texts.map(|(root, text)| (root, Settings::of(text, root, builds.keys().copied()))).collect();
    let mut all: Vec<(String, Own)> = Vec::new();
    for (root, own) in &settings {
        // What settings say holds for the build beside them.
        let inside = || builds.iter().find(|(folder, _)| is_in(folder, root)).map(|(_, build)| build);
        if let Some(asking) = builds.get(root).or_else(inside) {
            all.extend(substitutes(&own.text, root, own).into_iter().take(MOST).map(|own| (asking.path.clone(), own)));
        }
    }
    for (folder, build) in &builds {
        let mut above = std::iter::successors(Some(*folder), |below| {
            (!below.is_empty()).then(|| below.rsplit_once('/').map_or("", |(above, _)| above))
        });
        let Some((root, of_root)) = above.find_map(|above| Some((above, settings.get(above)?))) else { continue };
        let shared = builds.get(root).and_then(|root| root.group.as_ref());
        let named = asked(&build.text, root, of_root).into_iter().filter_map(|Project { name, folder }| {
            let group = builds.get(&*folder)?.group.as_ref().or(shared)?;
            Some(Own { module: format!("{group}:{name}"), folder, forced: false })
        });
        let own = substitutes(&build.text, root, of_root).into_iter().chain(named).take(MOST);
        all.extend(own.map(|own| (build.path.clone(), own)));
    }
    for (asking, own) in all {
        let Some(build) = builds.get(&*own.folder) else { continue };
        if let Some(manifest) = found.manifests.get_mut(&build.path) {
            manifest.version = manifest.version.take().or_else(|| build.version.clone());
        }
        if let Some(manifest) = found.manifests.get_mut(&asking) {
            let up = "../".repeat(asking.matches('/').count());
            let (name, folder) = (own.module, format!("{up}{}", own.folder));
            manifest.placed.push(Placed { name, folder, forced: own.forced });
        }
    }
}

/// Whether a folder is another one or lies in it.
fn is_in(folder: &str, outer: &str) -> bool {
    folder.strip_prefix(outer).is_some_and(|rest| outer.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

/// What is put in the place of modules: in a settings file within the build that is included there.
fn substitutes(text: &str, root: &str, settings: &Settings) -> Vec<Own> {
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
        let folder = folder.and_then(|(project, build)| match build == root {
            true => settings.project(project, root).map(|project| project.folder),
            false => joined(build, &project.replace(':', "/")),
        });
        if let (Some(module), Some(folder)) = (module, folder) {
            found.push(Own { folder, module, forced: true });
        }
    }
    found
}

/// The projects that a build asks for by their path, or by the name that Gradle makes of it
/// (<https://docs.gradle.org/current/userguide/declaring_dependencies_basics.html#sec:type-safe-project-accessors>).
fn asked(text: &str, root: &str, settings: &Settings) -> Vec<Project> {
    let lines = code(text).filter(|(_, line)| !line.contains("substitute"));
    let of_line = |(_, line): (usize, &str)| {
        let path = argument(line, "project").filter(|path| path.starts_with(':'));
        if let Some(path) = path {
            return settings.project(path, root);
        }
        let (before, after) = line.split_once("projects.")?;
        let is_word = !before.ends_with(|c: char| c.is_alphanumeric() || "._".contains(c));
        let end = after.find(|c: char| !(c.is_alphanumeric() || "._".contains(c))).unwrap_or(after.len());
        after.get(..end).filter(|_| is_word).and_then(|name| settings.accessors.get(name)).cloned()
    };
    lines.filter_map(of_line).collect()
}

/// What Gradle makes of a project's path: `:libs:my-yaml` is `libs.myYaml`.
fn accessor(path: &str) -> String {
    let mut name = String::new();
    let mut is_upper = false;
    for c in path.trim_start_matches(':').chars() {
        match c {
            ':' => name.push('.'),
            '-' | '_' | '.' => {}
            c if is_upper => name.extend(c.to_uppercase()),
            c => name.push(c),
        }
        is_upper = matches!(c, '-' | '_' | '.');
    }
    name
}

/// Where settings put projects: `project(':x').projectDir = file('libs/x')`, `new File(settingsDir, '../x')`.
fn moved(text: &str, root: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (_, line) in code(text) {
        let Some((before, after)) = line.split_once(".projectDir") else { continue };
        let folder = after.find(['"', '\'']).and_then(|at| quoted(after.get(at..)?));
        let folder = folder.map(|folder| {
            let roots = ["$rootDir", "${rootDir}", "$settingsDir", "${settingsDir}"];
            roots
                .iter()
                .find_map(|root| folder.strip_prefix(root))
                .map_or(folder, |inner| inner.trim_start_matches('/'))
        });
        let folder = folder.filter(|folder| !folder.contains('$')).and_then(|folder| joined(root, folder));
        if let (Some(path), Some(folder)) = (argument(before, "project"), folder) {
            found.insert(path.to_owned(), folder);
        }
    }
    found
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
        // Gradle makes a name of each path, and settings may put a project elsewhere.
        let by_name = "dependencies {\n implementation(projects.libs.yaml)\n}\n";
        assert_eq!(told("", by_name, copy), ["org.yaml:yaml 1.30 (libs/yaml)"]);
        assert_eq!(told("", &by_name.replace(".yaml", ".json"), copy), [""; 0]);
        for moved in ["file('libs/yaml')", "new File(settingsDir, 'libs/yaml')", "file(\"$rootDir/libs/yaml\")"] {
            let settings = format!("include ':snake-yaml'\nproject(':snake-yaml').projectDir = {moved}\n");
            for asks in ["project(':snake-yaml')", "projects.snakeYaml"] {
                let build = format!("dependencies {{\n implementation({asks})\n}}\n");
                assert_eq!(told(&settings, &build, copy), ["org.yaml:snake-yaml 1.30 (libs/yaml)"], "{moved} {asks}");
            }
        }
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

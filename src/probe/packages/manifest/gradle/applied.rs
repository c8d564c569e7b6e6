//! Scripts that builds apply: `apply from: "dependencies.gradle"`
//! (<https://docs.gradle.org/current/userguide/plugins_intermediate.html#sec:script_plugins>).

use std::collections::{BTreeSet, HashMap};

use super::{Build, above};
use crate::probe::packages::manifest::reason;
use crate::probe::paths::joined;

/// Scripts apply scripts; no build applies more than this.
const MOST_SCRIPTS: usize = 200;

/// What an `apply from` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// A path, relative to the file's own folder or, where the project's root is named, to one above.
    Path {
        /// As written, without what names the root.
        path: String,
        /// It is seen from the root, which is a folder above.
        from_root: bool,
    },
    /// An address, or what only a program can work out.
    Unknown,
}

impl Applied {
    /// What a line applies; `None` where it applies no script.
    pub fn on(line: &str) -> Option<Self> {
        let (_, rest) = line.split_once("apply")?;
        let rest = rest.trim_start().trim_start_matches(['(', '{', '[', ' ']);
        let rest = rest.strip_prefix("from")?;
        let rest = rest.trim_start_matches([':', '=', '(', ' ']).trim();
        if rest.is_empty() {
            return None;
        }
        Some(Self::of(rest))
    }

    /// `"x.gradle"`, `"$rootDir/x.gradle"`, `rootProject.file('x.gradle')`, `file("x.gradle")`
    fn of(value: &str) -> Self {
        let quote = value.find(['"', '\'']);
        let Some((before, rest)) = quote.map(|at| value.split_at(at)) else { return Self::Unknown };
        let inner = super::quoted(rest).unwrap_or("");
        let mut from_root = before.contains("root");
        // `rootDir.path + '/x.gradle'`, `file("x.gradle")`; nothing may follow the text but what closes the call.
        let after = rest.get(inner.len() + 2..).unwrap_or("");
        let plain = before.chars().all(|c| c.is_alphanumeric() || "._+( ".contains(c))
            && after.chars().all(|c| ") ;,}]".contains(c));
        let mut path = inner;
        for root in
            ["$rootDir", "${rootDir}", "$rootProject.projectDir", "${rootProject.projectDir}", "${rootProject.rootDir}"]
        {
            if let Some(inner) = path.strip_prefix(root) {
                (path, from_root) = (inner, true);
            }
        }
        for own in ["$projectDir", "${projectDir}", "${project.projectDir}"] {
            path = path.strip_prefix(own).unwrap_or(path);
        }
        let path = path.trim_start_matches('/');
        if !plain || path.is_empty() || path.contains('$') || path.contains("://") {
            return Self::Unknown;
        }
        Self::Path { path: path.to_owned(), from_root }
    }

    /// The script among those that were read.
    fn find(&self, from: &str, scripts: &HashMap<String, usize>) -> Option<usize> {
        let Self::Path { path, from_root } = self else { return None };
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        // A script's own paths are seen from the project that applies it, which is most often a folder above.
        let folders = above(folder).take(if *from_root || super::is_script(from) { usize::MAX } else { 1 });
        let candidates = folders.filter_map(|folder| joined(folder, path));
        candidates.filter_map(|path| scripts.get(&path).copied()).last_or_first(*from_root)
    }
}

/// The first, or the last where the root is meant.
trait LastOrFirst: Iterator + Sized {
    fn last_or_first(mut self, last: bool) -> Option<Self::Item> {
        if last { self.last() } else { self.next() }
    }
}

impl<I: Iterator> LastOrFirst for I {}

/// Gives every build what the scripts ask for that it applies, on the line where it applies them. Also returns the paths
/// of the scripts that a build applies.
pub fn spread(mut builds: Vec<Build>) -> (Vec<Build>, BTreeSet<String>) {
    let at: HashMap<String, usize> =
        builds.iter().enumerate().map(|(place, build)| (build.manifest.path.clone(), place)).collect();
    let mut applied = BTreeSet::new();
    let mut taken: Vec<(usize, Vec<(usize, u32)>)> = Vec::new();
    for (place, build) in builds.iter().enumerate().filter(|(_, build)| !build.applies.is_empty()) {
        let mut seen = BTreeSet::from([place]);
        let mut reached: Vec<(usize, u32)> = Vec::new();
        let mut waiting: Vec<(usize, u32)> = Vec::new();
        for (one, line) in &build.applies {
            waiting.extend(one.find(&build.manifest.path, &at).map(|script| (script, *line)));
        }
        while let Some((script, line)) = waiting.pop().filter(|_| reached.len() < MOST_SCRIPTS) {
            if !seen.insert(script) {
                continue;
            }
            reached.push((script, line));
            let Some(script) = builds.get(script) else { continue };
            if !super::is_script(&build.manifest.path) {
                applied.insert(script.manifest.path.clone());
            }
            let inner = script.applies.iter().filter_map(|(one, _)| one.find(&script.manifest.path, &at));
            waiting.extend(inner.map(|inner| (inner, line)));
        }
        taken.push((place, reached));
    }
    // What cannot be found may ask for anything.
    for build in &mut builds {
        let lost = build.applies.iter().filter(|(one, _)| one.find(&build.manifest.path, &at).is_none());
        for (_, line) in lost {
            build.manifest.gaps.add(reason::DYNAMIC, &format!("line {line}"));
        }
    }
    let mut given = Vec::new();
    for (place, reached) in &taken {
        for (script, line) in reached {
            let Some(script) = builds.get(*script) else { continue };
            let cases = script.manifest.declared.iter().filter(|one| script.cases.contains(&one.line));
            let cases: Vec<String> = cases.map(|one| one.name.clone()).collect();
            let declared = script.manifest.declared.iter().cloned().map(|mut one| {
                one.line = *line;
                one
            });
            let references = script.references.iter().map(|(name, scope, _)| (name.clone(), *scope, *line));
            let gaps = script.manifest.gaps.within(&script.manifest.path);
            let (declared, references): (Vec<_>, Vec<_>) = (declared.collect(), references.collect());
            given.push((*place, declared, references, cases, script.manifest.patterns.clone(), gaps));
        }
    }
    for (place, declared, references, cases, patterns, gaps) in given {
        if let Some(build) = builds.get_mut(place) {
            build.manifest.declared.extend(declared);
            build.references.extend(references);
            build.cases_of_scripts.extend(cases);
            build.manifest.patterns.extend(patterns);
            build.manifest.gaps.merge(gaps);
        }
    }
    (builds, applied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_line_applies() {
        let path = |path: &str, from_root| Some(Applied::Path { path: path.to_owned(), from_root });
        for (line, expected) in [
            ("apply from: 'deps.gradle'", path("deps.gradle", false)),
            ("apply(from = \"deps.gradle.kts\")", path("deps.gradle.kts", false)),
            ("apply { from(\"deps.gradle\") }", path("deps.gradle", false)),
            ("apply from: \"$rootDir/gradle/deps.gradle\"", path("gradle/deps.gradle", true)),
            ("apply from: \"${rootProject.projectDir}/deps.gradle\"", path("deps.gradle", true)),
            ("apply from: rootProject.file('deps.gradle')", path("deps.gradle", true)),
            ("subprojects { apply from: file(\"../deps.gradle\") }", path("../deps.gradle", false)),
            ("apply from: 'https://bot:s3cret@files.example.com/deps.gradle'", Some(Applied::Unknown)),
            ("apply from: \"$shared/deps.gradle\"", Some(Applied::Unknown)),
            ("apply from: deps", Some(Applied::Unknown)),
            ("apply plugin: 'java'", None),
            ("applyFrom('x')", None),
        ] {
            assert_eq!(Applied::on(line), expected, "{line}");
        }
    }
}

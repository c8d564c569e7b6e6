//! Other builds of Gradle that a settings file takes in: what they publish comes from them and not from a registry, and
//! stands in no lock file (<https://docs.gradle.org/current/userguide/composite_builds.html>).

use super::Packages;
use super::local::shown_place;
use crate::probe::files::{FileEntry, Listing};
use crate::probe::paths::{folder, joined};

/// A build that lies elsewhere, or nowhere.
const OUTSIDE: &str = "Gradle build that a settings file includes and that is not among the project's files";
/// A build at a place that only running the settings would tell.
const DYNAMIC: &str = "Gradle build that a settings file includes by a path that only a program can work out";
/// Settings include a few builds; what goes on for longer is not written by hand.
const MOST: usize = 200;

/// Counts the builds that are not there, and notes by what names the project's own are asked for.
pub fn add_gaps(found: &mut Packages, listing: &Listing) {
    let is_build = |file: &&FileEntry| matches!(bare(file), "build.gradle" | "settings.gradle");
    let files: Vec<&FileEntry> = listing.files.iter().filter(is_build).collect();
    for file in files.iter().filter(|file| bare(file) == "settings.gradle") {
        // Why it cannot be read is told where build files are.
        let Ok(text) = file.read() else { continue };
        for (target, line) in included(&text).into_iter().take(MOST) {
            let place = format!("{}:{line}", file.path);
            let Some(target) = target else {
                found.gaps_of(&file.path).add(DYNAMIC, &place);
                continue;
            };
            let inside = joined(folder(&file.path), &target).filter(|_| !target.starts_with(['/', '~']));
            match inside.filter(|inside| builds(inside, &files).next().is_some()) {
                Some(inside) => name(&inside, found, &files),
                None => found.gaps_of(&file.path).add(OUTSIDE, &format!("{} ({place})", shown_place(&target))),
            }
        }
    }
}

/// Gives the build files of an included build the names by which others ask for what they publish, with their versions.
fn name(inside: &str, found: &mut Packages, files: &[&FileEntry]) {
    let is_settings = |file: &&FileEntry| bare(file) == "settings.gradle" && at(file) == inside;
    let settings = files.iter().copied().filter(is_settings).find_map(|file| file.read().ok());
    let own = settings.as_deref().and_then(|text| set(text, "rootProject.name").map(str::to_owned));
    let (mut above, mut version_above) = (None, None);
    for file in builds(inside, files).take(MOST) {
        let text = file.read().unwrap_or_default();
        let of = |name: &str| set(&text, name).map(str::to_owned);
        let (group, version) = (of("group"), of("version"));
        let is_root = at(file) == inside;
        // What the root says of itself it mostly says of all.
        let Some(group) = group.or_else(|| above.clone()) else { continue };
        let version = version.or_else(|| version_above.clone());
        let called = at(file).rsplit('/').next().unwrap_or_default();
        let called = own.as_deref().filter(|_| is_root).unwrap_or(called);
        if let Some(manifest) = found.manifests.get_mut(&file.path) {
            manifest.name = Some(format!("{group}:{called}"));
            manifest.version.clone_from(&version);
        }
        if is_root {
            (above, version_above) = (Some(group), version);
        }
    }
}

/// The name of a file without what says in which language it is written.
pub(super) fn bare(file: &FileEntry) -> &str {
    let name = file.name();
    name.strip_suffix(".kts").unwrap_or(name)
}

/// The folder in which a file lies, without a `/` at its end.
pub(super) fn at(file: &FileEntry) -> &str {
    folder(&file.path).trim_end_matches('/')
}

/// The build and settings files of a folder and below, those of the folder itself first.
fn builds<'l>(inside: &'l str, files: &'l [&'l FileEntry]) -> impl Iterator<Item = &'l FileEntry> {
    let below = format!("{inside}/");
    let root = files.iter().copied().filter(move |file| at(file) == inside);
    root.chain(files.iter().copied().filter(move |file| file.path.starts_with(&below) && at(file) != inside))
}

/// What a settings file includes, with the lines: `None` for what is no plain text.
fn included(text: &str) -> Vec<(Option<String>, usize)> {
    let mut found = Vec::new();
    for (number, line) in code(text) {
        for (_, rest) in line.match_indices("includeBuild").map(|(at, word)| line.split_at(at + word.len())) {
            let rest = rest.trim_start().trim_start_matches('(').trim_start();
            let rest = rest.strip_prefix("file(").unwrap_or(rest);
            found.push((quoted(rest).filter(|text| !text.contains('$')).map(str::to_owned), number));
        }
    }
    found
}

/// The text that a line sets `name` to: `group = "com.acme"`, `group 'com.acme'`.
pub(super) fn set<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut values = code(text).filter_map(|(_, line)| {
        let rest = line.trim_start().strip_prefix(name)?.trim_start();
        quoted(rest.strip_prefix('=').unwrap_or(rest).trim_start())
    });
    values.find(|value| !value.contains('$'))
}

/// The lines that are no comments, with their numbers.
pub(super) fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_comment = |line: &str| ["//", "*", "/*"].iter().any(|mark| line.trim_start().starts_with(mark));
    text.lines().enumerate().map(|(before, line)| (before + 1, line)).filter(move |(_, line)| !is_comment(line))
}

pub(super) fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text.get(1..)?.split_once(quote).map(|(inner, _)| inner)
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use crate::probe::packages::collect;
    use crate::probe::samples::listed;

    fn told(files: &[(&str, &str)]) -> Vec<String> {
        let (_folder, listing) = listed(files);
        let gaps = collect(&listing, &CancellationToken::new()).gaps.into_vec();
        gaps.into_iter().map(|gap| format!("{}: {}", gap.reason, gap.examples.join(", "))).collect()
    }

    #[test]
    fn builds_that_are_not_there_are_told() {
        let settings = "rootProject.name = 'shop'\nincludeBuild '../outside'\nincludeBuild(\"nowhere\")\n\
                        // includeBuild '../old'\npluginManagement { includeBuild(file('logic')) }\n\
                        includeBuild(providers.gradleProperty(\"at\").get())\nincludeBuild(\"$rootDir/../x\")\n";
        let logic = ("logic/settings.gradle.kts", "");
        assert_eq!(
            told(&[("settings.gradle", settings), logic]),
            [
                "Gradle build that a settings file includes and that is not among the project's files: ../outside \
                 (settings.gradle:2), nowhere (settings.gradle:3)",
                "Gradle build that a settings file includes by a path that only a program can work out: settings.gradle:6, \
                 settings.gradle:7",
            ]
        );
    }

    #[test]
    fn what_an_included_build_publishes_is_own() {
        let of = |at: &str, settings: &str, group: &str| {
            let build = "group = 'com.acme'\ndependencies {\n implementation 'com.acme:lib:1.0'\n implementation \
                         'com.acme:util:1.0'\n}\n";
            let in_folder = |file: &str| format!("{at}/{file}");
            told(&[
                ("settings.gradle", &format!("{settings} '{at}'\n")),
                ("build.gradle", &build.replace("'com.acme:", &format!("'{group}:"))),
                ("gradle.lockfile", "empty=compileClasspath\n"),
                (&in_folder("settings.gradle"), "rootProject.name = 'lib'\ninclude 'util'\n"),
                (&in_folder("build.gradle"), &format!("group = '{group}'\n")),
                (&in_folder("util/build.gradle"), "plugins { id 'java' }\n"),
            ])
        };
        // Whether it is a copy of what others publish, advisories on the name tell.
        for group in ["com.acme", "com.acme.parts", "org.yaml"] {
            assert_eq!(of("parts", "includeBuild", group), [""; 0]);
        }
        let missing = "package that is asked for but missing from the lock file: com.acme:lib, com.acme:util";
        assert_eq!(of("parts", "// includeBuild", "com.acme"), [missing]);
    }
}

//! Forcing a version, whoever needs the package: the last way where what needs it does not take a fixed one.

use super::super::nearest::line;
use super::Situation;
use crate::probe::packages::Manager;
use crate::probe::packages::typed::{is_plain, word};

/// How a version is forced.
#[derive(Debug, Default)]
pub struct Forced {
    /// What to do, in words.
    pub words: String,
    /// A file, and the lines to add to it.
    pub lines: Option<(String, String)>,
    /// What to type instead of adding lines.
    pub commands: Vec<String>,
}

/// How `version` of the package of `situation` is forced.
pub fn forced(situation: &Situation<'_>, version: &str) -> Forced {
    let name = &situation.package.name;
    let folder = situation.lock.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let beside = |file: &str| if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
    let lines = |text: String, file: &str, words: String| Forced {
        words,
        lines: Some((beside(file), text)),
        commands: Vec::new(),
    };
    let command = |command: String, words: String| Forced { words, lines: None, commands: vec![command] };
    let force = |file: &str| format!("Force {version} with the lines below in {}.", beside(file));
    let least = word(&format!("{name}>={version}"));
    match situation.lock.manager {
        Manager::Npm => {
            let inner = match within(situation) {
                Some(parent) => format!("    \"{parent}\": {{ \"{name}\": \"^{version}\" }}"),
                None => format!("    \"{name}\": \"^{version}\""),
            };
            // <https://docs.npmjs.com/cli/configuring-npm/package-json#overrides>
            lines(format!("\"overrides\": {{\n{inner}\n}}"), "package.json", force("package.json"))
        }
        // Bun knows no nested ones (<https://bun.com/docs/pm/overrides>).
        Manager::Bun => lines(
            format!("\"overrides\": {{\n    \"{name}\": \"^{version}\"\n}}"),
            "package.json",
            force("package.json"),
        ),
        Manager::YarnClassic | Manager::YarnBerry => {
            let key = within(situation).map_or_else(|| name.clone(), |parent| format!("{parent}/{name}"));
            // <https://yarnpkg.com/configuration/manifest#resolutions>
            lines(
                format!("\"resolutions\": {{\n    \"{key}\": \"^{version}\"\n}}"),
                "package.json",
                force("package.json"),
            )
        }
        Manager::Pnpm => pnpm(situation, version, &beside),
        // <https://docs.astral.sh/uv/reference/settings/#override-dependencies>
        Manager::Uv => lines(
            format!("[tool.uv]\noverride-dependencies = [\"{name}>={version}\"]"),
            "pyproject.toml",
            force("pyproject.toml"),
        ),
        // <https://pdm-project.org/latest/usage/dependency/#dependency-overrides>
        Manager::Pdm => lines(
            format!("[tool.pdm.resolution.overrides]\n{name} = \">={version}\""),
            "pyproject.toml",
            force("pyproject.toml"),
        ),
        Manager::Poetry => command(
            format!("poetry add {least}"),
            format!(
                "Poetry cannot force a version: ask for {name} {version} yourself; Poetry says who stands against it."
            ),
        ),
        Manager::Pipenv => command(
            format!("pipenv upgrade {least}"),
            format!("Ask for {name} {version} yourself; Pipenv says who stands against it."),
        ),
        Manager::Composer => {
            let to = word(&format!("{name}:^{}", version.trim_start_matches('v')));
            command(
                format!("composer require {to} --with-all-dependencies"),
                format!("Ask for {name} {version} yourself; Composer says who stands against it."),
            )
        }
        Manager::Cargo => Forced {
            words: format!(
                "Cargo cannot force a version that a crate does not take: a fork of that crate with a raised {name}, put in by \
                 [patch.crates-io] in Cargo.toml, is what is left."
            ),
            ..Forced::default()
        },
        Manager::Bundler => lines(
            format!("gem \"{name}\", \">= {version}\""),
            "Gemfile",
            format!("Ask for {name} yourself in {}.", beside("Gemfile")),
        ),
        Manager::Maven => maven(name, version, &situation.lock.path),
        Manager::Gradle => lines(
            format!("dependencies {{\n    constraints {{\n        implementation(\"{name}:{version}\")\n    }}\n}}"),
            "build.gradle",
            format!("Raise {name} with a constraint in {}.", beside("build.gradle")),
        ),
        Manager::Pip | Manager::Go => Forced::default(),
    }
}

/// The package within which alone to force the version, where others of the lock file rightly use another one.
fn within<'a>(situation: &Situation<'a>) -> Option<&'a str> {
    let package = situation.package;
    let others = situation.lock.packages.iter().any(|one| one.name == package.name && one.version != package.version);
    let [needing] = situation.ways.needed_by.as_slice() else { return None };
    Some(&*needing.package.name).filter(|name| others && is_plain(name))
}

/// Since pnpm 10 they stand in `pnpm-workspace.yaml`, before that in `package.json` (<https://pnpm.io/settings#overrides>).
fn pnpm(situation: &Situation<'_>, version: &str, beside: &dyn Fn(&str) -> String) -> Forced {
    let name = &situation.package.name;
    let manager = situation.manifests.get(&beside("package.json")).and_then(|one| one.package_manager.as_deref());
    let major = manager.and_then(|text| text.strip_prefix("pnpm@")).map(line).and_then(|line| line.first().copied());
    // The format's version 9 is written by pnpm 9 and by later ones.
    let old = major.map_or_else(|| line(&situation.lock.format).first().is_none_or(|one| *one < 9), |major| major < 10);
    let key = within(situation).map_or_else(|| format!("{name}@<{version}"), |parent| format!("{parent}>{name}"));
    let (text, file) = if old {
        (
            format!("\"pnpm\": {{\n    \"overrides\": {{\n        \"{key}\": \"^{version}\"\n    }}\n}}"),
            beside("package.json"),
        )
    } else {
        (format!("overrides:\n  \"{key}\": \"^{version}\""), beside("pnpm-workspace.yaml"))
    };
    Forced {
        words: format!("Force {version} with the lines below in {file}."),
        lines: Some((file, text)),
        commands: Vec::new(),
    }
}

/// <https://maven.apache.org/guides/introduction/introduction-to-dependency-mechanism.html#dependency-management>
fn maven(name: &str, version: &str, file: &str) -> Forced {
    let (group, artifact) = name.split_once(':').unwrap_or((name, name));
    let text = format!(
        "<dependencyManagement>\n  <dependencies>\n    <dependency>\n      <groupId>{group}</groupId>\n      \
         <artifactId>{artifact}</artifactId>\n      <version>{version}</version>\n    </dependency>\n  </dependencies>\n\
         </dependencyManagement>"
    );
    Forced {
        words: format!("Set the version of {name} for everything that brings it in, in {file}."),
        lines: Some((file.to_owned(), text)),
        commands: Vec::new(),
    }
}

//! Versions that the project forces already: as long as they stand, no command brings another one.

use std::collections::BTreeSet;

use super::commands::Commands;
use super::{MOST_NAMED, Situation};
use crate::model::{WayOut, WayOutKind};
use crate::probe::packages::Manager;
use crate::probe::packages::manifest::Forcing;
use crate::probe::packages::typed::is_plain;

/// Where the project forces versions, of this package or of others.
pub struct Place {
    /// The file.
    pub file: String,
    /// What they stand under there.
    pub key: &'static str,
    /// That of this package is among them.
    pub is_ours: bool,
}

impl Place {
    /// The place of a package's lock file; `None` where nothing is forced.
    pub fn of(situation: &Situation<'_>) -> Option<Self> {
        let lock = situation.lock;
        let folder = lock.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let beside = |file: &str| if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
        let (file, key) = match lock.manager {
            Manager::Npm | Manager::Bun => (beside("package.json"), "overrides"),
            Manager::YarnClassic | Manager::YarnBerry => (beside("package.json"), "resolutions"),
            Manager::Pnpm => (beside("package.json"), "pnpm.overrides"),
            Manager::Uv => (beside("pyproject.toml"), "override-dependencies"),
            Manager::Pdm => (beside("pyproject.toml"), "tool.pdm.resolution.overrides"),
            Manager::Maven => (lock.path.clone(), "dependencyManagement"),
            _ => return None,
        };
        let ecosystem = situation.package.ecosystem;
        let is_it = |name: &String| ecosystem.normalize(name) == ecosystem.normalize(&situation.package.name);
        let written = situation.manifests.get(&file).map_or(&[][..], |manifest| &manifest.overrides);
        if written.iter().any(is_it) || (lock.forced.is_empty() && !written.is_empty()) {
            return Some(Self { is_ours: written.iter().any(is_it), file, key });
        }
        // pnpm repeats in its lock file what is forced; since version 10 that stands elsewhere.
        if !lock.forced.is_empty() {
            let (file, key) =
                if written.is_empty() { (beside("pnpm-workspace.yaml"), "overrides") } else { (file, key) };
            return Some(Self { file, key, is_ours: lock.forced.iter().any(is_it) });
        }
        None
    }
}

impl Situation<'_> {
    /// The entries of `place` that force this package, where it is known how they are written.
    fn forcings(&self, place: &Place) -> &[Forcing] {
        let manifest = self.manifests.get(&place.file);
        manifest.and_then(|one| one.forcings.get(self.name())).map_or(&[], Vec::as_slice)
    }

    /// Whether `place` only repeats what the manifest itself asks for of this package: `"a": "$a"`
    /// (<https://docs.npmjs.com/cli/v11/configuring-npm/package-json#overrides>).
    pub(super) fn follows_itself(&self, place: &Place) -> bool {
        let all = self.forcings(place);
        !all.is_empty() && all.iter().all(|one| one.says.strip_prefix('$') == Some(self.name()))
    }

    /// Changes the version that `place` forces.
    pub(super) fn change_forced(&self, version: &str, place: Place, commands: &Commands<'_>) -> WayOut {
        let name = self.name();
        let (followed, written): (Vec<&Forcing>, Vec<&Forcing>) =
            self.forcings(&place).iter().partition(|one| one.says.starts_with('$'));
        let Place { file, key, .. } = place;
        let entry = match self.lock.manager {
            Manager::Uv => format!("\"{name}>={version}\""),
            Manager::Pdm => format!("{name} = \">={version}\""),
            Manager::Maven => format!("<version>{version}</version>"),
            _ if written.is_empty() => format!("\"{name}\": \"^{version}\""),
            _ => {
                let entries: Vec<String> =
                    written.iter().take(MOST_NAMED).map(|one| nested(&one.keys, version)).collect();
                entries.join(",\n")
            }
        };
        let also = if self.ways.itself.is_empty() { "" } else { " What asks for it itself has to allow the same." };
        // Another entry of the manifest says the version: that one is to be raised.
        let others: BTreeSet<&str> =
            followed.iter().filter_map(|one| one.says.get(1..)).filter(|other| is_plain(other)).collect();
        if !others.is_empty() && written.is_empty() {
            let others: Vec<&str> = others.into_iter().collect();
            let lines: Vec<String> = others.iter().map(|other| format!("\"{other}\": \"^{version}\"")).collect();
            return WayOut {
                kind: WayOutKind::Override,
                words: format!(
                    "{file} forces the version of {name} ({key}) to what it asks for of {} itself: write {version} there, \
                     then install.{}",
                    others.join(", "),
                    self.step(version)
                ),
                commands: commands.install(),
                lines: Some((file, lines.join(",\n"))),
                ..WayOut::default()
            };
        }
        let within: Vec<&str> = written
            .iter()
            .filter(|one| one.keys.len() > 1)
            .filter_map(|one| one.keys.first())
            .map(String::as_str)
            .collect();
        let within = match within.first() {
            Some(first) => format!(", below {first}"),
            None => String::new(),
        };
        WayOut {
            kind: WayOutKind::Override,
            words: format!(
                "{file} forces the version of {name} ({key}{within}), so renewing and raising change nothing: write \
                 {version} there, then install.{also}{}",
                self.step(version)
            ),
            commands: commands.install(),
            lines: Some((file, entry)),
            ..WayOut::default()
        }
    }
}

/// An entry as it is written, the inner ones further in, with another version.
fn nested(keys: &[String], version: &str) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut text = String::new();
    for (depth, key) in keys.iter().enumerate() {
        let inner = if depth + 1 == keys.len() { quoted(&format!("^{version}")) } else { "{\n".to_owned() };
        text += &format!("{}{}: {inner}", "    ".repeat(depth), quoted(key));
    }
    for depth in (0..keys.len().saturating_sub(1)).rev() {
        text += &format!("\n{}}}", "    ".repeat(depth));
    }
    text
}

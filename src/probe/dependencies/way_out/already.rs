//! Versions that the project forces already: as long as they stand, no command brings another one.

use super::Situation;
use super::commands::Commands;
use crate::model::{WayOut, WayOutKind};
use crate::probe::packages::Manager;

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
    /// Changes the version that `place` forces.
    pub(super) fn change_forced(&self, version: &str, place: Place, commands: &Commands<'_>) -> WayOut {
        let (name, Place { file, key, .. }) = (self.name(), place);
        let entry = match self.lock.manager {
            Manager::Uv => format!("\"{name}>={version}\""),
            Manager::Pdm => format!("{name} = \">={version}\""),
            Manager::Maven => format!("<version>{version}</version>"),
            _ => format!("\"{name}\": \"^{version}\""),
        };
        let also = if self.ways.itself.is_empty() { "" } else { " What asks for it itself has to allow the same." };
        WayOut {
            kind: WayOutKind::Override,
            words: format!(
                "{file} forces the version of {name} ({key}), so renewing and raising change nothing: write {version} there, \
                 then install.{also}{}",
                self.step(version)
            ),
            commands: commands.install(),
            lines: Some((file, entry)),
            ..WayOut::default()
        }
    }
}

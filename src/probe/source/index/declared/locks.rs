//! What lock files say of packages that no manifest declares: whether they are installed, and where.

use std::collections::{BTreeMap, HashSet};

use super::{MAX_LOCK_BYTES, Undeclared};
use crate::probe::files::FileEntry;
use crate::probe::source::facts::{CodeIndex, Language};

/// What the lock files say of one package.
#[derive(Debug, Default, Clone, Copy)]
struct Known {
    installed: bool,
    flat: bool,
}

/// Where the installers of npm's world put what a package needs, as far as settings say so.
#[derive(Debug, Default, Clone, Copy)]
struct Settings {
    /// pnpm is told to put everything beside each other.
    pnpm_hoists: bool,
    /// A later Yarn is told to do without Plug'n'Play.
    yarn_links: bool,
}

/// Finds out what the lock files say of the packages that are not declared.
pub(super) fn look_into(files: &[FileEntry], found: &mut [Undeclared], index: &CodeIndex) {
    let names: HashSet<String> = found.iter().map(|one| one.package.clone()).collect();
    let settings = Settings::read(files);
    let mut npm: Option<BTreeMap<String, Known>> = None;
    let mut python: Option<BTreeMap<String, Known>> = None;
    for file in files {
        let kind = file.name();
        let table = match kind {
            "package-lock.json" | "npm-shrinkwrap.json" | "yarn.lock" | "pnpm-lock.yaml" | "bun.lock" => &mut npm,
            "poetry.lock" | "uv.lock" | "pdm.lock" | "Pipfile.lock" => &mut python,
            _ => continue,
        };
        let Ok(text) = file.read_up_to(MAX_LOCK_BYTES) else { continue };
        let known = table.get_or_insert_default();
        for name in &names {
            let one = known.entry(name.clone()).or_default();
            if holds(&text, kind, name) {
                one.installed = true;
                one.flat |= settings.is_flat(&text, kind, name);
            }
        }
    }
    for one in found {
        let language = index.files.get(one.file).map(|file| file.language);
        let table = if language == Some(Language::Python) { &python } else { &npm };
        let known = table.as_ref().and_then(|known| known.get(&one.package).copied());
        one.installed = known.map(|known| known.installed);
        one.flat = known.is_some_and(|known| known.flat);
    }
}

impl Settings {
    fn read(files: &[FileEntry]) -> Self {
        let mut found = Self::default();
        for file in files {
            let name = file.name();
            if !matches!(name, ".npmrc" | "pnpm-workspace.yaml" | ".yarnrc.yml") {
                continue;
            }
            let Ok(text) = file.read() else { continue };
            // `node-linker=hoisted` in one, `nodeLinker: "hoisted"` in the other.
            let lines = text.lines().filter(|line| !line.trim_start().starts_with(['#', ';']));
            for line in lines {
                let Some((key, value)) = line.split_once(['=', ':']) else { continue };
                let key = key.trim().replace('-', "").to_ascii_lowercase();
                let value = value.trim().trim_matches(['"', '\'']);
                let yarn = name == ".yarnrc.yml";
                found.yarn_links |= yarn && key == "nodelinker" && value == "node-modules";
                found.pnpm_hoists |=
                    !yarn && (key == "nodelinker" && value == "hoisted" || key == "shamefullyhoist" && value == "true");
            }
        }
        found
    }

    /// Whether a package that a lock file holds lies where every import finds it, and not only the package that needs it.
    fn is_flat(self, text: &str, kind: &str, name: &str) -> bool {
        match kind {
            "package-lock.json" | "npm-shrinkwrap.json" => {
                text.contains(&format!("\"node_modules/{name}\"")) || !text.contains("node_modules/")
            }
            // Only later versions of Yarn write this block.
            "yarn.lock" => self.yarn_links || !text.contains("__metadata:"),
            "pnpm-lock.yaml" => self.pnpm_hoists,
            _ => true,
        }
    }
}

/// Whether the text of a lock file names a package.
fn holds(text: &str, kind: &str, name: &str) -> bool {
    let forms: Vec<String> = match kind {
        "package-lock.json" | "npm-shrinkwrap.json" => {
            vec![format!("node_modules/{name}\""), format!("\"{name}\": {{")]
        }
        "yarn.lock" => vec![format!("\n{name}@"), format!("\"{name}@"), format!(", {name}@")],
        "pnpm-lock.yaml" => vec![format!("/{name}@"), format!("/{name}/"), format!("'{name}@"), format!(" {name}@")],
        "bun.lock" => vec![format!("\"{name}\"")],
        "Pipfile.lock" => vec![format!("\"{name}\"")],
        _ => vec![format!("name = \"{name}\"")],
    };
    forms.iter().any(|form| text.contains(form.as_str()))
}

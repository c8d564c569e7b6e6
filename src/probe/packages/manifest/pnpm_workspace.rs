//! What `pnpm-workspace.yaml` forces (<https://pnpm.io/settings#overrides>). It belongs to the `package.json` beside it.

use std::collections::BTreeMap;

use super::forcing::{Forcing, Table, forced};
use super::{Manifest, Placed};
use crate::probe::packages::{NotUnderstood, npm_spec};
use crate::probe::yaml;

/// The name of the file.
pub const NAME: &str = "pnpm-workspace.yaml";
/// Its table, as [`Manifest::tables`] has it.
pub const TABLE: &str = "pnpm-workspace.yaml: overrides";
/// Longer keys, and more entries, nobody wrote by hand.
const MAX_KEY: usize = 300;
const MOST_ENTRIES: usize = 1_000;

/// Adds what the file of this path forces to the manifest beside it. What it says of members is read with the lock file.
///
/// # Errors
/// When it is not well-formed.
pub fn add(path: &str, text: &str, found: &mut BTreeMap<String, Manifest>) -> Result<(), NotUnderstood> {
    let folder = path.strip_suffix(NAME).unwrap_or_default();
    let merging = |line: &str| ["<<<<<<< ", ">>>>>>> "].iter().any(|mark| line.starts_with(mark));
    if let Some(at) = text.lines().position(merging) {
        return Err(NotUnderstood::at("pnpm-workspace.yaml with a merge that is not finished", at + 1));
    }
    let documents = yaml::parse(text).map_err(|_| NotUnderstood::new("not a valid pnpm-workspace.yaml"))?;
    let Some(manifest) = found.get_mut(&format!("{folder}package.json")) else { return Ok(()) };
    let overrides = documents.iter().filter_map(|document| document.get("overrides"));
    manifest.tables.extend(overrides.clone().map(|_| TABLE));
    for (key, node) in overrides.flat_map(yaml::Node::entries).take(MOST_ENTRIES) {
        let (name, says) = (forced(key), node.text().map(str::trim));
        if let Some(says) = says.filter(|_| !name.is_empty() && key.len() < MAX_KEY) {
            if let Some(folder) = npm_spec::folder(says) {
                let (name, folder) = (name.to_owned(), folder.to_owned());
                manifest.placed.push(Placed { name, folder, forced: true });
            }
            let (keys, says) = (vec![key.to_owned()], says.to_owned());
            let forcing = Forcing { table: Table::PnpmWorkspace, keys, says, line: node.line };
            manifest.forcings.entry(name.to_owned()).or_default().push(forcing);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use crate::probe::packages::collect;
    use crate::probe::samples::listed;

    #[test]
    fn a_file_in_the_middle_of_a_merge_is_not_examined() {
        let of = |text: &str| {
            let (_folder, listing) = listed(&[("package.json", "{}"), ("pnpm-workspace.yaml", text)]);
            let gaps = collect(&listing, &CancellationToken::new()).gaps.into_vec();
            gaps.iter().map(|gap| format!("{}: {}", gap.reason, gap.examples.join(", "))).collect::<Vec<_>>().join("; ")
        };
        let merging = "packages:\n  - a\n<<<<<<< HEAD\noverrides:\n  b: 1\n=======\n>>>>>>> theirs\n";
        assert_eq!(of(merging), "pnpm-workspace.yaml with a merge that is not finished: pnpm-workspace.yaml:3");
        assert_eq!(of("overrides: {b: [\n"), "not a valid pnpm-workspace.yaml: pnpm-workspace.yaml");
        assert_eq!(of("overrides:\n  b: 1\n"), "");
    }
}

//! What `pnpm-workspace.yaml` forces (<https://pnpm.io/settings#overrides>). It belongs to the `package.json` beside it.

use std::collections::BTreeMap;

use super::Manifest;
use super::forcing::{Forcing, Table, forced};
use crate::probe::yaml;

/// The name of the file.
pub const NAME: &str = "pnpm-workspace.yaml";
/// Its table, as [`Manifest::tables`] has it.
pub const TABLE: &str = "pnpm-workspace.yaml: overrides";
/// Longer keys, and more entries, nobody wrote by hand.
const MAX_KEY: usize = 300;
const MOST_ENTRIES: usize = 1_000;

/// Adds what the file of this path forces to the manifest beside it. What it says of members is read with the lock file.
pub fn add(path: &str, text: &str, found: &mut BTreeMap<String, Manifest>) {
    let folder = path.strip_suffix(NAME).unwrap_or_default();
    let Some(manifest) = found.get_mut(&format!("{folder}package.json")) else { return };
    let documents = yaml::parse(text).unwrap_or_default();
    let overrides = documents.iter().filter_map(|document| document.get("overrides"));
    manifest.tables.extend(overrides.clone().map(|_| TABLE));
    for (key, node) in overrides.flat_map(yaml::Node::entries).take(MOST_ENTRIES) {
        let (name, says) = (forced(key), node.text().map(str::trim));
        if let Some(says) = says.filter(|_| !name.is_empty() && key.len() < MAX_KEY) {
            let (keys, says) = (vec![key.to_owned()], says.to_owned());
            let forcing = Forcing { table: Table::PnpmWorkspace, keys, says, line: node.line };
            manifest.forcings.entry(name.to_owned()).or_default().push(forcing);
        }
    }
}

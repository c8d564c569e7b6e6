//! Several packages whose lines belong into one table of one file: a second table of the same name would drop the first,
//! or end the file as JSON, YAML or TOML.

use std::collections::{BTreeMap, BTreeSet};

use super::named;
use crate::model::WayOut;

/// Says at each of the ways out of one lock file, given with package and version, whose entries belong under the same table.
pub fn one_table(mut all: Vec<(&str, &str, &mut WayOut)>) {
    let table = |out: &WayOut| {
        let (file, _) = out.lines.as_ref().filter(|_| !out.table.is_empty())?;
        Some((file.clone(), out.table.clone()))
    };
    let mut packages: BTreeMap<(String, String), BTreeSet<(&str, &str)>> = BTreeMap::new();
    for (name, version, out) in &all {
        if let Some(table) = table(out) {
            packages.entry(table).or_default().insert((name, version));
        }
    }
    for (name, version, out) in &mut all {
        let Some(sharing) = table(out).and_then(|table| packages.get(&table)) else { continue };
        let others: Vec<(&str, &str)> = sharing.iter().copied().filter(|one| *one != (*name, *version)).collect();
        if others.is_empty() {
            continue;
        }
        let comma = if out.place.is_empty() { "" } else { ", " };
        out.place += &format!("{comma}with the entries for {} under one {}", named(others.into_iter()), out.table);
    }
}

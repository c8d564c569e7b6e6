//! What the text and the Markdown report both say of the project's packages.

use crate::model::{Uses, VulnerablePackage, WayOutKind};

/// How a package comes in, in a few words.
pub(super) fn through(package: &VulnerablePackage) -> String {
    let Some(way) = package.ways_in.first() else { return "unknown".to_owned() };
    let names: Vec<&str> = way.iter().map(|step| step.name.as_str()).collect();
    match names.as_slice() {
        [] | [_] => "asked for by the project".to_owned(),
        [first, .., last] if names.len() > 4 => format!("{first} → … → {last}"),
        all => all.join(" → "),
    }
}

/// Whether the code uses it, in a few words.
pub(super) fn uses(package: &VulnerablePackage) -> String {
    match &package.uses {
        Uses::Imported { places, more, .. } => match places.first() {
            Some((path, line)) if places.len() == 1 && *more == 0 => format!("yes: {path}:{line}"),
            Some((path, line)) => format!("yes: {path}:{line} and more"),
            None => "yes".to_owned(),
        },
        Uses::Named { place: (path, line), .. } => format!("likely: {path}:{line}"),
        Uses::NotImported => "not imported".to_owned(),
        Uses::Unknown { .. } | Uses::NotExamined => "unknown".to_owned(),
    }
}

/// The version to go to, in a few words.
pub(super) fn target(package: &VulnerablePackage) -> String {
    match (package.way_out.kind, &package.way_out.version) {
        (WayOutKind::Remove, _) => "remove it: malware".to_owned(),
        (_, Some(version)) => version.clone(),
        (_, None) => "none".to_owned(),
    }
}

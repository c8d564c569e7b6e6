//! What the text and the Markdown report both say of the project's packages.

use super::overview::count;
use crate::model::{DependencyReport, Severity, Uses, VulnerablePackage, WayOutKind, grouped};

/// The answer for whoever decides, in one plain sentence.
pub(super) fn sentence(dependencies: &DependencyReport) -> String {
    let all = dependencies.looked_up;
    if dependencies.locks.is_empty() {
        return "No lock file was read, so nobody can say which versions of other people's code arrive.".to_owned();
    }
    let arrive = dependencies.locks.iter().any(|lock| lock.packages > 0);
    let (sure, unsure) = dependencies.sure_and_unsure();
    let mendable = |of: &[&VulnerablePackage]| of.iter().filter(|one| one.way_out.version.is_some()).count();
    let mut sentence = match (sure.len(), unsure.len()) {
        (0, 0) => {
            return match all {
                0 if arrive => "None of the packages could be looked up, so nothing is known of them.".to_owned(),
                0 => "No lock file names a package that others publish.".to_owned(),
                1 => "Nothing is known against the one package that could be looked up.".to_owned(),
                _ => format!("Nothing is known against any of the {} packages that could be looked up.", grouped(all)),
            };
        }
        (0, _) => format!("Of {} packages none that is sure to arrive has a known vulnerability.", grouped(all)),
        (known, _) => format!(
            "{} of {} {} a known vulnerability{}; for {} of them a fixed version is out.",
            count(known, "package", "packages"),
            grouped(all),
            if known == 1 { "has" } else { "have" },
            worst(&sure),
            mendable(&sure),
        ),
    };
    if !unsure.is_empty() {
        sentence += &format!(
            " {}{} with a known vulnerability may arrive, as a constraints file names {}{}; for {} of them a fixed version is \
             out.",
            count(unsure.len(), "package", "packages"),
            if sure.is_empty() { "" } else { " more" },
            if unsure.len() == 1 { "it" } else { "them" },
            worst(&unsure),
            mendable(&unsure),
        );
    }
    sentence
}

/// How many of them are how bad, where some are bad.
fn worst(packages: &[&VulnerablePackage]) -> String {
    let of = |wanted: Severity| packages.iter().filter(|package| package.severity == Some(wanted)).count();
    let worst: Vec<String> = [Severity::Blocker, Severity::Major]
        .into_iter()
        .filter(|severity| of(*severity) > 0)
        .map(|severity| format!("{} {}", of(severity), severity.word()))
        .collect();
    if worst.is_empty() { String::new() } else { format!(", {} among them", worst.join(" and ")) }
}

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

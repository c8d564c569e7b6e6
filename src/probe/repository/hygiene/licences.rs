//! Packages under licences that a product with closed source cannot ship.

use super::spdx::{self, Terms};
use super::{Locks, Text, is_aside, listed, named};
use crate::model::{Confidence, Coverage, Finding, Location, RuleKind, RuleMeta, Severity, Span};
use crate::probe::packages::{LockFile, LockedPackage, Packages, Scope};
use crate::probe::repository::repo::folder_of;

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "licence-incompatible",
    title: "A package's licence asks for your source",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::Medium,
    what: "Looks in lock files that name licences for packages of production under the AGPL, GPL, SSPL, BUSL or a non-commercial licence, in a project that is not under one of these itself.",
    why: "Who ships such a package with a closed product may have to publish the product's source, or to take it off the market when somebody asks.",
    fix: "Replace the package, buy the commercial licence that some of them offer, or ask somebody who knows the law. Where your product is open, name its licence in the manifest.",
    example: "# package-lock.json of a product with closed source\n\"license\": \"AGPL-3.0-only\"\n\n# fine: one may choose the MIT licence\n\"license\": \"(MIT OR GPL-3.0-or-later)\"",
    references: &["https://spdx.org/licenses/", "https://www.gnu.org/licenses/gpl-faq.html"],
};

/// One finding for each lock file.
pub fn findings(packages: &Packages, text: Text<'_>) -> Vec<Finding> {
    let locks = packages.locks.iter().filter(|lock| !is_aside(&lock.path));
    locks.filter(|lock| !is_open(packages, lock, text)).filter_map(finding).collect()
}

fn finding(lock: &LockFile) -> Option<Finding> {
    let production = lock.packages.iter().filter(|package| package.scope == Scope::Production);
    let forbidden: Vec<(&LockedPackage, &str)> = production
        .filter_map(|package| Some((package, package.licence.as_deref()?)))
        .filter(|(_, licence)| spdx::terms(licence) == Terms::Forbidden)
        .collect();
    let (first, licence) = forbidden.first()?;
    let names = named(forbidden.iter().map(|(package, _)| package.name.as_str()), 4);
    let message = match forbidden.len() {
        1 => format!("{names} is under {licence}, which a product with closed source cannot ship"),
        _ => format!("{names} are under licences that a product with closed source cannot ship"),
    };
    let lines: Vec<String> = (forbidden.iter())
        .map(|(package, licence)| format!("line {}  {} {}  {licence}", package.line, package.name, package.version))
        .collect();
    let location = Location::File { path: lock.path.clone(), span: Some(Span::line(first.line)) };
    Some(Finding::new(&META, location, "licences", message).evidence(listed(&lines)))
}

/// Whether the project is under such a licence itself, by its manifests or by the text of its licence.
fn is_open(packages: &Packages, lock: &LockFile, text: Text<'_>) -> bool {
    let folder = folder_of(&lock.path);
    let names =
        ["LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "LICENCE.md", "COPYING", "COPYING.md", "COPYING.txt"];
    let texts = [folder, ""].into_iter().flat_map(|folder| names.map(|name| text(&format!("{folder}{name}"))));
    let says = |text: &str| {
        let begin: String = text.chars().take(2_000).collect::<String>().to_uppercase();
        // The LGPL is called "GNU LESSER GENERAL PUBLIC LICENSE".
        ["GNU AFFERO GENERAL PUBLIC", "GNU GENERAL PUBLIC LICENSE", "SERVER SIDE PUBLIC", "BUSINESS SOURCE"]
            .iter()
            .any(|name| begin.contains(name))
    };
    let own = lock.roots.iter().filter_map(|root| packages.manifests.get(&root.manifest)?.licence.as_deref());
    let top = packages.manifests.values().filter(|manifest| !manifest.path.contains('/'));
    own.chain(top.filter_map(|manifest| manifest.licence.as_deref()))
        .any(|licence| spdx::terms(licence) == Terms::Forbidden)
        || texts.flatten().any(|text| says(&text))
}

/// How far the rule got.
pub fn coverage(packages: &Packages, locks: &Locks) -> Coverage {
    let all = packages.locks.iter().filter(|lock| !is_aside(&lock.path)).flat_map(|lock| &lock.packages);
    let production: Vec<&LockedPackage> = all.filter(|package| package.scope == Scope::Production).collect();
    let silent = production.iter().filter(|package| package.licence.is_none()).count();
    match (production.len(), silent) {
        (0, _) => match locks.coverage() {
            Coverage::Whole => Coverage::Absent("no lock file holds a package of production".to_owned()),
            other => other,
        },
        (_, 0) => locks.coverage(),
        (all, silent) if all == silent => {
            Coverage::Nothing(format!("the lock files name no licence of the {all} packages of production"))
        }
        (all, silent) => {
            Coverage::Part(format!("the lock files name no licence of {silent} of {all} packages of production"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::super::samples;
    use super::*;
    use crate::probe::packages::Manager;

    fn sample(own: Option<&str>) -> Packages {
        let mut manifest = samples::manifest("package.json", &[]);
        manifest.licence = own.map(str::to_owned);
        let all = ["chart 1.0.0 ^1", "free 1.0.0", "either 2.0.0", "tool 1.0.0", "silent 1.0.0"];
        let lock = samples::lock_with(Manager::Npm, "package-lock.json", "package.json", &all, |draft| {
            draft.scope = Some(if draft.name == "tool" { Scope::Development } else { Scope::Production });
            draft.licence = match draft.name.as_str() {
                "chart" | "tool" => Some("AGPL-3.0-only".to_owned()),
                "either" => Some("(MIT OR GPL-3.0)".to_owned()),
                "silent" => None,
                _ => Some("MIT".to_owned()),
            };
        });
        samples::packages(vec![manifest], vec![lock])
    }

    #[test]
    fn closed_products_are_told_of_what_they_cannot_ship() {
        let none = |_: &str| None;
        assert_eq!(
            samples::told(&findings(&sample(Some("UNLICENSED")), &none)),
            [
                "minor package-lock.json:10: `chart` is under AGPL-3.0-only, which a product with closed source cannot ship"
            ]
        );
        assert_eq!(findings(&sample(Some("AGPL-3.0-or-later")), &none), []);
        let gpl = |path: &str| (path == "COPYING").then(|| Rc::from("   GNU GENERAL PUBLIC LICENSE\n  Version 3"));
        assert_eq!(findings(&sample(None), &gpl), []);
        let lesser = |path: &str| (path == "COPYING").then(|| Rc::from("GNU LESSER GENERAL PUBLIC LICENSE"));
        assert_eq!(findings(&sample(None), &lesser).len(), 1);
    }

    #[test]
    fn coverage_says_of_how_many_nothing_is_known() {
        let locks = Locks { all: vec!["package-lock.json".to_owned()], unread: Vec::new() };
        let silent = "the lock files name no licence of 1 of 4 packages of production".to_owned();
        assert_eq!(coverage(&sample(None), &locks), Coverage::Part(silent));
        assert!(matches!(coverage(&samples::packages(Vec::new(), Vec::new()), &Locks::default()), Coverage::Absent(_)));
    }
}

//! Names one slip away from a package that everybody knows.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::LazyLock;

use super::{ecosystem_of, is_aside, noun};
use crate::model::{
    Confidence, Coverage, Evidence, EvidenceKind, Finding, Location, RuleKind, RuleMeta, Severity, Span,
};
use crate::probe::packages::manifest::Source;
use crate::probe::packages::{Ecosystem, Packages};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "package-name-lookalike",
    title: "A package's name looks like a slip of a well-known one",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "Compares the names that manifests ask for with the most used ones of their registry: one letter more, less, other or swapped, swapped parts, a hyphen or a scope lost.",
    why: "Such names are registered on purpose, and hold code that steals keys and passwords from whoever installs them, and then from your users.",
    fix: "Look both names up in the registry. Where you meant the other one, remove this one, install the other, and change every key that was on the machine.",
    example: "# bad\n\"expresss\": \"^4.0.0\"\n# good\n\"express\": \"^4.0.0\"",
    references: &[
        "F65",
        "https://owasp.org/www-project-top-10-ci-cd-security-risks/CICD-SEC-03-Dependency-Chain-Abuse",
    ],
};

/// Shorter names have too many neighbours that mean something; but for swapped and doubled letters in those of one less.
const SHORTEST: usize = 6;

/// The names of a registry that everybody knows.
struct Popular {
    /// Those that are worth imitating.
    targets: Vec<&'static str>,
    /// These, and others that are near to them and in use as well.
    known: HashSet<&'static str>,
}

static POPULAR: LazyLock<BTreeMap<Ecosystem, Popular>> = LazyLock::new(|| {
    let lists = [
        (Ecosystem::Npm, include_str!("popular/npm.txt")),
        (Ecosystem::PyPi, include_str!("popular/pypi.txt")),
        (Ecosystem::CratesIo, include_str!("popular/crates.txt")),
        (Ecosystem::Packagist, include_str!("popular/packagist.txt")),
        (Ecosystem::RubyGems, include_str!("popular/gems.txt")),
    ];
    lists.into_iter().map(|(ecosystem, text)| (ecosystem, Popular::read(text))).collect()
});

impl Popular {
    /// One name a line; `#` begins a comment, `~` a name that is only near to another.
    fn read(text: &'static str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let known: HashSet<&str> = lines.clone().map(|line| line.trim_start_matches('~')).collect();
        Self { targets: lines.filter(|line| !line.starts_with('~')).collect(), known }
    }

    /// The name that `name` may be a slip of, and how.
    fn imitated(&self, name: &str) -> Option<(&'static str, &'static str)> {
        if self.known.contains(name) {
            return None;
        }
        self.targets.iter().find_map(|target| Some((*target, slip(name, target)?)))
    }
}

/// One finding for each name in each manifest.
pub fn findings(packages: &Packages) -> Vec<Finding> {
    let own: BTreeSet<&str> = packages.manifests.values().filter_map(|manifest| manifest.name.as_deref()).collect();
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for manifest in packages.manifests.values().filter(|manifest| !is_aside(&manifest.path)) {
        let ecosystem = ecosystem_of(&manifest.path);
        let Some(popular) = POPULAR.get(&ecosystem) else { continue };
        for declared in manifest.declared.iter().filter(|declared| declared.source == Source::Registry) {
            let name = ecosystem.normalize(&declared.name);
            let Some((target, how)) = popular.imitated(&name).filter(|_| !own.contains(declared.name.as_str())) else {
                continue;
            };
            if !told.insert((manifest.path.as_str(), name)) {
                continue;
            }
            let message = format!("`{}` is not `{target}`: {how}", declared.name);
            let location = Location::File { path: manifest.path.clone(), span: Some(Span::line(declared.line)) };
            let note = format!("`{target}` is one of the most used {}s of {ecosystem}.", noun(ecosystem));
            let fix = format!(
                "Look `{}` and `{target}` up in the registry. Where you meant `{target}`, remove `{}` and install it; change every key that was on the machine.",
                declared.name, declared.name
            );
            let evidence = Evidence::new(EvidenceKind::Note, note);
            found.push(Finding::new(&META, location, declared.name.as_str(), message).fix(fix).evidence(evidence));
        }
    }
    found
}

/// How far the rule got. That a name is no slip does not say that it is the one that was meant.
pub fn coverage(packages: &Packages) -> Coverage {
    if packages.manifests.values().any(|manifest| !manifest.declared.is_empty()) {
        Coverage::Part("Whether a package is the one that you meant, only you can say".to_owned())
    } else {
        Coverage::Absent("no manifest names dependencies".to_owned())
    }
}

/// How `name` differs from `target`, where one slip explains it.
fn slip(name: &str, target: &str) -> Option<&'static str> {
    if target.len() + 1 == SHORTEST {
        return one_edit(name, target).filter(|how| *how == SWAPPED || is_doubled(name, target));
    }
    if target.len() < SHORTEST || name.len() + 2 < target.len() || name == target {
        return None;
    }
    // Who holds a scope or a vendor's name holds every name in it.
    let owner = |name: &str| name.split_once('/').map(|(owner, _)| owner.to_owned());
    if owner(target).is_some() && owner(target) == owner(name) {
        return None;
    }
    let joined = |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    // `_` and `-` are one in most registries; what differs by them alone cannot be another package there.
    if joined(name) == joined(target) {
        return Some("a hyphen, a dot or a scope is lost or added");
    }
    one_edit(name, target).or_else(|| {
        let parts = |name: &str| {
            let mut parts: Vec<String> = name.split(['-', '_', '.']).map(str::to_owned).collect();
            parts.sort();
            parts
        };
        let same = target.contains('-') && parts(name) == parts(target);
        same.then_some("its parts are swapped")
    })
}

/// How two swapped letters are told.
const SWAPPED: &str = "two letters are swapped";

/// Whether `name` is `target` with one of its letters doubled: `chalkk`.
fn is_doubled(name: &str, target: &str) -> bool {
    let at = name.bytes().zip(target.bytes()).take_while(|(a, b)| a == b).count();
    name.len() == target.len() + 1 && at > 0 && name.as_bytes().get(at) == name.as_bytes().get(at - 1)
}

/// Damerau and Levenshtein's distance of one, digits aside: `mysql2` is no slip of `mysql`.
fn one_edit(name: &str, target: &str) -> Option<&'static str> {
    let (a, b): (Vec<char>, Vec<char>) = (name.chars().collect(), target.chars().collect());
    let begin = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let most = a.len().min(b.len()) - begin;
    let end = a.iter().rev().zip(b.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let (a, b) = (a.get(begin..a.len() - end)?, b.get(begin..b.len() - end)?);
    if a.iter().chain(b).any(char::is_ascii_digit) {
        return None;
    }
    // Another first letter is another word: `preact`, `jbuilder`.
    if begin == 0 && (a.len(), b.len()) != (2, 2) {
        return None;
    }
    match (a, b) {
        ([_], []) => Some("one letter is too many"),
        ([], [_]) => Some("one letter is missing"),
        ([_], [_]) => Some("one letter is another"),
        ([a, b], [c, d]) if a == d && b == c => Some(SWAPPED),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn imitated(ecosystem: Ecosystem, name: &str) -> Option<&'static str> {
        POPULAR.get(&ecosystem)?.imitated(&ecosystem.normalize(name)).map(|(target, _)| target)
    }

    /// Names under which malicious code was published, and slips of the same kinds.
    #[test]
    fn slips_are_seen() {
        for (ecosystem, name, target) in [
            (Ecosystem::Npm, "crossenv", "cross-env"),
            (Ecosystem::Npm, "expresss", "express"),
            (Ecosystem::Npm, "loadsh", "lodash"),
            (Ecosystem::Npm, "axois", "axios"),
            (Ecosystem::Npm, "axioss", "axios"),
            (Ecosystem::Npm, "chalkk", "chalk"),
            (Ecosystem::Npm, "mongose", "mongoose"),
            (Ecosystem::Npm, "babelcore", "@babel/core"),
            (Ecosystem::Npm, "@bable/core", "@babel/core"),
            (Ecosystem::Npm, "dom-react", "react-dom"),
            (Ecosystem::PyPi, "reqeusts", "requests"),
            (Ecosystem::PyPi, "pythondateutil", "python-dateutil"),
            (Ecosystem::PyPi, "beautifulsup4", "beautifulsoup4"),
            (Ecosystem::PyPi, "djanga", "django"),
            (Ecosystem::CratesIo, "rustdecimal", "rust_decimal"),
            (Ecosystem::Packagist, "laravle/framework", "laravel/framework"),
            (Ecosystem::RubyGems, "nokigiri", "nokogiri"),
        ] {
            assert_eq!(imitated(ecosystem, name).unwrap_or(""), target, "{name}");
        }
    }

    #[test]
    fn names_that_mean_something_are_not() {
        for (ecosystem, names) in [
            (
                Ecosystem::Npm,
                &[
                    "preact",
                    "tslint",
                    "eslint",
                    "mysql2",
                    "bcryptjs",
                    "@acme/lodash",
                    "vuex",
                    "axions",
                    "axio",
                    "chark",
                    "knex",
                    "babel-core",
                    "@testing-library/preact",
                ][..],
            ),
            (Ecosystem::PyPi, &["Python_Dateutil", "psycopg2-binary", "django-rest", "psycopg", "ruamel.yaml"]),
            (Ecosystem::CratesIo, &["serde", "tokio", "toml_edit"]),
            (Ecosystem::Packagist, &["laravel/sanctum", "symfony/mailer"]),
            (Ecosystem::RubyGems, &["rails", "sidekiq", "builder"]),
        ] {
            for name in names {
                assert_eq!(imitated(ecosystem, name), None, "{name}");
            }
        }
    }

    /// A list in which two names are slips of each other would accuse its own entries, was one of them left out.
    #[test]
    fn lists_hold_each_name_once_and_in_its_normal_form() {
        for (ecosystem, popular) in POPULAR.iter() {
            let all: HashSet<&str> = popular.targets.iter().copied().collect();
            assert_eq!(all.len(), popular.targets.len(), "{ecosystem}");
            assert!(all.len() >= 60, "{ecosystem}: {}", all.len());
            for name in &popular.known {
                assert_eq!(&ecosystem.normalize(name), name);
            }
        }
    }

    #[test]
    fn a_slip_is_told_where_it_stands() {
        let manifests = vec![
            samples::manifest("package.json", &["expresss ^4", "express ^4", "lodahs ^4"]),
            samples::manifest("examples/package.json", &["expresss ^4"]),
        ];
        let mut packages = samples::packages(manifests, Vec::new());
        let told = samples::told(&findings(&packages));
        assert_eq!(
            told,
            [
                "major package.json:3: `expresss` is not `express`: one letter is too many",
                "major package.json:5: `lodahs` is not `lodash`: two letters are swapped"
            ]
        );
        // The project's own package may be called as it likes.
        packages.manifests.get_mut("package.json").unwrap().name = Some("lodahs".to_owned());
        assert_eq!(findings(&packages).len(), 1);
    }
}

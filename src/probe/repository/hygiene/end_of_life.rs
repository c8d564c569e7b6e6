//! Runtimes and frameworks that get no security fixes any more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;

use super::{Repo, is_aside};
use crate::model::{
    Confidence, Coverage, Evidence, EvidenceKind, Finding, Location, RuleKind, RuleMeta, Severity, Span,
};
use crate::probe::packages::{Ecosystem, LockFile, Manifest, Packages, Version, range};
use crate::probe::repository::repo::is_for_development;

mod pinned;
mod spring;

pub use pinned::BaseImage;
use pinned::Pinned;

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "runtime-end-of-life",
    title: "The runtime or framework gets no security fixes any more",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Compares the versions of Node.js, Python, PHP, Ruby, Go and Java that Dockerfiles, version files and manifests fix, and those of frameworks in lock files and of Spring Boot in builds, with the day on which their support ends. A range that also allows a supported version is no finding.",
    why: "The next hole in it stays open for good, and scripts search the web for exactly such servers.",
    fix: "Move to a version that is supported for at least another year, run the tests on it, and name it everywhere the same.",
    example: "# bad\nFROM node:16-slim\n# good\nFROM node:24-slim",
    references: &["C52", "https://endoflife.date"],
};

/// What ends within this many days is told beforehand.
const SOON: i64 = 92;

#[derive(Deserialize)]
struct Table {
    products: Vec<Product>,
}

/// A runtime or a framework.
#[derive(Deserialize)]
struct Product {
    id: String,
    name: String,
    source: String,
    /// `PyPI django`.
    #[serde(default)]
    packages: Vec<String>,
    /// What is older has ended; where it is missing, the oldest of `cycles`.
    first: Option<String>,
    /// The first numbers of versions, and when their support ends.
    cycles: BTreeMap<String, String>,
}

static PRODUCTS: LazyLock<Vec<Product>> = LazyLock::new(|| {
    toml::from_str::<Table>(include_str!("end_of_life.toml")).map(|table| table.products).unwrap_or_default()
});

/// How support of a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Support {
    /// Over; `None`: on a day that is not known.
    Ended(Option<Date>),
    /// Over within three months.
    Ends(Date),
    Lasts,
}

impl Product {
    fn of(id: &str) -> Option<&'static Self> {
        PRODUCTS.iter().find(|product| product.id == id)
    }

    /// The cycle of the table that a version belongs to.
    fn known(&self, version: &str) -> Option<(&String, &String)> {
        let parts: Vec<&str> = version.split(['.', '-', '+', '_']).take(2).collect();
        let two = parts.join(".");
        let keys = [two.as_str(), parts.first().copied().unwrap_or("")];
        keys.into_iter().find_map(|key| self.cycles.get_key_value(key))
    }

    /// The cycle that a version belongs to: `3.8` of `3.8.10`; and the day on which its support ends, empty where that
    /// is not known.
    fn cycle(&self, version: &str) -> Option<(String, &str)> {
        // Java 8 and before are called `1.8` as well.
        let version = if self.id == "java" { version.strip_prefix("1.").unwrap_or(version) } else { version };
        let known = self.known(version);
        let (major, minor) = first_numbers(version)?;
        // The image `php:7` is the newest of 7, where nothing of 7 comes any more.
        let newest = || {
            let of_major = self.cycles.iter().filter(|(key, _)| numbers(key).0 == major);
            let is_last = self.cycles.keys().all(|key| numbers(key).0 <= major);
            let newest = of_major.max_by_key(|(key, _)| numbers(key));
            newest.filter(|_| minor.is_none() && !is_last && self.packages.is_empty())
        };
        if let Some((key, date)) = known.or_else(newest) {
            return Some((key.clone(), date));
        }
        let oldest = self.first.as_deref().map(numbers).or_else(|| self.cycles.keys().map(|key| numbers(key)).min())?;
        let is_older =
            major < oldest.0 || major == oldest.0 && minor.zip(oldest.1).is_some_and(|(minor, oldest)| minor < oldest);
        // Builds of a day are called `0.0.0-…`.
        let name = match minor {
            Some(minor) if major == 0 || oldest.1.is_some() => format!("{major}.{minor}"),
            _ => major.to_string(),
        };
        (is_older && !version.starts_with("0.0.0")).then_some((name, ""))
    }

    fn support(date: &str, today: Date) -> Support {
        match date.parse::<Date>() {
            Err(_) => Support::Ended(None),
            Ok(end) if end < today => Support::Ended(Some(end)),
            Ok(end) if today.checked_add(SOON.days()).is_ok_and(|soon| end <= soon) => Support::Ends(end),
            Ok(_) => Support::Lasts,
        }
    }
}

/// Every place that fixes a version whose support is over, or soon will be.
pub fn findings(packages: &Packages, repo: &Repo, images: &[BaseImage], now: Timestamp) -> Vec<Finding> {
    let paths: Vec<&str> = repo.paths().filter(|path| !is_aside(path) && !is_for_development(path)).collect();
    let files = paths.into_iter().filter_map(|path| Some((path, pinned::reader(path)?)));
    let mut pins: Vec<Pinned> = files
        .filter_map(|(path, read)| repo.text(path).map(|text| read(path, &text)))
        .chain(std::iter::once(images.iter().filter_map(BaseImage::runtime).collect()))
        .flatten()
        .collect();
    pins.extend(packages.manifests.values().filter(|manifest| !is_aside(&manifest.path)).flat_map(asked));
    pins.extend(packages.locks.iter().filter(|lock| !is_aside(&lock.path)).flat_map(frameworks));
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    judged(&pins, today)
}

fn judged(pins: &[Pinned], today: Date) -> Vec<Finding> {
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for pin in pins {
        let Some(product) = Product::of(&pin.product) else { continue };
        let cycles: Vec<(String, &str)> = pin.versions.iter().filter_map(|version| product.cycle(version)).collect();
        // The best of those that it allows.
        if cycles.len() < pin.versions.len() {
            continue;
        }
        let best = cycles.iter().max_by_key(|(_, date)| Product::support(date, today));
        let Some((cycle, date)) = best else { continue };
        let (severity, when) = match Product::support(date, today) {
            Support::Ended(Some(day)) => (Severity::Major, format!("gets no security fixes since {day}")),
            Support::Ended(None) => (Severity::Major, "gets no security fixes any more".to_owned()),
            Support::Ends(day) => (Severity::Minor, format!("gets no security fixes after {day}")),
            Support::Lasts => continue,
        };
        if !told.insert((pin.path.as_str(), product.id.as_str(), cycle.clone())) {
            continue;
        }
        let name = &product.name;
        let message = format!("{} {name} {cycle}, which {when}", pin.verb);
        let location = Location::File { path: pin.path.clone(), span: Some(Span::line(pin.line)) };
        let note = Evidence::new(EvidenceKind::Note, format!("Support of {name}: {}", product.source));
        let finding = Finding::new(&META, location, format!("{} {cycle}", product.id), message);
        let confidence = if pin.sure { Confidence::High } else { Confidence::Medium };
        found.push(finding.severity(severity).confidence(confidence).evidence(note));
    }
    found
}

/// The runtimes that a manifest allows.
fn asked(manifest: &Manifest) -> Vec<Pinned> {
    let of = |runtime: &str| {
        Some(match runtime {
            "node" => Ecosystem::Npm,
            "python" => Ecosystem::PyPi,
            "php" => Ecosystem::Packagist,
            "ruby" => Ecosystem::RubyGems,
            // What Go and Java name there is the language, which newer runtimes understand as well.
            _ => return None,
        })
    };
    manifest
        .runtimes
        .iter()
        .filter_map(|runtime| {
            let versions = allowed(Product::of(&runtime.name)?, of(&runtime.name)?, &runtime.range)?;
            Some(Pinned {
                path: manifest.path.clone(),
                line: runtime.line,
                product: runtime.name.clone(),
                verb: if versions.len() == 1 {
                    "The manifest asks for"
                } else {
                    "The manifest allows nothing newer than"
                },
                versions,
                sure: true,
            })
        })
        .collect()
}

/// The cycles of a product that a range allows; `None` where it allows newer ones than are known, or is not understood.
fn allowed(product: &Product, ecosystem: Ecosystem, wanted: &str) -> Option<Vec<String>> {
    let wanted = wanted.trim();
    let plain = wanted.trim_start_matches(['=', 'v', ' ']).trim_end_matches(".x").trim_end_matches(".*");
    if !plain.is_empty() && plain.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return Some(vec![plain.to_owned()]);
    }
    let allows = |version: &str| {
        Version::parse(ecosystem, version).and_then(|version| range::allows(ecosystem, wanted, &version))
    };
    // Versions that the range itself names, as `~18.17` does.
    let named: Vec<String> = wanted
        .split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .map(|version| version.trim_matches('.'))
        .filter(|version| !version.is_empty())
        .map(whole)
        .collect();
    let newest = product.cycles.keys().map(|cycle| numbers(cycle)).max()?;
    let mut beyond: Vec<String> = (1..=30).map(|step| format!("{}.0.0", newest.0 + step)).collect();
    beyond.extend(
        newest.1.into_iter().flat_map(|minor| (1..=30).map(move |step| format!("{}.{}.0", newest.0, minor + step))),
    );
    // A range that is not understood says nothing, and one that allows what comes next is no pin.
    if beyond.iter().any(|version| allows(version) != Some(false)) {
        return None;
    }
    let in_cycle = |cycle: &String| {
        let ends = if cycle.contains('.') {
            [format!("{cycle}.0"), format!("{cycle}.99")]
        } else {
            [format!("{cycle}.0.0"), format!("{cycle}.99.99")]
        };
        let named = named.iter().filter(|version| product.cycle(version).is_some_and(|(of, _)| of == *cycle));
        ends.iter().chain(named).any(|version| allows(version) == Some(true))
    };
    let mut found: Vec<String> = product.cycles.keys().filter(|cycle| in_cycle(cycle)).cloned().collect();
    if found.is_empty() {
        // Nothing but what is older than all that are known: `^6`.
        let older = named.iter().filter(|version| allows(version) == Some(true));
        found.extend(older.filter_map(|version| Some(product.cycle(version)?.0)).max());
    }
    (!found.is_empty()).then_some(found)
}

/// Three numbers.
fn whole(version: &str) -> String {
    match version.matches('.').count() {
        0 => format!("{version}.0.0"),
        1 => format!("{version}.0"),
        _ => version.to_owned(),
    }
}

/// The first one or two numbers of a version: 8 of `8u212`; `None` where it begins with none.
fn first_numbers(version: &str) -> Option<(u32, Option<u32>)> {
    let number = |part: &str| {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part.get(..end)?.parse().ok()
    };
    let mut parts = version.split(['.', '-', '+', '_']).map(number);
    Some((parts.next()??, parts.next().flatten()))
}

/// The numbers of a cycle.
fn numbers(cycle: &str) -> (u32, Option<u32>) {
    let mut parts = cycle.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next())
}

/// The frameworks that a lock file fixes, where the project asks for them itself.
fn frameworks(lock: &LockFile) -> Vec<Pinned> {
    let direct: BTreeSet<usize> =
        lock.roots.iter().flat_map(|root| &root.wanted).map(|wanted| wanted.package).collect();
    let asked = lock.packages.iter().enumerate().filter(|(at, _)| direct.is_empty() || direct.contains(at));
    asked
        .filter_map(|(_, package)| {
            let name = format!("{} {}", package.ecosystem, package.ecosystem.normalize(&package.name));
            let product = PRODUCTS.iter().find(|product| product.packages.contains(&name))?;
            Some(Pinned {
                path: lock.path.clone(),
                line: package.line,
                product: product.id.clone(),
                verb: "The app is built on",
                versions: vec![package.version.trim_start_matches('v').to_owned()],
                sure: true,
            })
        })
        .collect()
}

/// How far the rule got. What production really runs stands in no file, and other packages have no such days.
pub fn coverage() -> Coverage {
    Coverage::Part(
        "How old the other packages are, and which runtime production really runs, is not examined".to_owned(),
    )
}

#[cfg(test)]
mod tests;

//! What constraints files hold to a vulnerable version, and of which nothing says that it arrives.
//!
//! A constraints file says a version for whatever asks for the package. Large projects share one with hundreds of pins, of which an
//! app installs a few: each hole as a finding of its own would drown those that are there. So they are told together, one finding
//! for a file, with as much weight as the worst of them and with little confidence.

use std::collections::BTreeMap;

use super::judged::Judged;
use super::vulnerable_dependency::{self as rule, META};
use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Location, Severity};

/// So many packages are named in the message.
const MOST_NAMED: usize = 5;
/// So many are listed behind it.
const MOST_LISTED: usize = 500;

/// What is held back until all pins of a file are known.
#[derive(Default)]
pub struct UnsurePins(BTreeMap<String, Pins>);

/// The vulnerable pins of one file.
#[derive(Default)]
struct Pins {
    /// How many pins there are in all.
    of: usize,
    found: Vec<Pin>,
    /// What would be told of the first, were it the only one.
    alone: Vec<Finding>,
}

struct Pin {
    severity: Severity,
    name: String,
    version: String,
    line: u32,
    known_as: Vec<String>,
}

impl UnsurePins {
    /// What can be told of one package at once; what is unsure is kept.
    pub fn take(&mut self, one: &Judged<'_>) -> Vec<Finding> {
        let (kept, sure): (Vec<_>, Vec<_>) = one.groups.iter().partition(|group| one.is_unsure() && !group.malware);
        if !kept.is_empty() {
            let pins = self.0.entry(one.lock.path.clone()).or_default();
            pins.of = one.lock.packages.len();
            if pins.found.is_empty() {
                pins.alone = kept.iter().map(|group| rule::finding(one, group)).collect();
            }
            pins.found.push(Pin {
                severity: kept.iter().map(|group| one.severity(group)).max().unwrap_or(Severity::Minor),
                name: one.package.name.clone(),
                version: one.package.version.clone(),
                line: one.package.line,
                known_as: kept.iter().map(|group| group.known_as().to_owned()).collect(),
            });
        }
        sure.into_iter().map(|group| rule::finding(one, group)).collect()
    }

    /// What was kept: a single pin as it stands, several as one finding for their file.
    #[must_use]
    pub fn told(self) -> Vec<Finding> {
        let told = |(path, pins): (String, Pins)| {
            if pins.found.len() < 2 { pins.alone } else { vec![together(path, pins)] }
        };
        self.0.into_iter().flat_map(told).collect()
    }
}

fn together(path: String, mut pins: Pins) -> Finding {
    pins.found.sort_by(|a, b| {
        (std::cmp::Reverse(a.severity), &a.name, a.line).cmp(&(std::cmp::Reverse(b.severity), &b.name, b.line))
    });
    let named: Vec<String> =
        pins.found.iter().take(MOST_NAMED).map(|pin| format!("{} {}", pin.name, pin.version)).collect();
    let more = pins.found.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let message = format!(
        "{} of {} pins of {path} have known vulnerabilities; which of them arrive cannot be seen: {}{more}",
        pins.found.len(),
        pins.of,
        named.join(", ")
    );
    let fix = format!(
        "Lock what you install, then it is known: write the packages that you ask for into requirements.in, type `uv pip compile -c \
         {path} requirements.in -o requirements.txt` (or `pip-compile -c {path} requirements.in`), and install with `-r \
         requirements.txt`. Raise in {path} what arrives and has a hole."
    );
    let listed = pins.found.iter().take(MOST_LISTED);
    let mut lines: Vec<String> = listed
        .map(|pin| format!("{path}:{} {} {}: {}", pin.line, pin.name, pin.version, pin.known_as.join(", ")))
        .collect();
    if let Some(more) = pins.found.len().checked_sub(MOST_LISTED).filter(|more| *more > 0) {
        lines.push(format!("and {more} more"));
    }
    let worst = pins.found.iter().map(|pin| pin.severity).max().unwrap_or(Severity::Minor);
    // It stays the same finding while pins come and go.
    Finding::new(&META, Location::File { path, span: None }, "pins that may arrive", message)
        .severity(worst)
        .confidence(Confidence::Low)
        .fix(fix)
        .evidence(Evidence::new(EvidenceKind::Advisory, lines.join("\n")))
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::probe::dependencies::judged::tests::holes;
    use crate::probe::dependencies::judged::{hits, judge};
    use crate::probe::dependencies::report::Collected;
    use crate::probe::dependencies::uses::{Code, Imports, Place, PlaceKind};
    use crate::probe::packages::{Ecosystem, collect};
    use crate::probe::samples::listed;

    /// What is told of these files, each of whose packages has a hole, and the order in which the view lists them.
    fn told(constraints: &str, imported: &str) -> (Vec<Finding>, Vec<String>, usize) {
        let docker = "FROM python:3.13\nRUN pip install flask -c c.txt\n";
        let (_folder, listing) = listed(&[("Dockerfile", docker), ("c.txt", constraints)]);
        let cancel = CancellationToken::new();
        let locked = collect(&listing, &cancel);
        let answers = holes(&locked, |name| if name == "worst" { "CRITICAL" } else { "HIGH" });
        let place = Place { kind: PlaceKind::Production, path: "app.py".to_owned(), line: 1 };
        let modules = BTreeMap::from([(imported.to_owned(), vec![place])]);
        let code = BTreeMap::from([(Ecosystem::PyPi, Code { files: 1, modules, ..Code::default() })]);
        let imports = Imports { code, ..Imports::default() };
        let (mut unsure, mut found, mut collected) = (UnsurePins::default(), Vec::new(), Collected::default());
        judge(&locked, hits(&locked, &answers, &cancel), &answers, &imports, &cancel, |one| {
            found.extend(unsure.take(&one));
            collected.add(&one);
        });
        found.extend(unsure.told());
        let report = collected.report(&[], 0, String::new());
        let unsure = report.sure_and_unsure().1.len();
        (found, report.vulnerable.into_iter().map(|one| one.name).collect(), unsure)
    }

    #[test]
    fn several_unsure_pins_are_one_finding_and_the_sure_ones_stand_alone() {
        let pins =
            "flask==1.0\nclick==1.0\n    # via flask\nused==1.0\nworst==1.0\na==1.0\nb==1.0\nd==1.0\ne==1.0\nf==1.0\n";
        let (found, listed, unsure) = told(pins, "used");
        let messages: Vec<&str> = found.iter().map(|one| &*one.message).collect();
        let (last, sure) = messages.split_last().unwrap();
        let starts: Vec<&str> = sure.iter().map(|text| text.split(' ').next().unwrap()).collect();
        assert_eq!(starts, ["click", "flask", "used"]);
        assert!(found[..3].iter().all(|one| one.confidence == Confidence::High), "{messages:?}");
        assert!(sure[2].starts_with("used 1.0 (via c.txt) has"), "{}", sure[2]);
        assert_eq!(
            *last,
            "6 of 9 pins of c.txt have known vulnerabilities; which of them arrive cannot be seen: worst 1.0, a 1.0, b 1.0, d \
             1.0, e 1.0 and 1 more"
        );
        let together = found.last().unwrap();
        assert_eq!((together.severity, together.confidence), (Severity::Blocker, Confidence::Low));
        assert!(together.evidence[0].text.contains("c.txt:10 f 1.0: PYSEC-f"), "{:?}", together.evidence);
        assert!(together.fix.contains("uv pip compile -c c.txt"), "{}", together.fix);
        assert_eq!(listed[..4], ["click", "flask", "used", "worst"]);
        assert_eq!((unsure, listed.len()), (6, 9), "counted apart");
        // It stays the same while pins come and go.
        let (fewer, ..) = told("flask==1.0\nworst==2.0\na==1.0\n", "other");
        assert_eq!(fewer.last().unwrap().fingerprint, together.fingerprint);
    }

    #[test]
    fn a_single_unsure_pin_is_told_as_what_it_is() {
        let (found, ..) = told("flask==1.0\nworst==1.0\n", "other");
        let one = found.last().unwrap();
        assert!(one.message.starts_with("worst 1.0 (if what Dockerfile installs needs it"), "{}", one.message);
        assert_eq!((found.len(), one.severity, one.confidence), (2, Severity::Blocker, Confidence::Low));
    }
}

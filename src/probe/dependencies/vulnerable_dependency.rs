//! The rule `vulnerable-dependency`: a locked version with a known hole.

use super::advisory::Group;
use super::judged::{Judged, UNRATED};
use super::report;
use crate::model::{
    Confidence, Evidence, EvidenceKind, Finding, Location, RuleKind, RuleMeta, Uses, WayOut, WayOutKind,
};
use crate::probe::packages::LockedPackage;

/// The rule's documentation.
pub static META: RuleMeta = RuleMeta {
    id: "vulnerable-dependency",
    title: "A locked package version has a known vulnerability",
    kind: RuleKind::Finding,
    severity: UNRATED,
    confidence: Confidence::High,
    what: "Compares every package version in the lock files, indirect ones too, with published advisories of the OSV \
           format, by the version order of its ecosystem. Packages for development only, those that no production code \
           imports and those of tests and examples count one step less, malware always counts fully.",
    why: "Once an advisory is public, scripts search the whole web for sites that still run the old version, and your \
          users' data is what they are after.",
    fix: "Upgrade to the fixed version and renew the lock file. Where no fix exists, replace the package or write down \
          why its hole cannot be reached in your app.",
    example: "\"lodash\": { \"version\": \"4.17.15\" }   holes published in 2020 and 2021\n\
              \"lodash\": { \"version\": \"4.17.21\" }   fixed",
    references: &[
        "C50",
        "https://ossf.github.io/osv-schema/",
        "https://cheatsheetseries.owasp.org/cheatsheets/Vulnerable_Dependency_Management_Cheat_Sheet.html",
    ],
};

/// What is to be said of one hole in a package.
pub fn finding(judged: &Judged<'_>, group: &Group) -> Finding {
    let package = judged.package;
    let location = Location::Package {
        manifest: judged.lock.path.clone(),
        line: Some(package.line),
        name: package.name.clone(),
        version: package.version.clone(),
    };
    Finding::new(&META, location, group.advisory.id.clone(), message(judged, group))
        .severity(judged.severity(group))
        .confidence(judged.confidence(group))
        .fix(fix(&judged.out))
        .evidence(evidence(judged, group))
}

fn message(judged: &Judged<'_>, group: &Group) -> String {
    let LockedPackage { name, version, .. } = judged.package;
    let lock = &judged.lock.path;
    let via = if judged.is_development() {
        format!("for development only, via {lock}")
    } else if judged.is_aside() {
        format!("via {lock}, which is not deployed as its path says")
    } else if judged.is_unused() {
        format!("never imported by production code, via {lock}")
    } else {
        format!("via {lock}")
    };
    let what = match (&group.fixed, group.malware) {
        (_, true) => "is malware".to_owned(),
        (Some(fixed), false) => format!("has a known vulnerability, fixed in {fixed}"),
        (None, false) if group.confirmed => "has a known vulnerability without a fixed version".to_owned(),
        (None, false) => "has a known vulnerability".to_owned(),
    };
    let known_as = group.known_as();
    let summary = &group.advisory.summary;
    if summary.is_empty() || group.malware {
        format!("{name} {version} ({via}) {what} ({known_as})")
    } else {
        format!("{name} {version} ({via}) {what}: {summary} ({known_as})")
    }
}

/// The way out of all that is known about the package, as one line.
fn fix(out: &WayOut) -> String {
    let mut fix = out.words.clone();
    if !out.commands.is_empty() {
        let join = if out.kind == WayOutKind::RaiseParent { ", then " } else { " && " };
        let (folder, rest) = match out.commands.split_first() {
            Some((first, rest)) if first.starts_with("cd ") => (format!("`{first}`, then "), rest),
            _ => (String::new(), out.commands.as_slice()),
        };
        let typed: Vec<&str> = rest.iter().map(String::as_str).collect();
        let typed = if join == " && " {
            format!("`{}`", typed.join(join))
        } else {
            typed.iter().map(|command| format!("`{command}`")).collect::<Vec<_>>().join(join)
        };
        fix = format!("{fix} Type {folder}{typed}.");
    }
    if let Some((file, lines)) = &out.lines {
        let lines: Vec<&str> = lines.lines().map(str::trim).collect();
        fix = format!("{fix} For {file}: `{}`", lines.join(" "));
    }
    fix
}

fn evidence(judged: &Judged<'_>, group: &Group) -> Evidence {
    let advisory = &group.advisory;
    let mut lines = vec![advisory.id.clone()];
    if !group.aliases.is_empty() {
        lines.push(format!("also known as {}", group.aliases.join(", ")));
    }
    if !advisory.summary.is_empty() {
        lines.push(advisory.summary.clone());
    }
    lines.push(match (group.score, &advisory.rating) {
        (Some(score), _) => format!("severity: CVSS {score:.1} of 10"),
        (None, Some(rating)) => format!("severity: {}", rating.to_lowercase()),
        (None, None) => "severity: not rated".to_owned(),
    });
    if let Some(fixed) = &group.fixed {
        lines.push(format!("fixed in {fixed}"));
    }
    lines.extend(way_in(judged));
    lines.push(used(&judged.uses));
    lines.push(report::page(&advisory.id));
    Evidence::new(EvidenceKind::Advisory, lines.join("\n"))
}

/// The shortest way by which it comes in, where that says more than the package itself.
fn way_in(judged: &Judged<'_>) -> Option<String> {
    let way = judged.ways.ways.first()?;
    let first = way.first()?;
    let asked = match &first.asked_in {
        Some((manifest, Some(line))) => format!("{manifest}:{line}"),
        Some((manifest, None)) => manifest.clone(),
        None => return None,
    };
    let steps: Vec<String> = way.iter().map(|step| format!("{} {}", step.name, step.version)).collect();
    let more = match judged.ways.more + (judged.ways.ways.len() as u64).saturating_sub(1) {
        0 => String::new(),
        1 => ", and through 1 other".to_owned(),
        more => format!(", and through {more} others"),
    };
    Some(format!("comes in through {asked} → {}{more}", steps.join(" → ")))
}

fn used(uses: &Uses) -> String {
    match uses {
        Uses::Imported { package, places, more } => {
            let shown: Vec<String> = places.iter().take(3).map(|(path, line)| format!("{path}:{line}")).collect();
            let more = more + (places.len() as u64).saturating_sub(3);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("used: {package} is imported in {}{more}", shown.join(", "))
        }
        Uses::Named { package, place: (path, line) } => format!("used: {package} is named in {path}:{line}"),
        Uses::NotImported => "used: production code imports neither it nor what brings it in".to_owned(),
        Uses::Unknown { why } => format!("used: not known, {why}"),
        Uses::NotExamined => "used: not looked at".to_owned(),
    }
}

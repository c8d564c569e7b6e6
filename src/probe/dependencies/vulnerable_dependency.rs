//! The rule `vulnerable-dependency`: a locked version with a known hole.

use super::advisory::Group;
use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Location, RuleKind, RuleMeta, Severity};

use crate::probe::packages::{Ecosystem, LockedPackage, Scope};

/// The rule's documentation.
pub static META: RuleMeta = RuleMeta {
    id: "vulnerable-dependency",
    title: "A locked package version has a known vulnerability",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Compares every package version in the lock files, indirect ones too, with published advisories of the OSV \
           format, by the version order of its ecosystem. Packages for development only count one step less, malware \
           always counts fully.",
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

/// What is to be said of `package`, which the lock file `manifest` names.
pub fn finding(manifest: &str, package: &LockedPackage, group: &Group) -> Finding {
    let location = Location::Package {
        manifest: manifest.to_owned(),
        line: Some(package.line),
        name: package.name.clone(),
        version: package.version.clone(),
    };
    Finding::new(&META, location, group.advisory.id.clone(), message(manifest, package, group))
        .severity(severity(package, group))
        .confidence(confidence(group))
        .fix(fix(package, group))
        .evidence(evidence(group))
}

fn severity(package: &LockedPackage, group: &Group) -> Severity {
    let severity = group.severity.unwrap_or(META.severity);
    match severity {
        // Malware runs where it is installed: on the developer's machine and in CI, beside the keys.
        _ if package.scope == Scope::Production || group.malware => severity,
        Severity::Blocker => Severity::Major,
        Severity::Major | Severity::Minor => Severity::Minor,
    }
}

fn confidence(group: &Group) -> Confidence {
    if group.confirmed {
        Confidence::High
    } else if group.disputed {
        Confidence::Low
    } else {
        Confidence::Medium
    }
}

fn message(manifest: &str, package: &LockedPackage, group: &Group) -> String {
    let LockedPackage { name, version, .. } = package;
    let via = if package.scope == Scope::Development {
        format!("for development only, via {manifest}")
    } else {
        format!("via {manifest}")
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

fn fix(package: &LockedPackage, group: &Group) -> String {
    let LockedPackage { ecosystem, name, .. } = package;
    if group.malware {
        return format!(
            "Remove {name}, and treat every machine that installed it as compromised: change the keys and passwords \
             that were on it."
        );
    }
    let Some(fixed) = &group.fixed else {
        return format!(
            "Read the advisory for a way around it; else replace {name}, or write down why its hole cannot be reached \
             in your app."
        );
    };
    match ecosystem {
        Ecosystem::Npm => format!(
            "Upgrade {name} to {fixed} or later. If another package brings it in, upgrade that one, or force the version \
             with \"overrides\" in package.json."
        ),
        Ecosystem::PyPi => format!("Upgrade to {name}=={fixed} or later, and run your tests before you deploy."),
        Ecosystem::Packagist | Ecosystem::RubyGems | Ecosystem::Go | Ecosystem::Maven => {
            format!("Upgrade {name} to {fixed} or later.")
        }
        Ecosystem::CratesIo => format!(
            "Run `cargo update -p {name} --precise {fixed}`. If Cargo refuses, first upgrade the crate that depends on \
             {name}."
        ),
    }
}

fn evidence(group: &Group) -> Evidence {
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
    lines.push(format!("https://osv.dev/vulnerability/{}", advisory.id));
    Evidence::new(EvidenceKind::Advisory, lines.join("\n"))
}

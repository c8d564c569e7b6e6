//! Dependencies whose version is left open.

use super::lockfiles::{self, Lock};
use super::manifests::{Dependency, Manifest, Pin};
use super::repo::Repo;
use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Location, RuleKind, RuleMeta, Severity, Span};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "dependency-unpinned",
    title: "A dependency's version is left open",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks for `*`, `latest`, branches and archives at a URL, and, where no lock file fixes them, for version ranges.",
    why: "The next installation may bring a version that nobody has tested with your code, and users see it first.",
    fix: "Name a version, or let a lock file fix it. For a git dependency, name the commit or a tag.",
    example: "# bad\n\"express\": \"latest\"\n# good\n\"express\": \"4.19.2\"",
    references: &["C48"],
};

/// One finding for each manifest that leaves something open.
#[must_use]
pub fn findings(repo: &Repo, manifests: &[Manifest]) -> Vec<Finding> {
    manifests.iter().filter_map(|manifest| finding(repo, manifest)).collect()
}

fn finding(repo: &Repo, manifest: &Manifest) -> Option<Finding> {
    let locked = matches!(lockfiles::of(repo, manifest), Lock::Here(_) | Lock::Above | Lock::NotInGit(..));
    let open: Vec<&Dependency> = manifest
        .dependencies
        .iter()
        .filter(|dependency| match dependency.pin {
            Pin::Exact => false,
            Pin::Loose => true,
            Pin::Range => !locked,
        })
        .collect();
    let first = open.first()?;
    let message = match open.as_slice() {
        [one] => format!("`{}` is asked for {}", one.name, wording(one)),
        _ if locked => format!("{} dependencies ask for whatever is there: {}", open.len(), names(&open)),
        _ => format!(
            "{} of {} dependencies are not fixed to a version, and no lock file does it",
            open.len(),
            manifest.dependencies.len()
        ),
    };
    let lines: Vec<String> = open.iter().take(12).map(|d| format!("{}  {}", d.name, shown(d))).collect();
    let more = open.len().saturating_sub(12);
    let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
    let location = Location::File { path: manifest.path.clone(), span: Some(Span::line(first.line)) };
    let finding = Finding::new(&META, location, "open", message)
        .evidence(Evidence::new(EvidenceKind::Note, format!("{}{more}", lines.join("\n"))));
    // The lock file holds what is installed until the next update; then anything may come.
    Some(if locked { finding.severity(Severity::Minor) } else { finding })
}

fn wording(dependency: &Dependency) -> String {
    match dependency.wanted.as_str() {
        "" => "without a version".to_owned(),
        wanted => format!("as `{wanted}`, which can be another version tomorrow"),
    }
}

fn shown(dependency: &Dependency) -> &str {
    if dependency.wanted.is_empty() { "(no version)" } else { &dependency.wanted }
}

fn names(open: &[&Dependency]) -> String {
    let names: Vec<String> = open.iter().take(4).map(|dependency| format!("`{}`", dependency.name)).collect();
    if open.len() > 4 { format!("{} …", names.join(", ")) } else { names.join(", ") }
}

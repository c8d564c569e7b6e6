//! Lock files: whether they are there, and whether git has them.

use std::collections::BTreeSet;

use super::manifests::{Ecosystem, Manifest, Pin};
use super::repo::{Repo, folder_of};
use crate::model::{
    Confidence, Coverage, Evidence, EvidenceKind, Finding, Location, Observation, Proof, RuleKind, RuleMeta, Severity,
};

/// Missing.
pub static MISSING: RuleMeta = RuleMeta {
    id: "lockfile-missing",
    title: "Dependencies have no lock file",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks beside every manifest with dependencies, and above it up to the workspace root, for a lock file.",
    why: "Each deployment installs whatever is newest that day, so that a release you did not test, or a hijacked one, reaches your users.",
    fix: "Let your package manager write a lock file, commit it, and install from it when you deploy.",
    example: "# good\nnpm install   # writes package-lock.json\ngit add package-lock.json\nnpm ci        # in the deployment",
    references: &["C49"],
};

/// Not in git.
pub static IGNORED: RuleMeta = RuleMeta {
    id: "lockfile-ignored",
    title: "The lock file is not in git",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks whether a lock file that exists is left out by `.gitignore` or was never added.",
    why: "The server builds from git and does not see your lock file: it runs other versions than the ones that you tested.",
    fix: "Take the lock file out of `.gitignore` and commit it.",
    example: "",
    references: &["C49"],
};

/// In git.
pub static COMMITTED: RuleMeta = RuleMeta {
    id: "lockfile-committed",
    title: "A lock file is committed",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A lock file fixes the version of every dependency, and git tracks it.",
    why: "Every machine builds with the versions that you tested.",
    fix: "Keep it in git, and install from it when you deploy.",
    example: "",
    references: &["C49"],
};

/// Where a manifest's exact versions stand.
pub enum Lock {
    /// In this file of the project.
    Here(String),
    /// In a file that git does not have, with the reason for people.
    NotInGit(String, &'static str),
    /// In a folder above the project.
    Above,
    /// In the manifest itself, which names exact versions.
    Itself,
    /// Nowhere.
    None,
}

/// Looks for the lock file of `manifest`.
#[must_use]
pub fn of(repo: &Repo, manifest: &Manifest) -> Lock {
    let mut folder = manifest.folder();
    loop {
        for name in manifest.ecosystem.locks() {
            let path = format!("{folder}{name}");
            if !repo.on_disk(&path) {
                continue;
            }
            return match (repo.has(&path), repo.is_tracked(&path)) {
                (_, Some(true)) | (true, None) => Lock::Here(path),
                (true, Some(false)) => Lock::NotInGit(path, "git does not track it"),
                (false, _) => Lock::NotInGit(path, "`.gitignore` leaves it out"),
            };
        }
        if folder.is_empty() {
            break;
        }
        folder = folder_of(folder.trim_end_matches('/'));
    }
    if repo.above(manifest.ecosystem.locks()).is_some() {
        return Lock::Above;
    }
    let exact = manifest.dependencies.iter().any(|dependency| dependency.pin == Pin::Exact);
    if manifest.ecosystem == Ecosystem::Requirements && exact { Lock::Itself } else { Lock::None }
}

/// Findings and proofs about all manifests.
#[must_use]
pub fn observations(repo: &Repo, manifests: &[Manifest]) -> Vec<Observation> {
    let mut seen: Vec<Observation> = Vec::new();
    let mut named = BTreeSet::new();
    for manifest in manifests {
        match of(repo, manifest) {
            Lock::Here(path) if repo.is_tracked(&path) == Some(true) && named.insert(path.clone()) => {
                let message = format!("`{path}` fixes the version of every dependency, and git tracks it");
                seen.push(Proof::new(&COMMITTED, Location::File { path, span: None }, "lock", message).into());
            }
            Lock::NotInGit(path, why) if named.insert(path.clone()) => {
                let message = format!("`{path}` exists, but {why}");
                seen.push(Finding::new(&IGNORED, Location::File { path, span: None }, "lock", message).into());
            }
            Lock::Itself if manifest.compiled && repo.is_tracked(&manifest.path) == Some(true) => {
                let message =
                    format!("`{}` holds exact versions of every dependency, and git tracks it", manifest.path);
                let location = Location::File { path: manifest.path.clone(), span: None };
                seen.push(Proof::new(&COMMITTED, location, "lock", message).into());
            }
            Lock::None => seen.push(missing(repo, manifest).into()),
            _ => {}
        }
    }
    seen
}

fn missing(repo: &Repo, manifest: &Manifest) -> Finding {
    let count = manifest.dependencies.len();
    let noun = if count == 1 { "dependency" } else { "dependencies" };
    let message = format!("`{}` names {count} {noun}, and there is no lock file for it", manifest.path);
    let location = Location::File { path: manifest.path.clone(), span: None };
    let npmrc = format!("{}.npmrc", manifest.folder());
    let switched_off =
        repo.text(&npmrc).is_some_and(|text| text.lines().any(|line| line.replace(' ', "") == "package-lock=false"));
    let note = (manifest.ecosystem == Ecosystem::Node && switched_off).then(|| {
        Evidence::new(EvidenceKind::Note, format!("`{npmrc}` says `package-lock=false`: take that line out first."))
    });
    Finding::new(&MISSING, location, "lock", message).fix(manifest.ecosystem.how_to_lock()).evidence(note)
}

/// How far these rules got.
#[must_use]
pub fn coverage(repo: &Repo, manifests: &[Manifest]) -> Coverage {
    if manifests.is_empty() {
        return Coverage::Absent("no manifest names dependencies".to_owned());
    }
    match &repo.tracked {
        Ok(Some(_)) => Coverage::Whole,
        Ok(None) => Coverage::Part("the folder is not a git work tree, so what is committed cannot be seen".to_owned()),
        Err(error) => Coverage::Part(error.to_string()),
    }
}

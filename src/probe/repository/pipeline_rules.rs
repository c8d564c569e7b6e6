//! Proofs of what the pipelines do.

use super::ci::{Pipelines, Step};
use super::commands::{Does, Scripts};
use super::proof;
use crate::model::{Evidence, EvidenceKind, Location, Proof, RuleMeta, Span};

/// Tests before a merge.
pub static TESTS: RuleMeta = proof(
    "ci-runs-tests",
    "Tests run on every pull request",
    "A pipeline that runs for pull requests calls a test runner, directly or through a script.",
    "A change that breaks something is stopped before it reaches users.",
    "Keep the tests required for merging.",
    &["C68"],
);

/// Lint.
pub static LINT: RuleMeta = proof(
    "ci-runs-lint",
    "CI runs a linter or format check",
    "A pipeline that runs for pull requests calls a linter or a format check, directly or through a script.",
    "Whole classes of mistakes are caught without anyone looking for them.",
    "Keep it required for merging.",
    &["C69"],
);

/// Security scans.
pub static SCAN: RuleMeta = proof(
    "ci-runs-security-scan",
    "CI runs a security scan",
    "A pipeline calls a scanner for code, dependencies, containers or secrets.",
    "Known holes are found by you before they are found by others.",
    "Read its results, and let it fail the build on what is serious.",
    &["C70", "F59", "F67"],
);

/// Deployment.
pub static DEPLOYS: RuleMeta = proof(
    "ci-deploys",
    "CI deploys",
    "A pipeline calls a deployment command or action.",
    "Every deployment goes the same tested way, and none depends on one person's machine.",
    "Let it run only after the tests have passed.",
    &["C72", "F67"],
);

/// The proofs.
#[must_use]
pub fn proofs(pipelines: &Pipelines, scripts: &Scripts) -> Vec<Proof> {
    let wanted: [(&'static RuleMeta, Does, bool, &str); 4] = [
        (&TESTS, Does::Test, true, "runs the tests on pull requests"),
        (&LINT, Does::Lint, true, "lints on pull requests"),
        (&SCAN, Does::SecurityScan, false, "runs a security scan"),
        (&DEPLOYS, Does::Deploy, false, "deploys"),
    ];
    let found = wanted.into_iter().filter_map(|(rule, does, before_merge, says)| {
        let step = pipelines
            .steps
            .iter()
            .filter(|step| step.on_pull_request || !before_merge)
            .find(|step| does.is_in(&scripts.written_out(&step.text)))?;
        Some(told(rule, step, &scripts.written_out(&step.text), does, says))
    });
    found.collect()
}

fn told(rule: &'static RuleMeta, step: &Step, written_out: &str, does: Does, says: &str) -> Proof {
    let location = Location::File { path: step.path.clone(), span: Some(Span::line(step.line)) };
    let telling = written_out.lines().find(|line| does.is_in(line)).unwrap_or(&step.text).trim();
    let shown: String = telling.chars().take(120).collect();
    let own = step.text.lines().any(|line| line.trim() == telling);
    let text = if own { shown } else { format!("{}\n→ {shown}", step.text.lines().next().unwrap_or_default()) };
    Proof::new(rule, location, says, format!("`{}` {says}", step.path))
        .evidence(Evidence::new(EvidenceKind::Note, text))
}

//! The `repository` probe: what the files around the code say about how it is built, tested and shipped.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Plan, Probe, ProbeCx, ProbeMeta, Touches, packages};
use crate::model::{
    Confidence, Coverage, Examined, Failure, ProbeId, Project, RuleId, RuleKind, RuleMeta, Settings, Severity, Skip,
    counted,
};

mod ci;
mod commands;
mod containers;
mod headers;
mod health;
mod hygiene;
mod lockfiles;
mod manifests;
mod migrations;
mod pins;
mod pipeline_rules;
mod repo;
mod updates;

use repo::Repo;

pub(super) use containers::Dockerfile;
pub(super) use repo::{is_aside, is_code_aside, is_for_development, line_of};

/// The probe.
pub struct RepositoryProbe;

static META: ProbeMeta = ProbeMeta {
    id: ProbeId::from_static("repository"),
    title: "Repository",
    about: "Manifests, lock files, CI, migrations, containers and security headers, read from the files around the code.",
    rules: &[
        &hygiene::OUT_OF_STEP,
        &hygiene::CONFLICT_MARKERS,
        &hygiene::SEVERAL,
        &hygiene::UNUSED,
        &hygiene::REMOTE,
        &hygiene::INSTALL_SCRIPTS,
        &hygiene::LOOKALIKE,
        &hygiene::END_OF_LIFE,
        &hygiene::UPDATES_INCOMPLETE,
        &hygiene::LICENCES,
        &lockfiles::MISSING,
        &lockfiles::IGNORED,
        &pins::META,
        &ci::MISSING,
        &containers::ROOT,
        &containers::UNPINNED,
        &lockfiles::COMMITTED,
        &pipeline_rules::TESTS,
        &pipeline_rules::LINT,
        &pipeline_rules::SCAN,
        &pipeline_rules::DEPLOYS,
        &updates::META,
        &migrations::VERSIONED,
        &migrations::RUN,
        &migrations::REVERSIBLE,
        &migrations::UNSAFE,
        &migrations::WITHOUT_WAY_BACK,
        &health::META,
        &headers::MISSING,
        &headers::WEAK,
        &headers::SERVER,
        &headers::SET,
    ],
    follows_files: true,
    timeout: Duration::from_secs(60),
};

impl Probe for RepositoryProbe {
    fn meta(&self) -> &'static ProbeMeta {
        &META
    }

    fn plan(&self, _project: &Project, _settings: &Settings) -> Result<Plan, Skip> {
        let summary = "read manifests, lock files, CI, Dockerfiles, migrations and what sets headers".to_owned();
        Ok(Plan { summary, touches: Touches::Files })
    }

    fn run(&self, _plan: Plan, cx: ProbeCx) -> BoxFuture<'static, Result<Examined, Failure>> {
        async move {
            let work = tokio::task::spawn_blocking(move || examine(&cx));
            work.await.map_err(|_| Failure::new("the repository's files could not be judged; run the probe again"))
        }
        .boxed()
    }
}

fn examine(cx: &ProbeCx) -> Examined {
    let mut coverage: BTreeMap<RuleId, Coverage> = BTreeMap::new();
    let mut covered = |rules: &[&'static str], how: &Coverage| {
        rules.iter().for_each(|&id| drop(coverage.insert(RuleId::from_static(id), how.clone())));
    };
    cx.report_progress(0, Some(7), "listing files");
    let repo = Repo::open(&cx.project.root, &cx.settings.ignore, &cx.cancel);

    cx.report_progress(1, Some(7), "reading manifests and lock files");
    let packages = packages::collect(repo.listing(), &cx.cancel);
    let manifests = manifests::find(&repo, &packages);
    lockfiles::observations(&repo, &packages, &manifests).into_iter().for_each(|seen| cx.emitter.emit_blocking(seen));
    pins::findings(&repo, &packages, &manifests).into_iter().for_each(|seen| cx.emitter.emit_blocking(seen));
    let read_all = |how: Coverage| match (how, repo.gaps().total()) {
        (Coverage::Whole, unread) if unread > 0 => {
            Coverage::Part(format!("{} could not be read", counted("files", unread)))
        }
        (how, _) => how,
    };
    let locks = read_all(lockfiles::coverage(&repo, &packages, &manifests));
    covered(&[lockfiles::MISSING.id, lockfiles::IGNORED.id, lockfiles::COMMITTED.id], &locks);
    covered(&[pins::META.id], &read_all(pins::coverage(&repo, &packages, &manifests)));

    cx.report_progress(2, Some(7), "reading CI");
    let pipelines = ci::read(&repo);
    let scripts = commands::Scripts::read(&repo);
    let has_code = !manifests.is_empty() || repo.paths().any(is_code);
    if let Some(finding) = ci::missing(&repo, &pipelines, has_code) {
        cx.emitter.emit_blocking(finding);
    }
    pipeline_rules::proofs(&pipelines, &scripts).into_iter().for_each(|proof| cx.emitter.emit_blocking(proof));
    covered(&[ci::MISSING.id], &ci::coverage(&repo, &pipelines, has_code));
    let in_ci = read_all(ci::coverage(&repo, &pipelines, has_code));
    covered(
        &[pipeline_rules::TESTS.id, pipeline_rules::LINT.id, pipeline_rules::SCAN.id, pipeline_rules::DEPLOYS.id],
        &in_ci,
    );
    if let Some(proof) = updates::proof(&repo, &packages) {
        cx.emitter.emit_blocking(proof);
    }
    covered(&[updates::META.id], &Coverage::Whole);

    cx.report_progress(3, Some(7), "reading containers");
    let dockerfiles = containers::find(&repo);
    dockerfiles.iter().flat_map(containers::findings).for_each(|finding| cx.emitter.emit_blocking(finding));
    covered(&[containers::ROOT.id, containers::UNPINNED.id], &containers::coverage(&repo, &dockerfiles));
    if let Some(proof) = health::proof(&repo, &dockerfiles) {
        cx.emitter.emit_blocking(proof);
    }
    covered(&[health::META.id], &Coverage::Whole);

    cx.report_progress(4, Some(7), "judging packages");
    let images: Vec<hygiene::BaseImage> = dockerfiles.iter().flat_map(containers::Dockerfile::bases).collect();
    let kept = hygiene::look(&repo, &packages, &images, cx.now, &cx.cancel);
    kept.observations.into_iter().for_each(|seen| cx.emitter.emit_blocking(seen));
    kept.coverage.iter().for_each(|(rule, how)| covered(&[*rule], how));

    cx.report_progress(5, Some(7), "reading migrations");
    let groups = migrations::find(&repo);
    migrations::proofs(&repo, &groups).into_iter().for_each(|proof| cx.emitter.emit_blocking(proof));
    if let (Some(proof), false) = (migrations::run_by_deployment(&repo, &pipelines, &scripts), groups.is_empty()) {
        cx.emitter.emit_blocking(proof);
    }
    covered(&[migrations::VERSIONED.id, migrations::REVERSIBLE.id, migrations::RUN.id], &migrations::coverage(&groups));
    migrations::without_way_back(&repo, &groups).into_iter().for_each(|finding| cx.emitter.emit_blocking(finding));
    covered(&[migrations::WITHOUT_WAY_BACK.id], &read_all(migrations::coverage(&groups)));
    let (unsafe_ones, how_far) = migrations::unsafe_statements(&repo, &groups, &cx.project.stack, cx.now.as_second());
    unsafe_ones.into_iter().for_each(|finding| cx.emitter.emit_blocking(finding));
    covered(&[migrations::UNSAFE.id], &how_far);

    cx.report_progress(6, Some(7), "reading what sets headers");
    let seen = headers::look(&repo, &cx.cancel);
    seen.observations.into_iter().for_each(|seen| cx.emitter.emit_blocking(seen));
    covered(&[headers::MISSING.id, headers::WEAK.id, headers::SET.id], &seen.headers);
    covered(&[headers::SERVER.id], &seen.server);

    if cx.cancel.is_cancelled() {
        coverage.values_mut().for_each(|how| *how = Coverage::Part("the run was cancelled".to_owned()));
    }
    let counts = BTreeMap::from([
        ("manifests".to_owned(), manifests.len() as u64),
        ("pipelines".to_owned(), pipelines.files.len() as u64),
        ("dockerfiles".to_owned(), dockerfiles.len() as u64),
    ]);
    let mut gaps = repo.gaps().into_vec();
    gaps.extend(hygiene::gaps(&packages));
    Examined { counts, gaps, rules: coverage, ..Examined::default() }
}

fn is_code(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, end)| end);
    matches!(
        extension,
        "js" | "jsx"
            | "mjs"
            | "ts"
            | "tsx"
            | "vue"
            | "svelte"
            | "py"
            | "php"
            | "rb"
            | "go"
            | "rs"
            | "java"
            | "kt"
            | "cs"
            | "swift"
            | "ex"
    )
}

/// What every proof's rule has in common.
const fn proof(
    id: &'static str,
    title: &'static str,
    what: &'static str,
    why: &'static str,
    fix: &'static str,
    references: &'static [&'static str],
) -> RuleMeta {
    let (severity, confidence) = (Severity::Minor, Confidence::High);
    RuleMeta { id, title, kind: RuleKind::Proof, severity, confidence, what, why, fix, example: "", references }
}

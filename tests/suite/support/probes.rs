//! Runs one probe by itself on a folder made for the test.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gonogo::model::{
    EventKind, Examined, Failure, Finding, Observation, Progress, Project, Proof, RunEvent, RunId, Settings, Skip,
};
use gonogo::probe::{Emitter, Probe, ProbeCx, SharedCode};
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// A folder with files, gone at the end of the test.
pub struct Folder(tempfile::TempDir);

impl Folder {
    /// With these files: path and text.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    /// Writes one more file.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let absolute = self.0.path().join(path);
        std::fs::create_dir_all(absolute.parent().unwrap()).unwrap();
        std::fs::write(&absolute, text).unwrap();
        absolute
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// What a probe did.
#[derive(Debug)]
pub struct Seen {
    pub findings: Vec<Finding>,
    pub proofs: Vec<Proof>,
    pub result: Result<Examined, Failure>,
}

impl Seen {
    /// `rule path:line` of every finding, sorted: what most tests compare.
    pub fn places(&self) -> Vec<String> {
        let mut places: Vec<String> = self.findings.iter().map(|f| format!("{} {}", f.rule, f.location)).collect();
        places.sort();
        places
    }

    /// The rules of every proof, sorted, each once.
    pub fn proved(&self) -> Vec<String> {
        let rules: BTreeSet<String> = self.proofs.iter().map(|p| p.rule.to_string()).collect();
        rules.into_iter().collect()
    }

    /// The findings of one rule.
    pub fn of(&self, rule: &str) -> Vec<&Finding> {
        self.findings.iter().filter(|f| f.rule.as_str() == rule).collect()
    }
}

/// A project with nothing known about it but its folder.
pub fn bare_project(root: &Path) -> Project {
    Project {
        root: root.to_owned(),
        name: "test".to_owned(),
        commit: None,
        stack: Vec::new(),
        traits: BTreeSet::new(),
        recognised: false,
        offers: Vec::new(),
    }
}

/// What a probe works with, on `root`; what it sends and how far it is go to the receivers.
pub fn context(
    probe: &dyn Probe,
    root: &Path,
    settings: Settings,
    now: Timestamp,
) -> (ProbeCx, mpsc::Receiver<RunEvent>, watch::Receiver<Progress>) {
    let (events, received) = mpsc::channel(64);
    let (progress, latest) = watch::channel(Progress::default());
    let cx = ProbeCx {
        project: Arc::new(bare_project(root)),
        settings: Arc::new(settings),
        emitter: Emitter::new(events, RunId(1), probe.meta(), BTreeSet::new(), Timestamp::now),
        progress,
        cancel: CancellationToken::new(),
        code: Arc::new(SharedCode::default()),
        now,
        only: None,
    };
    (cx, received, latest)
}

/// Runs `probe` on `root` to its end.
pub async fn run(probe: &dyn Probe, root: &Path, settings: Settings) -> Result<Seen, Skip> {
    run_at(probe, root, settings, Timestamp::now()).await
}

/// As [`run`], at a given time.
pub async fn run_at(probe: &dyn Probe, root: &Path, settings: Settings, now: Timestamp) -> Result<Seen, Skip> {
    run_in(probe, context(probe, root, settings, now)).await
}

/// As [`run`], with code that may have been read before.
pub async fn run_with(probe: &dyn Probe, root: &Path, code: &Arc<SharedCode>) -> Result<Seen, Skip> {
    let mut given = context(probe, root, Settings::default(), Timestamp::now());
    given.0.code = Arc::clone(code);
    run_in(probe, given).await
}

async fn run_in(
    probe: &dyn Probe,
    (cx, received, _latest): (ProbeCx, mpsc::Receiver<RunEvent>, watch::Receiver<Progress>),
) -> Result<Seen, Skip> {
    let plan = probe.plan(&cx.project, &cx.settings)?;
    Ok(gather(probe.run(plan, cx), received).await)
}

/// What a run sends until it has ended.
pub async fn gather(
    run: impl Future<Output = Result<Examined, Failure>> + Send + 'static,
    mut received: mpsc::Receiver<RunEvent>,
) -> Seen {
    let running = tokio::spawn(run);
    let (mut findings, mut proofs) = (Vec::new(), Vec::new());
    while let Some(event) = received.recv().await {
        if let EventKind::Observed(observation) = event.kind {
            match *observation {
                Observation::Finding(finding) => findings.push(finding),
                Observation::Proof(proof) => proofs.push(proof),
            }
        }
    }
    Seen { findings, proofs, result: running.await.unwrap() }
}

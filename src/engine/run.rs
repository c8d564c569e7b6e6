//! One run of one probe: asked for consent, started, timed, cancelled, caught when it panics, and always ended.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;

use super::finished;
use crate::model::{
    EventKind, Failure, Outcome, Progress, Project, RunEvent, RunId, Settings, Skip, SkipReason, escape,
};
use crate::probe::{Emitter, Plan, Probe, ProbeCx, ProbeMeta, SharedCode, clean_dependencies, clean_report, clean_web};

/// A probe that was told to stop gets this long to do so before it is dropped.
const GRACE: Duration = Duration::from_secs(2);

/// What a run needs.
pub(super) struct Job {
    pub probe: &'static dyn Probe,
    pub run: RunId,
    pub project: Arc<Project>,
    pub settings: Arc<Settings>,
    pub code: Arc<SharedCode>,
    pub cancel: CancellationToken,
    pub events: mpsc::Sender<RunEvent>,
    pub progress: watch::Sender<Progress>,
    pub clock: fn() -> Timestamp,
    pub only: Option<String>,
}

/// Starts the run; exactly one `Finished` follows, whatever the probe does.
pub(super) fn start(job: Job) {
    tokio::spawn(async move {
        let (events, run, probe, clock) = (job.events.clone(), job.run, job.probe.meta().id.clone(), job.clock);
        let outcome = outcome(job).await;
        // The receiver is gone only when the program ends.
        let _ = events.send(finished(run, probe, clock(), outcome)).await;
    });
}

/// Tells `seen` that some progress changed, so that one waiter serves all probes.
pub(super) fn relay(mut progress: watch::Receiver<Progress>, seen: watch::Sender<u64>) {
    tokio::spawn(async move {
        while progress.changed().await.is_ok() {
            seen.send_modify(|count| *count += 1);
        }
    });
}

async fn outcome(job: Job) -> Outcome {
    let meta = job.probe.meta();
    let plan = match permitted_plan(job.probe, &job.project, &job.settings) {
        Ok(plan) => plan,
        Err(skip) => return Outcome::Skipped(skip),
    };
    let started = RunEvent { run: job.run, probe: meta.id.clone(), at: (job.clock)(), kind: EventKind::Started };
    let _ = job.events.send(started).await;
    let rules_off = job.settings.rules_off.keys().cloned().collect();
    let cx = ProbeCx {
        emitter: Emitter::new(job.events, job.run, meta, rules_off, job.clock),
        project: job.project,
        settings: Arc::clone(&job.settings),
        progress: job.progress,
        cancel: job.cancel.clone(),
        code: job.code,
        now: (job.clock)(),
        only: job.only,
    };
    // A task of its own turns a panic into a value.
    let mut task = tokio::spawn(job.probe.run(plan, cx));
    let result = tokio::select! {
        result = &mut task => Some(result),
        () = job.cancel.cancelled() => None,
        () = tokio::time::sleep(meta.timeout) => {
            job.cancel.cancel();
            settle(&mut task).await;
            return Outcome::TimedOut;
        }
    };
    match result {
        None => {
            settle(&mut task).await;
            Outcome::Cancelled
        }
        Some(Ok(Ok(_) | Err(_))) if job.cancel.is_cancelled() => Outcome::Cancelled,
        Some(Ok(Ok(mut examined))) => {
            super::turn_off(&mut examined, &job.settings);
            if let Some(report) = &mut examined.database {
                clean_report(report);
            }
            if let Some(report) = &mut examined.web {
                clean_web(report);
            }
            if let Some(report) = &mut examined.dependencies {
                clean_dependencies(report);
            }
            Outcome::Completed(examined)
        }
        Some(Ok(Err(Failure { message }))) => Outcome::Failed(Failure::new(escape::line(&message).into_owned())),
        Some(Err(error)) => Outcome::Panicked(panic_text(error)),
    }
}

async fn settle<T>(task: &mut tokio::task::JoinHandle<T>) {
    if tokio::time::timeout(GRACE, &mut *task).await.is_err() {
        task.abort();
    }
}

/// The plan, if the user has allowed what it touches.
fn permitted_plan(probe: &dyn Probe, project: &Project, settings: &Settings) -> Result<Plan, Skip> {
    let ProbeMeta { id, title, .. } = probe.meta();
    if !settings.selects(id) {
        return Err(Skip::new(SkipReason::NotSelected, format!("the {id} probe was left out")));
    }
    let plan = probe.plan(project, settings)?;
    if settings.offline && !plan.touches.stays_here() {
        let why = format!("{title} needs to {}, and --offline keeps everything on this machine", plan.summary);
        return Err(Skip::new(SkipReason::Offline, why));
    }
    if plan.touches.needs_consent() && !settings.consent.contains(id) {
        let why = format!(
            "nobody has allowed it to {} yet: press d in the workbench, or use --yes and name addresses and databases \
             on the command line",
            plan.summary
        );
        return Err(Skip::new(SkipReason::NeedsConsent, why));
    }
    Ok(plan)
}

/// What a panic said, cut to one safe line.
fn panic_text(error: JoinError) -> String {
    let payload: Box<dyn Any + Send> = match error.try_into_panic() {
        Ok(payload) => payload,
        Err(error) => Box::new(error.to_string()),
    };
    let text = (payload.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it gave no reason".to_owned());
    let line = crate::probe::secrets::redact::text(&text).chars().take(200).collect::<String>();
    escape::line(&line).into_owned()
}

#[cfg(test)]
mod tests;

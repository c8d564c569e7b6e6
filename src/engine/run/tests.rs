use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::*;
use crate::model::{Examined, ProbeId};
use crate::probe::Touches;

struct Odd(ProbeMeta, fn(ProbeCx) -> BoxFuture<'static, Result<Examined, Failure>>, Touches);

impl Probe for Odd {
    fn meta(&self) -> &'static ProbeMeta {
        Box::leak(Box::new(ProbeMeta { id: self.0.id.clone(), ..self.0 }))
    }

    fn plan(&self, _: &Project, _: &Settings) -> Result<Plan, Skip> {
        Ok(Plan { summary: "look at a thing".to_owned(), touches: self.2 })
    }

    fn run(&self, _: Plan, cx: ProbeCx) -> BoxFuture<'static, Result<Examined, Failure>> {
        (self.1)(cx)
    }
}

fn odd(touches: Touches, run: fn(ProbeCx) -> BoxFuture<'static, Result<Examined, Failure>>) -> &'static dyn Probe {
    let meta = ProbeMeta {
        id: ProbeId::from_static("odd"),
        title: "Odd",
        about: "",
        rules: &[],
        follows_files: false,
        timeout: Duration::from_millis(200),
    };
    Box::leak(Box::new(Odd(meta, run, touches)))
}

async fn end(probe: &'static dyn Probe, settings: Settings, cancel: CancellationToken) -> Vec<EventKind> {
    let (events, mut events_in) = mpsc::channel(16);
    let project = Project {
        root: "/nowhere".into(),
        name: "p".to_owned(),
        commit: None,
        stack: Vec::new(),
        traits: Default::default(),
        recognised: false,
        offers: Vec::new(),
    };
    start(Job {
        probe,
        run: RunId(1),
        project: Arc::new(project),
        settings: Arc::new(settings),
        code: Arc::default(),
        cancel,
        events,
        progress: watch::channel(Progress::default()).0,
        clock: Timestamp::now,
        only: None,
    });
    let mut kinds = Vec::new();
    while let Some(event) = events_in.recv().await {
        kinds.push(event.kind);
    }
    kinds
}

fn last(mut kinds: Vec<EventKind>) -> Outcome {
    let finished = kinds.iter().filter(|kind| matches!(kind, EventKind::Finished(_))).count();
    assert_eq!(finished, 1, "exactly one end");
    match kinds.pop() {
        Some(EventKind::Finished(outcome)) => outcome,
        other => panic!("ended with {other:?}"),
    }
}

#[tokio::test]
async fn a_panic_a_failure_and_an_endless_run_all_end() {
    let panics = odd(Touches::Files, |_| async { panic!("no \u{1b}[31m luck") }.boxed());
    let outcome = last(end(panics, Settings::default(), CancellationToken::new()).await);
    assert_eq!(outcome, Outcome::Panicked("no \\u{1b}[31m luck".to_owned()));

    let fails = odd(Touches::Files, |_| async { Err(Failure::new("it is closed")) }.boxed());
    let outcome = last(end(fails, Settings::default(), CancellationToken::new()).await);
    assert_eq!(outcome, Outcome::Failed(Failure::new("it is closed")));

    let endless = odd(Touches::Files, |cx| {
        async move {
            cx.cancel.cancelled().await;
            Ok(Examined::default())
        }
        .boxed()
    });
    assert_eq!(last(end(endless, Settings::default(), CancellationToken::new()).await), Outcome::TimedOut);
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert_eq!(last(end(endless, Settings::default(), cancel).await), Outcome::Cancelled);
}

#[tokio::test]
async fn nothing_outside_is_touched_without_a_yes() {
    let reached = |touches| odd(touches, |_| async { Ok(Examined::default()) }.boxed());
    let reason = |outcome| match outcome {
        Outcome::Skipped(skip) => Some(skip.reason),
        _ => None,
    };
    let run = |touches, settings| async move { last(end(reached(touches), settings, CancellationToken::new()).await) };
    let allowed = Settings { consent: [ProbeId::from("odd")].into(), ..Settings::default() };
    let offline = Settings { offline: true, ..allowed.clone() };
    for touches in [Touches::Network, Touches::Database, Touches::Loopback, Touches::LocalDatabase] {
        let outcome = run(touches, Settings::default()).await;
        assert_eq!(reason(outcome), Some(SkipReason::NeedsConsent), "{touches:?}");
        assert_eq!(reason(run(touches, allowed.clone()).await), None, "{touches:?}");
        let expected = if touches.stays_here() { None } else { Some(SkipReason::Offline) };
        assert_eq!(reason(run(touches, offline.clone()).await), expected, "{touches:?}");
    }
    let left_out = Settings { skip: [ProbeId::from("odd")].into(), ..Settings::default() };
    assert_eq!(reason(run(Touches::Files, left_out).await), Some(SkipReason::NotSelected));
}

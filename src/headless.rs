//! The same loop as the workbench, without a terminal: run everything, then stop. Progress goes to stderr.

use std::io::Write;

use jiff::Timestamp;

use crate::engine::Engine;
use crate::model::{EventKind, Outcome, RunEvent, counted, escape};
use crate::session::{Command, Msg, Session, Tone};

/// How a headless run ended.
pub struct Done {
    /// What is known now.
    pub session: Session,
    /// A person stopped it; what was found until then is in the session and the state.
    pub interrupted: bool,
}

/// Runs every probe to its end, or until `interrupt` resolves. A line a probe goes to `progress`.
pub async fn run(
    mut session: Session,
    mut engine: Engine,
    clock: fn() -> Timestamp,
    progress: &mut dyn Write,
    interrupt: impl Future<Output = ()>,
) -> Done {
    let mut interrupted = false;
    let mut interrupt = std::pin::pin!(interrupt);
    engine.carry_out(session.update(Msg::Do(Command::RunAll), clock()));
    while session.running() {
        let batch = tokio::select! {
            batch = engine.next() => batch,
            () = &mut interrupt, if !interrupted => {
                interrupted = true;
                vec![Msg::Do(Command::CancelAll)]
            }
        };
        for message in batch {
            if let Some(line) = line(&message) {
                // A closed stderr is no reason to stop working.
                let _ = writeln!(progress, "{line}");
            }
            let effects = session.update(message, clock());
            engine.carry_out(effects);
        }
    }
    engine.close().await;
    Done { session, interrupted }
}

fn line(message: &Msg) -> Option<String> {
    match message {
        Msg::Run(RunEvent { probe, kind: EventKind::Started, .. }) => Some(format!("{probe:<13} running …")),
        Msg::Run(RunEvent { probe, kind: EventKind::Finished(outcome), .. }) => {
            Some(format!("{probe:<13} {}", escape::line(&said(outcome))))
        }
        Msg::Notice(notice) if notice.tone == Tone::Problem => Some(escape::line(&notice.text).into_owned()),
        Msg::SaveFailed { message, .. } => Some(escape::line(message).into_owned()),
        _ => None,
    }
}

fn said(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Completed(examined) => {
            let counts: Vec<String> = (examined.counts.iter())
                .filter(|(_, number)| **number > 0)
                .map(|(what, number)| counted(what, *number))
                .collect();
            let counts = if counts.is_empty() { "nothing to examine".to_owned() } else { counts.join(", ") };
            match outcome.why() {
                Some(why) => format!("{}: {counts}; {why}", outcome.word()),
                None => format!("{}: {counts}", outcome.word()),
            }
        }
        other => format!("{}: {}", other.word(), other.why().unwrap_or_default()),
    }
}

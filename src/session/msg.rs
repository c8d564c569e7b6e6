//! What can happen to a session, what a person can ask of it, and what it wants done.

use std::path::PathBuf;

use jiff::civil::Date;

use crate::model::{Change, ItemId, OfferTarget, ProbeId, Reply, Report, RunEvent, RunId, SavedRun};

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A person asked for something.
    Do(Command),
    /// A probe's run went on.
    Run(RunEvent),
    /// Files of the project were written, made or removed: relative paths.
    FilesChanged(Vec<String>),
    /// The state holds the change with this id.
    Saved(String),
    /// The state could not be written; the change is kept and tried again.
    SaveFailed {
        /// The change's id.
        change: String,
        /// One line for the user.
        message: String,
    },
    /// Another instance of the program has written these.
    Imported(Vec<Change>),
    /// Something else that the user should know.
    Notice(Notice),
}

/// What a person can ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Answers an item's question; `None` takes the answer back.
    Answer {
        /// The item.
        item: ItemId,
        /// The reply.
        reply: Option<Reply>,
    },
    /// Writes a note; empty clears it.
    Note {
        /// The item.
        item: ItemId,
        /// The text.
        text: String,
    },
    /// Takes a risk on; `None` withdraws it.
    Accept {
        /// The item.
        item: ItemId,
        /// By whom and why.
        draft: Option<AcceptanceDraft>,
    },
    /// Takes the last change back.
    Undo,
    /// Repeats the last change that was taken back.
    Redo,
    /// Runs one probe again.
    Run(ProbeId),
    /// Judges one query of the database anew, by its [`crate::model::ExaminedQuery::id`].
    RunQuery(String),
    /// Runs every probe.
    RunAll,
    /// Stops one probe.
    Cancel(ProbeId),
    /// Stops every probe.
    CancelAll,
    /// Lets a probe examine a database or an address, and runs it.
    Allow {
        /// The probe.
        probe: ProbeId,
        /// What it may examine; `None`: what it is set to already (the advisory service).
        target: Option<OfferTarget>,
    },
    /// Writes the report as Markdown.
    Export(PathBuf),
    /// Opens an address in the browser.
    Open(String),
}

/// An acceptance as a person types it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptanceDraft {
    /// Who answers for it.
    pub owner: String,
    /// Why it is acceptable.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<Date>,
}

/// Something to be done outside.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Start a run of a probe, if it has a plan.
    Start {
        /// The run.
        run: RunId,
        /// Its probe.
        probe: ProbeId,
        /// The only query to look at; `None`: everything.
        only: Option<String>,
    },
    /// Start reading files anew: something has changed. Comes before the [`Effect::Start`]s that it concerns.
    Renew,
    /// Stop a run.
    Cancel(RunId),
    /// Let a probe examine something.
    Allow {
        /// The probe.
        probe: ProbeId,
        /// What it may examine.
        target: Option<OfferTarget>,
    },
    /// Append to the state's log.
    Save(Change),
    /// Keep a finished run.
    SaveRun(Box<SavedRun>),
    /// Keep a finished run of which one query was judged anew. What it cites was seen when the whole run saw it.
    AmendRun(Box<SavedRun>),
    /// Write a report as Markdown.
    Export {
        /// Where.
        path: PathBuf,
        /// What.
        report: Box<Report>,
    },
    /// Open an address in the browser.
    Open(String),
}

/// A line for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How it is meant.
    pub tone: Tone,
    /// The line.
    pub text: String,
}

impl Notice {
    /// Something went as wished.
    pub fn info(text: impl Into<String>) -> Self {
        Self { tone: Tone::Info, text: text.into() }
    }

    /// Something went wrong.
    pub fn problem(text: impl Into<String>) -> Self {
        Self { tone: Tone::Problem, text: text.into() }
    }
}

/// How a notice is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As wished.
    Info,
    /// Wrong.
    Problem,
}

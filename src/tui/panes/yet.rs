//! What a view says while there is nothing to show yet: what it will show, and what to do.

use crate::model::{Outcome, SkipReason};
use crate::session::{ProbeRun, Session};
use crate::tui::keymap::Action;
use crate::tui::ui_state::Ui;

/// The words of one view.
pub(super) struct Words<'a> {
    /// What will stand here.
    pub about: &'a str,
    /// What is going on while its probe runs.
    pub running: &'a str,
    /// What a run of an older version did not keep.
    pub kept: &'a str,
    /// What running again does about that.
    pub again: &'a str,
    /// What the probe does with what was found and is offered.
    pub offered: &'a str,
    /// What the key does that asks for something to examine.
    pub name: String,
    /// The same after a failure.
    pub another: &'a str,
}

pub(super) fn nothing(ui: &Ui, session: &Session, run: Option<&ProbeRun>, words: &Words<'_>) -> String {
    let Words { about, running, kept, again, offered, name, another } = words;
    let key = |action| ui.keymap.hint(action);
    let Some(run) = run else { return (*about).to_owned() };
    if run.running().is_some() {
        return format!("{about}\n\n{running}");
    }
    let offer = session.open_offers().find(|offer| offer.probe == run.meta.id);
    let what = match (run.outcome(), offer) {
        (Some(Outcome::Completed(_)), _) => {
            format!("The last run was made by an older version and kept no {kept}. {} {again}.", key(Action::Run))
        }
        (_, Some(offer)) => format!(
            "Found {} → {}. Press {} and say yes to let gonogo examine it: {offered}.",
            offer.found_in,
            offer.shown,
            key(Action::Examine)
        ),
        (Some(Outcome::Skipped(skip)), None) if skip.reason != SkipReason::NeedsConsent => {
            format!("{}\n\nPress {} {name}", sentence(&skip.why), key(Action::Examine))
        }
        (None | Some(Outcome::Skipped(_)), None) => format!("Press {} {name}", key(Action::Examine)),
        (Some(outcome), None) => format!(
            "{}\n\n{} tries again, {} {another}.",
            sentence(&outcome.why().unwrap_or_default()),
            key(Action::Run),
            key(Action::Examine)
        ),
    };
    format!("{about}\n\n{what}")
}

/// A phrase as a sentence.
fn sentence(phrase: &str) -> String {
    let mut letters = phrase.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let stop = if phrase.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

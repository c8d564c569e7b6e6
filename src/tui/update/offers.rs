//! What could be examined with the user's consent, and the question before it is.

use crate::model::{Outcome, SkipReason};
use crate::session::{ProbeRun, Session};
use crate::tui::modal::{Choice, Examination, Modal, Picker, Then};
use crate::tui::ui_state::Ui;

/// Lists everything that could be examined.
pub(super) fn open(ui: &mut Ui, session: &Session) {
    let mut choices: Vec<Choice> = session
        .open_offers()
        .map(|offer| {
            let examination = Examination {
                probe: offer.probe.clone(),
                target: Some(offer.target.clone()),
                shown: offer.shown.clone(),
            };
            Choice::new(&*offer.shown, format!("found {}", offer.found_in), Then::AskToExamine(examination))
        })
        .collect();
    let offered: Vec<_> = session.open_offers().map(|offer| offer.probe.clone()).collect();
    choices.extend(session.runs().iter().filter(|run| !offered.contains(&run.meta.id)).filter_map(|run| {
        let aside = if waits(run) {
            "waits for your yes"
        } else if is_named(session, run) {
            "named in your settings, waits for your yes"
        } else {
            return None;
        };
        let examination = Examination { probe: run.meta.id.clone(), target: None, shown: String::new() };
        Some(Choice::new(run.meta.title, aside, Then::AskToExamine(examination)))
    }));
    choices.push(Choice::new("Type another address or connection string…", "", Then::TypeAddress));
    let about = "gonogo only reads. It sends nothing anywhere before you say yes.";
    ui.modals.push(Modal::Picker(Picker::new("What may gonogo examine?", about, choices)));
}

/// Whether the user has named what a probe would examine and not yet allowed it, while the result of an earlier run is shown.
fn is_named(session: &Session, run: &ProbeRun) -> bool {
    let settings = session.settings();
    let named = match run.meta.id.as_str() {
        "database" => settings.database.is_some(),
        "web" => !settings.urls.is_empty(),
        _ => false,
    };
    named && settings.selects(&run.meta.id) && !settings.consent.contains(&run.meta.id) && run.running().is_none()
}

/// Whether a probe did not start because nobody has said yes.
pub(crate) fn waits(run: &ProbeRun) -> bool {
    matches!(run.outcome(), Some(Outcome::Skipped(skip)) if skip.reason == SkipReason::NeedsConsent)
        && run.running().is_none()
}

/// Asks before anything is touched, and names it.
pub(super) fn ask(ui: &mut Ui, session: &Session, what: Examination) {
    let run = session.run(&what.probe);
    let does = run.map(|run| run.meta.about).unwrap_or_default();
    let (title, about) = if what.target.is_some() {
        (format!("Examine {}?", what.shown), format!("gonogo will connect to {} and only read. {does}", what.shown))
    } else {
        let title = run.map_or_else(|| what.probe.to_string(), |run| run.meta.title.to_lowercase());
        let why = run.and_then(ProbeRun::outcome).and_then(Outcome::why).unwrap_or_default();
        (format!("Run the {title} probe?"), format!("{does} {why}"))
    };
    ui.modals.push(Modal::Picker(Picker::confirm(title, about, "Yes, examine it", Then::Examine(what))));
}

//! What is done with the query in hand.

use super::Request;
use super::actions::pick;
use crate::model::ExaminedQuery;
use crate::session::{Command, Session};
use crate::tui::modal::{Choice, Then};
use crate::tui::plain;
use crate::tui::ui_state::{Ui, View};

/// The query in hand, where a query is in hand.
pub(super) fn in_hand<'a>(ui: &Ui, session: &'a Session) -> Option<&'a ExaminedQuery> {
    let id = (ui.view == View::Database).then_some(ui.database.list.selected.as_ref()).flatten()?;
    ui.index.query(session, id)
}

/// A query as a choice.
pub(super) fn choice(query: &ExaminedQuery) -> Choice {
    let place = query.places.first().map(plain::query_place).unwrap_or_default();
    Choice::new(query.name(), place, Then::Query(query.id.clone()))
}

/// The places that send a query as choices.
pub(super) fn places(query: &ExaminedQuery) -> Vec<Choice> {
    let name = query.name();
    let edit = |place: &crate::model::QueryPlace| Then::Edit(place.path.clone(), Some(place.span.line));
    query.places.iter().map(|place| Choice::new(plain::query_place(place), &*name, edit(place))).collect()
}

/// Judges only the query in hand again.
pub(super) fn run(ui: &mut Ui, session: &Session) -> Vec<Request> {
    match in_hand(ui, session) {
        Some(query) => {
            // It stays in hand wherever it stands afterwards.
            ui.database.list.chosen = true;
            vec![Request::Do(Command::RunQuery(query.id.clone()))]
        }
        None => {
            ui.flash = Some("Select a query of the database first: press 3".to_owned());
            Vec::new()
        }
    }
}

/// Copies the migration of an index that helps the query in hand.
pub(super) fn migration(ui: &mut Ui, session: &Session) -> Vec<Request> {
    let Some((query, report)) = in_hand(ui, session).zip(session.database()) else {
        ui.flash = Some("Select a query of the database first: press 3".to_owned());
        return Vec::new();
    };
    let mut choices: Vec<Choice> = (report.proposals_for(query))
        .map(|proposal| {
            let label = format!("{} ({})", proposal.table, proposal.keys.join(", "));
            Choice::new(label, proposal.proof.words(), Then::Copy(proposal.migration.text.clone()))
        })
        .collect();
    if choices.len() > 1 {
        let all: Vec<&str> = report.proposals_for(query).map(|proposal| proposal.migration.text.trim_end()).collect();
        let label = format!("All {} of them", choices.len());
        choices.insert(0, Choice::new(label, "they help together", Then::Copy(all.join("\n\n") + "\n")));
    }
    pick(ui, session, "Copy which migration?", choices, "No index is proposed for this query")
}

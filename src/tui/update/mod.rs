//! What a key, a click or a paste does: pure, from the state and an event to the new state and what is asked of others.

mod actions;
mod dependencies;
mod dialogs;
mod go;
mod mouse;
mod offers;
mod queries;
mod web;

pub(crate) use offers::waits;

use crossterm::event::{Event, KeyEvent, KeyEventKind};

use super::keymap::Scope;
use super::ui_state::Ui;
use crate::model::Fingerprint;
use crate::session::{Command, Session};

/// What the workbench asks of the loop that runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Of the session.
    Do(Command),
    /// Hand the terminal to the editor at this place.
    Edit(String, Option<u32>),
    /// Put this text on the clipboard.
    Copy(String),
    /// Put a prompt that fixes this finding on the clipboard.
    Prompt(Fingerprint),
    /// End.
    Quit,
}

/// Takes in one event.
pub fn update(ui: &mut Ui, session: &Session, event: &Event) -> Vec<Request> {
    ui.sync(session);
    let requests = match event {
        Event::Resize(width, height) => {
            (ui.size.width, ui.size.height) = (*width, *height);
            ui.drag = None;
            ui.reveal();
            Vec::new()
        }
        Event::Key(key) if key.kind != KeyEventKind::Release => key_pressed(ui, session, *key),
        Event::Paste(text) => {
            dialogs::paste(ui, text);
            Vec::new()
        }
        Event::Mouse(mouse) => mouse::update(ui, session, *mouse),
        Event::Key(_) | Event::FocusGained | Event::FocusLost => Vec::new(),
    };
    ui.sync(session);
    requests
}

fn key_pressed(ui: &mut Ui, session: &Session, key: KeyEvent) -> Vec<Request> {
    ui.flash = None;
    ui.read_until = session.revision();
    if ui.modals.is_empty() {
        match ui.keymap.action(Scope::Views, key) {
            Some(action) => actions::carry_out(ui, session, action),
            None => Vec::new(),
        }
    } else {
        dialogs::key(ui, session, key)
    }
}

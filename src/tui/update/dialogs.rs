//! Keys and pastes while something lies over the views.

use std::path::PathBuf;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler as _;

use super::{Request, actions, offers};
use crate::model::escape;
use crate::session::{Command, Session};
use crate::tui::address;
use crate::tui::keymap::{Action, Scope};
use crate::tui::modal::{Modal, Picker, Prompt, Purpose, Then};
use crate::tui::ui_state::{Ui, View};
use crate::tui::view::dialogs;

/// Sends a key to the dialog on top.
pub(super) fn key(ui: &mut Ui, session: &Session, key: KeyEvent) -> Vec<Request> {
    let action = ui.keymap.action(Scope::Dialogs, key);
    if action == Some(Action::Quit) {
        return vec![Request::Quit];
    }
    let Some(modal) = ui.modals.pop() else { return Vec::new() };
    if action == Some(Action::Close) {
        close(ui, modal);
        return Vec::new();
    }
    match modal {
        Modal::Help(scroll) => help(ui, scroll, action, key),
        Modal::Picker(picker) => return picker_key(ui, session, picker, action, key),
        Modal::Note(mut note) => {
            if action == Some(Action::Save) {
                let text = note.text.lines().join("\n");
                return vec![Request::Do(Command::Note { item: note.item, text })];
            }
            // Up, down and Tab move in the text, whatever they mean in other dialogs.
            if !unsafe_character(key) {
                note.text.input(key);
            }
            ui.modals.push(Modal::Note(note));
        }
        Modal::Accept(mut form) => {
            let last = form.fields.len() - 1;
            match action {
                Some(Action::Submit | Action::Save) => {
                    if let Some(draft) = form.draft(session.today()) {
                        return vec![Request::Do(Command::Accept { item: form.item, draft: Some(draft) })];
                    }
                }
                Some(Action::NextField) => form.at = if form.at == last { 0 } else { form.at + 1 },
                Some(Action::PreviousField) => form.at = form.at.checked_sub(1).unwrap_or(last),
                _ => {
                    if let Some(field) = form.fields.get_mut(form.at) {
                        type_key(&mut field.input, key);
                        field.error = None;
                    }
                }
            }
            ui.modals.push(Modal::Accept(form));
        }
        Modal::Prompt(prompt) => return prompt_key(ui, session, prompt, action, key),
        Modal::Filter(before) => {
            if action == Some(Action::Submit) {
                return Vec::new();
            }
            ui.modals.push(Modal::Filter(before));
            match action {
                Some(Action::NextField) => return actions::carry_out(ui, session, Action::Down),
                Some(Action::PreviousField) => return actions::carry_out(ui, session, Action::Up),
                _ => type_key(filter(ui), key),
            }
        }
    }
    Vec::new()
}

fn close(ui: &mut Ui, modal: Modal) {
    match modal {
        Modal::Filter(before) => {
            *filter(ui) = Input::new(before.text);
            if before.within.is_some() {
                ui.checklist.sections.selected = before.within;
            }
        }
        Modal::Note(note) if note.changed() => {
            ui.modals.push(Modal::Note(note));
            let ask = Picker::confirm("Throw away what you wrote?", "", "Yes, throw it away", Then::Discard);
            ui.modals.push(Modal::Picker(ask));
        }
        _ => {}
    }
}

const fn filter(ui: &mut Ui) -> &mut Input {
    match ui.view {
        View::Findings => &mut ui.findings.filter,
        View::Database => &mut ui.database.filter,
        View::Web => &mut ui.web.filter,
        View::Dependencies => &mut ui.dependencies.filter,
        View::Checklist | View::Report => &mut ui.checklist.filter,
    }
}

fn help(ui: &mut Ui, scroll: usize, action: Option<Action>, key: KeyEvent) {
    let height = usize::from(dialogs::area(&Modal::Help(0), ui.size).height.saturating_sub(2));
    let most = dialogs::help_rows(ui).saturating_sub(height);
    let page = height.saturating_sub(1).max(1);
    let scroll = match ui.keymap.action(Scope::Views, key).or(action) {
        Some(Action::Down | Action::NextField) => scroll + 1,
        Some(Action::Up | Action::PreviousField) => scroll.saturating_sub(1),
        Some(Action::PageDown) => scroll + page,
        Some(Action::PageUp) => scroll.saturating_sub(page),
        Some(Action::First) => 0,
        Some(Action::Last) => most,
        Some(Action::Help | Action::Quit | Action::Open | Action::Submit) => return,
        _ => scroll,
    };
    ui.modals.push(Modal::Help(scroll.min(most)));
}

fn picker_key(
    ui: &mut Ui,
    session: &Session,
    mut picker: Picker,
    action: Option<Action>,
    key: KeyEvent,
) -> Vec<Request> {
    let height = dialogs::picker_rows(&picker, ui.size);
    let page = isize::try_from(height).unwrap_or(1);
    match action {
        Some(Action::Submit) => {
            // Nothing matches: the dialog stays, so that what was typed can be mended.
            if let Some(then) = picker.chosen().map(|choice| choice.then.clone()) {
                return actions::follow(ui, session, then);
            }
        }
        Some(Action::NextField) => picker.step(1, height),
        Some(Action::PreviousField) => picker.step(-1, height),
        _ => match key.code {
            KeyCode::PageDown => picker.step(page, height),
            KeyCode::PageUp => picker.step(-page, height),
            KeyCode::Char('n') if key.modifiers == KeyModifiers::CONTROL => picker.step(1, height),
            KeyCode::Char('p') if key.modifiers == KeyModifiers::CONTROL => picker.step(-1, height),
            _ => match &mut picker.input {
                Some(input) => {
                    let before = input.value().to_owned();
                    type_key(input, key);
                    if input.value() != before {
                        picker.narrow();
                    }
                }
                None => {
                    let hot = picker.choices.iter().find(|choice| choice.hot.map(KeyCode::Char) == Some(key.code));
                    if let Some(then) = hot.map(|choice| choice.then.clone()) {
                        return actions::follow(ui, session, then);
                    }
                    match ui.keymap.action(Scope::Views, key) {
                        Some(Action::Down) => picker.step(1, height),
                        Some(Action::Up) => picker.step(-1, height),
                        Some(Action::First) => picker.step(isize::MIN / 2, height),
                        Some(Action::Last) => picker.step(isize::MAX / 2, height),
                        _ => {}
                    }
                }
            },
        },
    }
    ui.modals.push(Modal::Picker(picker));
    Vec::new()
}

fn prompt_key(
    ui: &mut Ui,
    session: &Session,
    mut prompt: Box<Prompt>,
    action: Option<Action>,
    key: KeyEvent,
) -> Vec<Request> {
    if action == Some(Action::Submit) {
        let typed = prompt.field.input.value().trim();
        match prompt.purpose {
            Purpose::Export if typed.is_empty() => prompt.field.error = Some("type a path".to_owned()),
            Purpose::Export => return vec![Request::Do(Command::Export(PathBuf::from(typed)))],
            Purpose::Address => match address::parse(typed) {
                Ok(examination) => {
                    offers::ask(ui, session, examination);
                    return Vec::new();
                }
                Err(reason) => prompt.field.error = Some(reason),
            },
        }
    } else {
        type_key(&mut prompt.field.input, key);
        prompt.field.error = None;
    }
    ui.modals.push(Modal::Prompt(prompt));
    Vec::new()
}

/// Types into a field; what could steer the terminal does not get in.
fn type_key(input: &mut Input, key: KeyEvent) {
    if !unsafe_character(key) {
        input.handle_event(&Event::Key(key));
    }
}

const fn unsafe_character(key: KeyEvent) -> bool {
    matches!(key.code, KeyCode::Char(c) if escape::is_unsafe(c))
}

/// Longer pastes are cut: nobody reads them, and every frame would lay them out.
const LONGEST_PASTE: usize = 20_000;

/// Pastes into the dialog on top, if it takes text.
pub(super) fn paste(ui: &mut Ui, text: &str) {
    let whole: String = text.replace("\r\n", "\n").replace('\r', "\n").chars().take(LONGEST_PASTE).collect();
    let line: String = whole.chars().map(|c| if c == '\n' || c == '\t' { ' ' } else { c }).collect();
    let line: String = line.trim().chars().filter(|c| !escape::is_unsafe(*c)).collect();
    match ui.modals.last_mut() {
        Some(Modal::Note(note)) => {
            let block: String = whole.chars().filter(|c| *c == '\n' || !escape::is_unsafe(*c)).collect();
            note.text.insert_str(block);
        }
        Some(Modal::Picker(picker)) => {
            if let Some(input) = &mut picker.input {
                insert(input, &line);
                picker.narrow();
            }
        }
        Some(Modal::Accept(form)) => {
            if let Some(field) = form.fields.get_mut(form.at) {
                insert(&mut field.input, &line);
                field.error = None;
            }
        }
        Some(Modal::Prompt(prompt)) => {
            insert(&mut prompt.field.input, &line);
            prompt.field.error = None;
        }
        Some(Modal::Filter(_)) => insert(filter(ui), &line),
        Some(Modal::Help(_)) | None => {}
    }
}

fn insert(input: &mut Input, text: &str) {
    let (before, after): (String, String) = {
        let characters: Vec<char> = input.value().chars().collect();
        let (before, after) = characters.split_at(input.cursor().min(characters.len()));
        (before.iter().collect(), after.iter().collect())
    };
    let cursor = before.chars().count() + text.chars().count();
    *input = Input::new(format!("{before}{text}{after}")).with_cursor(cursor);
}

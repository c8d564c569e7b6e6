//! The mouse: what lies under it answers.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{Request, actions, go};
use crate::session::Session;
use crate::tui::keymap::Action;
use crate::tui::layout::Hit;
use crate::tui::modal::Modal;
use crate::tui::panes;
use crate::tui::ui_state::{Pane, Ui};
use crate::tui::view::dialogs;
use crate::tui::widgets::doc::Target;
use crate::tui::widgets::list;

/// Rows that one notch of the wheel scrolls.
const NOTCH: isize = 3;

/// Takes in one event of the mouse.
pub(super) fn update(ui: &mut Ui, session: &Session, event: MouseEvent) -> Vec<Request> {
    let at = Position::new(event.column, event.row);
    match event.kind {
        MouseEventKind::ScrollDown => wheel(ui, session, at, NOTCH),
        MouseEventKind::ScrollUp => wheel(ui, session, at, -NOTCH),
        MouseEventKind::Down(MouseButton::Left) => return click(ui, session, at),
        MouseEventKind::Drag(MouseButton::Left) => {
            if let Some(divider) = ui.drag {
                ui.splits = ui.layout().drag(divider, at, ui.splits);
                ui.reveal();
            }
        }
        MouseEventKind::Up(_) => ui.drag = None,
        _ => {}
    }
    Vec::new()
}

fn wheel(ui: &mut Ui, session: &Session, at: Position, by: isize) {
    let most = dialogs::help_rows(ui);
    let size = ui.size;
    match ui.modals.last_mut() {
        Some(Modal::Help(scroll)) => {
            let height = usize::from(dialogs::area(&Modal::Help(0), size).height.saturating_sub(2));
            *scroll = list::clamp(scroll.saturating_add_signed(by), height, most);
        }
        Some(Modal::Picker(picker)) => {
            let height = dialogs::picker_rows(picker, size);
            picker.step(by.signum(), height);
        }
        Some(Modal::Note(_) | Modal::Accept(_) | Modal::Prompt(_)) => {}
        Some(Modal::Filter(_)) | None => {
            if let Hit::Pane(pane, _) = ui.layout().hit(at) {
                go::scroll(ui, session, pane, by);
            }
        }
    }
}

fn click(ui: &mut Ui, session: &Session, at: Position) -> Vec<Request> {
    ui.flash = None;
    match ui.modals.last_mut() {
        Some(Modal::Filter(_)) => {
            ui.modals.pop();
        }
        Some(Modal::Picker(picker)) => {
            let rows = dialogs::picker_list(picker, ui.size);
            let row = rows.contains(at).then(|| picker.offset + usize::from(at.y - rows.y));
            if let Some(row) = row.filter(|row| *row < picker.shown.len()) {
                picker.at = row;
                let then = picker.chosen().map(|choice| choice.then.clone());
                ui.modals.pop();
                return then.map(|then| actions::follow(ui, session, then)).unwrap_or_default();
            }
            return Vec::new();
        }
        Some(Modal::Accept(form)) => {
            if let Some(field) = dialogs::field_at(at, ui.size) {
                form.at = field;
            }
            return Vec::new();
        }
        Some(_) => return Vec::new(),
        None => {}
    }
    match ui.layout().hit(at) {
        Hit::Tab(view) => go::view(ui, view),
        Hit::Divider(divider) => ui.drag = Some(divider),
        Hit::Notice if session.notice().is_none() && session.open_offers().next().is_some() => {
            return actions::carry_out(ui, session, Action::Examine);
        }
        Hit::Pane(pane, row) => {
            // What is in use may change the layout, so the row is found in the one that was clicked on.
            if let Some(row) = row {
                select(ui, session, pane, usize::from(row));
            } else {
                ui.focus_on(pane);
            }
        }
        Hit::Notice | Hit::Nothing => {}
    }
    Vec::new()
}

fn select(ui: &mut Ui, session: &Session, pane: Pane, row: usize) {
    match pane {
        Pane::Sections => {
            if let Some(at) = ui.index.sections.entry_in(ui.checklist.sections.offset + row) {
                ui.checklist.sections.go(&ui.index.sections, at);
                (ui.checklist.items.at, ui.checklist.items.offset) = (0, 0);
                ui.sync(session);
            }
        }
        Pane::Items => {
            if let Some(at) = ui.index.items.entry_in(ui.checklist.items.offset + row) {
                ui.checklist.items.go(&ui.index.items, at);
                ui.checklist.scroll = 0;
            }
        }
        Pane::Findings => {
            if let Some(at) = ui.index.findings.entry_in(ui.findings.list.offset + row) {
                ui.findings.list.go(&ui.index.findings, at);
                ui.findings.scroll = 0;
            }
        }
        Pane::Queries => {
            if let Some(at) = ui.index.queries.entry_in(ui.database.list.offset + row) {
                ui.database.list.go(&ui.index.queries, at);
                ui.database.scroll = 0;
            }
        }
        Pane::Sites => {
            if let Some(at) = ui.index.web.entry_in(ui.web.list.offset + row) {
                ui.web.list.go(&ui.index.web, at);
                ui.web.scroll = 0;
            }
        }
        Pane::Packages => {
            if let Some(at) = ui.index.dependencies.entry_in(ui.dependencies.list.offset + row) {
                ui.dependencies.list.go(&ui.index.dependencies, at);
                ui.dependencies.scroll = 0;
            }
        }
        Pane::Item | Pane::Finding | Pane::Query | Pane::Site | Pane::Package | Pane::Report => {
            let width = ui.layout().content(pane).width;
            let scroll = match pane {
                Pane::Item => ui.checklist.scroll,
                Pane::Finding => ui.findings.scroll,
                Pane::Query => ui.database.scroll,
                Pane::Site => ui.web.scroll,
                Pane::Package => ui.dependencies.scroll,
                _ => ui.report_scroll,
            };
            let target = panes::page(ui, session, pane, width).target(scroll + row).cloned();
            match target {
                Some(Target::Finding(print)) => return go::finding(ui, session, &print),
                Some(Target::Item(item)) => return go::item(ui, session, &item),
                Some(Target::Query(id)) => return go::query(ui, session, &id),
                Some(Target::Web(row)) => return go::web(ui, session, &row),
                None => {}
            }
        }
    }
    ui.focus_on(pane);
    ui.reveal();
}

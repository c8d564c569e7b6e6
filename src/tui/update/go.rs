//! Moving: between views, panes, rows and pages.

use crate::model::{Fingerprint, ItemId};
use crate::session::Session;
use crate::tui::panes;
use crate::tui::rows::Rows;
use crate::tui::ui_state::{DependencyRow, ListState, Pane, Ui, View, WebRow, Within};

/// How far a step goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// So many rows.
    Rows(isize),
    /// So many pages.
    Pages(isize),
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

impl Step {
    fn rows(self, height: usize) -> isize {
        match self {
            Self::Rows(rows) => rows,
            Self::Pages(pages) => pages * isize::try_from(height.saturating_sub(1).max(1)).unwrap_or(1),
            // Half of the range, so that nothing added to it overflows.
            Self::First => isize::MIN / 2,
            Self::Last => isize::MAX / 2,
        }
    }
}

/// Moves in the pane in use: selects in a list, scrolls a page.
pub(super) fn step(ui: &mut Ui, session: &Session, step: Step) {
    let pane = ui.focus();
    let by = step.rows(height(ui, pane));
    match pane {
        Pane::Sections => {
            ui.checklist.sections.step(&ui.index.sections, by);
            ui.checklist.items.offset = 0;
            ui.checklist.items.at = 0;
            ui.sync(session);
        }
        Pane::Items => {
            let before = ui.checklist.items.selected.clone();
            ui.checklist.items.step(&ui.index.items, by);
            if before != ui.checklist.items.selected {
                ui.checklist.scroll = 0;
            }
        }
        Pane::Findings => ui.findings.change(|list| list.step(&ui.index.findings, by)),
        Pane::Queries => ui.database.change(|list| list.step(&ui.index.queries, by)),
        Pane::Sites => ui.web.change(|list| list.step(&ui.index.web, by)),
        Pane::Packages => ui.dependencies.change(|list| list.step(&ui.index.dependencies, by)),
        Pane::Item | Pane::Finding | Pane::Query | Pane::Site | Pane::Package | Pane::Report => {
            scroll(ui, session, pane, by);
        }
    }
    ui.reveal();
}

/// Scrolls a pane without selecting.
pub(super) fn scroll(ui: &mut Ui, session: &Session, pane: Pane, by: isize) {
    let height = height(ui, pane);
    match pane {
        Pane::Sections => ui.checklist.sections.scroll(&ui.index.sections, by, height),
        Pane::Items => ui.checklist.items.scroll(&ui.index.items, by, height),
        Pane::Findings => ui.findings.list.scroll(&ui.index.findings, by, height),
        Pane::Queries => ui.database.list.scroll(&ui.index.queries, by, height),
        Pane::Sites => ui.web.list.scroll(&ui.index.web, by, height),
        Pane::Packages => ui.dependencies.list.scroll(&ui.index.dependencies, by, height),
        Pane::Item | Pane::Finding | Pane::Query | Pane::Site | Pane::Package | Pane::Report => {
            let width = ui.layout().content(pane).width;
            let rows = panes::page(ui, session, pane, width).rows();
            let at = match pane {
                Pane::Item => &mut ui.checklist.scroll,
                Pane::Finding => &mut ui.findings.scroll,
                Pane::Query => &mut ui.database.scroll,
                Pane::Site => &mut ui.web.scroll,
                Pane::Package => &mut ui.dependencies.scroll,
                _ => &mut ui.report_scroll,
            };
            *at = at.saturating_add_signed(by).min(rows.saturating_sub(height));
        }
    }
}

fn height(ui: &Ui, pane: Pane) -> usize {
    usize::from(ui.layout().content(pane).height)
}

/// Puts the pane `by` further right in use; around the end where `around`.
pub(super) fn pane(ui: &mut Ui, by: isize, around: bool) {
    let panes = ui.view.panes();
    let count = isize::try_from(panes.len()).unwrap_or(1);
    let at = panes.iter().position(|pane| *pane == ui.focus()).and_then(|at| isize::try_from(at).ok()).unwrap_or(0);
    let next = if around { (at + by).rem_euclid(count) } else { (at + by).clamp(0, count - 1) };
    if let Some(pane) = usize::try_from(next).ok().and_then(|next| panes.get(next)) {
        ui.focus_on(*pane);
    }
    ui.reveal();
}

/// Shows a view.
pub(super) fn view(ui: &mut Ui, view: View) {
    ui.view = view;
    ui.reveal();
}

/// Shows an item, whatever is filtered out or in another section.
pub(super) fn item(ui: &mut Ui, session: &Session, item: &ItemId) {
    ui.view = View::Checklist;
    if ui.index.items.find(item).is_none() {
        ui.checklist.filter.reset();
        ui.checklist.sections.selected = Some(Within::Everything);
        ui.sync(session);
    }
    if let Some(at) = ui.index.items.find(item) {
        ui.checklist.items.go(&ui.index.items, at);
    }
    ui.checklist.scroll = 0;
    ui.checklist.focus = Pane::Items;
    ui.reveal();
}

/// A view's list with its rows.
type Listed<'a, T> = (&'a mut ListState<T>, &'a Rows<T>);

/// Shows a row of a view with a list, whatever is filtered out.
fn row<T: Clone + PartialEq>(ui: &mut Ui, session: &Session, view: View, row: &T, of: fn(&mut Ui) -> Listed<'_, T>) {
    ui.view = view;
    let (state, rows) = of(ui);
    if rows.find(row).is_none() {
        state.filter.reset();
        ui.sync(session);
    }
    let (state, rows) = of(ui);
    if let Some(at) = rows.find(row) {
        state.list.go(rows, at);
    }
    state.scroll = 0;
    if let Some(list) = view.panes().first() {
        state.focus = *list;
    }
    ui.reveal();
}

/// Shows a finding.
pub(super) fn finding(ui: &mut Ui, session: &Session, print: &Fingerprint) {
    row(ui, session, View::Findings, print, |ui| (&mut ui.findings, &ui.index.findings));
}

/// Shows a query.
pub(super) fn query(ui: &mut Ui, session: &Session, id: &str) {
    row(ui, session, View::Database, &id.to_owned(), |ui| (&mut ui.database, &ui.index.queries));
}

/// Shows a site, a server or the requests.
pub(super) fn web(ui: &mut Ui, session: &Session, which: &WebRow) {
    row(ui, session, View::Web, which, |ui| (&mut ui.web, &ui.index.web));
}

/// Shows a package or the lock files.
pub(super) fn dependency(ui: &mut Ui, session: &Session, which: &DependencyRow) {
    row(ui, session, View::Dependencies, which, |ui| (&mut ui.dependencies, &ui.index.dependencies));
}

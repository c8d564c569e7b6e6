//! The panes of the views: lists with a row in hand, and pages that scroll.

mod chrome;
mod evidence;
mod finding;
mod findings;
mod item;
mod items;
mod locks;
mod package;
mod packages;
mod plan;
mod queries;
mod query;
mod report;
mod requests;
mod sections;
mod server;
mod site;
mod sites;
mod yet;

pub use chrome::{footer, header, notice};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::layout::Layout;
use super::rows::{Row, Rows};
use super::style::Styles;
use super::ui_state::{Pane, Ui};
use super::widgets::doc::Doc;
use super::widgets::{canvas, list, text};
use crate::session::{ProbeRun, Session};

/// The page that a pane shows, built for `width` columns. Lists have none.
#[must_use]
pub fn page<'a>(ui: &'a Ui, session: &Session, pane: Pane, width: u16) -> Doc<'a> {
    let mut doc = Doc::new(&ui.dress.styles, width);
    match pane {
        Pane::Item => item::write(&mut doc, ui, session),
        Pane::Finding => finding::write(&mut doc, ui, session),
        Pane::Query => query::write(&mut doc, ui, session),
        Pane::Site => sites::write(&mut doc, ui, session),
        Pane::Package => packages::write(&mut doc, ui, session),
        Pane::Report => report::write(&mut doc, session),
        Pane::Sections | Pane::Items | Pane::Findings | Pane::Queries | Pane::Sites | Pane::Packages => {}
    }
    doc
}

/// Draws one pane with its title.
pub fn draw(ui: &Ui, session: &Session, layout: &Layout, pane: Pane, buffer: &mut Buffer) {
    let Some(area) = layout.pane(pane) else { return };
    let content = layout.content(pane);
    let height = usize::from(content.height);
    let position = match pane {
        Pane::Sections => {
            sections::draw(ui, session, content, buffer);
            String::new()
        }
        Pane::Items => {
            items::draw(ui, session, content, buffer);
            of(ui.checklist.items.at, ui.index.items.len())
        }
        Pane::Findings => {
            findings::draw(ui, session, content, buffer);
            of(ui.findings.list.at, ui.index.findings.len())
        }
        Pane::Queries => {
            queries::draw(ui, session, content, buffer);
            of(ui.database.list.at, ui.index.queries.len())
        }
        Pane::Sites => {
            sites::draw(ui, session, content, buffer);
            of(ui.web.list.at, ui.index.web.len())
        }
        Pane::Packages => {
            packages::draw(ui, session, content, buffer);
            of(ui.dependencies.list.at, ui.index.dependencies.len())
        }
        Pane::Item | Pane::Finding | Pane::Query | Pane::Site | Pane::Package | Pane::Report => {
            let scroll = match pane {
                Pane::Item => ui.checklist.scroll,
                Pane::Finding => ui.findings.scroll,
                Pane::Query => ui.database.scroll,
                Pane::Site => ui.web.scroll,
                Pane::Package => ui.dependencies.scroll,
                _ => ui.report_scroll,
            };
            let doc = page(ui, session, pane, content.width);
            doc.draw(buffer, content, scroll);
            let rows = doc.rows();
            if rows > height {
                let scroll = list::clamp(scroll, height, rows);
                format!("{}%", (scroll + height) * 100 / rows)
            } else {
                String::new()
            }
        }
    };
    let (name, aside) = name(ui, session, pane);
    let crumbs = if layout.single() && pane != Pane::Report { crumbs(ui) } else { Vec::new() };
    title(ui, area, pane, (&name, &aside, &position), crumbs, buffer);
}

/// The title on the thin line above a pane: its name, an aside, and at the right where one is in it.
fn title(
    ui: &Ui,
    area: Rect,
    pane: Pane,
    (name, aside, position): (&str, &str, &str),
    crumbs: Vec<Span<'static>>,
    buffer: &mut Buffer,
) {
    let styles = &ui.dress.styles;
    let focused = ui.focus() == pane;
    canvas::rule(buffer, Rect { height: 1, ..area }, styles.border);
    let width = usize::from(area.width);
    // A name says more than a number.
    let position = if text::width(name) + text::width(position) + 10 > width { "" } else { position };
    let room = width.saturating_sub(if position.is_empty() { 4 } else { text::width(position) + 7 });
    let mut spans = vec![Span::styled("─", styles.border)];
    if crumbs.is_empty() || crumbs.iter().map(Span::width).sum::<usize>() > room {
        let lead = if focused { " ▸ " } else { " " };
        spans.push(Span::styled(lead, styles.focus));
        let name = text::fit(name, room.saturating_sub(lead.len()));
        let left = room.saturating_sub(text::width(&name) + 4);
        spans.push(Span::styled(name, if focused { styles.focus } else { styles.text }));
        spans.push(Span::raw(" "));
        if !aside.is_empty() && left > 3 {
            spans.push(Span::styled(format!("{} ", text::fit(aside, left)), styles.muted));
        }
    } else {
        spans.extend(crumbs);
    }
    canvas::line(buffer, area, 0, &Line::from(spans));
    if !position.is_empty() {
        let from = area.width.saturating_sub(u16::try_from(text::width(position) + 3).unwrap_or(0));
        let corner = Rect { x: area.x + from, width: area.width - from, height: 1, ..area };
        canvas::line(buffer, corner, 0, &Line::styled(format!(" {position} "), styles.muted));
    }
}

/// Where only one pane fits: all of them by name, the one in use marked.
fn crumbs(ui: &Ui) -> Vec<Span<'static>> {
    let styles = &ui.dress.styles;
    let mut spans = vec![Span::raw(" ")];
    for (number, pane) in ui.view.panes().iter().enumerate() {
        if number > 0 {
            spans.push(Span::styled(" › ", styles.muted));
        }
        let name = match pane {
            Pane::Sections => "Sections",
            Pane::Items => "Items",
            Pane::Item => "Item",
            Pane::Findings => "Findings",
            Pane::Finding => "Finding",
            Pane::Queries => "Queries",
            Pane::Query => "Query",
            Pane::Sites => "Web",
            Pane::Site => sites::title(ui),
            Pane::Packages => "Packages",
            Pane::Package => packages::title(ui),
            Pane::Report => "Report",
        };
        let style = if *pane == ui.focus() { styles.focus.add_modifier(Modifier::UNDERLINED) } else { styles.muted };
        spans.push(Span::styled(name, style));
    }
    spans.push(Span::raw(" "));
    spans
}

fn name(ui: &Ui, session: &Session, pane: Pane) -> (String, String) {
    let filtered = |filter: &str| if filter.is_empty() { String::new() } else { format!("· filter: {filter}") };
    match pane {
        Pane::Sections => ("Sections".to_owned(), String::new()),
        Pane::Items => (sections::title(ui, session), filtered(ui.checklist.filter.value())),
        Pane::Item => {
            let id = ui.checklist.items.selected.as_ref().map(ToString::to_string);
            ("Item".to_owned(), id.unwrap_or_default())
        }
        Pane::Findings => ("Findings".to_owned(), filtered(ui.findings.filter.value())),
        Pane::Finding => ("Finding".to_owned(), String::new()),
        Pane::Queries => {
            let server = session.database().map(|report| &report.server).filter(|server| !server.is_empty());
            let server = server.map(|server| format!("· {server}")).unwrap_or_default();
            let filter = filtered(ui.database.filter.value());
            ("Queries".to_owned(), if filter.is_empty() { server } else { filter })
        }
        Pane::Query => {
            let judged_now = session.database_run().and_then(ProbeRun::running_only);
            let in_hand = ui.database.list.selected.as_deref();
            let aside = if in_hand.is_some() && judged_now == in_hand { "· being judged anew …" } else { "" };
            ("Query".to_owned(), aside.to_owned())
        }
        Pane::Sites => ("Web".to_owned(), filtered(ui.web.filter.value())),
        Pane::Site => {
            let again = session.web().is_some() && session.web_run().is_some_and(is_running);
            (sites::title(ui).to_owned(), if again { "· being looked at again …" } else { "" }.to_owned())
        }
        Pane::Packages => ("Packages".to_owned(), filtered(ui.dependencies.filter.value())),
        Pane::Package => {
            let again = session.dependencies().is_some() && session.dependencies_run().is_some_and(is_running);
            (packages::title(ui).to_owned(), if again { "· being looked up again …" } else { "" }.to_owned())
        }
        Pane::Report => ("Report".to_owned(), String::new()),
    }
}

fn is_running(run: &ProbeRun) -> bool {
    run.running().is_some()
}

fn of(at: usize, rows: usize) -> String {
    if rows == 0 { String::new() } else { format!("{} of {rows}", at + 1) }
}

/// How a row of a list is drawn: its two ends, each with its style.
struct Ends {
    left: Vec<Span<'static>>,
    right: Vec<Span<'static>>,
}

/// Draws the rows of a list that are in view; only these are laid out.
fn list<T: PartialEq>(
    ui: &Ui,
    area: Rect,
    rows: &Rows<T>,
    (offset, selected, focused): (usize, Option<&T>, bool),
    buffer: &mut Buffer,
    mut entry: impl FnMut(&T, usize) -> Ends,
) {
    let styles = &ui.dress.styles;
    let width = usize::from(area.width);
    let height = usize::from(area.height);
    let offset = list::clamp(offset, height, rows.all().len());
    for (number, row) in rows.all().iter().skip(offset).take(height).enumerate() {
        let at = u16::try_from(number).unwrap_or(u16::MAX);
        match row {
            Row::Head(title, aside) => {
                let title = text::fit(title, width.saturating_sub(text::width(aside) + 1));
                let left = Line::styled(title, styles.title);
                canvas::both_ends(buffer, area, at, &left, &Line::styled(aside.clone(), styles.muted));
            }
            Row::Entry(value) => {
                let chosen = selected == Some(value);
                let ends = entry(value, width);
                canvas::both_ends(buffer, area, at, &Line::from(ends.left), &Line::from(ends.right));
                if chosen {
                    highlight(area, at, focused, styles, buffer);
                }
            }
        }
    }
}

/// Marks the row in hand: a bar in the column of air at its left, and the selection's colour where the list is in use.
fn highlight(area: Rect, row: u16, focused: bool, styles: &Styles, buffer: &mut Buffer) {
    let wide = Rect { x: area.x.saturating_sub(1), width: area.width + 2, ..area };
    let style = if focused { styles.selection } else { Style::new() };
    canvas::tint(buffer, wide, row, style.add_modifier(Modifier::BOLD));
    let bar = if focused { styles.focus } else { styles.muted };
    let gutter = Rect { width: 1, ..wide };
    canvas::line(buffer, gutter, row, &Line::styled("▎", bar.patch(style)));
}

//! The items of the section in hand.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ends, list};
use crate::model::{Item, Severity, Status, Verdict};
use crate::session::Session;
use crate::tui::keymap::Action;
use crate::tui::style::{Styles, extras};
use crate::tui::ui_state::{Pane, Ui};
use crate::tui::widgets::{canvas, text};

pub(super) fn draw(ui: &Ui, session: &Session, area: Rect, buffer: &mut Buffer) {
    let styles = &ui.dress.styles;
    if ui.index.items.is_empty() {
        nothing(ui, session, area, buffer);
        return;
    }
    let state = &ui.checklist.items;
    let shown = (state.offset, state.selected.as_ref(), ui.focus() == Pane::Items);
    list(ui, area, &ui.index.items, shown, buffer, |id, width| {
        let blank = || Ends { left: Vec::new(), right: Vec::new() };
        match (session.item(id), session.verdict(id)) {
            (Some(item), Some(verdict)) => row(styles, item, verdict, width),
            _ => blank(),
        }
    });
}

fn row(styles: &Styles, item: &Item, verdict: &Verdict, width: usize) -> Ends {
    let mark = styles.status(&verdict.status);
    let wide = width >= 64;
    let word = if verdict.status == Status::NotApplicable && !wide { "n/a" } else { mark.word };
    let extras = match (extras(verdict), wide) {
        (extras, true) => extras,
        ("* stale ⇄ conflict", false) => "*⇄",
        ("* stale", false) => "*",
        ("⇄ conflict", false) => "⇄",
        (_, false) => "",
    };
    // Without its title a row says nothing.
    let severity_counts = wide || (width >= 32 && verdict.severity == Severity::Blocker && !verdict.status.settled());
    let mut right = Vec::new();
    if !extras.is_empty() {
        right.push(Span::styled(format!("{extras}  "), styles.unknown));
    }
    if severity_counts {
        let style = if verdict.status.settled() { styles.muted } else { styles.severity(verdict.severity) };
        right.push(Span::styled(format!("{}  ", text::pad(verdict.severity.word(), 7)), style));
    }
    right.push(Span::styled(text::pad(word, if wide { 14 } else { 8 }), mark.style));
    let taken: usize = right.iter().map(Span::width).sum();
    let title = text::fit(&item.title, width.saturating_sub(taken + 3));
    let left = vec![Span::styled(format!("{} ", mark.glyph), mark.style), Span::styled(title, styles.text)];
    Ends { left, right }
}

fn nothing(ui: &Ui, session: &Session, area: Rect, buffer: &mut Buffer) {
    let filter = ui.checklist.filter.value();
    let words = if !filter.is_empty() {
        format!("No item contains \"{filter}\". {} clears the filter.", ui.keymap.hint(Action::Back))
    } else if session.items().next().is_none() {
        "No checklist is loaded.".to_owned()
    } else {
        "This section has no items.".to_owned()
    };
    for (row, line) in text::wrap(&words, usize::from(area.width)).into_iter().enumerate() {
        let row = u16::try_from(row + 1).unwrap_or(u16::MAX);
        canvas::line(buffer, area, row, &Line::styled(line, ui.dress.styles.muted));
    }
}

//! Every query of the project, the most harmful first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::yet::{self, Words};
use super::{Ends, list};
use crate::model::{ExaminedQuery, Severity, grouped};
use crate::session::Session;
use crate::tui::keymap::Action;
use crate::tui::style::{Mark, Styles};
use crate::tui::ui_state::{Pane, Ui};
use crate::tui::widgets::{canvas, text};

/// Columns of a table's name where there is room, and where there is little.
const TABLE: (usize, usize) = (16, 10);

/// What the name of a query begins with whose list of columns is long.
const SELECTS: &str = "select …";

pub(super) fn draw(ui: &Ui, session: &Session, area: Rect, buffer: &mut Buffer) {
    let styles = &ui.dress.styles;
    if ui.index.queries.is_empty() {
        for (row, line) in text::wrap(&nothing(ui, session), usize::from(area.width)).into_iter().enumerate() {
            let row = u16::try_from(row + 1).unwrap_or(u16::MAX);
            canvas::line(buffer, area, row, &Line::styled(line, styles.muted));
        }
        return;
    }
    let state = &ui.database.list;
    let shown = (state.offset, state.selected.as_ref(), ui.focus() == Pane::Queries);
    list(ui, area, &ui.index.queries, shown, buffer, |id, width| match ui.index.query(session, id) {
        Some(query) => row(styles, query, width),
        None => Ends { left: Vec::new(), right: Vec::new() },
    });
}

/// How a query stands: glyph and words.
pub(super) fn mark(styles: &Styles, query: &ExaminedQuery) -> Mark {
    match query.worst() {
        Some(harm) => {
            let glyph = if harm.severity == Severity::Minor { "–" } else { "✗" };
            Mark { glyph, word: harm.severity.word(), style: styles.severity(harm.severity) }
        }
        None if query.not_examined.is_some() => Mark { glyph: "?", word: "not examined", style: styles.unknown },
        None => Mark { glyph: "✓", word: "fine", style: styles.pass },
    }
}

fn row(styles: &Styles, query: &ExaminedQuery, width: usize) -> Ends {
    let mark = mark(styles, query);
    let mut left = vec![Span::styled(format!("{} ", mark.glyph), mark.style)];
    let mut right = Vec::new();
    if let Some(harm) = query.worst() {
        left.push(Span::styled(format!("{} ", harm.tier.letter()), mark.style));
        if width >= 36 {
            left.push(Span::styled(format!("{} ", text::pad(mark.word, 7)), mark.style));
        }
        if width >= 50 {
            let columns = if width >= 90 { TABLE.0 } else { TABLE.1 };
            let table = text::pad(harm.table.as_deref().unwrap_or_default(), columns);
            left.push(Span::styled(format!("{table} "), styles.title));
        }
        let rows = grouped(harm.rows_read);
        let words = match width {
            90.. => format!("reads {rows} rows"),
            50.. => format!("{rows} rows"),
            _ => rows,
        };
        right.push(Span::styled(words, styles.text));
    }
    if let Some(calls) = query.calls.filter(|_| width >= 76) {
        let words = format!("{:>14}", format!("{} calls", grouped(calls.calls)));
        right.push(Span::styled(words, styles.muted));
    }
    let taken: usize = left.iter().chain(&right).map(Span::width).sum();
    let mut room = width.saturating_sub(taken + 2);
    if let Some(why) = &query.not_examined {
        let why = text::fit(&format!("it {why}"), room / 2);
        room = room.saturating_sub(text::width(&why) + 1);
        right.insert(0, Span::styled(why, styles.muted));
    }
    let name = query.name();
    // What is left out of a query needs no word before it.
    let name = name
        .get(..SELECTS.len())
        .filter(|start| start.eq_ignore_ascii_case(SELECTS))
        .map_or(&*name, |start| name.get(start.len() - "…".len()..).unwrap_or(&name));
    left.push(Span::styled(text::fit(name, room), styles.text));
    Ends { left, right }
}

/// What to do where there is no query to show.
fn nothing(ui: &Ui, session: &Session) -> String {
    let key = |action| ui.keymap.hint(action);
    let filter = ui.database.filter.value();
    if let Some(report) = session.database() {
        return if filter.is_empty() || report.queries.is_empty() {
            format!(
                "The code sends no query that could be found. If it does, put some into a file and start with \
                 --queries FILE.sql. {} looks again.",
                key(Action::Run)
            )
        } else {
            format!("No query contains \"{filter}\". {} clears the filter.", key(Action::Back))
        };
    }
    let about = "Here every query of the project will stand with what it costs now and once its tables have grown, its \
                 plan, and the index that helps.";
    let harmless = "gonogo only reads, and executes none of your queries.";
    yet::nothing(
        ui,
        session,
        session.database_run(),
        &Words {
            about,
            running: "The database is being examined.",
            kept: "queries",
            again: "examines them again",
            offered: "it only reads, and executes none of your queries",
            name: format!("to name a database, or start with --database URL. {harmless}"),
            another: "names another database",
        },
    )
}

//! Every finding, worst first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ends, list};
use crate::model::{Confidence, Finding};
use crate::session::Session;
use crate::tui::keymap::Action;
use crate::tui::plain;
use crate::tui::style::Styles;
use crate::tui::ui_state::{Pane, Ui};
use crate::tui::widgets::{canvas, text};

pub(super) fn draw(ui: &Ui, session: &Session, area: Rect, buffer: &mut Buffer) {
    let styles = &ui.dress.styles;
    if ui.index.findings.is_empty() {
        for (row, line) in text::wrap(&nothing(ui, session), usize::from(area.width)).into_iter().enumerate() {
            let row = u16::try_from(row + 1).unwrap_or(u16::MAX);
            canvas::line(buffer, area, row, &Line::styled(line, styles.muted));
        }
        return;
    }
    let state = &ui.findings.list;
    let shown = (state.offset, state.selected.as_ref(), ui.focus() == Pane::Findings);
    list(ui, area, &ui.index.findings, shown, buffer, |print, width| match ui.index.finding(session, print) {
        Some(finding) => row(styles, finding, width),
        None => Ends { left: Vec::new(), right: Vec::new() },
    });
}

fn row(styles: &Styles, finding: &Finding, width: usize) -> Ends {
    // What may be wrong is a question, and does not fail its items.
    let (glyph, style) =
        if finding.confidence == Confidence::Low { ("?", styles.unknown) } else { ("✗", styles.fail) };
    let place = text::fit_end(&plain::place(&finding.location), width * 2 / 5);
    let message = text::fit(&finding.message, width.saturating_sub(text::width(&place) + 4));
    Ends {
        left: vec![Span::styled(format!("{glyph} "), style), Span::styled(message, styles.text)],
        right: vec![Span::styled(place, styles.muted)],
    }
}

fn nothing(ui: &Ui, session: &Session) -> String {
    let filter = ui.findings.filter.value();
    if !filter.is_empty() && !ui.index.all_findings().is_empty() {
        format!("No finding contains \"{filter}\". {} clears the filter.", ui.keymap.hint(Action::Back))
    } else if session.running() {
        "Nothing found so far; probes are running.".to_owned()
    } else if session.runs().iter().all(|run| run.last.is_none()) {
        format!("No probe has run yet. {} runs them all.", ui.keymap.hint(Action::RunAll))
    } else {
        "No findings. That alone is no proof: the checklist says what was examined.".to_owned()
    }
}

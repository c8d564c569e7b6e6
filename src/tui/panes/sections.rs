//! The sections with their answers in the poll.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::{Ends, list};
use crate::session::{SectionSummary, Session};
use crate::tui::style::Mark;
use crate::tui::ui_state::{Pane, Ui, Within};
use crate::tui::widgets::text;

/// What the items pane shows, as its title.
pub(super) fn title(ui: &Ui, session: &Session) -> String {
    match &ui.checklist.sections.selected {
        Some(Within::Section(id)) => {
            let mut sections = session.checklists().iter().flat_map(|list| &list.sections);
            sections.find(|section| section.id == *id).map(|section| section.title.clone()).unwrap_or_default()
        }
        Some(Within::Everything) | None => "All items".to_owned(),
    }
}

pub(super) fn draw(ui: &Ui, session: &Session, area: Rect, buffer: &mut Buffer) {
    let styles = &ui.dress.styles;
    let summaries = session.sections();
    let of = |id: &str| -> Option<&SectionSummary<'_>> { summaries.iter().find(|summary| summary.section.id == id) };
    let state = &ui.checklist.sections;
    let shown = (state.offset, state.selected.as_ref(), ui.focus() == Pane::Sections);
    list(ui, area, &ui.index.sections, shown, buffer, |within, width| {
        let (mark, title, counts) = match within {
            Within::Everything => {
                let decision = styles.decision(session.decision());
                // The long form of the verdict stands in the header.
                let word = if decision.glyph == "!" { "go" } else { decision.word };
                (Mark { word, ..decision }, "Everything", session.counts())
            }
            Within::Section(id) => match of(id) {
                Some(summary) => (styles.poll(summary.poll), summary.section.title.as_str(), summary.counts),
                None => (Mark { glyph: " ", word: "", style: styles.muted }, id.as_str(), Default::default()),
            },
        };
        let mut right = vec![Span::styled(mark.word.to_lowercase(), mark.style)];
        if width >= 30 {
            let settled = format!("{:>7}", format!("{}/{}", counts.settled(), counts.items));
            right.push(Span::styled(settled, styles.muted));
        }
        let taken: usize = right.iter().map(Span::width).sum();
        let title = text::fit(title, width.saturating_sub(taken + 3));
        Ends {
            left: vec![Span::styled(format!("{} ", mark.glyph), mark.style), Span::styled(title, styles.text)],
            right,
        }
    });
}

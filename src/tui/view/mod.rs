//! Draws everything: panes, what surrounds them, what lies over them.

pub mod dialogs;

use std::collections::BTreeMap;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::layout::{Layout, SMALLEST};
use super::panes;
use super::style::fold_to_ascii;
use super::ui_state::Ui;
use super::widgets::canvas;
use crate::model::{ProbeId, Progress};
use crate::session::Session;

/// Draws one frame.
pub fn view(ui: &Ui, session: &Session, progress: &BTreeMap<ProbeId, Progress>, frame: &mut Frame<'_>) {
    let area = frame.area();
    let styles = &ui.dress.styles;
    let layout = Layout::new(area, ui.view, ui.focus(), &ui.splits);
    let buffer = frame.buffer_mut();
    buffer.set_style(area, styles.background.patch(styles.text));
    let cursor = if layout.too_small {
        let words = format!("too small: {}×{} needed", SMALLEST.0, SMALLEST.1);
        canvas::line(buffer, area, 0, &Line::raw(words));
        None
    } else {
        panes::header(ui, session, progress, &layout, buffer);
        for (_, line) in layout.dividers.iter().filter(|(_, line)| line.width == 1) {
            canvas::rule(buffer, *line, styles.border);
        }
        for (pane, _) in &layout.panes {
            panes::draw(ui, session, &layout, *pane, buffer);
        }
        join(&layout, buffer, styles.border);
        panes::notice(ui, session, layout.notice, buffer);
        panes::footer(ui, layout.footer, buffer);
        let mut cursor = None;
        for modal in &ui.modals {
            cursor = dialogs::draw(ui, modal, &layout, buffer);
        }
        cursor
    };
    if ui.dress.ascii {
        fold_to_ascii(buffer);
    }
    if let Some(Position { x, y }) = cursor.filter(|at| area.contains(*at)) {
        frame.set_cursor_position((x, y));
    }
}

/// Lets the thin lines meet where a title's line crosses a divider.
fn join(layout: &Layout, buffer: &mut ratatui::buffer::Buffer, style: ratatui::style::Style) {
    for (_, line) in layout.dividers.iter().filter(|(_, line)| line.width == 1 && line.height > 1) {
        if let Some(cell) = buffer.cell_mut(Position::new(line.x, line.y)) {
            cell.set_symbol("┬").set_style(style);
        }
    }
    let uprights = layout.dividers.iter().filter(|(_, line)| line.width == 1).map(|(_, line)| *line);
    let titles = layout.dividers.iter().filter(|(_, line)| line.height == 1 && line.width > 1).map(|(_, line)| *line);
    for title in titles {
        for upright in uprights.clone() {
            let corner = Rect { x: upright.x, y: title.y, width: 1, height: 1 };
            if upright.right() == title.x && corner.intersects(upright) {
                if let Some(cell) = buffer.cell_mut(Position::new(corner.x, corner.y)) {
                    cell.set_symbol("├").set_style(style);
                }
            }
        }
    }
}

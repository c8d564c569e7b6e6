//! Drawing that cannot leave its area.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::text;

/// Draws `line` in row `row` of `area`, cut at its edge.
pub fn line(buffer: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
    let area = area.intersection(buffer.area);
    if row < area.height {
        buffer.set_line(area.x, area.y + row, line, area.width);
    }
}

/// Draws `left` and, at the right edge, `right`; the left one gives way.
pub fn both_ends(buffer: &mut Buffer, area: Rect, row: u16, left: &Line<'_>, right: &Line<'_>) {
    let area = area.intersection(buffer.area);
    if row >= area.height {
        return;
    }
    let wide = u16::try_from(right.width()).unwrap_or(u16::MAX);
    if wide >= area.width {
        buffer.set_line(area.x, area.y + row, right, area.width);
        return;
    }
    let room = area.width - wide;
    buffer.set_line(area.x, area.y + row, left, room.saturating_sub(1));
    buffer.set_line(area.x + room, area.y + row, right, wide);
}

/// Gives a whole row of `area` a style.
pub fn tint(buffer: &mut Buffer, area: Rect, row: u16, style: Style) {
    let area = area.intersection(buffer.area);
    if row < area.height {
        buffer.set_style(Rect { y: area.y + row, height: 1, ..area }, style);
    }
}

/// Draws a thin line over the whole length of `area`, which is one column or one row.
pub fn rule(buffer: &mut Buffer, area: Rect, style: Style) {
    let area = area.intersection(buffer.area);
    let symbol = if area.height == 1 { "─" } else { "│" };
    for position in area.positions() {
        if let Some(cell) = buffer.cell_mut(position) {
            cell.set_symbol(symbol).set_style(style);
        }
    }
}

/// Empties `area`.
pub fn clear(buffer: &mut Buffer, area: Rect, style: Style) {
    let area = area.intersection(buffer.area);
    for position in area.positions() {
        if let Some(cell) = buffer.cell_mut(position) {
            cell.reset();
            cell.set_style(style);
        }
    }
}

/// A frame with a title, for what lies over the panes. Returns the area inside, with a column of air at each side.
pub fn dialog(buffer: &mut Buffer, area: Rect, title: &str, border: Style, title_style: Style, back: Style) -> Rect {
    let area = area.intersection(buffer.area);
    clear(buffer, area, back);
    if area.width < 4 || area.height < 3 {
        return area;
    }
    let (right, bottom) = (area.right() - 1, area.bottom() - 1);
    for row in [area.y, bottom] {
        rule(buffer, Rect { y: row, height: 1, ..area }, border);
    }
    for column in [area.x, right] {
        rule(buffer, Rect { x: column, width: 1, y: area.y, height: area.height }, border);
    }
    for (x, y, corner) in [(area.x, area.y, "┌"), (right, area.y, "┐"), (area.x, bottom, "└"), (right, bottom, "┘")]
    {
        buffer.set_string(x, y, corner, border);
    }
    let title = text::fit(title, usize::from(area.width.saturating_sub(6)));
    let title = Line::from(vec![Span::raw(" "), Span::styled(title, title_style), Span::raw(" ")]);
    buffer.set_line(area.x + 2, area.y, &title, area.width.saturating_sub(4));
    Rect { x: area.x + 2, y: area.y + 1, width: area.width - 4, height: area.height - 2 }
}

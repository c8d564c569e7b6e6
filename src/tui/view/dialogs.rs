//! Draws what lies over the views, and says where its parts lie.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;
use tui_input::Input;

use crate::tui::address;
use crate::tui::keymap::{Action, TABLE};
use crate::tui::layout::Layout;
use crate::tui::modal::{AcceptForm, FormField, Modal, NoteDialog, Picker, Prompt, Purpose};
use crate::tui::style::Styles;
use crate::tui::ui_state::{Ui, View};
use crate::tui::widgets::{canvas, list, text};

/// Where a dialog lies in a window of this size.
#[must_use]
pub fn area(modal: &Modal, size: Size) -> Rect {
    match modal {
        Modal::Help(_) => centred(size, 84, 50),
        Modal::Picker(picker) => picker_parts(picker, size).frame,
        Modal::Note(_) => centred(size, 80, 14),
        Modal::Accept(_) => centred(size, 72, 12),
        Modal::Prompt(_) => centred(size, 76, 9),
        Modal::Filter(_) => Rect::default(),
    }
}

fn centred(size: Size, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(size.width.saturating_sub(2)), height.min(size.height));
    Rect { x: (size.width - width) / 2, y: (size.height - height) / 2, width, height }
}

struct PickerParts {
    frame: Rect,
    about: Vec<String>,
    input: Option<u16>,
    list: Rect,
}

fn picker_parts(picker: &Picker, size: Size) -> PickerParts {
    let width = if picker.input.is_some() { 100 } else { 76 };
    let width = width.min(size.width.saturating_sub(2));
    let mut about = text::wrap(&picker.about, usize::from(width.saturating_sub(4)));
    // The choices matter more than the words above them.
    about.truncate(usize::from(size.height.saturating_sub(8)));
    let about_rows = u16::try_from(about.len()).unwrap_or(0);
    let above = if about_rows > 0 { about_rows + 1 } else { 0 } + if picker.input.is_some() { 2 } else { 0 };
    let rows = u16::try_from(picker.choices.len()).unwrap_or(u16::MAX).min(18);
    let height = (above + rows.max(1) + 2).min(size.height);
    let frame = centred(size, width, height);
    let inner = Rect {
        x: frame.x + 2,
        y: frame.y + 1,
        width: frame.width.saturating_sub(4),
        height: frame.height.saturating_sub(2),
    };
    let above = above.min(inner.height.saturating_sub(1));
    let list = Rect { y: inner.y + above, height: inner.height - above, ..inner };
    let input = picker.input.is_some().then(|| inner.y + above.saturating_sub(2));
    PickerParts { frame, about, input, list }
}

/// How many choices of a picker are in view.
#[must_use]
pub fn picker_rows(picker: &Picker, size: Size) -> usize {
    usize::from(picker_parts(picker, size).list.height)
}

/// Where the choices of a picker lie.
#[must_use]
pub fn picker_list(picker: &Picker, size: Size) -> Rect {
    picker_parts(picker, size).list
}

/// The field of the acceptance form at this place.
#[must_use]
pub fn field_at(at: Position, size: Size) -> Option<usize> {
    let frame = centred(size, 72, 12);
    let row = usize::from(at.y.checked_sub(frame.y + 1)?);
    (frame.contains(at) && row < 9 && frame.height >= 11).then_some(row / 3)
}

/// Draws one dialog and says where its cursor stands.
pub fn draw(ui: &Ui, modal: &Modal, layout: &Layout, buffer: &mut Buffer) -> Option<Position> {
    let size = buffer.area.as_size();
    let frame = area(modal, size);
    match modal {
        Modal::Help(scroll) => help(ui, frame, *scroll, buffer),
        Modal::Picker(picker) => return draw_picker(ui, picker, size, buffer),
        Modal::Note(note) => draw_note(ui, note, frame, buffer),
        Modal::Accept(form) => return draw_form(ui, form, frame, buffer),
        Modal::Prompt(prompt) => return draw_prompt(ui, prompt, frame, buffer),
        Modal::Filter(_) => return draw_filter(ui, layout, buffer),
    }
    None
}

fn open(ui: &Ui, frame: Rect, title: &str, hints: &[(Action, &str)], buffer: &mut Buffer) -> Rect {
    let styles = &ui.dress.styles;
    let back = styles.background.patch(styles.text);
    let inner = canvas::dialog(buffer, frame, title, styles.focus.remove_modifier(BOLD), styles.title, back);
    let mut spans = vec![Span::raw(" ")];
    for (action, word) in hints {
        spans.push(Span::styled(ui.keymap.hint(*action), styles.focus));
        spans.push(Span::styled(format!(" {word} "), styles.muted));
    }
    let hint = Line::from(spans);
    let wide = u16::try_from(hint.width()).unwrap_or(u16::MAX);
    if frame.height > 2 && wide + 4 <= frame.width {
        let corner = Rect { x: frame.right() - wide - 2, y: frame.bottom() - 1, width: wide, height: 1 };
        canvas::line(buffer, corner, 0, &hint);
    }
    inner
}

const BOLD: ratatui::style::Modifier = ratatui::style::Modifier::BOLD;

fn draw_picker(ui: &Ui, picker: &Picker, size: Size, buffer: &mut Buffer) -> Option<Position> {
    let styles = &ui.dress.styles;
    let parts = picker_parts(picker, size);
    let inner = open(ui, parts.frame, &picker.title, &[(Action::Submit, "choose"), (Action::Close, "cancel")], buffer);
    for (row, line) in parts.about.iter().enumerate() {
        let row = u16::try_from(row).unwrap_or(u16::MAX);
        if inner.y + row < parts.list.y {
            canvas::line(buffer, inner, row, &Line::styled(line.as_str(), styles.text));
        }
    }
    let mut cursor = None;
    if let (Some(input), Some(y)) = (&picker.input, parts.input) {
        let field = Rect { y, height: 1, ..inner };
        let found = format!("{} of {}", picker.shown.len(), picker.choices.len());
        let wide = u16::try_from(text::width(&found)).unwrap_or(0);
        if field.y < parts.list.y {
            cursor = Some(draw_input(
                styles,
                input,
                None,
                Rect { width: field.width.saturating_sub(wide + 1), ..field },
                buffer,
            ));
            canvas::both_ends(
                buffer,
                Rect { x: field.right().saturating_sub(wide), width: wide, ..field },
                0,
                &Line::default(),
                &Line::styled(found, styles.muted),
            );
        }
    }
    let height = usize::from(parts.list.height);
    let offset = list::clamp(picker.offset, height, picker.shown.len());
    let rows = picker.shown.iter().skip(offset).take(height).filter_map(|at| picker.choices.get(*at));
    for (number, choice) in rows.enumerate() {
        let row = u16::try_from(number).unwrap_or(u16::MAX);
        let width = usize::from(parts.list.width);
        let label = text::fit(&choice.label, width.saturating_sub(2));
        let left = width.saturating_sub(text::width(&label) + 5);
        let aside = if left < 4 { String::new() } else { text::fit_end(&choice.aside, left) };
        let chosen = offset + number == picker.at;
        let lead = if chosen { Span::styled("▸ ", styles.focus) } else { Span::raw("  ") };
        let left = Line::from(vec![lead, Span::styled(label, styles.text)]);
        canvas::both_ends(buffer, parts.list, row, &left, &Line::styled(aside, styles.muted));
        if chosen {
            canvas::tint(buffer, parts.list, row, styles.selection);
        }
    }
    if picker.shown.is_empty() {
        canvas::line(buffer, parts.list, 0, &Line::styled("Nothing matches.", styles.muted));
    }
    cursor
}

/// Draws a line of text being typed, scrolled so that the cursor is in view, and says where that is.
fn draw_input(styles: &Styles, input: &Input, mask: Option<String>, area: Rect, buffer: &mut Buffer) -> Position {
    let width = usize::from(area.width.max(1));
    let scroll = input.visual_scroll(width.saturating_sub(1).max(1));
    let shown = mask.as_deref().unwrap_or(input.value());
    let mut skipped = 0;
    let mut visible = String::new();
    for c in shown.chars() {
        if skipped < scroll {
            skipped += text::width(c.encode_utf8(&mut [0; 4])).max(1);
        } else {
            visible.push(c);
        }
    }
    canvas::line(
        buffer,
        area,
        0,
        &Line::styled(visible, styles.text.add_modifier(ratatui::style::Modifier::UNDERLINED)),
    );
    let at = input.visual_cursor().saturating_sub(scroll).min(width - 1);
    Position::new(area.x + u16::try_from(at).unwrap_or(0), area.y)
}

fn draw_note(ui: &Ui, note: &NoteDialog, frame: Rect, buffer: &mut Buffer) {
    let title = format!("Note on {}", note.item);
    let inner = open(ui, frame, &title, &[(Action::Save, "save"), (Action::Close, "cancel")], buffer);
    (&note.text).render(inner.intersection(buffer.area), buffer);
}

fn draw_form(ui: &Ui, form: &AcceptForm, frame: Rect, buffer: &mut Buffer) -> Option<Position> {
    let styles = &ui.dress.styles;
    let hints = [(Action::NextField, "next field"), (Action::Submit, "accept the risk"), (Action::Close, "cancel")];
    let inner = open(ui, frame, &format!("Accept the risk of {}", form.item), &hints, buffer);
    let all = inner.height >= 9;
    let mut cursor = None;
    for (number, field) in form.fields.iter().enumerate() {
        if !all && number != form.at {
            continue;
        }
        let row = if all { u16::try_from(number * 3).unwrap_or(0) } else { 0 };
        let label = AcceptForm::LABELS.get(number).copied().unwrap_or_default();
        let hint = AcceptForm::HINTS.get(number).copied().unwrap_or_default();
        let style = if number == form.at { styles.focus } else { styles.text };
        canvas::line(buffer, inner, row, &Line::styled(label, style));
        let from = 8.min(inner.width);
        let area = Rect { x: inner.x + from, y: inner.y + row, width: inner.width - from, height: 1 };
        let at = draw_input(styles, &field.input, None, area, buffer);
        if number == form.at {
            cursor = Some(at);
        }
        let below = Rect { y: area.y + 1, ..area };
        if below.y < inner.bottom() {
            hint_or_error(styles, field, hint, below, buffer);
        }
    }
    cursor
}

fn hint_or_error(styles: &Styles, field: &FormField, hint: &str, area: Rect, buffer: &mut Buffer) {
    let line = match &field.error {
        Some(error) => Line::styled(text::fit(&format!("✗ {error}"), usize::from(area.width)), styles.fail),
        None => Line::styled(text::fit(hint, usize::from(area.width)), styles.muted),
    };
    canvas::line(buffer, area, 0, &line);
}

fn draw_prompt(ui: &Ui, prompt: &Prompt, frame: Rect, buffer: &mut Buffer) -> Option<Position> {
    let styles = &ui.dress.styles;
    let inner = open(ui, frame, prompt.title, &[(Action::Submit, "go on"), (Action::Close, "cancel")], buffer);
    let room = inner.height.saturating_sub(3);
    let about = text::wrap(prompt.about, usize::from(inner.width));
    let mut row = 0;
    for line in about.iter().take(usize::from(room)) {
        canvas::line(buffer, inner, row, &Line::styled(line.as_str(), styles.muted));
        row += 1;
    }
    row += u16::from(row > 0);
    let field = Rect { y: inner.y + row, height: 1, ..inner };
    let mask = (prompt.purpose == Purpose::Address).then(|| address::masked(prompt.field.input.value()));
    let cursor = draw_input(styles, &prompt.field.input, mask, field, buffer);
    let below = Rect { y: field.y + 1, ..field };
    if below.y < inner.bottom() {
        hint_or_error(styles, &prompt.field, "", below, buffer);
    }
    Some(cursor)
}

/// The filter is typed in the line of notices, so that what it does is seen at once; where there is none, in the
/// footer's.
fn draw_filter(ui: &Ui, layout: &Layout, buffer: &mut Buffer) -> Option<Position> {
    let styles = &ui.dress.styles;
    let line = if layout.notice.height > 0 { layout.notice } else { layout.footer };
    canvas::clear(buffer, line, styles.background.patch(styles.text));
    let input = match ui.view {
        View::Findings => &ui.findings.filter,
        View::Database => &ui.database.filter,
        View::Web => &ui.web.filter,
        View::Dependencies => &ui.dependencies.filter,
        View::Checklist | View::Report => &ui.checklist.filter,
    };
    let lead = "Filter: ";
    let hint = format!("{} keeps it, {} drops it", ui.keymap.hint(Action::Submit), ui.keymap.hint(Action::Close));
    let inner = Rect { x: line.x + 1, width: line.width.saturating_sub(2), ..line };
    let hint = if inner.width > 60 { hint } else { String::new() };
    canvas::both_ends(buffer, inner, 0, &Line::styled(lead, styles.focus), &Line::styled(hint.as_str(), styles.muted));
    let from = u16::try_from(lead.len()).unwrap_or(0).min(inner.width);
    let taken = from + u16::try_from(text::width(&hint)).unwrap_or(0) + 1;
    let field = Rect { x: inner.x + from, width: inner.width.saturating_sub(taken), ..inner };
    Some(draw_input(styles, input, None, field, buffer))
}

/// How many rows the help has.
#[must_use]
pub fn help_rows(ui: &Ui) -> usize {
    help_lines(ui, 80).len()
}

fn help(ui: &Ui, frame: Rect, scroll: usize, buffer: &mut Buffer) {
    let hints = [(Action::Down, "more"), (Action::Close, "close")];
    let inner = open(ui, frame, "Keys and marks", &hints, buffer);
    let lines = help_lines(ui, usize::from(inner.width));
    let height = usize::from(inner.height);
    let from = list::clamp(scroll, height, lines.len());
    for (row, line) in lines.iter().skip(from).take(height).enumerate() {
        canvas::line(buffer, inner, u16::try_from(row).unwrap_or(u16::MAX), line);
    }
}

fn help_lines(ui: &Ui, width: usize) -> Vec<Line<'static>> {
    let styles = &ui.dress.styles;
    let mut lines = Vec::new();
    let mut group = "";
    for entry in TABLE {
        if entry.group != group {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            group = entry.group;
            lines.push(Line::styled(group, styles.title));
        }
        let keys: Vec<String> = ui.keymap.keys(entry.action).map(|key| key.to_string()).collect();
        let keys = text::pad(&keys.join("  "), 18);
        let about = text::fit(entry.about, width.saturating_sub(20));
        lines.push(Line::from(vec![Span::styled(format!("  {keys}"), styles.focus), Span::styled(about, styles.text)]));
    }
    lines.push(Line::default());
    lines.push(Line::styled("Marks", styles.title));
    let marks: [(&str, &str, Style); 7] = [
        ("✓", "pass: true, on evidence or on a person's word", styles.pass),
        ("✗", "fail: not true", styles.fail),
        ("?", "unknown: nobody knows yet; it never counts as a pass", styles.unknown),
        ("~", "not applicable (n/a) to this project", styles.not_applicable),
        ("!", "accepted: somebody answers for the risk", styles.accepted),
        ("*", "stale: it passed, but the evidence is old or its files have changed", styles.unknown),
        ("⇄", "conflict: a person and a probe disagree", styles.unknown),
    ];
    for (glyph, words, style) in marks {
        let words = text::fit(words, width.saturating_sub(6));
        lines.push(Line::from(vec![Span::styled(format!("  {glyph}  "), style), Span::styled(words, styles.text)]));
    }
    lines
}

//! A page of text that scrolls: built for a width, drawn from any row.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{canvas, list, text};
use crate::model::{Fingerprint, ItemId};
use crate::tui::style::Styles;
use crate::tui::ui_state::WebRow;

/// What a click on a row leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The finding in its own view.
    Finding(Fingerprint),
    /// The item in the checklist.
    Item(ItemId),
    /// The query in the view of the database.
    Query(String),
    /// The site or server in the view of the web.
    Web(WebRow),
}

/// A page under construction.
#[derive(Debug)]
pub struct Doc<'a> {
    /// The styles in use.
    pub styles: &'a Styles,
    width: usize,
    lines: Vec<Line<'static>>,
    targets: Vec<(usize, Target)>,
}

impl<'a> Doc<'a> {
    /// An empty page, `width` columns wide.
    #[must_use]
    pub fn new(styles: &'a Styles, width: u16) -> Self {
        Self { styles, width: usize::from(width), lines: Vec::new(), targets: Vec::new() }
    }

    /// How many columns it has.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.lines.len()
    }

    /// An empty row, unless the page is empty or ends with one.
    pub fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| line.width() > 0) {
            self.lines.push(Line::default());
        }
    }

    /// A heading with air above it, and an aside behind it.
    pub fn heading(&mut self, words: &str, aside: &str) {
        self.gap();
        let mut spans = vec![Span::styled(words.to_owned(), self.styles.focus)];
        if !aside.is_empty() {
            let room = self.width.saturating_sub(words.len() + 2);
            spans.push(Span::styled(format!("  {}", text::fit(aside, room)), self.styles.muted));
        }
        self.lines.push(Line::from(spans));
    }

    /// Wrapped prose.
    pub fn prose(&mut self, indent: usize, words: &str, style: Style) {
        self.led("", indent, words, style, style);
    }

    /// Wrapped prose behind a lead such as a glyph; following lines are set in below the first.
    pub fn led(&mut self, lead: &str, indent: usize, words: &str, lead_style: Style, style: Style) {
        let inset = indent + text::width(lead);
        let room = self.width.saturating_sub(inset);
        for (number, line) in text::wrap(words, room).into_iter().enumerate() {
            let start = if number == 0 {
                Span::styled(format!("{}{lead}", " ".repeat(indent)), lead_style)
            } else {
                Span::raw(" ".repeat(inset))
            };
            self.lines.push(Line::from(vec![start, Span::styled(line, style)]));
        }
    }

    /// Preformatted lines, broken where they are too long.
    pub fn preformatted(&mut self, indent: usize, block: &str, style: Style) {
        for line in text::break_lines(block, self.width.saturating_sub(indent)) {
            self.lines.push(Line::from(vec![Span::raw(" ".repeat(indent)), Span::styled(line, style)]));
        }
    }

    /// A row that is cut at the edge. Its texts must be escaped already.
    pub fn row(&mut self, spans: Vec<Span<'static>>) {
        self.lines.push(Line::from(spans));
    }

    /// Texts side by side, each wrapped in a column of so many cells.
    pub fn columns(&mut self, indent: usize, cells: &[(usize, &str, Style)]) {
        let wrapped: Vec<Vec<String>> = cells.iter().map(|(wide, words, _)| text::wrap(words, *wide)).collect();
        let rows = wrapped.iter().map(Vec::len).max().unwrap_or(0);
        for row in 0..rows {
            let mut spans = vec![Span::raw(" ".repeat(indent))];
            for ((wide, _, style), lines) in cells.iter().zip(&wrapped) {
                let line = lines.get(row).map(String::as_str).unwrap_or_default();
                spans.push(Span::styled(text::pad(line, *wide), *style));
                spans.push(Span::raw("  "));
            }
            spans.pop();
            self.lines.push(Line::from(spans));
        }
    }

    /// A grade in a box, with lines at its right; where there is no room, in front of the first line with words.
    pub fn grade(&mut self, grade: &str, style: Style, lines: [Vec<Span<'static>>; 3]) {
        let boxed = self.width >= 30;
        let letter = text::fit(grade, 3);
        for (row, line) in lines.into_iter().enumerate() {
            let lead = match (boxed, row) {
                (false, 1) => format!("{letter:<3}"),
                (false, _) => String::new(),
                (true, 0) => "┌─────┐  ".to_owned(),
                (true, 1) => format!("│{letter:^5}│  "),
                (true, _) => "└─────┘  ".to_owned(),
            };
            if line.is_empty() && !boxed {
                continue;
            }
            let mut spans = vec![Span::styled(lead, style)];
            spans.extend(line);
            self.lines.push(Line::from(spans));
        }
    }

    /// Lets a click on any row from `first` on lead somewhere.
    pub fn link_from(&mut self, first: usize, target: &Target) {
        self.targets.extend((first..self.lines.len()).map(|row| (row, target.clone())));
    }

    /// What a click on `row` leads to.
    #[must_use]
    pub fn target(&self, row: usize) -> Option<&Target> {
        self.targets.iter().find(|(at, _)| *at == row).map(|(_, target)| target)
    }

    /// Draws the page from row `scroll` on, with a mark at the right edge where it goes on.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, scroll: usize) {
        let height = usize::from(area.height);
        let scroll = list::clamp(scroll, height, self.lines.len());
        for (row, line) in self.lines.iter().skip(scroll).take(height).enumerate() {
            canvas::line(buffer, area, u16::try_from(row).unwrap_or(u16::MAX), line);
        }
    }
}

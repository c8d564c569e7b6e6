//! A page of text that scrolls: built for a width, drawn from any row.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{canvas, list, text};
use crate::model::{Fingerprint, ItemId};
use crate::tui::style::Styles;

/// What a click on a row leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The finding in its own view.
    Finding(Fingerprint),
    /// The item in the checklist.
    Item(ItemId),
    /// The query in the view of the database.
    Query(String),
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

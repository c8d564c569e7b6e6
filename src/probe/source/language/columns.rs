//! Columns: how many characters stand before a byte in its line.

use std::cell::Cell;

/// Counts from the place that was asked for last, since a line may be as long as its file.
pub(super) struct Columns {
    /// Every character is one byte.
    plain: bool,
    /// Where the line begins, a byte in it, and how many characters stand before that byte.
    last: Cell<(usize, usize, usize)>,
}

impl Columns {
    pub(super) fn new(source: &str) -> Self {
        Self { plain: source.is_ascii(), last: Cell::new((0, 0, 0)) }
    }

    /// How many characters stand before `byte`, which is `in_line` bytes into its line.
    pub(super) fn before(&self, source: &str, byte: usize, in_line: usize) -> usize {
        if self.plain {
            return in_line;
        }
        let line = byte.saturating_sub(in_line);
        let (same, known, count) = self.last.get();
        let (known, count) = if same == line && known >= line { (known, count) } else { (line, 0) };
        let between = |from: usize, to: usize| source.get(from..to).unwrap_or("").chars().count();
        let found =
            if byte >= known { count + between(known, byte) } else { count.saturating_sub(between(byte, known)) };
        self.last.set((line, byte, found));
        found
    }
}

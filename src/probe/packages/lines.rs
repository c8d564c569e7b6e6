//! Line numbers of places in a text.

/// Where the lines of a text begin.
pub struct Lines<'a> {
    text: &'a str,
    breaks: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Goes through `text` once.
    pub fn of(text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        Self { text, breaks }
    }

    /// The line, from 1, of the byte at `offset`.
    pub fn at(&self, offset: usize) -> u32 {
        let before = self.breaks.partition_point(|&at| at < offset);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }

    /// The line on which `part` begins, which must be a piece of the same text.
    pub fn of_part(&self, part: &str) -> u32 {
        let offset = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.at(offset.min(self.text.len()))
    }
}

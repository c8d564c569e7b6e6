//! Lines for a terminal: colours where they are wanted, ASCII where it must be, and no control character from outside.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::model::escape;

/// What a piece of a line means; the colour only supports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    /// What stands back.
    Quiet,
    Good,
    Bad,
    Open,
    Accepted,
    /// Names and places.
    Accent,
    Strong(Colour),
}

/// One of the terminal's own colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    None,
    Green,
    Red,
    Yellow,
    Magenta,
    Cyan,
}

impl Tone {
    /// The same in bold.
    pub(super) const fn strong(self) -> Self {
        Self::Strong(match self {
            Self::Good => Colour::Green,
            Self::Bad => Colour::Red,
            Self::Open => Colour::Yellow,
            Self::Accepted => Colour::Magenta,
            Self::Accent => Colour::Cyan,
            Self::Plain | Self::Quiet | Self::Strong(_) => Colour::None,
        })
    }

    /// The parameters of "select graphic rendition" (ECMA-48).
    const fn parameters(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Quiet => "2",
            Self::Good => "32",
            Self::Bad => "31",
            Self::Open => "33",
            Self::Accepted => "35",
            Self::Accent => "36",
            Self::Strong(Colour::None) => "1",
            Self::Strong(Colour::Green) => "1;32",
            Self::Strong(Colour::Red) => "1;31",
            Self::Strong(Colour::Yellow) => "1;33",
            Self::Strong(Colour::Magenta) => "1;35",
            Self::Strong(Colour::Cyan) => "1;36",
        }
    }
}

/// Where the lines go.
pub(super) struct Paint<'w> {
    out: &'w mut dyn Write,
    color: bool,
    ascii: bool,
}

impl<'w> Paint<'w> {
    pub(super) fn new(out: &'w mut dyn Write, color: bool, ascii: bool) -> Self {
        Self { out, color, ascii }
    }

    /// One line of pieces.
    pub(super) fn line(&mut self, pieces: &[(Tone, &str)]) -> io::Result<()> {
        let last = pieces.iter().rposition(|(_, text)| !text.trim_end().is_empty());
        for (at, (tone, text)) in pieces.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
            let text = escape::line(if Some(at) == last { text.trim_end() } else { text });
            let text = if self.ascii { to_ascii(&text) } else { text };
            let parameters = tone.parameters();
            if self.color && !parameters.is_empty() && !text.trim().is_empty() {
                write!(self.out, "\u{1b}[{parameters}m{text}\u{1b}[0m")?;
            } else {
                write!(self.out, "{text}")?;
            }
        }
        writeln!(self.out)
    }
}

fn to_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(escape::ascii).collect())
}

//! What not every reader of HTTP reads alike.

/// A way in which an answer breaks the rules of RFC 9110 and RFC 9112.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oddity {
    /// Two `Content-Length` of different values (RFC 9112, section 6.3).
    TwoLengths,
    /// `Content-Length` beside `Transfer-Encoding` (RFC 9112, section 6.1).
    LengthAndChunked,
    /// A `Content-Length` that is no number (RFC 9112, section 6.3).
    LengthNotANumber,
    /// A `Transfer-Encoding` that does not end in `chunked` (RFC 9112, section 6.3), or that says something else.
    UnknownTransfer,
    /// A control character in a header (RFC 9110, section 5.5).
    Control,
    /// A character in a header's name that no name may have (RFC 9110, section 5.1).
    BadName,
    /// A line without a colon (RFC 9112, section 5).
    NoColon,
    /// A blank between name and colon (RFC 9112, section 5.1).
    SpaceBeforeColon,
    /// A header over several lines (RFC 9112, section 5.2).
    Folded,
    /// A line that ends in LF alone (RFC 9112, section 2.2).
    BareLineFeed,
    /// A value that is not UTF-8; allowed, and read in different ways (RFC 9110, section 5.5).
    NotUtf8,
}

impl Oddity {
    /// As a phrase.
    pub const fn words(self) -> &'static str {
        match self {
            Self::TwoLengths => "two different lengths for one answer",
            Self::LengthAndChunked => "a fixed length and a length in chunks for one answer",
            Self::LengthNotANumber => "a length that is no number",
            Self::UnknownTransfer => "a Transfer-Encoding that does not end in chunked",
            Self::Control => "control characters in a header",
            Self::BadName => "a header name with characters that no name may have",
            Self::NoColon => "a header line without a colon",
            Self::SpaceBeforeColon => "a space before the colon of a header",
            Self::Folded => "a header folded over two lines",
            Self::BareLineFeed => "header lines that end without a carriage return",
            Self::NotUtf8 => "a header that is not UTF-8",
        }
    }

    /// Whether readers disagree about where the answer ends, which lets one answer be taken for another.
    pub const fn is_about_length(self) -> bool {
        matches!(self, Self::TwoLengths | Self::LengthAndChunked | Self::LengthNotANumber | Self::UnknownTransfer)
    }

    /// Whether it is within the rules after all.
    pub const fn is_allowed(self) -> bool {
        matches!(self, Self::NotUtf8)
    }
}

/// One, where it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Odd {
    /// What.
    pub oddity: Oddity,
    /// The beginning of the line, as text; nothing that a cookie says.
    pub line: String,
}

/// So much of a line is kept.
const LINE_SHOWN: usize = 100;

impl Odd {
    /// In this line of the head; `name` is the header that it belongs to.
    pub fn new(oddity: Oddity, name: &[u8], line: &[u8]) -> Self {
        let line = line.trim_ascii();
        let upto = |end: u8| line.iter().position(|byte| *byte == end).and_then(|at| line.get(..=at));
        // Cookies are somebody's session, and values are shown only where they are what is wrong.
        let cookie = name.to_ascii_lowercase().windows(6).any(|part| part == b"cookie");
        let part = match oddity {
            Oddity::NoColon => upto(b'=').unwrap_or(line),
            Oddity::Folded => name,
            Oddity::Control | Oddity::TwoLengths | Oddity::LengthAndChunked | Oddity::LengthNotANumber if !cookie => {
                line
            }
            Oddity::UnknownTransfer => line,
            _ => upto(b':').unwrap_or(name),
        };
        let shown = part.get(..LINE_SHOWN.min(part.len())).unwrap_or_default();
        let end = if shown.len() < line.len() { "…" } else { "" };
        Self { oddity, line: format!("{}{end}", super::head::text(shown)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_shows_a_cookie() {
        let shown = |oddity, name: &str, line: &str| Odd::new(oddity, name.as_bytes(), line.as_bytes()).line;
        assert_eq!(shown(Oddity::Control, "X-A", "X-A: \u{1b}[31m"), "X-A: \u{1b}[31m");
        assert_eq!(shown(Oddity::Control, "Set-Cookie", "Set-Cookie: sid=abc\u{1}"), "Set-Cookie:…");
        assert_eq!(shown(Oddity::Folded, "Set-Cookie", " abc"), "Set-Cookie");
        assert_eq!(shown(Oddity::BareLineFeed, "Set-Cookie", "Set-Cookie: sid=abc"), "Set-Cookie:…");
        assert_eq!(shown(Oddity::NoColon, "", "sid=abc; Path=/"), "sid=…");
        assert_eq!(shown(Oddity::NoColon, "", "no colon at all"), "no colon at all");
        assert!(shown(Oddity::Control, "X-A", &"x".repeat(5000)).len() < 110);
    }
}

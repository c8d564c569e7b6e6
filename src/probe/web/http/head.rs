//! Status line and headers, read leniently: every line is kept as it came.

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::Instant;

use super::oddity::{Odd, Oddity};
use crate::probe::web::limits::Limits;
use crate::probe::web::trouble::{Phase, Trouble};

/// More is not asked of the system at once.
const READ_AT_ONCE: usize = 8192;

/// One header as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The name as sent.
    pub name: String,
    /// The bytes of the value without surrounding blanks; folded lines are joined by one space.
    pub value: Vec<u8>,
}

impl Header {
    /// The value as text: UTF-8, or else each byte as the character of the same number, so that no byte is lost.
    pub fn text(&self) -> String {
        text(&self.value)
    }
}

/// Bytes as text: UTF-8, or else each byte as the character of the same number.
pub fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// The headers of a response in their order.
#[derive(Debug, Clone, Default)]
pub struct Headers {
    list: Vec<Header>,
    /// What not every reader reads alike, in order, each kind once.
    pub oddities: Vec<Odd>,
}

impl Headers {
    /// Every header of that name, in order. `name` in lower case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Header> {
        self.list.iter().filter(move |header| header.name.eq_ignore_ascii_case(name))
    }

    /// The value of the first header of that name.
    pub fn first(&self, name: &str) -> Option<String> {
        self.all(name).next().map(Header::text)
    }

    /// All values of that name as one comma-separated list, as RFC 9110 section 5.3 reads them.
    pub fn joined(&self, name: &str) -> Option<String> {
        let values: Vec<String> = self.all(name).map(Header::text).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.list.len()
    }

    /// Notes what was seen in a `line` of the header `name`.
    pub fn note(&mut self, oddity: Oddity, name: &[u8], line: &[u8]) {
        if !self.oddities.iter().any(|known| known.oddity == oddity) {
            self.oddities.push(Odd::new(oddity, name, line));
        }
    }

    /// These headers, as if a server had sent them.
    pub fn of(lines: &[(&str, &str)]) -> Self {
        let list =
            lines.iter().map(|(name, value)| Header { name: (*name).to_owned(), value: value.as_bytes().into() });
        Self { list: list.collect(), oddities: Vec::new() }
    }
}

/// A response up to its body.
#[derive(Debug)]
pub struct Head {
    /// Whether it is HTTP/1.1 or later, so that the connection stays open unless it says otherwise.
    pub persistent: bool,
    pub status: u16,
    pub headers: Headers,
    /// How long it was, in bytes.
    pub length: usize,
}

/// Reads until the headers of the final response are whole. What was read beyond them stays in `buffer`, and when the
/// first byte came in `first_byte`.
pub async fn read<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
    first_byte: &mut Option<Instant>,
    limits: &Limits,
) -> Result<Head, Trouble> {
    for _ in 0..=limits.informational {
        let end = fill(stream, buffer, first_byte, limits).await?;
        let rest = buffer.split_off(end.min(buffer.len()));
        let bytes = std::mem::replace(buffer, rest);
        let head = parse(&bytes, limits)?;
        if !(100..200).contains(&head.status) {
            return Ok(head);
        }
    }
    Err(Trouble::TooManyInformational(limits.informational))
}

/// Reads until `buffer` holds an empty line and says where the bytes after it begin.
async fn fill<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
    first_byte: &mut Option<Instant>,
    limits: &Limits,
) -> Result<usize, Trouble> {
    let mut searched = 0;
    loop {
        refuse_what_is_not_http(buffer)?;
        if let Some(end) = end_of_head(buffer, searched) {
            return Ok(end);
        }
        if buffer.len() >= limits.head_bytes {
            return Err(Trouble::HeadTooLong(limits.head_bytes / 1024));
        }
        // An empty line can begin three bytes before what comes next.
        searched = buffer.len().saturating_sub(3);
        buffer.reserve(READ_AT_ONCE);
        let read = stream.read_buf(buffer).await.map_err(|error| Trouble::from_io(&error, Phase::Head))?;
        if read == 0 {
            return Err(Trouble::Closed(Phase::Head));
        }
        first_byte.get_or_insert_with(Instant::now);
    }
}

fn refuse_what_is_not_http(start: &[u8]) -> Result<(), Trouble> {
    const STATUS_LINE: &[u8] = b"HTTP/";
    // A TLS alert record: the type, then the major version (RFC 8446, section 5.1).
    if start.starts_with(&[21, 3]) {
        return Err(Trouble::SpeaksTls);
    }
    let compared = STATUS_LINE.len().min(start.len());
    if start.get(..compared) == STATUS_LINE.get(..compared) { Ok(()) } else { Err(Trouble::NotHttp) }
}

/// Where an empty line ends, with CRLF or bare LF line ends, searched from `from`.
pub fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
    let tail = bytes.get(from..)?;
    tail.iter().enumerate().filter(|(_, byte)| **byte == b'\n').find_map(|(at, _)| {
        let after = tail.get(at + 1..)?;
        let length = if after.starts_with(b"\n") {
            1
        } else if after.starts_with(b"\r\n") {
            2
        } else {
            return None;
        };
        Some(from + at + 1 + length)
    })
}

/// Reads a whole head.
///
/// # Errors
/// When it has no status line, or too many lines.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Head, Trouble> {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let (persistent, status) = status(first).ok_or(Trouble::NotHttp)?;
    let mut headers = Headers::default();
    if !first.ends_with(b"\r") {
        headers.note(Oddity::BareLineFeed, b"", first);
    }
    for line in lines {
        let (line, bare) = match line.strip_suffix(b"\r") {
            Some(line) => (line, false),
            None => (line, true),
        };
        if line.is_empty() {
            continue;
        }
        add(&mut headers, line);
        if bare {
            let name = headers.list.last().map(|header| header.name.clone()).unwrap_or_default();
            headers.note(Oddity::BareLineFeed, name.as_bytes(), line);
        }
        if headers.list.len() > limits.headers {
            return Err(Trouble::TooManyHeaders(limits.headers));
        }
    }
    Ok(Head { persistent, status, headers, length: bytes.len() })
}

/// Whether connections stay open in this version, and the status.
fn status(line: &[u8]) -> Option<(bool, u16)> {
    let text = String::from_utf8_lossy(line.get(..line.len().min(64))?);
    let mut words = text.split_ascii_whitespace();
    let version = words.next()?;
    let number = words.next()?;
    let digits = number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit());
    if digits { Some((version != "HTTP/1.0" && version != "HTTP/0.9", number.parse().ok()?)) } else { None }
}

fn add(headers: &mut Headers, line: &[u8]) {
    if line.starts_with(b" ") || line.starts_with(b"\t") {
        let name = headers.list.last().map(|header| header.name.clone()).unwrap_or_default();
        headers.note(Oddity::Folded, name.as_bytes(), line);
        look_for_controls(headers, name.as_bytes(), line);
        if let Some(last) = headers.list.last_mut() {
            last.value.push(b' ');
            last.value.extend_from_slice(line.trim_ascii());
        }
        return;
    }
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        headers.note(Oddity::NoColon, b"", line);
        return;
    };
    let (name, value) = line.split_at(colon);
    let value = value.get(1..).unwrap_or_default();
    let trimmed = name.trim_ascii();
    if name.ends_with(b" ") || name.ends_with(b"\t") {
        headers.note(Oddity::SpaceBeforeColon, name, line);
    }
    if trimmed.is_empty() || !trimmed.iter().all(|byte| is_token(*byte)) {
        headers.note(Oddity::BadName, name, line);
    }
    look_for_controls(headers, name, line);
    if std::str::from_utf8(value).is_err() {
        headers.note(Oddity::NotUtf8, name, line);
    }
    headers.list.push(Header { name: text(trimmed), value: value.trim_ascii().to_vec() });
}

fn look_for_controls(headers: &mut Headers, name: &[u8], line: &[u8]) {
    if line.iter().any(|byte| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7f) {
        headers.note(Oddity::Control, name, line);
    }
}

/// Whether a name may have it (RFC 9110, section 5.6.2).
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(bytes: &[u8]) -> Result<Head, Trouble> {
        parse(bytes, &Limits::STANDARD)
    }

    #[test]
    fn odd_bytes_are_kept_and_noted() {
        let head = read_all(
            b"HTTP/1.1 200 OK\r\nX-A: a\x1b[31mb\r\nX-B : caf\xe9\r\nX-C: one\r\n  two\r\nno colon here\nX-D:\x9b1\r\n\r\n",
        )
        .unwrap();
        assert_eq!(head.headers.first("x-a").unwrap(), "a\u{1b}[31mb");
        assert_eq!(head.headers.first("x-b").unwrap(), "café");
        assert_eq!(head.headers.first("x-c").unwrap(), "one two");
        assert_eq!(head.headers.first("x-d").unwrap(), "\u{9b}1");
        let found: Vec<Oddity> = head.headers.oddities.iter().map(|odd| odd.oddity).collect();
        assert_eq!(
            found,
            [
                Oddity::Control,
                Oddity::SpaceBeforeColon,
                Oddity::NotUtf8,
                Oddity::Folded,
                Oddity::NoColon,
                Oddity::BareLineFeed,
            ]
        );
    }

    #[test]
    fn status_lines_are_read_leniently_but_not_invented() {
        assert_eq!(read_all(b"HTTP/1.1 999 Odd\r\n\r\n").unwrap().status, 999);
        assert_eq!(read_all(b"HTTP/1.0 200\n\n").unwrap().status, 200);
        assert!(matches!(read_all(b"HTTP/1.1 2000 No\r\n\r\n"), Err(Trouble::NotHttp)));
        assert!(matches!(read_all(b"HTTP/1.1\r\n\r\n"), Err(Trouble::NotHttp)));
    }

    #[test]
    fn the_end_of_the_head_is_found_across_reads() {
        let bytes = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody";
        for split in 0..bytes.len() {
            let found = end_of_head(&bytes[..split], 0).or_else(|| end_of_head(bytes, split.saturating_sub(3)));
            assert_eq!(found, Some(25), "split at {split}");
        }
        assert_eq!(end_of_head(b"HTTP/1.1 200\n\nx", 0), Some(14));
    }

    #[test]
    fn what_is_not_http_is_known_from_its_first_bytes() {
        assert_eq!(refuse_what_is_not_http(b"<html>"), Err(Trouble::NotHttp));
        assert_eq!(refuse_what_is_not_http(&[21, 3, 1, 0, 2]), Err(Trouble::SpeaksTls));
        assert_eq!(refuse_what_is_not_http(b"HT"), Ok(()));
    }
}

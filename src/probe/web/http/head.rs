//! Status line and headers, read leniently: every line is kept as it came.

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::probe::web::limits::Limits;
use crate::probe::web::trouble::{Phase, Trouble};

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

fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// The headers of a response in their order.
#[derive(Debug, Clone, Default)]
pub struct Headers {
    list: Vec<Header>,
    /// What not every reader reads alike, as phrases: `a header line without a colon`. Each once, in order.
    pub oddities: Vec<&'static str>,
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

    fn note(&mut self, oddity: &'static str) {
        if !self.oddities.contains(&oddity) {
            self.oddities.push(oddity);
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
    pub status: u16,
    pub headers: Headers,
}

/// Reads until the headers of the final response are whole. What was read beyond them stays in `buffer`.
pub async fn read<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
    limits: &Limits,
) -> Result<Head, Trouble> {
    for _ in 0..=limits.informational {
        let end = fill(stream, buffer, limits).await?;
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
async fn fill<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>, limits: &Limits) -> Result<usize, Trouble> {
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
        let mut chunk = [0; 8192];
        let read = stream.read(&mut chunk).await.map_err(|error| Trouble::from_io(&error, Phase::Head))?;
        if read == 0 {
            return Err(Trouble::Closed(Phase::Head));
        }
        buffer.extend(chunk.iter().take(read));
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
fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
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

fn parse(bytes: &[u8], limits: &Limits) -> Result<Head, Trouble> {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let status = lines.next().and_then(status).ok_or(Trouble::NotHttp)?;
    let mut headers = Headers::default();
    for line in lines {
        let (line, bare) = match line.strip_suffix(b"\r") {
            Some(line) => (line, false),
            None => (line, true),
        };
        if line.is_empty() {
            continue;
        }
        if bare {
            headers.note("header lines that end without a carriage return");
        }
        add(&mut headers, line);
        if headers.list.len() > limits.headers {
            return Err(Trouble::TooManyHeaders(limits.headers));
        }
    }
    Ok(Head { status, headers })
}

fn status(line: &[u8]) -> Option<u16> {
    let text = String::from_utf8_lossy(line.get(..line.len().min(64))?);
    let number = text.split_ascii_whitespace().nth(1)?;
    if number.len() == 3 { number.parse().ok() } else { None }
}

fn add(headers: &mut Headers, line: &[u8]) {
    if line.starts_with(b" ") || line.starts_with(b"\t") {
        headers.note("a header folded over two lines");
        if let Some(last) = headers.list.last_mut() {
            last.value.push(b' ');
            last.value.extend_from_slice(line.trim_ascii());
        }
        return;
    }
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        headers.note("a header line without a colon");
        return;
    };
    let (name, value) = line.split_at(colon);
    let value = value.get(1..).unwrap_or_default().trim_ascii();
    if name.ends_with(b" ") || name.ends_with(b"\t") {
        headers.note("a space before the colon of a header");
    }
    if value.iter().chain(name).any(|byte| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7f) {
        headers.note("control characters in a header");
    } else if std::str::from_utf8(value).is_err() {
        headers.note("a header that is not UTF-8");
    }
    headers.list.push(Header { name: text(name.trim_ascii()), value: value.to_vec() });
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
        assert_eq!(
            head.headers.oddities,
            [
                "control characters in a header",
                "a space before the colon of a header",
                "a header that is not UTF-8",
                "a header folded over two lines",
                "header lines that end without a carriage return",
                "a header line without a colon",
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

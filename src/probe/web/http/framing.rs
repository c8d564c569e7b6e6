//! Where a body ends (RFC 9112, section 6.3), and the taking out of chunk sizes.

use super::head::Head;
use super::oddity::Oddity;

/// How the end of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    Empty,
    /// It has so many bytes.
    Length(usize),
    /// In chunks, each with its size before it.
    Chunked,
    /// It ends with the connection.
    UntilClosed,
}

/// How the body after `head` ends; `bodiless` for the answer to a `HEAD`. Where the server contradicts itself we note it
/// and read what there is.
pub fn framing(head: &mut Head, bodiless: bool) -> Framing {
    let lengths: Vec<String> = head.headers.all("content-length").map(super::Header::text).collect();
    let transfer = head.headers.joined("transfer-encoding");
    let mut found = Framing::UntilClosed;
    if let Some(transfer) = &transfer {
        let line = format!("Transfer-Encoding: {transfer}");
        if !lengths.is_empty() {
            let both = format!("Content-Length: {}, {line}", lengths.join(", "));
            head.headers.note(Oddity::LengthAndChunked, b"", both.as_bytes());
        }
        let codings: Vec<String> = transfer.split(',').map(|coding| coding.trim().to_ascii_lowercase()).collect();
        if codings.last().is_some_and(|last| last == "chunked") {
            found = Framing::Chunked;
        }
        if codings != ["chunked"] {
            head.headers.note(Oddity::UnknownTransfer, b"", line.as_bytes());
        }
    } else if !lengths.is_empty() {
        // One line may hold the same length several times.
        let mut values: Vec<&str> = lengths.iter().flat_map(|value| value.split(',')).map(str::trim).collect();
        values.dedup();
        let line = format!("Content-Length: {}", lengths.join(", "));
        if values.len() > 1 {
            head.headers.note(Oddity::TwoLengths, b"", line.as_bytes());
        }
        if !values.iter().all(|value| is_number(value)) {
            head.headers.note(Oddity::LengthNotANumber, b"", line.as_bytes());
        } else if let ([value], true) = (values.as_slice(), transfer.is_none()) {
            // More digits than fit are still a length.
            found = Framing::Length(value.parse().unwrap_or(usize::MAX));
        }
    }
    if bodiless || head.status == 204 || head.status == 304 { Framing::Empty } else { found }
}

fn is_number(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// A longer line with a chunk's size or a trailer is not read to its end.
const MOST_LINE: usize = 4096;
/// So many bytes beside the body itself, in chunk sizes and trailers, for each byte of the body, and so many more.
const MOST_BESIDE: (usize, usize) = (2, 64 * 1024);

/// Takes the chunk sizes out of what arrives piece by piece (RFC 9112, section 7.1).
#[derive(Debug, Default)]
pub struct Chunks {
    state: State,
    line: Vec<u8>,
    /// Bytes that were no part of the body.
    beside: usize,
    body: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Size,
    Data(usize),
    DataEnd,
    Trailer,
    Done,
    Broken,
}

impl Chunks {
    /// Whether the last chunk and its trailers were there.
    pub fn is_whole(&self) -> bool {
        self.state == State::Done
    }

    /// Whether what came is not in chunks.
    pub fn is_broken(&self) -> bool {
        self.state == State::Broken
    }

    /// Takes the next piece of `input` that belongs together, which is part of the body or not; gives the part of the
    /// body and what is left of the input.
    pub fn next<'a>(&mut self, input: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        match self.state {
            State::Done | State::Broken => (&[], input),
            State::Data(size) => {
                let (data, rest) = input.split_at(size.min(input.len()));
                self.body += data.len();
                self.state = if data.len() == size { State::DataEnd } else { State::Data(size - data.len()) };
                (data, rest)
            }
            State::Size | State::DataEnd | State::Trailer => (&[], self.line(input)),
        }
    }

    fn line<'a>(&mut self, input: &'a [u8]) -> &'a [u8] {
        let end = input.iter().position(|byte| *byte == b'\n');
        let (line, rest) = input.split_at(end.map_or(input.len(), |end| end + 1));
        self.line.extend_from_slice(line);
        self.beside += line.len();
        if self.line.len() > MOST_LINE || self.beside > self.body.saturating_mul(MOST_BESIDE.0) + MOST_BESIDE.1 {
            self.state = State::Broken;
        } else if end.is_some() {
            let line = std::mem::take(&mut self.line);
            self.state = self.after(line.trim_ascii());
        }
        rest
    }

    fn after(&self, line: &[u8]) -> State {
        match self.state {
            State::DataEnd if line.is_empty() => State::Size,
            State::Size => match size(line) {
                Some(0) => State::Trailer,
                Some(size) => State::Data(size),
                None => State::Broken,
            },
            State::Trailer if line.is_empty() => State::Done,
            State::Trailer => State::Trailer,
            _ => State::Broken,
        }
    }
}

fn size(line: &[u8]) -> Option<usize> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii();
    let hex = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    if hex { usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::web::http::head::parse;
    use crate::probe::web::limits::Limits;

    fn of(lines: &str) -> (Framing, Vec<Oddity>) {
        let bytes = format!("HTTP/1.1 200 OK\r\n{}\r\n\r\n", lines.replace('\n', "\r\n"));
        let mut head = parse(bytes.as_bytes(), &Limits::STANDARD).unwrap();
        let framing = framing(&mut head, false);
        (framing, head.headers.oddities.iter().map(|odd| odd.oddity).collect())
    }

    #[test]
    fn every_way_to_say_where_a_body_ends() {
        assert_eq!(of("X: y"), (Framing::UntilClosed, vec![]));
        assert_eq!(of("Content-Length: 5"), (Framing::Length(5), vec![]));
        assert_eq!(of("Content-Length: 5\nContent-Length: 5"), (Framing::Length(5), vec![]));
        assert_eq!(of("Content-Length: 5, 5"), (Framing::Length(5), vec![]));
        assert_eq!(of("Content-Length: 99999999999999999999"), (Framing::Length(usize::MAX), vec![]));
        assert_eq!(of("Transfer-Encoding: chunked"), (Framing::Chunked, vec![]));
        assert_eq!(of("Transfer-Encoding: Chunked "), (Framing::Chunked, vec![]));
    }

    #[test]
    fn a_server_that_contradicts_itself_is_noted() {
        assert_eq!(of("Content-Length: 5\nContent-Length: 9"), (Framing::UntilClosed, vec![Oddity::TwoLengths]));
        assert_eq!(
            of("Content-Length: 5\nTransfer-Encoding: chunked"),
            (Framing::Chunked, vec![Oddity::LengthAndChunked])
        );
        for value in ["+5", "0x5", "-1", "", "5 5", "five"] {
            let found = of(&format!("Content-Length: {value}"));
            assert_eq!(found, (Framing::UntilClosed, vec![Oddity::LengthNotANumber]), "{value}");
        }
        assert_eq!(of("Transfer-Encoding: gzip, chunked"), (Framing::Chunked, vec![Oddity::UnknownTransfer]));
        assert_eq!(of("Transfer-Encoding: chunked, identity"), (Framing::UntilClosed, vec![Oddity::UnknownTransfer]));
        assert_eq!(of("Transfer-Encoding: xchunked"), (Framing::UntilClosed, vec![Oddity::UnknownTransfer]));
    }

    #[test]
    fn some_answers_have_no_body() {
        for (status, bodiless, expected) in [
            (204, false, Framing::Empty),
            (304, false, Framing::Empty),
            (200, true, Framing::Empty),
            (200, false, Framing::Length(5)),
        ] {
            let bytes = format!("HTTP/1.1 {status} X\r\nContent-Length: 5\r\n\r\n");
            let mut head = parse(bytes.as_bytes(), &Limits::STANDARD).unwrap();
            assert_eq!(framing(&mut head, bodiless), expected, "{status}");
        }
    }

    /// The body, whether it is whole, and what is left, whatever the pieces.
    fn unchunked(wire: &[u8], piece: usize) -> (Vec<u8>, bool, Vec<u8>) {
        let (mut chunks, mut body, mut left) = (Chunks::default(), Vec::new(), Vec::new());
        for mut input in wire.chunks(piece) {
            while !input.is_empty() && !chunks.is_whole() && !chunks.is_broken() {
                let (data, rest) = chunks.next(input);
                body.extend_from_slice(data);
                input = rest;
            }
            left.extend_from_slice(input);
        }
        (body, chunks.is_whole(), left)
    }

    #[test]
    fn chunks_are_put_together_wherever_they_are_torn() {
        let wire = b"3;x=y\r\nabc\r\n02 \r\nde\n0\r\nX-Trailer: 1\r\n\r\nHTTP/1.1";
        for piece in 1..wire.len() {
            assert_eq!(unchunked(wire, piece), (b"abcde".to_vec(), true, b"HTTP/1.1".to_vec()), "pieces of {piece}");
        }
    }

    #[test]
    fn what_is_not_in_chunks_ends() {
        for wire in [&b"zz\r\nabc"[..], b"+3\r\nabc\r\n", b"3\r\nabcd\r\n0\r\n\r\n", b"\r\n", b"fffffffffffffffff\r\na"]
        {
            let (body, whole, _) = unchunked(wire, 1);
            assert!(!whole && body.len() <= 3, "{wire:?}");
        }
        let long = [b"1;".as_slice(), &[b'x'; 5000], b"\r\na\r\n0\r\n\r\n"].concat();
        assert_eq!(unchunked(&long, 100).0, b"");
        let trailers = [b"0\r\n".as_slice(), &b"X: y\r\n".repeat(20_000), b"\r\n"].concat();
        assert!(!unchunked(&trailers, 100).1);
        let tiny = [b"1;xxxxxxxxxxxxxx\r\na\r\n".repeat(10_000), b"0\r\n\r\n".to_vec()].concat();
        assert!(!unchunked(&tiny, 100).1, "far more around the body than in it");
    }
}

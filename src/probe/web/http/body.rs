//! The body of a response, up to a limit. However it ends, what arrived is kept.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::decode::{Cut, decode, grow};
use super::framing::{Chunks, Framing};
use super::memory::{Held, Memory};

/// A page larger than what is read.
const TOO_LARGE: &str = "a page larger than 2 MB";
/// What came before it is needed until everything is judged.
const NO_MEMORY: &str =
    "a page that was not read to its end, since the other answers had filled the memory for one run";
/// A page that is larger than it looks.
const TOO_LARGE_UNPACKED: &str = "a page larger than 8 MB when unpacked";
/// It is packed so that reading it takes more memory than any page needs.
const TOO_LARGE_A_WINDOW: &str = "a page packed so that unpacking it takes 16 MB of memory";
/// The server did not send all of it.
const BROKE_OFF: &str = "a page that broke off";
/// It may have gone on.
const NOT_IN_TIME: &str = "a page that did not arrive in time";
/// `Content-Encoding` says one thing, the bytes another.
const NOT_UNPACKED: &str = "a page that could not be unpacked";

/// What arrived of a body.
#[derive(Debug, Default)]
pub struct Body {
    /// The bytes, chunk sizes taken out and unpacked.
    pub bytes: Vec<u8>,
    /// Why it is not whole, as a phrase; `None` when it is.
    pub cut: Option<&'static str>,
    /// How many bytes it had as it was sent, chunk sizes not counted.
    pub wire: usize,
    /// How it was packed, as `Content-Encoding` says it, in lower case; `None` where it was not.
    pub encoding: Option<String>,
    /// What the response holds of the run's memory.
    pub held: Held,
}

impl Body {
    /// Lets go of the bytes, which nobody needs any more.
    pub fn forget(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.held.give_back(bytes.capacity());
    }
}

/// How much of a body is read.
#[derive(Debug, Clone, Copy)]
pub struct Most {
    /// As sent.
    pub wire: usize,
    /// Unpacked.
    pub decoded: usize,
}

/// A body as it was sent.
#[derive(Debug, Default)]
pub struct Wire {
    /// The bytes, chunk sizes taken out.
    pub bytes: Vec<u8>,
    /// Why it is not whole.
    pub cut: Option<&'static str>,
    /// Whether it ended where it had to, so that the connection can be used again.
    pub clean: bool,
    /// What it holds of the run's memory.
    pub held: Held,
}

/// Reads a body, of which `start` has arrived already, within `time`.
pub async fn read<S: AsyncRead + Unpin>(
    stream: &mut S,
    start: Vec<u8>,
    framing: Framing,
    most: usize,
    held: Held,
    time: Duration,
) -> Wire {
    let mut reader =
        Reader { framing, most, chunks: Chunks::default(), clean: true, wire: Wire { held, ..Wire::default() } };
    let end = match timeout(time, reader.pull(stream, start)).await {
        Ok(end) => end,
        Err(_) => Some(NOT_IN_TIME),
    };
    let mut wire = reader.wire;
    wire.cut = end;
    wire.clean = end.is_none() && reader.clean && framing != Framing::UntilClosed;
    wire
}

struct Reader {
    framing: Framing,
    most: usize,
    chunks: Chunks,
    clean: bool,
    wire: Wire,
}

impl Reader {
    async fn pull<S: AsyncRead + Unpin>(&mut self, stream: &mut S, start: Vec<u8>) -> Option<&'static str> {
        if let Some(end) = self.take(&start) {
            return end;
        }
        drop(start);
        let mut piece = vec![0; 16 * 1024];
        loop {
            let end = match stream.read(&mut piece).await {
                Ok(0) if self.framing == Framing::UntilClosed => Some(None),
                Ok(0) | Err(_) => Some(Some(BROKE_OFF)),
                Ok(read) => self.take(piece.get(..read).unwrap_or_default()),
            };
            if let Some(end) = end {
                return end;
            }
        }
    }

    /// Takes what came; gives the end, if this was it, and why the body is not whole there.
    fn take(&mut self, mut piece: &[u8]) -> Option<Option<&'static str>> {
        match self.framing {
            Framing::Empty => {
                self.clean = piece.is_empty();
                Some(None)
            }
            Framing::UntilClosed => self.keep(piece).err().map(Some),
            Framing::Length(length) => {
                let left = length - self.wire.bytes.len().min(length);
                let kept = piece.get(..left.min(piece.len())).unwrap_or_default();
                self.clean = kept.len() == piece.len();
                if let Err(cut) = self.keep(kept) {
                    return Some(Some(cut));
                }
                (self.wire.bytes.len() == length).then_some(None)
            }
            Framing::Chunked => {
                while !piece.is_empty() {
                    let (data, rest) = self.chunks.next(piece);
                    if let Err(cut) = self.keep(data) {
                        return Some(Some(cut));
                    }
                    piece = rest;
                    if self.chunks.is_whole() {
                        self.clean = piece.is_empty();
                        return Some(None);
                    }
                    if self.chunks.is_broken() {
                        return Some(Some(BROKE_OFF));
                    }
                }
                None
            }
        }
    }

    /// Fails with the reason when there is more than may be kept.
    fn keep(&mut self, piece: &[u8]) -> Result<(), &'static str> {
        let room = self.most - self.wire.bytes.len().min(self.most);
        let kept = piece.get(..room.min(piece.len())).unwrap_or_default();
        if !grow(&mut self.wire.bytes, kept.len(), 0, &mut self.wire.held) {
            return Err(NO_MEMORY);
        }
        self.wire.bytes.extend_from_slice(kept);
        if kept.len() == piece.len() { Ok(()) } else { Err(TOO_LARGE) }
    }
}

/// Unpacks what was read, until `end`.
pub async fn unpack(
    wire: Wire,
    encoding: Option<String>,
    most: usize,
    memory: Option<&Memory>,
    end: Option<Instant>,
) -> Body {
    let Wire { bytes, cut, held, .. } = wire;
    let encoding =
        encoding.map(|encoding| encoding.trim().to_ascii_lowercase()).filter(|encoding| !encoding.is_empty());
    let mut body = Body { wire: bytes.len(), encoding, cut, held, bytes: Vec::new() };
    let Some(encoding) = body.encoding.clone().filter(|_| !bytes.is_empty()) else {
        body.bytes = bytes;
        return body;
    };
    let unpacking = decode(&encoding, bytes, cut.is_none(), most, memory, &mut body.held);
    let unpacked = match end {
        Some(end) => timeout_at(end, unpacking).await.ok(),
        None => Some(unpacking.await),
    };
    let Some((bytes, stopped)) = unpacked else {
        body.cut = Some(NOT_IN_TIME);
        return body;
    };
    body.bytes = bytes;
    body.cut = match stopped {
        Some(Cut::Full) => Some(TOO_LARGE_UNPACKED),
        Some(Cut::NoMemory) => Some(NO_MEMORY),
        Some(Cut::Window) => Some(TOO_LARGE_A_WINDOW),
        Some(Cut::Broken | Cut::Unknown) => Some(NOT_UNPACKED),
        None => cut,
    };
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn of(framing: Framing, wire: &[u8]) -> Wire {
        let (start, mut rest) = wire.split_at(4);
        read(&mut rest, start.to_vec(), framing, 64, Held::default(), Duration::from_secs(1)).await
    }

    #[tokio::test]
    async fn every_framing_gives_its_bytes() {
        let length = of(Framing::Length(5), b"hello, more").await;
        assert_eq!((length.bytes.as_slice(), length.cut, length.clean), (&b"hello"[..], None, false));
        let length = of(Framing::Length(5), b"hello").await;
        assert_eq!((length.bytes.as_slice(), length.cut, length.clean), (&b"hello"[..], None, true));
        let chunked = of(Framing::Chunked, b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").await;
        assert_eq!((chunked.bytes.as_slice(), chunked.cut, chunked.clean), (&b"abcde"[..], None, true));
        let closed = of(Framing::UntilClosed, b"until closed").await;
        assert_eq!((closed.bytes.as_slice(), closed.cut, closed.clean), (&b"until closed"[..], None, false));
        let empty = of(Framing::Empty, b"HTTP/1.1 200 OK").await;
        assert_eq!((empty.bytes.as_slice(), empty.cut, empty.clean), (&b""[..], None, false));
    }

    #[tokio::test]
    async fn a_body_that_is_not_whole_says_so() {
        assert_eq!(of(Framing::Length(50), b"short").await.cut, Some(BROKE_OFF));
        assert_eq!(of(Framing::Chunked, b"ff\r\nabc").await.cut, Some(BROKE_OFF));
        let broken = of(Framing::Chunked, b"zz\r\nabc").await;
        assert_eq!((broken.bytes.as_slice(), broken.cut, broken.clean), (&b""[..], Some(BROKE_OFF), false));
        let endless = of(Framing::UntilClosed, &[b'x'; 500]).await;
        assert_eq!((endless.bytes.len(), endless.cut), (64, Some(TOO_LARGE)));
        assert_eq!(of(Framing::Length(500), &[b'x'; 500]).await.bytes.len(), 64);
    }

    #[tokio::test]
    async fn many_bodies_together_stay_within_the_memory_of_a_run() {
        let memory = Memory::new(40 * 1024);
        let of = async || {
            let mut wire = &[b'x'; 30_000][..];
            read(&mut wire, Vec::new(), Framing::Length(30_000), 64_000, memory.hold(), Duration::from_secs(1)).await
        };
        let first = of().await;
        assert_eq!(first.cut, None);
        assert_eq!(of().await.cut, Some(NO_MEMORY));
        drop(first);
        assert_eq!(of().await.cut, None);
    }
}

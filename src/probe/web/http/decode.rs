//! Unpacks bodies (RFC 9110, section 8.4), never beyond a limit.

use std::io::{self, Write};

use brotli_decompressor::DecompressorWriter;
use flate2::write::{DeflateDecoder, GzDecoder, ZlibDecoder};

use super::memory::{Held, Memory};

/// What is asked for. Zstandard is not, since nothing here reads it.
pub const ACCEPTED: &str = "gzip, br";
/// More codings, one in the other, are not undone.
const MOST_CODINGS: usize = 2;
/// So much is unpacked before other tasks get their turn.
const AT_ONCE: usize = 16 * 1024;

/// Why a body is not what the server packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// It is larger than it may be.
    Full,
    /// The other answers of the run left no memory for it.
    NoMemory,
    /// It breaks off, or is not packed the way it says.
    Broken,
    /// It is packed in a way that is not known here.
    Unknown,
    /// Its reader would have to keep more than is given to one.
    Window,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
}

/// Undoes `encoding`, the value of `Content-Encoding`, up to `limit` bytes. A body that is not `whole` may end anywhere.
pub async fn decode(
    encoding: &str,
    wire: Vec<u8>,
    whole: bool,
    limit: usize,
    memory: Option<&Memory>,
    held: &mut Held,
) -> (Vec<u8>, Option<Cut>) {
    let Some(codings) = codings(encoding) else { return (wire, Some(Cut::Unknown)) };
    let mut bytes = wire;
    let mut cut = None;
    // The last one was put on last.
    for coding in codings.into_iter().rev() {
        if coding == Coding::Brotli && has_largest_window(&bytes) {
            held.shrink_to(0);
            return (Vec::new(), Some(Cut::Window));
        }
        let _alone = match (coding, memory) {
            (Coding::Brotli, Some(memory)) => Some(memory.one_at_a_time().await),
            _ => None,
        };
        let before = bytes.capacity();
        let mut sink = Sink { bytes: Vec::new(), limit, before, held: std::mem::take(held), full: None };
        let whole = whole && cut.is_none();
        let unpacked = match coding {
            Coding::Gzip => unpack(GzDecoder::new(&mut sink), &bytes, |mut decoder| decoder.try_finish()).await,
            // What is called deflate is a zlib stream, and from some servers a bare one.
            Coding::Deflate if is_zlib(&bytes) => {
                unpack(ZlibDecoder::new(&mut sink), &bytes, |mut decoder| decoder.try_finish()).await
            }
            Coding::Deflate => unpack(DeflateDecoder::new(&mut sink), &bytes, |mut decoder| decoder.try_finish()).await,
            Coding::Brotli => {
                unpack(DecompressorWriter::new(&mut sink, AT_ONCE), &bytes, |mut decoder| decoder.close()).await
            }
        };
        if sink.full.is_some() {
            cut = sink.full;
        } else if unpacked.is_err() && whole {
            cut = Some(Cut::Broken);
        }
        bytes = sink.bytes;
        *held = sink.held;
        held.shrink_to(bytes.capacity());
    }
    (bytes, cut)
}

/// Whether a Brotli stream is to be read with a window of 16 MiB: its first four bits are set (RFC 7932, section 9.1). Servers
/// pack with at most 4 MiB, and no page that is read whole here needs more than 8.
fn has_largest_window(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| first & 0x0f == 0x0f)
}

/// The codings in the order in which they were put on; `None` if one is not known here.
fn codings(encoding: &str) -> Option<Vec<Coding>> {
    let mut codings = Vec::new();
    for name in encoding.split(',') {
        codings.push(match name.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => continue,
            "gzip" | "x-gzip" => Coding::Gzip,
            "deflate" => Coding::Deflate,
            "br" => Coding::Brotli,
            _ => return None,
        });
    }
    (codings.len() <= MOST_CODINGS).then_some(codings)
}

/// Whether it begins like a zlib stream (RFC 1950, section 2.2).
fn is_zlib(bytes: &[u8]) -> bool {
    match bytes {
        [method, flags, ..] => method & 0x0f == 8 && (u16::from(*method) * 256 + u16::from(*flags)).is_multiple_of(31),
        _ => true,
    }
}

async fn unpack<W: Write>(mut decoder: W, bytes: &[u8], finish: impl FnOnce(W) -> io::Result<()>) -> io::Result<()> {
    'all: for mut piece in bytes.chunks(AT_ONCE) {
        while !piece.is_empty() {
            match decoder.write(piece)? {
                // The stream has ended; what comes after it is no part of it.
                0 => break 'all,
                written => piece = piece.get(written..).unwrap_or_default(),
            }
        }
        tokio::task::yield_now().await;
    }
    finish(decoder)
}

/// Takes what is unpacked, up to a limit and as long as there is memory for it.
struct Sink {
    bytes: Vec<u8>,
    limit: usize,
    /// The memory that the packed bytes take meanwhile.
    before: usize,
    held: Held,
    /// Why it takes no more.
    full: Option<Cut>,
}

impl Write for &mut Sink {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let room = self.limit - self.bytes.len().min(self.limit);
        let taken = piece.get(..room.min(piece.len())).unwrap_or_default();
        if taken.len() < piece.len() {
            self.full = Some(Cut::Full);
        }
        if grow(&mut self.bytes, taken.len(), self.before, &mut self.held) {
            self.bytes.extend_from_slice(taken);
        } else {
            self.full = Some(Cut::NoMemory);
        }
        if self.full.is_some() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(taken.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Makes room for `more` bytes in `bytes`, beside `before` bytes elsewhere; `false` when the run's memory is used up.
pub fn grow(bytes: &mut Vec<u8>, more: usize, before: usize, held: &mut Held) -> bool {
    const STEP: usize = 16 * 1024;
    let wanted = bytes.len() + more;
    if wanted <= bytes.capacity() {
        return true;
    }
    let capacity = wanted.max(bytes.capacity() + bytes.capacity() / 2).next_multiple_of(STEP);
    let granted = held.grow_to(before + capacity);
    if granted {
        bytes.reserve_exact(capacity - bytes.len());
    }
    granted
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const TEXT: &[u8] = b"Teapots, teapots, teapots";
    /// [`TEXT`] in Brotli.
    const BROTLI: &[u8] = &[
        0x1b, 0x18, 0x00, 0xf8, 0x1d, 0x09, 0x36, 0x4e, 0x71, 0x8f, 0xa6, 0xf1, 0x35, 0x08, 0x15, 0x1c, 0x9d, 0x0a,
        0x2b, 0x4b, 0x96, 0xb7, 0xb9, 0x10, 0x2a, 0x18, 0x20, 0xab, 0xc7,
    ];

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    async fn of(encoding: &str, wire: &[u8], whole: bool) -> (Vec<u8>, Option<Cut>) {
        decode(encoding, wire.to_vec(), whole, 100_000, None, &mut Held::default()).await
    }

    #[tokio::test]
    async fn every_coding_is_undone() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(TEXT).unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
        bare.write_all(TEXT).unwrap();
        let gzipped = gzip(TEXT);
        for (encoding, wire) in [
            ("identity", TEXT.to_vec()),
            ("gzip", gzipped.clone()),
            ("X-GZIP", gzipped.clone()),
            ("gzip, gzip", gzip(&gzipped)),
            ("br", BROTLI.to_vec()),
            ("br, gzip", gzip(BROTLI)),
            ("gzip", [gzipped.as_slice(), b"garbage"].concat()),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", bare.finish().unwrap()),
        ] {
            assert_eq!(of(encoding, &wire, true).await, (TEXT.to_vec(), None), "{encoding}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_unpacked_says_so() {
        let gzipped = gzip(TEXT);
        let torn = &gzipped[..gzipped.len() - 9];
        assert_eq!(of("gzip", torn, true).await.1, Some(Cut::Broken));
        assert_eq!(of("gzip", torn, false).await.1, None, "that it is not whole is known already");
        assert_eq!(of("gzip", b"not gzip", true).await, (Vec::new(), Some(Cut::Broken)));
        assert_eq!(of("br", &BROTLI[..20], true).await.1, Some(Cut::Broken));
        assert_eq!(of("br", b"not brotli", true).await.1, Some(Cut::Broken));
        assert_eq!(of("br", &[0x0f, 0x00, 0x80, b'a', b'b'], true).await, (Vec::new(), Some(Cut::Window)));
        assert_eq!(of("zstd", b"abc", true).await, (b"abc".to_vec(), Some(Cut::Unknown)));
        assert_eq!(of("gzip, gzip, gzip", &gzipped, true).await.1, Some(Cut::Unknown));
    }

    #[tokio::test]
    async fn a_bomb_stops_at_the_limit() {
        let bomb = gzip(&vec![0; 5_000_000]);
        let (bytes, cut) = of("gzip", &bomb, true).await;
        assert_eq!((bytes.len(), cut), (100_000, Some(Cut::Full)));
        let twice = gzip(&bomb);
        let (bytes, cut) = of("gzip, gzip", &twice, true).await;
        assert_eq!((bytes.len(), cut), (100_000, Some(Cut::Full)));
        let memory = Memory::new(50_000);
        let mut held = memory.hold();
        let (bytes, cut) = decode("gzip", bomb, true, 100_000, Some(&memory), &mut held).await;
        assert!(bytes.len() < 50_000 && cut == Some(Cut::NoMemory));
    }
}

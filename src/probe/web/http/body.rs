//! The body of a response, up to a limit. However it ends, what arrived is kept.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

use super::head::Head;
use crate::probe::web::limits::Limits;

/// What arrived of a body.
#[derive(Debug, Default)]
pub struct Body {
    /// The bytes, chunk sizes taken out.
    pub bytes: Vec<u8>,
    /// Why it is not whole, as a phrase; `None` when it is.
    pub cut: Option<&'static str>,
}

enum Framing {
    Empty,
    Length(usize),
    Chunked,
    UntilClosed,
}

/// Reads the body of `head`, of which `start` has arrived already, within `time`.
pub async fn read<S: AsyncRead + Unpin>(
    stream: &mut S,
    start: Vec<u8>,
    head: &Head,
    limits: &Limits,
    time: Duration,
) -> Body {
    let framing = framing(head);
    let wanted = match framing {
        Framing::Empty => return Body::default(),
        Framing::Length(length) => length.min(limits.body_bytes),
        Framing::Chunked | Framing::UntilClosed => limits.body_bytes,
    };
    let mut wire = start;
    let cut = match timeout(time, pull(stream, &mut wire, wanted, &framing)).await {
        Ok(cut) => cut,
        Err(_) => Some("a page that did not arrive in time"),
    };
    wire.truncate(wanted);
    match framing {
        Framing::Chunked => {
            let (bytes, whole) = unchunk(&wire);
            Body { bytes, cut: if whole { None } else { cut.or(Some("a page larger than 2 MB")) } }
        }
        Framing::Length(length) if length > wanted => Body { bytes: wire, cut: Some("a page larger than 2 MB") },
        _ => Body { bytes: wire, cut },
    }
}

async fn pull<S: AsyncRead + Unpin>(
    stream: &mut S,
    wire: &mut Vec<u8>,
    wanted: usize,
    framing: &Framing,
) -> Option<&'static str> {
    let mut chunk = vec![0; 16 * 1024];
    while wire.len() < wanted {
        // The last chunk of a chunked body is empty; servers that keep the connection open send nothing after it.
        if matches!(framing, Framing::Chunked) && wire.ends_with(b"0\r\n\r\n") && unchunk(wire).1 {
            return None;
        }
        match stream.read(&mut chunk).await {
            Ok(0) => {
                return if matches!(framing, Framing::UntilClosed) { None } else { Some("a page that broke off") };
            }
            Ok(read) => wire.extend(chunk.iter().take(read)),
            Err(_) => return Some("a page that broke off"),
        }
    }
    if matches!(framing, Framing::UntilClosed) { Some("a page larger than 2 MB") } else { None }
}

/// How long the body is (RFC 9112, section 6.3). Where the server contradicts itself we read what there is.
fn framing(head: &Head) -> Framing {
    if head.status == 204 || head.status == 304 {
        return Framing::Empty;
    }
    if head.headers.joined("transfer-encoding").is_some_and(|value| value.to_ascii_lowercase().contains("chunked")) {
        return Framing::Chunked;
    }
    let mut lengths: Vec<String> = head.headers.all("content-length").map(super::Header::text).collect();
    lengths.dedup();
    match lengths.as_slice() {
        [length] => length.trim().parse().map_or(Framing::UntilClosed, Framing::Length),
        _ => Framing::UntilClosed,
    }
}

/// Takes the chunk sizes out; says whether the last, empty chunk was there.
fn unchunk(mut wire: &[u8]) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    loop {
        let Some(end) = wire.iter().position(|byte| *byte == b'\n') else { return (bytes, false) };
        let line = wire.get(..end).unwrap_or_default();
        wire = wire.get(end + 1..).unwrap_or_default();
        let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let size = std::str::from_utf8(digits).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
        match size {
            Some(0) => return (bytes, true),
            Some(size) => {
                let taken = wire.get(..size.min(wire.len())).unwrap_or_default();
                bytes.extend_from_slice(taken);
                if taken.len() < size {
                    return (bytes, false);
                }
                wire = wire.get(size..).unwrap_or_default();
                wire = wire.strip_prefix(b"\r\n").or_else(|| wire.strip_prefix(b"\n")).unwrap_or(wire);
            }
            None => return (bytes, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::head::Headers;
    use super::*;

    async fn of(headers: &[(&str, &str)], wire: &[u8]) -> Body {
        let head = Head { status: 200, headers: Headers::of(headers) };
        let limits = Limits { body_bytes: 64, ..Limits::STANDARD };
        read(&mut &wire[4..], wire[..4].to_vec(), &head, &limits, Duration::from_secs(1)).await
    }

    #[tokio::test]
    async fn every_framing_gives_its_bytes() {
        assert_eq!(of(&[("Content-Length", "5")], b"hello, more").await.bytes, b"hello");
        let chunked = of(&[("Transfer-Encoding", "chunked")], b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").await;
        assert_eq!((chunked.bytes.as_slice(), chunked.cut), (&b"abcde"[..], None));
        let closed = of(&[], b"until closed").await;
        assert_eq!((closed.bytes.as_slice(), closed.cut), (&b"until closed"[..], None));
    }

    #[tokio::test]
    async fn a_body_that_is_not_whole_says_so() {
        assert_eq!(of(&[("Content-Length", "50")], b"short").await.cut, Some("a page that broke off"));
        assert_eq!(of(&[("Transfer-Encoding", "chunked")], b"ff\r\nabc").await.cut, Some("a page that broke off"));
        assert_eq!(of(&[("Transfer-Encoding", "chunked")], b"zz\r\nabc").await.bytes, b"");
        let endless = of(&[], &[b'x'; 500]).await;
        assert_eq!((endless.bytes.len(), endless.cut), (64, Some("a page larger than 2 MB")));
        assert_eq!(of(&[("Content-Length", "5"), ("Content-Length", "9")], b"hello, more").await.bytes, b"hello, more");
        assert_eq!(of(&[("Content-Length", "500")], &[b'x'; 500]).await.bytes.len(), 64);
    }
}

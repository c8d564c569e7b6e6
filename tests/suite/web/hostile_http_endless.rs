//! Servers that never end, or that answer with far more than they were asked for.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::AsyncWriteExt;

use super::hostile_http::{answered, behaving, gaps};
use super::*;

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\n";

#[tokio::test]
async fn h21_200_000_times_100_continue() {
    let seen = behaving(async |mut stream| {
        for _ in 0..200_000 {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        Ok(())
    })
    .await;
    assert!(failure(&seen).contains("more than 100 informational responses"), "{}", failure(&seen));
    let some = [&b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n".repeat(20), HEAD, b"\r\n"].concat();
    assert!(answered(some).await.proved().contains(&"frame-options-set".to_owned()));
}

#[tokio::test]
async fn h22_silence_after_the_request() {
    let seen = behaving(async |stream| {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(stream);
        Ok(())
    })
    .await;
    assert!(failure(&seen).contains("it did not answer within"), "{}", failure(&seen));
}

#[tokio::test]
async fn h23_endless_headers() {
    let seen = behaving(async |mut stream| {
        stream.write_all(HEAD).await?;
        loop {
            stream.write_all(b"X-Filler: again\r\n").await?;
        }
    })
    .await;
    assert!(failure(&seen).contains("longer than 300 KB"), "{}", failure(&seen));
}

#[tokio::test]
async fn h24_one_endless_header_line() {
    let seen = behaving(async |mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nX: ").await?;
        loop {
            stream.write_all(&[b'a'; 4096]).await?;
        }
    })
    .await;
    assert!(failure(&seen).contains("longer than 300 KB"), "{}", failure(&seen));
}

/// The headers count although the body does not end, and that it does not is said.
fn judged_but(seen: &Seen, gap: &str) {
    assert_eq!(gaps(seen), [gap]);
    assert!(seen.proved().contains(&"frame-options-set".to_owned()), "{seen:#?}");
    assert_eq!(seen.of("referrer-policy-missing").len(), 1);
    assert_eq!(seen.of("https-missing").len(), 1);
}

#[tokio::test]
async fn h25_an_endless_body() {
    let seen = behaving(async |mut stream| {
        stream.write_all(&[HEAD, b"\r\n"].concat()).await?;
        loop {
            stream.write_all(&[b'a'; 16 * 1024]).await?;
        }
    })
    .await;
    judged_but(&seen, "a page larger than 2 MB");
    let chunked = behaving(async |mut stream| {
        stream.write_all(&[HEAD, b"Transfer-Encoding: chunked\r\n\r\n"].concat()).await?;
        loop {
            stream.write_all(&[b"4000\r\n".as_slice(), &[b'a'; 0x4000], b"\r\n"].concat()).await?;
        }
    })
    .await;
    judged_but(&chunked, "a page larger than 2 MB");
}

#[tokio::test]
async fn h26_headers_a_byte_at_a_time() {
    let seen = behaving(async |mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
        loop {
            stream.write_all(b"X").await?;
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    })
    .await;
    assert!(failure(&seen).contains("it did not answer within"), "{}", failure(&seen));
}

#[tokio::test]
async fn h27_a_body_a_byte_at_a_time() {
    let seen = behaving(async |mut stream| {
        stream.write_all(&[HEAD, b"\r\n"].concat()).await?;
        loop {
            stream.write_all(b"a").await?;
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    })
    .await;
    judged_but(&seen, "a page that did not arrive in time");
}

/// A page of zeros, packed.
fn bomb(megabytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1024 * 1024];
    (0..megabytes).for_each(|_| encoder.write_all(&zeros).unwrap());
    let packed = encoder.finish().unwrap();
    let length = format!("Content-Length: {}\r\nContent-Encoding: gzip\r\n\r\n", packed.len());
    [HEAD, length.as_bytes(), &packed].concat()
}

#[tokio::test]
async fn h28_a_gzip_bomb() {
    judged_but(&answered(bomb(12)).await, "a page larger than 8 MB when unpacked");
    let broken = [HEAD, b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08not gzip"].concat();
    judged_but(&answered(broken).await, "a page that could not be unpacked");
    let unknown = [HEAD, b"Content-Encoding: rot13\r\n\r\nuryyb"].concat();
    judged_but(&answered(unknown).await, "a page that could not be unpacked");
}

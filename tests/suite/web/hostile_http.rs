//! What breaks other HTTP clients: each server here must end within the limits, with a sensible outcome and escaped text.

use std::time::{Duration, Instant};

use gonogo::model::escape;
use gonogo::probe::web::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::support::tls_server::{Server, request};

/// Short, so that what never ends ends soon; the machine may still be slow.
pub const QUICK: Limits =
    Limits { phase: Duration::from_millis(800), address: Duration::from_secs(3), ..Limits::STANDARD };

/// Runs the probe within short limits and checks what holds for every hostile server.
pub async fn look_quickly(url: String) -> Seen {
    look_within(QUICK, url).await
}

async fn look_within(limits: Limits, url: String) -> Seen {
    let started = Instant::now();
    let probe = WebProbe::with_limits(limits);
    let seen = run(&probe, Path::new("/"), settings(&[url], None)).await.unwrap();
    assert!(started.elapsed() < limits.address + Duration::from_secs(2), "took {:?}", started.elapsed());
    let mut texts: Vec<&str> = Vec::new();
    for finding in &seen.findings {
        texts.extend([finding.message.as_str(), finding.fix.as_str()]);
        texts.extend(finding.evidence.iter().map(|evidence| evidence.text.as_str()));
    }
    for proof in &seen.proofs {
        texts.push(&proof.message);
        texts.extend(proof.evidence.iter().map(|evidence| evidence.text.as_str()));
    }
    for text in texts {
        assert!(!text.chars().any(|c| escape::is_unsafe(c) && c != '\n'), "{text:?}");
        assert!(text.len() < 4096, "{} bytes of evidence", text.len());
    }
    seen
}

/// What the probe makes of a server that answers with these bytes and closes.
async fn answered(bytes: Vec<u8>) -> Seen {
    let server = Server::raw(move |mut stream| {
        let bytes = bytes.clone();
        async move {
            request(&mut stream).await;
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
            // What is unread when a socket closes makes it reset the connection.
            let _ = tokio::time::timeout(Duration::from_secs(2), stream.read(&mut [0; 64])).await;
        }
    })
    .await;
    look_within(Limits::STANDARD, format!("http://localhost:{}/", server.port)).await
}

/// What the probe makes of a server that does this after a request.
async fn behaving<F>(behave: impl Fn(TcpStream) -> F + Send + Copy + Sync + 'static) -> Seen
where
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let server = Server::raw(move |mut stream| async move {
        request(&mut stream).await;
        let _ = behave(stream).await;
    })
    .await;
    look_quickly(format!("http://localhost:{}/", server.port)).await
}

/// A page with this header line; everything else is missing.
fn with_line(line: &[u8]) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\n", line, b"\r\nX-Frame-Options: DENY\r\nContent-Length: 2\r\n\r\nok"].concat()
}

fn gaps(seen: &Seen) -> Vec<String> {
    seen.result.as_ref().unwrap().gaps.iter().map(|gap| gap.reason.clone()).collect()
}

#[tokio::test]
async fn odd_header_bytes_cost_one_header_and_not_the_response() {
    for (line, gap) in [
        (&b"Referrer-Policy: \x1b]0;owned\x07no-referrer"[..], Some("control characters in a header")),
        (b"Referrer-Policy: \xc2\x9b31mno-referrer", None),
        (b"Referrer-Policy: \x9b31mno-referrer", Some("a header that is not UTF-8")),
        (b"Referrer-Policy: caf\xe9", Some("a header that is not UTF-8")),
        ("Referrer-Policy: \u{202e}rerrefer-on".as_bytes(), None),
        (b"Referrer-Policy: no-referrer\0", Some("control characters in a header")),
        (b"Referrer-Policy: a\r\n folded", Some("a header folded over two lines")),
        (b"no colon at all", Some("a header line without a colon")),
    ] {
        let seen = answered(with_line(line)).await;
        assert!(seen.proved().contains(&"frame-options-set".to_owned()), "{line:?}: {seen:#?}");
        assert_eq!(seen.of("referrer-policy-missing").len(), 1, "{line:?}");
        assert_eq!(gaps(&seen), Vec::from_iter(gap.map(str::to_owned)), "{line:?}");
    }
}

#[tokio::test]
async fn what_browsers_forgive_is_forgiven() {
    for response in [
        with_line(b"Referrer-Policy : no-referrer"),
        with_line(b"Referrer-Policy:\r\n\tno-referrer"),
        b"HTTP/1.1 200 OK\nReferrer-Policy: no-referrer\nX-Frame-Options: DENY\n\nok".to_vec(),
        b"HTTP/1.1 200\r\nReferrer-Policy: no-referrer\r\nX-Frame-Options: DENY\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok".to_vec(),
        b"HTTP/1.1 200 OK\r\nReferrer-Policy: no-referrer\r\nX-Frame-Options: DENY\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n".to_vec(),
        b"HTTP/1.1 200 OK\r\nReferrer-Policy: no-referrer\r\nX-Frame-Options: DENY\r\nContent-Length: 100\r\n\r\ntruncated".to_vec(),
        b"HTTP/1.1 200 OK\r\nReferrer-Policy: no-referrer\r\nX-Frame-Options: DENY\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08not gzip".to_vec(),
    ] {
        let seen = answered(response).await;
        assert_eq!(seen.proved(), ["frame-options-set", "referrer-policy-set", "xss-protection-harmless"]);
        assert_eq!(seen.of("https-missing").len(), 1);
    }
}

#[tokio::test]
async fn many_headers_are_read_and_too_many_are_refused() {
    for count in [98, 150, 900] {
        let lines: String = (0..count).map(|at| format!("X-Filler-{at}: {at}\r\n")).collect();
        let seen = answered(with_line(lines.trim_end().as_bytes())).await;
        assert!(seen.proved().contains(&"frame-options-set".to_owned()), "{count}");
    }
    let lines = "X-Filler: 1\r\n".repeat(1200);
    let seen = answered(with_line(lines.trim_end().as_bytes())).await;
    assert!(failure(&seen).contains("more than 1000 response headers"), "{}", failure(&seen));
}

#[tokio::test]
async fn strange_statuses_are_said_and_not_judged() {
    let seen =
        answered(b"HTTP/1.1 999 Request Denied\r\nX-Frame-Options: DENY\r\nContent-Length: 0\r\n\r\n".to_vec()).await;
    assert_eq!(seen.proofs, []);
    let gonogo::model::Coverage::Nothing(why) = coverage(&seen, "frame-options-set") else { panic!("{seen:#?}") };
    assert!(why.contains("answered 999"), "{why}");
    let seen = answered(b"<h1>no status line</h1>".to_vec()).await;
    assert!(failure(&seen).contains("its answer is not HTTP"), "{}", failure(&seen));
}

#[tokio::test]
async fn endless_heads_end() {
    let seen = behaving(async |mut stream| {
        loop {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
    })
    .await;
    assert!(failure(&seen).contains("more than 100 informational responses"), "{}", failure(&seen));
    let seen = behaving(async |mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nX: ").await?;
        loop {
            stream.write_all(&[b'a'; 4096]).await?;
        }
    })
    .await;
    assert!(failure(&seen).contains("longer than 300 KB"), "{}", failure(&seen));
    let seen = behaving(async |mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
        loop {
            stream.write_all(b"X-Filler: again\r\n").await?;
        }
    })
    .await;
    assert!(failure(&seen).contains("longer than 300 KB"), "{}", failure(&seen));
}

#[tokio::test]
async fn slow_and_silent_servers_run_out_of_time() {
    let seen = behaving(async |stream| {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(stream);
        Ok(())
    })
    .await;
    assert!(failure(&seen).contains("it did not answer within"), "{}", failure(&seen));
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
async fn however_a_body_ends_the_headers_count() {
    let head = b"HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\n\r\n";
    let endless = behaving(async |mut stream| {
        stream.write_all(head).await?;
        loop {
            stream.write_all(&[b'a'; 16 * 1024]).await?;
        }
    })
    .await;
    let slow = behaving(async |mut stream| {
        stream.write_all(head).await?;
        loop {
            stream.write_all(b"a").await?;
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    })
    .await;
    let reset = behaving(async |mut stream| {
        stream.write_all(head).await?;
        stream.write_all(b"half a pa").await?;
        stream.set_zero_linger()?;
        Ok(())
    })
    .await;
    for (seen, gap) in
        [(endless, Some("a page larger than 2 MB")), (slow, Some("a page that did not arrive in time")), (reset, None)]
    {
        match gap {
            Some(gap) => assert_eq!(gaps(&seen), [gap]),
            // Whether the head arrives before the reset is the kernel's business.
            None if seen.result.is_err() => continue,
            None => assert_eq!(gaps(&seen), ["a page that broke off"]),
        }
        assert!(seen.proved().contains(&"frame-options-set".to_owned()));
    }
}

#[tokio::test]
async fn a_reset_in_place_of_an_answer_is_a_clear_line() {
    let seen = behaving(async |stream| stream.set_zero_linger()).await;
    assert!(failure(&seen).contains("it closed the connection"), "{}", failure(&seen));
}

//! What breaks other HTTP clients, in the order of the list in the design: each server here must end within the limits, with
//! a sensible outcome and escaped text. What never ends is in `hostile_http_endless`.

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

pub async fn look_within(limits: Limits, url: String) -> Seen {
    let started = Instant::now();
    let probe = WebProbe::with_limits(limits);
    let seen = run(&probe, no_project(), settings(&[url], None)).await.unwrap();
    assert!(started.elapsed() < limits.address + Duration::from_secs(2), "took {:?}", started.elapsed());
    unharmed(&seen);
    seen
}

/// No text of a run steers a terminal or fills it.
pub fn unharmed(seen: &Seen) {
    let mut texts: Vec<&str> = Vec::new();
    for finding in &seen.findings {
        texts.extend([finding.message.as_str(), finding.fix.as_str()]);
        texts.extend(finding.evidence.iter().map(|evidence| evidence.text.as_str()));
    }
    for proof in &seen.proofs {
        texts.push(&proof.message);
        texts.extend(proof.evidence.iter().map(|evidence| evidence.text.as_str()));
    }
    match &seen.result {
        Ok(examined) => texts.extend(examined.gaps.iter().flat_map(|gap| &gap.examples).map(String::as_str)),
        Err(failure) => texts.push(&failure.message),
    }
    for text in texts {
        assert!(!text.chars().any(|c| escape::is_unsafe(c) && c != '\n'), "{text:?}");
        assert!(text.len() < 4096, "{} bytes of evidence", text.len());
    }
}

/// What the probe makes of a server that answers with these bytes and closes.
pub async fn answered(bytes: Vec<u8>) -> Seen {
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
pub async fn behaving<F>(behave: impl Fn(TcpStream) -> F + Send + Copy + Sync + 'static) -> Seen
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

/// A page with these header lines; all that is good about it is `X-Frame-Options`.
fn with_lines(lines: &[u8]) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\n", lines, b"\r\nX-Frame-Options: DENY\r\nContent-Length: 2\r\n\r\nok"].concat()
}

/// What was passed over of the page; that its server gives nothing else either is another matter.
pub fn gaps(seen: &Seen) -> Vec<String> {
    let reasons = seen.result.as_ref().unwrap().gaps.iter().map(|gap| gap.reason.clone());
    reasons.filter(|reason| !reason.starts_with("paths of which")).collect()
}

/// The answer was read and judged in spite of everything: what is good in it, what is missing, and how it was sent.
fn judged(seen: &Seen) {
    assert!(seen.proved().contains(&"frame-options-set".to_owned()), "{seen:#?}");
    assert_eq!(seen.of("https-missing").len(), 1, "{seen:#?}");
    assert_eq!(seen.of("permissions-policy-missing").len(), 1, "{seen:#?}");
}

/// The finding about the form of the answer: its severity and message, and its evidence.
fn malformed(seen: &Seen) -> (String, String) {
    judged(seen);
    let finding = seen.of("http-malformed")[0];
    let message = finding.message.split_once(" answers with ").unwrap().1;
    (format!("{}: {message}", finding.severity.word()), finding.evidence[0].text.clone())
}

fn well_formed(seen: &Seen) {
    judged(seen);
    assert_eq!(coverage(seen, "http-malformed"), gonogo::model::Coverage::Whole);
    assert_eq!(seen.of("http-malformed"), Vec::<&gonogo::model::Finding>::new());
}

#[tokio::test]
async fn h01_an_escape_sequence_in_a_header_value() {
    let seen = answered(with_lines(b"Referrer-Policy: \x1b]0;owned\x07no-referrer")).await;
    let (said, shown) = malformed(&seen);
    assert_eq!(said, "major: control characters in a header");
    assert!(shown.contains("Referrer-Policy: ") && shown.contains("owned"), "{shown}");
    assert_eq!(seen.of("referrer-policy-missing").len(), 1);
}

#[tokio::test]
async fn h02_c1_bytes_in_a_header_value() {
    for line in [&b"Referrer-Policy: \x9b31mno-referrer"[..], b"Referrer-Policy: \xc2\x9b31mno-referrer"] {
        let seen = answered(with_lines(line)).await;
        well_formed(&seen);
        assert_eq!(seen.of("referrer-policy-missing").len(), 1);
    }
}

#[tokio::test]
async fn h03_a_latin_1_byte_in_a_header_value() {
    let seen = answered(with_lines(b"Referrer-Policy: caf\xe9")).await;
    well_formed(&seen);
    assert_eq!(gaps(&seen), ["a header that is not UTF-8"]);
    assert!(seen.of("referrer-policy-missing")[0].evidence[0].text.contains("café"));
}

#[tokio::test]
async fn h04_a_bidi_override_in_a_header_value() {
    let seen = answered(with_lines("Referrer-Policy: \u{202e}rerrefer-on".as_bytes())).await;
    well_formed(&seen);
    assert_eq!(seen.of("referrer-policy-missing").len(), 1);
}

#[tokio::test]
async fn h05_a_nul_in_a_header_value() {
    let seen = answered(with_lines(b"Referrer-Policy: no-referrer\0")).await;
    assert_eq!(malformed(&seen).0, "major: control characters in a header");
    assert_eq!(seen.of("referrer-policy-missing").len(), 1);
}

#[tokio::test]
async fn h06_bare_line_feeds() {
    let seen = answered(b"HTTP/1.1 200 OK\nReferrer-Policy: no-referrer\nX-Frame-Options: DENY\n\nok".to_vec()).await;
    assert_eq!(malformed(&seen).0, "minor: header lines that end without a carriage return");
    assert!(seen.proved().contains(&"referrer-policy-set".to_owned()));
}

#[tokio::test]
async fn h07_a_folded_header() {
    let seen = answered(with_lines(b"Referrer-Policy:\r\n\tno-referrer")).await;
    let (said, shown) = malformed(&seen);
    assert_eq!(said, "minor: a header folded over two lines");
    assert!(shown.ends_with(": Referrer-Policy"), "{shown}");
    assert!(seen.proved().contains(&"referrer-policy-set".to_owned()));
}

#[tokio::test]
async fn h08_a_space_before_the_colon() {
    let seen = answered(with_lines(b"Referrer-Policy : no-referrer")).await;
    assert_eq!(malformed(&seen).0, "minor: a space before the colon of a header");
    assert!(seen.proved().contains(&"referrer-policy-set".to_owned()));
}

#[tokio::test]
async fn h09_a_header_line_without_a_colon() {
    let seen = answered(with_lines(b"no colon at all")).await;
    let (said, shown) = malformed(&seen);
    assert_eq!(said, "minor: a header line without a colon");
    assert!(shown.ends_with(": no colon at all"), "{shown}");
}

#[tokio::test]
async fn h10_two_different_content_lengths() {
    let seen = answered(with_lines(b"Content-Length: 1")).await;
    let (said, shown) = malformed(&seen);
    assert_eq!(said, "major: two different lengths for one answer");
    assert!(shown.ends_with(": Content-Length: 1, 2"), "{shown}");
}

#[tokio::test]
async fn h11_a_content_length_with_chunked() {
    let bytes = b"HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n\
        2\r\nok\r\n0\r\n\r\n";
    let seen = answered(bytes.to_vec()).await;
    assert_eq!(malformed(&seen).0, "major: a fixed length and a length in chunks for one answer");
    assert_eq!(gaps(&seen), [""; 0]);
}

#[tokio::test]
async fn h12_98_headers() {
    well_formed(&answered(many_headers(98)).await);
}

#[tokio::test]
async fn h13_150_headers() {
    for count in [150, 900] {
        well_formed(&answered(many_headers(count)).await);
    }
    let seen = answered(many_headers(1200)).await;
    assert!(failure(&seen).contains("more than 1000 response headers"), "{}", failure(&seen));
}

fn many_headers(count: usize) -> Vec<u8> {
    let lines: Vec<String> = (0..count).map(|at| format!("X-Filler-{at}: {at}")).collect();
    with_lines(lines.join("\r\n").as_bytes())
}

#[tokio::test]
async fn h14_status_999() {
    let seen =
        answered(b"HTTP/1.1 999 Request Denied\r\nX-Frame-Options: DENY\r\nContent-Length: 0\r\n\r\n".to_vec()).await;
    assert_eq!(seen.proofs, []);
    let gonogo::model::Coverage::Nothing(why) = coverage(&seen, "frame-options-set") else { panic!("{seen:#?}") };
    assert!(why.contains("answered 999"), "{why}");
}

#[tokio::test]
async fn h15_an_answer_without_a_status_line() {
    for bytes in [&b"<h1>no status line</h1>"[..], b"HTTP/1.1\r\n\r\n", b"ICY 200 OK\r\n\r\n"] {
        let seen = answered(bytes.to_vec()).await;
        assert!(failure(&seen).contains("its answer is not HTTP"), "{}", failure(&seen));
    }
}

#[tokio::test]
async fn h16_a_redirect_to_itself() {
    for location in ["/", "", "#"] {
        let seen = answered(redirect(location).into_bytes()).await;
        let line = failure(&seen);
        assert!(line.contains("redirects in a circle") || line.contains("without saying where to"), "{line}");
    }
}

#[tokio::test]
async fn h17_a_redirect_to_a_file() {
    let seen = answered(redirect("file:///etc/passwd").into_bytes()).await;
    assert!(failure(&seen).contains("leads to file:///etc/passwd, which is not followed"), "{}", failure(&seen));
}

#[tokio::test]
async fn h18_a_redirect_to_another_hosts_metadata() {
    for to in ["http://169.254.169.254/latest/meta-data/", "//169.254.169.254/", "http://[::ffff:a9fe:a9fe]/"] {
        let seen = answered(redirect(to).into_bytes()).await;
        assert!(failure(&seen).contains("which is not followed: give that address with --url"), "{}", failure(&seen));
    }
}

#[tokio::test]
async fn h19_a_reset_in_mid_body() {
    let seen = behaving(async |mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\nContent-Length: 900\r\n\r\nhalf").await?;
        // Long enough for the head to be read: a reset throws away what was not.
        tokio::time::sleep(Duration::from_millis(100)).await;
        stream.set_zero_linger()
    })
    .await;
    well_formed(&seen);
    assert_eq!(gaps(&seen), ["a page that broke off"]);
}

#[tokio::test]
async fn h20_a_truncated_body() {
    for bytes in [
        &b"HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\nContent-Length: 100\r\n\r\ntruncated"[..],
        b"HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\nTransfer-Encoding: chunked\r\n\r\nff\r\ntruncated",
    ] {
        let seen = answered(bytes.to_vec()).await;
        well_formed(&seen);
        assert_eq!(gaps(&seen), ["a page that broke off"]);
    }
}

#[tokio::test]
async fn a_cookie_in_a_malformed_line_stays_secret() {
    let word = ["hun", "ter2"].concat();
    for line in [
        format!("Set-Cookie: sid={word}\x01; Path=/"),
        format!("Set-Cookie : sid={word}"),
        format!("Set-Cookie: sid=\r\n {word}"),
        format!("Set-Cookie: a=b\nsid={word}; Path=/"),
    ] {
        let seen = answered(with_lines(line.as_bytes())).await;
        assert!(!malformed(&seen).1.contains(&word), "{line:?}: {seen:#?}");
    }
}

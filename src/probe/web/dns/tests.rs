//! Against a DNS server on 127.0.0.1 that each test starts itself.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinHandle;

use super::*;
use crate::model::Standing;
use crate::probe::web::rules::dns::{judge_caa, judge_mail};
use crate::probe::web::rules::tests::lines;

const AAAA: u16 = 28;
const MX: u16 = 15;
const TXT: u16 = 16;
const DS: u16 = 43;
const CAA: u16 = 257;

/// How the server answers one question.
#[derive(Clone)]
enum Reply {
    /// With records of the kind that was asked for.
    Records(Vec<Vec<u8>>),
    /// With this code and nothing else.
    Code(u8),
    /// Over TCP only.
    Truncated(Vec<Vec<u8>>),
    Garbage,
    Silence,
}

/// A server; it stops when dropped. What it was not told of it answers with `otherwise`.
struct Server {
    address: SocketAddr,
    tasks: [JoinHandle<()>; 2],
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Server {
    async fn start(known: &[(&str, u16, Reply)], otherwise: Reply) -> Self {
        let known: HashMap<(String, u16), Reply> =
            known.iter().map(|(name, kind, reply)| (((*name).to_owned(), *kind), reply.clone())).collect();
        let answer = move |query: &[u8], tcp: bool| -> Option<Vec<u8>> {
            let (name, kind, end) = question(query);
            let reply = known.get(&(name, kind)).unwrap_or(&otherwise);
            let message = |code: u8, truncated: bool, records: &[Vec<u8>]| {
                let mut bytes = query[..2].to_vec();
                bytes.extend([
                    0x81 | if truncated { 2 } else { 0 },
                    0x80 | code,
                    0,
                    1,
                    0,
                    records.len() as u8,
                    0,
                    0,
                    0,
                    0,
                ]);
                bytes.extend(&query[12..end]);
                for record in records {
                    // The name of the question, its kind, class IN, a minute to live.
                    bytes.extend([0xc0, 12]);
                    bytes.extend(kind.to_be_bytes());
                    bytes.extend([0, 1, 0, 0, 0, 60]);
                    bytes.extend((record.len() as u16).to_be_bytes());
                    bytes.extend(record);
                }
                Some(bytes)
            };
            match reply {
                Reply::Records(records) => message(0, false, records),
                Reply::Code(code) => message(*code, false, &[]),
                Reply::Truncated(records) if tcp => message(0, false, records),
                Reply::Truncated(_) => message(0, true, &[]),
                Reply::Garbage => Some([&query[..2], &[0x81, 0x80, 0, 1, 0, 9, 0, 0, 0, 0, 0xff, 0xff, 0xff]].concat()),
                Reply::Silence => None,
            }
        };
        // The number that is free for one may be taken for the other.
        let (udp, tcp, address) = loop {
            let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            let address = udp.local_addr().unwrap();
            if let Ok(tcp) = TcpListener::bind(address).await {
                break (udp, tcp, address);
            }
        };
        let over_tcp = answer.clone();
        let tasks = [
            tokio::spawn(async move {
                let mut query = [0; 2048];
                while let Ok((length, from)) = udp.recv_from(&mut query).await {
                    if let Some(bytes) = answer(&query[..length], false) {
                        udp.send_to(&bytes, from).await.unwrap();
                    }
                }
            }),
            tokio::spawn(async move {
                while let Ok((mut stream, _)) = tcp.accept().await {
                    while let Ok(length) = stream.read_u16().await {
                        let mut query = vec![0; usize::from(length)];
                        stream.read_exact(&mut query).await.unwrap();
                        if let Some(bytes) = over_tcp(&query, true) {
                            stream.write_u16(bytes.len() as u16).await.unwrap();
                            stream.write_all(&bytes).await.unwrap();
                        }
                    }
                }
            }),
        ];
        Self { address, tasks }
    }

    async fn look(&self, url: &str) -> Dns {
        let way = Way { why_not: None, server: Some(self.address) };
        collect(&Url::parse(url).unwrap(), way).await.unwrap()
    }
}

/// Name and kind of a question, and where it ends.
fn question(query: &[u8]) -> (String, u16, usize) {
    let (mut at, mut labels) = (12, Vec::new());
    while query[at] != 0 {
        let end = at + 1 + usize::from(query[at]);
        labels.push(String::from_utf8_lossy(&query[at + 1..end]).to_lowercase());
        at = end;
    }
    (labels.join("."), u16::from_be_bytes([query[at + 1], query[at + 2]]), at + 5)
}

fn text(parts: &[&str]) -> Vec<u8> {
    parts.iter().flat_map(|part| std::iter::once(part.len() as u8).chain(part.bytes())).collect()
}

fn caa_record(tag: &str, value: &str) -> Vec<u8> {
    [&[0, tag.len() as u8], tag.as_bytes(), value.as_bytes()].concat()
}

fn mx(name: &str) -> Vec<u8> {
    let labels = name.split('.').filter(|label| !label.is_empty());
    let mut bytes = vec![0, 10];
    bytes.extend(labels.flat_map(|label| std::iter::once(label.len() as u8).chain(label.bytes())));
    bytes.push(0);
    bytes
}

fn records(records: &[Vec<u8>]) -> Reply {
    Reply::Records(records.to_vec())
}

fn row(dns: &Dns, name: &str) -> (String, Standing) {
    let row = rows(dns).into_iter().find(|row| row.name == name).unwrap();
    (row.found, row.standing)
}

#[tokio::test]
async fn records_that_are_there_are_found_and_the_nearest_caa_counts() {
    let known = [
        (
            "example.com",
            CAA,
            records(&[caa_record("issue", "letsencrypt.org"), caa_record("iodef", "mailto:a@example.com")]),
        ),
        ("shop.example.com", AAAA, records(&[vec![0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]])),
        ("example.com", MX, records(&[mx("mx.example.com")])),
        ("example.com", TXT, records(&[text(&["token=1"]), text(&["v=spf1 include:_spf.", "example.com -all"])])),
        ("_dmarc.example.com", TXT, records(&[text(&["v=DMARC1; p=reject"])])),
        ("example.com", DS, records(&[[&[0x12, 0x34, 13, 2][..], &[7; 32]].concat()])),
    ];
    let server = Server::start(&known, Reply::Code(0)).await;
    let dns = server.look("https://shop.example.com/").await;
    assert_eq!((dns.host.as_str(), dns.domain.as_str()), ("shop.example.com", "example.com"));
    assert_eq!(row(&dns, "CAA"), ("letsencrypt.org (at example.com)".to_owned(), Standing::Good));
    assert_eq!(row(&dns, "AAAA"), ("2001:db8::1".to_owned(), Standing::Good));
    assert_eq!(row(&dns, "SPF"), ("v=spf1 include:_spf.example.com -all".to_owned(), Standing::Good));
    assert_eq!(row(&dns, "DMARC").1, Standing::Good);
    assert!(row(&dns, "DNSSEC").0.contains("signatures were not checked"));
    assert!(lines(judge_caa(&dns))[0].starts_with("proof caa-set"));
    assert!(lines(judge_mail(&dns))[0].starts_with("proof mail-protected"));
}

#[tokio::test]
async fn what_is_clearly_absent_is_told_once_each() {
    let known = [("example.com", MX, records(&[mx("mx.example.com")])), ("_dmarc.example.com", TXT, Reply::Code(3))];
    let server = Server::start(&known, Reply::Code(0)).await;
    let dns = server.look("https://example.com/").await;
    assert_eq!(
        lines(judge_caa(&dns)),
        ["minor caa-missing: example.com has no CAA record, so any authority may issue certificates for it"]
    );
    let mail = lines(judge_mail(&dns));
    assert_eq!(mail.len(), 1);
    assert!(
        mail[0].starts_with("minor mail-forgeable: Mail in the name of example.com can be forged: no SPF"),
        "{mail:?}"
    );
    assert!(mail[0].contains("; no DMARC record"), "{mail:?}");
    assert_eq!(row(&dns, "AAAA").1, Standing::Neutral);
    assert!(row(&dns, "DNSSEC").0.starts_with("not signed"));
}

#[tokio::test]
async fn a_domain_without_mail_is_left_alone() {
    for known in [
        vec![],
        vec![("example.com", MX, records(&[mx("")])), ("example.com", TXT, records(&[text(&["v=spf1 -all"])]))],
    ] {
        let server = Server::start(&known, Reply::Code(0)).await;
        let dns = server.look("https://example.com/").await;
        assert!(lines(judge_mail(&dns))[0].starts_with("absent"), "{dns:?}");
        assert_eq!(row(&dns, "DMARC").1, Standing::Neutral);
    }
}

#[tokio::test]
async fn a_truncated_answer_is_asked_for_again() {
    let long = "x".repeat(200);
    let caa = Reply::Truncated(vec![caa_record("issue", "letsencrypt.org"), caa_record("iodef", &long)]);
    let server = Server::start(&[("example.com", CAA, caa)], Reply::Code(0)).await;
    assert_eq!(server.look("https://example.com/").await.caa.records().len(), 2);
}

#[tokio::test]
async fn what_is_no_clear_answer_is_unknown_and_never_a_finding() {
    for (otherwise, says) in [
        (Reply::Code(2), "Server Failure"),
        (Reply::Code(5), "Query Refused"),
        (Reply::Garbage, "the DNS server"),
        (Reply::Silence, "did not answer in time"),
    ] {
        let server = Server::start(&[], otherwise).await;
        let begun = std::time::Instant::now();
        let dns = server.look("https://shop.example.com/").await;
        assert!(begun.elapsed() < PATIENCE + Duration::from_secs(1));
        for sight in [judge_caa(&dns), judge_mail(&dns)] {
            assert!(lines(sight)[0].starts_with("not seen"), "{dns:?}");
        }
        let (found, standing) = row(&dns, "CAA");
        assert!(standing == Standing::Unknown && found.contains(says), "{found}");
    }
}

#[tokio::test]
async fn a_name_that_only_this_network_knows_has_no_findings() {
    let server = Server::start(&[], Reply::Code(3)).await;
    let dns = server.look("https://shop.example.com/").await;
    assert!(lines(judge_caa(&dns))[0].contains("does not know the name"), "{dns:?}");
    assert!(lines(judge_mail(&dns))[0].starts_with("absent"));
}

#[tokio::test]
async fn only_public_names_are_asked_about() {
    for (url, says) in [
        ("https://192.0.2.1/", "a number"),
        ("https://[::1]/", "a number"),
        ("http://localhost:3000/", "on this machine"),
        ("http://app.localhost/", "on this machine"),
        ("https://shop.test/", "not a name of the public DNS"),
        ("https://printer.local/", "not a name of the public DNS"),
        ("https://wiki.corp.internal/", "not a name of the public DNS"),
        ("https://intranet/", "not a name of the public DNS"),
        ("https://teapots.vercel.app/", "your host's"),
    ] {
        let server = Some("127.0.0.1:1".parse().unwrap());
        let why = collect(&Url::parse(url).unwrap(), Way { why_not: None, server }).await.unwrap_err();
        assert!(why.contains(says), "{url}: {why}");
    }
    let silent = Way { why_not: Some("the names are made up"), server: None };
    let why = collect(&Url::parse("https://example.com/").unwrap(), silent).await.unwrap_err();
    assert!(why.contains("made up"), "{why}");
}

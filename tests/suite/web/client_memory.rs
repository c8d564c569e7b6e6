//! Whatever servers send, the probe stays below 64 MB: measured in a process of its own, by the kernel.

#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, reason = "an inner run tells its peak to the outer one")]

use std::io::Write;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::hostile_http::QUICK;
use super::*;
use crate::support::tls_server::{Server, request};

/// In the process that is measured: the addresses to look at.
const URLS: &str = "GONOGO_TEST_MEMORY_URLS";
const MEASURED: &str = "web::client_memory::the_probe_stays_small_whatever_servers_send";
const MOST_KILOBYTES: u64 = 64 * 1024;

/// 32 MiB of zeros in Brotli, with the largest window that is given to its reader, 8 MiB.
const BROTLI_BOMB: &str = "cdffff7f002400e2b14072effff3ffff1f8004401c1680eefd3f";

/// A line of `/proc/self/status`, in kilobytes.
fn status(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_matches([':', ' ', '\t']).trim_end_matches(" kB").trim().parse().unwrap()
}

/// The most memory that this process has held so far, in kilobytes. The pages of the program itself, which come from its
/// file and of which a build for tests has many, are not what a server makes us hold.
pub fn peak() -> u64 {
    status("VmHWM").saturating_sub(status("RssFile"))
}

/// Answers each request with `head`, and then with `again` for ever.
async fn endless(head: &'static [u8], again: Vec<u8>) -> Server {
    Server::raw(move |mut stream| {
        let again = again.clone();
        async move {
            request(&mut stream).await;
            let _ = stream.write_all(head).await;
            while stream.write_all(&again).await.is_ok() {}
        }
    })
    .await
}

/// Answers each request with a page that is packed like this.
async fn packed(encoding: &'static str, body: Vec<u8>) -> Server {
    Server::raw(move |mut stream| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {}\r\n\r\n", body.len());
        let answer = [head.as_bytes(), &body].concat();
        async move {
            request(&mut stream).await;
            let _ = stream.write_all(&answer).await;
            let _ = stream.read(&mut [0; 64]).await;
        }
    })
    .await
}

fn bomb() -> Vec<u8> {
    gzip(&vec![0; 1024 * 1024], 24)
}

fn gzip(piece: &[u8], times: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    (0..times).for_each(|_| encoder.write_all(piece).unwrap());
    encoder.finish().unwrap()
}

/// A page with ten scripts, each of which unpacks to nearly as much as is read of one.
async fn scripts() -> Server {
    let script = gzip("menu(1);        \n".repeat(1024 * 60).as_bytes(), 7);
    let page: String = (0..10).map(|n| format!("<script src=/{n}.js></script>")).collect();
    Server::raw(move |mut stream| {
        let (page, script) = (page.clone(), script.clone());
        async move {
            let path = request(&mut stream).await;
            let (kind, body) = match path.as_str() {
                "/" => ("text/html", page.into_bytes()),
                path if path.ends_with(".js") => ("text/javascript\r\nContent-Encoding: gzip", script),
                _ => ("text/plain", b"nothing".to_vec()),
            };
            let status = if kind == "text/plain" { "404 Not Found" } else { "200 OK" };
            let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
            let _ = stream.read(&mut [0; 64]).await;
        }
    })
    .await
}

#[tokio::test]
async fn the_probe_stays_small_whatever_servers_send() {
    if let Ok(urls) = std::env::var(URLS) {
        return measure(&urls).await;
    }
    let brotli: Vec<u8> =
        (0..BROTLI_BOMB.len()).step_by(2).map(|at| u8::from_str_radix(&BROTLI_BOMB[at..at + 2], 16).unwrap()).collect();
    let many = |line: &str| line.repeat(500).into_bytes();
    let bomb = bomb();
    let servers = [
        endless(b"HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; 64 * 1024]).await,
        endless(b"HTTP/1.1 200 OK\r\n\r\n", vec![b'y'; 64 * 1024]).await,
        endless(b"HTTP/1.1 200 OK\r\n", many("X-Filler: again\r\n")).await,
        endless(b"HTTP/1.1 200 OK\r\nX: ", vec![b'x'; 64 * 1024]).await,
        endless(b"", many("HTTP/1.1 100 Continue\r\n\r\n")).await,
        packed("gzip", bomb.clone()).await,
        packed("gzip", bomb).await,
        packed("br", brotli.clone()).await,
        packed("br", brotli.clone()).await,
        packed("br", [&[brotli[0] | 2], &brotli[1..]].concat()).await,
        scripts().await,
    ];
    let urls: Vec<String> = servers.iter().map(|server| format!("http://localhost:{}/", server.port)).collect();
    let child = tokio::task::spawn_blocking(move || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", MEASURED, "--nocapture"])
            .env(URLS, urls.join(" "))
            .output()
            .unwrap()
    });
    let output = child.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("{said}");
    assert!(output.status.success() && said.contains("MEASURED"), "{output:?}");
}

/// Looks at all addresses at once.
async fn measure(urls: &str) {
    let urls: Vec<String> = urls.split(' ').map(str::to_owned).collect();
    let before = peak();
    let probe = WebProbe::with_limits(QUICK);
    let seen = run(&probe, no_project(), settings(&urls, None)).await.unwrap();
    drop(seen);
    let peak = peak();
    println!("MEASURED {peak} kB, {before} kB at the start");
    assert!(peak < MOST_KILOBYTES, "{peak} kB");
    assert!(peak > before + 8 * 1024, "the pages were not read: {peak} kB");
}

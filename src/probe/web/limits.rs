//! How much a server may send and how long it may take, so that no server can hold or fill us.

use std::time::Duration;

/// The limits of one run.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Status line and headers of one response, in bytes.
    pub head_bytes: usize,
    /// Header lines of one response.
    pub headers: usize,
    /// Informational (1xx) responses before the real one.
    pub informational: usize,
    /// Body of one response, in bytes on the wire. What is beyond is not read.
    pub body_bytes: usize,
    /// Body of one response, in bytes when unpacked.
    pub decoded_bytes: usize,
    /// What all responses of a run may hold in memory together, in bytes.
    pub memory: usize,
    /// Requests to one site for each address that was given of it: with and without `www.`, in both schemes.
    pub requests: usize,
    /// Connections to one origin at a time; as many as browsers make.
    pub connections: usize,
    /// Redirects followed from one address.
    pub redirects: usize,
    /// Time for one phase: finding the name, connecting, the TLS handshake, sending, reading headers, reading the body.
    pub phase: Duration,
    /// Time for everything about one address.
    pub address: Duration,
    /// Time for everything about all of them, so that what is known is told before the probe itself is stopped.
    pub run: Duration,
}

impl Limits {
    /// What users get. Header and redirect limits are Chromium's and curl's order of magnitude (300 KB in curl, 256 KB
    /// in Chromium; 20 redirects in the Fetch Standard); the rest is what a page that answers in time stays far below.
    pub const STANDARD: Self = Self {
        head_bytes: 300 * 1024,
        headers: 1000,
        informational: 100,
        body_bytes: 2 * 1024 * 1024,
        decoded_bytes: 8 * 1024 * 1024,
        memory: 12 * 1024 * 1024,
        requests: 150,
        connections: 6,
        redirects: 10,
        phase: Duration::from_secs(5),
        address: Duration::from_secs(20),
        run: Duration::from_secs(100),
    };
}

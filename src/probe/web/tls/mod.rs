//! TLS: the handshake that reads a page and the certificate, the trust in it, and what a server offers.

mod answer;
pub mod ask;
pub mod certificate;
pub mod chain;
pub mod grade;
pub mod handshake;
mod hello;
pub mod judge;
pub mod profile;
pub mod rows;
pub mod staple;
pub mod suites;
pub mod trust;
pub mod verdict;
pub mod versions;

/// Reads `bytes` as what follows a ClientHello. However they arrive, the same is read.
pub fn read_answer(bytes: &[u8]) {
    let read = |size: usize| {
        let mut reader = answer::Reader::new(answer::Until::Done);
        let mut states = bytes.chunks(size).map(|chunk| reader.take(chunk));
        let end = states.find(|state| *state != answer::State::More);
        (end, reader.into_flight())
    };
    let whole = read(bytes.len().max(1));
    debug_assert!(bytes.len() > 4096 || whole == read(1), "cut into bytes it reads differently");
    drop(whole);
}

/// Reads `bytes` as a certificate and as an OCSP response.
pub fn read_certificate(bytes: &[u8]) {
    if let Some(certificate) = certificate::Certificate::read(bytes) {
        let shown = certificate.describe();
        debug_assert!(!shown.is_empty(), "everything can be shown");
        let _ = staple::Staple::read(bytes, &certificate.serial);
        let _ = chain::disorder(&[certificate.clone(), certificate]);
    }
    let _ = staple::Staple::read(bytes, &[1]);
}

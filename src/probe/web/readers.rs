//! The readers of what servers send, one function each over bytes, for the fuzz targets. They never panic, and end in time
//! that grows with the length alone.

use super::tls;

/// The answer to a ClientHello, as it might arrive.
pub fn server_hello(bytes: &[u8]) {
    tls::read_answer(bytes);
}

/// A certificate, and an OCSP response about it.
pub fn certificate(bytes: &[u8]) {
    tls::read_certificate(bytes);
}

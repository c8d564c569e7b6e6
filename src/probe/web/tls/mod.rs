//! TLS: the handshake that reads a page and the certificate, the trust in it, and the versions that a server offers.

pub mod certificate;
pub mod handshake;
mod hello;
pub mod trust;
pub mod versions;

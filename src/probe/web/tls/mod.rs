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

//! What the tests share.

pub mod probes;
pub mod tls_server;

//! What the tests share.

pub mod binary;
pub mod mariadb;
pub mod packages;
pub mod postgres;
pub mod probes;
#[cfg(unix)]
pub mod pty;
pub mod queries;
pub mod server;
pub mod sites;
pub mod tls_server;

//! What the tests share.

pub mod probes;

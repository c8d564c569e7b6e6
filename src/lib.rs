//! gonogo: will it survive production, go or no-go, and on what evidence?

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test that cannot go on should stop"))]

pub mod catalog;
pub mod engine;
pub mod model;
pub mod probe;
pub mod report;
pub mod session;
pub mod store;

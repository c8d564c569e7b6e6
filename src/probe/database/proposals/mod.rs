//! Indexes that do not exist and would help.

pub mod candidate;

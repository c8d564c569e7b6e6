//! What is wrong with a query, and how bad that is.

pub mod cause;
pub mod full_table_scan;
pub mod wording;

//! Keys, indexes and constraints.

pub mod duplicate_index;
pub mod invalid_index;
pub mod table_without_primary_key;
pub mod unindexed_foreign_key;
pub mod unused_index;
pub mod unvalidated_constraint;

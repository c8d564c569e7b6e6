//! How the database is doing: what runs out, what piles up, what holds others up.

pub mod autovacuum_behind;
pub mod connection_limit;
pub mod long_transaction;
pub mod sequence_near_its_end;
pub mod transaction_id_age;

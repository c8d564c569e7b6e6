//! The server: how it is reached, what it is, what it is set to.

pub mod connection_unencrypted;
pub mod slow_query_log;
pub mod statement_timeout;
pub mod superuser_connection;
pub mod version_end_of_life;
pub mod wal_archiving;

//! Tests of the `database` probe.

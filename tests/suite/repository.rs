//! Tests of the `repository` probe.

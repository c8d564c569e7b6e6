//! Tests of the `web` probe.

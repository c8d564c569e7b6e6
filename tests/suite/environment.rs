//! Tests of the `environment` probe.

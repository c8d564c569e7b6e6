//! Tests of the `secrets` probe.

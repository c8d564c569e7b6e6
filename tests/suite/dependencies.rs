//! Tests of the `dependencies` probe.

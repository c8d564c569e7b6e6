//! Tests of the source rules on their fixtures.

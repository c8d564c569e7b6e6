//! The readers of what servers send, one function each over bytes, for the fuzz targets. They never panic, and end in time
//! that grows with the length alone.

use super::http;
use super::limits::Limits;

/// Status line and headers, and then the framing of a body: the first byte says how the rest is torn apart.
pub fn head(bytes: &[u8]) {
    http::read_any(bytes, &Limits::STANDARD);
}

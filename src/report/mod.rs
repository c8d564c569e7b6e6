//! The report's formats.

use std::io::{self, Write};

use crate::model::Report;

/// Markdown.
///
/// # Errors
/// When `out` cannot be written.
pub fn markdown(_report: &Report, out: &mut dyn Write) -> io::Result<()> {
    out.flush()
}

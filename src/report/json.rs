//! The JSON contract.

use std::io::{self, Write};

use crate::model::{Report, escape};

/// JSON, indented, with a line feed at the end.
///
/// Characters that could steer a terminal are written as `\u…`, which is the same string to every JSON reader.
///
/// # Errors
/// When `out` cannot be written.
pub fn json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(report)?;
    let mut safe = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        // Between the values there is nothing but ASCII punctuation, spaces and line feeds, so whatever else is unsafe
        // stands inside a string; all of it lies in the basic plane, where one escape of four digits is enough.
        if c != '\n' && escape::is_unsafe(c) {
            safe.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            safe.push(c);
        }
    }
    safe.push('\n');
    out.write_all(safe.as_bytes())
}

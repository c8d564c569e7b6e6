//! What every target does: reads the bytes as a file, and asks every rule about it. Nothing may panic, and nothing may
//! take long.

/// Reads `data` as a file whose name ends with `extension`.
pub fn examine(extension: &str, data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = gonogo::probe::source::examine_text(&format!("src/fuzzed.{extension}"), &text);
}

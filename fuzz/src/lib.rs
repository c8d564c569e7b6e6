//! What every target does: reads the bytes as a file, or as several, and asks every rule about them. Nothing may panic,
//! and nothing may take long.

use gonogo::probe::source::{examine_text, examine_texts};

/// More files than this are not read: rules that look at one at a time are fuzzed better by the other targets.
const MAX_FILES: usize = 8;

/// Reads `data` as a file whose name ends with `extension`.
pub fn examine(extension: &str, data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = examine_text(&format!("src/fuzzed.{extension}"), &text);
}

/// Reads `data` as the files of a project: each begins with its path on a line of its own and ends with a zero byte.
pub fn examine_project(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let files: Vec<(&str, &str)> = text.split('\0').filter_map(|file| file.split_once('\n')).take(MAX_FILES).collect();
    let _ = examine_texts(&files);
}

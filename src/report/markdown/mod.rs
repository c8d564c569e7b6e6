//! The report as Markdown: first for whoever decides, then for whoever mends.

mod appendix;
mod database;
mod dependencies;
mod front;
mod safe;
mod web;

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::overview::Overview;
use crate::model::Report;

pub use front::START as MARKDOWN_START;
pub(super) use safe::{code, fence, prose, to_do};

/// Markdown that reads well on GitHub and as plain text. It names the project, never its folder on this machine.
///
/// # Errors
/// When `out` cannot be written.
pub fn markdown(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let overview = Overview::new(report);
    front::write(&overview, out)?;
    appendix::write(&overview, out)
}

/// A table whose columns line up as plain text too. The cells are Markdown already.
fn table(out: &mut dyn Write, head: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let widths: Vec<usize> = head
        .iter()
        .enumerate()
        .map(|(column, title)| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.width())
                .fold(title.width().max(3), usize::max)
        })
        .collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded = cells.zip(&widths).map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.width())));
        format!("| {} |", padded.collect::<Vec<_>>().join(" | "))
    };
    writeln!(out, "{}", line(&mut head.iter().copied()))?;
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    writeln!(out, "{}", line(&mut rule.iter().map(String::as_str)))?;
    for row in rows {
        writeln!(out, "{}", line(&mut row.iter().map(String::as_str)))?;
    }
    writeln!(out)
}

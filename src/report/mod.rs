//! The report's formats. Each writes the same bytes for the same report.

mod database;
mod dependencies;
mod json;
mod markdown;
mod overview;
mod paint;
mod prompt;
mod text;
mod web;

pub use json::json;
pub use markdown::{MARKDOWN_START, markdown};
pub use prompt::prompt;
pub use text::{TextOptions, text};

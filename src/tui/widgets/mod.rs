//! What panes are drawn with.

pub mod canvas;
pub mod doc;
pub mod list;
pub mod text;

//! What panes are drawn with.

pub mod bars;
pub mod canvas;
pub mod doc;
pub mod list;
pub mod sql;
pub mod text;

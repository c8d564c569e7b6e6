//! placeholder
#![allow(missing_docs)]
use crate::{engine::Engine, model::Theme, session::Session};
pub struct Look {
    pub themes: Vec<Theme>,
    pub theme: Option<String>,
    pub no_color: bool,
    pub ascii: bool,
    pub keys: std::collections::BTreeMap<String, String>,
}
#[derive(Debug, thiserror::Error)]
#[error("no terminal")]
pub struct TuiError;
pub fn require_terminal() -> Result<(), TuiError> {
    Err(TuiError)
}
pub async fn run(_: Session, _: Engine, _: Look, _: fn() -> jiff::Timestamp) -> Result<(), TuiError> {
    Err(TuiError)
}

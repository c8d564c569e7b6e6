//! `bun.lock`, the text form.

use super::{Around, Reading};
use crate::probe::packages::NotUnderstood;

/// Reads the packages of a lock file.
///
/// # Errors
/// When it is not of a known form.
pub fn read(_text: &str, _around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    Err(NotUnderstood::new("Bun lock file, which gonogo does not read yet"))
}

//! Damage that every text lock file can have.

use crate::probe::packages::NotUnderstood;

/// A file that is empty or that git left with both sides of a conflict.
///
/// # Errors
/// When it is one.
pub fn refuse(text: &str) -> Result<(), NotUnderstood> {
    if text.trim().is_empty() {
        return Err(NotUnderstood::new("empty lock file"));
    }
    // The markers of git (<https://git-scm.com/docs/git-merge#_how_conflicts_are_presented>); `=======` alone may be text.
    match text.lines().position(|line| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ")) {
        Some(before) => Err(NotUnderstood::at("lock file with an unresolved merge conflict", before + 1)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conflicts_are_found_at_their_line() {
        assert_eq!(refuse("a:\n<<<<<<< HEAD\n").unwrap_err().line, Some(2));
        assert_eq!(refuse("a:\n  b\n>>>>>>> other\n").unwrap_err().line, Some(3));
        assert_eq!(refuse(" \r\n").unwrap_err().reason, "empty lock file");
        assert_eq!(refuse("a <<<<<<< b\n"), Ok(()));
    }
}

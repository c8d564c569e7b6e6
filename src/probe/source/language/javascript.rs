//! JavaScript, read by the front end for the JavaScript platform in `ecma`.

use tree_sitter::Language;

/// The grammar.
pub(super) fn grammar() -> Language {
    tree_sitter_javascript::LANGUAGE.into()
}

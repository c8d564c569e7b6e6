//! TypeScript with JSX, read by the front end for the JavaScript platform in `ecma`.

use tree_sitter::Language;

/// The grammar.
pub(super) fn grammar() -> Language {
    tree_sitter_typescript::LANGUAGE_TSX.into()
}

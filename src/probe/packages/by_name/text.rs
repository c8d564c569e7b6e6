//! The texts of instructions as a shell gets them.

use crate::probe::repository::Dockerfile;

/// A command without the options that are those of `RUN`.
pub fn bare(command: &str) -> &str {
    let mut rest = command.trim();
    while rest.starts_with("--") {
        rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
    }
    rest
}

/// What is run, where it is given as a list of words too
/// (<https://docs.docker.com/reference/dockerfile/#shell-and-exec-form>).
pub fn in_shell_form(run: &str) -> String {
    serde_json::from_str::<Vec<String>>(run).map_or_else(|_| run.to_owned(), |words| words.join(" "))
}

/// A command on a line with the variables that the Dockerfile sets before it.
pub fn filled(run: &str, container: &Dockerfile, line: u32) -> String {
    let mut parts = run.split('$');
    let mut text = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let braced = part.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (name, after) = braced.unwrap_or_else(|| {
            let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(part.len());
            part.split_at(end)
        });
        let (name, default) = name.split_once(":-").map_or((name, None), |(name, default)| (name, Some(default)));
        match container.value_at(name, line).or(default).filter(|value| !value.contains('$')) {
            Some(value) => text += &format!("{value}{after}"),
            None => text += &format!("${part}"),
        }
    }
    text
}

//! The texts of instructions as a shell gets them.

use ignore::gitignore::GitignoreBuilder;

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

/// Whether a name is one that a pattern means.
pub fn is_like(name: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None if !pattern.contains(['?', '[']) => name == pattern,
        // The most usual ones need no further reading.
        Some((start, end)) if !pattern.contains(['?', '[']) && !end.contains('*') => {
            name.len() + 1 >= pattern.len() && name.starts_with(start) && name.ends_with(end)
        }
        _ => {
            let mut patterns = GitignoreBuilder::new("");
            let is_read = patterns.add_line(None, pattern).is_ok();
            // One that makes no sense may mean anything.
            !is_read || patterns.build().map_or(true, |patterns| patterns.matched(name, false).is_ignore())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn patterns_mean_names() {
        for (pattern, name, is_one) in [
            ("a.txt", "a.txt", true),
            ("a.txt", "b.txt", false),
            ("a*.whl", "a-1.whl", true),
            ("a*a", "a", false),
            ("*-lock.*", "package-lock.json", true),
            ("package*[.j]son", "package.json", true),
            ("?.txt", "ab.txt", false),
        ] {
            assert_eq!(is_like(name, pattern), is_one, "{pattern} {name}");
        }
    }
}

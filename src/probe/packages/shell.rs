//! Lines of a shell, taken apart into commands as they are written. What they start is read in `by_name/steps.rs`.

/// The commands of a line: what `&`, `;` and `|` part outside quotes, and those that a shell is given to run (`sh -c "…"`). What
/// follows a `#` is a comment.
#[must_use]
pub fn commands(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut quote, mut start, mut before) = (None, 0, ' ');
    let mut end = line.len();
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some((c, at)),
            (Some((open, from)), _) if c == open && before != '\\' => {
                let head = line.get(start..from).unwrap_or("").trim_end();
                if is_told_to_run(head) {
                    found.extend(commands(line.get(from + 1..at).unwrap_or("")));
                }
                quote = None;
            }
            (None, '&' | ';' | '|') => {
                found.extend(line.get(start..at));
                start = at + 1;
            }
            (None, '#') if before.is_whitespace() => {
                end = at;
                break;
            }
            _ => {}
        }
        before = c;
    }
    // An apostrophe of a text is no quote.
    if quote.is_some() {
        return line.split(['&', ';', '|']).collect();
    }
    found.extend(line.get(start..end));
    found
}

/// Whether a shell's option for a command stands at the end: `bash -c`, `sh -ec`.
fn is_told_to_run(head: &str) -> bool {
    let option = head.rsplit(char::is_whitespace).next().unwrap_or("");
    option
        .strip_prefix('-')
        .is_some_and(|letters| letters.ends_with('c') && letters.bytes().all(|b| b.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_parted_outside_quotes_and_before_comments() {
        let parts = |line| commands(line).into_iter().map(str::trim).collect::<Vec<_>>();
        assert_eq!(parts("a 'x; y' && b|c # npm i d"), ["a 'x; y'", "", "b", "c"]);
        assert_eq!(
            parts("pip install \"a==1; python_version<'3.8'\" b==2"),
            ["pip install \"a==1; python_version<'3.8'\" b==2"]
        );
        assert_eq!(parts("su -c 'x && npm i -g y' u"), ["x", "", "npm i -g y", "su -c 'x && npm i -g y' u"]);
        assert_eq!(parts("echo don't; npm i -g x"), ["echo don't", "npm i -g x"]);
        assert_eq!(parts("curl http://a/#b"), ["curl http://a/#b"]);
    }
}

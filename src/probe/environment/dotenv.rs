//! Reads `.env` files by the rules of the dotenv libraries: `export`, quotes, comments, values over several lines.

/// One variable of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The variable.
    pub name: String,
    /// Its value without quotes. References to other variables stay as written.
    pub value: String,
    /// Line, from 1.
    pub line: u32,
    /// Written behind a `#`: an example file's way of saying that it may be set.
    pub commented: bool,
}

/// The variables of a file in their order. Lines that are no assignment are passed over, as the libraries do.
#[must_use]
pub fn parse(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut lines = text.lines().zip(1_u32..);
    while let Some((raw, line)) = lines.next() {
        let trimmed = raw.trim();
        let (content, commented) = match trimmed.strip_prefix('#') {
            Some(rest) => (rest.trim_start_matches('#').trim(), true),
            None => (trimmed, false),
        };
        let content = content.strip_prefix("export ").map_or(content, str::trim_start);
        // dotenv takes `NAME=value`, and `NAME: value` as well.
        let Some((name, rest)) = content.split_once('=').or_else(|| content.split_once(": ")) else { continue };
        let name = name.trim();
        // A comment is prose unless it is written exactly like an assignment.
        if !is_name(name) || (commented && (name.len() < 3 || name.bytes().any(|b| b.is_ascii_lowercase()))) {
            continue;
        }
        let rest = rest.trim();
        let value = match rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) {
            Some(quote) if !commented => quoted(rest, quote, &mut lines),
            Some(quote) => rest.trim_matches(quote).to_owned(),
            None => without_comment(rest).to_owned(),
        };
        entries.push(Entry { name: name.to_owned(), value, line, commented });
    }
    entries
}

fn is_name(name: &str) -> bool {
    name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

fn without_comment(value: &str) -> &str {
    match value.find(" #").or_else(|| value.starts_with('#').then_some(0)) {
        Some(at) => value.get(..at).unwrap_or(value).trim_end(),
        None => value,
    }
}

/// Takes further lines until the quote closes. One that never closes ends with its own line.
fn quoted<'a>(rest: &str, quote: char, lines: &mut (impl Iterator<Item = (&'a str, u32)> + Clone)) -> String {
    let inner = rest.get(1..).unwrap_or_default();
    if let Some(end) = closing(inner, quote) {
        return inner.get(..end).unwrap_or_default().to_owned();
    }
    let mut ahead = lines.clone();
    let mut value = inner.to_owned();
    // A certificate has some 60 lines; a quote that is open for longer was forgotten.
    for _ in 0..200 {
        let Some((line, _)) = ahead.next() else { break };
        value.push('\n');
        match closing(line, quote) {
            Some(end) => {
                value.push_str(line.get(..end).unwrap_or_default());
                *lines = ahead;
                return value;
            }
            None => value.push_str(line),
        }
    }
    without_comment(rest).to_owned()
}

fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices()
        .find(|&(_, c)| {
            let closes = c == quote && !escaped;
            escaped = c == '\\' && !escaped && quote == '"';
            closes
        })
        .map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse(text).into_iter().filter(|e| !e.commented).map(|e| (e.name, e.value)).collect()
    }

    #[test]
    fn follows_the_rules_of_dotenv() {
        let text = "A=1\nexport B = two words # said\nC=\"quoted # not a comment\"\nD='it''s'\nE=\nF=#none\n\
                    G=\"one\ntwo\"\nH=`x`\nnot a line\nI=a#b\nJ: 7\nK=\"say \\\"hi\\\"\"\n";
        let expected = [
            ("A", "1"),
            ("B", "two words"),
            ("C", "quoted # not a comment"),
            ("D", "it"),
            ("E", ""),
            ("F", ""),
            ("G", "one\ntwo"),
            ("H", "x"),
            ("I", "a#b"),
            ("J", "7"),
            ("K", "say \\\"hi\\\""),
        ];
        let expected: Vec<_> = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        assert_eq!(pairs(text), expected);
    }

    #[test]
    fn a_quote_that_never_closes_does_not_swallow_the_file() {
        assert_eq!(pairs("A=\"open\nB=2\n"), [("A".into(), "\"open".into()), ("B".into(), "2".into())]);
    }

    #[test]
    fn a_commented_assignment_is_known_as_one() {
        let entries = parse("# Mail, see https://x.example/?a=b\n# SMTP_HOST=\n#SMTP_PORT=25\n# note: this = that\n");
        let names: Vec<_> = entries.iter().map(|e| (e.name.as_str(), e.line, e.commented)).collect();
        assert_eq!(names, [("SMTP_HOST", 2, true), ("SMTP_PORT", 3, true)]);
    }
}

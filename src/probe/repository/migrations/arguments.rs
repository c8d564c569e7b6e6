//! The arguments of calls in a migration's text, without a grammar: enough to count them and to see their names.

/// A longer call is generated.
const MOST_BYTES: usize = 100_000;

/// The arguments of every call of `name` in `text`, each as written.
pub fn of_calls<'t>(text: &'t str, name: &str) -> Vec<Vec<&'t str>> {
    let opening = format!("{name}(");
    let mut found = Vec::new();
    for (at, _) in text.match_indices(&opening) {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        if !before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            found.push(arguments(text.get(at + opening.len()..).unwrap_or_default()));
        }
    }
    found
}

/// The arguments at the beginning of `text`, up to the bracket that closes them.
fn arguments(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let (mut depth, mut start, mut at) = (0_u32, 0, 0);
    let mut found = Vec::new();
    let mut take = |from: usize, to: usize| {
        let argument = text.get(from..to).unwrap_or_default().trim();
        if !argument.is_empty() {
            found.push(argument);
        }
    };
    while let Some(&byte) = bytes.get(at).filter(|_| at < MOST_BYTES) {
        match byte {
            b'"' | b'\'' => at = after_text(text, at, byte),
            b'#' => at += text.get(at..).and_then(|rest| rest.find('\n')).unwrap_or(text.len() - at),
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => break,
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 0 => {
                take(start, at);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    take(start, at.min(text.len()));
    found
}

/// The place of the quote that ends the text that begins at `at`.
fn after_text(text: &str, at: usize, quote: u8) -> usize {
    let bytes = text.as_bytes();
    let triple = bytes.get(at + 1) == Some(&quote) && bytes.get(at + 2) == Some(&quote);
    let (mut at, ends) = if triple { (at + 3, 3) } else { (at + 1, 1) };
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            _ if byte == quote && (0..ends).all(|step| bytes.get(at + step) == Some(&quote)) => return at + ends - 1,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_told_apart_at_commas_outside_texts_and_brackets() {
        let text = "m.RunSQL(\n  '''a, 'b' ''', [('x', \"y)\")],  # one, two\n  reverse_sql=f(1, 2),\n), NotRunSQL(1)";
        assert_eq!(
            of_calls(text, "RunSQL"),
            [["'''a, 'b' '''", "[('x', \"y)\")]", "# one, two\n  reverse_sql=f(1, 2)"]]
        );
        assert!(of_calls("RunSQL(", "RunSQL")[0].is_empty());
        assert_eq!(of_calls("RunSQL('a", "RunSQL"), [["'a"]]);
    }
}

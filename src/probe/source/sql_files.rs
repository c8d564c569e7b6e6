//! Files of SQL in statements and words: enough to tell what migrations make.

/// A longer file is data.
const MAX_WORDS: usize = 200_000;

/// One word or sign of SQL.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::probe) struct Word {
    /// In lower case, without quotes; a name with its schema is one word.
    pub lower: String,
    /// The bytes where it stands.
    pub bytes: (usize, usize),
}

/// One statement.
#[derive(Debug)]
pub(in crate::probe) struct Statement<'t> {
    /// As written.
    pub text: &'t str,
    /// The bytes where it stands.
    pub bytes: (usize, usize),
    /// Its words; texts between single quotes or dollar signs are left out.
    pub words: Vec<Word>,
}

/// The statements of `text`, comments left out.
pub(in crate::probe) fn statements(text: &str) -> Vec<Statement<'_>> {
    let mut found = Vec::new();
    let (mut words, mut count): (Vec<Word>, usize) = (Vec::new(), 0);
    let bytes = text.as_bytes();
    let at = |place: usize| bytes.get(place).copied().unwrap_or(0);
    let mut place = 0;
    let mut close = |words: &mut Vec<Word>, end: usize| {
        let words = std::mem::take(words);
        if let Some(first) = words.first() {
            let start = first.bytes.0;
            found.push(Statement { text: text.get(start..end).unwrap_or(""), bytes: (start, end), words });
        }
    };
    while place < bytes.len() && count < MAX_WORDS {
        let start = place;
        match at(place) {
            b'-' if at(place + 1) == b'-' => place = end_of(text, place, "\n"),
            b'/' if at(place + 1) == b'*' => place = end_of(text, place + 2, "*/"),
            b'\'' => place = end_of(text, place + 1, "'"),
            b'$' => {
                let tag =
                    text.get(place..).and_then(|rest| rest.get(1..)?.find('$').and_then(|end| rest.get(..end + 2)));
                match tag.filter(|tag| {
                    tag.len() < 40 && tag.bytes().all(|b| b == b'$' || b == b'_' || b.is_ascii_alphanumeric())
                }) {
                    Some(tag) => place = end_of(text, place + tag.len(), tag),
                    None => place += 1,
                }
            }
            b';' => {
                close(&mut words, place);
                place += 1;
            }
            byte if byte.is_ascii_whitespace() => place += 1,
            byte if byte == b'"' || byte == b'_' || byte.is_ascii_alphanumeric() || byte >= 128 => {
                while place < bytes.len() {
                    match at(place) {
                        b'"' => place = end_of(text, place + 1, "\""),
                        b'.' | b'_' => place += 1,
                        byte if byte.is_ascii_alphanumeric() || byte >= 128 => place += 1,
                        _ => break,
                    }
                }
                let lower: String = text
                    .get(start..place)
                    .unwrap_or("")
                    .chars()
                    .filter(|c| *c != '"')
                    .collect::<String>()
                    .to_lowercase();
                words.push(Word { lower, bytes: (start, place) });
                count += 1;
            }
            _ => {
                let length = text.get(place..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
                words.push(Word {
                    lower: text.get(place..place + length).unwrap_or("").to_owned(),
                    bytes: (place, place + length),
                });
                place += length;
                count += 1;
            }
        }
    }
    close(&mut words, place.min(text.len()));
    found
}

/// Behind the next `end` at or after `from`, or the end of the text.
fn end_of(text: &str, from: usize, end: &str) -> usize {
    text.get(from..).and_then(|rest| rest.find(end)).map_or(text.len(), |length| from + length + end.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_split_at_semicolons_outside_texts_and_comments() {
        let text =
            "-- a;\ncreate table public.\"Notes\" (a text default ';');\n/* ; */ do $$ begin x; end $$;\nselect 1";
        let found = statements(text);
        let first =
            |place: usize| found[place].words.iter().map(|word| word.lower.as_str()).take(3).collect::<Vec<_>>();
        assert_eq!(found.len(), 3);
        assert_eq!(first(0), ["create", "table", "public.notes"]);
        assert_eq!(first(1), ["do"]);
        assert!(found[1].text.contains("begin x;"));
        assert!(statements("'").is_empty() && statements("$").is_empty() && statements("é$é").len() == 1);
    }
}

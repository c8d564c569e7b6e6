//! Takes out of the telling part of an error what may be a password or somebody's data.

use crate::probe::secrets::redact;

/// Letters of the telling part that are shown.
const SHOWN: usize = 160;
/// So many are read, so that what is cut off in the middle of a value is known to be one.
const READ: usize = 1000;

/// What comes after these is a statement with its values, or a row.
const VALUES: [&str; 3] = ["(SQL:", ", SQL: ", "DETAIL:"];

/// Quotation marks, as they are and as HTML and JSON write them.
const QUOTES: [&str; 11] =
    ["'", "\"", "`", "&#39;", "&#039;", "&#x27;", "&apos;", "&quot;", "&#34;", "\\u0027", "\\u0022"];

/// The first line of `text`, without what stands in quotes: the arguments of a call, a user's name, a statement's values.
pub fn telling(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    let cut = line.chars().count() > READ;
    let line: String = line.chars().take(READ).collect();
    let line = VALUES
        .iter()
        .filter_map(|mark| Some((line.find(mark)?, mark)))
        .min()
        .map_or(line.clone(), |(at, mark)| format!("{}{mark} …", line.get(..at).unwrap_or_default()));
    let hidden = without_quoted(&line, cut);
    redact::text(&hidden).chars().take(SHOWN).collect()
}

/// All from the first quotation mark to the last: a password may hold one itself.
fn without_quoted(line: &str, cut: bool) -> String {
    let (mut first, mut last, mut count) = (None, None, 0);
    for (at, _) in line.char_indices() {
        let rest = line.get(at..).unwrap_or_default();
        let Some(quote) = QUOTES.iter().find(|quote| rest.starts_with(**quote)) else { continue };
        let after = at + quote.len();
        if first.is_none() {
            // The one in "can't" is none.
            let is_letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
            let before = line.get(..at).and_then(|text| text.chars().next_back());
            let next = line.get(after..).and_then(|text| text.chars().next());
            if !(is_letter(before) && is_letter(next) && *quote == "'") {
                first = Some(after);
                count = 1;
            }
        } else {
            last = Some(at);
            count += 1;
        }
    }
    let Some(before) = first.and_then(|first| line.get(..first)) else { return line.to_owned() };
    // One that never closes holds all of the rest.
    match last.filter(|_| !cut && count % 2 == 0).and_then(|last| line.get(last..)) {
        Some(after) => format!("{before}…{after}"),
        None => format!("{before}…"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_quotes_is_never_shown() {
        let word = ["hunter2", "xyz9Q"].concat();
        for (text, shown) in [
            (
                format!("SQLSTATE[HY000] [1045] #0 /db.php(3): PDO->__construct('mysql:host=db','root','{word}')"),
                "SQLSTATE[HY000] [1045] #0 /db.php(3): PDO->__construct('…')".to_owned(),
            ),
            (
                format!("new PDO(&#039;mysql&#039;, &#039;{word}&#039;) in /a.php"),
                "new PDO(&#039;…&#039;) in /a.php".to_owned(),
            ),
            (format!(r#"connect(\"{word}\") failed"#), r#"connect(\"…") failed"#.to_owned()),
            (format!("connect(\"it's {word}', x\")"), "connect(\"…\")".to_owned()),
            (format!("Can't connect as 'root' with '{word}' here"), "Can't connect as '…' here".to_owned()),
            (format!("connect('{word}"), "connect('…".to_owned()),
            (format!("connect('db', '{word}"), "connect('…".to_owned()),
            (
                format!("insert failed (SQL: insert into users values (ann, {word}))"),
                "insert failed (SQL: …".to_owned(),
            ),
            ("at add (/srv/shop/cart.js:1:2)".to_owned(), "at add (/srv/shop/cart.js:1:2)".to_owned()),
        ] {
            let told = telling(&text);
            assert!(!told.contains(&word), "{told}");
            assert_eq!(told, shown);
        }
        let long = format!("call('{}','{word}', 'x')", "a".repeat(READ));
        assert_eq!(telling(&long), "call('…");
        let dsn = telling(&format!("OperationalError: postgres://app:{word}@db.internal/shop"));
        assert!(!dsn.contains(&word) && dsn.starts_with("OperationalError: postgres://"), "{dsn}");
    }
}

//! Tells SQL statements from prose that happens to begin with one of its words.

/// Whether `text` is one of the statements SELECT, INSERT, UPDATE, DELETE or WITH. Interpolations stand as `${…}`.
#[must_use]
pub fn is_statement(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    if !text.as_bytes().first().is_some_and(|b| matches!(b | 0x20, b's' | b'i' | b'u' | b'd' | b'w')) {
        return false;
    }
    let mut words = text.split_whitespace();
    let Some(first) = words.next() else { return false };
    // People write `SELECT` or `select`; `Select` begins a sentence.
    let shouting = first.chars().all(|c| c.is_ascii_uppercase());
    if !shouting && !first.chars().all(|c| c.is_ascii_lowercase()) {
        return false;
    }
    let second = words.next().unwrap_or("");
    let third = words.next().unwrap_or("");
    match first.to_ascii_lowercase().as_str() {
        "select" => is_select(text, second, shouting),
        "insert" => (is(second, "into") || is(second, "or") || is(second, "ignore")) && is_name(third),
        "update" => is_name(second.trim_end_matches(',')) && has_word(text, "set") && text.contains('='),
        "delete" => {
            is(second, "from") && is_name(third) && (shouting || has_word(text, "where") || words.next().is_none())
        }
        "with" => (has_word(text, "as") && text.contains('(') && has_word(text, "select")) && !second.is_empty(),
        _ => false,
    }
}

fn is_select(text: &str, second: &str, shouting: bool) -> bool {
    if second.is_empty() || text.trim_end().ends_with(['!', '…', ':']) {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    let Some(from) = find_word(&lower, "from") else {
        // `SELECT 1`, `SELECT now()`, `SELECT pg_sleep(1)`
        return shouting
            && (second.starts_with(|c: char| c.is_ascii_digit()) || second.contains('(') || second.starts_with("${"));
    };
    let columns = text.get("select".len()..from).unwrap_or("").trim();
    let table = text.get(from + "from".len()..).unwrap_or("").trim_start();
    if columns.is_empty() || !is_name(table.split_whitespace().next().unwrap_or("")) {
        return false;
    }
    let one_column = !columns.contains(char::is_whitespace);
    let punctuated = columns.contains(['*', ',', '(', '=', '"', '`', '$'])
        || columns.split_whitespace().any(|word| is(word, "as") || is(word, "distinct") || word.contains('.'));
    let table_alone = table.split_whitespace().count() == 1;
    let continues = ["where", "join", "order", "group", "limit", "having", "union", "for"]
        .iter()
        .any(|word| find_word(&table.to_ascii_lowercase(), word).is_some());
    if shouting { one_column || punctuated } else { punctuated || (one_column && (table_alone || continues)) }
}

fn is(word: &str, expected: &str) -> bool {
    word.eq_ignore_ascii_case(expected)
}

/// A table or column name, quoted or not, or something put in at run time.
fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '"' | '`' | '[' | '(' | '$' | '%' | ':'))
        && !word.ends_with(['.', '!'])
}

fn has_word(text: &str, word: &str) -> bool {
    find_word(&text.to_ascii_lowercase(), word).is_some()
}

fn find_word(lower: &str, word: &str) -> Option<usize> {
    let bytes = lower.as_bytes();
    let inside = |at: usize| bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    lower.match_indices(word).map(|(at, _)| at).find(|&at| !inside(at + word.len()) && (at == 0 || !inside(at - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_from_prose() {
        for sql in [
            "SELECT * FROM users",
            "select id, name from users where id = ?",
            "SELECT 1",
            "SELECT count(*) FROM t",
            "\n   SELECT a\n   FROM b WHERE c = ${d}",
            "INSERT INTO t (a) VALUES (?)",
            "insert into t values ($1)",
            "UPDATE t SET a = 1",
            "DELETE FROM t WHERE a = %s",
            "WITH x AS (SELECT 1) SELECT * FROM x",
            "select id from users",
            "SELECT ${columns} FROM ${table}",
        ] {
            assert!(is_statement(sql), "{sql}");
        }
        for prose in [
            "Select an option from the list",
            "select an option from the list",
            "Update your profile and set a password",
            "update your settings",
            "Delete from cart",
            "delete from the trash folder now",
            "With regards as always",
            "with love",
            "insert coin",
            "SELECT",
            "Select",
            "selected from",
            "Update the row set = done",
            "",
        ] {
            assert!(!is_statement(prose), "{prose}");
        }
    }
}

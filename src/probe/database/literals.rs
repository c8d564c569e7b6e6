//! Takes values out of SQL that a server wrote: they may be its users' data.

use super::lexer::{self, Dialect, Kind, Token};

/// `text` with `?` for every literal; a part of a statement will do.
#[must_use]
pub fn masked(text: &str, dialect: Dialect) -> String {
    let Ok(tokens) = lexer::tokens(text, dialect) else { return "…".to_owned() };
    let mut masked = String::new();
    let mut at = 0;
    for token in tokens.iter().filter(|token| matches!(token.kind, Kind::Text | Kind::Number)) {
        masked.push_str(text.get(at..token.start).unwrap_or_default());
        masked.push('?');
        at = token.start + token.text.len();
    }
    masked.push_str(text.get(at..).unwrap_or_default());
    masked
}

/// A statement that differs from others only in its values, as one text for all: without comments, with `?` for every
/// literal, lists of values in one form. `None` when it cannot be cut up.
#[must_use]
pub fn normalized(sql: &str, dialect: Dialect) -> Option<String> {
    let tokens = lexer::tokens(sql, dialect).ok()?;
    let mut written: Vec<(bool, &str)> = Vec::with_capacity(tokens.len());
    for token in tokens.iter().filter(|token| !token.is(";")) {
        let literal = matches!(token.kind, Kind::Text | Kind::Number);
        // Two strings side by side are one.
        if token.kind == Kind::Text && written.last().is_some_and(|last| last.1 == "?") {
            continue;
        }
        written.push((token.spaced, if literal { "?" } else { token.text }));
    }
    let mut sql = String::new();
    let mut at = 0;
    let mut first_row: Option<(usize, usize)> = None;
    while let Some(&(spaced, text)) = written.get(at) {
        let before = at.checked_sub(1).and_then(|at| written.get(at)).map_or("", |token| token.1);
        if spaced && !sql.is_empty() {
            sql.push(' ');
        }
        if text == "("
            && before.eq_ignore_ascii_case("in")
            && let Some(end) = values(&written, at)
        {
            sql.push_str("(?)");
            at = end + 1;
            continue;
        }
        if text == "(" && (before.eq_ignore_ascii_case("values") || before.eq_ignore_ascii_case("value")) {
            first_row = close(&written, at).map(|end| (at, end));
        }
        sql.push_str(text);
        // Further rows of an INSERT, as long as they are like the first.
        if let Some((open, end)) = first_row.filter(|row| row.1 == at) {
            let texts = |from: usize, to: usize| written.get(from..=to).map(|row| row.iter().map(|token| token.1));
            let length = end - open;
            while written.get(at + 1).is_some_and(|next| next.1 == ",")
                && texts(at + 2, at + 2 + length).is_some_and(|row| texts(open, end).is_some_and(|like| row.eq(like)))
            {
                at += 2 + length;
            }
        }
        at += 1;
    }
    Some(sql)
}

/// Where a parenthesis ends that holds nothing but values.
fn values(written: &[(bool, &str)], open: usize) -> Option<usize> {
    let end = close(written, open)?;
    let inner = written.get(open + 1..end)?;
    let value = |text: &str| matches!(text, "?" | "," | "-" | "+") || text.eq_ignore_ascii_case("null");
    (!inner.is_empty() && inner.iter().all(|token| value(token.1))).then_some(end)
}

fn close(written: &[(bool, &str)], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in written.iter().enumerate().skip(open) {
        match token.1 {
            "(" => depth += 1,
            ")" => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// A statement of `pg_stat_statements`: mostly it has parameters in the place of values, but the server keeps the whole
/// text of one whose entry was thrown out while it ran. Numbers that are no values stay: places in ORDER BY, lengths of types.
#[must_use]
pub fn parametrized(sql: &str) -> Option<String> {
    const CLAUSES: [&str; 11] =
        ["by", "from", "where", "limit", "offset", "select", "having", "union", "fetch", "set", "values"];
    const SIZED: [&str; 12] = [
        "numeric",
        "decimal",
        "varchar",
        "char",
        "character",
        "varying",
        "bpchar",
        "bit",
        "time",
        "timestamp",
        "timestamptz",
        "interval",
    ];
    let tokens = lexer::tokens(sql, Dialect::Postgres).ok()?;
    let number = |token: &Token<'_>| token.text.strip_prefix('$').and_then(|digits| digits.parse::<usize>().ok());
    let mut next = tokens.iter().filter_map(number).max().unwrap_or(0);
    let mut written = String::new();
    let mut clause = String::new();
    let mut sized = false;
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        match token.kind {
            Kind::Word if CLAUSES.iter().any(|word| word.eq_ignore_ascii_case(token.text)) => {
                clause = token.text.to_lowercase();
            }
            Kind::Mark if token.text == "(" => {
                sized = before.is_some_and(|word| SIZED.iter().any(|name| name.eq_ignore_ascii_case(word.text)));
            }
            Kind::Mark if token.text == ")" => sized = false,
            _ => {}
        }
        let place =
            clause == "by" && before.is_some_and(|before| before.is(",") || before.text.eq_ignore_ascii_case("by"));
        if token.spaced && !written.is_empty() {
            written.push(' ');
        }
        if token.kind == Kind::Text || token.kind == Kind::Number && !place && !sized {
            next += 1;
            written.push_str(&format!("${next}"));
        } else {
            written.push_str(token.text);
        }
    }
    Some(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_left() {
        let masked = |text: &str| masked(text, Dialect::Mysql);
        assert_eq!(masked("Filter: o.`email 1` = 'it''s \\' x' and b > -1.5e3"), "Filter: o.`email 1` = ? and b > -?");
        assert_eq!(masked("a = _utf8mb4\"x\" or b = x'6162' or c = 0x6162"), "a = _utf8mb4? or b = ? or c = ?");
        assert_eq!(masked("a = 'open"), "…");
    }

    #[test]
    fn statements_that_differ_in_values_alone_are_one() {
        let normalized = |sql: &str| normalized(sql, Dialect::Mysql).unwrap();
        for (sql, same) in [
            (
                "SELECT a FROM t WHERE b = 'x' /* by 'me' */ AND c IN (1, -2, NULL);",
                "SELECT a FROM t WHERE b = ? AND c IN (?)",
            ),
            (
                "INSERT INTO t (a, b) VALUES (1,'x'),(2,'y') ON DUPLICATE KEY UPDATE a = 3",
                "INSERT INTO t (a, b) VALUES (?,?) ON DUPLICATE KEY UPDATE a = ?",
            ),
            (
                "SELECT 1 FROM t WHERE a IN (SELECT 2) AND b = 'x' 'y'",
                "SELECT ? FROM t WHERE a IN (SELECT ?) AND b = ?",
            ),
        ] {
            assert_eq!(normalized(sql), same);
        }
    }

    #[test]
    fn what_postgres_kept_whole_has_parameters_afterwards() {
        for (sql, same) in [
            (
                "SELECT a FROM t WHERE b = 'x' AND c > 5 ORDER BY a, 2 LIMIT 9",
                "SELECT a FROM t WHERE b = $1 AND c > $2 ORDER BY a, 2 LIMIT $3",
            ),
            ("SELECT a::numeric(10, 2) FROM t WHERE b = $1", "SELECT a::numeric(10, 2) FROM t WHERE b = $1"),
        ] {
            assert_eq!(parametrized(sql).unwrap(), same);
        }
    }
}

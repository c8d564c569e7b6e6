//! How names, numbers and queries are written in what people read.

pub use crate::model::grouped;
use crate::probe::database::lexer::{self, Dialect, Kind};

/// A message stays readable with this much of the query.
const SHOWN: usize = 110;

/// A name as a database's SQL writes it: quoted where it must be.
#[must_use]
pub fn name_in(dialect: Dialect, text: &str) -> String {
    /// Words of MySQL and MariaDB that are likelier names of columns than of the others above (manual, "Keywords and
    /// Reserved Words").
    const RESERVED: [&str; 14] = [
        "condition",
        "desc",
        "groups",
        "index",
        "key",
        "keys",
        "leave",
        "option",
        "range",
        "rank",
        "read",
        "row",
        "rows",
        "usage",
    ];
    match dialect {
        Dialect::Postgres | Dialect::Sqlite => name(text),
        Dialect::Mysql => {
            let lower = text.to_ascii_lowercase();
            let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if plain && name(&lower) == lower && !RESERVED.contains(&lower.as_str()) {
                text.to_owned()
            } else {
                format!("`{}`", text.replace('`', "``"))
            }
        }
    }
}

/// A name as standard SQL writes it: quoted where it must be.
#[must_use]
pub fn name(name: &str) -> String {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && name.bytes().next().is_some_and(|b| !b.is_ascii_digit())
        && !["order", "user", "group", "table", "select", "end", "default", "check", "references", "to"]
            .contains(&name);
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Names for a sentence: `` `a`, `b` or `c` ``.
#[must_use]
pub fn listed(names: &[String], word: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {word} {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// A piece of SQL without what its texts say: they may be passwords, addresses of people, keys. Words that name a kind
/// (`'paid'`, `'%open%'`) stay, unless something in it speaks of secrets or it adds rows. Comments go.
#[must_use]
pub fn masked(sql: &str, dialect: Dialect) -> String {
    /// Where one of these stands, no text is shown at all.
    const SECRETIVE: [&str; 9] =
        ["passw", "secret", "token", "key", "crypt", "dblink", "subscription", "insert", "credential"];
    let Ok(tokens) = lexer::tokens(sql, dialect) else {
        // A quote is never closed: nothing after the first one can be told from what it holds.
        let known = sql.split(['\'', '"', '`', '$']).next().unwrap_or_default();
        return if known.len() < sql.len() { format!("{known}…") } else { known.to_owned() };
    };
    let lower = sql.to_lowercase();
    let hides_all = SECRETIVE.iter().any(|word| lower.contains(word));
    let mut shown = String::new();
    let mut end = 0;
    for token in &tokens {
        let between = sql.get(end..token.start).unwrap_or_default();
        shown.push_str(if between.trim().is_empty() { between } else { " " });
        match token.kind {
            Kind::Text if hides_all || !is_kind(token.text) => shown.push_str("'…'"),
            _ => shown.push_str(token.text),
        }
        end = token.start + token.text.len();
    }
    shown
}

/// `'paid'`, `'%open%'`, `'1 day'`: a few lower-case words or digits, as a status or a span of time has.
fn is_kind(literal: &str) -> bool {
    const LONGEST: usize = 20;
    let inner = literal.trim_matches('\'');
    let plain = |c: char| c.is_ascii_lowercase() || matches!(c, '_' | '%' | ' ' | '-');
    let digits = inner.chars().filter(char::is_ascii_digit).count();
    inner.len() <= LONGEST && digits <= 3 && inner.chars().all(|c| plain(c) || c.is_ascii_digit())
}

/// A cost for people: `12`, `1,234`, `0.4`.
#[must_use]
pub fn grouped_cost(cost: f64) -> String {
    if cost < 10.0 {
        return format!("{cost:.1}");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cost is positive, and `as` saturates"
    )]
    grouped(cost.round() as u64)
}

/// The query short enough for a line: the list of what it selects goes first, then its end.
#[must_use]
pub fn shorten(sql: &str) -> String {
    let mut text = sql.replace('`', "'");
    if text.chars().count() > SHOWN {
        let from = outer_from(&text).filter(|&at| at > 10);
        if let Some(rest) = from.and_then(|at| text.get(at..)) {
            text = format!("SELECT …{rest}");
        }
    }
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => {
            let kept = text.get(..end).unwrap_or_default();
            let word = kept.rfind(' ').filter(|at| at + 30 > end).unwrap_or(end);
            format!("{} …", kept.get(..word).unwrap_or_default())
        }
        None => text,
    }
}

/// Where the FROM of the outer SELECT stands, those of subqueries in its list aside.
fn outer_from(sql: &str) -> Option<usize> {
    let lower = sql.to_ascii_lowercase();
    let mut depth = 0_i32;
    for (at, byte) in lower.bytes().enumerate().skip_while(|_| !lower.starts_with("select ")) {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b' ' if depth == 0 && lower.get(at..).is_some_and(|rest| rest.starts_with(" from ")) => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_names_and_queries_read_well() {
        assert_eq!(
            [grouped(7), grouped(1000), grouped(100_000), grouped(1_234_567)],
            ["7", "1,000", "100,000", "1,234,567"]
        );
        assert_eq!(
            [name("orders"), name("userId"), name("order"), name("1a")],
            ["orders", "\"userId\"", "\"order\"", "\"1a\""]
        );
        assert_eq!(
            ["orders", "userId", "order", "key", "1a", "a`b"].map(|text| name_in(Dialect::Mysql, text)),
            ["orders", "userId", "`order`", "`key`", "`1a`", "`a``b`"]
        );
        let long = format!("SELECT {} FROM orders WHERE customer_id = ?", "a_long_column, ".repeat(12));
        assert_eq!(shorten(&long), "SELECT … FROM orders WHERE customer_id = ?");
        assert_eq!(
            shorten(&format!("{}{}", "x ".repeat(50), "$1 ".repeat(10))),
            format!("{}$1 $1 $1 …", "x ".repeat(50))
        );
    }

    #[test]
    fn texts_that_may_be_secrets_are_not_shown() {
        let of = |sql: &str| masked(sql, Dialect::Postgres);
        let word = ["Plain", "Pass1"].concat();
        assert_eq!(of("SELECT * FROM o\n WHERE status = 'paid' -- me"), "SELECT * FROM o\n WHERE status = 'paid'");
        assert_eq!(of(&format!("SELECT 1 WHERE a = '{word}'")), "SELECT 1 WHERE a = '…'");
        assert_eq!(of("ALTER USER app PASSWORD 'abc'"), "ALTER USER app PASSWORD '…'");
        assert_eq!(of("INSERT INTO u (a) VALUES ('abc', 1)"), "INSERT INTO u (a) VALUES ('…', 1)");
        assert_eq!(of(&format!("SELECT * FROM u WHERE a = '{word}")), "SELECT * FROM u WHERE a = …");
    }
}

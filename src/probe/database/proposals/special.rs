//! Indexes that are no plain B-tree over columns: for patterns, for expressions, for what a value holds.

use super::candidate::{Candidate, Key};
use crate::probe::database::catalog::Table;
use crate::probe::database::conditions::{Asks, Condition};
use crate::probe::database::judgement::wording::name_in;
use crate::probe::database::lexer::{self, Dialect, Kind, Token};
use crate::probe::database::statement::Relation;

/// Operators that a GIN index of the usual operator classes serves (PostgreSQL documentation, "GIN Indexes").
const INVERTED: [&str; 7] = ["@@", "@>", "&&", "?", "?|", "?&", "@?"];

/// Indexes that are no plain B-tree over columns: for patterns and for expressions.
pub fn of_conditions(
    own: &[&Condition],
    relation: &Relation,
    table: &Table,
    equal: &[String],
    dialect: Dialect,
) -> Vec<Candidate> {
    let mut found = Vec::new();
    for condition in own {
        let Some(column) = table.column(&condition.column.name) else { continue };
        let wide = table.wide.contains(column);
        let key = Key::column(column);
        let lead = |last: Key| equal.iter().map(|column| Key::column(column)).chain([last]).collect::<Vec<_>>();
        match (&condition.asks, dialect) {
            (Asks::Prefix | Asks::Pattern, Dialect::Postgres) if !wide => {
                found.push(Candidate::of(table, lead(Key { operator_class: Some("text_pattern_ops"), ..key })));
            }
            (Asks::Prefix | Asks::Pattern, Dialect::Sqlite) => {
                found.push(Candidate::of(table, lead(Key { operator_class: Some("NOCASE"), ..key })));
            }
            (Asks::Contains | Asks::AnyCase, Dialect::Postgres) => {
                let key = Key { operator_class: Some("gin_trgm_ops"), ..key };
                found.push(Candidate { method: Some("gin"), ..Candidate::of(table, vec![key]) });
            }
            (Asks::Special(operator), Dialect::Postgres)
                if INVERTED.contains(&operator.as_str()) && table.inverted.contains(column) =>
            {
                found.push(Candidate { method: Some("gin"), ..Candidate::of(table, vec![key]) });
            }
            (Asks::Wrapped(text), _) if !wide => {
                if let Some(text) = expression(text, relation, table, dialect) {
                    found.push(Candidate::of(table, lead(Key { expression: true, ..Key::column(&text) })));
                }
            }
            _ => {}
        }
    }
    found
}

/// An expression as an index holds it: `lower(u.email)` as `lower(email)`, `u.settings ->> 'plan'` without the alias. Only those
/// that every database lets into an index.
fn expression(text: &str, relation: &Relation, table: &Table, dialect: Dialect) -> Option<String> {
    let tokens = lexer::tokens(text, dialect).ok()?;
    let plain = |token: &Token<'_>| match token.kind {
        Kind::Word => Some(token.text.to_owned()),
        Kind::Name => Some(token.text.trim_matches(['"', '`']).to_owned()),
        _ => None,
    };
    // The column at the beginning, and how many tokens it takes.
    let column = |tokens: &[Token<'_>]| match tokens {
        [alias, dot, column, ..] if dot.is(".") => {
            plain(alias).filter(|alias| alias.eq_ignore_ascii_case(&relation.alias))?;
            Some((name_in(dialect, table.column(&plain(column)?)?), 3))
        }
        [column, ..] => Some((name_in(dialect, table.column(&plain(column)?)?), 1)),
        [] => None,
    };
    if let [function, open, inner @ .., close] = tokens.as_slice()
        && ["lower", "upper"]
            .iter()
            .any(|known| function.kind == Kind::Word && function.text.eq_ignore_ascii_case(known))
        && open.is("(")
        && close.is(")")
    {
        let (name, taken) = column(inner)?;
        return (taken == inner.len()).then(|| format!("{}({name})", function.text.to_lowercase()));
    }
    if dialect == Dialect::Sqlite
        && let [function, open, inner @ .., comma, path, close] = tokens.as_slice()
        && function.text.eq_ignore_ascii_case("json_extract")
        && open.is("(")
        && comma.is(",")
        && path.kind == Kind::Text
        && close.is(")")
    {
        let (name, taken) = column(inner)?;
        return (taken == inner.len()).then(|| format!("json_extract({name}, {})", path.text));
    }
    // A value out of a JSON document, as text.
    let (name, taken) = column(&tokens)?;
    let path = tokens.get(taken..)?;
    let is_step = |pair: &[Token<'_>]| match pair {
        [arrow, step] => matches!(arrow.text, "->" | "->>") && matches!(step.kind, Kind::Text | Kind::Number),
        _ => false,
    };
    let as_text = path.len().checked_sub(2).and_then(|at| path.get(at)).is_some_and(|arrow| arrow.text == "->>");
    (as_text && path.chunks(2).all(is_step)).then(|| {
        let steps: Vec<&str> = path.iter().map(|token| token.text).collect();
        format!("{name} {}", steps.join(" "))
    })
}

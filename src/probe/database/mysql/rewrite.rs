//! Turns a statement into a SELECT whose plan tells what the statement reads, and asks for it in other ways.
//!
//! MariaDB refuses to explain a change in a read-only session; a `FOR UPDATE` would lock what it finds while it is planned;
//! and a look-up of a key that no row has ends the planning before the other tables are seen.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Delete, Expr, FromTable, Ident, Insert, Query, SetExpr, Statement, TableFactor, TableIndexHintType,
    TableIndexHints, TableIndexType, TableWithJoins, Update, Value, VisitMut, VisitorMut, visit_expressions,
};
use sqlparser::dialect::MySqlDialect;
use sqlparser::parser::{Parser, ParserOptions};

use super::values::Values;
use crate::probe::database::lexer::{self, Dialect, Kind};
use crate::probe::database::placeholders::Prepared;

/// A SELECT that can be planned.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    statement: Statement,
    /// It says something else than the text that it came from.
    changed: bool,
    /// How many parameters the text has; higher numbers stand for second values.
    parameters: usize,
}

/// The one statement that `sql` is, its literals as they are written.
pub fn parse(sql: &str) -> Option<Statement> {
    let options = ParserOptions::new().with_unescape(false);
    let mut parser = Parser::new(&MySqlDialect {}).with_options(options).try_with_sql(sql).ok()?;
    let mut statements = parser.parse_statements().ok()?;
    let statement = statements.pop()?;
    statements.is_empty().then_some(statement)
}

/// Why there is no question to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoQuestion {
    /// It reads nothing, as `INSERT … VALUES` does.
    ReadsNothing,
    /// It could not be turned into a SELECT.
    NotUnderstood,
}

impl Question {
    /// What to ask about a statement.
    pub fn of(prepared: &Prepared) -> Result<Self, NoQuestion> {
        let statement = parse(&prepared.sql()).ok_or(NoQuestion::NotUnderstood)?;
        let select = select(&statement)?;
        let mut question = match select {
            None => Self { statement, changed: false, parameters: prepared.parameters },
            Some(sql) => {
                let statement = parse(&sql).ok_or(NoQuestion::NotUnderstood)?;
                Self { statement, changed: true, parameters: prepared.parameters }
            }
        };
        let mut plain = Plainer { changed: false };
        let _ = question.statement.visit(&mut plain);
        question.changed |= plain.changed;
        Ok(question)
    }

    /// As it is parsed.
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The same, with two values for every one that a column is compared with: then no row is looked up while planning.
    pub fn with_choices(&self) -> Self {
        let mut question = self.clone();
        let _ = question.statement.visit(&mut Chooser { parameters: self.parameters });
        question.changed = true;
        question
    }

    /// The same, where these tables (by alias, in lower case) may be read by these indexes only, if at all.
    pub fn forced(&self, indexes: &BTreeMap<String, Vec<String>>) -> Self {
        let mut question = self.clone();
        let _ = question.statement.visit(&mut Forcer { indexes });
        question.changed = true;
        question
    }

    /// As SQL without placeholders. `None`: it cannot be written down without a change of its meaning.
    pub fn sql(&self, prepared: &Prepared, values: &Values) -> Option<String> {
        if !self.changed {
            return Some(prepared.with_literals(&values.first));
        }
        let written = self.statement.to_string();
        let same = parse(&written).is_some_and(|again| again == self.statement);
        same.then(|| filled(&written, self.parameters, values)).flatten()
    }
}

/// Puts values for `?1`, `?2` …
fn filled(sql: &str, parameters: usize, values: &Values) -> Option<String> {
    let tokens = lexer::tokens(sql, Dialect::Mysql).ok()?;
    let mut text = String::new();
    let mut limits = false;
    for token in &tokens {
        if token.spaced && !text.is_empty() {
            text.push(' ');
        }
        if token.kind == Kind::Word {
            limits = ["LIMIT", "OFFSET"].iter().any(|word| token.text.eq_ignore_ascii_case(word));
        }
        if token.kind != Kind::Question {
            text.push_str(token.text);
            continue;
        }
        let number = token.text.strip_prefix('?')?.parse::<usize>().ok()?.checked_sub(1)?;
        text.push_str(match number.checked_sub(parameters) {
            _ if limits => "20",
            None => values.first.get(&number)?,
            Some(number) => values.second.get(&number)?,
        });
    }
    Some(text)
}

/// The SELECT that reads what a statement reads; `None` when it is one itself.
fn select(statement: &Statement) -> Result<Option<String>, NoQuestion> {
    match statement {
        Statement::Query(query) => match of_query(query)? {
            Some(sql) => Ok(Some(sql)),
            None => Ok(None),
        },
        Statement::Update(update) => Ok(Some(of_update(update))),
        Statement::Delete(delete) => Ok(Some(of_delete(delete))),
        Statement::Insert(insert) => of_insert(insert).map(Some),
        _ => Err(NoQuestion::NotUnderstood),
    }
}

/// `WITH … UPDATE`, or a plain query.
fn of_query(query: &Query) -> Result<Option<String>, NoQuestion> {
    let change = match query.body.as_ref() {
        SetExpr::Insert(change) | SetExpr::Update(change) | SetExpr::Delete(change) => change,
        SetExpr::Merge(_) => return Err(NoQuestion::NotUnderstood),
        _ => return Ok(None),
    };
    let inner = select(change)?.ok_or(NoQuestion::NotUnderstood)?;
    Ok(Some(match &query.with {
        Some(with) => format!("{with} {inner}"),
        None => inner,
    }))
}

fn of_update(update: &Update) -> String {
    let reads: Vec<String> = update
        .assignments
        .iter()
        .map(|set| &set.value)
        .filter(|value| has_query(value))
        .map(ToString::to_string)
        .collect();
    let mut sql = format!(
        "SELECT {} FROM {}",
        ["*".to_owned()].into_iter().chain(reads).collect::<Vec<_>>().join(", "),
        update.table
    );
    tail(&mut sql, update.selection.as_ref(), &update.order_by, update.limit.as_ref());
    sql
}

fn of_delete(delete: &Delete) -> String {
    let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
    // `DELETE FROM a USING a JOIN b`: what follows USING is read.
    let from: Vec<String> = delete.using.as_ref().unwrap_or(from).iter().map(TableWithJoins::to_string).collect();
    let mut sql = format!("SELECT * FROM {}", from.join(", "));
    tail(&mut sql, delete.selection.as_ref(), &delete.order_by, delete.limit.as_ref());
    sql
}

fn tail(sql: &mut String, selection: Option<&Expr>, order: &[sqlparser::ast::OrderByExpr], limit: Option<&Expr>) {
    if let Some(selection) = selection {
        sql.push_str(&format!(" WHERE {selection}"));
    }
    if !order.is_empty() {
        let order: Vec<String> = order.iter().map(ToString::to_string).collect();
        sql.push_str(&format!(" ORDER BY {}", order.join(", ")));
    }
    if let Some(limit) = limit {
        sql.push_str(&format!(" LIMIT {limit}"));
    }
}

fn of_insert(insert: &Insert) -> Result<String, NoQuestion> {
    let mut reads: Vec<&Expr> = insert.assignments.iter().map(|set| &set.value).collect();
    if let Some(source) = &insert.source {
        match source.body.as_ref() {
            SetExpr::Values(rows) => reads.extend(rows.rows.iter().flat_map(|row| row.content.iter())),
            _ => return Ok(source.to_string()),
        }
    }
    reads.retain(|value| has_query(value));
    if reads.is_empty() {
        return Err(NoQuestion::ReadsNothing);
    }
    Ok(format!("SELECT {}", reads.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")))
}

fn has_query(expr: &Expr) -> bool {
    visit_expressions(expr, |expr| match expr {
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}

/// Takes away locks, and conditions that hold whatever the row once the caller does not want them: `? IS NULL OR a = ?`.
/// With a value in their place they would look as if they always narrowed the rows.
struct Plainer {
    changed: bool,
}

impl VisitorMut for Plainer {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.changed |= !query.locks.is_empty();
        query.locks.clear();
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::BinaryOp { left, op: BinaryOperator::Or, right } = expr
            && (is_switch(left) || is_switch(right))
        {
            *expr = Expr::Value(Value::Boolean(true).with_empty_span());
            self.changed = true;
        }
        ControlFlow::Continue(())
    }
}

/// Whether the caller alone decides: parameters and no column.
fn is_switch(expr: &Expr) -> bool {
    let mut parameters = false;
    let mut rows = false;
    let _ = visit_expressions(expr, |expr| {
        match expr {
            Expr::Value(value) => parameters |= matches!(value.value, Value::Placeholder(_)),
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Subquery(_) | Expr::Exists { .. } => rows = true,
            _ => {}
        }
        ControlFlow::<()>::Continue(())
    });
    parameters && !rows
}

/// `a = ?1` as `a IN (?1, ?n)`.
struct Chooser {
    parameters: usize,
}

impl VisitorMut for Chooser {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        // A list of one is an equality too.
        if let Expr::InList { list, negated: false, .. } = expr
            && let [only] = list.as_slice()
            && let Some(second) = self.second(only)
        {
            list.push(second);
        }
        if let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = expr {
            let is_column = |side: &Expr| matches!(side, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
            let (column, value) = if is_column(left) { (left, right) } else { (right, left) };
            if is_column(column)
                && let Some(second) = self.second(value)
            {
                let (column, first) = (column.clone(), value.as_ref().clone());
                *expr = Expr::InList { expr: column, list: vec![first, second], negated: false };
            }
        }
        ControlFlow::Continue(())
    }
}

impl Chooser {
    fn second(&self, value: &Expr) -> Option<Expr> {
        let Expr::Value(value) = value else { return None };
        let other = match &value.value {
            Value::Placeholder(name) => {
                let number = name.strip_prefix('?')?.parse::<usize>().ok()?;
                Value::Placeholder(format!("?{}", number + self.parameters))
            }
            Value::Number(digits, long) => {
                Value::Number(digits.parse::<u32>().ok()?.checked_add(1)?.to_string(), *long)
            }
            Value::SingleQuotedString(text) => Value::SingleQuotedString(format!("{text}0")),
            _ => return None,
        };
        Some(Expr::Value(other.with_empty_span()))
    }
}

struct Forcer<'a> {
    indexes: &'a BTreeMap<String, Vec<String>>,
}

impl VisitorMut for Forcer<'_> {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, alias, args: None, index_hints, .. } = factor
            && index_hints.is_empty()
        {
            let table = name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.to_lowercase());
            let alias = alias.as_ref().map(|alias| alias.name.value.to_lowercase()).or(table);
            if let Some(names) = alias.and_then(|alias| self.indexes.get(&alias)).filter(|names| !names.is_empty()) {
                index_hints.push(TableIndexHints {
                    hint_type: TableIndexHintType::Force,
                    index_type: TableIndexType::Index,
                    for_clause: None,
                    index_names: names.iter().map(|name| Ident::with_quote('`', name.replace('`', "``"))).collect(),
                });
            }
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(sql: &str) -> Prepared {
        Prepared::new(sql, Dialect::Mysql).unwrap()
    }

    fn asked(sql: &str) -> String {
        let prepared = prepared(sql);
        let question = Question::of(&prepared).unwrap();
        question.sql(&prepared, &Values::plain(prepared.parameters)).unwrap()
    }

    #[test]
    fn changes_become_the_select_that_reads_the_same() {
        for (sql, wanted) in [
            ("UPDATE t SET a = ? WHERE b = ? ORDER BY c LIMIT ?", "SELECT * FROM t WHERE b = '1' ORDER BY c LIMIT 20"),
            ("UPDATE t JOIN u ON u.id = t.u SET t.a = 1", "SELECT * FROM t JOIN u ON u.id = t.u"),
            (
                "UPDATE t SET a = (SELECT max(b) FROM u WHERE u.c = ?), d = 2",
                "SELECT *, (SELECT max(b) FROM u WHERE u.c = '1') FROM t",
            ),
            ("DELETE FROM t WHERE a IN (?)", "SELECT * FROM t WHERE a IN ('1')"),
            (
                "DELETE t FROM t JOIN u ON u.id = t.u WHERE u.a = 'x\\'y'",
                "SELECT * FROM t JOIN u ON u.id = t.u WHERE u.a = 'x\\'y'",
            ),
            ("INSERT INTO t (a) SELECT b FROM u WHERE c = ?", "SELECT b FROM u WHERE c = '1'"),
            ("SELECT * FROM t WHERE `a b` = ? FOR UPDATE", "SELECT * FROM t WHERE `a b` = '1'"),
            ("SELECT * FROM t WHERE (? IS NULL OR a = ?) AND b = 1", "SELECT * FROM t WHERE (true) AND b = 1"),
            // Untouched, whatever its form.
            ("select  a FROM t where a='\\\\' or b = 2 # x", "select a FROM t where a='\\\\' or b = 2"),
        ] {
            assert_eq!(asked(sql), wanted, "{sql}");
        }
        for sql in ["INSERT INTO t (a) VALUES (?, 1)", "REPLACE INTO t VALUES (1)", "INSERT INTO t SET a = 1"] {
            assert_eq!(Question::of(&prepared(sql)), Err(NoQuestion::ReadsNothing), "{sql}");
        }
    }

    #[test]
    fn look_ups_become_choices_and_indexes_are_forced() {
        let prepared = prepared("SELECT * FROM t AS x JOIN u ON u.id = x.u WHERE x.a = ? AND 7 = u.b AND x.c IN ('v')");
        let question = Question::of(&prepared).unwrap();
        let values = Values::plain(1);
        assert_eq!(
            question.with_choices().sql(&prepared, &values).unwrap(),
            "SELECT * FROM t AS x JOIN u ON u.id = x.u WHERE x.a IN ('1', '2') AND u.b IN (7, 8) AND x.c IN ('v', 'v0')"
        );
        let indexes = BTreeMap::from([("x".to_owned(), vec!["PRIMARY".to_owned(), "a`b".to_owned()])]);
        let forced = question.forced(&indexes).sql(&prepared, &values).unwrap();
        assert!(forced.starts_with("SELECT * FROM t AS x FORCE INDEX (`PRIMARY`, `a``b`) JOIN u ON"), "{forced}");
    }
}

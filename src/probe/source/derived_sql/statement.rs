//! Statements of SQL, put together from what a call asks for.

use crate::probe::source::database_calls::{Action, Answer, Query};

/// How a column is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Compared(&'static str),
    In,
    NotIn,
    IsNull,
    IsNotNull,
    Contains { any_case: bool },
    StartsWith,
    EndsWith,
}

/// A column, with its table or that table's other name where it may be of another one than the statement's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub of: Option<Box<str>>,
    pub name: Box<str>,
}

impl<S: AsRef<str>> From<S> for Column {
    fn from(name: S) -> Self {
        Self { of: None, name: name.as_ref().into() }
    }
}

impl Column {
    /// A column of a table that was joined.
    pub(super) fn of(table: &str, name: &str) -> Self {
        Self { of: Some(table.into()), name: name.into() }
    }
}

/// What rows must meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    Is(Column, Operator),
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// The column's value is one that some rows of another table have.
    Among {
        column: Column,
        negated: bool,
        rows: Box<Rows>,
    },
    /// SQL as it was written, its values as `?`.
    Raw(Box<str>),
}

/// Values of a column in those rows of a table that meet a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rows {
    pub table: String,
    pub column: String,
    pub condition: Option<Condition>,
}

/// Another table that a statement takes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Join {
    /// Rows without a partner stay.
    pub outer: bool,
    pub table: String,
    pub named: String,
    pub on: (Column, Column),
}

/// What a call asks for, under way.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// Those of one group all hold; one group must.
    pub groups: Vec<Vec<Condition>>,
    pub joins: Vec<Join>,
    pub order: Vec<(Column, bool)>,
    pub group_by: Vec<Column>,
    pub limited: bool,
    pub skips: bool,
    /// `max("total")`; counting is the usual.
    pub aggregate: Option<String>,
    /// The first column that an update sets.
    pub sets: Option<String>,
    /// Rows of other tables that are read for those that were found.
    pub loads: Vec<Rows>,
}

impl Parts {
    /// One more condition that must hold.
    pub(super) fn add(&mut self, condition: Condition) {
        match self.groups.last_mut() {
            Some(group) => group.push(condition),
            None => self.groups.push(vec![condition]),
        }
    }

    /// One more comparison that must hold.
    pub(super) fn compare(&mut self, column: impl Into<Column>, operator: Operator) {
        self.add(Condition::Is(column.into(), operator));
    }

    /// What comes next may hold in place of what came before.
    pub(super) fn or(&mut self) {
        if self.groups.last().is_some_and(|group| !group.is_empty()) {
            self.groups.push(Vec::new());
        }
    }

    /// Everything that must hold, as one condition.
    pub(super) fn condition(&self) -> Option<Condition> {
        let mut groups = self.groups.iter().filter(|group| !group.is_empty());
        let first = groups.next()?;
        if groups.next().is_none() {
            return Some(all(first.clone()));
        }
        let groups = self.groups.iter().filter(|group| !group.is_empty());
        Some(Condition::Any(groups.map(|group| all(group.clone())).collect()))
    }

    /// Whether nothing is asked of the rows.
    pub(super) fn is_unconditional(&self) -> bool {
        self.groups.iter().all(Vec::is_empty)
    }
}

/// All of these as one.
pub(super) fn all(mut conditions: Vec<Condition>) -> Condition {
    match (conditions.pop(), conditions.is_empty()) {
        (Some(one), true) => one,
        (last, _) => {
            conditions.extend(last);
            Condition::All(conditions)
        }
    }
}

/// The statements of a query on `table`: its own, where it looks for rows or sorts them, and one for each relation that
/// is read with it. Empty where an index has nothing to do; `None` where the statement cannot be told.
pub(super) fn statements(query: &Query, table: &str, parts: &Parts) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let asks = !parts.is_unconditional() || (!parts.order.is_empty() && parts.limited);
    let changes_all = parts.is_unconditional() && query.action != Action::Read;
    if asks && !changes_all && query.action != Action::Insert {
        found.push(Writer::default().statement(query, table, parts)?);
    }
    if query.action == Action::Read {
        found.extend(parts.loads.iter().map(|rows| Writer::default().load(rows)));
    }
    Some(found)
}

#[derive(Default)]
struct Writer {
    sql: String,
    placeholders: usize,
    /// What columns without a table belong to, where there are several tables.
    of: Option<String>,
}

impl Writer {
    fn statement(mut self, query: &Query, table: &str, parts: &Parts) -> Option<String> {
        let name = quoted(table);
        if query.action != Action::Read && !parts.joins.is_empty() {
            return None;
        }
        if !parts.joins.is_empty() {
            self.of = Some(table.to_owned());
        }
        let groups: Vec<String> = parts.group_by.iter().map(|column| self.column(column)).collect();
        self.sql = match query.action {
            Action::Read if !groups.is_empty() => format!("SELECT {}, count(*) FROM {name}", groups.join(", ")),
            Action::Read if query.answer == Answer::Number => {
                format!("SELECT {} FROM {name}", parts.aggregate.as_deref().unwrap_or("count(*)"))
            }
            Action::Read if parts.joins.is_empty() => format!("SELECT * FROM {name}"),
            Action::Read => format!("SELECT {name}.* FROM {name}"),
            Action::Delete => format!("DELETE FROM {name}"),
            Action::Update => {
                let first = parts.sets.clone().or_else(|| first_column(parts))?;
                let value = self.next();
                format!("UPDATE {name} SET {} = {value}", quoted(&first))
            }
            Action::Insert => return None,
        };
        for join in &parts.joins {
            let way = if join.outer { "LEFT JOIN" } else { "INNER JOIN" };
            let named = if join.named == join.table { String::new() } else { format!(" AS {}", quoted(&join.named)) };
            let (left, right) = (self.column(&join.on.0), self.column(&join.on.1));
            self.sql += &format!(" {way} {}{named} ON {left} = {right}", quoted(&join.table));
        }
        self.filter(parts.condition().as_ref());
        if query.action != Action::Read {
            return Some(self.sql);
        }
        if !groups.is_empty() {
            self.sql += &format!(" GROUP BY {}", groups.join(", "));
        } else if query.answer != Answer::Number {
            if !parts.order.is_empty() {
                let order: Vec<String> = parts
                    .order
                    .iter()
                    .map(|(column, descends)| {
                        format!("{}{}", self.column(column), if *descends { " DESC" } else { "" })
                    })
                    .collect();
                self.sql += &format!(" ORDER BY {}", order.join(", "));
            }
            if parts.limited || query.answer == Answer::One {
                self.sql += if query.answer == Answer::One { " LIMIT 1" } else { " LIMIT 20" };
            }
            if parts.skips {
                self.sql += " OFFSET 20";
            }
        }
        Some(self.sql)
    }

    fn load(mut self, rows: &Rows) -> String {
        let (first, second) = (self.next(), self.next());
        self.sql =
            format!("SELECT * FROM {} WHERE {} IN ({first}, {second})", quoted(&rows.table), quoted(&rows.column));
        if let Some(condition) = &rows.condition {
            self.sql.push_str(" AND ");
            self.condition(condition, true);
        }
        self.sql
    }

    fn filter(&mut self, condition: Option<&Condition>) {
        if let Some(condition) = condition {
            self.sql.push_str(" WHERE ");
            self.condition(condition, false);
        }
    }

    /// `inner`: it stands among others that all hold.
    fn condition(&mut self, condition: &Condition, inner: bool) {
        match condition {
            Condition::Is(column, operator) => {
                let text = self.compared(column, *operator);
                self.sql.push_str(&text);
            }
            Condition::All(conditions) => self.joined(conditions, " AND ", false),
            Condition::Any(conditions) => self.joined(conditions, " OR ", inner),
            Condition::Not(condition) => {
                self.sql.push_str("NOT (");
                self.condition(condition, false);
                self.sql.push(')');
            }
            Condition::Among { column, negated, rows } => {
                let column = self.column(column);
                let not = if *negated { "NOT " } else { "" };
                self.sql += &format!("{column} {not}IN (SELECT {} FROM {}", quoted(&rows.column), quoted(&rows.table));
                let outer = self.of.take();
                self.filter(rows.condition.as_ref());
                self.of = outer;
                self.sql.push(')');
            }
            Condition::Raw(text) => {
                let mut pieces = text.split('?');
                let first = pieces.next().unwrap_or_default().to_owned();
                self.sql.push('(');
                self.sql.push_str(&first);
                for piece in pieces {
                    let value = self.next();
                    self.sql.push_str(&value);
                    self.sql.push_str(piece);
                }
                self.sql.push(')');
            }
        }
    }

    fn joined(&mut self, conditions: &[Condition], by: &str, brackets: bool) {
        if brackets {
            self.sql.push('(');
        }
        for (place, condition) in conditions.iter().enumerate() {
            if place > 0 {
                self.sql.push_str(by);
            }
            self.condition(condition, conditions.len() > 1 || brackets);
        }
        if brackets {
            self.sql.push(')');
        }
    }

    fn compared(&mut self, column: &Column, operator: Operator) -> String {
        let column = self.column(column);
        match operator {
            Operator::Equal => format!("{column} = {}", self.next()),
            Operator::NotEqual => format!("{column} <> {}", self.next()),
            Operator::Compared(sign) => format!("{column} {sign} {}", self.next()),
            Operator::In => format!("{column} IN ({}, {})", self.next(), self.next()),
            Operator::NotIn => format!("{column} NOT IN ({}, {})", self.next(), self.next()),
            Operator::IsNull => format!("{column} IS NULL"),
            Operator::IsNotNull => format!("{column} IS NOT NULL"),
            Operator::Contains { any_case: true } => {
                format!("upper({column}) LIKE upper('%' || {} || '%')", self.next())
            }
            Operator::Contains { any_case: false } => format!("{column} LIKE '%' || {} || '%'", self.next()),
            Operator::StartsWith => format!("{column} LIKE {} || '%'", self.next()),
            Operator::EndsWith => format!("{column} LIKE '%' || {}", self.next()),
        }
    }

    fn next(&mut self) -> String {
        self.placeholders += 1;
        format!("${}", self.placeholders)
    }

    fn column(&self, column: &Column) -> String {
        match column.of.as_deref().or(self.of.as_deref()) {
            Some(table) => format!("{}.{}", quoted(table), quoted(&column.name)),
            None => quoted(&column.name),
        }
    }
}

/// A column that a condition names: what an update sets makes no difference to how its rows are found.
fn first_column(parts: &Parts) -> Option<String> {
    fn first(condition: &Condition) -> Option<String> {
        match condition {
            Condition::Is(column, _) | Condition::Among { column, .. } => Some(column.name.to_string()),
            Condition::All(inner) | Condition::Any(inner) => inner.iter().find_map(first),
            Condition::Not(inner) => first(inner),
            Condition::Raw(_) => None,
        }
    }
    first(&parts.condition()?)
}

/// A name between quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(action: Action, answer: Answer) -> Query {
        Query { action, answer, ..Query::default() }
    }

    #[test]
    fn statements_are_put_together_from_their_parts() {
        let mut parts =
            Parts { order: vec![("createdAt".into(), true)], limited: true, skips: true, ..Parts::default() };
        parts.compare("userId", Operator::Equal);
        parts.compare("total", Operator::Compared(">"));
        let list = query(Action::Read, Answer::List);
        assert_eq!(
            statements(&list, "Order", &parts).unwrap(),
            [
                r#"SELECT * FROM "Order" WHERE "userId" = $1 AND "total" > $2 ORDER BY "createdAt" DESC LIMIT 20 OFFSET 20"#
            ]
        );
        assert_eq!(statements(&list, "Order", &Parts::default()).unwrap(), Vec::<String>::new());
        let all = query(Action::Delete, Answer::One);
        assert_eq!(statements(&all, "Order", &Parts::default()).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn alternatives_joins_and_lists_of_rows_keep_their_brackets() {
        let is = |name: &str| Condition::Is(name.into(), Operator::Equal);
        let mut parts = Parts::default();
        parts.add(is("a"));
        parts.add(Condition::Any(vec![is("b"), Condition::All(vec![is("c"), is("d")])]));
        parts.or();
        let rows = Rows { table: "T".to_owned(), column: "x".to_owned(), condition: Some(is("y")) };
        parts.add(Condition::Among { column: "id".into(), negated: true, rows: Box::new(rows) });
        parts.joins.push(Join {
            outer: true,
            table: "User".to_owned(),
            named: "j".to_owned(),
            on: (Column::of("j", "id"), "userId".into()),
        });
        assert_eq!(
            statements(&query(Action::Read, Answer::List), "O", &parts).unwrap(),
            [
                r#"SELECT "O".* FROM "O" LEFT JOIN "User" AS "j" ON "j"."id" = "O"."userId" WHERE "O"."a" = $1 AND ("O"."b" = $2 OR "O"."c" = $3 AND "O"."d" = $4) OR "O"."id" NOT IN (SELECT "x" FROM "T" WHERE "y" = $5)"#
            ]
        );
        assert_eq!(statements(&query(Action::Update, Answer::One), "O", &parts), None);
        parts.joins.clear();
        parts.sets = Some("done".to_owned());
        let changed = statements(&query(Action::Update, Answer::One), "O", &parts).unwrap();
        assert!(changed[0].starts_with(r#"UPDATE "O" SET "done" = $1 WHERE "a" = $2 AND"#), "{changed:?}");
    }
}

//! What a WHERE or ON asks of each column, as far as an index is concerned.

use sqlparser::ast::{BinaryOperator, Expr, Ident, ObjectName, UnaryOperator, Value, Visit, Visitor};
use std::ops::ControlFlow;

/// A column as the statement names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The alias before the dot.
    pub qualifier: Option<String>,
    /// The column.
    pub name: String,
}

/// One condition that every row has to meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The column that it is about.
    pub column: Column,
    /// What it asks.
    pub asks: Asks,
    /// What the column is held against.
    pub against: Against,
}

/// What a condition asks of its column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asks {
    /// To be one value or one of some.
    Equal,
    /// To lie on one side of a value, or between two.
    Range,
    /// To begin with a known text: `LIKE 'a%'`.
    Prefix,
    /// To match a pattern that only the running program knows: `LIKE $1`.
    Pattern,
    /// To contain a text: `LIKE '%a%'`.
    Contains,
    /// To match whatever the case: `ILIKE`.
    AnyCase,
    /// Something about an expression over it; the expression as written.
    Wrapped(String),
    /// One of several alternatives, of which this is one.
    Either,
    /// To be something if the caller wants it: `$1 IS NULL OR a = $1`.
    Optional,
    /// Something that an index hardly narrows: `<>`, `NOT IN`, `IS NOT NULL`.
    Weak,
    /// An operator that wants an index of its own kind: `@>`, `@@`, `?`.
    Special(String),
}

/// What [`Asks::Special`] says of `$1 = ANY (tags)`, where the column is the list.
pub const IN_LIST: &str = "= ANY";

/// What a column is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Against {
    /// Parameters, from 0.
    Parameter(usize),
    /// Another column.
    Column(Column),
    /// Nothing: the column is to be null.
    Null,
    /// Nothing: the column is a flag that is to be set, or not.
    Flag(bool),
    /// A constant that stands in the statement, as SQL.
    Constant(String),
    /// Anything else.
    Other,
}

/// The column that `expr` is, brackets and casts to text aside.
#[must_use]
pub fn column(expr: &Expr) -> Option<Column> {
    match expr {
        Expr::Identifier(name) => Some(Column { qualifier: None, name: name.value.clone() }),
        Expr::CompoundIdentifier(parts) => {
            let (name, before) = parts.split_last()?;
            Some(Column { qualifier: before.last().map(|q| q.value.clone()), name: name.value.clone() })
        }
        Expr::Nested(inner) => column(inner),
        _ => None,
    }
}

/// The condition of one column of `USING (…)`.
#[must_use]
pub fn using(name: &ObjectName) -> Option<Condition> {
    let name = name.0.last()?.as_ident().map(|Ident { value, .. }| value.clone())?;
    let column = Column { qualifier: None, name };
    Some(Condition { against: Against::Column(column.clone()), column, asks: Asks::Equal })
}

/// Adds the conditions of `expr` that every row has to meet.
pub fn of(expr: &Expr, found: &mut Vec<Condition>) {
    match expr {
        Expr::Nested(inner) => of(inner, found),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            of(left, found);
            of(right, found);
        }
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
            let (mut first, mut second) = (Vec::new(), Vec::new());
            of(left, &mut first);
            of(right, &mut second);
            let asks = if first.is_empty() || second.is_empty() { Asks::Optional } else { Asks::Either };
            let sides = first.into_iter().chain(second);
            found.extend(sides.map(|side| Condition { asks: asks.clone(), ..side }));
        }
        Expr::BinaryOp { left, op, right } => {
            compare(left, op, right, found);
            if let Some(flipped) = flip(op) {
                compare(right, &flipped, left, found);
            }
        }
        Expr::InList { expr, list, negated: false } => {
            add(expr, Asks::Equal, list.first().map_or(Against::Other, against), found);
        }
        Expr::IsNull(expr) => add(expr, Asks::Equal, Against::Null, found),
        Expr::InSubquery { expr, negated: false, .. } | Expr::InUnnest { expr, negated: false, .. } => {
            add(expr, Asks::Equal, Against::Other, found);
        }
        Expr::IsNotDistinctFrom(left, right) => {
            add(left, Asks::Wrapped(expr.to_string()), against(right), found);
        }
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => match column(right) {
            // The column is the list.
            Some(list) if column(left).is_none() => {
                found.push(Condition { column: list, asks: Asks::Special(IN_LIST.to_owned()), against: against(left) });
            }
            _ => add(left, Asks::Equal, against(right), found),
        },
        // Both ends are closed, whatever they are.
        Expr::Between { expr, negated: false, .. } => add(expr, Asks::Range, Against::Other, found),
        Expr::Like { negated: false, expr, pattern, .. } => add(expr, like(pattern), against(pattern), found),
        Expr::ILike { negated: false, expr, pattern, .. } => {
            let asks = if like(pattern) == Asks::Contains { Asks::Contains } else { Asks::AnyCase };
            add(expr, asks, against(pattern), found);
        }
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => add(expr, Asks::Equal, Against::Flag(true), found),
        Expr::IsTrue(inner) => add(inner, Asks::Equal, Against::Flag(true), found),
        Expr::IsFalse(inner) => add(inner, Asks::Equal, Against::Flag(false), found),
        Expr::UnaryOp { op: UnaryOperator::Not, expr: inner } if column(inner).is_some() => {
            add(inner, Asks::Equal, Against::Flag(false), found);
        }
        Expr::Exists { .. } | Expr::Subquery(_) | Expr::Value(_) => {}
        other => columns_in(other, &mut |column| {
            found.push(Condition { column, asks: Asks::Weak, against: Against::Other });
        }),
    }
}

/// The columns that `expr` wants not to be among the results of a subquery.
#[must_use]
pub fn not_in_subquery(expr: &Expr) -> Vec<Column> {
    struct Finder(Vec<Column>, usize);
    impl Visitor for Finder {
        type Break = ();
        fn pre_visit_query(&mut self, _: &sqlparser::ast::Query) -> ControlFlow<()> {
            self.1 += 1;
            ControlFlow::Continue(())
        }
        fn post_visit_query(&mut self, _: &sqlparser::ast::Query) -> ControlFlow<()> {
            self.1 -= 1;
            ControlFlow::Continue(())
        }
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if let Expr::InSubquery { expr, negated: true, .. } = expr
                && self.1 == 0
            {
                self.0.extend(column(expr));
            }
            ControlFlow::Continue(())
        }
    }
    let mut finder = Finder(Vec::new(), 0);
    let _ = expr.visit(&mut finder);
    finder.0
}

fn compare(left: &Expr, op: &BinaryOperator, right: &Expr, found: &mut Vec<Condition>) {
    let asks = match op {
        BinaryOperator::Eq => Asks::Equal,
        BinaryOperator::Lt | BinaryOperator::LtEq | BinaryOperator::Gt | BinaryOperator::GtEq => Asks::Range,
        BinaryOperator::NotEq => Asks::Weak,
        other => Asks::Special(other.to_string()),
    };
    add(left, asks, against(right), found);
}

/// The operator as seen from its right side, where the columns there are conditions too.
const fn flip(op: &BinaryOperator) -> Option<BinaryOperator> {
    match op {
        BinaryOperator::Eq => Some(BinaryOperator::Eq),
        BinaryOperator::Lt => Some(BinaryOperator::Gt),
        BinaryOperator::LtEq => Some(BinaryOperator::GtEq),
        BinaryOperator::Gt => Some(BinaryOperator::Lt),
        BinaryOperator::GtEq => Some(BinaryOperator::LtEq),
        _ => None,
    }
}

/// A condition on `expr`: on the column itself, or on the expression that wraps it.
fn add(expr: &Expr, asks: Asks, against: Against, found: &mut Vec<Condition>) {
    if let Expr::Nested(inner) = expr {
        return add(inner, asks, against, found);
    }
    if let Expr::Tuple(parts) = expr {
        return parts.iter().for_each(|part| add(part, asks.clone(), Against::Other, found));
    }
    if let Some(column) = column(expr) {
        return found.push(Condition { column, asks, against });
    }
    if matches!(expr, Expr::Subquery(_) | Expr::Value(_)) {
        return;
    }
    let text = expr.to_string();
    columns_in(expr, &mut |column| {
        found.push(Condition { column, asks: Asks::Wrapped(text.clone()), against: against.clone() });
    });
}

fn columns_in(expr: &Expr, found: &mut impl FnMut(Column)) {
    struct Finder<'a, F>(&'a mut F, usize);
    impl<F: FnMut(Column)> Visitor for Finder<'_, F> {
        type Break = ();
        fn pre_visit_query(&mut self, _: &sqlparser::ast::Query) -> ControlFlow<()> {
            self.1 += 1;
            ControlFlow::Continue(())
        }
        fn post_visit_query(&mut self, _: &sqlparser::ast::Query) -> ControlFlow<()> {
            self.1 -= 1;
            ControlFlow::Continue(())
        }
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            // A subquery is a scope of its own.
            if self.1 == 0
                && let Some(column) = column(expr)
                && !matches!(expr, Expr::Nested(_))
            {
                (self.0)(column);
            }
            ControlFlow::Continue(())
        }
    }
    let _ = expr.visit(&mut Finder(found, 0));
}

fn against(expr: &Expr) -> Against {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => against(inner),
        Expr::Value(value) => match &value.value {
            Value::Placeholder(name) => {
                let number = name.trim_start_matches(['$', '?']).parse::<usize>().ok();
                number.and_then(|n| n.checked_sub(1)).map_or(Against::Other, Against::Parameter)
            }
            constant => Against::Constant(constant.to_string()),
        },
        other => column(other).map_or(Against::Other, Against::Column),
    }
}

fn like(pattern: &Expr) -> Asks {
    match pattern {
        Expr::Nested(inner) => like(inner),
        Expr::Value(value) => match value.value.clone().into_string() {
            Some(text) if text.starts_with(['%', '_']) => Asks::Contains,
            Some(_) => Asks::Prefix,
            None => Asks::Pattern,
        },
        // `'%' || $1`: the left end decides.
        Expr::BinaryOp { left, op: BinaryOperator::StringConcat, .. } => like(left),
        _ => Asks::Pattern,
    }
}

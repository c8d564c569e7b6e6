//! Values for parameters: MySQL and MariaDB fold constants while they plan, so a NULL would end the planning, and a value of
//! another type than its column's would keep an index from being used.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Statement, Value, Visit, Visitor,
    visit_expressions,
};

use super::catalog::{ColumnType, Known};
use crate::probe::database::conditions::{self, Column};
use crate::probe::database::statement::Shape;

/// What no column tells the type of.
const PLAIN: (&str, &str) = ("'1'", "'2'");
/// A moment, for what is compared with dates in a way that hides the column.
const MOMENT: (&str, &str) = ("'2024-01-02 03:04:05'", "'2024-02-03 04:05:06'");

/// SQL for every parameter, from 0; and a second value for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// The value.
    pub first: BTreeMap<usize, String>,
    /// Another one.
    pub second: BTreeMap<usize, String>,
}

impl Values {
    /// Texts that are good as numbers too.
    pub fn plain(parameters: usize) -> Self {
        let mut values = Self::default();
        (0..parameters).for_each(|parameter| values.put(parameter, PLAIN));
        values
    }

    /// By the types of the columns that parameters are compared with; `moments` for all those that no column tells.
    pub fn of(statement: &Statement, shape: &Shape, parameters: usize, known: &Known, moments: bool) -> Self {
        let mut values = Self::plain(parameters);
        if moments {
            (0..parameters).for_each(|parameter| values.put(parameter, MOMENT));
        }
        let mut reader = Reader { shape, known, values };
        let _ = statement.visit(&mut reader);
        reader.values
    }

    /// With these texts for some parameters.
    pub fn with(&self, texts: &BTreeMap<usize, String>) -> Self {
        let mut values = self.clone();
        for (parameter, text) in texts {
            values.first.insert(*parameter, quoted(text));
        }
        values
    }

    fn put(&mut self, parameter: usize, (first, second): (&str, &str)) {
        self.first.insert(parameter, first.to_owned());
        self.second.insert(parameter, second.to_owned());
    }
}

/// Looks for parameters beside columns.
struct Reader<'a> {
    shape: &'a Shape,
    known: &'a Known,
    values: Values,
}

impl Visitor for Reader<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::BinaryOp { left, op, right } => {
                // Both ends of a span: `a >= ? AND a < ?` must leave something between them.
                let (below, above) = match op {
                    BinaryOperator::Lt | BinaryOperator::LtEq => (true, false),
                    BinaryOperator::Gt | BinaryOperator::GtEq => (false, true),
                    _ => (false, false),
                };
                self.beside(left, right, below);
                self.beside(right, left, above);
            }
            Expr::Between { expr, low, high, .. } => {
                self.beside(expr, low, false);
                self.beside(expr, high, true);
            }
            Expr::InList { expr, list, .. } => list.iter().for_each(|item| self.beside(expr, item, false)),
            Expr::Like { pattern, .. } => {
                // What a pattern with an open beginning costs; one with a known beginning is tried after it.
                if let Expr::Value(value) = pattern.as_ref()
                    && let Some(parameter) = parameter(&value.value)
                {
                    self.values.put(parameter, ("'%1%'", "'%2%'"));
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

impl Reader<'_> {
    /// Gives the parameters of `value` the type of the column in `expr`; `second` for the greater of the two values.
    fn beside(&mut self, expr: &Expr, value: &Expr, second: bool) {
        let mut parameters = Vec::new();
        gather(value, &mut parameters);
        if parameters.is_empty() {
            return;
        }
        let Some(held) = columns(expr).iter().find_map(|column| self.held(column)) else { return };
        let (first, other) = literals(held);
        for parameter in parameters {
            let (first, other) = if second { (&other, &first) } else { (&first, &other) };
            self.values.put(parameter, (first, other));
        }
    }

    fn held(&self, column: &Column) -> Option<&ColumnType> {
        self.shape
            .relations()
            .filter(|relation| column.qualifier.as_ref().is_none_or(|q| q.eq_ignore_ascii_case(&relation.alias)))
            .find_map(|relation| self.known.column_type(&relation.table, &column.name))
    }
}

/// The parameters in an expression, those of an interval aside, which are numbers whatever the column is.
fn gather(expr: &Expr, found: &mut Vec<usize>) {
    match expr {
        Expr::Value(value) => found.extend(parameter(&value.value)),
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => gather(inner, found),
        Expr::BinaryOp { left, right, .. } => {
            gather(left, found);
            gather(right, found);
        }
        Expr::Tuple(parts) => parts.iter().for_each(|part| gather(part, found)),
        Expr::Function(Function { args: FunctionArguments::List(list), .. }) => {
            for argument in &list.args {
                if let FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) = argument {
                    gather(argument, found);
                }
            }
        }
        _ => {}
    }
}

fn parameter(value: &Value) -> Option<usize> {
    match value {
        Value::Placeholder(name) => name.strip_prefix('?')?.parse::<usize>().ok()?.checked_sub(1),
        _ => None,
    }
}

fn columns(expr: &Expr) -> Vec<Column> {
    let mut found = Vec::new();
    let _ = visit_expressions(expr, |expr| {
        found.extend(conditions::column(expr));
        ControlFlow::<()>::Continue(())
    });
    found
}

/// Two values of a column's type.
fn literals(held: &ColumnType) -> (String, String) {
    let pair = match held.name.as_str() {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" | "float" | "double" | "bit" => ("1", "2"),
        "year" => ("2024", "2025"),
        "date" => ("'2024-01-02'", "'2024-02-03'"),
        "datetime" | "timestamp" => MOMENT,
        "time" => ("'01:02:03'", "'02:03:04'"),
        "json" => ("'{}'", "'[]'"),
        "uuid" => ("'00000000-0000-4000-8000-000000000001'", "'00000000-0000-4000-8000-000000000002'"),
        "inet4" => ("'127.0.0.1'", "'127.0.0.2'"),
        "inet6" => ("'::1'", "'::2'"),
        "enum" | "set" => return chosen(&held.whole),
        _ => PLAIN,
    };
    (pair.0.to_owned(), pair.1.to_owned())
}

/// The first two of `enum('a','b')`.
fn chosen(whole: &str) -> (String, String) {
    let inner = whole.split_once('(').map_or("", |(_, inner)| inner).trim_end_matches(')');
    let mut words = inner.split("','").map(|word| quoted(&word.trim_matches('\'').replace("''", "'")));
    let first = words.next().unwrap_or_else(|| PLAIN.0.to_owned());
    let second = words.next().unwrap_or_else(|| first.clone());
    (first, second)
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_of_the_columns_types() {
        let of = |whole: &str| {
            let name = whole.split('(').next().unwrap_or_default().to_owned();
            literals(&ColumnType { name, whole: whole.to_owned() }).0
        };
        assert_eq!(of("int(11)"), "1");
        assert_eq!(of("varchar(9)"), "'1'");
        assert_eq!(of("date"), "'2024-01-02'");
        assert_eq!(of("enum('it''s','b')"), "'it''s'");
        assert_eq!(quoted("a\\'b"), "'a\\\\''b'");
    }
}

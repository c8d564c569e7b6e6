//! Reads a statement: is it one that may be planned, and by what does it pick its rows?

mod paging;
mod sums;

use std::ops::ControlFlow;

use sqlparser::ast::{
    Delete, Expr, FromTable, Function, JoinConstraint, JoinOperator, ObjectName, Query, Select, SetExpr, Statement,
    TableFactor, TableObject, TableWithJoins, Update, UpdateTableFromKind, Visit, Visitor,
};
use sqlparser::dialect::{MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::Parser;

use super::conditions::{self, Column, Condition};
use super::lexer::{self, Dialect};
use super::names::Names;
use paging::{Paging, paging};
use sums::{aggregates, extreme};

/// What a statement reads and calls.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    /// Every SELECT, UPDATE or DELETE in it, subqueries included.
    pub scopes: Vec<Scope>,
    /// Functions that it calls, in lower case, with their schema where one is written.
    pub functions: Vec<Vec<String>>,
    /// Names that stand for results of the statement itself: common table expressions and subqueries.
    pub derived: Vec<String>,
    /// The table that it adds rows to.
    pub inserts_into: Option<String>,
    /// The names in its text, where a database may give any of them a meaning of its own.
    pub names: Names,
}

/// One SELECT, UPDATE or DELETE.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Its tables.
    pub tables: Vec<Relation>,
    /// What picks its rows.
    pub conditions: Vec<Condition>,
    /// The columns that it sorts by, those before the first that is no plain column.
    pub order: Vec<Sort>,
    /// It sorts by something that is no plain column, so no index over columns gives the whole order.
    pub order_computed: bool,
    /// It asks for its rows in a random order.
    pub order_random: bool,
    /// Whether it ends after some rows.
    pub limited: bool,
    /// It is only asked whether there is a row: `EXISTS (…)`.
    pub exists: bool,
    /// It skips rows before its first, as many as a parameter says or at least a hundred.
    pub skips: bool,
    /// Columns that it wants not to be among the results of a subquery: `NOT IN (SELECT …)`.
    pub not_in: Vec<Column>,
    /// Whether it groups, counts or sums, and so needs every row before its first.
    pub aggregates: bool,
}

/// A column to sort by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// The column.
    pub column: Column,
    /// From the greatest to the least.
    pub descending: bool,
}

/// A table under the name that the statement gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// The table's name without its schema.
    pub table: String,
    /// Its alias, or its name.
    pub alias: String,
}

/// Why a statement is not planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The parser does not understand it.
    #[error("not understood as SQL")]
    NotUnderstood,
    /// So many operators that reading them one in the other would use up the stack.
    #[error("put together from more than 500 conditions or parts")]
    TooDeep,
    /// Not exactly one SELECT, INSERT, UPDATE or DELETE.
    #[error("not a single SELECT, INSERT, UPDATE or DELETE")]
    NotAQuery,
}

/// Words that begin statements which pick no rows: transactions, settings, definitions.
const NO_QUERY: [&str; 28] = [
    "ABORT",
    "ALTER",
    "ANALYZE",
    "BEGIN",
    "CHECKPOINT",
    "COMMENT",
    "COMMIT",
    "CREATE",
    "DEALLOCATE",
    "DISCARD",
    "DROP",
    "END",
    "GRANT",
    "LISTEN",
    "LOCK",
    "NOTIFY",
    "PRAGMA",
    "RELEASE",
    "RESET",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SET",
    "SHOW",
    "START",
    "TRUNCATE",
    "UNLISTEN",
    "VACUUM",
];

/// Whether a statement is of the kinds that pick no rows, and so has no plan to judge.
#[must_use]
pub fn picks_no_rows(sql: &str) -> bool {
    let mut words = sql.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_ascii_uppercase();
    NO_QUERY.contains(&first.as_str()) && !words.any(|word| word.eq_ignore_ascii_case("select"))
}

/// Reads `sql`, whose placeholders are numbered already.
///
/// # Errors
/// Why it must not or cannot be planned.
pub fn read(sql: &str, dialect: Dialect) -> Result<Shape, Unfit> {
    let statements = parse(sql, dialect).ok_or_else(|| match is_deep(sql, dialect) {
        true => Unfit::TooDeep,
        false => Unfit::NotUnderstood,
    })?;
    let [statement] = statements.as_slice() else { return Err(Unfit::NotAQuery) };
    if !matches!(statement, Statement::Query(_) | Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_)) {
        return Err(Unfit::NotAQuery);
    }
    let mut reader = Reader::default();
    if statement.visit(&mut reader).is_break() {
        return Err(Unfit::NotAQuery);
    }
    if dialect == Dialect::Postgres {
        reader.shape.names = Names::of(sql).ok_or(Unfit::NotUnderstood)?;
    }
    Ok(reader.shape)
}

/// The tables and conditions behind a view, from its `CREATE VIEW`.
#[must_use]
pub fn read_view(sql: &str, dialect: Dialect) -> Option<Shape> {
    let statements = parse(sql, dialect)?;
    let [Statement::CreateView(view)] = statements.as_slice() else { return None };
    let mut reader = Reader::default();
    view.query.visit(&mut reader).is_continue().then_some(reader.shape)
}

/// Whether the tree of a statement would be too deep to walk: `a OR b OR c` is a tree of one level for each operator.
fn is_deep(sql: &str, dialect: Dialect) -> bool {
    /// A tree of this depth takes a fraction of a thread's two megabytes.
    const MOST: usize = 500;
    let deepens = |token: &lexer::Token<'_>| {
        token.kind == lexer::Kind::Operator
            || ["and", "or", "not", "union", "except", "intersect"]
                .iter()
                .any(|word| token.text.eq_ignore_ascii_case(word))
    };
    let tokens = lexer::tokens(sql, dialect).unwrap_or_default();
    tokens.iter().filter(|token| deepens(token)).count() > MOST
}

fn parse(sql: &str, dialect: Dialect) -> Option<Vec<Statement>> {
    if is_deep(sql, dialect) {
        return None;
    }
    match dialect {
        Dialect::Postgres => Parser::parse_sql(&PostgreSqlDialect {}, sql),
        Dialect::Sqlite => Parser::parse_sql(&SQLiteDialect {}, sql),
        Dialect::Mysql => Parser::parse_sql(&MySqlDialect {}, sql),
    }
    .ok()
}

impl Shape {
    /// The scopes that read `table` as `alias`. A planner renames an alias that is used twice (`orders_1`), and one
    /// that hides in a view is unknown here: then whatever scope reads the table will do.
    #[must_use]
    pub fn scopes_of(&self, alias: &str, table: &str) -> Vec<(&Scope, &Relation)> {
        let all = || self.scopes.iter().flat_map(|scope| scope.tables.iter().map(move |relation| (scope, relation)));
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let exact: Vec<_> =
            all().filter(|(_, relation)| same(&relation.alias, alias) && same(&relation.table, table)).collect();
        if !exact.is_empty() {
            return exact;
        }
        all().filter(|(_, relation)| same(&relation.table, table)).collect()
    }

    /// As if it named, in the place of its views, the tables that a plan of it reads whole and that it does not name: a
    /// view mostly hands on the columns of its tables under their own names. `None` where it has no view. `is_table` knows
    /// the names of tables.
    #[must_use]
    pub fn behind_views<'a>(
        &self,
        tables: impl Iterator<Item = &'a str>,
        is_table: impl Fn(&str) -> bool,
    ) -> Option<Self> {
        let named = |table: &str| self.relations().any(|relation| relation.table.eq_ignore_ascii_case(table));
        let behind: Vec<&str> = tables.filter(|table| !named(table)).collect();
        let is_view = |relation: &Relation| {
            !is_table(&relation.table) && !self.derived.iter().any(|name| name.eq_ignore_ascii_case(&relation.table))
        };
        let mut shape = self.clone();
        for scope in &mut shape.scopes {
            let views: Vec<Relation> = scope.tables.iter().filter(|relation| is_view(relation)).cloned().collect();
            for view in &views {
                let table = |table: &&str| Relation { table: (*table).to_owned(), alias: view.alias.clone() };
                scope.tables.extend(behind.iter().map(table));
            }
        }
        (shape.relations().count() > self.relations().count()).then_some(shape)
    }

    /// The tables that it names.
    pub fn relations(&self) -> impl Iterator<Item = &Relation> {
        self.scopes.iter().flat_map(|scope| &scope.tables)
    }
}

#[derive(Default)]
struct Reader {
    shape: Shape,
    /// Sorting and limit of the queries that are being visited, for the SELECT inside.
    queries: Vec<Paging>,
    /// The next query is that of EXISTS.
    asks_exists: bool,
}

impl Visitor for Reader {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        // A data-changing or table-making statement inside WITH stays what it is; only SELECT … INTO hides in a query.
        if let SetExpr::Select(select) = query.body.as_ref()
            && select.into.is_some()
        {
            return ControlFlow::Break(());
        }
        if let Some(with) = &query.with {
            self.shape.derived.extend(with.cte_tables.iter().map(|cte| cte.alias.name.value.clone()));
        }
        self.queries.push(Paging { exists: std::mem::take(&mut self.asks_exists), ..paging(query) });
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.queries.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let mut scope = Scope::default();
        select.from.iter().for_each(|from| self.tables(from, &mut scope));
        if let Some(selection) = &select.selection {
            conditions::of(selection, &mut scope.conditions);
            scope.not_in = conditions::not_in_subquery(selection);
        }
        let grouped = select.group_by != sqlparser::ast::GroupByExpr::Expressions(Vec::new(), Vec::new());
        scope.aggregates = grouped || select.distinct.is_some() || select.projection.iter().any(aggregates);
        if let Some(frame) = self.queries.last() {
            scope.order.clone_from(&frame.order);
            scope.order_computed = frame.order_computed;
            scope.order_random = frame.order_random;
            scope.limited = frame.limited;
            scope.exists = frame.exists;
            scope.skips = frame.skips;
        }
        if let Some(column) = extreme(select).filter(|_| !grouped) {
            scope.order = vec![Sort { column, descending: false }];
            scope.limited = true;
            scope.aggregates = false;
        }
        self.shape.scopes.push(scope);
        ControlFlow::Continue(())
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        match statement {
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            Statement::Insert(insert) => {
                if let TableObject::TableName(name) = &insert.table {
                    self.shape.inserts_into = name.0.last().and_then(|part| part.as_ident()).map(|id| id.value.clone());
                }
            }
            Statement::Query(_) => {}
            _ => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } => self.function(name),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Function(Function { name, .. }) = expr {
            self.function(name);
        }
        self.asks_exists = matches!(expr, Expr::Exists { .. });
        ControlFlow::Continue(())
    }
}

impl Scope {
    /// Whether it ends with the first rows that fit, wherever they are found.
    #[must_use]
    pub const fn ends_early(&self) -> bool {
        let any_order = self.order.is_empty() && !self.order_computed && !self.order_random;
        (self.exists || self.limited && any_order) && !self.aggregates
    }
}

impl Reader {
    fn function(&mut self, name: &ObjectName) {
        let parts: Vec<String> = name
            .0
            .iter()
            .map(|part| match part.as_ident() {
                Some(ident) if ident.quote_style.is_some() => ident.value.clone(),
                Some(ident) => ident.value.to_lowercase(),
                None => part.to_string().to_lowercase(),
            })
            .collect();
        if !self.shape.functions.contains(&parts) {
            self.shape.functions.push(parts);
        }
    }

    fn update(&mut self, update: &Update) {
        let mut scope = Scope::default();
        self.tables(&update.table, &mut scope);
        if let Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) = &update.from {
            from.iter().for_each(|from| self.tables(from, &mut scope));
        }
        if let Some(selection) = &update.selection {
            conditions::of(selection, &mut scope.conditions);
        }
        self.shape.scopes.push(scope);
    }

    fn delete(&mut self, delete: &Delete) {
        let mut scope = Scope::default();
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        from.iter().chain(delete.using.iter().flatten()).for_each(|from| self.tables(from, &mut scope));
        if let Some(selection) = &delete.selection {
            conditions::of(selection, &mut scope.conditions);
        }
        self.shape.scopes.push(scope);
    }

    fn tables(&mut self, from: &TableWithJoins, scope: &mut Scope) {
        self.factor(&from.relation, scope);
        for join in &from.joins {
            self.factor(&join.relation, scope);
            if let Some(constraint) = constraint(&join.join_operator) {
                match constraint {
                    JoinConstraint::On(on) => conditions::of(on, &mut scope.conditions),
                    JoinConstraint::Using(columns) => {
                        scope.conditions.extend(columns.iter().filter_map(conditions::using));
                    }
                    JoinConstraint::Natural | JoinConstraint::None => {}
                }
            }
        }
    }

    fn factor(&mut self, factor: &TableFactor, scope: &mut Scope) {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let Some(table) = name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.clone())
                else {
                    return;
                };
                let alias = alias.as_ref().map_or_else(|| table.clone(), |alias| alias.name.value.clone());
                scope.tables.push(Relation { table, alias });
            }
            TableFactor::NestedJoin { table_with_joins, .. } => self.tables(table_with_joins, scope),
            TableFactor::Table { alias: Some(alias), .. }
            | TableFactor::Derived { alias: Some(alias), .. }
            | TableFactor::Function { alias: Some(alias), .. } => self.shape.derived.push(alias.name.value.clone()),
            _ => {}
        }
    }
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::CrossJoin(constraint) => Some(constraint),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_that_would_use_up_the_stack_is_not_read() {
        let of = |terms: usize| format!("SELECT * FROM t WHERE a = 1{}", " OR a = 1".repeat(terms));
        assert!(read(&of(100), Dialect::Postgres).is_ok());
        assert_eq!(read(&of(12_000), Dialect::Postgres).err(), Some(Unfit::TooDeep));
        let united = format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(2_000));
        assert_eq!(read(&united, Dialect::Sqlite).err(), Some(Unfit::TooDeep));
        let long = format!("SELECT * FROM t WHERE a IN (1{})", ", 1".repeat(12_000));
        assert!(read(&long, Dialect::Mysql).is_ok());
    }
}

//! SQLAlchemy: classes with `__tablename__`, queries as chains.

use super::statement::{Condition, all};
use super::{Operator, Parts, Table, Tables, statements, whole_chain};
use crate::probe::source::code::{Comparison, Value};
use crate::probe::source::database_calls::Query;
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// The models of the project by name.
pub(super) fn tables(index: &CodeIndex) -> Tables {
    let mut tables = Tables::new();
    for file in index.files.iter().filter(|file| file.language == Language::Python) {
        for class in &file.classes {
            let inside = |bytes: (u32, u32)| class.place.bytes.0 <= bytes.0 && bytes.1 <= class.place.bytes.1;
            let own = || file.assignments.iter().filter(|a| inside(a.place.bytes));
            let Some(name) = own().find(|a| &*a.target == "__tablename__").and_then(|a| a.value.text()) else {
                continue;
            };
            let mut table = Table { name: name.to_owned(), ..Table::default() };
            for assignment in own() {
                let Value::Call(id) = assignment.value else { continue };
                let Some(call) = file.call(id).filter(|call| matches!(call.method(), "Column" | "mapped_column"))
                else {
                    continue;
                };
                let column = call.argument(0).and_then(Value::text).unwrap_or(&assignment.target);
                table.columns.insert(assignment.target.to_string(), column.to_owned());
            }
            tables.insert(class.name.to_string(), table);
        }
    }
    tables
}

/// The statement of `session.query(User).filter(User.email == email).first()`.
pub(super) fn statement(file: &FileFacts, query: &Query, tables: &Tables) -> Option<Vec<String>> {
    let table = tables.get(&*query.table)?;
    let calls = whole_chain(file, query);
    let first = calls.first()?;
    let begins = (matches!(first.method(), "query" | "select" | "delete" | "update") && first.arguments.len() == 1)
        || first.object() == format!("{}.query", query.table);
    if !begins {
        return None;
    }
    let asked = Asked { file, model: &query.table, table };
    let mut parts = Parts { limited: query.bounded, ..Parts::default() };
    for call in &calls {
        match call.method() {
            "filter_by" => {
                for argument in &call.arguments {
                    let column = table.column(argument.name.as_deref()?)?;
                    let null = argument.value == Value::Null;
                    parts.compare(column, if null { Operator::IsNull } else { Operator::Equal });
                }
            }
            "filter" | "where" => {
                if call.spreads() {
                    return None;
                }
                for argument in &call.arguments {
                    parts.add(asked.condition(&argument.value, 0)?);
                }
            }
            "query" | "select" | "first" | "all" | "one" | "one_or_none" | "scalar" | "scalars"
            | "scalar_one_or_none" | "scalar_one" | "count" | "limit" | "options" | "first_or_404" | "execute"
            | "execution_options" | "with_for_update" | "exec" | "unique" | "delete" | "update" | "one_or_404" => {}
            "values" => {
                parts.sets = call.arguments.iter().find_map(|a| table.column(a.name.as_deref()?)).map(str::to_owned);
            }
            "offset" => parts.skips = true,
            "get" | "get_or_404" => parts.compare(table.column("id")?, Operator::Equal),
            "order_by" => {
                for argument in &call.arguments {
                    let (value, descends) = match &argument.value {
                        // `Order.created.desc()`, `desc(Order.created)`
                        Value::Call(id) => {
                            let inner = file.call(*id)?;
                            let descends = match inner.method() {
                                "desc" => true,
                                "asc" => false,
                                _ => return None,
                            };
                            match inner.argument(0) {
                                Some(value) => (asked.column(value)?, descends),
                                None => (asked.column_of(inner.object())?, descends),
                            }
                        }
                        value => (asked.column(value)?, false),
                    };
                    parts.order.push((value.into(), descends));
                }
            }
            _ => return None,
        }
    }
    statements(query, &table.name, &parts)
}

struct Asked<'f> {
    file: &'f FileFacts,
    model: &'f str,
    table: &'f Table,
}

impl Asked<'_> {
    fn column(&self, value: &Value) -> Option<String> {
        self.column_of(value.path()?)
    }

    fn column_of(&self, path: &str) -> Option<String> {
        let field = path.strip_prefix(self.model)?.strip_prefix('.')?;
        self.table.column(field).map(str::to_owned)
    }

    /// `User.email == email`, `User.id.in_(ids)`, `or_(…)`.
    fn condition(&self, value: &Value, depth: usize) -> Option<Condition> {
        let is = |column: String, operator: Operator| Some(Condition::Is(column.into(), operator));
        match value {
            Value::Compared(how, pair) => {
                let column = self.column(&pair.0)?;
                if pair.1.path().is_some_and(|path| self.column_of(path).is_some()) {
                    return None;
                }
                let null = pair.1 == Value::Null;
                match (how, null) {
                    (Comparison::Equal, true) => is(column, Operator::IsNull),
                    (Comparison::Equal, false) => is(column, Operator::Equal),
                    (Comparison::NotEqual, true) => is(column, Operator::IsNotNull),
                    (Comparison::NotEqual, false) => is(column, Operator::NotEqual),
                    // Which of `<` and `>` makes no difference to how rows are found.
                    (Comparison::Order, _) => is(column, Operator::Compared(">")),
                    _ => None,
                }
            }
            Value::Call(id) => {
                let call = self.file.call(*id)?;
                match call.method() {
                    way @ ("or_" | "and_") if depth < 5 && !call.spreads() => {
                        let each: Vec<Condition> = call
                            .arguments
                            .iter()
                            .map(|argument| self.condition(&argument.value, depth + 1))
                            .collect::<Option<_>>()?;
                        if way == "or_" && each.len() > 1 { Some(Condition::Any(each)) } else { Some(all(each)) }
                    }
                    "not_" if depth < 5 => {
                        Some(Condition::Not(Box::new(self.condition(call.argument(0)?, depth + 1)?)))
                    }
                    "in_" if !matches!(call.argument(0)?, Value::Call(_)) => {
                        is(self.column_of(call.object())?, Operator::In)
                    }
                    "is_" if call.argument(0)? == &Value::Null => is(self.column_of(call.object())?, Operator::IsNull),
                    "is_" => is(self.column_of(call.object())?, Operator::Equal),
                    "is_not" | "isnot" if call.argument(0)? == &Value::Null => {
                        is(self.column_of(call.object())?, Operator::IsNotNull)
                    }
                    "like" => is(self.column_of(call.object())?, super::builder::like(call.argument(0)?, false)?),
                    "ilike" => is(self.column_of(call.object())?, super::builder::like(call.argument(0)?, true)?),
                    "contains" => is(self.column_of(call.object())?, Operator::Contains { any_case: false }),
                    "startswith" => is(self.column_of(call.object())?, Operator::StartsWith),
                    _ => None,
                }
            }
            // `User.is_active`
            Value::Path(_) => is(self.column(value)?, Operator::Equal),
            Value::Not(inner) => is(self.column(inner)?, Operator::NotEqual),
            _ => None,
        }
    }
}

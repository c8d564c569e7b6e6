//! Rails: models, with the columns that `db/schema.rb` or the migrations name.

use super::eloquent::table;
use super::{Operator, Parts, Table, Tables, chain_of, migrations, naming, statements};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::database_calls::Query;
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// The models of the project by name; one name in two modules cannot be told apart and is left out.
pub(super) fn tables(index: &CodeIndex) -> Tables {
    let mut tables = Tables::new();
    if !index.files.iter().any(|file| file.language == Language::Ruby) {
        return tables;
    }
    let schema = migrations::of_rails(index);
    let mut twice = Vec::new();
    for file in index.files.iter().filter(|file| file.language == Language::Ruby && file.role.in_production()) {
        for class in &file.classes {
            // A model below another one shares its table, with a condition on the kind.
            let direct = class.bases.iter().any(|base| {
                matches!(base.rsplit(['.', ':']).next(), Some("ApplicationRecord" | "Base"))
                    && !base.starts_with("ActionController")
            });
            if !direct || !index.known().is_model(&class.name) || class.name.contains([':', '.']) {
                continue;
            }
            let inside = |bytes: (u32, u32)| class.place.bytes.0 <= bytes.0 && bytes.1 <= class.place.bytes.1;
            let set = |name: &str| file.assignments_to(name).find(|set| inside(set.place.bytes)).map(|set| &set.value);
            let scoped = file.calls.iter().any(|call| {
                matches!(
                    &*call.callee,
                    "default_scope" | "acts_as_paranoid" | "acts_as_tenant" | "establish_connection" | "connects_to"
                ) && inside(call.place.bytes)
            });
            if scoped || set("this.primary_key").is_some() || set("self.primary_key").is_some() {
                continue;
            }
            let name = match set("this.table_name").or_else(|| set("self.table_name")) {
                Some(Value::Text(name)) => Some(name.to_string()),
                Some(_) => None,
                None => schema.first_of(naming::tables(&class.name)),
            };
            let Some(table) = name.and_then(|name| table(&schema, &name)) else { continue };
            if tables.insert(class.name.to_string(), table).is_some() {
                twice.push(class.name.to_string());
            }
        }
    }
    tables.retain(|name, _| !twice.contains(name));
    tables
}

/// The statement of `Order.where(user_id: id).order(created_at: :desc).limit(10)`.
pub(super) fn statement(file: &FileFacts, query: &Query, tables: &Tables) -> Option<Vec<String>> {
    let table = tables.get(&*query.table)?;
    let calls = chain_of(file, query.end);
    if calls.first()?.object() != &*query.table {
        return None;
    }
    let mut parts = Parts { limited: query.bounded, ..Parts::default() };
    for call in &calls {
        add(file, call, table, &mut parts)?;
    }
    // `first` and `last` go by the key where nothing else is said.
    let by_key = calls.last().is_some_and(|call| matches!(call.method(), "first" | "first!" | "last" | "last!"));
    if by_key {
        match parts.order.as_mut_slice() {
            [] => parts.order.push((column(table, "id")?.into(), calls.last()?.method().starts_with("last"))),
            _ if calls.last()?.method().starts_with("last") => return None,
            _ => {}
        }
    }
    statements(query, &table.name, &parts)
}

fn add(file: &FileFacts, call: &Call, table: &Table, parts: &mut Parts) -> Option<()> {
    let unnamed = || call.arguments.iter().filter(|argument| argument.name.is_none()).count();
    match call.method() {
        "where" | "find_by" | "find_by!" | "exists?" | "find_or_initialize_by" | "rewhere" => {
            if call.method() == "exists?" && unnamed() == 1 {
                parts.compare(column(table, "id")?, Operator::Equal);
                return Some(());
            }
            // `where.not(…)`
            if call.method() == "where" && call.arguments.is_empty() && call.chained.is_some() {
                return Some(());
            }
            if (call.arguments.is_empty() && call.method() != "exists?") || call.spreads() || unnamed() > 0 {
                return None;
            }
            for argument in &call.arguments {
                let (column, operator) = condition(file, argument.name.as_deref()?, &argument.value, table)?;
                parts.compare(column, operator);
            }
        }
        "find" => {
            let several = matches!(call.argument(0)?, Value::Array(_)) || unnamed() > 1;
            parts.compare(column(table, "id")?, if several { Operator::In } else { Operator::Equal });
        }
        "order" => {
            for argument in &call.arguments {
                parts.order.push(match argument.name.as_deref() {
                    Some(name) => (column(table, name)?.into(), argument.value.text()? == "desc"),
                    None => {
                        let text = argument.value.text()?;
                        let (name, way) = text.split_once(' ').unwrap_or((text, "asc"));
                        let descends = match way.to_ascii_lowercase().as_str() {
                            "asc" => false,
                            "desc" => true,
                            _ => return None,
                        };
                        (column(table, name)?.into(), descends)
                    }
                });
            }
        }
        "offset" => parts.skips = true,
        "not" => {
            if unnamed() > 0 || call.arguments.is_empty() {
                return None;
            }
            for argument in &call.arguments {
                let (column, operator) = condition(file, argument.name.as_deref()?, &argument.value, table)?;
                let operator = match operator {
                    Operator::Equal => Operator::NotEqual,
                    Operator::In => Operator::NotIn,
                    Operator::IsNull => Operator::IsNotNull,
                    _ => return None,
                };
                parts.compare(column, operator);
            }
        }
        "update_all" => {
            parts.sets = call.arguments.iter().find_map(|a| column(table, a.name.as_deref()?));
        }
        "create" | "create!" | "insert_all" | "insert" | "insert_all!" => {}
        "all" | "limit" | "includes" | "preload" | "select" | "readonly" | "lock" | "first" | "first!" | "last"
        | "last!" | "take" | "take!" | "count" | "any?" | "none?" | "empty?" | "size" | "pluck" | "pick" | "ids"
        | "to_a" | "each" | "map" | "sum" | "maximum" | "minimum" | "delete_all" | "load" => {}
        method => {
            let name = method.strip_prefix("find_by_")?.trim_end_matches('!');
            parts.compare(column(table, name)?, Operator::Equal);
        }
    }
    Some(())
}

fn condition(file: &FileFacts, name: &str, value: &Value, table: &Table) -> Option<(String, Operator)> {
    let column = column(table, name)?;
    let operator = match value {
        Value::Null => Operator::IsNull,
        Value::Array(_) => Operator::In,
        Value::Path(_) | Value::Text(_) | Value::Template(_) | Value::Number(_) | Value::Bool(_) | Value::Index(_) => {
            Operator::Equal
        }
        Value::Call(id) => match file.call(*id)?.method() {
            "pluck" | "ids" | "map" | "to_a" | "keys" => Operator::In,
            "select" | "where" | "all" => return None,
            _ => Operator::Equal,
        },
        _ => return None,
    };
    Some((column, operator))
}

/// The column of a name, which may be that of what it refers to: `user` of `user_id`.
fn column(table: &Table, name: &str) -> Option<String> {
    let name = name.strip_prefix(&format!("{}.", table.name)).unwrap_or(name);
    table.column(name).map(str::to_owned).or_else(|| table.column(&format!("{name}_id")).map(str::to_owned))
}

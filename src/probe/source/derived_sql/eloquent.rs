//! Laravel: models and the query builder, with the columns that migrations make.

use super::migrations::{self, Schema};
use super::statement::Condition;
use super::{Operator, Parts, Table, Tables, chain_of, is_scalar, naming, statements};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::database_calls::{Action, Query};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::index::underscored;

/// What is known of a Laravel app's tables.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// By the names of models.
    models: Tables,
    /// By their own names.
    tables: Tables,
    /// Models whose rows stay in the table, marked as deleted.
    soft: Vec<String>,
}

impl Known {
    /// Whether a model or table is described.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.models.contains_key(name) || self.tables.contains_key(name)
    }
}

/// The tables of the project.
pub(super) fn known(index: &CodeIndex) -> Known {
    let mut known = Known::default();
    if !index.files.iter().any(|file| file.language == Language::Php) {
        return known;
    }
    let schema = migrations::of_laravel(index);
    for (name, _) in schema.tables() {
        known.tables.extend(table(&schema, name).map(|table| (name.clone(), table)));
    }
    let mut twice = Vec::new();
    for file in index.files.iter().filter(|file| file.language == Language::Php && file.role.in_production()) {
        for class in file.classes.iter().filter(|class| index.known().is_model(&class.name)) {
            let inside = |bytes: (u32, u32)| class.place.bytes.0 <= bytes.0 && bytes.1 <= class.place.bytes.1;
            let set = |name: &str| file.assignments_to(name).find(|set| inside(set.place.bytes)).map(|set| &set.value);
            let scoped = file.calls.iter().any(|call| call.method() == "addGlobalScope" && inside(call.place.bytes))
                || class.decorators.iter().any(|decorator| decorator.method() == "ScopedBy");
            if scoped || set("this.primaryKey").is_some() || set("this.connection").is_some() {
                continue;
            }
            let name = match set("this.table") {
                Some(Value::Text(name)) => Some(name.to_string()),
                Some(_) => None,
                None => schema.first_of(naming::tables(&class.name)),
            };
            let Some(table) = name.and_then(|name| table(&schema, &name)) else { continue };
            let model = class.name.to_string();
            if class.bases.iter().any(|base| base.ends_with("SoftDeletes")) {
                known.soft.push(model.clone());
            }
            if known.models.insert(model.clone(), table).is_some() {
                twice.push(model);
            }
        }
    }
    known.models.retain(|name, _| !twice.contains(name));
    known
}

pub(super) fn table(schema: &Schema, name: &str) -> Option<Table> {
    let columns = schema.columns(name)?;
    Some(Table {
        name: name.to_owned(),
        columns: columns.iter().map(|column| (column.clone(), column.clone())).collect(),
        ..Table::default()
    })
}

/// The statement of `Order::where('user_id', $id)->orderBy('created_at')->get()`.
pub(super) fn statement(file: &FileFacts, query: &Query, known: &Known) -> Option<Vec<String>> {
    let calls = chain_of(file, query.end);
    let first = *calls.first()?;
    let plain = first.method() == "table" && matches!(first.object(), "DB" | "Capsule");
    let table = if plain {
        known.tables.get(&*query.table)?
    } else if first.object() == &*query.table {
        known.models.get(&*query.table)?
    } else {
        return None;
    };
    let mut parts = Parts { limited: query.bounded, ..Parts::default() };
    if !plain && known.soft.iter().any(|model| **model == *query.table) {
        if query.action == Action::Delete {
            return None;
        }
        parts.compare(table.column("deleted_at")?, Operator::IsNull);
    }
    for call in &calls {
        add(file, call, table, &mut parts)?;
    }
    statements(query, &table.name, &parts)
}

fn add(file: &FileFacts, call: &Call, table: &Table, parts: &mut Parts) -> Option<()> {
    let name = |place: usize| call.argument(place).and_then(Value::text);
    let column = |place: usize| column(table, name(place)?);
    let method = call.method();
    let method = match method.strip_prefix("or").filter(|rest| rest.starts_with("Where")) {
        Some(_) => {
            parts.or();
            match method {
                "orWhere" => "where",
                "orWhereIn" => "whereIn",
                "orWhereNull" => "whereNull",
                "orWhereNotNull" => "whereNotNull",
                _ => return None,
            }
        }
        None => method,
    };
    let mut compare = |column: String, operator| parts.compare(column, operator);
    match method {
        "where" | "firstWhere" => match call.arguments.len() {
            1 => {
                if let Some(Value::Function(id)) = call.argument(0) {
                    parts.add(group(file, *id, table)?);
                    return Some(());
                }
                let Some(Value::Object(pairs)) = call.argument(0) else { return None };
                for (key, value) in pairs {
                    compare(self::column(table, key)?, equal(value)?);
                }
            }
            2 => compare(column(0)?, equal(call.argument(1)?)?),
            3 => compare(column(0)?, operator(name(1)?, call.argument(2)?)?),
            _ => return None,
        },
        "whereIn" => compare(column(0)?, Operator::In),
        "whereNull" => compare(column(0)?, Operator::IsNull),
        "whereNotNull" => compare(column(0)?, Operator::IsNotNull),
        "whereNotIn" => compare(column(0)?, Operator::NotIn),
        "whereKey" => compare(self::column(table, "id")?, Operator::Equal),
        "whereLike" => compare(column(0)?, operator("like", call.argument(1)?)?),
        "whereRaw" => {
            let text = name(0).filter(|text| !text.contains([':', '$', '`']))?;
            parts.add(Condition::Raw(text.into()));
        }
        "whereBetween" => {
            compare(column(0)?, Operator::Compared(">="));
            compare(column(0)?, Operator::Compared("<="));
        }
        "find" | "findOrFail" => {
            let several = matches!(call.argument(0)?, Value::Array(_));
            compare(self::column(table, "id")?, if several { Operator::In } else { Operator::Equal });
        }
        "orderBy" => {
            let descends = match name(1) {
                None if call.arguments.len() == 1 => false,
                Some(way) => way.eq_ignore_ascii_case("desc"),
                None => return None,
            };
            parts.order.push((column(0)?.into(), descends));
        }
        "orderByDesc" => parts.order.push((column(0)?.into(), true)),
        way @ ("latest" | "oldest") => {
            let by = if call.arguments.is_empty() { self::column(table, "created_at")? } else { column(0)? };
            parts.order.push((by.into(), way == "latest"));
        }
        "skip" | "offset" => parts.skips = true,
        "update" => {
            if let Some(Value::Object(pairs)) = call.argument(0) {
                parts.sets = pairs.iter().find_map(|(key, _)| table.column(key)).map(str::to_owned);
            }
        }
        "create" | "insert" | "insertGetId" | "forceCreate" => {}
        "table" | "query" | "newQuery" | "with" | "select" | "limit" | "take" | "get" | "all" | "first"
        | "firstOrFail" | "sole" | "count" | "exists" | "doesntExist" | "pluck" | "value" | "paginate"
        | "simplePaginate" | "cursor" | "delete" | "lockForUpdate" | "sharedLock" | "sum" | "max" | "min" | "avg" => {}
        method => {
            // `whereEmail($email)`
            let field =
                method.strip_prefix("where").filter(|field| field.starts_with(|c: char| c.is_ascii_uppercase()))?;
            compare(self::column(table, &underscored(field))?, equal(call.argument(0)?)?);
        }
    }
    Some(())
}

/// `orders.user_id` and `user_id` of the table `orders`.
fn column(table: &Table, name: &str) -> Option<String> {
    let name = match name.split_once('.') {
        Some((of, name)) if *of == *table.name => name,
        Some(_) => return None,
        None => name,
    };
    table.column(name).map(str::to_owned)
}

fn equal(value: &Value) -> Option<Operator> {
    match value {
        Value::Null => Some(Operator::IsNull),
        value => is_scalar(value).then_some(Operator::Equal),
    }
}

/// What a closure adds: `where(fn ($query) => $query->where(…)->orWhere(…))`.
fn group(file: &FileFacts, id: u32, table: &Table) -> Option<Condition> {
    let function = file.function(id)?;
    let mut inner = Parts::default();
    let first: Vec<_> = file
        .calls_of(&function.body)
        .filter(|(_, call)| call.function == id && call.receiver.is_none() && call.argument_of.is_none())
        .collect();
    for (_, call) in first {
        let mut next = Some(call);
        while let Some(call) = next {
            if !(call.method().starts_with("where") || call.method().starts_with("orWhere")) {
                return None;
            }
            add(file, call, table, &mut inner)?;
            next = call.chained.and_then(|id| file.call(id));
        }
    }
    inner.condition()
}

fn operator(sign: &str, value: &Value) -> Option<Operator> {
    Some(match sign.to_ascii_lowercase().as_str() {
        "=" => return equal(value),
        ">" => Operator::Compared(">"),
        ">=" => Operator::Compared(">="),
        "<" => Operator::Compared("<"),
        "<=" => Operator::Compared("<="),
        "!=" | "<>" => Operator::NotEqual,
        "like" | "ilike" => {
            let text = value.leading_text()?;
            let any_case = sign.eq_ignore_ascii_case("ilike");
            if text.starts_with('%') {
                Operator::Contains { any_case }
            } else if any_case || text.is_empty() {
                return None;
            } else {
                Operator::StartsWith
            }
        }
        _ => return None,
    })
}

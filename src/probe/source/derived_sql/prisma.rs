//! Prisma: models of `schema.prisma`, queries as objects.

use super::{Operator, Parts, Table, Tables, is_scalar};
use crate::probe::source::code::Value;
use crate::probe::source::database_calls::Query;
use crate::probe::source::facts::{CodeIndex, FileFacts};

/// The models by the names that the client gives them.
pub(super) fn tables(index: &CodeIndex) -> Tables {
    let mut tables = Tables::new();
    let schemas: Vec<&str> =
        index.plain.iter().filter(|file| file.ends_with(".prisma")).map(|file| file.text.as_str()).collect();
    let declared = |word: &str| -> Vec<&str> {
        schemas
            .iter()
            .flat_map(|text| text.lines())
            .filter_map(|line| line.trim().strip_prefix(word)?.trim().strip_suffix('{').map(str::trim))
            .collect()
    };
    let (models, enums) = (declared("model "), declared("enum "));
    for text in &schemas {
        let mut current: Option<(String, Table)> = None;
        for line in text.lines().map(str::trim) {
            if let Some(name) =
                line.strip_prefix("model ").and_then(|rest| rest.trim().strip_suffix('{')).map(str::trim)
            {
                current = Some((name.to_owned(), Table { name: name.to_owned(), columns: Default::default() }));
            } else if line == "}" {
                if let Some((name, table)) = current.take() {
                    // The same model in two schemas: which one the client knows cannot be told.
                    tables.insert(accessor(&name), table);
                }
            } else if let Some((_, table)) = &mut current {
                field(line, table, &models, &enums);
            }
        }
    }
    tables
}

fn field(line: &str, table: &mut Table, models: &[&str], enums: &[&str]) {
    if let Some(name) = line.strip_prefix("@@map(").and_then(in_quotes) {
        name.clone_into(&mut table.name);
        return;
    }
    let mut words = line.split_whitespace();
    let (Some(name), Some(kind)) = (words.next(), words.next()) else { return };
    if name.starts_with(['@', '/']) {
        return;
    }
    let plain = kind.trim_end_matches(['?', ']', '[']);
    let scalar = ["String", "Int", "BigInt", "Float", "Decimal", "Boolean", "DateTime"].contains(&plain)
        || enums.contains(&plain);
    if !scalar || models.contains(&plain) || kind.ends_with("[]") {
        return;
    }
    let column = line.split_once(" @map(").and_then(|(_, rest)| in_quotes(rest)).unwrap_or(name);
    table.columns.insert(name.to_owned(), column.to_owned());
}

fn in_quotes(text: &str) -> Option<&str> {
    text.split('"').nth(1)
}

/// `OrderItem` is `prisma.orderItem`.
fn accessor(model: &str) -> String {
    let mut chars = model.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().collect::<String>() + chars.as_str())
}

/// The statement of `prisma.order.findMany({ where: { userId } })`.
pub(super) fn statement(file: &FileFacts, query: &Query, tables: &Tables) -> Option<String> {
    let table = tables.get(&*query.table)?;
    let call = file.call(query.call)?;
    if !matches!(
        call.method(),
        "findMany" | "findFirst" | "findUnique" | "findFirstOrThrow" | "findUniqueOrThrow" | "count" | "deleteMany"
    ) {
        return None;
    }
    let options = call.argument(0)?;
    if options.spreads()
        || !matches!(options, Value::Object(_))
        || options.get("cursor").is_some()
        || options.get("distinct").is_some()
    {
        return None;
    }
    let mut parts = Parts { limited: options.get("take").is_some(), ..Parts::default() };
    if let Some(condition) = options.get("where") {
        conditions(condition, table, &mut parts)?;
    }
    match options.get("orderBy") {
        None => {}
        Some(order @ Value::Object(_)) => sorted(order, table, &mut parts)?,
        Some(Value::Array(orders)) => orders.iter().try_for_each(|order| sorted(order, table, &mut parts))?,
        Some(_) => return None,
    }
    super::statement(query, table, &parts)
}

fn conditions(condition: &Value, table: &Table, parts: &mut Parts) -> Option<()> {
    let Value::Object(pairs) = condition else { return None };
    for (key, value) in pairs {
        if &**key == "AND" {
            conditions(value, table, parts)?;
            continue;
        }
        let Some(column) = table.column(key) else {
            // A key of several columns: `userId_postId: { userId, postId }`.
            let compound =
                matches!(value, Value::Object(inner) if inner.len() > 1 && key.split('_').count() == inner.len());
            if !compound {
                return None;
            }
            conditions(value, table, parts)?;
            continue;
        };
        let column = column.to_owned();
        match value {
            Value::Null => parts.conditions.push((column, Operator::IsNull)),
            Value::Object(inner) => {
                let any_case = value.get("mode").and_then(Value::text) == Some("insensitive");
                for (operator, _) in inner.iter().filter(|(operator, _)| &**operator != "mode") {
                    let operator = match &**operator {
                        "equals" if !any_case => Operator::Equal,
                        "in" => Operator::In,
                        "gt" => Operator::Compared(">"),
                        "gte" => Operator::Compared(">="),
                        "lt" => Operator::Compared("<"),
                        "lte" => Operator::Compared("<="),
                        "contains" => Operator::Contains { any_case },
                        "startsWith" if !any_case => Operator::StartsWith,
                        _ => return None,
                    };
                    parts.conditions.push((column.clone(), operator));
                }
            }
            // A value that may be missing takes the whole condition with it.
            Value::Either(values) if values.contains(&Value::Null) => return None,
            value if is_scalar(value) => parts.conditions.push((column, Operator::Equal)),
            _ => return None,
        }
    }
    Some(())
}

fn sorted(order: &Value, table: &Table, parts: &mut Parts) -> Option<()> {
    let Value::Object(pairs) = order else { return None };
    for (key, way) in pairs {
        let descends = match way.text()? {
            "asc" => false,
            "desc" => true,
            _ => return None,
        };
        parts.order.push((table.column(key)?.to_owned(), descends));
    }
    Some(())
}

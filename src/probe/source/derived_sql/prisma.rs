//! Prisma: models of `schema.prisma`, queries as objects.

mod schema;

use super::statement::{Column, Condition, Join, Operator, Parts, Rows, all};
use super::{Table, Tables, is_scalar, literal, statements};
use crate::probe::source::code::Value;
use crate::probe::source::database_calls::{Action, Answer, Query};
use crate::probe::source::facts::FileFacts;
pub(super) use schema::tables;

/// Relations of relations of relations are read by hand.
const MAX_DEPTH: usize = 5;

/// The statements of `prisma.order.findMany({ where: { userId }, include: { items: true } })`.
pub(super) fn statement(file: &FileFacts, query: &Query, tables: &Tables) -> Option<Vec<String>> {
    let call = file.call(query.call)?;
    let table = tables.get(&*query.table)?;
    if query.action == Action::Insert {
        return Some(Vec::new());
    }
    let none = Value::Object(Vec::new());
    let options = call.argument(0).map_or(&none, |options| literal(file, options, call.function));
    if options.spreads()
        || !matches!(options, Value::Object(_))
        || options.get("cursor").is_some()
        || options.get("distinct").is_some()
    {
        return None;
    }
    let asked = Asked { file, function: call.function, tables };
    let mut parts = Parts {
        limited: options.get("take").is_some(),
        skips: options.get("skip").is_some_and(|skip| !skip.is_empty_literal()),
        ..Parts::default()
    };
    if let Some(condition) = options.get("where") {
        asked
            .conditions(literal(file, condition, call.function), table, &mut parts, 0)?
            .into_iter()
            .for_each(|c| parts.add(c));
    }
    match options.get("orderBy").map(|order| literal(file, order, call.function)) {
        None => {}
        Some(order @ Value::Object(_)) => asked.sorted(order, table, &mut parts)?,
        Some(Value::Array(orders)) => orders.iter().try_for_each(|order| asked.sorted(order, table, &mut parts))?,
        Some(_) => return None,
    }
    if call.method() == "groupBy" {
        let by = literal(file, options.get("by")?, call.function);
        let names: Vec<&str> = match by {
            Value::Array(items) => items.iter().map(Value::text).collect::<Option<_>>()?,
            value => vec![value.text()?],
        };
        for name in names {
            parts.group_by.push(table.column(name)?.into());
        }
    }
    if let Some(Value::Object(data)) = options.get("data").or_else(|| options.get("update")) {
        parts.sets = data.iter().find_map(|(key, _)| table.column(key)).map(str::to_owned);
    }
    for taken in [options.get("include"), options.get("select")].into_iter().flatten() {
        // What is read besides is not sure; the query itself stays so.
        let _ = asked.loads(literal(file, taken, call.function), table, &mut parts.loads, 0);
    }
    // An upsert looks for the row first.
    let looks = Query { action: Action::Read, answer: Answer::One, ..query.clone() };
    statements(if call.method() == "upsert" { &looks } else { query }, &table.name, &parts)
}

struct Asked<'f> {
    file: &'f FileFacts,
    function: u32,
    tables: &'f Tables,
}

impl Asked<'_> {
    fn literal<'v>(&'v self, value: &'v Value) -> &'v Value {
        literal(self.file, value, self.function)
    }

    fn conditions(&self, given: &Value, table: &Table, parts: &mut Parts, depth: usize) -> Option<Vec<Condition>> {
        let Value::Object(pairs) = given else { return None };
        if depth > MAX_DEPTH {
            return None;
        }
        let mut found = Vec::new();
        for (key, value) in pairs {
            let value = self.literal(value);
            match &**key {
                "AND" | "OR" | "NOT" => {
                    let each: Vec<Condition> = match value {
                        Value::Array(items) => items
                            .iter()
                            .map(|item| Some(all(self.conditions(self.literal(item), table, parts, depth + 1)?)))
                            .collect::<Option<_>>()?,
                        Value::Object(_) => vec![all(self.conditions(value, table, parts, depth + 1)?)],
                        _ => return None,
                    };
                    match &**key {
                        _ if each.is_empty() => return None,
                        "AND" => found.extend(each),
                        "OR" => found.push(if each.len() == 1 { all(each) } else { Condition::Any(each) }),
                        _ => found.extend(each.into_iter().map(|c| Condition::Not(Box::new(c)))),
                    }
                }
                key => {
                    if let Some(column) = table.column(key) {
                        self.compared(column, value, &mut found)?;
                    } else if table.relations.contains_key(key) {
                        found.push(self.related(key, value, table, parts, depth)?);
                    } else {
                        // A key of several columns: `userId_postId: { userId, postId }`.
                        let Value::Object(inner) = value else { return None };
                        if inner.len() < 2 || !inner.iter().all(|(key, _)| table.column(key).is_some()) {
                            return None;
                        }
                        found.extend(self.conditions(value, table, parts, depth + 1)?);
                    }
                }
            }
        }
        Some(found)
    }

    fn compared(&self, column: &str, value: &Value, found: &mut Vec<Condition>) -> Option<()> {
        let is = |operator: Operator| Condition::Is(column.into(), operator);
        match value {
            Value::Null => found.push(is(Operator::IsNull)),
            Value::Object(inner) => {
                let any_case =
                    value.get("mode").is_some_and(|mode| mode.text() == Some("insensitive") || mode.path().is_some());
                for (key, value) in inner.iter().filter(|(key, _)| &**key != "mode") {
                    let null = *value == Value::Null;
                    if matches!(value, Value::Either(values) if values.contains(&Value::Null)) {
                        return None;
                    }
                    let operator = match &**key {
                        "equals" if null => Operator::IsNull,
                        // Without regard to case it is `ILIKE`, which an index on the column does not serve.
                        "equals" | "startsWith" | "endsWith" if any_case => Operator::Contains { any_case },
                        "equals" => Operator::Equal,
                        "not" if null => Operator::IsNotNull,
                        "not" if matches!(value, Value::Object(_)) => {
                            let mut inner = Vec::new();
                            self.compared(column, value, &mut inner)?;
                            found.push(Condition::Not(Box::new(all(inner))));
                            continue;
                        }
                        "not" => Operator::NotEqual,
                        "in" => Operator::In,
                        "notIn" => Operator::NotIn,
                        "gt" => Operator::Compared(">"),
                        "gte" => Operator::Compared(">="),
                        "lt" => Operator::Compared("<"),
                        "lte" => Operator::Compared("<="),
                        "contains" => Operator::Contains { any_case },
                        "startsWith" => Operator::StartsWith,
                        "endsWith" => Operator::EndsWith,
                        _ => return None,
                    };
                    found.push(is(operator));
                }
            }
            // A value that may be missing takes the whole condition with it.
            Value::Either(values) if values.contains(&Value::Null) => return None,
            Value::Either(values) if values.iter().any(|value| !is_scalar(value)) => return None,
            value if is_scalar(value) => found.push(is(Operator::Equal)),
            _ => return None,
        }
        Some(())
    }

    /// `user: { email }`, `items: { some: { sku } }`: rows by what stands in another table.
    fn related(&self, key: &str, value: &Value, table: &Table, parts: &mut Parts, depth: usize) -> Option<Condition> {
        let relation = table.relations.get(key)?;
        let other = self.tables.get(&relation.table)?;
        let rows = |given: &Value, parts: &mut Parts| -> Option<Rows> {
            let conditions = self.conditions(self.literal(given), other, parts, depth + 1)?;
            let condition = (!conditions.is_empty()).then(|| all(conditions));
            Some(Rows { table: other.name.clone(), column: relation.there.clone(), condition })
        };
        let column = || Column::from(&relation.here);
        if relation.many {
            let Value::Object(pairs) = value else { return None };
            let [(how, given)] = pairs.as_slice() else { return None };
            let negated = match &**how {
                "some" => false,
                "none" => true,
                _ => return None,
            };
            return Some(Condition::Among { column: column(), negated, rows: Box::new(rows(given, parts)?) });
        }
        match value {
            Value::Null => Some(Condition::Is(column(), Operator::IsNull)),
            Value::Object(pairs) => {
                let (given, negated) = match pairs.as_slice() {
                    [(how, given)] if &**how == "is" => (given, false),
                    [(how, given)] if &**how == "isNot" => (given, true),
                    _ => (value, false),
                };
                if *given == Value::Null {
                    let operator = if negated { Operator::IsNotNull } else { Operator::IsNull };
                    return Some(Condition::Is(column(), operator));
                }
                Some(Condition::Among { column: column(), negated, rows: Box::new(rows(given, parts)?) })
            }
            _ => None,
        }
    }

    fn sorted(&self, order: &Value, table: &Table, parts: &mut Parts) -> Option<()> {
        let Value::Object(pairs) = self.literal(order) else { return None };
        for (key, way) in pairs {
            let descends = |way: &Value| match way.text()? {
                "asc" => Some(false),
                "desc" => Some(true),
                _ => None,
            };
            if let Some(column) = table.column(key) {
                parts.order.push((column.into(), descends(way)?));
                continue;
            }
            let relation = table.relations.get(&**key).filter(|relation| !relation.many)?;
            let other = self.tables.get(&relation.table)?;
            let Value::Object(inner) = way else { return None };
            let [(field, way)] = inner.as_slice() else { return None };
            let named = format!("order_{key}");
            parts.order.push((Column::of(&named, other.column(field)?), descends(way)?));
            parts.joins.push(Join {
                outer: true,
                table: other.name.clone(),
                on: (Column::of(&named, &relation.there), Column::of(&table.name, &relation.here)),
                named,
            });
        }
        Some(())
    }

    /// The rows that `include: { items: { where: … } }` reads besides, each with a statement of its own.
    fn loads(&self, taken: &Value, table: &Table, into: &mut Vec<Rows>, depth: usize) -> Option<()> {
        let Value::Object(pairs) = taken else { return None };
        for (key, value) in pairs.iter().filter(|_| depth < MAX_DEPTH) {
            let Some(relation) = table.relations.get(&**key) else { continue };
            let Some(other) = self.tables.get(&relation.table) else { continue };
            let value = self.literal(value);
            let condition = match value {
                Value::Bool(true) => None,
                Value::Object(_) => match value.get("where") {
                    None => None,
                    Some(given) => {
                        let mut parts = Parts::default();
                        let Some(found) = self.conditions(self.literal(given), other, &mut parts, depth + 1) else {
                            continue;
                        };
                        (!found.is_empty()).then(|| all(found))
                    }
                },
                _ => continue,
            };
            into.push(Rows { table: other.name.clone(), column: relation.there.clone(), condition });
            for inner in [value.get("include"), value.get("select")].into_iter().flatten() {
                let _ = self.loads(self.literal(inner), other, into, depth + 1);
            }
        }
        Some(())
    }
}

//! Models of `schema.prisma`.

use std::collections::HashMap;

use crate::probe::source::derived_sql::{Relation, Table, Tables};
use crate::probe::source::facts::CodeIndex;

/// A field that leads to another model.
struct Link<'t> {
    model: &'t str,
    field: &'t str,
    to: &'t str,
    many: bool,
    named: Option<&'t str>,
    /// The one column here and the one there, on the side that has them.
    columns: Option<(&'t str, &'t str)>,
}

/// The models by the names that the client gives them.
pub(in crate::probe::source::derived_sql) fn tables(index: &CodeIndex) -> Tables {
    let mut tables = Tables::new();
    let schemas: Vec<&str> =
        index.plain.iter().filter(|file| file.ends_with(".prisma")).map(|file| file.text.as_str()).collect();
    // MongoDB is asked in another language.
    if schemas.iter().flat_map(|text| text.lines()).any(|line| {
        let line = line.trim();
        line.starts_with("provider") && line.contains("\"mongodb\"")
    }) {
        return tables;
    }
    let declared = |word: &str| -> Vec<&str> {
        schemas
            .iter()
            .flat_map(|text| text.lines())
            .filter_map(|line| line.trim().strip_prefix(word)?.trim().strip_suffix('{').map(str::trim))
            .collect()
    };
    let (models, enums) = (declared("model "), declared("enum "));
    let mut links = Vec::new();
    for text in &schemas {
        let mut current: Option<(&str, Table)> = None;
        for line in text.lines().map(str::trim) {
            if let Some(name) =
                line.strip_prefix("model ").and_then(|rest| rest.trim().strip_suffix('{')).map(str::trim)
            {
                current = Some((name, Table { name: name.to_owned(), ..Table::default() }));
            } else if line == "}" {
                if let Some((name, table)) = current.take() {
                    // The same model in two schemas: which one the client knows cannot be told.
                    tables.insert(accessor(name), table);
                }
            } else if let Some((model, table)) = &mut current {
                links.extend(field(line, model, table, &models, &enums));
            }
        }
    }
    relate(&mut tables, &links);
    tables
}

fn field<'t>(line: &'t str, model: &'t str, table: &mut Table, models: &[&str], enums: &[&str]) -> Option<Link<'t>> {
    if let Some(name) = line.strip_prefix("@@map(").and_then(in_quotes) {
        name.clone_into(&mut table.name);
        return None;
    }
    let mut words = line.split_whitespace();
    let (name, kind) = (words.next()?, words.next()?);
    if name.starts_with(['@', '/']) {
        return None;
    }
    let plain = kind.trim_end_matches(['?', ']', '[']);
    if models.contains(&plain) {
        let within = |word: &str| -> Option<&'t str> {
            let list = line.split_once(word)?.1.split_once('[')?.1.split_once(']')?.0.trim();
            (!list.contains(',')).then_some(list)
        };
        let named = line.split_once("@relation(").and_then(|(_, rest)| {
            let rest = rest.trim_start().trim_start_matches("name:").trim_start();
            rest.starts_with('"').then(|| in_quotes(rest))?
        });
        let columns = within("fields:").zip(within("references:"));
        return Some(Link { model, field: name, to: plain, many: kind.ends_with("[]"), named, columns });
    }
    let scalar = ["String", "Int", "BigInt", "Float", "Decimal", "Boolean", "DateTime", "Json", "Bytes"]
        .contains(&plain)
        || enums.contains(&plain);
    if scalar {
        let column = line.split_once(" @map(").and_then(|(_, rest)| in_quotes(rest)).unwrap_or(name);
        table.columns.insert(name.to_owned(), column.to_owned());
    }
    None
}

/// Gives every model its relations, those that only the other side spells out as well.
fn relate(tables: &mut Tables, links: &[Link<'_>]) {
    let mut found: HashMap<String, Vec<(String, Relation)>> = HashMap::new();
    for link in links {
        let (key, other) = (accessor(link.model), accessor(link.to));
        let column = |table: &str, field: &str| Some(tables.get(table)?.column(field)?.to_owned());
        let ends = match link.columns {
            Some((here, there)) => column(&key, here).zip(column(&other, there)),
            None => {
                // One and the same name on both sides, or no name and only one such relation.
                let mut back = links.iter().filter(|back| {
                    back.model == link.to && back.to == link.model && back.columns.is_some() && back.named == link.named
                });
                match (back.next(), back.next()) {
                    (Some(Link { columns: Some((there, here)), .. }), None) => {
                        column(&key, here).zip(column(&other, there))
                    }
                    _ => None,
                }
            }
        };
        if let Some((here, there)) = ends {
            let relation = Relation { table: other, here, there, many: link.many };
            found.entry(key).or_default().push((link.field.to_owned(), relation));
        }
    }
    for (key, relations) in found {
        if let Some(table) = tables.get_mut(&key) {
            table.relations.extend(relations);
        }
    }
}

fn in_quotes(text: &str) -> Option<&str> {
    text.split('"').nth(1)
}

/// `OrderItem` is `prisma.orderItem`.
fn accessor(model: &str) -> String {
    let mut chars = model.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().collect::<String>() + chars.as_str())
}

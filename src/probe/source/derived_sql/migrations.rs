//! Tables and their columns as the migrations of Laravel and Rails make them, and Rails' own summary of them.

use std::collections::{HashMap, HashSet};

use crate::probe::source::code::{Call, CallId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::index::underscored;

/// The columns of every table by its name.
#[derive(Debug, Default)]
pub(super) struct Schema(HashMap<String, HashSet<String>>);

impl Schema {
    /// The name of a table among several that a model might have.
    pub(super) fn first_of(&self, names: Vec<String>) -> Option<String> {
        names.into_iter().find(|name| self.0.contains_key(name))
    }

    /// The columns of a table.
    pub(super) fn columns(&self, table: &str) -> Option<&HashSet<String>> {
        self.0.get(table)
    }

    /// The tables with their columns.
    pub(super) fn tables(&self) -> impl Iterator<Item = (&String, &HashSet<String>)> {
        self.0.iter()
    }

    fn add(&mut self, table: &str, columns: impl IntoIterator<Item = String>) {
        self.0.entry(table.to_owned()).or_default().extend(columns);
    }
}

/// What `db/schema.rb` says, or the migrations of Rails where there is none.
pub(super) fn of_rails(index: &CodeIndex) -> Schema {
    let mut schema = Schema::default();
    let summaries = index.plain.iter().filter(|file| file.path.ends_with("db/schema.rb"));
    for text in summaries.map(|file| file.text.as_str()) {
        summary(text, &mut schema);
    }
    if !schema.0.is_empty() {
        return schema;
    }
    for file in migrations(index, Language::Ruby) {
        for (id, call) in (0_u32..).zip(&file.calls).filter(|(_, call)| goes_forward(file, call)) {
            let text = |place: usize| call.argument(place).and_then(Value::text);
            let Some(table) = text(0) else { continue };
            match &*call.callee {
                "create_table" | "change_table" => {
                    let keyless = call.named("id") == Some(&Value::Bool(false)) || &*call.callee == "change_table";
                    let mut columns: Vec<String> = if keyless { Vec::new() } else { vec!["id".to_owned()] };
                    columns.extend(in_block(file, id).flat_map(|inner| column_of_rails(inner.method(), inner)));
                    schema.add(table, columns);
                }
                "add_column" => schema.add(table, text(1).map(str::to_owned)),
                "add_reference" | "add_belongs_to" => schema.add(table, text(1).map(|name| format!("{name}_id"))),
                "add_timestamps" => schema.add(table, timestamps()),
                "remove_column" | "remove_columns" => remove(&mut schema, table, text(1)),
                "rename_column" => {
                    remove(&mut schema, table, text(1));
                    schema.add(table, text(2).map(str::to_owned));
                }
                "drop_table" => drop(schema.0.remove(table)),
                "rename_table" => rename(&mut schema, table, text(1)),
                _ => {}
            }
        }
    }
    schema
}

/// What the migrations of Laravel make.
pub(super) fn of_laravel(index: &CodeIndex) -> Schema {
    let mut schema = Schema::default();
    for file in migrations(index, Language::Php) {
        for (id, call) in (0_u32..).zip(&file.calls).filter(|(_, call)| goes_forward(file, call)) {
            if !call.object().ends_with("Schema") && !call.object().starts_with("Schema.connection") {
                continue;
            }
            let text = |place: usize| call.argument(place).and_then(Value::text);
            let Some(table) = text(0) else { continue };
            match call.method() {
                "create" | "table" => {
                    schema.add(table, Vec::new());
                    for inner in in_block(file, id) {
                        let first = || inner.argument(0).and_then(Value::text);
                        match inner.method() {
                            "dropColumn" => {
                                remove(&mut schema, table, first());
                                for name in list(inner.argument(0)) {
                                    remove(&mut schema, table, Some(name));
                                }
                            }
                            "renameColumn" => {
                                remove(&mut schema, table, first());
                                let to = inner.argument(1).and_then(Value::text).map(str::to_owned);
                                schema.add(table, to);
                            }
                            method => schema.add(table, column_of_laravel(method, inner)),
                        }
                    }
                }
                "drop" | "dropIfExists" => drop(schema.0.remove(table)),
                "rename" => rename(&mut schema, table, text(1)),
                _ => {}
            }
        }
    }
    schema
}

fn migrations(index: &CodeIndex, language: Language) -> impl Iterator<Item = &FileFacts> {
    let files = index.files.iter().map(|file| &**file);
    files.filter(move |file| file.language == language && file.role == Role::Migration)
}

/// Whether a call stands in what a migration does, and not in what takes it back.
fn goes_forward(file: &FileFacts, call: &Call) -> bool {
    file.enclosing(call.function).all(|(_, function)| function.name.as_deref() != Some("down"))
}

/// The calls of the block or closure that a call is given, each the first of its chain.
fn in_block(file: &FileFacts, id: CallId) -> impl Iterator<Item = &Call> {
    let block = file.functions.iter().find(|function| function.argument_of == Some(id));
    let calls = block.into_iter().flat_map(|function| file.calls_of(&function.body));
    calls.map(|(_, call)| call).filter(|call| call.receiver.is_none() && call.callee.matches('.').count() == 1)
}

fn timestamps() -> Vec<String> {
    vec!["created_at".to_owned(), "updated_at".to_owned()]
}

fn remove(schema: &mut Schema, table: &str, column: Option<&str>) {
    if let (Some(columns), Some(column)) = (schema.0.get_mut(table), column) {
        columns.remove(column);
    }
}

fn rename(schema: &mut Schema, table: &str, to: Option<&str>) {
    if let (Some(columns), Some(to)) = (schema.0.remove(table), to) {
        schema.0.insert(to.to_owned(), columns);
    }
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let items = match value {
        Some(Value::Array(items)) => items.as_slice(),
        _ => &[],
    };
    items.iter().filter_map(Value::text)
}

/// `t.string :name`, `t.references :user`, `t.timestamps`.
fn column_of_rails(method: &str, call: &Call) -> Vec<String> {
    let names = || call.arguments.iter().filter(|a| a.name.is_none()).filter_map(|a| a.value.text());
    match method {
        "timestamps" => timestamps(),
        "references" | "belongs_to" => {
            let kinds = call.named("polymorphic").is_some();
            names()
                .flat_map(|name| {
                    let kind = kinds.then(|| format!("{name}_type"));
                    std::iter::once(format!("{name}_id")).chain(kind)
                })
                .collect()
        }
        "index" | "foreign_key" | "check_constraint" | "remove" | "rename" | "change" => Vec::new(),
        "column" => names().take(1).map(str::to_owned).collect(),
        _ => names().map(str::to_owned).collect(),
    }
}

/// `$table->string('name')`, `$table->foreignId('user_id')`, `$table->timestamps()`.
fn column_of_laravel(method: &str, call: &Call) -> Vec<String> {
    let first = call.argument(0).and_then(Value::text);
    match method {
        "timestamps" | "nullableTimestamps" | "timestampsTz" => timestamps(),
        "softDeletes" | "softDeletesTz" => vec![first.unwrap_or("deleted_at").to_owned()],
        "rememberToken" => vec!["remember_token".to_owned()],
        "id" => vec![first.unwrap_or("id").to_owned()],
        "foreignIdFor" => match call.argument(0).and_then(Value::path) {
            Some(path) => {
                let class = path.trim_end_matches(".class");
                vec![format!("{}_id", underscored(class.rsplit(['.', '\\']).next().unwrap_or(class)))]
            }
            None => Vec::new(),
        },
        "morphs" | "nullableMorphs" | "uuidMorphs" => {
            first.map_or_else(Vec::new, |name| vec![format!("{name}_id"), format!("{name}_type")])
        }
        "index" | "unique" | "primary" | "foreign" | "fullText" | "spatialIndex" | "dropForeign" | "dropIndex"
        | "dropUnique" | "dropPrimary" | "dropTimestamps" | "engine" | "charset" | "collation" | "comment" => {
            Vec::new()
        }
        _ => first.map(str::to_owned).into_iter().collect(),
    }
}

/// The lines of `db/schema.rb`: `create_table "orders" do |t|`, `t.string "name"`.
fn summary(text: &str, schema: &mut Schema) {
    let mut table: Option<String> = None;
    for line in text.lines().map(str::trim) {
        let quoted = || line.split('"').nth(1).map(str::to_owned);
        if line.starts_with("create_table ") {
            table = quoted();
            if let Some(name) = &table {
                let key = (!line.contains("id: false")).then(|| {
                    let own = line.split("primary_key: \"").nth(1).and_then(|rest| rest.split('"').next());
                    own.unwrap_or("id").to_owned()
                });
                schema.add(name, key);
            }
        } else if line == "end" {
            table = None;
        } else if let Some(name) = &table
            && line.starts_with("t.")
            && !line.starts_with("t.index")
            && !line.starts_with("t.check_constraint")
        {
            schema.add(name, quoted());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_of_rails_names_tables_and_columns() {
        let mut schema = Schema::default();
        let text = "ActiveRecord::Schema[8.0].define(version: 1) do\n  create_table \"orders\", force: :cascade do |t|\n    t.integer \"user_id\"\n    t.index [\"user_id\"], name: \"by_user\"\n  end\nend\n";
        summary(text, &mut schema);
        let mut columns: Vec<&String> = schema.columns("orders").into_iter().flatten().collect();
        columns.sort();
        assert_eq!(columns, ["id", "user_id"]);
    }
}

//! Where the project says that a table is to be: its model in a Prisma schema, or the statement of a migration that makes
//! it. A finding about a table points there.

use std::collections::HashMap;

use crate::model::{Location, Span};
use crate::probe::source::facts::CodeIndex;
use crate::probe::source::plain_files::PlainFile;
use crate::probe::source::sql_statements;

/// Places by table, in lower case and without schema.
#[derive(Debug, Default)]
pub struct Declared(HashMap<String, (String, Span)>);

impl Declared {
    /// Those of the project's own files. Where several make a table of the same name, the first by path counts, and a
    /// Prisma schema before the migrations that are made from it.
    #[must_use]
    pub fn of(code: &CodeIndex) -> Self {
        let mut declared = Self::default();
        code.plain.iter().filter(|file| file.ends_with(".prisma")).for_each(|file| declared.prisma(file));
        code.plain.iter().filter(|file| file.ends_with(".sql")).for_each(|file| declared.sql(file));
        declared
    }

    /// Where a finding about `table` points.
    #[must_use]
    pub fn place(&self, table: &str) -> Location {
        match self.0.get(&table.to_lowercase()) {
            Some((path, span)) => Location::File { path: path.clone(), span: Some(*span) },
            None => Location::Project,
        }
    }

    fn prisma(&mut self, file: &PlainFile) {
        let mut model: Option<(String, Span)> = None;
        for (start, line) in file.lines() {
            let text = line.trim();
            if let Some(name) = text.strip_prefix("model ").and_then(|rest| rest.strip_suffix('{')) {
                model = Some((name.trim().to_owned(), file.place(start, start + line.len()).span));
            } else if let Some(named) = text.strip_prefix("@@map(").and_then(|rest| rest.split('"').nth(1)) {
                if let Some((name, _)) = &mut model {
                    named.clone_into(name);
                }
            } else if text == "}"
                && let Some((name, span)) = model.take()
            {
                self.0.entry(name.to_lowercase()).or_insert_with(|| (file.path.clone(), span));
            }
        }
    }

    fn sql(&mut self, file: &PlainFile) {
        for statement in sql_statements(&file.text) {
            let mut words = statement.words.iter().map(|word| word.lower.as_str());
            if words.next() != Some("create") {
                continue;
            }
            let modifiers = ["unlogged", "temp", "temporary", "if", "not", "exists"];
            let mut rest = words.filter(|word| !modifiers.contains(word));
            let (Some("table"), Some(name)) = (rest.next(), rest.next()) else { continue };
            let name = name.rsplit('.').next().unwrap_or(name).trim_matches('`').to_owned();
            let (start, end) = statement.bytes;
            let first_line = statement.text.lines().next().map_or(end, |line| start + line.len());
            self.0.entry(name).or_insert_with(|| (file.path.clone(), file.place(start, first_line).span));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_and_statements_that_make_a_table_are_found() {
        let plain = |path: &str, text: &str| PlainFile { path: path.to_owned(), text: text.to_owned() };
        let code = CodeIndex {
            plain: vec![
                plain(
                    "migrations/1.sql",
                    "-- first\nCREATE TABLE IF NOT EXISTS \"public\".\"orders\" (\n  id int\n);\ncreate unlogged table Jobs (id int);",
                ),
                plain(
                    "schema.prisma",
                    "model Order {\n  id Int @id\n  @@map(\"orders\")\n}\n\nmodel Item {\n  id Int @id\n}\n",
                ),
            ],
            ..CodeIndex::default()
        };
        let declared = Declared::of(&code);
        let at = |table: &str| declared.place(table).to_string();
        assert_eq!(
            [at("orders"), at("Item"), at("jobs"), at("Order")],
            ["schema.prisma:1", "schema.prisma:6", "migrations/1.sql:5", "the project"]
        );
    }
}

//! Columns that a database itself keeps unique.

use std::collections::HashSet;

use super::super::tables;
use crate::probe::source::code::Value;
use crate::probe::source::facts::{CodeIndex, FileFacts, Role};
use crate::probe::source::index::Group;

static SAYING: Group = Group {
    name: "code that says what is unique",
    holds: |file| {
        let mut found = HashSet::new();
        if !matches!(file.role, Role::Test | Role::Client) {
            in_file(file, &mut found);
        }
        !found.is_empty()
    },
};

/// Columns that the database itself keeps unique, as far as models and migrations say so.
pub(super) fn columns(index: &CodeIndex) -> HashSet<String> {
    let mut found = HashSet::new();
    index.group(&SAYING).for_each(|(_, file)| in_file(file, &mut found));
    for file in &index.plain {
        let prisma = file.ends_with(".prisma");
        if !prisma && !file.ends_with(".sql") {
            continue;
        }
        for (_, line) in file.lines() {
            let lower = line.to_ascii_lowercase();
            if !lower.contains("unique") {
                continue;
            }
            let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
            found.extend(words.map(tables::plain));
        }
    }
    found
}

/// What a file of code says.
fn in_file(file: &FileFacts, found: &mut HashSet<String>) {
    let on = |value: Option<&Value>| value.is_some_and(|value| !matches!(value, Value::Bool(false) | Value::Null));
    for assignment in &file.assignments {
        if let Value::Call(id) = &assignment.value
            && file.call(*id).is_some_and(|call| on(call.named("unique")) || on(call.named("primary_key")))
        {
            found.insert(tables::plain(assignment.target.rsplit('.').next().unwrap_or(&assignment.target)));
        }
        assignment.value.walk(&mut |value| objects(value, found));
    }
    for call in &file.calls {
        for argument in &call.arguments {
            argument.value.walk(&mut |value| objects(value, found));
        }
        let index_call = matches!(
            call.method(),
            "add_index"
                | "index"
                | "unique"
                | "uniqueIndex"
                | "UniqueConstraint"
                | "createIndex"
                | "Index"
                | "addConstraint"
                | "addIndex"
                | "validates"
                | "Unique"
        );
        let is_unique = matches!(call.method(), "unique" | "uniqueIndex" | "UniqueConstraint" | "Unique")
            || on(call.named("unique"))
            || call.arguments.iter().any(|a| on(a.value.get("unique")));
        if index_call && is_unique && call.method() != "validates" {
            for argument in &call.arguments {
                argument.value.walk(&mut |value| {
                    if let Some(text) = value.text().or_else(|| value.path()) {
                        found.insert(tables::plain(text.rsplit('.').next().unwrap_or(text)));
                    }
                });
            }
        }
        // `$table->string("email")->unique()`
        if matches!(call.method(), "unique" | "unique_together") {
            let mut next = call.receiver;
            for _ in 0..6 {
                let Some(inner) = next.and_then(|id| file.call(id)) else { break };
                if let Some(text) = inner.argument(0).and_then(Value::text) {
                    found.insert(tables::plain(text));
                }
                next = inner.receiver;
            }
        }
    }
}

/// `{ email: { type: String, unique: true } }`
fn objects(value: &Value, into: &mut HashSet<String>) {
    let Value::Object(pairs) = value else { return };
    for (key, inner) in pairs {
        if inner.get("unique").is_some_and(|on| !matches!(on, Value::Bool(false) | Value::Null)) {
            into.insert(tables::plain(key));
        }
        if &**key == "unique_together" || &**key == "unique" {
            inner.walk(&mut |value| {
                if let Some(text) = value.text() {
                    into.insert(tables::plain(text));
                }
            });
        }
    }
}

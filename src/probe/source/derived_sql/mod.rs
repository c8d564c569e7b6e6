//! The SQL that calls of an object-relational mapper send, where model and columns stand in the code: what the database
//! probe plans. Left out wherever anything is not sure, and counted with the reason.

mod active_record;
mod builder;
mod count;
mod django;
mod drizzle;
#[cfg(test)]
mod ecma_files;
mod eloquent;
mod library;
mod migrations;
mod naming;
mod prisma;
#[cfg(test)]
mod python_files;
mod sequelize;
mod sqlalchemy;
mod statement;
mod typeorm;
#[cfg(test)]
mod whole_files;

use std::collections::HashMap;

use super::code::{Call, CallId, FunctionId, Value};
use super::database_calls::Query;
use super::facts::{CodeIndex, FileFacts, Language, Role, SqlText};
use count::Counts;
pub use count::LibraryCalls;
use library::{Imports, Library};
use statement::{Operator, Parts, statements};

/// A table as a model describes it.
#[derive(Debug, Default)]
struct Table {
    name: String,
    /// The column of every field that has one.
    columns: HashMap<String, String>,
    /// The tables that it leads to, by the names of the fields.
    relations: HashMap<String, Relation>,
    /// The column that says that a row counts as deleted, where queries leave such rows out.
    deleted: Option<String>,
}

/// How rows lead to rows of another table.
#[derive(Debug, Clone)]
struct Relation {
    /// The name that queries give the other model.
    table: String,
    /// The column in this table, and the one in the other, that have the same value.
    here: String,
    there: String,
    /// Whether there can be several.
    many: bool,
}

impl Table {
    fn column(&self, field: &str) -> Option<&str> {
        self.columns.get(field).map(String::as_str)
    }
}

/// The tables of the project by the name that queries give their models.
type Tables = HashMap<String, Table>;

/// Everything that the project's own files say about its tables.
struct Schemas {
    prisma: Tables,
    drizzle: Tables,
    sequelize: Tables,
    typeorm: Tables,
    django: Tables,
    sqlalchemy: Tables,
    eloquent: eloquent::Known,
    active_record: Tables,
}

impl Schemas {
    fn new(index: &CodeIndex) -> Self {
        Self {
            prisma: prisma::tables(index),
            drizzle: drizzle::tables(index),
            sequelize: sequelize::tables(index),
            typeorm: typeorm::tables(index),
            django: django::tables(index),
            sqlalchemy: sqlalchemy::tables(index),
            eloquent: eloquent::known(index),
            active_record: active_record::tables(index),
        }
    }

    /// The statements of a query; empty where there is nothing to look up.
    fn statements(&self, library: Library, file: &FileFacts, query: &Query) -> Option<Vec<String>> {
        match library {
            Library::Prisma => prisma::statement(file, query, &self.prisma),
            Library::Drizzle => drizzle::statement(file, query, &self.drizzle),
            Library::Knex | Library::Kysely | Library::Supabase => builder::statement(file, query),
            Library::Sequelize => sequelize::statement(file, query, &self.sequelize),
            Library::TypeOrm => typeorm::statement(file, query, &self.typeorm),
            Library::Django => django::statement(file, query, &self.django),
            Library::SqlAlchemy => sqlalchemy::statement(file, query, &self.sqlalchemy),
            Library::Eloquent => eloquent::statement(file, query, &self.eloquent),
            Library::ActiveRecord => active_record::statement(file, query, &self.active_record),
            Library::MikroOrm | Library::Peewee | Library::Gorm | Library::Jpa => None,
        }
    }

    fn knows(&self, library: Library, table: &str) -> bool {
        match library {
            Library::Prisma => self.prisma.contains_key(table),
            Library::Drizzle => self.drizzle.contains_key(table),
            Library::Sequelize => self.sequelize.contains_key(table),
            Library::Django => self.django.contains_key(table),
            Library::SqlAlchemy => self.sqlalchemy.contains_key(table),
            Library::Eloquent => self.eloquent.knows(table),
            Library::ActiveRecord => self.active_record.contains_key(table),
            _ => true,
        }
    }
}

/// The statements that the calls of every file send: the place of the file, and the text. And how many calls of each
/// library in production code there are, with those whose statements cannot be told.
#[must_use]
pub fn derive(index: &CodeIndex) -> (Vec<(usize, SqlText)>, Vec<LibraryCalls>) {
    let imports = Imports::new(index);
    if imports.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let schemas = Schemas::new(index);
    let mut found = Vec::new();
    let mut counts = Counts::default();
    for (place, file) in index.files.iter().enumerate() {
        let queries = index.queries_at(place);
        for query in queries {
            let Some(library) = library::of(file, query, &imports) else { continue };
            let statements = schemas.statements(library, file, query);
            if file.role == Role::Server {
                let known = || schemas.knows(library, &query.table);
                counts.add(file, query, library, statements.as_deref(), known);
            }
            let Some(call) = file.call(query.call) else { continue };
            let sent_by: Box<str> = call.callee.replace("()", "").chars().take(80).collect::<String>().into();
            for sql in statements.into_iter().flatten() {
                found.push((place, SqlText { sql, span: call.place.span, sent_by: Some(sent_by.clone()) }));
            }
        }
        if file.role == Role::Server {
            counts.add_unrecognised(file, queries, &imports);
        }
    }
    (found, counts.finish())
}

/// Every call of a query's chain, from the first to the last.
fn chain_of(file: &FileFacts, end: CallId) -> Vec<&Call> {
    let mut calls = Vec::new();
    let mut next = Some(end);
    while let Some(call) = next.and_then(|id| file.call(id)) {
        calls.push(call);
        next = call.receiver;
        if calls.len() > 60 {
            break;
        }
    }
    calls.reverse();
    calls
}

/// Every call of a query's chain, from the first to the last that is about the query and not about its answer.
fn whole_chain<'f>(file: &'f FileFacts, query: &Query) -> Vec<&'f Call> {
    let mut calls = chain_of(file, query.call);
    let mut next = calls.last().and_then(|call| call.chained);
    while let Some(call) = next.and_then(|id| file.call(id)).filter(|_| calls.len() < 60) {
        let answered = match calls.last().map_or("", |call| call.method()) {
            "get" | "first" | "last" | "one" | "one_or_none" | "count" | "exists" | "scalar" | "scalar_one_or_none" => {
                file.language == Language::Python
            }
            _ => false,
        };
        let leaves = file.language.is_ecma()
            && matches!(
                call.method(),
                "then" | "catch" | "map" | "filter" | "finally" | "forEach" | "reduce" | "some" | "find"
            );
        // `get(…).items.all()` goes on with what was found.
        if answered || leaves || !call.object().trim_end_matches("[]").ends_with("()") {
            break;
        }
        calls.push(call);
        next = call.chained;
    }
    calls
}

/// Whether a value is one thing, and not a condition or list of its own.
const fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Object(_) | Value::Array(_) | Value::Function(_) | Value::Unknown)
}

/// `value`, or the object or list that the name it is stands for, where nothing changes that on the way.
fn literal<'v>(file: &'v FileFacts, value: &'v Value, function: FunctionId) -> &'v Value {
    let Some(name) = value.path().filter(|name| !name.contains('.')) else { return value };
    let mut sets = file.assignments_to(name).filter(|set| file.within(function, set.function));
    let (Some(set), None) = (sets.next(), sets.next()) else { return value };
    let made = matches!(set.value, Value::Object(_) | Value::Array(_));
    let changed = set.circular || set.appends || file.assignments_below(name).next().is_some();
    if made && !changed { &set.value } else { value }
}

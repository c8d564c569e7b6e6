//! Keeps count of the calls whose SQL could not be told, and why.

use std::collections::{BTreeMap, BTreeSet};

use super::library::{Imports, Library};
use super::whole_chain;
use crate::probe::source::code::{Call, CallId, Value};
use crate::probe::source::database_calls::{Action, Query};
use crate::probe::source::facts::FileFacts;

/// The calls of one library in code that runs in production.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LibraryCalls {
    /// Its name, for people.
    pub library: &'static str,
    /// How many calls there are.
    pub calls: u64,
    /// How many of them were turned into SQL.
    pub told: u64,
    /// How many look nothing up: they add rows, or take the whole table.
    pub without_look_up: u64,
    /// How many could not be turned into SQL, by the reason, a phrase after "calls", with up to three places.
    pub missed: BTreeMap<&'static str, (u64, Vec<String>)>,
}

const RUN_TIME: &str = "whose condition is put together at run time";
const SCHEMA: &str = "on tables that the project's schema files do not describe";
const FORM: &str = "in a form that is not turned into SQL yet";
const UNREAD: &str = "of a library that is not turned into SQL yet";
const UNKNOWN_CLIENT: &str = "on something that is not known to be a database client";

/// Methods that only one library has.
const TELLING: [(&str, Library); 14] = [
    ("findMany", Library::Prisma),
    ("findUnique", Library::Prisma),
    ("findUniqueOrThrow", Library::Prisma),
    ("findFirst", Library::Prisma),
    ("findFirstOrThrow", Library::Prisma),
    ("updateMany", Library::Prisma),
    ("deleteMany", Library::Prisma),
    ("findByPk", Library::Sequelize),
    ("findAll", Library::Sequelize),
    ("findAndCountAll", Library::Sequelize),
    ("findOneBy", Library::TypeOrm),
    ("findOneOrFail", Library::TypeOrm),
    ("findAndCount", Library::TypeOrm),
    ("createQueryBuilder", Library::TypeOrm),
];

#[derive(Default)]
pub(super) struct Counts(BTreeMap<Library, LibraryCalls>);

impl Counts {
    /// One more call; `known` tells whether its table is described.
    pub(super) fn add(
        &mut self,
        file: &FileFacts,
        query: &Query,
        library: Library,
        statements: Option<&[String]>,
        known: impl Fn() -> bool,
    ) {
        match statements {
            Some([]) => {
                let counted = self.of(library);
                counted.calls += 1;
                counted.without_look_up += 1;
            }
            Some(_) => {
                let counted = self.of(library);
                counted.calls += 1;
                counted.told += 1;
            }
            None if query.flushes || query.action == Action::Insert => {
                let counted = self.of(library);
                counted.calls += 1;
                counted.without_look_up += 1;
            }
            None => {
                let why = if !library.is_read() {
                    UNREAD
                } else if is_put_together(file, query) {
                    RUN_TIME
                } else if !known() {
                    SCHEMA
                } else {
                    FORM
                };
                self.missed(file, query.call, library, why);
            }
        }
    }

    /// Calls that only a library's clients have, on something that was not recognised as one.
    pub(super) fn add_unrecognised(&mut self, file: &FileFacts, queries: &[Query], imports: &Imports) {
        if !file.language.is_ecma() {
            return;
        }
        let known: BTreeSet<CallId> = queries.iter().flat_map(|query| [query.call, query.end]).collect();
        for (id, call) in (0..).zip(&file.calls) {
            let telling = TELLING.iter().find(|(method, library)| *method == call.method() && imports.has(*library));
            let Some((_, library)) = telling else { continue };
            let is_repository = call.object().ends_with("epository") || call.object().ends_with("ervice");
            if !known.contains(&id) && !call.object().is_empty() && (!is_repository || *library == Library::TypeOrm) {
                self.missed(file, id, *library, UNKNOWN_CLIENT);
            }
        }
    }

    fn missed(&mut self, file: &FileFacts, call: CallId, library: Library, why: &'static str) {
        let counted = self.of(library);
        counted.calls += 1;
        let (count, examples) = counted.missed.entry(why).or_default();
        *count += 1;
        if let (true, Some(call)) = (examples.len() < 3, file.call(call)) {
            let callee: String = call.callee.chars().take(60).collect();
            examples.push(format!("{}:{} {callee}", file.path, call.place.span.line));
        }
    }

    fn of(&mut self, library: Library) -> &mut LibraryCalls {
        self.0.entry(library).or_insert_with(|| LibraryCalls { library: library.name(), ..LibraryCalls::default() })
    }

    pub(super) fn finish(self) -> Vec<LibraryCalls> {
        self.0.into_values().collect()
    }
}

/// Whether some part of what the query asks for is made elsewhere or only under a condition.
fn is_put_together(file: &FileFacts, query: &Query) -> bool {
    let calls = whole_chain(file, query);
    let begins_elsewhere = calls.first().is_some_and(|first| {
        let object = first.object();
        matches!(object, "query" | "qb" | "queryBuilder" | "builder" | "queryset" | "qs" | "stmt" | "self.queryset")
    });
    begins_elsewhere
        || calls.iter().any(|call| call.spreads() || call.arguments.iter().any(|a| is_open(call, &a.value)))
}

fn is_open(call: &Call, value: &Value) -> bool {
    let asks =
        ["where", "filter", "find", "get", "exclude", "count", "update", "delete", "order", "and", "or", "destroy"];
    let method = call.method();
    if !asks.iter().any(|word| method.to_ascii_lowercase().contains(word)) {
        return false;
    }
    // `find(id)`, `get(key)`: the value is the key.
    let by_key = matches!(method, "find" | "findByPk" | "get" | "findOrFail" | "find_by");
    match value {
        Value::Object(pairs) => has_open_part(pairs, 0),
        Value::Path(path) => {
            !by_key && !path.starts_with(|c: char| c.is_ascii_uppercase()) && call.arguments.len() == 1
        }
        Value::Unknown | Value::Either(_) | Value::All(_) => !by_key,
        _ => false,
    }
}

fn has_open_part(pairs: &[(Box<str>, Value)], depth: usize) -> bool {
    let options = ["where", "orderBy", "order", "AND", "OR", "include", "cursor", "by"];
    pairs.iter().any(|(key, value)| {
        let computed = key.starts_with('[') && !key.contains('.');
        &**key == "..."
            || computed
            || match value {
                Value::Object(inner) if depth < 6 => has_open_part(inner, depth + 1),
                Value::Array(items) => items
                    .iter()
                    .any(|item| matches!(item, Value::Object(inner) if depth < 6 && has_open_part(inner, depth + 1))),
                Value::Path(_) | Value::Either(_) | Value::All(_) | Value::Unknown | Value::Call(_) => {
                    options.contains(&&**key)
                }
                _ => false,
            }
    })
}

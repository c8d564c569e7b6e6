//! Tells calls that run a database query, for the libraries that people use, and what they ask for.

mod chain;
mod ecma;
mod ecma_orm;
mod filter;
mod go;
mod java;
mod known;
mod php;
mod python;
mod ruby;
mod statement;
mod transaction;

use std::collections::HashSet;

use super::code::{Call, CallId, Value, joined};
use super::facts::{FileFacts, Language};
use super::sql_text;
pub(super) use chain::Chain;
pub use filter::Scope;
pub use known::Known;
use statement::Statement;
pub(super) use transaction::in_transaction;

/// What a query does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Action {
    /// It reads rows.
    #[default]
    Read,
    /// It adds rows.
    Insert,
    /// It changes rows, or adds those that are missing.
    Update,
    /// It removes rows.
    Delete,
}

/// What a query answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Answer {
    /// One row at most.
    #[default]
    One,
    /// Any number of rows.
    List,
    /// A number or a truth value.
    Number,
}

/// The way in which JavaScript asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Way {
    /// SQL, a document database, another language.
    #[default]
    Other,
    /// `prisma.user.findMany()`.
    Prisma,
    /// `db.query.users.findMany()` of Drizzle.
    Relational,
    /// A chain that names its table: Knex, Kysely, Drizzle, Supabase, TypeORM's query builder.
    Builder,
    /// `User.findAll()`.
    Model,
    /// `usersRepository.find()`.
    Repository,
}

/// A query that a call runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// The call that it is known by; of a chain the one that names the table or runs it.
    pub call: CallId,
    /// The last call of its chain that still belongs to it.
    pub end: CallId,
    /// What it does.
    pub action: Action,
    /// What it answers with.
    pub answer: Answer,
    /// It says how many rows it gives at most, or gives them one by one.
    pub bounded: bool,
    /// Which rows it asks for.
    pub scope: Scope,
    /// Columns that its condition compares, as far as they can be told.
    pub keys: Vec<Box<str>>,
    /// The table or model as written; empty if it cannot be told.
    pub table: Box<str>,
    /// It locks the rows that it reads.
    pub locks: bool,
    /// Prisma's `findUnique`, which its client gathers into one query when several start at the same time.
    pub gathered: bool,
    /// It sends what was gathered before in one go: a session's `commit`.
    pub flushes: bool,
    /// The way in which JavaScript asks.
    pub way: Way,
}

impl Query {
    /// Whether it changes rows.
    #[must_use]
    pub const fn writes(&self) -> bool {
        !matches!(self.action, Action::Read)
    }

    fn new(action: Action, answer: Answer) -> Self {
        Self { action, answer, ..Self::default() }
    }

    fn one() -> Self {
        Self::new(Action::Read, Answer::One)
    }

    fn list() -> Self {
        Self::new(Action::Read, Answer::List)
    }

    fn number() -> Self {
        Self::new(Action::Read, Answer::Number)
    }

    fn write(action: Action) -> Self {
        Self::new(action, Answer::One)
    }

    fn on(self, table: impl AsRef<str>) -> Self {
        Self { table: table.as_ref().into(), ..self }
    }

    fn bounded_if(self, bounded: bool) -> Self {
        Self { bounded: self.bounded || bounded, ..self }
    }
}

/// Every query that the calls of `file` run, in the order of their calls.
#[must_use]
pub fn of_file(file: &FileFacts, known: &Known) -> Vec<Query> {
    if !matches!(file.language, Language::Template) && !file.calls.is_empty() {
        let cut = cut_off(file);
        let mut found: Vec<Query> = (0_u32..)
            .zip(&file.calls)
            .filter(|(_, call)| call.receiver.is_none())
            .filter_map(|(id, _)| {
                let chain = Chain::new(file, id, known, &cut);
                of_chain(&chain)
            })
            .collect();
        found.sort_by_key(|query| query.call);
        found.dedup_by_key(|query| query.call);
        return found;
    }
    Vec::new()
}

/// In a chain only one call answers, so that `db.select().from()` counts once.
fn of_chain(chain: &Chain<'_>) -> Option<Query> {
    let mut query = match chain.file.language {
        Language::Python => python::query(chain),
        Language::JavaScript | Language::TypeScript | Language::Tsx => ecma::query(chain),
        Language::Php => php::query(chain),
        Language::Go => go::query(chain),
        Language::Ruby => ruby::query(chain),
        Language::Java => java::query(chain),
        Language::Template => None,
    }?;
    // Queries of PHP and Ruby always say which call runs them, and that may be the first of the file.
    let told = matches!(chain.file.language, Language::Php | Language::Ruby) && chain.own().any(|(id, _)| id == 0);
    if query.call == 0 && query.end == 0 && !told {
        query.call = chain.first();
    }
    query.end = query.end.max(query.call);
    if query.keys.is_empty() && query.scope == Scope::Everything {
        let found = filter::of_chain(chain);
        (query.scope, query.keys) = (found.scope, found.keys);
    }
    if !query.table.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '\\')) {
        query.table = Box::default();
    }
    query.bounded |= chain.is_cut();
    Some(query)
}

/// What `see` says of the chain of calls that the call in place `id` belongs to.
pub(super) fn chain_of(file: &FileFacts, id: CallId, see: &mut dyn FnMut(&Chain<'_>) -> bool) -> bool {
    let (known, cut) = (Known::default(), HashSet::new());
    let mut first = id;
    for _ in 0..60 {
        match file.call(first).and_then(|call| call.receiver) {
            Some(receiver) if receiver != first => first = receiver,
            _ => break,
        }
    }
    see(&Chain::new(file, first, &known, &cut))
}

/// Calls of whose result only a part is taken: `orders.all()[:10]`.
fn cut_off(file: &FileFacts) -> HashSet<CallId> {
    let cut = |path: &str| path.ends_with("()[]") || path.contains("()[].");
    let accesses = file.accesses.iter().filter(|access| cut(&access.path)).filter_map(|access| access.receiver);
    let calls = file.calls.iter().filter(|call| call.callee.contains("()[].")).filter_map(|call| call.receiver);
    accesses.chain(calls).collect()
}

/// The SQL that a call is given, if that is what its first argument is.
#[must_use]
pub fn sql_of<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    sql_at(file, call, 0, 0)
}

/// The SQL in one of the first two arguments: some libraries take a context or a connection first.
fn sql_in<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    sql_at(file, call, 0, 0).or_else(|| sql_at(file, call, 1, 0)).or_else(|| sql_at(file, call, 2, 0))
}

fn sql_at<'f>(file: &'f FileFacts, call: &'f Call, place: usize, steps: u32) -> Option<&'f Value> {
    if steps > 4 {
        return None;
    }
    let given = file.resolved(call.argument(place)?, call.function);
    let given = given.get("text").or_else(|| given.get("sql")).unwrap_or(given);
    let text = match given {
        Value::Text(text) => text.to_string(),
        Value::Template(parts) => joined(parts),
        Value::Call(id) => {
            // `text("…")`, `sql.raw("…")`, `Prisma.sql`, and a tagged template.
            let inner = file.call(*id)?;
            if matches!(inner.method(), "prepare" | "Rebind" | "rebind") {
                return sql_at(file, inner, 0, steps + 1);
            }
            return matches!(inner.method(), "text" | "raw" | "sql" | "Raw" | "literal" | "SQL" | "trim" | "strip")
                .then(|| sql_at(file, inner, 0, steps + 1))?;
        }
        _ => return None,
    };
    sql_text::is_statement(&text).then_some(given)
}

/// A string value as one text, its interpolations as `${…}`.
fn whole_text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Template(parts) => Some(joined(parts)),
        _ => None,
    }
}

/// The query that a piece of SQL is.
fn of_sql(value: &Value) -> Option<Query> {
    Some(Statement::read(&whole_text(value)?)?.query())
}

/// The last plain name of an object: `db` of `this.db` and of `ctx.db`.
fn last_name(object: &str) -> &str {
    object.rsplit('.').next().unwrap_or(object)
}

fn is_capital(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

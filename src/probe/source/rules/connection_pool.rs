//! Proof: connections to the database come from a pool of a chosen size.

use super::{Check, Hit, Rule, any_name, server_or_config};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "connection-pool",
    title: "Database connections come from a pool of a chosen size",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "A pool of database connections with its size set in the code: `new Pool({ max })`, `create_engine(pool_size=…)`, `SetMaxOpenConns`, `setMaximumPoolSize`.",
    why: "A server takes a limited number of connections. A pool whose size somebody chose keeps a busy hour from using them all up.",
    fix: "Make one pool at start and set its size so that all instances together stay below the server's limit.",
    example: "export const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 10 });",
    references: &["C60", "F34", "F35"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check)).looks_at(server_or_config).reads(reads, any_name);

fn reads(language: Language) -> bool {
    language.is_ecma() || matches!(language, Language::Python | Language::Go | Language::Java)
}

/// Looks at one file.
fn check(file: &FileFacts, _index: &CodeIndex, hits: &mut Vec<Hit>) {
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        if let Some(what) = pool(file, call) {
            hits.push(Hit::new(call.place, format!("{what} limits the connections to the database")));
            return;
        }
    }
    if file.language == Language::Python {
        let found = file.assignments.iter().find(|a| {
            &*a.target == "SQLALCHEMY_ENGINE_OPTIONS" && a.value.get("pool_size").is_some()
                || a.target.ends_with("SQLALCHEMY_POOL_SIZE")
                || (a.target.starts_with("DATABASES") && {
                    let mut pooled = false;
                    a.value.walk(&mut |value| {
                        pooled |= matches!(value.get("pool"), Some(Value::Object(_)))
                            || value
                                .get("CONN_MAX_AGE")
                                .is_some_and(|age| !matches!(age, Value::Number(n) if &**n == "0"))
                    });
                    pooled
                })
        });
        if let Some(assignment) = found {
            hits.push(Hit::new(assignment.place, "The settings keep connections to the database and limit them"));
        }
    }
}

/// The sizes of the pools of SQL connections that the code sets as plain numbers, each with its place: `src/db.ts:7`.
pub fn sizes(index: &CodeIndex) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    for file in index.files.iter().filter(|file| server_or_config(file.role)) {
        for call in file.calls.iter().filter(|call| !call.dev_only && pool(file, call).is_some()) {
            if let Some(size) = size(file, call) {
                found.push((size, format!("{}:{}", file.path, call.place.span.line)));
            }
        }
    }
    found
}

/// The largest number of connections that the pool of this call opens to a SQL database.
fn size(file: &FileFacts, call: &Call) -> Option<u32> {
    const MOST: [&str; 8] =
        ["max", "connectionLimit", "maximumPoolSize", "poolSize", "pool_size", "max_size", "maxsize", "maxconn"];
    let number = |value: &Value| match value {
        Value::Number(text) => text.parse::<u32>().ok(),
        // `process.env.POOL || 10`: what holds where nobody sets it.
        Value::Either(values) => values.iter().rev().find_map(|value| match value {
            Value::Number(text) => text.parse().ok(),
            _ => None,
        }),
        _ => None,
    };
    if matches!(call.method(), "MongoClient" | "AsyncIOMotorClient" | "connect") {
        return None;
    }
    let first = || call.arguments.iter().find(|argument| argument.name.is_none()).map(|argument| &argument.value);
    let size = match call.method() {
        "SetMaxOpenConns" | "SetMaxConns" | "setMaximumPoolSize" | "setMaxPoolSize" | "setMaxTotal"
        | "setMaxActive" => first().and_then(number),
        "ThreadedConnectionPool" | "SimpleConnectionPool" => {
            call.named("maxconn").or_else(|| call.arguments.get(1).map(|argument| &argument.value)).and_then(number)
        }
        "create_engine" | "create_async_engine" => {
            // SQLAlchemy opens ten more than its pool holds unless told otherwise.
            let pool = call.named("pool_size").map_or(Some(5), number);
            let over = call.named("max_overflow").map_or(Some(10), number);
            pool.zip(over).map(|(pool, over)| pool.saturating_add(over))
        }
        _ => call.arguments.iter().find_map(|argument| {
            if argument.name.as_deref().is_some_and(|name| MOST.contains(&name)) {
                return number(&argument.value);
            }
            let mut size = None;
            file.resolved(&argument.value, call.function).walk(&mut |value| {
                let here = || MOST.iter().find_map(|key| value.get(key).and_then(number));
                let in_address = || {
                    let (_, rest) = value.leading_text()?.split_once("connection_limit=")?;
                    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
                };
                size = size.or_else(here).or_else(in_address);
            });
            size
        }),
    };
    size.filter(|size| *size > 0)
}

fn pool(file: &FileFacts, call: &Call) -> Option<String> {
    let method = call.method();
    let options = || call.arguments.iter().map(|argument| file.resolved(&argument.value, call.function));
    let sets = |keys: &[&str]| options().any(|given| keys.iter().any(|key| given.get(key).is_some()));
    let named = |keys: &[&str]| keys.iter().any(|key| call.named(key).is_some());
    let module = || file.binding(call.root()).map_or("", |binding| &*binding.module);
    let found = match file.language {
        Language::Python => {
            (matches!(method, "create_engine" | "create_async_engine") && named(&["pool_size", "max_overflow"]))
                || (matches!(method, "create_pool" | "ConnectionPool" | "AsyncConnectionPool")
                    && named(&["max_size", "maxsize", "min_size"]))
                || (matches!(method, "ThreadedConnectionPool" | "SimpleConnectionPool") && call.arguments.len() >= 2)
                || (matches!(method, "MongoClient" | "AsyncIOMotorClient") && named(&["maxPoolSize"]))
        }
        Language::Go => {
            (matches!(method, "SetMaxOpenConns" | "SetMaxConns") && !call.arguments.is_empty())
                || (method == "NewWithConfig"
                    && call.root() == "pgxpool"
                    && file.assignments.iter().any(|a| a.target.ends_with(".MaxConns")))
        }
        Language::Java => matches!(method, "setMaximumPoolSize" | "setMaxPoolSize" | "setMaxTotal" | "setMaxActive"),
        _ => {
            let pool = (method == "Pool"
                && (module().starts_with("pg")
                    || module().contains("neon")
                    || module().contains("vercel")
                    || call.root() == "pg"
                    || module().is_empty())
                && sets(&["max", "connectionLimit"]))
                || (method == "createPool" && sets(&["connectionLimit", "max", "maximumPoolSize"]))
                || (matches!(method, "postgres" | "default") && module() == "postgres" && sets(&["max"]))
                || (matches!(method, "Sequelize" | "knex" | "Knex") && sets(&["pool"]))
                || (matches!(method, "DataSource" | "forRoot" | "createConnection") && sets(&["poolSize", "extra"]))
                || (matches!(method, "connect" | "MongoClient") && sets(&["maxPoolSize"]));
            let limited = method == "PrismaClient"
                && options().any(|given| {
                    let mut found = false;
                    given.walk(&mut |value| {
                        found |= value.leading_text().is_some_and(|text| text.contains("connection_limit="))
                    });
                    found
                });
            pool || limited
        }
    };
    found.then(|| format!("`{method}`"))
}

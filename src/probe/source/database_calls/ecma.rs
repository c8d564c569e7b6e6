//! Queries of JavaScript and TypeScript that name SQL or a table: drivers, query builders, Supabase.

use super::chain::Chain;
use super::{Action, Answer, Query, Scope, Way, ecma_orm, last_name, of_sql, sql_of};
use crate::probe::source::code::{Call, CallId, Value, root};
use crate::probe::source::facts::FileFacts;

/// The query that a chain of calls runs.
pub(super) fn query(chain: &Chain<'_>) -> Option<Query> {
    for (id, call) in chain.own() {
        let by = |way: Way| move |query: Query| Query { way, ..query };
        let found = ecma_orm::prisma(call)
            .map(by(Way::Prisma))
            .or_else(|| ecma_orm::drizzle_relational(call).map(by(Way::Relational)))
            .or_else(|| builder(chain, call).map(by(Way::Builder)))
            .or_else(|| ecma_orm::model(chain, call).map(by(Way::Model)))
            .or_else(|| ecma_orm::repository(chain, call).map(by(Way::Repository)))
            .or_else(|| raw(chain.file, call))
            .or_else(|| mongo(call));
        if let Some(query) = found {
            let end = end_of(chain, id);
            return Some(Query { call: id, end, ..query });
        }
    }
    None
}

/// The last call of the chain that is still about the query.
fn end_of(chain: &Chain<'_>, start: CallId) -> CallId {
    let mut end = start;
    for (id, call) in chain.own().skip_while(|(id, _)| *id != start) {
        let leaves = matches!(
            call.method(),
            "then" | "catch" | "map" | "filter" | "finally" | "forEach" | "reduce" | "some" | "find"
        ) && id != start;
        if leaves {
            break;
        }
        end = id;
    }
    end
}

pub(super) fn is_database_name(name: &str) -> bool {
    matches!(
        name,
        "db" | "tx"
            | "trx"
            | "database"
            | "pool"
            | "client"
            | "conn"
            | "connection"
            | "knex"
            | "sql"
            | "drizzle"
            | "pg"
            | "mysql"
            | "sequelize"
            | "dataSource"
            | "queryRunner"
            | "pgPool"
            | "dbPool"
            | "sqlite"
            | "manager"
            | "entityManager"
            | "cursor"
            | "session"
            | "kysely"
            | "getDb()"
            | "dbClient"
            | "pgClient"
            | "orm"
            | "getDB()"
    )
}

/// Names of what Drizzle, Kysely and Knex are called on.
fn is_builder_name(name: &str) -> bool {
    matches!(
        name,
        "db" | "tx"
            | "trx"
            | "database"
            | "drizzle"
            | "knex"
            | "kysely"
            | "getDb()"
            | "qb"
            | "conn"
            | "client"
            | "dbClient"
            | "orm"
    )
}

const LIMITS: [&str; 10] = [
    "limit",
    "take",
    "first",
    "top",
    "executeTakeFirst",
    "executeTakeFirstOrThrow",
    "single",
    "maybeSingle",
    "range",
    "fetch",
];
const ONE: [&str; 9] = [
    "first",
    "executeTakeFirst",
    "executeTakeFirstOrThrow",
    "single",
    "maybeSingle",
    "findById",
    "getOne",
    "getOneOrFail",
    "getRawOne",
];
const COUNTS: [&str; 9] = ["count", "countDistinct", "sum", "max", "min", "avg", "getCount", "$count", "groupBy"];

/// `db.select().from(orders)`, `knex("users").where()`, `db.selectFrom("users")`, `supabase.from("users").select()`.
fn builder(chain: &Chain<'_>, call: &Call) -> Option<Query> {
    let head = chain.head()?;
    let callee = &*call.callee;
    let name = last_name(call.object());
    let next = call.chained.and_then(|id| chain.file.call(id)).map_or("", |next| next.method());
    let first = call.argument(0);
    let table = |value: Option<&Value>| -> Box<str> {
        match value {
            Some(Value::Path(path)) => path.rsplit('.').next().unwrap_or(path).into(),
            Some(Value::Text(text)) => text.split([' ', '.']).next().unwrap_or(text).into(),
            _ => Box::default(),
        }
    };
    let from = || table(chain.find(&["from"]).and_then(|(_, call)| call.argument(0)));
    let is_table =
        first.and_then(Value::text).is_some_and(|name| !name.contains(['/', '#', '<', '.', '?']) && !name.is_empty());
    // Knex and Kysely.
    if is_table
        && matches!(
            callee,
            "knex"
                | "trx"
                | "db"
                | "this.knex"
                | "tx"
                | "this.db"
                | "database"
                | "this.database"
                | "this.trx"
                | "getDatabase()"
                | "conn"
        )
        && !next.is_empty()
        && next != "raw"
    {
        return Some(finished(chain, action_in(chain)).on(table(first)));
    }
    if is_builder_name(name) || head.callee.ends_with(".db") {
        match call.method() {
            "select" | "selectDistinct" if next == "from" => return Some(finished(chain, Action::Read).on(from())),
            "insert" if next == "values" => return Some(finished(chain, insert_in(chain)).on(table(first))),
            "update" if next == "set" => return Some(finished(chain, Action::Update).on(table(first))),
            "delete" if next == "where" && matches!(first, Some(Value::Path(_))) => {
                return Some(finished(chain, Action::Delete).on(table(first)));
            }
            "selectFrom" if is_table => return Some(finished(chain, Action::Read).on(table(first))),
            "insertInto" if is_table => return Some(finished(chain, insert_in(chain)).on(table(first))),
            "updateTable" if is_table => return Some(finished(chain, Action::Update).on(table(first))),
            "deleteFrom" if is_table => return Some(finished(chain, Action::Delete).on(table(first))),
            _ => {}
        }
    }
    let lower = call.object().to_ascii_lowercase();
    if call.method() == "from"
        && is_table
        && !call.object().ends_with("storage")
        && (lower.contains("supabase")
            || (matches!(next, "select" | "insert" | "upsert" | "update" | "delete")
                && chain.file.imports_any(|m| m.contains("supabase"))))
    {
        return Some(finished(chain, action_in(chain)).on(table(first)));
    }
    // TypeORM: `repository.createQueryBuilder("u")…getMany()`.
    if call.method() == "createQueryBuilder"
        && chain.has(&[
            "getMany",
            "getOne",
            "getManyAndCount",
            "getRawMany",
            "getRawOne",
            "getCount",
            "execute",
            "getOneOrFail",
        ])
    {
        return Some(
            finished(chain, action_in(chain))
                .on(last_name(call.object()).trim_end_matches("Repository").trim_end_matches("()")),
        );
    }
    None
}

fn insert_in(chain: &Chain<'_>) -> Action {
    let replaces = chain.has(&[
        "onConflictDoUpdate",
        "onDuplicateKeyUpdate",
        "onConflict",
        "onConflictDoNothing",
        "orUpdate",
        "orIgnore",
    ]);
    if replaces { Action::Update } else { Action::Insert }
}

fn action_in(chain: &Chain<'_>) -> Action {
    if chain.has(&["insert"]) {
        insert_in(chain)
    } else if chain.has(&["update", "upsert", "increment", "decrement", "merge", "set"]) {
        Action::Update
    } else if chain.has(&["del", "delete", "truncate"]) {
        Action::Delete
    } else {
        Action::Read
    }
}

fn finished(chain: &Chain<'_>, action: Action) -> Query {
    let counts = chain.has(&COUNTS)
        || chain.find(&["select"]).is_some_and(|(_, call)| {
            call.argument(1).is_some_and(|options| {
                options.get("head") == Some(&Value::Bool(true)) || options.get("count").is_some()
            }) || call.arguments.iter().any(|argument| counts_in(chain.file, &argument.value))
        });
    let answer = if action != Action::Read || chain.has(&ONE) {
        Answer::One
    } else if counts {
        Answer::Number
    } else {
        Answer::List
    };
    Query { locks: chain.has(&["forUpdate", "forNoKeyUpdate", "for", "setLock"]), ..Query::new(action, answer) }
        .bounded_if(chain.has(&LIMITS) || chain.has(&["paginate", "getManyAndCount", "simplePaginate", "stream"]))
}

/// `select({ total: count() })`
fn counts_in(file: &FileFacts, value: &Value) -> bool {
    let Value::Object(pairs) = value else { return false };
    !pairs.is_empty()
        && pairs.iter().all(|(_, value)| match value {
            Value::Call(id) => file.call(*id).is_some_and(|call| {
                matches!(call.method(), "count" | "sum" | "max" | "min" | "avg" | "countDistinct" | "mapWith")
            }),
            _ => false,
        })
}

/// `pool.query(sql)`, `db.prepare(sql).all()`, a prepared statement's `get`, `` sql`…` ``, `prisma.$queryRaw`.
fn raw(file: &FileFacts, call: &Call) -> Option<Query> {
    let (object, method) = (call.object(), call.method());
    let given = || sql_of(file, call).and_then(of_sql);
    if call.tagged {
        let is_sql = matches!(method, "sql" | "$queryRaw" | "$executeRaw") && sql_of(file, call).is_some();
        return (is_sql && (call.awaited || call.argument_of.is_none() || method.starts_with('$'))).then(given)?;
    }
    if matches!(method, "$queryRaw" | "$queryRawUnsafe") {
        return Some(given().unwrap_or_else(|| Query::list().bounded_if(true)));
    }
    if matches!(method, "$executeRaw" | "$executeRawUnsafe") {
        return Some(given().unwrap_or_else(|| Query::write(Action::Update)));
    }
    if matches!(
        method,
        "query" | "execute" | "raw" | "unsafe" | "one" | "oneOrNone" | "any" | "many" | "manyOrNone" | "exec" | "none"
    ) {
        if let Some(query) = given() {
            let answer = if matches!(method, "one" | "oneOrNone") { Answer::One } else { query.answer };
            return Some(Query { answer, ..query });
        }
        let dynamic = is_database_name(last_name(object))
            && matches!(method, "query" | "execute")
            && call.awaited
            && !matches!(call.argument(0), None | Some(Value::Text(_) | Value::Template(_)));
        return dynamic.then(|| Query { bounded: true, scope: Scope::Filtered, ..Query::list() });
    }
    if matches!(method, "get" | "all" | "run" | "iterate" | "pluck") {
        let prepared = call.receiver.and_then(|id| file.call(id)).or_else(|| {
            // `const byId = db.prepare("…")`, used later.
            let name = root(object);
            (name == object).then(|| file.assigned(name, call.function))?.and_then(|a| match a.value {
                Value::Call(id) => file.call(id),
                _ => None,
            })
        });
        if let Some(prepared) = prepared.filter(|prepared| prepared.method() == "prepare") {
            return sql_of(file, prepared).and_then(of_sql).map(|query| of_statement(query, method));
        }
    }
    if matches!(method, "run" | "all" | "get" | "each") {
        return given().map(|query| of_statement(query, method));
    }
    None
}

/// What a driver's method makes of the answer.
fn of_statement(query: Query, method: &str) -> Query {
    match method {
        "get" if query.answer == Answer::List => Query { answer: Answer::One, ..query },
        "iterate" | "each" => Query { bounded: true, ..query },
        _ => query,
    }
}

/// MongoDB's own driver: `db.collection("users").find({}).toArray()`.
fn mongo(call: &Call) -> Option<Query> {
    let object = call.object();
    let name = last_name(object).trim_end_matches("()");
    let is_collection = name == "collection" || name.ends_with("Collection") || name == "getCollection";
    if !is_collection {
        return None;
    }
    Some(match call.method() {
        "find" => Query::list(),
        "findOne" => Query::one(),
        "countDocuments" | "estimatedDocumentCount" | "aggregate" | "distinct" => Query::number(),
        "insertOne" | "insertMany" => Query::write(Action::Insert),
        "updateOne" | "updateMany" | "findOneAndUpdate" | "replaceOne" | "bulkWrite" => Query::write(Action::Update),
        "deleteOne" | "deleteMany" | "findOneAndDelete" => Query::write(Action::Delete),
        _ => return None,
    })
}

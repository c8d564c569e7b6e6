//! Tells calls that run a database query, for the libraries that people use.

use super::code::{Call, CallId, Value, joined, root};
use super::facts::{FileFacts, Language};
use super::sql_text;

/// A query that a call runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query {
    /// Whether it changes rows.
    pub writes: bool,
    /// Prisma's `findUnique`, which its client gathers into one query when several start at the same time.
    pub gathered: bool,
}

const READ: Query = Query { writes: false, gathered: false };
const WRITE: Query = Query { writes: true, gathered: false };

/// The query that the call in place `id` runs, if it runs one.
///
/// In a chain only one call answers, so that `db.select().from()` counts once.
#[must_use]
pub fn query(file: &FileFacts, id: CallId) -> Option<Query> {
    let call = file.call(id)?;
    if file.language == Language::Python { python(file, call) } else { ecma(file, call) }
}

fn ecma(file: &FileFacts, call: &Call) -> Option<Query> {
    let method = call.method();
    let object = call.object();
    prisma(object, method)
        .or_else(|| drizzle(file, call))
        .or_else(|| model(file, call))
        .or_else(|| repository(object, method))
        .or_else(|| raw(file, call))
        .or_else(|| query_builder(file, call))
}

/// `prisma.user.findMany()`, `tx.user.update()`.
fn prisma(object: &str, method: &str) -> Option<Query> {
    let (client, model) = object.rsplit_once('.').unwrap_or((object, ""));
    let client = client.rsplit('.').next().unwrap_or(client);
    let is_client = matches!(client, "prisma" | "tx" | "trx" | "db" | "prismaClient" | "dbClient" | "prismaTx")
        || client.to_ascii_lowercase().contains("prisma");
    if model.is_empty() || !is_client || object.contains('(') {
        return None;
    }
    match method {
        "findUnique" | "findUniqueOrThrow" => Some(Query { writes: false, gathered: true }),
        "findMany" | "findFirst" | "findFirstOrThrow" | "count" | "aggregate" | "groupBy" => Some(READ),
        "create" | "createMany" | "update" | "updateMany" | "upsert" | "delete" | "deleteMany" => Some(WRITE),
        _ => None,
    }
}

fn is_database_name(name: &str) -> bool {
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
    )
}

/// The last plain name of an object: `db` of `this.db` and of `ctx.db`.
fn last_name(object: &str) -> &str {
    object.rsplit('.').next().unwrap_or(object)
}

/// `db.select()…`, `db.insert(users)…`, `db.query.users.findFirst()`.
fn drizzle(file: &FileFacts, call: &Call) -> Option<Query> {
    let object = call.object();
    if let Some((client, _)) = object.split_once(".query.")
        && is_database_name(last_name(client))
        && matches!(call.method(), "findFirst" | "findMany")
    {
        return Some(READ);
    }
    if !is_database_name(last_name(object))
        || !matches!(last_name(object), "db" | "tx" | "trx" | "database" | "drizzle")
    {
        return None;
    }
    let next = call.chained.and_then(|id| file.call(id)).map_or("", |next| next.method());
    match call.method() {
        "select" | "selectDistinct" if next == "from" => Some(READ),
        "insert" if next == "values" => Some(WRITE),
        "update" if next == "set" => Some(WRITE),
        "delete" if next == "where" && matches!(call.argument(0), Some(Value::Path(_))) => Some(WRITE),
        _ => None,
    }
}

/// `User.findOne()` of Sequelize and Mongoose, `User.findByPk()`.
fn model(file: &FileFacts, call: &Call) -> Option<Query> {
    let object = last_name(call.object());
    let object = object.strip_suffix("()").unwrap_or(object);
    let is_model = object.starts_with(|c: char| c.is_ascii_uppercase()) || object.ends_with("Model");
    if !is_model || object.chars().all(|c| c.is_ascii_uppercase()) {
        return None;
    }
    match call.method() {
        "findByPk" | "findAndCountAll" | "findAll" | "findById" | "findOne" | "countDocuments" | "findOneOrFail" => {
            Some(READ)
        }
        "findOrCreate" | "findByIdAndUpdate" | "findByIdAndDelete" | "findOneAndUpdate" | "bulkCreate"
        | "updateOne" | "deleteOne" | "insertMany" | "updateMany" | "deleteMany" => Some(WRITE),
        // Names that other things have too: the model must come from a place for models.
        "find" | "count" | "aggregate" | "distinct" if from_models(file, object) => Some(READ),
        "create" | "update" | "destroy" if from_models(file, object) => Some(WRITE),
        _ => None,
    }
}

fn from_models(file: &FileFacts, name: &str) -> bool {
    let module = file.binding(name).map_or("", |binding| &binding.module).to_ascii_lowercase();
    ["model", "schema", "entities", "entity"].iter().any(|word| module.contains(word))
        || file.assigned(name, 0).is_some_and(|assignment| match assignment.value {
            Value::Call(id) => file.call(id).is_some_and(|call| matches!(call.method(), "model" | "define")),
            _ => false,
        })
}

/// `this.usersRepository.findOne()`, `getRepository(User).find()`, `manager.find()`.
fn repository(object: &str, method: &str) -> Option<Query> {
    let name = last_name(object);
    let name = name.strip_suffix("()").unwrap_or(name);
    if !(name.ends_with("Repository")
        || name.ends_with("Repo")
        || matches!(name, "repository" | "repo" | "getRepository"))
    {
        return None;
    }
    match method {
        "find" | "findOne" | "findOneBy" | "findBy" | "findAndCount" | "findOneOrFail" | "findOneByOrFail"
        | "count" | "countBy" | "query" => Some(READ),
        "save" | "insert" | "update" | "delete" | "remove" | "upsert" => Some(WRITE),
        _ => None,
    }
}

/// The SQL that a call is given, if that is what its first argument is.
#[must_use]
pub fn sql_of<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    sql_at(file, call, 0)
}

/// The same some steps on: `query = sql(query)` leads to itself.
fn sql_at<'f>(file: &'f FileFacts, call: &'f Call, steps: u32) -> Option<&'f Value> {
    if steps > 4 {
        return None;
    }
    let given = file.resolved(call.argument(0)?, call.function);
    let given = given.get("text").or_else(|| given.get("sql")).unwrap_or(given);
    let text = match given {
        Value::Text(text) => text.to_string(),
        Value::Template(parts) => joined(parts),
        Value::Call(id) => {
            // `text("…")`, `sql.raw("…")`, `Prisma.sql`, and a tagged template.
            let inner = file.call(*id)?;
            return matches!(inner.method(), "text" | "raw" | "sql" | "Raw" | "literal")
                .then(|| sql_at(file, inner, steps + 1))?;
        }
        _ => return None,
    };
    sql_text::is_statement(&text).then_some(given)
}

fn writes(file: &FileFacts, call: &Call) -> bool {
    let text = match sql_of(file, call) {
        Some(Value::Text(text)) => text.to_string(),
        Some(Value::Template(parts)) => joined(parts),
        _ => return false,
    };
    let first = text.trim_start().get(..6).unwrap_or("").to_ascii_lowercase();
    matches!(&*first, "insert" | "update" | "delete")
}

fn of(writes: bool) -> Query {
    if writes { WRITE } else { READ }
}

/// `pool.query(sql)`, `db.prepare(sql).all()`, a prepared statement's `get`, `` sql`…` ``, `prisma.$queryRaw`.
fn raw(file: &FileFacts, call: &Call) -> Option<Query> {
    let (object, method) = (call.object(), call.method());
    if call.tagged {
        let is_sql = matches!(method, "sql" | "$queryRaw" | "$executeRaw") && sql_of(file, call).is_some();
        return (is_sql && (call.awaited || call.argument_of.is_none() || method.starts_with('$')))
            .then(|| of(writes(file, call)));
    }
    if matches!(method, "$queryRaw" | "$queryRawUnsafe") {
        return Some(READ);
    }
    if matches!(method, "$executeRaw" | "$executeRawUnsafe") {
        return Some(WRITE);
    }
    if matches!(method, "query" | "execute" | "raw" | "unsafe" | "one" | "oneOrNone" | "any" | "many" | "exec")
        && (sql_of(file, call).is_some()
            || (is_database_name(last_name(object))
                && matches!(method, "query" | "execute")
                && call.awaited
                && !matches!(call.argument(0), None | Some(Value::Text(_) | Value::Template(_)))))
    {
        return Some(of(writes(file, call)));
    }
    if matches!(method, "get" | "all" | "run" | "iterate" | "pluck") {
        let prepared = call.receiver.and_then(|id| file.call(id)).or_else(|| {
            // `const byId = db.prepare("…")`, used later.
            let name = root(object);
            (name == object).then(|| file.assigned(name, call.function))?.and_then(|a| match a.value {
                Value::Call(id) => file.call(id),
                _ => None,
            })
        })?;
        return (prepared.method() == "prepare" && sql_of(file, prepared).is_some())
            .then(|| of(writes(file, prepared)));
    }
    if matches!(method, "run" | "all" | "get" | "each") && sql_of(file, call).is_some() {
        return Some(of(writes(file, call)));
    }
    None
}

/// `knex("users").where()`, `supabase.from("users").select()`.
fn query_builder(file: &FileFacts, call: &Call) -> Option<Query> {
    let table = call.argument(0).and_then(Value::text).is_some_and(|name| !name.contains(['/', ' ', '#', '<']));
    if !table {
        return None;
    }
    let callee = &*call.callee;
    let next = call.chained.and_then(|id| file.call(id)).map_or("", |next| next.method());
    if matches!(callee, "knex" | "trx" | "db" | "this.knex" | "tx") && !next.is_empty() && next != "raw" {
        let writes = matches!(next, "insert" | "update" | "del" | "delete" | "increment");
        return Some(of(writes));
    }
    if call.method() == "from"
        && call.object().to_ascii_lowercase().contains("supabase")
        && !call.object().ends_with("storage")
    {
        return Some(of(matches!(next, "insert" | "update" | "upsert" | "delete")));
    }
    None
}

fn python(file: &FileFacts, call: &Call) -> Option<Query> {
    let (object, method) = (call.object(), call.method());
    let runs = matches!(
        method,
        "get"
            | "first"
            | "last"
            | "count"
            | "exists"
            | "create"
            | "get_or_create"
            | "update_or_create"
            | "update"
            | "delete"
            | "one"
            | "one_or_none"
            | "all"
            | "scalar"
            | "aggregate"
            | "earliest"
            | "latest"
            | "bulk_create"
            | "fetchall"
            | "fetchone"
            | "in_bulk"
            | "scalars"
            | "values_list"
            | "filter"
            | "get_or_404"
    );
    let writes =
        matches!(method, "create" | "get_or_create" | "update_or_create" | "update" | "delete" | "bulk_create");
    // Django: `Model.objects.filter(…).count()`, `author.book_set.count()`.
    let django = object.contains(".objects") || object.contains("_set.") || object.ends_with("_set");
    if django && runs {
        // A query set runs when something asks for its rows: only then does a chain count, and once.
        let last = call.chained.is_none();
        let lazy = matches!(method, "all" | "filter" | "values_list");
        return (last && (!lazy || is_iterated(file, call))).then(|| of(writes));
    }
    // SQLAlchemy: `session.query(User).filter(…).first()`, `User.query.get(id)`, `session.execute(…)`.
    let session = root(object);
    if (object.contains(".query()") || object.ends_with(".query") || object.contains(".query."))
        && !object.contains("request")
        && matches!(
            method,
            "first" | "all" | "one" | "one_or_none" | "scalar" | "count" | "get" | "get_or_404" | "delete" | "update"
        )
        && (file
            .imports_any(|module| module.contains("sqlalchemy") || module.contains("models") || module.contains("db")))
    {
        return Some(of(writes));
    }
    if matches!(method, "execute" | "scalar" | "scalars" | "executemany")
        && (sql_of(file, call).is_some()
            || matches!(last_name(object), "session" | "cursor" | "conn" | "connection" | "db" | "cur" | "database")
            || session == "session")
        && method != "executemany"
    {
        return Some(of(self::writes(file, call)));
    }
    if method == "get" && last_name(object) == "session" && file.imports_any(|module| module.contains("sqlalchemy")) {
        return (call.arguments.len() == 2).then_some(READ);
    }
    None
}

/// Whether the rows of a lazy query are asked for where it stands.
fn is_iterated(file: &FileFacts, call: &Call) -> bool {
    call.argument_of.and_then(|id| file.call(id)).is_some_and(|outer| {
        matches!(&*outer.callee, "list" | "len" | "set" | "sorted" | "bool" | "sum" | "max" | "min")
    })
}

//! Queries of PHP: Eloquent and Laravel's query builder, Doctrine, PDO, mysqli, WordPress.

use super::chain::Chain;
use super::{Action, Answer, Query, Scope, is_capital, last_name, of_sql, sql_of};
use crate::probe::source::code::{Call, CallId, Value};

/// The query that a chain of calls runs.
pub(super) fn query(chain: &Chain<'_>) -> Option<Query> {
    doctrine(chain).or_else(|| builder(chain)).or_else(|| driver(chain))
}

const ONE: [&str; 14] = [
    "first",
    "firstOrFail",
    "find",
    "findOrFail",
    "sole",
    "value",
    "firstWhere",
    "firstOr",
    "findOr",
    "soleValue",
    "latestOne",
    "findOrNew",
    "firstOrNew",
    "fresh",
];
const LISTS: [&str; 7] = ["get", "all", "pluck", "getModels", "findMany", "cursor", "lazy"];
const PAGED: [&str; 8] =
    ["paginate", "simplePaginate", "cursorPaginate", "chunk", "chunkById", "each", "lazyById", "forPage"];
const COUNTS: [&str; 9] = ["count", "exists", "doesntExist", "sum", "max", "min", "avg", "average", "aggregate"];
const INSERTS: [&str; 6] = ["create", "insert", "insertGetId", "insertOrIgnore", "forceCreate", "createMany"];
const UPDATES: [&str; 11] = [
    "update",
    "updateOrCreate",
    "firstOrCreate",
    "upsert",
    "increment",
    "decrement",
    "updateOrInsert",
    "sync",
    "attach",
    "saveMany",
    "syncWithoutDetaching",
];
const DELETES: [&str; 6] = ["delete", "forceDelete", "destroy", "truncate", "detach", "forceDestroy"];
/// Methods that only a query has: they tell a chain that begins with a relation or a variable.
const TELLING: [&str; 24] = [
    "where",
    "whereIn",
    "whereNull",
    "whereNotNull",
    "orWhere",
    "whereHas",
    "orderBy",
    "orderByDesc",
    "latest",
    "oldest",
    "with",
    "withCount",
    "join",
    "leftJoin",
    "select",
    "groupBy",
    "newQuery",
    "query",
    "whereDate",
    "whereNotIn",
    "take",
    "limit",
    "withTrashed",
    "lockForUpdate",
];

/// `Order::where(…)->get()`, `DB::table("orders")->first()`, `$user->orders()->latest()->get()`.
fn builder(chain: &Chain<'_>) -> Option<Query> {
    let head = chain.head()?;
    let object = head.object();
    let is_model = is_capital(object)
        && !object.contains('.')
        && (chain.known.is_model(object)
            || chain
                .file
                .binding(object)
                .is_some_and(|binding| binding.module.contains("Models") || binding.module.contains("Entities")));
    let table_call = (matches!(object, "DB" | "Capsule" | "this.db" | "db")
        || object.ends_with("DB")
        || object.ends_with("connection()"))
        && head.method() == "table";
    let relation = !is_model && !table_call && chain.calls().count() > 1 && chain.has(&TELLING);
    if !(is_model || table_call || relation) {
        return None;
    }
    if relation
        && (is_capital(object) || matches!(object, "request" | "this.request" | "Schema" | "Route" | "this"))
        && !chain.has(&["query", "newQuery"])
    {
        return None;
    }
    if chain.holds_answer(&[&ONE, &LISTS, &COUNTS]) {
        return None;
    }
    let (id, call) = chain.own().find(|(_, call)| {
        let method = call.method();
        ONE.contains(&method)
            || LISTS.contains(&method)
            || PAGED.contains(&method)
            || COUNTS.contains(&method)
            || INSERTS.contains(&method)
            || UPDATES.contains(&method)
            || DELETES.contains(&method)
    })?;
    let method = call.method();
    // `get("name")` of a collection, a request or a session takes a name; a query's takes columns or nothing.
    if relation && method == "get" && matches!(call.argument(0), Some(Value::Text(_))) {
        return None;
    }
    let several = matches!(call.argument(0), Some(Value::Array(_)));
    let query = if PAGED.contains(&method) {
        Query::list().bounded_if(true)
    } else if LISTS.contains(&method) || (method == "find" && several) {
        let bounded = chain.has(&["limit", "take", "forPage", "paginate"])
            || matches!(method, "cursor" | "lazy" | "find" | "findMany");
        let grouped = chain.has(&["groupBy"]);
        Query::list().bounded_if(bounded || grouped)
    } else if COUNTS.contains(&method) {
        Query::number()
    } else if INSERTS.contains(&method) {
        Query::write(Action::Insert)
    } else if UPDATES.contains(&method) {
        Query::write(Action::Update)
    } else if DELETES.contains(&method) {
        Query::write(Action::Delete)
    } else {
        Query::one()
    };
    let table: Box<str> = if is_model {
        object.into()
    } else if table_call {
        match head.argument(0) {
            Some(Value::Text(text)) => text.split(' ').next().unwrap_or(text).into(),
            _ => Box::default(),
        }
    } else {
        // `$user->orders()->where(…)`
        let name = head.callee.rsplit('.').next().unwrap_or("");
        if TELLING.contains(&name) || name == "query" { Box::default() } else { name.into() }
    };
    let locks = chain.has(&["lockForUpdate", "sharedLock"]);
    let mut query = Query { call: id, locks, ..query.on(table) };
    if matches!(method, "find" | "findOrFail" | "destroy" | "findMany") {
        (query.scope, query.keys) = (Scope::Key, vec!["id".into()]);
    } else if relation && !chain.has(&["newQuery", "query"]) {
        let found = super::filter::of_chain(chain);
        (query.scope, query.keys) = (found.scope.max(Scope::Parent), found.keys);
    }
    Some(query)
}

fn is_manager(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    matches!(
        &*lower,
        "em" | "entitymanager" | "objectmanager" | "manager" | "doctrine" | "getmanager()" | "getdoctrine()"
    ) || lower.ends_with("entitymanager")
}

/// `$this->entityManager->getRepository(Order::class)->findBy(…)`, `$this->orderRepository->findAll()`, `$em->flush()`.
fn doctrine(chain: &Chain<'_>) -> Option<Query> {
    let head = chain.head()?;
    let name = last_name(head.object());
    if is_manager(name) && head.method() == "flush" {
        return Some(Query { call: chain.first(), flushes: true, scope: Scope::Key, ..Query::write(Action::Update) });
    }
    if is_manager(name) && head.method() == "find" {
        return Some(Query {
            call: chain.first(),
            scope: Scope::Key,
            keys: vec!["id".into()],
            ..Query::one().on(class_name(head))
        });
    }
    let (table, (id, call)): (Box<str>, (CallId, &Call)) = if let Some((_, repository)) = chain.find(&["getRepository"])
    {
        (class_name(repository), chain.own().find(|(_, call)| is_repository_method(call.method()))?)
    } else {
        let stem = name
            .strip_suffix("Repository")
            .or_else(|| name.strip_suffix("repository"))
            .or_else(|| name.strip_suffix("Repo"))?;
        (stem.into(), chain.own().next().filter(|(_, call)| is_repository_method(call.method()))?)
    };
    let method = call.method();
    let query = match method {
        "find" | "findOneBy" | "findOrFail" => Query::one(),
        "count" => Query::number(),
        "findAll" => Query::list(),
        // The third argument is the limit.
        "findBy" => Query::list().bounded_if(call.argument(2).is_some() || call.named("limit").is_some()),
        "save" | "add" => Query::write(Action::Update),
        "remove" => Query::write(Action::Delete),
        _ if method.starts_with("findOneBy") => Query::one(),
        _ => Query::list(),
    };
    let by_key = method == "find";
    let query = Query { call: id, ..query.on(table) };
    Some(if by_key { Query { scope: Scope::Key, keys: vec!["id".into()], ..query } } else { query })
}

fn is_repository_method(method: &str) -> bool {
    matches!(method, "find" | "findAll" | "findBy" | "findOneBy" | "count")
        || ((method.starts_with("findBy") || method.starts_with("findOneBy")) && method.len() > 6)
}

/// `Order::class`
fn class_name(call: &Call) -> Box<str> {
    match call.argument(0) {
        Some(Value::Path(path)) => path.trim_end_matches(".class").rsplit(['.', '\\']).next().unwrap_or("").into(),
        Some(Value::Text(text)) => text.rsplit(['\\', ':']).next().unwrap_or(text).into(),
        _ => Box::default(),
    }
}

/// PDO, mysqli, Doctrine's connection, WordPress's `$wpdb`, Laravel's `DB::select`.
fn driver(chain: &Chain<'_>) -> Option<Query> {
    let file = chain.file;
    let (id, call) = chain.own().next()?;
    let (object, method) = (call.object(), call.method());
    if method == "execute" || method == "executeQuery" || method == "executeStatement" {
        // `$statement = $pdo->prepare("…"); $statement->execute([…]);`
        let prepared = chain.find(&["prepare"]).map(|(_, call)| call);
        let given = prepared.and_then(|call| sql_of(file, call)).or_else(|| sql_of(file, call)).and_then(of_sql);
        let (run, _) = chain.find_own(&["execute", "executeQuery", "executeStatement"])?;
        return given.map(|query| Query { call: run, ..query });
    }
    if method == "prepare" {
        let (run, _) = chain.find_own(&["execute"])?;
        return sql_of(file, call).and_then(of_sql).map(|query| Query { call: run, ..query });
    }
    let wpdb = last_name(object) == "wpdb";
    if wpdb {
        let table = || -> Box<str> {
            match call.argument(0) {
                Some(Value::Text(text)) => text.clone(),
                Some(Value::Path(path)) => last_name(path).into(),
                _ => Box::default(),
            }
        };
        let given = sql_of(file, call).and_then(of_sql);
        let query = match method {
            "get_results" | "get_col" => given.unwrap_or_else(|| Query { bounded: true, ..Query::list() }),
            "get_row" => Query { answer: Answer::One, ..given.unwrap_or_else(Query::one) },
            "get_var" => Query { answer: Answer::Number, ..given.unwrap_or_else(Query::number) },
            "insert" => Query::write(Action::Insert).on(table()),
            "update" | "replace" => Query::write(Action::Update).on(table()),
            "delete" => Query::write(Action::Delete).on(table()),
            "query" => given.unwrap_or_else(|| Query::write(Action::Update)),
            _ => return None,
        };
        return Some(Query { call: id, ..query });
    }
    let plain = matches!(method, "mysqli_query" | "pg_query" | "pg_query_params" | "mysql_query" | "sqlite_query");
    if plain
        || matches!(
            method,
            "query"
                | "exec"
                | "select"
                | "selectOne"
                | "insert"
                | "update"
                | "delete"
                | "statement"
                | "scalar"
                | "fetchAllAssociative"
                | "fetchAssociative"
                | "fetchOne"
                | "fetchAll"
        )
    {
        let given = super::sql_in(file, call).and_then(of_sql)?;
        let one = matches!(method, "selectOne" | "fetchAssociative" | "fetchOne" | "scalar")
            || chain.has(&["fetch", "fetch_assoc", "fetchColumn", "fetchObject"]);
        let answer = if one && given.answer == Answer::List { Answer::One } else { given.answer };
        return Some(Query { call: id, answer, ..given });
    }
    None
}

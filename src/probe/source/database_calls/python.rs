//! Queries of Python: Django, SQLAlchemy, SQLModel, peewee, Tortoise, asyncpg, psycopg, sqlite3, pymongo.

use super::chain::Chain;
use super::{Action, Answer, Query, Scope, is_capital, last_name, of_sql, sql_of};
use crate::probe::source::code::{Call, CallId, Value, root};
use crate::probe::source::facts::FileFacts;

/// The query that a chain of calls runs.
pub(super) fn query(chain: &Chain<'_>) -> Option<Query> {
    let found = shortcut(chain)
        .or_else(|| django(chain))
        .or_else(|| sqlalchemy(chain))
        .or_else(|| driver(chain))
        .or_else(|| peewee(chain))
        .or_else(|| pymongo(chain));
    found.map(|query| if query.call == 0 { Query { call: chain.first(), ..query } } else { query })
}

/// `get_object_or_404(Order, pk=pk)`.
fn shortcut(chain: &Chain<'_>) -> Option<Query> {
    let (id, call) = chain.own().next()?;
    let list = match call.method() {
        "get_object_or_404" | "aget_object_or_404" => false,
        "get_list_or_404" => true,
        _ => return None,
    };
    let table: Box<str> = match call.argument(0) {
        Some(Value::Path(path)) => root(path).into(),
        _ => Box::default(),
    };
    let query = if list { Query::list() } else { Query::one() };
    Some(Query { call: id, ..query.on(table) })
}

/// Methods of a query set that ask the database.
fn runs(method: &str) -> Option<Query> {
    let method = method.strip_prefix('a').filter(|rest| RUNS.contains(rest)).unwrap_or(method);
    Some(match method {
        "get" | "first" | "last" | "earliest" | "latest" | "get_or_none" => Query::one(),
        "count" | "exists" | "aggregate" => Query::number(),
        "create" | "bulk_create" => Query::write(Action::Insert),
        "get_or_create" | "update_or_create" | "update" | "bulk_update" => Query::write(Action::Update),
        "delete" => Query::write(Action::Delete),
        "in_bulk" => Query::list(),
        _ => return None,
    })
}

const RUNS: [&str; 14] = [
    "get",
    "first",
    "last",
    "earliest",
    "latest",
    "count",
    "exists",
    "aggregate",
    "create",
    "bulk_create",
    "get_or_create",
    "update_or_create",
    "update",
    "delete",
];

const LAZY: [&str; 18] = [
    "all",
    "filter",
    "exclude",
    "values_list",
    "values",
    "order_by",
    "select_related",
    "prefetch_related",
    "annotate",
    "distinct",
    "only",
    "defer",
    "select_for_update",
    "using",
    "reverse",
    "iterator",
    "union",
    "none",
];

/// Django: `Model.objects.filter(…).count()`, `author.book_set.count()`, `request.user.orders.filter()`.
fn django(chain: &Chain<'_>) -> Option<Query> {
    let head = chain.head()?;
    let object = head.object();
    let managed =
        object.ends_with(".objects") || object.contains(".objects.") || object.ends_with("_set") || object == "objects";
    let manager = last_name(object);
    let custom = object.contains('.')
        && is_capital(root(object))
        && chain.known.is_model(root(object))
        && !managed
        && manager.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let related = !managed
        && !custom
        && object.contains('.')
        && !matches!(object, "self.request" | "self.session")
        && matches!(
            head.method(),
            "filter" | "exclude" | "select_related" | "order_by" | "prefetch_related" | "get_or_create"
        )
        && chain.file.imports_any(|module| module.starts_with("django") || module.contains("models"));
    if !(managed || custom || related) {
        return None;
    }
    let scope = if related || object.ends_with("_set") { Scope::Parent } else { Scope::Everything };
    let table = if managed {
        object.split(".objects").next().map(last_name).unwrap_or("")
    } else if custom {
        root(object)
    } else {
        manager
    };
    let table = table.trim_end_matches("_set");
    let locks = chain.has(&["select_for_update"]);
    let (id, last) = chain.last()?;
    let finish = |query: Query, id: CallId| {
        let mut query = Query { call: id, locks, ..query.on(table) };
        query.scope = query.scope.max(scope);
        if scope == Scope::Parent {
            let found = super::filter::of_chain(chain);
            query.scope = found.scope.max(scope);
            query.keys = found.keys;
        }
        query
    };
    if let Some((id, query)) = chain.own().rev().find_map(|(id, call)| Some((id, runs(call.method())?))) {
        return Some(finish(query, id));
    }
    // A query set runs when something asks for its rows: only then does a chain count, and once.
    if LAZY.contains(&last.method()) && is_iterated(chain.file, id, last) {
        let bounded = chain.has(&["iterator", "none"]);
        return Some(finish(Query::list().bounded_if(bounded), id));
    }
    None
}

/// Whether the rows of a lazy query are asked for where it stands.
fn is_iterated(file: &FileFacts, id: CallId, call: &Call) -> bool {
    let asked = call.argument_of.and_then(|id| file.call(id)).is_some_and(|outer| {
        matches!(
            &*outer.callee,
            "list"
                | "len"
                | "set"
                | "sorted"
                | "bool"
                | "sum"
                | "max"
                | "min"
                | "Response"
                | "JsonResponse"
                | "jsonify"
                | "tuple"
                | "serialize"
                | "serializers.serialize"
                | "dict"
        ) || outer.named("many").is_some()
    });
    asked || file.loops.iter().any(|found| found.over == Value::Call(id))
}

/// SQLAlchemy: `session.query(User).filter(…).first()`, `User.query.get(id)`, `session.execute(select(User))`.
fn sqlalchemy(chain: &Chain<'_>) -> Option<Query> {
    let head = chain.head()?;
    let (object, first) = (head.object(), head.method());
    let alchemy = || {
        chain.file.imports_any(|module| {
            module.contains("sqlalchemy")
                || module.contains("sqlmodel")
                || module.contains("models")
                || module.contains("db")
                || module.contains("extensions")
                || module == "app"
        })
    };
    let of_session = first == "query"
        && matches!(last_name(object), "session" | "db" | "s" | "sess" | "db_session" | "Session()" | "dbsession");
    let of_model = (object.ends_with(".query") || object == "query") && !object.contains("request");
    if (of_session || of_model) && alchemy() {
        let table: Box<str> = if of_session {
            match head.argument(0) {
                Some(Value::Path(path)) => root(path).into(),
                _ => Box::default(),
            }
        } else {
            last_name(object.strip_suffix(".query").unwrap_or("")).into()
        };
        let (id, call) = chain.own().find(|(_, call)| {
            matches!(
                call.method(),
                "first"
                    | "all"
                    | "one"
                    | "one_or_none"
                    | "scalar"
                    | "count"
                    | "get"
                    | "get_or_404"
                    | "first_or_404"
                    | "delete"
                    | "update"
                    | "paginate"
                    | "exists"
                    | "yield_per"
                    | "one_or_404"
            )
        })?;
        let query = match call.method() {
            "all" => Query::list().bounded_if(chain.has(&["limit", "slice", "paginate"])),
            "paginate" | "yield_per" => Query::list().bounded_if(true),
            "count" | "exists" => Query::number(),
            "scalar" => Query::number(),
            "delete" => Query::write(Action::Delete),
            "update" => Query::write(Action::Update),
            _ => Query::one(),
        };
        let by_key = matches!(call.method(), "get" | "get_or_404");
        let locks = chain.has(&["with_for_update"]);
        let query = Query { call: id, locks, ..query.on(table) };
        return Some(if by_key { Query { scope: Scope::Key, keys: vec!["id".into()], ..query } } else { query });
    }
    let session = matches!(last_name(object), "session" | "db_session" | "sess" | "db")
        && (object.contains("session") || alchemy());
    if !session {
        return None;
    }
    let id = chain.first();
    match first {
        "execute" | "scalars" | "scalar" | "exec" => selected(chain, id, head),
        "get" | "get_one"
            if chain.file.imports_any(|module| module.contains("sqlalchemy") || module.contains("sqlmodel")) =>
        {
            let table = match head.argument(0) {
                Some(Value::Path(path)) => last_name(path),
                _ => return None,
            };
            (head.arguments.len() >= 2).then(|| Query {
                call: id,
                scope: Scope::Key,
                keys: vec!["id".into()],
                ..Query::one().on(table)
            })
        }
        "commit" if object.contains("session") || alchemy() => {
            Some(Query { call: id, flushes: true, scope: Scope::Key, ..Query::write(Action::Update) })
        }
        _ => None,
    }
}

/// `session.execute(select(User).where(…)).scalars().all()`, and SQL in `text("…")`.
fn selected(chain: &Chain<'_>, id: CallId, call: &Call) -> Option<Query> {
    let file = chain.file;
    if let Some(query) = sql_of(file, call).and_then(of_sql) {
        return Some(Query { call: id, ..fetched(chain, query) });
    }
    let given = call.argument(0).map(|value| file.resolved(value, call.function));
    let mut query = Query { bounded: true, scope: Scope::Filtered, ..Query::list() };
    if let Some(Value::Call(last)) = given {
        // The statement's own chain, from its end to its beginning.
        let (mut next, mut keys, mut narrows, mut bounded) = (Some(*last), Vec::new(), false, false);
        let mut steps = 0;
        while let Some(inner) = next.and_then(|id| file.call(id)) {
            steps += 1;
            if steps > 40 {
                break;
            }
            match inner.method() {
                "where" | "filter" | "filter_by" => {
                    narrows = true;
                    for argument in &inner.arguments {
                        match &argument.name {
                            Some(name) => keys.push(name.clone()),
                            None => super::filter::columns(file, &argument.value, &mut keys, 0),
                        }
                    }
                }
                "limit" | "fetch" | "slice" => bounded = true,
                "with_for_update" => query.locks = true,
                "select" | "insert" | "update" | "delete" if inner.receiver.is_none() => {
                    query.action = match inner.method() {
                        "insert" => Action::Insert,
                        "update" => Action::Update,
                        "delete" => Action::Delete,
                        _ => Action::Read,
                    };
                    match inner.argument(0) {
                        Some(Value::Path(path)) => query.table = root(path).into(),
                        Some(Value::Call(_)) => query.answer = Answer::Number,
                        _ => {}
                    }
                }
                _ => {}
            }
            next = inner.receiver;
        }
        let found = super::filter::finish(keys, narrows);
        (query.scope, query.keys, query.bounded) = (found.scope, found.keys, bounded || query.table.is_empty());
    }
    Some(Query { call: id, ..fetched(chain, query) })
}

/// What is made of the rows of an answer.
fn fetched(chain: &Chain<'_>, query: Query) -> Query {
    let one = [
        "scalar",
        "scalar_one",
        "scalar_one_or_none",
        "first",
        "one",
        "one_or_none",
        "fetchone",
        "fetchrow",
        "fetchval",
        "fetch_one",
    ];
    let one = chain.has(&one) || chain.head().is_some_and(|head| one.contains(&head.method()));
    let answer = if one && query.answer == Answer::List { Answer::One } else { query.answer };
    Query { answer, bounded: query.bounded || chain.has(&["fetchmany", "partitions", "yield_per"]), ..query }
}

/// `cursor.execute(sql)`, `await conn.fetch(sql)`.
fn driver(chain: &Chain<'_>) -> Option<Query> {
    let (id, call) = chain.own().next()?;
    let (object, method) = (call.object(), call.method());
    if !matches!(
        method,
        "execute"
            | "scalar"
            | "scalars"
            | "fetch"
            | "fetchrow"
            | "fetchval"
            | "fetch_all"
            | "fetch_one"
            | "query"
            | "raw"
            | "read_sql"
    ) {
        return None;
    }
    let given = sql_of(chain.file, call).and_then(of_sql);
    if let Some(query) = given {
        return Some(Query { call: id, ..fetched(chain, query) });
    }
    let known = matches!(last_name(object), "session" | "cursor" | "conn" | "connection" | "cur" | "database" | "db")
        && matches!(method, "execute" | "scalar" | "scalars")
        && !matches!(call.argument(0), None | Some(Value::Text(_) | Value::Template(_)));
    known.then(|| Query { call: id, bounded: true, scope: Scope::Filtered, ..Query::list() })
}

/// peewee's and Tortoise's models: `User.select().where(…)`, `await User.filter(…).all()`, `User.get_or_none()`.
fn peewee(chain: &Chain<'_>) -> Option<Query> {
    let head = chain.head()?;
    let model = head.object();
    let library = chain.file.imports_any(|module| {
        ["peewee", "tortoise", "models", "beanie", "mongoengine", "ormar"].iter().any(|name| module.contains(name))
    });
    if !(is_capital(model) && !model.contains('.') && chain.known.is_model(model) && library) {
        return None;
    }
    let id = chain.first();
    let query = match head.method() {
        "get_or_none" | "get_by_id" | "get" | "find_one" | "first" => Query::one(),
        "create" | "insert" | "insert_many" | "bulk_create" => Query::write(Action::Insert),
        "update" | "get_or_create" | "update_or_create" => Query::write(Action::Update),
        "select" | "all" | "filter" | "find" | "find_all" | "exclude" => {
            let last = chain.methods().next_back().unwrap_or("");
            match last {
                "get" | "first" | "get_or_none" | "first_or_none" => Query::one(),
                "count" | "exists" | "scalar" => Query::number(),
                "delete" => Query::write(Action::Delete),
                "update" => Query::write(Action::Update),
                _ => Query::list().bounded_if(chain.has(&["limit", "paginate", "iterator"])),
            }
        }
        _ => return None,
    };
    Some(Query { call: id, ..query.on(model) })
}

/// `db.users.find({...})`, `await collection.find_one()`.
fn pymongo(chain: &Chain<'_>) -> Option<Query> {
    let (id, call) = chain.own().next()?;
    let object = call.object();
    let library = chain.file.imports_any(|module| module.contains("mongo") || module.contains("motor"));
    let collection = last_name(object);
    if !(library && (object.contains('.') || collection.contains("collection") || object.ends_with("[]"))) {
        // A collection that lives in another module: the method's name is telling enough.
        if !matches!(
            call.method(),
            "find_one"
                | "insert_one"
                | "update_one"
                | "delete_one"
                | "find_one_and_update"
                | "insert_many"
                | "update_many"
                | "count_documents"
        ) {
            return None;
        }
    }
    let query = match call.method() {
        "find" => Query::list().bounded_if(chain.has(&["limit"]) || call.named("limit").is_some()),
        "find_one" => Query::one(),
        "count_documents" | "estimated_document_count" | "aggregate" | "distinct" => Query::number(),
        "insert_one" | "insert_many" => Query::write(Action::Insert),
        "update_one" | "update_many" | "find_one_and_update" | "replace_one" | "bulk_write" => {
            Query::write(Action::Update)
        }
        "delete_one" | "delete_many" | "find_one_and_delete" => Query::write(Action::Delete),
        _ => return None,
    };
    Some(Query { call: id, ..query.on(collection) })
}

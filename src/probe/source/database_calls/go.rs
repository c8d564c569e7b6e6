//! Queries of Go: database/sql, sqlx, pgx, GORM, ent, bun, and what sqlc makes.

use super::chain::Chain;
use super::{Action, Answer, Query, Scope, last_name, of_sql, sql_in};
use crate::probe::source::code::Value;

/// The query that a chain of calls runs.
pub(super) fn query(chain: &Chain<'_>) -> Option<Query> {
    driver(chain).or_else(|| gorm(chain)).or_else(|| ent(chain)).or_else(|| bun(chain)).or_else(|| sqlc(chain))
}

/// `db.QueryContext(ctx, "…")`, `pool.QueryRow(ctx, "…")`, `db.Select(&users, "…")`.
fn driver(chain: &Chain<'_>) -> Option<Query> {
    let (id, call) = chain.own().next()?;
    let method = call.method();
    let one = matches!(
        method,
        "QueryRow" | "QueryRowContext" | "QueryRowx" | "QueryRowxContext" | "Get" | "GetContext" | "NamedGet"
    );
    let list = matches!(
        method,
        "Query"
            | "QueryContext"
            | "Queryx"
            | "QueryxContext"
            | "Select"
            | "SelectContext"
            | "NamedQuery"
            | "NamedQueryContext"
    );
    let runs =
        matches!(method, "Exec" | "ExecContext" | "MustExec" | "NamedExec" | "NamedExecContext" | "MustExecContext");
    // GORM sends SQL through `Raw` and `Exec`.
    let raw = method == "Raw";
    if !(one || list || runs || raw) {
        return None;
    }
    if let Some(given) = sql_in(chain.file, call).and_then(of_sql) {
        let answer = if one && given.answer == Answer::List { Answer::One } else { given.answer };
        return Some(Query { call: id, answer, ..given });
    }
    let database = is_database_name(call.object());
    let dynamic = database && !raw && !call.arguments.is_empty() && chain.file.imports_any(is_sql);
    dynamic.then(|| {
        let query = if runs {
            Query::write(Action::Update)
        } else if one {
            Query::one()
        } else {
            Query::list()
        };
        Query { call: id, bounded: true, scope: Scope::Filtered, ..query }
    })
}

fn is_sql(module: &str) -> bool {
    module == "database/sql" || module.contains("sqlx") || module.contains("pgx")
}

fn is_database_name(object: &str) -> bool {
    let lower = last_name(object).to_ascii_lowercase();
    matches!(
        &*lower,
        "db" | "tx" | "conn" | "pool" | "dbx" | "database" | "sqldb" | "pgpool" | "stmt" | "dbpool" | "q" | "querier"
    ) || lower.ends_with("db")
}

fn imports_gorm(chain: &Chain<'_>) -> bool {
    chain.file.imports_any(|module| module.contains("gorm") || module.contains("xorm"))
}

/// `db.Where("user_id = ?", id).Find(&orders)`
fn gorm(chain: &Chain<'_>) -> Option<Query> {
    let head = chain.head()?;
    let named = {
        let lower = last_name(head.object()).to_ascii_lowercase();
        matches!(&*lower, "db" | "tx" | "gormdb" | "conn" | "database" | "orm" | "query" | "q")
            || lower.ends_with("db")
            || lower.ends_with("db()")
    };
    let telling = chain.has(&[
        "Where",
        "Model",
        "Preload",
        "Joins",
        "WithContext",
        "Table",
        "Order",
        "Debug",
        "Unscoped",
        "Clauses",
        "Scopes",
    ]);
    if !(named && (imports_gorm(chain) || telling)) {
        return None;
    }
    let (id, call) = chain.own().find(|(_, call)| {
        matches!(
            call.method(),
            "Find"
                | "First"
                | "Take"
                | "Last"
                | "Scan"
                | "Pluck"
                | "Count"
                | "Create"
                | "Save"
                | "Update"
                | "Updates"
                | "UpdateColumn"
                | "UpdateColumns"
                | "Delete"
                | "FirstOrCreate"
                | "FindInBatches"
                | "CreateInBatches"
                | "Rows"
                | "FirstOrInit"
        )
    })?;
    let method = call.method();
    if !(imports_gorm(chain)
        || matches!(
            call.argument(0),
            Some(Value::Path(_) | Value::Computed(_) | Value::Call(_) | Value::Object(_) | Value::Unknown)
        ))
    {
        return None;
    }
    let query = match method {
        "Find" | "Scan" | "Pluck" | "Rows" => {
            Query::list().bounded_if(chain.has(&["Limit", "Paginate", "Scopes", "Group"]))
        }
        "FindInBatches" => Query::list().bounded_if(true),
        "Count" => Query::number(),
        "Create" | "CreateInBatches" => Query::write(Action::Insert),
        "Save" | "Update" | "Updates" | "UpdateColumn" | "UpdateColumns" | "FirstOrCreate" => {
            Query::write(Action::Update)
        }
        "Delete" => Query::write(Action::Delete),
        _ => Query::one(),
    };
    let table: Box<str> = chain
        .find(&["Model", "Table"])
        .and_then(|(_, call)| call.argument(0).map(name_of))
        .or_else(|| call.argument(0).map(name_of))
        .unwrap_or_default();
    let locks = chain.has(&["Clauses"]);
    let mut query = Query { call: id, locks, ..query.on(table) };
    // `db.First(&user, id)`: what follows the target is the condition.
    if matches!(method, "First" | "Take" | "Last" | "Find" | "Delete")
        && let Some(condition) = call.argument(1)
    {
        let mut keys = Vec::new();
        match condition {
            Value::Text(_) => super::filter::columns(chain.file, condition, &mut keys, 0),
            _ => keys.push("id".into()),
        }
        let found = super::filter::finish(keys, true);
        (query.scope, query.keys) = (found.scope, found.keys);
    } else {
        let mut keys = Vec::new();
        let mut narrows = false;
        for (_, inner) in chain.calls().filter(|(_, call)| matches!(call.method(), "Where" | "And")) {
            narrows = true;
            if let Some(condition) = inner.argument(0) {
                super::filter::columns(chain.file, condition, &mut keys, 0);
            }
        }
        let found = super::filter::finish(keys, narrows);
        (query.scope, query.keys) = (found.scope, found.keys);
        query.scope = if query.scope == Scope::Everything && chain.has(&["Association", "Joins", "Scopes"]) {
            Scope::Parent
        } else {
            query.scope
        };
        if query.scope == Scope::Everything && method == "Save" {
            query.scope = Scope::Key;
        }
    }
    Some(query)
}

/// `&orders`, `&User{}`, `"users"`
fn name_of(value: &Value) -> Box<str> {
    match value {
        Value::Path(path) => path.trim_start_matches('&').rsplit('.').next().unwrap_or(path).into(),
        Value::Text(text) => text.clone(),
        Value::Computed(values) | Value::Array(values) => values.first().map(name_of).unwrap_or_default(),
        _ => Box::default(),
    }
}

/// `client.User.Query().Where(…).All(ctx)`
fn ent(chain: &Chain<'_>) -> Option<Query> {
    let head = chain.head()?;
    let (client, entity) = head.object().rsplit_once('.')?;
    let is_client = matches!(last_name(client), "client" | "ent" | "tx" | "Client" | "entClient" | "db");
    if !(is_client && super::is_capital(entity)) {
        return None;
    }
    let query = match head.method() {
        "Query" => {
            let (id, call) = chain.own().find(|(_, call)| {
                matches!(
                    call.method(),
                    "All"
                        | "AllX"
                        | "Only"
                        | "OnlyX"
                        | "First"
                        | "FirstX"
                        | "Count"
                        | "Exist"
                        | "IDs"
                        | "CountX"
                        | "OnlyID"
                )
            })?;
            let query = match call.method() {
                "All" | "AllX" | "IDs" => Query::list().bounded_if(chain.has(&["Limit"])),
                "Count" | "Exist" | "CountX" => Query::number(),
                _ => Query::one(),
            };
            let scope = if chain.has(&["Where"]) { Scope::Filtered } else { Scope::Everything };
            return Some(Query { call: id, scope, ..query.on(entity) });
        }
        "Get" | "GetX" => Query { scope: Scope::Key, keys: vec!["id".into()], ..Query::one() },
        "Create" | "CreateBulk" => Query::write(Action::Insert),
        "Update" | "UpdateOne" | "UpdateOneID" => Query::write(Action::Update),
        "Delete" | "DeleteOne" | "DeleteOneID" => Query::write(Action::Delete),
        _ => return None,
    };
    let runs = matches!(head.method(), "Get" | "GetX") || chain.has(&["Save", "SaveX", "Exec", "ExecX"]);
    runs.then(|| Query { call: chain.first(), ..query.on(entity) })
}

/// `db.NewSelect().Model(&users).Scan(ctx)`
fn bun(chain: &Chain<'_>) -> Option<Query> {
    let head = chain.head()?;
    let table = chain.find(&["Model", "Table"]).and_then(|(_, call)| call.argument(0).map(name_of)).unwrap_or_default();
    let runs = chain.has(&["Scan", "Exec", "Count", "Exists", "ScanAndCount", "Rows"]);
    let query = match head.method() {
        "NewSelect" if chain.has(&["Count", "Exists"]) => Query::number(),
        "NewSelect" => Query::list().bounded_if(chain.has(&["Limit"])),
        "NewInsert" => Query::write(Action::Insert),
        "NewUpdate" => Query::write(Action::Update),
        "NewDelete" => Query::write(Action::Delete),
        _ => return None,
    };
    let one = chain.has(&["WherePK"]);
    let query = Query { call: chain.first(), locks: chain.has(&["For"]), ..query.on(table) };
    let mut keys = Vec::new();
    for (_, call) in chain.calls().filter(|(_, call)| call.method() == "Where") {
        if let Some(condition) = call.argument(0) {
            super::filter::columns(chain.file, condition, &mut keys, 0);
        }
    }
    let narrows = !keys.is_empty();
    let found = super::filter::finish(keys, narrows);
    runs.then_some(Query { scope: if one { Scope::Key } else { found.scope }, keys: found.keys, ..query })
}

/// `q.GetUser(ctx, id)`, `store.Queries.ListOrders(ctx)`: functions that sqlc made from a query.
fn sqlc(chain: &Chain<'_>) -> Option<Query> {
    let (id, call) = chain.own().next()?;
    let object = last_name(call.object()).to_ascii_lowercase();
    if !(matches!(&*object, "queries" | "q" | "qtx") || object.ends_with("queries")) {
        return None;
    }
    if !call.arguments.first().is_some_and(|first| {
        first.value.path().is_some_and(|path| path.contains("ctx") || path.contains("ontext"))
            || matches!(first.value, Value::Call(_))
    }) {
        return None;
    }
    let method = call.method();
    let parameters = call.arguments.len().saturating_sub(1);
    let strip =
        |prefix: &str| method.strip_prefix(prefix).filter(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    let query = if let Some(rest) = strip("List").or_else(|| strip("GetAll")) {
        Query::list().on(rest).bounded_if(parameters > 0)
    } else if let Some(rest) = strip("Get").or_else(|| strip("Find")) {
        Query::one().on(rest)
    } else if let Some(rest) = strip("Count") {
        Query::number().on(rest)
    } else if let Some(rest) = strip("Create").or_else(|| strip("Insert")) {
        Query::write(Action::Insert).on(rest)
    } else if let Some(rest) = strip("Update").or_else(|| strip("Upsert")) {
        Query::write(Action::Update).on(rest)
    } else if let Some(rest) = strip("Delete") {
        Query::write(Action::Delete).on(rest)
    } else {
        return None;
    };
    let scope = if parameters > 0 { Scope::Parent } else { Scope::Everything };
    Some(Query { call: id, scope, ..query })
}

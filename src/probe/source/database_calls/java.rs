//! Queries of Java: Spring Data, JPA and Hibernate, JdbcTemplate, JDBC, MyBatis, jOOQ.

use super::chain::Chain;
use super::{Action, Answer, Query, Scope, last_name, of_sql, sql_of, whole_text};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::FileFacts;

/// The query that a chain of calls runs.
pub(super) fn query(chain: &Chain<'_>) -> Option<Query> {
    template(chain)
        .or_else(|| entity_manager(chain))
        .or_else(|| jooq(chain))
        .or_else(|| repository(chain))
        .or_else(|| jdbc(chain))
}

/// The type that the class around the call gives to what it is made on.
fn type_of<'f>(file: &'f FileFacts, call: &Call) -> &'f str {
    let name = call.object();
    let name = name.strip_prefix("this.").unwrap_or(name);
    if name.is_empty() || name.contains(['.', '(']) {
        return "";
    }
    for (_, function) in file.enclosing(call.function) {
        let own = function.parameters.iter().find(|p| p.names.iter().any(|(bound, _)| **bound == *name));
        if let Some(parameter) = own {
            return &parameter.annotation;
        }
        let class = function.class.as_deref().and_then(|class| file.classes.iter().find(|found| *found.name == *class));
        if let Some((_, kind)) = class.and_then(|class| class.fields.iter().find(|(field, _)| **field == *name)) {
            return kind;
        }
    }
    ""
}

/// `orderRepository.findByCustomerId(id)`, a MyBatis mapper's methods.
fn repository(chain: &Chain<'_>) -> Option<Query> {
    let (id, call) = chain.own().next()?;
    let name = last_name(call.object());
    let kind = type_of(chain.file, call);
    let kind = kind.split('<').next().unwrap_or(kind);
    let stem = |text: &str| {
        ["Repository", "Dao", "DAO", "Repo", "Mapper"].iter().find_map(|end| text.strip_suffix(end).map(str::to_owned))
    };
    let table = stem(kind).or_else(|| stem(name))?;
    let mapper = kind.ends_with("Mapper") || name.ends_with("Mapper");
    if (mapper
        && !chain
            .file
            .imports_any(|module| module.contains("mapper") || module.contains("ibatis") || module.contains("dao")))
        || table == "Object"
        || table == "object"
    {
        return None;
    }
    let method = call.method();
    let pageable = || {
        call.arguments.iter().any(|argument| match &argument.value {
            Value::Path(path) => {
                let lower = path.to_ascii_lowercase();
                lower.contains("page") || lower.contains("limit") || lower.contains("sort") && lower.contains("page")
            }
            Value::Call(id) => chain
                .file
                .call(*id)
                .is_some_and(|inner| inner.callee.contains("Page") || inner.callee.contains("Limit")),
            _ => false,
        })
    };
    let derived = [
        "findAllBy",
        "findBy",
        "getBy",
        "readBy",
        "queryBy",
        "streamBy",
        "findDistinctBy",
        "findOneBy",
        "selectBy",
        "getAllBy",
    ]
    .iter()
    .find_map(|prefix| method.strip_prefix(prefix))
    .filter(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    let first = ["findFirst", "findTop", "findOne"]
        .iter()
        .any(|prefix| method.starts_with(prefix) && method.len() > prefix.len());
    let query = if let Some(columns) = derived {
        let keys: Vec<Box<str>> = columns
            .split("OrderBy")
            .next()
            .unwrap_or(columns)
            .split("And")
            .filter(|column| !column.is_empty())
            .map(|column| uncapitalised(column.trim_end_matches("In").trim_end_matches("IgnoreCase")))
            .collect();
        let partial = columns.contains("Containing") || columns.contains("Like") || columns.contains("StartingWith");
        let found = super::filter::finish(keys, true);
        let by_key = found.scope == Scope::Key && !partial && !method.starts_with("findAll");
        let query =
            if by_key { Query::one() } else { Query::list().bounded_if(pageable() || columns.starts_with("Top")) };
        Query { scope: found.scope, keys: found.keys, ..query }
    } else if first {
        Query { scope: Scope::Filtered, ..Query::one() }
    } else {
        match method {
            "findAll" | "selectAll" | "getAll" | "list" | "selectList" => {
                let scope = if call.arguments.is_empty() || pageable() { Scope::Everything } else { Scope::Filtered };
                Query { scope, ..Query::list().bounded_if(pageable()) }
            }
            "findAllById" => Query { bounded: true, scope: Scope::Key, ..Query::list() },
            "findById" | "getById" | "getReferenceById" | "getOne" | "selectById" | "selectByPrimaryKey"
            | "findOne" | "get" => {
                if method == "get" && call.arguments.is_empty() {
                    return None;
                }
                Query { scope: Scope::Key, keys: vec!["id".into()], ..Query::one() }
            }
            "count" | "existsById" | "exists" => Query::number(),
            "save" | "saveAndFlush" | "saveAll" | "update" | "updateById" | "merge" => Query::write(Action::Update),
            "insert" | "insertSelective" | "persist" => Query::write(Action::Insert),
            "delete" | "deleteById" | "deleteAll" | "deleteAllById" | "remove" => Query::write(Action::Delete),
            _ if method.starts_with("existsBy") || method.starts_with("countBy") => {
                let columns = method.trim_start_matches("existsBy").trim_start_matches("countBy");
                let keys = columns.split("And").map(uncapitalised).collect();
                let found = super::filter::finish(keys, true);
                Query { scope: found.scope, keys: found.keys, ..Query::number() }
            }
            _ if method.starts_with("deleteBy") || method.starts_with("removeBy") => Query::write(Action::Delete),
            _ => return None,
        }
    };
    Some(Query { call: id, ..query.on(capitalised(&table)) })
}

fn uncapitalised(name: &str) -> Box<str> {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + chars.as_str()).into()
}

fn capitalised(name: &str) -> Box<str> {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str()).into()
}

/// `jdbcTemplate.query("…", mapper)`
fn template(chain: &Chain<'_>) -> Option<Query> {
    let (id, call) = chain.own().next()?;
    let lower = last_name(call.object()).to_ascii_lowercase();
    if !(lower.contains("jdbc") || lower.contains("template") || lower == "jdbcclient") {
        return None;
    }
    let given = sql_of(chain.file, call).and_then(of_sql);
    let one = matches!(call.method(), "queryForObject" | "queryForMap" | "queryForRowSet");
    let known = matches!(
        call.method(),
        "query"
            | "queryForList"
            | "queryForObject"
            | "queryForMap"
            | "update"
            | "batchUpdate"
            | "queryForStream"
            | "execute"
            | "sql"
    );
    let query = given.filter(|_| known)?;
    let answer = if one && query.answer == Answer::List { Answer::One } else { query.answer };
    Some(Query { call: id, answer, bounded: query.bounded || call.method() == "queryForStream", ..query })
}

fn is_manager(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    matches!(
        &*lower,
        "em" | "entitymanager"
            | "session"
            | "currentsession"
            | "getcurrentsession()"
            | "getentitymanager()"
            | "manager"
    ) || lower.ends_with("entitymanager")
}

/// `entityManager.createQuery("…").setMaxResults(10).getResultList()`, `em.find(Order.class, id)`.
fn entity_manager(chain: &Chain<'_>) -> Option<Query> {
    let head = chain.head()?;
    if !is_manager(last_name(head.object())) && !chain.has(&["getResultList", "getSingleResult"]) {
        return None;
    }
    if let Some((id, call)) = chain.find_own(&[
        "getResultList",
        "list",
        "getResultStream",
        "getSingleResult",
        "uniqueResult",
        "executeUpdate",
        "getSingleResultOrNull",
    ]) {
        let text = chain
            .calls()
            .find_map(|(_, call)| {
                call.arguments.iter().find_map(|a| whole_text(chain.file.resolved(&a.value, call.function)))
            })
            .unwrap_or_default();
        let lower = text.to_ascii_lowercase();
        // JPQL may leave SELECT out.
        let as_sql = if lower.trim_start().starts_with("from ") { format!("SELECT * {text}") } else { text };
        let mut query = super::Statement::read(&as_sql)
            .map_or_else(|| Query { bounded: true, scope: Scope::Filtered, ..Query::list() }, super::Statement::query);
        match call.method() {
            "getSingleResult" | "uniqueResult" | "getSingleResultOrNull" if query.answer == Answer::List => {
                query.answer = Answer::One
            }
            "getResultStream" => query.bounded = true,
            _ => {}
        }
        let locks = chain.has(&["setLockMode"]);
        return Some(Query { call: id, locks, ..query.bounded_if(chain.has(&["setMaxResults"])) });
    }
    let id = chain.first();
    let table: Box<str> = match head.argument(0) {
        Some(Value::Path(path)) => path.trim_end_matches(".class").rsplit('.').next().unwrap_or("").into(),
        _ => Box::default(),
    };
    let query = match head.method() {
        "find" if head.arguments.len() >= 2 => {
            let locks = head.arguments.len() > 2;
            Query { scope: Scope::Key, keys: vec!["id".into()], locks, ..Query::one().on(table) }
        }
        "persist" | "save" => Query { scope: Scope::Key, ..Query::write(Action::Insert) },
        "merge" | "saveOrUpdate" | "update" => Query { scope: Scope::Key, ..Query::write(Action::Update) },
        "remove" | "delete" => Query { scope: Scope::Key, ..Query::write(Action::Delete) },
        _ => return None,
    };
    Some(Query { call: id, ..query })
}

/// `dsl.selectFrom(ORDERS).where(ORDERS.USER_ID.eq(id)).fetch()`
fn jooq(chain: &Chain<'_>) -> Option<Query> {
    let head = chain.head()?;
    let lower = last_name(head.object()).to_ascii_lowercase();
    if !matches!(&*lower, "dsl" | "create" | "ctx" | "dslcontext" | "jooq" | "context") {
        return None;
    }
    let (id, call) = chain.find_own(&[
        "fetch",
        "fetchOne",
        "fetchInto",
        "fetchAny",
        "fetchOptional",
        "execute",
        "fetchSingle",
        "fetchStream",
        "fetchOneInto",
        "fetchCount",
    ])?;
    let (_, named) = chain.find(&["selectFrom", "from", "insertInto", "update", "deleteFrom"])?;
    let table = match named.argument(0) {
        Some(Value::Path(path)) => last_name(path),
        _ => "",
    };
    let query = match named.method() {
        "insertInto" => Query::write(Action::Insert),
        "update" => Query::write(Action::Update),
        "deleteFrom" => Query::write(Action::Delete),
        _ if matches!(call.method(), "fetch" | "fetchInto") && !chain.has(&["selectCount"]) => {
            Query::list().bounded_if(chain.has(&["limit"]))
        }
        _ => Query::one(),
    };
    let narrows = chain.has(&["where", "and"]);
    let scope = if narrows { Scope::Parent } else { Scope::Everything };
    Some(Query { call: id, scope, locks: chain.has(&["forUpdate"]), ..query.on(table) })
}

/// `statement.executeQuery("…")`, `connection.prepareStatement("…")` and `statement.executeQuery()`.
fn jdbc(chain: &Chain<'_>) -> Option<Query> {
    let (id, call) = chain.find_own(&["executeQuery", "executeUpdate", "execute"])?;
    if let Some(query) = sql_of(chain.file, call).and_then(of_sql) {
        return Some(Query { call: id, ..query });
    }
    let (_, prepared) = chain.find(&["prepareStatement", "prepareCall"])?;
    let query = sql_of(chain.file, prepared).and_then(of_sql)?;
    Some(Query { call: id, ..query })
}

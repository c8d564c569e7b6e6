//! Calls that send the text of a query, or a piece of one, by the drivers and mappers of each language.

use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{FileFacts, Language};

/// What a call makes of the text that it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// A whole statement. The call may be something else, so that the text must look like one.
    Statement,
    /// A piece of SQL, whatever it looks like.
    Piece,
    /// A piece of SQL where it is put together; a plain value means something else.
    PieceIfPutTogether,
}

/// The text that `call` is given.
pub(super) fn takes<'f>(file: &'f FileFacts, call: &'f Call) -> Option<(&'f Value, Takes)> {
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => ecma(file, call),
        Language::Python => python(file, call),
        Language::Php => php(call),
        Language::Go => go(call),
        Language::Ruby => ruby(call),
        Language::Java => java(call),
        Language::Template => None,
    }
}

fn text(call: &Call, place: usize, how: Takes) -> Option<(&Value, Takes)> {
    let value = call.argument(place)?;
    let value = value.get("text").or_else(|| value.get("sql")).unwrap_or(value);
    (!matches!(value, Value::Object(_) | Value::Array(_) | Value::Function(_) | Value::Number(_)))
        .then_some((value, how))
}

fn ecma<'f>(file: &FileFacts, call: &'f Call) -> Option<(&'f Value, Takes)> {
    match call.method() {
        "query" | "execute" | "exec" | "prepare" | "all" | "get" | "run" | "each" | "any" | "one" | "none" | "many"
        | "manyOrNone" | "oneOrNone" | "fetch" | "raw" | "text" | "literal" | "unsafe" | "queryRaw" | "executeSql" => {
            text(call, 0, Takes::Statement)
        }
        "$queryRawUnsafe" | "$executeRawUnsafe" | "queryRawUnsafe" | "whereRaw" | "orWhereRaw" | "andWhereRaw"
        | "orderByRaw" | "havingRaw" | "selectRaw" | "joinRaw" | "groupByRaw" | "fromRaw" => {
            text(call, 0, Takes::Piece)
        }
        "where" | "andWhere" | "orWhere" | "having" | "andHaving" | "orderBy" | "addOrderBy" => {
            let builder = call.callee.contains("createQueryBuilder")
                || (matches!(call.root(), "qb" | "query" | "builder" | "queryBuilder")
                    && file.imports_any(|module| matches!(module, "typeorm" | "@nestjs/typeorm")));
            builder.then(|| text(call, 0, Takes::PieceIfPutTogether))?
        }
        _ => None,
    }
}

fn python<'f>(file: &FileFacts, call: &'f Call) -> Option<(&'f Value, Takes)> {
    // `.order_by(text(sort))`
    let given_to = || call.argument_of.and_then(|id| file.call(id)).map_or("", Call::method);
    let is_piece = || matches!(given_to(), "where" | "filter" | "order_by" | "having" | "group_by");
    match call.method() {
        "text" if is_piece() => text(call, 0, Takes::Piece),
        "execute" | "executemany" | "executescript" | "exec" | "fetch" | "fetchrow" | "fetchval" | "fetch_all"
        | "fetch_one" | "read_sql" | "read_sql_query" | "text" | "raw" | "query" | "exec_driver_sql" | "mogrify" => {
            text(call, 0, Takes::Statement)
        }
        "RawSQL" => text(call, 0, Takes::Piece),
        // `extra(where=[f"…"])`
        "extra" => ["where", "select", "order_by", "tables"]
            .iter()
            .find_map(|name| match call.named(name) {
                Some(Value::Array(items)) => items.iter().find(|item| matches!(item, Value::Template(_))),
                Some(Value::Object(pairs)) => {
                    pairs.iter().map(|(_, value)| value).find(|value| matches!(value, Value::Template(_)))
                }
                _ => None,
            })
            .map(|value| (value, Takes::Piece)),
        _ => None,
    }
}

fn php(call: &Call) -> Option<(&Value, Takes)> {
    match &*call.callee {
        "mysqli_query" | "pg_query" | "mysqli_multi_query" | "mysqli_prepare" | "pg_send_query" => {
            return text(call, 1, Takes::Statement);
        }
        "mysql_query" | "sqlite_query" | "mssql_query" => return text(call, 0, Takes::Statement),
        "DB.raw" | "DB.select" | "DB.insert" | "DB.update" | "DB.delete" | "DB.statement" | "DB.unprepared"
        | "DB.selectOne" => {
            return text(call, 0, Takes::PieceIfPutTogether);
        }
        _ => {}
    }
    match call.method() {
        "whereRaw" | "orWhereRaw" | "orderByRaw" | "havingRaw" | "selectRaw" | "groupByRaw" | "fromRaw" => {
            text(call, 0, Takes::Piece)
        }
        "query"
        | "exec"
        | "prepare"
        | "multi_query"
        | "real_query"
        | "executeQuery"
        | "executeStatement"
        | "fetchAll"
        | "fetchAssociative"
        | "fetchAllAssociative"
        | "get_results"
        | "get_row"
        | "get_var"
        | "createQuery"
        | "raw"
        | "createNativeQuery" => text(call, 0, Takes::Statement),
        _ => None,
    }
}

fn go(call: &Call) -> Option<(&Value, Takes)> {
    match call.method() {
        "Query" | "QueryRow" | "Exec" | "Prepare" | "Queryx" | "QueryRowx" | "MustExec" | "NamedExec"
        | "NamedQuery" | "Raw" => {
            // Drivers such as pgx take the context first.
            let context = matches!(call.argument(0), Some(Value::Path(path)) if is_context(path))
                || matches!(call.argument(0), Some(Value::Call(_)))
                    && call.arguments.len() > 1
                    && !is_text(call.argument(0));
            text(call, usize::from(context), Takes::Statement)
        }
        "QueryContext" | "QueryRowContext" | "ExecContext" | "PrepareContext" | "Get" | "Select" => {
            text(call, 1, Takes::Statement)
        }
        "GetContext" | "SelectContext" => text(call, 2, Takes::Statement),
        "Order" => text(call, 0, Takes::Piece),
        "Where" | "Having" | "Joins" | "Group" | "Or" | "Not" => text(call, 0, Takes::PieceIfPutTogether),
        _ => None,
    }
}

fn is_text(value: Option<&Value>) -> bool {
    matches!(value, Some(Value::Text(_) | Value::Template(_)))
}

fn is_context(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower == "c" || lower.ends_with("ctx") || lower.ends_with("context")
}

/// What has methods named like those of queries and asks no database: files, templates, caches.
fn is_no_database(object: &str) -> bool {
    let last = object.rsplit('.').next().unwrap_or(object);
    matches!(
        last,
        "File" | "Dir" | "FileTest" | "Pathname" | "lookup_context" | "view_paths" | "I18n" | "cache" | "redis"
    )
}

fn ruby(call: &Call) -> Option<(&Value, Takes)> {
    if is_no_database(call.object()) {
        return None;
    }
    match call.method() {
        "find_by_sql" | "count_by_sql" | "execute" | "exec_query" | "select_all" | "select_value" | "select_values"
        | "select_rows" | "exec_update" => text(call, 0, Takes::Piece),
        "where" | "having" | "joins" | "group" | "select" | "from" | "exists?" | "update_all" | "delete_all"
        | "destroy_all" | "find_by" | "order" | "reorder" | "pluck" | "lock" | "calculate" | "not" | "or" | "all" => {
            let conditions = call.named("conditions").map(|value| (value, Takes::PieceIfPutTogether));
            conditions.or_else(|| text(call, 0, Takes::PieceIfPutTogether))
        }
        "query" => text(call, 0, Takes::Statement),
        // What is marked as SQL goes into it as it is.
        "sql" if &*call.callee == "Arel.sql" => text(call, 0, Takes::Piece),
        _ => None,
    }
}

fn java(call: &Call) -> Option<(&Value, Takes)> {
    match call.method() {
        "executeQuery" | "executeUpdate" | "prepareStatement" | "prepareCall" => text(call, 0, Takes::Piece),
        "execute" | "addBatch" | "queryForObject" | "queryForList" | "queryForMap" | "queryForRowSet" | "query"
        | "update" | "batchUpdate" | "executeLargeUpdate" | "sql" => text(call, 0, Takes::Statement),
        "createQuery" | "createNativeQuery" | "createSQLQuery" => text(call, 0, Takes::PieceIfPutTogether),
        _ => None,
    }
}

//! Which rows a query asks for, from the columns that its condition names.

use super::chain::Chain;
use super::statement::{self, pieces};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::FileFacts;

/// Which rows a query asks for, as far as that can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub enum Scope {
    /// All of the table.
    #[default]
    Everything,
    /// Those that a condition lets through.
    Filtered,
    /// Those that belong to something: `user_id = ?`.
    Parent,
    /// One, by its key, or those of a list of keys.
    Key,
}

/// A condition.
#[derive(Debug, Default)]
pub(super) struct Filter {
    pub scope: Scope,
    pub keys: Vec<Box<str>>,
}

/// Calls that are given a condition.
const CONDITIONS: [&str; 62] = [
    "where",
    "andWhere",
    "filter",
    "filter_by",
    "get",
    "exclude",
    "find",
    "findOne",
    "findMany",
    "findFirst",
    "findUnique",
    "findUniqueOrThrow",
    "findFirstOrThrow",
    "findAll",
    "findAndCountAll",
    "findBy",
    "findOneBy",
    "find_by",
    "find_by!",
    "eq",
    "in",
    "match",
    "whereIn",
    "whereEq",
    "Where",
    "First",
    "Find",
    "Take",
    "Last",
    "and",
    "is",
    "findOrFail",
    "findByPk",
    "findById",
    "find_one",
    "deleteMany",
    "updateMany",
    "delete",
    "update",
    "upsert",
    "count",
    "countDocuments",
    "updateOne",
    "deleteOne",
    "findOneOrFail",
    "findOneByOrFail",
    "findAndCount",
    "firstWhere",
    "whereKey",
    "select",
    "get_or_create",
    "update_or_create",
    "get_object_or_404",
    "get_list_or_404",
    "filter_query",
    "setParameter",
    "rewhere",
    "destroy",
    "exists?",
    "findOrCreate",
    "findOneAndUpdate",
    "get_or_404",
];

/// Names of columns that say whose a row is.
const PARENTS: [&str; 24] = [
    "user",
    "owner",
    "author",
    "account",
    "organization",
    "organisation",
    "org",
    "team",
    "tenant",
    "workspace",
    "project",
    "customer",
    "parent",
    "company",
    "member",
    "creator",
    "sender",
    "recipient",
    "room",
    "thread",
    "conversation",
    "created_by",
    "createdby",
    "userid",
];

/// Names of columns that name one row.
const KEYS: [&str; 18] = [
    "id",
    "_id",
    "pk",
    "uuid",
    "guid",
    "email",
    "slug",
    "token",
    "username",
    "key",
    "handle",
    "code",
    "sku",
    "login",
    "hash",
    "apikey",
    "publicid",
    "externalid",
];

/// What a column of this name narrows a query down to.
pub(super) fn scope_of(key: &str) -> Scope {
    let plain: String = key.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase();
    if KEYS.contains(&&*key.to_ascii_lowercase()) || KEYS.contains(&&*plain) {
        return Scope::Key;
    }
    let is_reference = key.ends_with("_id")
        || key.ends_with("Id")
        || key.ends_with("ID")
        || key.ends_with("Ids")
        || key.ends_with("_ids")
        || key.ends_with("_uuid")
        || key.ends_with("_pk");
    if is_reference || PARENTS.contains(&&*plain) { Scope::Parent } else { Scope::Filtered }
}

/// The condition of a chain of calls.
pub(super) fn of_chain(chain: &Chain<'_>) -> Filter {
    let mut keys = Vec::new();
    let mut narrows = false;
    for (_, call) in chain.calls() {
        let method = call.method();
        if let Some(key) = method.strip_prefix("find_by_").or_else(|| dynamic(method)) {
            keys.push(key.trim_end_matches('!').into());
            narrows = true;
        }
        if CONDITIONS.contains(&method) && !(method == "get" && call.arguments.is_empty()) {
            narrows |= of_call(chain.file, call, &mut keys);
        }
    }
    finish(keys, narrows)
}

/// `whereEmail`, `findByUserId`.
fn dynamic(method: &str) -> Option<&str> {
    let rest = method.strip_prefix("where").or_else(|| method.strip_prefix("findBy"))?;
    let known =
        ["In", "Null", "NotNull", "Has", "Raw", "Key", "Id", "Pk", "Date", "Between", "NotIn", "Column", "Exists"];
    (rest.starts_with(|c: char| c.is_ascii_uppercase()) && !known.contains(&rest)).then_some(rest)
}

pub(super) fn finish(keys: Vec<Box<str>>, narrows: bool) -> Filter {
    let best = keys.iter().map(|key| scope_of(key)).max().unwrap_or(Scope::Everything);
    let scope = if best == Scope::Everything && narrows { Scope::Filtered } else { best };
    Filter { scope, keys }
}

/// Whether the condition that a call is given narrows anything down; its columns go to `keys`.
fn of_call(file: &FileFacts, call: &Call, keys: &mut Vec<Box<str>>) -> bool {
    let method = call.method();
    let before = keys.len();
    // `db.select({ id: orders.id })` names what is read, and narrows nothing down.
    if method == "select" && file.language.is_ecma() {
        return false;
    }
    if matches!(method, "findByPk" | "findById" | "findOrFail" | "whereKey")
        || (method == "find"
            && !matches!(call.argument(0), None | Some(Value::Object(_) | Value::Function(_) | Value::Null))
            && file.language != crate::probe::source::facts::Language::Go
            && !call.argument(0).and_then(Value::text).is_some_and(|text| text.contains(' ')))
    {
        keys.push("id".into());
        return true;
    }
    for argument in &call.arguments {
        match argument.name.as_deref() {
            Some("**") => return true,
            Some("defaults" | "options" | "include" | "order" | "fields") => {}
            Some(name) if !matches!(name, "where" | "filters" | "conditions") => {
                let field = name.split("__").next().unwrap_or(name);
                keys.push(if field == "pk" { "id".into() } else { field.into() });
            }
            _ => {
                let value = file.resolved(&argument.value, call.function);
                let value = value.get("where").map_or(value, |inner| file.resolved(inner, call.function));
                // A condition that is made elsewhere.
                if !matches!(value, Value::Object(_) | Value::Function(_)) && argument.value.get("where").is_some() {
                    keys.push("?".into());
                }
                // `findMany({ orderBy })`: options without a condition.
                let options = matches!(value, Value::Object(pairs) if !pairs.is_empty() && pairs.iter().all(|(key, _)| is_option(key)));
                if !options {
                    columns(file, value, keys, 0);
                }
                if matches!(method, "where" | "whereIn" | "eq" | "in" | "andWhere") {
                    break;
                }
            }
        }
    }
    let dynamic =
        matches!(method, "where" | "filter" | "andWhere" | "Where" | "match" | "find" | "findAll" | "exclude")
            && call.arguments.iter().any(|argument| !matches!(argument.value, Value::Object(_) | Value::Function(_)));
    keys.len() > before || dynamic
}

fn is_option(key: &str) -> bool {
    matches!(
        key,
        "orderBy"
            | "order"
            | "include"
            | "select"
            | "attributes"
            | "relations"
            | "take"
            | "skip"
            | "limit"
            | "offset"
            | "with"
            | "transaction"
            | "distinct"
            | "raw"
            | "populate"
            | "sort"
            | "columns"
            | "cursor"
            | "data"
            | "logging"
    )
}

/// The columns that a condition names.
pub(super) fn columns(file: &FileFacts, value: &Value, keys: &mut Vec<Box<str>>, steps: u32) {
    if steps > 6 || keys.len() > 30 {
        return;
    }
    match value {
        Value::Object(pairs) => {
            for (key, inner) in pairs {
                match &**key {
                    "AND" | "and" | "$and" | "Op.and" | "where" | "..." => columns(file, inner, keys, steps + 1),
                    key if key.starts_with('$') || matches!(key, "OR" | "or" | "NOT" | "Op.or") => {
                        keys.push("?".into())
                    }
                    key if steps == 0 && is_option(key) => {}
                    key => {
                        // Prisma's compound key: `userId_postId: { userId, postId }`.
                        keys.push(key.into());
                    }
                }
            }
        }
        Value::Array(values) | Value::All(values) => values.iter().for_each(|v| columns(file, v, keys, steps + 1)),
        Value::Compared(_, pair) => {
            for side in [&pair.0, &pair.1] {
                if let Value::Path(path) = side
                    && let Some((_, column)) = path.rsplit_once('.')
                {
                    keys.push(column.into());
                    break;
                }
            }
        }
        Value::Call(id) => {
            if let Some(inner) = file.call(*id) {
                match inner.method() {
                    "eq" | "inArray" | "Eq" | "equal" | "in_" | "is_" => {
                        if let Some(Value::Path(path)) = inner.argument(0) {
                            keys.push(path.rsplit('.').next().unwrap_or(path).into());
                        } else if let Some((_, column)) = inner.object().rsplit_once('.') {
                            keys.push(column.into());
                        }
                    }
                    "and" | "Q" | "and_" | "And" => {
                        for argument in &inner.arguments {
                            match &argument.name {
                                Some(name) => keys.push(name.split("__").next().unwrap_or(name).into()),
                                None => columns(file, &argument.value, keys, steps + 1),
                            }
                        }
                    }
                    _ => keys.push("?".into()),
                }
            }
        }
        Value::Text(text) if text.contains([' ', '=', '?']) => {
            keys.extend(statement::compared_columns(&pieces(text)));
            if keys.is_empty() {
                keys.push("?".into());
            }
        }
        Value::Text(text) => keys.push(text.rsplit('.').next().unwrap_or(text).into()),
        Value::Template(_) => keys.push("?".into()),
        _ => {}
    }
}

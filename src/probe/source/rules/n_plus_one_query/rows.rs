//! Whether a loop runs over rows of which there will be many: all that a query gives, of a table that grows with the users.

use super::super::reach::{self, Search};
use super::super::tables;
use super::lists::element_of_all;
use crate::probe::source::code::{Call, CallId, FunctionId, FunctionKind, Loop, Value, root};
use crate::probe::source::database_calls::{Action, Answer, Query, Scope};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// How many calls of one chain are looked at.
const MAX_CHAIN: usize = 20;
/// How many names may stand for each other.
const MAX_NAMES: usize = 4;

/// Whose rows there may be many of.
const HOLDERS: [&str; 24] = [
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
    "company",
    "room",
    "conversation",
    "channel",
    "createdby",
    "creator",
    "shop",
    "store",
    "vault",
    "site",
    "merchant",
    "community",
];

/// Words in paths and names of what is seldom run, or run by those who can wait.
const SELDOM: [&str; 25] = [
    "admin",
    "import",
    "export",
    "migrat",
    "backup",
    "restore",
    "recalculat",
    "reindex",
    "rebuild",
    "backfill",
    "sync",
    "cron",
    "seed",
    "fix",
    "reorder",
    "repair",
    "cleanup",
    "purge",
    "delete",
    "destroy",
    "remove",
    "settings",
    "debug",
    "onboarding",
    "setup",
];

/// Whether the loop around `call` runs over many rows while somebody waits for an answer.
pub(super) fn many_while_waiting(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call, around: &Loop) -> bool {
    const SEARCH: Search = Search { begins: reach::answers_visit, stops: |_, _, _| false };
    if is_seldom(file, call.function) || !runs_over_many(file, index, around) {
        return false;
    }
    reach::from(index, file, id, SEARCH).is_some_and(|reached| {
        let begins = reached.file.call(reached.call).map_or(0, |call| call.function);
        !is_seldom(reached.file, begins)
    })
}

fn is_seldom(file: &FileFacts, function: FunctionId) -> bool {
    let says = |text: &str| {
        let lower = text.to_ascii_lowercase().replace("async", "");
        SELDOM.iter().any(|word| lower.contains(word))
    };
    says(&file.path)
        || file
            .enclosing(function)
            .any(|(_, found)| found.kind == FunctionKind::Job || found.name.as_deref().is_some_and(says))
}

fn runs_over_many(file: &FileFacts, index: &CodeIndex, around: &Loop) -> bool {
    gives_many(file, index, &around.over, around.function, 0) || iterates_many(file, index, around)
}

/// `Order.where(…).find_each do |order|`: the call that goes round asks for the rows itself.
fn iterates_many(file: &FileFacts, index: &CodeIndex, around: &Loop) -> bool {
    let batches =
        |call: &Call| matches!(call.method(), "find_each" | "chunk" | "chunkById" | "each" | "map" | "collect");
    let own = around.call.and_then(|id| Some((id, file.call(id)?)));
    own.is_some_and(|(id, call)| batches(call) && chain_gives_many(file, index, id, around.function, 0))
        || handed_over(file, index, around)
}

/// `Image::query()->chunk(1000, function ($images) { … })`: batch after batch, the callback is given all rows.
fn handed_over(file: &FileFacts, index: &CodeIndex, around: &Loop) -> bool {
    let Some(name) = around.over.path() else { return false };
    let hands = file.enclosing(around.function).find_map(|(_, function)| {
        let takes = function.parameters.iter().any(|p| p.names.iter().any(|(bound, _)| **bound == *name));
        function.argument_of.filter(|_| takes)
    });
    hands.is_some_and(|id| {
        let chunks = file
            .call(id)
            .is_some_and(|call| matches!(call.method(), "chunk" | "chunkById" | "find_in_batches" | "in_batches"));
        chunks && chain_gives_many(file, index, id, around.function, 0)
    })
}

fn gives_many(file: &FileFacts, index: &CodeIndex, value: &Value, function: FunctionId, steps: usize) -> bool {
    if steps > MAX_NAMES {
        return false;
    }
    let next = |value: &Value| gives_many(file, index, value, function, steps + 1);
    match value {
        Value::Call(id) => chain_gives_many(file, index, *id, function, steps),
        Value::Path(path) => named_gives_many(file, index, path, function, steps),
        Value::Index(pair) => match element_of_all(file, &pair.0, &pair.1) {
            Some(element) => next(element),
            None => matches!(pair.1, Value::Text(_) | Value::Number(_)) && next(&pair.0),
        },
        Value::Member(pair) => matches!(&*pair.1, "data" | "rows" | "results" | "items") && next(&pair.0),
        // `orders ?? []`
        Value::Either(values) => values.iter().any(next),
        _ => false,
    }
}

fn named_gives_many(file: &FileFacts, index: &CodeIndex, path: &str, function: FunctionId, steps: usize) -> bool {
    let name = root(path);
    if let Some(set) = file.assigned(name, function).filter(|set| !set.circular)
        && (*set.target == *path || matches!(path.rsplit('.').next(), Some("data" | "rows")))
        && gives_many(file, index, &set.value, set.function, steps + 1)
    {
        return true;
    }
    // GORM and sqlx fill what they are given.
    file.language == Language::Go
        && index.queries(file).iter().any(|query| {
            file.call(query.call).is_some_and(|call| {
                file.within(function, call.function)
                    && call.arguments.iter().filter_map(|a| a.value.path()).any(|p| p.trim_start_matches('&') == name)
            }) && is_many(query)
        })
}

/// Whether a chain of calls gives all rows that a query lets through.
fn chain_gives_many(file: &FileFacts, index: &CodeIndex, id: CallId, function: FunctionId, steps: usize) -> bool {
    let mut next = Some(id);
    let mut last = None;
    for _ in 0..MAX_CHAIN {
        let Some((id, call)) = next.and_then(|id| Some((id, file.call(id)?))) else { break };
        if takes_few(call.method()) {
            return false;
        }
        if let Some(query) = index.query(file, id) {
            return is_many(query) && hangs_on_holder(file, query);
        }
        (next, last) = (call.receiver, Some((id, call)));
    }
    let Some((_, first)) = last else { return false };
    if is_lazy(file, index, first) {
        return lazy_gives_many(file, id, first);
    }
    // `orders.filter(…).map(…)`, `(await orders()).map(…)`
    if index.called(file, first).is_none() && !first.object().is_empty() && first.receiver.is_none() {
        return steps < MAX_NAMES && named_gives_many(file, index, first.object(), function, steps + 1);
    }
    let target = index.called(file, first);
    target.and_then(|target| index.query_of(target)).is_some_and(|(query, _)| is_many(query))
}

/// A query set of Django runs when the loop asks: it is no query of its own.
fn is_lazy(file: &FileFacts, index: &CodeIndex, first: &Call) -> bool {
    let model = first.object().split(['.', '(']).next().unwrap_or("");
    match file.language {
        Language::Python => first.object().ends_with(".objects") && index.known().is_model(model),
        Language::Ruby => matches!(first.method(), "where" | "all" | "order") && index.known().is_model(model),
        _ => false,
    }
}

fn lazy_gives_many(file: &FileFacts, end: CallId, first: &Call) -> bool {
    let table = first.object().split(['.', '(']).next().unwrap_or("");
    let mut next = Some(end);
    for _ in 0..MAX_CHAIN {
        let Some(call) = next.and_then(|id| file.call(id)) else { break };
        let chosen = call.arguments.iter().filter_map(|argument| argument.name.as_deref()).any(|name| {
            matches!(name.split("__").next(), Some("id" | "pk" | "slug" | "uuid")) || name.ends_with("__in")
        });
        if chosen {
            return false;
        }
        next = call.receiver;
    }
    grows(table)
}

/// Calls that leave a few of many.
fn takes_few(method: &str) -> bool {
    matches!(
        method,
        "slice"
            | "take"
            | "limit"
            | "first"
            | "last"
            | "paginate"
            | "simplePaginate"
            | "cursorPaginate"
            | "page"
            | "per"
            | "forPage"
            | "splice"
            | "setMaxResults"
            | "islice"
            | "values"
            | "distinct"
            | "groupBy"
            | "group_by"
            | "uniq"
            | "unique"
    )
}

/// Whether a query gives all of many rows.
fn is_many(query: &Query) -> bool {
    let all = query.action == Action::Read && query.answer == Answer::List && !query.bounded;
    let told = !query.keys.iter().any(|key| &**key == "?");
    all && told
        && grows(&query.table)
        && match query.scope {
            Scope::Everything | Scope::Filtered => true,
            Scope::Parent => query.keys.is_empty() || query.keys.iter().any(|key| is_holder(key)),
            Scope::Key => false,
        }
}

/// `$vault->contacts()->get()`, `current_user.orders.where(…)`: rows that hang on another one are many where that is
/// something that has many.
fn hangs_on_holder(file: &FileFacts, query: &Query) -> bool {
    let mut head = file.call(query.call);
    for _ in 0..MAX_CHAIN {
        head = match head.and_then(|call| call.receiver) {
            Some(id) => file.call(id),
            None => break,
        };
    }
    let Some(head) = head else { return false };
    let object = head.object();
    let relation = match file.language {
        Language::Php => object,
        Language::Ruby => object.rsplit_once('.').map_or("", |(owner, _)| owner),
        _ => return true,
    };
    let owner = relation.rsplit('.').next().unwrap_or(relation).trim_end_matches("()");
    let whole = owner.is_empty() || owner.starts_with(|c: char| c.is_ascii_uppercase());
    whole || is_holder(owner.trim_start_matches("current_").trim_start_matches("auth"))
}

fn grows(table: &str) -> bool {
    tables::grows(table) && !tables::stays_small(table)
}

/// Whether a column names something that has many rows: a user, a team, a project.
fn is_holder(key: &str) -> bool {
    let plain: String = key.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase();
    let plain = plain.strip_suffix("id").unwrap_or(&plain);
    HOLDERS.contains(&plain)
}

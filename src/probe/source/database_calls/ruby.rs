//! Queries of Ruby: ActiveRecord and Sequel.

use super::chain::Chain;
use super::{Action, Answer, Query, Scope, is_capital, of_sql, sql_in};
use crate::probe::source::code::{Call, CallId, Value, root};
use crate::probe::source::facts::FileFacts;

/// The query that a chain of calls runs.
pub(super) fn query(chain: &Chain<'_>) -> Option<Query> {
    raw(chain).or_else(|| sequel(chain)).or_else(|| active_record(chain))
}

const ONE: [&str; 18] = [
    "find",
    "find_by",
    "find_by!",
    "first",
    "first!",
    "last",
    "last!",
    "take",
    "take!",
    "sole",
    "find_sole_by",
    "second",
    "pick",
    "find_or_initialize_by",
    "reload",
    "find_signed",
    "find_signed!",
    "lock!",
];
const COUNTS: [&str; 13] = [
    "count", "exists?", "any?", "none?", "sum", "maximum", "minimum", "average", "many?", "empty?", "size", "length",
    "one?",
];
const INSERTS: [&str; 6] = ["create", "create!", "insert", "insert!", "insert_all", "insert_all!"];
const UPDATES: [&str; 14] = [
    "update_all",
    "find_or_create_by",
    "find_or_create_by!",
    "first_or_create",
    "first_or_create!",
    "upsert",
    "upsert_all",
    "update_counters",
    "increment_counter",
    "decrement_counter",
    "create_or_find_by",
    "create_or_find_by!",
    "update",
    "update!",
];
const DELETES: [&str; 4] = ["delete_all", "destroy_all", "delete_by", "destroy_by"];
const BATCHES: [&str; 3] = ["find_each", "find_in_batches", "in_batches"];
/// Methods that build a query, and that only a query has.
const BUILDS: [&str; 25] = [
    "where",
    "order",
    "includes",
    "joins",
    "left_joins",
    "left_outer_joins",
    "preload",
    "eager_load",
    "limit",
    "offset",
    "not",
    "reorder",
    "group",
    "having",
    "distinct",
    "select",
    "unscoped",
    "rewhere",
    "references",
    "none",
    "lock",
    "readonly",
    "or",
    "merge",
    "with_deleted",
];
const TELLING: [&str; 16] = [
    "where",
    "order",
    "includes",
    "joins",
    "left_joins",
    "left_outer_joins",
    "preload",
    "eager_load",
    "find_by",
    "find_by!",
    "pluck",
    "find_each",
    "update_all",
    "find_or_create_by",
    "find_or_create_by!",
    "find_in_batches",
];
/// Methods that ask a query for all of its rows.
const ASK: [&str; 20] = [
    "to_a",
    "each",
    "map",
    "pluck",
    "ids",
    "to_json",
    "as_json",
    "collect",
    "each_with_index",
    "group_by",
    "index_by",
    "load",
    "find_all",
    "flat_map",
    "select_map",
    "each_with_object",
    "sort_by",
    "reduce",
    "inject",
    "to_h",
];

/// `Order.where(…).limit(10)`, `user.orders.find_by(…)`, `Order.find(id)`.
fn active_record(chain: &Chain<'_>) -> Option<Query> {
    let head = chain.head()?;
    let object = head.object();
    let model = object.rsplit('.').next().unwrap_or(object);
    let is_model = is_capital(model)
        && (chain.known.is_model(model) || chain.has(&TELLING) || finds_one(head))
        && !matches!(model, "File" | "Dir" | "Hash" | "Array" | "Rails");
    // `user.orders.where`, `@user.orders.find(id)`, `current_user.posts.create!`
    let relation = !is_model
        && !is_capital(root(object))
        && (object.contains('.') || head.receiver.is_some())
        && (chain.has(&TELLING)
            || (is_plural(model)
                && chain.has(&[
                    "create!",
                    "create",
                    "exists?",
                    "find_or_create_by",
                    "destroy_all",
                    "delete_all",
                    "count",
                ])));
    if !(is_model || relation) {
        return None;
    }
    if chain.holds_answer(&[&ONE, &COUNTS, &ASK]) {
        return None;
    }
    let (id, method, query) = told(chain)?;
    let table: Box<str> = model.trim_end_matches("()").into();
    let locks = chain.has(&["lock", "lock!", "with_lock"]);
    let mut query = Query { call: id, locks, ..query.on(table) };
    if method == "find" {
        (query.scope, query.keys) = (Scope::Key, vec!["id".into()]);
    } else {
        let found = super::filter::of_chain(chain);
        (query.scope, query.keys) = (found.scope, found.keys);
        // A scope of the model: what it lets through stands elsewhere.
        let known = |method: &str| {
            BUILDS.contains(&method)
                || TELLING.contains(&method)
                || ASK.contains(&method)
                || ONE.contains(&method)
                || BATCHES.contains(&method)
                || COUNTS.contains(&method)
                || INSERTS.contains(&method)
                || UPDATES.contains(&method)
                || DELETES.contains(&method)
                || method == "all"
        };
        if query.answer == Answer::List
            && !chain.calls().take_while(|(inner, _)| *inner <= id).all(|(_, call)| known(call.method()))
        {
            query.keys.push("?".into());
        }
        if relation {
            query.scope = query.scope.max(Scope::Parent);
        }
    }
    Some(query)
}

/// `Order.find(params[:id])`
fn finds_one(head: &Call) -> bool {
    head.method() == "find"
        && head.arguments.len() == 1
        && !matches!(head.argument(0), Some(Value::Text(_) | Value::Template(_) | Value::Function(_)))
}

fn is_plural(name: &str) -> bool {
    name.ends_with('s')
        && !name.ends_with("ss")
        && name.len() > 3
        && !matches!(name, "params" | "headers" | "cookies" | "errors" | "this" | "args" | "options")
}

/// The call that runs the chain, and what it asks for.
fn told<'f>(chain: &Chain<'f>) -> Option<(CallId, &'f str, Query)> {
    for (id, call) in chain.own() {
        let method = call.method();
        let query = if BATCHES.contains(&method) {
            Query::list().bounded_if(true)
        } else if ONE.contains(&method) && !(matches!(method, "first" | "last" | "take") && call.argument(0).is_some())
        {
            Query::one()
        } else if matches!(method, "first" | "last" | "take") {
            Query::list().bounded_if(true)
        } else if COUNTS.contains(&method) {
            Query::number()
        } else if INSERTS.contains(&method) {
            Query::write(Action::Insert)
        } else if UPDATES.contains(&method) {
            Query::write(Action::Update)
        } else if DELETES.contains(&method) {
            Query::write(Action::Delete)
        } else if ASK.contains(&method) {
            Query::list().bounded_if(is_bounded(chain))
        } else {
            continue;
        };
        return Some((id, method, query));
    }
    // `@orders = Order.where(…)`: the view asks for the rows. `render json: Order.all` asks at once.
    let (id, last) = chain.last()?;
    let builds = BUILDS.contains(&last.method()) || last.method() == "all";
    (builds && is_used(chain.file, id, last)).then(|| (id, last.method(), Query::list().bounded_if(is_bounded(chain))))
}

fn is_bounded(chain: &Chain<'_>) -> bool {
    chain.has(&["limit", "page", "paginate", "per", "pagy", "none", "first", "take", "group", "last"])
}

/// Whether the rows of a lazy query are asked for: it is kept for a view, returned as an answer, or run through.
fn is_used(file: &FileFacts, id: CallId, call: &Call) -> bool {
    let kept = file.assignments.iter().any(|a| a.value == Value::Call(id) && a.target.starts_with("this."));
    let answered = call
        .argument_of
        .and_then(|id| file.call(id))
        .is_some_and(|outer| matches!(outer.method(), "render" | "respond_with" | "json" | "render_json"));
    kept || answered || file.loops.iter().any(|found| found.over == Value::Call(id))
}

/// `ActiveRecord::Base.connection.execute("…")`, `find_by_sql`, `DB["…"]`.
fn raw(chain: &Chain<'_>) -> Option<Query> {
    let (id, call) = chain.own().find(|(_, call)| {
        matches!(
            call.method(),
            "execute"
                | "find_by_sql"
                | "select_all"
                | "exec_query"
                | "select_rows"
                | "select_value"
                | "exec_params"
                | "select_one"
                | "fetch"
                | "query"
                | "exec"
        )
    })?;
    let query = sql_in(chain.file, call).and_then(of_sql)?;
    let one = matches!(call.method(), "select_value" | "select_one");
    let answer = if one && query.answer == Answer::List { Answer::One } else { query.answer };
    Some(Query { call: id, answer, ..query })
}

/// `DB[:users].where(…).first`
fn sequel(chain: &Chain<'_>) -> Option<Query> {
    let head = chain.head()?;
    if !(head.callee.starts_with("DB[]") || head.callee.starts_with("this.db[]")) {
        return None;
    }
    let (id, query) = chain.own().find_map(|(id, call)| {
        let query = match call.method() {
            "first" | "get" | "single_record" => Query::one(),
            "all" | "to_a" | "each" | "map" | "select_map" => Query::list().bounded_if(chain.has(&["limit", "first"])),
            "count" | "sum" | "max" | "empty?" => Query::number(),
            "insert" | "multi_insert" => Query::write(Action::Insert),
            "update" => Query::write(Action::Update),
            "delete" => Query::write(Action::Delete),
            _ => return None,
        };
        Some((id, query))
    })?;
    Some(Query { call: id, locks: chain.has(&["for_update"]), ..query })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_are_told_from_other_names() {
        assert!(is_plural("orders") && !is_plural("params") && !is_plural("address"));
    }
}

//! A list that is answered whole, however long it is.

use super::reach::draws_page;
use super::{Check, Hit, Rule, any_name, server, subject, tables};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{CallId, FunctionId, Value, root};
use crate::probe::source::database_calls::{Action, Answer, Query, Scope};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::flow::{in_handler, is_for_few};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "unbounded-query",
    title: "A list is answered whole, however long it is",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A request handler reads all rows of a table, or all that pass a broad condition, without a limit, and answers with them.",
    why: "With your test rows the answer is instant. With a hundred thousand rows every call reads, holds and sends all of them: the page hangs, the server runs out of memory, and anyone can ask for it in a loop.",
    fix: "Page the list: a limit with a sensible maximum and a cursor or offset, and answer with one page.",
    example: "app.get('/orders', async (req, res) => res.json(await prisma.order.findMany()));\n\n// better\nconst take = Math.min(Number(req.query.limit) || 50, 100);\nres.json(await prisma.order.findMany({ take, cursor, orderBy: { id: 'asc' } }));",
    references: &["F40", "F54", "C54"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .looks_at(server)
    .about("database query", subject::queries_in_loops)
    .reads(super::is_backend, any_name);

/// How many names made from an answer are followed.
const MAX_NAMES: usize = 30;

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for query in index.queries(file) {
        let wide = query.action == Action::Read
            && query.answer == Answer::List
            && !query.bounded
            && query.scope < Scope::Parent;
        let unclear = query.keys.iter().any(|key| &**key == "?");
        if !wide || unclear || tables::stays_small(&query.table) {
            continue;
        }
        let Some(call) = file.call(query.call) else { continue };
        if call.dev_only
            || !(in_handler(file, call.function)
                || file.enclosing(call.function).any(|(_, function)| draws_page(file, function)))
            || is_meant_whole(file, call.function)
            || !is_answered(file, query, call.function)
        {
            continue;
        }
        let all = query.scope == Scope::Everything && !query.table.is_empty() && !is_narrowed(file, query);
        let what = if query.table.is_empty() { "rows".to_owned() } else { format!("rows of `{}`", query.table) };
        let hit = if all {
            Hit::new(call.place, format!("The answer holds all {what}, however many there are"))
        } else {
            Hit::new(call.place, format!("The answer holds all {what} that pass the condition, however many there are"))
                .severity(Severity::Minor)
        };
        let known = all
            && tables::grows(&query.table)
            && !for_admins(file, call.function)
            && !is_of_one_user(file, query)
            && !is_for_few(index, file, call.function);
        hits.push(if known { hit } else { hit.confidence(Confidence::Medium) });
    }
}

/// A file that is meant to hold everything.
fn is_meant_whole(file: &FileFacts, function: FunctionId) -> bool {
    let whole = |text: &str| {
        let lower = text.to_ascii_lowercase();
        [
            "export",
            "sitemap",
            "download",
            "backup",
            "cron",
            "csv",
            "feed",
            "report",
            "migrate",
            "dropdown",
            "select_options",
        ]
        .iter()
        .any(|word| lower.contains(word))
    };
    whole(&file.path) || file.enclosing(function).any(|(_, found)| found.name.as_deref().is_some_and(whole))
}

/// Methods of Rails that take no rows away.
const KEEPS_ALL: [&str; 22] = [
    "all",
    "order",
    "reorder",
    "includes",
    "preload",
    "eager_load",
    "joins",
    "left_joins",
    "references",
    "load",
    "to_a",
    "select",
    "distinct",
    "readonly",
    "unscoped",
    "unscope",
    "with_attached",
    "extending",
    "reverse_order",
    "annotate",
    "find_each",
    "each",
];

/// `Message.inbox(user)`: a scope of the project's own takes some rows, and may limit them.
fn is_narrowed(file: &FileFacts, query: &Query) -> bool {
    let mut next = Some(query.end);
    let mut narrowed = false;
    for _ in 0..40 {
        let Some(call) = next.and_then(|id| file.call(id)) else { break };
        narrowed |= !KEEPS_ALL.contains(&call.method());
        next = call.receiver;
    }
    file.language == Language::Ruby && narrowed
}

/// `Note::onlyTrashed()->byUser()`, `current_user.notes`: one user's rows, or those that a scope of the project lets
/// through.
fn is_of_one_user(file: &FileFacts, query: &Query) -> bool {
    let of_user = |text: &str| {
        let lower = text.to_ascii_lowercase().replace('_', "");
        ["currentuser", "byuser", "foruser", "ofuser", "ownedby", "trashed", "deleted", "authuser", "session", "mine"]
            .iter()
            .any(|word| lower.contains(word))
    };
    let mut next = Some(query.end);
    for _ in 0..40 {
        let Some(call) = next.and_then(|id| file.call(id)) else { break };
        let mut found = of_user(&call.callee);
        for argument in &call.arguments {
            argument.value.walk(&mut |value| found |= value.path().is_some_and(of_user));
        }
        let scope = file.language == Language::Php && !is_of_eloquent(call.method());
        if found || scope {
            return true;
        }
        next = call.receiver;
    }
    false
}

/// Methods of Eloquent that take no rows away.
fn is_of_eloquent(method: &str) -> bool {
    matches!(
        method,
        "all"
            | "get"
            | "query"
            | "newQuery"
            | "with"
            | "withCount"
            | "load"
            | "select"
            | "latest"
            | "oldest"
            | "orderBy"
            | "orderByDesc"
            | "table"
            | "toArray"
            | "map"
            | "each"
            | "collect"
            | "join"
            | "leftJoin"
            | "findAll"
            | "fetchAll"
            | "pluck"
            | "sortBy"
            | "sortByDesc"
            | "groupBy"
    )
}

fn for_admins(file: &FileFacts, function: FunctionId) -> bool {
    let lower = file.path.to_ascii_lowercase();
    lower.contains("admin")
        || file
            .enclosing(function)
            .any(|(_, f)| f.name.as_deref().is_some_and(|n| n.to_ascii_lowercase().contains("admin")))
}

/// Calls that answer a request.
fn answers(method: &str) -> bool {
    matches!(
        method,
        "json"
            | "send"
            | "render"
            | "Response"
            | "JsonResponse"
            | "jsonify"
            | "render_template"
            | "end"
            | "view"
            | "JSON"
            | "Encode"
            | "ok"
            | "success"
            | "addAttribute"
            | "addObject"
            | "respond"
            | "HTML"
            | "Render"
            | "body"
            | "TemplateResponse"
            | "reply"
            | "json_encode"
            | "make"
            | "collection"
            | "WriteJSON"
            | "render_json"
            | "ExecuteTemplate"
            | "Execute"
            | "JSONPretty"
            | "IndentedJSON"
            | "Marshal"
            | "status"
            | "serialize"
            | "writeValueAsString"
            | "compact"
            | "with"
            | "print"
            | "println"
            | "HttpResponse"
            | "echo"
    )
}

/// Whether the rows, or what is made of them, go into the answer.
fn is_answered(file: &FileFacts, query: &Query, function: FunctionId) -> bool {
    let mut chain = vec![query.call];
    let mut next = Some(query.end);
    while let Some(id) = next.filter(|_| chain.len() < 60) {
        chain.push(id);
        next = file.call(id).and_then(|call| call.receiver);
    }
    // The calls that are made on the result as well.
    let mut next = file.call(query.end).and_then(|call| call.chained);
    while let Some(id) = next.filter(|_| chain.len() < 90) {
        chain.push(id);
        next = file.call(id).and_then(|call| call.chained);
    }
    let direct = |id: CallId| {
        let mut at = Some(id);
        for depth in 0..4 {
            let Some(call) = at.and_then(|id| file.call(id)) else { break };
            if call.returned
                || (depth > 0 && (answers(call.method()) || call.named("many").is_some() || answers_later(file, call)))
            {
                return true;
            }
            at = call.argument_of.filter(|_| depth == 0 || hands_on(call.method()));
        }
        false
    };
    if chain.iter().any(|id| direct(*id)) {
        return true;
    }
    // Names that hold the rows. GORM and sqlx fill what they are given.
    let mut names: Vec<&str> = Vec::new();
    let fills = |method: &str| matches!(method, "Find" | "Scan" | "Select" | "SelectContext" | "Pluck" | "ScanAll");
    for id in &chain {
        let Some(call) = file.call(*id) else { continue };
        for argument in &call.arguments {
            if let Value::Path(path) = &argument.value
                && file.language == Language::Go
                && fills(call.method())
            {
                names.push(root(path));
            }
        }
    }
    // `.then(rows => …)`
    for call in chain.iter().filter_map(|id| file.call(*id)).filter(|call| call.method() == "then") {
        if let Some(Value::Function(id)) = call.argument(0)
            && let Some(given) = file.function(*id).and_then(|function| function.parameters.first())
        {
            names.extend(given.names.iter().filter(|(_, below)| below.is_empty()).map(|(name, _)| &**name));
        }
    }
    for assignment in
        file.assignments.iter().filter(|a| file.within(a.function, function) || file.within(function, a.function))
    {
        if names.len() >= MAX_NAMES {
            break;
        }
        let mut holds = false;
        assignment.value.walk(&mut |value| match value {
            Value::Call(id) => {
                holds |= chain.contains(id)
                    || file.call(*id).is_some_and(|call| {
                        names.contains(&call.root())
                            || call.arguments.iter().any(|a| match &a.value {
                                Value::Path(path) => names.contains(&root(path)),
                                Value::Call(inner) => chain.contains(inner),
                                _ => false,
                            })
                    });
            }
            Value::Path(path) => holds |= names.iter().any(|name| **name == **path),
            _ => {}
        });
        if holds {
            // A view reads what a controller keeps.
            if assignment.target.starts_with("this.") && file.language == Language::Ruby {
                return true;
            }
            names.push(&assignment.target);
        }
    }
    // A limit that is added later: `query = query.limit(50)`.
    let limited = file.calls.iter().any(|call| {
        names.contains(&call.root())
            && file.within(call.function, function)
            && matches!(
                call.method(),
                "limit"
                    | "take"
                    | "paginate"
                    | "Limit"
                    | "slice"
                    | "page"
                    | "setMaxResults"
                    | "range"
                    | "first"
                    | "simplePaginate"
            )
    });
    // A page is cut out of it, or something that pages is given it.
    let paged = file.accesses.iter().any(|access| {
        names.iter().any(|name| access.path.strip_prefix(name).is_some_and(|rest| rest.starts_with("[]")))
            && file.language == Language::Python
    }) || file.calls.iter().any(|call| {
        call.method().to_ascii_lowercase().contains("paginat")
            && call.arguments.iter().any(|a| a.value.path().is_some_and(|path| names.contains(&path)))
    });
    if limited || paged {
        return false;
    }
    let mentions = |value: &Value| {
        let mut found = false;
        value.walk(&mut |value| match value {
            Value::Path(path) => {
                found |= names.iter().any(|name| **name == **path || *name == root(path) && !counts(path))
            }
            Value::Call(id) => {
                found |= file.call(*id).is_some_and(|call| {
                    names.contains(&call.object())
                        || call
                            .arguments
                            .iter()
                            .any(|a| matches!(&a.value, Value::Path(path) if names.contains(&&**path)))
                });
            }
            _ => {}
        });
        found
    };
    let scope = file.enclosing(function).filter(|(id, _)| *id != 0).last().map_or(function, |(id, _)| id);
    let in_scope = |id: FunctionId| file.within(id, scope);
    let returned = (0..)
        .zip(&file.functions)
        .filter(|(id, _)| *id != 0 && in_scope(*id))
        .any(|(_, f)| f.body.returns.iter().any(mentions));
    let answer_bytes: Vec<(u32, u32)> = file
        .calls
        .iter()
        .filter(|call| answers(call.method()) && in_scope(call.function))
        .map(|call| call.place.bytes)
        .collect();
    let looped = file.loops.iter().any(|found| {
        in_scope(found.function)
            && mentions(&found.over)
            && answer_bytes.iter().any(|bytes| bytes.0 <= found.place.bytes.0 && found.place.bytes.1 <= bytes.1)
    });
    if looped {
        return true;
    }
    let body = file.function(scope).map_or((0, 0), |function| function.body.calls);
    returned
        || (body.0..body.1)
            .filter_map(|id| file.call(id))
            .filter(|call| answers(call.method()))
            .any(|call| call.arguments.iter().any(|argument| mentions(&argument.value)))
}

/// `res.status(200).json(rows)`
fn answers_later(file: &FileFacts, call: &crate::probe::source::code::Call) -> bool {
    call.chained.and_then(|next| file.call(next)).is_some_and(|next| answers(next.method()))
}

/// Calls whose result holds what they are given.
fn hands_on(method: &str) -> bool {
    matches!(
        method,
        "list"
            | "dict"
            | "tuple"
            | "sorted"
            | "Array.from"
            | "from"
            | "toArray"
            | "stringify"
            | "dumps"
            | "map"
            | "of"
            | "all"
            | "collect"
    )
}

fn counts(path: &str) -> bool {
    path.ends_with(".length") || path.ends_with(".size") || path.ends_with(".count")
}

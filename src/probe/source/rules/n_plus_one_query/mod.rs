//! A query that runs once for every element of a list.

mod lazy;
mod lists;
mod rows;

use super::{Check, Hit, Rule, subject};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, CallId, FunctionKind, Loop, LoopKind, Place, Value};
use crate::probe::source::database_calls::{Action, Query};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::flow;
use lists::{Handed, does_slower_work, handed_in, is_over_rows, keeps, locks};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "n-plus-one-query",
    title: "A query runs once for every element of a list",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A database query inside a loop or a `map` callback, directly or through a function that the loop calls.",
    why: "Ten rows on your machine are ten quick queries. A thousand rows in production are a thousand round trips, and the page takes seconds.",
    fix: "Ask for all rows in one query before the loop: `IN (…)`, a join, `include`, `select_related` or `prefetch_related`.",
    example: "for (const order of orders) {\n  order.items = await db.query('SELECT * FROM items WHERE order_id = $1', [order.id]);\n}\n\n// better\nconst items = await db.query('SELECT * FROM items WHERE order_id = ANY($1)', [orders.map((o) => o.id)]);",
    references: &["F30", "C54"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .about("database query", subject::queries_in_loops)
    .reads(super::is_backend, super::any_name);

/// How many names made from a loop's variable are followed.
const MAX_NAMES: usize = 50;

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    // One finding a loop and kind: whoever mends the first mends the others with it.
    let mut seen: Vec<(Place, bool)> = Vec::new();
    let multiplies: Vec<bool> = file.loops.iter().map(|found| multiplies(file, index, found)).collect();
    for (id, call) in (0_u32..).zip(&file.calls) {
        let Some(around) = loop_around(file, call, &multiplies) else { continue };
        let hit = match index.query(file, id) {
            Some(query) => direct(file, id, call, query, around).map(|hit| (hit, query.writes())),
            None => deletes_each(file, index, call, around)
                .map(|hit| (hit, true))
                .or_else(|| through_helper(file, index, call, around).map(|hit| (hit, false))),
        };
        if let Some((hit, writes)) = hit
            && !seen.contains(&(around.place, writes))
        {
            seen.push((around.place, writes));
            hits.extend(graded(file, index, (id, call), around, hit));
        }
    }
    lazy::check(file, index, &multiplies, hits);
}

/// How much a query in a loop matters: it is proved where somebody waits for it and the list grows with the data, and
/// nothing where the list holds one element.
fn graded(file: &FileFacts, index: &CodeIndex, (id, call): (CallId, &Call), around: &Loop, hit: Hit) -> Option<Hit> {
    let told = is_over_rows(file, index, around) || flow::in_handler(file, call.function);
    let handed = if told { Handed::Many } else { handed_in(file, index, around) };
    let slower = does_slower_work(file, index, around);
    let known = hit.confidence.unwrap_or(Confidence::High);
    let hit = match handed {
        Handed::One => return None,
        Handed::Unseen => hit.confidence(Confidence::Low),
        Handed::Many
            if known == Confidence::High && !slower && rows::many_while_waiting(file, index, id, call, around) =>
        {
            hit
        }
        Handed::Many => hit.confidence(known.min(Confidence::Medium)),
    };
    Some(if slower { hit.severity(Severity::Minor) } else { hit })
}

/// The innermost loop that makes the call run once an element; `None` where going round is the point.
fn loop_around<'f>(file: &'f FileFacts, call: &Call, multiplies: &[bool]) -> Option<&'f Loop> {
    let mut next = call.in_loop;
    while let Some(id) = next {
        let found = file.loop_(id)?;
        if multiplies.get(id as usize) == Some(&true) {
            return Some(found);
        }
        next = found.parent;
    }
    None
}

fn multiplies(file: &FileFacts, index: &CodeIndex, found: &Loop) -> bool {
    let head = found.head.to_ascii_lowercase();
    let names = || found.names.iter().map(|name| name.to_ascii_lowercase());
    let in_batches = ["chunk", "batch", "page", "attempt", "retr", "tries"];
    if in_batches.iter().any(|word| head.contains(word) || names().any(|name| name.contains(word))) {
        return false;
    }
    let function = found.function;
    match found.kind {
        LoopKind::While | LoopKind::Stream => false,
        // `i += 100` goes in steps.
        LoopKind::Counting => !head.contains("+=") && head.contains(".length"),
        LoopKind::Each | LoopKind::Callback | LoopKind::Comprehension => !is_fixed(file, index, &found.over, function),
    }
}

/// A list of which the code itself says what is in it, or that was cut into pieces on purpose.
fn is_fixed(file: &FileFacts, index: &CodeIndex, over: &Value, function: u32) -> bool {
    if over.path().is_some_and(is_of_kinds) {
        return true;
    }
    match file.resolved(over, function) {
        Value::Array(items) => !items.iter().any(|item| matches!(item, Value::Computed(_))),
        Value::Object(_) => true,
        Value::Path(path) => {
            let last = path.rsplit('.').next().unwrap_or(path);
            // A constant in capitals, or an enumeration.
            is_of_kinds(path) || last.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit())
        }
        Value::Call(id) => file.call(*id).is_some_and(|call| {
            let method = call.method();
            let listed = matches!(&*call.callee, "List.of" | "Arrays.asList" | "Set.of")
                && call.arguments.iter().all(|argument| matches!(argument.value, Value::Text(_) | Value::Number(_)));
            if listed || lists_few(index, file, call) {
                return true;
            }
            matches!(method, "chunk" | "batch" | "range" | "batched" | "chunked" | "paginate" | "iterator")
                || (matches!(
                    &*call.callee,
                    "Object.keys" | "Object.entries" | "Object.values" | "enumerate" | "array_keys" | "array_values"
                ) && call.argument(0).is_some_and(|given| is_fixed(file, index, given, call.function)))
        }),
        _ => false,
    }
}

/// Kinds of things are few.
fn is_of_kinds(path: &str) -> bool {
    let lower = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    ["types", "bytype", "kinds", "tables", "locales", "languages"].iter().any(|word| lower.ends_with(word))
        || lower.contains("typesto")
}

/// Whether a call gives back a list that is written out in a function of the project.
fn lists_few(index: &CodeIndex, file: &FileFacts, call: &Call) -> bool {
    let target = index.called(file, call).and_then(|target| target.file.function(target.function));
    target.is_some_and(|function| {
        let written = |value: &Value| matches!(value, Value::Array(_) | Value::Object(_));
        !function.body.returns.is_empty() && function.body.returns.iter().all(written)
    })
}

fn direct(file: &FileFacts, id: CallId, call: &Call, query: &Query, around: &Loop) -> Option<Hit> {
    let (id, call) = end_of_chain(file, id, call);
    let started_together = around.kind == LoopKind::Callback;
    // Prisma's client gathers `findUnique` calls that start at the same time into one query.
    if query.gathered && started_together {
        return None;
    }
    // Every round asks another model, or for another lock.
    if call.callee.contains(".newQuery()") || locks(file, query.call, query) {
        return None;
    }
    let depends = uses_any(file, id, call, around);
    if query.writes() {
        // Rows that differ are hard to write at once; only inserts have a plain better form.
        if query.action != Action::Insert || !depends || in_transaction(file, call) || in_background(file, call) {
            return None;
        }
        return Some(
            Hit::new(call.place, format!("`{}` inserts one row at a time in a loop", shown(call)))
                .severity(Severity::Minor)
                .confidence(Confidence::Medium)
                .fix("Insert all rows with one statement: `createMany`, `bulk_create`, or `INSERT … VALUES (…), (…)`."),
        );
    }
    let what = describe(around);
    let hit = Hit::new(call.place, format!("`{}` runs a query {what}", shown(call)));
    let hit = if in_background(file, call) { hit.severity(Severity::Minor) } else { hit };
    match (depends, searches(file, around)) {
        (true, false) => Some(hit),
        // A search that stops at the first match is often short.
        (true, true) => Some(hit.confidence(Confidence::Low)),
        (false, false) => Some(hit.confidence(Confidence::Medium)),
        (false, true) => None,
    }
}

/// `Order.where(…).each(&:delete)`: rows that one statement would remove are read and removed one by one.
fn deletes_each(file: &FileFacts, index: &CodeIndex, call: &Call, around: &Loop) -> Option<Hit> {
    let deletes = matches!(&*call.callee, "&.destroy" | "&.destroy!" | "&.delete");
    let asks = around.call.is_some_and(|id| index.query(file, id).is_some());
    if !deletes || !(asks || is_over_rows(file, index, around)) || in_transaction(file, call) {
        return None;
    }
    let hit = Hit::new(call.place, format!("`{}` removes one row at a time in a loop", call.method()));
    Some(hit.severity(Severity::Minor).confidence(Confidence::Medium).fix(
        "Remove the rows with one statement, `delete_all`, and let the database remove what hangs on them (`on_delete: :cascade`); what needs callbacks belongs in a job.",
    ))
}

fn through_helper(file: &FileFacts, index: &CodeIndex, call: &Call, around: &Loop) -> Option<Hit> {
    if call.constructs || searches(file, around) {
        return None;
    }
    let target = index.called(file, call)?;
    let (query, line) = index.query_of(target)?;
    let function = target.file.function(target.function)?;
    let waits = call.awaited || call.returned || !function.is_async;
    if query.writes() || (query.gathered && around.kind == LoopKind::Callback) || !waits {
        return None;
    }
    if function.kind == FunctionKind::Component
        || remembers(target.file, target.function)
        || locks(target.file, query.call, query)
    {
        return None;
    }
    let given_element = call.arguments.iter().any(|argument| mentions(file, &argument.value, &around.names));
    if !given_element {
        return None;
    }
    let message = format!("`{}` runs a query {} ({}:{line})", call.callee, describe(around), target.file.path,);
    let hit = Hit::new(call.place, message);
    let hit = if in_background(file, call) { hit.severity(Severity::Minor) } else { hit };
    // What is deleted with all that hangs on it goes one by one in most frameworks.
    let lower = call.method().to_ascii_lowercase();
    let deletes = ["delete", "destroy", "remove", "purge"].iter().any(|verb| lower.starts_with(verb));
    Some(if deletes { hit.confidence(Confidence::Medium) } else { hit })
}

/// Whether a function looks into a cache before it asks the database.
fn remembers(file: &FileFacts, function: u32) -> bool {
    let Some(found) = file.function(function) else { return false };
    let name = found.name.as_deref().unwrap_or("").to_ascii_lowercase();
    let decorated = found.decorators.iter().any(|d| d.name.contains("cache") || d.name.contains("memo"));
    let wrapped = found.argument_of.and_then(|id| file.call(id)).is_some_and(|call| {
        let callee = call.callee.to_ascii_lowercase();
        callee.contains("cache") || callee.contains("memo")
    });
    decorated
        || wrapped
        || name.contains("cache")
        || keeps(file, found)
        || file.calls_of(&found.body).any(|(_, call)| {
            let object = call.object().to_ascii_lowercase();
            object.contains("cache") || object.contains("memo") || object.contains("loader")
        })
}

/// Whether a loop ends at the first match. In Go it ends at the first error, which says nothing.
fn searches(file: &FileFacts, around: &Loop) -> bool {
    around.leaves && around.kind != LoopKind::Callback && file.language != Language::Go
}

fn describe(around: &Loop) -> String {
    let over = match &around.over {
        Value::Path(path) => Some(path.to_string()),
        _ => None,
    };
    match over {
        Some(over) => format!("for every element of `{over}`"),
        None => "in every round of a loop".to_owned(),
    }
}

/// The last call of the chain that `id` begins: where arguments of `where` and the like stand.
fn end_of_chain<'f>(file: &'f FileFacts, id: CallId, call: &'f Call) -> (CallId, &'f Call) {
    let mut at = (id, call);
    while let Some(next) = at.1.chained
        && let Some(found) = file.call(next)
    {
        if matches!(found.method(), "then" | "catch" | "map" | "filter" | "finally" | "forEach") {
            break;
        }
        at = (next, found);
    }
    at
}

/// Whether the call, its chain or what they are given mentions one of `names`, or a name made from them in the loop.
fn uses_any(file: &FileFacts, id: CallId, call: &Call, around: &Loop) -> bool {
    if around.names.is_empty() {
        // A counting loop: its variable stands in no list of names.
        return true;
    }
    let mut names = around.names.clone();
    let (from, to) = (around.assignments.0 as usize, around.assignments.1 as usize);
    for assignment in file.assignments.get(from..to).unwrap_or_default() {
        if names.len() < MAX_NAMES && mentions(file, &assignment.value, &names) {
            names.push(assignment.target.clone());
        }
    }
    let mut next = Some((id, call));
    while let Some((_, call)) = next {
        if names.iter().any(|name| **name == *call.root())
            || call.arguments.iter().any(|argument| mentions(file, &argument.value, &names))
        {
            return true;
        }
        next = call.receiver.and_then(|id| file.call(id).map(|call| (id, call)));
    }
    false
}

fn mentions(file: &FileFacts, value: &Value, names: &[Box<str>]) -> bool {
    let mut found = false;
    value.walk(&mut |value| match value {
        Value::Path(path) => {
            let first = crate::probe::source::code::root(path);
            found |= names.iter().any(|name| **name == *first);
        }
        Value::Call(id) => {
            if let Some(call) = file.call(*id) {
                found |= names.iter().any(|name| **name == *call.root())
                    || call.arguments.iter().any(|argument| mentions(file, &argument.value, names));
            }
        }
        _ => {}
    });
    found
}

fn in_transaction(file: &FileFacts, call: &Call) -> bool {
    matches!(call.root(), "tx" | "trx")
        || file.enclosing(call.function).any(|(_, function)| {
            function
                .argument_of
                .and_then(|id| file.call(id))
                .is_some_and(|outer| outer.method().to_ascii_lowercase().contains("transaction"))
        })
}

/// Whether nobody waits for it: work of a queue or a schedule.
fn in_background(file: &FileFacts, call: &Call) -> bool {
    let lower = file.path.to_ascii_lowercase();
    file.enclosing(call.function).any(|(_, function)| function.kind == FunctionKind::Job)
        || lower.split('/').rev().skip(1).any(|folder| {
            matches!(
                folder,
                "jobs" | "tasks" | "queues" | "queue" | "processors" | "workers" | "cron" | "crons" | "background"
            )
        })
}

fn shown(call: &Call) -> String {
    call.callee.chars().take(80).collect()
}

//! Writes that belong together and can be torn apart.

use super::{Check, Hit, Rule, any_name, server, subject, tables};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Comparison, FunctionId, FunctionKind, Value, root};
use crate::probe::source::database_calls::{Action, Query, in_transaction};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::flow::in_handler;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "writes-without-transaction",
    title: "Writes that belong together run without a transaction",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A function writes to one table and then to another with what the first write gave, outside a transaction.",
    why: "When the second write fails, or the server restarts in between, the first stays: an order without items, a user without an account, money taken and nothing booked. Nobody notices until a customer does.",
    fix: "Run the writes in one transaction, so that either all of them happen or none.",
    example: "const order = await prisma.order.create({ data });\nawait prisma.item.createMany({ data: items.map((i) => ({ ...i, orderId: order.id })) });\n\n// better\nawait prisma.$transaction(async (tx) => {\n  const order = await tx.order.create({ data });\n  await tx.item.createMany({ data: items.map((i) => ({ ...i, orderId: order.id })) });\n});",
    references: &["F61", "F62"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .looks_at(server)
    .about("database query", subject::queries_of_one_function)
    .reads(super::is_backend, any_name);

/// More writes than this in one function are not compared.
const MAX_WRITES: usize = 30;

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    if file.language == Language::Python && index.known().atomic_requests {
        return;
    }
    let writes: Vec<(&Query, &Call)> = index
        .queries(file)
        .iter()
        .filter(|query| query.writes())
        .filter_map(|query| Some((query, file.call(query.call).filter(|call| call.function != 0 && !call.dev_only)?)))
        .collect();
    let mut done: Vec<u32> = Vec::new();
    for (_, call) in &writes {
        if done.contains(&call.function) {
            continue;
        }
        done.push(call.function);
        let own: Vec<(&Query, &Call)> =
            writes.iter().filter(|(_, other)| other.function == call.function).take(MAX_WRITES).copied().collect();
        if own.len() < 2 || in_transaction(file, call) || is_passed_over(file, index, call) {
            continue;
        }
        if let Some(hit) = torn(file, &own) {
            hits.push(hit);
        }
    }
}

/// Work that runs again when it fails, and functions that only ever run in somebody's transaction.
fn is_passed_over(file: &FileFacts, index: &CodeIndex, call: &Call) -> bool {
    let Some(function) = file.function(call.function) else { return true };
    let setup = function.name.as_deref().is_some_and(|name| {
        let lower = name.to_ascii_lowercase();
        ["seed", "setup", "install", "fixture", "migrate", "bootstrap", "demo", "reset", "cleanup"]
            .iter()
            .any(|word| lower.contains(word))
    });
    if setup || matches!(function.kind, FunctionKind::Component) {
        return true;
    }
    function.name.as_deref().is_some_and(|name| {
        name.len() > 3
            && function.kind != FunctionKind::Handler
            && index.calls_of(name).take(20).any(|(caller, call)| in_transaction(caller, call))
    })
}

fn torn(file: &FileFacts, writes: &[(&Query, &Call)]) -> Option<Hit> {
    for (place, (first, call)) in writes.iter().enumerate() {
        for (second, other) in writes.get(place + 1..).unwrap_or_default() {
            if exclude_each_other(file, first, second) || together(file, call, other) {
                continue;
            }
            if let Some(hit) = pair(file, (first, call), (second, other)) {
                return Some(hit);
            }
        }
    }
    None
}

fn pair(file: &FileFacts, (first, call): (&Query, &Call), (second, other): (&Query, &Call)) -> Option<Hit> {
    if first.flushes || second.flushes {
        return two_commits(file, (first, call), (second, other));
    }
    if first.table.is_empty() || second.table.is_empty() || tables::plain(&first.table) == tables::plain(&second.table)
    {
        return None;
    }
    if tables::is_beside(&first.table) || tables::is_beside(&second.table) {
        return None;
    }
    // The later write undoes the earlier one when something failed.
    if undoes(file, second) {
        return None;
    }
    let uses = uses_result(file, first, call, second);
    let shares = !uses && first.action != Action::Insert && shares_key(file, first, second);
    if !(uses || shares) {
        return None;
    }
    let message = format!(
        "`{}` is written, then `{}` with what that gave, outside a transaction: a failure in between leaves one without the other",
        first.table, second.table
    );
    let hit = if uses {
        Hit::new(other.place, message)
    } else {
        Hit::new(
            other.place,
            format!("`{}` and `{}` are written for the same key outside a transaction: a failure in between leaves them apart", first.table, second.table),
        )
        .confidence(Confidence::Medium)
        .severity(Severity::Minor)
    };
    // What is left behind is a piece that nothing points to.
    let piece = uses && (tables::is_piece(&first.table) || second.action == Action::Update);
    Some(if piece {
        hit.severity(Severity::Minor).confidence(Confidence::Medium)
    } else if first.action == Action::Insert
        && in_handler(file, call.function)
        && !file.path.to_ascii_lowercase().contains("admin")
        && !is_made_if_missing(file, first, call)
        && (call.in_loop.is_some()
            || tables::is_useless_alone(&first.table)
            || fails_between(file, first, second, call.function))
    {
        hit
    } else {
        hit.confidence(Confidence::Medium)
    })
}

/// Whether the first write makes what was not there yet: the next try finds it.
fn is_made_if_missing(file: &FileFacts, first: &Query, call: &Call) -> bool {
    let method = call.method().to_ascii_lowercase();
    let by_name = ["upsert", "or_create", "orcreate", "ensure", "firstor"].iter().any(|part| method.contains(part));
    // `if (!state) { state = await create(…) }`
    by_name
        || file.conditions.iter().filter(|condition| condition.function == call.function).any(|condition| {
            let within = condition.then.calls.0 <= first.call && first.call < condition.then.calls.1;
            let missing = match &condition.test {
                Value::Not(inner) => inner.path(),
                Value::Compared(Comparison::Equal, pair) if pair.1 == Value::Null => pair.0.path(),
                _ => None,
            };
            within && missing.is_some_and(|name| file.assignments_to(name).any(|set| set.function == call.function))
        })
}

/// Whether something between two writes can end the work there: a test that leaves, or a call of another service.
fn fails_between(file: &FileFacts, first: &Query, second: &Query, function: FunctionId) -> bool {
    let (Some(start), Some(end)) = (file.call(first.end), file.call(second.call)) else { return false };
    let (from, to) = (start.place.bytes.1, end.place.bytes.0);
    let leaves = file.conditions.iter().any(|condition| {
        condition.function == function
            && from <= condition.place.bytes.0
            && condition.place.bytes.1 <= to
            && (condition.then.leaves || condition.then.throws)
            // Asking whether the first write went well says nothing of what comes after it.
            && !asks_for_result(file, &condition.test, first, function)
    });
    leaves
        || file.calls.iter().any(|call| {
            call.function == function
                && from <= call.place.bytes.0
                && call.place.bytes.1 <= to
                && matches!(
                    call.root(),
                    "fetch" | "axios" | "stripe" | "requests" | "httpx" | "s3" | "resend" | "openai"
                )
        })
}

/// `if (error) throw error`, `if err != nil`, `if (!order) return`: about what the first write gave.
fn asks_for_result(file: &FileFacts, test: &Value, first: &Query, function: FunctionId) -> bool {
    let Some(call) = file.call(first.call) else { return false };
    let mut about = false;
    test.walk(&mut |value| {
        if let Value::Path(path) = value {
            let name = root(path);
            about |= matches!(name, "err" | "error")
                || file.assignments_to(name).any(|set| {
                    set.function == function
                        && set.place.bytes.0 <= call.place.bytes.0
                        && call.place.bytes.1 <= set.place.bytes.1
                });
        }
    });
    about
}

/// `session.commit()` twice, with something added in between that is made from the first.
fn two_commits(file: &FileFacts, (first, call): (&Query, &Call), (second, other): (&Query, &Call)) -> Option<Hit> {
    if !(first.flushes && second.flushes) || call.callee != other.callee || call.in_loop != other.in_loop {
        return None;
    }
    let added = |from: u32, to: u32| {
        (from..to)
            .filter_map(|id| file.call(id))
            .filter(|call| matches!(call.method(), "add" | "persist"))
            .find(|call| call.argument(0).is_some_and(|value| !matches!(value, Value::Null)))
    };
    let start = file.function(call.function)?.body.calls.0;
    let before = added(start, first.call)?;
    let between = added(first.call + 1, second.call)?;
    let name = before.argument(0).and_then(Value::path)?;
    // What is added second mentions what the first commit stored.
    let given = between.argument(0).map(|value| file.resolved(value, between.function))?;
    let mut uses = false;
    let mut see = |value: &Value| uses |= value.path().is_some_and(|path| root(path) == name && path != name);
    match given {
        Value::Call(id) => file.call(*id)?.arguments.iter().for_each(|argument| argument.value.walk(&mut see)),
        value => value.walk(&mut see),
    }
    uses.then(|| {
        Hit::new(
            other.place,
            format!("`{name}` is committed before what depends on it is added and committed: a failure in between leaves one without the other"),
        )
        .fix("Call `flush()` to get the id, and `commit()` once at the end.")
    })
}

/// Whether the second write is given what the first gave.
fn uses_result(file: &FileFacts, first: &Query, call: &Call, second: &Query) -> bool {
    let Some(end) = file.call(first.end) else { return false };
    let mut names: Vec<&str> = Vec::new();
    for assignment in file.assignments.iter().filter(|a| a.function == call.function) {
        let holds = assignment.place.bytes.0 <= call.place.bytes.0 && end.place.bytes.1 <= assignment.place.bytes.1;
        let from_held = assignment.value.path().is_some_and(|path| names.contains(&root(path)))
            || matches!(&assignment.value, Value::Call(id) if file.call(*id).is_some_and(|call| names.contains(&call.root())));
        if (holds || from_held) && names.len() < 20 && !assignment.target.contains('(') {
            names.push(root(&assignment.target));
        }
    }
    // GORM and JPA fill what they are given.
    if first.action == Action::Insert {
        let filled = call.arguments.iter().filter_map(|argument| argument.value.path());
        let fills = matches!(file.language, Language::Go);
        names.extend(filled.filter(|_| fills).map(|path| root(path.trim_start_matches('&'))));
    }
    names.retain(|name| !matches!(*name, "err" | "_" | "error" | "ok" | "this" | "self"));
    if names.is_empty() {
        return false;
    }
    let mut found = false;
    let mut id = Some(second.end);
    for _ in 0..30 {
        let Some(link) = id.and_then(|id| file.call(id)) else { break };
        found |= names.contains(&link.root());
        for argument in &link.arguments {
            mentions(file, &argument.value, &names, link.function, 0, &mut found);
        }
        id = link.receiver;
    }
    found
}

fn mentions(file: &FileFacts, value: &Value, names: &[&str], function: u32, steps: u32, found: &mut bool) {
    if steps > 4 || *found {
        return;
    }
    value.walk(&mut |value| match value {
        Value::Path(path) => {
            let first = root(path.trim_start_matches('&'));
            *found |= names.contains(&first);
            if !*found
                && steps < 3
                && let Some(assignment) = file.assigned(first, function)
            {
                mentions(file, &assignment.value, names, function, steps + 1, found);
            }
        }
        Value::Call(id) => {
            if let Some(inner) = file.call(*id) {
                *found |= names.contains(&inner.root());
                for argument in &inner.arguments {
                    mentions(file, &argument.value, names, function, steps + 1, found);
                }
            }
        }
        Value::Function(id) => {
            if let Some(inner) = file.function(*id) {
                for value in &inner.body.returns {
                    mentions(file, value, names, function, steps + 1, found);
                }
            }
        }
        _ => {}
    });
}

/// Whether both conditions name the same key: `{ where: { userId } }` twice.
fn shares_key(file: &FileFacts, first: &Query, second: &Query) -> bool {
    let keys = |query: &Query| {
        let mut found: Vec<String> = Vec::new();
        let mut id = Some(query.end);
        for _ in 0..30 {
            let Some(link) = id.and_then(|id| file.call(id)) else { break };
            for argument in &link.arguments {
                argument.value.walk(&mut |value| {
                    if let Value::Path(path) = value {
                        let last = path.rsplit('.').next().unwrap_or(path);
                        if last.ends_with("id") || last.ends_with("Id") || last.ends_with("ID") {
                            found.push(path.to_string());
                        }
                    }
                });
            }
            id = link.receiver;
        }
        found
    };
    let ours = keys(first);
    keys(second).iter().any(|key| ours.contains(key))
}

/// Whether the two stand in branches of which only one is taken.
fn exclude_each_other(file: &FileFacts, first: &Query, second: &Query) -> bool {
    file.conditions.iter().any(|condition| {
        let within = |block: &crate::probe::source::code::Block, id: u32| (block.calls.0..block.calls.1).contains(&id);
        let in_then = within(&condition.then, first.call);
        let apart = condition.otherwise.as_ref().is_some_and(|otherwise| {
            (in_then && within(otherwise, second.call))
                || (within(otherwise, first.call) && within(&condition.then, second.call))
        });
        apart || (in_then && condition.then.leaves && !within(&condition.then, second.call))
    })
}

/// Whether the write stands in a catch clause.
fn undoes(file: &FileFacts, query: &Query) -> bool {
    file.catches.iter().any(|catch| (catch.handler.calls.0..catch.handler.calls.1).contains(&query.call))
}

/// Whether both are given to one call that runs them as one: `prisma.$transaction([…])`, `db.batch([…])`.
fn together(file: &FileFacts, call: &Call, other: &Call) -> bool {
    let outer = |call: &Call| {
        call.argument_of.and_then(|id| file.call(id)).map(|outer| (outer.place.bytes, outer.method().to_owned()))
    };
    match (outer(call), outer(other)) {
        (Some(first), Some(second)) => {
            first == second && (first.1 == "batch" || first.1.to_ascii_lowercase().contains("transaction"))
        }
        _ => false,
    }
}

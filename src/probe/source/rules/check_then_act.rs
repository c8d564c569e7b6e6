//! A row is read, a decision made, and the row written as if nobody else could have come in between.

use std::collections::HashSet;

use super::{Check, Hit, Rule, any_name, server, subject, tables};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Assignment, Call, CallId, FunctionId, Value, root};
use crate::probe::source::database_calls::{Action, Answer, Query, in_transaction};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "check-then-act",
    title: "A row is read, checked and written in separate steps",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A balance, stock or counter is read, computed with in the code and written back, or a row is added after a look whether it exists, with no transaction, lock or atomic update.",
    why: "Two requests at the same moment both read the old value and both pass the check: the last seat is sold twice, a coupon is used twice, a payment disappears. It never happens on your machine, where you are alone.",
    fix: "Let the database do it in one step: `UPDATE … SET stock = stock - 1 WHERE id = $1 AND stock > 0` and look at the number of rows, a unique constraint whose error you handle, or a transaction that locks the row first.",
    example: "const user = await User.findByPk(id);\nuser.balance -= price;\nawait user.save();\n\n// better\nconst [rows] = await User.update(\n  { balance: literal('balance - 500') },\n  { where: { id, balance: { [Op.gte]: 500 } } },\n);\nif (rows === 0) throw new NotEnough();",
    references: &["F61", "F29"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::Project(check))
    .looks_at(server)
    .about("database query", subject::queries_of_one_function)
    .reads(super::is_backend, any_name);

/// Looks at every function that reads and writes.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    let mut unique: Option<HashSet<String>> = None;
    for (place, file) in index.files.iter().enumerate().filter(|(_, file)| server(file.role)) {
        let queries = index.queries(file);
        let reads = queries.iter().filter(|query| is_look(query));
        for read in reads {
            let Some(call) = file.call(read.call).filter(|call| !call.dev_only) else { continue };
            if call.function == 0 || read.locks || is_covered(file, index, call) {
                continue;
            }
            if let Some(hit) = lost_update(file, queries, read, call) {
                hits.push(hit.in_file(place));
            } else if let Some(hit) =
                second_row(file, queries, read, call, || unique.get_or_insert_with(|| unique_columns(index)).clone())
            {
                hits.push(hit.in_file(place));
            }
        }
    }
}

fn is_look(query: &Query) -> bool {
    query.action == Action::Read
        && (query.answer != Answer::List || query.scope == crate::probe::source::database_calls::Scope::Key)
}

fn is_covered(file: &FileFacts, index: &CodeIndex, call: &Call) -> bool {
    in_transaction(file, call)
        || (file.language == Language::Python && index.known().atomic_requests)
        || file.enclosing(call.function).any(|(id, function)| {
            id != 0
                && file.calls_of(&function.body).any(|(_, inner)| {
                    let lower = inner.method().to_ascii_lowercase();
                    lower.contains("lock") && !lower.contains("block") && !lower.contains("clock")
                        || lower.contains("mutex")
                })
        })
}

/// The name that the answer of a query goes to.
fn holder<'f>(file: &'f FileFacts, query: &Query, function: FunctionId) -> Option<&'f Assignment> {
    let call = file.call(query.end)?;
    file.assignments.iter().find(|assignment| {
        assignment.function == function
            && assignment.place.bytes.0 <= call.place.bytes.0
            && call.place.bytes.1 <= assignment.place.bytes.1
            && !assignment.target.contains(['(', '['])
    })
}

/// Names of columns that count something.
fn is_amount(column: &str) -> bool {
    let lower = column.to_ascii_lowercase();
    [
        "balance",
        "stock",
        "quantity",
        "qty",
        "credit",
        "amount",
        "inventory",
        "seats",
        "available",
        "remaining",
        "points",
        "coins",
        "tokens_left",
        "uses",
        "usage",
        "used_count",
        "usedcount",
        "redemption",
        "wallet",
        "funds",
        "capacity",
        "spots",
        "tickets",
        "units",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

fn is_counter(column: &str) -> bool {
    let lower = column.to_ascii_lowercase();
    ["count", "likes", "views", "votes", "score", "total", "attempts", "hits", "version", "number"]
        .iter()
        .any(|word| lower.contains(word))
}

/// `user.balance -= price; await user.save();`, `update({ data: { balance: user.balance - price } })`.
fn lost_update(file: &FileFacts, queries: &[Query], read: &Query, call: &Call) -> Option<Hit> {
    if read.answer != Answer::One {
        return None;
    }
    // Go's `db.First(&user, id)` fills what it is given.
    let filled = call.argument(0).and_then(Value::path).filter(|_| file.language == Language::Go);
    let name = match filled {
        Some(name) => root(name),
        None => root(&holder(file, read, call.function)?.target),
    };
    computed_and_saved(file, queries, read, call, name)
}

fn computed_and_saved(file: &FileFacts, queries: &[Query], read: &Query, call: &Call, name: &str) -> Option<Hit> {
    if name.is_empty() {
        return None;
    }
    let function = call.function;
    let after = call.place.bytes.0;
    let own_field = |path: &str| path.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')).map(str::to_owned);
    // A field of the row is set to what is computed from it.
    for assignment in file.assignments.iter().filter(|a| a.function == function && a.place.bytes.0 > after) {
        let Some(column) = own_field(&assignment.target) else { continue };
        let computed = assignment.appends || computes_from(&assignment.value, &assignment.target);
        if !computed || column.contains('.') || holds_expression(file, &assignment.value) {
            continue;
        }
        let saved = file.calls.iter().any(|other| {
            other.function == function
                && other.place.bytes.0 > assignment.place.bytes.0
                && (own_field(&other.callee).is_some_and(|method| {
                    matches!(
                        &*method,
                        "save"
                            | "save!"
                            | "update"
                            | "Save"
                            | "Update"
                            | "asave"
                            | "store"
                            | "push"
                            | "update!"
                            | "saveOrFail"
                    )
                }) || (matches!(
                    other.method(),
                    "save"
                        | "commit"
                        | "flush"
                        | "Save"
                        | "merge"
                        | "saveAndFlush"
                        | "persist"
                        | "Updates"
                        | "put"
                        | "update"
                ) && (other.arguments.is_empty() && matches!(other.method(), "commit" | "flush")
                    || other
                        .arguments
                        .iter()
                        .any(|a| a.value.path().is_some_and(|path| path.trim_start_matches('&') == name)))))
        });
        if saved {
            return told(assignment.place, &column, &read.table);
        }
    }
    // Java sets through methods: `product.setStock(product.getStock() - 1)`.
    if file.language == Language::Java
        && let Some(hit) = set_through_method(file, read, call, name)
    {
        return Some(hit);
    }
    // `product.update!(stock: product.stock - 1)`
    for other in file.calls.iter().filter(|other| {
        other.function == function
            && other.place.bytes.0 > after
            && other.object() == name
            && matches!(
                other.method(),
                "update" | "update!" | "update_columns" | "update_attribute" | "updateQuietly" | "update_attributes"
            )
    }) {
        let column = other.arguments.iter().find_map(|argument| computed_column(file, &argument.value, name));
        if let Some(column) = column.filter(|column| is_amount(column) || is_counter(column)) {
            return told(other.place, &column, &read.table);
        }
    }
    // A later write is given what is computed from the row.
    for write in queries.iter().filter(|query| query.action == Action::Update && query.call > read.call) {
        let Some(other) = file.call(write.call).filter(|other| other.function == function) else { continue };
        let mut found: Option<String> = None;
        let mut id = Some(write.end);
        let mut steps = 0;
        while let Some(link) = id.and_then(|id| file.call(id))
            && steps < 20
        {
            steps += 1;
            for argument in &link.arguments {
                for value in [&argument.value, file.resolved(&argument.value, function)] {
                    value.walk(&mut |value| {
                        if let Value::Computed(parts) = value
                            && found.is_none()
                        {
                            found = parts
                                .iter()
                                .find_map(|part| part.path().and_then(own_field))
                                .filter(|column| !column.contains('.'));
                        }
                    });
                }
            }
            id = link.receiver;
        }
        if let Some(column) = found.filter(|column| is_amount(column) || is_counter(column)) {
            return told(other.place, &column, &read.table);
        }
    }
    // `const left = product.stock - quantity; … update({ stock: left })`
    for assignment in
        file.assignments.iter().filter(|a| a.function == function && a.place.bytes.0 > after && !a.target.contains('.'))
    {
        let Value::Computed(parts) = &assignment.value else { continue };
        let Some(column) =
            parts.iter().find_map(|part| part.path().and_then(own_field)).filter(|column| !column.contains('.'))
        else {
            continue;
        };
        if !is_amount(&column) {
            continue;
        }
        let written =
            queries.iter().filter(|query| query.action == Action::Update && query.call > read.call).find_map(|write| {
                let other = file
                    .call(write.call)
                    .filter(|other| other.function == function && other.place.bytes.0 > assignment.place.bytes.0)?;
                let mut given = false;
                let mut id: Option<CallId> = Some(write.end);
                for _ in 0..20 {
                    let Some(link) = id.and_then(|id| file.call(id)) else { break };
                    for argument in &link.arguments {
                        argument.value.walk(&mut |value| given |= value.path() == Some(&assignment.target));
                    }
                    id = link.receiver;
                }
                given.then_some(other.place)
            });
        if let Some(place) = written {
            return told(place, &column, &read.table);
        }
    }
    None
}

/// The column of the row `name` that a value is computed from. Ruby calls where others read.
fn computed_column(file: &FileFacts, value: &Value, name: &str) -> Option<String> {
    let own = |path: &str| {
        path.strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('.'))
            .filter(|rest| !rest.contains('.'))
            .map(str::to_owned)
    };
    let mut found = None;
    value.walk(&mut |value| {
        if let Value::Computed(parts) = value
            && found.is_none()
        {
            found = parts.iter().find_map(|part| match part {
                Value::Path(path) => own(path),
                Value::Call(id) => {
                    file.call(*id).filter(|call| call.arguments.is_empty()).and_then(|call| own(&call.callee))
                }
                _ => None,
            });
        }
    });
    found
}

fn set_through_method(file: &FileFacts, read: &Query, call: &Call, name: &str) -> Option<Hit> {
    let function = call.function;
    let setter = file.calls.iter().find(|other| {
        let column = other.method().strip_prefix("set").filter(|_| other.object() == name);
        other.function == function
            && other.place.bytes.0 > call.place.bytes.0
            && column.is_some_and(|column| {
                let getter = format!("{name}.get{column}");
                other.arguments.iter().any(|argument| {
                    let mut computes = matches!(argument.value, Value::Computed(_));
                    let mut reads = false;
                    argument.value.walk(&mut |value| {
                        if let Value::Call(id) = value
                            && let Some(inner) = file.call(*id)
                        {
                            let head = inner.receiver.and_then(|id| file.call(id));
                            reads |= *inner.callee == *getter || head.is_some_and(|head| *head.callee == *getter);
                            // `balance.subtract(amount)` of BigDecimal.
                            computes |= matches!(inner.method(), "subtract" | "add" | "minus" | "plus");
                        }
                    });
                    computes && reads
                })
            })
    })?;
    let saved = file.calls.iter().any(|other| {
        other.function == function
            && other.place.bytes.0 > setter.place.bytes.0
            && matches!(other.method(), "save" | "saveAndFlush" | "merge" | "update" | "persist" | "updateById")
            && other.arguments.iter().any(|argument| argument.value.path() == Some(name))
    });
    let column = setter.method().strip_prefix("set")?;
    saved.then(|| told(setter.place, column, &read.table))?
}

fn told(place: crate::probe::source::code::Place, column: &str, table: &str) -> Option<Hit> {
    let of = if table.is_empty() { String::new() } else { format!(" of `{table}`") };
    let hit = Hit::new(
        place,
        format!("`{column}`{of} is read, computed with here and written back: of two requests at once, one is lost"),
    );
    if is_amount(column) {
        Some(hit)
    } else if is_counter(column) {
        Some(hit.severity(Severity::Minor).confidence(Confidence::Medium))
    } else {
        None
    }
}

/// `x = x - 1`
fn computes_from(value: &Value, target: &str) -> bool {
    match value {
        Value::Computed(parts) => parts.iter().any(|part| {
            let mut found = false;
            part.walk(&mut |value| found |= value.path() == Some(target));
            found
        }),
        // `balance.subtract(amount)` of Java, `Math.max(0, stock - 1)`.
        _ => false,
    }
}

/// `F("balance") - 1`: computed by the database.
fn holds_expression(file: &FileFacts, value: &Value) -> bool {
    let mut found = false;
    value.walk(&mut |value| {
        if let Value::Call(id) = value {
            found |= file
                .call(*id)
                .is_some_and(|call| matches!(call.method(), "F" | "literal" | "raw" | "Raw" | "Expr" | "expr" | "sql"));
        }
    });
    found || value.path().is_some_and(|path| path.starts_with(|c: char| c.is_ascii_uppercase()) && path.contains('.'))
}

/// `if (await exists(email)) return; await create(email)`
fn second_row(
    file: &FileFacts,
    queries: &[Query],
    read: &Query,
    call: &Call,
    unique: impl FnOnce() -> HashSet<String>,
) -> Option<Hit> {
    if read.table.is_empty()
        || read.keys.is_empty()
        || read.keys.iter().any(|key| &**key == "?" || tables::plain(key) == "id")
    {
        return None;
    }
    let function = call.function;
    let write = queries.iter().find(|query| {
        query.action == Action::Insert
            && query.call > read.call
            && tables::plain(&query.table) == tables::plain(&read.table)
            && file.call(query.call).is_some_and(|other| other.function == function && other.in_loop == call.in_loop)
    })?;
    let insert = file.call(write.call)?;
    // The answer decides whether the row is added.
    let name = holder(file, read, function).map(|held| root(&held.target));
    let end = file.call(read.end)?;
    let decides = file.conditions.iter().any(|condition| {
        if condition.function != function || condition.place.bytes.0 > insert.place.bytes.0 {
            return false;
        }
        let inside = condition.place.bytes.0 <= end.place.bytes.0 && end.place.bytes.1 <= condition.place.bytes.1;
        let mut tested = inside;
        condition.test.walk(&mut |value| {
            tested |= value.path().is_some_and(|path| name == Some(root(path)));
            if let Value::Call(id) = value {
                tested |= file.call(*id).is_some_and(|call| {
                    Some(call.root()) == name || call.arguments.iter().any(|a| a.value.path() == name)
                });
            }
        });
        let kept_out = condition.then.leaves || condition.then.throws;
        let covers = |block: &crate::probe::source::code::Block| (block.calls.0..block.calls.1).contains(&write.call);
        tested && (kept_out || covers(&condition.then) || condition.otherwise.as_ref().is_some_and(covers))
    });
    // A failing insert that is caught is what a unique constraint makes of the second request.
    if !decides || insert.in_try && handles_conflict(file, function) {
        return None;
    }
    let unique = unique();
    if read.keys.iter().any(|key| unique.contains(&tables::plain(key))) {
        return None;
    }
    let columns = read.keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" and ");
    Some(
        Hit::new(
            insert.place,
            format!("A row of `{}` is added after a look for one with the same {columns}: two requests at once both add one", read.table),
        )
        .severity(Severity::Minor)
        .confidence(Confidence::Medium)
        .fix("Put a unique constraint on what must not stand twice, and handle its error, or use an upsert (`ON CONFLICT DO NOTHING`)."),
    )
}

fn handles_conflict(file: &FileFacts, function: FunctionId) -> bool {
    file.catches.iter().filter(|catch| catch.function == function).any(|catch| {
        catch
            .types
            .iter()
            .any(|kind| ["Integrity", "Unique", "Duplicate", "Constraint"].iter().any(|word| kind.contains(word)))
            || file.accesses.iter().any(|access| {
                access.function == function
                    && catch.place.bytes.0 <= access.place.bytes.0
                    && access.place.bytes.1 <= catch.place.bytes.1
                    && access.path.ends_with(".code")
            })
    })
}

/// Columns that the database itself keeps unique, as far as models and migrations say so.
fn unique_columns(index: &CodeIndex) -> HashSet<String> {
    let mut found = HashSet::new();
    let on = |value: Option<&Value>| value.is_some_and(|value| !matches!(value, Value::Bool(false) | Value::Null));
    for file in &index.files {
        for assignment in &file.assignments {
            if let Value::Call(id) = &assignment.value
                && file.call(*id).is_some_and(|call| on(call.named("unique")) || on(call.named("primary_key")))
            {
                found.insert(tables::plain(assignment.target.rsplit('.').next().unwrap_or(&assignment.target)));
            }
            assignment.value.walk(&mut |value| objects(value, &mut found));
        }
        for call in &file.calls {
            for argument in &call.arguments {
                argument.value.walk(&mut |value| objects(value, &mut found));
            }
            let index_call = matches!(
                call.method(),
                "add_index"
                    | "index"
                    | "unique"
                    | "uniqueIndex"
                    | "UniqueConstraint"
                    | "createIndex"
                    | "Index"
                    | "addConstraint"
                    | "addIndex"
                    | "validates"
                    | "Unique"
            );
            let is_unique = matches!(call.method(), "unique" | "uniqueIndex" | "UniqueConstraint" | "Unique")
                || on(call.named("unique"))
                || call.arguments.iter().any(|a| on(a.value.get("unique")));
            if index_call && is_unique && call.method() != "validates" {
                for argument in &call.arguments {
                    argument.value.walk(&mut |value| {
                        if let Some(text) = value.text().or_else(|| value.path()) {
                            found.insert(tables::plain(text.rsplit('.').next().unwrap_or(text)));
                        }
                    });
                }
            }
            // `$table->string("email")->unique()`
            if matches!(call.method(), "unique" | "unique_together") {
                let mut next = call.receiver;
                for _ in 0..6 {
                    let Some(inner) = next.and_then(|id| file.call(id)) else { break };
                    if let Some(text) = inner.argument(0).and_then(Value::text) {
                        found.insert(tables::plain(text));
                    }
                    next = inner.receiver;
                }
            }
        }
        for class in &file.classes {
            let _ = class;
        }
    }
    for file in &index.plain {
        let prisma = file.ends_with(".prisma");
        if !prisma && !file.ends_with(".sql") {
            continue;
        }
        for (_, line) in file.lines() {
            let lower = line.to_ascii_lowercase();
            if !lower.contains("unique") {
                continue;
            }
            let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
            found.extend(words.map(tables::plain));
        }
    }
    found
}

/// `{ email: { type: String, unique: true } }`
fn objects(value: &Value, into: &mut HashSet<String>) {
    let Value::Object(pairs) = value else { return };
    for (key, inner) in pairs {
        if inner.get("unique").is_some_and(|on| !matches!(on, Value::Bool(false) | Value::Null)) {
            into.insert(tables::plain(key));
        }
        if &**key == "unique_together" || &**key == "unique" {
            inner.walk(&mut |value| {
                if let Some(text) = value.text() {
                    into.insert(tables::plain(text));
                }
            });
        }
    }
}

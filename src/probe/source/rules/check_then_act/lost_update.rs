//! A value of a row is computed with in the code and written back.

use super::super::Hit;
use super::holder;
use crate::model::{Confidence, Severity};
use crate::probe::source::code::{Call, CallId, Place, Value, root};
use crate::probe::source::database_calls::{Action, Answer, Query};
use crate::probe::source::facts::{FileFacts, Language};

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

/// How often something was used matters where that is limited: a coupon, a quota.
fn is_amount_of(column: &str, table: &str) -> bool {
    let lower = column.to_ascii_lowercase();
    let counts_uses = ["uses", "usage", "used_count", "usedcount"].iter().any(|word| lower.contains(word));
    if !counts_uses {
        return is_amount(column);
    }
    let both = format!("{} {lower}", table.to_ascii_lowercase());
    let limited = [
        "coupon",
        "voucher",
        "promo",
        "discount",
        "code",
        "gift",
        "quota",
        "plan",
        "credit",
        "licen",
        "subscri",
        "remaining",
    ];
    limited.iter().any(|word| both.contains(word))
}

fn is_counter(column: &str) -> bool {
    let lower = column.to_ascii_lowercase();
    ["count", "likes", "views", "votes", "score", "total", "attempts", "hits", "version", "number", "uses", "usage"]
        .iter()
        .any(|word| lower.contains(word))
}

/// `user.balance -= price; await user.save();`, `update({ data: { balance: user.balance - price } })`.
pub(super) fn check(file: &FileFacts, queries: &[Query], read: &Query, call: &Call) -> Option<Hit> {
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
                && !is_in_session(other)
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

/// `row.save({ session })`: belongs to a transaction, which fails where the row was changed in between.
fn is_in_session(call: &Call) -> bool {
    call.arguments.iter().any(|argument| ["session", "transaction"].iter().any(|key| argument.value.get(key).is_some()))
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

fn told(place: Place, column: &str, table: &str) -> Option<Hit> {
    let of = if table.is_empty() { String::new() } else { format!(" of `{table}`") };
    let hit = Hit::new(
        place,
        format!("`{column}`{of} is read, computed with here and written back: of two requests at once, one is lost"),
    );
    if is_amount_of(column, table) {
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

//! A row is added after a look whether there is one.

use std::cell::OnceCell;
use std::collections::HashSet;

use super::super::{Hit, tables};
use super::holder;
use crate::model::{Confidence, Severity};
use crate::probe::source::code::{Block, Call, FunctionId, Value, root};
use crate::probe::source::database_calls::{Action, Query};
use crate::probe::source::facts::FileFacts;

/// `if (await exists(email)) return; await create(email)`
pub(super) fn check<'u>(
    file: &FileFacts,
    queries: &[Query],
    read: &Query,
    call: &Call,
    unique: impl FnOnce() -> &'u HashSet<String>,
) -> Option<Hit> {
    if read.table.is_empty()
        || read.keys.is_empty()
        || !queries.iter().any(|query| query.action == Action::Insert && query.call > read.call)
        || read.keys.iter().any(|key| &**key == "?" || tables::plain(key) == "id")
    {
        return None;
    }
    let function = call.function;
    let table = OnceCell::new();
    let write = queries.iter().find(|query| {
        query.action == Action::Insert
            && query.call > read.call
            && file.call(query.call).is_some_and(|other| other.function == function && other.in_loop == call.in_loop)
            && tables::plain(&query.table) == *table.get_or_init(|| tables::plain(&read.table))
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
        let covers = |block: &Block| (block.calls.0..block.calls.1).contains(&write.call);
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

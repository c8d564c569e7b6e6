//! A row is read, a decision made, and the row written as if nobody else could have come in between.

use std::cell::OnceCell;
use std::collections::HashSet;

mod lost_update;
mod second_row;
mod serial;
mod uncalled;
mod unique;

use super::{Check, Hit, Rule, any_name, server, subject};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Assignment, Call, FunctionId};
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
    let unique: OnceCell<HashSet<String>> = OnceCell::new();
    let mut one_by_one: Option<bool> = None;
    let mut found_in: Vec<(Hit, Option<&str>)> = Vec::new();
    for (place, file) in index.files.iter().enumerate().filter(|(_, file)| server(file.role)) {
        let queries = index.queries_at(place);
        let reads = queries.iter().filter(|query| is_look(query));
        for read in reads {
            let Some(call) = file.call(read.call).filter(|call| !call.dev_only) else { continue };
            if call.function == 0 || read.locks || is_covered(file, index, call) {
                continue;
            }
            let found = lost_update::check(file, queries, read, call).or_else(|| {
                second_row::check(file, queries, read, call, || unique.get_or_init(|| unique::columns(index)))
            });
            let Some(hit) = found else { continue };
            let alone = file.language == Language::Python
                && *one_by_one.get_or_insert_with(|| serial::answers_one_by_one(index));
            let hit = if alone { in_one_process(hit) } else { hit }.in_file(place);
            found_in.push((hit, uncalled::uncalled(index, file, call.function)));
        }
    }
    let handed_on = index.said(&uncalled::HANDED_ON, found_in.iter().filter_map(|(_, uncalled)| *uncalled));
    let runs = |uncalled: Option<&str>| uncalled.is_none_or(|name| handed_on.contains(name));
    hits.extend(found_in.into_iter().filter(|(_, uncalled)| runs(*uncalled)).map(|(hit, _)| hit));
}

/// What cannot happen as long as one process answers one request at a time.
fn in_one_process(mut hit: Hit) -> Hit {
    hit.steps.push(
        "gunicorn is started with one worker, which answers one request at a time; with a second one this happens"
            .to_owned(),
    );
    let confidence = hit.confidence.unwrap_or(META.confidence).min(Confidence::Medium);
    hit.severity(Severity::Minor).confidence(confidence)
}

fn is_look(query: &Query) -> bool {
    query.action == Action::Read
        && (query.answer != Answer::List || query.scope == crate::probe::source::database_calls::Scope::Key)
}

fn is_covered(file: &FileFacts, index: &CodeIndex, call: &Call) -> bool {
    in_transaction(file, call)
        || has_session(file, call)
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

/// `Order.findById(id).session(session)`: a link of the chain says which transaction it belongs to.
fn has_session(file: &FileFacts, call: &Call) -> bool {
    let mut next = call.chained;
    for _ in 0..8 {
        let Some(link) = next.and_then(|id| file.call(id)) else { return false };
        if link.method() == "session" && link.arguments.len() == 1 {
            return true;
        }
        next = link.chained;
    }
    false
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

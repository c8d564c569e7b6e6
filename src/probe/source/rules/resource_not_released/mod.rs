//! A connection, cursor or file that some path through a function never closes.

mod opened;
mod owner;

use super::reach::{self, Search};
use super::{Check, Hit, Rule, Subject, server};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, CallId, FunctionKind, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use opened::Holds;
use owner::Fate;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "resource-not-released",
    title: "What was opened is not closed on every path",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A connection, cursor, file or browser is opened, and the function can end without closing it: there is no close at all, or an error on the way skips it.",
    why: "Each request, or each failed one, keeps a connection or file for good. After a day or two none is left and nothing answers until you restart.",
    fix: "Close it in `finally`, with `with`, `defer`, a block or try-with-resources, so that an error cannot skip it.",
    example: "const client = await pool.connect();\nawait client.query('BEGIN');\nawait client.query(MOVE, [from, to]);\nclient.release();\n\n// better\nconst client = await pool.connect();\ntry {\n  await client.query(MOVE, [from, to]);\n} finally {\n  client.release();\n}",
    references: &["F13", "F14"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .looks_at(server)
    .reads(reads, super::nowhere_else)
    .about("connection or file that is opened", look);

/// PHP closes what is open when a request ends.
fn reads(language: Language) -> bool {
    language.is_code() && language != Language::Php
}

fn look(file: &FileFacts, _index: &CodeIndex, subject: &mut Subject) {
    subject.seen |= file.calls.iter().any(|call| opened::holds(file, call).is_some());
}

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for (id, call) in (0_u32..).zip(&file.calls) {
        if call.dev_only || call.managed || call.deferred || call.function == 0 {
            continue;
        }
        let Some(holds) = opened::holds(file, call) else { continue };
        let Some(fate) = owner::fate(file, id, call, &holds) else { continue };
        let callee = &call.callee;
        let message = match fate {
            Fate::Never => format!("`{callee}` opens {}, and this function never {} it", holds.what, holds.verb),
            Fate::SkippedByErrors if holds.closed_by_itself => continue,
            Fate::SkippedByErrors => {
                format!("`{callee}` opens {}, and an error before it is let go keeps it open", holds.what)
            }
        };
        let hit = grade(Hit::new(call.place, message), file, call.function, &holds);
        if file.language == Language::Go && holds.part == "Body" && ends_by_itself(file, id, call) {
            hits.push(hit.severity(Severity::Minor).confidence(Confidence::Low));
            continue;
        }
        // What no request sets going runs now and then, or once.
        let asked = hit.confidence.is_some() || reach::from(index, file, id, SEARCH).is_some();
        hits.push(if asked { hit } else { hit.confidence(Confidence::Medium) });
    }
}

/// Whether the connection of an answer in Go comes back without a close: its body is read to the end, or the request
/// ends with the context that it was made with.
fn ends_by_itself(file: &FileFacts, id: CallId, call: &Call) -> bool {
    let Some(function) = file.function(call.function) else { return false };
    let name = file
        .assignments
        .iter()
        .find(|set| set.function == call.function && matches!(set.value, Value::Call(made) if made == id));
    let body = name.map(|set| format!("{}.Body", set.target));
    let read = body.is_some_and(|body| {
        file.calls_of(&function.body).any(|(at, found)| {
            at > id
                && matches!(&*found.callee, "io.ReadAll" | "ioutil.ReadAll")
                && found.argument(0).and_then(Value::path) == Some(&body)
                && !leaves_before(file, call, found, &body)
        })
    });
    let of_request = call.method() == "Do"
        && file.calls_of(&function.body).any(|(at, made)| {
            at < id
                && &*made.callee == "http.NewRequestWithContext"
                && made.argument(0).is_some_and(|context| {
                    let of_call = match context {
                        Value::Call(context) => file.call(*context).is_some_and(|made| made.method() == "Context"),
                        _ => false,
                    };
                    of_call || matches!(context.path(), Some("ctx" | "c" | "context"))
                })
        });
    read || of_request
}

/// Whether something may leave between the two other than the check of the first one's error.
fn leaves_before(file: &FileFacts, opened: &Call, read: &Call, body: &str) -> bool {
    let answer = body.strip_suffix(".Body").unwrap_or(body);
    file.conditions
        .iter()
        .filter(|condition| condition.function == opened.function)
        .filter(|condition| opened.place.bytes.1 <= condition.place.bytes.0)
        .filter(|condition| condition.place.bytes.0 < read.place.bytes.0 && condition.then.leaves)
        .any(|condition| {
            let mut of_answer = false;
            condition.test.walk(&mut |value| {
                of_answer |= value.path().is_some_and(|path| path.starts_with(answer));
            });
            of_answer
        })
}

const SEARCH: Search = Search { begins: reach::is_handler, stops: |_, _, _| false };

fn grade(hit: Hit, file: &FileFacts, function: u32, holds: &Holds) -> Hit {
    let hit = if holds.minor { hit.severity(Severity::Minor) } else { hit };
    if holds.closed_by_itself {
        return hit.confidence(Confidence::Medium);
    }
    // Work that runs once in a while leaks slowly.
    let job = file.enclosing(function).any(|(_, function)| function.kind == FunctionKind::Job);
    if job && !holds.minor { hit.confidence(Confidence::Medium) } else { hit }
}

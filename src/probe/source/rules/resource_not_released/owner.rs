//! Who has what was opened, and whether that one closes it.

use super::super::kept::{is_shared, leads_to};
use super::opened::Holds;
use crate::probe::source::code::{Call, CallId, Function, Value, root};
use crate::probe::source::facts::{FileFacts, Language};

/// What becomes of it where the function that opened it has to close it.
pub(super) enum Fate {
    /// Nothing closes it.
    Never,
    /// An error on the way skips what closes it.
    SkippedByErrors,
}

/// How many readers may stand around each other.
const MAX_AROUND: usize = 8;

/// What becomes of what the call in place `id` opens; `None`: it is closed, or somebody else has it.
pub(super) fn fate(file: &FileFacts, id: CallId, call: &Call, holds: &Holds) -> Option<Fate> {
    let function = file.function(call.function)?;
    let (top, outer) = outermost(file, id, call)?;
    if outer.managed || outer.returned || outer.argument_of.is_some() || outer.chained.is_some() {
        return None;
    }
    if outer.discarded {
        // `open(path, "w")` whose result nobody takes.
        return None;
    }
    let name = name_of(file, function, top)?;
    let part = if holds.part.is_empty() { name.to_owned() } else { format!("{name}.{}", holds.part) };
    if name.contains(['.', '[', '$']) || is_shared(file, name, call.function) || goes_on(file, function, name, &part) {
        return None;
    }
    let closing: Vec<(CallId, &Call)> = file
        .calls_of(&function.body)
        .filter(|(_, found)| holds.closes.contains(&found.method()) && lets_go(found, name, &part))
        .collect();
    if closing.is_empty() {
        return (!given_away(file, function, name)).then_some(Fate::Never);
    }
    // In Go the paths are plain to see, and a close without `defer` is chosen.
    if file.language == Language::Go {
        return None;
    }
    let sure = closing.iter().any(|(at, found)| {
        found.deferred
            || found.function != call.function
            || file.finals.iter().any(|last| last.cleanup.calls.0 <= *at && *at < last.cleanup.calls.1)
    });
    let after_error = || {
        closing.iter().any(|(at, _)| file.catches.iter().any(|c| c.handler.calls.0 <= *at && *at < c.handler.calls.1))
    };
    let between = || {
        let first = closing.first().map_or(0, |(at, _)| *at);
        file.calls_of(&function.body).any(|(at, found)| {
            at > id
                && at < first
                && found.argument_of.is_none()
                && found.chained.is_none()
                && found.function == call.function
        })
    };
    (!sure && !after_error() && between()).then_some(Fate::SkippedByErrors)
}

/// The reader that stands around what is opened, in languages that wrap them: `new BufferedReader(new FileReader(p))`.
fn outermost<'f>(file: &'f FileFacts, id: CallId, call: &'f Call) -> Option<(CallId, &'f Call)> {
    let mut at = (id, call);
    if file.language != Language::Java {
        return Some(at);
    }
    for _ in 0..MAX_AROUND {
        let Some(next) = at.1.argument_of else { return Some(at) };
        let outer = file.call(next)?;
        let wraps =
            outer.constructs && ["Reader", "Writer", "Stream", "Scanner"].iter().any(|end| outer.callee.ends_with(end));
        if !wraps {
            return None;
        }
        at = (next, outer);
    }
    None
}

/// The name that holds the result of the call in place `id`.
fn name_of<'f>(file: &'f FileFacts, function: &Function, id: CallId) -> Option<&'f str> {
    let (from, to) = (function.body.assignments.0 as usize, function.body.assignments.1 as usize);
    let sets = file.assignments.get(from..to)?;
    let set = sets.iter().find(|set| leads_to(file, &set.value, id))?;
    (&*set.target != "_").then_some(&set.target)
}

/// Whether it is returned or put somewhere else.
fn goes_on(file: &FileFacts, function: &Function, name: &str, part: &str) -> bool {
    let (from, to) = (function.body.assignments.0 as usize, function.body.assignments.1 as usize);
    let is_it = |value: &Value| {
        let mut found = false;
        value.walk(&mut |value| found |= value.path().is_some_and(|path| path == name || path == part));
        found
    };
    function.body.returns.iter().any(is_it)
        || file
            .assignments
            .get(from..to)
            .unwrap_or_default()
            .iter()
            .any(|set| *set.target != *name && is_it(&set.value))
        || inner_returns(file, function, name)
}

/// Whether a function inside gives it back: `resolve(connection)` stands among the calls.
fn inner_returns(file: &FileFacts, function: &Function, name: &str) -> bool {
    let (start, end) = function.place.bytes;
    file.functions
        .iter()
        .filter(|inner| start < inner.place.bytes.0 && inner.place.bytes.1 <= end)
        .any(|inner| inner.body.returns.iter().any(|value| value.path() == Some(name)))
}

/// `client.release()`, `pool.putconn(conn)`, `fs.closeSync(fd)`, `closing(conn)`
fn lets_go(call: &Call, name: &str, part: &str) -> bool {
    call.object() == part
        || call.arguments.iter().any(|argument| argument.value.path().is_some_and(|p| p == name || p == part))
}

/// Whether it is handed to somebody who may close it.
fn given_away(file: &FileFacts, function: &Function, name: &str) -> bool {
    // A generator hands it out and goes on later.
    if function.decorators.iter().any(|decorator| decorator.name.contains("contextmanager")) {
        return true;
    }
    file.calls_of(&function.body).any(|(_, call)| {
        if only_reads(file, call) {
            return false;
        }
        call.arguments.iter().any(|argument| {
            let mut found = false;
            argument.value.walk(&mut |value| found |= value.path() == Some(name));
            found
        })
    })
}

/// Calls that read from what they are given and leave it open.
fn only_reads(file: &FileFacts, call: &Call) -> bool {
    match file.language {
        Language::Go => matches!(
            call.root(),
            "io" | "ioutil" | "bufio" | "csv" | "json" | "fmt" | "xml" | "yaml" | "toml" | "binary" | "gzip" | "log"
        ),
        Language::Python => {
            matches!(&*call.callee, "json.load" | "json.dump" | "csv.reader" | "csv.writer" | "csv.DictReader")
                || matches!(&*call.callee, "csv.DictWriter" | "yaml.safe_load" | "yaml.load" | "pickle.load" | "print")
        }
        Language::Ruby => matches!(root(&call.callee), "JSON" | "YAML" | "CSV" | "puts"),
        Language::Java => {
            call.constructs && ["Reader", "Writer", "Scanner"].iter().any(|end| call.callee.ends_with(end))
        }
        _ => matches!(root(&call.callee), "console" | "logger"),
    }
}

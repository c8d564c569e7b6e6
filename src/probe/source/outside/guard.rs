//! What happens when a call fails: who catches the error, here, around, or in a caller within the project.

use std::collections::HashSet;

use super::last_of_chain;
use crate::probe::source::code::{Block, Call, CallId, Catch, Function, FunctionId, FunctionKind, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};

/// How many callers are looked at for one call.
const MAX_VISITS: usize = 60;
/// How many functions up callers are followed.
const MAX_DEPTH: usize = 5;

/// Who catches the error of a call.
#[derive(Debug, Clone)]
pub(in crate::probe::source) enum Guard<'i> {
    /// Something does.
    Caught(Caught<'i>),
    /// Nothing does on the way up to where the work began.
    Unguarded(Entry<'i>),
    /// Cannot be told: who calls it is not known.
    Unknown,
}

/// What catches an error.
#[derive(Debug, Clone)]
pub(in crate::probe::source) struct Caught<'i> {
    /// Its file.
    pub file: &'i FileFacts,
    /// What is done then.
    pub handler: Handler<'i>,
    /// Its line.
    pub line: u32,
}

/// What is done with a caught error.
#[derive(Debug, Clone, Copy)]
pub(in crate::probe::source) enum Handler<'i> {
    /// A catch clause.
    Clause(&'i Block),
    /// A function that is given to `catch`.
    Function(FunctionId),
    /// A library or a wrapper takes it.
    Library,
}

/// Where the work began whose error nothing catches.
#[derive(Debug, Clone)]
pub(in crate::probe::source) struct Entry<'i> {
    /// Its file.
    pub file: &'i FileFacts,
    /// The function: a handler, a job, an effect.
    pub function: FunctionId,
    /// What it is for.
    pub kind: FunctionKind,
    /// The calls on the way up to it: `src/a.ts:12 calls fetchRates`.
    pub steps: Vec<String>,
}

/// Who catches the error of the call in place `id`.
pub(in crate::probe::source) fn guard<'i>(index: &'i CodeIndex, file: &'i FileFacts, id: CallId) -> Guard<'i> {
    Search { index, seen: HashSet::new(), left: MAX_VISITS }.call(file, id, 0)
}

struct Search<'i> {
    index: &'i CodeIndex,
    seen: HashSet<(usize, FunctionId)>,
    left: usize,
}

impl<'i> Search<'i> {
    fn call(&mut self, file: &'i FileFacts, id: CallId, depth: usize) -> Guard<'i> {
        let Some(call) = file.call(id) else { return Guard::Unknown };
        if let Some(caught) = around(file, id, 0) {
            return Guard::Caught(caught);
        }
        self.function(file, call.function, depth)
    }

    /// What catches the errors of a function's body.
    fn function(&mut self, file: &'i FileFacts, id: FunctionId, depth: usize) -> Guard<'i> {
        let Some(function) = file.function(id) else { return Guard::Unknown };
        if let Some(outer) = function.argument_of.and_then(|outer| file.call(outer).map(|call| (outer, call))) {
            if takes_errors(outer.1) {
                return Guard::Caught(Caught { file, handler: Handler::Library, line: outer.1.place.span.line });
            }
            match outer.1.method() {
                // They run on their own, after everything around has ended.
                "setInterval" | "setTimeout" | "setImmediate" => {
                    let entry = Entry { file, function: id, kind: FunctionKind::Job, steps: Vec::new() };
                    return Guard::Unguarded(entry);
                }
                "on" | "once" | "addEventListener" | "addListener" | "subscribe" | "listen" => return Guard::Unknown,
                _ => {}
            }
            if function.kind == FunctionKind::Plain {
                // A callback: `items.map(async (item) => …)`, `new Promise((resolve) => …)`.
                return match around(file, outer.0, 0) {
                    Some(caught) => Guard::Caught(caught),
                    None => self.function(file, outer.1.function, depth),
                };
            }
        }
        if function.kind != FunctionKind::Plain {
            let entry = Entry { file, function: id, kind: function.kind, steps: Vec::new() };
            return Guard::Unguarded(entry);
        }
        if id == 0 || depth >= MAX_DEPTH {
            return Guard::Unknown;
        }
        self.callers(file, id, function, depth)
    }

    /// What catches in those who call a function: the worst of them counts.
    fn callers(&mut self, file: &'i FileFacts, id: FunctionId, function: &'i Function, depth: usize) -> Guard<'i> {
        let Some(place) = self.index.place_of(file) else { return Guard::Unknown };
        if !self.seen.insert((place, id)) {
            return Guard::Unknown;
        }
        // `(async () => { … })()` has no name and stands where it is called.
        let Some(name) = function.name.as_deref() else { return self.called_in_place(file, id, function, depth) };
        let mut caught = None;
        let mut unguarded: Option<Entry<'i>> = None;
        let mut unknown = false;
        for (caller, call_id) in self.index.places_of(name) {
            if self.left == 0 {
                return Guard::Unknown;
            }
            let Some(call) = caller.call(call_id) else { continue };
            let is_it =
                || self.index.called(caller, call).is_some_and(|target| target.place == place && target.function == id);
            if !is_it() {
                continue;
            }
            self.left -= 1;
            // Who only starts it does not hear of its error: a rule of its own speaks of that.
            match self.call(caller, call_id, depth + 1) {
                Guard::Caught(found) => caught = caught.or(Some(found)),
                Guard::Unguarded(mut entry) => {
                    if unguarded.is_none() {
                        entry.steps.push(format!("{}:{} calls {name}", caller.path, call.place.span.line));
                        unguarded = Some(entry);
                    }
                }
                Guard::Unknown => unknown = true,
            }
        }
        match (unguarded, caught) {
            (Some(entry), _) => Guard::Unguarded(entry),
            (None, Some(caught)) if !unknown => Guard::Caught(caught),
            _ => Guard::Unknown,
        }
    }

    fn called_in_place(&mut self, file: &'i FileFacts, id: FunctionId, function: &Function, depth: usize) -> Guard<'i> {
        let (start, end) = function.place.bytes;
        // The calls are sorted by where they begin.
        let from = file.calls.partition_point(|call| call.place.bytes.0 + 3 < start);
        let in_place =
            file.calls.iter().enumerate().skip(from).take(8).find(|(_, call)| {
                &*call.callee == "(function)" && call.place.bytes.0 <= start && call.place.bytes.1 > end
            });
        let Some((place, _)) = in_place else { return Guard::Unknown };
        let Ok(place) = u32::try_from(place) else { return Guard::Unknown };
        if depth >= MAX_DEPTH || file.call(place).is_none_or(|call| call.function == id) {
            return Guard::Unknown;
        }
        self.call(file, place, depth + 1)
    }
}

/// What catches the error of a call in the function that it stands in.
fn around(file: &FileFacts, id: CallId, steps: u32) -> Option<Caught<'_>> {
    let last = last_of_chain(file, id);
    for (_, link) in super::chain(file, id).skip(1) {
        let given = match link.method() {
            "catch" | "catchError" | "onErrorResume" | "onErrorReturn" | "rescue" => link.argument(0),
            "then" => match link.argument(1) {
                Some(second) => Some(second),
                None => continue,
            },
            _ => continue,
        };
        let handler = match given {
            Some(Value::Function(function)) => Handler::Function(*function),
            _ => Handler::Library,
        };
        return Some(Caught { file, handler, line: link.place.span.line });
    }
    let call = file.call(last)?;
    // What is not waited for fails after the `try` was left.
    let waited_for = !file.language.is_ecma() || call.awaited || !call.returned;
    if call.in_try
        && waited_for
        && let Some(catch) = clause_of(file, id)
    {
        return Some(Caught { file, handler: Handler::Clause(&catch.handler), line: catch.place.span.line });
    }
    // `await Promise.all([…])`, `toResult(fetch(…))`
    let outer = call.argument_of.filter(|_| steps < 20)?;
    let around_it = file.call(outer)?;
    if takes_errors(around_it) || matches!(around_it.method(), "allSettled" | "attempt") {
        return Some(Caught { file, handler: Handler::Library, line: around_it.place.span.line });
    }
    if around_it.function != call.function { None } else { around(file, outer, steps + 1) }
}

/// The innermost clause that tries the call in place `id`.
fn clause_of(file: &FileFacts, id: CallId) -> Option<&Catch> {
    let function = file.call(id)?.function;
    file.catches
        .iter()
        .filter(|catch| catch.function == function && catch.tried.calls.0 <= id && id < catch.tried.calls.1)
        .min_by_key(|catch| catch.tried.calls.1 - catch.tried.calls.0)
}

/// Whether a call takes the errors of the functions that it is given: a wrapper of handlers, a cache of queries.
fn takes_errors(call: &Call) -> bool {
    let method = call.method();
    let lower = method.to_ascii_lowercase();
    // Laravel's `rescue(fn () => …)`.
    if &*call.callee == "rescue" {
        return true;
    }
    matches!(
        method,
        "useQuery"
            | "useMutation"
            | "useInfiniteQuery"
            | "useSuspenseQuery"
            | "useQueries"
            | "queryOptions"
            | "infiniteQueryOptions"
            | "useSWR"
            | "useSWRMutation"
            | "useSWRInfinite"
            | "createAsyncThunk"
            | "createQuery"
            | "createMutation"
            | "createApi"
            | "fetchQuery"
            | "prefetchQuery"
            | "useAsync"
            | "useAsyncFn"
            | "useRequest"
            | "useAsyncData"
            | "useLazyAsyncData"
            | "createResource"
            | "attempt"
            | "attemptAsync"
            | "safeTry"
            | "allSettled"
            | "fromPromise"
            | "fromThrowable"
    ) || (lower.contains("catch") && method != "catch")
        || lower.contains("asynchandler")
        || lower.contains("handleasync")
        || lower.contains("wrapasync")
        || lower.contains("asyncwrap")
        || lower.contains("errorhandl")
        || lower.contains("handleerror")
        || lower.contains("trycatch")
        || lower.starts_with("safe")
        || matches!(&*lower, "wrap" | "asyncmiddleware" | "asyncroute" | "asyncfn" | "ah" | "tryit" | "goto")
}

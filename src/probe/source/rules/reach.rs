//! Which requests make a call run: through the functions of the project that call each other, from the call upwards.

use std::collections::HashSet;

use crate::probe::source::code::{Call, CallId, Function, FunctionId, FunctionKind};
use crate::probe::source::facts::{CodeIndex, FileFacts, Role};

/// How many calls between a handler and what it leads to are followed.
const MAX_LEVELS: usize = 2;
/// How many callers are looked at for one question.
const MAX_CALLERS: usize = 60;
/// How many functions may stand in each other.
const MAX_NESTED: usize = 20;

/// Where a call is led to from.
pub(super) struct Reached<'i> {
    /// The file of the function in which it begins.
    pub file: &'i FileFacts,
    /// The call made there, which leads to the one that was asked for or is it.
    pub call: CallId,
    /// The calls on the way: `src/a.ts:12 calls connect`.
    pub steps: Vec<String>,
}

/// What a search looks for.
#[derive(Clone, Copy)]
pub(super) struct Search {
    /// Whether work begins with this function.
    pub begins: fn(&FileFacts, &Function) -> bool,
    /// Whether what this call leads to is nothing that the question is about: it runs once, or nobody waits for it.
    pub stops: fn(&FileFacts, CallId, &Call) -> bool,
}

/// From the handlers of requests.
pub(super) fn is_handler(_: &FileFacts, function: &Function) -> bool {
    function.kind == FunctionKind::Handler
}

/// From handlers, and from what draws a page on the server at every visit.
pub(super) fn answers_visit(file: &FileFacts, function: &Function) -> bool {
    is_handler(file, function) || draws_page(file, function)
}

/// A component that runs on the server for every visit, or what SvelteKit loads a page with.
pub(super) fn draws_page(file: &FileFacts, function: &Function) -> bool {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    let draws = function.kind == FunctionKind::Component && function.is_async && function.parent == Some(0);
    let loads = function.name.as_deref() == Some("load") && function.exported && name.starts_with('+');
    file.language.is_ecma() && (draws || loads)
}

/// The function that leads to the call in place `id`, if one does.
pub(super) fn from<'i>(index: &'i CodeIndex, file: &'i FileFacts, id: CallId, search: Search) -> Option<Reached<'i>> {
    Walk { index, search, seen: HashSet::new(), left: MAX_CALLERS }.call(file, id, 0)
}

struct Walk<'i> {
    index: &'i CodeIndex,
    search: Search,
    seen: HashSet<(usize, FunctionId)>,
    left: usize,
}

impl<'i> Walk<'i> {
    fn call(&mut self, file: &'i FileFacts, id: CallId, level: usize) -> Option<Reached<'i>> {
        let call = file.call(id)?;
        if call.dev_only || is_put_off(file, call) || (self.search.stops)(file, id, call) {
            return None;
        }
        let mut at = call.function;
        for _ in 0..MAX_NESTED {
            let function = file.function(at)?;
            if runs_once(function) {
                return None;
            }
            if (self.search.begins)(file, function) {
                return Some(Reached { file, call: id, steps: Vec::new() });
            }
            if at == 0 || !matches!(function.kind, FunctionKind::Plain | FunctionKind::Handler) {
                return None;
            }
            if let Some(outer) = function.argument_of.and_then(|id| file.call(id)) {
                if lets_run(outer) {
                    return None;
                }
                at = outer.function;
            } else if function.parent.is_some_and(|parent| parent != 0) {
                at = function.parent.unwrap_or(0);
            } else {
                return self.callers(file, at, function, level);
            }
        }
        None
    }

    fn callers(
        &mut self,
        file: &'i FileFacts,
        id: FunctionId,
        function: &'i Function,
        level: usize,
    ) -> Option<Reached<'i>> {
        let place = self.index.place_of(file)?;
        let name = function.name.as_deref()?;
        if level >= MAX_LEVELS || !self.seen.insert((place, id)) {
            return None;
        }
        for (caller, call_id) in self.index.places_of(name) {
            if self.left == 0 {
                return None;
            }
            let Some(call) = caller.call(call_id) else { continue };
            // `OrderList::data()` names another class than `TaskList`, of which there may be hundreds.
            let named = call.object().rsplit('.').next().unwrap_or("");
            let other = named.starts_with(|c: char| c.is_ascii_uppercase())
                && function.class.as_deref().is_some_and(|class| class != named);
            if caller.role != Role::Server || other {
                continue;
            }
            self.left -= 1;
            let is_it = self.index.called(caller, call).is_some_and(|to| to.place == place && to.function == id);
            if !is_it {
                continue;
            }
            if let Some(mut reached) = self.call(caller, call_id, level + 1) {
                reached.steps.push(format!("{}:{} calls {name}", caller.path, call.place.span.line));
                return Some(reached);
            }
        }
        None
    }
}

/// Whether its result is kept, or it runs when the program starts or is built.
fn runs_once(function: &Function) -> bool {
    let marked = function.decorators.iter().any(|decorator| {
        let name = decorator.name.to_ascii_lowercase();
        let kept = ["cache", "memo", "singleton", "once", "lazy", "fixture", "on_event"];
        kept.iter().any(|word| name.contains(word)) || matches!(decorator.method(), "Bean" | "PostConstruct" | "Async")
    });
    let named = function.name.as_deref().is_some_and(|name| {
        matches!(
            name,
            "getStaticProps"
                | "getStaticPaths"
                | "generateStaticParams"
                | "onModuleInit"
                | "lifespan"
                | "startup"
                | "init"
                | "main"
                | "bootstrap"
        )
    });
    marked || named
}

/// Whether a call runs the function that it is given at most once, or at a time when nobody waits for it.
fn lets_run(call: &Call) -> bool {
    let method = call.method();
    let lower = call.callee.to_ascii_lowercase();
    matches!(
        method,
        "setTimeout"
            | "setInterval"
            | "setImmediate"
            | "nextTick"
            | "queueMicrotask"
            | "waitUntil"
            | "after"
            | "defer"
            | "afterResponse"
            | "onFinish"
            | "on"
            | "once"
            | "Do"
            | "go"
            | "Go"
            | "spawn"
            | "dispatch"
            | "submit"
            | "execute"
            | "add_task"
            | "add_job"
            | "run_in_executor"
            | "to_thread"
            | "run_in_threadpool"
            | "sync_to_async"
            | "enqueue"
            | "computeIfAbsent"
            | "getOrInsertWith"
            | "singleton"
            | "bind"
            | "addHook"
            | "create_task"
            | "ensure_future"
            | "on_commit"
            | "call_after_commit"
            | "runAsync"
            | "supplyAsync"
    ) || lower.contains("cache")
        || lower.contains("memo")
        || lower.contains("background")
        || lower.contains("queue")
        || lower.starts_with("thread")
        || lower.starts_with("concurrent")
}

/// Whether it is given to something that runs it beside the request: `waitUntil(send())`, `go send()`.
fn is_put_off(file: &FileFacts, call: &Call) -> bool {
    let mut next = call.argument_of;
    for _ in 0..MAX_NESTED {
        let Some(outer) = next.and_then(|id| file.call(id)) else { return false };
        if outer.function != call.function {
            return false;
        }
        if lets_run(outer) {
            return true;
        }
        next = outer.argument_of;
    }
    false
}

/// Whether anybody waits for the call: in JavaScript what is not awaited goes on beside the answer.
pub(super) fn is_waited_for(file: &FileFacts, id: CallId) -> bool {
    if !file.language.is_ecma() {
        return true;
    }
    let mut at = id;
    for _ in 0..MAX_NESTED {
        let Some(call) = file.call(at) else { return false };
        if call.awaited || call.returned {
            return true;
        }
        // `Promise.all([send(a), send(b)])`, `send(a).catch(log)`
        match call.chained.or(call.argument_of) {
            Some(next) if next != at => at = next,
            _ => break,
        }
    }
    false
}

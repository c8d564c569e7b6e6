//! An effect that leaves something running when its component goes.

use super::{Check, Hit, Rule, has_components, subject};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Assignment, Call, Function, FunctionKind, Value, root};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "effect-without-cleanup",
    title: "An effect is never cleaned up",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "An effect or mount hook that adds a listener, timer, socket or subscription and gives back no clean-up.",
    why: "Every visit to the page adds another one. The tab grows slower, calls your API again and again, and may show stale data.",
    fix: "Return a function from the effect that undoes it: `clearInterval`, `removeEventListener`, `close()` or `unsubscribe()`.",
    example: "useEffect(() => {\n  setInterval(refresh, 5000);\n}, []);\n\n// better\nuseEffect(() => {\n  const timer = setInterval(refresh, 5000);\n  return () => clearInterval(timer);\n}, []);",
    references: &["F15", "F16", "https://react.dev/learn/synchronizing-with-effects#step-3-add-cleanup-if-needed"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .reads(Language::is_ecma, has_components)
    .about("effect or mount hook", subject::effects);

/// Looks at one file.
fn check(file: &FileFacts, _index: &CodeIndex, hits: &mut Vec<Hit>) {
    for (id, function) in (0_u32..).zip(&file.functions) {
        if function.kind == FunctionKind::Effect && !is_cleaned_up(file, function) {
            effect(file, id, function, hits);
        }
    }
}

/// Whether some hook runs when the component goes, whatever it does.
fn has_unmount_hook(file: &FileFacts) -> bool {
    let vue = [
        "onUnmounted",
        "onBeforeUnmount",
        "onScopeDispose",
        "onDeactivated",
        "onWatcherCleanup",
        "onDestroy",
        "onCleanup",
    ];
    file.calls.iter().any(|call| vue.contains(&&*call.callee))
}

/// Whether what a call gives back is given to some other call: `stopLater(timer)`.
fn is_handed_on(file: &FileFacts, call: &Call) -> bool {
    let inside = |bytes: (u32, u32)| bytes.0 <= call.place.bytes.0 && call.place.bytes.1 <= bytes.1;
    let keeps = |assignment: &&Assignment| assignment.function == call.function && inside(assignment.place.bytes);
    file.assignments.iter().filter(keeps).any(|assignment| {
        let holds = |value: &Value| value.path().is_some_and(|path| root(path) == root(&assignment.target));
        file.calls.iter().any(|other| other.arguments.iter().any(|argument| holds(&argument.value)))
    })
}

/// What was started, and which call would end it.
struct Started {
    what: &'static str,
    ended_by: &'static [&'static str],
    severity: Severity,
}

fn started(file: &FileFacts, effect: u32, call: &Call) -> Option<Started> {
    let of = |what, ended_by, severity| Some(Started { what, ended_by, severity });
    if call.constructs {
        return match &*call.callee {
            "WebSocket" => of("a WebSocket", &["close"], Severity::Major),
            "EventSource" => of("an event stream", &["close"], Severity::Major),
            "IntersectionObserver" | "ResizeObserver" | "MutationObserver" => {
                of("an observer", &["disconnect", "unobserve"], Severity::Minor)
            }
            _ => None,
        };
    }
    match call.method() {
        "setInterval" if matches!(call.object(), "" | "window" | "globalThis") && !is_own_name(file, call) => {
            of("an interval", &["clearInterval"], Severity::Major)
        }
        "addEventListener" | "addListener" if outlives(file, effect, call) && !ends_by_itself(file, call) => {
            of("an event listener", &["removeEventListener", "removeListener", "abort"], Severity::Minor)
        }
        "on" if matches!(root(&call.callee), "socket" | "io" | "emitter" | "eventBus" | "bus")
            && call.arguments.len() == 2 =>
        {
            of("a listener", &["off", "removeListener", "removeAllListeners", "disconnect", "close"], Severity::Major)
        }
        "subscribe" if subscribes(call) && !is_of_angular(file) => {
            of("a subscription", &["unsubscribe", "removeChannel", "removeAllChannels"], Severity::Major)
        }
        "onAuthStateChange" | "onSnapshot" | "onAuthStateChanged" => {
            of("a subscription", &["unsubscribe"], Severity::Major)
        }
        _ => None,
    }
}

/// `setInterval` of `const [interval, setInterval] = useState(30)`: a name of the component, not the timer of browsers.
fn is_own_name(file: &FileFacts, call: &Call) -> bool {
    let name = &*call.callee;
    file.assigned(name, call.function).is_some()
        || file.binding(name).is_some()
        || file.enclosing(call.function).any(|(_, function)| {
            function.name.as_deref() == Some(name)
                || function.parameters.iter().any(|parameter| parameter.names.iter().any(|(own, _)| **own == *name))
        })
}

/// Something whose subscription lasts until it is ended; an observable of one answer ends by itself.
fn subscribes(call: &Call) -> bool {
    let object = call.object().to_ascii_lowercase();
    ["channel", "store", "emitter", "pubsub", "bus", "socket", "supabase", "pusher", "router", "events"]
        .iter()
        .any(|word| object.contains(word))
}

fn is_of_angular(file: &FileFacts) -> bool {
    file.imports_any(|module| module.starts_with("@angular/"))
}

/// Whether what is listened to lives longer than the component: not an element or object made in the effect.
fn outlives(file: &FileFacts, effect: u32, call: &Call) -> bool {
    let object = root(&call.callee);
    if &*call.callee == call.method() || matches!(object, "window" | "document" | "globalThis" | "navigator") {
        return true;
    }
    if call.object().ends_with(".current") {
        // An element of the component goes with it, and its listeners too.
        return false;
    }
    match file.assignments.iter().find(|a| file.within(a.function, effect) && *a.target == *object) {
        Some(assignment) => match &assignment.value {
            Value::Call(id) => file.call(*id).is_some_and(|made| matches!(made.method(), "matchMedia")),
            Value::Path(path) => matches!(root(path), "window" | "document"),
            _ => false,
        },
        None => file.binding(object).is_some(),
    }
}

/// `{ once: true }` and `{ signal }`.
fn ends_by_itself(file: &FileFacts, call: &Call) -> bool {
    call.argument(2).is_some_and(|options| {
        let options = file.resolved(options, call.function);
        options.get("once") == Some(&Value::Bool(true)) || options.get("signal").is_some()
    }) || matches!(call.argument(0).and_then(Value::text), Some("beforeunload" | "load" | "DOMContentLoaded"))
}

fn is_cleaned_up(file: &FileFacts, function: &Function) -> bool {
    if function.body.returns.iter().any(|value| !matches!(value, Value::Null | Value::Bool(_)))
        && !is_expression(function)
    {
        return true;
    }
    let unmounts = ["componentWillUnmount", "ngOnDestroy", "disconnectedCallback"];
    let options = ["beforeUnmount", "unmounted", "beforeDestroy", "destroyed"];
    file.functions.iter().any(|other| {
        let name = other.name.as_deref().unwrap_or("");
        (other.class.is_some() && other.class == function.class && unmounts.contains(&name))
            || (file.path.ends_with(".vue") && options.contains(&name))
    })
}

/// `useEffect(() => subscribe())` gives back what `subscribe` does, which may be its clean-up.
fn is_expression(function: &Function) -> bool {
    function.is_async && function.body.returns.is_empty()
}

/// Whether an effect runs more than once while its component stays: each time what it depends on changes, it starts another.
fn runs_again(file: &FileFacts, function: &Function) -> bool {
    let Some(hook) = function.argument_of.and_then(|id| file.call(id)) else { return false };
    if !matches!(hook.method(), "useEffect" | "useLayoutEffect") {
        return false;
    }
    match hook.argument(1).map(|given| file.resolved(given, hook.function)) {
        None => true,
        Some(Value::Array(given)) => given.iter().any(|value| !is_fixed(file, value)),
        Some(_) => false,
    }
}

/// What stays the same however often a component is drawn: setters, dispatchers, what is imported.
fn is_fixed(file: &FileFacts, value: &Value) -> bool {
    let Some(path) = value.path() else { return false };
    let setter = path.strip_prefix("set").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    setter
        || matches!(path, "dispatch" | "router" | "navigate" | "t" | "queryClient" | "supabase" | "toast")
        || file.binding(root(path)).is_some()
        || file.assigned(root(path), 0).is_some()
}

fn effect(file: &FileFacts, id: u32, function: &Function, hits: &mut Vec<Hit>) {
    let hooked = has_unmount_hook(file);
    for (_, call) in file.calls_of(&function.body) {
        let Some(started) = started(file, id, call) else { continue };
        let own = call.function == id;
        // What a handler in the effect starts is that handler's business; a function called at once is the effect's.
        if !own && file.function(call.function).is_none_or(|inner| inner.name.is_none() && inner.argument_of.is_some())
        {
            continue;
        }
        let ended_here = file.calls_of(&function.body).any(|(_, other)| started.ended_by.contains(&other.method()));
        // Kept in a ref or a field, and ended from somewhere else.
        let ended_elsewhere = file.calls.iter().any(|other| started.ended_by.contains(&other.method()));
        // A hook that runs at the end may end anything but an interval whose number it cannot know.
        if hooked && (ended_elsewhere || started.ended_by != ["clearInterval"] || is_handed_on(file, call)) {
            continue;
        }
        let kept = file.assignments.iter().any(|a| {
            a.function == call.function
                && a.target.contains('.')
                && a.place.bytes.0 <= call.place.bytes.0
                && call.place.bytes.1 <= a.place.bytes.1
        });
        if ended_here || (kept && ended_elsewhere) {
            continue;
        }
        let severity = if is_slow(call) { Severity::Minor } else { started.severity };
        let again = runs_again(file, function) && !stays_mounted(file);
        let confidence = match (ended_elsewhere, again) {
            (true, _) => Confidence::Low,
            (false, true) => Confidence::High,
            // A component that never leaves the page starts it once.
            (false, false) => Confidence::Medium,
        };
        hits.push(
            Hit::new(call.place, format!("The effect starts {} and never ends it", started.what))
                .severity(severity)
                .confidence(confidence),
        );
    }
}

/// Components that an app mounts once and keeps: its frame, its providers, its messages to people.
fn stays_mounted(file: &FileFacts) -> bool {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    matches!(&*stem, "app" | "_app" | "main" | "root" | "index")
        || ["layout", "provider", "providers", "context", "toaster", "toast", "toasts", "notifications", "shell"]
            .iter()
            .any(|end| stem.ends_with(end))
}

/// An interval of ten minutes or more costs nobody anything.
fn is_slow(call: &Call) -> bool {
    const TEN_MINUTES: u64 = 10 * 60 * 1000;
    let number = |value: &Value| match value {
        Value::Number(text) => text.replace('_', "").parse::<u64>().ok(),
        _ => None,
    };
    let milliseconds = match call.argument(1) {
        // `24 * 60 * 60 * 1000`
        Some(Value::Computed(values)) => product(values, 0),
        Some(value) => number(value),
        None => None,
    };
    call.method() == "setInterval" && milliseconds.is_some_and(|found| found >= TEN_MINUTES)
}

fn product(values: &[Value], steps: u32) -> Option<u64> {
    values.iter().try_fold(1_u64, |all, value| {
        let factor = match value {
            Value::Number(text) => text.replace('_', "").parse::<u64>().ok(),
            Value::Computed(inner) if steps < 8 => product(inner, steps + 1),
            _ => None,
        };
        all.checked_mul(factor?)
    })
}

//! A webhook that does slow work before it answers.

use super::{Check, Hit, Rule, request_work, webhook_signature_unverified, webhooks};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::Call;
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::routes::{Reached, Route};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "webhook-works-before-ack",
    title: "A webhook does slow work before it answers",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "A webhook's handler that sends mail, asks a model, makes a document or calls several services before it answers.",
    why: "Senders wait for seconds only. When the work is slow they hang up and send the same event again: customers get two mails, two orders, or are charged for both.",
    fix: "Store the event under its id, answer 200, and do the work in a queue or after the answer (`after`, `waitUntil`, BackgroundTasks).",
    example: "await sendReceipt(event);\nreturn new Response('ok');\n\n// better\nawait queue.add('receipt', { eventId: event.id });\nreturn new Response('ok');",
    references: &["F42", "https://docs.stripe.com/webhooks#acknowledge-events-immediately"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::Project(check))
    .reads(request_work::reads, request_work::would_read)
    .about("webhook", webhook_signature_unverified::look);

/// So many calls of other services take a sender's patience.
const SEVERAL: usize = 3;

/// Looks at the project.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    for route in request_work::judged(index, request_work::reads).filter(|route| webhooks::is_webhook(route)) {
        let answered = answered(index, route);
        let mut outside = 0;
        let mut found: Option<String> = None;
        let mut seen_at_top = None;
        for at in route.reach.iter().filter(|at| at.depth <= 2) {
            if at.depth > 0 && !is_waited_for(index, route, at, answered) {
                continue;
            }
            for (file, _, call) in at.calls(index) {
                if at.depth == 0 && answered.is_some_and(|end| end < call.place.bytes.0) || is_later(file, call) {
                    continue;
                }
                let waits = waits_by_itself(file, call) || call.awaited || call.returned;
                if let Some(slow) = slow(file, call).filter(|_| waits) {
                    found.get_or_insert_with(|| slow.to_owned());
                    if at.depth == 0 {
                        seen_at_top.get_or_insert(call.place);
                    }
                }
                outside += usize::from(waits && is_outside(call));
            }
        }
        let does = match found {
            Some(slow) => slow,
            None if outside >= SEVERAL => format!("calls other services {outside} times"),
            None => continue,
        };
        let place =
            seen_at_top.filter(|_| route.handler.is_some_and(|(file, _)| file == route.file)).unwrap_or(route.place);
        let mut hit = Hit::new(place, format!("{} {does} before it answers", route.title(index)));
        hit.file = route.file;
        hits.push(hit);
    }
}

/// Where the handler has sent its answer already, and goes on.
fn answered(index: &CodeIndex, route: &Route) -> Option<u32> {
    let (file, function) = route.function(index)?;
    let sends = |call: &Call| {
        let object = call.object().trim_end_matches("()").rsplit('.').next().unwrap_or("");
        (matches!(call.method(), "send" | "sendStatus" | "json" | "end")
            && (matches!(object, "res" | "response" | "reply" | "status") || call.callee.starts_with("res.")))
            && !call.returned
            && call.function == route.handler.map_or(0, |(_, id)| id)
    };
    // An answer in a branch that ends there is none for what follows.
    let all = file.calls_of(&function.body).filter(|(_, call)| sends(call)).map(|(_, call)| call.place.bytes.1);
    let guarded =
        |end: u32| file.conditions.iter().any(|c| file.calls_of(&c.then).any(|(_, call)| call.place.bytes.1 == end));
    all.filter(|end| !guarded(*end)).min()
}

/// Whether the handler calls that function before its answer, and waits.
fn is_waited_for(index: &CodeIndex, route: &Route, at: &Reached, answered: Option<u32>) -> bool {
    let Some(first) = route.reach.first() else { return false };
    let Some((_, target)) = at.get(index) else { return false };
    let Some(name) = target.name.as_deref() else { return false };
    let direct: Vec<(&FileFacts, &Call)> =
        first.calls(index).filter(|(_, _, call)| call.method() == name).map(|(file, _, call)| (file, call)).collect();
    if at.depth > 1 && direct.is_empty() {
        return answered.is_none();
    }
    direct.iter().any(|(file, call)| {
        (call.awaited || call.returned || waits_by_itself(file, call))
            && !is_later(file, call)
            && answered.is_none_or(|end| call.place.bytes.0 < end)
    })
}

/// Whether a call ends before the next line, without an `await`.
fn waits_by_itself(file: &FileFacts, call: &Call) -> bool {
    // A job of Rails and a queued mail of Laravel are only written down.
    !file.language.is_ecma()
        && !matches!(
            call.method(),
            "deliver_later"
                | "deliver_later!"
                | "queue"
                | "later"
                | "perform_later"
                | "perform_async"
                | "perform_in"
                | "dispatch"
                | "dispatchAfterResponse"
        )
}

/// Work that is handed on: `after(() => …)`, `waitUntil(…)`, `queue.add(…)`, `tasks.add_task(…)`, `send.delay(…)`.
fn is_later(file: &FileFacts, call: &Call) -> bool {
    let hands_on = |call: &Call| {
        matches!(
            call.method(),
            "after"
                | "waitUntil"
                | "setImmediate"
                | "setTimeout"
                | "nextTick"
                | "queueMicrotask"
                | "add_task"
                | "delay"
                | "apply_async"
                | "enqueue"
                | "create_task"
                | "start_soon"
                | "Thread"
                | "publish"
                | "trigger"
                | "step.run"
                | "sendMessage"
                | "go"
                | "perform_later"
                | "perform_async"
                | "dispatch"
                | "dispatchAfterResponse"
                | "afterResponse"
                | "defer"
                | "runAsync"
                | "supplyAsync"
                | "submit"
                | "execute"
                | "convertAndSend"
                | "publishEvent"
                | "Thread.new"
                | "Enqueue"
                | "EnqueueContext"
                | "Publish"
        )
    };
    let mut around = call.argument_of;
    for _ in 0..8 {
        let Some(outer) = around.and_then(|id| file.call(id)) else { break };
        if hands_on(outer) {
            return true;
        }
        around = outer.argument_of;
    }
    hands_on(call)
        || file
            .enclosing(call.function)
            .any(|(_, function)| function.argument_of.and_then(|id| file.call(id)).is_some_and(hands_on))
}

fn slow(file: &FileFacts, call: &Call) -> Option<&'static str> {
    if let Some(does @ ("sends mail" | "asks an AI model" | "sends text messages")) = request_work::costly(file, call) {
        return Some(does);
    }
    // Laravel's notifications may be queued; the name of the class does not tell.
    if file.language == Language::Php && call.method() == "notify" {
        return None;
    }
    let callee = call.callee.to_ascii_lowercase();
    (callee.contains("pdf")
        && ["generate", "create", "render", "pdf", "make", "write_pdf", "from_string", "output", "loadview"]
            .iter()
            .any(|word| call.method().to_ascii_lowercase().contains(word))
        && !call.constructs
        || matches!(&*call.callee, "puppeteer.launch" | "chromium.launch"))
    .then_some("makes a document")
}

fn is_outside(call: &Call) -> bool {
    let of_other = matches!(
        (call.root(), call.method()),
        ("http", "Get" | "Post" | "PostForm")
            | ("Http", "get" | "post" | "put" | "patch" | "delete")
            | ("HTTParty" | "Faraday" | "RestClient" | "Net", "get" | "post" | "put" | "post_form")
            | ("restTemplate", "getForObject" | "postForObject" | "exchange" | "postForEntity" | "getForEntity")
    );
    let of_client = matches!(call.method(), "Do" | "send") && call.object().to_ascii_lowercase().ends_with("client");
    of_other
        || of_client
        || &*call.callee == "fetch"
        || (matches!(call.root(), "axios" | "got" | "ky" | "requests" | "httpx")
            && matches!(
                call.method(),
                "get" | "post" | "put" | "patch" | "delete" | "request" | "axios" | "got" | "ky"
            ))
}

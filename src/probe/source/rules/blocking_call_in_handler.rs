//! Work in a request handler that stops every other request.

use super::kept::is_kept;
use super::reach::{self, Search};
use super::{Check, Hit, Rule, any_name, first_languages, server, subject};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, CallId, FunctionKind};
use crate::probe::source::facts::{Binding, CodeIndex, FileFacts, Language};
use crate::probe::source::flow::in_handler;
use crate::probe::source::index::Question;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "blocking-call-in-handler",
    title: "A request handler blocks all other requests",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Synchronous file, process or crypto work in a Node request handler or a function that it calls, blocking calls in an `async` Python function, a handler of PHP, Ruby or Java that sleeps, or a reactive `block()`.",
    why: "One process serves all your users. While such a call runs, it answers nobody else.",
    fix: "Use the asynchronous form (`await readFile`, `execFile` with a callback, `asyncio.sleep`, `httpx`), or do the work before the first request or in a job.",
    example: "app.get('/report', (req, res) => {\n  const text = readFileSync('report.html', 'utf8');\n});\n\n// better\napp.get('/report', async (req, res) => {\n  const text = await readFile('report.html', 'utf8');\n});",
    references: &["F33", "https://nodejs.org/en/learn/asynchronous-work/dont-block-the-event-loop"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .reads(reads, blocks)
    .looks_at(server)
    .about("request handler", subject::handlers);

fn reads(language: Language) -> bool {
    first_languages(language) || matches!(language, Language::Php | Language::Ruby | Language::Java)
}

/// Every handler of Go runs beside the others.
fn blocks(name: &str) -> bool {
    any_name(name) && name != Language::Go.name()
}

/// From the handlers of requests.
const HANDLERS: Search = Search { begins: reach::is_handler, stops: is_kept };
/// From functions that run in the loop of events.
const LOOP: Search = Search { begins: |_, function| function.is_async, stops: |_, _, _| false };

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for (id, call) in (0_u32..).zip(&file.calls).filter(|(_, call)| !call.dev_only) {
        let hit = match file.language {
            Language::Python => python(file, index, call).or_else(|| python_helper(file, index, id, call)).map(|hit| {
                // A bot or a command has a loop of events to itself.
                let minor = hit.severity == Some(Severity::Minor);
                let served = minor || reach::from(index, file, id, HANDLERS).is_some();
                if served { hit } else { hit.confidence(Confidence::Medium) }
            }),
            Language::Java => java(file, call),
            Language::Php | Language::Ruby => sleeps(file, index, id, call),
            _ => ecma(file, index, id, call),
        };
        hits.extend(hit);
    }
}

/// A handler of PHP or Ruby that sleeps keeps one of few workers.
fn sleeps(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Option<Hit> {
    let callee = &*call.callee;
    if !matches!(callee, "sleep" | "Kernel.sleep") || call.arguments.is_empty() {
        return None;
    }
    // What is sent piece by piece waits between the pieces.
    let streams = file.calls.iter().any(|call| {
        matches!(call.method(), "flush" | "ob_flush" | "streamDownload" | "eventStream")
            || call.callee.contains("response.stream")
    });
    if streams {
        return None;
    }
    let reached = reach::from(index, file, id, Search { stops: |_, _, _| false, ..HANDLERS })?;
    let mut hit = Hit::new(call.place, format!("`{callee}` keeps one of your workers from answering anybody"))
        .severity(Severity::Minor);
    hit.steps = reached.steps;
    Some(hit)
}

fn ecma(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Option<Hit> {
    let method = call.method();
    let severity = match method {
        "execSync" | "spawnSync" | "execFileSync" | "pbkdf2Sync" | "scryptSync" | "hashSync" | "compareSync"
        | "brotliCompressSync" => Severity::Major,
        "readFileSync" | "writeFileSync" | "appendFileSync" | "readdirSync" | "copyFileSync" | "rmSync"
        | "gzipSync" | "gunzipSync" | "deflateSync" | "inflateSync" => Severity::Minor,
        _ => return None,
    };
    // A method of that name of the project's own is something else.
    if call.object().starts_with("this") {
        return None;
    }
    let hit = Hit::new(call.place, format!("`{method}` blocks every other request while it runs")).severity(severity);
    if runs_for_each_request(file, call.function) {
        // Some tens of milliseconds, where somebody signs in.
        let short = matches!(method, "hashSync" | "compareSync" | "pbkdf2Sync" | "scryptSync");
        return Some(if short { hit.confidence(Confidence::Medium) } else { hit });
    }
    if in_handler(file, call.function) {
        return None;
    }
    let reached = reach::from(index, file, id, HANDLERS)?;
    Some(Hit { steps: reached.steps, ..hit.confidence(Confidence::Medium) })
}

/// In a handler, and not in a function that runs once: loading of a page at build time, or the set-up of a router.
fn runs_for_each_request(file: &FileFacts, function: u32) -> bool {
    in_handler(file, function)
        && !file.enclosing(function).any(|(_, f)| {
            matches!(f.name.as_deref(), Some("getStaticProps" | "getStaticPaths" | "generateStaticParams"))
        })
}

static FLASK: Question = Question { name: "Flask", any: |file| file.imports_any(|module| is_of(module, &["flask"])) };
static ONE_LOOP: Question = Question { name: "one loop of events for all", any: has_one_loop };

/// Servers and bots in which one loop of events answers everybody.
const SHARED: [&str; 11] = [
    "fastapi",
    "starlette",
    "sanic",
    "quart",
    "tornado",
    "uvicorn",
    "hypercorn",
    "asgiref",
    "litestar",
    "discord",
    "telegram",
];

fn has_one_loop(file: &FileFacts) -> bool {
    // Who imports aiohttp may only ask others.
    let serves = |binding: &Binding| &*binding.module == "aiohttp" && &*binding.imported == "web";
    file.imports_any(|module| is_of(module, &SHARED) || module == "aiohttp.web") || file.bindings.iter().any(serves)
}

fn is_of(module: &str, packages: &[&str]) -> bool {
    packages.contains(&module.split('.').next().unwrap_or(module))
}

/// Flask runs each `async` view in a loop of events of its own: <https://flask.palletsprojects.com/en/stable/async-await/>.
fn has_loops_of_its_own(index: &CodeIndex) -> bool {
    index.answer(&FLASK) && !index.answer(&ONE_LOOP)
}

fn python(file: &FileFacts, index: &CodeIndex, call: &Call) -> Option<Hit> {
    let (_, function) = file.enclosing(call.function).next()?;
    let bound = |module: &str| file.binding(call.root()).is_some_and(|b| &*b.module == module);
    let callee = &*call.callee;
    let sleeps = callee == "time.sleep" || (callee == "sleep" && bound("time"));
    if !function.is_async {
        // A plain handler blocks one worker of many.
        let handler = function.kind == FunctionKind::Handler;
        return (sleeps && handler).then(|| {
            Hit::new(call.place, "`time.sleep` keeps one of your workers from answering anybody")
                .severity(Severity::Minor)
        });
    }
    let requests = call.root() == "requests"
        && bound("requests")
        && matches!(call.method(), "get" | "post" | "put" | "patch" | "delete" | "head" | "request");
    let process =
        call.root() == "subprocess" && matches!(call.method(), "run" | "call" | "check_output" | "check_call");
    let other = matches!(callee, "os.system" | "urllib.request.urlopen");
    if !(sleeps || requests || process || other) {
        return None;
    }
    let given_away = call.argument_of.and_then(|id| file.call(id)).is_some_and(|outer| {
        matches!(outer.method(), "to_thread" | "run_in_executor" | "run_in_threadpool" | "run_sync" | "sync_to_async")
    });
    (!given_away && !call.awaited && !has_loops_of_its_own(index)).then(|| {
        Hit::new(call.place, format!("`{callee}` blocks the event loop of an `async` function"))
            .confidence(Confidence::High)
    })
}

/// The same in a plain function that an `async` one calls.
fn python_helper(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Option<Hit> {
    let (_, function) = file.enclosing(call.function).next()?;
    let callee = &*call.callee;
    let bound = |module: &str| file.binding(call.root()).is_some_and(|b| &*b.module == module);
    let requests = matches!(callee, "requests.get" | "requests.post" | "requests.put" | "requests.delete");
    if function.is_async || !(callee == "time.sleep" && bound("time") || requests && bound("requests")) {
        return None;
    }
    if has_loops_of_its_own(index) {
        return None;
    }
    let reached = reach::from(index, file, id, LOOP)?;
    let line = reached.file.call(reached.call).map_or(0, |call| call.place.span.line);
    let message = format!(
        "`{callee}` blocks the event loop of the `async` function that leads here ({}:{line})",
        reached.file.path
    );
    Some(Hit { steps: reached.steps, ..Hit::new(call.place, message) })
}

fn java(file: &FileFacts, call: &Call) -> Option<Hit> {
    if !in_handler(file, call.function) {
        return None;
    }
    let sleeps = &*call.callee == "Thread.sleep" || (call.callee.starts_with("TimeUnit.") && call.method() == "sleep");
    if sleeps {
        let message = format!("`{}` keeps one of the server's threads from answering anybody", call.callee);
        return Some(Hit::new(call.place, message).severity(Severity::Minor));
    }
    // With WebFlux a few threads answer everybody.
    let reactive = matches!(call.method(), "block" | "blockFirst" | "blockLast")
        && call.receiver.is_some()
        && file.imports_any(|module| module.starts_with("reactor.core"));
    reactive.then(|| {
        let message = format!("`{}()` blocks a thread that answers many requests", call.method());
        Hit::new(call.place, message).confidence(Confidence::Medium)
    })
}

//! Work in a request handler that stops every other request.

use super::{Check, Hit, Rule, any_name, first_languages, server, subject};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, FunctionKind};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::flow::in_handler;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "blocking-call-in-handler",
    title: "A request handler blocks all other requests",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Synchronous file, process or crypto work in a Node request handler, blocking calls in an `async` Python function, `Thread.sleep` or a reactive `block()` in a Java handler.",
    why: "One process serves all your users. While such a call runs, it answers nobody else.",
    fix: "Use the asynchronous form (`await readFile`, `execFile` with a callback, `asyncio.sleep`, `httpx`), or do the work before the first request or in a job.",
    example: "app.get('/report', (req, res) => {\n  const text = readFileSync('report.html', 'utf8');\n});\n\n// better\napp.get('/report', async (req, res) => {\n  const text = await readFile('report.html', 'utf8');\n});",
    references: &["F33", "https://nodejs.org/en/learn/asynchronous-work/dont-block-the-event-loop"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .reads(|language| first_languages(language) || language == Language::Java, blocks)
    .looks_at(server)
    .about("request handler", subject::handlers);

/// Every handler of Go runs beside the others.
fn blocks(name: &str) -> bool {
    any_name(name) && name != Language::Go.name()
}

/// Looks at one file.
fn check(file: &FileFacts, _index: &CodeIndex, hits: &mut Vec<Hit>) {
    for call in file.calls.iter().filter(|call| !call.dev_only) {
        let hit = match file.language {
            Language::Python => python(file, call),
            Language::Java => java(file, call),
            _ => ecma(file, call),
        };
        hits.extend(hit);
    }
}

fn ecma(file: &FileFacts, call: &Call) -> Option<Hit> {
    let method = call.method();
    let severity = match method {
        "execSync" | "spawnSync" | "execFileSync" | "pbkdf2Sync" | "scryptSync" | "hashSync" | "compareSync"
        | "brotliCompressSync" => Severity::Major,
        "readFileSync" | "writeFileSync" | "appendFileSync" | "readdirSync" | "copyFileSync" | "rmSync"
        | "gzipSync" | "gunzipSync" | "deflateSync" | "inflateSync" => Severity::Minor,
        _ => return None,
    };
    // A method of that name of the project's own is something else.
    if call.object().starts_with("this") || !runs_for_each_request(file, call.function) {
        return None;
    }
    Some(Hit::new(call.place, format!("`{method}` blocks every other request while it runs")).severity(severity))
}

/// In a handler, and not in a function that runs once: loading of a page at build time, or the set-up of a router.
fn runs_for_each_request(file: &FileFacts, function: u32) -> bool {
    in_handler(file, function)
        && !file.enclosing(function).any(|(_, f)| {
            matches!(f.name.as_deref(), Some("getStaticProps" | "getStaticPaths" | "generateStaticParams"))
        })
}

fn python(file: &FileFacts, call: &Call) -> Option<Hit> {
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
    (!given_away && !call.awaited).then(|| {
        Hit::new(call.place, format!("`{callee}` blocks the event loop of an `async` function"))
            .confidence(Confidence::High)
    })
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

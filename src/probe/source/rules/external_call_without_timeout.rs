//! A call to another machine that may wait for ever.

mod relay;
mod stake;

use super::{Check, Hit, Rule, Subject, any_name};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, FunctionId, FunctionKind, Part, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::outside::{self, Address, Kind, Limit, Outside};
use crate::probe::source::role;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "external-call-without-timeout",
    title: "An external call has no timeout",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A call to another service through `fetch`, axios, got, `requests`, httpx or `urllib` without a time limit, neither here nor in the client that makes it.",
    why: "When the other service hangs, your request hangs with it. A few of these use up every connection, and your whole app stops answering.",
    fix: "Give it a limit: `signal: AbortSignal.timeout(10_000)` for `fetch`, `timeout: 10000` for axios, `timeout=10` for `requests`.",
    example: "await fetch('https://api.example.com/rates');\n\n// better\nawait fetch('https://api.example.com/rates', { signal: AbortSignal.timeout(10_000) });",
    references: &["F22", "https://developer.mozilla.org/en-US/docs/Web/API/AbortSignal/timeout_static"],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).reads(Language::is_code, any_name).about("call to another service", look);

/// How many calls of one function are looked at.
const MAX_CALLERS: usize = 60;

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for outside in index.outside(file) {
        let known = match outside.limit {
            Limit::Missing => true,
            // What the options are cannot be told.
            Limit::Unknown if outside.kind != Kind::Kit => false,
            _ => continue,
        };
        let hit = judge(file, outside, known).map(|hit| graded(file, index, outside, hit));
        // A cache answers while it hangs, and nothing else waits for it.
        hits.extend(
            hit.map(|hit| if relay::is_cached(file, index, outside) { hit.severity(Severity::Minor) } else { hit }),
        );
    }
}

/// Calls to other services, those that cannot be judged included.
fn look(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    subject.seen |= index.outside(file).iter().any(|outside| {
        outside.address != Address::Own && (outside.kind != Kind::Kit || outside.limit != Limit::Unknown)
    });
    outside::look_beyond(file, index, subject);
}

/// The finding for a call to `address`, or nothing where it is the app's own business.
fn judge(file: &FileFacts, outside: &Outside, known: bool) -> Option<Hit> {
    let (what, address) = (&outside.what, &outside.address);
    let call = file.call(outside.call)?;
    let (message, sure) = match address {
        Address::Own => return None,
        Address::Other(Some(host)) => (format!("`{what}` to {host} has no timeout"), Confidence::High),
        Address::Other(None) => (format!("`{what}` has no timeout"), Confidence::High),
        Address::Unknown if surely_server(file) => (format!("`{what}` has no timeout"), Confidence::Medium),
        Address::Unknown => (format!("`{what}` has no timeout"), Confidence::Low),
    };
    let hit = Hit::new(call.place, message).confidence(if known { sure } else { Confidence::Low });
    if file.role == Role::Client {
        // In a browser a hanging call costs one user one spinner; where its address is not fixed it is
        // usually the app's own API, which is told of once, where its client is made.
        return match address {
            Address::Other(Some(_)) => Some(hit.severity(Severity::Minor)),
            Address::Other(None) if outside.kind == Kind::Client => {
                Some(hit.severity(Severity::Minor).confidence(Confidence::Low))
            }
            _ => None,
        };
    }
    Some(hit)
}

/// How much it matters who waits: in a browser that is one user, in a job nobody, and an own route has the limit of
/// its platform.
fn graded(file: &FileFacts, index: &CodeIndex, outside: &Outside, hit: Hit) -> Hit {
    let Some(call) = file.call(outside.call) else { return hit };
    let known = hit.confidence.unwrap_or(Confidence::High).min(Confidence::Medium);
    if takes_file(file, call.function) || is_for_browsers(file, index, call.function, 0) || is_own_route(file, call) {
        hit.severity(Severity::Minor).confidence(known)
    } else if hit.confidence == Some(Confidence::High)
        && (in_background(file, call.function) || !stake::is_shown(file, index, outside))
    {
        hit.confidence(known)
    } else {
        hit
    }
}

/// `upload(file: File)`: what a user has chosen in a browser, and may be large.
fn takes_file(file: &FileFacts, function: FunctionId) -> bool {
    file.language.is_ecma()
        && !role::imports_server_modules(file)
        && !file.directives.iter().any(|directive| &**directive == "use server")
        && file.enclosing(function).flat_map(|(_, scope)| &scope.parameters).any(|parameter| {
            parameter
                .annotation
                .split(|c: char| !c.is_ascii_alphanumeric())
                .any(|part| matches!(part, "File" | "FileList" | "Blob"))
        })
}

/// Whether the function around is called by code for browsers alone.
fn is_for_browsers(file: &FileFacts, index: &CodeIndex, function: FunctionId, depth: u32) -> bool {
    if depth > 2 || !file.language.is_ecma() || role::imports_server_modules(file) {
        return false;
    }
    let Some(place) = index.place_of(file) else { return false };
    let Some((id, name)) = file.enclosing(function).find_map(|(id, f)| Some((id, f.name.as_deref()?))) else {
        return false;
    };
    let mut callers = index
        .calls_of(name)
        .take(MAX_CALLERS)
        .filter(|(other, call)| {
            index.called(other, call).is_some_and(|target| target.place == place && target.function == id)
        })
        .peekable();
    callers.peek().is_some()
        && callers
            .all(|(other, call)| other.role == Role::Client || is_for_browsers(other, index, call.function, depth + 1))
}

/// Whether nobody waits for it: work of a queue or a schedule, which is started anew when it was ended.
fn in_background(file: &FileFacts, function: FunctionId) -> bool {
    let lower = file.path.to_ascii_lowercase();
    file.enclosing(function).any(|(_, scope)| scope.kind == FunctionKind::Job)
        || lower.split('/').rev().skip(1).any(|folder| {
            matches!(
                folder,
                "cron" | "crons" | "jobs" | "queue" | "queues" | "trigger" | "triggers" | "inngest" | "bgtasks"
            )
        })
}

/// `${process.env.NEXTAUTH_URL}/api/…`: a route of the app itself.
fn is_own_route(file: &FileFacts, call: &Call) -> bool {
    let Some(Value::Template(parts)) = call.argument(0).map(|given| file.resolved(given, call.function)) else {
        return false;
    };
    let [Part::Expression(_, first), Part::Fixed(path), ..] = parts.as_slice() else { return false };
    let named = match file.resolved(first, call.function) {
        Value::Env(name) => name,
        Value::Path(path) => path,
        _ => return false,
    };
    let name = named.rsplit('.').next().unwrap_or(named);
    let name =
        ["NEXT_PUBLIC_", "VITE_", "NUXT_PUBLIC_"].iter().find_map(|start| name.strip_prefix(start)).unwrap_or(name);
    path.starts_with("/api/") && matches!(name, "NEXTAUTH_URL" | "AUTH_URL" | "BASE_URL" | "HOST_URL" | "API_BASE_URL")
}

/// Whether something says that the file runs on a server, and not only nothing that it does not.
fn surely_server(file: &FileFacts) -> bool {
    let lower = file.path.to_ascii_lowercase();
    // What both sides use may well run in a browser.
    let for_both = ["universal/", "shared/", "isomorphic/", "common/"].iter().any(|part| lower.contains(part));
    if for_both && !lower.contains("server") && !role::imports_server_modules(file) {
        return false;
    }
    !file.language.is_ecma()
        || role::imports_server_modules(file)
        || ["server", "api/", "backend", "functions/", "worker", "lib/", "services/", "routes/"]
            .iter()
            .any(|part| lower.contains(part))
}

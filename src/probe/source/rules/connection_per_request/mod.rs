//! A database client, a pool or a connection that every request makes anew.

mod makers;

use super::kept::is_kept;
use super::reach::{self, Search};
use super::{Check, Hit, Rule, Subject, server};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, CallId, Value, root};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::flow::{Origin, origin};
use crate::probe::source::libraries::{DATABASES, OTHER_DATABASES, imported};
use makers::Made;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "connection-per-request",
    title: "Every request makes its own database connection",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "A database client, a pool or a connection is made in a request handler, or in a function that handlers call, and is not kept.",
    why: "A small database takes 20 to 100 connections. A busy minute uses them up, and then every page fails for everyone; until then each request waits for the handshake.",
    fix: "Make the client or pool once, in a module of its own or when the app starts, and let all requests borrow from it.",
    example: "app.get('/orders', async (req, res) => {\n  const pool = new Pool();\n  res.json((await pool.query(ORDERS)).rows);\n});\n\n// better: once, beside the handlers\nconst pool = new Pool({ max: 10 });\napp.get('/orders', async (req, res) => {\n  res.json((await pool.query(ORDERS)).rows);\n});",
    references: &["F13", "F34", "C60"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::EachFile(check))
    .looks_at(server)
    .reads(Language::is_code, super::any_name)
    .about("database in use", look);

/// A database that the code speaks to.
fn look(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    subject.seen |= !file.queries.is_empty()
        || !index.queries(file).is_empty()
        || imported(file, &DATABASES).is_some()
        || imported(file, &OTHER_DATABASES).is_some()
        || file.calls.iter().any(|call| makers::made(file, call).is_some());
}

const SEARCH: Search = Search { begins: reach::is_handler, stops: is_kept };

/// Looks at one file.
fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    let mut seen: Vec<u32> = Vec::new();
    for (id, call) in (0_u32..).zip(&file.calls) {
        let Some(made) = makers::made(file, call) else { continue };
        if seen.contains(&call.function) || serves_another_purpose(file, id, call) {
            continue;
        }
        let Some(reached) = reach::from(index, file, id, SEARCH) else { continue };
        if file.language == Language::Php && !in_framework(reached.file) {
            continue;
        }
        seen.push(call.function);
        let message = match made {
            Made::Pool(what) => format!("`{what}` makes a pool of its own for every request"),
            Made::Client(what) => format!("`{what}` makes a client with connections of its own for every request"),
            Made::Connection(what) => format!("`{what}` opens a connection for every request"),
        };
        let mut hit = Hit::new(call.place, message);
        // What is closed again at the end costs time and no connections.
        if matches!(made, Made::Connection(_)) || !reached.steps.is_empty() || call.managed {
            hit = hit.confidence(Confidence::Medium);
        }
        if file.language == Language::Php {
            hit = hit.severity(Severity::Minor);
        }
        hit.steps = reached.steps;
        hits.push(hit);
    }
}

/// A connection that cannot be shared: to a server that the user names, one that listens, one that only tries.
fn serves_another_purpose(file: &FileFacts, id: CallId, call: &Call) -> bool {
    let around = || file.enclosing(call.function);
    let names = around().filter_map(|(_, function)| function.name.as_deref());
    let named = names.chain(around().filter_map(|(_, function)| function.class.as_deref())).any(|name| {
        let lower = name.to_ascii_lowercase();
        let purposes = [
            "test",
            "health",
            "ping",
            "setup",
            "install",
            "migrat",
            "validate",
            "subscribe",
            "listen",
            "status",
            "diagnos",
        ];
        purposes.iter().any(|purpose| lower.contains(purpose))
    });
    let of_request = || {
        call.arguments.iter().any(|argument| origin(file, &argument.value, call.function) == Origin::Request)
            || call.arguments.iter().any(|argument| mentions_binding(&argument.value))
    };
    let listens = || {
        let Some(function) = file.function(call.function) else { return false };
        let (from, to) = (function.body.assignments.0 as usize, function.body.assignments.1 as usize);
        let made = file.assignments.get(from..to).unwrap_or_default();
        made.iter().filter(|set| super::kept::leads_to(file, &set.value, id)).any(|set| {
            file.calls_of(&function.body).any(|(_, used)| {
                used.root() == &*set.target
                    && matches!(used.method(), "subscribe" | "psubscribe" | "pSubscribe" | "listen" | "watch")
            })
        })
    };
    named || of_request() || listens()
}

/// A proxy of the platform that pools for the app: Cloudflare's Hyperdrive.
fn mentions_binding(value: &Value) -> bool {
    let mut found = false;
    value.walk(&mut |value| found |= value.path().is_some_and(|path| path.to_ascii_lowercase().contains("hyperdrive")));
    found
}

/// A framework keeps a connection for the request; a plain script of PHP makes its own by nature.
fn in_framework(file: &FileFacts) -> bool {
    file.imports_any(|module| {
        let module = module.trim_start_matches('\\');
        matches!(root(&module.replace('\\', ".")), "Illuminate" | "Symfony" | "Hyperf" | "Doctrine")
            || module.starts_with("App\\Http")
    })
}

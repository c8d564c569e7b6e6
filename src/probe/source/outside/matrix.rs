//! The services that a project depends on, and what is known of each: timeout, retry, catch, fallback, alert.

use std::collections::BTreeMap;

use super::services::is_aside;
use super::{Caught, Guard, Handler, Kind, Outside, guard};
use crate::model::{Cell, ExternalService, SeenAt as Place};
use crate::probe::source::code::{Block, Call, CallId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::index::Question;
use crate::probe::source::rules::is_retry_library;

/// How many calls of one service are looked at closely.
const MAX_CALLS: usize = 40;

/// Whether the project has a library that tries again.
static RETRIES: Question =
    Question { name: "a library that tries again", any: |file| file.imports_any(is_retry_library) };

/// What was seen of one service.
struct Seen<'i> {
    name: String,
    calls: Vec<(&'i FileFacts, &'i Outside)>,
}

/// The services that production code depends on, sorted by name; the database is one of them. `limited`: where one of the
/// files has a [`database_limit`].
pub(in crate::probe::source) fn services(
    index: &CodeIndex,
    limited: Option<(&FileFacts, u32)>,
) -> Vec<ExternalService> {
    let mut seen: BTreeMap<String, Seen<'_>> = BTreeMap::new();
    for (place, file) in index.files.iter().enumerate().filter(|(_, file)| file.role.in_production()) {
        for outside in index.outside_at(place, file) {
            if let Some((slug, name)) = named(outside) {
                seen.entry(slug).or_insert_with(|| Seen { name, calls: Vec::new() }).calls.push((file, outside));
            }
        }
    }
    let mut services: Vec<ExternalService> = seen.into_iter().map(|(slug, seen)| row(index, slug, &seen)).collect();
    services.extend(database(index, limited));
    services.sort_by(|a, b| a.name.cmp(&b.name));
    services
}

/// The id and the name of the service that a call goes to, where that is known.
fn named(outside: &Outside) -> Option<(String, String)> {
    if let Some(service) = outside.service {
        return (!is_aside(service)).then(|| (service.slug.to_owned(), service.name.to_owned()));
    }
    let host = outside.address.host()?.trim_start_matches("www.");
    let plain = host.contains('.') && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'));
    plain.then(|| (host.to_ascii_lowercase().replace(['.', ':'], "-"), host.to_ascii_lowercase()))
}

fn place_of(file: &FileFacts, id: CallId) -> Place {
    Place { path: file.path.clone(), line: file.call(id).map_or(1, |call| call.place.span.line) }
}

fn row(index: &CodeIndex, slug: String, seen: &Seen<'_>) -> ExternalService {
    let calls = || seen.calls.iter().take(MAX_CALLS);
    let mut service = ExternalService::new(slug, seen.name.clone());
    service.seen = seen.calls.first().map(|(file, outside)| place_of(file, outside.call));
    service.calls = seen.calls.len() as u64;

    let unlimited = calls().find(|(_, outside)| outside.limit.known() == Some(false));
    let limits = || calls().map(|(_, outside)| outside.limit.known());
    service.timeout = match unlimited {
        Some((file, outside)) => Cell::No(place_of(file, outside.call)),
        None if limits().all(|known| known == Some(true)) => {
            calls().next().map_or(Cell::Asked, |(file, outside)| Cell::Yes(place_of(file, outside.call)))
        }
        None => Cell::Asked,
    };

    let requests = || calls().filter(|(_, outside)| outside.kind != Kind::Client);
    let tried_again = requests().find(|(file, outside)| outside.retries.is_some() || is_retried(file, outside.call));
    service.retry = match tried_again {
        Some((file, outside)) => Cell::Yes(place_of(file, outside.call)),
        None => Cell::Asked,
    };
    if service.retry == Cell::Asked
        && !index.answer(&RETRIES)
        && let Some((file, outside)) = requests().find(|(_, outside)| outside.kind == Kind::Request)
    {
        service.retry = Cell::No(place_of(file, outside.call));
    }

    let guards: Vec<_> =
        requests().map(|(file, outside)| (*file, outside.call, guard(index, file, outside.call))).collect();
    judge(&mut service, &guards);
    service
}

/// What the catches of a service's calls come to.
fn judge(service: &mut ExternalService, guards: &[(&FileFacts, CallId, Guard<'_>)]) {
    let caught = || {
        guards.iter().filter_map(|(_, _, guard)| match guard {
            Guard::Caught(caught) => Some(caught),
            _ => None,
        })
    };
    let unguarded = guards.iter().find(|(_, _, guard)| matches!(guard, Guard::Unguarded(_)));
    let at = |caught: &Caught<'_>| Place { path: caught.file.path.clone(), line: caught.line };
    service.catch = match unguarded {
        Some((file, id, _)) => Cell::No(place_of(file, *id)),
        None if caught().count() == guards.len() => caught().next().map_or(Cell::Asked, |first| Cell::Yes(at(first))),
        None => Cell::Asked,
    };
    let known: Vec<(&Caught<'_>, Done)> = caught().filter_map(|caught| Some((caught, done(caught)?))).collect();
    if known.is_empty() {
        return;
    }
    let silent = known.iter().find(|(_, done)| done.silent);
    service.alert = match silent {
        Some((caught, _)) => Cell::No(at(caught)),
        None if unguarded.is_none() && known.iter().all(|(_, done)| done.alerts) => {
            known.first().map_or(Cell::Asked, |(caught, _)| Cell::Yes(at(caught)))
        }
        None => Cell::Asked,
    };
    // Whether what users see instead is good enough, a person says.
    service.fallback = match known.iter().find(|(_, done)| done.gives) {
        Some((caught, _)) if known.iter().all(|(_, done)| done.gives) => Cell::Yes(at(caught)),
        _ => Cell::Asked,
    };
}

/// What a handler of an error does.
struct Done {
    /// Somebody hears of it.
    alerts: bool,
    /// Nobody does, and nothing else is done that might tell.
    silent: bool,
    /// Users get something else.
    gives: bool,
}

fn done(caught: &Caught<'_>) -> Option<Done> {
    let block: &Block = match caught.handler {
        Handler::Clause(block) => block,
        Handler::Function(id) => &caught.file.function(id)?.body,
        Handler::Library => return None,
    };
    let alerts = caught.file.calls_of(block).any(|(_, call)| {
        let (root, method) = (call.root().to_ascii_lowercase(), call.method());
        matches!(method, "error" | "exception" | "critical" | "fatal" | "Error" | "Errorf" | "severe" | "alert")
            || method.starts_with("capture")
            || method.starts_with("report")
            || root.contains("sentry")
            || matches!(method, "notify" | "notice_error" | "noticeError")
    });
    let gives = block.returns.iter().any(|value| !value.is_empty_literal() && *value != Value::Unknown);
    let silent = !block.throws && !gives && caught.file.calls_of(block).next().is_none();
    Some(Done { alerts, silent, gives })
}

/// Whether a call stands in something that tries again: `pRetry(() => fetch(…))`, `@retry` of tenacity.
fn is_retried(file: &FileFacts, id: CallId) -> bool {
    let Some(call) = file.call(id) else { return false };
    let says_so = |name: &str| name.to_ascii_lowercase().contains("retry") || name.contains("backoff");
    file.enclosing(call.function).any(|(_, function)| {
        function.decorators.iter().any(|decorator| says_so(&decorator.name))
            || function.argument_of.and_then(|id| file.call(id)).is_some_and(|outer| says_so(&outer.callee))
    })
}

/// The app's own database. What catches its errors is not asked of each query: one place does for all in most apps.
fn database(index: &CodeIndex, limited: Option<(&FileFacts, u32)>) -> Option<ExternalService> {
    let mut service = ExternalService::new("database".to_owned(), "The database".to_owned());
    for (place, file) in index.files.iter().enumerate().filter(|(_, file)| file.role.in_production()) {
        let queries = index.queries_at(place);
        service.calls += queries.len() as u64;
        if service.seen.is_none() {
            service.seen = queries.first().map(|query| place_of(file, query.call));
        }
    }
    if let Some((file, line)) = limited {
        service.timeout = Cell::Yes(Place { path: file.path.clone(), line });
    }
    (service.calls > 0).then_some(service)
}

/// The line of a call that is told when queries, or the wait for a connection, give up.
pub(in crate::probe::source) fn database_limit(file: &FileFacts) -> Option<u32> {
    const LIMITS: [&str; 5] =
        ["connectionTimeoutMillis", "statement_timeout", "query_timeout", "acquireTimeout", "pool_timeout"];
    let told = |call: &&Call| {
        let mut given = call.arguments.iter().map(|argument| file.resolved(&argument.value, call.function));
        LIMITS.iter().any(|name| call.named(name).is_some())
            || (call.arguments.len() < 4 && given.any(|given| LIMITS.iter().any(|name| given.get(name).is_some())))
    };
    let calls = || file.calls.iter().filter(|call| !call.dev_only);
    file.role.in_production().then(|| calls().find(told).map(|call| call.place.span.line)).flatten()
}

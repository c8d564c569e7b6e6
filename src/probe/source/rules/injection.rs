//! What the rules on request data that does harm share: the question where a value comes from, and how that is told.

use super::{Hit, Subject};
use crate::model::Confidence;
use crate::probe::source::code::{Call, Comparison, FunctionId, Part, Place, Value, root};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
pub(super) use crate::probe::source::flow::stays;
use crate::probe::source::flow::{Reach, Sink, Trace, reach};

/// The languages in which the rules on request data are built.
pub(super) fn reads(language: Language) -> bool {
    language.is_code()
}

/// A value at a place where it would do harm.
#[derive(Clone, Copy)]
pub(super) struct Danger<'f> {
    pub value: &'f Value,
    pub function: FunctionId,
    pub place: Place,
    /// What it is given to, for people: `db.query`.
    pub to: &'f str,
}

impl<'f> Danger<'f> {
    pub(super) fn of_call(call: &'f Call, value: &'f Value) -> Self {
        Self { value, function: call.function, place: call.place, to: &call.callee }
    }

    /// What is known about where it comes from.
    pub(super) fn reach(&self, file: &FileFacts, index: &CodeIndex, sink: Sink) -> Reach {
        if is_plain(self.value) {
            return Reach::default();
        }
        reach(index, file, self.value, self.function, self.place.bytes, sink)
    }

    /// The finding where request data reaches it.
    pub(super) fn hit(
        &self,
        file: &FileFacts,
        index: &CodeIndex,
        sink: Sink,
        what: impl Fn(&Trace, &str) -> String,
    ) -> Option<Hit> {
        let trace = self.reach(file, index, sink).request?;
        Some(self.told(file, &trace, what))
    }

    /// The finding that `trace` leads to.
    pub(super) fn told(&self, file: &FileFacts, trace: &Trace, what: impl Fn(&Trace, &str) -> String) -> Hit {
        let to: String = self.to.chars().take(60).collect();
        let mut hit = Hit::new(self.place, what(trace, &to));
        if trace.steps.len() > 1 {
            hit.steps.clone_from(&trace.steps);
            hit.steps.push(format!("{}:{} gives it to `{to}`", file.path, self.place.span.line));
        }
        if trace.sure && !is_for_own_services(file, self.function) { hit } else { hit.confidence(Confidence::Medium) }
    }
}

/// Written in the code, without anything in it.
fn is_plain(value: &Value) -> bool {
    matches!(
        value,
        Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Null | Value::Function(_) | Value::Env(_)
    )
}

/// Says that `what` cannot be judged where nothing tells where it comes from: then silence is no pass.
pub(super) fn untraced<'f>(
    file: &FileFacts,
    index: &CodeIndex,
    sink: Sink,
    mut dangers: impl Iterator<Item = Danger<'f>>,
    what: &str,
    subject: &mut Subject,
) {
    let unknown = dangers.any(|danger| {
        let found = danger.reach(file, index, sink);
        found.request.is_none() && (found.unknown || !found.parameters.is_empty())
    });
    if unknown {
        subject.beyond.insert(format!("Where {what} comes from could not be told everywhere"));
    }
}

/// Every call of a file with what it is given where `sink` says that this would do harm.
pub(super) fn calls<'f>(
    file: &'f FileFacts,
    sink: impl Fn(&'f FileFacts, &'f Call) -> Option<&'f Value>,
) -> impl Iterator<Item = (&'f Call, Danger<'f>)> {
    file.calls.iter().filter_map(move |call| Some((call, Danger::of_call(call, sink(file, call)?))))
}

/// Whether a source is the request's own address, its host or the page before: a link to the app cannot choose those
/// freely.
pub(super) fn is_of_asking(source: &str) -> bool {
    let lower = source.to_ascii_lowercase();
    let says = [
        "header",
        "referer",
        "referrer",
        "originalurl",
        "original_url",
        "fullpath",
        "requesturi",
        "request_uri",
        "meta.",
        "url.path",
        "getrequesturl",
        "_server",
        "user_agent",
        "useragent",
        "url.string",
        "pathinfo",
        "path_info",
    ];
    if says.iter().any(|part| lower.contains(part)) {
        return true;
    }
    let parts: Vec<&str> = lower.split('.').map(|part| part.trim_end_matches("()")).collect();
    let parts = match parts.as_slice() {
        ["ctx" | "c" | "event" | "this" | "self" | "context", rest @ ..] if rest.len() > 1 => rest,
        all => all,
    };
    // What is cut from the address of the request is still a part of it.
    let cut =
        ["slice", "substring", "substr", "replace", "gsub", "sub", "clone", "href", "pathname", "tostring", "origin"];
    if let ["req" | "request", "url" | "nexturl", part, ..] = parts
        && cut.iter().any(|name| part.split('(').next() == Some(*name))
    {
        return true;
    }
    matches!(
        parts,
        ["req" | "request" | "r" | "ctx", "host" | "hostname" | "path" | "get_host", ..]
            | ["req" | "request" | "r" | "ctx", "url" | "nexturl" | "uri"]
            | ["location", "href" | "search" | "hash"]
            | ["window", "location", "href" | "search" | "hash"]
    )
}

/// The fixed text with which an address or a path begins, where that can be seen.
pub(super) fn leading<'f>(file: &'f FileFacts, value: &'f Value, function: FunctionId) -> Option<&'f str> {
    leading_of(file, value, function, 0)
}

fn leading_of<'f>(file: &'f FileFacts, value: &'f Value, function: FunctionId, steps: u32) -> Option<&'f str> {
    if steps > 6 {
        return None;
    }
    let next = |value: &'f Value| leading_of(file, value, function, steps + 1);
    let named = |name: &str| next(&file.assigned(name, function)?.value);
    match value {
        Value::Text(text) => Some(text),
        Value::Path(path) => named(path).or_else(|| named(path.strip_suffix(".href")?)),
        Value::Member(pair) if &*pair.1 == "href" => next(&pair.0),
        // `new URL(path, base)` begins with its path, which leads to no other host where it begins with one `/`.
        Value::Call(id) => {
            let call = file.call(*id)?;
            match call.method() {
                "toString" | "geturl" | "String" if !call.object().is_empty() => {
                    match call.receiver.and_then(|id| file.call(id)) {
                        Some(made) => next(made.argument(0)?),
                        None => named(call.object()),
                    }
                }
                "URL" | "URI" | "create" | "String" | "parse" | "Sprintf" | "format" | "url" | "sprintf" | "Parse"
                | "urljoin" | "concat" => next(call.argument(0)?),
                _ => None,
            }
        }
        Value::Template(parts) => match parts.first() {
            Some(Part::Fixed(text)) => Some(text),
            Some(Part::Expression(_, first)) => next(first).filter(|text| stays(text) || text.contains("://")),
            _ => None,
        },
        Value::Computed(values) => next(values.first()?),
        _ => None,
    }
}

/// Whether a string begins with something of the configuration: `${process.env.API_URL}/users`, `${BASE}/users`.
pub(super) fn begins_with_constant(file: &FileFacts, index: &CodeIndex, danger: &Danger<'_>, sink: Sink) -> bool {
    let Value::Template(parts) = file.resolved(danger.value, danger.function) else { return false };
    let Some(Part::Expression(_, first)) = parts.first() else { return false };
    let ends = matches!(parts.get(1), Some(Part::Fixed(next)) if next.starts_with(['/', '?']));
    (ends || is_address_constant(file, index, first))
        && Danger { value: first, ..*danger }.reach(file, index, sink).request.is_none()
}

/// `FAVICON_URL` of another file, whose text names a host and goes on behind it, or whose text cannot be told.
fn is_address_constant(file: &FileFacts, index: &CodeIndex, value: &Value) -> bool {
    let Some(name) = value.path() else { return false };
    let written = index.imported(file, root(name)).and_then(|(place, name)| {
        let target = index.files.get(place)?;
        target.assigned(&name, 0).and_then(|set| set.value.text())
    });
    match written {
        Some(text) => stays(text),
        None => {
            let last = name.rsplit('.').next().unwrap_or(name);
            last.contains("URL") && last.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        }
    }
}

/// Whether a secret of the environment is asked for around: then other services of the app are all that get there.
fn is_for_own_services(file: &FileFacts, function: FunctionId) -> bool {
    let is_secret = |name: &str| {
        let upper = name.to_ascii_uppercase();
        ["KEY", "SECRET", "TOKEN"].iter().any(|word| upper.contains(word))
    };
    let names = |value: &Value| {
        let mut found = false;
        value.walk(&mut |value| {
            found |= match value {
                Value::Env(name) => is_secret(name),
                Value::Path(path) => path
                    .strip_prefix("process.env.")
                    .or_else(|| path.strip_prefix("env."))
                    .or_else(|| path.strip_prefix("settings."))
                    .is_some_and(is_secret),
                _ => false,
            }
        });
        found
    };
    file.conditions.iter().filter(|condition| file.within(function, condition.function)).any(|condition| {
        let mut found = false;
        let leaves = condition.then.leaves || condition.then.throws;
        condition.test.walk(&mut |value| {
            if let Value::Compared(Comparison::Equal | Comparison::NotEqual, pair) = value {
                let side = |side: &Value| names(side) || names(file.resolved(side, condition.function));
                found |= leaves
                    && [(&pair.0, &pair.1), (&pair.1, &pair.0)]
                        .iter()
                        .any(|(one, other)| side(one) && !matches!(other, Value::Null | Value::Text(_)));
            }
        });
        found
    })
}

/// `path.join(root, area, "openapi.yaml")`: which folder the request chooses, but the file is one of the app's own.
pub(super) fn has_fixed_name(file: &FileFacts, path: &Value, function: FunctionId) -> bool {
    let is_name = |text: &str| text.rsplit_once('/').map_or(text, |(_, name)| name).contains('.');
    match file.resolved(path, function) {
        Value::Text(_) => true,
        Value::Call(id) => file.call(*id).is_some_and(|made| {
            matches!(made.method(), "join" | "resolve")
                && made.arguments.last().and_then(|last| last.value.text()).is_some_and(is_name)
        }),
        Value::Template(parts) => match parts.last() {
            Some(Part::Fixed(text)) => text.rsplit_once('/').is_some_and(|(_, name)| name.contains('.')),
            _ => false,
        },
        _ => false,
    }
}

/// A message of the usual form.
pub(super) fn message(trace: &Trace, harm: &str) -> String {
    format!("`{}` {harm}", trace.source)
}

//! Calls that leave the app: to another service over the network, through a client of HTTP or through a service's own
//! library. The one place that knows what such a call is, what it goes to, and after how long it gives up.

mod address;
mod beyond;
mod contents;
mod ecma;
mod go;
mod guard;
mod java;
mod matrix;
mod options;
mod php;
mod python;
mod response;
mod ruby;
mod sdk;
mod services;

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::code::{Call, CallId, FunctionId, Value};
use super::facts::{CodeIndex, FileFacts, Language};
use super::index::{Kept, Question, Reads, Table, reads};

pub(super) use address::{Address, text as address_text};
pub(super) use beyond::look as look_beyond;
pub(super) use contents::decodes;
pub(super) use guard::{Caught, Entry, Guard, Handler, guard};
pub(super) use matrix::{database_limit, services as services_of};
pub(super) use response::{Response, of_call, payloads, response, wrapped};
pub(super) use services::Service;

/// How many calls of a function are looked at to see whether it sends a request.
const MAX_INNER: usize = 200;

/// Whether the project has one place of its own that answers for the errors of all handlers.
pub(super) static ANSWERS_ERRORS_IN_ONE_PLACE: Question =
    Question { name: "errors answered in one place", any: answers_errors_in_one_place };

fn answers_errors_in_one_place(file: &FileFacts) -> bool {
    let calls = ["rescue_from", "setErrorHandler", "onError", "add_exception_handler", "register_error_handler"];
    let decorators = ["ExceptionHandler", "errorhandler", "exception_handler", "app_errorhandler", "Catch"];
    let functions = file.functions.iter().flat_map(|function| &function.decorators);
    let classes = file.classes.iter().flat_map(|class| &class.decorators);
    file.calls.iter().any(|call| calls.contains(&call.method()))
        || functions.chain(classes).any(|decorator| decorators.contains(&decorator.method()))
}

/// One call that leaves the app.
#[derive(Debug)]
pub(super) struct Outside {
    /// The call.
    pub call: CallId,
    /// What it is called in a message: `fetch`, `requests.get`.
    pub what: Box<str>,
    /// What kind of call it is.
    pub kind: Kind,
    /// Who answers.
    pub address: Address,
    /// The service, where it is one that is known by name.
    pub service: Option<&'static Service>,
    /// When it gives up.
    pub limit: Limit,
    /// Whether the library raises an error by itself when the answer's status is one of an error.
    pub raises: bool,
    /// What tries again by itself, where something is known to.
    pub retries: Option<&'static str>,
}

/// What kind of call it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Sends a request.
    Request,
    /// Makes a client that sends requests later.
    Client,
    /// Goes through the library of the service.
    Kit,
}

/// When a call gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// After the time that is set at the call.
    Here,
    /// As the client that it goes through says, which is looked at where it is made.
    Client {
        /// Whether the client has a limit, where that is known.
        set: Option<bool>,
    },
    /// After the library's own time, in words.
    Default(&'static str),
    /// Never.
    Missing,
    /// Cannot be told.
    Unknown,
}

impl Limit {
    fn of(set: Option<bool>) -> Self {
        match set {
            Some(true) => Self::Here,
            Some(false) => Self::Missing,
            None => Self::Unknown,
        }
    }

    /// Whether it gives up, where that is known.
    pub(super) const fn known(self) -> Option<bool> {
        match self {
            Self::Here | Self::Default(_) => Some(true),
            Self::Client { set } => set,
            Self::Missing => Some(false),
            Self::Unknown => None,
        }
    }
}

impl Outside {
    fn request(call: CallId, what: impl Into<Box<str>>, address: Address, limit: Limit) -> Self {
        let service = address.host().and_then(services::of_host);
        Self { call, what: what.into(), kind: Kind::Request, address, service, limit, raises: false, retries: None }
    }

    fn client(self) -> Self {
        Self { kind: Kind::Client, ..self }
    }

    fn raising(self) -> Self {
        Self { raises: true, ..self }
    }

    fn retrying(self, how: &'static str) -> Self {
        Self { retries: Some(how), ..self }
    }

    /// Who answers, for people: `Stripe`, `api.example.com`.
    pub(super) fn to_whom(&self) -> Option<&str> {
        self.service.map(|service| service.name).or_else(|| self.address.host())
    }
}

/// What was worked out about the calls of every file, each when first asked for.
#[derive(Debug, Default)]
pub(super) struct Cache {
    calls: Vec<OnceLock<Arc<Kept<Vec<Outside>>>>>,
    /// Names of functions that give back a raw answer.
    wrappers: OnceLock<HashSet<Box<str>>>,
}

impl Cache {
    /// Room for `files` files.
    pub(super) fn new(files: usize) -> Self {
        Self { calls: (0..files).map(|_| OnceLock::new()).collect(), wrappers: OnceLock::new() }
    }

    /// Takes over what `before` knows of the same files and still holds.
    pub(super) fn take_over(&self, before: &Self, holds: &impl Fn(&Arc<Reads>) -> bool) {
        for (mine, before) in self.calls.iter().zip(&before.calls) {
            if let Some(calls) = before.get().filter(|calls| holds(calls.reads())) {
                let _ = mine.set(Arc::clone(calls));
            }
        }
    }

    /// The names of functions that hand out a raw answer, as far as somebody asked.
    pub(super) fn known_wrappers(&self) -> Option<&HashSet<Box<str>>> {
        self.wrappers.get()
    }
}

impl CodeIndex {
    /// The calls of `file` that leave the app, in order.
    pub(super) fn outside(&self, file: &FileFacts) -> &[Outside] {
        self.place_of(file).map_or(&[], |place| self.outside_at(place, file))
    }

    /// Likewise, of the file at `place`.
    pub(super) fn outside_at(&self, place: usize, file: &FileFacts) -> &[Outside] {
        let Some(kept) = self.links.outside.calls.get(place) else { return &[] };
        let work = || {
            reads::file(place);
            calls(file, self)
        };
        kept.get_or_init(|| Arc::new(Kept::new(work))).get()
    }

    /// Works out on all cores which calls of each file leave the app: rules that ask for all of them would do so on one.
    pub(super) fn find_outside(&self) {
        let files = self.files.as_slice().par_iter().enumerate();
        files.for_each(|(place, file)| {
            reads::apart(|| self.outside_at(place, file));
        });
    }

    /// Whether a function of this name may give back the raw answer to a call that leaves the app.
    pub(super) fn may_wrap(&self, name: &str) -> bool {
        reads::name(Table::Wrappers, name);
        self.wrappers().contains(name)
    }

    /// The names of functions that may give back the raw answer to a call that leaves the app.
    pub(super) fn wrappers(&self) -> &HashSet<Box<str>> {
        let work = || {
            let mut names = HashSet::new();
            for (place, file) in self.files.as_slice().iter().enumerate() {
                for outside in self.outside_at(place, file).iter().filter(|outside| outside.kind == Kind::Request) {
                    let function = file.call(outside.call).and_then(|call| file.function(call.function));
                    names.extend(function.and_then(|function| function.name.clone()));
                }
            }
            names
        };
        self.links.outside.wrappers.get_or_init(|| reads::apart(work))
    }
}

fn calls(file: &FileFacts, index: &CodeIndex) -> Vec<Outside> {
    let ids = (0_u32..).zip(&file.calls).filter(|(_, call)| !call.dev_only);
    ids.filter_map(|(id, call)| direct(file, index, id, call).or_else(|| through_wrapper(file, index, id, call)))
        .collect()
}

/// The call in place `id`, where it leaves the app right there.
fn direct(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Option<Outside> {
    let outside = match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => ecma::outside(file, index, id, call),
        Language::Python => python::outside(file, index, id, call),
        Language::Php => php::outside(file, index, id, call),
        Language::Go => go::outside(file, index, id, call),
        Language::Java => java::outside(file, id, call),
        Language::Ruby => ruby::outside(file, index, id, call),
        Language::Template => None,
    };
    outside.or_else(|| sdk::outside(file, index, id, call))
}

/// A call of a function of the project that is given an address and sends a request.
fn through_wrapper(file: &FileFacts, index: &CodeIndex, id: CallId, call: &Call) -> Option<Outside> {
    let host = |place| {
        let given = call.argument(place)?;
        let may_be = match given {
            Value::Text(text) => text.contains("://"),
            Value::Template(_) | Value::Path(_) => true,
            _ => false,
        };
        let address = may_be.then(|| address::address(file, Some(given), call.function));
        address.filter(|address| address.host().is_some())
    };
    let address = host(0).or_else(|| host(1))?;
    let target = index.called(file, call)?;
    let body = &target.file.function(target.function)?.body;
    let inner = target
        .file
        .calls_of(body)
        .take(MAX_INNER)
        .find_map(|(id, call)| direct(target.file, index, id, call).filter(|inner| inner.kind == Kind::Request))?;
    let limit = Limit::Client { set: inner.limit.known() };
    Some(Outside { retries: inner.retries, ..Outside::request(id, &*call.callee, address, limit).raising() })
}

/// The call that stands at the end of the chain that begins with the call in place `id`: `.json()` of
/// `fetch(url).then(…).json()`.
pub(super) fn last_of_chain(file: &FileFacts, id: CallId) -> CallId {
    let mut last = id;
    for _ in 0..40 {
        match file.call(last).and_then(|call| call.chained) {
            Some(next) if next != last => last = next,
            _ => break,
        }
    }
    last
}

/// The calls of the chain that begins with the call in place `id`, that one included.
pub(super) fn chain(file: &FileFacts, id: CallId) -> impl Iterator<Item = (CallId, &Call)> {
    std::iter::successors(Some(id), |&id| file.call(id).and_then(|call| call.chained))
        .take(40)
        .filter_map(|id| file.call(id).map(|call| (id, call)))
}

/// The calls on whose results `call` is made, the nearest first.
fn receivers<'f>(file: &'f FileFacts, call: &'f Call) -> impl Iterator<Item = &'f Call> {
    std::iter::successors(call.receiver.and_then(|id| file.call(id)), |call| file.call(call.receiver?)).take(40)
}

/// The call that `name` was set to, seen from `function`; a field may be set in another method.
fn made<'f>(file: &'f FileFacts, name: &str, function: FunctionId) -> Option<(CallId, &'f Call)> {
    let of_object = || {
        let is_field = name.starts_with("self.") || name.starts_with("this.");
        file.assignments_to(name).next_back().filter(|_| is_field)
    };
    let mut value = &file.assigned(name, function).or_else(of_object)?.value;
    // `globalForStripe.stripe ?? new Stripe()`
    if let Value::Either(values) = value {
        value = values.iter().find(|value| matches!(value, Value::Call(_)))?;
    }
    match value {
        Value::Call(id) => file.call(*id).map(|call| (*id, call)),
        _ => None,
    }
}

//! Where a value comes from: what a client sent, followed through names, functions and files to where it does harm.
//!
//! A question goes backwards, from the place where a value would do harm to where it comes from. It stays in one
//! function as long as it can; a parameter leads to the callers of its function, and a call of one of the project's
//! functions to what that gives back.

mod address;
mod asker;
mod beforehand;
mod callers;
mod filling;
mod guard_names;
mod guards;
mod handing;
mod known_keys;
mod memo;
mod order;
mod parameters;
mod passing;
mod request;
mod schema;
mod shape;
mod types;
mod walk;

use super::code::{FunctionId, FunctionKind, Value};
use super::facts::{CodeIndex, FileFacts};

pub use address::stays;
pub use asker::{is_for_few, is_route_for_few};
pub use memo::Memo;
use walk::{Frame, Walk};

/// What a value can do harm to. What makes it harmless for one of these leaves it dangerous for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sink {
    /// The text of a query.
    Sql,
    /// A page.
    Html,
    /// A command of the system.
    Command,
    /// A file's path.
    Path,
    /// The address that the server asks.
    Url,
    /// The address that a browser is sent to.
    Redirect,
    /// Code.
    Code,
    /// Data that becomes objects.
    Deserialize,
    /// The condition of a query, in which an object is an operator and a text is none.
    Filter,
}

/// Where a value comes from; of several the worst counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Written in the code, or made harmless: a number, an element of a fixed list.
    Fixed,
    /// Not known.
    Unknown,
    /// A parameter: the function, and the place of the parameter.
    Parameter(FunctionId, usize),
    /// What a client sent.
    Request,
}

/// The way that data takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What was read, as the code says it: `req.body.name`.
    pub source: Box<str>,
    /// Where it went, each with its place: `src/a.ts:12 reads req.body.name`.
    pub steps: Vec<String>,
    /// Every step is proved.
    pub sure: bool,
    /// Where it was read: the place of the file in the index, and the function.
    pub read_in: Option<(usize, FunctionId)>,
}

/// A parameter that a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hole {
    /// The place of the file in the index.
    pub file: usize,
    /// The function.
    pub function: FunctionId,
    /// The place of the parameter.
    pub place: usize,
    /// The path below the argument: `params.id`.
    pub below: Box<str>,
    /// A step on the way from it is likely and not proved.
    pub unsure: bool,
}

/// What a value may hold.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// What a client sent.
    pub request: Option<Trace>,
    /// What was stored before, in a database.
    pub stored: Option<Trace>,
    /// What parameters of functions are given, as far as it was not followed.
    pub parameters: Vec<Hole>,
    /// Something that is not known.
    pub unknown: bool,
}

impl Reach {
    fn fixed() -> Self {
        Self::default()
    }

    fn unknown() -> Self {
        Self { unknown: true, ..Self::default() }
    }

    fn request(trace: Trace) -> Self {
        Self { request: Some(trace), ..Self::default() }
    }

    fn stored(trace: Trace) -> Self {
        Self { stored: Some(trace), ..Self::default() }
    }

    /// Both; the surer and shorter way stands for all.
    fn and(mut self, other: Self) -> Self {
        self.request = better(self.request, other.request);
        self.stored = better(self.stored, other.stored);
        for hole in other.parameters {
            if self.parameters.len() < MAX_HOLES && !self.parameters.contains(&hole) {
                self.parameters.push(hole);
            }
        }
        self.unknown |= other.unknown;
        self
    }

    fn with_step(mut self, step: impl Fn() -> String) -> Self {
        for trace in [&mut self.request, &mut self.stored].into_iter().flatten() {
            trace.steps.push(step());
        }
        self
    }

    /// The same where a step on the way is likely and not proved.
    fn unsure(mut self) -> Self {
        for trace in [&mut self.request, &mut self.stored].into_iter().flatten() {
            trace.sure = false;
        }
        for hole in &mut self.parameters {
            hole.unsure = true;
        }
        self
    }
}

/// How many parameters a value is told to come from.
const MAX_HOLES: usize = 8;

fn better(one: Option<Trace>, other: Option<Trace>) -> Option<Trace> {
    match (one, other) {
        (Some(one), Some(other)) => {
            let rank = |trace: &Trace| (!trace.sure, trace.steps.len());
            Some(if rank(&other) < rank(&one) { other } else { one })
        }
        (one, other) => one.or(other),
    }
}

/// Where `value`, which is given in `function` to what covers `bytes`, comes from, over all files.
#[must_use]
pub fn reach(
    index: &CodeIndex,
    file: &FileFacts,
    value: &Value,
    function: FunctionId,
    bytes: (u32, u32),
    sink: Sink,
) -> Reach {
    if guards::chosen(file, value, bytes, function, sink) {
        return Reach::fixed();
    }
    let walk = Walk::new(Some(index), sink);
    let at = bytes.0;
    let frame = Frame { file, function, at, seen_at: at };
    let mut found = walk.step(value, frame, "", 0);
    if found.request.is_none() && !found.parameters.is_empty() {
        let holes = std::mem::take(&mut found.parameters);
        for hole in holes {
            found = found.and(callers::of(index, &hole, sink, callers::MAX_HOPS));
        }
    }
    asker::weighed(index, file, function, found, sink)
}

/// Where `value`, seen in `function`, comes from, as far as its file tells.
#[must_use]
pub fn origin(file: &FileFacts, value: &Value, function: FunctionId) -> Origin {
    let walk = Walk::new(None, Sink::Sql);
    let frame = Frame { file, function, at: u32::MAX, seen_at: u32::MAX };
    let found = walk.step(value, frame, "", 0);
    if found.request.is_some() {
        Origin::Request
    } else if let Some(hole) = found.parameters.first() {
        Origin::Parameter(hole.function, hole.place)
    } else if found.unknown || found.stored.is_some() {
        Origin::Unknown
    } else {
        Origin::Fixed
    }
}

/// Whether `value` is what a client sent, as far as its file tells and whatever checks it.
#[must_use]
pub fn is_sent(file: &FileFacts, value: &Value, function: FunctionId) -> bool {
    let walk = Walk::new(None, Sink::Redirect);
    let frame = Frame { file, function, at: u32::MAX, seen_at: 0 };
    walk.step(value, frame, "", 0).request.is_some()
}

/// Whether `function` is a request handler or stands in one.
#[must_use]
pub fn in_handler(file: &FileFacts, function: FunctionId) -> bool {
    file.enclosing(function).any(|(_, function)| function.kind == FunctionKind::Handler)
}

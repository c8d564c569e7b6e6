//! The walk back from a value to where it comes from, in one function and the names around it.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use super::address::{deciding, is_behind_host, is_own_page};
use super::guards::{self, chosen};
use super::handing::{Holds, cleans, holds, is_harmless};
use super::order::{end_of_loops, is_conditional, mentions};
use super::parameters::{Given, given, is_part_of_address};
use super::passing::{self, Passing};
use super::request::{gives_base_name, is_base_name, is_form_field, is_request, is_sent_by_hand};
use super::shape::{accessor, id_of, is_picked, keeps_shape, line_of, shown};
use super::{Hole, Reach, Sink, Trace, callers, schema};
use crate::probe::source::code::{Assignment, Call, Function, FunctionId, Part, Value, root};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// How deep values are followed.
const MAX_STEPS: u32 = 40;
/// How many values are looked at for one question. Code written by people needs fewer than 50.
const MAX_VALUES: u32 = 400;
/// How many assignments to one name are looked at, and how many tests around one of them.
pub(super) const MAX_ASSIGNMENTS: usize = 40;

/// Where a value is seen.
#[derive(Clone, Copy)]
pub(super) struct Frame<'i> {
    pub file: &'i FileFacts,
    pub function: FunctionId,
    /// Bytes: what is set after this does not count.
    pub at: u32,
    /// Bytes: checks before this count.
    pub seen_at: u32,
}

impl<'i> Frame<'i> {
    /// The end of a function.
    pub(super) fn end(file: &'i FileFacts, function: FunctionId) -> Self {
        let at = file.function(function).map_or(u32::MAX, |f| f.place.bytes.1);
        Self { file, function, at, seen_at: at }
    }

    /// At a call of the file.
    pub(super) fn at_call(file: &'i FileFacts, call: &Call) -> Self {
        Self { file, function: call.function, at: call.place.bytes.0, seen_at: call.place.bytes.0 }
    }

    /// At the value of an assignment.
    fn at_assignment(self, assignment: &Assignment) -> Self {
        let at = assignment.place.bytes.0;
        let seen_at = if assignment.function == self.function { self.seen_at } else { at };
        Self { function: assignment.function, at, seen_at, ..self }
    }
}

/// One question, with the names that were followed for it already: each counts once, and a name that is made from
/// itself ends.
pub(super) struct Walk<'i> {
    index: Option<&'i CodeIndex>,
    sink: Sink,
    hops: u8,
    followed: RefCell<HashSet<(usize, String, FunctionId, u32)>>,
    left: Cell<u32>,
}

fn below<'r>(path: &str, rest: &'r str) -> std::borrow::Cow<'r, str> {
    match (path.is_empty(), rest.is_empty()) {
        (true, _) => rest.into(),
        (false, true) => path.to_owned().into(),
        (false, false) => format!("{path}.{rest}").into(),
    }
}

impl<'i> Walk<'i> {
    pub(super) fn new(index: Option<&'i CodeIndex>, sink: Sink) -> Self {
        Self { index, sink, hops: callers::MAX_HOPS, followed: RefCell::default(), left: Cell::new(MAX_VALUES) }
    }

    pub(super) fn with_hops(index: &'i CodeIndex, sink: Sink, hops: u8) -> Self {
        Self { hops, ..Self::new(Some(index), sink) }
    }

    /// Where what stands at `rest` below `value` comes from.
    pub(super) fn step(&self, value: &Value, frame: Frame<'i>, rest: &str, steps: u32) -> Reach {
        if steps > MAX_STEPS || self.left.get() == 0 {
            return Reach::unknown();
        }
        self.left.set(self.left.get() - 1);
        let all = |values: &mut dyn Iterator<Item = &Value>, rest: &str| {
            values.fold(Reach::fixed(), |found, value| found.and(self.step(value, frame, rest, steps + 1)))
        };
        match value {
            Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Null | Value::Env(_) => Reach::fixed(),
            Value::Not(_) | Value::Compared(..) => Reach::fixed(),
            Value::Unknown | Value::Function(_) => Reach::unknown(),
            Value::Path(path) => self.name(path, frame, rest, steps),
            Value::Member(pair) if matches!(&*pair.1, "length" | "size") => Reach::fixed(),
            // `$this->files[$name]["tmp_name"]`: PHP itself set it.
            Value::Member(pair) if &*pair.1 == "tmp_name" && frame.file.language == Language::Php => Reach::fixed(),
            Value::Member(pair) => self.step(&pair.0, frame, &below(&pair.1, rest), steps + 1),
            Value::Index(pair) if self.of_address() && is_own_page(frame.file, &pair.0, &pair.1) => Reach::fixed(),
            Value::Index(pair) => self.step(&pair.0, frame, "", steps + 1),
            Value::Computed(values) if is_picked(frame.file, values) => Reach::fixed(),
            Value::Either(values) | Value::All(values) | Value::Array(values) | Value::Computed(values) => {
                all(&mut values.iter(), rest)
            }
            Value::Object(pairs) => {
                let (first, inner) = rest.split_once('.').unwrap_or((rest, ""));
                if first.is_empty() {
                    return all(&mut pairs.iter().map(|(_, value)| value), "");
                }
                match value.get(first) {
                    Some(found) => self.step(found, frame, inner, steps + 1),
                    None => all(&mut pairs.iter().filter(|(name, _)| &**name == "...").map(|(_, value)| value), rest),
                }
            }
            Value::Template(_) if self.sink == Sink::Filter => Reach::fixed(),
            Value::Template(parts) => {
                let parts = if self.of_address() { deciding(parts) } else { parts };
                let mut values = parts.iter().filter_map(|part| match part {
                    Part::Expression(_, value) => Some(value),
                    Part::Fixed(_) => None,
                });
                all(&mut values, "")
            }
            Value::Call(id) => {
                frame.file.call(*id).map_or_else(Reach::unknown, |call| self.result(call, frame, rest, steps))
            }
        }
    }

    /// Whether it matters which host an address names.
    fn of_address(&self) -> bool {
        matches!(self.sink, Sink::Url | Sink::Redirect)
    }

    /// A place for people: `src/a.ts:12`.
    fn place(file: &FileFacts, line: u32) -> String {
        format!("{}:{line}", file.path)
    }

    fn read(&self, frame: Frame<'i>, path: &str) -> Reach {
        let shown: String = path.chars().take(60).collect();
        let line = line_of(frame);
        let step = format!("{} reads {shown}", Self::place(frame.file, line));
        let place = self.index.and_then(|index| index.place_of(frame.file));
        let read_in = place.map(|place| (place, frame.function));
        Reach::request(Trace { source: shown.into(), steps: vec![step], sure: true, read_in })
    }

    fn result(&self, call: &Call, frame: Frame<'i>, rest: &str, steps: u32) -> Reach {
        let file = frame.file;
        // A tag knows fixed text from what was put in, and handles that as it must.
        if is_harmless(call, self.sink) || (call.tagged && &*call.callee != "String.raw") {
            return Reach::fixed();
        }
        let here = Frame { function: call.function, at: frame.at.min(call.place.bytes.0), ..frame };
        if schema::is_strict(file, call, rest) {
            return Reach::fixed();
        }
        if cleans(call, self.sink) {
            return Reach::unknown();
        }
        // `form.cleaned_data.get("q")`
        if self.index.is_some() && matches!(call.method(), "get" | "pop") && is_form_field(file, call.object()) {
            return self.read(here, call.object()).unsure();
        }
        if is_request(file, &call.callee, call.function) {
            let shown = match call.argument(0).and_then(Value::text) {
                Some(name) if call.arguments.len() == 1 => format!("{}(\"{name}\")", call.callee),
                _ => call.callee.to_string(),
            };
            // `is_safe_url(request.args.get("next")) and request.args.get("next")`
            let seen_at = frame.seen_at.min(call.place.bytes.0);
            if guards::checked(self.index, file, &shown, call.function, seen_at, self.sink) {
                return Reach::fixed();
            }
            return self.read(here, &shown);
        }
        if schema::may_check(file, call, rest) {
            return self.handed_on(call, frame, here, rest, steps).unsure();
        }
        // `order.getName()`, `order.name()`: what was asked for is a part of what is known.
        if let Some(part) = accessor(file.language, call) {
            let found = self.name(call.object(), here, &below(&part, rest), steps + 1);
            if found.request.is_some() || !found.parameters.is_empty() {
                return found;
            }
        }
        if let Some(index) = self.index
            && self.hops > 0
            && let Some((target, sure)) = index.reached_by(file, call)
        {
            return self.given_back(index, call, here, target, rest, steps, sure);
        }
        if matches!(self.sink, Sink::Html | Sink::Code)
            && self.index.is_some_and(|index| index.query(file, id_of(file, call)).is_some())
        {
            let line = call.place.span.line;
            let shown: Box<str> = call.callee.chars().take(60).collect::<String>().into();
            let steps = vec![format!("{} reads {shown} from the database", Self::place(file, line))];
            return Reach::stored(Trace { source: shown, steps, sure: true, read_in: None });
        }
        self.handed_on(call, frame, here, rest, steps)
    }

    /// What of the things that a call is made with its result holds.
    fn handed_on(&self, call: &Call, frame: Frame<'i>, here: Frame<'i>, rest: &str, steps: u32) -> Reach {
        let rest = if keeps_shape(call.method()) { rest.strip_prefix("data.").unwrap_or(rest) } else { "" };
        let from_arguments = || {
            call.arguments
                .iter()
                .fold(Reach::fixed(), |found, argument| found.and(self.step(&argument.value, here, rest, steps + 1)))
        };
        let from_object = || match call.receiver.and_then(|id| here.file.call(id)) {
            Some(inner) => self.result(inner, frame, rest, steps + 1),
            None if call.object().is_empty() || call.object().starts_with('"') => Reach::fixed(),
            None => self.name(call.object(), here, rest, steps + 1),
        };
        match holds(call, self.sink) {
            Holds::Object if self.sink == Sink::Path && gives_base_name(here.file.language, call) => {
                from_object().unsure()
            }
            Holds::Object => from_object(),
            Holds::Arguments => from_arguments(),
            Holds::Both => {
                let mut found = from_arguments();
                let of_object = from_object();
                // A module or class that a function stands in is nothing that is unknown.
                found.unknown |= of_object.unknown && of_object.request.is_none() && found.request.is_none();
                found.and(Reach { unknown: false, ..of_object })
            }
            Holds::Nothing => Reach::unknown(),
        }
    }

    /// What a function of the project gives back to `call`.
    #[expect(clippy::too_many_arguments, reason = "one step of the walk with all that it stands on")]
    fn given_back(
        &self,
        index: &'i CodeIndex,
        call: &Call,
        here: Frame<'i>,
        target: crate::probe::source::index::Target<'i>,
        rest: &str,
        steps: u32,
        sure: bool,
    ) -> Reach {
        let hops = self.hops - 1;
        let sink = self.sink;
        let sure = match passing::of(target.file, target.function, sink) {
            Passing::Unchanged => sure,
            Passing::Opaque => false,
            Passing::Cleaned => return Reach::unknown(),
        };
        let question = (target.place, target.function, rest.into(), sink, hops);
        let mut found = index.links.flow.returned(question, || {
            let walk = Self::with_hops(index, sink, hops);
            let frame = Frame::end(target.file, target.function);
            let returns = target.file.function(target.function).map_or(&[][..], |function| &function.body.returns);
            let bytes = target.file.function(target.function).map_or((0, 0), |function| function.place.bytes);
            returns.iter().fold(Reach::fixed(), |found, value| {
                let origin = walk.step(value, Frame { at: frame.at, ..frame }, rest, 0);
                let harmless = chosen(target.file, value, bytes, target.function, sink);
                found.and(if harmless { Reach::fixed() } else { origin })
            })
        });
        let holes = std::mem::take(&mut found.parameters);
        let mut found = found.with_step(|| {
            format!("{} gets it from `{}`", Self::place(here.file, call.place.span.line), shown(&call.callee))
        });
        for hole in holes {
            if hole.file != target.place || hole.function != target.function {
                found = found.and(Reach { parameters: vec![hole], ..Reach::default() });
                continue;
            }
            let Some(function) = target.file.function(hole.function) else { continue };
            let Some(value) = callers::argument_for(call, function, hole.place, target.file.language) else {
                continue;
            };
            let given = self.step(value, here, &hole.below, steps + 1).with_step(|| {
                format!("{} passes it through `{}`", Self::place(here.file, call.place.span.line), shown(&call.callee))
            });
            found = found.and(if hole.unsure { given.unsure() } else { given });
        }
        if sure { found } else { found.unsure() }
    }

    fn name(&self, path: &str, frame: Frame<'i>, rest: &str, steps: u32) -> Reach {
        let full = below(path, rest);
        if full.ends_with(".length") {
            return Reach::fixed();
        }
        let found = self.named(path, &full, frame, rest, steps);
        let matters = found.request.is_some() || found.stored.is_some() || !found.parameters.is_empty();
        // A check counts where the value is used, and where it was put into the name that is used.
        let checked = |at| guards::checked(self.index, frame.file, &full, frame.function, at, self.sink);
        if matters && (checked(frame.seen_at) || (frame.at < frame.seen_at && checked(frame.at))) {
            return Reach::fixed();
        }
        if matters && guards::asked_about(frame.file, &full, frame.function, frame.seen_at, self.sink) {
            return found.unsure();
        }
        found
    }

    fn named(&self, path: &str, full: &str, frame: Frame<'i>, rest: &str, steps: u32) -> Reach {
        let file = frame.file;
        if file.language == Language::Php && full.ends_with(".tmp_name") && !is_sent_by_hand(full) {
            return Reach::fixed();
        }
        if is_request(file, full, frame.function) {
            let found = self.read(frame, full);
            let base = self.sink == Sink::Path && is_base_name(file, full);
            return if base { found.unsure() } else { found };
        }
        // A form has looked at its fields, and may have made numbers of them.
        if self.index.is_some() && is_form_field(file, full) {
            return self.read(frame, full).unsure();
        }
        let address = std::ptr::from_ref(file) as usize;
        if !self.followed.borrow_mut().insert((address, full.to_owned(), frame.function, frame.at)) {
            return Reach::fixed();
        }
        let first = root(path);
        for (id, scope) in file.enclosing(frame.function) {
            if file.language == Language::Go && self.is_filled(first, frame, id, steps) {
                return self.read(frame, full);
            }
            if let Some(found) = self.assigned(full, frame, id, steps) {
                return found;
            }
            if let Some(found) = self.parameter(id, scope, first, full, frame) {
                return found;
            }
            if let Some(over) = self.loop_over(first, frame, id) {
                let inner = full.strip_prefix(first).unwrap_or("").trim_start_matches('.');
                return self.step(over.0, Frame { function: id, at: over.1, ..frame }, inner, steps + 1);
            }
        }
        if let Some(found) = self.of_class(full, frame, steps) {
            return found;
        }
        self.imported(path, frame, rest, steps).unwrap_or_else(Reach::unknown)
    }

    /// What the names that `full` begins with were set to in the function `id`.
    fn assigned(&self, full: &str, frame: Frame<'i>, id: FunctionId, steps: u32) -> Option<Reach> {
        let file = frame.file;
        let same = id == frame.function;
        // In a loop, what a later line sets counts in the next round.
        let until = if same { frame.at.max(end_of_loops(file, frame.at)) } else { u32::MAX };
        let counts = |set: &&Assignment| set.function == id && set.place.bytes.0 < until;
        let mut found: Option<Reach> = None;
        let ends = full.match_indices('.').map(|(at, _)| at).chain([full.len()]);
        let mut prefixes: Vec<usize> = ends.filter(|end| *end > 0).collect();
        prefixes.reverse();
        for end in prefixes.into_iter().take(6) {
            let (target, inner) = (full.get(..end).unwrap_or(full), full.get(end..).unwrap_or(""));
            let inner = inner.trim_start_matches('.');
            for set in file.assignments_until(target, until).rev().filter(counts).take(MAX_ASSIGNMENTS) {
                // `x = x.trim()` and `x = x`: what stood there before is asked for by itself.
                let self_made = mentions(&set.value, target, file);
                if matches!(&set.value, Value::Path(same) if root(same) == root(target) && **same == *target) {
                    continue;
                }
                let mut next = frame.at_assignment(set);
                if !same {
                    next.seen_at = next.at;
                }
                let mut origin = self.step(&set.value, next, inner, steps + 1);
                if (origin.request.is_some() || !origin.parameters.is_empty())
                    && chosen(file, &set.value, set.place.bytes, id, self.sink)
                {
                    origin = Reach::fixed();
                }
                found = Some(found.unwrap_or_default().and(origin));
                if self_made && !set.appends && !is_conditional(file, set, frame.at) {
                    return found;
                }
            }
            // `const where = {}; where.name = …`
            if inner.is_empty() {
                let decides = |set: &&Assignment| {
                    let field = set.target.get(target.len()..).unwrap_or("").trim_start_matches('.');
                    !(self.of_address() && is_behind_host(field))
                };
                for set in file.assignments_below(target).filter(counts).filter(decides).take(MAX_ASSIGNMENTS) {
                    let origin = self.step(&set.value, frame.at_assignment(set), "", steps + 1);
                    found = Some(found.unwrap_or_default().and(origin));
                }
            }
            if found.is_some() {
                return found;
            }
        }
        found
    }

    fn parameter(&self, id: FunctionId, scope: &Function, name: &str, full: &str, frame: Frame<'i>) -> Option<Reach> {
        let file = frame.file;
        let (place, parameter, path) = scope.parameters.iter().enumerate().find_map(|(place, parameter)| {
            parameter.names.iter().find(|(bound, _)| **bound == *name).map(|(_, path)| (place, parameter, path))
        })?;
        let inner = full.strip_prefix(name).unwrap_or("").trim_start_matches('.');
        let whole = below(path, inner);
        Some(match given(file, scope, parameter, name, &whole) {
            Given::Fixed => Reach::fixed(),
            Given::Unknown => Reach::unknown(),
            Given::Request => {
                let strict = whole == "input" || whole.starts_with("input.");
                if strict && schema::input_is_strict(file, id, whole.strip_prefix("input.").unwrap_or("")) {
                    return Some(Reach::fixed());
                }
                let found = self.read(Frame { at: scope.place.bytes.0, function: id, ..frame }, full);
                // A framework that cuts addresses at each `/` lets none into one part.
                let part = self.sink == Sink::Path && is_part_of_address(file, scope, parameter, name);
                if part { found.unsure() } else { found }
            }
            Given::ByCallers => {
                let file = self.index.and_then(|index| index.place_of(file)).unwrap_or(usize::MAX);
                let hole = Hole { file, function: id, place, below: whole.into(), unsure: false };
                Reach { parameters: vec![hole], ..Reach::default() }
            }
        })
    }

    /// What the loop around runs over whose rounds change `name`, and where.
    fn loop_over(&self, name: &str, frame: Frame<'i>, id: FunctionId) -> Option<(&'i Value, u32)> {
        let file = frame.file;
        let scope = file.function(id)?;
        let of_callback = scope.in_loop.and_then(|id| file.loop_(id));
        let place = file.loops.partition_point(|l| l.place.bytes.0 <= frame.at);
        // The body of a comprehension stands before what makes it go round.
        let near = file.loops.iter().take(place).rev().take(MAX_ASSIGNMENTS);
        let near = near.chain(file.loops.iter().skip(place).take(MAX_ASSIGNMENTS));
        let around = near.filter(|l| l.function == id || l.place.bytes == scope.place.bytes);
        of_callback
            .into_iter()
            .chain(around)
            .find(|l| l.names.iter().any(|found| **found == *name))
            .map(|l| (&l.over, l.place.bytes.0.saturating_add(1)))
    }

    /// `this.name`, set elsewhere in the class.
    fn of_class(&self, full: &str, frame: Frame<'i>, steps: u32) -> Option<Reach> {
        let file = frame.file;
        let inner = full.strip_prefix("this.").or_else(|| full.strip_prefix("self."))?;
        let class = file.enclosing(frame.function).find_map(|(_, function)| function.class.as_deref());
        let field = inner.split('.').next()?;
        let target = full.get(..full.len() - inner.len() + field.len())?;
        let rest = full.get(target.len()..).unwrap_or("").trim_start_matches('.');
        let mut found: Option<Reach> = None;
        for set in file.assignments_to(target).take(MAX_ASSIGNMENTS) {
            let of_class = file.enclosing(set.function).any(|(_, function)| function.class.as_deref() == class);
            if of_class {
                let next = Frame { function: set.function, at: set.place.bytes.0, seen_at: set.place.bytes.1, ..frame };
                found = Some(found.unwrap_or_default().and(self.step(&set.value, next, rest, steps + 1)));
            }
        }
        found
    }

    /// A constant of another file.
    fn imported(&self, path: &str, frame: Frame<'i>, rest: &str, steps: u32) -> Option<Reach> {
        let index = self.index?;
        let (place, name) = index.imported(frame.file, root(path))?;
        let file = index.files.get(place)?;
        let inner = path.strip_prefix(root(path)).unwrap_or("").trim_start_matches('.');
        let whole = if &*name == "*" { below(inner, rest) } else { below(&below(&name, inner), rest) };
        let frame = Frame { file, function: 0, at: u32::MAX, seen_at: u32::MAX };
        self.assigned(&whole, frame, 0, steps + 1)
    }
}

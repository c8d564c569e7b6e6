//! From a parameter to what the callers of its function give it.

use super::shape::shown;
use super::walk::{Frame, Walk};
use super::{Hole, Reach, Sink};
use crate::probe::source::code::{Call, Function, Value};
use crate::probe::source::facts::{CodeIndex, Language};

/// How many functions a value is followed through.
pub(super) const MAX_HOPS: u8 = 5;
/// How many callers of one function are looked at.
const MAX_CALLERS: usize = 40;
/// How many calls of one name are looked through for callers.
const MAX_CALLS: usize = 400;

/// What the callers of a function give it for the parameter that `hole` is.
pub(super) fn of(index: &CodeIndex, hole: &Hole, sink: Sink, hops: u8) -> Reach {
    let unfollowed = || Reach { parameters: vec![hole.clone()], ..Reach::default() };
    if hops == 0 {
        return unfollowed();
    }
    let found = index.links.flow.given(hole, sink, hops, || ask(index, hole, sink, hops).unwrap_or_else(unfollowed));
    if found.request.is_none() && found.stored.is_none() {
        return found.and(unfollowed());
    }
    if hole.unsure { found.unsure() } else { found }
}

fn ask(index: &CodeIndex, hole: &Hole, sink: Sink, hops: u8) -> Option<Reach> {
    let file = index.files.get(hole.file)?;
    let function = file.function(hole.function)?;
    let name = function.name.as_deref()?;
    // A constructor is called by the name of its class.
    let name = match (name, &function.class) {
        ("constructor" | "__init__" | "__construct" | "initialize", Some(class)) => class,
        _ => name,
    };
    let mut found = Reach::default();
    let mut seen = 0;
    for (caller, call) in index.calls_of(name).take(MAX_CALLS) {
        let Some(value) = argument_for(call, function, hole.place, file.language) else { continue };
        let trivial = matches!(value, Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Null);
        if trivial || !caller.role.in_production() {
            continue;
        }
        let Some((target, sure)) = index.reached_by(caller, call) else { continue };
        if target.place != hole.file || target.function != hole.function {
            continue;
        }
        seen += 1;
        if seen > MAX_CALLERS {
            break;
        }
        let walk = Walk::with_hops(index, sink, hops - 1);
        let mut given = walk.step(value, Frame::at_call(caller, call), &hole.below, 0);
        for next in std::mem::take(&mut given.parameters) {
            if next.file != usize::MAX && next != *hole {
                let further = of(index, &next, sink, hops - 1);
                given = given.and(Reach { parameters: Vec::new(), ..further });
            }
        }
        let step = || format!("{}:{} passes it to `{}`", caller.path, call.place.span.line, shown(&call.callee));
        let given = given.with_step(step);
        found = found.and(if sure { given } else { given.unsure() });
        if found.request.as_ref().is_some_and(|trace| trace.sure) {
            break;
        }
    }
    Some(found)
}

/// What `call` gives for the parameter in place `place` of `function`.
pub(super) fn argument_for<'c>(
    call: &'c Call,
    function: &Function,
    place: usize,
    language: Language,
) -> Option<&'c Value> {
    let parameter = function.parameters.get(place)?;
    let bound = parameter.names.first().filter(|(_, below)| below.is_empty());
    if let Some(value) = bound.and_then(|(name, _)| call.named(name)) {
        return Some(value);
    }
    let offset = usize::from(
        language == Language::Python
            && function
                .parameters
                .first()
                .and_then(|first| first.names.first())
                .is_some_and(|(name, _)| matches!(&**name, "self" | "cls")),
    );
    call.argument(place.checked_sub(offset)?)
}

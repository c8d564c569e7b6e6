//! A check that lets in every address with an allowed one somewhere in it: `url.includes(allowed)`.

use super::super::Hit;
use super::super::injection::Danger;
use crate::model::Confidence;
use crate::probe::source::code::{Call, Comparison, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::flow::is_sent;
use crate::probe::source::index::Target;

/// The finding where what is redirected to came from a request, and the function that checks it looks for a part of it.
pub(super) fn check(file: &FileFacts, index: &CodeIndex, danger: &Danger<'_>) -> Option<Hit> {
    let path = danger.value.path()?;
    if !is_sent(file, danger.value, danger.function) {
        return None;
    }
    let asked = file.conditions.iter().filter(|condition| file.within(danger.function, condition.function));
    let weak = asked.take(200).find_map(|condition| {
        let mut found = None;
        condition.test.walk(&mut |value| {
            if let Value::Call(id) = value
                && let Some(call) = file.call(*id)
                && let Some(place) = call.arguments.iter().position(|argument| argument.value.path() == Some(path))
                && let Some(target) = index.called(file, call)
            {
                found = found.take().or_else(|| looks_for_part(target, place));
            }
        });
        found
    })?;
    Some(
        Hit::new(
            danger.place,
            format!("`{path}` is checked with `{weak}` only: `https://evil.example/?` with an allowed address behind it passes"),
        )
        .confidence(Confidence::Medium),
    )
}

/// How a function asks whether its parameter in `place` has something in it, where that is all that it asks.
fn looks_for_part(target: Target<'_>, place: usize) -> Option<String> {
    let (file, function) = (target.file, target.file.function(target.function)?);
    let (name, _) = function.parameters.get(place)?.names.first()?;
    let calls = || file.calls_of(&function.body).map(|(_, call)| call);
    let about = |call: &Call| {
        call.object() == &**name || call.arguments.iter().any(|argument| argument.value.path() == Some(name))
    };
    let part = |call: &Call| {
        call.object() == &**name
            && matches!(call.method(), "includes" | "contains" | "indexOf" | "include?" | "Contains")
            && call.argument(0).is_some_and(|value| match value {
                Value::Text(text) => text.contains('.') && !text.contains(".."),
                value => value.path().is_some(),
            })
    };
    let weak = calls().find(|call| part(call))?;
    // Whatever else it asks of the address may be enough.
    let more = calls().any(|call| about(call) && !part(call))
        || file.conditions.iter().filter(|condition| file.within(condition.function, target.function)).any(
            |condition| {
                let mut compared = false;
                condition.test.walk(&mut |value| {
                    compared |= matches!(value, Value::Compared(Comparison::Equal | Comparison::In, pair)
                    if pair.0.path() == Some(name) || pair.1.path() == Some(name));
                });
                compared
            },
        );
    (!more).then(|| {
        let given = weak.argument(0).and_then(Value::path).unwrap_or("…");
        format!("{}({given})", weak.callee)
    })
}

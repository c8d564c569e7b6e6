//! What an answer to a path comes to. No I/O.

use super::answer::Answer;
use super::proof::Found;
use super::{Paths, Seen, control};

/// What it comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// What was looked for is there.
    Found(Found),
    /// There is nothing.
    NotThere,
    /// It is there or not; strangers are not told.
    Refused,
    /// A redirect, and where to.
    Elsewhere(String),
    /// What any path gives.
    SameAsAny,
    /// Something answers that is not what was looked for.
    SomethingElse,
    /// The server failed.
    Failed,
    /// Nothing came back, and why.
    NoAnswer(String),
}

/// Judges one answer.
pub fn of(seen: &Seen, paths: &Paths) -> What {
    let answer = &seen.answer;
    let Some(status) = answer.status else {
        return What::NoAnswer(answer.trouble.clone().unwrap_or_else(|| "it gave no answer".to_owned()));
    };
    let any = [&paths.missing, &paths.missing_dotted].into_iter().any(|missing| control::same(answer, missing));
    if let Some(found) = (seen.asked.reads)(answer) {
        // A path that nobody can have gives the same kind of thing: it says nothing about this one.
        let controls = seen.control.iter().chain([&paths.missing, &paths.missing_dotted]);
        if !any
            && !controls.into_iter().any(|other| is_alike(seen, answer, other))
            && seen.control.as_ref().is_some_and(answered)
        {
            return What::Found(found);
        }
        return What::SameAsAny;
    }
    match status {
        404 | 410 => What::NotThere,
        401 | 403 | 407 | 451 => What::Refused,
        _ if any => What::SameAsAny,
        300..=399 => What::Elsewhere(answer.location.clone().unwrap_or_default()),
        500.. => What::Failed,
        200..300 => What::SomethingElse,
        _ => What::NotThere,
    }
}

/// Whether `other` would count as proof as well, or is the same page.
fn is_alike(seen: &Seen, answer: &Answer, other: &Answer) -> bool {
    (seen.asked.reads)(other).is_some() || control::same(answer, other)
}

/// Without an answer to the control nothing is known.
fn answered(control: &Answer) -> bool {
    control.status.is_some()
}

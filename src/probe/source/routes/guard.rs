//! Whether what stands before a route refuses those who have not signed in.

use super::{Guard, Route, names, reach};
use crate::probe::source::code::FunctionId;
use crate::probe::source::facts::CodeIndex;

/// Whether something is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// That cannot be told.
    Unknown,
}

/// Tells what a guard does, by its name and by what is behind it.
pub(super) fn judge(index: &CodeIndex, guard: &mut Guard) {
    if guard.auth != Cover::Unknown {
        return;
    }
    guard.auth = match names::guards_by_name(&guard.name) {
        Some(true) => Cover::Yes,
        by_name => match guard.function {
            Some(start) if refuses(index, start) => Cover::Yes,
            Some(_) => Cover::No,
            None if by_name == Some(false) => Cover::No,
            None => Cover::Unknown,
        },
    };
}

/// Whether a function asks who comes, and sends somebody away.
fn refuses(index: &CodeIndex, start: (usize, FunctionId)) -> bool {
    let all = reach::from(index, start);
    let near = || all.iter().filter(|at| at.depth < 3).filter_map(|at| at.get(index));
    near().any(|(file, function)| reach::asks_who(file, function))
        && near().any(|(file, function)| reach::sends_away(file, function))
}

impl Route {
    /// Whether those who have not signed in are refused, by what stands before the route or by its handler.
    #[must_use]
    pub fn auth(&self, index: &CodeIndex) -> Cover {
        if self.guards.iter().any(|guard| guard.auth == Cover::Yes) {
            return Cover::Yes;
        }
        let asks = |depth: u32| {
            self.reach.iter().filter(|at| at.depth <= depth).any(|at| {
                at.get(index).is_some_and(|(file, function)| {
                    reach::asks_who(file, function)
                        || function.name.as_deref().is_some_and(|name| at.depth > 0 && names::asks_who(name))
                })
            })
        };
        if asks(2) {
            return Cover::Yes;
        }
        if self.unknown || self.handler.is_none() || self.guards.iter().any(|guard| guard.auth == Cover::Unknown) {
            return Cover::Unknown;
        }
        Cover::No
    }
}

//! Names in reach. A word that is not among them is a call.

use std::collections::HashSet;

use super::Walk;
use crate::probe::source::code::Value;

/// The names that one function or block brings.
#[derive(Debug, Default)]
pub(super) struct Scope {
    names: HashSet<Box<str>>,
    /// A block or lambda, which sees the names around it.
    sees_out: bool,
    /// A block that runs at once, and returns for the function around it.
    returns_out: bool,
    /// The function around it is left from here.
    leaves: bool,
}

/// Words that are calls in truth, and stand for a thing that lasts as long as the request or the object.
const THINGS: [&str; 22] = [
    "params",
    "request",
    "response",
    "session",
    "cookies",
    "flash",
    "headers",
    "env",
    "logger",
    "current_user",
    "controller_name",
    "action_name",
    "permitted_params",
    "declared_params",
    "settings",
    "context",
    "object",
    "block",
    "proc",
    "it",
    "_1",
    "_2",
];

impl Walk<'_, '_> {
    /// Goes into a method or class, which see nothing of what is around them.
    pub(super) fn open_scope(&mut self) {
        self.scopes.push(Scope::default());
    }

    /// Goes into a block or lambda.
    pub(super) fn open_inner_scope(&mut self, returns_out: bool) {
        self.scopes.push(Scope { sees_out: true, returns_out, ..Scope::default() });
    }

    /// Comes out of it; whether it left the function around it.
    pub(super) fn close_scope(&mut self) -> bool {
        let Some(closed) = self.scopes.pop() else { return false };
        if closed.returns_out
            && closed.leaves
            && let Some(outer) = self.scopes.last_mut()
        {
            outer.leaves = true;
        }
        closed.leaves
    }

    /// A name that stands for a value from here on.
    pub(super) fn declare(&mut self, name: &str) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.names.insert(name.into());
        }
    }

    /// Whether a word names a value.
    pub(super) fn is_local(&self, name: &str) -> bool {
        for scope in self.scopes.iter().rev() {
            if scope.names.contains(name) {
                return true;
            }
            if !scope.sees_out {
                break;
            }
        }
        THINGS.contains(&name)
    }

    /// `return`: leaves the method, through the blocks around.
    pub(super) fn leave_function(&mut self, value: Value) {
        let blocks = self.scopes.iter().rev().take_while(|scope| scope.returns_out).count();
        if let Some(scope) = self.scopes.last_mut() {
            scope.leaves = true;
        }
        self.to.returns_through(blocks, value);
    }
}

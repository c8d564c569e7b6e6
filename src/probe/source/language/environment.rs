//! Reads of the environment: whether the code goes on without a variable, and what it falls back on.

use std::ops::Range;

use tree_sitter::Node;

use super::super::code::{Assignment, Comparison, Value};
use super::super::facts::{EnvFallback, EnvRead, EnvReader};
use super::builder::Builder;

/// A variable is tested soon after it was read; more assignments and reads than this are not looked back at.
const NEAR: usize = 50;

impl Builder<'_> {
    pub(super) fn env_read(&mut self, name: &str, node: Node<'_>) -> Value {
        self.env_read_where(name, self.at.tested, node)
    }

    /// The same where the way in which it is read tells whether the code goes on without it.
    pub(super) fn env_read_where(&mut self, name: &str, optional: bool, node: Node<'_>) -> Value {
        let span = self.place(node).span;
        let dev_only = self.at.dev_only;
        self.file.env_reads.push(EnvRead { name: name.to_owned(), span, optional, dev_only });
        Value::Env(name.into())
    }

    /// A read of the variable that `name` names: where that is a parameter, callers of the function read variables.
    pub(super) fn env_read_by_name(&mut self, name: &Value, optional: bool) {
        let Some(name) = name.path() else { return };
        let function = self.at.function;
        let place = self.file.function(function).and_then(|f| {
            f.parameters.iter().position(|p| p.names.iter().any(|(n, below)| **n == *name && below.is_empty()))
        });
        if let Some(place) = place {
            self.file.env_readers.push(EnvReader { function, parameter: place, optional });
        }
    }

    /// Says that the program cannot go on without the variables read in these places.
    pub(super) fn require(&mut self, reads: Range<usize>) {
        for read in self.file.env_reads.get_mut(reads).unwrap_or_default() {
            read.optional = false;
        }
    }

    /// Says that a condition tests the values that were named before: variables of the environment among them are
    /// needed where the program `ends` then, and else it goes on without them.
    pub(super) fn tested(&mut self, condition: &Value, ends: bool) {
        let function = self.at.function;
        let last = self.file.assignments.iter().rev().take(NEAR);
        let recent: Vec<&Assignment> = last.filter(|assignment| assignment.function == function).collect();
        let mut named: Vec<(Box<str>, Value)> = Vec::new();
        condition.walk(&mut |value| {
            let set = value.path().and_then(|path| recent.iter().find(|assignment| &*assignment.target == path));
            // `value, ok := os.LookupEnv("A")`.
            let value_of = |set: &Assignment| match &set.value {
                Value::Index(pair) if matches!(pair.0, Value::Env(_)) => pair.0.clone(),
                value => value.clone(),
            };
            if let Some(set) = set
                && let value @ (Value::Env(_) | Value::Call(_)) = value_of(set)
            {
                named.push((set.target.clone(), value));
            }
        });
        for (target, value) in named {
            // What ended the program once is there wherever it is tested again.
            if ends {
                self.required.insert((function, target));
            } else if self.required.contains(&(function, target)) {
                continue;
            }
            match value {
                Value::Env(name) => {
                    let reads = self.file.env_reads.iter_mut().rev().take(NEAR);
                    reads.filter(|read| *read.name == *name).for_each(|read| read.optional = !ends);
                }
                Value::Call(id) => {
                    if let Some(call) = self.call(id) {
                        call.tested = !ends;
                    }
                }
                _ => {}
            }
        }
    }

    /// Says that the reads since the first `before` ones have `value` to fall back on.
    pub(super) fn env_fallback(&mut self, before: usize, name: &str, value: Value, node: Node<'_>) {
        let place = self.place(node);
        for read in self.file.env_reads.iter_mut().skip(before).filter(|read| read.name == name) {
            read.optional = true;
        }
        let (function, dev_only) = (self.at.function, self.at.dev_only);
        let (span, bytes) = (place.span, place.bytes);
        self.file.env_fallbacks.push(EnvFallback { name: name.into(), value, span, bytes, function, dev_only });
    }

    /// `if port == "" { port = "8080" }`: what is set where a variable of the environment was found missing is its
    /// default. `id` is the place of the test.
    pub(super) fn set_where_missing(&mut self, id: usize) {
        let Some(condition) = self.file.conditions.get(id) else { return };
        let missing = match &condition.test {
            Value::Compared(Comparison::Equal, pair) if pair.1.is_empty_literal() => pair.0.path(),
            Value::Not(value) => value.path(),
            _ => None,
        };
        let Some(missing) = missing else { return };
        let (from, to) = condition.then.assignments;
        let before = self.file.assignments.get(..from as usize).unwrap_or_default();
        let read_into = |name: &str| {
            let set = before.iter().rev().take(NEAR).find(|set| *set.target == *name)?;
            match &set.value {
                Value::Env(name) => Some(name.clone()),
                Value::Index(pair) => match &pair.0 {
                    Value::Env(name) => Some(name.clone()),
                    _ => None,
                },
                _ => None,
            }
        };
        let Some(name) = read_into(missing) else { return };
        let inside = self.file.assignments.get(from as usize..to as usize).unwrap_or_default();
        let Some(default) = inside.iter().find(|set| read_into(&set.target).is_some_and(|read| read == name)) else {
            return;
        };
        let fallback = EnvFallback {
            name: name.clone(),
            value: default.value.clone(),
            span: default.place.span,
            bytes: default.place.bytes,
            function: default.function,
            dev_only: default.dev_only,
        };
        self.file.env_fallbacks.push(fallback);
        if let Some(read) = self.file.env_reads.iter_mut().rev().take(NEAR).find(|read| *read.name == *name) {
            read.optional = true;
        }
    }

    /// `object[index]`; a read where `object` is the environment.
    pub(super) fn element(&mut self, object: Value, index: Value, is_environment: bool, node: Node<'_>) -> Value {
        match &index {
            Value::Text(name) if is_environment => self.env_read(name, node),
            Value::Text(name) => Self::member(object, name),
            _ => {
                if is_environment {
                    self.env_read_by_name(&index, self.at.tested);
                }
                Value::Index(Box::new((object, index)))
            }
        }
    }
}

/// Whether the text of a condition asks for the environment that the program runs in.
pub(super) fn asks_for_environment(condition: &str) -> bool {
    [
        "NODE_ENV",
        "APP_ENV",
        "isDev",
        "IS_DEV",
        "isProd",
        "IS_PROD",
        "__DEV__",
        "development",
        "DEBUG",
        "isLocal",
        "production",
        "import.meta.env.DEV",
        "import.meta.env.PROD",
    ]
    .iter()
    .any(|mark| condition.contains(mark))
}

/// The variables of the environment that a value is, or may be.
pub(super) fn variables(value: &Value) -> Vec<Box<str>> {
    match value {
        Value::Env(name) => vec![name.clone()],
        Value::Either(values) => values.iter().flat_map(variables).collect(),
        _ => Vec::new(),
    }
}

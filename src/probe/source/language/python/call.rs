//! Calls and what they are given.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Argument, CallId, Value};
use crate::probe::source::facts::Usage;

/// Calls that read a variable of the environment: its name is their first argument, a default their second.
fn reads_environment(callee: &str) -> bool {
    matches!(callee, "os.getenv" | "getenv" | "os.environ.get" | "environ.get")
}

/// Calls that fail when they are given `None`.
fn converts(callee: &str) -> bool {
    matches!(callee, "int" | "float" | "json.loads" | "Path" | "pathlib.Path" | "Decimal")
}

impl Walk<'_> {
    /// A call with its arguments.
    pub(super) fn call(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let id = self.to.open_call(node);
        let saved = self.to.at;
        let mut format: Option<Box<str>> = None;
        let mut texts = Vec::new();
        each(cursor, |cursor| match self.field(cursor) {
            F::Function => {
                self.to.at.in_join |= self.to.text(cursor.node()).ends_with(".format");
                let callee = self.callee(cursor, id);
                self.to.at = saved;
                if let Value::Member(pair) = &callee
                    && let (Value::Text(text), "format") = (&pair.0, &*pair.1)
                {
                    format = Some(text.clone());
                }
            }
            F::Arguments => {
                let callee = self.to.file.call(id).map(|call| call.callee.clone()).unwrap_or_default();
                self.to.start_anew();
                self.to.at.argument_of = Some(id);
                self.to.at.usage = Usage::Argument(id);
                self.to.goes_to = (&*callee).into();
                self.to.at.in_join = format.is_some();
                let arguments = if self.kind(cursor.node()) == K::GeneratorExpression {
                    vec![Argument { value: self.expression(cursor), ..Argument::default() }]
                } else {
                    self.arguments(cursor, &mut texts)
                };
                self.to.at = saved;
                self.to.arguments(id, arguments);
            }
            _ => {}
        });
        if let Some(format) = format {
            let arguments = self.to.file.call(id).map_or(&[][..], |call| &call.arguments);
            let values: Vec<(String, Value)> =
                texts.into_iter().zip(arguments.iter().map(|argument| argument.value.clone())).collect();
            return self.to.formatted(&format, "{", &values, node);
        }
        self.after_call(id, node)
    }

    fn arguments(&mut self, cursor: &mut TreeCursor<'_>, texts: &mut Vec<String>) -> Vec<Argument> {
        let at = self.to.at;
        let goes_to = self.to.goes_to.clone();
        let mut arguments = Vec::new();
        each(cursor, |cursor| {
            let child = cursor.node();
            if !child.is_named() {
                return;
            }
            self.to.at = at;
            self.to.goes_to.clone_from(&goes_to);
            match self.kind(child) {
                K::Comment => self.to.comment(child),
                K::Keyword => {
                    let name = child.child_by_field_name("name").map_or("", |name| self.to.text(name));
                    let mut value = Value::Unknown;
                    each(cursor, |cursor| {
                        if self.field(cursor) == F::Value {
                            self.to.goes_to = name.into();
                            value = self.expression(cursor);
                        }
                    });
                    texts.push(self.to.text(child).to_owned());
                    arguments.push(Argument { name: Some(name.into()), spread: false, value });
                }
                kind => {
                    let spread = matches!(kind, K::ListSplat | K::DictSplat);
                    let value = self.expression(cursor);
                    texts.push(self.to.text(child).to_owned());
                    let name = (kind == K::DictSplat).then(|| "**".into());
                    arguments.push(Argument { name, spread, value });
                }
            }
        });
        arguments
    }

    /// Reads of the environment that have the form of a call.
    fn after_call(&mut self, id: CallId, node: Node<'_>) -> Value {
        let Some(call) = self.to.file.call(id) else { return Value::Unknown };
        if !reads_environment(&call.callee) {
            return Value::Call(id);
        }
        let goes_on = self.goes_on_without();
        let Some(name) = call.argument(0).and_then(Value::text).map(str::to_owned) else {
            if let Some(given) = call.argument(0).cloned() {
                self.to.env_read_by_name(&given, goes_on);
            }
            return Value::Call(id);
        };
        let default = call.argument(1).or_else(|| call.named("default")).cloned();
        let before = self.to.file.env_reads.len();
        let value = self.to.env_read_where(&name, goes_on, node);
        match default {
            Some(default) if default != Value::Null => {
                self.to.env_fallback(before, &name, default.clone(), node);
                Value::Either(vec![value, default])
            }
            _ => value,
        }
    }

    /// Whether `None` is good enough where a value stands. A method of it, or its conversion to a number, would fail.
    fn goes_on_without(&self) -> bool {
        let at = self.to.at;
        let converted = at.argument_of.and_then(|id| self.to.file.call(id)).is_some_and(|call| converts(&call.callee));
        at.tested || !(at.chained.is_some() || converted)
    }
}

//! Annotations, on classes, methods, fields and parameters.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Argument, CallId, Decorator, Value};
use crate::probe::source::facts::{EnvFallback, Usage};

impl Walk<'_> {
    /// The annotations of a declaration, in the list of its modifiers or beside it.
    pub(super) fn annotations(&mut self, node: Node<'_>) -> Vec<Decorator> {
        self.annotation_nodes(node)
            .into_iter()
            .map(|found| {
                let name = found.child_by_field_name("name").map_or("", |name| self.to.text(name)).into();
                let call = (self.kind(found) == K::Annotation).then(|| self.annotation(found));
                Decorator { name, call }
            })
            .collect()
    }

    /// What the annotations of a parameter say about where its value comes from: a call of each.
    pub(super) fn source_of(&mut self, parameter: Node<'_>) -> Option<Value> {
        let mut calls: Vec<Value> =
            self.annotation_nodes(parameter).into_iter().map(|found| Value::Call(self.annotation(found))).collect();
        match calls.len() {
            0 => None,
            1 => calls.pop(),
            _ => Some(Value::All(calls)),
        }
    }

    fn annotation_nodes<'t>(&self, node: Node<'t>) -> Vec<Node<'t>> {
        let is_annotation = |child: &Node<'_>| matches!(self.kind(*child), K::Annotation | K::Marker);
        let mut walk = node.walk();
        let Some(modifiers) = node.named_children(&mut walk).find(|child| self.kind(*child) == K::Modifiers) else {
            return Vec::new();
        };
        let mut walk = modifiers.walk();
        modifiers.named_children(&mut walk).filter(is_annotation).collect()
    }

    /// One annotation as a call: `GetMapping("/users")`.
    fn annotation(&mut self, node: Node<'_>) -> CallId {
        let id = self.to.open_call(node);
        let name: Box<str> = node.child_by_field_name("name").map_or("", |name| self.to.text(name)).into();
        let saved = self.to.start_anew();
        self.to.at.argument_of = Some(id);
        self.to.at.usage = Usage::Argument(id);
        self.to.goes_to.clone_from(&name);
        let mut arguments = Vec::new();
        if let Some(list) = node.child_by_field_name("arguments") {
            each(&mut list.walk(), |cursor| self.annotation_argument(cursor, &mut arguments));
        }
        self.to.at = saved;
        if let Some(call) = self.to.call(id) {
            call.callee = name.into();
            call.arguments = arguments;
        }
        id
    }

    fn annotation_argument(&mut self, cursor: &mut TreeCursor<'_>, arguments: &mut Vec<Argument>) {
        let node = cursor.node();
        let at = self.to.at;
        match self.kind(node) {
            _ if !node.is_named() => {}
            K::LineComment | K::BlockComment => self.to.comment(node),
            K::Pair => {
                let name = node.child_by_field_name("key").map(|key| self.to.text(key).into());
                each(cursor, |cursor| {
                    if self.field(cursor) == F::Value {
                        let value = self.expression(cursor);
                        arguments.push(Argument { name: name.clone(), spread: false, value });
                    }
                });
            }
            _ => {
                let value = self.expression(cursor);
                arguments.push(Argument { name: None, spread: false, value });
            }
        }
        self.to.at = at;
    }

    /// An annotation that stands where a value does: an element of another one.
    pub(super) fn annotation_value(&mut self, node: Node<'_>) -> Value {
        Value::Call(self.annotation(node))
    }

    /// What Spring's `@Value("${NAME:default}")` among `found` puts there.
    pub(super) fn injected(&mut self, found: &[Decorator], node: Node<'_>) -> Option<Value> {
        let call = found.iter().find(|decorator| decorator.method() == "Value")?.call;
        let call = self.to.file.call(call?)?;
        let (text, place) = (call.argument(0)?.text()?.to_owned(), call.place);
        let inner = text.strip_prefix("${")?.strip_suffix('}')?;
        let (name, default) = inner.split_once(':').map_or((inner, None), |(name, default)| (name, Some(default)));
        // Other names are properties, which files of the project may set.
        let is_variable = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        let value = if is_variable && !name.is_empty() {
            self.to.env_read_where(name, default.is_some(), node)
        } else {
            Value::Unknown
        };
        let Some(default) = default else { return Some(value) };
        let fixed = Value::Text(default.into());
        self.to.file.env_fallbacks.push(EnvFallback {
            name: name.into(),
            value: fixed.clone(),
            span: place.span,
            bytes: place.bytes,
            function: self.to.at.function,
            dev_only: self.to.at.dev_only,
        });
        Some(Value::Either(vec![value, fixed]))
    }
}

//! Composite literals: structs, maps and lists.

use tree_sitter::TreeCursor;

use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Argument, Value};
use crate::probe::source::facts::Usage;

impl Walk<'_> {
    /// `http.Client{Timeout: x}` is a call that makes one; a map is an object and a slice a list.
    pub(super) fn composite(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let Some(made) = node.child_by_field_name("type") else { return Value::Unknown };
        let is_struct = matches!(self.kind(made), K::TypeIdentifier | K::QualifiedType | K::GenericType);
        if !is_struct {
            let mut value = Value::Unknown;
            each(cursor, |cursor| {
                if self.field(cursor) == F::Body {
                    value = self.expression(cursor);
                }
            });
            // An empty one has no elements that would tell.
            let empty_map = self.kind(made) == K::MapType && value == Value::Array(Vec::new());
            return if empty_map { Value::Object(Vec::new()) } else { value };
        }
        let id = self.to.open_call(node);
        let saved = self.to.start_anew();
        self.to.at.argument_of = Some(id);
        let mut elements = Vec::new();
        each(cursor, |cursor| {
            if self.field(cursor) == F::Body {
                elements = self.elements(cursor);
            }
        });
        self.to.at = saved;
        let callee = self.to.text(made);
        if let Some(call) = self.to.call(id) {
            call.callee = callee.split('[').next().unwrap_or(callee).into();
            call.constructs = true;
            call.arguments =
                elements.into_iter().map(|(name, value)| Argument { name, spread: false, value }).collect();
        }
        Value::Call(id)
    }

    /// `{…}` in a literal that tells the type.
    pub(super) fn untyped_literal(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let saved = self.to.at;
        self.to.at.chained = None;
        let elements = self.elements(cursor);
        self.to.at = saved;
        if elements.iter().any(|(key, _)| key.is_some()) {
            Value::Object(elements.into_iter().map(|(key, value)| (key.unwrap_or_default(), value)).collect())
        } else {
            Value::Array(elements.into_iter().map(|(_, value)| value).collect())
        }
    }

    fn elements(&mut self, cursor: &mut TreeCursor<'_>) -> Vec<(Option<Box<str>>, Value)> {
        let at = self.to.at;
        let mut elements = Vec::new();
        each(cursor, |cursor| {
            let child = cursor.node();
            self.to.at = at;
            match self.kind(child) {
                K::KeyedElement => {
                    let mut key: Box<str> = Box::default();
                    each(cursor, |cursor| match self.field(cursor) {
                        F::Key => {
                            key = match self.expression(cursor) {
                                Value::Text(text) | Value::Path(text) | Value::Number(text) => text,
                                _ => "[]".into(),
                            };
                        }
                        F::Value => {
                            self.to.at = at;
                            self.to.at.usage = Usage::Named;
                            self.to.goes_to.clone_from(&key);
                            self.to.name = Some(key.clone());
                            let value = self.element_value(cursor);
                            elements.push((Some(key.clone()), value));
                        }
                        _ => {}
                    });
                }
                K::Comment => self.to.comment(child),
                _ if child.is_named() => {
                    self.to.at.usage = Usage::Listed;
                    elements.push((None, self.element_value(cursor)));
                }
                _ => {}
            }
        });
        self.to.at = at;
        elements
    }

    /// The expression in an element, which keeps the name that it goes to.
    fn element_value(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let name = self.to.name.take();
        let mut value = Value::Unknown;
        each(cursor, |cursor| {
            if cursor.node().is_named() {
                self.to.name.clone_from(&name);
                value = self.expression(cursor);
            }
        });
        value
    }
}

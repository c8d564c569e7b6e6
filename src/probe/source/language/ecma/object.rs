//! Object literals and elements of pages.

use tree_sitter::TreeCursor;

use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Element, Value};
use crate::probe::source::facts::Usage;

impl Walk<'_> {
    /// `{ key: value, short, ...rest, method() {} }`.
    pub(super) fn object(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let saved = self.to.at;
        self.to.at.chained = None;
        self.to.at.awaited = false;
        self.to.at.usage = Usage::Named;
        let at = self.to.at;
        let mut pairs = Vec::new();
        each(cursor, |cursor| {
            let node = cursor.node();
            self.to.at = at;
            match self.kind(node) {
                K::Pair => {
                    let mut key: Box<str> = Box::default();
                    each(cursor, |cursor| match self.field(cursor) {
                        F::Key => {
                            let child = cursor.node();
                            key = match self.kind(child) {
                                K::ComputedName => {
                                    each(cursor, |cursor| self.value_of(cursor));
                                    // `[Op.iLike]`: a short name tells; anything else is just some key.
                                    let text = self.to.text(child);
                                    if text.len() <= 40 { text.into() } else { "[]".into() }
                                }
                                _ => self.to.text(child).trim_matches(['"', '\'']).into(),
                            };
                        }
                        F::Value => {
                            self.to.name = Some(key.clone());
                            self.to.goes_to.clone_from(&key);
                            let value = self.expression(cursor);
                            pairs.push((key.clone(), value));
                        }
                        _ => {}
                    });
                }
                K::Shorthand => {
                    let name = self.to.text(node);
                    pairs.push((name.into(), Value::Path(name.into())));
                }
                K::Spread => {
                    let value = self.last_child(cursor);
                    pairs.push(("...".into(), value));
                }
                K::Method => {
                    self.to.name = None;
                    let name = node.child_by_field_name("name").map_or("", |name| self.to.text(name));
                    let id = self.function(cursor, None);
                    pairs.push((name.into(), Value::Function(id)));
                }
                K::Comment => self.to.comment(node),
                _ => {}
            }
        });
        self.to.at = saved;
        Value::Object(pairs)
    }

    /// `<Name attribute="text" other={value} {...rest}>`, without what stands in it.
    pub(super) fn element(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let name: Box<str> = node.child_by_field_name("name").map_or("", |name| self.to.text(name)).into();
        let saved = self.to.start_anew();
        let mut attributes: Vec<(Box<str>, Value)> = Vec::new();
        each(cursor, |cursor| {
            let at = self.to.at;
            match self.kind(cursor.node()) {
                K::JsxAttribute => {
                    let (mut key, mut value): (Option<Box<str>>, _) = (None, Value::Bool(true));
                    each(cursor, |cursor| {
                        let child = cursor.node();
                        if !child.is_named() {
                        } else if let Some(key) = &key {
                            self.to.goes_to.clone_from(key);
                            value = self.jsx_value(cursor);
                        } else {
                            key = Some(self.to.text(child).into());
                        }
                    });
                    attributes.push((key.unwrap_or_default(), value));
                }
                K::JsxExpression => {
                    let value = self.jsx_value(cursor);
                    attributes.push(("...".into(), value));
                }
                _ => {}
            }
            self.to.at = at;
        });
        self.to.at = saved;
        let mut values: Vec<Value> =
            attributes.iter().map(|(_, value)| value.clone()).filter(|value| *value != Value::Bool(true)).collect();
        let (function, place) = (self.to.at.function, self.to.place(node));
        self.to.file.elements.push(Element { name, attributes, function, place });
        if values.len() == 1 { values.pop().unwrap_or_default() } else { Value::Computed(values) }
    }

    /// The value in `{…}`, or any other one.
    fn jsx_value(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        match self.kind(cursor.node()) {
            K::JsxExpression | K::Spread => {
                let mut value = Value::Unknown;
                each(cursor, |cursor| {
                    let child = cursor.node();
                    if child.is_named() && self.kind(child) != K::Comment {
                        value = self.jsx_value(cursor);
                    }
                });
                value
            }
            _ => self.expression(cursor),
        }
    }
}

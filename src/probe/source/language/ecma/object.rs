//! Object literals and elements of pages.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Element, Part, Value};
use crate::probe::source::facts::Usage;

impl Walk<'_> {
    /// What stands between the texts of a list of SQL: `["SELECT *", "FROM orders"].join(" ")`.
    pub(super) fn joined_by(&self, list: Node<'_>) -> Option<String> {
        let first = self.to.text(list.named_child(0)?).trim_start_matches(['"', '\'', '`']).trim_start();
        let word = first.split(char::is_whitespace).next()?;
        if !["select", "insert", "update", "delete", "with"].iter().any(|begins| word.eq_ignore_ascii_case(begins)) {
            return None;
        }
        let member = list.parent()?;
        let property = self.child(member, F::Property)?;
        if self.to.text(property) != "join" {
            return None;
        }
        let given = member.parent()?.child_by_field_name("arguments")?.named_child(0);
        Some(given.map_or(",", |given| self.to.text(given)).trim_matches(['"', '\'', '`']).replace("\\n", "\n"))
    }

    /// Keeps the text that such a list makes.
    pub(super) fn keep_joined(&mut self, items: &[Value], between: &str, list: Node<'_>) {
        let mut parts: Vec<Part> = Vec::new();
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                parts.push(Part::Fixed(between.into()));
            }
            match item {
                Value::Text(text) => parts.push(Part::Fixed(text.clone())),
                Value::Template(inner) => parts.extend(inner.iter().cloned()),
                other => parts.push(Part::Expression("…".into(), other.clone())),
            }
        }
        self.to.keep_string(&Value::Template(parts), list);
    }

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
                    let name = self.child(node, F::Name).map_or("", |name| self.to.text(name));
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
        let name: Box<str> = self.child(node, F::Name).map_or("", |name| self.to.text(name)).into();
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

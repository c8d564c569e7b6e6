//! Fields, local variables and resources.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::{FrontEnd, arithmetic};
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::Value;
use crate::probe::source::facts::Usage;

impl Walk<'_> {
    /// A field, which is kept under its bare name: that is how methods write it.
    pub(super) fn field_declaration(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let saved = self.to.start_anew();
        let found = self.annotations(node);
        let injected = self.injected(&found, node);
        let kind: Box<str> = node.child_by_field_name("type").map_or("", |kind| self.to.text(kind)).into();
        let class = self.to.class.clone();
        each(cursor, |cursor| {
            if self.kind(cursor.node()) != K::Declarator {
                return;
            }
            let name = cursor.node().child_by_field_name("name").map_or("", |name| self.to.text(name));
            let class = self.to.file.classes.iter_mut().rev().find(|found| Some(&found.name) == class.as_ref());
            if let Some(class) = class {
                class.fields.push((name.into(), kind.clone()));
            }
            self.declarator(cursor, &kind, injected.clone());
        });
        self.to.at = saved;
    }

    /// A local variable.
    pub(super) fn local(&mut self, cursor: &mut TreeCursor<'_>) {
        let kind: Box<str> = cursor.node().child_by_field_name("type").map_or("", |kind| self.to.text(kind)).into();
        each(cursor, |cursor| {
            if self.kind(cursor.node()) == K::Declarator {
                self.declarator(cursor, &kind, None);
            }
        });
    }

    /// `name = value`; without a value it still tells the type.
    fn declarator(&mut self, cursor: &mut TreeCursor<'_>, kind: &str, given: Option<Value>) {
        let node = cursor.node();
        let name = node.child_by_field_name("name").map_or("", |name| self.to.text(name));
        if matches!(kind, "StringBuilder" | "StringBuffer" | "StringJoiner") {
            self.text_builders.insert(name);
        }
        let mut value = given.unwrap_or_default();
        each(cursor, |cursor| {
            if self.field(cursor) == F::Value {
                value = self.named_value(cursor, name);
            }
        });
        self.to.assign(name, value, false, node);
        self.to.annotate(if kind == "var" { "" } else { kind });
    }

    /// A value that goes to `target`.
    fn named_value(&mut self, cursor: &mut TreeCursor<'_>, target: &str) -> Value {
        let saved = self.to.start_anew();
        if target.len() < 100 {
            self.to.name = Some(target.rsplit('.').next().unwrap_or(target).into());
            self.to.goes_to = target.into();
        }
        self.to.at.usage = Usage::Named;
        let value = self.expression(cursor);
        self.to.at = saved;
        value
    }

    /// `target = value`, `target += value`.
    pub(super) fn assignment(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let Some(left) = node.child_by_field_name("left") else { return Value::Unknown };
        let appends = node.child_by_field_name("operator").is_some_and(|operator| arithmetic(operator.kind()));
        let mut value = Value::Unknown;
        each(cursor, |cursor| {
            if self.field(cursor) == F::Right {
                let target = self.to.text(left);
                value = self.named_value(cursor, target);
            }
        });
        let target = self.target(left);
        self.to.assign(&target, value.clone(), appends, node);
        value
    }

    fn target(&mut self, left: Node<'_>) -> Box<str> {
        if self.kind(left) == K::Identifier {
            return self.to.text(left).into();
        }
        let saved = self.to.start_anew();
        self.to.at.tested = true;
        let value = self.expression(&mut left.walk());
        self.to.at = saved;
        self.to.callee(&value).0
    }

    /// What `try (…)` opens, it closes.
    pub(super) fn resource(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        if self.kind(node) != K::Resource {
            return;
        }
        let kind: Box<str> = node.child_by_field_name("type").map_or("", |kind| self.to.text(kind)).into();
        let name = node.child_by_field_name("name").map(|name| self.to.text(name));
        each(cursor, |cursor| {
            if self.field(cursor) == F::Value {
                let saved = self.to.start_anew();
                self.to.at.managed = true;
                let value = self.expression(cursor);
                self.to.at = saved;
                if let Some(name) = name {
                    self.to.assign(name, value, false, node);
                    self.to.annotate(if &*kind == "var" { "" } else { &kind });
                }
            } else if name.is_none() {
                self.value_of(cursor);
            }
        });
    }
}

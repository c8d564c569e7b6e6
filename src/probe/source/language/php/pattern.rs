//! Assignments and destructuring.

use tree_sitter::{Node, TreeCursor};

use super::super::builder::Builder;
use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::Value;
use crate::probe::source::facts::Usage;

impl Walk<'_> {
    /// A value that goes to `target`, whose name functions and literals in it take on.
    pub(super) fn named_value(&mut self, cursor: &mut TreeCursor<'_>, target: Node<'_>) -> Value {
        let saved = self.to.start_anew();
        let name = self.to.text(target).trim_start_matches('$');
        if name.len() < 100 && !name.starts_with(['[', '(']) {
            self.to.goes_to = name.replace("->", ".").replace("::$", ".").into();
            self.to.name = self.to.goes_to.rsplit('.').next().map(Into::into);
        }
        self.to.at.usage = Usage::Named;
        let value = self.expression(cursor);
        self.to.at = saved;
        value
    }

    /// `$a = b`, `$a .= b`, `$a ??= b`, `[$a, $b] = c`.
    pub(super) fn assignment(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let Some(left) = node.child_by_field_name("left") else { return Value::Unknown };
        let operator = match self.kind(node) {
            K::Augmented => node.child_by_field_name("operator").map_or("", |operator| operator.kind()),
            _ => "=",
        };
        let mut value = Value::Unknown;
        each(cursor, |cursor| {
            if self.field(cursor) == F::Right {
                value = self.named_value(cursor, left);
            }
        });
        self.assign_to(left, value.clone(), !matches!(operator, "=" | "??="), node);
        value
    }

    fn assign_to(&mut self, left: Node<'_>, value: Value, appends: bool, node: Node<'_>) {
        match self.kind(left) {
            K::Variable => self.to.assign(self.variable(left), value, appends, node),
            K::ListLiteral | K::Array => {
                if self.to.enter() {
                    self.destructure(left, &value, node);
                    self.to.leave();
                }
            }
            K::ByRef => {
                if let Some(inner) = left.named_child(0) {
                    self.assign_to(inner, value, appends, node);
                }
            }
            _ => {
                let saved = self.to.start_anew();
                self.to.at.tested = true;
                // What is written to is not read.
                self.to.at.inner = true;
                let target = self.expression(&mut left.walk());
                self.to.at = saved;
                // `$a[] = b` adds to `$a`.
                let (target, appends) = match target {
                    Value::Index(pair) if pair.1 == Value::Unknown => (pair.0, true),
                    target => (target, appends),
                };
                let (target, _) = self.to.callee(&target);
                self.to.assign(&target, value, appends, node);
            }
        }
    }

    /// `[$a, 'key' => $b, [$c]] = value`
    fn destructure(&mut self, pattern: Node<'_>, value: &Value, node: Node<'_>) {
        let mut walk = pattern.walk();
        let mut place = 0_usize;
        let mut key: Option<Value> = None;
        let children: Vec<Node<'_>> = pattern.children(&mut walk).collect();
        let mut children = children.into_iter().peekable();
        while let Some(child) = children.next() {
            if child.kind() == "," {
                place += 1;
            }
            if !self.is_operand(child) {
                continue;
            }
            if children.peek().is_some_and(|next| next.kind() == "=>") {
                let saved = self.to.start_anew();
                key = Some(self.expression(&mut child.walk()));
                self.to.at = saved;
                continue;
            }
            let element = match (key.take(), value) {
                (Some(Value::Text(key)), Value::Object(_)) => value.get(&key).cloned().unwrap_or_default(),
                (Some(Value::Text(key)), other) => Builder::member(other.clone(), &key),
                (Some(key), other) => Value::Index(Box::new((other.clone(), key))),
                (None, Value::Array(items)) => items.get(place).cloned().unwrap_or_default(),
                (None, other) => Value::Index(Box::new((other.clone(), Value::Number(place.to_string().into())))),
            };
            self.assign_to(child, element, false, node);
        }
    }
}

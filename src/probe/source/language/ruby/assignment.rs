//! Assignments of every form.

use tree_sitter::Node;

use super::super::builder::Builder;
use super::super::front_end::FrontEnd;
use super::{K, Walk};
use crate::probe::source::code::{Part, Value};
use crate::probe::source::facts::Usage;

impl Walk<'_, '_> {
    /// `a = b`, `a, b = c`.
    pub(super) fn assignment(&mut self, node: Node<'_>) -> Value {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return Value::Unknown;
        };
        let value = self.named_value(right, left);
        match self.kind(left) {
            K::LeftList => self.take_apart(left, &value, node),
            _ => {
                let target = self.target(left);
                self.to.assign(&target, value.clone(), false, node);
            }
        }
        value
    }

    /// `(a, b), *c = value`.
    fn take_apart(&mut self, list: Node<'_>, value: &Value, node: Node<'_>) {
        if !self.to.enter() {
            return;
        }
        let mut walk = list.walk();
        let targets: Vec<Node<'_>> = list.named_children(&mut walk).filter(|child| !child.is_extra()).collect();
        for (place, target) in targets.into_iter().enumerate() {
            let element = match value {
                Value::Array(items) => items.get(place).cloned().unwrap_or_default(),
                other => Value::Index(Box::new((other.clone(), Value::Number(place.to_string().into())))),
            };
            match self.kind(target) {
                K::DestructuredLeft => self.take_apart(target, &element, node),
                K::RestAssignment => {
                    if let Some(inner) = target.named_child(0) {
                        let name = self.target(inner);
                        self.to.assign(&name, value.clone(), false, node);
                    }
                }
                _ => {
                    let name = self.target(target);
                    self.to.assign(&name, element, false, node);
                }
            }
        }
        self.to.leave();
    }

    /// `a += b`, `a ||= b`.
    pub(super) fn operator_assignment(&mut self, node: Node<'_>) -> Value {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return Value::Unknown;
        };
        let operator = node.child_by_field_name("operator").map_or("", |operator| operator.kind());
        let before = self.to.file.env_reads.len();
        let variable = (self.kind(left) == K::Element).then(|| self.variable(left)).flatten();
        let saved = self.to.at;
        self.to.at.usage = if operator == "||=" { Usage::Alternative } else { Usage::Named };
        let value = self.named_value(right, left);
        self.to.at = saved;
        let target = self.target(left);
        let same = Value::Path(target.clone());
        match operator {
            "||=" => {
                if let Some(name) = variable {
                    self.to.env_read(&name, node);
                    self.to.env_fallback(before, &name, value.clone(), node);
                }
                let either = Value::Either(vec![same, value]);
                self.to.assign(&target, either.clone(), false, node);
                either
            }
            "&&=" => {
                let all = Value::All(vec![same, value]);
                self.to.assign(&target, all.clone(), false, node);
                all
            }
            "+=" | "<<=" => {
                self.to.assign(&target, value.clone(), true, node);
                value
            }
            _ => {
                let computed = Value::Computed(vec![same, value]);
                self.to.assign(&target, computed.clone(), false, node);
                computed
            }
        }
    }

    /// `list << item`, `sql << " AND …"`.
    pub(super) fn shovel(&mut self, node: Node<'_>) -> Value {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return Value::Unknown;
        };
        let saved = self.to.start_anew();
        let onto = self.expression(&mut left.walk());
        self.to.start_anew();
        let value = self.expression(&mut right.walk());
        self.to.at = saved;
        match onto {
            Value::Path(target) => {
                self.to.assign(&target, value.clone(), true, node);
                Value::Computed(vec![Value::Path(target), value])
            }
            Value::Text(_) | Value::Template(_) => {
                let mut parts: Vec<Part> = Vec::new();
                Builder::add_expression(&mut parts, "", onto);
                Builder::add_expression(&mut parts, self.to.text(right), value);
                Builder::string(parts)
            }
            Value::Computed(mut values) if self.kind(left) == K::Binary => {
                if let Some(Value::Path(target)) = values.first().cloned() {
                    self.to.assign(&target, value.clone(), true, node);
                }
                values.push(value);
                Value::Computed(values)
            }
            onto => Value::Computed(vec![onto, value]),
        }
    }

    /// The variable of `ENV["X"]`.
    fn variable(&mut self, element: Node<'_>) -> Option<Box<str>> {
        let object = element.child_by_field_name("object")?;
        let text = element.named_child(1).map(|index| self.to.text(index))?;
        let name = text.trim_matches(['"', '\'', ':']);
        (self.to.text(object) == "ENV").then(|| name.into())
    }

    fn named_value(&mut self, node: Node<'_>, target: Node<'_>) -> Value {
        let usage = self.to.at.usage;
        let saved = self.to.start_anew();
        let name: Box<str> = Builder::bounded(self.to.text(target)).trim_start_matches('@').chars().take(100).collect();
        self.to.goes_to.clone_from(&name);
        self.to.name = Some(name);
        self.to.at.usage = if usage == Usage::Alternative { usage } else { Usage::Named };
        let value = self.expression(&mut node.walk());
        self.to.at = saved;
        value
    }

    /// The path that is assigned to; a plain word is a name from here on.
    fn target(&mut self, left: Node<'_>) -> Box<str> {
        match self.kind(left) {
            K::Identifier => {
                let name = self.to.text(left);
                self.declare(name);
                name.into()
            }
            K::Call => {
                let saved = self.to.start_anew();
                self.to.at.inner = true;
                let of = left.child_by_field_name("receiver").map(|receiver| self.expression(&mut receiver.walk()));
                self.to.at = saved;
                let name = left.child_by_field_name("method").map_or("", |method| self.to.text(method));
                let value = Builder::member(of.unwrap_or_default(), name);
                self.to.callee(&value).0
            }
            _ => {
                let saved = self.to.start_anew();
                self.to.at.tested = true;
                self.to.at.inner = true;
                let reads = self.to.file.env_reads.len();
                let value = self.expression(&mut left.walk());
                // `ENV["X"] = …` sets it.
                self.to.file.env_reads.truncate(reads);
                self.to.at = saved;
                self.to.callee(&value).0
            }
        }
    }
}

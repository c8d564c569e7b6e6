//! Declarations, assignments, destructuring and parameters.

use tree_sitter::{Node, TreeCursor};

use super::super::builder::Builder;
use super::super::front_end::{FrontEnd, arithmetic};
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Parameter, Value};
use crate::probe::source::facts::Usage;

impl Walk<'_> {
    /// `name = value` of a declaration.
    pub(super) fn declarator(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let mut pattern = None;
        each(cursor, |cursor| match self.field(cursor) {
            F::Name => pattern = Some(cursor.node()),
            F::Value => {
                let value = self.named_value(cursor, pattern);
                if let Some(pattern) = pattern {
                    self.bind_required(pattern, &value);
                    self.destructure(pattern, value, node);
                }
                if let Some(kind) = self.child(node, F::Type) {
                    self.to.annotate(self.to.text(kind));
                }
            }
            _ => {}
        });
    }

    /// `target = value`, `target += value`.
    pub(super) fn assignment(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let operator = self.child(node, F::Operator).map_or("=", |operator| operator.kind());
        let left = self.child(node, F::Left);
        let mut value = Value::Unknown;
        each(cursor, |cursor| {
            if self.field(cursor) == F::Right {
                value = self.named_value(cursor, left);
            }
        });
        if let Some(left) = left {
            match self.kind(left) {
                K::ObjectPattern | K::ArrayPattern => self.destructure(left, value.clone(), node),
                _ => {
                    let target = self.target(left);
                    self.to.assign(&target, value.clone(), arithmetic(operator), node);
                }
            }
        }
        value
    }

    /// The name or chain of names that is assigned to.
    fn target(&mut self, left: Node<'_>) -> Box<str> {
        match self.kind(left) {
            K::Identifier => self.to.text(left).into(),
            _ => {
                let saved = self.to.start_anew();
                self.to.at.tested = true;
                let value = self.expression(&mut left.walk());
                self.to.at = saved;
                self.to.callee(&value).0
            }
        }
    }

    /// `const a = require("m")`, `const { b } = require("m")`, `const c = require("m").d`.
    fn bind_required(&mut self, pattern: Node<'_>, value: &Value) {
        let (value, taken) = match value {
            Value::Member(pair) => (&pair.0, &*pair.1),
            other => (other, "*"),
        };
        let Value::Call(id) = value else { return };
        let Some(call) = self.to.file.call(*id).filter(|call| matches!(&*call.callee, "require" | "import")) else {
            return;
        };
        let Some(module) = call.argument(0).and_then(Value::text).map(str::to_owned) else { return };
        if self.kind(pattern) != K::ObjectPattern {
            self.to.bind(self.to.text(pattern), &module, taken);
            return;
        }
        let mut names = Vec::new();
        self.parameter_names(pattern, "", &mut names, 0);
        for (local, path) in names {
            self.to.bind(&local, &module, path.rsplit('.').next().unwrap_or(&path));
        }
    }

    /// A value that goes to `target`, whose name functions and literals in it take on.
    pub(super) fn named_value(&mut self, cursor: &mut TreeCursor<'_>, target: Option<Node<'_>>) -> Value {
        let saved = self.to.start_anew();
        if let Some(target) = target {
            let name = self.to.text(target);
            if name.len() < 100 && !name.starts_with(['{', '[']) {
                self.to.name = Some(name.rsplit('.').next().unwrap_or(name).into());
                self.to.goes_to = name.into();
            }
        }
        self.to.at.usage = Usage::Named;
        let value = self.expression(cursor);
        self.to.at = saved;
        value
    }

    /// Writes an assignment for every name that `pattern` binds.
    pub(super) fn destructure(&mut self, pattern: Node<'_>, value: Value, node: Node<'_>) {
        if !self.to.enter() {
            return;
        }
        match self.kind(pattern) {
            K::ObjectPattern => {
                let mut walk = pattern.walk();
                for child in pattern.named_children(&mut walk) {
                    self.destructure_property(child, &value, node);
                }
            }
            K::ArrayPattern => {
                let mut walk = pattern.walk();
                for (place, child) in pattern.named_children(&mut walk).enumerate() {
                    let element = match &value {
                        Value::Array(items) => items.get(place).cloned().unwrap_or_default(),
                        other => Value::Index(Box::new((other.clone(), Value::Number(place.to_string().into())))),
                    };
                    self.destructure(child, element, node);
                }
            }
            K::Default => {
                if let (Some(left), Some(right)) = (self.child(pattern, F::Left), self.child(pattern, F::Right)) {
                    let value = self.with_default(value, right);
                    self.destructure(left, value, node);
                }
            }
            K::Rest => {
                if let Some(inner) = pattern.named_child(0) {
                    self.destructure(inner, value, node);
                }
            }
            _ => {
                let target = self.to.text(pattern);
                self.to.assign(target, value, false, node);
            }
        }
        self.to.leave();
    }

    fn destructure_property(&mut self, child: Node<'_>, value: &Value, node: Node<'_>) {
        match self.kind(child) {
            K::ShorthandPattern => {
                let name = self.to.text(child);
                let member = self.property(value, name, child);
                self.to.assign(name, member, false, node);
            }
            K::PairPattern => {
                if let (Some(key), Some(inner)) = (self.child(child, F::Key), self.child(child, F::Value)) {
                    let member = self.property(value, self.to.text(key), child);
                    self.destructure(inner, member, node);
                }
            }
            K::ObjectDefault => {
                if let (Some(left), Some(right)) = (self.child(child, F::Left), self.child(child, F::Right)) {
                    let name = self.to.text(left);
                    let member = self.property(value, name, child);
                    let member = self.with_default(member, right);
                    self.to.assign(name, member, false, node);
                }
            }
            K::Rest => self.destructure(child, value.clone(), node),
            _ => {}
        }
    }

    /// What stands under `name` in `value`; a read where `value` is the environment.
    fn property(&mut self, value: &Value, name: &str, node: Node<'_>) -> Value {
        if value.path().is_some_and(super::expression::is_environment) {
            return self.to.env_read(name, node);
        }
        match value {
            Value::Object(_) => value.get(name).cloned().unwrap_or_default(),
            other => Builder::member(other.clone(), name),
        }
    }

    /// `value`, or the expression at `default` where that is missing.
    fn with_default(&mut self, value: Value, default: Node<'_>) -> Value {
        let before = self.to.file.env_reads.len().saturating_sub(1);
        let saved = self.to.start_anew();
        self.to.at.usage = Usage::Alternative;
        let mut cursor = default.walk();
        let default_value = self.expression(&mut cursor);
        self.to.at = saved;
        if let Value::Env(name) = &value {
            let name = name.clone();
            self.to.env_fallback(before, &name, default_value.clone(), default);
        }
        Value::Either(vec![value, default_value])
    }

    /// The plain names that a pattern binds.
    pub(super) fn names_in(&self, pattern: Node<'_>) -> Vec<Box<str>> {
        let mut names = Vec::new();
        let mut stack = vec![pattern];
        while let Some(node) = stack.pop() {
            match self.kind(node) {
                K::Identifier | K::ShorthandPattern => names.push(self.to.text(node).into()),
                K::Default | K::ObjectDefault => stack.extend(self.child(node, F::Left)),
                K::PairPattern => stack.extend(self.child(node, F::Value)),
                _ if names.len() < 50 => {
                    let mut walk = node.walk();
                    stack.extend(node.named_children(&mut walk));
                }
                _ => {}
            }
        }
        names
    }

    /// One parameter of a function.
    pub(super) fn parameter(&mut self, node: Node<'_>) -> Parameter {
        let (mut pattern, mut default) = (node, None);
        let mut annotation: Box<str> = Box::default();
        if matches!(self.kind(node), K::RequiredParameter | K::OptionalParameter) {
            pattern = self.child(node, F::Pattern).unwrap_or(node);
            default = self.child(node, F::Value);
            annotation = self.child(node, F::Type).map_or_else(Box::default, |kind| {
                self.to.text(kind).trim_start_matches([':', ' ']).chars().take(120).collect::<String>().into()
            });
        }
        if self.kind(pattern) == K::Default {
            default = self.child(pattern, F::Right);
            pattern = self.child(pattern, F::Left).unwrap_or(pattern);
        }
        let default = default.map(|node| {
            let saved = self.to.start_anew();
            self.to.at.usage = Usage::Alternative;
            self.to.goes_to = self.to.text(pattern).chars().take(60).collect::<String>().into();
            let mut cursor = node.walk();
            let value = self.expression(&mut cursor);
            self.to.at = saved;
            value
        });
        let default = default.or_else(|| self.source_of(node));
        let mut names = Vec::new();
        self.parameter_names(pattern, "", &mut names, 0);
        Parameter { names, annotation, default }
    }

    /// What a decorator of a parameter says about where its value comes from, as a call of it: `@Body() order`.
    fn source_of(&mut self, parameter: Node<'_>) -> Option<Value> {
        let mut walk = parameter.walk();
        let decorator = parameter.named_children(&mut walk).find(|child| self.kind(*child) == K::Decorator)?;
        let inner = decorator.named_child(0)?;
        let saved = self.to.start_anew();
        let value = self.expression(&mut inner.walk());
        self.to.at = saved;
        matches!(value, Value::Call(_)).then_some(value)
    }

    fn parameter_names(&self, node: Node<'_>, path: &str, names: &mut Vec<(Box<str>, Box<str>)>, depth: usize) {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let text = self.to.text(node);
        match self.kind(node) {
            K::Identifier | K::This => names.push((text.into(), path.into())),
            K::ShorthandPattern => names.push((text.into(), below(text).into())),
            K::PairPattern => {
                let key = self.child(node, F::Key).map_or("", |key| self.to.text(key));
                if let Some(value) = self.child(node, F::Value) {
                    self.parameter_names(value, &below(key), names, depth + 1);
                }
            }
            K::ObjectDefault | K::Default => {
                if let Some(left) = self.child(node, F::Left) {
                    self.parameter_names(left, path, names, depth + 1);
                }
            }
            K::ObjectPattern | K::ArrayPattern | K::Rest if depth < 8 => {
                let mut walk = node.walk();
                for child in node.named_children(&mut walk) {
                    self.parameter_names(child, path, names, depth + 1);
                }
            }
            _ => {}
        }
    }
}

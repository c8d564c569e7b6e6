//! Declarations and assignments.

use tree_sitter::Node;

use super::super::front_end::{FrontEnd, arithmetic};
use super::{K, Walk};
use crate::probe::source::code::Value;
use crate::probe::source::facts::Usage;

impl<'s> Walk<'s> {
    /// `a, err := f()`, `a = b`, `a += b`.
    pub(super) fn assignment(&mut self, node: Node<'_>) {
        let targets = node.child_by_field_name("left").map_or_else(Vec::new, |left| self.listed(left));
        let operator = node.child_by_field_name("operator").map_or("=", |operator| operator.kind());
        let values = self.values(node.child_by_field_name("right"), &targets);
        self.give(&targets, &values, arithmetic(operator), "", node);
    }

    /// `var a, b T = 1, 2`; without a value it still tells the type.
    pub(super) fn declaration(&mut self, node: Node<'_>) {
        let mut walk = node.walk();
        let targets: Vec<Node<'_>> =
            node.children_by_field_name("name", &mut walk).filter(|name| self.kind(*name) == K::Identifier).collect();
        let annotation = node.child_by_field_name("type").map_or("", |kind| self.to.text(kind));
        let values = self.values(node.child_by_field_name("value"), &targets);
        if values.is_empty() && annotation.is_empty() {
            return;
        }
        if matches!(annotation, "strings.Builder" | "bytes.Buffer") {
            self.text_builders.extend(targets.iter().map(|name| self.to.text(*name)));
        }
        self.give(&targets, &values, false, annotation, node);
    }

    /// What stands in a list, or the one thing that is no list.
    fn listed<'t>(&self, node: Node<'t>) -> Vec<Node<'t>> {
        if self.kind(node) != K::ExpressionList {
            return vec![node];
        }
        let mut walk = node.walk();
        node.named_children(&mut walk).filter(|child| !child.is_extra()).collect()
    }

    fn values(&mut self, right: Option<Node<'_>>, targets: &[Node<'_>]) -> Vec<Value> {
        let nodes = right.map_or_else(Vec::new, |right| self.listed(right));
        let named = |(place, node): (usize, Node<'_>)| {
            let saved = self.to.start_anew();
            let target = targets.get(place).map_or("", |target| self.to.text(*target));
            if target.len() < 100 {
                self.to.name = Some(target.rsplit('.').next().unwrap_or(target).into());
                self.to.goes_to = target.into();
            }
            self.to.at.usage = Usage::Named;
            let value = self.expression(&mut node.walk());
            self.to.at = saved;
            value
        };
        nodes.into_iter().enumerate().map(named).collect()
    }

    /// Gives every target its value. Where one call gives several, the first is the call and the others are parts of it.
    fn give(&mut self, targets: &[Node<'_>], values: &[Value], appends: bool, annotation: &str, node: Node<'_>) {
        let one_by_one = values.len() == targets.len();
        for (place, target) in targets.iter().enumerate() {
            let value = match values {
                _ if one_by_one => values.get(place).cloned().unwrap_or_default(),
                [only] if place == 0 => only.clone(),
                [only] => Value::Index(Box::new((only.clone(), Value::Number(place.to_string().into())))),
                _ => Value::Unknown,
            };
            let name = self.target(*target);
            self.to.assign(&name, value, appends, node);
            self.to.annotate(annotation);
        }
    }

    /// The name or chain of names that is assigned to.
    fn target(&mut self, node: Node<'_>) -> Box<str> {
        if self.kind(node) == K::Identifier {
            return self.to.text(node).into();
        }
        let saved = self.to.start_anew();
        self.to.at.tested = true;
        let value = self.expression(&mut node.walk());
        self.to.at = saved;
        self.to.callee(&value).0
    }
}

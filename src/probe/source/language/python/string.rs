//! Strings, and the ways to put values into them.

use tree_sitter::{Node, TreeCursor};

use super::super::builder::Builder;
use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Part, Value};

impl Walk<'_> {
    /// A string literal, f-strings included.
    pub(super) fn string(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let mut parts = Vec::new();
        let mut raw = false;
        each(cursor, |cursor| {
            let child = cursor.node();
            match self.kind(child) {
                K::StringStart => raw = self.to.text(child).contains(['r', 'R']),
                K::StringContent => {
                    let text = self.to.text(child);
                    let text = if raw { text.into() } else { Builder::unescape(text) };
                    Builder::add_fixed(&mut parts, &text);
                }
                K::Interpolation => self.interpolation(cursor, &mut parts),
                _ => {}
            }
        });
        let value = Builder::string(parts);
        self.to.keep_string(&value, node);
        value
    }

    fn interpolation(&mut self, cursor: &mut TreeCursor<'_>, parts: &mut Vec<Part>) {
        each(cursor, |cursor| {
            if self.field(cursor) == F::Expression {
                let at = self.to.at;
                self.to.at.in_join = true;
                self.to.at.awaited = false;
                let value = self.expression(cursor);
                self.to.at = at;
                let text = self.to.text(cursor.node());
                Builder::add_expression(parts, text, value);
            }
        });
    }

    /// `"a" "b"`: literals side by side.
    pub(super) fn side_by_side(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let saved = self.to.at;
        self.to.at.in_join = true;
        let mut parts = Vec::new();
        each(cursor, |cursor| {
            if cursor.node().is_named() {
                let value = self.expression(cursor);
                Builder::add_expression(&mut parts, "", value);
            }
        });
        self.to.at = saved;
        let value = Builder::string(parts);
        self.to.keep_string(&value, node);
        value
    }

    /// `"… %s" % values`.
    pub(super) fn percent(&mut self, node: Node<'_>) -> Value {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return Value::Unknown;
        };
        let saved = self.to.at;
        self.to.at.in_join = true;
        self.to.at.awaited = false;
        self.to.at.chained = None;
        let at = self.to.at;
        let format = self.expression(&mut left.walk());
        self.to.at = at;
        let given = self.expression(&mut right.walk());
        self.to.at = saved;
        let Value::Text(format) = format else { return Value::Computed(vec![format, given]) };
        let values: Vec<(String, Value)> = match (given, self.kind(right)) {
            (Value::Array(items), K::Tuple) => {
                let mut walk = right.walk();
                let nodes: Vec<Node<'_>> = right.named_children(&mut walk).filter(|child| !child.is_extra()).collect();
                items.into_iter().zip(nodes).map(|(item, node)| (self.to.text(node).to_owned(), item)).collect()
            }
            (given, _) => vec![(self.to.text(right).to_owned(), given)],
        };
        self.to.formatted(&format, "%", &values, node)
    }
}

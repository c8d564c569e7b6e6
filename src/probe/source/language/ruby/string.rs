//! Strings, symbols, and the ways to put values into them.

use tree_sitter::{Node, TreeCursor};

use super::super::builder::Builder;
use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{K, Walk};
use crate::probe::source::code::{Part, Value};

impl Walk<'_, '_> {
    /// A string with double or single quotes, a `%q`, or one of a `%w` list.
    pub(super) fn string(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let parts = self.parts(cursor);
        let value = Builder::string(parts);
        self.to.keep_string(&value, node);
        value
    }

    /// The parts of whatever may hold interpolations.
    pub(super) fn parts(&mut self, cursor: &mut TreeCursor<'_>) -> Vec<Part> {
        let mut parts = Vec::new();
        each(cursor, |cursor| {
            let child = cursor.node();
            match self.kind(child) {
                K::StringContent | K::HeredocContent => {
                    Builder::add_fixed(&mut parts, Builder::bounded(self.to.text(child)));
                }
                K::Escape => Builder::add_fixed(&mut parts, &Builder::unescape(self.to.text(child))),
                K::Interpolation => self.interpolation(cursor, &mut parts),
                _ => {}
            }
        });
        parts
    }

    fn interpolation(&mut self, cursor: &mut TreeCursor<'_>, parts: &mut Vec<Part>) {
        each(cursor, |cursor| {
            let node = cursor.node();
            if node.is_named() {
                let at = self.to.at;
                self.to.at.in_join = true;
                self.to.at.chained = None;
                self.to.at.inner = false;
                let value = self.expression(cursor);
                self.to.at = at;
                Builder::add_expression(parts, self.to.text(node), value);
            }
        });
    }

    /// `<<~SQL`: its text stands elsewhere in the tree.
    pub(super) fn heredoc(&mut self, node: Node<'_>) -> Value {
        let Some(body) = self.heredocs.get(&node.id()).copied() else { return Value::Unknown };
        let mut parts = self.parts(&mut body.walk());
        if let Some(Part::Fixed(first)) = parts.first_mut()
            && let Some(rest) = first.strip_prefix('\n')
        {
            *first = rest.into();
        }
        let value = Builder::string(parts);
        self.to.keep_string(&value, node);
        value
    }

    /// `"a" "b"`: literals side by side.
    pub(super) fn side_by_side(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let saved = self.to.at;
        self.to.at.in_join = true;
        let mut parts = Vec::new();
        each(cursor, |cursor| {
            if self.kind(cursor.node()) == K::String {
                let value = self.string(cursor);
                Builder::add_expression(&mut parts, "", value);
            }
        });
        self.to.at = saved;
        let value = Builder::string(parts);
        self.to.keep_string(&value, node);
        value
    }

    /// `:name`, `:"name"`.
    pub(super) fn symbol(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        if self.kind(node) == K::DelimitedSymbol {
            return Builder::string(self.parts(cursor));
        }
        Value::Text(self.to.text(node).trim_start_matches(':').into())
    }

    /// `%w[a b]`, `%i[a b]`.
    pub(super) fn words(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let mut items = Vec::new();
        each(cursor, |cursor| {
            if matches!(self.kind(cursor.node()), K::BareString | K::BareSymbol) {
                items.push(self.string(cursor));
            }
        });
        Value::Array(items)
    }

    /// `"… %s" % values`.
    pub(super) fn percent(&mut self, node: Node<'_>) -> Value {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return Value::Unknown;
        };
        let saved = self.to.start_anew();
        self.to.at.in_join = true;
        let at = self.to.at;
        let format = self.expression(&mut left.walk());
        self.to.at = at;
        let given = self.expression(&mut right.walk());
        self.to.at = saved;
        let Value::Text(format) = format else { return Value::Computed(vec![format, given]) };
        let values = match given {
            Value::Array(items) if self.kind(right) == K::Array => {
                let mut walk = right.walk();
                let nodes: Vec<Node<'_>> = right.named_children(&mut walk).filter(|child| !child.is_extra()).collect();
                items.into_iter().zip(nodes).map(|(item, node)| (self.to.text(node).to_owned(), item)).collect()
            }
            Value::Object(pairs) => named(pairs),
            given => vec![(self.to.text(right).to_owned(), given)],
        };
        self.to.formatted(&format, "%", &values, node)
    }
}

/// Values with names as a format looks for them.
fn named(pairs: Vec<(Box<str>, Value)>) -> Vec<(String, Value)> {
    pairs.into_iter().map(|(key, value)| (format!("{key}={key}"), value)).collect()
}

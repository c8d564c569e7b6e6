//! `switch`: where every other value leaves, what it looks at is one of its cases behind it.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Block, Comparison, Value};

impl Walk<'_> {
    /// A `default` that returns or throws is a test whether the value is none of the cases.
    pub(super) fn switch(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let body = self.child(node, F::Body);
        let mut walk = node.walk();
        let cases = body.map(|body| body.named_children(&mut walk).collect::<Vec<_>>()).unwrap_or_default();
        let refuses = cases.iter().any(|case| self.kind(*case) == K::SwitchDefault && self.ends(*case));
        let labels: Option<Vec<Value>> = cases
            .iter()
            .filter(|case| self.kind(**case) == K::SwitchCase)
            .map(|case| self.label(self.child(*case, F::Value)?))
            .collect();
        let Some(labels) = labels.filter(|_| refuses) else {
            each(cursor, |cursor| self.statement(cursor));
            return;
        };
        let id = self.to.open_condition(self.child(node, F::Value).unwrap_or(node));
        let (mut subject, mut then) = (Value::Unknown, Block::default());
        each(cursor, |cursor| match self.field(cursor) {
            F::Value => {
                let saved = self.to.start_anew();
                self.to.at.tested = true;
                subject = self.expression(cursor);
                self.to.at = saved;
            }
            _ => each(cursor, |cursor| {
                if self.kind(cursor.node()) == K::SwitchDefault {
                    then = self.block(cursor, (0, 0));
                } else {
                    self.statement(cursor);
                }
            }),
        });
        let test = Value::Compared(Comparison::NotIn, Box::new((subject, Value::Array(labels))));
        self.to.close_condition(id, test, then, None);
    }

    /// Whether a case leaves the function, in itself or in a block of its own.
    fn ends(&self, case: Node<'_>) -> bool {
        let mut stack = vec![case];
        while let Some(node) = stack.pop() {
            let mut walk = node.walk();
            for child in node.named_children(&mut walk) {
                match self.kind(child) {
                    K::Return | K::Throw => return true,
                    K::Block => stack.push(child),
                    _ => {}
                }
            }
        }
        false
    }

    /// A literal that a value is compared with.
    fn label(&self, node: Node<'_>) -> Option<Value> {
        let text = self.to.text(node);
        match self.kind(node) {
            K::String => Some(Value::Text(text.trim_matches(['"', '\'']).into())),
            K::Number => Some(Value::Number(text.into())),
            _ => None,
        }
    }
}

//! Branches and loops.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Last, Walk};
use crate::probe::source::code::{LoopKind, Value};

impl Walk<'_, '_> {
    /// `if`, `unless` and `elsif`, before a block of statements or behind one.
    pub(super) fn branch(&mut self, node: Node<'_>, last: Last) {
        let Some(condition) = node.child_by_field_name("condition") else { return };
        let saved = self.to.at;
        let id = self.to.open_condition(condition);
        let mut tested = self.test_of(&mut condition.walk());
        if matches!(self.kind(node), K::Unless | K::UnlessModifier) {
            tested.condition = Value::Not(Box::new(std::mem::take(&mut tested.condition)));
        }
        let then = node.child_by_field_name("consequence").or_else(|| node.child_by_field_name("body"));
        let then = then.map(|then| self.summed(&mut then.walk(), (0, 0), last)).unwrap_or_default();
        self.settle(&tested, &then);
        let otherwise = node.child_by_field_name("alternative");
        let otherwise = otherwise.map(|otherwise| self.summed(&mut otherwise.walk(), (0, 0), last));
        let mut walk = node.walk();
        for child in node.named_children(&mut walk) {
            if self.kind(child) == K::Comment {
                self.to.comment(child);
            }
        }
        self.to.close_condition(id, tested.condition, then, otherwise);
        self.to.at = saved;
    }

    /// `case`, with `when` or `in`.
    pub(super) fn case(&mut self, cursor: &mut TreeCursor<'_>, last: Last) {
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (F::Value, _) => self.value_of(cursor),
                (_, K::When | K::InClause) => each(cursor, |cursor| {
                    let part = cursor.node();
                    match (self.field(cursor), self.kind(part)) {
                        (F::Body, _) => {
                            self.last = last;
                            self.statement(cursor);
                        }
                        (_, K::Comment) => self.to.comment(part),
                        (F::Pattern, K::Pattern) => each(cursor, |cursor| self.value_of(cursor)),
                        (F::Pattern, _) => {
                            for name in self.names_in(part) {
                                self.declare(&name);
                            }
                        }
                        (F::Guard, _) => each(cursor, |cursor| self.value_of(cursor)),
                        _ => {}
                    }
                }),
                (_, K::Else) => {
                    self.last = last;
                    self.statement(cursor);
                }
                (_, K::Comment) => self.to.comment(child),
                _ => {}
            }
            self.last = Last::Dropped;
        });
    }

    /// `while` and `until`, before a block of statements or behind one.
    pub(super) fn while_loop(&mut self, node: Node<'_>) {
        let (Some(condition), Some(body)) = (node.child_by_field_name("condition"), node.child_by_field_name("body"))
        else {
            return;
        };
        let saved = self.to.at;
        self.value_of(&mut condition.walk());
        let head = self.to.text(condition);
        let place = self.to.place(node);
        let id = self.to.open_loop(LoopKind::While, Value::Unknown, Vec::new(), head, place);
        self.to.at.in_loop = Some(id);
        self.loop_body(&mut body.walk(), id);
        self.to.at = saved;
    }

    /// `for a in b`.
    pub(super) fn for_loop(&mut self, node: Node<'_>) {
        let field = |name: &str| node.child_by_field_name(name);
        let (Some(pattern), Some(over), Some(body)) = (field("pattern"), field("value"), field("body")) else { return };
        let saved = self.to.start_anew();
        let value = self.children(&mut over.walk()).pop().unwrap_or_default();
        self.to.at = saved;
        let names = self.names_in(pattern);
        names.iter().for_each(|name| self.declare(name));
        let head = self.to.source.get(node.start_byte()..over.end_byte()).unwrap_or("");
        let place = self.to.place(node);
        let id = self.to.open_loop(LoopKind::Each, value, names, head, place);
        self.loop_body(&mut body.walk(), id);
        self.to.at = saved;
    }
}

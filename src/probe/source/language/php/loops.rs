//! Loops.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{LoopId, LoopKind, Value};

impl Walk<'_> {
    /// `foreach`, `for`, `while`, `do`, with braces, without, and with a colon.
    pub(super) fn loop_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let kind = self.kind(node);
        let saved = self.to.at;
        let switches = std::mem::take(&mut self.switches);
        let body_start = node.child_by_field_name("body").map_or(node.end_byte(), |body| body.start_byte());
        let head = if kind == K::Do { "" } else { self.to.source.get(node.start_byte()..body_start).unwrap_or("") };
        let mut over: Option<Value> = None;
        let mut names = Vec::new();
        let mut opened: Option<LoopId> = None;
        each(cursor, |cursor| {
            let child = cursor.node();
            match self.field(cursor) {
                F::Body => {
                    let id = opened.unwrap_or_else(|| {
                        let kind = match kind {
                            K::Foreach => LoopKind::Each,
                            K::For => LoopKind::Counting,
                            _ => LoopKind::While,
                        };
                        let (over, names) = (over.take().unwrap_or_default(), std::mem::take(&mut names));
                        let place = self.to.place(node);
                        self.to.open_loop(kind, over, names, head, place)
                    });
                    self.body_part(cursor, id, opened.is_some());
                    opened = Some(id);
                }
                _ if !self.is_operand(child) => {
                    if self.kind(child) == K::Comment {
                        self.to.comment(child);
                    }
                }
                _ if kind == K::Foreach && over.is_some() => names = self.names_in(child),
                _ => {
                    self.to.start_anew();
                    let value = self.expression(cursor);
                    if kind == K::Foreach {
                        over = Some(value);
                    }
                }
            }
            self.to.at = saved;
        });
        self.switches = switches;
    }

    /// One statement of a loop's body; `for (…): … endfor` has several.
    fn body_part(&mut self, cursor: &mut TreeCursor<'_>, id: LoopId, goes_on: bool) {
        let before = self.to.loop_mut(id).map_or((false, 0), |found| (found.leaves, found.assignments.0));
        self.loop_body(cursor, id);
        if let Some(found) = self.to.loop_mut(id).filter(|_| goes_on) {
            found.leaves |= before.0;
            found.assignments.0 = before.1;
        }
    }

    /// The variables that a target binds.
    pub(super) fn names_in(&self, target: Node<'_>) -> Vec<Box<str>> {
        let mut names = Vec::new();
        let mut stack = vec![target];
        while let Some(node) = stack.pop() {
            if self.kind(node) == K::Variable {
                names.push(self.variable(node).into());
            } else if names.len() < 50 {
                let mut walk = node.walk();
                stack.extend(node.named_children(&mut walk));
            }
        }
        names.reverse();
        names
    }
}

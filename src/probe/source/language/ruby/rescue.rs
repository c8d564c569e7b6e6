//! Errors: what is tried, what handles it, and what is done in any case.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::{FrontEnd, lines};
use super::super::kinds::each;
use super::{F, K, Last, Walk};
use crate::probe::source::code::{Block, Catch, Value};

impl Walk<'_, '_> {
    /// Statements with `rescue`, `else` and `ensure` behind them: of `begin`, of a method, of a block.
    pub(super) fn rescued(&mut self, cursor: &mut TreeCursor<'_>, last: Last) {
        let node = cursor.node();
        let mut walk = node.walk();
        let kinds: Vec<K> = node.named_children(&mut walk).map(|child| self.kind(child)).collect();
        if !kinds.iter().any(|kind| matches!(kind, K::Rescue | K::Ensure)) {
            return self.statements(cursor, last);
        }
        let has_handler = kinds.contains(&K::Rescue);
        let has_else = kinds.contains(&K::Else);
        let saved = self.to.at;
        let last_one = self.last_statement(node);
        let count = self.count(node);
        let place = lines(node);
        let opened = self.to.open_block();
        let mut tried: Option<Block> = None;
        self.to.at.in_try |= has_handler;
        each(cursor, |cursor| {
            let child = cursor.node();
            if !child.is_named() {
                return;
            }
            let kind = self.kind(child);
            if matches!(kind, K::Rescue | K::Else | K::Ensure) {
                self.to.at = saved;
                if tried.is_none() {
                    tried = Some(self.to.close_block(opened, count, place));
                }
            }
            match kind {
                K::Rescue => self.rescue(cursor, tried.clone().unwrap_or_default(), last),
                K::Ensure => {
                    let cleanup = self.summed(cursor, lines(child), Last::Dropped);
                    self.to.finally(tried.clone().unwrap_or_default(), cleanup);
                }
                K::Else => {
                    self.last = last;
                    self.statement(cursor);
                }
                _ => {
                    let here = Some(child.id()) == last_one && !has_else;
                    self.last = if here { last } else { Last::Dropped };
                    self.statement(cursor);
                }
            }
            self.last = Last::Dropped;
        });
        self.to.at = saved;
    }

    fn rescue(&mut self, cursor: &mut TreeCursor<'_>, tried: Block, last: Last) {
        let node = cursor.node();
        let place = self.to.place(node);
        let mut types: Vec<Box<str>> = Vec::new();
        let mut handler = None;
        let opened = self.to.open_block();
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (F::Exceptions, _) => each(cursor, |cursor| {
                    if cursor.node().is_named() {
                        let text = self.to.text(cursor.node()).trim_start_matches(['*', ':']);
                        types.push(text.chars().take(120).collect::<String>().replace("::", ".").into());
                    }
                }),
                (F::Variable, _) => {
                    for name in self.names_in(child) {
                        self.declare(&name);
                    }
                }
                (F::Body, _) => handler = Some(self.summed(cursor, lines(node), last)),
                (_, K::Comment) => self.to.comment(child),
                _ => {}
            }
        });
        let handler = handler.unwrap_or_else(|| self.to.close_block(opened, 0, lines(node)));
        let (function, in_loop) = (self.to.at.function, self.to.at.in_loop);
        self.to.file.catches.push(Catch { place, function, types, tried, handler, in_loop });
    }

    /// `a rescue b`.
    pub(super) fn rescue_modifier(&mut self, node: Node<'_>) -> Value {
        let (Some(body), Some(handler)) = (node.child_by_field_name("body"), node.child_by_field_name("handler"))
        else {
            return Value::Unknown;
        };
        let place = self.to.place(node);
        let saved = self.to.at;
        let opened = self.to.open_block();
        self.to.at.in_try = true;
        let value = self.expression(&mut body.walk());
        let tried = self.to.close_block(opened, 1, (0, 0));
        self.to.at = saved;
        let opened = self.to.open_block();
        let instead = self.expression(&mut handler.walk());
        self.to.at = saved;
        let mut handler = self.to.close_block(opened, 1, (0, 0));
        handler.returns = vec![instead.clone()];
        let (function, in_loop) = (self.to.at.function, self.to.at.in_loop);
        self.to.file.catches.push(Catch { place, function, types: Vec::new(), tried, handler, in_loop });
        Value::Either(vec![value, instead])
    }
}

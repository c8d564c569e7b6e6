//! Expressions that are one of several.

use tree_sitter::TreeCursor;

use super::super::environment::asks_for_environment;
use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::Value;
use crate::probe::source::facts::Usage;

impl Walk<'_> {
    /// `a ? b : c`, `a ?: c`.
    pub(super) fn conditional(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let short = node.child_by_field_name("body").is_none();
        let (name, goes_to) = (self.to.name.take(), self.to.goes_to.clone());
        let saved = self.to.at;
        let before = self.to.file.env_reads.len();
        let mut dev = false;
        let mut values = Vec::new();
        each(cursor, |cursor| {
            self.to.goes_to.clone_from(&goes_to);
            match self.field(cursor) {
                F::Condition => {
                    dev = asks_for_environment(self.to.text(cursor.node()));
                    if !short {
                        self.to.start_anew();
                    }
                    self.to.at.tested = true;
                    let value = self.expression(cursor);
                    if short {
                        values.push(value);
                    }
                }
                F::Body | F::Alternative => {
                    self.to.at.dev_only |= dev;
                    self.to.at.usage = Usage::Alternative;
                    self.to.name.clone_from(&name);
                    values.push(self.expression(cursor));
                }
                _ => {}
            }
            self.to.at = saved;
        });
        if let ([Value::Env(name), default], true) = (values.as_slice(), short) {
            let (name, default) = (name.clone(), default.clone());
            self.to.env_fallback(before, &name, default, node);
        }
        Value::Either(values)
    }

    /// `match (a) { b => c, default => d }` is one of its results.
    pub(super) fn match_expression(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let mut values = Vec::new();
        self.match_part(cursor, &mut values);
        Value::Either(values)
    }

    fn match_part(&mut self, cursor: &mut TreeCursor<'_>, values: &mut Vec<Value>) {
        let saved = self.to.at;
        each(cursor, |cursor| {
            let node = cursor.node();
            match self.field(cursor) {
                F::Condition | F::ConditionalExpressions => {
                    self.to.start_anew();
                    self.to.at.tested = true;
                    self.to.at.usage = Usage::Compared;
                    self.expression(cursor);
                }
                F::ReturnExpression => {
                    self.to.at.usage = Usage::Alternative;
                    values.push(self.expression(cursor));
                }
                _ if self.kind(node) == K::Comment => self.to.comment(node),
                _ if node.is_named() && self.to.enter() => {
                    self.match_part(cursor, values);
                    self.to.leave();
                }
                _ => {}
            }
            self.to.at = saved;
        });
    }
}

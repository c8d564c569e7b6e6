//! Strings, and the ways to put values into them.

use tree_sitter::{Node, TreeCursor};

use super::super::builder::Builder;
use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{K, Walk};
use crate::probe::source::code::{Argument, Part, Value};

impl Walk<'_> {
    /// `'…'`, where only quotes and backslashes are escaped.
    pub(super) fn single_quoted(&self, node: Node<'_>) -> Box<str> {
        let raw = self.to.text(node).trim_start_matches(['b', 'B']);
        let raw = raw.get(1..raw.len().max(2) - 1).unwrap_or("");
        if raw.contains("\\'") || raw.contains("\\\\") {
            return Builder::bounded(&raw.replace("\\'", "'").replace("\\\\", "\\")).into();
        }
        Builder::bounded(raw).into()
    }

    /// `"… $a {$b->c}"` and `<<<SQL … SQL`.
    pub(super) fn interpolated(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let saved = self.to.at;
        let mut parts = Vec::new();
        self.string_parts(cursor, &mut parts);
        self.to.at = saved;
        let value = Builder::string(parts);
        self.to.keep_string(&value, node);
        value
    }

    fn string_parts(&mut self, cursor: &mut TreeCursor<'_>, parts: &mut Vec<Part>) {
        let saved = self.to.at;
        each(cursor, |cursor| {
            let child = cursor.node();
            match self.kind(child) {
                K::StringContent => Builder::add_fixed(parts, Builder::bounded(self.to.text(child))),
                K::Escape => Builder::add_fixed(parts, &Builder::unescape(self.to.text(child))),
                K::HeredocBody => self.string_parts(cursor, parts),
                _ if !child.is_named() || matches!(child.kind(), "heredoc_start" | "heredoc_end") => {}
                _ => {
                    self.to.at.in_join = true;
                    self.to.at.chained = None;
                    let value = self.expression(cursor);
                    self.to.at = saved;
                    Builder::add_expression(parts, self.to.text(child), value);
                }
            }
        });
    }

    /// `<<<'SQL' … SQL`
    pub(super) fn nowdoc(&mut self, node: Node<'_>) -> Value {
        let body = node.child_by_field_name("value").map_or("", |body| self.to.text(body));
        let value = Value::Text(Builder::bounded(body.trim_start_matches(['\n', '\r'])).into());
        self.to.keep_string(&value, node);
        value
    }

    /// `` `command $a` `` does what `shell_exec` does.
    pub(super) fn shell_command(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let id = self.to.open_call(cursor.node());
        let saved = self.to.start_anew();
        self.to.at.argument_of = Some(id);
        let mut parts = Vec::new();
        self.string_parts(cursor, &mut parts);
        self.to.at = saved;
        if let Some(call) = self.to.call(id) {
            call.callee = "shell_exec".into();
            call.arguments = vec![Argument { value: Builder::string(parts), ..Argument::default() }];
        }
        Value::Call(id)
    }
}

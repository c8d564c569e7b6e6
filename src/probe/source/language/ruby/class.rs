//! Classes and modules.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Last, Walk};
use crate::probe::source::code::{Class, Value};

impl Walk<'_, '_> {
    /// `class A < B`, `module A`, `class << self`.
    pub(super) fn class(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let saved = self.to.start_anew();
        let hidden = std::mem::take(&mut self.hidden);
        let outer = self.to.class.clone();
        if self.kind(node) != K::SingletonClass {
            let name = self.class_name(node, outer.as_deref());
            let place = self.to.place(node);
            self.to.class = Some(name.clone());
            self.to.file.classes.push(Class { name, place, ..Class::default() });
        }
        let id = self.to.file.classes.len().saturating_sub(1);
        self.open_scope();
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (F::Superclass, _) => {
                    let base = self.base(cursor);
                    if let Some(class) = self.to.file.classes.get_mut(id) {
                        class.bases.extend(base);
                    }
                }
                (F::Body, _) => {
                    self.last = Last::Dropped;
                    self.statement(cursor);
                }
                (_, K::Comment) => self.to.comment(child),
                _ => {}
            }
        });
        self.close_scope();
        self.to.class = outer;
        self.hidden = hidden;
        self.to.at = saved;
    }

    /// The whole name, with those of the modules around.
    fn class_name(&self, node: Node<'_>, outer: Option<&str>) -> Box<str> {
        let name = node.child_by_field_name("name").map_or("class", |name| self.to.text(name));
        let own = name.trim_start_matches("::").replace("::", ".");
        match outer {
            // A name that grows with every level of thousands tells nobody anything.
            Some(outer) if !name.starts_with("::") && outer.len() < 500 => format!("{outer}.{own}").into(),
            _ => own.into(),
        }
    }

    fn base(&mut self, cursor: &mut TreeCursor<'_>) -> Option<Box<str>> {
        let mut base = None;
        each(cursor, |cursor| {
            if cursor.node().is_named() {
                let saved = self.to.start_anew();
                let value = self.expression(cursor);
                self.to.at = saved;
                base = match &value {
                    // `ActiveRecord::Migration[7.0]`.
                    Value::Index(pair) => Some(self.to.callee(&pair.0).0),
                    value => Some(self.to.callee(value).0),
                };
            }
        });
        base
    }
}

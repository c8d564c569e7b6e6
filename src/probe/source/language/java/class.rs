//! Classes, records, interfaces and enums.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::Class;

impl Walk<'_> {
    /// A declaration with all that stands in it.
    pub(super) fn class(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let name: Box<str> = node.child_by_field_name("name").map_or("class", |name| self.to.text(name)).into();
        let saved = self.to.start_anew();
        let decorators = self.annotations(node);
        let mut bases = Vec::new();
        let mut walk = node.walk();
        for child in node.named_children(&mut walk) {
            if matches!(self.kind(child), K::Superclass | K::Interfaces | K::Extends) {
                self.bases(child, &mut bases);
            }
        }
        // The parts of a record are its fields.
        let parts = node.child_by_field_name("parameters").map_or_else(Vec::new, |list| self.parameters(list));
        let fields = parts.into_iter().filter_map(|part| {
            let (name, _) = part.names.into_iter().next()?;
            Some((name, part.annotation))
        });
        let fields = fields.collect();
        let place = self.to.place(node);
        self.to.file.classes.push(Class { name: name.clone(), bases, decorators, fields, place, ..Class::default() });
        self.class_body(cursor, &name);
        self.to.at = saved;
    }

    /// What stands in the body of the class `name`.
    pub(super) fn class_body(&mut self, cursor: &mut TreeCursor<'_>, name: &str) {
        let outer = self.to.class.replace(name.into());
        each(cursor, |cursor| {
            if self.field(cursor) == F::Body || self.kind(cursor.node()) == K::ClassBody {
                each(cursor, |cursor| self.statement(cursor));
            }
        });
        self.to.class = outer;
    }

    fn bases(&self, node: Node<'_>, bases: &mut Vec<Box<str>>) {
        let mut walk = node.walk();
        for child in node.named_children(&mut walk) {
            match self.kind(child) {
                K::TypeList => self.bases(child, bases),
                _ => bases.push(plain_type(self.to.text(child)).into()),
            }
        }
    }

    /// `NAME(arguments)` of an enum: a call of its constructor.
    pub(super) fn enum_constant(&mut self, cursor: &mut TreeCursor<'_>) {
        each(cursor, |cursor| match (self.field(cursor), self.kind(cursor.node())) {
            (F::Arguments, _) => {
                let saved = self.to.start_anew();
                self.children(cursor);
                self.to.at = saved;
            }
            (F::Body, _) => each(cursor, |cursor| self.statement(cursor)),
            _ => {}
        });
    }
}

/// A type without its arguments and annotations: `Repository` of `Repository<User>`.
pub(super) fn plain_type(text: &str) -> &str {
    let text = text.split('<').next().unwrap_or(text);
    text.rsplit(char::is_whitespace).next().unwrap_or(text)
}

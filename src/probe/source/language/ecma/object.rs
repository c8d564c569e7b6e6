//! Object literals.

use tree_sitter::TreeCursor;

use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::Value;
use crate::probe::source::facts::Usage;

impl Walk<'_> {
    /// `{ key: value, short, ...rest, method() {} }`.
    pub(super) fn object(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let saved = self.to.at;
        self.to.at.chained = None;
        self.to.at.awaited = false;
        self.to.at.usage = Usage::Named;
        let at = self.to.at;
        let mut pairs = Vec::new();
        each(cursor, |cursor| {
            let node = cursor.node();
            self.to.at = at;
            match self.kind(node) {
                K::Pair => {
                    let mut key: Box<str> = Box::default();
                    each(cursor, |cursor| match self.field(cursor) {
                        F::Key => {
                            let child = cursor.node();
                            key = match self.kind(child) {
                                K::ComputedName => {
                                    each(cursor, |cursor| self.value_of(cursor));
                                    "[]".into()
                                }
                                _ => self.to.text(child).trim_matches(['"', '\'']).into(),
                            };
                        }
                        F::Value => {
                            self.to.name = Some(key.clone());
                            self.to.goes_to.clone_from(&key);
                            let value = self.expression(cursor);
                            pairs.push((key.clone(), value));
                        }
                        _ => {}
                    });
                }
                K::Shorthand => {
                    let name = self.to.text(node);
                    pairs.push((name.into(), Value::Path(name.into())));
                }
                K::Spread => {
                    let value = self.last_child(cursor);
                    pairs.push(("...".into(), value));
                }
                K::Method => {
                    self.to.name = None;
                    let name = node.child_by_field_name("name").map_or("", |name| self.to.text(name));
                    let id = self.function(cursor, None);
                    pairs.push((name.into(), Value::Function(id)));
                }
                K::Comment => self.to.comment(node),
                _ => {}
            }
        });
        self.to.at = saved;
        Value::Object(pairs)
    }
}

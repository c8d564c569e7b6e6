//! Lists and maps, which PHP writes alike.

use tree_sitter::TreeCursor;

use super::super::front_end::FrontEnd;
use super::super::kinds::each;
use super::{K, Walk};
use crate::probe::source::code::Value;
use crate::probe::source::facts::Usage;

impl Walk<'_> {
    /// `['a' => 1, 'b' => 2]` is an object, `[1, 2]` a list; a spread stands under the key `...`.
    pub(super) fn array(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let saved = self.to.at;
        self.to.at.chained = None;
        self.to.at.returned = false;
        let goes_to = self.to.goes_to.clone();
        let at = self.to.at;
        let mut pairs: Vec<(Option<Box<str>>, Value)> = Vec::new();
        each(cursor, |cursor| {
            let node = cursor.node();
            self.to.at = at;
            self.to.goes_to.clone_from(&goes_to);
            match self.kind(node) {
                K::Element => self.element_of_array(cursor, &mut pairs),
                K::Comment => self.to.comment(node),
                _ if node.is_named() => {
                    let value = self.expression(cursor);
                    pairs.push((None, value));
                }
                _ => {}
            }
        });
        self.to.at = saved;
        if pairs.iter().any(|(key, _)| key.as_ref().is_some_and(|key| &**key != "...")) {
            let number = |place: usize| place.to_string().into();
            let pairs = (0..).zip(pairs).map(|(place, (key, value))| (key.unwrap_or_else(|| number(place)), value));
            return Value::Object(pairs.collect());
        }
        Value::Array(pairs.into_iter().map(|(_, value)| value).collect())
    }

    fn element_of_array(&mut self, cursor: &mut TreeCursor<'_>, pairs: &mut Vec<(Option<Box<str>>, Value)>) {
        let node = cursor.node();
        let mut walk = node.walk();
        let keyed = node.children(&mut walk).any(|child| child.kind() == "=>");
        let mut key: Option<Box<str>> = None;
        let at = self.to.at;
        each(cursor, |cursor| {
            let child = cursor.node();
            if !self.is_operand(child) {
                return;
            }
            if keyed && key.is_none() {
                let found = self.expression(cursor);
                key = Some(match found {
                    Value::Text(text) | Value::Path(text) | Value::Number(text) => text,
                    _ => "[]".into(),
                });
            } else {
                self.to.at.usage = if keyed { Usage::Named } else { Usage::Listed };
                if let Some(key) = &key {
                    self.to.goes_to.clone_from(key);
                }
                let spreads = self.kind(child) == K::Unpacking;
                let value = self.expression(cursor);
                pairs.push((if spreads { Some("...".into()) } else { key.take() }, value));
            }
            self.to.at = at;
        });
    }
}

//! Functions and classes.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::{FrontEnd, lines};
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Block, Class, Function, FunctionId, LoopId, Member};

impl Walk<'_> {
    /// A function of any form. `in_loop` is the loop in which its body runs, if it is called where it stands.
    pub(super) fn function(&mut self, cursor: &mut TreeCursor<'_>, in_loop: Option<LoopId>) -> FunctionId {
        let node = cursor.node();
        let given_name = self.to.name.take();
        let own_name = self.child(node, F::Name).map(|name| self.to.text(name).into());
        let decorators = std::mem::take(&mut self.decorators);
        let id = self.to.open_function(
            node,
            Function { name: own_name.or(given_name), in_loop, decorators, ..Function::default() },
        );
        let saved = self.to.start_anew();
        let mut is_async = false;
        let mut parameters = Vec::new();
        let mut body = Block::default();
        let outer = self.to.class.take();
        self.to.at.function = id;
        self.to.at.in_loop = in_loop;
        self.to.at.in_try = false;
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (_, K::AsyncKeyword) => is_async = true,
                (F::Parameter, _) => parameters.push(self.parameter(child)),
                (F::Parameters, _) => {
                    let mut walk = child.walk();
                    for inner in child.named_children(&mut walk).filter(|inner| !inner.is_extra()) {
                        parameters.push(self.parameter(inner));
                    }
                }
                (F::Body, kind) => {
                    // Handlers read their parameters while the body is still open.
                    if let Some(function) = self.to.function(id) {
                        function.parameters = std::mem::take(&mut parameters);
                        function.is_async = is_async;
                    }
                    if kind == K::Block {
                        let server_action = self.directives_of(child).iter().any(|found| &**found == "use server");
                        if let Some(function) = self.to.function(id) {
                            function.server_action = server_action;
                        }
                        body = self.block(cursor, lines(child));
                    } else {
                        let block = self.to.open_block();
                        let value = self.returned(cursor);
                        self.to.returns(value);
                        body = self.to.close_block(block, 1, lines(child));
                    }
                }
                _ => {}
            }
        });
        self.to.class = outer;
        self.to.at = saved;
        self.to.close_function(id, body);
        id
    }

    /// A class with its methods and fields.
    pub(super) fn class(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let given_name = self.to.name.take();
        let name = self.child(node, F::Name).map(|name| self.to.text(name).into()).or(given_name);
        let name: Box<str> = name.unwrap_or_else(|| "class".into());
        let outer = self.to.class.replace(name.clone());
        let saved = self.to.start_anew();
        let mut walk = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut walk).collect();
        for child in children {
            if self.kind(child) == K::Decorator {
                self.decorator(child);
            }
        }
        let decorators = std::mem::take(&mut self.decorators);
        let place = self.to.place(node);
        let id = self.to.file.classes.len();
        self.to.file.classes.push(Class { name, decorators, place, ..Class::default() });
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (_, K::Decorator) => {}
                // The word `class` has the kind of a class.
                _ if !child.is_named() => {}
                (_, K::Heritage) => {
                    let bases = bases(self.to.text(child));
                    if let Some(class) = self.to.file.classes.get_mut(id) {
                        class.bases = bases;
                    }
                    self.statement(cursor);
                }
                (F::Body, _) => each(cursor, |cursor| self.class_member(cursor, id)),
                (F::Name, _) => {}
                _ => self.statement(cursor),
            }
        });
        self.decorators.clear();
        self.to.class = outer;
        self.to.at = saved;
    }

    fn class_member(&mut self, cursor: &mut TreeCursor<'_>, class: usize) {
        let node = cursor.node();
        match self.kind(node) {
            K::Decorator => self.decorator(node),
            K::Method => {
                self.function(cursor, None);
            }
            K::Field | K::PublicField => {
                let name = self.child(node, F::Name).or_else(|| self.child(node, F::Property));
                each(cursor, |cursor| match (self.field(cursor), self.kind(cursor.node())) {
                    (F::Value, _) => {
                        let value = self.named_value(cursor, name);
                        if let Some(name) = name {
                            let target = format!("this.{}", self.to.text(name));
                            self.to.assign(&target, value, false, node);
                        }
                    }
                    (_, K::Decorator) => self.decorator(cursor.node()),
                    _ => {}
                });
                let decorators = std::mem::take(&mut self.decorators);
                if let (Some(name), false) = (name, decorators.is_empty())
                    && let name = self.to.text(name)
                    && let Some(class) = self.to.file.classes.get_mut(class)
                {
                    class.members.push(Member { name: name.into(), decorators });
                }
                if let (Some(name), Some(kind)) = (name, self.child(node, F::Type))
                    && let (name, kind) = (self.to.text(name), self.to.text(kind))
                    && let Some(class) = self.to.file.classes.get_mut(class)
                {
                    class.fields.push((name.into(), kind.trim_start_matches([':', ' ']).into()));
                }
            }
            K::Comment => self.to.comment(node),
            _ => self.statement(cursor),
        }
    }

    pub(super) fn decorator(&mut self, node: Node<'_>) {
        if let Some(inner) = node.named_child(0) {
            let saved = self.to.start_anew();
            // A function among its arguments must not take those that stand before it.
            let before = std::mem::take(&mut self.decorators);
            let mut cursor = inner.walk();
            let value = self.expression(&mut cursor);
            self.decorators = before;
            self.to.at = saved;
            let decorator = self.to.decorator(&value);
            self.decorators.push(decorator);
        }
    }
}

/// `extends A<B> implements C, D` names `A`, `C` and `D`.
fn bases(heritage: &str) -> Vec<Box<str>> {
    let mut depth = 0_u32;
    let flat: String = heritage
        .chars()
        .filter(|c| match c {
            '<' => {
                depth += 1;
                false
            }
            '>' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect();
    let words = flat.split([',', ' ', '\n']).filter(|word| !matches!(*word, "" | "extends" | "implements"));
    words.take(20).map(Into::into).collect()
}

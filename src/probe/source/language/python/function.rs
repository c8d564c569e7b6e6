//! Functions, classes and parameters.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::{FrontEnd, lines};
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Block, Class, Decorator, Function, FunctionId, Parameter, Value};
use crate::probe::source::facts::Usage;

impl Walk<'_> {
    /// A function definition.
    pub(super) fn function(&mut self, cursor: &mut TreeCursor<'_>) -> FunctionId {
        let node = cursor.node();
        let name = node.child_by_field_name("name").map(|name| self.to.text(name).into());
        let decorators = std::mem::take(&mut self.decorators);
        let id = self.to.open_function(node, Function { name, exported: true, decorators, ..Function::default() });
        let saved = self.to.start_anew();
        let outer = self.to.class.take();
        let mut body = Block::default();
        let mut is_async = false;
        let mut parameters = Vec::new();
        self.to.at.function = id;
        self.to.at.in_loop = None;
        self.to.at.in_try = false;
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (_, K::AsyncKeyword) => is_async = true,
                (F::Parameters, _) => parameters = self.parameters(child),
                (F::Body, _) => {
                    if let Some(function) = self.to.function(id) {
                        function.parameters = std::mem::take(&mut parameters);
                        function.is_async = is_async;
                    }
                    body = self.block(cursor, lines(child));
                }
                _ => {}
            }
        });
        self.to.class = outer;
        self.to.at = saved;
        self.to.close_function(id, body);
        id
    }

    /// A lambda.
    pub(super) fn lambda(&mut self, cursor: &mut TreeCursor<'_>) -> FunctionId {
        let node = cursor.node();
        let id = self.to.open_function(node, Function::default());
        let saved = self.to.start_anew();
        let mut body = Block::default();
        self.to.at.function = id;
        self.to.at.in_loop = None;
        self.to.at.in_try = false;
        each(cursor, |cursor| {
            let child = cursor.node();
            match self.field(cursor) {
                F::Parameters => {
                    let parameters = self.parameters(child);
                    if let Some(function) = self.to.function(id) {
                        function.parameters = parameters;
                    }
                }
                F::Body => {
                    let block = self.to.open_block();
                    self.to.at.returned = true;
                    let value = self.expression(cursor);
                    self.to.returns(value);
                    body = self.to.close_block(block, 1, lines(child));
                }
                _ => {}
            }
        });
        self.to.at = saved;
        self.to.close_function(id, body);
        id
    }

    /// A function or class with decorators.
    pub(super) fn decorated(&mut self, cursor: &mut TreeCursor<'_>) {
        self.decorators.clear();
        let mut found: Vec<Decorator> = Vec::new();
        each(cursor, |cursor| {
            let child = cursor.node();
            match self.kind(child) {
                K::Decorator => each(cursor, |cursor| {
                    if cursor.node().is_named() && self.kind(cursor.node()) == K::Comment {
                        self.to.comment(cursor.node());
                    } else if cursor.node().is_named() {
                        let saved = self.to.start_anew();
                        let value = self.expression(cursor);
                        self.to.at = saved;
                        found.push(self.to.decorator(&value));
                    }
                }),
                _ => {
                    self.decorators.clone_from(&found);
                    self.statement(cursor);
                }
            }
        });
        self.decorators.clear();
    }

    /// A class with its methods.
    pub(super) fn class(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let name: Box<str> = node.child_by_field_name("name").map_or("class", |name| self.to.text(name)).into();
        let decorators = std::mem::take(&mut self.decorators);
        let bases = node.child_by_field_name("superclasses").map_or_else(Vec::new, |bases| {
            let mut walk = bases.walk();
            let names = bases.named_children(&mut walk).map(|base| self.to.text(base));
            names.filter(|base| !base.contains('=')).map(|base| base.split('[').next().unwrap_or(base).into()).collect()
        });
        let place = self.to.place(node);
        self.to.file.classes.push(Class { name: name.clone(), bases, decorators, place, ..Class::default() });
        let outer = self.to.class.take();
        each(cursor, |cursor| match self.field(cursor) {
            F::Superclasses => self.value_of(cursor),
            F::Body => each(cursor, |cursor| {
                self.to.class = Some(name.clone());
                self.statement(cursor);
            }),
            _ => {}
        });
        self.to.class = outer;
    }

    fn parameters(&mut self, node: Node<'_>) -> Vec<Parameter> {
        let mut walk = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut walk).filter(|child| !child.is_extra()).collect();
        children.into_iter().map(|child| self.parameter(child)).collect()
    }

    fn parameter(&mut self, node: Node<'_>) -> Parameter {
        let named = node.child_by_field_name("name");
        let name = match self.kind(node) {
            K::TypedParameter => node.named_child(0),
            _ => named,
        };
        let name = name.map_or_else(|| self.to.text(node), |name| self.to.text(name)).trim_start_matches('*');
        let annotation = node.child_by_field_name("type").map_or("", |kind| self.to.text(kind));
        let default = node.child_by_field_name("value").map(|node| {
            let saved = self.to.start_anew();
            self.to.at.usage = Usage::Alternative;
            self.to.goes_to = name.into();
            let value: Value = self.expression(&mut node.walk());
            self.to.at = saved;
            value
        });
        Parameter {
            names: vec![(name.into(), Box::default())],
            annotation: annotation.chars().take(120).collect::<String>().into(),
            default,
        }
    }

    /// The plain names that a target binds.
    pub(super) fn names_in(&self, target: Node<'_>) -> Vec<Box<str>> {
        let mut names = Vec::new();
        let mut stack = vec![target];
        while let Some(node) = stack.pop() {
            if self.kind(node) == K::Identifier {
                names.push(self.to.text(node).into());
            } else if names.len() < 50 {
                let mut walk = node.walk();
                stack.extend(node.named_children(&mut walk));
            }
        }
        names
    }
}

//! Methods, blocks, lambdas and parameters.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::{FrontEnd, lines};
use super::super::kinds::each;
use super::{F, K, Last, Walk};
use crate::probe::source::code::{Block, Function, FunctionId, LoopId, Parameter, Value};
use crate::probe::source::facts::Usage;

/// More names than this are no parameter list.
const MAX_NAMES: usize = 50;

impl Walk<'_, '_> {
    /// `def name`, `def self.name`; its value is its name.
    pub(super) fn method(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let name = node.child_by_field_name("name").map_or("", |name| self.to.text(name));
        let exported = !self.hidden || self.kind(node) == K::SingletonMethod;
        let id = self.to.open_function(node, Function { name: Some(name.into()), exported, ..Function::default() });
        let saved = self.to.start_anew();
        self.to.at.function = id;
        self.to.at.in_loop = None;
        self.to.at.in_try = false;
        let hidden = std::mem::take(&mut self.hidden);
        self.open_scope();
        let body = self.body(cursor, id);
        self.close_scope();
        self.hidden = hidden;
        self.to.at = saved;
        self.to.close_function(id, body);
        Value::Text(name.into())
    }

    /// `-> (x) { … }`.
    pub(super) fn lambda(&mut self, cursor: &mut TreeCursor<'_>) -> FunctionId {
        let name = self.to.name.take();
        let node = cursor.node();
        let id = self.to.open_function(node, Function { name, ..Function::default() });
        let saved = self.to.start_anew();
        self.to.at.function = id;
        self.to.at.in_loop = None;
        self.to.at.in_try = false;
        self.open_inner_scope(false);
        let mut body = Block::default();
        each(cursor, |cursor| match self.field(cursor) {
            F::Parameters => self.set_parameters(id, cursor.node()),
            F::Body => body = self.body(cursor, id),
            _ => {}
        });
        self.close_scope();
        self.to.at = saved;
        self.to.close_function(id, body);
        id
    }

    /// A block. Where it runs `at_once`, what it raises and returns leaves the function around it.
    pub(super) fn block_function(
        &mut self,
        cursor: &mut TreeCursor<'_>,
        name: Option<Box<str>>,
        in_loop: Option<LoopId>,
        at_once: bool,
    ) -> FunctionId {
        let node = cursor.node();
        let id = self.to.open_function(node, Function { name, in_loop, ..Function::default() });
        let in_try = self.to.at.in_try;
        let saved = self.to.start_anew();
        self.to.at.function = id;
        self.to.at.in_loop = in_loop;
        self.to.at.in_try = in_try && at_once;
        self.open_inner_scope(at_once);
        let body = self.body(cursor, id);
        let leaves = self.close_scope();
        let throws = body.throws;
        self.to.at = saved;
        self.to.close_function(id, body);
        if at_once && throws {
            self.to.throws();
        }
        if at_once && leaves {
            self.to.leaves();
        }
        id
    }

    /// Parameters and body of a method or block.
    fn body(&mut self, cursor: &mut TreeCursor<'_>, id: FunctionId) -> Block {
        let node = cursor.node();
        // `{ … }` of a lambda is a block node whose fields are one level below.
        let mut body = Block::default();
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (F::Parameters, _) => self.set_parameters(id, child),
                (F::Body, _) => body = self.summed(cursor, lines(node), Last::Returned),
                (_, K::Comment) => self.to.comment(child),
                _ => {}
            }
        });
        body
    }

    fn set_parameters(&mut self, id: FunctionId, node: Node<'_>) {
        let mut walk = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut walk).filter(|child| !child.is_extra()).collect();
        let parameters: Vec<Parameter> = children.into_iter().map(|child| self.parameter(child)).collect();
        if let Some(function) = self.to.function(id) {
            function.parameters = parameters;
        }
    }

    fn parameter(&mut self, node: Node<'_>) -> Parameter {
        if self.kind(node) == K::DestructuredParameter {
            let names = self.names_in(node);
            names.iter().for_each(|name| self.declare(name));
            return Parameter {
                names: names.into_iter().map(|name| (name, "[]".into())).collect(),
                ..Parameter::default()
            };
        }
        let name = node.child_by_field_name("name").map_or_else(|| self.to.text(node), |name| self.to.text(name));
        let name = name.trim_start_matches(['*', '&']);
        self.declare(name);
        let default = node.child_by_field_name("value").map(|node| {
            let saved = self.to.start_anew();
            self.to.at.usage = Usage::Alternative;
            self.to.goes_to = name.into();
            let value = self.expression(&mut node.walk());
            self.to.at = saved;
            value
        });
        Parameter { names: vec![(name.into(), Box::default())], default, ..Parameter::default() }
    }

    /// The names that a block gives to what it gets.
    pub(super) fn block_names(&self, block: Node<'_>) -> Vec<Box<str>> {
        match block.child_by_field_name("parameters") {
            Some(parameters) => self.names_in(parameters),
            None => vec!["it".into(), "_1".into()],
        }
    }

    /// The plain names that a pattern binds.
    pub(super) fn names_in(&self, target: Node<'_>) -> Vec<Box<str>> {
        let mut names = Vec::new();
        let mut stack = vec![target];
        while let Some(node) = stack.pop() {
            match self.kind(node) {
                K::Identifier => names.push(self.to.text(node).into()),
                K::OptionalParameter | K::KeywordParameter => stack.extend(node.child_by_field_name("name")),
                K::Call | K::Element => {}
                _ if names.len() < MAX_NAMES && stack.len() < MAX_NAMES * MAX_NAMES => {
                    let mut walk = node.walk();
                    let at = stack.len();
                    stack.extend(node.named_children(&mut walk));
                    if let Some(added) = stack.get_mut(at..) {
                        added.reverse();
                    }
                }
                _ => {}
            }
        }
        names
    }
}

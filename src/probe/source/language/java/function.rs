//! Methods, constructors, lambdas and parameters.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::{FrontEnd, lines};
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Block, Function, FunctionId, LoopId, Parameter};

impl Walk<'_> {
    /// A method or constructor.
    pub(super) fn method(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let name = match self.kind(node) {
            K::Method => node.child_by_field_name("name").map_or("", |name| self.to.text(name)),
            _ => "constructor",
        };
        let saved = self.to.start_anew();
        let decorators = self.annotations(node);
        let mut walk = node.walk();
        let modifiers = node.named_children(&mut walk).find(|child| self.kind(*child) == K::Modifiers);
        let exported = modifiers.is_none_or(|modifiers| {
            let mut walk = modifiers.walk();
            modifiers.children(&mut walk).all(|word| word.kind() != "private")
        });
        let function = Function { name: Some(name.into()), decorators, exported, ..Function::default() };
        self.function(cursor, function);
        self.to.at = saved;
    }

    /// A lambda. `in_loop` is the loop in which its body runs, if it is called where it stands.
    pub(super) fn lambda(&mut self, cursor: &mut TreeCursor<'_>, in_loop: Option<LoopId>) -> FunctionId {
        let name = self.to.name.take();
        self.function(cursor, Function { name, in_loop, ..Function::default() })
    }

    fn function(&mut self, cursor: &mut TreeCursor<'_>, function: Function) -> FunctionId {
        let node = cursor.node();
        let in_loop = function.in_loop;
        let is_lambda = self.kind(node) == K::Lambda;
        let outer = if is_lambda { self.to.class.take() } else { self.to.class.clone() };
        let id = self.to.open_function(node, function);
        self.to.class = None;
        let saved = self.to.start_anew();
        let in_switch = std::mem::replace(&mut self.in_switch, false);
        self.to.at.function = id;
        self.to.at.in_loop = in_loop;
        self.to.at.in_try = false;
        let mut body = Block::default();
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (F::Parameters, _) => {
                    let parameters = self.parameters(child);
                    if let Some(function) = self.to.function(id) {
                        function.parameters = parameters;
                    }
                }
                (F::Body, K::Block) => body = self.block(cursor, lines(child)),
                (F::Body, _) if is_lambda => {
                    let block = self.to.open_block();
                    let value = self.returned(cursor);
                    self.to.returns(value);
                    body = self.to.close_block(block, 1, lines(child));
                }
                (F::Body, _) => body = self.block(cursor, lines(child)),
                (_, K::LineComment | K::BlockComment) => self.to.comment(child),
                _ => {}
            }
        });
        self.in_switch = in_switch;
        self.to.class = outer;
        self.to.at = saved;
        self.to.close_function(id, body);
        id
    }

    /// The parameters in a list, or the one that stands without brackets.
    pub(super) fn parameters(&mut self, list: Node<'_>) -> Vec<Parameter> {
        if self.kind(list) == K::Identifier {
            return vec![named(self.to.text(list))];
        }
        let mut walk = list.walk();
        let children: Vec<Node<'_>> = list.named_children(&mut walk).collect();
        let mut parameters = Vec::new();
        for child in children {
            match self.kind(child) {
                K::Identifier => parameters.push(named(self.to.text(child))),
                K::Parameter => {
                    let name = child.child_by_field_name("name").map_or("", |name| self.to.text(name));
                    let kind = child.child_by_field_name("type").map_or("", |kind| self.to.text(kind));
                    let annotation = kind.chars().take(120).collect::<String>().into();
                    let default = self.source_of(child);
                    parameters.push(Parameter { annotation, default, ..named(name) });
                }
                K::SpreadParameter => {
                    let mut walk = child.walk();
                    let declared = child.named_children(&mut walk).find(|inner| self.kind(*inner) == K::Declarator);
                    let name = declared.and_then(|declared| declared.child_by_field_name("name"));
                    parameters.push(named(name.map_or("", |name| self.to.text(name))));
                }
                _ => {}
            }
        }
        parameters
    }

    /// The names of a lambda's first parameter.
    pub(super) fn first_parameter(&self, lambda: Node<'_>) -> Vec<Box<str>> {
        let Some(list) = lambda.child_by_field_name("parameters") else { return Vec::new() };
        let first = if self.kind(list) == K::Identifier { Some(list) } else { list.named_child(0) };
        let name = first.map(|first| first.child_by_field_name("name").unwrap_or(first));
        name.map(|name| self.to.text(name).into()).into_iter().collect()
    }
}

fn named(name: &str) -> Parameter {
    Parameter { names: vec![(name.into(), Box::default())], ..Parameter::default() }
}

//! Functions, classes and parameters.

use tree_sitter::{Node, TreeCursor};

use super::super::front_end::{FrontEnd, lines};
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Block, Class, Decorator, Function, FunctionId, LoopId, Parameter, Value};
use crate::probe::source::facts::Usage;

impl Walk<'_> {
    /// A function of any form. `in_loop` is the loop in which its body runs, if it is called where it stands.
    pub(super) fn function(&mut self, cursor: &mut TreeCursor<'_>, in_loop: Option<LoopId>) -> FunctionId {
        let node = cursor.node();
        let given_name = self.to.name.take();
        let own_name = node.child_by_field_name("name").map(|name| self.to.text(name).into());
        let decorators = self.attributes(node);
        let exported = own_name.is_some() && !self.is_hidden(node);
        let name = own_name.or(given_name);
        let id = self.to.open_function(node, Function { name, in_loop, decorators, exported, ..Function::default() });
        let saved = self.to.start_anew();
        let outer = (self.to.class.take(), self.class, std::mem::take(&mut self.switches));
        let mut body = Block::default();
        self.to.at.function = id;
        self.to.at.in_loop = in_loop;
        self.to.at.in_try = false;
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (F::Parameters, _) => {
                    let parameters = self.parameters(child);
                    if let Some(function) = self.to.function(id) {
                        function.parameters = parameters;
                    }
                }
                (F::Body, K::Compound) => body = self.block(cursor, lines(child)),
                (F::Body, _) => {
                    let block = self.to.open_block();
                    let value = self.returned(cursor);
                    self.to.returns(value);
                    body = self.to.close_block(block, 1, lines(child));
                }
                (_, K::Comment) => self.to.comment(child),
                _ => {}
            }
        });
        (self.to.class, self.class, self.switches) = outer;
        self.to.at = saved;
        self.to.close_function(id, body);
        id
    }

    /// Whether a method is private or protected.
    fn is_hidden(&self, node: Node<'_>) -> bool {
        let marks = self.children_of(node, &[K::Visibility]);
        marks.first().is_some_and(|found| !self.to.text(*found).starts_with("public"))
    }

    /// `#[Route("/x")]` above a function or class.
    fn attributes(&mut self, node: Node<'_>) -> Vec<Decorator> {
        let Some(list) = node.child_by_field_name("attributes") else { return Vec::new() };
        let mut decorators = Vec::new();
        for group in self.children_of(list, &[K::AttributeGroup]) {
            for attribute in self.children_of(group, &[K::Attribute]) {
                let Some(name) = attribute.named_child(0) else { continue };
                let name: Box<str> = self.class_name(name).into();
                let call = attribute.child_by_field_name("parameters").map(|given| {
                    let saved = self.to.start_anew();
                    let id = self.to.open_call(attribute);
                    if let Some(call) = self.to.call(id) {
                        call.callee = (&*name).into();
                    }
                    self.given(&mut given.walk(), id, Value::Unknown, None);
                    self.to.at = saved;
                    id
                });
                decorators.push(Decorator { name, call });
            }
        }
        decorators
    }

    /// A class, interface, trait or enum with what it holds.
    pub(super) fn class(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let name: Box<str> = node.child_by_field_name("name").map_or("class", |name| self.to.text(name)).into();
        let decorators = self.attributes(node);
        let place = self.to.place(node);
        let id = self.to.file.classes.len();
        self.to.file.classes.push(Class { name: name.clone(), decorators, place, ..Class::default() });
        let saved = self.to.start_anew();
        let outer = (self.to.class.replace(name.clone()), self.class.replace(id));
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (_, K::BaseClause | K::InterfaceClause) => self.bases(child, id),
                (F::Body, _) => each(cursor, |cursor| {
                    self.to.class = Some(name.clone());
                    self.class = Some(id);
                    self.class_member(cursor);
                }),
                (_, K::Comment) => self.to.comment(child),
                _ => {}
            }
        });
        (self.to.class, self.class) = outer;
        self.to.at = saved;
    }

    fn bases(&mut self, clause: Node<'_>, class: usize) {
        for node in self.children_of(clause, &[K::Name, K::Qualified, K::Relative]) {
            let name: Box<str> = self.class_name(node).into();
            if let Some(class) = self.to.file.classes.get_mut(class) {
                class.bases.push(name);
            }
        }
    }

    fn class_member(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        match self.kind(node) {
            K::Method => {
                self.function(cursor, None);
            }
            K::UseTraits => {
                if let Some(class) = self.class {
                    self.bases(node, class);
                }
            }
            K::Property => self.property(cursor),
            K::EnumCase => {
                let name = node.child_by_field_name("name");
                each(cursor, |cursor| {
                    if let (F::Value, Some(name)) = (self.field(cursor), name) {
                        let value = self.named_value(cursor, name);
                        let target = format!("this.{}", self.to.text(name));
                        self.to.assign(&target, value, false, node);
                    }
                });
            }
            _ => self.statement(cursor),
        }
    }

    /// `private Foo $foo = null;`
    fn property(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let annotation: Box<str> =
            node.child_by_field_name("type").map_or("", |kind| annotation(self.to.text(kind))).into();
        each(cursor, |cursor| {
            let element = cursor.node();
            if self.kind(element) != K::PropertyElement {
                if self.field(cursor) != F::Attributes {
                    self.statement(cursor);
                }
                return;
            }
            let Some(name) = element.child_by_field_name("name") else { return };
            self.field_of_class(self.variable(name), &annotation);
            each(cursor, |cursor| {
                if self.field(cursor) == F::DefaultValue {
                    let value = self.named_value(cursor, name);
                    let target = format!("this.{}", self.variable(name));
                    self.to.assign(&target, value, false, element);
                    self.to.annotate(&annotation);
                }
            });
        });
    }

    fn field_of_class(&mut self, name: &str, annotation: &str) {
        if let Some(class) =
            self.class.and_then(|id| self.to.file.classes.get_mut(id)).filter(|_| !annotation.is_empty())
        {
            class.fields.push((name.into(), annotation.into()));
        }
    }

    fn parameters(&mut self, node: Node<'_>) -> Vec<Parameter> {
        let forms = [K::SimpleParameter, K::VariadicParameter, K::PromotedParameter];
        self.children_of(node, &forms).into_iter().map(|parameter| self.parameter(parameter)).collect()
    }

    fn parameter(&mut self, node: Node<'_>) -> Parameter {
        let name =
            node.child_by_field_name("name").map_or("", |name| self.to.text(name)).trim_start_matches(['&', ' ', '$']);
        let annotation = node.child_by_field_name("type").map_or("", |kind| annotation(self.to.text(kind)));
        let annotation: Box<str> = annotation.chars().take(120).collect::<String>().into();
        let default = node.child_by_field_name("default_value").map(|node| {
            let saved = self.to.start_anew();
            self.to.at.usage = Usage::Alternative;
            self.to.goes_to = name.into();
            let value: Value = self.expression(&mut node.walk());
            self.to.at = saved;
            value
        });
        // A promoted parameter is a field that the constructor sets.
        if self.kind(node) == K::PromotedParameter {
            self.field_of_class(name, &annotation);
            self.to.assign(&format!("this.{name}"), Value::Path(name.into()), false, node);
            self.to.annotate(&annotation);
        }
        Parameter { names: vec![(name.into(), Box::default())], annotation, default }
    }
}

/// A type as written, without the marks that say that it may be missing or where its name begins.
fn annotation(written: &str) -> &str {
    written.trim_start_matches(['?', '\\', ' '])
}

//! Functions, parameters and types.

use tree_sitter::{Node, TreeCursor};

use super::super::builder::number;
use super::super::front_end::{FrontEnd, lines};
use super::super::kinds::each;
use super::{F, K, Walk};
use crate::probe::source::code::{Block, Class, Function, FunctionId, LoopId, Parameter, Value};

impl Walk<'_> {
    /// A function, method or closure. `in_loop` is the loop in which its body runs, if it is called where it stands.
    pub(super) fn function(&mut self, cursor: &mut TreeCursor<'_>, in_loop: Option<LoopId>) -> FunctionId {
        let node = cursor.node();
        let given_name = self.to.name.take();
        let own_name = node.child_by_field_name("name").map(|name| self.to.text(name).into());
        // Every file of a package may call what stands at its top level.
        let exported = self.kind(node) != K::FunctionLiteral;
        let receiver = node.child_by_field_name("receiver").and_then(|list| {
            let mut walk = list.walk();
            list.named_children(&mut walk).find(|child| self.kind(*child) == K::ParameterDeclaration)
        });
        let kind = receiver.and_then(|receiver| receiver.child_by_field_name("type")).map(|kind| self.to.text(kind));
        let outer = self.to.class.take();
        self.to.class = kind.map(|kind| type_name(kind).into());
        let function = Function { name: own_name.or(given_name), in_loop, exported, ..Function::default() };
        let id = self.to.open_function(node, function);
        self.to.class = None;
        let saved = self.to.start_anew();
        let in_switch = std::mem::replace(&mut self.in_switch, false);
        self.to.at.function = id;
        self.to.at.in_loop = in_loop;
        let mut body = Block::default();
        let first = self.to.file.assignments.len();
        // The receiver is no parameter: callers write it before the name. Its type is what is known of it.
        if let (Some(receiver), Some(kind)) = (receiver, kind)
            && let Some(name) = receiver.child_by_field_name("name")
        {
            self.to.assign(self.to.text(name), Value::Unknown, false, receiver);
            self.to.annotate(kind);
        }
        each(cursor, |cursor| match self.field(cursor) {
            F::Parameters => {
                let parameters = self.parameters(cursor.node());
                if let Some(function) = self.to.function(id) {
                    function.parameters = parameters;
                }
            }
            F::Body => body = self.block(cursor, lines(cursor.node())),
            _ => {}
        });
        body.assignments.0 = number(first);
        self.in_switch = in_switch;
        self.to.class = outer;
        self.to.at = saved;
        self.to.close_function(id, body);
        id
    }

    fn parameters(&self, list: Node<'_>) -> Vec<Parameter> {
        let mut walk = list.walk();
        let declarations = list
            .named_children(&mut walk)
            .filter(|child| matches!(self.kind(*child), K::ParameterDeclaration | K::VariadicParameter));
        let mut parameters = Vec::new();
        for declaration in declarations {
            let kind = declaration.child_by_field_name("type").map_or("", |kind| self.to.text(kind));
            let parameter = |name: Option<&str>| Parameter {
                names: name.map(|name| (name.into(), Box::default())).into_iter().collect(),
                annotation: kind.chars().take(120).collect::<String>().into(),
                default: None,
            };
            let mut walk = declaration.walk();
            let names: Vec<&str> = declaration
                .children_by_field_name("name", &mut walk)
                .filter(Node::is_named)
                .map(|name| self.to.text(name))
                .collect();
            if names.is_empty() {
                parameters.push(parameter(None));
            }
            parameters.extend(names.into_iter().map(|name| parameter(Some(name))));
        }
        parameters
    }

    /// `type Server struct { … }`.
    pub(super) fn type_spec(&mut self, node: Node<'_>) {
        let (Some(name), Some(kind)) = (node.child_by_field_name("name"), node.child_by_field_name("type")) else {
            return;
        };
        if self.kind(kind) != K::StructType {
            return;
        }
        let mut class = Class { name: self.to.text(name).into(), place: self.to.place(node), ..Class::default() };
        let mut walk = kind.walk();
        let lists: Vec<Node<'_>> = kind.named_children(&mut walk).collect();
        for list in lists {
            let mut walk = list.walk();
            for field in list.named_children(&mut walk) {
                if self.kind(field) == K::Comment {
                    self.to.comment(field);
                }
                let Some(kind) = field.child_by_field_name("type").map(|kind| self.to.text(kind)) else { continue };
                let mut walk = field.walk();
                let before = class.fields.len();
                let names = field.children_by_field_name("name", &mut walk).filter(Node::is_named);
                class.fields.extend(names.map(|name| (self.to.text(name).into(), kind.into())));
                if class.fields.len() == before {
                    // An embedded type gives its fields and methods to the struct, and is a field of its own name.
                    class.bases.push(type_name(kind).into());
                    let short = type_name(kind);
                    class.fields.push((short.rsplit('.').next().unwrap_or(short).into(), kind.into()));
                }
            }
        }
        self.to.file.classes.push(class);
    }
}

/// A type without pointer and type arguments: `Repo` of `*Repo[T]`.
fn type_name(kind: &str) -> &str {
    let kind = kind.trim_start_matches(['*', '&', ' ']);
    kind.split('[').next().unwrap_or(kind).trim()
}

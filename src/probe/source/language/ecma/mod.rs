//! JavaScript, TypeScript and TSX: one walk over the tree, statements here, the rest in the files beside.

mod call;
mod expression;
mod function;
mod module;
mod names;
mod object;
mod pattern;
mod switch;

use tree_sitter::{Node, Tree, TreeCursor};

use super::builder::Builder;
use super::front_end::{FrontEnd, lines};
use super::kinds::each;
use crate::probe::source::code::{Block, Catch, Decorator, LoopKind, Value};
use crate::probe::source::facts::{FileFacts, Language};
use names::{F, K, Names, tables};

/// The facts of a parsed file.
pub(super) fn lower(tree: &Tree, language: Language, source: &str) -> FileFacts {
    let mut walk = Walk { names: tables(language), to: Builder::new(source), decorators: Vec::new() };
    let mut cursor = tree.walk();
    walk.directives(tree.root_node());
    each(&mut cursor, |cursor| walk.statement(cursor));
    walk.to.finish()
}

struct Walk<'s> {
    names: &'static Names,
    to: Builder<'s>,
    /// Decorators that wait for the class or method that they stand on.
    decorators: Vec<Decorator>,
}

impl<'s> FrontEnd<'s> for Walk<'s> {
    const MISSING_IS_EMPTY: bool = true;

    fn to(&mut self) -> &mut Builder<'s> {
        &mut self.to
    }

    fn lower_expression(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        self.any_expression(cursor)
    }

    fn lower_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        match self.kind(node) {
            K::Comment => self.to.comment(node),
            K::Import => self.import(node),
            K::Export => self.export(cursor),
            K::FunctionDeclaration | K::GeneratorDeclaration => {
                let saved = self.to.start_anew();
                self.function(cursor, None);
                self.to.at = saved;
            }
            K::ClassDeclaration | K::AbstractClass | K::Class => self.class(cursor),
            K::If => self.if_statement(cursor),
            K::For | K::ForIn | K::While | K::Do => self.loop_statement(cursor),
            K::Try => self.try_statement(cursor),
            K::Switch => self.switch(cursor),
            K::Return => {
                let mut value = Value::Null;
                each(cursor, |cursor| {
                    if cursor.node().is_named() {
                        value = self.returned(cursor);
                    }
                });
                self.to.returns(value);
            }
            K::Throw => {
                each(cursor, |cursor| self.value_of(cursor));
                self.to.throws();
            }
            K::Break => self.to.leaves(),
            K::Continue => self.to.continues(),
            K::Declarator => self.declarator(cursor),
            K::Decorator => self.decorator(node),
            K::ExpressionStatement => each(cursor, |cursor| {
                if cursor.node().is_named() {
                    let saved = self.to.start_anew();
                    self.to.at.discarded = true;
                    self.expression(cursor);
                    self.to.at = saved;
                }
            }),
            K::Interface
            | K::TypeAlias
            | K::TypeAnnotation
            | K::TypeArguments
            | K::TypeParameters
            | K::Ambient
            | K::Signature
            | K::AbstractSignature => {}
            K::Other
            | K::SwitchCase
            | K::SwitchDefault
            | K::Program
            | K::Block
            | K::Lexical
            | K::Variables
            | K::ClassBody
            | K::Parenthesized => {
                each(cursor, |cursor| self.statement(cursor));
            }
            _ => self.value_of(cursor),
        }
    }
}

impl Walk<'_> {
    fn kind(&self, node: Node<'_>) -> K {
        self.names.kind(node, K::Other)
    }

    fn child<'t>(&self, node: Node<'t>, field: F) -> Option<Node<'t>> {
        self.names.child(node, field)
    }

    fn field(&self, cursor: &TreeCursor<'_>) -> F {
        self.names.field(cursor, F::Other)
    }

    /// The directives at the head of a file or function.
    fn directives(&mut self, block: Node<'_>) {
        for found in self.directives_of(block) {
            self.to.file.directives.push(found);
        }
    }

    fn directives_of(&self, block: Node<'_>) -> Vec<Box<str>> {
        let mut cursor = block.walk();
        let mut found = Vec::new();
        for child in block.named_children(&mut cursor) {
            match self.kind(child) {
                K::Comment => {}
                K::ExpressionStatement if self.to.text(child).starts_with(['"', '\'']) => {
                    found.push(self.to.text(child).trim_end_matches(';').trim_matches(['"', '\'']).into());
                }
                _ => break,
            }
        }
        found
    }

    fn loop_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let kind = self.kind(node);
        let saved = self.to.at;
        let body_start = self.child(node, F::Body).map_or(node.end_byte(), |body| body.start_byte());
        let head = if kind == K::Do { "" } else { self.to.source.get(node.start_byte()..body_start).unwrap_or("") };
        let (mut stream, mut over, mut pattern) = (false, Value::Unknown, None);
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (_, K::AwaitKeyword) => stream = true,
                (F::Left, _) => pattern = Some(child),
                (F::Right, _) => {
                    let at = self.to.start_anew();
                    over = self.expression(cursor);
                    self.to.at = at;
                }
                (F::Body, _) => {
                    let names = pattern.map_or_else(Vec::new, |node| self.names_in(node));
                    let kind = match kind {
                        K::ForIn if stream => LoopKind::Stream,
                        K::ForIn => LoopKind::Each,
                        K::For => LoopKind::Counting,
                        _ => LoopKind::While,
                    };
                    let place = self.to.place(node);
                    let id = self.to.open_loop(kind, std::mem::take(&mut over), names, head, place);
                    self.loop_body(cursor, id);
                    self.to.at = saved;
                }
                _ if child.is_named() => self.statement(cursor),
                _ => {}
            }
        });
        self.to.at = saved;
    }

    fn try_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let saved = self.to.at;
        let has_handler = self.child(cursor.node(), F::Handler).is_some();
        let mut tried = Block::default();
        each(cursor, |cursor| {
            let node = cursor.node();
            match self.field(cursor) {
                F::Body => {
                    self.to.at.in_try |= has_handler;
                    tried = self.block(cursor, lines(node));
                    self.to.at = saved;
                }
                F::Handler => {
                    let place = self.to.place(node);
                    let mut handler = Default::default();
                    each(cursor, |cursor| {
                        if self.field(cursor) == F::Body {
                            handler = self.block(cursor, lines(cursor.node()));
                        }
                    });
                    self.to.file.catches.push(Catch {
                        place,
                        function: saved.function,
                        types: Vec::new(),
                        tried: tried.clone(),
                        handler,
                        in_loop: saved.in_loop,
                    });
                }
                F::Finalizer => {
                    let cleanup = self.block(cursor, lines(node));
                    self.to.finally(std::mem::take(&mut tried), cleanup);
                }
                _ => self.statement(cursor),
            }
        });
    }
}

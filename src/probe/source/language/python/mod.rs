//! Python: one walk over the tree, statements here, expressions beside.

mod call;
mod expression;
mod function;
mod names;
mod string;

use tree_sitter::{Node, Tree, TreeCursor};

use super::builder::Builder;
use super::front_end::{FrontEnd, lines};
use super::kinds::each;
use crate::probe::source::code::{Block, Catch, Decorator, LoopKind, Value};
use crate::probe::source::facts::FileFacts;
use names::{F, K, Names, tables};

/// The grammar.
pub(super) fn grammar() -> tree_sitter::Language {
    tree_sitter_python::LANGUAGE.into()
}

/// The facts of a parsed file.
pub(super) fn lower(tree: &Tree, source: &str) -> FileFacts {
    let mut walk = Walk { names: tables(), to: Builder::new(source), decorators: Vec::new() };
    let mut cursor = tree.walk();
    each(&mut cursor, |cursor| walk.statement(cursor));
    walk.to.finish()
}

struct Walk<'s> {
    names: &'static Names,
    to: Builder<'s>,
    /// Decorators that wait for the class or function that they stand on.
    decorators: Vec<Decorator>,
}

impl<'s> FrontEnd<'s> for Walk<'s> {
    const MISSING_IS_EMPTY: bool = false;

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
            K::ImportFrom => self.import_from(node),
            K::Function => {
                self.function(cursor);
            }
            K::Decorated => self.decorated(cursor),
            K::Class => self.class(cursor),
            K::If | K::Elif => self.if_statement(cursor),
            K::For => self.for_statement(cursor),
            K::While => self.while_statement(cursor),
            K::Try => self.try_statement(cursor),
            K::With => each(cursor, |cursor| self.statement(cursor)),
            K::WithItem => self.with_item(cursor),
            K::Return => {
                let mut value = Value::Null;
                each(cursor, |cursor| {
                    if cursor.node().is_named() {
                        value = self.returned(cursor);
                    }
                });
                self.to.returns(value);
            }
            K::Raise => {
                each(cursor, |cursor| self.value_of(cursor));
                self.to.throws();
            }
            K::Break => self.to.leaves(),
            K::Continue => self.to.continues(),
            K::ExpressionStatement => {
                // A string that stands alone is documentation.
                if !matches!(node.named_child(0).map(|child| self.kind(child)), Some(K::String | K::Concatenated)) {
                    each(cursor, |cursor| {
                        if cursor.node().is_named() {
                            let saved = self.to.start_anew();
                            self.to.at.discarded = true;
                            self.expression(cursor);
                            self.to.at = saved;
                        }
                    });
                }
            }
            K::Other | K::Block | K::Else | K::Finally => each(cursor, |cursor| self.statement(cursor)),
            K::Pass | K::FutureImport | K::Type => {}
            _ => self.value_of(cursor),
        }
    }
}

impl Walk<'_> {
    fn kind(&self, node: Node<'_>) -> K {
        self.names.kind(node, K::Other)
    }

    fn field(&self, cursor: &TreeCursor<'_>) -> F {
        self.names.field(cursor, F::Other)
    }

    fn import(&mut self, node: Node<'_>) {
        let mut walk = node.walk();
        for child in node.named_children(&mut walk) {
            match self.kind(child) {
                K::Dotted => {
                    let module = self.to.text(child);
                    self.to.import(module, node);
                    let local = module.split('.').next().unwrap_or(module);
                    self.to.bind(local, local, "*");
                }
                K::Aliased => {
                    let (Some(name), Some(alias)) =
                        (child.child_by_field_name("name"), child.child_by_field_name("alias"))
                    else {
                        continue;
                    };
                    self.to.import(self.to.text(name), node);
                    self.to.bind(self.to.text(alias), self.to.text(name), "*");
                }
                _ => {}
            }
        }
    }

    fn import_from(&mut self, node: Node<'_>) {
        let Some(source) = node.child_by_field_name("module_name") else { return };
        let module = self.to.text(source);
        self.to.import(module, node);
        let mut walk = node.walk();
        for child in node.named_children(&mut walk).filter(|child| child.id() != source.id()) {
            match self.kind(child) {
                K::Dotted => {
                    let name = self.to.text(child);
                    self.to.bind(name, module, name);
                }
                K::Aliased => {
                    if let (Some(name), Some(alias)) =
                        (child.child_by_field_name("name"), child.child_by_field_name("alias"))
                    {
                        self.to.bind(self.to.text(alias), module, self.to.text(name));
                    }
                }
                K::Wildcard => self.to.bind("*", module, "*"),
                _ => {}
            }
        }
    }

    fn for_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let saved = self.to.at;
        let (mut kind, mut over, mut names) = (LoopKind::Each, Value::Unknown, Vec::new());
        let mut head_end = node.end_byte();
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (_, K::AsyncKeyword) => kind = LoopKind::Stream,
                (F::Left, _) => names = self.names_in(child),
                (F::Right, _) => {
                    let at = self.to.start_anew();
                    over = self.expression(cursor);
                    self.to.at = at;
                    head_end = child.end_byte();
                }
                (F::Body, _) => {
                    let head = self.to.source.get(node.start_byte()..head_end).unwrap_or("");
                    let place = self.to.place(node);
                    let id =
                        self.to.open_loop(kind, std::mem::take(&mut over), std::mem::take(&mut names), head, place);
                    self.loop_body(cursor, id);
                }
                _ => self.statement(cursor),
            }
            self.to.at = saved;
        });
    }

    fn while_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let saved = self.to.at;
        each(cursor, |cursor| {
            match self.field(cursor) {
                F::Condition => self.value_of(cursor),
                F::Body => {
                    let head = node.child_by_field_name("condition").map_or("", |condition| self.to.text(condition));
                    let place = self.to.place(node);
                    let id = self.to.open_loop(LoopKind::While, Value::Unknown, Vec::new(), head, place);
                    self.loop_body(cursor, id);
                }
                _ => self.statement(cursor),
            }
            self.to.at = saved;
        });
    }

    fn try_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let saved = self.to.at;
        let node = cursor.node();
        let mut walk = node.walk();
        let has_handler =
            node.named_children(&mut walk).any(|child| matches!(self.kind(child), K::Except | K::ExceptGroup));
        let mut tried = Block::default();
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (F::Body, _) => {
                    self.to.at.in_try |= has_handler;
                    tried = self.block(cursor, lines(child));
                    self.to.at = saved;
                }
                (_, K::Except | K::ExceptGroup) => self.except(cursor, tried.clone()),
                (_, K::Finally) => {
                    let cleanup = self.block(cursor, lines(child));
                    self.to.finally(std::mem::take(&mut tried), cleanup);
                }
                _ => self.statement(cursor),
            }
        });
    }

    fn except(&mut self, cursor: &mut TreeCursor<'_>, tried: Block) {
        let node = cursor.node();
        let place = self.to.place(node);
        let mut types: Vec<Box<str>> = Vec::new();
        let mut handler = Block::default();
        each(cursor, |cursor| {
            let child = cursor.node();
            match self.kind(child) {
                K::Block => handler = self.block(cursor, lines(node)),
                K::Comment => self.to.comment(child),
                _ if child.is_named() => {
                    let text = self.to.text(child);
                    let text = text.split(" as ").next().unwrap_or(text);
                    let names = text.split([',', '(', ')']).map(str::trim).filter(|name| !name.is_empty());
                    types.extend(names.map(Into::into));
                }
                _ => {}
            }
        });
        let (function, in_loop) = (self.to.at.function, self.to.at.in_loop);
        self.to.file.catches.push(Catch { place, function, types, tried, handler, in_loop });
    }

    fn with_item(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        each(cursor, |cursor| {
            if !cursor.node().is_named() {
                return;
            }
            if self.kind(cursor.node()) != K::AsPattern {
                let saved = self.to.start_anew();
                self.to.at.managed = true;
                self.expression(cursor);
                self.to.at = saved;
                return;
            }
            let mut value = Value::Unknown;
            each(cursor, |cursor| {
                let child = cursor.node();
                if self.kind(child) == K::AsTarget {
                    let target = self.to.text(child);
                    self.to.assign(target, std::mem::take(&mut value), false, node);
                } else if child.is_named() {
                    let saved = self.to.start_anew();
                    self.to.at.managed = true;
                    value = self.expression(cursor);
                    self.to.at = saved;
                }
            });
        });
    }
}

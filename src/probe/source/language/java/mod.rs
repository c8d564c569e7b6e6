//! Java: one walk over the tree, statements here, the rest in the files beside.

mod annotation;
mod call;
mod class;
mod declaration;
mod expression;
mod function;
mod names;

use std::collections::HashSet;

use tree_sitter::{Node, Tree, TreeCursor};

use super::builder::Builder;
use super::front_end::{FrontEnd, lines};
use super::kinds::each;
use crate::probe::source::code::{Block, Catch, LoopKind, Value};
use crate::probe::source::facts::FileFacts;
use names::{F, K, Names, tables};

/// The grammar.
pub(super) fn grammar() -> tree_sitter::Language {
    tree_sitter_java::LANGUAGE.into()
}

/// The facts of a parsed file.
pub(super) fn lower(tree: &Tree, source: &str) -> FileFacts {
    let mut walk =
        Walk { names: tables(), to: Builder::new(source), in_switch: false, text_builders: HashSet::default() };
    let mut cursor = tree.walk();
    each(&mut cursor, |cursor| walk.statement(cursor));
    walk.to.finish()
}

struct Walk<'s> {
    names: &'static Names,
    to: Builder<'s>,
    /// Whether a `break` here leaves a `switch` and not a loop.
    in_switch: bool,
    /// Variables in which a text is put together.
    text_builders: HashSet<&'s str>,
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
            K::LineComment | K::BlockComment => self.to.comment(node),
            K::Import => self.import(node),
            K::Class | K::Record | K::Interface | K::Enum => self.class(cursor),
            K::Method | K::Constructor | K::CompactConstructor => self.method(cursor),
            K::Field | K::Constant => self.field_declaration(cursor),
            K::EnumConstant => self.enum_constant(cursor),
            K::Local => self.local(cursor),
            K::If => {
                let id = self.to.file.conditions.len();
                self.if_statement(cursor);
                self.to.set_where_missing(id);
            }
            K::For | K::ForEach | K::While | K::Do => self.loop_statement(cursor),
            K::Switch => self.switch(cursor),
            K::SwitchLabel => each(cursor, |cursor| self.value_of(cursor)),
            K::Try | K::TryWith => self.try_statement(cursor),
            K::Return => {
                let mut value = Value::Null;
                each(cursor, |cursor| {
                    if cursor.node().is_named() && !cursor.node().is_extra() {
                        value = self.returned(cursor);
                    }
                });
                self.to.returns(value);
            }
            K::Throw => {
                each(cursor, |cursor| self.value_of(cursor));
                self.to.throws();
            }
            K::Break => {
                if node.named_child_count() > 0 || !self.in_switch {
                    self.to.leaves();
                }
            }
            K::Continue => self.to.continues(),
            K::ExpressionStatement => each(cursor, |cursor| {
                if cursor.node().is_named() {
                    let saved = self.to.start_anew();
                    self.to.at.discarded = true;
                    self.expression(cursor);
                    self.to.at = saved;
                }
            }),
            K::Other | K::Block | K::ClassBody | K::Finally => each(cursor, |cursor| self.statement(cursor)),
            K::Package | K::AnnotationType | K::Modifiers | K::Throws | K::TypeParameters => {}
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

    /// `import a.b.C;`, `import a.b.*;`, `import static a.b.C.m;`.
    fn import(&mut self, node: Node<'_>) {
        let mut walk = node.walk();
        let Some(path) = node
            .named_children(&mut walk)
            .find(|child| matches!(self.kind(*child), K::ScopedIdentifier | K::Identifier))
            .map(|path| self.to.text(path))
        else {
            return;
        };
        let mut walk = node.walk();
        let (mut all, mut is_static) = (false, false);
        for child in node.children(&mut walk) {
            all |= self.kind(child) == K::Asterisk;
            is_static |= self.kind(child) == K::Static;
        }
        let (outer, last) = path.rsplit_once('.').unwrap_or(("", path));
        let module = if is_static && !all { outer } else { path };
        self.to.import(module, node);
        if all {
            self.to.bind("*", path, "*");
        } else {
            self.to.bind(last, module, last);
        }
    }

    fn switch(&mut self, cursor: &mut TreeCursor<'_>) {
        let saved = std::mem::replace(&mut self.in_switch, true);
        each(cursor, |cursor| match self.field(cursor) {
            F::Condition => self.value_of(cursor),
            _ => self.statement(cursor),
        });
        self.in_switch = saved;
    }

    fn loop_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let kind = match self.kind(node) {
            K::For => LoopKind::Counting,
            K::ForEach => LoopKind::Each,
            _ => LoopKind::While,
        };
        let saved = self.to.at;
        let in_switch = std::mem::replace(&mut self.in_switch, false);
        let body_start = node.child_by_field_name("body").map_or(node.end_byte(), |body| body.start_byte());
        let head = self.to.source.get(node.start_byte()..body_start).unwrap_or("");
        let (mut over, mut names): (Value, Vec<Box<str>>) = (Value::Unknown, Vec::new());
        let first = self.to.file.assignments.len();
        each(cursor, |cursor| {
            let child = cursor.node();
            match self.field(cursor) {
                F::Body => {
                    if kind == LoopKind::Counting {
                        let set = self.to.file.assignments.get(first..).unwrap_or_default();
                        names = set.iter().map(|set| set.target.clone()).collect();
                    }
                    let place = self.to.place(node);
                    let id =
                        self.to.open_loop(kind, std::mem::take(&mut over), std::mem::take(&mut names), head, place);
                    self.loop_body(cursor, id);
                }
                F::Name => names.push(self.to.text(child).into()),
                F::Value => {
                    let at = self.to.start_anew();
                    over = self.expression(cursor);
                    self.to.at = at;
                }
                F::Condition => self.value_of(cursor),
                F::Type => {}
                _ if child.is_named() => self.statement(cursor),
                _ => {}
            }
            self.to.at = saved;
        });
        self.in_switch = in_switch;
    }

    fn try_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let saved = self.to.at;
        let node = cursor.node();
        let mut walk = node.walk();
        let has_handler = node.named_children(&mut walk).any(|child| self.kind(child) == K::Catch);
        let resources = self.to.open_block();
        let mut tried = Block::default();
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (F::Resources, _) => {
                    self.to.at.in_try |= has_handler;
                    each(cursor, |cursor| self.resource(cursor));
                }
                (F::Body, _) => {
                    self.to.at.in_try |= has_handler;
                    tried = self.block(cursor, lines(child));
                    // What opens the resources may fail as well.
                    let whole = self.to.close_block(resources, tried.statements, lines(child));
                    (tried.calls, tried.assignments) = (whole.calls, whole.assignments);
                    self.to.at = saved;
                }
                (_, K::Catch) => self.catch(cursor, tried.clone()),
                (_, K::Finally) => {
                    let cleanup = self.block(cursor, lines(child));
                    self.to.finally(std::mem::take(&mut tried), cleanup);
                }
                _ => self.statement(cursor),
            }
        });
    }

    fn catch(&mut self, cursor: &mut TreeCursor<'_>, tried: Block) {
        let node = cursor.node();
        let place = self.to.place(node);
        let mut types: Vec<Box<str>> = Vec::new();
        let mut handler = Block::default();
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (F::Body, _) => handler = self.block(cursor, lines(child)),
                (_, K::CatchParameter) => {
                    let mut walk = child.walk();
                    let caught = child.named_children(&mut walk).find(|inner| self.kind(*inner) == K::CatchType);
                    let text = caught.map_or("", |caught| self.to.text(caught));
                    types.extend(text.split('|').map(str::trim).filter(|name| !name.is_empty()).map(Into::into));
                }
                (_, K::LineComment | K::BlockComment) => self.to.comment(child),
                _ => {}
            }
        });
        let (function, in_loop) = (self.to.at.function, self.to.at.in_loop);
        self.to.file.catches.push(Catch { place, function, types, tried, handler, in_loop });
    }
}

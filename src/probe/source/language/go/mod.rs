//! Go: one walk over the tree, statements here, the rest in the files beside.

mod assignment;
mod call;
mod expression;
mod function;
mod literal;
mod names;

use std::collections::HashSet;

use tree_sitter::{Node, Tree, TreeCursor};

use super::builder::Builder;
use super::front_end::FrontEnd;
use super::kinds::each;
use crate::probe::source::code::{Argument, LoopKind, Value};
use crate::probe::source::facts::FileFacts;
use names::{F, K, Names, tables};

/// The grammar.
pub(super) fn grammar() -> tree_sitter::Language {
    tree_sitter_go::LANGUAGE.into()
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
            K::Comment => self.to.comment(node),
            K::Import => self.import(node),
            K::Function | K::Method => {
                let saved = self.to.start_anew();
                self.function(cursor, None);
                self.to.at = saved;
            }
            K::TypeSpec => self.type_spec(node),
            K::If => {
                let id = self.to.file.conditions.len();
                self.if_statement(cursor);
                self.to.set_where_missing(id);
            }
            K::For => self.for_statement(cursor),
            K::Switch | K::TypeSwitch | K::Select => {
                let saved = std::mem::replace(&mut self.in_switch, true);
                each(cursor, |cursor| match self.field(cursor) {
                    F::Value => self.value_of(cursor),
                    _ => self.statement(cursor),
                });
                self.in_switch = saved;
            }
            K::Case | K::TypeCase => each(cursor, |cursor| match self.field(cursor) {
                F::Value => self.value_of(cursor),
                F::Type => {}
                _ => self.statement(cursor),
            }),
            K::Return => {
                let mut value = Value::Null;
                each(cursor, |cursor| {
                    if cursor.node().is_named() {
                        value = self.returned(cursor);
                    }
                });
                self.to.returns(value);
            }
            K::Defer => self.defer_statement(cursor),
            K::Go => self.go_statement(cursor),
            K::Break => {
                if node.named_child_count() > 0 || !self.in_switch {
                    self.to.leaves();
                }
            }
            K::Continue => self.to.continues(),
            K::ExpressionStatement => each(cursor, |cursor| self.dropped(cursor)),
            K::VarSpec | K::ConstSpec => self.declaration(node),
            K::ShortVar | K::Assignment | K::Receive => self.assignment(node),
            K::Inc | K::Dec | K::Send | K::ForClause => each(cursor, |cursor| match self.kind(cursor.node()) {
                K::ShortVar | K::Assignment | K::Inc | K::Dec | K::ExpressionStatement => self.statement(cursor),
                _ => self.value_of(cursor),
            }),
            K::Other | K::Block | K::StatementList => each(cursor, |cursor| self.statement(cursor)),
            K::Package | K::TypeAlias => {}
            _ => self.value_of(cursor),
        }
    }
}

impl<'s> Walk<'s> {
    fn kind(&self, node: Node<'_>) -> K {
        self.names.kind(node, K::Other)
    }

    fn field(&self, cursor: &TreeCursor<'_>) -> F {
        self.names.field(cursor, F::Other)
    }

    /// An expression whose result nobody takes.
    fn dropped(&mut self, cursor: &mut TreeCursor<'_>) {
        if cursor.node().is_named() {
            let saved = self.to.start_anew();
            self.to.at.discarded = true;
            self.expression(cursor);
            self.to.at = saved;
        }
    }

    fn import(&mut self, node: Node<'_>) {
        let Some(path) = node.child_by_field_name("path") else { return };
        let module = self.to.text(path).trim_matches(['"', '`']);
        self.to.import(module, node);
        let name = node.child_by_field_name("name");
        match name.map(|name| self.kind(name)) {
            None => self.to.bind(package_name(module), module, "*"),
            Some(K::Dot) => self.to.bind("*", module, "*"),
            Some(K::PackageIdentifier) => self.to.bind(name.map_or("", |name| self.to.text(name)), module, "*"),
            Some(_) => {}
        }
    }

    /// What a deferred closure does is deferred as well.
    fn defer_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let first = self.to.file.calls.len();
        let saved = self.to.start_anew();
        self.to.at.deferred = true;
        self.to.at.discarded = true;
        each(cursor, |cursor| {
            if cursor.node().is_named() {
                self.expression(cursor);
            }
        });
        self.to.at = saved;
        for call in self.to.file.calls.iter_mut().skip(first).filter(|call| call.function != saved.function) {
            call.deferred = true;
        }
    }

    /// `go f()` is kept as a call of `go` that is given the call: nobody waits for it.
    fn go_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let saved = self.to.start_anew();
        self.to.at.discarded = true;
        let id = self.to.open_call(node);
        self.to.at.argument_of = Some(id);
        let mut value = Value::Unknown;
        each(cursor, |cursor| {
            if cursor.node().is_named() {
                value = self.expression(cursor);
            }
        });
        self.to.at = saved;
        if let Some(call) = self.to.call(id) {
            call.callee = "go".into();
            call.arguments = vec![Argument { value, ..Argument::default() }];
        }
    }

    fn for_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let saved = self.to.at;
        let in_switch = std::mem::replace(&mut self.in_switch, false);
        let body_start = node.child_by_field_name("body").map_or(node.end_byte(), |body| body.start_byte());
        let head = self.to.source.get(node.start_byte()..body_start).unwrap_or("");
        let (mut kind, mut over, mut names) = (LoopKind::While, Value::Unknown, Vec::new());
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (F::Body, _) => {
                    let place = self.to.place(node);
                    let id =
                        self.to.open_loop(kind, std::mem::take(&mut over), std::mem::take(&mut names), head, place);
                    self.loop_body(cursor, id);
                }
                (_, K::RangeClause) => {
                    kind = LoopKind::Each;
                    if let Some(left) = child.child_by_field_name("left") {
                        names = self.names_in(left);
                    }
                    each(cursor, |cursor| {
                        if self.field(cursor) == F::Right {
                            let at = self.to.start_anew();
                            over = self.expression(cursor);
                            self.to.at = at;
                        }
                    });
                }
                (_, K::ForClause) => {
                    kind = LoopKind::Counting;
                    let left = child.child_by_field_name("initializer").and_then(|set| set.child_by_field_name("left"));
                    names = left.map_or_else(Vec::new, |left| self.names_in(left));
                    self.statement(cursor);
                }
                _ if child.is_named() => self.value_of(cursor),
                _ => {}
            }
            self.to.at = saved;
        });
        self.in_switch = in_switch;
    }

    /// The plain names that a list of targets binds.
    fn names_in(&self, list: Node<'_>) -> Vec<Box<str>> {
        let mut walk = list.walk();
        let names = list.named_children(&mut walk).filter(|child| self.kind(*child) == K::Identifier);
        names.map(|name| self.to.text(name)).filter(|name| *name != "_").map(Into::into).collect()
    }
}

/// The name under which a package is used, as far as its path tells: `redis` of `github.com/redis/go-redis/v9`.
fn package_name(path: &str) -> &str {
    let is_version = |part: &str| {
        part.strip_prefix('v').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or(path);
    let last = if is_version(last) { parts.next().unwrap_or(last) } else { last };
    // `gopkg.in/yaml.v3`, `nats.go`.
    let last = last.split('.').next().unwrap_or(last);
    let last = last.strip_prefix("go-").unwrap_or(last);
    last.strip_suffix("-go").unwrap_or(last)
}

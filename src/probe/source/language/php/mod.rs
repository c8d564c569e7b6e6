//! PHP, with the HTML around it: one walk over the tree, statements here, the rest in the files beside.

mod array;
mod branch;
mod call;
mod expression;
mod function;
mod import;
mod loops;
mod names;
mod pattern;
mod string;

use tree_sitter::{Node, Tree, TreeCursor};

use super::builder::Builder;
use super::front_end::{FrontEnd, lines};
use super::kinds::each;
use crate::probe::source::code::{Argument, Block, Catch, Value};
use crate::probe::source::facts::FileFacts;
use names::{F, K, Names, tables};

/// The grammar.
pub(super) fn grammar() -> tree_sitter::Language {
    tree_sitter_php::LANGUAGE_PHP.into()
}

/// The facts of a parsed file.
pub(super) fn lower(tree: &Tree, source: &str) -> FileFacts {
    let mut walk = Walk { names: tables(), to: Builder::new(source), class: None, switches: 0, texts: Vec::new() };
    let mut cursor = tree.walk();
    each(&mut cursor, |cursor| walk.statement(cursor));
    walk.to.finish()
}

struct Walk<'s> {
    names: &'static Names,
    to: Builder<'s>,
    /// The place of the class around.
    class: Option<usize>,
    /// How many `switch` statements stand around, up to the next loop or function.
    switches: u32,
    /// The source of the arguments of the last call.
    texts: Vec<String>,
}

impl<'s> FrontEnd<'s> for Walk<'s> {
    const MISSING_IS_EMPTY: bool = true;
    const JOINS: &'static str = ".";

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
            K::Markup | K::Tag | K::EndTag | K::Interpolation | K::Unset | K::Global => {}
            K::Namespace => self.namespace(cursor),
            K::Use => self.use_declaration(node),
            K::FunctionDefinition => {
                self.function(cursor, None);
            }
            K::Class | K::Interface | K::Trait | K::Enum => self.class(cursor),
            K::If | K::ElseIf => self.if_statement(cursor),
            K::Foreach | K::For | K::While | K::Do => self.loop_statement(cursor),
            K::Switch => {
                self.switches += 1;
                each(cursor, |cursor| self.statement(cursor));
                self.switches = self.switches.saturating_sub(1);
            }
            K::Try => self.try_statement(cursor),
            K::Return => {
                let mut value = Value::Null;
                each(cursor, |cursor| {
                    if self.is_operand(cursor.node()) {
                        value = self.returned(cursor);
                    }
                });
                self.to.returns(value);
            }
            K::Break => {
                // A `break` in a `switch` stays in the loop around it, unless it counts further: `break 2`.
                if self.switches == 0 || node.named_child(0).is_some() {
                    self.to.leaves();
                }
            }
            K::Continue => self.to.continues(),
            K::Exit => {
                self.language_call(cursor, "exit");
                self.to.leaves();
            }
            K::Echo => {
                self.language_call(cursor, "echo");
            }
            K::Constants => self.constants(cursor),
            K::StaticVariable => {
                let name = node.child_by_field_name("name");
                each(cursor, |cursor| {
                    if let (F::Value, Some(name)) = (self.field(cursor), name) {
                        let value = self.named_value(cursor, name);
                        self.to.assign(self.variable(name), value, false, node);
                    }
                });
            }
            K::ExpressionStatement => {
                if self.to.source.get(..node.start_byte()).is_some_and(|before| before.trim_end().ends_with("<?=")) {
                    self.language_call(cursor, "echo");
                    return;
                }
                each(cursor, |cursor| {
                    if cursor.node().is_named() {
                        let saved = self.to.start_anew();
                        self.to.at.discarded = true;
                        self.expression(cursor);
                        self.to.at = saved;
                    }
                });
            }
            K::Other | K::Compound | K::ColonBlock | K::Else | K::Finally | K::Declare => {
                each(cursor, |cursor| self.statement(cursor));
            }
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

    /// Whether a child is an expression that something is done with; comments and HTML may stand anywhere.
    fn is_operand(&self, node: Node<'_>) -> bool {
        node.is_named() && !matches!(self.kind(node), K::Comment | K::Interpolation)
    }

    /// The children that have one of `kinds`.
    fn children_of<'t>(&self, node: Node<'t>, kinds: &[K]) -> Vec<Node<'t>> {
        let mut walk = node.walk();
        node.named_children(&mut walk).filter(|child| kinds.contains(&self.kind(*child))).collect()
    }

    /// The name of a variable, without its sign.
    fn variable(&self, node: Node<'_>) -> &'s str {
        self.to.text(node).trim_start_matches('$')
    }

    /// `echo a, b`, `print a`, `exit(1)`: what the language does itself, kept as a call.
    pub(super) fn language_call(&mut self, cursor: &mut TreeCursor<'_>, name: &str) -> Value {
        let id = self.to.open_call(cursor.node());
        if let Some(call) = self.to.call(id) {
            call.callee = name.into();
        }
        let saved = self.to.start_anew();
        self.to.at.argument_of = Some(id);
        self.to.goes_to = name.into();
        let mut arguments = Vec::new();
        self.listed(cursor, &mut arguments);
        self.to.at = saved;
        self.to.arguments(id, arguments);
        Value::Call(id)
    }

    /// The expressions of a list, which the grammar nests to the right.
    fn listed(&mut self, cursor: &mut TreeCursor<'_>, arguments: &mut Vec<Argument>) {
        let at = self.to.at;
        each(cursor, |cursor| {
            let node = cursor.node();
            if self.kind(node) == K::Comment {
                self.to.comment(node);
            } else if !self.is_operand(node) {
            } else if self.kind(node) == K::Sequence && self.to.enter() {
                self.listed(cursor, arguments);
                self.to.leave();
            } else {
                let value = self.expression(cursor);
                arguments.push(Argument { value, ..Argument::default() });
            }
            self.to.at = at;
        });
    }

    fn try_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let saved = self.to.at;
        let node = cursor.node();
        let has_handler = !self.children_of(node, &[K::Catch]).is_empty();
        let mut tried = Block::default();
        each(cursor, |cursor| {
            let child = cursor.node();
            match (self.field(cursor), self.kind(child)) {
                (F::Body, _) => {
                    self.to.at.in_try |= has_handler;
                    tried = self.block(cursor, lines(child));
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
            match self.field(cursor) {
                F::Type => {
                    let names = self.to.text(child).split('|').map(|name| name.trim().trim_start_matches('\\'));
                    types.extend(names.filter(|name| !matches!(*name, "" | "Throwable" | "Exception")).map(Into::into));
                }
                F::Body => handler = self.block(cursor, lines(child)),
                _ if self.kind(child) == K::Comment => self.to.comment(child),
                _ => {}
            }
        });
        let (function, in_loop) = (self.to.at.function, self.to.at.in_loop);
        self.to.file.catches.push(Catch { place, function, types, tried, handler, in_loop });
    }

    /// `const A = 1, B = 2;`, at the top level and in classes.
    fn constants(&mut self, cursor: &mut TreeCursor<'_>) {
        let prefix = if self.to.class.is_some() { "this." } else { "" };
        each(cursor, |cursor| {
            let node = cursor.node();
            if self.kind(node) != K::Constant {
                return;
            }
            let mut name = None;
            each(cursor, |cursor| {
                let child = cursor.node();
                if let Some(name) = name.filter(|_| self.is_operand(child)) {
                    let value = self.named_value(cursor, name);
                    let target = format!("{prefix}{}", self.to.text(name));
                    self.to.assign(&target, value, false, node);
                } else if self.kind(child) == K::Name {
                    name = Some(child);
                }
            });
        });
    }
}

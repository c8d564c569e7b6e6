//! Ruby: one walk over the tree, statements here, the rest beside.

mod assignment;
mod call;
mod class;
mod command;
mod condition;
mod expression;
mod function;
mod heredoc;
mod names;
mod rescue;
mod scope;
mod string;

use std::collections::HashMap;

use tree_sitter::{Node, Tree, TreeCursor};

use super::builder::Builder;
use super::front_end::FrontEnd;
use super::kinds::each;
use crate::probe::source::code::{Block, Value};
use crate::probe::source::facts::FileFacts;
use names::{F, K, Names, tables};
use scope::Scope;

/// The grammar.
pub(super) fn grammar() -> tree_sitter::Language {
    tree_sitter_ruby::LANGUAGE.into()
}

/// The facts of a parsed file.
pub(super) fn lower(tree: &Tree, source: &str) -> FileFacts {
    let mut walk = Walk {
        names: tables(),
        to: Builder::new(source),
        heredocs: heredoc::bodies(tree, source),
        scopes: vec![Scope::default()],
        last: Last::Dropped,
        values: Vec::new(),
        hidden: false,
    };
    let mut cursor = tree.walk();
    each(&mut cursor, |cursor| walk.statement(cursor));
    walk.to.finish()
}

/// What becomes of the value of the next statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing.
    Dropped,
    /// The function gives it back.
    Returned,
    /// The expression around has it.
    Taken,
}

struct Walk<'s, 't> {
    names: &'static Names,
    to: Builder<'s>,
    /// The texts of heredocs, by the node that announces them.
    heredocs: HashMap<usize, Node<'t>>,
    /// Names in reach, from the file's top level to the innermost block.
    scopes: Vec<Scope>,
    last: Last,
    /// Values that the statements of an expression have: the branches of an `if`.
    values: Vec<Value>,
    /// Methods that follow are private.
    hidden: bool,
}

impl<'s> FrontEnd<'s> for Walk<'s, '_> {
    const MISSING_IS_EMPTY: bool = true;

    fn to(&mut self) -> &mut Builder<'s> {
        &mut self.to
    }

    fn lower_expression(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        self.any_expression(cursor)
    }

    fn lower_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let node = cursor.node();
        let last = std::mem::replace(&mut self.last, Last::Dropped);
        match self.kind(node) {
            K::Comment => self.to.comment(node),
            K::Class | K::Module | K::SingletonClass => self.class(cursor),
            K::Method | K::SingletonMethod => {
                self.method(cursor);
            }
            K::If | K::Unless | K::Elsif | K::IfModifier | K::UnlessModifier => self.branch(node, last),
            K::While | K::Until | K::WhileModifier | K::UntilModifier => self.while_loop(node),
            K::For => self.for_loop(node),
            K::Case | K::CaseMatch => self.case(cursor, last),
            K::Begin | K::BodyStatement | K::DoBlock => self.rescued(cursor, last),
            K::Then | K::Do | K::Else | K::Ensure | K::BlockBody => self.statements(cursor, last),
            K::Parenthesized if last == Last::Dropped => self.statements(cursor, last),
            K::RescueModifier if last == Last::Dropped => {
                self.rescue_modifier(node);
            }
            K::Return => {
                let value = self.given(cursor, true);
                self.leave_function(value);
            }
            K::Next => {
                let value = self.given(cursor, true);
                if value != Value::Null {
                    self.to.gives_back(value);
                }
                self.to.continues();
            }
            K::Break => {
                self.given(cursor, false);
                self.to.leaves();
            }
            K::Redo | K::Retry => self.to.continues(),
            K::Alias | K::Undef | K::Empty | K::Uninterpreted | K::HeredocBody => {}
            K::Other => each(cursor, |cursor| self.statement(cursor)),
            _ => match last {
                Last::Dropped => self.dropped(cursor),
                Last::Returned => {
                    let value = self.returned(cursor);
                    self.to.gives_back(value);
                }
                Last::Taken => {
                    let at = self.to.at;
                    let value = self.expression(cursor);
                    self.to.at = at;
                    self.values.push(value);
                }
            },
        }
    }
}

impl Walk<'_, '_> {
    fn kind(&self, node: Node<'_>) -> K {
        self.names.kind(node, K::Other)
    }

    fn field(&self, cursor: &TreeCursor<'_>) -> F {
        self.names.field(cursor, F::Other)
    }

    /// The children of a block of statements, of which the last one has the block's value.
    fn statements(&mut self, cursor: &mut TreeCursor<'_>, last: Last) {
        let last_one = self.last_statement(cursor.node());
        each(cursor, |cursor| {
            let child = cursor.node();
            if child.is_named() {
                self.last = if Some(child.id()) == last_one { last } else { Last::Dropped };
                self.statement(cursor);
            }
        });
        self.last = Last::Dropped;
    }

    /// The last statement of a block, leaving out what handles its errors.
    fn last_statement(&self, block: Node<'_>) -> Option<usize> {
        let mut cursor = block.walk();
        let children = block.named_children(&mut cursor);
        let statements = children.filter(|child| {
            !child.is_extra() && !matches!(self.kind(*child), K::Rescue | K::Ensure | K::Else | K::HeredocBody)
        });
        statements.last().map(|child| child.id())
    }

    /// How many statements a block holds directly; a literal that stands alone does nothing.
    fn count(&self, block: Node<'_>) -> u32 {
        let mut cursor = block.walk();
        let children = block.named_children(&mut cursor);
        let counted = children.filter(|child| {
            let kind = self.kind(*child);
            !child.is_extra()
                && !matches!(
                    kind,
                    K::Rescue | K::Ensure | K::Else | K::HeredocBody | K::Empty | K::Nil | K::True | K::False
                )
        });
        u32::try_from(counted.count()).unwrap_or(u32::MAX)
    }

    /// A block of statements, summed up.
    fn summed(&mut self, cursor: &mut TreeCursor<'_>, lines: (u32, u32), last: Last) -> Block {
        let node = cursor.node();
        let count = match self.kind(node) {
            K::Then | K::Do | K::Else | K::Ensure | K::BlockBody | K::BodyStatement | K::Begin => self.count(node),
            _ => 1,
        };
        let block = self.to.open_block();
        self.last = last;
        self.statement(cursor);
        self.last = Last::Dropped;
        self.to.close_block(block, count, lines)
    }

    /// A statement whose value nobody takes.
    fn dropped(&mut self, cursor: &mut TreeCursor<'_>) {
        let saved = self.to.start_anew();
        self.to.at.discarded = true;
        self.expression(cursor);
        self.to.at = saved;
    }

    /// The value of `return x`, `next x`, `break x`.
    fn given(&mut self, cursor: &mut TreeCursor<'_>, returned: bool) -> Value {
        let mut values = Vec::new();
        each(cursor, |cursor| {
            if self.kind(cursor.node()) == K::ArgumentList {
                each(cursor, |cursor| {
                    if cursor.node().is_named() {
                        let saved = self.to.start_anew();
                        self.to.at.returned = returned;
                        values.push(self.expression(cursor));
                        self.to.at = saved;
                    }
                });
            }
        });
        match values.len() {
            0 => Value::Null,
            1 => values.pop().unwrap_or_default(),
            _ => Value::Array(values),
        }
    }

    /// Statements that stand where a value is wanted: `x = if a then b else c end`.
    fn value_of_statement(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let outer = std::mem::take(&mut self.values);
        self.last = Last::Taken;
        self.statement(cursor);
        self.last = Last::Dropped;
        let mut values = std::mem::replace(&mut self.values, outer);
        match values.len() {
            0 => Value::Null,
            1 => values.pop().unwrap_or_default(),
            _ => Value::Either(values),
        }
    }
}

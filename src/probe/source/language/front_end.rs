//! What the walks over all grammars do alike.

use std::ops::Range;

use tree_sitter::{Node, TreeCursor};

use super::super::code::{Block, Call, CallId, Comparison, LoopId, Part, Value};
use super::super::facts::Usage;
use super::builder::Builder;
use super::environment::asks_for_environment;
use super::kinds::each;

/// What an `if` tests, and the variables of the environment that are read there.
#[derive(Default)]
pub(super) struct Tested {
    pub condition: Value,
    pub reads: Range<usize>,
}

/// What stands in an access to a part of something.
#[derive(Clone, Copy)]
pub(super) enum MemberPart {
    /// What it is a part of.
    Object,
    /// Its name, or the index.
    Member,
    Other,
}

/// A walk over the tree of one grammar.
pub(super) trait FrontEnd<'s> {
    /// Whether a variable of the environment that is missing reads as an empty value, so that a later test can tell.
    const MISSING_IS_EMPTY: bool;
    /// The operator that puts strings together.
    const JOINS: &'static str = "+";

    /// Where its facts go.
    fn to(&mut self) -> &mut Builder<'s>;

    /// Reads the statement at the cursor; called through [`Self::statement`].
    fn lower_statement(&mut self, cursor: &mut TreeCursor<'_>);

    /// Reads the expression at the cursor; called through [`Self::expression`].
    fn lower_expression(&mut self, cursor: &mut TreeCursor<'_>) -> Value;

    /// Reads a statement, unless it is nested too deeply.
    fn statement(&mut self, cursor: &mut TreeCursor<'_>) {
        if self.to().enter() {
            self.lower_statement(cursor);
            self.to().leave();
        }
    }

    /// Reads an expression, unless it is nested too deeply.
    fn expression(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        if !self.to().enter() {
            return Value::Unknown;
        }
        let value = self.lower_expression(cursor);
        self.to().leave();
        value
    }

    /// Reads an expression for what is in it.
    fn value_of(&mut self, cursor: &mut TreeCursor<'_>) {
        if cursor.node().is_named() {
            let saved = self.to().start_anew();
            self.expression(cursor);
            self.to().at = saved;
        }
    }

    /// Reads an expression whose result is given back.
    fn returned(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let saved = self.to().start_anew();
        self.to().at.returned = true;
        let value = self.expression(cursor);
        self.to().at = saved;
        value
    }

    /// Reads what is called, and says so of the call in place `id`.
    fn callee(&mut self, cursor: &mut TreeCursor<'_>, id: CallId) -> Value {
        let saved = self.to().at;
        let at = &mut self.to().at;
        at.chained = Some(id);
        at.inner = true;
        (at.awaited, at.returned, at.discarded, at.managed, at.deferred) = (false, false, false, false, false);
        let callee = self.expression(cursor);
        self.to().at = saved;
        self.to().set_callee(id, &callee);
        callee
    }

    /// `object.name`; `part` tells which of them the cursor is on.
    fn member_access(&mut self, cursor: &mut TreeCursor<'_>, part: fn(&Self, &TreeCursor<'_>) -> MemberPart) -> Value {
        let node = cursor.node();
        let (mut object, mut name) = (Value::Unknown, "");
        each(cursor, |cursor| match part(self, cursor) {
            MemberPart::Object => {
                let at = self.to().at;
                self.to().at.inner = true;
                self.to().at.returned = false;
                object = self.expression(cursor);
                self.to().at = at;
            }
            MemberPart::Member => name = self.to().text(cursor.node()),
            MemberPart::Other => {}
        });
        let value = Builder::member(object, name);
        self.to().access(&value, false, node);
        value
    }

    /// `object[index]`; `part` tells which of them the cursor is on.
    fn element_access(&mut self, cursor: &mut TreeCursor<'_>, part: fn(&Self, &TreeCursor<'_>) -> MemberPart) -> Value {
        let node = cursor.node();
        let (mut object, mut index) = (Value::Unknown, Value::Unknown);
        let at = self.to().at;
        each(cursor, |cursor| {
            match part(self, cursor) {
                MemberPart::Object => {
                    self.to().at.inner = true;
                    object = self.expression(cursor);
                }
                MemberPart::Member => {
                    self.to().at.inner = false;
                    self.to().at.chained = None;
                    index = self.expression(cursor);
                }
                MemberPart::Other => {}
            }
            self.to().at = at;
        });
        let value = self.to().element(object, index, false, node);
        self.to().access(&value, false, node);
        value
    }

    /// The values of what stands in an expression, each read as if it stood alone.
    fn children(&mut self, cursor: &mut TreeCursor<'_>) -> Vec<Value> {
        let mut values = Vec::new();
        each(cursor, |cursor| {
            if is_code(cursor.node()) {
                let at = self.to().at;
                values.push(self.expression(cursor));
                self.to().at = at;
            }
        });
        values
    }

    /// The value of the last thing that stands in an expression.
    fn last_child(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let mut value = Value::Unknown;
        each(cursor, |cursor| {
            if is_code(cursor.node()) {
                value = self.expression(cursor);
            }
        });
        value
    }

    /// `a == b`, `a && b` and the like, in languages where `||` tells truth from falsehood and nothing else.
    fn operation(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let node = cursor.node();
        let operator = node.child_by_field_name("operator").map_or("", |operator| operator.kind());
        if operator == "+" {
            return self.concatenation(node);
        }
        let comparison = match operator {
            "==" => Some(Comparison::Equal),
            "!=" => Some(Comparison::NotEqual),
            "<" | ">" | "<=" | ">=" => Some(Comparison::Order),
            _ => None,
        };
        self.to().at.chained = None;
        self.to().at.tested |= comparison.is_some() || matches!(operator, "&&" | "||");
        if comparison.is_some() {
            self.to().at.usage = Usage::Compared;
        }
        match (operator, comparison, <[Value; 2]>::try_from(self.children(cursor))) {
            ("||", _, Ok(both)) => Value::Either(both.into()),
            ("&&", _, Ok(both)) => Value::All(both.into()),
            (_, Some(comparison), Ok([left, right])) => Value::Compared(comparison, Box::new((left, right))),
            (_, _, Ok(both)) => Value::Computed(both.into()),
            (_, _, Err(values)) => Value::Computed(values),
        }
    }

    /// `condition ? a : b`.
    fn conditional(&mut self, cursor: &mut TreeCursor<'_>) -> Value {
        let name = self.to().name.take();
        let goes_to = self.to().goes_to.clone();
        let saved = self.to().at;
        let mut dev = false;
        let mut values = Vec::new();
        each(cursor, |cursor| {
            self.to().goes_to.clone_from(&goes_to);
            match cursor.field_name() {
                Some("condition") => {
                    dev = asks_for_environment(self.to().text(cursor.node()));
                    self.to().start_anew();
                    self.to().at.tested = true;
                    self.expression(cursor);
                    self.to().at = saved;
                }
                Some("consequence" | "alternative") => {
                    self.to().at.dev_only |= dev;
                    self.to().at.usage = Usage::Alternative;
                    self.to().name.clone_from(&name);
                    values.push(self.expression(cursor));
                    self.to().at = saved;
                }
                _ => {}
            }
        });
        Value::Either(values)
    }

    /// Reads a block of statements and sums it up; a comment between `lines` is its comment.
    fn block(&mut self, cursor: &mut TreeCursor<'_>, lines: (u32, u32)) -> Block {
        let node = cursor.node();
        let block = self.to().open_block();
        self.statement(cursor);
        self.to().close_block(block, statements(node), lines)
    }

    /// `if`, with everything that follows.
    fn if_statement(&mut self, cursor: &mut TreeCursor<'_>) {
        let saved = self.to().at;
        let mut tested = Tested::default();
        let (mut then, mut otherwise) = (Block::default(), None);
        let test = cursor.node().child_by_field_name("condition").unwrap_or(cursor.node());
        let id = self.to().open_condition(test);
        each(cursor, |cursor| match cursor.field_name() {
            Some("condition") => tested = self.test_of(cursor),
            Some("consequence" | "body") => {
                then = self.block(cursor, lines(cursor.node()));
                self.settle(&tested, &then);
            }
            Some("alternative") => {
                let block = self.block(cursor, (0, 0));
                otherwise.get_or_insert(block);
            }
            _ => self.statement(cursor),
        });
        self.to().close_condition(id, tested.condition, then, otherwise);
        self.to().at = saved;
    }

    /// The test of an `if`. What follows runs in development only where it asks for that; the caller ends this.
    fn test_of(&mut self, cursor: &mut TreeCursor<'_>) -> Tested {
        let dev = asks_for_environment(self.to().text(cursor.node()));
        let at = self.to().start_anew();
        self.to().at.tested = true;
        let before = self.to().file.env_reads.len();
        let condition = self.expression(cursor);
        let reads = before..self.to().file.env_reads.len();
        self.to().at = at;
        self.to().at.dev_only |= dev;
        Tested { condition, reads }
    }

    /// Says what it means for the variables that were tested that `then` is done.
    fn settle(&mut self, tested: &Tested, then: &Block) {
        // What is missing ends the program here: it cannot go on without it.
        let ends = then.throws || self.to().file.calls_of(then).any(|(_, call)| gives_up(call));
        if ends {
            self.to().require(tested.reads.clone());
        }
        if ends || Self::MISSING_IS_EMPTY {
            self.to().tested(&tested.condition, ends);
        }
    }

    /// The body of a loop; the caller says where the walk stands after it.
    fn loop_body(&mut self, cursor: &mut TreeCursor<'_>, id: LoopId) {
        self.to().at.in_loop = Some(id);
        let block = self.block(cursor, (0, 0));
        if let Some(found) = self.to().loop_mut(id) {
            found.leaves = block.leaves;
            found.assignments = block.assignments;
        }
    }

    /// `a + b + c`, which nests to the left and may be long.
    fn concatenation(&mut self, node: Node<'_>) -> Value {
        let saved = self.to().at;
        self.to().at.in_join = true;
        self.to().at.chained = None;
        self.to().at.awaited = false;
        let at = self.to().at;
        let mut values = Vec::new();
        for operand in operands(node, Self::JOINS) {
            let value = self.expression(&mut operand.walk());
            self.to().at = at;
            values.push((self.to().text(operand), value));
        }
        self.to().at = saved;
        if !values.iter().any(|(_, value)| matches!(value, Value::Text(_) | Value::Template(_))) {
            return Value::Computed(values.into_iter().map(|(_, value)| value).collect());
        }
        let mut parts: Vec<Part> = Vec::new();
        for (text, value) in values {
            Builder::add_expression(&mut parts, text, value);
        }
        let value = Builder::string(parts);
        self.to().keep_string(&value, node);
        value
    }
}

/// Whether a node means something, and is no comment.
fn is_code(node: Node<'_>) -> bool {
    node.is_named() && (!node.is_extra() || node.is_error())
}

/// Whether a call ends the program and says that it failed.
fn gives_up(call: &Call) -> bool {
    if call.method().starts_with("Fatal") && call.root().to_ascii_lowercase().contains("log") {
        return true;
    }
    matches!(
        &*call.callee,
        "process.exit" | "sys.exit" | "exit" | "die" | "abort" | "Deno.exit" | "os.Exit" | "System.exit"
    ) && call.argument(0).is_some_and(|code| !code.is_empty_literal() || code.text().is_some())
}

/// What stands between the signs of `a + b + c`, in order.
fn operands<'t>(node: Node<'t>, sign: &str) -> Vec<Node<'t>> {
    let adds = |left: &Node<'t>| {
        left.kind() == node.kind() && left.child_by_field_name("operator").is_some_and(|found| found.kind() == sign)
    };
    let mut found = Vec::new();
    let mut current = Some(node);
    while let Some(sum) = current {
        found.extend(sum.child_by_field_name("right"));
        let left = sum.child_by_field_name("left");
        current = left.filter(adds);
        if current.is_none() {
            found.extend(left);
        }
    }
    found.reverse();
    found
}

/// Whether an operator makes the new value from the old one: `+=`, `-=`, but not `=`, `:=`, `??=`.
pub(super) fn arithmetic(operator: &str) -> bool {
    matches!(operator, "+=" | "-=" | "*=" | "/=" | "%=" | "**=" | "<<=" | ">>=" | "|=" | "&=" | "^=")
}

/// How many statements a block holds directly, comments left out.
pub(super) fn statements(block: Node<'_>) -> u32 {
    // The grammar of Go puts them into a list of their own.
    let block = block.named_child(0).filter(|child| child.kind() == "statement_list").unwrap_or(block);
    let mut cursor = block.walk();
    let count = block.named_children(&mut cursor).filter(|child| !child.is_extra()).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The first and last line of a node.
pub(super) fn lines(node: Node<'_>) -> (u32, u32) {
    let line = |row: usize| u32::try_from(row).unwrap_or(u32::MAX).saturating_add(1);
    (line(node.start_position().row), line(node.end_position().row))
}

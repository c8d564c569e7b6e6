//! What every front end needs to write facts: where the walk stands, and one method for each kind of fact.

use std::collections::HashSet;

use tree_sitter::Node;

use super::super::code::{
    Access, Argument, Assignment, Block, Call, CallId, Condition, Decorator, Finally, Function, FunctionId, Loop,
    LoopId, LoopKind, Place, Value,
};
use super::super::facts::{Binding, FileFacts, Import, PartlyRead, Usage};
use super::columns::Columns;
use crate::model::Span;

/// Deeper nesting than this is not followed. Code written by people stays below 60.
const MAX_DEPTH: usize = 300;
/// Where the walk stands. Copied when it goes into something and put back when it comes out.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct At {
    pub function: FunctionId,
    pub in_loop: Option<LoopId>,
    pub in_try: bool,
    pub dev_only: bool,
    pub argument_of: Option<CallId>,
    pub chained: Option<CallId>,
    pub awaited: bool,
    pub returned: bool,
    pub in_join: bool,
    pub tested: bool,
    /// The value is dropped.
    pub discarded: bool,
    /// The language closes the value.
    pub managed: bool,
    /// The expression runs when the function ends.
    pub deferred: bool,
    /// The expression is an inner link of a chain of names, or what is called.
    pub inner: bool,
    pub usage: Usage,
}

/// A block under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opened {
    calls: u32,
    assignments: u32,
    returns: usize,
    throws: u32,
    leaves: u32,
    continues: u32,
}

/// Facts under way.
pub(super) struct Builder<'s> {
    pub source: &'s str,
    pub file: FileFacts,
    pub at: At,
    /// The name that the next value gets, for functions.
    pub name: Option<Box<str>>,
    /// The same for literals: the name or the call that they go to.
    pub goes_to: Box<str>,
    pub class: Option<Box<str>>,
    depth: usize,
    returns: Vec<Vec<Value>>,
    throws: u32,
    leaves: u32,
    continues: u32,
    /// Counts of throws, early exits and further rounds of the functions around.
    outer: Vec<(u32, u32, u32)>,
    pub comments: Vec<(u32, u32, Box<str>)>,
    /// Names in functions whose values the program cannot go on without.
    pub required: HashSet<(FunctionId, Box<str>)>,
    columns: Columns,
}

pub(super) fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl<'s> Builder<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        let top = Function { exported: true, ..Function::default() };
        Self {
            source,
            file: FileFacts { functions: vec![top], ..FileFacts::default() },
            at: At::default(),
            name: None,
            goes_to: Box::default(),
            class: None,
            depth: 0,
            returns: vec![Vec::new()],
            throws: 0,
            leaves: 0,
            continues: 0,
            outer: Vec::new(),
            comments: Vec::new(),
            required: HashSet::new(),
            columns: Columns::new(source),
        }
    }

    /// Closes the file's top level.
    pub(super) fn finish(mut self) -> FileFacts {
        let block = Block {
            calls: (0, number(self.file.calls.len())),
            assignments: (0, number(self.file.assignments.len())),
            ..Block::default()
        };
        if let Some(top) = self.file.functions.first_mut() {
            top.body = block;
        }
        self.file
    }

    /// Goes one level deeper; `false` when that is too deep.
    pub(super) fn enter(&mut self) -> bool {
        if self.depth >= MAX_DEPTH {
            self.file.partly = Some(PartlyRead::Depth);
            return false;
        }
        self.depth += 1;
        true
    }

    /// Comes back from [`Self::enter`].
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// The text of `node`.
    pub(super) fn text(&self, node: Node<'_>) -> &'s str {
        self.source.get(node.byte_range()).unwrap_or("")
    }

    /// Where `node` stands.
    pub(super) fn place(&self, node: Node<'_>) -> Place {
        let (start, end) = (node.start_position(), node.end_position());
        let column = |byte: usize, in_line: usize| number(self.columns.before(self.source, byte, in_line)) + 1;
        Place {
            span: Span {
                line: number(start.row) + 1,
                column: column(node.start_byte(), start.column),
                end_line: number(end.row) + 1,
                end_column: column(node.end_byte(), end.column),
            },
            bytes: (number(node.start_byte()), number(node.end_byte())),
        }
    }

    /// Forgets what holds for the expression around; the caller puts back what is returned.
    pub(super) fn start_anew(&mut self) -> At {
        let saved = self.at;
        self.at = At {
            function: saved.function,
            in_loop: saved.in_loop,
            in_try: saved.in_try,
            dev_only: saved.dev_only,
            ..At::default()
        };
        self.name = None;
        self.goes_to = Box::default();
        saved
    }

    // Imports

    pub(super) fn import(&mut self, module: &str, node: Node<'_>) {
        let span = self.place(node).span;
        self.file.imports.push(Import { module: module.to_owned(), span, guarded: self.at.in_try });
    }

    pub(super) fn bind(&mut self, local: &str, module: &str, imported: &str) {
        self.file.bindings.push(Binding { local: local.into(), module: module.into(), imported: imported.into() });
    }

    // Calls

    /// Begins a call, so that it stands before what it is given.
    pub(super) fn open_call(&mut self, node: Node<'_>) -> CallId {
        let id = number(self.file.calls.len());
        let place = self.place(node);
        let at = self.at;
        self.file.calls.push(Call {
            place,
            function: at.function,
            in_loop: at.in_loop,
            argument_of: at.argument_of,
            chained: at.chained,
            awaited: at.awaited,
            returned: at.returned,
            in_try: at.in_try,
            dev_only: at.dev_only,
            tested: at.tested,
            discarded: at.discarded,
            managed: at.managed,
            deferred: at.deferred,
            ..Call::default()
        });
        id
    }

    pub(super) fn call(&mut self, id: CallId) -> Option<&mut Call> {
        self.file.calls.get_mut(id as usize)
    }

    /// The text of what `value` calls, and the call that it is made on.
    pub(super) fn callee(&self, value: &Value) -> (Box<str>, Option<CallId>) {
        match value {
            Value::Path(path) => (path.clone(), None),
            Value::Env(name) => (format!("env.{name}").into(), None),
            Value::Call(id) => {
                let inner = self.file.call(*id).map_or("", |call| &call.callee);
                (format!("{inner}()").into(), Some(*id))
            }
            Value::Member(pair) => {
                let (of, receiver) = self.callee(&pair.0);
                (format!("{of}.{}", pair.1).into(), receiver)
            }
            Value::Index(pair) => {
                let (of, receiver) = self.callee(&pair.0);
                (format!("{of}[]").into(), receiver)
            }
            Value::Text(_) | Value::Template(_) => ("\"\"".into(), None),
            Value::Function(_) => ("(function)".into(), None),
            Value::Either(values) => values.first().map_or_else(|| ("()".into(), None), |value| self.callee(value)),
            _ => ("()".into(), None),
        }
    }

    /// Says what the call in place `id` calls.
    pub(super) fn set_callee(&mut self, id: CallId, value: &Value) {
        let (text, receiver) = self.callee(value);
        if let Some(call) = self.call(id) {
            call.callee = text.into();
            call.receiver = receiver;
            call.on = Self::put_together(value);
        }
    }

    /// The value on which a method is called, where it is put together right there.
    fn put_together(callee: &Value) -> Value {
        match callee {
            Value::Member(pair) => match &pair.0 {
                on @ (Value::Template(_) | Value::Computed(_) | Value::Either(_)) => on.clone(),
                _ => Value::Unknown,
            },
            _ => Value::Unknown,
        }
    }

    /// A name on a value; stays a path as long as it is one.
    pub(super) fn member(value: Value, name: &str) -> Value {
        match value {
            Value::Path(path) => Value::Path(format!("{path}.{name}").into()),
            other => Value::Member(Box::new((other, name.into()))),
        }
    }

    // Functions and blocks

    pub(super) fn open_function(&mut self, node: Node<'_>, function: Function) -> FunctionId {
        let id = number(self.file.functions.len());
        let place = self.place(node);
        self.file.functions.push(Function {
            parent: Some(self.at.function),
            argument_of: self.at.argument_of,
            class: self.class.clone(),
            place,
            ..function
        });
        self.returns.push(Vec::new());
        self.outer.push((self.throws, self.leaves, self.continues));
        id
    }

    pub(super) fn close_function(&mut self, id: FunctionId, body: Block) {
        let returns = self.returns.pop().unwrap_or_default();
        // What a function does leaves the function and not the block around it.
        if let Some(outer) = self.outer.pop() {
            (self.throws, self.leaves, self.continues) = outer;
        }
        if let Some(function) = self.file.functions.get_mut(id as usize) {
            function.body = Block { returns, ..body };
        }
    }

    pub(super) fn function(&mut self, id: FunctionId) -> Option<&mut Function> {
        self.file.functions.get_mut(id as usize)
    }

    pub(super) fn returns(&mut self, value: Value) {
        self.returns_through(0, value);
    }

    /// The same in a language whose blocks return for the function around them: `blocks` stand between.
    pub(super) fn returns_through(&mut self, blocks: usize, value: Value) {
        let place = self.returns.len().saturating_sub(blocks + 1);
        if let Some(returns) = self.returns.get_mut(place) {
            returns.push(value);
        }
        self.leaves += 1;
    }

    /// What a function gives back at its end, where it does not leave early.
    pub(super) fn gives_back(&mut self, value: Value) {
        if let Some(returns) = self.returns.last_mut() {
            returns.push(value);
        }
    }

    pub(super) fn throws(&mut self) {
        self.throws += 1;
    }

    pub(super) fn leaves(&mut self) {
        self.leaves += 1;
    }

    pub(super) fn continues(&mut self) {
        self.continues += 1;
    }

    pub(super) fn open_block(&self) -> Opened {
        Opened {
            calls: number(self.file.calls.len()),
            assignments: number(self.file.assignments.len()),
            returns: self.returns.last().map_or(0, Vec::len),
            throws: self.throws,
            leaves: self.leaves,
            continues: self.continues,
        }
    }

    pub(super) fn close_block(&mut self, opened: Opened, statements: u32, lines: (u32, u32)) -> Block {
        let returned = self.returns.last().and_then(|all| all.get(opened.returns..)).unwrap_or_default();
        Block {
            calls: (opened.calls, number(self.file.calls.len())),
            assignments: (opened.assignments, number(self.file.assignments.len())),
            statements,
            comment: self
                .comments
                .iter()
                .rev()
                .take_while(|(_, to, _)| *to >= lines.0)
                .find(|(from, to, _)| lines.0 <= *from && *to <= lines.1)
                .map(|(_, _, text)| text.clone()),
            returns: returned.to_vec(),
            throws: self.throws > opened.throws,
            leaves: self.leaves > opened.leaves,
            continues: self.continues > opened.continues,
        }
    }

    // Loops

    pub(super) fn open_loop(
        &mut self,
        kind: LoopKind,
        over: Value,
        names: Vec<Box<str>>,
        head: &str,
        place: Place,
    ) -> LoopId {
        let id = number(self.file.loops.len());
        let head = head.chars().take(200).collect::<String>().into();
        let parent = self.at.in_loop;
        let function = self.at.function;
        self.file.loops.push(Loop { kind, over, names, head, parent, place, function, ..Loop::default() });
        id
    }

    pub(super) fn loop_mut(&mut self, id: LoopId) -> Option<&mut Loop> {
        self.file.loops.get_mut(id as usize)
    }

    /// Closes the loop whose body is a function that a call runs for every element.
    pub(super) fn close_callback(&mut self, id: LoopId, call: CallId, function: FunctionId) {
        let assignments = self.file.function(function).map_or((0, 0), |function| function.body.assignments);
        if let Some(found) = self.loop_mut(id) {
            found.call = Some(call);
            found.assignments = assignments;
        }
    }

    // Values

    pub(super) fn assign(&mut self, target: &str, value: Value, appends: bool, node: Node<'_>) {
        let place = self.place(node);
        let (function, dev_only) = (self.at.function, self.at.dev_only);
        let assignment =
            Assignment { target: target.into(), value, appends, function, place, dev_only, ..Assignment::default() };
        self.file.assignments.push(assignment);
    }

    /// The type that stands at the declaration of what was assigned to last.
    pub(super) fn annotate(&mut self, annotation: &str) {
        if let Some(last) = self.file.assignments.last_mut() {
            last.annotation = annotation.trim_start_matches([':', ' ']).chars().take(120).collect::<String>().into();
        }
    }

    /// What stands above a function or class, from the value of the expression there.
    pub(super) fn decorator(&self, value: &Value) -> Decorator {
        let (callee, _) = self.callee(value);
        let call = match value {
            Value::Call(id) => Some(*id),
            _ => None,
        };
        Decorator { name: callee.strip_suffix("()").unwrap_or(&callee).into(), call }
    }

    /// Keeps a read of a member, unless it is a link of a longer chain or what is called.
    pub(super) fn access(&mut self, value: &Value, optional: bool, node: Node<'_>) {
        if self.at.inner || !matches!(value, Value::Path(_) | Value::Member(_) | Value::Index(_)) {
            return;
        }
        let (path, receiver) = self.callee(value);
        let (function, tested, place) = (self.at.function, self.at.tested, self.place(node));
        self.file.accesses.push(Access { path, receiver, optional, tested, function, place });
    }

    /// Begins a test, so that it stands before those in it.
    pub(super) fn open_condition(&mut self, node: Node<'_>) -> usize {
        let condition = Condition { function: self.at.function, place: self.place(node), ..Condition::default() };
        self.file.conditions.push(condition);
        self.file.conditions.len() - 1
    }

    pub(super) fn close_condition(&mut self, id: usize, test: Value, then: Block, otherwise: Option<Block>) {
        if let Some(found) = self.file.conditions.get_mut(id) {
            (found.test, found.then, found.otherwise) = (test, then, otherwise);
        }
    }

    /// What is done in any case after `tried`.
    pub(super) fn finally(&mut self, tried: Block, cleanup: Block) {
        self.file.finals.push(Finally { tried, cleanup, function: self.at.function });
    }

    /// The argument list of a call that is a tagged template or has been read whole.
    pub(super) fn arguments(&mut self, id: CallId, arguments: Vec<Argument>) {
        if let Some(call) = self.call(id) {
            call.arguments = arguments;
        }
    }
}

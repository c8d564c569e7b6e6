//! The facts about what code does: functions, calls, values, loops and catch clauses.

mod callee;
mod circle;
mod lookup;
mod structure;
mod value;

use serde::{Deserialize, Serialize};

use crate::model::Span;

pub use callee::Callee;
pub use structure::{Access, Class, Comparison, Condition, Decorator, Element, Finally, Member, RawOutput};
pub use value::{Part, Value, joined};

/// Place of a function in [`FileFacts::functions`](super::facts::FileFacts::functions); 0 is the file's top level.
pub type FunctionId = u32;
/// Place of a call in [`FileFacts::calls`](super::facts::FileFacts::calls).
pub type CallId = u32;
/// Place of a loop in [`FileFacts::loops`](super::facts::FileFacts::loops).
pub type LoopId = u32;

/// What a function is for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FunctionKind {
    /// Nothing special.
    #[default]
    Plain,
    /// Answers requests.
    Handler,
    /// Draws a part of a page, or is a hook.
    Component,
    /// Runs after a component was drawn.
    Effect,
    /// Works off a queue or a schedule.
    Job,
}

/// One function. The first of a file stands for its top level.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Function {
    /// Its name, or the name that it is assigned to.
    pub name: Option<Box<str>>,
    /// The class around it.
    pub class: Option<Box<str>>,
    /// What it is for.
    pub kind: FunctionKind,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// The function around it.
    pub parent: Option<FunctionId>,
    /// The call that it is given to.
    pub argument_of: Option<CallId>,
    /// The loop in which its body runs, where it is called right where it stands.
    pub in_loop: Option<LoopId>,
    /// Declared asynchronous.
    pub is_async: bool,
    /// Other files can call it by its name.
    pub exported: bool,
    /// What stands above it.
    pub decorators: Vec<Decorator>,
    /// Whether its body opens with the directive `use server`.
    pub server_action: bool,
    /// Where.
    pub place: Place,
    /// What its body does; nested functions' calls included.
    pub body: Block,
}

/// A span with the bytes that it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Lines and columns.
    pub span: Span,
    /// Bytes, end exclusive.
    pub bytes: (u32, u32),
}

impl Default for Place {
    fn default() -> Self {
        Self { span: Span::line(1), bytes: (0, 0) }
    }
}

/// One parameter.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Parameter {
    /// The names that it binds, each with the path below the argument: `("id", "params.id")`; the path is empty for a
    /// plain name.
    pub names: Vec<(Box<str>, Box<str>)>,
    /// Its type as written, without the colon; empty if none.
    pub annotation: Box<str>,
    /// Its default.
    pub default: Option<Value>,
}

/// A stretch of statements, summed up.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Block {
    /// Calls in it, from the first to before the last.
    pub calls: (CallId, CallId),
    /// Assignments in it, likewise.
    pub assignments: (u32, u32),
    /// How many statements it holds directly.
    pub statements: u32,
    /// The comment in it, if any, without its marks.
    pub comment: Option<Box<str>>,
    /// What its own `return` statements give back.
    pub returns: Vec<Value>,
    /// Whether it throws or raises.
    pub throws: bool,
    /// Whether it leaves a loop or a function early.
    pub leaves: bool,
    /// Whether it goes on with the next round of a loop.
    pub continues: bool,
}

/// One call, `new` expression or tagged template.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Call {
    /// What is called, as text: `axios.get`, `db.prepare().all`. Optional chaining, awaits and brackets are left out.
    pub callee: Callee,
    /// Whether it is a `new` expression.
    pub constructs: bool,
    /// Whether it is a tagged template, whose interpolations the tag receives apart.
    pub tagged: bool,
    /// What it is given.
    pub arguments: Vec<Argument>,
    /// Where.
    pub place: Place,
    /// The function around it.
    pub function: FunctionId,
    /// The loop around it.
    pub in_loop: Option<LoopId>,
    /// The call that this is an argument of.
    pub argument_of: Option<CallId>,
    /// The call on whose result this one is made.
    pub receiver: Option<CallId>,
    /// What it is made on where that is put together right there: `(a + b).encode()`, `f"{a}".encode()`.
    pub on: Value,
    /// The call that is made on this one's result.
    pub chained: Option<CallId>,
    /// Its result is awaited.
    pub awaited: bool,
    /// Its result is returned.
    pub returned: bool,
    /// It stands in a `try` with a catch clause, in the same function.
    pub in_try: bool,
    /// It stands in a branch that is taken in development only.
    pub dev_only: bool,
    /// Its result is only tested, compared, or has something to fall back on.
    pub tested: bool,
    /// It stands as a statement of its own: nobody takes its result.
    pub discarded: bool,
    /// The language closes what it gives: `with`, `using`, try-with-resources, a block that it is given.
    pub managed: bool,
    /// It runs when the function around it ends: `defer`.
    pub deferred: bool,
}

impl Call {
    /// The last name of the callee: `get` of `axios.get`.
    #[must_use]
    pub fn method(&self) -> &str {
        self.callee.method()
    }

    /// The first name of the callee: `axios` of `axios.get`.
    #[must_use]
    pub fn root(&self) -> &str {
        root(&self.callee)
    }

    /// What the method is called on: `db.users` of `db.users.find`; empty for a plain function.
    #[must_use]
    pub fn object(&self) -> &str {
        self.callee.object()
    }

    /// The argument in place `place` that has no name.
    #[must_use]
    pub fn argument(&self, place: usize) -> Option<&Value> {
        self.arguments.iter().filter(|argument| argument.name.is_none()).nth(place).map(|argument| &argument.value)
    }

    /// The argument called `name`.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Value> {
        self.arguments.iter().find(|argument| argument.name.as_deref() == Some(name)).map(|argument| &argument.value)
    }

    /// Whether a list or dictionary of arguments is spread, so that what it is given cannot be known.
    #[must_use]
    pub fn spreads(&self) -> bool {
        self.arguments.iter().any(|argument| argument.spread)
    }
}

/// The first name of a path.
#[must_use]
pub fn root(path: &str) -> &str {
    let end = path.bytes().position(|byte| matches!(byte, b'.' | b'(' | b'[')).unwrap_or(path.len());
    path.get(..end).unwrap_or(path)
}

/// One argument of a call.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Argument {
    /// Its name, in languages that have them.
    pub name: Option<Box<str>>,
    /// Whether it stands for several: `...rest`, `*args`, `**kwargs`.
    pub spread: bool,
    /// What it is.
    pub value: Value,
}

/// A value that gets a name.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Assignment {
    /// The name or chain of names.
    pub target: Box<str>,
    /// What it becomes.
    pub value: Value,
    /// Its type as written where it is declared; empty if none.
    pub annotation: Box<str>,
    /// Whether it is added to what stood there (`+=`).
    pub appends: bool,
    /// Whether what it is made from leads back to it: `options = options || {}`.
    pub circular: bool,
    /// The function around it.
    pub function: FunctionId,
    /// Where.
    pub place: Place,
    /// It stands in a branch that is taken in development only.
    pub dev_only: bool,
}

/// What makes a loop go round.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoopKind {
    /// Once for every element of something.
    #[default]
    Each,
    /// Counting: `for (;;)`.
    Counting,
    /// As long as a condition holds.
    While,
    /// Over a stream whose elements come one by one: `for await`, `async for`.
    Stream,
    /// A callback that is called for every element: `items.map(…)`.
    Callback,
    /// A comprehension.
    Comprehension,
}

/// One loop.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Loop {
    /// What makes it go round.
    pub kind: LoopKind,
    /// What it runs over.
    pub over: Value,
    /// Names that change with every round.
    pub names: Vec<Box<str>>,
    /// The text of its head, without its body.
    pub head: Box<str>,
    /// The loop around it.
    pub parent: Option<LoopId>,
    /// Whether its body leaves it early.
    pub leaves: bool,
    /// The function around it.
    pub function: FunctionId,
    /// Assignments in its body, from the first to before the last.
    pub assignments: (u32, u32),
    /// The iterating call, for a callback.
    pub call: Option<CallId>,
    /// Where.
    pub place: Place,
}

/// One catch clause.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Catch {
    /// Where the clause stands.
    pub place: Place,
    /// The function around it.
    pub function: FunctionId,
    /// The types that it catches, as written; empty when it catches everything.
    pub types: Vec<Box<str>>,
    /// What is tried.
    pub tried: Block,
    /// What it does.
    pub handler: Block,
    /// The loop around it.
    pub in_loop: Option<LoopId>,
}

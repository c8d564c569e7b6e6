//! The facts about how code is put together: classes, tests, clean-ups, members that are read, elements of a page.

use serde::{Deserialize, Serialize};

use super::{Block, CallId, FunctionId, Place, Value};

/// What stands above a function or a class and says something about it: `@app.route("/")`, `#[Route("/")]`, `@Get()`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decorator {
    /// Its callee path: `app.route`.
    pub name: Box<str>,
    /// The call that it is, where it is given something.
    pub call: Option<CallId>,
}

impl Decorator {
    /// The last name of the path: `route` of `app.route`.
    #[must_use]
    pub fn method(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }
}

/// One class.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Class {
    /// Its name; `class` if it has none.
    pub name: Box<str>,
    /// What it extends, implements or takes in, as written, without type arguments.
    pub bases: Vec<Box<str>>,
    /// What stands above it.
    pub decorators: Vec<Decorator>,
    /// Its fields with their types as written: `("users", "UserRepository")`.
    pub fields: Vec<(Box<str>, Box<str>)>,
    /// Fields and methods with what stands above them, where something does.
    pub members: Vec<Member>,
    /// Where.
    pub place: Place,
}

/// A field of a class with what stands above it: `@Column({ name: "user_id" }) userId`.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Member {
    /// Its name.
    pub name: Box<str>,
    /// What stands above it.
    pub decorators: Vec<Decorator>,
}

/// A test that decides what is done: `if`, `elif`, `unless`.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Condition {
    /// What is tested; the condition of an `unless` stands in a [`Value::Not`].
    pub test: Value,
    /// What is done when it holds.
    pub then: Block,
    /// What is done when it does not; `None`: nothing is written for that.
    pub otherwise: Option<Block>,
    /// The function around it.
    pub function: FunctionId,
    /// Where the test stands.
    pub place: Place,
}

/// What is done at the end in any case: `finally`, `ensure`.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Finally {
    /// What goes before.
    pub tried: Block,
    /// What is done then.
    pub cleanup: Block,
    /// The function around it.
    pub function: FunctionId,
}

/// A read of a member that is neither called nor assigned to: `order.items.length`. One entry for a whole chain.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Access {
    /// The chain as text, as in [`Call::callee`](super::Call::callee): `order.items.length`, `response.json().name`.
    pub path: Box<str>,
    /// The call on whose result the chain stands.
    pub receiver: Option<CallId>,
    /// Some link of it gives way where there is nothing: `?.`, `&.`.
    pub optional: bool,
    /// It is only tested or compared, or has something to fall back on.
    pub tested: bool,
    /// The function around it.
    pub function: FunctionId,
    /// Where.
    pub place: Place,
}

/// An element of a page, written in code: `<Form action={save}>`.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Element {
    /// Its name as written.
    pub name: Box<str>,
    /// Its attributes; a spread stands under the name `...`, an attribute without a value is `true`.
    pub attributes: Vec<(Box<str>, Value)>,
    /// The function around it.
    pub function: FunctionId,
    /// Where its opening tag stands.
    pub place: Place,
}

impl Element {
    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Value> {
        self.attributes.iter().find(|(key, _)| **key == *name).map(|(_, value)| value)
    }
}

/// Something that a template writes into a page as it is, without escaping it.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct RawOutput {
    /// How: `v-html`, `{@html}`, `|safe`, `{!! !!}`, `<%==`.
    pub form: Box<str>,
    /// What.
    pub value: Value,
    /// The expression as written.
    pub text: Box<str>,
    /// The function around it; 0 in a template.
    pub function: FunctionId,
    /// Where.
    pub place: Place,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// `==`, `===`, `is`, `equals`.
    Equal,
    /// `!=`, `!==`, `is not`.
    NotEqual,
    /// `<`, `<=`, `>`, `>=`.
    Order,
    /// `in`, `instanceof`.
    In,
    /// `not in`.
    NotIn,
}

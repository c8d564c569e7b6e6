//! What a source file says, free of any grammar. Front ends write facts; rules and other probes read them.

use serde::{Deserialize, Serialize};

pub use super::derived_sql::LibraryCalls;
use super::index::{Files, Links};
use super::placeholder::Placeholder;
use super::plain_files::PlainFile;
use super::start_command::StartCommand;
use super::test_text::Tests;
use crate::model::{Gap, Span};

pub use super::code::{
    Access, Argument, Assignment, Block, Call, CallId, Catch, Class, Condition, Element, Finally, Function, FunctionId,
    FunctionKind, Loop, LoopId, LoopKind, Parameter, Part, RawOutput, Value,
};

/// Why code that a program wrote has no facts: the reason of its [`Gap`].
pub const GENERATED_CODE: &str = "generated code";

/// The whole project's facts.
#[derive(Debug, Default)]
pub struct CodeIndex {
    /// Every file that a front end could read, sorted by path.
    pub files: Files,
    /// What could not be read, with reasons.
    pub gaps: Vec<Gap>,
    /// Languages present that no front end covers, with their file counts: `("PHP", 320)`.
    pub uncovered: Vec<(String, u64)>,
    /// Files of a covered language that were not read at all, counted by language.
    pub unread: Vec<(Language, u64)>,
    /// How many files had to be parsed, because they were new or had changed.
    pub parsed: usize,
    /// What production is started with.
    pub start_commands: Vec<StartCommand>,
    /// Files that are no code and say how the app is run or what its database holds.
    pub plain: Vec<PlainFile>,
    /// Calls of libraries that write SQL by themselves, and how many of them were turned into SQL.
    pub library_calls: Vec<LibraryCalls>,
    /// Answers to questions across files.
    pub links: Links,
}

/// One file's facts.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct FileFacts {
    /// Relative path with `/`.
    pub path: String,
    /// What the file is for.
    pub role: Role,
    /// Environment variables that it reads.
    pub env_reads: Vec<EnvRead>,
    /// SQL that it sends.
    pub queries: Vec<SqlText>,
    /// What it imports.
    pub imports: Vec<Import>,
    /// Its language.
    pub language: Language,
    /// How many lines it has.
    pub lines: u32,
    /// Set when only a part of the file was understood.
    pub partly: Option<PartlyRead>,
    /// Defaults that stand beside reads of the environment.
    pub env_fallbacks: Vec<EnvFallback>,
    /// Functions that read the variable whose name they are given.
    pub env_readers: Vec<EnvReader>,
    /// Names that its imports bind, and what it passes on to its own importers.
    pub bindings: Vec<Binding>,
    /// Its functions; the first is the file's own top level.
    pub functions: Vec<Function>,
    /// Its calls, in the order in which they begin.
    pub calls: Vec<Call>,
    /// Its assignments, in order.
    pub assignments: Vec<Assignment>,
    /// Places of the assignments, sorted by what they assign to, each with the first bytes of that as a number.
    pub by_target: Vec<(u64, u32)>,
    /// Its loops, iterating callbacks included.
    pub loops: Vec<Loop>,
    /// Its catch clauses.
    pub catches: Vec<Catch>,
    /// Its classes.
    pub classes: Vec<Class>,
    /// Its tests, in the order in which they begin.
    pub conditions: Vec<Condition>,
    /// What it does in any case after something was tried.
    pub finals: Vec<Finally>,
    /// Members that it reads.
    pub accesses: Vec<Access>,
    /// Elements of pages that it writes.
    pub elements: Vec<Element>,
    /// What it writes into pages without escaping it.
    pub raw_outputs: Vec<RawOutput>,
    /// Literals that hold an address.
    pub endpoints: Vec<Endpoint>,
    /// Texts that stand in for something.
    pub placeholders: Vec<Placeholder>,
    /// What it checks, if it is a test.
    pub tests: Tests,
    /// Comments that allow a rule with a reason.
    pub suppressions: Vec<Suppression>,
    /// Lines of comments that allow a rule and give no reason.
    pub suppressions_without_reason: Vec<u32>,
    /// Lines of code above which a comment says that it is deprecated.
    pub deprecated: Vec<u32>,
    /// Whether the file holds JSX.
    pub jsx: bool,
    /// Its directives: `use client`, `use server`.
    pub directives: Vec<Box<str>>,
}

/// A language with a front end.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Language {
    /// JavaScript, JSX included.
    #[default]
    JavaScript,
    /// TypeScript.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
    /// Python.
    Python,
    /// PHP.
    Php,
    /// Go.
    Go,
    /// Ruby.
    Ruby,
    /// Java.
    Java,
    /// A page with places that a program fills in: Jinja, Blade, ERB, EJS, Handlebars.
    Template,
}

impl Language {
    /// For people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::JavaScript => "JavaScript",
            Self::TypeScript => "TypeScript",
            Self::Tsx => "TSX",
            Self::Python => "Python",
            Self::Php => "PHP",
            Self::Go => "Go",
            Self::Ruby => "Ruby",
            Self::Java => "Java",
            Self::Template => "templates",
        }
    }

    /// Whether it is a programming language, and not a page with places to fill in.
    #[must_use]
    pub const fn is_code(self) -> bool {
        !matches!(self, Self::Template)
    }

    /// Whether it runs on the JavaScript platform.
    #[must_use]
    pub const fn is_ecma(self) -> bool {
        matches!(self, Self::JavaScript | Self::TypeScript | Self::Tsx)
    }
}

/// Why a file was understood only in part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PartlyRead {
    /// The grammar met something that it does not know.
    Syntax,
    /// Deeper nesting than is followed.
    Depth,
}

impl PartlyRead {
    /// For people.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Syntax => "partly read: syntax that the grammar does not know",
            Self::Depth => "partly read: nested too deeply",
        }
    }
}

/// What a file is for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// Runs in production on a server, as far as we can tell.
    #[default]
    Server,
    /// Runs in the browser.
    Client,
    /// A test or its support.
    Test,
    /// A developer's script, seed or tool.
    Script,
    /// A schema migration.
    Migration,
    /// Configuration of a tool.
    Config,
    /// Written by a program.
    Generated,
}

impl Role {
    /// Whether users meet this code.
    #[must_use]
    pub const fn in_production(self) -> bool {
        matches!(self, Self::Server | Self::Client)
    }
}

/// One read of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvRead {
    /// The variable.
    pub name: String,
    /// Where.
    pub span: Span,
    /// Whether the code goes on without it: a default stands beside the read, or it is only tested for.
    pub optional: bool,
    /// It stands in a branch that is taken in development only.
    pub dev_only: bool,
}

/// A function that reads the variable whose name it is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvReader {
    /// The function.
    pub function: FunctionId,
    /// The place of the parameter that gets the name.
    pub parameter: usize,
    /// Whether it goes on when the variable is missing.
    pub optional: bool,
}

/// One SQL statement in the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlText {
    /// The text as written; every interpolation stands as `${…}` with its expression.
    pub sql: String,
    /// Where the literal stands.
    pub span: Span,
    /// The call that sends it, where the text was worked out from a model: `prisma.order.findMany`.
    #[serde(default)]
    pub sent_by: Option<Box<str>>,
}

/// One import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// As written: `express`, `./db`, `django.db`.
    pub module: String,
    /// Where.
    pub span: Span,
    /// The code goes on where it fails: it stands in a `try`.
    pub guarded: bool,
}

/// A default beside a read of the environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnvFallback {
    /// The variable.
    pub name: Box<str>,
    /// The default.
    pub value: Value,
    /// Where the whole expression stands.
    pub span: Span,
    /// Bytes of the whole expression.
    pub bytes: (u32, u32),
    /// The function around it.
    pub function: FunctionId,
    /// It stands in a branch that is taken in development only.
    pub dev_only: bool,
}

/// One name that an import binds, or one name that the file passes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The name in this file; `*` when everything is taken over.
    pub local: Box<str>,
    /// The module as written.
    pub module: Box<str>,
    /// What is taken from it: a name, `default`, or `*` for the module itself.
    pub imported: Box<str>,
}

/// A literal that holds an address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The literal as far as it is fixed; an interpolation stands as `${…}`.
    pub text: Box<str>,
    /// Where.
    pub span: Span,
    /// Bytes of the literal.
    pub bytes: (u32, u32),
    /// What is done with it.
    pub usage: Usage,
    /// The name it goes to, or the call that it is given to.
    pub name: Box<str>,
    /// It stands in a branch that is taken in development only.
    pub dev_only: bool,
}

/// What is done with a literal.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Usage {
    /// Nothing that is known.
    #[default]
    Other,
    /// Given to a call.
    Argument(CallId),
    /// Assigned to a name or a property.
    Named,
    /// One of several alternatives, or the default of something.
    Alternative,
    /// Compared with something.
    Compared,
    /// One of a list.
    Listed,
}

/// A comment that allows a rule with a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// The rule.
    pub rule: Box<str>,
    /// Why.
    pub reason: Box<str>,
    /// The line that it speaks of.
    pub line: u32,
}

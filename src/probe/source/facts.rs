//! What a source file says, free of any grammar. Front ends write facts; rules and other probes read them.

use std::sync::Arc;

use crate::model::{Gap, Span};

/// The whole project's facts.
#[derive(Debug, Default)]
pub struct CodeIndex {
    /// Every file that a front end could read, sorted by path.
    pub files: Vec<Arc<FileFacts>>,
    /// What could not be read, with reasons.
    pub gaps: Vec<Gap>,
    /// Languages present that no front end covers, with their file counts: `("PHP", 320)`.
    pub uncovered: Vec<(String, u64)>,
}

/// One file's facts.
#[derive(Debug, Default)]
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
}

/// What a file is for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
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

/// One read of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvRead {
    /// The variable.
    pub name: String,
    /// Where.
    pub span: Span,
    /// Whether the code goes on without it: a default stands beside the read, or it is only tested for.
    pub optional: bool,
}

/// One SQL statement in the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlText {
    /// The text as written; every interpolation stands as `${…}` with its expression.
    pub sql: String,
    /// Where the literal stands.
    pub span: Span,
}

/// One import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// As written: `express`, `./db`, `django.db`.
    pub module: String,
    /// Where.
    pub span: Span,
}

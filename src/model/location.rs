//! Where something was seen.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A stretch of a text file. Lines and columns start at 1; columns count characters; the end is inclusive of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First line, from 1.
    pub line: u32,
    /// First column, from 1.
    pub column: u32,
    /// Last line, from 1.
    pub end_line: u32,
    /// Column after the last character, from 1.
    pub end_column: u32,
}

impl Span {
    /// The first column of one line, for where nothing nearer is known.
    #[must_use]
    pub const fn line(line: u32) -> Self {
        Self { line, column: 1, end_line: line, end_column: 1 }
    }
}

/// Where a finding or a proof points. Paths are relative to the project and use `/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Location {
    /// A place in a file of the project.
    File {
        /// Relative path with `/`.
        path: String,
        /// The stretch, where one is known.
        span: Option<Span>,
    },
    /// A package that a manifest or lock file names.
    Package {
        /// Relative path of the lock file or manifest.
        manifest: String,
        /// Line of the package in the manifest, where known.
        line: Option<u32>,
        /// The package.
        name: String,
        /// Its version as locked.
        version: String,
    },
    /// A query, and the line of code that sends it where that is known.
    Query {
        /// The SQL, escaped and shortened for reading.
        sql: String,
        /// Relative path of the code that sends it.
        path: Option<String>,
        /// The stretch in that file.
        span: Option<Span>,
    },
    /// An address that was looked at.
    Url {
        /// The URL without credentials.
        url: String,
    },
    /// The project as a whole.
    Project,
}

impl Location {
    /// The project file that this points into, if any.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::File { path, .. } => Some(path),
            Self::Package { manifest, .. } => Some(manifest),
            Self::Query { path, .. } => path.as_deref(),
            Self::Url { .. } | Self::Project => None,
        }
    }

    /// The first line that this points at, if any.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        match self {
            Self::File { span, .. } | Self::Query { span, .. } => span.map(|s| s.line),
            Self::Package { line, .. } => *line,
            Self::Url { .. } | Self::Project => None,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Package { name, version, manifest, .. } => write!(f, "{name} {version} ({manifest})"),
            Self::Url { url } => f.write_str(url),
            Self::Project => f.write_str("the project"),
            Self::Query { path: None, sql, .. } => f.write_str(sql),
            Self::File { .. } | Self::Query { .. } => {
                f.write_str(self.path().unwrap_or_default())?;
                match self.line() {
                    Some(line) => write!(f, ":{line}"),
                    None => Ok(()),
                }
            }
        }
    }
}

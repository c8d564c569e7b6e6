//! The project under examination, as far as its manifests tell.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{ProbeId, Secret};

/// What `project::open` found.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder, absolute.
    pub root: PathBuf,
    /// For people: the manifest's name, else the folder's.
    pub name: String,
    /// The commit checked out, as 40 hexadecimal digits, where the folder is a git work tree.
    pub commit: Option<String>,
    /// Frameworks, databases and languages recognised, in lower case: `next.js`, `prisma`, `postgresql`.
    pub stack: Vec<String>,
    /// What the project is and has, as checklists name it in `applies_when`: `database`, `web`, `server` …
    pub traits: BTreeSet<String>,
    /// Whether any manifest was understood. If not, every checklist item applies: we cannot say otherwise.
    pub recognised: bool,
    /// Databases and URLs that the project names, for the user to allow.
    pub offers: Vec<Offer>,
}

/// Something that could be examined if the user says yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The probe that would examine it.
    pub probe: ProbeId,
    /// What it would be pointed at.
    pub target: OfferTarget,
    /// For people: `DATABASE_URL in .env`.
    pub found_in: String,
    /// For people, without secrets: `postgres on localhost`.
    pub shown: String,
}

/// What an offer points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfferTarget {
    /// A database's connection string.
    Database(Secret),
    /// A deployed address.
    Url(String),
}

//! What people say about items, and the log of it that undo walks.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::ItemId;

/// A person's answer to an item's question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// The item's statement is true.
    Yes,
    /// It is not.
    No,
    /// The item does not concern this project.
    NotApplicable,
}

impl Reply {
    /// For people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::NotApplicable => "not applicable",
        }
    }
}

/// A reply and when it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The reply.
    pub reply: Reply,
    /// When.
    pub at: Timestamp,
}

/// A risk that somebody takes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// Who answers for it.
    pub owner: String,
    /// Why it is acceptable.
    pub reason: String,
    /// The last day on which it holds; then the item is judged again.
    pub until: Option<Date>,
    /// When it was accepted.
    pub at: Timestamp,
}

/// Everything that people have said about one item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The answer in force.
    pub answer: Option<Answer>,
    /// A free note.
    pub note: Option<String>,
    /// The acceptance in force.
    pub acceptance: Option<Acceptance>,
}

/// One of the three things that can be said, with its value; `None` clears it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "field", content = "value", rename_all = "kebab-case")]
pub enum Field {
    /// The answer.
    Answer(Option<Answer>),
    /// The note.
    Note(Option<String>),
    /// The acceptance.
    Acceptance(Option<Acceptance>),
}

impl Field {
    /// Whether both say the same, whenever they said it.
    #[must_use]
    pub fn same_saying(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Answer(Some(a)), Self::Answer(Some(b))) => a.reply == b.reply,
            _ => self == other,
        }
    }

    /// Puts this value into `entry` and returns the value that stood there.
    pub fn apply(self, entry: &mut Entry) -> Self {
        match self {
            Self::Answer(new) => Self::Answer(std::mem::replace(&mut entry.answer, new)),
            Self::Note(new) => Self::Note(std::mem::replace(&mut entry.note, new)),
            Self::Acceptance(new) => Self::Acceptance(std::mem::replace(&mut entry.acceptance, new)),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(Some(answer)) => write!(f, "answered {}", answer.reply.word()),
            Self::Answer(None) => f.write_str("answer cleared"),
            Self::Note(Some(_)) => f.write_str("note written"),
            Self::Note(None) => f.write_str("note cleared"),
            Self::Acceptance(Some(acceptance)) => write!(f, "risk accepted by {}", acceptance.owner),
            Self::Acceptance(None) => f.write_str("acceptance withdrawn"),
        }
    }
}

/// Why a change was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "of", rename_all = "kebab-case")]
pub enum ChangeKind {
    /// A person said something new.
    Edit,
    /// It takes back the change with this id.
    Undo(String),
    /// It repeats the change with this id, which had been undone.
    Redo(String),
}

/// One row of the history. The log is only ever appended to; what holds is the sum of its rows in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Unique over all instances: `<instance>-<number>`.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// About which item.
    pub item: ItemId,
    /// Edit, undo or redo.
    pub kind: ChangeKind,
    /// What stood there.
    pub before: Field,
    /// What stands there now.
    pub after: Field,
}

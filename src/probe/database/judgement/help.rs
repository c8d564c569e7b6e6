//! What is known of indexes that could help a query.

use super::wording::grouped_cost;
use crate::model::IndexProof;
use crate::probe::database::lexer::Dialect;
use crate::probe::database::proposals::candidate::Candidate;

/// What is known of indexes that could help a query.
#[derive(Debug, Clone, PartialEq)]
pub enum Help {
    /// These do.
    Proven {
        /// The indexes.
        indexes: Vec<Candidate>,
        /// How it was found out.
        proof: IndexProof,
        /// The planner's cost without.
        before: f64,
        /// The planner's cost with all of them.
        after: f64,
    },
    /// So many were tried, and none does.
    NoneHelps(usize),
    /// Nothing could be tried.
    NotTried,
}

impl Help {
    /// Whether indexes were tried, and none of them helps.
    #[must_use]
    pub const fn none_helps(&self) -> bool {
        matches!(self, Self::NoneHelps(tried) if *tried > 0)
    }

    /// What to do, with what it brings; `None` where nothing was proven.
    #[must_use]
    pub fn words(&self, dialect: Dialect) -> Option<String> {
        let Self::Proven { indexes, proof, before, after } = self else { return None };
        let statements: Vec<String> =
            indexes.iter().map(|index| format!("`{};`", index.statement(dialect, true))).collect();
        let which = if statements.len() == 1 { "the index" } else { "the indexes" };
        Some(format!(
            "Create {which} {}: cost {} becomes {} ({}).",
            statements.join(" and "),
            grouped_cost(*before),
            grouped_cost(*after),
            proof.words()
        ))
    }
}

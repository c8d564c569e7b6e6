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
    /// Nothing could be tried; these follow from the query.
    Reasoned(Vec<Candidate>),
    /// The query is well served as it is.
    NotNeeded,
    /// Nothing was tried: that was not possible, or there was no time.
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
        /// One for each of many tables that inherit from another would fill the screen.
        const MOST: usize = 5;
        let Self::Proven { indexes, proof, before, after } = self else { return None };
        let mut statements: Vec<String> =
            indexes.iter().take(MOST).map(|index| format!("`{};`", index.statement(dialect, true))).collect();
        if indexes.len() > MOST {
            statements.push(format!("{} more that are listed with the proposals", indexes.len() - MOST));
        }
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

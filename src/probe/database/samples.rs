//! Values to try for parameters when a plan without values reads a whole table.

use std::collections::{BTreeMap, BTreeSet};

use super::conditions::{Against, Asks};
use super::judgement::cause;
use super::lexer::{self, Dialect, Kind};
use super::plan::Scan;
use super::statement::Shape;

/// What is said of a query for which an index serves some patterns and not others.
pub const DEPENDS_ON_PATTERN: &str =
    "match a pattern that only the running program knows: an index serves it unless it begins with %";

/// What is said of a query for which only a partial index serves, and so only for some values.
pub const DEPENDS_ON_VALUE: &str =
    "look for a value that only the running program knows: an index serves some values and not the others";

impl Sample {
    /// What the answer depends on, if this sample is what made it good.
    #[must_use]
    pub const fn depends(&self) -> &'static str {
        if self.pattern { DEPENDS_ON_PATTERN } else { DEPENDS_ON_VALUE }
    }
}

/// Values for some parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// By parameter, from 0.
    pub values: BTreeMap<usize, String>,
    /// They are patterns, so what they show holds only for patterns of their kind.
    pub pattern: bool,
}

/// Values for parameters that could let an index be used: what the conditions of partial indexes name, and a pattern
/// with a known beginning. They come from the schema, never from the users' rows.
#[must_use]
pub fn of(shape: &Shape, scans: &[Scan], dialect: Dialect) -> Vec<Sample> {
    let mut samples = Vec::new();
    for scan in scans {
        let mut by_column: Vec<(String, usize, bool)> = Vec::new();
        for (scope, relation) in shape.scopes_of(&scan.alias, &scan.table.name) {
            for condition in cause::conditions_on(scope, relation, &scan.table) {
                if let Against::Parameter(parameter) = condition.against {
                    by_column.push((condition.column.name.to_lowercase(), parameter, condition.asks == Asks::Pattern));
                }
            }
        }
        let patterns: BTreeMap<usize, String> =
            by_column.iter().filter(|(_, _, pattern)| *pattern).map(|(_, n, _)| (*n, "a%".to_owned())).collect();
        if !patterns.is_empty() {
            samples.push(Sample { values: patterns, pattern: true });
        }
        for predicate in scan.table.indexes.iter().filter_map(|index| index.predicate.as_deref()).take(5) {
            let (columns, literals) = words_and_literals(predicate, dialect);
            for literal in literals.iter().take(6) {
                let values: BTreeMap<usize, String> = by_column
                    .iter()
                    .filter(|(column, _, pattern)| !pattern && columns.contains(column))
                    .map(|(_, parameter, _)| (*parameter, literal.clone()))
                    .collect();
                if !values.is_empty() {
                    samples.push(Sample { values, pattern: false });
                }
            }
        }
    }
    samples
}

/// The names and the literals in an index's condition. A condition without literals is about a boolean column.
fn words_and_literals(predicate: &str, dialect: Dialect) -> (BTreeSet<String>, Vec<String>) {
    let mut words = BTreeSet::new();
    let mut literals = Vec::new();
    for token in lexer::tokens(predicate, dialect).unwrap_or_default() {
        match token.kind {
            Kind::Word => drop(words.insert(token.text.to_lowercase())),
            Kind::Name => drop(words.insert(token.text.trim_matches('"').to_lowercase())),
            Kind::Text => literals.push(token.text.trim_matches('\'').replace("''", "'")),
            Kind::Number => literals.push(token.text.to_owned()),
            _ => {}
        }
    }
    if literals.is_empty() {
        literals = vec!["true".to_owned(), "false".to_owned()];
    }
    (words, literals)
}

//! What looking at a query's plan gives, whatever the database.

use std::collections::BTreeMap;

use super::catalog::Table;
use super::placeholders::Prepared;
use super::statement::Shape;
use crate::model::{CostPoint, IndexProof, PlanNode};

/// More of a plan does not help a reader.
const MOST_LINES: usize = 40;

/// A query whose plan was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The tables that it reads from end to end.
    pub scans: Vec<Scan>,
    /// The tables that it reads from end to end although an index could serve: its conditions pick so many of the rows
    /// that the planner rather reads all.
    pub chosen: Vec<Scan>,
    /// The plan that it is judged by: at the size that `--rows` asks for.
    pub plan: PlanNode,
    /// What that plan costs at worst: with what a LIMIT may not spare it after all.
    pub cost: Option<f64>,
    /// The plan at the tables' present size, where it differs.
    pub plan_now: Option<PlanNode>,
    /// What it costs at several sizes, ascending; empty where the engine cannot tell.
    pub points: Vec<CostPoint>,
    /// Literals for some parameters (from 0), where it was planned with samples of them.
    pub values: BTreeMap<usize, String>,
    /// The value of a parameter decides, and no value is known: what depends on it, as a phrase.
    pub depends: Option<&'static str>,
}

impl Judged {
    /// With nothing but the plan that it is judged by.
    #[must_use]
    pub fn new(scans: Vec<Scan>, plan: PlanNode) -> Self {
        Self {
            scans,
            chosen: Vec::new(),
            cost: plan.cost,
            plan,
            plan_now: None,
            points: Vec::new(),
            values: BTreeMap::new(),
            depends: None,
        }
    }

    /// Becomes `other` if that reads fewer tables whole.
    pub fn take_if_better(&mut self, other: Self) -> bool {
        // Of two that read as many, the one that drops rows after reading shows the condition that lacks an index.
        let weight = |judged: &Self| (judged.scans.len(), judged.scans.iter().filter(|scan| !scan.filtered).count());
        let better = weight(&other) < weight(self);
        if better {
            *self = Self { depends: self.depends, ..other };
        }
        better
    }
}

/// A query as it was judged, to be planned again.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Its text with numbered placeholders.
    pub prepared: &'a Prepared,
    /// What it reads.
    pub shape: &'a Shape,
    /// [`Judged::values`].
    pub values: &'a BTreeMap<usize, String>,
}

/// A table that is read from end to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// The table; the whole one if it is partitioned.
    pub table: Table,
    /// The name under which the plan reads it.
    pub alias: String,
    /// Whether the plan drops rows after it has read them.
    pub filtered: bool,
}

/// What an engine found out about indexes that do not exist.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// How it was found out.
    pub proof: IndexProof,
    /// The planner's cost of the query without them, at the size that is judged.
    pub before: f64,
    /// The same with them.
    pub after: f64,
    /// Places of those that the plan uses, in what was given.
    pub used: Vec<usize>,
}

/// A query whose plan could not be read, with the reason as a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unexamined(pub String);

impl Unexamined {
    /// With this reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// The plan as an indented text.
#[must_use]
pub fn text(plan: &PlanNode) -> String {
    let mut lines = Vec::new();
    plan.walk(&mut |node, depth| {
        let indent = "  ".repeat(depth.min(20));
        lines.push(format!("{indent}{}", node.title()));
        lines.extend(node.details.iter().map(|detail| format!("{indent}    {detail}")));
    });
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        lines.push("…".to_owned());
    }
    lines.join("\n")
}

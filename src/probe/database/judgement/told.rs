//! From what is wrong with a query to the finding and the line of the Database view that say so.

use super::wording::shorten;
use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Harm, Location, RuleMeta, Severity, Tier};
use crate::probe::database::catalog::Catalog;
use crate::probe::database::lexer::Dialect;
use crate::probe::database::plan::{self, Judged};
use crate::probe::database::queries::Query;
use crate::probe::database::statement::Shape;

/// What judging a query needs to know beside its plan.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Whose SQL it is.
    pub dialect: Dialect,
    /// The table size to judge at.
    pub rows: u64,
    /// What the query reads.
    pub shape: &'a Shape,
    /// What the database holds.
    pub catalog: &'a Catalog,
}

/// One thing that is wrong with a query.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// The rule.
    pub rule: &'static RuleMeta,
    /// How bad its kind is.
    pub tier: Tier,
    /// How bad it is.
    pub severity: Severity,
    /// How sure that is.
    pub confidence: Confidence,
    /// The table, where one can be named.
    pub table: Option<String>,
    /// Rows that one call reads.
    pub rows_read: u64,
    /// One sentence.
    pub message: String,
    /// What to do.
    pub fix: String,
    /// What it rests on, beside query and plan.
    pub note: Option<String>,
}

impl Judgement {
    /// For the Database view.
    #[must_use]
    pub fn harm(&self) -> Harm {
        Harm {
            tier: self.tier,
            rule: self.rule.id.to_owned(),
            severity: self.severity,
            table: self.table.clone(),
            rows_read: self.rows_read,
            message: self.message.clone(),
            fix: self.fix.clone(),
        }
    }

    /// The finding, at the first place that sends the query.
    #[must_use]
    pub fn finding(&self, query: &Query, judged: &Judged, dialect: Dialect) -> Finding {
        let sql = query.one_line(dialect);
        let location = Location::Query {
            sql: shorten(&sql),
            path: query.place().map(|place| place.path.clone()),
            span: query.place().map(|place| place.span),
        };
        let anchor = format!("{sql}\0{}", self.table.as_deref().unwrap_or_default());
        let mut finding = Finding::new(self.rule, location, anchor, self.message.clone())
            .severity(self.severity)
            .confidence(self.confidence)
            .fix(self.fix.clone())
            .evidence(Evidence::new(EvidenceKind::Query, query.shown(dialect)))
            .evidence(Evidence::new(EvidenceKind::Plan, plan::text(&judged.plan)))
            .evidence(self.note.as_ref().map(|note| Evidence::new(EvidenceKind::Note, note.clone())));
        if query.places.len() > 1 {
            finding = finding.evidence(Evidence::new(EvidenceKind::Note, also_sent_by(query)));
        }
        finding
    }
}

fn also_sent_by(query: &Query) -> String {
    /// More places do not help a reader.
    const MOST: usize = 20;
    let others = query.places.iter().skip(1);
    let mut places: Vec<String> =
        others.take(MOST).map(|place| format!("{}:{}", place.path, place.span.line)).collect();
    if query.places.len() > MOST + 1 {
        places.push(format!("and {} more", query.places.len() - MOST - 1));
    }
    format!("also sent by {}", places.join(", "))
}

/// What a sentence about a query begins with.
#[must_use]
pub fn subject(query: &Query, dialect: Dialect) -> String {
    let sql = shorten(&query.one_line(dialect));
    match &query.sent_by {
        Some(call) => format!("The query that `{call}` sends, `{sql}`,"),
        None => format!("`{sql}`"),
    }
}

//! What the Database view and the reports get to know of a run.

use super::examine::Looked;
use super::lexer::Dialect;
use super::plan::Unexamined;
use super::proposals::merge::Wanted;
use super::queries::Query;
use crate::model::{ExaminedQuery, QueryPlace};

/// A query that was judged.
#[must_use]
pub fn judged(look: &Looked, dialect: Dialect, wanted: &[Wanted]) -> ExaminedQuery {
    let id = &look.query.id;
    let helps = |wanted: &Wanted| wanted.gains.iter().any(|gain| gain.query == *id);
    ExaminedQuery {
        harms: look.judgements.iter().map(super::judgement::told::Judgement::harm).collect(),
        points: look.judged.points.clone(),
        plan_now: look.judged.plan_now.clone(),
        plan: Some(look.judged.plan.clone()),
        proposals: wanted.iter().enumerate().filter(|(_, wanted)| helps(wanted)).map(|(at, _)| at).collect(),
        ..plain(&look.query, dialect)
    }
}

/// A query that was not.
#[must_use]
pub fn missed(query: &Query, why: &Unexamined, dialect: Dialect) -> ExaminedQuery {
    ExaminedQuery { not_examined: Some(why.0.clone()), ..plain(query, dialect) }
}

fn plain(query: &Query, dialect: Dialect) -> ExaminedQuery {
    ExaminedQuery {
        id: query.id.clone(),
        sql: query.shown(dialect),
        sent_by: query.sent_by.clone(),
        places: query.places.iter().map(|place| QueryPlace { path: place.path.clone(), span: place.span }).collect(),
        calls: query.calls,
        ..ExaminedQuery::default()
    }
}

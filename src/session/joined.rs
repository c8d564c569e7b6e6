//! Findings of one probe that say more together with what another saw: a query in a loop, with the server's count of its
//! calls.
//!
//! Made from the last runs whenever something is asked, never when a probe ends, so that it does not matter which ends
//! first, and the screen, the report and the judgement all see the same.

use std::collections::BTreeMap;

use super::Session;
use crate::model::{
    CallStatistics, Confidence, DatabaseReport, Evidence, EvidenceKind, ExaminedQuery, Finding, Fingerprint, Location,
    Observation, QueryPlace, Span, grouped, measured,
};

/// The source rule about queries in loops.
const IN_A_LOOP: &str = "n-plus-one-query";

/// Fewer calls prove nothing.
const TELLING_CALLS: u64 = 100;

/// The rows of a loop come from a query at most so many lines above it.
const LINES_ABOVE: u32 = 100;

/// A page that shows fewer rows has no loop worth the name.
const ROWS_A_CALL: f64 = 3.0;

/// The counts of rows and calls are taken one after the other, while the app goes on.
const SAME: std::ops::RangeInclusive<f64> = 0.8..=1.25;

impl Session {
    /// An observation with what other probes saw of the same place.
    #[must_use]
    pub fn joined<'a>(&'a self, seen: &'a Observation) -> &'a Observation {
        let joined = self.joined.get_or_init(|| match self.database() {
            Some(report) => join(report, self.runs.iter().flat_map(|run| run.observations())),
            None => BTreeMap::new(),
        });
        joined.get(seen.fingerprint()).unwrap_or(seen)
    }
}

/// Whether a finding says that this query runs once for every element of a list.
pub(super) fn is_sent_in_loop(finding: &Finding, query: &ExaminedQuery) -> bool {
    finding.rule.as_str() == IN_A_LOOP && sent_at(&finding.location, query).is_some()
}

fn join<'a>(
    report: &DatabaseReport,
    seen: impl Iterator<Item = &'a Observation>,
) -> BTreeMap<Fingerprint, Observation> {
    let counted: Vec<(&ExaminedQuery, CallStatistics)> =
        report.queries.iter().filter_map(|query| Some((query, query.calls?))).collect();
    if counted.is_empty() {
        return BTreeMap::new();
    }
    let findings = seen.filter_map(|seen| match seen {
        Observation::Finding(finding) if finding.rule.as_str() == IN_A_LOOP => Some(finding),
        _ => None,
    });
    findings
        .filter_map(|finding| {
            let told = with_calls(finding, &counted)?;
            Some((finding.fingerprint.clone(), Observation::Finding(told)))
        })
        .collect()
}

/// The finding with the calls of the query that it is about; of the one that takes longest where there are several.
fn with_calls(finding: &Finding, counted: &[(&ExaminedQuery, CallStatistics)]) -> Option<Finding> {
    let (query, calls, place) = (counted.iter())
        .filter_map(|(query, calls)| Some((*query, *calls, sent_at(&finding.location, query)?)))
        .max_by(|a, b| a.1.seconds().total_cmp(&b.1.seconds()).then_with(|| b.0.id.cmp(&a.0.id)))?;
    let elsewhere = match query.places.len() - 1 {
        0 => String::new(),
        1 => ", from this place and another".to_owned(),
        more => format!(", from this place and {more} others"),
    };
    let note = format!("the server has counted of this query: {}{elsewhere}", calls.words());
    let mut told = finding.clone().evidence(Evidence::new(EvidenceKind::Note, note));
    if query.places.len() == 1
        && let Some(proof) = (counted.iter())
            .filter(|(other, _)| other.id != query.id)
            .filter_map(|(other, fed)| once_for_each_row(place, calls, above(place, other)?, *fed))
            .next()
    {
        told = told.evidence(Evidence::new(EvidenceKind::Note, proof)).confidence(Confidence::High);
    }
    Some(told)
}

/// The place of `query` that a finding points at.
fn sent_at<'q>(location: &Location, query: &'q ExaminedQuery) -> Option<&'q QueryPlace> {
    let Location::File { path, span: Some(span) } = location else { return None };
    let overlap = |a: Span, b: Span| a.line <= b.end_line && b.line <= a.end_line;
    query.places.iter().find(|place| place.path == *path && overlap(place.span, *span))
}

/// The last place of `other` that lies shortly above `place` in the same file.
fn above<'q>(place: &QueryPlace, other: &'q ExaminedQuery) -> Option<&'q QueryPlace> {
    let near = |candidate: &&QueryPlace| {
        let (end, start) = (candidate.span.end_line, place.span.line);
        candidate.path == place.path && end < start && start - end <= LINES_ABOVE
    };
    other.places.iter().filter(near).max_by_key(|candidate| candidate.span.end_line)
}

/// Says so where a query above returned about as many rows as this one has calls: then it runs once for each of them.
fn once_for_each_row(
    place: &QueryPlace,
    calls: CallStatistics,
    above: &QueryPlace,
    fed: CallStatistics,
) -> Option<String> {
    let rows = fed.rows?;
    if calls.calls < TELLING_CALLS || fed.calls == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of calls and rows are far below 2^52")]
    let (ran, rows, fed_calls) = (calls.calls as f64, rows as f64, fed.calls as f64);
    (SAME.contains(&(ran / rows)) && rows / fed_calls >= ROWS_A_CALL).then(|| {
        format!(
            "the query at {}:{} returned {} rows in {} calls, and this one ran about once for each of these rows",
            place.path,
            above.span.line,
            measured(rows),
            grouped(fed.calls),
        )
    })
}

//! The queries of the project as the database probe last saw them, and one of them judged anew.

use super::{ProbeRun, Session, joined};
use crate::model::{
    DatabaseReport, Evidence, EvidenceKind, Examined, ExaminedQuery, Finding, Gain, IndexProposal, Location,
    Observation, Outcome, QueryPlace, SavedRun,
};

/// The probe that looks at databases.
const PROBE: &str = "database";

impl Session {
    /// The probe that looks at databases, with its run.
    #[must_use]
    pub fn database_run(&self) -> Option<&ProbeRun> {
        self.runs.iter().find(|run| run.meta.id.as_str() == PROBE)
    }

    /// What the last run of the database probe saw.
    #[must_use]
    pub fn database(&self) -> Option<&DatabaseReport> {
        self.database_run()?.database()
    }

    /// What speaks against a query, wherever it was seen.
    #[must_use]
    pub fn findings_about(&self, query: &ExaminedQuery) -> Vec<&Finding> {
        let Some(report) = self.database() else { return Vec::new() };
        let mut about: Vec<&Finding> = (self.observations())
            .filter_map(|seen| match seen {
                Observation::Finding(finding) => Some(finding),
                Observation::Proof(_) => None,
            })
            .filter(|finding| joined::is_sent_in_loop(finding, query) || is_about(finding, query, report))
            .collect();
        about.sort_by_key(|finding| std::cmp::Reverse((finding.severity, finding.confidence)));
        about
    }
}

/// Whether a finding of the database probe is about this query. A place that sends several queries tells them apart by
/// their text.
fn is_about(finding: &Finding, query: &ExaminedQuery, report: &DatabaseReport) -> bool {
    let Location::Query { path, span, .. } = &finding.location else { return false };
    let text = finding.evidence.iter().find(|evidence| evidence.kind == EvidenceKind::Query);
    let same_text = |evidence: &Evidence| evidence.text.trim() == query.sql.trim();
    let (Some(path), Some(span)) = (path, span) else { return text.is_some_and(same_text) };
    let here = |place: &QueryPlace| place.path == *path && place.span == *span;
    if !query.places.iter().any(here) {
        return false;
    }
    let alone = report.queries.iter().filter(|other| other.places.iter().any(here)).count() <= 1;
    alone || text.is_none_or(same_text)
}

/// Puts what a run about the query `id` saw of it in the place of what the last whole run saw, and says what came of it.
/// How far the rules got stays what the whole run said: a part proves nothing about the rest.
///
/// # Errors
/// Why everything stays as it was.
pub(super) fn amend(whole: &mut SavedRun, part: Examined, seen: Vec<Observation>, id: &str) -> Result<String, String> {
    let gone = || "the code does not send this query any more; run the probe again to see what it sends now".to_owned();
    let part = part.database.ok_or_else(gone)?;
    let mut query = part.query(id).cloned().ok_or_else(gone)?;
    let nothing_known = || "the last whole run kept no queries; run the probe again".to_owned();
    let Outcome::Completed(examined) = &mut whole.outcome else { return Err(nothing_known()) };
    let report = examined.database.as_mut().ok_or_else(nothing_known)?;
    let before = report.query(id).cloned().ok_or_else(nothing_known)?;
    if let (Some(why), None) = (&query.not_examined, &before.not_examined) {
        return Err(format!("this time the query could not be judged, so what was known stays: it {why}"));
    }
    let about = |seen: &Observation, query: &ExaminedQuery, report: &DatabaseReport| match seen {
        Observation::Finding(finding) => is_about(finding, query, report),
        Observation::Proof(_) => false,
    };
    whole.observations.retain(|known| !about(known, &before, report));
    whole.observations.extend(seen.into_iter().filter(|new| about(new, &query, &part)));
    for proposal in &mut report.proposals {
        proposal.gains.retain(|gain| gain.query != id);
    }
    let helping: Vec<IndexProposal> = part.proposals_for(&query).cloned().collect();
    query.proposals = helping.into_iter().filter_map(|proposal| adopt(report, proposal, &query.id)).collect();
    let words = came_of_it(&before, &query);
    if let Some(known) = report.queries.iter_mut().find(|known| known.id == id) {
        *known = query;
    }
    drop_idle_proposals(report);
    report.queries.sort_by(ExaminedQuery::by_harm);
    Ok(words)
}

/// Takes a proposal over and says where it stands then. One that is there, or that another begins with, is not made
/// twice.
fn adopt(report: &mut DatabaseReport, proposal: IndexProposal, query: &str) -> Option<usize> {
    let gain: Gain = proposal.gains.iter().find(|gain| gain.query == query).cloned()?;
    let serves = |known: &IndexProposal| {
        known.table == proposal.table
            && known.predicate == proposal.predicate
            && known.proof == proposal.proof
            && known.keys.starts_with(&proposal.keys)
    };
    if let Some((at, known)) = report.proposals.iter_mut().enumerate().find(|(_, known)| serves(known)) {
        known.gains.push(gain);
        return Some(at);
    }
    report.proposals.push(IndexProposal { gains: vec![gain], ..proposal });
    Some(report.proposals.len() - 1)
}

/// Drops the proposals that help no query any more; the others keep their order.
fn drop_idle_proposals(report: &mut DatabaseReport) {
    let mut kept = 0;
    let moved: Vec<Option<usize>> = (report.proposals.iter())
        .map(|proposal| {
            let stays = !proposal.gains.is_empty();
            kept += usize::from(stays);
            stays.then(|| kept - 1)
        })
        .collect();
    report.proposals.retain(|proposal| !proposal.gains.is_empty());
    for query in &mut report.queries {
        query.proposals = query.proposals.iter().filter_map(|at| moved.get(*at).copied().flatten()).collect();
    }
}

fn came_of_it(before: &ExaminedQuery, after: &ExaminedQuery) -> String {
    match (&after.not_examined, before.harms.len(), after.harms.len()) {
        (Some(why), _, _) => format!("Still not examined: it {why}"),
        (None, 0, 0) => "Judged anew: nothing is wrong with this query".to_owned(),
        (None, _, 0) => "Judged anew: nothing is wrong with this query any more".to_owned(),
        (None, _, 1) if before.harms == after.harms => "Judged anew: what was wrong still is".to_owned(),
        (None, _, count) => {
            format!("Judged anew: {count} {} wrong with this query", if count == 1 { "thing is" } else { "things are" })
        }
    }
}

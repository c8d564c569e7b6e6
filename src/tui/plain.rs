//! What the panes and the clipboard say in plain words.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::ui_state::Ui;
use crate::model::{
    DatabaseReport, ExaminedQuery, Finding, Item, Location, QueryPlace, RuleId, RuleMeta, grouped, measured,
};
use crate::session::Session;

/// A moment, in UTC, to the minute.
#[must_use]
pub fn moment(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A day, in UTC.
#[must_use]
pub fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string()
}

/// A place in a file as editors understand it, else as people do.
#[must_use]
pub fn place(location: &Location) -> String {
    match (location.path(), location.line()) {
        (Some(path), Some(line)) => format!("{path}:{line}"),
        (Some(path), None) => path.to_owned(),
        (None, _) => location.to_string(),
    }
}

/// A place that sends a query, as editors understand it.
#[must_use]
pub fn query_place(place: &QueryPlace) -> String {
    format!("{}:{}", place.path, place.span.line)
}

/// A rule's documentation.
#[must_use]
pub fn rule(session: &Session, id: &RuleId) -> Option<&'static RuleMeta> {
    let mut rules = session.runs().iter().flat_map(|run| run.meta.rules);
    rules.find(|rule| rule.id == id.as_str()).copied()
}

/// `one item`, `2 items`.
#[must_use]
pub fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// A finding as text for the clipboard.
#[must_use]
pub fn finding(finding: &Finding) -> String {
    let mut text = format!(
        "{} ({}, {} confidence)\n{}\nRule: {}\n",
        finding.message,
        finding.severity.word(),
        finding.confidence.word(),
        finding.location,
        finding.rule
    );
    for evidence in &finding.evidence {
        let _ = write!(text, "\n{}\n", indented(&evidence.text));
    }
    let _ = write!(text, "\nFix: {}\n", finding.fix);
    text
}

/// An item as text for the clipboard.
#[must_use]
pub fn item(ui: &Ui, session: &Session, item: &Item) -> String {
    let mut text = format!("{} ({})\n", item.title, item.id);
    if let Some(verdict) = session.verdict(&item.id) {
        let _ = writeln!(text, "{} ({}): {}", verdict.status.word(), verdict.severity.word(), verdict.why);
        for finding in verdict.findings.iter().filter_map(|print| ui.index.finding(session, print)) {
            let _ = writeln!(text, "- {}: {}", place(&finding.location), finding.message);
        }
    }
    let _ = write!(text, "\nWhy it matters: {}\nFix: {}\nQuestion: {}\n", item.why, item.fix, item.ask);
    if let Some(note) = &session.entry(&item.id).note {
        let _ = writeln!(text, "Note: {note}");
    }
    text
}

/// A query as text for the clipboard.
#[must_use]
pub fn query(query: &ExaminedQuery, report: &DatabaseReport) -> String {
    let mut text = format!("{}\n", query.sql.trim());
    for place in &query.places {
        let _ = writeln!(text, "Sent at {}", query_place(place));
    }
    if let Some(calls) = &query.calls {
        let _ = writeln!(text, "The server has counted {}", calls.words());
    }
    if let Some(why) = &query.not_examined {
        let _ = writeln!(text, "Not examined: it {why}");
    }
    for harm in &query.harms {
        let _ = write!(text, "\n{} ({}, {})\nFix: {}\n", harm.message, harm.severity.word(), harm.rule, harm.fix);
    }
    if !query.points.is_empty() {
        let points =
            query.points.iter().map(|point| format!("{} at {} rows", measured(point.cost), grouped(point.rows)));
        let _ = write!(text, "\nCost by the planner ({}): {}\n", report.server, points.collect::<Vec<_>>().join(", "));
    }
    if let Some(plan) = &query.plan {
        let _ = write!(text, "\nPlan at {} rows a table:\n", grouped(report.rows));
        plan.walk(&mut |node, depth| {
            let mark = if node.marked { " <- slow" } else { "" };
            let _ = writeln!(text, "    {}{}{mark}", "  ".repeat(depth), node.title());
            for detail in &node.details {
                let _ = writeln!(text, "    {}    {detail}", "  ".repeat(depth));
            }
        });
    }
    for proposal in report.proposals_for(query) {
        let _ =
            write!(text, "\nIndex that helps ({}):\n{}\n", proposal.proof.words(), indented(&proposal.migration.text));
    }
    text
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

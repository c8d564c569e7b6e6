//! What an engineer needs to mend the database: the queries that fall over, and the indexes as migrations.

use std::io::{self, Write};

use super::safe::{cell, code, code_cell, fence, prose};
use super::table;
use crate::model::{DatabaseReport, ExaminedQuery, IndexProof, IndexProposal, Severity, grouped, measured};
use crate::report::database::{gain, index, place};
use crate::report::overview::{Overview, count, one_line};

/// Queries in one table.
const MOST_QUERIES: usize = 30;

/// Characters of a query in a table.
const QUERY_CHARS: usize = 90;

/// Queries named under one index.
const MOST_GAINS: usize = 10;

/// Lines of a migration.
const MOST_LINES: usize = 60;

/// A chart says something where the cost grows at least so much.
const STEEP: f64 = 2.0;

pub(super) fn write(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(database) = &overview.report.database else { return Ok(()) };
    writeln!(out, "## Database\n")?;
    writeln!(out, "{}; {}.", prose(&database.server), prose(&database.method))?;
    writeln!(out, "Every query is judged as if each table held at least {} rows.\n", grouped(database.rows))?;
    let slow: Vec<&ExaminedQuery> = sorted(database, |severity| severity >= Severity::Major);
    queries("Queries that fall over", &slow, database, out)?;
    if let Some(worst) = slow.first() {
        chart(worst, out)?;
    }
    queries("Queries worth a look", &sorted(database, |severity| severity == Severity::Minor), database, out)?;
    let missed = database.queries.iter().filter(|query| query.not_examined.is_some()).count();
    if missed > 0 {
        writeln!(
            out,
            "{} could not be judged; \"What was not checked, and why\" says more.\n",
            count(missed, "query", "queries")
        )?;
    }
    if !database.proposals.is_empty() {
        writeln!(out, "### Indexes to make ({})\n", database.proposals.len())?;
    }
    for (at, proposal) in database.proposals.iter().enumerate() {
        self::proposal(at + 1, proposal, database, out)?;
    }
    Ok(())
}

fn sorted(database: &DatabaseReport, wanted: impl Fn(Severity) -> bool) -> Vec<&ExaminedQuery> {
    let wanted = |query: &&ExaminedQuery| query.worst().is_some_and(|harm| wanted(harm.severity));
    let mut queries: Vec<&ExaminedQuery> = database.queries.iter().filter(wanted).collect();
    queries.sort_by(|a, b| a.by_harm(b));
    queries
}

fn queries(title: &str, queries: &[&ExaminedQuery], database: &DatabaseReport, out: &mut dyn Write) -> io::Result<()> {
    if queries.is_empty() {
        return Ok(());
    }
    writeln!(out, "### {title} ({})\n", queries.len())?;
    let counted = queries.iter().any(|query| query.calls.is_some());
    let rows: Vec<Vec<String>> = (queries.iter().take(MOST_QUERIES))
        .map(|query| {
            let reads = query.worst().map(|harm| grouped(harm.rows_read)).unwrap_or_default();
            let proposal = database.proposals_for(query).next();
            let cost = |point: Option<&crate::model::CostPoint>| {
                point.map_or_else(|| cell(""), |point| format!("{} at {}", measured(point.cost), grouped(point.rows)))
            };
            let mut row = vec![
                in_table(&query.name()),
                place(query).map_or_else(|| cell("known to the server only"), |place| in_table(&place)),
                reads,
            ];
            if counted {
                row.push(query.calls.map_or_else(|| cell(""), |calls| grouped(calls.calls)));
            }
            row.extend([
                cost(query.points.first()),
                cost(query.points.last().filter(|_| query.points.len() > 1)),
                proposal.map_or_else(|| cell("none proposed"), |proposal| in_table(&index(proposal))),
                proposal.map_or_else(|| cell(""), |proposal| proof(proposal.proof).to_owned()),
            ]);
            row
        })
        .collect();
    let head = ["Query", "Place", "Rows read", "Calls", "Cost now, at rows", "Cost later, at rows", "Index", "Proof"];
    let head: Vec<&str> = head.into_iter().filter(|title| counted || *title != "Calls").collect();
    table(out, &head, &rows)?;
    let more = queries.len().saturating_sub(MOST_QUERIES);
    if more > 0 {
        writeln!(out, "And {more} more: see `gonogo check --format json`.\n")?;
    }
    Ok(())
}

/// In a word; each index says it in full below.
const fn proof(proof: IndexProof) -> &'static str {
    match proof {
        IndexProof::Reasoned => IndexProof::Reasoned.words(),
        IndexProof::Hypothetical | IndexProof::ScratchServer | IndexProof::Copy => "proven",
    }
}

fn in_table(text: &str) -> String {
    code_cell(text, QUERY_CHARS)
}

/// Labels are ours alone, so no text of the project can reach the chart.
fn chart(worst: &ExaminedQuery, out: &mut dyn Write) -> io::Result<()> {
    let (Some(first), Some(last)) = (worst.points.first(), worst.points.last()) else { return Ok(()) };
    if first.cost <= 0.0 || last.cost / first.cost < STEEP {
        return Ok(());
    }
    let label = |times: u64| if times <= 1 { "now".to_owned() } else { format!("{} times", grouped(times)) };
    let labels: Vec<String> = worst.points.iter().map(|point| format!("\"{}\"", label(point.times))).collect();
    let costs: Vec<String> = worst.points.iter().map(|point| format!("{:.1}", point.cost)).collect();
    writeln!(out, "```mermaid\nxychart-beta\n    title \"What the worst of them costs as the tables grow\"")?;
    writeln!(out, "    x-axis [{}]\n    y-axis \"Cost by the planner\"", labels.join(", "))?;
    writeln!(out, "    bar [{}]\n```\n", costs.join(", "))
}

fn proposal(number: usize, proposal: &IndexProposal, database: &DatabaseReport, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "**{number}.** {}: {}\n", code(&index(proposal)), proposal.proof.words())?;
    for gained in proposal.gains.iter().take(MOST_GAINS) {
        let Some(query) = database.query(&gained.query) else { continue };
        let place = place(query).map(|place| format!(" ({})", code(&place))).unwrap_or_default();
        let gain = gain(gained).unwrap_or_else(|| "compare the plan before and after".to_owned());
        writeln!(out, "- {}{place}: {gain}", code(&one_line(&query.name(), QUERY_CHARS)))?;
    }
    let more = proposal.gains.len().saturating_sub(MOST_GAINS);
    if more > 0 {
        writeln!(out, "- and {} more", count(more, "query", "queries"))?;
    }
    let migration = &proposal.migration;
    writeln!(out, "\nAs a migration for {} ({}):\n", prose(&migration.tool), prose(&migration.place))?;
    writeln!(out, "{}", fence(language(&migration.tool), &migration.text, MOST_LINES))
}

/// How GitHub names the language of a tool's migrations.
fn language(tool: &str) -> &'static str {
    match tool {
        "SQL" => "sql",
        "Prisma" => "prisma",
        "Django" => "python",
        "Rails" => "ruby",
        "Laravel" => "php",
        "Drizzle" => "ts",
        _ => "text",
    }
}

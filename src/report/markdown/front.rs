//! What a stakeholder reads: the verdict, what it means, who answers for what, and what nobody looked at.

use std::io::{self, Write};

use super::safe::{cell, code, prose, to_do};
use super::table;
use crate::model::report::ReportItem;
use crate::model::{Cell, Decision, Gap, Poll, Severity};
use crate::report::overview::{Counts, Overview, count, not_done, shorten};
use crate::report::{database, web};

/// What every report begins with.
pub const START: &str = "# Launch report: ";

/// A decision is not helped by more of the same.
const MOST_HARMS: usize = 8;

/// Titles named for one reason why something is not known.
const MOST_TITLES: usize = 5;

/// Follow-ups of one kind; the appendix has them all.
const MOST_FOLLOW_UPS: usize = 12;

pub(super) fn write(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    heading(overview, out)?;
    one_minute(overview, out)?;
    harms(overview, out)?;
    blockers(overview, out)?;
    accepted(overview, out)?;
    not_checked(overview, out)?;
    follow_ups(overview, out)?;
    depends_on(overview, out)?;
    poll(overview, out)?;
    sign_off(out)
}

fn heading(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = overview.report;
    writeln!(out, "{START}{}\n", prose(&shorten(&report.project.name, 80)))?;
    writeln!(out, "**Verdict: {}.** {}\n", report.verdict.title(), overview.verdict_sentence())?;
    let when = match report.examined_at {
        Some(at) => format!("Examined on {}", at.strftime("%Y-%m-%d at %H:%M UTC")),
        None => "Not examined yet".to_owned(),
    };
    let commit = report.project.commit.as_ref();
    let commit =
        commit.map_or(String::new(), |hash| format!(", commit {}", code(&hash.chars().take(12).collect::<String>())));
    writeln!(out, "{when}, by {} {}{commit}.\n", prose(&report.tool.name), prose(&report.tool.version))
}

fn one_minute(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    let counts = overview.counts;
    writeln!(out, "## In one minute\n")?;
    let built_with = &overview.report.project.stack;
    if !built_with.is_empty() {
        let names: Vec<String> = built_with.iter().map(|name| prose(name)).collect();
        writeln!(out, "The project is built with {}.\n", names.join(", "))?;
    }
    let examined = overview.examined();
    if examined.is_empty() {
        writeln!(out, "No probe has examined anything yet, so whatever passes here rests on people's word.\n")?;
    } else {
        let examined: Vec<String> = examined.iter().map(|what| prose(what)).collect();
        writeln!(out, "What was looked at: {}.\n", examined.join(", "))?;
    }
    if let Some(database) = &overview.report.database {
        writeln!(out, "{}\n", database::sentence(database))?;
    }
    if let Some(web) = &overview.report.web {
        writeln!(out, "{}\n", web::sentence(web, code))?;
    }
    if let Some(report) = &overview.report.dependencies {
        writeln!(out, "{}\n", report.sentence())?;
    }
    let meaning = match overview.report.verdict {
        _ if counts.all() == 0 => "There was nothing to judge by, so do not take this for a go.",
        Decision::NoGo if !overview.failing.is_empty() => {
            "Do not launch yet: something that can lose data, leak it, or take the product down is known to be wrong."
        }
        Decision::NoGo => {
            "Do not launch yet: nothing fatal is known to be wrong, but nobody can say either that it is right. \
             The open questions below may be quick to answer."
        }
        Decision::Go => {
            "Nothing that can lose data, leak it, or take the product down is known to be wrong or left open."
        }
        Decision::GoWithAcceptedRisks => {
            "You can launch, knowing the risks listed below. Each has somebody who answers for it."
        }
    };
    writeln!(out, "{meaning}\n")?;
    let open: Vec<String> = [Severity::Major, Severity::Minor]
        .iter()
        .map(|severity| (overview.items("fail", *severity).count(), severity.word()))
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    if !open.is_empty() {
        let open_items = counts.fail - overview.failing.len();
        let fails = if open_items == 1 { "item fails" } else { "items fail" };
        writeln!(out, "Beside the blockers, {} {fails}.\n", open.join(" and "))?;
    }
    let old = overview.report.items.iter().filter(|item| item.stale).count();
    if old > 0 {
        let rest = if old == 1 { "passes" } else { "pass" };
        writeln!(out, "{} {rest} on evidence that is old by now.\n", count(old, "item", "items"))?;
    }
    pie(counts, out)
}

/// Labels are ours alone, so no text of the project can reach the chart.
fn pie(counts: Counts, out: &mut dyn Write) -> io::Result<()> {
    if counts.all() == 0 {
        return Ok(());
    }
    writeln!(out, "```mermaid\npie showData\n    title Where the {} items stand", counts.all())?;
    let slices = [
        ("Pass", counts.pass),
        ("Fail", counts.fail),
        ("Unknown", counts.unknown),
        ("Accepted risk", counts.accepted),
        ("Not applicable", counts.not_applicable),
    ];
    for (label, number) in slices.iter().filter(|(_, number)| *number > 0) {
        writeln!(out, "    \"{label}\" : {number}")?;
    }
    writeln!(out, "```\n")
}

fn harms(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## What would happen to your users\n")?;
    let failing: Vec<&ReportItem> =
        overview.failing.iter().copied().chain(overview.items("fail", Severity::Major)).collect();
    if failing.is_empty() {
        let open = overview.unknown.len() + overview.items("unknown", Severity::Major).count();
        let open = match open {
            0 => String::new(),
            open => format!(" {} without an answer may still hold something.", count(open, "question", "questions")),
        };
        return writeln!(out, "Nothing that would hurt them soon is known to be wrong.{open}\n");
    }
    writeln!(out, "If you launched as it stands:\n")?;
    for item in failing.iter().take(MOST_HARMS) {
        writeln!(out, "- {} *({})*", prose(&item.impact), prose(&item.title))?;
    }
    more(failing.len(), MOST_HARMS, "in the appendix", out)?;
    writeln!(out)
}

fn blockers(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Blockers\n")?;
    if overview.failing.is_empty() && overview.unknown.is_empty() {
        return writeln!(out, "No blocker is open.\n");
    }
    if !overview.failing.is_empty() {
        writeln!(out, "### To mend\n")?;
        for (at, item) in overview.failing.iter().enumerate() {
            writeln!(out, "{}. **{}**: ✗ fail", at + 1, prose(&item.title))?;
            writeln!(out, "   - Why: {}", prose(&item.why))?;
            let places = overview.finding_places(item);
            if !places.is_empty() {
                writeln!(out, "   - Where: {}", listed(&places, 3))?;
            }
            writeln!(out, "   - What to do: {}", to_do(&item.fix))?;
        }
        writeln!(out)?;
    }
    if !overview.unknown.is_empty() {
        writeln!(out, "### To find out\n")?;
        writeln!(out, "Each is a question whose answer must be yes, and that somebody must be able to give.\n")?;
        for (at, item) in overview.unknown.iter().enumerate() {
            writeln!(out, "{}. **{}**: ? unknown", at + 1, prose(&item.title))?;
            writeln!(out, "   - {}", prose(&item.ask))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The services with what the code says of each; every one is a question in the appendix, with the places.
fn depends_on(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    let services = &overview.report.services;
    if services.is_empty() {
        return Ok(());
    }
    writeln!(out, "## What the app depends on\n")?;
    writeln!(
        out,
        "What the code does when one of these fails, as far as it can be read. What is asked, a person must say; the \
         appendix has the questions and the places.\n"
    )?;
    let word = |known: &Cell| match known {
        Cell::Yes(_) => cell("yes"),
        Cell::No(_) => cell("no"),
        Cell::Asked => cell("asked"),
    };
    let rows: Vec<Vec<String>> = services
        .iter()
        .map(|row| {
            let cells = row.service.cells();
            std::iter::once(cell(&row.service.name)).chain(cells.iter().map(|(_, known)| word(known))).collect()
        })
        .collect();
    table(out, &["Service", "Timeout", "Retry", "Catch", "Fallback", "Alert"], &rows)
}

fn accepted(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Accepted risks\n")?;
    let risks: Vec<&ReportItem> = overview.report.items.iter().filter(|item| item.status == "accepted").collect();
    if risks.is_empty() {
        return writeln!(out, "Nobody has accepted a risk.\n");
    }
    for item in risks {
        writeln!(out, "- **{}** ({}): ! accepted", prose(&item.title), item.severity.word())?;
        if let Some(acceptance) = &item.accepted {
            let until = acceptance.until.map_or("without an end".to_owned(), |until| format!("until {until}"));
            let on = acceptance.at.strftime("%Y-%m-%d");
            writeln!(out, "  - Owner: {}, since {on}, {until}", prose(&acceptance.owner))?;
            writeln!(out, "  - Reason: {}", prose(&acceptance.reason))?;
        }
        writeln!(out, "  - What can happen: {}", prose(&item.impact))?;
    }
    writeln!(out)
}

fn not_checked(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## What was not checked, and why\n")?;
    let mut lines: Vec<String> = Vec::new();
    for probe in &overview.report.probes {
        lines.extend(not_done(probe).map(|why| format!("- Probe {}: {}", code(&probe.id), prose(&why))));
        lines.extend(probe.not_examined.iter().map(|gap| format!("- Probe {}: {}", code(&probe.id), self::gap(gap))));
    }
    for (reason, items) in overview.unknown_by_reason() {
        let titles: Vec<String> = items.iter().take(MOST_TITLES).map(|item| prose(&item.title)).collect();
        let rest = items.len().saturating_sub(MOST_TITLES);
        let rest = if rest > 0 { format!("; and {rest} more") } else { String::new() };
        let number = count(items.len(), "item", "items");
        lines.push(format!("- {number}: {}\n  - {}{rest}", prose(reason), titles.join("; ")));
    }
    if overview.report.probes.is_empty() {
        lines.push("- Nothing was examined at all".to_owned());
    }
    if lines.is_empty() {
        return writeln!(out, "Every probe completed, passed over nothing, and every item is settled.\n");
    }
    for line in lines {
        writeln!(out, "{line}")?;
    }
    writeln!(out)
}

/// What a probe did not examine: `larger than 2 MB: 3 (a.js, b.js …)`.
fn gap(gap: &Gap) -> String {
    let mut examples: Vec<String> = gap.examples.iter().map(|example| code(example)).collect();
    if (examples.len() as u64) < gap.count && !examples.is_empty() {
        examples.push("…".to_owned());
    }
    let examples = if examples.is_empty() { String::new() } else { format!(" ({})", examples.join(", ")) };
    format!("{}: {}{examples}", prose(&gap.reason), gap.count)
}

fn follow_ups(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    let items = &overview.report.items;
    let conflicts = items.iter().filter(|item| item.conflict);
    let stale = items.iter().filter(|item| item.stale);
    let ending = items.iter().filter_map(|item| Some((item, item.accepted.as_ref()?.until?)));
    let groups: [Vec<String>; 5] = [
        conflicts
            .map(|item| format!("{}: a person and the evidence disagree. {}", bold(item), prose(&item.why)))
            .collect(),
        stale.map(|item| format!("{}: passes on old evidence; look again", bold(item))).collect(),
        ending.map(|(item, until)| format!("{}: look again by {until}", bold(item))).collect(),
        items.iter().filter_map(|item| Some(format!("{}: {}", bold(item), prose(item.note.as_ref()?)))).collect(),
        overview
            .items("fail", Severity::Major)
            .map(|item| format!("{}: {}", bold(item), prose(first_sentence(&item.fix))))
            .collect(),
    ];
    let headings = [
        "Settle the disagreement",
        "Renew the evidence",
        "When an acceptance ends",
        "Noted by people",
        "Fails, and hurts users in the first weeks",
    ];
    writeln!(out, "## Follow-ups\n")?;
    if groups.iter().all(Vec::is_empty) {
        return writeln!(out, "None.\n");
    }
    for (heading, tasks) in headings.iter().zip(&groups).filter(|(_, tasks)| !tasks.is_empty()) {
        writeln!(out, "### {heading}\n")?;
        for task in tasks.iter().take(MOST_FOLLOW_UPS) {
            writeln!(out, "- [ ] {task}")?;
        }
        more(tasks.len(), MOST_FOLLOW_UPS, "in the appendix", out)?;
        writeln!(out)?;
    }
    Ok(())
}

fn poll(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## The poll: go or no-go?\n")?;
    let rows: Vec<Vec<String>> = (overview.report.sections.iter())
        .map(|section| {
            let counts = Counts::of(overview.report.items.iter().filter(|item| item.section == section.id));
            vec![cell(&section.title), poll_words(section.poll).to_owned(), counts.words()]
        })
        .collect();
    if rows.is_empty() {
        return writeln!(out, "There are no sections.\n");
    }
    table(out, &["Section", "Answer", "Items"], &rows)
}

/// Glyph and word of a section's answer.
pub(super) const fn poll_words(poll: Poll) -> &'static str {
    match poll {
        Poll::Go => "✓ go",
        Poll::NoGo => "✗ no-go",
        Poll::Unknown => "? unknown",
    }
}

fn sign_off(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Sign-off\n")?;
    let line = |role: &str| vec![role.to_owned(), " ".repeat(24), " ".repeat(11), " ".repeat(10)];
    let roles = [line("Product"), line("Engineering"), line("Operations")];
    table(out, &["Role", "Name", "Go or no-go", "Date"], &roles)
}

/// The rest is in the appendix. A stop inside code, or before a small letter, ends no sentence.
fn first_sentence(text: &str) -> &str {
    let ends = text.match_indices(". ").filter_map(|(at, _)| text.split_at_checked(at + 1));
    let mut sentences = ends.filter(|(sentence, rest)| {
        sentence.matches('`').count() % 2 == 0 && rest.trim_start().starts_with(|c: char| !c.is_lowercase())
    });
    sentences.next().map_or(text, |(sentence, _)| sentence)
}

fn bold(item: &ReportItem) -> String {
    format!("**{}**", prose(&item.title))
}

/// Places as code, at most `most` of them.
pub(super) fn listed(places: &[String], most: usize) -> String {
    let named: Vec<String> = places.iter().take(most).map(|place| code(place)).collect();
    match places.len().saturating_sub(most) {
        0 => named.join(", "),
        rest => format!("{} and {rest} more", named.join(", ")),
    }
}

fn more(all: usize, shown: usize, place: &str, out: &mut dyn Write) -> io::Result<()> {
    match all.saturating_sub(shown) {
        0 => Ok(()),
        rest => writeln!(out, "- and {rest} more, {place}"),
    }
}

#[cfg(test)]
mod tests {
    use super::first_sentence;

    #[test]
    fn a_sentence_ends_where_the_next_begins() {
        assert_eq!(first_sentence("Use e.g. this. Then that."), "Use e.g. this.");
        assert_eq!(
            first_sentence("Write `raise ... From err`, always. Then rest."),
            "Write `raise ... From err`, always."
        );
        assert_eq!(first_sentence("Only one"), "Only one");
    }
}

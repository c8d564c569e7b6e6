//! What an engineer works from: every item with its evidence, the findings by rule, the proofs, the probes.

use std::io::{self, Write};

use super::front::{listed, poll_words};
use super::safe::{cell, code, fence, prose, to_do};
use super::table;
use super::{database, dependencies, web};
use crate::model::report::{ReportFinding, ReportItem};
use crate::model::{Basis, Evidence, EvidenceKind};
use crate::report::overview::{Overview, count, place};

/// Findings and proofs of one rule; whoever has more of them mends the rule, not the line.
const MOST_OF_A_RULE: usize = 10;

/// Places named under one item.
const MOST_PLACES: usize = 5;

/// A reason that more items share is said once.
const MOST_REPEATS: usize = 10;

/// Lines of one piece of evidence.
const MOST_LINES: usize = 30;

pub(super) fn write(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Appendix for engineers\n")?;
    items(overview, out)?;
    findings(overview, out)?;
    database::write(overview, out)?;
    web::write(overview, out)?;
    dependencies::write(overview, out)?;
    proofs(overview, out)?;
    probes(overview, out)
}

fn items(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Every item\n")?;
    let usual = usual_reason(overview);
    if let Some(reason) = usual {
        writeln!(out, "An unknown item without a reason below is one of many with the same: {}.\n", prose(reason))?;
    }
    for section in &overview.report.sections {
        writeln!(out, "### {}: {}\n", prose(&section.title), poll_words(section.poll))?;
        writeln!(out, "{}\n", prose(&section.summary))?;
        for item in overview.report.items.iter().filter(|item| item.section == section.id) {
            self::item(overview, item, usual, out)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The reason of so many unknown items that it is said once.
fn usual_reason<'a>(overview: &Overview<'a>) -> Option<&'a str> {
    overview.unknown_by_reason().first().filter(|(_, items)| items.len() >= MOST_REPEATS).map(|(reason, _)| *reason)
}

fn item(overview: &Overview<'_>, item: &ReportItem, usual: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    let status = match item.status.as_str() {
        "pass" => "✓ pass",
        "fail" => "✗ fail",
        "not-applicable" => "~ not applicable",
        "accepted" => "! accepted",
        _ => "? unknown",
    };
    let marks = match (item.stale, item.conflict) {
        (true, true) => ", stale, conflict",
        (true, false) => ", stale",
        (false, true) => ", conflict",
        (false, false) => "",
    };
    writeln!(out, "- {status}{marks}: **{}** ({}, {})", prose(&item.title), item.severity.word(), code(&item.id))?;
    if item.status != "unknown" || usual != Some(&item.why) {
        writeln!(out, "  - Why: {}", prose(&item.why))?;
    }
    let findings = overview.finding_places(item);
    if !findings.is_empty() {
        writeln!(out, "  - Against it: {}", listed(&findings, MOST_PLACES))?;
    }
    let proofs = overview.proof_places(item);
    if !proofs.is_empty() {
        writeln!(out, "  - For it: {}", listed(&proofs, MOST_PLACES))?;
    }
    // Elsewhere the reason tells of the answer already.
    let untold = item.status == "accepted" || (item.basis == Basis::Both && !item.conflict);
    if let Some(answer) = item.answer.as_ref().filter(|_| untold) {
        writeln!(out, "  - Answered: {} on {}", answer.reply.word(), answer.at.strftime("%Y-%m-%d"))?;
    }
    if let Some(note) = &item.note {
        writeln!(out, "  - Note: {}", prose(note))?;
    }
    if item.status == "unknown" {
        writeln!(out, "  - Question: {}", prose(&item.ask))?;
        writeln!(out, "  - How to verify: {}", prose(&item.how))?;
    }
    if item.status == "fail" {
        writeln!(out, "  - What to do: {}", to_do(&item.fix))?;
    }
    Ok(())
}

fn findings(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Findings\n")?;
    if overview.report.findings.is_empty() {
        return writeln!(out, "None. The table of probes below says what was looked at.\n");
    }
    for (rule, findings) in overview.findings_by_rule() {
        writeln!(out, "### {} ({})\n", code(rule), findings.len())?;
        let first = findings.first().map_or("", |finding| finding.fix.as_str());
        let shared = findings.iter().all(|finding| finding.fix == first);
        if shared && !first.is_empty() {
            writeln!(out, "What to do: {}\n", to_do(first))?;
        }
        for (at, finding) in findings.iter().take(MOST_OF_A_RULE).enumerate() {
            self::finding(at + 1, finding, shared, out)?;
        }
        let rest = findings.len().saturating_sub(MOST_OF_A_RULE);
        if rest > 0 {
            writeln!(out, "And {rest} more: see `gonogo check --format json`.\n")?;
        }
    }
    Ok(())
}

fn finding(number: usize, finding: &ReportFinding, shared_fix: bool, out: &mut dyn Write) -> io::Result<()> {
    let confidence = finding.confidence.word();
    let place = code(&place(&finding.location));
    writeln!(out, "**{number}.** {place} ({}, {confidence} confidence)  ", finding.severity.word())?;
    writeln!(out, "{}\n", prose(&finding.message))?;
    evidence(&finding.evidence, out)?;
    if !shared_fix && !finding.fix.is_empty() {
        writeln!(out, "What to do: {}\n", to_do(&finding.fix))?;
    }
    Ok(())
}

/// Code, plans and the like as blocks, then short facts as a list.
fn evidence(seen: &[Evidence], out: &mut dyn Write) -> io::Result<()> {
    let is_fact = |one: &&Evidence| {
        !matches!(one.kind, EvidenceKind::Snippet | EvidenceKind::Query) && one.text.lines().count() <= 1
    };
    let (facts, blocks): (Vec<&Evidence>, Vec<&Evidence>) = seen.iter().partition(is_fact);
    for block in blocks {
        let info = if block.kind == EvidenceKind::Query { "sql" } else { "text" };
        let label = label(block.kind).trim_end();
        if !label.is_empty() {
            writeln!(out, "{label}\n")?;
        }
        let text = if block.kind == EvidenceKind::Snippet { &numbered(block) } else { &block.text };
        writeln!(out, "{}", fence(info, text, MOST_LINES))?;
    }
    for fact in &facts {
        let text = match fact.kind {
            EvidenceKind::Note | EvidenceKind::Advisory => prose(&fact.text),
            _ => code(&fact.text),
        };
        writeln!(out, "- {}{text}", label(fact.kind))?;
    }
    if !facts.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

const fn label(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::Snippet | EvidenceKind::Query | EvidenceKind::Note => "",
        EvidenceKind::Plan => "Query plan: ",
        EvidenceKind::Header => "Header: ",
        EvidenceKind::Certificate => "Certificate: ",
        EvidenceKind::Advisory => "Advisory: ",
    }
}

/// The lines of a snippet with their numbers, the one that matters marked.
fn numbered(evidence: &Evidence) -> String {
    let Some(first) = evidence.first_line else { return evidence.text.clone() };
    let last = u64::from(first) + evidence.text.lines().count() as u64;
    let width = last.to_string().len();
    let lines = evidence.text.lines().zip(u64::from(first)..).map(|(line, number)| {
        let mark = if evidence.marked_line.map(u64::from) == Some(number) { '>' } else { ' ' };
        format!("{mark} {number:width$} | {line}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn proofs(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Proofs\n")?;
    if overview.report.proofs.is_empty() {
        return writeln!(out, "None.\n");
    }
    for (rule, proofs) in overview.proofs_by_rule() {
        writeln!(out, "- {} ({})", code(rule), proofs.len())?;
        for proof in proofs.iter().take(MOST_OF_A_RULE) {
            writeln!(out, "  - {}: {}", code(&place(&proof.location)), prose(&proof.message))?;
        }
        let rest = proofs.len().saturating_sub(MOST_OF_A_RULE);
        if rest > 0 {
            writeln!(out, "  - and {rest} more: see `gonogo check --format json`")?;
        }
    }
    writeln!(out)
}

fn probes(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Probes\n")?;
    let rows: Vec<Vec<String>> = (overview.report.probes.iter())
        .map(|probe| {
            let examined: Vec<String> =
                probe.examined.iter().map(|(what, number)| format!("{what} {number}")).collect();
            let examined = if examined.is_empty() { "nothing".to_owned() } else { examined.join(", ") };
            let missed: u64 = probe.not_examined.iter().map(|gap| gap.count).sum();
            vec![cell(&probe.id), cell(&probe.outcome), cell(&examined), missed.to_string()]
        })
        .collect();
    table(out, &["Probe", "Outcome", "Examined", "Not examined"], &rows)?;
    let report = overview.report;
    let totals = format!(
        "In all {} and {}.",
        count(report.findings.len(), "finding", "findings"),
        count(report.proofs.len(), "proof", "proofs")
    );
    writeln!(out, "{totals} The same data for programs: `gonogo check --format json`.")
}

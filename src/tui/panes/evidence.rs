//! What was seen: a finding or proof with its place, and its evidence.

use ratatui::text::Span;

use crate::model::{Evidence, EvidenceKind, Finding, Proof};
use crate::tui::plain;
use crate::tui::widgets::doc::{Doc, Target};
use crate::tui::widgets::text;

/// A finding within an item: message, place, evidence.
pub(super) fn against(doc: &mut Doc<'_>, finding: &Finding) {
    let styles = doc.styles;
    let first = doc.rows();
    doc.led("✗ ", 0, &finding.message, styles.fail, styles.text);
    let aside = format!("{} · {} confidence", finding.severity.word(), finding.confidence.word());
    place(doc, &plain::place(&finding.location), &aside);
    doc.link_from(first, &Target::Finding(finding.fingerprint.clone()));
    finding.evidence.iter().for_each(|evidence| one(doc, 2, evidence));
}

/// A proof within an item.
pub(super) fn in_favour(doc: &mut Doc<'_>, proof: &Proof) {
    let styles = doc.styles;
    doc.led("✓ ", 0, &proof.message, styles.pass, styles.text);
    place(doc, &plain::place(&proof.location), "");
    proof.evidence.iter().for_each(|evidence| one(doc, 2, evidence));
}

fn place(doc: &mut Doc<'_>, place: &str, aside: &str) {
    let styles = doc.styles;
    let room = doc.width().saturating_sub(2);
    let place = text::fit_end(place, room);
    let left = room.saturating_sub(text::width(&place) + 3);
    let mut spans = vec![Span::raw("  "), Span::styled(place, styles.focus)];
    if !aside.is_empty() && left >= text::width(aside) {
        spans.push(Span::styled(format!(" · {aside}"), styles.muted));
        doc.row(spans);
    } else {
        doc.row(spans);
        if !aside.is_empty() {
            doc.prose(2, aside, styles.muted);
        }
    }
}

/// One piece of evidence.
pub(super) fn one(doc: &mut Doc<'_>, indent: usize, evidence: &Evidence) {
    let styles = doc.styles;
    match evidence.kind {
        EvidenceKind::Snippet => snippet(doc, indent, evidence),
        EvidenceKind::Note => doc.prose(indent, &evidence.text, styles.muted),
        EvidenceKind::Plan
        | EvidenceKind::Query
        | EvidenceKind::Header
        | EvidenceKind::Certificate
        | EvidenceKind::Advisory => doc.preformatted(indent + 2, &evidence.text, styles.code),
    }
}

/// Numbered lines of a file, the one that matters marked with a glyph and its style.
fn snippet(doc: &mut Doc<'_>, indent: usize, evidence: &Evidence) {
    let styles = doc.styles;
    let first = evidence.first_line.unwrap_or(1);
    let lines: Vec<&str> = evidence.text.lines().collect();
    let last = first.saturating_add(u32::try_from(lines.len()).unwrap_or(0));
    let digits = last.to_string().len();
    let inset = indent + digits + 5;
    // What all lines share in indentation says nothing and costs room.
    let shared = lines.iter().filter(|line| !line.trim().is_empty()).map(|line| blanks(line)).min().unwrap_or(0);
    for (number, line) in (first..).zip(&lines) {
        let marked = evidence.marked_line == Some(number);
        let code: String = line.chars().skip(shared).collect();
        let code = text::fit(&code.replace('\t', "    "), doc.width().saturating_sub(inset));
        let (glyph, style) = if marked { ("▸", styles.marked) } else { (" ", styles.code) };
        doc.row(vec![
            Span::styled(format!("{}{glyph} ", " ".repeat(indent)), styles.marked),
            Span::styled(format!("{number:>digits$} │ "), styles.muted),
            Span::styled(code, style),
        ]);
    }
}

fn blanks(line: &str) -> usize {
    line.chars().take_while(|c| *c == ' ' || *c == '\t').count()
}

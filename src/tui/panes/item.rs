//! The item in hand: why it matters, what was seen, what to do, what people said.

use ratatui::text::Span;

use super::evidence;
use crate::model::{Cell, ChangeKind, Item, Status, Verdict};
use crate::session::Session;
use crate::tui::plain;
use crate::tui::style::extras;
use crate::tui::ui_state::Ui;
use crate::tui::widgets::doc::Doc;

/// Findings shown with an item; the rest is counted and one key away.
const MOST: usize = 12;

/// Changes shown in an item's history, newest first.
const MOST_CHANGES: usize = 12;

pub(super) fn write(doc: &mut Doc<'_>, ui: &Ui, session: &Session) {
    let item = ui.checklist.items.selected.as_ref().and_then(|id| session.item(id));
    let Some((item, verdict)) = item.and_then(|item| Some((item, session.verdict(&item.id)?))) else {
        doc.prose(0, "Nothing is selected.", doc.styles.muted);
        return;
    };
    top(doc, item, verdict);
    doc.heading("Why it matters", "");
    doc.prose(0, &item.why, doc.styles.text);
    seen(doc, ui, session, verdict);
    service(doc, session, item);
    // Where something is wrong, what to do comes first; where a person must say, the question does.
    if verdict.findings.is_empty() {
        said(doc, session, item);
        verify(doc, item);
        fix(doc, item);
    } else {
        fix(doc, item);
        said(doc, session, item);
        verify(doc, item);
    }
    history(doc, session, item);
    if !item.references.is_empty() {
        doc.heading("More", "");
        item.references.iter().for_each(|reference| doc.preformatted(0, reference, doc.styles.muted));
    }
}

fn fix(doc: &mut Doc<'_>, item: &Item) {
    doc.heading("The fix", "");
    doc.prose(0, &item.fix, doc.styles.text);
}

fn verify(doc: &mut Doc<'_>, item: &Item) {
    doc.heading("How to verify", "");
    doc.prose(0, &item.how, doc.styles.text);
}

fn top(doc: &mut Doc<'_>, item: &Item, verdict: &Verdict) {
    let styles = doc.styles;
    doc.prose(0, &item.title, styles.title);
    let mark = styles.status(&verdict.status);
    let mut spans = vec![
        Span::styled(format!("{} {}", mark.glyph, mark.word), mark.style),
        Span::styled(" · ", styles.muted),
        Span::styled(verdict.severity.word(), styles.severity(verdict.severity)),
    ];
    if !extras(verdict).is_empty() {
        spans.push(Span::styled(format!(" · {}", extras(verdict)), styles.unknown));
    }
    doc.row(spans);
    let accepted = matches!(verdict.status, Status::Accepted(_));
    doc.prose(0, &verdict.why, if accepted { styles.accepted } else { styles.text });
    if verdict.conflict {
        doc.prose(0, "A person and a probe disagree; it stays a conflict until one of them changes.", styles.unknown);
    }
    if verdict.stale {
        doc.prose(0, "The evidence is old, or its files have changed since.", styles.unknown);
    }
}

fn seen(doc: &mut Doc<'_>, ui: &Ui, session: &Session, verdict: &Verdict) {
    if !verdict.findings.is_empty() {
        doc.heading("Evidence against", &plain::count(verdict.findings.len(), "finding"));
        let findings = verdict.findings.iter().take(MOST).filter_map(|print| ui.index.finding(session, print));
        for (number, finding) in findings.enumerate() {
            if number > 0 {
                doc.gap();
            }
            evidence::against(doc, finding);
        }
        more(doc, verdict.findings.len());
    }
    if !verdict.proofs.is_empty() {
        doc.heading("Evidence for", &plain::count(verdict.proofs.len(), "proof"));
        let proofs = verdict.proofs.iter().take(MOST).filter_map(|print| ui.index.proof(session, print));
        for (number, proof) in proofs.enumerate() {
            if number > 0 {
                doc.gap();
            }
            evidence::in_favour(doc, proof);
        }
        more(doc, verdict.proofs.len());
    }
}

/// What the code says of a service, for the question about it.
fn service(doc: &mut Doc<'_>, session: &Session, item: &Item) {
    let Some(service) = session.service(&item.id) else { return };
    let styles = doc.styles;
    doc.heading("What the code says", &plain::count(usize::try_from(service.calls).unwrap_or(usize::MAX), "call"));
    for (name, cell) in service.cells() {
        let style = match cell {
            Cell::Yes(_) => styles.text,
            Cell::No(_) => styles.fail,
            Cell::Asked => styles.unknown,
        };
        doc.led(&format!("{name:<10}"), 0, &cell.words(), styles.muted, style);
    }
}

fn more(doc: &mut Doc<'_>, all: usize) {
    if all > MOST {
        doc.gap();
        doc.prose(0, &format!("… and {} more: open this pane with Enter to list them", all - MOST), doc.styles.muted);
    }
}

fn said(doc: &mut Doc<'_>, session: &Session, item: &Item) {
    let styles = doc.styles;
    let entry = session.entry(&item.id);
    doc.heading("The question", if session.unsaved(&item.id) { "saving…" } else { "" });
    doc.prose(0, &item.ask, styles.text);
    match &entry.answer {
        Some(answer) => {
            let words = format!("Answered: {} ({})", answer.reply.word(), plain::day(answer.at));
            doc.prose(0, &words, styles.title);
        }
        None => doc.prose(0, "Nobody has answered yet.", styles.muted),
    }
    if let Some(note) = &entry.note {
        doc.heading("Note", "");
        doc.prose(0, note, styles.text);
    }
}

fn history(doc: &mut Doc<'_>, session: &Session, item: &Item) {
    let styles = doc.styles;
    let changes: Vec<_> = session.changes_of(&item.id).collect();
    if changes.is_empty() {
        return;
    }
    doc.heading("History", &plain::count(changes.len(), "change"));
    for change in changes.iter().rev().take(MOST_CHANGES) {
        let how = match change.kind {
            ChangeKind::Edit => "",
            ChangeKind::Undo(_) => " (undone)",
            ChangeKind::Redo(_) => " (redone)",
        };
        let lead = format!("{}  ", plain::moment(change.at));
        doc.led(&lead, 0, &format!("{}{how}", change.after), styles.muted, styles.text);
    }
}

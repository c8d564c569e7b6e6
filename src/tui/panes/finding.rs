//! The finding in hand: what was seen, what to do, the rule behind it, the items it fails.

use ratatui::text::Span;

use super::evidence;
use crate::model::RuleMeta;
use crate::session::Session;
use crate::tui::plain;
use crate::tui::ui_state::Ui;
use crate::tui::widgets::doc::{Doc, Target};
use crate::tui::widgets::text;

pub(super) fn write(doc: &mut Doc<'_>, ui: &Ui, session: &Session) {
    let styles = doc.styles;
    let print = ui.findings.list.selected.as_ref();
    let Some(finding) = print.and_then(|print| ui.index.finding(session, print)) else {
        doc.prose(0, "Nothing is selected.", styles.muted);
        return;
    };
    doc.prose(0, &finding.message, styles.title);
    doc.row(vec![
        Span::styled(finding.severity.word(), styles.severity(finding.severity)),
        Span::styled(
            text::fit(
                &format!(" · {} confidence · {} · {}", finding.confidence.word(), finding.rule, finding.probe),
                doc.width().saturating_sub(finding.severity.word().len()),
            ),
            styles.muted,
        ),
    ]);
    doc.preformatted(0, &finding.location.to_string(), styles.focus);
    if !finding.evidence.is_empty() {
        doc.heading("Evidence", "");
        for (number, piece) in finding.evidence.iter().enumerate() {
            if number > 0 {
                doc.gap();
            }
            evidence::one(doc, 0, piece);
        }
    }
    doc.heading("The fix", "");
    doc.prose(0, &finding.fix, styles.text);
    let items: Vec<_> = session.items_about(&finding.rule).collect();
    if !items.is_empty() {
        doc.heading("Items that ask about this", &plain::count(items.len(), "item"));
        for item in items {
            let Some(verdict) = session.verdict(&item.id) else { continue };
            let mark = styles.status(&verdict.status);
            let first = doc.rows();
            let words = format!("{} ({})", item.title, mark.word);
            doc.led(&format!("{} ", mark.glyph), 0, &words, mark.style, styles.text);
            doc.link_from(first, &Target::Item(item.id.clone()));
        }
    }
    if let Some(rule) = plain::rule(session, &finding.rule) {
        about(doc, rule);
    }
}

fn about(doc: &mut Doc<'_>, rule: &RuleMeta) {
    let styles = doc.styles;
    doc.heading("About this rule", rule.id);
    doc.prose(0, rule.what, styles.text);
    doc.heading("Why it matters", "");
    doc.prose(0, rule.why, styles.text);
    if !rule.example.is_empty() {
        doc.heading("Example", "");
        doc.preformatted(2, rule.example, styles.code);
    }
    if !rule.references.is_empty() {
        doc.heading("References", "");
        rule.references.iter().for_each(|reference| doc.preformatted(0, reference, styles.muted));
    }
}

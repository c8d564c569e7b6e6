//! A query's plan as a tree. What is wrong stands out by glyph and word, not by colour alone.

use ratatui::text::Span;

use crate::model::{PlanNode, measured};
use crate::tui::widgets::doc::Doc;
use crate::tui::widgets::text;

/// More nodes than this nobody reads.
const MOST_NODES: usize = 80;

/// Lines of a condition.
const MOST_LINES: usize = 4;

/// The tree, set in by so much.
const INDENT: usize = 2;

pub(super) fn write(doc: &mut Doc<'_>, plan: &PlanNode) {
    let mut left = MOST_NODES;
    let mut hidden = 0;
    node(doc, plan, ("", ""), &mut left, &mut hidden);
    if hidden > 0 {
        doc.prose(INDENT, &format!("… and {hidden} more steps of the plan"), doc.styles.muted);
    }
}

/// One node with what lies below it. `lead` stands before its own line, `under` before those that follow.
fn node(doc: &mut Doc<'_>, plan: &PlanNode, (lead, under): (&str, &str), left: &mut usize, hidden: &mut usize) {
    if *left == 0 {
        plan.walk(&mut |_, _| *hidden += 1);
        return;
    }
    *left -= 1;
    let untold = line(doc, plan, lead);
    let styles = doc.styles;
    let has_children = !plan.children.is_empty();
    let below = if has_children { format!("{under}│ ") } else { format!("{under}  ") };
    for detail in untold.iter().chain(&plan.details) {
        let inset = " ".repeat(INDENT) + &below + "  ";
        let room = doc.width().saturating_sub(text::width(&inset));
        for part in text::wrap(&text::fit(detail, room.max(12) * MOST_LINES), room.max(12)) {
            doc.row(vec![Span::styled(inset.clone(), styles.border), Span::styled(part, styles.muted)]);
        }
    }
    // A tree that has grown too far to the right goes on where it is.
    let deep = text::width(under) + 20 > doc.width();
    for (at, child) in plan.children.iter().enumerate() {
        let last = at + 1 == plan.children.len();
        let (own, rest) = match (deep, last) {
            (true, _) => (under.to_owned() + "· ", under.to_owned()),
            (false, true) => (format!("{under}└ "), format!("{under}  ")),
            (false, false) => (format!("{under}├ "), format!("{under}│ ")),
        };
        node(doc, child, (&own, &rest), left, hidden);
    }
}

/// Writes a node's own line, and gives back its figures where there was no room for them.
fn line(doc: &mut Doc<'_>, plan: &PlanNode, lead: &str) -> Option<String> {
    let styles = doc.styles;
    let (glyph, style) = if plan.marked { ("✗ ", styles.fail) } else { ("", styles.code) };
    let word = if plan.marked { "  ← slow" } else { "" };
    let start = " ".repeat(INDENT) + lead;
    let rows = plan.rows.map(|rows| match measured(rows) {
        one if one == "1" => "1 row".to_owned(),
        rows => format!("{rows} rows"),
    });
    let cost = plan.cost.map(|cost| format!("cost {}", measured(cost)));
    let figures = rows.into_iter().chain(cost).collect::<Vec<_>>().join(", ");
    let room = doc.width().saturating_sub(text::width(&start) + text::width(glyph) + text::width(word));
    let title = text::fit(&plan.title(), room);
    let left = room.saturating_sub(text::width(&title) + 2);
    let mut spans = vec![Span::styled(start, styles.border), Span::styled(glyph, style), Span::styled(title, style)];
    spans.push(Span::styled(word, style));
    let fits = text::width(&figures) <= left;
    if fits && !figures.is_empty() {
        spans.push(Span::styled(format!("  {figures}"), styles.muted));
    }
    doc.row(spans);
    (!fits).then_some(figures)
}

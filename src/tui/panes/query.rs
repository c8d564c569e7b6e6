//! The query in hand: what is wrong with it, what it costs as the tables grow, what helps, and its plan.

use ratatui::style::Modifier;
use ratatui::text::Span;

use super::{plan, queries};
use crate::model::{
    CostPoint, DatabaseReport, EvidenceKind, ExaminedQuery, Harm, IndexProof, IndexProposal, Location, Migration,
    grouped, measured,
};
use crate::session::Session;
use crate::tui::keymap::Action;
use crate::tui::plain;
use crate::tui::ui_state::Ui;
use crate::tui::widgets::bars::{self, Bar};
use crate::tui::widgets::doc::{Doc, Target};
use crate::tui::widgets::{sql, text};

/// Lines of a query's text; copying takes all of it.
const MOST_LINES: usize = 40;

/// Places of a query; the editor's list has all of them.
const MOST_PLACES: usize = 8;

/// Nobody feels a smaller difference.
const SAME_COST: f64 = 1.5;

/// Lines of a migration; copying takes all of it.
const MOST_OF_MIGRATION: usize = 30;

pub(super) fn write(doc: &mut Doc<'_>, ui: &Ui, session: &Session) {
    let in_hand = ui.database.list.selected.as_ref().and_then(|id| ui.index.query(session, id));
    let Some((query, report)) = in_hand.zip(session.database()) else {
        let words = if session.database().is_some() { "Nothing is selected." } else { "" };
        doc.prose(0, words, doc.styles.muted);
        return;
    };
    top(doc, query);
    text_of(doc, query);
    places(doc, ui, query);
    harms(doc, session, query, report);
    cost(doc, query, report);
    proposals(doc, ui, query, report);
    plans(doc, query, report);
    if query.not_examined.is_some() {
        doc.gap();
        let words = "So nothing is known of it, neither that it is slow nor that it is quick.";
        doc.prose(0, words, doc.styles.text);
    } else {
        doc.heading("How it was examined", "");
        doc.prose(0, &format!("{}; {}.", report.server, report.method), doc.styles.muted);
    }
}

fn top(doc: &mut Doc<'_>, query: &ExaminedQuery) {
    let styles = doc.styles;
    let mark = queries::mark(styles, query);
    let words = match (query.worst(), &query.not_examined) {
        (Some(harm), _) => {
            format!(" · tier {}: {} · reads {} rows", harm.tier.letter(), harm.tier.words(), grouped(harm.rows_read))
        }
        (None, Some(why)) => format!(": it {why}"),
        (None, None) => ": nothing is wrong with its plan".to_owned(),
    };
    let lead = format!("{} {}", mark.glyph, mark.word);
    let wide = text::width(&lead);
    if wide + text::width(&words) <= doc.width() {
        let words = text::fit(&words, doc.width() - wide);
        doc.row(vec![Span::styled(lead, mark.style.add_modifier(Modifier::BOLD)), Span::styled(words, styles.text)]);
    } else {
        doc.row(vec![Span::styled(lead, mark.style.add_modifier(Modifier::BOLD))]);
        doc.prose(2, words.trim_start_matches([' ', '·', ':']), styles.text);
    }
    if let Some(calls) = &query.calls {
        doc.prose(0, &format!("The server has counted {}.", calls.words()), styles.text);
    }
}

fn text_of(doc: &mut Doc<'_>, query: &ExaminedQuery) {
    doc.gap();
    if let Some(call) = &query.sent_by {
        doc.prose(0, &format!("{call} sends:"), doc.styles.muted);
    }
    code(doc, &query.sql, MOST_LINES);
}

fn code(doc: &mut Doc<'_>, block: &str, most: usize) {
    let styles = doc.styles;
    let (lines, more) = sql::lines(block, doc.width().saturating_sub(2), most, styles);
    for line in lines {
        doc.row(std::iter::once(Span::raw("  ")).chain(line).collect());
    }
    if more {
        doc.prose(2, "… it goes on", styles.muted);
    }
}

fn places(doc: &mut Doc<'_>, ui: &Ui, query: &ExaminedQuery) {
    let styles = doc.styles;
    if query.places.is_empty() {
        doc.prose(0, "No line of the code is known to send it: the server's statistics have it.", styles.muted);
        return;
    }
    let key = ui.keymap.hint(Action::Edit);
    for (number, place) in query.places.iter().take(MOST_PLACES).enumerate() {
        let lead = if number == 0 { "sent at " } else { "        " };
        let shown = text::fit_end(&plain::query_place(place), doc.width().saturating_sub(8));
        let room = doc.width().saturating_sub(8 + text::width(&shown));
        let hint = format!("  {key} opens it");
        let mut spans = vec![Span::styled(lead, styles.muted), Span::styled(shown, styles.focus)];
        if number == 0 && text::width(&hint) <= room {
            spans.push(Span::styled(hint, styles.muted));
        }
        doc.row(spans);
    }
    let more = query.places.len().saturating_sub(MOST_PLACES);
    if more > 0 {
        doc.prose(8, &format!("… and {}", plain::count(more, "other place")), styles.muted);
    }
}

fn harms(doc: &mut Doc<'_>, session: &Session, query: &ExaminedQuery, report: &DatabaseReport) {
    let findings = session.findings_about(query);
    if !query.harms.is_empty() {
        let aside = format!("at {} rows a table", grouped(report.rows));
        doc.heading("What is wrong, and what helps", &aside);
    }
    let styles = doc.styles;
    for (number, harm) in query.harms.iter().enumerate() {
        if number > 0 {
            doc.gap();
        }
        let first = doc.rows();
        doc.led("✗ ", 0, &harm.message, styles.severity(harm.severity), styles.text);
        doc.row(vec![
            Span::styled(format!("  {}", harm.severity.word()), styles.severity(harm.severity)),
            Span::styled(text::fit(&about(harm), doc.width().saturating_sub(12)), styles.muted),
        ]);
        doc.led("→ ", 2, &harm.fix, styles.focus, styles.text);
        let finding = findings.iter().find(|finding| finding.rule.as_str() == harm.rule);
        if let Some(finding) = finding {
            doc.link_from(first, &Target::Finding(finding.fingerprint.clone()));
        }
    }
    // What another probe saw where the query is sent.
    for finding in findings.iter().filter(|finding| matches!(finding.location, Location::File { .. })) {
        doc.heading("Seen in the code", finding.rule.as_str());
        let first = doc.rows();
        doc.led("✗ ", 0, &finding.message, styles.fail, styles.text);
        let notes = finding.evidence.iter().filter(|evidence| evidence.kind == EvidenceKind::Note);
        notes.for_each(|note| doc.prose(2, &note.text, styles.muted));
        doc.led("→ ", 2, &finding.fix, styles.focus, styles.text);
        doc.link_from(first, &Target::Finding(finding.fingerprint.clone()));
    }
}

fn about(harm: &Harm) -> String {
    let table = harm.table.as_ref().map(|table| format!(" · {table}")).unwrap_or_default();
    format!("{table} · reads {} rows a call · {}", grouped(harm.rows_read), harm.rule)
}

fn cost(doc: &mut Doc<'_>, query: &ExaminedQuery, report: &DatabaseReport) {
    if query.points.is_empty() {
        return;
    }
    let styles = doc.styles;
    doc.heading("Cost as the tables grow", "log scale, in the planner's own units");
    if let Some(words) = growth(&query.points) {
        doc.prose(0, &words, styles.text);
    }
    let rows = query.points.iter().map(|point| grouped(point.rows).len()).max().unwrap_or(0);
    // Where there is little room, the bars matter more than the rows.
    let with_rows = doc.width() >= 46;
    let bars: Vec<Bar> = (query.points.iter())
        .map(|point| Bar {
            label: if with_rows {
                format!("{:>7} {:>rows$} rows", times(point.times), grouped(point.rows))
            } else {
                times(point.times)
            },
            value: point.cost,
            figure: measured(point.cost),
            style: if point.rows >= report.rows && query.worst().is_some() {
                styles.fail
            } else {
                styles.focus.remove_modifier(Modifier::BOLD)
            },
        })
        .collect();
    bars::logarithmic(doc, 0, &bars);
}

fn times(times: u64) -> String {
    if times <= 1 { "now".to_owned() } else { format!("×{}", grouped(times)) }
}

/// What the chart says, in a sentence.
fn growth(points: &[CostPoint]) -> Option<String> {
    let (first, last) = (points.first()?, points.last()?);
    if points.len() < 2 || first.cost <= 0.0 || first.times == 0 {
        return None;
    }
    let (rows, cost) = (grouped(last.times / first.times), last.cost / first.cost);
    Some(if cost < SAME_COST {
        format!("With {rows} times the rows it costs about the same.")
    } else {
        format!("With {rows} times the rows it costs {} times as much.", measured(cost))
    })
}

/// What an index brings to one query: cost before and after.
type Gained = Option<(f64, f64)>;

/// The indexes that help, those that were tried together under one heading.
fn proposals(doc: &mut Doc<'_>, ui: &Ui, query: &ExaminedQuery, report: &DatabaseReport) {
    let mut sets: Vec<(Gained, Vec<&IndexProposal>)> = Vec::new();
    for proposal in report.proposals_for(query) {
        let gain = proposal.gains.iter().find(|gain| gain.query == query.id);
        let gained: Gained = gain.and_then(|gain| gain.before.zip(gain.after));
        match sets.iter_mut().find(|(known, _)| gained.is_some() && *known == gained) {
            Some((_, set)) => set.push(proposal),
            None => sets.push((gained, vec![proposal])),
        }
    }
    for (gained, set) in sets {
        doc.heading(if set.len() > 1 { "The indexes that help together" } else { "The index that helps" }, "");
        set.iter().for_each(|proposal| code(doc, &proposal.statement, MOST_OF_MIGRATION));
        if let Some(first) = set.first() {
            brings(doc, gained, first);
        }
        set.iter().for_each(|proposal| helps_others(doc, query, report, proposal));
        migrations(doc, ui, &set);
    }
}

/// Before and after, and how that is known.
fn brings(doc: &mut Doc<'_>, gained: Gained, proposal: &IndexProposal) {
    let styles = doc.styles;
    let proven = proposal.proof != IndexProof::Reasoned;
    let (glyph, style) = if proven { ("✓ ", styles.pass) } else { ("? ", styles.unknown) };
    let Some((before, after)) = gained else {
        let words = "Reasoned from the query, not proven: compare the plan before and after you make it.";
        return doc.led("? ", 0, words, styles.unknown, styles.text);
    };
    let bar = |label: &str, value, style| Bar { label: label.to_owned(), value, figure: measured(value), style };
    bars::logarithmic(doc, 0, &[bar("without", before, styles.fail), bar("with", after, style)]);
    let factor = if after > 0.0 && before >= after {
        format!("{} times cheaper, ", measured(before / after))
    } else {
        String::new()
    };
    doc.led(glyph, 0, &format!("{factor}{}.", proposal.proof.words()), style, styles.text);
}

fn helps_others(doc: &mut Doc<'_>, query: &ExaminedQuery, report: &DatabaseReport, proposal: &IndexProposal) {
    let styles = doc.styles;
    let others = proposal.gains.iter().filter(|gain| gain.query != query.id);
    let others: Vec<&ExaminedQuery> = others.filter_map(|gain| report.query(&gain.query)).collect();
    for (number, other) in others.iter().enumerate().take(MOST_PLACES) {
        let first = doc.rows();
        let lead = if number == 0 { "helps as well " } else { "              " };
        let name = text::fit(&other.name(), doc.width().saturating_sub(lead.len()));
        doc.row(vec![Span::styled(lead, styles.muted), Span::styled(name, styles.text)]);
        doc.link_from(first, &Target::Query(other.id.clone()));
    }
    let more = others.len().saturating_sub(MOST_PLACES);
    if more > 0 {
        doc.prose(14, &format!("… and {more} more"), styles.muted);
    }
}

/// Where the statements go, or the migrations that are more than their statements.
fn migrations(doc: &mut Doc<'_>, ui: &Ui, set: &[&IndexProposal]) {
    let key = ui.keymap.hint(Action::Migration);
    let plain = |proposal: &&&IndexProposal| proposal.migration.text.trim() == proposal.statement.trim();
    if let Some(first) = set.iter().find(plain) {
        let them = if set.iter().filter(plain).count() > 1 { "them" } else { "it" };
        let words = format!("Where: {}. {key} copies {them}.", first.migration.place);
        doc.prose(0, &words, doc.styles.muted);
    }
    for proposal in set.iter().filter(|proposal| !plain(proposal)) {
        migration(doc, &key, &proposal.migration);
    }
}

fn migration(doc: &mut Doc<'_>, key: &str, migration: &Migration) {
    let styles = doc.styles;
    doc.heading(&format!("As a migration for {}", text::fit(&migration.tool, 24)), &format!("{key} copies it"));
    doc.prose(0, &format!("Where: {}", migration.place), styles.muted);
    let lines = text::break_lines(&migration.text, doc.width().saturating_sub(2));
    let more = lines.len().saturating_sub(MOST_OF_MIGRATION);
    for line in lines.into_iter().take(MOST_OF_MIGRATION) {
        doc.row(vec![Span::raw("  "), Span::styled(line, styles.code)]);
    }
    if more > 0 {
        doc.prose(2, &format!("… {more} more lines"), styles.muted);
    }
}

fn plans(doc: &mut Doc<'_>, query: &ExaminedQuery, report: &DatabaseReport) {
    let Some(at_scale) = &query.plan else { return };
    let title = match query.plan_now {
        Some(_) => format!("The plan at {} rows a table", grouped(report.rows)),
        None => "The plan, now and later".to_owned(),
    };
    doc.heading(&title, "");
    plan::write(doc, at_scale);
    if let Some(now) = &query.plan_now {
        doc.heading("The plan now", "with as few rows as there are today");
        plan::write(doc, now);
    }
}

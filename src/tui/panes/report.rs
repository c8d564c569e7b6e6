//! The report as its reader meets it: the answer first, then what it rests on. Exporting writes all of it.

use ratatui::text::Span;

use crate::model::{Item, Severity, Status, Verdict};
use crate::session::Session;
use crate::tui::plain;
use crate::tui::style::extras;
use crate::tui::widgets::doc::{Doc, Target};
use crate::tui::widgets::text;

pub(super) fn write(doc: &mut Doc<'_>, session: &Session) {
    verdict(doc, session);
    let open = |severity: Severity| move |(_, v): &(&Item, &Verdict)| v.severity == severity && !v.status.settled();
    group(doc, session, "Blockers", "each of them holds the launch", open(Severity::Blocker));
    accepted(doc, session);
    group(doc, session, "Major items that are open", "users will be hurt in the first weeks", open(Severity::Major));
    not_examined(doc, session);
    poll(doc, session);
    everything(doc, session);
}

fn verdict(doc: &mut Doc<'_>, session: &Session) {
    let styles = doc.styles;
    let (counts, decision) = (session.counts(), styles.decision(session.decision()));
    doc.prose(0, &format!("{}: will it survive production?", session.project().name), styles.title);
    doc.gap();
    doc.row(vec![Span::styled(
        format!("{} {}", decision.glyph, decision.word),
        decision.style.patch(ratatui::style::Style::new().add_modifier(ratatui::style::Modifier::BOLD)),
    )]);
    doc.gap();
    let words = format!(
        "{} settled of {}: {} pass, {} accepted, {} not applicable. {} fail and {} are not known.",
        counts.settled(),
        plain::count(counts.items, "item"),
        counts.pass,
        counts.accepted,
        counts.not_applicable,
        counts.fail,
        counts.unknown
    );
    doc.prose(0, &words, styles.text);
    let findings = session.runs().iter().flat_map(|run| run.observations());
    let findings = findings.filter(|seen| matches!(seen, crate::model::Observation::Finding(_))).count();
    let newest = session.runs().iter().filter_map(|run| run.last.as_ref()).map(|last| last.ended).max();
    let when =
        newest.map_or_else(|| "Nothing has run yet.".to_owned(), |at| format!("Last run: {}.", plain::moment(at)));
    doc.prose(0, &format!("{} in the evidence. {when}", plain::count(findings, "finding")), styles.muted);
}

fn group(doc: &mut Doc<'_>, session: &Session, title: &str, about: &str, wanted: impl Fn(&(&Item, &Verdict)) -> bool) {
    let items: Vec<(&Item, &Verdict)> = judged(session).filter(wanted).collect();
    if items.is_empty() {
        return;
    }
    doc.heading(&format!("{title} ({})", items.len()), about);
    for (item, verdict) in items {
        let mark = doc.styles.status(&verdict.status);
        let first = doc.rows();
        doc.led(&format!("{} ", mark.glyph), 0, &item.title, mark.style, doc.styles.text);
        doc.prose(2, &item.why, doc.styles.muted);
        doc.link_from(first, &Target::Item(item.id.clone()));
    }
}

fn accepted(doc: &mut Doc<'_>, session: &Session) {
    let styles = doc.styles;
    let risks = judged(session).filter_map(|(item, verdict)| match &verdict.status {
        Status::Accepted(acceptance) => Some((item, acceptance)),
        _ => None,
    });
    for (number, (item, acceptance)) in risks.enumerate() {
        if number == 0 {
            doc.heading("Accepted risks", "");
        }
        let until = acceptance.until.map_or_else(|| "with no end".to_owned(), |date| format!("until {date}"));
        let first = doc.rows();
        doc.led("! ", 0, &item.title, styles.accepted, styles.text);
        doc.prose(2, &format!("{}, {until}: {}", acceptance.owner, acceptance.reason), styles.muted);
        doc.link_from(first, &Target::Item(item.id.clone()));
    }
}

fn not_examined(doc: &mut Doc<'_>, session: &Session) {
    let styles = doc.styles;
    doc.heading("What the probes did", "");
    for run in session.runs() {
        let (word, why) = match run.outcome() {
            _ if run.running().is_some() => ("running", String::new()),
            None => ("not run", String::new()),
            Some(outcome) => (outcome.word(), outcome.why().unwrap_or_default()),
        };
        let examined = match run.outcome() {
            Some(crate::model::Outcome::Completed(examined)) => {
                let counts = examined.counts.iter().map(|(what, many)| format!("{many} {what}"));
                let gaps = examined.gaps.iter().map(|gap| format!("{} not examined: {}", gap.count, gap.reason));
                counts.chain(gaps).collect::<Vec<_>>().join(", ")
            }
            _ => why,
        };
        let lead = format!("{} {} ", text::pad(run.meta.title, 16), text::pad(word, 10));
        doc.led(&lead, 0, if examined.is_empty() { "-" } else { &examined }, styles.text, styles.muted);
    }
}

fn poll(doc: &mut Doc<'_>, session: &Session) {
    let styles = doc.styles;
    doc.heading("The poll", "");
    for summary in session.sections() {
        let mark = styles.poll(summary.poll);
        doc.row(vec![
            Span::styled(format!("{} {} ", mark.glyph, text::pad(mark.word, 8)), mark.style),
            Span::styled(text::pad(&summary.section.title, 30), styles.text),
            Span::styled(
                format!("{:>7}", format!("{}/{}", summary.counts.settled(), summary.counts.items)),
                styles.muted,
            ),
        ]);
    }
}

fn everything(doc: &mut Doc<'_>, session: &Session) {
    let styles = doc.styles;
    for section in session.checklists().iter().flat_map(|list| &list.sections) {
        doc.heading(&section.title, "");
        for item in session.items_of(&section.id) {
            let Some(verdict) = session.verdict(&item.id) else { continue };
            let mark = styles.status(&verdict.status);
            let first = doc.rows();
            let lead = format!("{} {} ", mark.glyph, text::pad(mark.word, 14));
            let words = match extras(verdict) {
                "" => item.title.clone(),
                extras => format!("{} ({extras})", item.title),
            };
            doc.led(&lead, 0, &words, mark.style, styles.text);
            doc.prose(17, &verdict.why, styles.muted);
            doc.link_from(first, &Target::Item(item.id.clone()));
        }
    }
}

fn judged(session: &Session) -> impl Iterator<Item = (&Item, &Verdict)> {
    session.items().filter_map(|item| Some((item, session.verdict(&item.id)?)))
}

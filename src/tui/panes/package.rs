//! A vulnerable package: the way out, how it comes in, whether the code uses it, and what is known against it.

use ratatui::style::Modifier;
use ratatui::text::Span;

use super::packages;
use crate::model::{
    AdvisoryReport, Fingerprint, PackageStep, PartsUsed, Severity, Uses, VulnerablePackage, WayOutKind, WayOutStep,
};
use crate::session::Session;
use crate::tui::keymap::Action;
use crate::tui::plain;
use crate::tui::ui_state::{DependencyRow, Ui};
use crate::tui::widgets::doc::{Doc, Target};
use crate::tui::widgets::text;

/// Lines of an advisory's text; its page has the rest.
const MOST_LINES: usize = 16;

/// Steps of one way in.
const MOST_STEPS: usize = 12;

/// Parts of a package that an advisory is about.
const MOST_PARTS: usize = 4;

/// Places of use; the editor's list has all of them.
const MOST_PLACES: usize = 6;

pub(super) fn write(doc: &mut Doc<'_>, ui: &Ui, session: &Session, package: &VulnerablePackage) {
    top(doc, package);
    way_out(doc, ui, package);
    ways_in(doc, package);
    uses(doc, ui, package);
    advisories(doc, ui, session, package);
}

fn top(doc: &mut Doc<'_>, package: &VulnerablePackage) {
    let styles = doc.styles;
    let mark = packages::mark(styles, package);
    let lead = format!("{} {}  ", mark.glyph, mark.word);
    let room = doc.width().saturating_sub(text::width(&lead));
    let name = text::fit(&format!("{} {}", package.name, package.version), room);
    doc.row(vec![
        Span::styled(lead, mark.style.add_modifier(Modifier::BOLD)),
        Span::styled(name, styles.title.add_modifier(Modifier::BOLD)),
    ]);
    let which = if package.direct { "asked for by the project itself" } else { "brought in by other packages" };
    let scope = if package.development { "development only" } else { "installed in production" };
    doc.prose(0, &format!("{} · {which} · {scope} · {}:{}", package.manager, package.lock, package.line), styles.muted);
}

fn way_out(doc: &mut Doc<'_>, ui: &Ui, package: &VulnerablePackage) {
    let styles = doc.styles;
    let way = &package.way_out;
    let key = ui.keymap.hint(Action::Migration);
    let copies = !way.commands.is_empty() || way.lines.is_some();
    let aside = if copies { format!("{key} copies it") } else { String::new() };
    doc.heading(if way.kind == WayOutKind::None { "No way out is known" } else { "The way out" }, &aside);
    doc.led("→ ", 0, &way.words, styles.focus, styles.text);
    for step in way.steps() {
        match step {
            WayOutStep::Type(command) => doc.preformatted(2, command, styles.title),
            WayOutStep::First(_) | WayOutStep::Or | WayOutStep::Then(_) => doc.prose(2, &step.words(), styles.muted),
            WayOutStep::Write { lines, .. } => {
                doc.prose(2, &step.words(), styles.muted);
                doc.preformatted(4, lines, styles.title);
            }
        }
    }
}

/// The ways as trees, each from what a manifest asks for down to the package.
fn ways_in(doc: &mut Doc<'_>, package: &VulnerablePackage) {
    let styles = doc.styles;
    if package.ways_in.is_empty() {
        doc.heading("How it comes in", "");
        doc.led("? ", 0, "The lock file does not say which package needs it.", styles.unknown, styles.text);
        return;
    }
    doc.heading("How it comes in", "");
    for way in &package.ways_in {
        if let Some(asked) = way.first() {
            doc.prose(0, &asked_for(asked), styles.muted);
        }
        let skipped = way.len().saturating_sub(MOST_STEPS);
        let shown = way.iter().take(1).chain(way.iter().skip(1 + skipped));
        for (depth, step) in shown.enumerate() {
            let last = step.name == package.name && step.version == package.version;
            let (branch, indent) = if depth == 0 { ("", 0) } else { ("└─ ", depth * 3 - 3) };
            let gone = if depth == 1 && skipped > 0 { format!("… {skipped} between … ") } else { String::new() };
            let words = format!("{gone}{} {}", step.name, step.version);
            let room = doc.width().saturating_sub(indent + text::width(branch) + 4);
            let style = if last { packages::mark(styles, package).style } else { styles.text };
            let mut spans = vec![
                Span::styled(format!("  {}{branch}", " ".repeat(indent)), styles.border),
                Span::styled(text::fit(&words, room), style),
            ];
            if last {
                spans.push(Span::styled(" ✗", style));
            }
            doc.row(spans);
        }
    }
    if package.more_ways_in > 0 {
        let more = usize::try_from(package.more_ways_in).unwrap_or(usize::MAX);
        let words = if more == 1 {
            "… and 1 more direct dependency brings it in".to_owned()
        } else {
            format!("… and {more} more direct dependencies bring it in")
        };
        doc.prose(2, &words, styles.muted);
    }
}

fn asked_for(step: &PackageStep) -> String {
    let Some((manifest, line)) = &step.asked_in else { return "A manifest asks for:".to_owned() };
    let line = line.map(|line| format!(":{line}")).unwrap_or_default();
    let range = if step.range.is_empty() { String::new() } else { format!(" {}", step.range) };
    format!("{manifest}{line} asks for {}{range}", step.name)
}

fn uses(doc: &mut Doc<'_>, ui: &Ui, package: &VulnerablePackage) {
    let styles = doc.styles;
    doc.heading("Does your code use it?", "");
    match &package.uses {
        Uses::Imported { package: imported, places, more } => {
            let what =
                if *imported == package.name { "it".to_owned() } else { format!("{imported}, which brings it in") };
            doc.led("✗ ", 0, &format!("Yes: production code imports {what}."), styles.fail, styles.text);
            let hint = ui.keymap.hint(Action::Edit);
            for (number, (path, line)) in places.iter().take(MOST_PLACES).enumerate() {
                let place = text::fit_end(&format!("{path}:{line}"), doc.width().saturating_sub(2));
                let mut spans = vec![Span::raw("  "), Span::styled(place.clone(), styles.focus)];
                let hint = format!("  {hint} opens it");
                if number == 0 && 2 + text::width(&place) + text::width(&hint) <= doc.width() {
                    spans.push(Span::styled(hint, styles.muted));
                }
                doc.row(spans);
            }
            let more =
                usize::try_from(*more).unwrap_or(usize::MAX).saturating_add(places.len().saturating_sub(MOST_PLACES));
            if more > 0 {
                doc.prose(2, &format!("… and {}", plain::count(more, "other place")), styles.muted);
            }
        }
        Uses::Named { package: named, place: (path, line) } => {
            let words = format!("Likely: no code imports {named}, and {path}:{line} names it.");
            doc.led("✗ ", 0, &words, styles.fail, styles.text);
        }
        Uses::NotImported => {
            let words = "Nothing in production code imports it, so it ranks lower. It is installed all the same.";
            doc.led("– ", 0, words, styles.muted, styles.text);
        }
        Uses::Unknown { why } => doc.led("? ", 0, &format!("Not known: {why}."), styles.unknown, styles.text),
        Uses::NotExamined => doc.led("? ", 0, "The code was not looked at.", styles.unknown, styles.text),
    }
}

fn advisories(doc: &mut Doc<'_>, ui: &Ui, session: &Session, package: &VulnerablePackage) {
    let prints = ui.index.findings_about_package(&DependencyRow::of(package));
    doc.heading("What is known against it", &plain::count(package.advisories.len(), "advisory").replace("ys", "ies"));
    for (number, advisory) in package.advisories.iter().enumerate() {
        if number > 0 {
            doc.gap();
        }
        let first = doc.rows();
        one(doc, advisory);
        if let Some(print) = finding_of(ui, session, prints, advisory) {
            doc.link_from(first, &Target::Finding(print.clone()));
        }
    }
}

fn one(doc: &mut Doc<'_>, advisory: &AdvisoryReport) {
    let styles = doc.styles;
    let style = advisory.severity.map_or(styles.unknown, |severity| styles.severity(severity));
    let word = advisory.severity.map_or("not rated", Severity::word);
    let score = advisory.score.map(|score| format!(" · CVSS {score:.1} of 10")).unwrap_or_default();
    let fixed = match (&advisory.fixed, advisory.malware) {
        (_, true) => " · malware".to_owned(),
        (Some(fixed), false) => format!(" · fixed in {fixed}"),
        (None, false) => " · not fixed".to_owned(),
    };
    let head = format!("{} · {word}{score}{fixed}", advisory.known_as);
    doc.led("", 0, &head, style, style);
    if !advisory.summary.is_empty() {
        doc.prose(0, &advisory.summary, styles.text);
    }
    let details = advisory.details.trim();
    if !details.is_empty() && details != advisory.summary {
        let wrapped: Vec<String> =
            details.lines().flat_map(|line| text::wrap(line, doc.width().saturating_sub(2))).collect();
        for line in wrapped.iter().take(MOST_LINES) {
            doc.row(vec![Span::raw("  "), Span::styled(line.clone(), styles.muted)]);
        }
        if wrapped.len() > MOST_LINES {
            doc.prose(2, "… its page has the rest", styles.muted);
        }
    }
    if !advisory.parts.is_empty() {
        let named: Vec<&str> = advisory.parts.iter().take(MOST_PARTS).map(String::as_str).collect();
        let more = if advisory.parts.len() > MOST_PARTS { ", …" } else { "" };
        doc.prose(2, &format!("in {}{more}{}", named.join(", "), parts_used(&advisory.parts_used)), styles.muted);
    }
    if !advisory.platforms.is_empty() {
        doc.prose(2, &format!("only on {}", advisory.platforms.join(", ")), styles.muted);
    }
    if !advisory.aliases.is_empty() {
        doc.prose(2, &format!("also {}", advisory.aliases.join(", ")), styles.muted);
    }
    for url in advisory.references.iter().take(3) {
        doc.row(vec![Span::raw("  "), Span::styled(text::fit(url, doc.width().saturating_sub(2)), styles.focus)]);
    }
}

/// Whether the parts are imported, to stand behind them.
fn parts_used(used: &PartsUsed) -> String {
    match used {
        PartsUsed::Imported { part, places, more: _ } => match places.first() {
            Some((path, line)) => format!(": {path}:{line} imports {part}"),
            None => String::new(),
        },
        PartsUsed::Built { part, list: _ } => format!(": another package imports {part}"),
        PartsUsed::NotByOwnCode => ": not imported by this project's own code, but another package may".to_owned(),
        PartsUsed::NotBuilt { list } => format!(": not built, as {list} says"),
        PartsUsed::Unknown { .. } | PartsUsed::NotExamined => String::new(),
    }
}

/// The finding that an advisory became.
fn finding_of<'a>(
    ui: &Ui,
    session: &Session,
    prints: &'a [Fingerprint],
    advisory: &AdvisoryReport,
) -> Option<&'a Fingerprint> {
    prints.iter().find(|print| {
        ui.index.finding(session, print).is_some_and(|finding| finding.message.contains(&advisory.known_as))
    })
}

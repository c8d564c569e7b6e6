//! The packages with a known vulnerability, the worst first, and the lock files that were read.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::yet::{self, Words};
use super::{Ends, list, locks, package};
use crate::model::{DependencyReport, Severity, VulnerablePackage, WayOutKind, grouped};
use crate::session::Session;
use crate::tui::keymap::Action;
use crate::tui::style::{Mark, Styles};
use crate::tui::ui_state::{DependencyRow, Pane, Ui};
use crate::tui::widgets::doc::Doc;
use crate::tui::widgets::{canvas, text};

pub(super) fn draw(ui: &Ui, session: &Session, area: Rect, buffer: &mut Buffer) {
    let styles = &ui.dress.styles;
    let Some(report) = session.dependencies().filter(|_| !ui.index.dependencies.is_empty()) else {
        for (row, line) in text::wrap(&nothing(ui, session), usize::from(area.width)).into_iter().enumerate() {
            let row = u16::try_from(row + 1).unwrap_or(u16::MAX);
            canvas::line(buffer, area, row, &Line::styled(line, styles.muted));
        }
        return;
    };
    let state = &ui.dependencies.list;
    let shown = (state.offset, state.selected.as_ref(), ui.focus() == Pane::Packages);
    list(ui, area, &ui.index.dependencies, shown, buffer, |key, width| row(styles, report, key, width));
}

/// What the page of the row in hand is called.
pub(super) const fn title(ui: &Ui) -> &'static str {
    match &ui.dependencies.list.selected {
        Some(DependencyRow::LockFiles) => "Lock files",
        Some(DependencyRow::Package { .. }) | None => "Package",
    }
}

/// The page of the row in hand.
pub(super) fn write(doc: &mut Doc<'_>, ui: &Ui, session: &Session) {
    let Some((report, key)) = session.dependencies().zip(ui.dependencies.list.selected.as_ref()) else {
        let words = if session.dependencies().is_some() { "Nothing is selected." } else { "" };
        doc.prose(0, words, doc.styles.muted);
        return;
    };
    match key {
        DependencyRow::LockFiles => locks::write(doc, session, report),
        DependencyRow::Package { .. } => {
            if let Some(found) = of_row(report, key) {
                package::write(doc, ui, session, found);
            }
        }
    }
}

/// The package of a row.
fn of_row<'a>(report: &'a DependencyReport, key: &DependencyRow) -> Option<&'a VulnerablePackage> {
    let DependencyRow::Package { lock, name, version } = key else { return None };
    report.vulnerable.iter().find(|one| one.lock == *lock && one.name == *name && one.version == *version)
}

/// How bad it is: glyph and word.
pub(super) fn mark(styles: &Styles, package: &VulnerablePackage) -> Mark {
    match package.severity {
        None => Mark { glyph: "?", word: "not rated", style: styles.unknown },
        Some(severity) => {
            let glyph = if severity == Severity::Minor { "–" } else { "✗" };
            Mark { glyph, word: severity.word(), style: styles.severity(severity) }
        }
    }
}

fn row(styles: &Styles, report: &DependencyReport, key: &DependencyRow, width: usize) -> Ends {
    let Some(package) = of_row(report, key) else {
        let packages: u64 = report.locks.iter().map(|lock| lock.packages).sum();
        let aside = format!("{} {}", grouped(packages), if packages == 1 { "package" } else { "packages" });
        let words = text::fit("what was read, and what was not", width.saturating_sub(text::width(&aside) + 3));
        return Ends {
            left: vec![Span::styled(format!("  {words}"), styles.text)],
            right: vec![Span::styled(aside, styles.muted)],
        };
    };
    let mark = mark(styles, package);
    let aside = match (&package.way_out.version, package.way_out.kind) {
        (_, WayOutKind::Remove) => "malware: remove it".to_owned(),
        (Some(fixed), _) => format!("→ {fixed}"),
        (None, _) => "no fixed version".to_owned(),
    };
    let room = width.saturating_sub(3);
    let name = text::fit(&package.name, room.saturating_sub(text::width(&package.version) + 1).max(8));
    let mut left = vec![
        Span::styled(format!("{} ", mark.glyph), mark.style),
        Span::styled(name, styles.text),
        Span::styled(format!(" {}", package.version), styles.muted),
    ];
    let taken = left.iter().map(Span::width).sum::<usize>();
    let room = width.saturating_sub(taken + 2);
    // The version to go to says more than how the package comes in.
    let aside = text::fit(&aside, room);
    let room = room.saturating_sub(text::width(&aside) + 2);
    if let Some(words) = whence(report, package).into_iter().find(|words| text::width(words) <= room) {
        left.push(Span::styled(words, styles.muted));
    }
    Ends { left, right: vec![Span::styled(aside, styles.focus)] }
}

/// How a package comes in, the fullest words first: of those that several lock files hold, each row says its file.
fn whence(report: &DependencyReport, package: &VulnerablePackage) -> Vec<String> {
    let through = package.ways_in.first().filter(|way| way.len() > 1).and_then(|way| way.first());
    let through = match (through, package.development) {
        (Some(step), _) => format!("  via {}", step.name),
        (None, true) => "  development".to_owned(),
        (None, false) => String::new(),
    };
    let is_twin = |other: &VulnerablePackage| {
        other.lock != package.lock && (&other.name, &other.version) == (&package.name, &package.version)
    };
    if !report.vulnerable.iter().any(is_twin) {
        return vec![through];
    }
    let file = format!("  {}", package.lock);
    vec![format!("{through}{file}"), file, through]
}

/// What to do where there is nothing to show.
fn nothing(ui: &Ui, session: &Session) -> String {
    let key = |action| ui.keymap.hint(action);
    if session.dependencies().is_some() {
        let filter = ui.dependencies.filter.value();
        return if filter.is_empty() {
            "No lock file was found, so nobody can say which versions arrive. Let your package manager write one and \
             commit it."
                .to_owned()
        } else {
            format!("Nothing here contains \"{filter}\". {} clears the filter.", key(Action::Back))
        };
    }
    yet::nothing(
        ui,
        session,
        session.dependencies_run(),
        &Words {
            about: "Here will stand the packages with a known vulnerability: how each comes in, whether your code uses \
                    it, which version is safe, and what to type.",
            running: "The packages are being looked up.",
            kept: "packages",
            again: "looks them up again",
            offered: "it sends names and versions of packages, and nothing of your code",
            name:
                "to let gonogo ask the advisory service: it sends names and versions of packages, and nothing of your \
                   code. Or fetch a copy first with `gonogo advisories update`, and nothing is sent."
                    .to_owned(),
            another: "asks again",
        },
    )
}

//! The lock files that were read, and what of the packages could not be looked up.

use ratatui::style::Modifier;

use crate::model::{DependencyReport, Outcome, grouped};
use crate::session::Session;
use crate::tui::widgets::doc::Doc;
use crate::tui::widgets::text;

/// Lock files of a repository; some have one for every example.
const MOST_FILES: usize = 60;

/// Columns of the figures.
const FIGURE: usize = 11;

pub(super) fn write(doc: &mut Doc<'_>, session: &Session, report: &DependencyReport) {
    let styles = doc.styles;
    doc.prose(0, &report.sentence(), styles.text);
    if !report.advisories_from.is_empty() {
        doc.prose(0, &format!("They were compared with {}.", report.advisories_from), styles.muted);
    }
    files(doc, report);
    gaps(doc, session);
}

fn files(doc: &mut Doc<'_>, report: &DependencyReport) {
    let styles = doc.styles;
    // Narrower, the figures would leave no room for the paths.
    let wide = doc.width() >= 72;
    doc.heading("Lock files", if wide { "packages of which direct, and for development only" } else { "" });
    if wide {
        let room = doc.width().saturating_sub(4 * (FIGURE + 2));
        let bold = styles.muted.add_modifier(Modifier::BOLD);
        doc.columns(
            0,
            &[
                (room, "file", bold),
                (FIGURE, "by", bold),
                (FIGURE, "packages", bold),
                (FIGURE, "direct", bold),
                (FIGURE, "development", bold),
            ],
        );
    }
    for lock in report.locks.iter().take(MOST_FILES) {
        let (packages, direct, development) = (grouped(lock.packages), grouped(lock.direct), grouped(lock.development));
        if wide {
            let room = doc.width().saturating_sub(4 * (FIGURE + 2));
            let path = text::fit_end(&lock.path, room);
            doc.columns(
                0,
                &[
                    (room, &path, styles.text),
                    (FIGURE, &lock.manager, styles.muted),
                    (FIGURE, &packages, styles.text),
                    (FIGURE, &direct, styles.text),
                    (FIGURE, &development, styles.text),
                ],
            );
        } else {
            doc.prose(0, &lock.path, styles.text);
            let noun = if lock.packages == 1 { "package" } else { "packages" };
            let words = format!("{}: {packages} {noun}, {direct} direct, {development} dev", lock.manager);
            doc.prose(2, &words, styles.muted);
        }
    }
    let more = report.locks.len().saturating_sub(MOST_FILES);
    if more > 0 {
        doc.prose(0, &format!("… and {more} more"), styles.muted);
    }
}

/// What was passed over: a package that was not looked up is not a package without holes.
fn gaps(doc: &mut Doc<'_>, session: &Session) {
    let styles = doc.styles;
    let Some(Outcome::Completed(examined)) = session.dependencies_run().and_then(|run| run.outcome()) else { return };
    if examined.gaps.is_empty() {
        return;
    }
    doc.heading("Not examined", "nothing is known of these");
    for gap in &examined.gaps {
        let examples = gap.examples.join(", ");
        let more = gap.count.saturating_sub(gap.examples.len() as u64);
        let more = if more > 0 { format!(" and {} more", grouped(more)) } else { String::new() };
        doc.led("? ", 0, &format!("{}: {examples}{more}", gap.reason), styles.unknown, styles.text);
    }
}

//! What strangers see of the deployed app: the sites, their TLS servers, and every request that was made.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::yet::{self, Words};
use super::{Ends, list, requests, server, site};
use crate::model::web::bytes;
use crate::model::{Severity, Site, TlsServer, WebReport};
use crate::session::Session;
use crate::tui::keymap::Action;
use crate::tui::plain;
use crate::tui::style::{Mark, Styles};
use crate::tui::ui_state::{Pane, Ui, WebRow};
use crate::tui::widgets::doc::{Doc, Target};
use crate::tui::widgets::{canvas, text};

/// Findings on one page; the view of the findings has them all.
const MOST_FINDINGS: usize = 12;

pub(super) fn draw(ui: &Ui, session: &Session, area: Rect, buffer: &mut Buffer) {
    let styles = &ui.dress.styles;
    let Some(report) = session.web().filter(|_| !ui.index.web.is_empty()) else {
        for (row, line) in text::wrap(&nothing(ui, session), usize::from(area.width)).into_iter().enumerate() {
            let row = u16::try_from(row + 1).unwrap_or(u16::MAX);
            canvas::line(buffer, area, row, &Line::styled(line, styles.muted));
        }
        return;
    };
    let state = &ui.web.list;
    let shown = (state.offset, state.selected.as_ref(), ui.focus() == Pane::Sites);
    list(ui, area, &ui.index.web, shown, buffer, |key, width| row(ui, session, report, key, width));
}

/// What the page of the row in hand is called.
pub(super) const fn title(ui: &Ui) -> &'static str {
    match &ui.web.list.selected {
        Some(WebRow::Server(_)) => "TLS server",
        Some(WebRow::Requests) => "Requests",
        Some(WebRow::Site(_)) | None => "Site",
    }
}

/// The page of the row in hand.
pub(super) fn write(doc: &mut Doc<'_>, ui: &Ui, session: &Session) {
    let Some((report, key)) = session.web().zip(ui.web.list.selected.as_ref()) else {
        let words = if session.web().is_some() { "Nothing is selected." } else { "" };
        doc.prose(0, words, doc.styles.muted);
        return;
    };
    match key {
        WebRow::Site(url) => {
            if let Some(site) = report.sites.iter().find(|site| site.url == *url) {
                site::write(doc, ui, session, site);
            }
        }
        WebRow::Server(name) => {
            if let Some(server) = report.servers.iter().find(|server| server.name == *name) {
                server::write(doc, ui, session, server);
            }
        }
        WebRow::Requests => requests::write(doc, report, ui.web.filter.value()),
    }
}

fn row(ui: &Ui, session: &Session, report: &WebReport, key: &WebRow, width: usize) -> Ends {
    let styles = &ui.dress.styles;
    let (mark, grade, name, aside) = match key {
        WebRow::Site(url) => {
            let site = report.sites.iter().find(|site| site.url == *url);
            let score = site.and_then(Site::score);
            let aside = score.map(|score| format!("{} of 100", score.score)).unwrap_or_default();
            let mark = site.map(|site| site_mark(styles, site, worst(ui, session, key)));
            (mark, score.map(|score| score.grade.as_str()), url.as_str(), aside)
        }
        WebRow::Server(name) => {
            let server = report.servers.iter().find(|server| server.name == *name);
            let left = server.and_then(|server| server.chain.first()).map(server::left);
            let mark = server.map(|server| server_mark(styles, server, worst(ui, session, key)));
            (mark, server.and_then(|server| server.grade.as_deref()), name.as_str(), left.unwrap_or_default())
        }
        WebRow::Requests => {
            let sum = report.requests.iter().fold(0_u64, |sum, request| sum.saturating_add(request.bytes));
            let words = text::fit("every HTTP request", width.saturating_sub(10));
            return Ends {
                left: vec![Span::styled(format!("     {words}"), styles.text)],
                right: vec![Span::styled(bytes(sum), styles.muted)],
            };
        }
    };
    let mark = mark.unwrap_or(Mark { glyph: "?", word: "", style: styles.unknown });
    let grade = grade.unwrap_or_default();
    let mut left = vec![
        Span::styled(format!("{} ", mark.glyph), mark.style),
        Span::styled(text::pad(grade, 2), styles.grade(grade).add_modifier(Modifier::BOLD)),
        Span::raw(" "),
    ];
    if width >= 50 {
        left.push(Span::styled(format!("{} ", text::pad(mark.word, 11)), mark.style));
    }
    let taken = left.iter().map(Span::width).sum::<usize>() + 1;
    // The name says more than a number.
    let fits = taken + text::width(name) + text::width(&aside) < width;
    let aside = if fits { aside } else { String::new() };
    let taken = taken + text::width(&aside);
    left.push(Span::styled(text::fit(name, width.saturating_sub(taken)), styles.text));
    Ends { left, right: vec![Span::styled(aside, styles.muted)] }
}

/// How bad the worst is that speaks against a row.
fn worst(ui: &Ui, session: &Session, key: &WebRow) -> Option<Severity> {
    let found = ui.index.findings_about(key).iter().filter_map(|print| ui.index.finding(session, print));
    found.map(|finding| finding.severity).max()
}

/// How a site stands: glyph and word.
fn site_mark(styles: &Styles, site: &Site, worst: Option<Severity>) -> Mark {
    let unknown = Mark { glyph: "?", word: "not reached", style: styles.unknown };
    mark(styles, worst).unwrap_or(match site.not_reached {
        Some(_) => unknown,
        None => Mark { glyph: "✓", word: "no findings", style: styles.pass },
    })
}

/// How a server stands: glyph and word.
fn server_mark(styles: &Styles, server: &TlsServer, worst: Option<Severity>) -> Mark {
    mark(styles, worst).unwrap_or(if !server.distrust.is_empty() {
        Mark { glyph: "✗", word: "not trusted", style: styles.fail }
    } else if server.grade.is_some() {
        Mark { glyph: "✓", word: "no findings", style: styles.pass }
    } else {
        Mark { glyph: "?", word: "not judged", style: styles.unknown }
    })
}

fn mark(styles: &Styles, worst: Option<Severity>) -> Option<Mark> {
    let severity = worst?;
    let glyph = if severity == Severity::Minor { "–" } else { "✗" };
    Some(Mark { glyph, word: severity.word(), style: styles.severity(severity) })
}

/// What speaks against the row in hand, each leading to its finding.
pub(super) fn findings(doc: &mut Doc<'_>, ui: &Ui, session: &Session, key: &WebRow) {
    let styles = doc.styles;
    let prints = ui.index.findings_about(key);
    if prints.is_empty() {
        return;
    }
    let aside = format!("{} opens one", ui.keymap.hint(Action::Open));
    doc.heading("What is wrong", &aside);
    for finding in prints.iter().take(MOST_FINDINGS).filter_map(|print| ui.index.finding(session, print)) {
        let first = doc.rows();
        let glyph = if finding.severity == Severity::Minor { "–" } else { "✗" };
        let lead = format!("{glyph} {} ", text::pad(finding.severity.word(), 8));
        doc.led(&lead, 0, &finding.message, styles.severity(finding.severity), styles.text);
        doc.link_from(first, &Target::Finding(finding.fingerprint.clone()));
    }
    let more = prints.len().saturating_sub(MOST_FINDINGS);
    if more > 0 {
        let key = ui.keymap.hint(Action::Findings);
        doc.prose(2, &format!("… and {}: press {key}", plain::count(more, "other finding")), styles.muted);
    }
}

/// What to do where there is nothing to show.
fn nothing(ui: &Ui, session: &Session) -> String {
    let key = |action| ui.keymap.hint(action);
    if session.web().is_some() {
        let filter = ui.web.filter.value();
        return if filter.is_empty() {
            format!("No address was reached. {} tries again.", key(Action::Run))
        } else {
            format!("Nothing here contains \"{filter}\". {} clears the filter.", key(Action::Back))
        };
    }
    let harmless = "gonogo only looks, as any visitor can, and changes nothing.";
    yet::nothing(
        ui,
        session,
        session.web_run(),
        &Words {
            about: "Here will stand what strangers see of the deployed app: its grades, its headers beside what is \
                    wanted, its certificate, what it gives away by mistake, and every request that was made to find out.",
            running: "The deployed app is being looked at.",
            kept: "pages",
            again: "looks again",
            offered: "it only looks, as any visitor can, and changes nothing",
            name: format!("to name the deployed app's address, or start with --url https://… {harmless}"),
            another: "names another address",
        },
    )
}

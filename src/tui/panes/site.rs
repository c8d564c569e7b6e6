//! A site: its grade, what is wrong with it, its headers, what it gives away, how fast it answers.

use ratatui::style::{Modifier, Style};
use ratatui::text::Span;

use super::sites;
use crate::model::web::{bytes, milliseconds};
use crate::model::{AnswerTimes, HeaderRow, ObservatoryScore, PathRow, Site, Standing};
use crate::session::Session;
use crate::tui::keymap::Action;
use crate::tui::plain;
use crate::tui::style::Mark;
use crate::tui::ui_state::{Ui, WebRow};
use crate::tui::widgets::doc::{Doc, Target};
use crate::tui::widgets::{bars, text};

/// Lines of one value of a header.
const MOST_LINES: usize = 6;

/// Values of one header; cookies come one by one.
const MOST_VALUES: usize = 6;

/// From this width on headers stand in columns.
const WIDE: usize = 104;

/// Measured answers told one by one.
const MOST_TIMES: usize = 10;

pub(super) fn write(doc: &mut Doc<'_>, ui: &Ui, session: &Session, site: &Site) {
    let styles = doc.styles;
    doc.preformatted(0, &text::fit(&site.url, doc.width() * MOST_LINES), styles.title);
    match &site.not_reached {
        Some(why) => {
            doc.led("? ", 0, &format!("No page was reached: {why}."), styles.unknown, styles.text);
            doc.prose(2, "So nothing is known of it, neither good nor bad.", styles.muted);
        }
        None if site.page != site.url => {
            let redirects = plain::count(site.hops.len(), "redirect");
            doc.led("→ ", 0, &format!("{} after {redirects}", site.page), styles.focus, styles.text);
        }
        None => {}
    }
    if let Some(what) = site.failing() {
        let words = format!("The page {what}, so its headers are not graded.");
        doc.led("? ", 0, &words, styles.unknown, styles.text);
    }
    if let Some(score) = site.score() {
        grade(doc, score);
    }
    if let Some(server) = session.server_of(site) {
        doc.gap();
        let first = doc.rows();
        let grade = server.grade.as_ref().map_or("no grade".to_owned(), |grade| format!("grade {grade}"));
        let words = format!("TLS of {}: {grade}", server.name);
        doc.led("→ ", 0, &words, styles.focus, styles.text);
        doc.link_from(first, &Target::Web(WebRow::Server(server.name.clone())));
    }
    sites::findings(doc, ui, session, &WebRow::Site(site.url.clone()));
    let known = site.not_reached.is_none() && site.failing().is_none();
    if known && ui.index.findings_about(&WebRow::Site(site.url.clone())).is_empty() {
        doc.gap();
        doc.led("✓ ", 0, "Nothing was found to be wrong with it.", styles.pass, styles.text);
    }
    headers(doc, ui, &site.headers);
    paths(doc, &site.paths);
    if let Some(measured) = &site.times {
        times(doc, measured);
    }
    dns(doc, site);
    if let Some(score) = site.score().filter(|score| !score.tests.is_empty()) {
        tests(doc, score);
    }
    hops(doc, site);
}

fn grade(doc: &mut Doc<'_>, score: &ObservatoryScore) {
    let styles = doc.styles;
    let style = styles.grade(&score.grade);
    doc.gap();
    let room = doc.width().saturating_sub(if doc.width() >= 30 { 9 } else { 3 });
    let figure = format!("{} of 100", score.score);
    let cells = room.saturating_sub(text::width(&figure) + 2).min(40);
    let mut line = Vec::new();
    if cells >= 8 {
        line.extend(bars::share(u64::from(score.score), 100, cells, style, styles.border));
        line.push(Span::raw("  "));
    }
    line.push(Span::styled(figure, styles.text.add_modifier(Modifier::BOLD)));
    let failed = score.tests.iter().filter(|test| !test.pass).count();
    let words = match (score.tests.len(), failed) {
        (0, _) => String::new(),
        (all, 0) => format!("all {all} tests passed"),
        (all, failed) => format!("{failed} of {} failed", plain::count(all, "test")),
    };
    let title = text::fit("HTTP Observatory, as MDN grades headers", room);
    doc.grade(
        &score.grade,
        style.add_modifier(Modifier::BOLD),
        [vec![Span::styled(title, styles.muted)], line, vec![Span::styled(text::fit(&words, room), styles.text)]],
    );
}

fn tests(doc: &mut Doc<'_>, score: &ObservatoryScore) {
    let styles = doc.styles;
    doc.heading("The Observatory's tests", "points added to 100 or taken from it");
    let widest = score.tests.iter().map(|test| text::width(&test.name)).max().unwrap_or(0);
    let beside = doc.width() >= widest + 40;
    for test in &score.tests {
        let (glyph, style) = if test.pass { ("✓", styles.pass) } else { ("✗", styles.fail) };
        let points = if test.modifier == 0 { "0".to_owned() } else { format!("{:+}", test.modifier) };
        if beside {
            let lead = format!("{points:>4} {glyph} {} ", text::pad(&test.name, widest));
            doc.led(&lead, 0, &test.words, style, styles.text);
        } else {
            doc.led(&format!("{points:>4} {glyph} "), 0, &test.name, style, styles.text);
            doc.prose(7, &test.words, styles.muted);
        }
    }
}

fn headers(doc: &mut Doc<'_>, ui: &Ui, headers: &[HeaderRow]) {
    if headers.is_empty() {
        return;
    }
    let styles = doc.styles;
    let set = headers.iter().any(|header| header.place.is_some());
    let aside = if set { format!("{} opens where they are set", ui.keymap.hint(Action::Edit)) } else { String::new() };
    doc.heading("Headers: sent and wanted", &aside);
    let name = headers.iter().map(|header| text::width(&header.name)).max().unwrap_or(0).min(32);
    let rest = doc.width().saturating_sub(name + 10 + 4 * 2);
    let (sent, wanted) = (rest * 36 / 100, rest * 32 / 100);
    let columns = Columns { name, sent, wanted, why: rest.saturating_sub(sent + wanted) };
    let wide = doc.width() >= WIDE;
    if wide {
        columns.row(doc, "", "header", ["sent", "wanted", "what it is for"], [styles.muted; 5]);
    }
    for header in headers {
        let mark = header_mark(styles.standing(header.standing), header);
        if wide {
            columns.header(doc, header, mark);
        } else {
            stacked(doc, header, mark);
        }
    }
}

/// What is not sent is missing where it is wanted.
fn header_mark(mark: Mark, header: &HeaderRow) -> Mark {
    match (header.sent.is_empty(), header.standing) {
        (true, Standing::Bad | Standing::Weak) => Mark { word: "missing", ..mark },
        (true, Standing::Good | Standing::Neutral) => Mark { word: "not sent", ..mark },
        _ => mark,
    }
}

/// The values of a header as one text, bounded.
fn values(header: &HeaderRow, room: usize) -> String {
    if header.sent.is_empty() {
        return if header.standing == Standing::Unknown { "not seen" } else { "nothing" }.to_owned();
    }
    let shown = header.sent.iter().take(MOST_VALUES);
    let mut lines: Vec<String> = shown.map(|value| text::fit(value, room.max(8) * MOST_LINES)).collect();
    let more = header.sent.len().saturating_sub(MOST_VALUES);
    if more > 0 {
        lines.push(format!("… and {more} more"));
    }
    lines.join("\n")
}

/// Widths of the columns in a wide page.
struct Columns {
    name: usize,
    sent: usize,
    wanted: usize,
    why: usize,
}

impl Columns {
    fn header(&self, doc: &mut Doc<'_>, header: &HeaderRow, mark: Mark) {
        let styles = doc.styles;
        let sent = values(header, self.sent);
        let sent_style = if header.sent.is_empty() { styles.muted } else { styles.code };
        let wanted = text::fit(header.wanted.as_deref().unwrap_or("–"), self.wanted * MOST_LINES);
        let why = match &header.place {
            Some(place) => format!("{} Set in {}.", header.why, plain::place(place)),
            None => header.why.clone(),
        };
        let lead = format!("{} {}", mark.glyph, mark.word);
        let why = text::fit(&why, self.why * MOST_LINES);
        let cells = [&*sent, &*wanted, &*why];
        self.row(doc, &lead, &header.name, cells, [mark.style, styles.title, sent_style, styles.code, styles.muted]);
    }

    fn row(&self, doc: &mut Doc<'_>, lead: &str, name: &str, cells: [&str; 3], styles: [Style; 5]) {
        let [sent, wanted, why] = cells;
        let [of_lead, of_name, of_sent, of_wanted, of_why] = styles;
        let row = [
            (10, lead, of_lead),
            (self.name, name, of_name),
            (self.sent, sent, of_sent),
            (self.wanted, wanted, of_wanted),
            (self.why, why, of_why),
        ];
        doc.columns(0, &row);
    }
}

fn stacked(doc: &mut Doc<'_>, header: &HeaderRow, mark: Mark) {
    let styles = doc.styles;
    let room = doc.width().saturating_sub(text::width(mark.word) + 4);
    doc.row(vec![
        Span::styled(format!("{} ", mark.glyph), mark.style),
        Span::styled(text::fit(&header.name, room), styles.title),
        Span::styled(format!("  {}", mark.word), mark.style),
    ]);
    let room = doc.width().saturating_sub(10);
    for (number, line) in values(header, room).lines().enumerate() {
        let lead = if number == 0 { "sent    " } else { "        " };
        let style = if header.sent.is_empty() { styles.muted } else { styles.code };
        doc.led(lead, 2, line, styles.muted, style);
    }
    if let Some(wanted) = header.wanted.as_ref().filter(|_| header.standing != Standing::Good) {
        doc.led("wanted  ", 2, &text::fit(wanted, room.max(8) * MOST_LINES), styles.muted, styles.code);
    }
    if let Some(place) = &header.place {
        doc.led("set in  ", 2, &plain::place(place), styles.muted, styles.focus);
    }
    doc.prose(2, &header.why, styles.muted);
}

/// What is exposed line by line; what is not in a few lines.
fn paths(doc: &mut Doc<'_>, paths: &[PathRow]) {
    if paths.is_empty() {
        return;
    }
    let styles = doc.styles;
    let exposed = |row: &&PathRow| matches!(row.standing, Standing::Bad | Standing::Weak);
    let count = paths.iter().filter(exposed).count();
    let aside = format!("{} of {} asked for", count, plain::count(paths.len(), "path"));
    doc.heading("What a stranger can fetch", &aside);
    if count == 0 {
        doc.prose(0, "Nothing that was asked for should have stayed inside.", styles.text);
    }
    for row in paths.iter().filter(|row| row.standing <= Standing::Weak) {
        let mark = styles.standing(row.standing);
        let status = row.status.map_or("–".to_owned(), |status| status.to_string());
        let lead = format!("{} {} ", mark.glyph, text::pad(mark.word, 6));
        let words = format!("{}  {status}: {}", row.path, row.words);
        doc.led(&lead, 0, &words, mark.style, styles.text);
    }
    for standing in [Standing::Neutral, Standing::Unknown, Standing::Good] {
        let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
        for row in paths.iter().filter(|row| row.standing == standing) {
            match kinds.iter_mut().find(|(words, _)| *words == row.words) {
                Some((_, of_kind)) => of_kind.push(&row.path),
                None => kinds.push((&row.words, vec![&row.path])),
            }
        }
        let mark = styles.standing(standing);
        for (words, of_kind) in kinds {
            let words = format!("{} {words}: {}", of_kind.len(), of_kind.join(" "));
            doc.led(&format!("{} ", mark.glyph), 0, &words, mark.style, styles.muted);
        }
    }
}

fn times(doc: &mut Doc<'_>, times: &AnswerTimes) {
    let styles = doc.styles;
    doc.heading("Answer times", "");
    if let Some(median) = times.median_first_byte_ms() {
        against(doc, "first byte", median, AnswerTimes::FIRST_BYTE_LIMIT_MS);
    }
    against(doc, "whole page", times.page_ms, AnswerTimes::PAGE_LIMIT_MS);
    let shown: Vec<String> = times.first_byte_ms.iter().take(MOST_TIMES).map(u64::to_string).collect();
    let measured = match times.first_byte_ms.len() {
        0 => String::new(),
        1 => "The first byte was measured once".to_owned(),
        count => format!("The first byte is the middle of {count} answers ({} ms)", shown.join(", ")),
    };
    let stop = if measured.is_empty() { "" } else { "; " };
    let size = bytes(times.page_bytes);
    let words = format!(
        "{measured}{stop}the page is a first visit, connecting included, with {size} on the wire. Measured from here, the way \
         there and back included; the findings leave that out."
    );
    doc.prose(0, &words, styles.muted);
}

/// A time beside the limit that it should keep. Over it says nothing yet: a far server is slow from here, so the rule, whose
/// finding stands above, takes the way there off.
fn against(doc: &mut Doc<'_>, label: &str, ms: u64, limit: u64) {
    let styles = doc.styles;
    let (glyph, word, style) = if ms <= limit { ("✓", "within", styles.pass) } else { ("•", "over", styles.text) };
    let words = format!(" {glyph} {word} {}", milliseconds(limit));
    let figure = format!(" {:>7}", milliseconds(ms));
    let cells = doc.width().saturating_sub(label.len() + 1 + text::width(&figure) + text::width(&words)).min(40);
    let mut spans = vec![Span::styled(format!("{label} "), styles.muted)];
    if cells >= 8 {
        // The limit lies at two thirds, so that a bar shows how far it is over.
        let whole = limit.saturating_mul(3) / 2;
        spans.extend(bars::share(ms, whole, cells, style, styles.border));
    }
    spans.push(Span::styled(figure, styles.text.add_modifier(Modifier::BOLD)));
    spans.push(Span::styled(words, style));
    doc.row(spans);
}

fn dns(doc: &mut Doc<'_>, site: &Site) {
    if site.dns.is_empty() && site.dns_not_asked.is_none() {
        return;
    }
    let styles = doc.styles;
    doc.heading("DNS", "");
    if let Some(why) = &site.dns_not_asked {
        doc.prose(0, &format!("Not asked: {why}."), styles.muted);
    }
    for row in &site.dns {
        let mark = styles.standing(row.standing);
        let lead = format!("{} {} {} ", mark.glyph, text::pad(mark.word, 8), text::pad(&row.name, 6));
        doc.led(&lead, 0, &row.found, mark.style, styles.text);
    }
}

fn hops(doc: &mut Doc<'_>, site: &Site) {
    if site.hops.is_empty() {
        return;
    }
    doc.heading("The way there", &plain::count(site.hops.len(), "redirect"));
    for (number, hop) in site.hops.iter().enumerate() {
        doc.led(&format!("{} ", number + 1), 0, hop, doc.styles.muted, doc.styles.text);
    }
}

//! A TLS server: its grade and what caps it, versions, cipher suites, and the certificates with the life that is left.

use ratatui::style::Modifier;
use ratatui::text::Span;

use super::sites;
use crate::model::{CertificateRow, Standing, SuiteRow, TlsServer, VersionRow, grouped};
use crate::session::Session;
use crate::tui::plain;
use crate::tui::ui_state::{Ui, WebRow};
use crate::tui::widgets::doc::Doc;
use crate::tui::widgets::{bars, text};

/// Hosts of a certificate; some are for thousands.
const MOST_NAMES: usize = 12;

/// Certificates of a chain.
const MOST_CERTIFICATES: usize = 10;

/// Cipher suites of each kind.
const MOST_SUITES: usize = 30;

/// Lines of a name that a stranger chose.
const MOST_LINES: usize = 3;

pub(super) fn write(doc: &mut Doc<'_>, ui: &Ui, session: &Session, server: &TlsServer) {
    let styles = doc.styles;
    doc.preformatted(0, &text::fit(&server.name, doc.width() * MOST_LINES), styles.title);
    grade(doc, server);
    sites::findings(doc, ui, session, &WebRow::Server(server.name.clone()));
    trust(doc, server);
    chain(doc, &server.chain);
    versions(doc, &server.versions);
    profile(doc, server);
    suites(doc, &server.suites);
}

/// How long a certificate goes on, in two words.
pub(super) fn left(certificate: &CertificateRow) -> String {
    let left = certificate.days_left;
    if left < 0 { format!("over for {}", days(left)) } else { format!("{} left", days(left)) }
}

/// `1 day`, `1,094 days`.
fn days(days: i64) -> String {
    format!("{} day{}", grouped(days.unsigned_abs()), if days.unsigned_abs() == 1 { "" } else { "s" })
}

fn grade(doc: &mut Doc<'_>, server: &TlsServer) {
    let styles = doc.styles;
    let Some(grade) = &server.grade else {
        doc.led("? ", 0, "No grade: too little was seen.", styles.unknown, styles.text);
        return;
    };
    let style = styles.grade(grade).add_modifier(Modifier::BOLD);
    doc.gap();
    let room = doc.width().saturating_sub(if doc.width() >= 30 { 9 } else { 3 });
    let line = |words: &str, style| vec![Span::styled(text::fit(words, room), style)];
    let words = match grade.as_str() {
        "T" => "browsers do not trust it",
        "M" => "it is for another name",
        "A+" => "nothing keeps it from the best",
        _ if server.caps.is_empty() => "nothing caps it",
        _ => "what caps it stands below",
    };
    let title = line("TLS, graded as SSL Labs does", styles.muted);
    doc.grade(grade, style, [title, line(words, styles.text.add_modifier(Modifier::BOLD)), Vec::new()]);
    for cap in &server.caps {
        doc.led("– ", 0, cap, style, styles.text);
    }
}

fn trust(doc: &mut Doc<'_>, server: &TlsServer) {
    let styles = doc.styles;
    doc.heading("Trust", "");
    if !server.trust_known {
        doc.led("? ", 0, "Whether browsers accept the certificate could not be judged.", styles.unknown, styles.text);
    } else if server.distrust.is_empty() {
        doc.led("✓ ", 0, "Browsers accept the certificate.", styles.pass, styles.text);
    }
    for reason in &server.distrust {
        doc.led("✗ ", 0, &format!("The certificate {reason}."), styles.fail, styles.text);
    }
    let stapled = match &server.stapled {
        Some(answer) => format!("The authority's stapled word (OCSP): {answer}."),
        None => "No word of the authority is stapled (OCSP), which most no longer offer.".to_owned(),
    };
    doc.prose(0, &stapled, styles.muted);
}

fn chain(doc: &mut Doc<'_>, chain: &[CertificateRow]) {
    if chain.is_empty() {
        return;
    }
    let styles = doc.styles;
    doc.heading("Certificates, and the life that is left", "as sent, the server's own first");
    for (number, certificate) in chain.iter().take(MOST_CERTIFICATES).enumerate() {
        let lead = format!("{} ", number + 1);
        doc.led(&lead, 0, &text::fit(&certificate.subject, doc.width() * MOST_LINES), styles.muted, styles.title);
        life(doc, certificate);
        let issuer = text::fit(&certificate.issuer, doc.width() * MOST_LINES);
        let made = format!("issued by {issuer} · {} · {}", certificate.key, certificate.signature);
        doc.prose(2, &made, styles.muted);
        names(doc, &certificate.names);
        for fault in &certificate.faults {
            doc.led("✗ ", 2, fault, styles.fail, styles.text);
        }
    }
    let more = chain.len().saturating_sub(MOST_CERTIFICATES);
    if more > 0 {
        doc.prose(2, &format!("… and {} more", plain::count(more, "certificate")), styles.muted);
    }
}

/// The days that are left of all days, as a bar.
fn life(doc: &mut Doc<'_>, certificate: &CertificateRow) {
    let styles = doc.styles;
    let (left, days) = (certificate.days_left, certificate.days);
    let style = match certificate.standing {
        // A report of before it was judged.
        Standing::Unknown => styles.text,
        standing => styles.standing(standing).style,
    };
    let glyph = if certificate.standing == Standing::Bad { "✗ " } else { "" };
    let soon = if certificate.standing == Standing::Weak { ", soon over" } else { "" };
    let words = if left > days {
        format!("not valid before {}", text::fit(&certificate.from, 12))
    } else if left < 0 {
        self::left(certificate)
    } else {
        format!("{} of {} left{soon}", grouped(left.unsigned_abs()), self::days(days))
    };
    let span = format!("{} to {}", text::fit(&certificate.from, 12), text::fit(&certificate.to, 12));
    let room = doc.width().saturating_sub(2);
    let figures = text::width(glyph) + text::width(&words) + 1;
    let with_span = room >= figures + text::width(&span) + 12;
    let taken = figures + if with_span { text::width(&span) + 3 } else { 0 };
    let cells = room.saturating_sub(taken).min(40);
    let mut spans = vec![Span::raw("  ")];
    if cells >= 8 {
        let part = if left > days { 0 } else { u64::try_from(left).unwrap_or(0) };
        spans.extend(bars::share(part, u64::try_from(days).unwrap_or(0), cells, style, styles.border));
        spans.push(Span::raw(" "));
    }
    spans.push(Span::styled(text::fit(&format!("{glyph}{words}"), room), style.add_modifier(Modifier::BOLD)));
    if with_span {
        spans.push(Span::styled(format!(" · {span}"), styles.muted));
    }
    doc.row(spans);
    if !with_span {
        doc.prose(2, &span, styles.muted);
    }
}

fn names(doc: &mut Doc<'_>, names: &[String]) {
    if names.is_empty() {
        return;
    }
    let shown: Vec<String> = names.iter().take(MOST_NAMES).map(|name| text::fit(name, 80)).collect();
    let more = names.len().saturating_sub(MOST_NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    doc.led("for ", 2, &format!("{}{more}", shown.join(", ")), doc.styles.muted, doc.styles.text);
}

/// A mark and a word for each, as many in a row as fit.
fn versions(doc: &mut Doc<'_>, versions: &[VersionRow]) {
    if versions.is_empty() {
        return;
    }
    let styles = doc.styles;
    doc.heading("Protocol versions", "");
    let mut row: Vec<Span<'static>> = Vec::new();
    for version in versions {
        let mark = styles.standing(version.standing);
        let words = text::fit(&format!("{} {}", version.name, version.answer), doc.width().saturating_sub(2));
        let taken: usize = row.iter().map(Span::width).sum();
        if taken > 0 && taken + 4 + text::width(&words) > doc.width() {
            doc.row(std::mem::take(&mut row));
        }
        if !row.is_empty() {
            row.push(Span::raw("   "));
        }
        row.push(Span::styled(format!("{} ", mark.glyph), mark.style));
        row.push(Span::styled(words, if version.standing == Standing::Bad { mark.style } else { styles.text }));
    }
    doc.row(row);
}

fn profile(doc: &mut Doc<'_>, server: &TlsServer) {
    let styles = doc.styles;
    if server.profile.is_none() && server.off_profile.is_empty() {
        return;
    }
    doc.heading("Mozilla's recommendations", "");
    match &server.profile {
        Some(profile) => {
            doc.led("✓ ", 0, &format!("It keeps to the profile `{profile}`."), styles.pass, styles.text);
        }
        None => doc.led("✗ ", 0, "It keeps to no profile:", styles.unknown, styles.text),
    }
    for why in &server.off_profile {
        doc.led("– ", 2, why, styles.muted, styles.text);
    }
}

fn suites(doc: &mut Doc<'_>, suites: &[SuiteRow]) {
    if suites.is_empty() {
        return;
    }
    let styles = doc.styles;
    let (weak, fine): (Vec<&SuiteRow>, Vec<&SuiteRow>) = suites.iter().partition(|suite| suite.weakness.is_some());
    let aside = if weak.is_empty() { "none of them weak".to_owned() } else { format!("{} weak", weak.len()) };
    doc.heading("Ciphers and key exchanges offered", &aside);
    for suite in weak.iter().take(MOST_SUITES) {
        let words = format!("{} ({}): {}", suite.name, suite.version, suite.weakness.as_deref().unwrap_or_default());
        doc.led("– weak  ", 0, &words, styles.unknown, styles.text);
    }
    for suite in fine.iter().take(MOST_SUITES) {
        doc.led("✓ good  ", 0, &format!("{} ({})", suite.name, suite.version), styles.pass, styles.muted);
    }
    let more = weak.len().saturating_sub(MOST_SUITES) + fine.len().saturating_sub(MOST_SUITES);
    if more > 0 {
        doc.prose(8, &format!("… and {more} more"), styles.muted);
    }
}

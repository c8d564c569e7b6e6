//! Every request that was made, so that nobody has to trust what is said of it.

use ratatui::text::Span;

use crate::model::web::{bytes, milliseconds};
use crate::model::{RequestMade, WebReport};
use crate::tui::index::Wanted;
use crate::tui::plain;
use crate::tui::widgets::doc::Doc;
use crate::tui::widgets::text;

pub(super) fn write(doc: &mut Doc<'_>, report: &WebReport, filter: &str) {
    let styles = doc.styles;
    let all = &report.requests;
    let answered = all.iter().filter(|request| request.status.is_some()).count();
    let sum = all.iter().fold(0_u64, |sum, request| sum.saturating_add(request.bytes));
    let words = format!(
        "Every HTTP request made: {}, {answered} answered, {} received.",
        plain::count(all.len(), "request"),
        bytes(sum)
    );
    doc.prose(0, &words, styles.text);
    if let Some(words) = besides(report) {
        doc.prose(0, &words, styles.muted);
    }
    let wanted = Wanted::new(filter);
    let shown: Vec<&RequestMade> = all.iter().filter(|request| wanted.request(request)).collect();
    if shown.len() < all.len() {
        doc.prose(0, &format!("{} of them contain \"{filter}\".", shown.len()), styles.muted);
    }
    doc.gap();
    let roomy = doc.width() >= 50;
    for request in shown {
        let status = request.status.map_or("–".to_owned(), |status| status.to_string());
        let (glyph, style) = match request.status {
            None => ("✗", styles.unknown),
            Some(500..) => ("!", styles.unknown),
            Some(_) => (" ", styles.text),
        };
        let mut lead = format!("{glyph} {} {status:>3} ", text::pad(&request.method, 7));
        if roomy {
            lead.push_str(&format!("{:>8} {:>7} ", milliseconds(request.ms), bytes(request.bytes)));
        }
        let room = doc.width().saturating_sub(text::width(&lead));
        let url = text::fit_end(&request.url, room);
        doc.row(vec![Span::styled(lead.clone(), style), Span::styled(url, styles.text)]);
        if let Some(trouble) = &request.trouble {
            doc.prose(text::width(&lead).min(doc.width() / 2), trouble, styles.muted);
        }
    }
}

/// What was asked and is not in the list: no HTTP was spoken.
fn besides(report: &WebReport) -> Option<String> {
    let connections = usize::try_from(report.tls_questions).unwrap_or(usize::MAX);
    let names = report.sites.iter().filter(|site| !site.dns.is_empty()).count();
    let tls = format!("TLS was asked on {} of its own", plain::count(connections, "connection"));
    let dns = format!("DNS was asked for the records of {}", plain::count(names, "name"));
    match (connections, names) {
        (0, 0) => None,
        (_, 0) => Some(format!("Besides, {tls}.")),
        (0, _) => Some(format!("Besides, {dns}.")),
        _ => Some(format!("Besides, {tls}; {dns}.")),
    }
}

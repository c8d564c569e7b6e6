//! What is done with the site, server or requests in hand.

use std::fmt::Write as _;

use crate::model::web::{bytes, milliseconds};
use crate::model::{CertificateRow, Fingerprint, Location, RequestMade, Site, Standing, TlsServer};
use crate::session::Session;
use crate::tui::modal::{Choice, Then};
use crate::tui::plain;
use crate::tui::ui_state::{Ui, View, WebRow};

/// The row in hand, where one is in hand.
fn in_hand(ui: &Ui) -> Option<&WebRow> {
    (ui.view == View::Web).then_some(ui.web.list.selected.as_ref()).flatten()
}

fn site<'a>(ui: &Ui, session: &'a Session) -> Option<&'a Site> {
    let Some(WebRow::Site(url)) = in_hand(ui) else { return None };
    session.web()?.sites.iter().find(|site| site.url == *url)
}

fn server<'a>(ui: &Ui, session: &'a Session) -> Option<&'a TlsServer> {
    let Some(WebRow::Server(name)) = in_hand(ui) else { return None };
    session.web()?.servers.iter().find(|server| server.name == *name)
}

/// What speaks against the row in hand.
pub(super) fn findings(ui: &Ui) -> &[Fingerprint] {
    in_hand(ui).map(|row| ui.index.findings_about(row)).unwrap_or_default()
}

/// Every site and server, and the requests, as choices.
pub(super) fn choices(session: &Session) -> Vec<Choice> {
    let Some(report) = session.web() else { return Vec::new() };
    let graded = |grade: Option<&String>| grade.map(|grade| format!("grade {grade}")).unwrap_or_default();
    let sites = report.sites.iter().map(|site| {
        let grade = graded(site.score().map(|score| &score.grade));
        Choice::new(site.url.clone(), format!("site {grade}"), Then::Web(WebRow::Site(site.url.clone())))
    });
    let servers = report.servers.iter().map(|server| {
        let aside = format!("TLS {}", graded(server.grade.as_ref()));
        Choice::new(server.name.clone(), aside, Then::Web(WebRow::Server(server.name.clone())))
    });
    let requests = (!report.requests.is_empty()).then(|| {
        let aside = plain::count(report.requests.len(), "request");
        Choice::new("Every request that was made", aside, Then::Web(WebRow::Requests))
    });
    sites.chain(servers).chain(requests).collect()
}

/// The places that set the headers of the site in hand.
pub(super) fn places(ui: &Ui, session: &Session) -> Vec<Choice> {
    let Some(site) = site(ui, session) else { return Vec::new() };
    let place = |location: &Location, name: &str| {
        let then = Then::Edit(location.path()?.to_owned(), location.line());
        Some(Choice::new(plain::place(location), name, then))
    };
    site.headers.iter().filter_map(|header| place(header.place.as_ref()?, &header.name)).collect()
}

/// The addresses of the row in hand.
pub(super) fn links(ui: &Ui, session: &Session) -> Vec<(String, &'static str)> {
    let mut links = Vec::new();
    if let Some(site) = site(ui, session) {
        links.push((site.url.clone(), "the address that was asked for"));
        if site.page != site.url {
            links.push((site.page.clone(), "the address that answered"));
        }
    }
    if let Some(server) = server(ui, session) {
        links.push((format!("https://{}/", server.name), "the server"));
    }
    links
}

/// What matters of the row in hand, as text for the clipboard.
pub(super) fn text(ui: &Ui, session: &Session) -> Option<String> {
    let mut text = match in_hand(ui)? {
        WebRow::Site(_) => of_site(site(ui, session)?),
        WebRow::Server(_) => of_server(server(ui, session)?),
        WebRow::Requests => of_requests(&session.web()?.requests),
    };
    for finding in findings(ui).iter().filter_map(|print| ui.index.finding(session, print)) {
        let _ = write!(
            text,
            "\n{} ({}, {})\nFix: {}\n",
            finding.message,
            finding.severity.word(),
            finding.rule,
            finding.fix
        );
    }
    Some(text)
}

fn of_site(site: &Site) -> String {
    let mut text = format!("{}\n", site.url);
    if let Some(why) = &site.not_reached {
        let _ = writeln!(text, "No page was reached: {why}");
    }
    for hop in &site.hops {
        let _ = writeln!(text, "{hop}");
    }
    if let Some(what) = site.failing() {
        let _ = writeln!(text, "The page {what}, so its headers are not graded");
    }
    if let Some(score) = site.score() {
        let _ = writeln!(text, "HTTP Observatory: {} ({} of 100)", score.grade, score.score);
    }
    for header in &site.headers {
        let sent = if header.sent.is_empty() { "not sent".to_owned() } else { header.sent.join(" | ") };
        let wanted = header.wanted.as_ref().map(|wanted| format!(" (wanted: {wanted})")).unwrap_or_default();
        let _ = writeln!(text, "{}: {sent}{wanted}", header.name);
    }
    for row in site.paths.iter().filter(|row| row.standing < Standing::Unknown) {
        let _ = writeln!(text, "{}: {}", row.path, row.words);
    }
    if let Some(times) = &site.times {
        let first = times.median_first_byte_ms().map(milliseconds).unwrap_or_default();
        let (page, size) = (milliseconds(times.page_ms), bytes(times.page_bytes));
        let _ = writeln!(text, "First byte {first}, page {page}, {size}; the way there and back included");
    }
    text
}

fn of_server(server: &TlsServer) -> String {
    let mut text = format!("{}\n", server.name);
    if let Some(grade) = &server.grade {
        let _ = writeln!(text, "TLS grade: {grade}");
    }
    for line in server.caps.iter().chain(&server.off_profile).chain(&server.distrust) {
        let _ = writeln!(text, "- {line}");
    }
    for version in &server.versions {
        let _ = writeln!(text, "{}: {}", version.name, version.answer);
    }
    for suite in server.suites.iter().filter(|suite| suite.weakness.is_some()) {
        let _ = writeln!(text, "{}: {}", suite.name, suite.weakness.as_deref().unwrap_or_default());
    }
    for certificate in &server.chain {
        let CertificateRow { subject, issuer, from, to, days_left, .. } = certificate;
        let _ = writeln!(text, "{subject}, issued by {issuer}, {from} to {to}, {days_left} days left");
    }
    text
}

fn of_requests(requests: &[RequestMade]) -> String {
    let mut text = String::new();
    for RequestMade { method, url, status, trouble, ms, bytes } in requests {
        let status = status.map(|status| status.to_string()).or_else(|| trouble.clone()).unwrap_or_default();
        let _ = writeln!(text, "{method} {url} {status} {ms} ms {bytes} B");
    }
    text
}

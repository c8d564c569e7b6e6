//! What an engineer needs to mend the deployed app: headers, what lies open, times, TLS and certificates.

use std::io::{self, Write};

use super::safe::{cell, code, code_cell, prose};
use super::table;
use crate::model::{Site, Standing, TlsServer};
use crate::report::overview::{Overview, count};
use crate::report::web::{exposed, life, requests, standing, times};

/// Characters of a header's value in a table.
const VALUE_CHARS: usize = 120;

/// Values of one header.
const MOST_VALUES: usize = 5;

/// Rows of one table; a server can send as many headers as it likes.
const MOST_ROWS: usize = 60;

/// Hosts of a certificate.
const MOST_NAMES: usize = 8;

pub(super) fn write(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(web) = &overview.report.web else { return Ok(()) };
    writeln!(out, "## Web\n")?;
    writeln!(out, "{}. Only GET, HEAD and OPTIONS were sent, and nothing was changed.\n", requests(web))?;
    for site in &web.sites {
        self::site(site, out)?;
    }
    for server in &web.servers {
        self::server(server, out)?;
    }
    Ok(())
}

fn site(site: &Site, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "### {}\n", code(&site.url))?;
    if let Some(why) = &site.not_reached {
        return writeln!(out, "No page was reached: {}.\n", prose(why));
    }
    for hop in &site.hops {
        writeln!(out, "- redirect: {}", code(hop))?;
    }
    if !site.hops.is_empty() {
        writeln!(out)?;
    }
    if let Some(what) = site.failing() {
        writeln!(out, "The page {what}, so its headers are not graded.\n")?;
    }
    if let Some(score) = site.score() {
        writeln!(out, "HTTP Observatory: grade {}, {} of 100.\n", prose(&score.grade), score.score)?;
        let rows: Vec<Vec<String>> = (score.tests.iter().take(MOST_ROWS))
            .map(|test| {
                let passed = if test.pass { "✓ passed" } else { "✗ failed" };
                vec![cell(&test.name), passed.to_owned(), test.modifier.to_string(), cell(&test.words)]
            })
            .collect();
        if !rows.is_empty() {
            table(out, &["Test", "Result", "Points", "Why"], &rows)?;
        }
    }
    headers(site, out)?;
    paths(site, out)?;
    if let Some(times) = times(site) {
        writeln!(out, "Answer times: {times}. Wanted: 200 ms and 3 s.\n")?;
    }
    dns(site, out)
}

fn headers(site: &Site, out: &mut dyn Write) -> io::Result<()> {
    if site.headers.is_empty() {
        return Ok(());
    }
    let rows: Vec<Vec<String>> = (site.headers.iter().take(MOST_ROWS))
        .map(|header| {
            let mut sent: Vec<String> =
                header.sent.iter().take(MOST_VALUES).map(|value| code_cell(value, VALUE_CHARS)).collect();
            if header.sent.len() > MOST_VALUES {
                sent.push("…".to_owned());
            }
            let sent = match (sent.is_empty(), header.standing) {
                (true, Standing::Unknown) => "not seen".to_owned(),
                (true, _) => "nothing".to_owned(),
                (false, _) => sent.join(", "),
            };
            let wanted = header.wanted.as_ref().map_or("–".to_owned(), |wanted| code_cell(wanted, VALUE_CHARS));
            let standing = standing(header.standing).to_owned();
            vec![code_cell(&header.name, VALUE_CHARS), standing, sent, wanted, cell(&header.why)]
        })
        .collect();
    table(out, &["Header", "Stands", "Sent", "Wanted", "What it is for"], &rows)
}

fn paths(site: &Site, out: &mut dyn Write) -> io::Result<()> {
    if site.paths.is_empty() {
        return Ok(());
    }
    let open: Vec<_> = exposed(site).collect();
    let asked = count(site.paths.len(), "path was", "paths were");
    if open.is_empty() {
        return writeln!(out, "{asked} asked for; none gives away what should stay inside.\n");
    }
    writeln!(out, "{asked} asked for; strangers can fetch:\n")?;
    for row in open.iter().take(MOST_ROWS) {
        writeln!(out, "- {}: {} ({})", standing(row.standing), code(&row.path), prose(&row.words))?;
    }
    writeln!(out)
}

fn dns(site: &Site, out: &mut dyn Write) -> io::Result<()> {
    if let Some(why) = &site.dns_not_asked {
        writeln!(out, "DNS was not asked: {}.\n", prose(why))?;
    }
    for row in site.dns.iter().take(MOST_ROWS) {
        writeln!(out, "- {}: {} {}", standing(row.standing), prose(&row.name), prose(&row.found))?;
    }
    if site.dns.is_empty() { Ok(()) } else { writeln!(out) }
}

fn server(server: &TlsServer, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "### TLS of {}\n", code(&server.name))?;
    let grade = server.grade.as_ref().map_or("none, too little was seen".to_owned(), |grade| prose(grade));
    writeln!(out, "- Grade: {grade}")?;
    for cap in server.caps.iter().take(MOST_ROWS) {
        writeln!(out, "  - {}", prose(cap))?;
    }
    let trust = match (server.trust_known, server.distrust.is_empty()) {
        (false, _) => "could not be judged",
        (true, true) => "browsers accept the certificate",
        (true, false) => "browsers refuse the certificate:",
    };
    writeln!(out, "- Trust: {trust}")?;
    for reason in server.distrust.iter().take(MOST_ROWS) {
        writeln!(out, "  - it {}", prose(reason))?;
    }
    if let Some(life) = life(server) {
        writeln!(out, "- Certificate: {}", prose(&life))?;
    }
    for version in server.versions.iter().take(MOST_ROWS) {
        writeln!(out, "- {} {}: {}", prose(&version.name), prose(&version.answer), standing(version.standing))?;
    }
    for suite in server.suites.iter().take(MOST_ROWS) {
        if let Some(weakness) = &suite.weakness {
            writeln!(out, "- Weak: {} ({}): {}", code(&suite.name), prose(&suite.version), prose(weakness))?;
        }
    }
    writeln!(out)?;
    let rows: Vec<Vec<String>> = (server.chain.iter().take(MOST_ROWS))
        .map(|certificate| {
            let names: Vec<&str> = certificate.names.iter().take(MOST_NAMES).map(String::as_str).collect();
            let more = certificate.names.len().saturating_sub(MOST_NAMES);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let names =
                if names.is_empty() { "–".to_owned() } else { code_cell(&names.join(" "), VALUE_CHARS) + &more };
            let key = format!("{}, {}", certificate.key, certificate.signature);
            let span = format!("{} to {}", certificate.from, certificate.to);
            let left = format!("{} of {}", certificate.days_left, certificate.days);
            vec![
                code_cell(&certificate.subject, VALUE_CHARS),
                code_cell(&certificate.issuer, VALUE_CHARS),
                names,
                cell(&key),
                cell(&span),
                left,
            ]
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    table(out, &["Certificate", "Issued by", "For", "Key", "Valid", "Days left"], &rows)
}

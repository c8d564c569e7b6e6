//! The report for a terminal: the verdict first, then what to do about it.

use std::io::{self, Write};

use super::overview::{Counts, Overview, count, not_done, one_line, place, shorten};
use super::paint::{Paint, Tone};
use super::{database, dependencies, web};
use crate::model::report::{ReportFinding, ReportItem};
use crate::model::{Confidence, Decision, Evidence, Poll, Report, Severity, WayOutStep, escape};

/// Findings of one rule and severity, unless everything is asked for.
const MOST_OF_A_RULE: usize = 5;

/// Blockers that are not known, unless everything is asked for.
const MOST_UNKNOWN: usize = 8;

/// Proposed indexes, unless everything is asked for.
const MOST_INDEXES: usize = 5;

/// Vulnerable packages, unless all are asked for.
const MOST_PACKAGES: usize = 8;

/// Lines to write for one package.
const MOST_LINES: usize = 20;

/// Headers, paths and reasons of one site or server, unless everything is asked for.
const MOST_OF_A_SITE: usize = 6;

/// What to do is told to its end: findings hold no more than this.
const MOST_TO_DO: usize = 4_000;

/// How the text is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextOptions {
    /// With colours, as ANSI escape sequences.
    pub color: bool,
    /// Only with ASCII characters.
    pub ascii: bool,
    /// Everything: every finding with its evidence, every item, every proof.
    pub verbose: bool,
}

/// Text for people at a terminal. Nothing from the project can steer the terminal.
///
/// # Errors
/// When `out` cannot be written.
pub fn text(report: &Report, options: TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let overview = Overview::new(report);
    let mut page = Page { paint: Paint::new(out, options.color, options.ascii), overview, verbose: options.verbose };
    page.verdict()?;
    page.blockers()?;
    page.accepted()?;
    page.findings()?;
    page.indexes()?;
    page.web()?;
    page.dependencies()?;
    page.not_examined()?;
    if options.verbose {
        page.items()?;
        page.proofs()?;
    }
    page.end()
}

struct Page<'a, 'w> {
    paint: Paint<'w>,
    overview: Overview<'a>,
    verbose: bool,
}

impl Page<'_, '_> {
    fn verdict(&mut self) -> io::Result<()> {
        let report = self.overview.report;
        let tone = match report.verdict {
            Decision::Go => Tone::Good,
            Decision::NoGo => Tone::Bad,
            Decision::GoWithAcceptedRisks => Tone::Accepted,
        };
        let sentence = self.overview.verdict_sentence();
        let name = one_line(&report.project.name, 80);
        self.paint.line(&[
            (tone.strong(), report.verdict.title()),
            (Tone::Plain, "  "),
            (Tone::Plain.strong(), &name),
        ])?;
        self.paint.line(&[(Tone::Plain, &sentence)])
    }

    fn heading(&mut self, heading: &str, note: &str) -> io::Result<()> {
        self.paint.line(&[])?;
        let gap = if note.is_empty() { "" } else { "  " };
        self.paint.line(&[(Tone::Plain.strong(), heading), (Tone::Quiet, gap), (Tone::Quiet, note)])
    }

    fn blockers(&mut self) -> io::Result<()> {
        let (failing, unknown) = (self.overview.failing.clone(), self.overview.unknown.clone());
        if failing.is_empty() && unknown.is_empty() {
            return Ok(());
        }
        self.heading("Blockers", "")?;
        for item in failing {
            self.status_line(item)?;
            self.paint.line(&[(Tone::Plain, "      "), (Tone::Plain, &one_line(&item.why, 300))])?;
            if self.verbose {
                self.paint.line(&[(Tone::Quiet, "      to do: "), (Tone::Plain, &one_line(&item.fix, MOST_TO_DO))])?;
            }
        }
        let most = if self.verbose { usize::MAX } else { MOST_UNKNOWN };
        for item in unknown.iter().take(most) {
            self.status_line(item)?;
        }
        self.more(unknown.len().saturating_sub(most), "not known yet")
    }

    fn status_line(&mut self, item: &ReportItem) -> io::Result<()> {
        let (tone, glyph, word) = match item.status.as_str() {
            "pass" => (Tone::Good, "✓", "pass"),
            "fail" => (Tone::Bad, "✗", "fail"),
            "not-applicable" => (Tone::Quiet, "~", "not applicable"),
            "accepted" => (Tone::Accepted, "!", "accepted"),
            _ => (Tone::Open, "?", "unknown"),
        };
        let mark = format!("  {glyph} {word:8}  ");
        let title = one_line(&item.title, 120);
        let marks = match (item.stale, item.conflict) {
            (true, true) => "  stale, conflict",
            (true, false) => "  stale",
            (false, true) => "  conflict",
            (false, false) => "",
        };
        let id = format!("  {}", item.id);
        self.paint.line(&[(tone, &mark), (Tone::Plain, &title), (Tone::Open, marks), (Tone::Quiet, &id)])
    }

    fn accepted(&mut self) -> io::Result<()> {
        let report = self.overview.report;
        let risks: Vec<_> = report.items.iter().filter_map(|item| Some((item, item.accepted.as_ref()?))).collect();
        if risks.is_empty() {
            return Ok(());
        }
        self.heading("Accepted risks", "")?;
        for (item, acceptance) in risks {
            self.status_line(item)?;
            let until = acceptance.until.map_or(String::new(), |until| format!(", until {until}"));
            let (owner, reason) = (one_line(&acceptance.owner, 80), one_line(&acceptance.reason, 300));
            self.paint.line(&[(Tone::Plain, &format!("      {owner}{until}: {reason}"))])?;
        }
        Ok(())
    }

    fn findings(&mut self) -> io::Result<()> {
        let all = &self.overview.report.findings;
        let of = |severity| all.iter().filter(|finding| finding.severity == severity).collect::<Vec<_>>();
        let severities = [Severity::Blocker, Severity::Major, Severity::Minor];
        let counts: Vec<String> = (severities.iter())
            .map(|severity| (of(*severity).len(), severity.word()))
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| format!("{number} {word}"))
            .collect();
        let note = if all.is_empty() { "none".to_owned() } else { format!("{}: {}", all.len(), counts.join(", ")) };
        self.heading("Findings", &note)?;
        for severity in severities {
            let findings = of(severity);
            if !findings.is_empty() {
                let tone = match severity {
                    Severity::Blocker => Tone::Bad,
                    Severity::Major => Tone::Open,
                    Severity::Minor => Tone::Quiet,
                };
                self.paint.line(&[(tone.strong(), "  "), (tone.strong(), severity.word())])?;
                self.findings_of(&findings)?;
            }
        }
        Ok(())
    }

    fn findings_of(&mut self, findings: &[&ReportFinding]) -> io::Result<()> {
        let most = if self.verbose { usize::MAX } else { MOST_OF_A_RULE };
        let mut seen: Vec<(&str, usize)> = Vec::new();
        for finding in findings {
            let number = match seen.iter_mut().find(|(rule, _)| *rule == finding.rule) {
                Some((_, number)) => {
                    *number += 1;
                    *number
                }
                None => {
                    seen.push((&finding.rule, 1));
                    1
                }
            };
            if number <= most {
                self.finding(finding)?;
            }
        }
        for (rule, number) in seen {
            self.more(number.saturating_sub(most), &format!("of {rule}"))?;
        }
        Ok(())
    }

    fn finding(&mut self, finding: &ReportFinding) -> io::Result<()> {
        let place = one_line(&place(&finding.location), 160);
        let message = one_line(&finding.message, 300);
        let unsure = if finding.confidence == Confidence::Low { "  needs a look" } else { "" };
        let rule = format!("  {}", finding.rule);
        self.paint.line(&[
            (Tone::Plain, "    "),
            (Tone::Accent, &place),
            (Tone::Plain, "  "),
            (Tone::Plain, &message),
            (Tone::Open, unsure),
            (Tone::Quiet, &rule),
        ])?;
        if self.verbose {
            for evidence in &finding.evidence {
                self.evidence(evidence)?;
            }
            if !finding.fix.is_empty() {
                self.paint
                    .line(&[(Tone::Quiet, "      to do: "), (Tone::Plain, &one_line(&finding.fix, MOST_TO_DO))])?;
            }
        }
        Ok(())
    }

    fn evidence(&mut self, evidence: &Evidence) -> io::Result<()> {
        let text = escape::block(&evidence.text);
        for (at, line) in text.lines().enumerate().take(40) {
            let number = evidence.first_line.map(|first| u64::from(first) + at as u64);
            let marked = number.is_some() && number == evidence.marked_line.map(u64::from);
            let gutter = number.map_or(String::new(), |number| format!("{number:>5} "));
            let gutter = format!("      {}{gutter}| ", if marked { ">" } else { " " });
            let tone = if marked { Tone::Plain.strong() } else { Tone::Plain };
            self.paint.line(&[(Tone::Quiet, &gutter), (tone, &shorten(line, 240))])?;
        }
        Ok(())
    }

    /// The indexes that would help, in brief; the workbench and the Markdown report have the migrations.
    fn indexes(&mut self) -> io::Result<()> {
        let Some(database) = &self.overview.report.database else { return Ok(()) };
        self.heading("Database", &database::sentence(database))?;
        let most = if self.verbose { usize::MAX } else { MOST_INDEXES };
        for proposal in database.proposals.iter().take(most) {
            self.paint.line(&[(Tone::Plain, "    "), (Tone::Accent, &one_line(&proposal.statement, 300))])?;
            let queries = if self.verbose { usize::MAX } else { 1 };
            for gained in proposal.gains.iter().take(queries) {
                let query = database.query(&gained.query);
                let place = query.and_then(database::place).unwrap_or_default();
                let place = if place.is_empty() { place } else { format!("{}  ", one_line(&place, 160)) };
                let gain = database::gain(gained).map(|gain| format!("{gain}, ")).unwrap_or_default();
                let words = format!("{gain}{}", proposal.proof.words());
                self.paint.line(&[(Tone::Plain, "      "), (Tone::Quiet, &place), (Tone::Plain, &words)])?;
            }
            let more = proposal.gains.len().saturating_sub(queries);
            if more > 0 {
                let words = format!("      also helps {}", count(more, "other query", "other queries"));
                self.paint.line(&[(Tone::Quiet, &words)])?;
            }
        }
        let more = database.proposals.len().saturating_sub(most);
        self.more(more, if more == 1 { "index" } else { "indexes" })
    }

    /// What strangers see of the deployed app, in brief; the workbench and the Markdown report have it all.
    fn web(&mut self) -> io::Result<()> {
        let Some(web) = &self.overview.report.web else { return Ok(()) };
        self.heading("Web", &web::sentence(web, |url| one_line(url, 120)))?;
        let most = if self.verbose { usize::MAX } else { MOST_OF_A_SITE };
        let listed = |names: Vec<&str>| {
            let more = names.len().saturating_sub(most);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let shown: Vec<String> = names.iter().take(most).map(|name| one_line(name, 120)).collect();
            format!("{}{more}", shown.join(", "))
        };
        for site in &web.sites {
            let grade = match (&site.not_reached, site.score()) {
                (Some(why), _) => format!("not reached: {}", one_line(why, 300)),
                (None, Some(score)) => format!("{}, {} of 100", one_line(&score.grade, 4), score.score),
                (None, None) => "no grade".to_owned(),
            };
            self.line_of_web(&site.url, &grade)?;
            let open: Vec<&str> = web::exposed(site).map(|row| row.path.as_str()).collect();
            let mut headers: Vec<&str> = web::headers_to_mend(site).map(|header| header.name.as_str()).collect();
            headers.dedup();
            let facts = [
                site.failing().map(|what| format!("the page {what}")),
                (!open.is_empty()).then(|| format!("lies open: {}", listed(open))),
                (!headers.is_empty()).then(|| format!("missing or weak: {}", listed(headers))),
                web::times(site),
            ];
            for fact in facts.into_iter().flatten() {
                self.paint.line(&[(Tone::Plain, "      "), (Tone::Plain, &fact)])?;
            }
        }
        for server in &web.servers {
            let grade = server.grade.as_ref().map_or("no grade".to_owned(), |grade| one_line(grade, 4));
            let life = web::life(server).map(|life| format!(", certificate {life}")).unwrap_or_default();
            self.line_of_web(&server.name, &format!("TLS {grade}{life}"))?;
            // What keeps browsers away is among the caps too, in fewer words.
            let distrust = server.distrust.iter().map(|why| format!("the certificate {why}"));
            let caps =
                server.caps.iter().filter(|cap| server.distrust.is_empty() || !cap.starts_with("the certificate"));
            let why: Vec<String> = distrust.chain(caps.cloned()).collect();
            let why: Vec<&str> = why.iter().map(String::as_str).collect();
            if !why.is_empty() {
                self.paint.line(&[(Tone::Plain, "      "), (Tone::Quiet, &listed(why))])?;
            }
        }
        self.paint.line(&[(Tone::Quiet, "    "), (Tone::Quiet, &web::requests(web))])
    }

    /// The vulnerable packages, in brief.
    fn dependencies(&mut self) -> io::Result<()> {
        let Some(report) = &self.overview.report.dependencies else { return Ok(()) };
        self.heading("Dependencies", &report.sentence())?;
        let most = if self.verbose { usize::MAX } else { MOST_PACKAGES };
        for package in report.vulnerable.iter().take(most) {
            let name = one_line(&format!("{} {}", package.name, package.version), 120);
            let to = one_line(&dependencies::target(package), 60);
            let words = format!(
                "  {} → {to}  {}; used: {}",
                package.severity.map_or("not rated", crate::model::Severity::word),
                one_line(&dependencies::through(package), 160),
                one_line(&dependencies::uses(package), 160)
            );
            self.paint.line(&[(Tone::Plain, "    "), (Tone::Accent, &name), (Tone::Plain, &words)])?;
            for step in package.way_out.steps() {
                self.step(step)?;
            }
        }
        let more = report.vulnerable.len().saturating_sub(most);
        self.more(more, if more == 1 { "package" } else { "packages" })
    }

    /// One step of a way out, as it is typed or written.
    fn step(&mut self, step: WayOutStep<'_>) -> io::Result<()> {
        let mut line = |text: &str| self.paint.line(&[(Tone::Quiet, "      "), (Tone::Plain, text)]);
        let words = one_line(&step.words(), MOST_TO_DO);
        match step {
            WayOutStep::Write { lines, .. } if lines.lines().count() > 1 => {
                line(&words)?;
                for text in lines.lines().take(MOST_LINES) {
                    line(&format!("  {}", shorten(text, 200)))?;
                }
                let more = lines.lines().count().saturating_sub(MOST_LINES);
                if more > 0 { line(&format!("  … and {more} more lines")) } else { Ok(()) }
            }
            WayOutStep::Write { lines, .. } => line(&format!("{words} {}", one_line(lines, 200))),
            _ => line(&words),
        }
    }

    fn line_of_web(&mut self, name: &str, words: &str) -> io::Result<()> {
        self.paint.line(&[
            (Tone::Plain, "    "),
            (Tone::Accent, &one_line(name, 160)),
            (Tone::Plain, "  "),
            (Tone::Plain, words),
        ])
    }

    fn not_examined(&mut self) -> io::Result<()> {
        let mut lines: Vec<(String, String)> = Vec::new();
        for probe in &self.overview.report.probes {
            lines.extend(not_done(probe).map(|why| (probe.id.clone(), why)));
            for gap in &probe.not_examined {
                let examples = one_line(&gap.examples.join(", "), 200);
                let examples = if examples.is_empty() { String::new() } else { format!(" ({examples})") };
                lines.push((probe.id.clone(), format!("{}: {}{examples}", gap.reason, gap.count)));
            }
        }
        if lines.is_empty() {
            return Ok(());
        }
        self.heading("Not examined", "")?;
        let width = lines.iter().map(|(probe, _)| probe.len()).max().unwrap_or_default();
        for (probe, line) in lines {
            let probe = format!("    {probe:width$}  ");
            self.paint.line(&[(Tone::Accent, &probe), (Tone::Plain, &one_line(&line, 400))])?;
        }
        Ok(())
    }

    fn items(&mut self) -> io::Result<()> {
        for section in &self.overview.report.sections {
            let items: Vec<_> = self.overview.report.items.iter().filter(|item| item.section == section.id).collect();
            let note = format!("{}: {}", section.poll.word(), Counts::of(items.iter().copied()).words());
            self.heading(&one_line(&section.title, 80), &note)?;
            for item in items {
                self.status_line(item)?;
                self.paint.line(&[(Tone::Quiet, "      "), (Tone::Quiet, &one_line(&item.why, 300))])?;
                if let Some(note) = &item.note {
                    self.paint.line(&[(Tone::Quiet, "      note: "), (Tone::Plain, &one_line(note, 600))])?;
                }
            }
        }
        Ok(())
    }

    fn proofs(&mut self) -> io::Result<()> {
        let proofs = &self.overview.report.proofs;
        self.heading("Proofs", &if proofs.is_empty() { "none".to_owned() } else { proofs.len().to_string() })?;
        for proof in proofs {
            let (place, message) = (one_line(&place(&proof.location), 160), one_line(&proof.message, 300));
            let rule = format!("  {}", proof.rule);
            self.paint.line(&[
                (Tone::Plain, "    "),
                (Tone::Accent, &place),
                (Tone::Plain, "  "),
                (Tone::Plain, &message),
                (Tone::Quiet, &rule),
            ])?;
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        let overview = &self.overview;
        let items = format!("{}: {}", count(overview.counts.all(), "item", "items"), overview.counts.words());
        let polls: Vec<String> = [Poll::Go, Poll::NoGo, Poll::Unknown]
            .iter()
            .map(|poll| (overview.report.sections.iter().filter(|section| section.poll == *poll).count(), *poll))
            .filter(|(number, _)| *number > 0)
            .map(|(number, poll)| format!("{number} {}", poll.word()))
            .collect();
        let sections = count(overview.report.sections.len(), "section", "sections");
        let examined = overview.examined();
        self.paint.line(&[])?;
        self.paint.line(&[(Tone::Plain, &items)])?;
        if !polls.is_empty() {
            self.paint.line(&[(Tone::Plain, &format!("{sections}: {}", polls.join(", ")))])?;
        }
        let examined = if examined.is_empty() { "nothing".to_owned() } else { one_line(&examined.join(", "), 200) };
        self.paint.line(&[(Tone::Plain, &format!("examined: {examined}"))])?;
        if !self.verbose {
            let hint = "gonogo answers what only people know, gonogo explain ID says more, -v lists everything";
            self.paint.line(&[(Tone::Quiet, hint)])?;
        }
        Ok(())
    }

    fn more(&mut self, rest: usize, of: &str) -> io::Result<()> {
        match rest {
            0 => Ok(()),
            rest => self.paint.line(&[(Tone::Quiet, &format!("    and {rest} more {of}"))]),
        }
    }
}

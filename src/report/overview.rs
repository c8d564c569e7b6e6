//! What the text and the Markdown report both need to know of a report.

use std::collections::{BTreeMap, HashMap};

use crate::model::report::{ReportFinding, ReportItem, ReportLocation, ReportProbe, ReportProof};
use crate::model::{Decision, Report, Severity, counted};

/// What says most about how much was looked at; the table of probes has every count.
const TELLING: [&str; 6] = ["files", "variables", "packages", "queries", "tables", "urls"];

/// A report with its items counted and sorted by what a reader asks first.
pub(super) struct Overview<'a> {
    pub(super) report: &'a Report,
    pub(super) counts: Counts,
    /// Blockers that fail.
    pub(super) failing: Vec<&'a ReportItem>,
    /// Blockers that are not known.
    pub(super) unknown: Vec<&'a ReportItem>,
    findings: HashMap<&'a str, &'a ReportFinding>,
    proofs: HashMap<&'a str, &'a ReportProof>,
}

/// How many items stand where.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) pass: usize,
    pub(super) fail: usize,
    pub(super) unknown: usize,
    pub(super) not_applicable: usize,
    pub(super) accepted: usize,
}

impl Counts {
    pub(super) fn of<'i>(items: impl IntoIterator<Item = &'i ReportItem>) -> Self {
        let mut counts = Self::default();
        for item in items {
            match item.status.as_str() {
                "pass" => counts.pass += 1,
                "fail" => counts.fail += 1,
                "not-applicable" => counts.not_applicable += 1,
                "accepted" => counts.accepted += 1,
                _ => counts.unknown += 1,
            }
        }
        counts
    }

    pub(super) const fn all(&self) -> usize {
        self.pass + self.fail + self.unknown + self.not_applicable + self.accepted
    }

    /// Each with its words, those that are zero left out.
    pub(super) fn words(&self) -> String {
        let parts = [
            (self.pass, "pass"),
            (self.fail, "fail"),
            (self.unknown, "unknown"),
            (self.not_applicable, "not applicable"),
            (self.accepted, "accepted"),
        ];
        let parts: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
    }
}

impl<'a> Overview<'a> {
    pub(super) fn new(report: &'a Report) -> Self {
        let blockers = |status: &str| {
            let wanted = |item: &&ReportItem| item.severity == Severity::Blocker && item.status == status;
            report.items.iter().filter(wanted).collect()
        };
        Self {
            report,
            counts: Counts::of(&report.items),
            failing: blockers("fail"),
            unknown: blockers("unknown"),
            findings: report.findings.iter().map(|finding| (finding.fingerprint.as_str(), finding)).collect(),
            proofs: report.proofs.iter().map(|proof| (proof.fingerprint.as_str(), proof)).collect(),
        }
    }

    /// The items at `status` and `severity`.
    pub(super) fn items(&self, status: &str, severity: Severity) -> impl Iterator<Item = &'a ReportItem> {
        self.report.items.iter().filter(move |item| item.status == status && item.severity == severity)
    }

    /// Blockers that concern the project.
    pub(super) fn blockers(&self) -> usize {
        let concerns = |item: &&ReportItem| item.severity == Severity::Blocker && item.status != "not-applicable";
        self.report.items.iter().filter(concerns).count()
    }

    /// Where an item's findings point.
    pub(super) fn finding_places(&self, item: &ReportItem) -> Vec<String> {
        places(item.findings.iter().filter_map(|print| self.findings.get(print.as_str())).map(|seen| &seen.location))
    }

    /// Where an item's proofs point.
    pub(super) fn proof_places(&self, item: &ReportItem) -> Vec<String> {
        places(item.proofs.iter().filter_map(|print| self.proofs.get(print.as_str())).map(|seen| &seen.location))
    }

    /// The verdict in one or two plain sentences.
    pub(super) fn verdict_sentence(&self) -> String {
        let (failing, unknown) = (self.failing.len(), self.unknown.len());
        match self.report.verdict {
            Decision::NoGo => {
                let of = count(self.blockers(), "blocker", "blockers");
                let parts: Vec<String> =
                    [(failing, "fail", "fails"), (unknown, "are not known yet", "is not known yet")]
                        .iter()
                        .filter(|(count, _, _)| *count > 0)
                        .map(|(count, many, one)| format!("{count} {}", if *count == 1 { one } else { many }))
                        .collect();
                let open = failing + unknown;
                let verb = if open == 1 { "is" } else { "are" };
                format!("{open} of {of} {verb} open: {}.", parts.join(", "))
            }
            Decision::Go if self.counts.all() == 0 => "The checklist is empty, so this rests on nothing.".to_owned(),
            Decision::Go if self.blockers() == 0 => "No blocker concerns this project.".to_owned(),
            Decision::Go if self.blockers() == 1 => "The one blocker is settled.".to_owned(),
            Decision::Go => format!("All {} blockers are settled.", self.blockers()),
            Decision::GoWithAcceptedRisks => {
                let risks = count(self.counts.accepted, "risk is", "risks are");
                format!("No blocker is open; {risks} accepted by somebody who answers for it.")
            }
        }
    }

    /// What was looked at: `120 files, 3 URLs`. Several probes read the same files, so the largest number stands.
    pub(super) fn examined(&self) -> Vec<String> {
        let mut most: BTreeMap<&str, u64> = BTreeMap::new();
        for (what, number) in self.report.probes.iter().flat_map(|probe| &probe.examined) {
            let known = most.entry(what).or_default();
            *known = (*known).max(*number);
        }
        most.retain(|_, number| *number > 0);
        let telling: Vec<String> = TELLING.iter().filter_map(|what| Some(counted(what, *most.get(what)?))).collect();
        if telling.is_empty() {
            most.into_iter().map(|(what, number)| counted(what, number)).collect()
        } else {
            telling
        }
    }

    /// Items that are not known, by the reason; the most frequent first.
    pub(super) fn unknown_by_reason(&self) -> Vec<(&'a str, Vec<&'a ReportItem>)> {
        let mut groups: Vec<(&str, Vec<&ReportItem>)> = Vec::new();
        let mut at: HashMap<&str, usize> = HashMap::new();
        for item in self.report.items.iter().filter(|item| item.status == "unknown") {
            let group = *at.entry(&item.why).or_insert_with(|| {
                groups.push((&item.why, Vec::new()));
                groups.len() - 1
            });
            if let Some((_, items)) = groups.get_mut(group) {
                items.push(item);
            }
        }
        groups.sort_by_key(|(_, items)| std::cmp::Reverse(items.len()));
        groups
    }

    /// Findings by rule, the rule of the worst finding first.
    pub(super) fn findings_by_rule(&self) -> Vec<(&'a str, Vec<&'a ReportFinding>)> {
        by_rule(&self.report.findings, |finding| &finding.rule)
    }

    /// Proofs by rule.
    pub(super) fn proofs_by_rule(&self) -> Vec<(&'a str, Vec<&'a ReportProof>)> {
        by_rule(&self.report.proofs, |proof| &proof.rule)
    }
}

fn by_rule<'a, T>(seen: &'a [T], rule: impl Fn(&'a T) -> &'a str) -> Vec<(&'a str, Vec<&'a T>)> {
    let mut order: Vec<(&str, Vec<&T>)> = Vec::new();
    let mut at: HashMap<&str, usize> = HashMap::new();
    for one in seen {
        let group = *at.entry(rule(one)).or_insert_with(|| {
            order.push((rule(one), Vec::new()));
            order.len() - 1
        });
        if let Some((_, group)) = order.get_mut(group) {
            group.push(one);
        }
    }
    order
}

fn places<'l>(locations: impl Iterator<Item = &'l ReportLocation>) -> Vec<String> {
    let mut places: Vec<String> = Vec::new();
    for location in locations {
        let place = place(location);
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// Where something is, in a few words, not escaped.
pub(super) fn place(location: &ReportLocation) -> String {
    let in_file = match (&location.path, location.line) {
        (Some(path), Some(line)) => Some(format!("{path}:{line}")),
        (Some(path), None) => Some(path.clone()),
        (None, _) => None,
    };
    let package = || Some(format!("{} {}", location.package.as_ref()?, location.version.as_ref()?));
    in_file
        .or_else(|| location.url.clone())
        .or_else(package)
        .or_else(|| location.query.clone())
        .unwrap_or_else(|| "the project".to_owned())
}

/// What a probe did not do, in a sentence; `None` when it completed.
pub(super) fn not_done(probe: &ReportProbe) -> Option<String> {
    let why = probe.why.as_deref().unwrap_or("no reason was given");
    match probe.outcome.as_str() {
        // What a partial run passed over is listed by itself.
        "completed" | "partial" => None,
        "skipped" => Some(format!("not run: {why}")),
        "cancelled" | "timed-out" => Some(format!("not finished: {why}")),
        _ => Some(format!("failed: {why}")),
    }
}

/// `1 item`, `2 items`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// At most `most` characters, with a sign where more was cut off.
pub(super) fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// One line: every run of white space is a space, and it ends after `most` characters.
pub(super) fn one_line(text: &str, most: usize) -> String {
    shorten(&text.split_whitespace().collect::<Vec<_>>().join(" "), most)
}

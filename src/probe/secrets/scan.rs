//! Searches one file and words what it finds.

use std::collections::HashMap;
use std::ops::Range;

use sha2::{Digest, Sha256};

use super::place::{self, Place};
use super::providers::Check;
use super::{assignment, keys, redact};
use crate::model::redact::prefix;
use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Location, RuleMeta, Severity, Span};

/// More findings than this in one file are counted and not listed: a word list would bury everything else.
const MOST: usize = 20;
/// Longer lines are shown as a stretch around the secret.
const LONG_LINE: usize = 200;

struct Suspect {
    rule: &'static RuleMeta,
    what: String,
    fix: Option<&'static str>,
    secret: Range<usize>,
    severity: Severity,
    confidence: Confidence,
}

/// The findings of one file, in its order.
#[must_use]
pub fn file(path: &str, text: &str) -> Vec<Finding> {
    let place = place::of(path);
    let mut suspects: Vec<Suspect> = keys::find(text)
        .into_iter()
        // Doubtful by itself, and in a place where such things are made up.
        .filter(|hit| place != Place::MadeUp || hit.confidence > Confidence::Low)
        .map(|hit| from_key(hit, place))
        .collect();
    if place == Place::Product {
        let mut given = assignment::quoted(text);
        if place::has_bare_values(path) {
            given.extend(assignment::bare(text));
        }
        for one in given {
            let Some(confidence) = text.get(one.value.clone()).and_then(|value| assignment::judge(&one.name, value))
            else {
                continue;
            };
            if suspects.iter().all(|known| known.secret.end <= one.value.start || one.value.end <= known.secret.start) {
                let before = text.get(..one.value.start).unwrap_or_default().trim_end_matches(['"', '\'', '`']);
                let before = before.trim_end();
                let verb = if before.ends_with("==") {
                    "is compared with"
                } else if before.ends_with(',') {
                    "is given"
                } else if before.ends_with(['|', '?']) || before.ends_with(" or") {
                    "falls back to"
                } else {
                    "has"
                };
                suspects.push(Suspect {
                    rule: &assignment::META,
                    what: format!("`{}` {verb}", one.name),
                    fix: None,
                    secret: one.value,
                    severity: assignment::META.severity,
                    confidence,
                });
            }
        }
    }
    if suspects.is_empty() {
        return Vec::new();
    }
    suspects.sort_by_key(|suspect| suspect.secret.start);
    let lines = Lines::new(text);
    let clean = redact::replace(text, suspects.iter().map(|suspect| suspect.secret.clone()).collect());
    let mut findings: Vec<Finding> = Vec::new();
    let mut places: HashMap<String, (usize, Vec<u32>)> = HashMap::new();
    let mut unlisted = 0_usize;
    for suspect in &suspects {
        let value = text.get(suspect.secret.clone()).unwrap_or_default();
        let anchor = hash(value);
        let span = lines.span(&suspect.secret);
        if let Some((_, again)) = places.get_mut(&anchor) {
            again.push(span.line);
        } else if findings.len() >= MOST {
            unlisted += 1;
        } else {
            places.insert(anchor.clone(), (findings.len(), Vec::new()));
            findings.push(worded(path, suspect, value, span, anchor, snippet(&clean, &lines, span)));
        }
    }
    for (index, again) in places.into_values() {
        if let (Some(finding), false) = (findings.get_mut(index), again.is_empty()) {
            let lines: Vec<String> = again.iter().take(5).map(u32::to_string).collect();
            let more = if again.len() > 5 { " and more" } else { "" };
            finding.evidence.push(Evidence::new(
                EvidenceKind::Note,
                format!("The same value stands again on line {}{more}.", lines.join(", ")),
            ));
        }
    }
    if let (Some(last), true) = (findings.last_mut(), unlisted > 0) {
        last.evidence
            .push(Evidence::new(EvidenceKind::Note, format!("{unlisted} more values in this file look like secrets.")));
    }
    findings
}

fn from_key(hit: keys::Hit, place: Place) -> Suspect {
    // Keys in tests and examples are mostly made up, and made to look real: worth a look, not a verdict.
    let (severity, confidence) = match place {
        Place::MadeUp => (hit.severity.min(Severity::Major), Confidence::Low),
        Place::Product | Place::Noise => (hit.severity, hit.confidence),
    };
    let fix = match hit.provider.check {
        Check::UrlPassword => Some(
            "Give that account a new password, and read the whole connection string from an environment variable. The old password stays readable in git.",
        ),
        Check::PemBody => Some(
            "Make a new key pair, replace the public half wherever it is trusted, and keep the private half in a secrets manager or an environment variable. The old one stays readable in git.",
        ),
        _ => None,
    };
    Suspect { rule: &keys::META, what: hit.provider.name.to_owned(), fix, secret: hit.secret, severity, confidence }
}

fn worded(
    path: &str,
    suspect: &Suspect,
    value: &str,
    span: Span,
    anchor: String,
    snippet: Option<Evidence>,
) -> Finding {
    let shown = prefix(value.lines().next().unwrap_or_default());
    let message = if suspect.rule.id == keys::META.id {
        let article = if suspect.what.starts_with(['A', 'E', 'I', 'O', 'U', 'a', 'x']) { "An" } else { "A" };
        let value = if suspect.what == "private key" { String::new() } else { format!(" ({shown})") };
        format!("{article} {}{value} stands in this file", suspect.what)
    } else {
        format!("{} a value that looks like a real secret ({shown})", suspect.what)
    };
    let location = Location::File { path: path.to_owned(), span: Some(span) };
    Finding::new(suspect.rule, location, anchor, message)
        .fix(suspect.fix.unwrap_or(suspect.rule.fix))
        .severity(suspect.severity)
        .confidence(suspect.confidence)
        .evidence(snippet)
}

/// Names a secret without giving it away.
pub(in crate::probe) fn hash(value: &str) -> String {
    Sha256::digest(value.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn snippet(clean: &str, lines: &Lines<'_>, span: Span) -> Option<Evidence> {
    let long = lines.line(span.line).is_some_and(|line| line.len() > LONG_LINE);
    if !long {
        return Evidence::snippet(clean, span.line, 1);
    }
    // The columns are those of the text before it was cleaned, which only ever got shorter.
    let line = clean.lines().nth(span.line as usize - 1)?;
    let start = (span.column as usize).saturating_sub(60).min(line.chars().count().saturating_sub(120));
    let stretch: String = line.chars().skip(start).take(120).collect();
    Some(Evidence {
        kind: EvidenceKind::Snippet,
        text: format!("…{stretch}…"),
        first_line: Some(span.line),
        marked_line: Some(span.line),
    })
}

/// Turns byte offsets into lines and columns.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    fn line(&self, line: u32) -> Option<&'a str> {
        let start = *self.starts.get(line as usize - 1)?;
        let end = self.starts.get(line as usize).copied().unwrap_or(self.text.len());
        self.text.get(start..end)
    }

    fn place(&self, at: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|&start| start <= at).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let column = self.text.get(start..at).map_or(0, |before| before.chars().count());
        (line as u32, column as u32 + 1)
    }

    fn span(&self, range: &Range<usize>) -> Span {
        let (line, column) = self.place(range.start);
        let (end_line, end_column) = self.place(range.end);
        Span { line, column, end_line, end_column }
    }
}

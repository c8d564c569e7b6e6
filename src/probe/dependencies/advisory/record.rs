//! OSV records as they come (<https://ossf.github.io/osv-schema/>), boiled down to what matching and telling need.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Advisory, Affects, Event, Range};
use crate::probe::packages::Ecosystem;

/// Longer summaries are cut; the record's page has the rest.
const MAX_SUMMARY: usize = 240;

/// A record as published. What matching rests on is read strictly: a record that would be misread is refused.
#[derive(Deserialize)]
struct Record {
    id: String,
    #[serde(default, deserialize_with = "lenient")]
    modified: String,
    #[serde(default, deserialize_with = "lenient")]
    withdrawn: Value,
    #[serde(default, deserialize_with = "lenient")]
    aliases: Vec<String>,
    #[serde(default, deserialize_with = "lenient")]
    summary: String,
    #[serde(default, deserialize_with = "lenient")]
    details: String,
    #[serde(default, deserialize_with = "lenient")]
    severity: Vec<Value>,
    #[serde(default)]
    affected: Option<Vec<RawAffected>>,
    #[serde(default, deserialize_with = "lenient")]
    database_specific: Value,
}

#[derive(Deserialize)]
struct RawAffected {
    package: Option<RawPackage>,
    #[serde(default)]
    ranges: Option<Vec<RawRange>>,
    #[serde(default)]
    versions: Option<Vec<String>>,
    #[serde(default, deserialize_with = "lenient")]
    severity: Vec<Value>,
    #[serde(default, deserialize_with = "lenient")]
    database_specific: Value,
}

#[derive(Deserialize)]
struct RawPackage {
    ecosystem: String,
    name: String,
}

#[derive(Deserialize)]
struct RawRange {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    events: Vec<RawEvent>,
}

#[derive(Deserialize)]
struct RawEvent {
    introduced: Option<String>,
    fixed: Option<String>,
    last_affected: Option<String>,
    limit: Option<String>,
}

/// Anything of another type than expected becomes the default.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(deserializer: D) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// What a record came to.
#[derive(Debug)]
pub enum Parsed {
    /// It is in force.
    InForce(Box<Advisory>),
    /// Its publisher took it back.
    Withdrawn {
        /// Its id.
        id: String,
        /// When it was last changed.
        modified: String,
    },
}

/// Reads one OSV record.
///
/// # Errors
/// What is wrong with it, as a phrase.
pub fn parse(json: &[u8]) -> Result<Parsed, String> {
    let record: Record = serde_json::from_slice(json).map_err(|error| format!("not an OSV record: {error}"))?;
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    if record.id.is_empty() || record.id.len() > 100 || !record.id.chars().all(good) {
        return Err("an OSV record without a usable id".to_owned());
    }
    if !record.withdrawn.is_null() {
        return Ok(Parsed::Withdrawn { id: record.id, modified: record.modified });
    }
    Ok(Parsed::InForce(Box::new(record.boiled_down())))
}

impl Record {
    fn boiled_down(self) -> Advisory {
        let affected = self.affected.unwrap_or_default();
        let severities = self.severity.iter().chain(affected.iter().flat_map(|one| &one.severity));
        let mut vectors: Vec<String> = severities
            .filter_map(|severity| severity.get("score")?.as_str())
            .filter(|score| score.starts_with("CVSS:"))
            .map(str::to_owned)
            .collect();
        vectors.dedup();
        Advisory {
            summary: summary(&self.summary, &self.details),
            rating: self.database_specific.get("severity").and_then(Value::as_str).map(str::to_owned),
            affects: affected.into_iter().filter_map(RawAffected::boiled_down).collect(),
            id: self.id,
            modified: self.modified,
            aliases: self.aliases,
            vectors,
        }
    }
}

impl RawAffected {
    fn boiled_down(self) -> Option<Affects> {
        let package = self.package?;
        let ecosystem = Ecosystem::parse(&package.ecosystem)?;
        let text = |key: &str| self.database_specific.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(Affects {
            ecosystem,
            package: ecosystem.normalize(&package.name),
            last_known: text("last_known_affected_version_range"),
            informational: text("informational"),
            ranges: self
                .ranges
                .unwrap_or_default()
                .into_iter()
                // Ranges of git commits say nothing about published versions.
                .filter(|range| matches!(range.kind.as_str(), "SEMVER" | "ECOSYSTEM"))
                .map(|range| Range(range.events.into_iter().flat_map(RawEvent::events).collect()))
                .collect(),
            versions: self.versions.unwrap_or_default(),
        })
    }
}

impl RawEvent {
    fn events(self) -> impl Iterator<Item = Event> {
        let parts = [
            self.introduced.map(Event::Introduced),
            self.fixed.map(Event::Fixed),
            self.last_affected.map(Event::LastAffected),
            self.limit.map(Event::Limit),
        ];
        parts.into_iter().flatten()
    }
}

/// One line: the summary, or the first telling sentence of the details where there is none.
fn summary(summary: &str, details: &str) -> String {
    let mut line = one_line(summary);
    if line.is_empty() {
        let first = details.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        line = telling_sentence(&one_line(first.unwrap_or(""))).to_owned();
    }
    if let Some((end, _)) = line.char_indices().nth(MAX_SUMMARY) {
        line.truncate(end);
        line.push('…');
    }
    line.trim_end_matches('.').to_owned()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Many descriptions begin with what the package is, or that there is an issue, before they say what is wrong.
fn telling_sentence(text: &str) -> &str {
    let says_little = |sentence: &str| {
        let start = sentence.split(' ').take(6).collect::<Vec<_>>().join(" ");
        [" is a", " is an", " is the", " provides"]
            .iter()
            .any(|words| format!("{start} ").contains(&format!("{words} ")))
            || sentence.starts_with("An issue was discovered")
    };
    let mut sentences = text.split(". ");
    let first = sentences.next().unwrap_or(text);
    if says_little(first) { sentences.next().unwrap_or(first) } else { first }
}

//! OSV records as they come (<https://ossf.github.io/osv-schema/>), boiled down to what matching and telling need.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Advisory, Affects, Event, Parts, Range, text};
use crate::probe::packages::Ecosystem;

/// More names or ratings than this say nothing more.
const MAX_NAMES: usize = 50;
/// "Embedded malicious code" (<https://cwe.mitre.org/data/definitions/506.html>): how GitHub marks malware.
const MALICIOUS_CODE: &str = "CWE-506";

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
    references: Vec<Value>,
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
    #[serde(default, deserialize_with = "lenient")]
    ecosystem_specific: Value,
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

/// A time as published, and nothing where it is none that any record can have: Go's database writes `0001-01-01` for all that
/// it does not know.
#[must_use]
pub fn time(text: &str) -> &str {
    if text.parse::<Timestamp>().is_ok_and(|time| time <= Timestamp::UNIX_EPOCH) { "" } else { text }
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
        /// When it was last changed, or else taken back.
        modified: String,
    },
}

/// Whether this is sound JSON that does not claim to be an OSV record: a checkout of a database has other files as well.
#[must_use]
pub fn is_other(json: &[u8]) -> bool {
    // The schema demands an id and the time of the last change (<https://ossf.github.io/osv-schema/#id-modified-fields>).
    let claims = ["modified", "affected", "withdrawn"];
    match serde_json::from_slice::<Value>(json) {
        Ok(Value::Object(fields)) => !(fields.contains_key("id") && claims.iter().any(|key| fields.contains_key(*key))),
        Ok(_) => true,
        Err(_) => false,
    }
}

/// Whose packages a record is about that cannot be used otherwise; `None` where it does not say that of each.
#[must_use]
pub fn ecosystems(json: &[u8]) -> Option<BTreeSet<Ecosystem>> {
    let record: Value = serde_json::from_slice(json).ok()?;
    let affected = record.get("affected")?.as_array().filter(|all| !all.is_empty())?;
    let names: Option<Vec<&str>> = affected.iter().map(|one| one.get("package")?.get("ecosystem")?.as_str()).collect();
    Some(names?.into_iter().filter_map(Ecosystem::parse).collect())
}

/// What came instead of the JSON that was expected, without repeating any of it.
#[must_use]
pub fn what_is_wrong(body: &[u8], error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let body = body.trim_ascii_start();
    if body.starts_with(b"<") {
        "a web page".to_owned()
    } else if body.is_empty() {
        "nothing at all".to_owned()
    } else if error.is_eof() {
        "JSON that breaks off".to_owned()
    } else if error.is_data() {
        format!("JSON of another shape (line {line}, column {column})")
    } else {
        format!("no JSON (line {line}, column {column})")
    }
}

/// Reads one OSV record.
///
/// # Errors
/// What is wrong with it, as a phrase.
pub fn parse(json: &[u8]) -> Result<Parsed, String> {
    let record: Record = serde_json::from_slice(json)
        .map_err(|error| format!("not an OSV record but {}", what_is_wrong(json, &error)))?;
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    if record.id.is_empty() || record.id.len() > 100 || !record.id.chars().all(good) {
        return Err("an OSV record without a usable id".to_owned());
    }
    if !record.withdrawn.is_null() {
        // Only a time takes it out of force (<https://ossf.github.io/osv-schema/#withdrawn-field>).
        let taken_back = record.withdrawn.as_str().filter(|time| time.parse::<Timestamp>().is_ok());
        let taken_back = taken_back.ok_or("an OSV record that is withdrawn at no time")?;
        let modified = [time(&record.modified), time(taken_back)].into_iter().find(|time| !time.is_empty());
        let modified = modified.unwrap_or_default().to_owned();
        return Ok(Parsed::Withdrawn { id: record.id, modified });
    }
    Ok(Parsed::InForce(Box::new(record.boiled_down())))
}

impl Record {
    fn boiled_down(self) -> Advisory {
        let affected = self.affected.unwrap_or_default();
        let mut vectors: Vec<String> = Vec::new();
        let mut rating = word(&self.database_specific);
        for severity in self.severity.iter().chain(affected.iter().flat_map(|one| &one.severity)) {
            let Some(score) = severity.get("score").and_then(Value::as_str) else { continue };
            if !score.starts_with("CVSS:") {
                // Some databases write a word of their own in its place.
                rating.get_or_insert_with(|| score.to_owned());
            } else if vectors.len() < MAX_NAMES && vectors.iter().all(|known| known != score) {
                vectors.push(score.to_owned());
            }
        }
        let own_word = |one: &RawAffected| word(&one.database_specific).or_else(|| word(&one.ecosystem_specific));
        let rating = rating.or_else(|| affected.iter().find_map(own_word));
        let malicious = |cwe: &Value| cwe.as_str() == Some(MALICIOUS_CODE);
        let cwes = self.database_specific.get("cwe_ids").and_then(Value::as_array);
        let mut aliases = self.aliases;
        aliases.truncate(MAX_NAMES);
        Advisory {
            summary: text::summary(&self.summary, &self.details),
            details: text::details(&self.details),
            references: text::references(&self.references),
            malware: self.id.starts_with("MAL-") || cwes.is_some_and(|all| all.iter().any(malicious)),
            affects: affected.into_iter().filter_map(RawAffected::boiled_down).collect(),
            id: self.id,
            modified: time(&self.modified).to_owned(),
            aliases,
            vectors,
            rating,
        }
    }
}

/// The publisher's own word for how bad it is.
fn word(specific: &Value) -> Option<String> {
    specific.get("severity").and_then(Value::as_str).map(str::to_owned)
}

impl RawAffected {
    fn boiled_down(self) -> Option<Affects> {
        let package = self.package?;
        let ecosystem = Ecosystem::parse(&package.ecosystem)?;
        let text = |key: &str| self.database_specific.get(key).and_then(Value::as_str).map(str::to_owned);
        let mut affects = Affects {
            ecosystem,
            package: ecosystem.normalize(&package.name),
            last_known: text("last_known_affected_version_range"),
            informational: text("informational"),
            parts: Parts::read(ecosystem, &self.ecosystem_specific),
            ranges: Vec::new(),
            unread: false,
            versions: self.versions.unwrap_or_default(),
        };
        for range in self.ranges.unwrap_or_default() {
            match range.kind.as_str() {
                "SEMVER" | "ECOSYSTEM" => match range.events.into_iter().flat_map(RawEvent::events).collect() {
                    Some(events) => affects.ranges.push(Range(events)),
                    None => affects.unread = true,
                },
                // Ranges of git commits say nothing about published versions.
                "GIT" => {}
                _ => affects.unread = true,
            }
        }
        Some(affects)
    }
}

impl RawEvent {
    /// `None` for an event of a kind that is not known here.
    fn events(self) -> Vec<Option<Event>> {
        let parts = [
            self.introduced.map(Event::Introduced),
            self.fixed.map(Event::Fixed),
            self.last_affected.map(Event::LastAffected),
            self.limit.map(Event::Limit),
        ];
        let known: Vec<_> = parts.into_iter().flatten().map(Some).collect();
        if known.is_empty() { vec![None] } else { known }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_that_no_record_can_have_is_unknown() {
        for (text, expected) in [
            ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"),
            ("0001-01-01T00:00:00Z", ""),
            ("0001-01-01T00:00:00.000+00:00", ""),
            ("1970-01-01T00:00:00Z", ""),
            ("", ""),
        ] {
            assert_eq!(time(text), expected, "{text}");
            let in_force = parse(format!(r#"{{"id": "GO-1", "modified": "{text}"}}"#).as_bytes());
            assert!(matches!(in_force, Ok(Parsed::InForce(one)) if one.modified == expected), "{text}");
        }
        let withdrawn = |modified: &str, at: &str| match parse(
            format!(r#"{{"id": "GO-1", "modified": "{modified}", "withdrawn": "{at}"}}"#).as_bytes(),
        ) {
            Ok(Parsed::Withdrawn { modified, .. }) => modified,
            other => panic!("{other:?}"),
        };
        let (never, may, june) = ("0001-01-01T00:00:00Z", "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z");
        assert_eq!(withdrawn(june, may), june);
        assert_eq!(withdrawn(never, may), may);
        assert_eq!(withdrawn(never, never), "");
    }
}

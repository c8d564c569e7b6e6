//! The dependencies probe and the offline copy of the advisories.

mod edited_lines;
mod forced_versions;
mod held_versions;
mod lock_files;
mod matching;
mod namesakes;
mod parts;
mod pasted;
mod pinned_parents;
mod proposed_versions;
mod renewals;
mod service;
mod service_patience;
mod store;
mod store_records;
mod uses;
mod way_out;
mod way_out_said;

use std::io::Write;
use std::path::Path;

use gonogo::model::{Coverage, Examined, RuleId, Settings};
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

/// A lock file of npm with these packages, one a line from line 3.
fn package_lock(packages: &[(&str, &str)]) -> String {
    let lines: Vec<String> = packages
        .iter()
        .map(|(name, version)| format!("\"node_modules/{name}\": {{\"version\": \"{version}\"}}"))
        .collect();
    format!("{{\"lockfileVersion\": 3,\n\"packages\": {{\n{}\n}}}}", lines.join(",\n"))
}

/// An OSV record about one package.
fn record(id: &str, ecosystem: &str, package: &str, events: &[(&str, &str)]) -> Value {
    let kind = if ecosystem == "PyPI" { "ECOSYSTEM" } else { "SEMVER" };
    let events: Vec<Value> = events.iter().map(|(event, version)| json!({(*event): version})).collect();
    json!({
        "id": id, "modified": "2026-11-20T10:00:00Z", "summary": format!("Something bad in {package}"),
        "affected": [{"package": {"ecosystem": ecosystem, "name": package}, "ranges": [{"type": kind, "events": events}]}],
    })
}

/// Records as an OSV export.
fn export(path: &Path, records: &[Value]) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for record in records {
        zip.start_file(format!("{}.json", record["id"].as_str().unwrap()), SimpleFileOptions::default()).unwrap();
        zip.write_all(record.to_string().as_bytes()).unwrap();
    }
    zip.finish().unwrap();
}

/// So many records about packages that nothing uses, to make a copy as large as a complete one.
fn filler(ecosystem: &str, count: usize) -> Vec<Value> {
    (0..count)
        .map(|n| record(&format!("FILL-{ecosystem}-{n}"), ecosystem, &format!("unused-{n}"), &[("introduced", "0")]))
        .collect()
}

fn offline(advisories: &Path) -> Settings {
    Settings { offline: true, advisories: advisories.to_owned(), ..Settings::default() }
}

fn coverage(examined: &Examined) -> &Coverage {
    examined.coverage(&RuleId::from_static("vulnerable-dependency")).unwrap()
}

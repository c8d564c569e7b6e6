//! Tests of the `database` probe, against real servers and files.

mod checks;
mod in_time;
mod literals;
mod mysql;
mod mysql_safety;
mod one_query;
mod postgres;
mod postgres_counted;
mod postgres_cut;
mod postgres_indexes;
mod postgres_proofs;
mod postgres_written;
mod proposals;
mod refusals;
mod safety;
mod scratch;
mod scratch_safety;
mod sqlite;
mod tls;

use std::path::Path;

use gonogo::model::{Coverage, Location, RuleId, Secret, Settings};
use gonogo::probe::database::DatabaseProbe;

use crate::support::probes::{Folder, Seen, run};

/// Settings that name a database and a file of queries.
fn settings(url: &str, queries: Option<&Path>) -> Settings {
    Settings { database: Some(Secret::new(url)), queries: queries.map(Path::to_owned), ..Settings::default() }
}

/// Runs the probe over these queries, one a line.
async fn examine(url: &str, queries: &[&str]) -> Seen {
    let folder = Folder::with(&[]);
    let text: String = queries.iter().map(|query| format!("{query};\n")).collect();
    let file = folder.write("queries.sql", text);
    of_queries(run(&DatabaseProbe, folder.path(), settings(url, Some(&file))).await.unwrap())
}

/// What was seen of queries alone, and not of the database itself.
fn of_queries(mut seen: Seen) -> Seen {
    seen.findings.retain(|finding| finding.location != Location::Project);
    seen
}

/// The failure that the probe ends with, or nothing.
fn failure(seen: &Seen) -> String {
    seen.result.as_ref().err().map(|failure| failure.message.clone()).unwrap_or_default()
}

fn coverage(seen: &Seen) -> Coverage {
    let examined = seen.result.as_ref().unwrap();
    examined.coverage(&RuleId::from_static("full-table-scan")).unwrap().clone()
}

/// `line: message` of every finding.
fn messages(seen: &Seen) -> Vec<String> {
    seen.findings.iter().map(|f| format!("{}: {}", f.location.line().unwrap_or(0), f.message)).collect()
}

/// The lines of the queries that were found to scan.
fn lines(seen: &Seen) -> Vec<u32> {
    let mut lines: Vec<u32> = seen.findings.iter().filter_map(|f| f.location.line()).collect();
    lines.dedup();
    lines
}

fn gaps(seen: &Seen) -> Vec<(String, u64)> {
    seen.result.as_ref().unwrap().gaps.iter().map(|gap| (gap.reason.clone(), gap.count)).collect()
}

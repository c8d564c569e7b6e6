//! Measures how often findings are right, on projects that nobody here wrote.
//!
//! `cargo run --example labels -- sample SEED COUNT RESULT.json…` draws findings of the source probe that are rated blocker
//! or major with high confidence, as rows for `tests/labels/labels.tsv` whose verdict somebody has to read the code for.
//!
//! `cargo run --example labels -- score RESULT.json…` compares results of `gonogo check --only source --format json` with
//! the labels: which labelled findings are still reported, and how many of those are right.
//!
//! `cargo run --example labels -- recall RESULT.json…` tells which of the known holes of `tests/labels/recall.tsv` the results
//! hold, whatever their rating, and where that differs from what is written there.

#![expect(clippy::print_stdout, reason = "what an example is for")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

/// A finding may move by so many lines when the code around it is read in another way.
const NEAR: u64 = 3;

struct Label {
    project: String,
    commit: String,
    path: String,
    line: u64,
    rule: String,
    right: bool,
}

struct Found {
    project: String,
    commit: String,
    path: String,
    line: u64,
    rule: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["sample", seed, count, results @ ..] => sample(seed.parse()?, count.parse()?, &findings(results, is_grave)?),
        ["score", results @ ..] => score(&labels()?, &findings(results, is_grave)?),
        ["recall", results @ ..] => recall(&holes()?, results, &findings(results, |_| true)?),
        _ => return Err("say `sample SEED COUNT RESULT.json…`, `score RESULT.json…` or `recall RESULT.json…`".into()),
    }
    Ok(())
}

/// Blocker or major, with high confidence.
fn is_grave(finding: &Value) -> bool {
    (finding["severity"] == "blocker" || finding["severity"] == "major") && finding["confidence"] == "high"
}

/// The project that a result is of. The file is named after it: `outline.json`; its folder may have any name.
fn project_of(path: &str) -> String {
    Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The findings of the source probe that count.
fn findings(results: &[&str], counts: fn(&Value) -> bool) -> Result<Vec<Found>, Box<dyn std::error::Error>> {
    let mut found = Vec::new();
    for path in results {
        let result: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let project = project_of(path);
        for finding in result["findings"].as_array().into_iter().flatten() {
            if finding["probe"] == "source" && counts(finding) {
                found.push(Found {
                    project: project.clone(),
                    commit: text(&result["project"]["commit"]),
                    path: text(&finding["location"]["path"]),
                    line: finding["location"]["line"].as_u64().unwrap_or_default(),
                    rule: text(&finding["rule"]),
                });
            }
        }
    }
    Ok(found)
}

fn labels() -> Result<Vec<Label>, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/labels/labels.tsv"))?;
    let mut labels = Vec::new();
    for (number, row) in (1..).zip(text.lines()).skip(1) {
        let [project, commit, path, line, rule, verdict, _why] = row.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("line {number}: not seven columns").into());
        };
        let right = match verdict {
            "right" => true,
            "wrong" => false,
            other => return Err(format!("line {number}: \"{other}\" is neither right nor wrong").into()),
        };
        let [project, commit, path, rule] = [project, commit, path, rule].map(str::to_owned);
        labels.push(Label { project, commit, path, line: line.parse()?, rule, right });
    }
    Ok(labels)
}

/// Draws without returning, the same for the same seed.
fn sample(seed: u64, count: usize, findings: &[Found]) {
    println!("project\tcommit\tpath\tline\trule\tverdict\twhy");
    let mut left: Vec<&Found> = findings.iter().collect();
    let mut state = seed;
    for _ in 0..count.min(left.len()) {
        // SplitMix64 (Steele, Lea and Flood 2014).
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let place = usize::try_from((z ^ (z >> 31)) % left.len() as u64).unwrap_or(0);
        let Found { project, commit, path, line, rule } = left.swap_remove(place);
        println!("{project}\t{commit}\t{path}\t{line}\t{rule}\t\t");
    }
}

fn score(labels: &[Label], findings: &[Found]) {
    let (mut right, mut wrong, mut gone, mut known) = (0, 0, 0, BTreeSet::new());
    let mut rules: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for label in labels {
        let same = |found: &Found| {
            found.project == label.project
                && found.path == label.path
                && found.rule == label.rule
                && found.line.abs_diff(label.line) <= NEAR
        };
        let Some(place) = findings.iter().position(same) else {
            gone += 1;
            println!("no longer reported, was {}: {}", word(label.right), at(label));
            continue;
        };
        known.insert(place);
        if findings[place].commit != label.commit {
            println!("labelled at another commit: {}", at(label));
        }
        let of_rule = rules.entry(&label.rule).or_default();
        if label.right {
            right += 1;
            of_rule.0 += 1;
        } else {
            wrong += 1;
            of_rule.1 += 1;
            println!("wrong: {}", at(label));
        }
    }
    for (rule, (right, wrong)) in rules {
        println!("{right:4} right {wrong:4} wrong  {rule}");
    }
    println!("{right} right of {} labelled findings that are reported; {gone} no longer reported", right + wrong);
    println!("{} of {} findings in these results have no label", findings.len() - known.len(), findings.len());
}

/// A hole that the app's own documentation tells of.
struct Hole {
    project: String,
    path: String,
    line: u64,
    rule: String,
    state: String,
    text: String,
}

fn holes() -> Result<Vec<Hole>, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/labels/recall.tsv"))?;
    let mut holes = Vec::new();
    for (number, row) in (1..).zip(text.lines()).skip(1) {
        let [project, _commit, path, line, hole, rule, state, _why] = row.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("line {number}: not eight columns").into());
        };
        if !matches!(state, "found" | "missed" | "out-of-scope") {
            return Err(format!("line {number}: \"{state}\" is no state").into());
        }
        let [project, path, rule, state, text] = [project, path, rule, state, hole].map(str::to_owned);
        holes.push(Hole { project, path, line: line.parse()?, rule, state, text });
    }
    Ok(holes)
}

fn recall(holes: &[Hole], results: &[&str], findings: &[Found]) {
    let examined: BTreeSet<String> = results.iter().map(|path| project_of(path)).collect();
    let mut projects: BTreeMap<&str, (u32, u32, u32)> = BTreeMap::new();
    for hole in holes.iter().filter(|hole| examined.contains(&hole.project)) {
        let counts = projects.entry(&hole.project).or_default();
        if hole.state == "out-of-scope" {
            counts.2 += 1;
            continue;
        }
        let same = |found: &Found| {
            found.project == hole.project
                && found.path == hole.path
                && found.rule == hole.rule
                && found.line.abs_diff(hole.line) <= NEAR
        };
        let is_found = findings.iter().any(same);
        if is_found {
            counts.0 += 1;
        } else {
            counts.1 += 1;
        }
        let now = if is_found { "found" } else { "missed" };
        if now != hole.state {
            println!(
                "{now}, was {}: {} {}:{} {}: {}",
                hole.state, hole.project, hole.path, hole.line, hole.rule, hole.text
            );
        }
    }
    let mut all = (0, 0);
    for (project, (found, missed, outside)) in &projects {
        println!("{project}: {found} of {} found; {outside} more are out of scope", found + missed);
        all = (all.0 + found, all.1 + missed);
    }
    println!("{} of {} known holes found", all.0, all.0 + all.1);
}

fn word(right: bool) -> &'static str {
    if right { "right" } else { "wrong" }
}

fn at(label: &Label) -> String {
    format!("{} {}:{} {}", label.project, label.path, label.line, label.rule)
}

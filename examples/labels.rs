//! Measures how often findings are right, on projects that nobody here wrote.
//!
//! `cargo run --example labels -- sample SEED COUNT RESULT.json…` draws findings of the source probe that are rated blocker
//! or major with high confidence, as rows for `tests/labels/labels.tsv` whose verdict somebody has to read the code for.
//!
//! `cargo run --example labels -- score RESULT.json…` compares results of `gonogo check --only source --format json` with
//! the labels: which labelled findings are still reported, and how many of those are right.

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
        ["sample", seed, count, results @ ..] => sample(seed.parse()?, count.parse()?, &findings(results)?),
        ["score", results @ ..] => score(&labels()?, &findings(results)?),
        _ => return Err("say `sample SEED COUNT RESULT.json…` or `score RESULT.json…`".into()),
    }
    Ok(())
}

/// The findings that count: of the source probe, blocker or major, high confidence.
fn findings(results: &[&str]) -> Result<Vec<Found>, Box<dyn std::error::Error>> {
    let mut found = Vec::new();
    for path in results {
        let result: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        // The file is named after the project: `outline.json`; its folder may have any name.
        let project = Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        for finding in result["findings"].as_array().into_iter().flatten() {
            let counts = finding["probe"] == "source"
                && (finding["severity"] == "blocker" || finding["severity"] == "major")
                && finding["confidence"] == "high";
            if counts {
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

fn word(right: bool) -> &'static str {
    if right { "right" } else { "wrong" }
}

fn at(label: &Label) -> String {
    format!("{} {}:{} {}", label.project, label.path, label.line, label.rule)
}

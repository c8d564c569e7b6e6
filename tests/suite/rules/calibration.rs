//! High confidence is measured: what the rules are told of themselves is what readers of unknown code found.

use std::collections::BTreeMap;
use std::fs;

use gonogo::model::{Confidence, Settings};
use gonogo::probe::source::SourceProbe;
use gonogo::probe::source::calibration::{DRAWN, ENOUGH};

use crate::support::probes::{Folder, run};

/// Projects on which the rules were tried while they were written.
const KNOWN: [&str; 6] = ["documenso", "outline", "medusa", "juice-shop", "healthchecks", "BookStack"];

#[test]
fn the_figures_are_those_of_the_labels() {
    let read = |name: &str| fs::read_to_string(format!("{}/tests/labels/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let projects = read("projects.tsv");
    let drawings: BTreeMap<&str, u32> = projects
        .lines()
        .skip(1)
        .map(|row| {
            let columns: Vec<&str> = row.split('\t').collect();
            let [_, commit, drawing] = columns[..] else { panic!("{row}") };
            (commit, drawing.parse().unwrap())
        })
        .collect();
    let labels = read("labels.tsv");
    let mut by_drawing: BTreeMap<&str, BTreeMap<u32, (u32, u32)>> = BTreeMap::new();
    for row in labels.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let [project, commit, _, _, rule, verdict, _] = columns[..] else { panic!("{row}") };
        assert!(matches!(verdict, "right" | "wrong"), "{row}");
        if !KNOWN.contains(&project) {
            let drawing = *drawings.get(commit).unwrap_or_else(|| panic!("projects.tsv does not name {row}"));
            let (right, drawn) = by_drawing.entry(rule).or_default().entry(drawing).or_default();
            *right += u32::from(verdict == "right");
            *drawn += 1;
        }
    }
    let newest = |drawings: BTreeMap<u32, (u32, u32)>| {
        let (mut right, mut drawn) = (0, 0);
        for (_, of_one) in drawings.into_iter().rev() {
            if drawn < ENOUGH {
                (right, drawn) = (right + of_one.0, drawn + of_one.1);
            }
        }
        (right, drawn)
    };
    let counted: Vec<(&str, u32, u32)> = by_drawing
        .into_iter()
        .map(|(rule, drawings)| {
            let (right, drawn) = newest(drawings);
            (rule, right, drawn)
        })
        .collect();
    assert_eq!(counted, DRAWN);
}

#[tokio::test]
async fn a_rule_that_was_wrong_too_often_is_never_sure_and_says_so() {
    let handlers = "const express = require('express');\nconst app = express();\n\
        app.get('/go', (req, res) => res.redirect(req.query.next));\n\
        app.get('/run', (req, res) => { require('child_process').exec('ls ' + req.query.dir); res.end(); });\napp.listen(3000);\n";
    let folder = Folder::with(&[("server.js", handlers)]);
    let seen = run(&SourceProbe, folder.path(), Settings::default()).await.unwrap();
    let of = |rule: &str| seen.findings.iter().find(|finding| finding.rule.as_str() == rule).unwrap();
    let doubted = of("open-redirect");
    assert_eq!(doubted.confidence, Confidence::Medium);
    assert!(doubted.evidence.iter().any(|evidence| evidence.text.contains("such findings on other projects")));
    let sure = of("command-injection");
    assert_eq!(sure.confidence, Confidence::High);
    assert!(!sure.evidence.iter().any(|evidence| evidence.text.contains("such findings on other projects")));
}

//! High confidence is measured: what the rules are told of themselves is what readers of unknown code found.

use std::collections::BTreeMap;
use std::fs;

use gonogo::model::{Confidence, Settings};
use gonogo::probe::source::SourceProbe;
use gonogo::probe::source::calibration::DRAWN;

use crate::support::probes::{Folder, run};

/// Projects on which the rules were tried while they were written.
const KNOWN: [&str; 6] = ["documenso", "outline", "medusa", "juice-shop", "healthchecks", "BookStack"];

#[test]
fn the_figures_are_those_of_the_labels() {
    let labels = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/labels/labels.tsv")).unwrap();
    let mut counted: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for row in labels.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        assert_eq!(columns.len(), 7, "{row}");
        let [project, .., rule, verdict, _] = columns[..] else { panic!("{row}") };
        assert!(matches!(verdict, "right" | "wrong"), "{row}");
        if !KNOWN.contains(&project) {
            let (right, drawn) = counted.entry(rule).or_default();
            *right += u32::from(verdict == "right");
            *drawn += 1;
        }
    }
    let counted: Vec<(&str, u32, u32)> =
        counted.into_iter().map(|(rule, (right, drawn))| (rule, right, drawn)).collect();
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

//! Each rule on its fixtures.
//!
//! `tests/fixtures/rules/<id>/{bad,good}*`: a file is a project of its own, and so is a folder. A comment
//! `expect: <id>` marks a line on which the rule speaks up; it may speak up nowhere else. With `unsure` behind it, the
//! finding must be a minor one, or one of less than high confidence; with `sure`, it must be neither. For a rule that speaks against,
//! `good` files hold no mark; for a proof, `bad` files hold none. What other rules see in a fixture does not count: the
//! apps of `tests/fixtures/apps` show that they stay silent together.
//!
//! JavaScript is also read as TypeScript and TSX, so that every fixture tests each grammar that it is valid in.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use gonogo::model::{Confidence, RuleKind, Settings, Severity};
use gonogo::probe::Probe;
use gonogo::probe::source::SourceProbe;
use gonogo::probe::source::facts::Language;
use gonogo::probe::source::rules::RULES;

use super::{collect, entries, fixtures, name};
use crate::support::probes::{Folder, Seen, run};

/// Languages with the ending of their files; JavaScript stands for its family.
const LANGUAGES: [(Language, &str); 5] = [
    (Language::Python, ".py"),
    (Language::Php, ".php"),
    (Language::Go, ".go"),
    (Language::Ruby, ".rb"),
    (Language::Java, ".java"),
];

/// One project: its files by path.
struct Case {
    name: String,
    files: Vec<(String, String)>,
}

impl Case {
    /// The same project in every grammar that reads it.
    fn all(entry: &Path) -> Vec<Self> {
        if entry.is_dir() {
            let mut files = Vec::new();
            collect(entry, entry, &mut files);
            return vec![Self { name: name(entry), files }];
        }
        let text = fs::read_to_string(entry).unwrap();
        let stem = entry.file_stem().unwrap().to_string_lossy().into_owned();
        let extensions: &[&str] = match entry.extension().unwrap().to_str().unwrap() {
            "js" => &["js", "ts", "tsx", "mjs"],
            "jsx" => &["jsx", "tsx"],
            "ts" => &["ts"],
            "tsx" => &["tsx"],
            "py" => &["py"],
            "php" => &["php"],
            "go" => &["go"],
            "rb" => &["rb"],
            "java" => &["java"],
            "vue" => &["vue"],
            "svelte" => &["svelte"],
            "html" => &["html"],
            "twig" => &["twig"],
            "erb" => &["erb"],
            "ejs" => &["ejs"],
            "hbs" => &["hbs"],
            "pug" => &["pug"],
            "sql" => &["sql"],
            _ => &[],
        };
        assert!(!extensions.is_empty(), "no front end reads {}", entry.display());
        let case = |extension: &&str| {
            let path = format!("src/{stem}.{extension}");
            Self { name: format!("{stem}.{extension}"), files: vec![(path, text.clone())] }
        };
        extensions.iter().map(case).collect()
    }

    fn expected(&self) -> Vec<String> {
        let mut expected: Vec<String> = self.marks().into_iter().map(|(place, _)| place).collect();
        expected.sort();
        expected
    }

    /// What is marked, and whether the rule must be sure that it matters, or must not be.
    fn marks(&self) -> Vec<(String, Option<bool>)> {
        let mut marks = Vec::new();
        for (path, text) in &self.files {
            for (number, line) in (1..).zip(text.lines()) {
                if let Some((_, mark)) = line.split_once("expect: ") {
                    let (rule, doubt) = mark.trim().split_once(' ').unwrap_or((mark.trim(), ""));
                    let wanted = match doubt {
                        "sure" => Some(true),
                        "unsure" => Some(false),
                        _ => None,
                    };
                    marks.push((format!("{rule} {path}:{number}"), wanted));
                }
            }
        }
        marks
    }

    async fn run(&self) -> Seen {
        let folder = Folder::with(&[]);
        for (path, text) in &self.files {
            folder.write(path, text);
        }
        run(&SourceProbe, folder.path(), Settings::default()).await.unwrap()
    }
}

#[tokio::test]
async fn rules_see_what_their_fixtures_mark_and_nothing_else() {
    let mut wrong = Vec::new();
    for rule in entries(&fixtures("rules")) {
        for entry in entries(&rule) {
            for case in Case::all(&entry) {
                let seen = case.run().await;
                let mut found = seen.places();
                found.extend(seen.proofs.iter().map(|proof| format!("{} {}", proof.rule, proof.location)));
                found.retain(|found| found.split(' ').next() == Some(name(&rule).as_str()));
                found.sort();
                for (place, wanted) in case.marks() {
                    let sure = seen.findings.iter().any(|finding| {
                        // Where the rule was wrong too often elsewhere, it is told in doubt although it was sure itself.
                        let doubted = finding.evidence.iter().any(|evidence| evidence.text.contains("looks certain"));
                        format!("{} {}", finding.rule, finding.location) == place
                            && (finding.confidence == Confidence::High || doubted)
                            && finding.severity > Severity::Minor
                    });
                    if wanted.is_some_and(|wanted| wanted != sure) {
                        let how = if sure { "as if it were sure" } else { "in doubt" };
                        wrong.push(format!("{}/{}: {place} is told {how}", name(&rule), case.name));
                    }
                }
                let parsed = seen.result.unwrap();
                if let Some(gap) = parsed.gaps.first() {
                    wrong.push(format!("{}/{}: {gap:?}", name(&rule), case.name));
                }
                if found != case.expected() {
                    wrong.push(format!(
                        "{}/{}: expected {:?}, found {found:?}",
                        name(&rule),
                        case.name,
                        case.expected()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_is_documented_and_has_fixtures_in_every_language_that_it_reads() {
    let mut ids = BTreeSet::new();
    for rule in SourceProbe.meta().rules {
        assert!(ids.insert(rule.id), "{} stands twice", rule.id);
        for text in [rule.title, rule.what, rule.why, rule.fix, rule.example] {
            assert!(!text.is_empty(), "{} is not documented", rule.id);
        }
        assert!(!rule.title.ends_with('.') && rule.what.ends_with('.'), "{}", rule.id);
        assert!(!rule.references.is_empty(), "{} has no reference", rule.id);
        let names: Vec<String> = entries(&fixtures("rules").join(rule.id)).iter().map(|entry| name(entry)).collect();
        let (speaks, silent) = if rule.kind == RuleKind::Proof { ("good", "bad") } else { ("bad", "good") };
        for kind in [speaks, silent] {
            assert!(names.iter().filter(|name| name.starts_with(kind)).count() >= 3, "{} {kind}", rule.id);
        }
        // Folders hold several files and stand for whatever language these are in.
        let reads = |language| RULES.iter().any(|known| known.meta.id == rule.id && (known.reads)(language));
        // What it reads is SQL, whatever language the app is written in.
        let of_sql = rule.id == "supabase-rls-disabled";
        for (language, end) in LANGUAGES.into_iter().filter(|(language, _)| !of_sql && reads(*language)) {
            let holds = |name: &&String| {
                let path = fixtures("rules").join(rule.id).join(name.as_str());
                let mut files = Vec::new();
                if path.is_dir() {
                    collect(&path, &path, &mut files);
                } else {
                    files.push((name.to_string(), String::new()));
                }
                name.starts_with(speaks) && files.iter().any(|(path, _)| path.ends_with(end))
            };
            let count = names.iter().filter(holds).count();
            assert!(count >= 2, "{} has {count} in {language:?}", rule.id);
        }
    }
    let listed: BTreeSet<String> = entries(&fixtures("rules")).iter().map(|entry| name(entry)).collect();
    assert_eq!(listed, ids.iter().map(ToString::to_string).collect(), "fixtures of a rule that is not listed");
}

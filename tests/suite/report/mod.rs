//! The report's formats on a report made by hand.

mod hostile;
mod sample;

use gonogo::model::report::ReportFinding;
use gonogo::model::{Decision, Report, Severity, Standing};
use gonogo::report::{TextOptions, json, markdown, text};

const PLAIN: TextOptions = TextOptions { color: false, ascii: false, verbose: false };

fn as_text(report: &Report, options: TextOptions) -> String {
    let mut out = Vec::new();
    text(report, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn as_markdown(report: &Report) -> String {
    let mut out = Vec::new();
    markdown(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn as_json(report: &Report) -> String {
    let mut out = Vec::new();
    json(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A project that nothing and nobody has looked at yet, with an empty checklist.
fn empty() -> Report {
    let mut report = sample::shop();
    report.verdict = Decision::Go;
    report.examined_at = None;
    report.project.stack.clear();
    report.project.commit = None;
    report.probes.clear();
    report.sections.clear();
    report.items.clear();
    report.findings.clear();
    report.proofs.clear();
    report.services.clear();
    report
}

#[test]
fn text_of_the_shop() {
    insta::assert_snapshot!(as_text(&sample::shop(), PLAIN));
}

#[test]
fn everything_in_text_with_only_ascii() {
    let all = as_text(&sample::shop(), TextOptions { ascii: true, verbose: true, ..PLAIN });
    assert!(all.is_ascii());
    insta::assert_snapshot!(all);
}

#[test]
fn colours_change_nothing_but_the_colour() {
    let coloured = as_text(&sample::shop(), TextOptions { color: true, ..PLAIN });
    assert!(coloured.contains("\u{1b}[1;31mNO-GO\u{1b}[0m"));
    let mut plain = String::new();
    for (at, piece) in coloured.split("\u{1b}[").enumerate() {
        plain.push_str(if at == 0 { piece } else { piece.split_once('m').unwrap().1 });
    }
    assert_eq!(plain, as_text(&sample::shop(), PLAIN));
}

#[test]
fn markdown_of_the_shop() {
    insta::assert_snapshot!(as_markdown(&sample::shop()));
}

#[test]
fn markdown_of_nothing() {
    insta::assert_snapshot!(as_markdown(&empty()));
}

#[test]
fn markdown_of_a_database() {
    let page = as_markdown(&sample::with_a_database());
    let from = page.find("## Database").unwrap();
    let to = from + page[from..].find("## Proofs").unwrap();
    insta::assert_snapshot!(&page[from..to]);
    let sentence = "3 queries will slow down once tables hold 100,000 rows; indexes are proven to help 2 of them.";
    let first_page = page.split("# Appendix").next().unwrap();
    assert!(first_page.contains(sentence), "{first_page}");
}

#[test]
fn text_of_a_database() {
    let part = |options| {
        let text = as_text(&sample::with_a_database(), options);
        let from = text.find("\nDatabase").unwrap();
        text[from..].split("\nNot examined").next().unwrap().to_owned()
    };
    insta::assert_snapshot!(part(PLAIN));
    let everything = part(TextOptions { verbose: true, ascii: true, ..PLAIN });
    assert!(everything.is_ascii() && everything.contains("cost 2,650 > 12, 214 times cheaper"), "{everything}");
}

#[test]
fn json_of_a_database() {
    let json: serde_json::Value = serde_json::from_str(&as_json(&sample::with_a_database())).unwrap();
    let database = &json["database"];
    assert_eq!(database["server"], "PostgreSQL 15.18, shop on localhost:5432");
    let query = &database["queries"][0];
    assert_eq!(query["harms"][0]["tier"], "A");
    assert_eq!(query["points"][3], serde_json::json!({"times": 1000, "rows": 120_000, "cost": 2650.0}));
    assert_eq!(query["plan"]["children"][0]["children"][0]["children"][1]["marked"], true);
    assert_eq!(database["proposals"][0]["proof"], "scratch-server");
    let none: serde_json::Value = serde_json::from_str(&as_json(&sample::shop())).unwrap();
    assert!(none["database"].is_null());
}

#[test]
fn markdown_of_a_deployed_app() {
    let page = as_markdown(&sample::with_a_site());
    let from = page.find("## Web\n").unwrap();
    let to = from + page[from..].find("## Proofs").unwrap();
    insta::assert_snapshot!(&page[from..to]);
}

#[test]
fn text_of_a_deployed_app() {
    let part = |options| {
        let text = as_text(&sample::with_a_site(), options);
        let from = text.find("\nWeb").unwrap();
        text[from..].split("\nNot examined").next().unwrap().to_owned()
    };
    insta::assert_snapshot!(part(PLAIN));
    let everything = part(TextOptions { verbose: true, ascii: true, ..PLAIN });
    assert!(everything.is_ascii() && everything.contains("21 requests were made, 20 answered"), "{everything}");
}

#[test]
fn whoever_decides_reads_one_sentence_about_the_deployed_app() {
    use gonogo::model::WebReport;
    let sentence = |change: &dyn Fn(&mut WebReport)| {
        let mut report = sample::with_a_site();
        change(report.web.as_mut().unwrap());
        let page = as_markdown(&report);
        let is_it = |line: &&str| line.starts_with("Seen from outside") || line.starts_with("No address of");
        page.split("# Appendix").next().unwrap().lines().find(is_it).unwrap().to_owned()
    };
    assert_eq!(
        sentence(&|web| {
            web.sites.truncate(1);
            web.servers.truncate(1);
        }),
        "Seen from outside, `https://shop.example.com/` gets grade D for its headers and grade B for its encryption (A+ is \
         the best, F the worst); strangers can fetch 2 things that should stay inside."
    );
    assert_eq!(
        sentence(&|web| web.sites.iter_mut().for_each(|site| site.paths.truncate(1))),
        "Seen from outside, `http://localhost:8080/` (the worst of 2 sites) gets grade F for its headers (A+ is the best, F \
         the worst); browsers refuse its certificate; strangers can fetch 1 thing that should stay inside."
    );
    let unseen = sentence(&|web| web.sites[0].paths.drain(..2).for_each(drop));
    assert!(unseen.contains("; nothing was seen to lie open, but 1 path of "), "{unseen}");
    let fine = sentence(&|web| {
        let paths = &mut web.sites[0].paths;
        paths.drain(..2).for_each(drop);
        paths.retain(|row| row.standing != Standing::Unknown);
    });
    assert!(fine.ends_with("; nothing that was looked for lies open."), "{fine}");
    let ungraded = sentence(&|web| {
        web.sites.truncate(1);
        (web.sites[0].observatory, web.sites[0].paths) = (None, Vec::new());
        web.servers.clear();
    });
    assert_eq!(ungraded, "Seen from outside, `https://shop.example.com/` answers, but could not be graded.");
    assert!(
        sentence(&|web| web.sites.drain(..2).for_each(drop)).starts_with("No address of the deployed app was reached")
    );
}

#[test]
fn vulnerable_packages_stand_in_every_report() {
    let report = sample::with_packages();
    let markdown = as_markdown(&report);
    let sentence = "Of 1,265 packages looked up, 4 have a known vulnerability, 1 blocker and 2 major among them; for 2 of them a fixed \
                    version is out.";
    let (front, appendix) = markdown.split_once("# Appendix").unwrap();
    assert!(front.contains(sentence), "{front}");
    insta::assert_snapshot!("dependencies_markdown", section(appendix, "## Dependencies"));
    insta::assert_snapshot!("dependencies_text", section(&as_text(&report, PLAIN), "Dependencies"));
    let json: serde_json::Value = serde_json::from_str(&as_json(&report)).unwrap();
    assert_eq!(json["dependencies"]["vulnerable"][1]["way_out"]["kind"], "raise-parent");
    assert_eq!(json["dependencies"]["vulnerable"][0]["uses"], serde_json::json!({"uses": "not-imported"}));
    let read: Report = serde_json::from_str(&as_json(&report)).unwrap();
    assert_eq!(read.dependencies, report.dependencies);
    let mut clean = report;
    let packages = clean.dependencies.as_mut().unwrap();
    packages.vulnerable.clear();
    assert!(
        as_markdown(&clean).contains("Nothing is known against any of the 1,265 packages that could be looked up.")
    );
    clean.dependencies.as_mut().unwrap().locks.clear();
    assert!(as_markdown(&clean).contains("No lock file was read, so nobody can say"));
}

/// What only a constraints file names is counted by itself.
#[test]
fn what_perhaps_does_not_arrive_is_counted_apart() {
    let mut report = sample::with_packages();
    let packages = &mut report.dependencies.as_mut().unwrap().vulnerable;
    packages[1].unsure = true;
    let markdown = as_markdown(&report);
    let sentence = "Of 1,265 packages looked up, 3 have a known vulnerability, 1 blocker and 1 major among them; for 1 of them a fixed \
                    version is out. 1 package more with a known vulnerability may arrive, as a constraints file names it \
                    (major); a fixed version is out.";
    assert!(markdown.contains(sentence), "{markdown}");
    assert!(as_text(&report, PLAIN).contains(sentence));
    let json: serde_json::Value = serde_json::from_str(&as_json(&report)).unwrap();
    let unsure: Vec<bool> = (json["dependencies"]["vulnerable"].as_array().unwrap().iter())
        .map(|one| one["unsure"].as_bool().unwrap())
        .collect();
    assert_eq!(unsure, [false, true, false, false]);
    // Of one, nothing is counted.
    let mut one = report.clone();
    one.dependencies.as_mut().unwrap().vulnerable.truncate(1);
    let sentence = "Of 1,265 packages looked up, 1 has a known vulnerability (blocker); no fixed version is known.";
    assert!(as_markdown(&one).contains(sentence), "{}", as_markdown(&one));
    one.dependencies.as_mut().unwrap().vulnerable[0].way_out.version = Some("9.0.0".to_owned());
    assert!(as_markdown(&one).contains("a known vulnerability (blocker); a fixed version is out."));
    report.dependencies.as_mut().unwrap().vulnerable.iter_mut().for_each(|one| one.unsure = true);
    let markdown = as_markdown(&report);
    let sentence = "Of 1,265 packages looked up, none that is sure to arrive has a known vulnerability. 4 packages with a known \
                    vulnerability may arrive, as a constraints file names them";
    assert!(markdown.contains(sentence), "{markdown}");
}

#[test]
fn what_to_do_is_told_to_its_end() {
    let mut report = sample::with_packages();
    let long = format!(
        "Raise what brings it in. {}Or, if that does not help: `the last word`",
        "Then look again. ".repeat(60)
    );
    report.findings.truncate(1);
    report.findings[0].fix.clone_from(&long);
    let way = &mut report.dependencies.as_mut().unwrap().vulnerable[1].way_out;
    way.words = long.replace("last word", "last of the words");
    let markdown = as_markdown(&report);
    assert!(markdown.contains("`the last word`") && markdown.contains("`the last of the words`"), "{markdown}");
    let text = as_text(&report, TextOptions { verbose: true, ..PLAIN });
    assert!(text.contains("Or, if that does not help: `the last word`"), "{text}");
}

/// From a heading to the next of its kind.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let from = text.find(heading).unwrap();
    let rest = &text[from + heading.len()..];
    let level = heading.split(' ').next().unwrap();
    let next = if level.starts_with('#') { format!("\n{level} ") } else { "\n\n\n".to_owned() };
    &text[from..rest.find(&next).map_or(text.len(), |end| from + heading.len() + end)]
}

#[test]
fn json_has_all_of_a_deployed_app() {
    let report = sample::with_a_site();
    let json: serde_json::Value = serde_json::from_str(&as_json(&report)).unwrap();
    assert_eq!(json["web"]["sites"][0]["observatory"]["grade"], "D");
    assert_eq!(json["web"]["servers"][0]["chain"][0]["days_left"], 9);
    assert_eq!(json["web"]["requests"].as_array().unwrap().len(), 21);
    let read: Report = serde_json::from_str(&as_json(&report)).unwrap();
    assert_eq!(read.web, report.web);
    assert_eq!(as_markdown(&report), as_markdown(&sample::with_a_site()), "the same bytes");
}

#[test]
fn whoever_decides_reads_one_sentence_about_the_database() {
    use gonogo::model::{DatabaseReport, IndexProof};
    let sentence = |change: &dyn Fn(&mut DatabaseReport)| {
        let mut report = sample::with_a_database();
        change(report.database.as_mut().unwrap());
        let page = as_markdown(&report);
        let line = page.lines().find(|line| line.contains("judged") || line.contains("will slow down")).unwrap();
        line.to_owned()
    };
    let proven = |report: &mut DatabaseReport| {
        report.proposals.iter_mut().for_each(|proposal| proposal.proof = IndexProof::Copy);
    };
    assert_eq!(
        sentence(&proven),
        "3 queries will slow down once tables hold 100,000 rows; indexes for all of them are proven."
    );
    let reasoned = |report: &mut DatabaseReport| report.queries.truncate(3);
    assert!(sentence(&reasoned).ends_with("indexes are proven to help 2 of them."));
    let one = |report: &mut DatabaseReport| report.queries.truncate(1);
    assert_eq!(sentence(&one), "1 query will slow down once tables hold 100,000 rows; an index is proven to help it.");
    let only_reasoned = |report: &mut DatabaseReport| {
        report.queries.truncate(3);
        report.queries.drain(..2);
    };
    assert!(sentence(&only_reasoned).ends_with("; no index is proven to help it yet."));
    let fine = |report: &mut DatabaseReport| {
        report.queries.drain(..4);
    };
    assert_eq!(
        sentence(&fine),
        "None of the 2 queries that were judged will slow down much once tables hold 100,000 rows."
    );
    let unknown = |report: &mut DatabaseReport| {
        report.queries.drain(..6);
    };
    assert!(sentence(&unknown).starts_with("No query could be judged, so nothing is known"));
}

#[test]
fn json_of_the_shop() {
    insta::assert_snapshot!(as_json(&sample::shop()));
}

#[test]
fn json_can_be_read_back() {
    let report = sample::with_a_database();
    let mut read: Report = serde_json::from_str(&as_json(&report)).unwrap();
    // When it was examined is no part of the contract.
    read.examined_at = report.examined_at;
    assert_eq!(read, report);
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    assert_eq!(as_markdown(&sample::shop()), as_markdown(&sample::shop()));
    assert_eq!(as_json(&sample::shop()), as_json(&sample::shop()));
    assert_eq!(as_text(&sample::shop(), PLAIN), as_text(&sample::shop(), PLAIN));
}

#[test]
fn markdown_does_not_name_the_folder_of_the_machine() {
    assert!(!as_markdown(&sample::shop()).contains("/home/ada"));
    assert!(!as_text(&sample::shop(), TextOptions { verbose: true, ..PLAIN }).contains("/home/ada"));
}

#[test]
fn every_verdict_has_its_sentence() {
    let mut report = sample::shop();
    report.items.retain(|item| item.status == "accepted" || item.status == "pass");
    report.verdict = Decision::GoWithAcceptedRisks;
    let page = as_markdown(&report);
    assert!(page.contains("**Verdict: GO with accepted risks.** No blocker is open; 1 risk is accepted"), "{page}");
    assert!(page.contains("Owner: Grace Hopper, since 2026-11-18, until 2026-12-31"), "{page}");
    report.items.retain(|item| item.status == "pass");
    report.items.iter_mut().for_each(|item| item.severity = Severity::Blocker);
    report.verdict = Decision::Go;
    assert!(as_markdown(&report).contains("**Verdict: GO.** The one blocker is settled."));
    assert!(as_markdown(&report).contains("Nobody has accepted a risk."));
}

#[test]
fn two_thousand_findings_stay_readable_and_all_are_counted() {
    let mut report = sample::shop();
    let many = |rule: &'static str, number: u32| -> Vec<ReportFinding> {
        let one = |line| {
            let path = format!("src/file{line}.ts");
            sample::finding(&format!("{rule}{line}"), rule, Severity::Major, &path, line, "`fetch` has no timeout")
        };
        (1..=number).map(one).collect()
    };
    report.findings = many("external-call-without-timeout", 1_500);
    report.findings.extend(many("swallowed-error", 500));
    let page = as_markdown(&report);
    assert!(page.contains("### `external-call-without-timeout` (1500)"));
    assert!(page.contains("And 1490 more: see `gonogo check --format json`."));
    assert!(page.contains("And 490 more: see `gonogo check --format json`."));
    assert!(page.lines().count() < 500, "{} lines", page.lines().count());
    let short = as_text(&report, PLAIN);
    assert!(short.contains("Findings  2000: 2000 major"), "{short}");
    assert!(short.contains("and 1495 more of external-call-without-timeout"), "{short}");
    assert!(short.lines().count() < 60, "{} lines", short.lines().count());
    let all = as_text(&report, TextOptions { verbose: true, ..PLAIN });
    assert!(all.lines().count() > 2_000);
}

#[test]
fn a_reason_that_many_items_share_is_said_once() {
    let mut report = sample::shop();
    let reason = "the tide is out";
    let unknown = |number| {
        sample::item(&format!("web.item-{number}"), &format!("Item {number}"), Severity::Major, "unknown", reason)
    };
    report.items.extend((0..30).map(unknown));
    let page = as_markdown(&report);
    assert_eq!(page.matches(reason).count(), 2, "once for the stakeholder, once for the engineer");
    assert!(page.contains("- 30 items: the tide is out\n  - Item 0; Item 1; Item 2; Item 3; Item 4; and 25 more"));
}

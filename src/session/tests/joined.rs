//! A query in a loop, together with the server's count of its calls.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::super::*;
use super::{item, now, rule};
use crate::model::{
    CallStatistics, Confidence, Coverage, DatabaseReport, EventKind, Examined, ExaminedQuery, Finding, Location,
    Outcome, QueryPlace, RuleId, RuleKind, RuleMeta, RunEvent, Span, Status,
};

static LOOPED: RuleMeta = rule("n-plus-one-query", RuleKind::Finding);

const fn probe(id: &'static str, rules: &'static [&'static RuleMeta]) -> ProbeMeta {
    let timeout = Duration::from_secs(1);
    ProbeMeta { id: ProbeId::from_static(id), title: id, about: "", rules, follows_files: false, timeout }
}

static SOURCE: ProbeMeta = probe("source", &[&LOOPED]);
static DATABASE: ProbeMeta = probe("database", &[]);

fn query(id: &str, lines: &[(u32, u32)], calls: Option<(u64, f64, Option<u64>)>) -> ExaminedQuery {
    let place = |(line, end_line): &(u32, u32)| QueryPlace {
        path: "src/orders.ts".to_owned(),
        span: Span { line: *line, column: 1, end_line: *end_line, end_column: 9 },
    };
    ExaminedQuery {
        id: id.to_owned(),
        sql: id.to_owned(),
        places: lines.iter().map(place).collect(),
        calls: calls.map(|(calls, mean_ms, rows)| CallStatistics { calls, mean_ms, rows }),
        ..ExaminedQuery::default()
    }
}

/// A finding in lines 31 to 33, of low confidence.
fn looped() -> Finding {
    let span = Span { line: 31, column: 3, end_line: 33, end_column: 5 };
    let location = Location::File { path: "src/orders.ts".to_owned(), span: Some(span) };
    Finding::new(&LOOPED, location, "x", "it runs once for every order").confidence(Confidence::Low)
}

/// A session in which both probes have run, the one named last.
fn with(queries: Vec<ExaminedQuery>, last: &str) -> Session {
    let mut session = Session::new(Start {
        project: Arc::new(Project {
            root: "/p".into(),
            name: "p".to_owned(),
            commit: None,
            stack: Vec::new(),
            traits: BTreeSet::new(),
            recognised: true,
            offers: Vec::new(),
        }),
        settings: Settings::default(),
        checklists: vec![Checklist {
            id: "c".to_owned(),
            title: String::new(),
            summary: String::new(),
            sections: Vec::new(),
            items: vec![item(&["n-plus-one-query"], &[])],
        }],
        probes: vec![&SOURCE, &DATABASE],
        changes: Vec::new(),
        saved_runs: Vec::new(),
        changed_files: BTreeMap::new(),
        instance: "i".to_owned(),
        now: now(),
    });
    session.update(Msg::Do(Command::RunAll), now());
    let say = |session: &mut Session, run, probe: &ProbeMeta, kind| {
        session.update(Msg::Run(RunEvent { run: RunId(run), probe: probe.id.clone(), at: now(), kind }), now());
    };
    let source = |session: &mut Session| {
        say(session, 1, &SOURCE, EventKind::Observed(Box::new(looped().into())));
        let rules = BTreeMap::from([(RuleId::from_static(LOOPED.id), Coverage::Whole)]);
        say(session, 1, &SOURCE, EventKind::Finished(Outcome::Completed(Examined { rules, ..Examined::default() })));
    };
    let database = |session: &mut Session| {
        let report = DatabaseReport { queries: queries.clone(), ..DatabaseReport::default() };
        let examined = Examined { database: Some(Box::new(report)), ..Examined::default() };
        say(session, 2, &DATABASE, EventKind::Finished(Outcome::Completed(examined)));
    };
    if last == "source" {
        database(&mut session);
        source(&mut session);
    } else {
        source(&mut session);
        database(&mut session);
    }
    session
}

fn notes(session: &Session) -> Vec<String> {
    session.findings()[0].evidence.iter().map(|evidence| evidence.text.clone()).collect()
}

const COUNTED: Option<(u64, f64, Option<u64>)> = Some((48_210, 0.4, Some(90_000)));

#[test]
fn the_calls_of_the_query_are_evidence_whichever_probe_ends_first() {
    for last in ["source", "database"] {
        let session = with(vec![query("items", &[(32, 32)], COUNTED)], last);
        assert_eq!(notes(&session), ["the server has counted of this query: 48,210 calls, 0.4 ms each: 19 s in all"]);
        let finding = session.findings()[0];
        assert_eq!(finding.confidence, Confidence::Low, "many calls alone prove no loop");
        let looked_up = session.finding(&finding.fingerprint).map(|finding| finding.evidence.len());
        assert_eq!(looked_up, Some(1), "every way to a finding leads to the same");
        assert_eq!(session.report().findings[0].evidence.len(), 1);
        assert_eq!(session.findings_about(&query("items", &[(32, 32)], None)).len(), 1);
    }
}

#[test]
fn one_call_for_each_row_of_the_query_above_proves_it() {
    let orders = |rows| query("orders", &[(12, 14)], Some((1_000, 3.0, Some(rows))));
    let session = with(vec![query("items", &[(32, 32)], COUNTED), orders(47_000)], "source");
    assert_eq!(session.findings()[0].confidence, Confidence::High);
    let proof = "the query at src/orders.ts:12 returned 47,000 rows in 1,000 calls, and this one ran about once for each \
                 of these rows";
    assert_eq!(notes(&session)[1], proof);
    let verdict = session.verdict(&ItemId::from("area.thing")).unwrap();
    assert_eq!(verdict.status, Status::Fail, "and the judgement sees it as well");
    for (rows, why) in [(20_000, "far fewer rows"), (90_000, "far more rows")] {
        let session = with(vec![query("items", &[(32, 32)], COUNTED), orders(rows)], "source");
        assert_eq!(session.findings()[0].confidence, Confidence::Low, "{why}");
    }
}

#[test]
fn what_proves_nothing_raises_nothing() {
    let fed = || query("orders", &[(12, 14)], Some((1_000, 3.0, Some(48_000))));
    let items = || query("items", &[(32, 32)], COUNTED);
    for (queries, why) in [
        (vec![query("items", &[(32, 32), (90, 90)], COUNTED), fed()], "other places send it as well"),
        (vec![items(), query("orders", &[(40, 41)], Some((1_000, 3.0, Some(48_000))))], "it stands below the loop"),
        (vec![items(), query("orders", &[(12, 14)], Some((1_000, 3.0, None)))], "rows are not counted"),
        (vec![items(), query("orders", &[(12, 14)], Some((40_000, 3.0, Some(48_000))))], "about one row a call"),
        (
            vec![
                query("items", &[(32, 32)], Some((50, 0.4, None))),
                query("orders", &[(12, 14)], Some((5, 3.0, Some(50)))),
            ],
            "too few calls",
        ),
    ] {
        let session = with(queries, "database");
        assert_eq!(session.findings()[0].confidence, Confidence::Low, "{why}");
    }
}

#[test]
fn a_query_elsewhere_or_without_a_count_changes_nothing() {
    let mut other_file = query("items", &[(32, 32)], COUNTED);
    other_file.places[0].path = "src/other.ts".to_owned();
    for queries in
        [vec![], vec![query("items", &[(32, 32)], None)], vec![query("items", &[(34, 40)], COUNTED)], vec![other_file]]
    {
        let session = with(queries, "database");
        assert!(notes(&session).is_empty());
    }
}

#[test]
fn of_several_queries_the_one_that_takes_longest_is_told() {
    let session = with(
        vec![query("a", &[(31, 31)], Some((10, 1.0, None))), query("b", &[(33, 36), (70, 70)], Some((900, 2.0, None)))],
        "database",
    );
    let told = "the server has counted of this query: 900 calls, 2 ms each: 1.8 s in all, from this place and another";
    assert_eq!(notes(&session), [told]);
}

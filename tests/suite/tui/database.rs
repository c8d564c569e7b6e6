//! View 3: the queries of a database.

use gonogo::model::{
    Coverage, EventKind, Examined, ExaminedQuery, Failure, Outcome, RuleId, RunEvent, Skip, SkipReason, escape,
};
use gonogo::session::{Command, Effect, Msg};
use gonogo::tui::modal::Modal;
use gonogo::tui::rows::Row;
use gonogo::tui::ui_state::{Dress, Pane, View};
use gonogo::tui::update::Request;
use ratatui::style::{Color, Modifier};

use super::fixture::{Bench, DATABASE, empty, now, say, scan_of, session, start, with_a_database};
use crate::support::queries::{ITEMS, ORDERS, PUT_TOGETHER, shop};

fn bench(width: u16, height: u16) -> Bench {
    let mut bench = Bench::new(with_a_database(), width, height);
    bench.press("3");
    bench
}

#[test]
fn the_queries_and_the_one_in_hand_at_each_size() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut bench = bench(width, height);
        insta::assert_snapshot!(format!("database_{width}x{height}"), bench.screen());
        insta::assert_snapshot!(format!("query_{width}x{height}"), bench.press("enter").screen());
        insta::assert_snapshot!(format!("query_on_{width}x{height}"), bench.press("pagedown").screen());
        insta::assert_snapshot!(format!("query_end_{width}x{height}"), bench.press("end").screen());
    }
}

#[test]
fn every_kind_of_query_has_its_page() {
    let mut bench = bench(80, 60);
    for name in ["call", "reasoned", "paging", "loop", "fine", "not_examined", "unknown_to_code"] {
        insta::assert_snapshot!(format!("query_{name}"), bench.press("down").screen());
    }
}

#[test]
fn low_and_narrow_windows() {
    for (width, height) in [(20, 5), (40, 12), (59, 20)] {
        let mut bench = bench(width, height);
        insta::assert_snapshot!(format!("database_{width}x{height}"), bench.screen());
        insta::assert_snapshot!(format!("query_{width}x{height}"), bench.press("enter").screen());
    }
}

#[test]
fn with_ascii_nothing_else_is_drawn() {
    for (width, height) in [(80, 24), (120, 40), (20, 5)] {
        let mut bench = Bench::dressed(with_a_database(), width, height, Dress::new(Vec::new(), None, false, true));
        for keys in ["3", "enter", "pagedown", "pagedown", "end"] {
            bench.press(keys);
            let buffer = bench.buffer();
            assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()), "{}", bench.screen());
        }
    }
    let mut bench = bench(120, 80);
    for keys in ["", "enter", "down", "end"] {
        let screen = bench.press(keys).screen();
        assert!(screen.chars().all(|c| c == '?' || escape::ascii(c) != '?'), "a glyph that ASCII has not: {screen}");
    }
    let mut bench = Bench::dressed(with_a_database(), 120, 40, Dress::new(Vec::new(), None, false, true));
    insta::assert_snapshot!("database_ascii", bench.press("3 enter").screen());
    insta::assert_snapshot!("query_ascii", bench.press("pagedown").screen());
}

#[test]
fn without_colour_everything_is_said_by_glyph_and_word() {
    let mut bench = Bench::dressed(with_a_database(), 120, 80, Dress::new(Vec::new(), None, true, false));
    bench.press("3 enter");
    assert!(bench.buffer().content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    let screen = bench.screen();
    for words in ["✗ blocker", "tier A", "✗ Seq Scan on orders o  ← slow", "without", "2,650", "214 times cheaper"]
    {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
}

#[test]
fn colours_support_what_is_said() {
    let mut bench = bench(120, 80);
    bench.press("enter");
    let fail = bench.ui.dress.styles.fail.fg;
    let (column, row) = bench.find("✗ Seq Scan on orders o");
    assert_eq!(Some(bench.buffer()[(column, row)].fg), fail, "the node that is slow");
    let (column, row) = bench.find("WHERE o.customer_id = $1 AND");
    assert!(bench.buffer()[(column, row)].modifier.contains(Modifier::BOLD), "words of SQL");
    let (parameter, _) = bench.find("$1 AND");
    assert_eq!(Some(bench.buffer()[(parameter, row)].fg), bench.ui.dress.styles.marked.fg, "parameters");
    let (column, row) = bench.find("   with ");
    let bars = &bench.buffer()[(column + 8, row)];
    assert_eq!((bars.symbol(), Some(bars.fg)), ("█", bench.ui.dress.styles.pass.fg));
}

#[test]
fn queries_are_filtered_found_in_the_palette_and_clicked() {
    let mut bench = bench(120, 40);
    bench.press("/").text("user major").press("enter");
    assert_eq!(bench.ui.index.queries.len(), 1);
    bench.press("esc");
    assert_eq!(bench.ui.index.queries.len(), 8);
    bench.press("/").text("zzzz").press("enter");
    assert!(bench.screen().contains("No query contains \"zzzz\""), "{}", bench.screen());
    bench.press("esc 1 :").text("items WHERE order_id").press("enter");
    assert_eq!((bench.ui.view, bench.ui.database.list.selected.as_deref()), (View::Database, Some(ITEMS)));
    let (column, row) = bench.find("C minor   products");
    bench.click(column, row);
    assert_eq!(bench.ui.database.list.selected.as_deref(), Some("0a1b2c3d4e5f6074"));
    let (column, row) = bench.find("3 Database");
    bench.press("1").click(column, row);
    assert_eq!(bench.ui.view, View::Database);
}

#[test]
fn a_click_on_what_is_wrong_leads_to_the_finding_and_enter_as_well() {
    let mut bench = bench(120, 40);
    let (column, row) = bench.find("✗ `SELECT o.id");
    bench.click(column, row);
    assert_eq!(bench.ui.view, View::Findings);
    assert!(bench.screen().contains("reads all 120,000 rows"), "{}", bench.screen());
    bench.press("3 enter enter");
    assert_eq!(bench.ui.view, View::Findings);
}

#[test]
fn the_editor_opens_where_the_query_is_sent() {
    let mut bench = bench(120, 40);
    bench.press("e");
    assert!(matches!(bench.ui.modals.as_slice(), [Modal::Picker(_)]), "it is sent from two places");
    bench.text("admin").press("enter");
    assert_eq!(bench.asked, [Request::Edit("src/routes/admin.ts".to_owned(), Some(7))]);
    bench.asked.clear();
    bench.press("down e");
    assert_eq!(bench.asked, [Request::Edit("src/lib/session.ts".to_owned(), Some(41))]);
    bench.press("end up e");
    assert!(bench.screen().contains("No line of the code is known to send this query"));
}

#[test]
fn the_migration_and_the_query_are_copied_and_the_prompt_is_asked_for() {
    let mut bench = bench(120, 40);
    bench.press("m y f");
    let [Request::Copy(migration), Request::Copy(query), Request::Prompt(_)] = bench.asked.as_slice() else {
        panic!("{:?}", bench.asked)
    };
    assert!(migration.contains("@@index([customerId") && !migration.contains("SELECT"), "{migration}");
    for words in ["SELECT o.id", "Sent at src/routes/orders.ts:18", "Fix:", "Seq Scan on orders o <- slow", "@@index"] {
        assert!(query.contains(words), "{words}\n{query}");
    }
    bench.asked.clear();
    bench.press("end m");
    assert!(bench.asked.is_empty() && bench.screen().contains("No index is proposed for this query"));
    bench.press("1 m");
    assert!(bench.screen().contains("Select a query of the database first"), "{}", bench.screen());
}

#[test]
fn indexes_that_help_only_together_are_shown_and_copied_together() {
    let mut report = shop();
    report.queries[0].proposals = vec![0, 1];
    let both = crate::support::queries::gain(ORDERS, Some(2_650.0), Some(12.4));
    report.proposals[1].gains.push(both);
    let mut session = with_a_database();
    let runs = start(&mut session);
    super::fixture::database_sees(&mut session, &runs, report);
    let mut bench = Bench::new(session, 120, 80);
    bench.press("3");
    let screen = bench.screen();
    assert!(screen.contains("The indexes that help together"), "{screen}");
    assert_eq!(screen.matches("214 times cheaper").count(), 1, "{screen}");
    bench.press("m enter");
    let [Request::Copy(text)] = bench.asked.as_slice() else { panic!("{:?}", bench.asked) };
    assert!(text.contains("@@index([customerId") && text.contains("user_lower_email_idx"), "{text}");
}

#[test]
fn the_probe_or_only_one_query_runs_again() {
    let mut bench = bench(120, 40);
    bench.press("r");
    assert_eq!(bench.asked, [Request::Do(Command::Run(DATABASE.id.clone()))]);
    bench.asked.clear();
    bench.press("c");
    assert!(bench.screen().contains("The whole probe is running, and judges this query as well"), "{}", bench.screen());

    let mut bench = Bench::new(with_a_database(), 120, 40);
    bench.press("3 c");
    assert_eq!(bench.asked, [Request::Do(Command::RunQuery(ORDERS.to_owned()))]);
    assert!(bench.screen().contains("being judged anew"), "{}", bench.screen());
}

/// Asks for a query to be judged anew and lets the probe say this of it.
fn judged_anew(bench: &mut Bench, id: &str, outcome: Outcome, seen: &[&ExaminedQuery]) -> Vec<Effect> {
    let effects = bench.session.update(Msg::Do(Command::RunQuery(id.to_owned())), now());
    let run = effects.iter().find_map(|effect| match effect {
        Effect::Start { run, only: Some(only), .. } if only == id => Some(*run),
        _ => None,
    });
    let run = run.unwrap();
    let event = |kind| {
        Msg::Run(RunEvent { run, probe: DATABASE.id.clone(), at: "2026-11-25T08:00:00Z".parse().unwrap(), kind })
    };
    for query in seen {
        bench.session.update(event(EventKind::Observed(Box::new(scan_of(query).into()))), now());
    }
    let effects = bench.session.update(event(EventKind::Finished(outcome)), now());
    bench.ui.sync(&bench.session);
    effects
}

/// What a run sees in which the index on orders is made.
fn mended() -> Outcome {
    let mut report = shop();
    report.queries.retain(|query| query.id == ORDERS);
    report.proposals.clear();
    let query = &mut report.queries[0];
    query.harms.clear();
    query.proposals.clear();
    query.points.iter_mut().for_each(|point| point.cost = 12.0);
    Outcome::Completed(Examined {
        rules: [(RuleId::from("full-table-scan"), Coverage::Part("only one query was examined".to_owned()))].into(),
        database: Some(Box::new(report)),
        ..Examined::default()
    })
}

#[test]
fn one_query_judged_anew_replaces_its_record_and_findings_and_nothing_else() {
    let mut bench = bench(120, 40);
    bench.press("down up");
    let before = bench.session.report();
    let run = |bench: &Bench| bench.session.database_run().unwrap().last.clone().unwrap();
    let whole = run(&bench);
    let effects = judged_anew(&mut bench, ORDERS, mended(), &[]);
    assert!(matches!(effects.as_slice(), [Effect::AmendRun(_)]), "{effects:?}");
    let after = bench.session.report();
    assert_eq!(after.findings.len(), before.findings.len() - 1);
    assert!(after.findings.iter().all(|finding| !finding.message.contains("120,000 rows of `orders`")));
    let (old, new) = (before.database.unwrap(), after.database.unwrap());
    assert!(new.query(ORDERS).unwrap().harms.is_empty());
    assert_eq!(new.queries.len(), old.queries.len());
    assert_eq!(new.proposals.len(), 2, "an index that helps nobody any more is not proposed");
    for query in old.queries.iter().filter(|query| query.id != ORDERS) {
        let same = new.query(&query.id).unwrap();
        assert_eq!((&query.harms, &query.points, &query.plan), (&same.harms, &same.points, &same.plan));
        let tables = |report: &gonogo::model::DatabaseReport, query: &ExaminedQuery| {
            report.proposals_for(query).map(|proposal| proposal.table.clone()).collect::<Vec<_>>()
        };
        assert_eq!(tables(&old, query), tables(&new, same), "the proposals were renumbered");
    }
    let amended = run(&bench);
    assert_eq!((amended.ended, amended.duration_ms), (whole.ended, whole.duration_ms), "a part is no whole run");
    let Outcome::Completed(examined) = amended.outcome else { panic!() };
    assert_eq!(examined.rules[&RuleId::from("full-table-scan")], Coverage::Whole, "the part says nothing of the rest");
    assert!(bench.screen().contains("nothing is wrong with this query any more"), "{}", bench.screen());
    assert_eq!(bench.ui.database.list.selected.as_deref(), Some(ORDERS), "it stays in hand where it stands now");
}

#[test]
fn a_query_that_is_still_slow_keeps_its_finding_and_an_index_that_another_begins_with_is_not_made_twice() {
    let mut bench = bench(120, 40);
    let mut part = shop();
    part.queries.retain(|query| query.id == ORDERS);
    part.proposals.truncate(1);
    part.proposals[0].keys.truncate(1);
    part.proposals[0].statement = "CREATE INDEX ON orders (customer_id);".to_owned();
    let query = part.queries[0].clone();
    let outcome = Outcome::Completed(Examined { database: Some(Box::new(part)), ..Examined::default() });
    let findings = bench.session.findings().len();
    // The last whole run knows the wider index for another query as well.
    let mut whole = shop();
    whole.proposals[0].gains.push(crate::support::queries::gain(ITEMS, Some(20.0), Some(8.0)));
    let runs = start(&mut bench.session);
    super::fixture::database_sees(&mut bench.session, &runs, whole);
    judged_anew(&mut bench, ORDERS, outcome, &[&query]);
    assert_eq!(bench.session.findings().len(), findings);
    let report = bench.session.database().unwrap();
    assert_eq!(report.proposals.len(), 3);
    let keys: Vec<_> = report.proposals_for(report.query(ORDERS).unwrap()).map(|found| found.keys.len()).collect();
    assert_eq!(keys, [2]);
    assert!(
        bench.screen().contains("Judged anew: 2 things are wrong with this query")
            || bench.screen().contains("still is")
    );
}

#[test]
fn what_could_not_be_judged_this_time_stays_as_it_was_known() {
    let unjudged = || {
        let mut part = shop();
        part.queries.retain(|query| query.id == ORDERS);
        let query = &mut part.queries[0];
        *query = ExaminedQuery {
            not_examined: Some("took too long to plan".to_owned()),
            harms: Vec::new(),
            ..query.clone()
        };
        Outcome::Completed(Examined { database: Some(Box::new(part)), ..Examined::default() })
    };
    let gone = || Outcome::Completed(Examined { database: Some(Box::default()), ..Examined::default() });
    let skipped = || Outcome::Skipped(Skip::new(SkipReason::NeedsConsent, "nobody has allowed it"));
    let failed = || Outcome::Failed(Failure::new("the server is gone"));
    for (outcome, words) in [
        (unjudged(), "so what was known stays: it took too long to plan"),
        (gone(), "the code does not send this query any more"),
        (skipped(), "nobody has allowed it"),
        (failed(), "the server is gone"),
        (Outcome::Cancelled, "Database: stopped"),
        (Outcome::TimedOut, "it took longer than it may"),
    ] {
        let mut bench = bench(120, 40);
        let before = bench.session.report();
        let effects = judged_anew(&mut bench, ORDERS, outcome, &[]);
        assert!(effects.is_empty(), "{words}: {effects:?}");
        assert!(bench.screen().contains(words), "{words}\n{}", bench.screen());
        assert_eq!(bench.session.report(), before, "{words}");
        assert!(!bench.session.running());
    }
}

#[test]
fn a_query_that_can_be_judged_at_last_is_no_longer_among_those_not_examined() {
    let mut bench = bench(120, 40);
    let mut part = shop();
    part.queries.retain(|query| query.id == PUT_TOGETHER);
    part.queries[0].not_examined = None;
    let outcome = Outcome::Completed(Examined { database: Some(Box::new(part)), ..Examined::default() });
    judged_anew(&mut bench, PUT_TOGETHER, outcome, &[]);
    assert_eq!(bench.session.database().unwrap().query(PUT_TOGETHER).unwrap().not_examined, None);
    let heads = bench.ui.index.queries.all().iter().filter_map(|row| match row {
        Row::Head(title, count) => Some((title.as_str(), count.as_str())),
        Row::Entry(_) => None,
    });
    assert_eq!(heads.collect::<Vec<_>>()[2..], [("Fine", "3"), ("Not examined", "1")]);
}

#[test]
fn a_whole_run_replaces_a_part_that_is_under_way() {
    let mut bench = bench(120, 40);
    bench.press("c");
    let effects = bench.session.update(Msg::Do(Command::Run(DATABASE.id.clone())), now());
    assert!(
        matches!(effects.as_slice(), [Effect::Renew, Effect::Cancel(_), Effect::Start { only: None, .. }]),
        "{effects:?}"
    );
}

#[test]
fn before_there_is_anything_to_show_it_says_what_to_do() {
    let mut not_run = Bench::new(empty("shop"), 80, 24);
    insta::assert_snapshot!("database_not_run", not_run.press("3").screen());
    let mut offered = Bench::new(session(), 80, 24);
    insta::assert_snapshot!("database_offered", offered.press("3").screen());

    let ended = |outcome| {
        let mut session = session();
        session.update(Msg::Do(Command::Allow { probe: DATABASE.id.clone(), target: None }), now());
        let runs = start(&mut session);
        say(&mut session, &runs, "database", EventKind::Finished(outcome));
        let mut bench = Bench::new(session, 80, 24);
        bench.press("3").screen()
    };
    insta::assert_snapshot!(
        "database_failed",
        ended(Outcome::Failed(Failure::new("nothing listens on localhost:5432; start the server")))
    );
    let nothing = Skip::new(
        SkipReason::NothingToExamine,
        "no database was named; give --database URL (postgres://… or sqlite:PATH)",
    );
    insta::assert_snapshot!("database_unnamed", ended(Outcome::Skipped(nothing)));
    insta::assert_snapshot!("database_older", ended(Outcome::Completed(Examined::default())));
    let no_queries = Examined { database: Some(Box::default()), ..Examined::default() };
    insta::assert_snapshot!("database_no_queries", ended(Outcome::Completed(no_queries)));

    let mut running = empty("shop");
    start(&mut running);
    let mut running = Bench::new(running, 80, 24);
    assert!(running.press("3").screen().contains("The database is being examined."));
    assert_eq!(running.ui.focus(), Pane::Queries);
}

#[test]
fn a_query_in_a_loop_shows_what_the_server_has_counted() {
    let bench = bench(120, 40);
    let findings = bench.session.findings();
    let looped = findings.iter().find(|finding| finding.rule.as_str() == "n-plus-one-query").unwrap();
    let notes: Vec<&str> = looped.evidence.iter().skip(1).map(|evidence| evidence.text.as_str()).collect();
    assert!(notes[0].contains("481,800 calls, 0.4 ms each: 193 s in all"), "{notes:?}");
}

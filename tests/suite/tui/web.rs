//! View 4: what strangers see of the deployed app.

use gonogo::model::{EventKind, Examined, Failure, Outcome, Severity, Skip, SkipReason, WebReport, escape};
use gonogo::session::{Command, Msg};
use gonogo::tui::modal::Modal;
use gonogo::tui::ui_state::{Dress, Pane, View, WebRow};
use gonogo::tui::update::Request;
use ratatui::style::{Color, Modifier};

use super::fixture::{Bench, WEB, now, say, session_with_a_web_probe, start, web_sees, with_a_site};
use crate::support::sites::{SERVER, SHOP, poisoned};

fn bench(width: u16, height: u16) -> Bench {
    let mut bench = Bench::new(with_a_site(), width, height);
    bench.press("4");
    bench
}

/// Puts the row in hand that a filter on `name` leaves first.
fn go_to(bench: &mut Bench, row: &WebRow) {
    let at = bench.ui.index.web.find(row).unwrap();
    bench.press("4 left home");
    for _ in 0..at {
        bench.press("down");
    }
    assert_eq!(bench.ui.web.list.selected.as_ref(), Some(row));
}

#[test]
fn the_list_and_each_kind_of_page_at_each_size() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut bench = bench(width, height);
        insta::assert_snapshot!(format!("web_{width}x{height}"), bench.screen());
        insta::assert_snapshot!(format!("site_{width}x{height}"), bench.press("enter").screen());
        insta::assert_snapshot!(format!("site_on_{width}x{height}"), bench.press("pagedown").screen());
        insta::assert_snapshot!(format!("site_end_{width}x{height}"), bench.press("end").screen());
        bench.press("esc");
        go_to(&mut bench, &WebRow::Server(SERVER.to_owned()));
        insta::assert_snapshot!(format!("server_{width}x{height}"), bench.press("enter").screen());
        insta::assert_snapshot!(format!("server_end_{width}x{height}"), bench.press("end").screen());
        bench.press("esc");
        go_to(&mut bench, &WebRow::Requests);
        insta::assert_snapshot!(format!("requests_{width}x{height}"), bench.press("enter").screen());
    }
}

#[test]
fn the_whole_of_each_page() {
    let mut bench = bench(80, 162);
    insta::assert_snapshot!("site_whole", bench.press("enter").screen());
    for (name, row) in [
        ("site_on_this_machine", WebRow::Site("http://localhost:8080/".to_owned())),
        ("site_not_reached", WebRow::Site("https://old.shop.example.com/".to_owned())),
        ("server_whole", WebRow::Server(SERVER.to_owned())),
        ("server_distrusted", WebRow::Server("shop.example.com:443".to_owned())),
        ("requests_whole", WebRow::Requests),
    ] {
        bench.press("esc");
        go_to(&mut bench, &row);
        insta::assert_snapshot!(name, bench.screen());
    }
}

#[test]
fn low_and_narrow_windows() {
    for (width, height) in [(20, 5), (40, 12), (59, 20)] {
        let mut bench = bench(width, height);
        insta::assert_snapshot!(format!("web_{width}x{height}"), bench.screen());
        insta::assert_snapshot!(format!("site_{width}x{height}"), bench.press("enter").screen());
    }
    for width in (20..140).step_by(7) {
        let mut bench = bench(width, 20);
        for row in [WebRow::Site(SHOP.to_owned()), WebRow::Server(SERVER.to_owned()), WebRow::Requests] {
            go_to(&mut bench, &row);
            bench.press("enter pagedown pagedown end esc");
        }
    }
}

#[test]
fn with_ascii_nothing_else_is_drawn() {
    let ascii = || Dress::new(Vec::new(), None, false, true);
    for (width, height) in [(80, 24), (120, 40), (20, 5)] {
        let mut bench = Bench::dressed(with_a_site(), width, height, ascii());
        for keys in ["4", "enter", "pagedown", "end", "esc end", "up enter", "end"] {
            bench.press(keys);
            let buffer = bench.buffer();
            assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()), "{}", bench.screen());
        }
    }
    let mut whole = bench(120, 160);
    for row in [WebRow::Site(SHOP.to_owned()), WebRow::Server(SERVER.to_owned()), WebRow::Requests] {
        go_to(&mut whole, &row);
        let screen = whole.screen();
        assert!(screen.chars().all(|c| c == '?' || escape::ascii(c) != '?'), "a glyph that ASCII has not: {screen}");
    }
    let mut bench = Bench::dressed(with_a_site(), 80, 162, ascii());
    insta::assert_snapshot!("site_ascii", bench.press("4 enter").screen());
    go_to(&mut bench, &WebRow::Server(SERVER.to_owned()));
    insta::assert_snapshot!("server_ascii", bench.screen());
}

#[test]
fn without_colour_everything_is_said_by_glyph_and_word() {
    let mut bench = Bench::dressed(with_a_site(), 120, 160, Dress::new(Vec::new(), None, true, false));
    bench.press("4");
    let of_site = bench.screen();
    assert!(bench.buffer().content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    for words in [
        "│  D  │",
        "35 of 100",
        "✗ blocker",
        "– Content-Security-Policy  weak",
        "✗ X-Frame-Options  missing",
        "? Permissions-Policy  not seen",
        "✗ wrong  /.env",
        "• over 200 ms",
        "✓ within 3 s",
    ] {
        assert!(of_site.contains(words), "{words}\n{of_site}");
    }
    go_to(&mut bench, &WebRow::Server(SERVER.to_owned()));
    let of_server = bench.screen();
    for words in [
        "│  B  │",
        "9 of 90 days left, soon over",
        "✗ over for 781 days",
        "✗ TLS 1.0 offered",
        "? TLS 1.3 no answer",
        "– weak",
    ] {
        assert!(of_server.contains(words), "{words}\n{of_server}");
    }
}

#[test]
fn colours_support_what_is_said() {
    let mut bench = bench(120, 160);
    let styles = bench.ui.dress.styles.clone();
    let style_at = |bench: &Bench, text: &str| {
        let (column, row) = bench.find(text);
        let cell = bench.buffer()[(column, row)].clone();
        (Some(cell.fg), cell.modifier)
    };
    let (colour, modifier) = style_at(&bench, "│  D  │");
    assert_eq!((colour, modifier.contains(Modifier::BOLD)), (styles.fail.fg, true), "the grade stands out");
    assert_eq!(style_at(&bench, "✗ X-Frame-Options").0, styles.fail.fg);
    assert_eq!(style_at(&bench, "✓ X-Content-Type-Options").0, styles.pass.fg);
    assert_eq!(style_at(&bench, "• over 200 ms").0, styles.text.fg, "the rule judges it, not the view");
    go_to(&mut bench, &WebRow::Server(SERVER.to_owned()));
    assert_eq!(style_at(&bench, "477 of 1,094 days left").0, styles.pass.fg);
    assert_eq!(style_at(&bench, "9 of 90 days left").0, styles.unknown.fg, "it must be renewed soon");
    assert_eq!(style_at(&bench, "✗ over for 781 days").0, styles.fail.fg);
}

#[test]
fn text_of_a_server_steers_nothing() {
    let nasty = "\u{1b}[2J\u{9b}31m\u{202e}evil\u{2066}\u{7}\r\n\tÄ漢字👩‍👩‍👧e\u{301}\u{0}";
    for text in [nasty.to_owned(), nasty.repeat(20), String::new()] {
        for (width, height) in [(80, 24), (20, 5), (200, 60), (1, 1)] {
            let mut session = with_a_site();
            let runs = start(&mut session);
            web_sees(&mut session, &runs, poisoned(&text));
            let mut bench = Bench::new(session, width, height);
            for keys in ["4", "enter", "pagedown", "end", "esc end", "enter end", "esc up enter", "pagedown end"] {
                bench.press(keys);
                for cell in &bench.buffer().content {
                    assert!(!cell.symbol().chars().any(escape::is_unsafe), "{:?}", cell.symbol());
                }
            }
        }
    }
}

#[test]
fn rows_are_filtered_found_in_the_palette_and_clicked() {
    let mut bench = bench(120, 40);
    let rows = bench.ui.index.web.len();
    bench.press("/").text("security.txt").press("enter");
    assert_eq!(bench.ui.web.list.selected, Some(WebRow::Site(SHOP.to_owned())));
    assert_eq!(bench.ui.index.web.len(), 2, "the site and the requests");
    bench.press("end");
    assert!(bench.screen().contains("1 of them contain \"security.txt\""), "{}", bench.screen());
    bench.press("esc");
    assert_eq!(bench.ui.index.web.len(), rows);
    bench.press("/").text("zzzz").press("enter");
    assert!(bench.screen().contains("Nothing here contains \"zzzz\""), "{}", bench.screen());
    bench.press("esc 1 :").text("www.shop TLS").press("enter");
    assert_eq!(
        (bench.ui.view, bench.ui.web.list.selected.clone()),
        (View::Web, Some(WebRow::Server(SERVER.to_owned())))
    );
    let (column, row) = bench.find("every HTTP request");
    bench.click(column, row);
    assert_eq!(bench.ui.web.list.selected, Some(WebRow::Requests));
    assert!(bench.screen().contains("Every HTTP request made: 21 requests, 20 answered"), "{}", bench.screen());
    let (column, row) = bench.find("4 Web");
    bench.press("1").click(column, row);
    assert_eq!(bench.ui.view, View::Web);
}

#[test]
fn findings_stand_on_the_page_that_they_are_about_and_lead_to_their_view() {
    let mut bench = bench(120, 60);
    let screen = bench.screen();
    assert!(screen.contains("✗ blocker  `/.env` is served"), "{screen}");
    assert!(!screen.contains("TLS 1.0 is offered"), "it belongs to the server: {screen}");
    let (column, row) = bench.find("`/.env` is served");
    bench.click(column, row);
    assert_eq!(bench.ui.view, View::Findings);
    assert!(bench.screen().contains("`/.env` is served to anybody"), "{}", bench.screen());
    go_to(&mut bench, &WebRow::Site(SHOP.to_owned()));
    let (column, row) = bench.find("→ TLS of www.shop.example.com:443: grade B");
    bench.click(column, row);
    assert_eq!(bench.ui.web.list.selected, Some(WebRow::Server(SERVER.to_owned())));
    assert!(bench.screen().contains("TLS 1.0 is offered"), "{}", bench.screen());
    bench.press("enter enter");
    assert_eq!(bench.ui.view, View::Findings, "there is one finding only");
    go_to(&mut bench, &WebRow::Site(SHOP.to_owned()));
    bench.press("enter enter");
    assert!(matches!(bench.ui.modals.as_slice(), [Modal::Picker(_)]), "there are several");
}

#[test]
fn the_address_opens_the_row_is_copied_and_the_probe_runs_again() {
    let mut bench = bench(120, 40);
    bench.press("o").text("en").press("enter y e");
    let [Request::Do(Command::Open(url)), Request::Copy(text), Request::Edit(path, line)] = bench.asked.as_slice()
    else {
        panic!("{:?}", bench.asked)
    };
    assert_eq!(url, "https://www.shop.example.com/en/");
    assert_eq!((path.as_str(), *line), ("deploy/nginx.conf", Some(31)));
    for words in [SHOP, "HTTP Observatory: D (35 of 100)", "X-Frame-Options: not sent (wanted: DENY)", "/.env", "Fix:"]
    {
        assert!(text.contains(words), "{words}\n{text}");
    }
    bench.asked.clear();
    go_to(&mut bench, &WebRow::Server(SERVER.to_owned()));
    bench.press("y f");
    let [Request::Copy(text), Request::Prompt(_)] = bench.asked.as_slice() else { panic!("{:?}", bench.asked) };
    assert!(text.contains("TLS grade: B") && text.contains("2026-08-31 to 2026-11-29, 9 days left"), "{text}");
    bench.asked.clear();
    go_to(&mut bench, &WebRow::Requests);
    bench.press("y o");
    let [Request::Copy(text)] = bench.asked.as_slice() else { panic!("{:?}", bench.asked) };
    assert_eq!(text.lines().count(), 21);
    assert!(bench.screen().contains("Nothing here has a link"), "{}", bench.screen());
    bench.asked.clear();
    bench.press("r");
    assert_eq!(bench.asked, [Request::Do(Command::Run(WEB.id.clone()))]);
    assert!(bench.screen().contains("being looked at again"), "{}", bench.screen());
}

#[test]
fn a_site_without_findings_is_not_called_more_than_that() {
    let bench = bench(200, 60);
    let screen = bench.screen();
    assert!(screen.contains("✓ F  no findings http://localhost:8080/"), "{screen}");
    assert!(screen.contains("?    not reached https://old.shop.example.com/"), "{screen}");
    let session = &bench.session;
    let site = &session.web().unwrap().sites[0];
    let severities: Vec<Severity> = session.findings_about_site(site).iter().map(|found| found.severity).collect();
    assert_eq!(severities, [Severity::Blocker, Severity::Major], "worst first, both addresses");
}

#[test]
fn before_there_is_anything_to_show_it_says_what_to_do() {
    let shown = |outcome: Option<Outcome>| {
        let mut session = session_with_a_web_probe();
        let runs = start(&mut session);
        if let Some(outcome) = outcome {
            say(&mut session, &runs, "web", EventKind::Finished(outcome));
        }
        let mut bench = Bench::new(session, 80, 24);
        let screen = bench.press("4").screen();
        assert_eq!(bench.ui.focus(), Pane::Sites);
        screen
    };
    let mut not_run = Bench::new(session_with_a_web_probe(), 80, 24);
    insta::assert_snapshot!("web_not_run", not_run.press("4").screen());
    assert!(shown(None).contains("The deployed app is being looked at."));
    let failed = Outcome::Failed(Failure::new("nothing listens on shop.example.com:443. Check the address"));
    insta::assert_snapshot!("web_failed", shown(Some(failed)));
    let skip =
        Skip::new(SkipReason::NothingToExamine, "no address was given: give the deployed one with --url https://…");
    insta::assert_snapshot!("web_unnamed", shown(Some(Outcome::Skipped(skip))));
    insta::assert_snapshot!("web_older", shown(Some(Outcome::Completed(Examined::default()))));
    let empty = Examined { web: Some(Box::<WebReport>::default()), ..Examined::default() };
    assert!(shown(Some(Outcome::Completed(empty))).contains("No address was reached. r tries again."));
    let mut offered = session_with_a_web_probe();
    let runs = start(&mut offered);
    let skip = Skip::new(SkipReason::NeedsConsent, "nobody has allowed it");
    say(&mut offered, &runs, "web", EventKind::Finished(Outcome::Skipped(skip)));
    let mut offered = Bench::new(offered, 80, 24);
    insta::assert_snapshot!("web_offered", offered.press("4").screen());
    offered.session.update(Msg::Do(Command::CancelAll), now());
}

//! Every view and dialog as a person sees it, at three sizes; what colour adds is asserted apart.

use gonogo::model::{ProbeId, Progress};
use gonogo::tui::ui_state::{Dress, Pane};
use ratatui::style::{Color, Modifier};

use super::fixture::{Bench, empty, session, start, theme, with_a_service};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn at_each_size(name: &str, keys: &str) {
    for (width, height) in SIZES {
        let mut bench = Bench::new(session(), width, height);
        bench.press(keys);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), bench.screen());
    }
}

#[test]
fn the_checklist() {
    at_each_size("checklist", "");
}

#[test]
fn an_item_that_fails_against_its_answer() {
    at_each_size("item", "end up up up up tab");
}

#[test]
fn what_happens_when_a_service_fails() {
    for (width, height) in SIZES {
        let mut bench = Bench::new(with_a_service(), width, height);
        bench.press("/").text("stripe").press("enter tab");
        insta::assert_snapshot!(format!("service_{width}x{height}"), bench.screen());
    }
}

#[test]
fn the_findings() {
    at_each_size("findings", "2");
}

#[test]
fn the_report() {
    at_each_size("report", "6");
}

#[test]
fn the_report_s_end() {
    let mut bench = Bench::new(session(), 80, 24);
    insta::assert_snapshot!("report_end_80x24", bench.press("6 end").screen());
}

#[test]
fn a_failed_probe_is_counted_beside_one_that_waits_at_every_width() {
    use gonogo::model::{EventKind, Failure, Outcome, RunEvent, Skip, SkipReason};
    use gonogo::session::Msg;
    for (width, words) in [
        (80, " 1 failed, 1 to allow"),
        (120, "done, 1 failed, 1 to allow"),
        (160, "probes done, 1 failed, 1 for you to allow"),
    ] {
        let mut bench = Bench::new(session(), width, 24);
        let runs = start(&mut bench.session);
        let refused = Outcome::Failed(Failure::new("nothing listens there"));
        super::fixture::say(&mut bench.session, &runs, "repository", EventKind::Finished(refused));
        for probe in runs.keys().filter(|probe| probe.as_str() != "repository") {
            let waits = Skip::new(SkipReason::NeedsConsent, "Say yes first.");
            let stopped = EventKind::Finished(Outcome::Skipped(waits));
            let event = RunEvent { run: runs[probe], probe: probe.clone(), at: super::fixture::now(), kind: stopped };
            bench.session.update(Msg::Run(event), super::fixture::now());
        }
        // A run that did not start leaves the one before it: only the database's had never begun.
        assert!(bench.screen().contains(words), "{}", bench.screen());
    }
}

fn dialog(name: &str, keys: &str, text: &str, then: &str) {
    let mut bench = Bench::new(session(), 80, 24);
    bench.press(keys).text(text).press(then);
    insta::assert_snapshot!(format!("dialog_{name}"), bench.screen());
}

#[test]
fn the_help() {
    dialog("help", "?", "", "");
    let mut bench = Bench::new(session(), 120, 80);
    insta::assert_snapshot!("dialog_help_120x80", bench.press("?").screen());
}

#[test]
fn the_palette() {
    dialog("palette", ":", "", "");
    dialog("palette_narrowed", "ctrl-k", "timeout", "");
    dialog("palette_nothing", "ctrl-k", "zzzzzz", "");
}

#[test]
fn the_answer() {
    dialog("answer", "a", "", "");
}

#[test]
fn the_note() {
    dialog("note", "n", "And a third line", "");
    dialog("note_discard", "n", "And a third line", "esc");
}

#[test]
fn the_acceptance() {
    dialog("accept", "down w", "no users yet", "enter");
    dialog("accept_change", "end up w", "", "");
}

#[test]
fn what_may_be_examined() {
    dialog("examine", "d", "", "");
    dialog("examine_confirm", "d enter", "", "");
    let secret = ["hun", "ter2"].concat();
    dialog("examine_typed", "d end enter", &format!("postgres://ann:{secret}@db.example.com/shop"), "");
    dialog("examine_wrong", "d end enter", "ftp://example.com", "enter");
}

#[test]
fn the_export_and_the_filter() {
    dialog("export", "x", "", "");
    dialog("filter", "/", "backup", "");
    dialog("filter_nothing", "/", "zzzz", "");
    dialog("filter_findings_nothing", "2 /", "zzzz", "enter");
}

#[test]
fn probes_at_work() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut bench = Bench::new(empty("shop"), width, height);
        start(&mut bench.session);
        let progress = |done, total, doing: &str| Progress { done, total, doing: doing.to_owned() };
        bench.progress.insert(ProbeId::from_static("source"), progress(62, Some(100), "reading files"));
        bench.progress.insert(ProbeId::from_static("repository"), progress(3, None, "looking for workflows"));
        insta::assert_snapshot!(format!("running_{width}x{height}"), bench.press("space").screen());
    }
}

#[test]
fn low_and_narrow_windows() {
    for (width, height) in [(20, 5), (40, 12), (59, 20)] {
        let mut bench = Bench::new(session(), width, height);
        insta::assert_snapshot!(format!("checklist_{width}x{height}"), bench.screen());
        insta::assert_snapshot!(format!("item_{width}x{height}"), bench.press("enter").screen());
        insta::assert_snapshot!(format!("findings_{width}x{height}"), bench.press("2").screen());
    }
    assert_eq!(Bench::new(session(), 19, 5).screen().lines().next(), Some("too small: 20×5 nee"));
}

#[test]
fn with_ascii_nothing_else_is_drawn() {
    let dress = || Dress::new(Vec::new(), None, false, true);
    for (name, keys) in [
        ("checklist", ""),
        ("item", "end up up up up tab"),
        ("findings", "2"),
        ("report", "6"),
        ("help", "?"),
        ("palette", ":"),
        ("note", "n"),
        ("accept", "down w"),
    ] {
        for (width, height) in [(80, 24), (120, 40), (20, 5)] {
            let mut bench = Bench::dressed(session(), width, height, dress());
            bench.press(keys);
            let buffer = bench.buffer();
            let odd = buffer.content.iter().find(|cell| !cell.symbol().is_ascii());
            assert!(odd.is_none(), "{name} {width}×{height}: {odd:?}");
        }
    }
    let mut bench = Bench::dressed(session(), 80, 24, dress());
    insta::assert_snapshot!("ascii_80x24", bench.press("end up up up up").screen());
}

#[test]
fn without_colours_there_are_none() {
    for keys in ["", "2", "3", "3 enter", "6", "?", ":", "a", "n", "down w", "d"] {
        let dress = Dress::new(vec![theme("dark", "dark")], None, true, false);
        let mut bench = Bench::dressed(session(), 120, 40, dress);
        bench.press(keys);
        for cell in &bench.buffer().content {
            assert_eq!((cell.fg, cell.bg, cell.underline_color), (Color::Reset, Color::Reset, Color::Reset), "{keys}");
        }
    }
}

#[test]
fn the_row_in_hand_stands_out_with_and_without_colour() {
    let mut bench = Bench::new(session(), 120, 40);
    let list = bench.ui.layout().content(Pane::Items);
    let (column, row) = (list.x + 2, list.y + 1);
    let cell = &bench.buffer()[(column, row)];
    assert_eq!(cell.bg, Color::Rgb(50, 128, 50), "the selection's colour");
    assert!(cell.modifier.contains(Modifier::BOLD));
    assert_eq!(bench.buffer()[(column - 3, row)].symbol(), "▎");
    bench.press("tab");
    assert_ne!(bench.buffer()[(column, row)].bg, cell.bg, "only the list in use is tinted");

    let bench = Bench::dressed(session(), 120, 40, Dress::new(Vec::new(), None, true, false));
    assert!(bench.buffer()[(column, row)].modifier.contains(Modifier::REVERSED));
}

#[test]
fn the_line_of_code_that_matters_has_a_glyph_and_a_style() {
    let mut bench = Bench::new(session(), 120, 40);
    bench.press("2 down");
    let (column, row) = bench.find("▸ 12 │");
    let (code, _) = bench.find("const paid");
    assert!(bench.buffer()[(code, row)].modifier.contains(Modifier::BOLD));
    assert_eq!(bench.buffer()[(column, row)].symbol(), "▸");
}

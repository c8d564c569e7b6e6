//! View 5: the vulnerable packages, how they come in, and the way out.

use gonogo::model::{DependencyReport, EventKind, Examined, Failure, Outcome, Skip, SkipReason, escape};
use gonogo::session::Command;
use gonogo::tui::modal::Modal;
use gonogo::tui::ui_state::{DependencyRow, Pane, View};
use gonogo::tui::update::Request;

use super::fixture::{Bench, DEPENDENCIES, dependencies_sees, say, session_with_packages, start, with_packages};
use crate::support::packages::{poisoned, shop};

fn bench(width: u16, height: u16) -> Bench {
    let mut bench = Bench::new(with_packages(), width, height);
    bench.press("5");
    bench
}

fn in_hand(bench: &Bench) -> &str {
    match bench.ui.dependencies.list.selected.as_ref() {
        Some(DependencyRow::Package { name, .. }) => name,
        Some(DependencyRow::LockFiles) => "lock files",
        None => "nothing",
    }
}

#[test]
fn the_list_and_each_page_at_each_size() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 60)] {
        let mut bench = bench(width, height);
        insta::assert_snapshot!(format!("packages_{width}x{height}"), bench.screen());
        bench.press("down enter");
        assert_eq!(in_hand(&bench), "qs");
        insta::assert_snapshot!(format!("package_{width}x{height}"), bench.screen());
        insta::assert_snapshot!(format!("package_end_{width}x{height}"), bench.press("end").screen());
        bench.press("esc end enter");
        assert_eq!(in_hand(&bench), "lock files");
        insta::assert_snapshot!(format!("locks_{width}x{height}"), bench.screen());
    }
    let mut whole = bench(80, 70);
    for name in ["expresss", "qs", "pyyaml", "lodash.template", "lock files"] {
        assert_eq!(in_hand(&whole), name);
        insta::assert_snapshot!(format!("package_whole_{}", name.replace([' ', '.'], "_")), whole.screen());
        whole.press("down");
    }
}

#[test]
fn the_commands_the_places_and_the_links_of_a_package_can_be_had() {
    let mut bench = bench(120, 40);
    bench.press("down down m");
    let [Request::Copy(text)] = bench.asked.as_slice() else { panic!("{:?}", bench.asked) };
    assert_eq!(text, "uv lock --upgrade-package pyyaml\n");
    bench.asked.clear();
    bench.press("up m").text("package.json").press("enter");
    let [Request::Copy(text)] = bench.asked.as_slice() else { panic!("{:?}", bench.asked) };
    assert!(text.starts_with("\"overrides\": {"), "{text}");
    bench.asked.clear();
    bench.press("e").text("orders").press("enter o").text("15284").press("enter y f");
    assert!(matches!(bench.ui.modals.as_slice(), [Modal::Picker(_)]), "two findings to choose from");
    let [Request::Edit(path, line), Request::Do(Command::Open(url)), Request::Copy(text)] = bench.asked.as_slice()
    else {
        panic!("{:?}", bench.asked)
    };
    assert_eq!((path.as_str(), *line), ("src/api/orders.ts", Some(1)));
    assert_eq!(url, "https://osv.dev/vulnerability/CVE-2025-15284");
    for words in ["qs 6.7.0 (package-lock.json:902)", "express 4.17.1 → body-parser 1.19.0 → qs 6.7.0", "npm install"]
    {
        assert!(text.contains(words), "{words}\n{text}");
    }
    bench.asked.clear();
    bench.press("esc end m y e").text("worker").press("enter r");
    let [Request::Copy(text), Request::Edit(path, None), Request::Do(Command::Run(probe))] = bench.asked.as_slice()
    else {
        panic!("{:?}", bench.asked)
    };
    assert!(text.contains("worker/uv.lock (uv): 63 packages, 9 direct, 21 for development only"), "{text}");
    assert_eq!((path.as_str(), probe), ("worker/uv.lock", &DEPENDENCIES.id));
}

#[test]
fn rows_are_filtered_found_in_the_palette_and_clicked() {
    let mut bench = bench(120, 40);
    bench.press("/").text("body-parser").press("enter");
    assert_eq!((in_hand(&bench), bench.ui.index.dependencies.len()), ("qs", 1), "it is on the way to one");
    bench.press("esc /").text("zzzz").press("enter");
    assert!(bench.screen().contains("Nothing here contains \"zzzz\""), "{}", bench.screen());
    bench.press("esc 1 :").text("pyyaml package").press("enter");
    assert_eq!((bench.ui.view, in_hand(&bench)), (View::Dependencies, "pyyaml"));
    let (column, row) = bench.find("CVE-2020-14343");
    bench.click(column, row);
    assert_eq!(bench.ui.view, View::Findings);
    assert!(bench.screen().contains("pyyaml 5.3 has a hole"), "{}", bench.screen());
    let (column, row) = bench.find("5 Dependencies");
    bench.click(column, row);
    let (column, row) = bench.find("what was read");
    bench.click(column, row);
    assert_eq!(in_hand(&bench), "lock files");
}

#[test]
fn rows_of_one_package_in_several_lock_files_say_their_file() {
    for (width, expected) in [
        (80, ["qs 6.7.0  via express  package-lock.json  ", "qs 6.7.0  via express  admin/package-lock.json  "]),
        (44, ["qs 6.7.0  package-lock.json  ", "qs 6.7.0  via express  "]),
    ] {
        let mut session = with_packages();
        let runs = start(&mut session);
        let mut report = shop();
        let mut again = report.vulnerable.iter().find(|one| one.name == "qs").unwrap().clone();
        again.lock = "admin/package-lock.json".to_owned();
        report.vulnerable.push(again);
        dependencies_sees(&mut session, &runs, report);
        let mut bench = Bench::new(session, width, 24);
        let screen = bench.press("5").screen();
        for words in expected {
            assert!(screen.contains(words), "{width} {words}\n{screen}");
        }
    }
}

#[test]
fn text_of_advisories_and_lock_files_steers_nothing() {
    let nasty = "\u{1b}[2J\u{9b}31m\u{202e}evil\u{2066}\u{7}\r\n\tÄ漢字👩‍👩‍👧e\u{301}\u{0}";
    for text in [nasty.to_owned(), nasty.repeat(20), String::new()] {
        for (width, height) in [(80, 24), (20, 5), (200, 60), (1, 1)] {
            let mut session = with_packages();
            let runs = start(&mut session);
            dependencies_sees(&mut session, &runs, poisoned(&text));
            let mut bench = Bench::new(session, width, height);
            for keys in ["5", "enter", "pagedown", "end", "esc end", "enter end", "esc up enter", "pagedown end"] {
                bench.press(keys);
                for cell in &bench.buffer().content {
                    assert!(!cell.symbol().chars().any(escape::is_unsafe), "{:?}", cell.symbol());
                }
            }
        }
    }
}

#[test]
fn before_there_is_anything_to_show_it_says_what_to_do() {
    let shown = |outcome: Option<Outcome>| {
        let mut session = session_with_packages();
        let runs = start(&mut session);
        if let Some(outcome) = outcome {
            say(&mut session, &runs, "dependencies", EventKind::Finished(outcome));
        }
        let mut bench = Bench::new(session, 80, 24);
        let screen = bench.press("5").screen();
        assert_eq!(bench.ui.focus(), Pane::Packages);
        screen
    };
    assert!(shown(None).contains("The packages are being looked up."));
    insta::assert_snapshot!(
        "packages_failed",
        shown(Some(Outcome::Failed(Failure::new("The advisory service could not be asked: no connection"))))
    );
    let skip = Skip::new(SkipReason::NeedsConsent, "nobody has allowed it to ask the advisory service");
    insta::assert_snapshot!("packages_not_allowed", shown(Some(Outcome::Skipped(skip))));
    assert!(shown(Some(Outcome::Completed(Examined::default()))).contains("kept no packages"));
    let empty = Examined { dependencies: Some(Box::<DependencyReport>::default()), ..Examined::default() };
    assert!(shown(Some(Outcome::Completed(empty))).contains("No lock file was found"));
}

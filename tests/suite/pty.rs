//! The workbench in a real terminal: it starts, takes an answer, and gives the terminal back whatever happens.

use std::path::PathBuf;

use crate::support::binary::World;
use crate::support::probes::Folder;
use crate::support::pty::Terminal;

fn app() -> Folder {
    Folder::with(&[
        ("package.json", r#"{"name": "shop", "dependencies": {"express": "4.19.2", "pg": "8"}}"#),
        ("server.ts", "try { await chargeCard(order) } catch (e) {}\n"),
    ])
}

fn started(world: &World, app: &Folder) -> Terminal {
    let terminal = Terminal::gonogo(world, &[app.path().to_str().unwrap()], 40, 120);
    terminal.wait_for("the checklist", |screen| screen.contains("Backups") && screen.contains("NO-GO"));
    terminal
}

#[test]
fn it_starts_answers_and_quits() {
    let (world, app) = (World::new(), app());
    let mut terminal = started(&world, &app);
    terminal.send("a");
    terminal.wait_for("the question", |screen| screen.contains("yes"));
    terminal.send("y");
    terminal.wait_for("the answer", |screen| screen.contains("✓"));
    terminal.send("q");
    assert_eq!(terminal.end(), 0);
    assert!(terminal.restored());
    let mut again = started(&world, &app);
    again.wait_for("the saved answer", |screen| screen.contains("✓"));
    again.send("u");
    again.wait_for("the undone answer", |screen| screen.contains("Undone"));
    again.send("q");
    assert_eq!(again.end(), 0);
}

#[test]
fn an_answer_survives_a_kill_right_after_it() {
    let (world, app) = (World::new(), app());
    let mut terminal = started(&world, &app);
    terminal.send("a");
    terminal.wait_for("the question", |screen| screen.contains("yes"));
    terminal.send("y");
    terminal.wait_for("the answer, saved", |screen| screen.contains("✓") && !screen.contains("saving"));
    terminal.signal("-KILL");
    terminal.end();
    let again = started(&world, &app);
    again.wait_for("the answer", |screen| screen.contains("✓"));
}

#[test]
fn a_signal_gives_the_terminal_back() {
    for signal in ["-TERM", "-HUP", "-INT"] {
        let (world, app) = (World::new(), app());
        let mut terminal = started(&world, &app);
        terminal.signal(signal);
        terminal.end();
        assert!(terminal.restored(), "{signal}");
    }
}

#[test]
fn a_panic_gives_the_terminal_back_and_tells_its_reason() {
    let program = std::env::current_exe().unwrap();
    let inner = ["--exact", "pty::inside_a_terminal_that_panics", "--nocapture", "--test-threads=1"];
    let world = World::new();
    let mut env = world.environment();
    env.push(("GONOGO_TEST_INNER", PathBuf::from("1")));
    let mut terminal = Terminal::start(&program, &inner, &env, 24, 80);
    assert_ne!(terminal.end(), 0);
    assert!(terminal.written().contains("\u{1b}[?1049h"), "it never took the terminal");
    assert!(terminal.restored());
    assert!(terminal.screen().contains("the reason"), "{}", terminal.screen());
}

/// Not a test by itself: what [`a_panic_gives_the_terminal_back_and_tells_its_reason`] runs in a terminal of its own.
#[test]
fn inside_a_terminal_that_panics() {
    if std::env::var_os("GONOGO_TEST_INNER").is_some() {
        let _guard = gonogo::tui::terminal::Guard::take().unwrap();
        panic!("the reason");
    }
}

#[test]
fn a_file_edited_outside_is_noticed() {
    let (world, app) = (World::new(), app());
    let mut terminal = started(&world, &app);
    terminal.send("2");
    terminal.wait_for("the finding", |screen| screen.contains("server.ts:1"));
    app.write("server.ts", "export const ok = 1;\n");
    terminal.wait_for("the finding gone", |screen| !screen.contains("server.ts:1"));
    app.write("server.ts", "try { await chargeCard(order) } catch (e) {}\n");
    terminal.wait_for("the finding back", |screen| screen.contains("server.ts:1"));
    terminal.send("q");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn two_windows_on_one_project_see_each_others_answers() {
    let (world, app) = (World::new(), app());
    let mut one = started(&world, &app);
    let two = started(&world, &app);
    one.send("ay");
    one.wait_for("the answer", |screen| screen.contains("✓"));
    two.wait_for("the other's answer", |screen| screen.contains("✓"));
}

#[test]
fn the_demo_opens_and_leaves_nothing_behind() {
    let world = World::new();
    let mut terminal = Terminal::gonogo(&world, &["demo"], 40, 120);
    terminal.wait_for("the shop", |screen| screen.contains("shop") && screen.contains("NO-GO"));
    terminal.send("q");
    assert_eq!(terminal.end(), 0);
    assert_eq!(std::fs::read_dir(world.temporary()).unwrap().count(), 0);
}

//! The workbench in a real terminal: it starts, takes an answer, and gives the terminal back whatever happens.

#![expect(clippy::print_stdout, reason = "an inner run tells its process id to the outer one")]

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
fn no_key_is_lost_however_fast_they_come() {
    let (world, app) = (World::new(), app());
    let mut terminal = started(&world, &app);
    let typed: String = (0..60).map(|number| format!("{number:03}.")).collect();
    terminal.send("n");
    terminal.wait_for("the note's dialog", |screen| screen.contains("save"));
    terminal.send(&typed);
    let on_screen = |screen: &str| screen.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect::<String>();
    terminal.wait_for("every key", |screen| on_screen(screen).contains(&typed));
}

#[test]
fn a_terminal_that_cannot_show_it_is_told_what_to_do_instead() {
    let (world, app) = (World::new(), app());
    let mut env = world.environment();
    env.push(("TERM", PathBuf::from("dumb")));
    let program = PathBuf::from(env!("CARGO_BIN_EXE_gonogo"));
    let mut terminal = Terminal::start(&program, &[app.path().to_str().unwrap()], &env, 24, 80);
    assert_eq!(terminal.end(), 2);
    assert!(terminal.screen().contains("gonogo check"), "{}", terminal.screen());
    assert!(!terminal.written().contains("\u{1b}[?1049h"));
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
    if std::env::var_os("GONOGO_TEST_INNER").is_some_and(|value| value == "1") {
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

#[test]
fn a_closed_terminal_ends_the_program_and_keeps_the_answer() {
    let (world, app) = (World::new(), app());
    let program = std::env::current_exe().unwrap();
    let inner = ["--exact", "pty::inside_a_terminal_that_is_closed", "--nocapture", "--test-threads=1"];
    let output = std::process::Command::new(program)
        .args(inner)
        .env_clear()
        .envs(world.environment())
        .env("GONOGO_TEST_INNER", app.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let pid = said.lines().find_map(|line| line.split("pid ").nth(1)).unwrap_or_else(|| panic!("{said}"));
    let alive = || std::process::Command::new("kill").args(["-0", pid]).output().unwrap().status.success();
    let start = std::time::Instant::now();
    while alive() {
        assert!(start.elapsed() < std::time::Duration::from_secs(10), "it goes on without a terminal");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let again = started(&world, &app);
    again.wait_for("the answer", |screen| screen.contains("✓"));
}

/// Not a test by itself: it ends at once, and the system closes its side of the terminal.
#[test]
fn inside_a_terminal_that_is_closed() {
    let Some(app) = std::env::var_os("GONOGO_TEST_INNER").filter(|app| app != "1") else { return };
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    let env = [("HOME", home.clone()), ("XDG_CONFIG_HOME", home.join("config")), ("XDG_DATA_HOME", home.join("data"))];
    let program = PathBuf::from(env!("CARGO_BIN_EXE_gonogo"));
    let mut terminal = Terminal::start(&program, &[app.to_str().unwrap()], &env, 40, 120);
    terminal.wait_for("the checklist", |screen| screen.contains("Backups"));
    terminal.send("ay");
    terminal.wait_for("the answer, saved", |screen| screen.contains("✓") && !screen.contains("saving"));
    println!("pid {}", terminal.pid());
    std::process::exit(0);
}

//! Any keys, any size, any text: no panic, and no character in a cell that could steer a terminal.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEventKind};
use gonogo::model::{DatabaseReport, Evidence, EvidenceKind, Location, Reply, Severity, escape};
use gonogo::probe::registry::PROBES;
use gonogo::session::{Command, Msg};
use gonogo::tui::ui_state::Dress;

use crate::support::queries::{gain, node};
use crate::support::sites::poisoned;

use super::fixture::{
    Bench, DATABASE, DEPENDENCIES, REPOSITORY, SOURCE, WEB, dependencies_sees, finding, now, observe, opened, project,
    start, web_sees,
};

/// A generator of the same numbers every time (Marsaglia's xorshift64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

const NASTY: &str = "\u{1b}[2J\u{9b}31m\u{202e}evil\u{2066}\u{200f}\u{7}\r\n\tÄ漢字👩‍👩‍👧‍👦e\u{301}\u{301}\u{200d}ﷺ\u{0}";

/// With something in these of the views 3 and 4: to fill them takes its time.
fn nasty_bench(width: u16, height: u16, ascii: bool, views: &str) -> Bench {
    let name = format!("{NASTY}{}", "x".repeat(300));
    let mut session = opened(project(&name), vec![&SOURCE, &REPOSITORY, &DATABASE, &WEB, &DEPENDENCIES]);
    session.update(Msg::Do(Command::Allow { probe: WEB.id.clone(), target: None }), now());
    let runs = start(&mut session);
    let rule = PROBES[0].meta().rules[0];
    for number in 1..30_u32 {
        let long = format!("{NASTY} {}", "long".repeat(100));
        let mut seen = finding(rule, &format!("{NASTY}{number}/{}", "d/".repeat(100)), number + 1, &long);
        seen.severity = [Severity::Minor, Severity::Major, Severity::Blocker][number as usize % 3];
        seen.evidence.push(Evidence::new(EvidenceKind::Plan, format!("{NASTY}\n{NASTY}")));
        seen.fix = NASTY.to_owned();
        observe(&mut session, &runs, "source", seen);
    }
    let mut odd = finding(rule, "x", 2, NASTY);
    odd.location = Location::Query { sql: NASTY.repeat(20), path: None, span: None };
    odd.evidence[0].first_line = Some(u32::MAX);
    odd.fingerprint = gonogo::model::Fingerprint::new("odd", &odd.location, "", 0);
    observe(&mut session, &runs, "source", odd);
    if views.contains('3') {
        super::fixture::database_sees(&mut session, &runs, nasty_report());
    }
    if views.contains('4') {
        web_sees(&mut session, &runs, poisoned(NASTY));
    }
    if views.contains('5') {
        dependencies_sees(&mut session, &runs, crate::support::packages::poisoned(NASTY));
    }
    let item = session.items().next().unwrap().id.clone();
    session.update(Msg::Do(Command::Note { item: item.clone(), text: NASTY.repeat(30) }), now());
    session.update(Msg::Do(Command::Answer { item, reply: Some(Reply::No) }), now());
    Bench::dressed(session, width, height, Dress::new(Vec::new(), None, false, ascii))
}

fn nasty_report() -> DatabaseReport {
    let mut report = crate::support::queries::shop();
    (report.server, report.method) = (NASTY.to_owned(), NASTY.repeat(9));
    for (number, query) in report.queries.iter_mut().enumerate() {
        query.sql = format!("SELECT {NASTY}\n'{}", NASTY.repeat(20));
        query.places.iter_mut().for_each(|place| place.path = format!("{NASTY}{}", "d/".repeat(100)));
        for harm in &mut query.harms {
            (harm.table, harm.message, harm.fix) = (Some(NASTY.repeat(3)), NASTY.repeat(9), NASTY.to_owned());
            harm.rows_read = u64::MAX;
        }
        let costs = [f64::NAN, f64::INFINITY, -1.0, 1e300];
        query.points.iter_mut().zip(costs).for_each(|(point, cost)| (point.cost, point.rows) = (cost, u64::MAX));
        if number % 2 == 0 {
            // Deeper and wider than any screen.
            let mut plan = node(NASTY, NASTY, f64::NAN, 1e300, &[NASTY]);
            for _ in 0..45 {
                let mut above = node(NASTY, &NASTY.repeat(4), 1.0, -1.0, &[]);
                above.marked = true;
                above.children = vec![plan, node(NASTY, "", 0.0, 0.0, &[])];
                plan = above;
            }
            query.plan = Some(plan);
        }
    }
    for proposal in &mut report.proposals {
        (proposal.table, proposal.statement) = (NASTY.to_owned(), NASTY.repeat(3));
        proposal.migration.text = format!("{NASTY}\n").repeat(50);
        proposal.migration.tool = NASTY.repeat(3);
        proposal.gains.push(gain("0a1b2c3d4e5f6075", Some(f64::NAN), Some(0.0)));
    }
    report.queries.iter_mut().for_each(|query| query.proposals = vec![0, 1, 2, 3, usize::MAX]);
    report
}

fn check(bench: &Bench, what: &str) {
    for cell in &bench.buffer().content {
        let steers = cell.symbol().chars().any(escape::is_unsafe);
        assert!(!steers, "{what}: {:?}", cell.symbol());
        assert!(!bench.ui.dress.ascii || cell.symbol().is_ascii(), "{what}: {:?}", cell.symbol());
    }
}

#[test]
fn any_keys_at_any_size() {
    let keys: Vec<KeyCode> = "123344456jkhlgGahnxywuroetdRycm/?: qäß漢\u{202e}\u{1b}"
        .chars()
        .map(KeyCode::Char)
        .chain([
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Esc,
            KeyCode::Tab,
            KeyCode::BackTab,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::Down,
            KeyCode::Left,
            KeyCode::Right,
            KeyCode::PageUp,
            KeyCode::PageDown,
            KeyCode::Home,
            KeyCode::End,
            KeyCode::Backspace,
            KeyCode::Delete,
        ])
        .collect();
    let sizes = [(80, 24), (1, 1), (20, 5), (200, 60), (60, 12), (39, 13), (100, 11), (3, 40), (120, 6)];
    for seed in 1..7_u64 {
        let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut bench = nasty_bench(80, 24, seed % 2 == 0, "34");
        for step in 0..150 {
            let what = format!("seed {seed}, step {step}, size {:?}", bench.ui.size);
            match numbers.below(12) {
                0 => {
                    let (width, height) = sizes[numbers.below(sizes.len())];
                    bench.send(&Event::Resize(width, height));
                }
                1 => {
                    let (x, y) = (numbers.below(210) as u16, numbers.below(64) as u16);
                    let kinds = [
                        MouseEventKind::Down(MouseButton::Left),
                        MouseEventKind::Drag(MouseButton::Left),
                        MouseEventKind::Up(MouseButton::Left),
                        MouseEventKind::ScrollDown,
                        MouseEventKind::ScrollUp,
                        MouseEventKind::Moved,
                    ];
                    bench.mouse(kinds[numbers.below(kinds.len())], x, y);
                }
                2 => bench.send(&Event::Paste(NASTY.to_owned())),
                _ => {
                    let modifiers = match numbers.below(8) {
                        0 => KeyModifiers::CONTROL,
                        1 => KeyModifiers::ALT,
                        _ => KeyModifiers::NONE,
                    };
                    bench.send(&Event::Key(KeyEvent::new(keys[numbers.below(keys.len())], modifiers)));
                }
            }
            check(&bench, &what);
        }
    }
}

#[test]
fn every_view_and_dialog_at_every_small_size() {
    for keys in [
        "",
        "enter",
        "left",
        "2",
        "2 enter",
        "3",
        "3 enter",
        "4",
        "4 enter",
        "4 end enter",
        "6",
        "?",
        ":",
        "a",
        "n",
        "w",
        "d",
        "d enter",
        "x",
        "/",
    ] {
        for (width, height) in (1..26).flat_map(|width| (1..16).map(move |height| (width, height))) {
            let mut bench = nasty_bench(width, height, false, keys);
            bench.press(keys);
            check(&bench, &format!("{keys} {width}×{height}"));
        }
    }
}

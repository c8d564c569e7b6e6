//! What clicks, scrolls and drags lead to.

use crossterm::event::{MouseButton, MouseEventKind};
use gonogo::model::ItemId;
use gonogo::session::Command;
use gonogo::tui::ui_state::{Pane, View, Within};
use gonogo::tui::update::Request;

use super::fixture::{Bench, session};

#[test]
fn a_click_selects_what_is_under_it() {
    let mut bench = Bench::new(session(), 120, 40);
    let (column, row) = bench.find("A restore was tested");
    bench.click(column, row);
    assert_eq!(bench.ui.checklist.items.selected, Some(ItemId::from("backups.restore-tested")));
    let (column, row) = bench.find("Legal and privacy");
    bench.click(column, row);
    assert_eq!(bench.ui.checklist.sections.selected, Some(Within::Section("legal".to_owned())));
    assert_eq!(bench.ui.focus(), Pane::Sections);
    let (column, row) = bench.find("2 Findings");
    bench.click(column, row);
    assert_eq!(bench.ui.view, View::Findings);
}

#[test]
fn a_click_follows_a_finding_to_its_item_and_back() {
    let mut bench = Bench::new(session(), 200, 60);
    bench.press("2");
    let (column, row) = bench.find("No query is built");
    bench.click(column, row);
    assert_eq!(bench.ui.view, View::Checklist);
    assert_eq!(bench.ui.checklist.items.selected, Some(ItemId::from("security.sql")));
    let (column, row) = bench.find("✗ `status` comes from");
    bench.click(column, row);
    assert_eq!(bench.ui.view, View::Findings);
}

#[test]
fn the_wheel_scrolls_what_is_under_it_and_selects_nothing() {
    let mut bench = Bench::new(session(), 80, 24);
    let before = bench.ui.checklist.items.selected.clone();
    bench.mouse(MouseEventKind::ScrollDown, 50, 16);
    assert_eq!((bench.ui.checklist.scroll, bench.ui.focus()), (3, Pane::Items));
    bench.mouse(MouseEventKind::ScrollDown, 50, 5);
    assert_eq!(bench.ui.checklist.items.offset, 3);
    assert_eq!(bench.ui.checklist.items.selected, before);
    bench.mouse(MouseEventKind::ScrollUp, 50, 5).mouse(MouseEventKind::ScrollUp, 50, 5);
    assert_eq!(bench.ui.checklist.items.offset, 0);
}

#[test]
fn a_split_is_dragged_and_stays_where_it_is_dropped() {
    let mut bench = Bench::new(session(), 120, 40);
    let column = bench.ui.layout().pane(Pane::Sections).unwrap().right();
    bench.mouse(MouseEventKind::Down(MouseButton::Left), column, 10);
    for to in [column + 4, column + 9] {
        bench.mouse(MouseEventKind::Drag(MouseButton::Left), to, 12);
        assert_eq!(bench.ui.layout().pane(Pane::Sections).unwrap().right(), to);
    }
    bench.mouse(MouseEventKind::Up(MouseButton::Left), column + 9, 12);
    bench.mouse(MouseEventKind::Drag(MouseButton::Left), column, 12);
    assert_eq!(bench.ui.layout().pane(Pane::Sections).unwrap().right(), column + 9, "it was let go");
    bench.mouse(MouseEventKind::Down(MouseButton::Left), column + 9, 10);
    bench.mouse(MouseEventKind::Drag(MouseButton::Left), 0, 10);
    assert!(bench.ui.layout().pane(Pane::Sections).unwrap().width >= 20, "a pane cannot be dragged away");
}

#[test]
fn a_click_takes_a_choice_of_a_dialog() {
    let mut bench = Bench::new(session(), 80, 24);
    bench.press("down a");
    let (column, row) = bench.find("Not applicable to this project");
    bench.click(column, row);
    assert!(matches!(bench.asked.as_slice(), [Request::Do(Command::Answer { .. })]), "{:?}", bench.asked);
}

#[test]
fn a_click_on_the_offer_opens_it() {
    let mut bench = Bench::new(session(), 80, 24);
    let (column, row) = bench.find("press d to examine");
    bench.click(column, row);
    assert!(bench.screen().contains("What may gonogo examine?"));
}

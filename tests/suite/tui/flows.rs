//! What keys lead to.

use std::path::PathBuf;

use crossterm::event::Event;
use gonogo::model::{ItemId, OfferTarget, Reply};
use gonogo::session::{Command, Msg, Notice};
use gonogo::tui::modal::Modal;
use gonogo::tui::ui_state::{Pane, View, Within};
use gonogo::tui::update::Request;

use super::fixture::{Bench, empty, finding, key_event, now, observe, session, start};

fn bench() -> Bench {
    Bench::new(session(), 120, 40)
}

fn reply(bench: &Bench, item: &str) -> Option<Reply> {
    bench.session.entry(&ItemId::from(item)).answer.as_ref().map(|answer| answer.reply)
}

#[test]
fn space_settles_an_item_in_turn_and_undo_takes_it_back() {
    let mut bench = bench();
    bench.press("down");
    let id = "backups.restore-tested";
    let mut seen = Vec::new();
    for _ in 0..4 {
        bench.press("space");
        seen.push(reply(&bench, id));
    }
    assert_eq!(seen, [Some(Reply::Yes), Some(Reply::No), Some(Reply::NotApplicable), None]);
    bench.press("u u");
    assert_eq!(reply(&bench, id), Some(Reply::No));
    assert!(bench.screen().contains("Undone"));
    bench.press("ctrl-r");
    assert_eq!(reply(&bench, id), Some(Reply::NotApplicable));
}

#[test]
fn a_question_is_answered_with_one_letter_or_with_the_arrows() {
    let mut bench = bench();
    bench.press("down a x");
    assert_eq!(reply(&bench, "backups.restore-tested"), Some(Reply::NotApplicable));
    assert!(bench.ui.modals.is_empty());
    bench.press("a up enter");
    assert_eq!(reply(&bench, "backups.restore-tested"), Some(Reply::No));
    bench.press("a esc");
    assert_eq!(reply(&bench, "backups.restore-tested"), Some(Reply::No));
}

#[test]
fn a_note_is_written_over_several_lines_and_not_lost_by_mistake() {
    let mut bench = bench();
    bench.press("down n").text("first").press("enter").text("second, with q and ?").press("ctrl-s");
    let note = |bench: &Bench| bench.session.entry(&ItemId::from("backups.restore-tested")).note.clone();
    assert_eq!(note(&bench).as_deref(), Some("first\nsecond, with q and ?"));
    bench.press("n").text(" more").press("esc");
    assert!(matches!(bench.ui.modals.as_slice(), [Modal::Note(_), Modal::Picker(_)]), "it asks first");
    bench.press("n");
    assert!(matches!(bench.ui.modals.as_slice(), [Modal::Note(_)]), "no: the note is still open");
    bench.press("esc y");
    assert!(bench.ui.modals.is_empty());
    assert_eq!(note(&bench).as_deref(), Some("first\nsecond, with q and ?"));
}

#[test]
fn a_paste_goes_into_the_field_in_hand_without_what_could_steer_the_terminal() {
    let mut bench = bench();
    bench.press("down n");
    bench.send(&Event::Paste("a\r\nb\u{1b}[31m\u{202e}c\u{7}".to_owned()));
    bench.press("ctrl-s");
    assert_eq!(bench.session.entry(&ItemId::from("backups.restore-tested")).note.as_deref(), Some("a\nb[31mc"));
    bench.press("/");
    bench.send(&Event::Paste("back\nup".to_owned()));
    assert_eq!(bench.ui.checklist.filter.value(), "back up");
    let before = bench.screen();
    bench.press("esc");
    bench.send(&Event::Paste("qqq".to_owned()));
    assert!(!bench.asked.contains(&Request::Quit), "a paste is never a command");
    assert_ne!(bench.screen(), before);
}

#[test]
fn a_risk_is_accepted_only_with_reason_owner_and_a_day_to_come() {
    let mut bench = bench();
    let acceptance = |bench: &Bench| bench.session.entry(&ItemId::from("backups.restore-tested")).acceptance.clone();
    bench.press("down w enter");
    assert!(bench.screen().contains("✗ say why it is acceptable"));
    assert!(bench.screen().contains("✗ say who answers for it"));
    bench.text("no users yet").press("tab").text("Ann").press("tab").text("2026-11-19").press("enter");
    assert!(bench.screen().contains("✗ that is over; today is 2026-11-20"));
    for wrong in ["2026-02-30", "tomorrow", "20261201"] {
        bench.press("ctrl-u").text(wrong).press("enter");
        assert!(bench.screen().contains("✗ write a day such as 2026-11-20"), "{wrong}\n{}", bench.screen());
        assert_eq!(acceptance(&bench), None);
    }
    bench.press("ctrl-u").text("2026-11-20").press("enter");
    let accepted = acceptance(&bench).unwrap();
    assert_eq!((accepted.owner.as_str(), accepted.reason.as_str()), ("Ann", "no users yet"));
    assert_eq!(accepted.until.map(|day| day.to_string()).as_deref(), Some("2026-11-20"));
    bench.press("w w");
    assert_eq!(acceptance(&bench), None, "it can be withdrawn");
}

#[test]
fn nothing_is_accepted_where_nothing_is_at_risk() {
    let mut bench = bench();
    bench.press("w");
    assert!(bench.ui.modals.is_empty());
    assert!(bench.screen().contains("There is no risk to accept"));
}

#[test]
fn the_filter_narrows_as_it_is_typed_and_esc_brings_everything_back() {
    let mut bench = bench();
    bench.press("left down").press("right");
    assert_eq!(bench.ui.checklist.sections.selected, Some(Within::Section("backups".to_owned())));
    bench.press("/").text("FAIL blocker");
    assert_eq!(bench.ui.index.items.len(), 1, "every word must occur");
    assert_eq!(bench.ui.checklist.items.selected, Some(ItemId::from("security.sql")));
    bench.press("esc");
    assert_eq!(bench.ui.checklist.sections.selected, Some(Within::Section("backups".to_owned())));
    assert_eq!(bench.ui.index.items.len(), 3);
    bench.press("/").text("q").press("enter");
    assert!(bench.asked.is_empty(), "letters are text while the filter is typed");
    bench.press("esc");
    assert_eq!(bench.ui.checklist.filter.value(), "");
    bench.press("2 /").text("stripe").press("enter");
    assert_eq!(bench.ui.index.findings.len(), 1);
}

#[test]
fn what_was_read_makes_room_for_the_offer_and_a_problem_stays() {
    use gonogo::session::{Command, Msg, Notice};
    let mut bench = bench();
    let offer = "found DATABASE_URL";
    for _ in 0..2 {
        bench.session.update(Msg::Do(Command::Redo), super::fixture::now());
        assert!(bench.screen().contains("Nothing to redo"), "{}", bench.screen());
        bench.press("j");
        assert!(bench.screen().contains(offer), "{}", bench.screen());
    }
    bench.session.update(Msg::Notice(Notice::problem("it could not be written")), super::fixture::now());
    bench.press("j");
    assert!(bench.screen().contains("it could not be written"));
    bench.session.update(Msg::Do(Command::Export("a.md".into())), super::fixture::now());
    assert!(bench.screen().contains(offer));
}

#[test]
fn the_palette_finds_commands_items_and_findings() {
    let mut bench = bench();
    bench.press(":").text("privacy pol").press("enter");
    assert_eq!(bench.ui.checklist.items.selected, Some(ItemId::from("legal.policy")));
    bench.press("ctrl-k").text("api.stripe.com").press("enter");
    assert_eq!(bench.ui.view, View::Findings);
    assert!(bench.screen().contains("`fetch` to api.stripe.com has no timeout"));
    bench.press(":").text("as markdown").press("enter");
    assert!(matches!(bench.ui.modals.as_slice(), [Modal::Prompt(_)]));
    bench.press("enter");
    assert_eq!(bench.asked, [Request::Do(Command::Export(PathBuf::from("gonogo-report.md")))]);
}

#[test]
fn a_database_is_examined_only_after_it_was_named_and_agreed_to() {
    let mut bench = bench();
    assert!(
        bench.screen().contains("found DATABASE_URL in .env → postgres on localhost: press d to examine it, read-only")
    );
    bench.press("d enter");
    assert!(bench.screen().contains("Examine postgres on localhost?"));
    assert!(bench.asked.is_empty());
    bench.press("n");
    assert!(bench.asked.is_empty(), "no is no");
    bench.press("d enter y");
    let [Request::Do(Command::Allow { probe, target: Some(OfferTarget::Database(_)) })] = bench.asked.as_slice() else {
        panic!("{:?}", bench.asked)
    };
    assert_eq!(probe.as_str(), "database");
}

#[test]
fn a_typed_password_is_never_on_the_screen() {
    let mut bench = bench();
    let secret = ["hun", "ter2"].concat();
    bench.press("d end enter");
    for c in format!("postgres://ann:{secret}@db.example.com/shop").chars() {
        bench.text(&c.to_string());
        assert!(!bench.screen().contains(&secret), "{}", bench.screen());
    }
    bench.press("enter");
    assert!(bench.screen().contains("postgres://db.example.com/shop"));
    assert!(!bench.screen().contains(&secret));
    bench.press("y");
    assert!(!format!("{:?}", bench.asked).contains(&secret));
    assert_eq!(bench.asked.len(), 1);
}

#[test]
fn the_editor_opens_at_the_line_and_asks_where_there_are_several() {
    let mut bench = bench();
    bench.press("2 down e");
    assert_eq!(bench.asked, [Request::Edit("src/payments/charge.ts".to_owned(), Some(12))]);
    bench.asked.clear();
    bench.press(":").text("security.timeouts").press("enter e");
    assert!(matches!(bench.ui.modals.as_slice(), [Modal::Picker(_)]));
    bench.text("mail").press("enter");
    assert_eq!(bench.asked, [Request::Edit("src/mail.ts".to_owned(), Some(40))]);
}

#[test]
fn links_are_opened_and_findings_copied() {
    let mut bench = bench();
    bench.press("o");
    assert_eq!(bench.asked, [Request::Do(Command::Open("https://sre.google/sre-book/data-integrity/".to_owned()))]);
    bench.asked.clear();
    bench.press("2 y");
    let [Request::Copy(text)] = bench.asked.as_slice() else { panic!("{:?}", bench.asked) };
    assert!(text.contains("src/routes/orders.ts:27") && text.contains("Fix:"), "{text}");
}

#[test]
fn f_asks_for_a_prompt_that_fixes_the_finding_in_hand() {
    let mut bench = bench();
    bench.press("2 f");
    let [Request::Prompt(print)] = bench.asked.as_slice() else { panic!("{:?}", bench.asked) };
    assert!(bench.session.finding(print).unwrap().message.contains("pasted into SQL"));
    bench.asked.clear();
    // For an item, one of the findings against it is chosen.
    bench.press(":").text("security.timeouts").press("enter f").text("mail").press("enter");
    let [Request::Prompt(print)] = bench.asked.as_slice() else { panic!("{:?}", bench.asked) };
    assert!(bench.session.finding(print).unwrap().message.contains("`send`"));
    bench.asked.clear();
    bench.press("1 home f");
    assert!(bench.asked.is_empty() && !bench.screen().contains("Copy a prompt that fixes"), "{}", bench.screen());
}

#[test]
fn probes_run_again_one_or_all() {
    let mut bench = bench();
    bench.press("2 r");
    assert_eq!(bench.asked, [Request::Do(Command::Run("source".into()))]);
    bench.press("R");
    assert_eq!(bench.asked.last(), Some(&Request::Do(Command::RunAll)));
    bench.press("1 r");
    assert_eq!(bench.asked.len(), 2, "no probe looks at backups");
    assert!(bench.screen().contains("only a person can answer it"));
}

#[test]
fn esc_goes_back_step_by_step_and_then_asks_to_stop_the_probes() {
    let mut bench = Bench::new(empty("shop"), 120, 40);
    start(&mut bench.session);
    bench.press("enter");
    assert_eq!(bench.ui.focus(), Pane::Item);
    bench.press("esc");
    assert_eq!(bench.ui.focus(), Pane::Items);
    bench.press("esc");
    assert_eq!(bench.ui.focus(), Pane::Sections);
    bench.press("esc");
    assert!(bench.screen().contains("Stop the running probes?"));
    bench.press("esc");
    assert!(bench.asked.is_empty());
    bench.press("esc y");
    assert_eq!(bench.asked, [Request::Do(Command::CancelAll)]);
}

#[test]
fn what_is_selected_survives_new_findings() {
    let mut bench = Bench::new(empty("shop"), 120, 40);
    let runs = start(&mut bench.session);
    let rule = gonogo::probe::registry::PROBES[0].meta().rules[0];
    for number in 0..5 {
        observe(&mut bench.session, &runs, "source", finding(rule, &format!("src/m{number}.ts"), 9, "seen"));
    }
    bench.press("2 down down");
    let before = bench.ui.findings.list.selected.clone();
    for number in 0..5 {
        observe(&mut bench.session, &runs, "source", finding(rule, &format!("src/a{number}.ts"), 9, "earlier"));
    }
    bench.ui.sync(&bench.session);
    assert!(before.is_some());
    assert_eq!(bench.ui.findings.list.selected, before);
    assert!(bench.screen().contains("src/m2.ts:9"));
}

#[test]
fn themes_are_gone_through_and_quitting_works_anywhere() {
    let mut bench = bench();
    bench.press("t");
    assert!(bench.screen().contains("Theme: light"));
    bench.press("n");
    bench.text("q");
    assert!(bench.asked.is_empty());
    bench.press("ctrl-c");
    assert_eq!(bench.asked, [Request::Quit]);
}

#[test]
fn what_is_not_saved_yet_is_said() {
    let mut bench = bench();
    bench.press("down space");
    assert!(bench.screen().contains("saving…"));
    let id = bench.session.changes().last().unwrap().id.clone();
    bench.session.update(Msg::Saved(id), now());
    assert!(!bench.screen().contains("saving…"));
    bench.session.update(Msg::Notice(Notice::problem("The state could not be written")), now());
    assert!(bench.screen().contains("✗ The state could not be written"));
}

#[test]
fn keys_that_the_user_changed_are_shown_and_work() {
    let mut bench = bench();
    let changes = [("settle".to_owned(), "v".to_owned())].into();
    bench.ui.keymap = gonogo::tui::keymap::Keymap::new(&changes).unwrap();
    bench.press("down v");
    assert_eq!(reply(&bench, "backups.restore-tested"), Some(Reply::Yes));
    assert!(bench.screen().contains("v settle"));
    bench.send(&Event::Key(key_event("space")));
    assert_eq!(reply(&bench, "backups.restore-tested"), Some(Reply::Yes));
}

//! The questions about services.

use super::super::*;
use super::updating::{run_event, session};
use super::{item, now};
use crate::model::{Cell, EventKind, Examined, ExternalService, Outcome, Reply, SeenAt};

fn saw(services: Vec<ExternalService>) -> EventKind {
    EventKind::Finished(Outcome::Completed(Examined { services, ..Examined::default() }))
}

fn stripe() -> ExternalService {
    let mut stripe = ExternalService::new("stripe".to_owned(), "Stripe".to_owned());
    stripe.catch = Cell::No(SeenAt { path: "pay.ts".to_owned(), line: 4 });
    stripe
}

fn asking() -> Session {
    let mut asks = item(&[], &[]);
    asks.covers = vec!["F29".to_owned()];
    session(vec![asks], Vec::new())
}

fn ids(session: &Session) -> Vec<&str> {
    session.items().map(|item| item.id.as_str()).collect()
}

#[test]
fn each_service_is_a_question_whose_answer_outlives_it() {
    let mut session = asking();
    assert_eq!(ids(&session), ["area.thing"]);
    session.update(Msg::Do(Command::RunAll), now());
    session.update(run_event(1, saw(vec![stripe()])), now());
    assert_eq!(ids(&session), ["area.thing", "services.stripe"]);
    let id = ItemId::from("services.stripe");
    let verdict = session.verdict(&id).unwrap();
    assert_eq!(verdict.status.word(), "unknown");
    assert!(verdict.why.contains("catch no (pay.ts:4)") && verdict.why.contains("asked: timeout"), "{}", verdict.why);
    session.update(Msg::Do(Command::Answer { item: id.clone(), reply: Some(Reply::Yes) }), now());
    assert_eq!(session.verdict(&id).unwrap().status.word(), "pass");
    assert_eq!(session.sections()[0].counts.items, 2);
    // What the code no longer calls is no longer asked about; what was said stays said.
    session.update(Msg::Do(Command::RunAll), now());
    session.update(run_event(2, saw(Vec::new())), now());
    assert_eq!(ids(&session), ["area.thing"]);
    assert_eq!(session.changes().len(), 1);
    session.update(Msg::Do(Command::RunAll), now());
    session.update(run_event(3, saw(vec![stripe()])), now());
    assert_eq!(session.verdict(&id).unwrap().status.word(), "pass");
}

#[test]
fn without_a_section_that_asks_there_is_no_question() {
    let mut session = session(vec![item(&[], &[])], Vec::new());
    session.update(Msg::Do(Command::RunAll), now());
    session.update(run_event(1, saw(vec![stripe()])), now());
    assert_eq!(ids(&session), ["area.thing"]);
    assert_eq!(session.services().count(), 1);
}

#[test]
fn a_run_that_was_saved_before_services_were_known_still_loads() {
    let old = r#"{"counts":{},"gaps":[],"rules":{}}"#;
    assert_eq!(serde_json::from_str::<Examined>(old).unwrap().services, Vec::new());
}

//! One query judged anew: from the command to what the session knows, on a real file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use gonogo::engine::Engine;
use gonogo::model::{Coverage, ExaminedQuery, Outcome, ProbeId, RuleId};
use gonogo::probe::Probe;
use gonogo::probe::database::DatabaseProbe;
use gonogo::session::{Command, Msg, Session, Start};
use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection};

use super::settings;
use crate::support::probes::{Folder, bare_project};

static PROBES: [&dyn Probe; 1] = [&DatabaseProbe];

async fn execute(file: &Path, sql: &str) {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn carry_out(session: &mut Session, engine: &mut Engine, command: Command) {
    engine.carry_out(session.update(Msg::Do(command), Timestamp::now()));
    while session.running() {
        for message in engine.next().await {
            engine.carry_out(session.update(message, Timestamp::now()));
        }
    }
}

fn query<'s>(session: &'s Session, part: &str) -> &'s ExaminedQuery {
    session.database().unwrap().queries.iter().find(|query| query.sql.contains(part)).unwrap()
}

#[tokio::test]
async fn only_the_query_asked_for_is_judged_anew() {
    let folder = Folder::with(&[(
        "queries.sql",
        "SELECT * FROM orders WHERE customer_id = ?;\nSELECT * FROM orders WHERE status = ?;\n",
    )]);
    let file = folder.path().join("shop.db");
    execute(&file, "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, status TEXT)").await;
    let project = Arc::new(bare_project(folder.path()));
    let mut settings = settings(&format!("sqlite:{}", file.display()), Some(&folder.path().join("queries.sql")));
    settings.consent.insert(ProbeId::from("database"));
    let mut session = Session::new(Start {
        project: Arc::clone(&project),
        settings: settings.clone(),
        checklists: Vec::new(),
        probes: vec![DatabaseProbe.meta()],
        changes: Vec::new(),
        saved_runs: Vec::new(),
        changed_files: BTreeMap::from([(ProbeId::from("database"), BTreeSet::new())]),
        instance: "test".to_owned(),
        now: Timestamp::now(),
    });
    let mut engine = Engine::new(&PROBES, project, settings, None, Timestamp::now);
    carry_out(&mut session, &mut engine, Command::RunAll).await;
    let server = &session.database().unwrap().server;
    assert!(server.ends_with(", shop.db"), "a report does not name the folders of this machine: {server}");
    assert_eq!((session.findings().len(), session.database().unwrap().proposals.len()), (2, 2));
    let whole = session.database_run().unwrap().last.clone().unwrap();

    // Both are mended, but only one is looked at.
    execute(&file, "CREATE INDEX a ON orders (customer_id); CREATE INDEX b ON orders (status)").await;
    let id = query(&session, "customer_id").id.clone();
    carry_out(&mut session, &mut engine, Command::RunQuery(id)).await;
    assert!(query(&session, "customer_id").harms.is_empty());
    assert!(!query(&session, "status").harms.is_empty(), "what was not looked at stays as it was seen");
    assert_eq!((session.findings().len(), session.database().unwrap().proposals.len()), (1, 1));
    let notice = session.notice().unwrap().text.clone();
    assert_eq!(notice, "Judged anew: nothing is wrong with this query any more");
    let amended = session.database_run().unwrap().last.clone().unwrap();
    assert_eq!(amended.ended, whole.ended);
    let (Outcome::Completed(before), Outcome::Completed(after)) = (&whole.outcome, &amended.outcome) else { panic!() };
    let scans = RuleId::from_static("full-table-scan");
    assert_eq!(before.coverage(&scans), Some(&Coverage::Whole));
    assert_eq!((&before.counts, &before.rules), (&after.counts, &after.rules));

    // The other way round: what was fine is slow again.
    execute(&file, "DROP INDEX a").await;
    let id = query(&session, "customer_id").id.clone();
    carry_out(&mut session, &mut engine, Command::RunQuery(id)).await;
    assert_eq!((session.findings().len(), session.database().unwrap().proposals.len()), (2, 2));
    engine.close().await;
}

use jiff::Timestamp;

use super::*;
use crate::model::{
    Answer, Change, ChangeKind, Examined, Field, ItemId, Outcome, ProbeId, Reply, SavedRun, Skip, SkipReason,
};

fn change(id: &str, reply: Reply) -> Change {
    let at: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    Change {
        id: id.to_owned(),
        at,
        item: ItemId::from("backups.restore-tested"),
        kind: ChangeKind::Edit,
        before: Field::Answer(None),
        after: Field::Answer(Some(Answer { reply, at })),
    }
}

#[tokio::test]
async fn what_was_said_is_there_after_reopening_and_two_instances_see_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep/state.db");
    let one = open(&path).await.unwrap().store;
    let two = open(&path).await.unwrap().store;
    one.append(&change("a-1", Reply::Yes)).await.unwrap();
    two.append(&change("b-1", Reply::No)).await.unwrap();
    one.append(&change("a-1", Reply::Yes)).await.unwrap();
    let (seen, last) = one.changes(0).await.unwrap();
    assert_eq!(seen, [change("a-1", Reply::Yes), change("b-1", Reply::No)]);
    assert_eq!(one.changes(last).await.unwrap(), (Vec::new(), last));
    one.close().await;
    two.close().await;
    assert_eq!(open(&path).await.unwrap().store.changes(0).await.unwrap().0.len(), 2);
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_removed_while_it_is_open_is_made_again_with_all_it_held() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    let (one, two) = (open(&path).await.unwrap().store, open(&path).await.unwrap().store);
    one.append(&change("a-1", Reply::Yes)).await.unwrap();
    assert!(!one.is_gone());
    for file in std::fs::read_dir(dir.path()).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    assert!(one.is_gone());
    let again = one.renew().await.unwrap();
    again.append(&change("a-2", Reply::No)).await.unwrap();
    one.close().await;
    assert!(two.is_gone(), "another file lies in its place");
    let merged = two.renew().await.unwrap();
    two.close().await;
    merged.append(&change("b-1", Reply::No)).await.unwrap();
    let all = [change("a-1", Reply::Yes), change("a-2", Reply::No), change("b-1", Reply::No)];
    assert_eq!(open(&path).await.unwrap().store.changes(0).await.unwrap().0, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_file_can_be_opened_by_many_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    let all = (0..12).map(|_| {
        let path = path.clone();
        tokio::spawn(async move { open(&path).await.map(|opened| opened.set_aside) })
    });
    for one in all.collect::<Vec<_>>() {
        assert_eq!(one.await.unwrap().unwrap(), None);
    }
}

#[tokio::test]
async fn runs_that_were_skipped_never_push_out_the_last_one_that_saw_something() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("state.db")).await.unwrap().store;
    let run = |outcome| SavedRun {
        probe: ProbeId::from("web"),
        ended: "2026-01-02T03:04:05Z".parse().unwrap(),
        duration_ms: 1,
        outcome,
        observations: Vec::new(),
        cited: std::collections::BTreeMap::new(),
    };
    store.save_run(&run(Outcome::Completed(Examined::default()))).await.unwrap();
    for _ in 0..60 {
        store.save_run(&run(Outcome::Skipped(Skip::new(SkipReason::NotSelected, "left out")))).await.unwrap();
    }
    assert!(matches!(store.latest_runs().await.unwrap()[0].outcome, Outcome::Completed(_)));
}

#[tokio::test]
async fn a_broken_file_is_kept_aside_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    std::fs::write(&path, "this is not a database, it only lies where one should be").unwrap();
    let opened = open(&path).await.unwrap();
    let aside = opened.set_aside.unwrap();
    assert!(std::fs::read_to_string(aside).unwrap().starts_with("this is not a database"));
    opened.store.append(&change("a-1", Reply::Yes)).await.unwrap();
}

#[tokio::test]
async fn a_newer_file_and_a_foreign_one_are_refused_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let newer = dir.path().join("newer.db");
    let store = open(&newer).await.unwrap().store;
    sqlx::query("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (99, 'later', 1, x'00', 0)")
        .execute(&store.pool)
        .await
        .unwrap();
    store.close().await;
    let before = std::fs::read(&newer).unwrap();
    assert!(matches!(open(&newer).await, Err(StoreError::Newer { .. })));
    assert_eq!(std::fs::read(&newer).unwrap(), before);

    let foreign = dir.path().join("foreign.db");
    let pool =
        SqlitePool::connect_with(SqliteConnectOptions::new().filename(&foreign).create_if_missing(true)).await.unwrap();
    sqlx::query("CREATE TABLE customers (id INTEGER)").execute(&pool).await.unwrap();
    pool.close().await;
    let before = std::fs::read(&foreign).unwrap();
    assert!(matches!(open(&foreign).await, Err(StoreError::Unusable { .. })));
    assert_eq!(std::fs::read(&foreign).unwrap(), before);
}

#[tokio::test]
async fn a_locked_file_is_said_to_be_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    let store = open(&path).await.unwrap().store;
    sqlx::query("PRAGMA locking_mode = EXCLUSIVE").execute(&store.pool).await.unwrap();
    store.append(&change("a-1", Reply::Yes)).await.unwrap();
    assert!(matches!(open(&path).await, Err(StoreError::Locked { .. })));
}

#[tokio::test]
async fn a_file_of_the_users_named_by_a_slip_stays_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("package.json");
    std::fs::write(&path, "{\"name\": \"shop\", \"dependencies\": {\"express\": \"4\"}}").unwrap();
    let refused = open(&path).await.unwrap_err().to_string();
    assert!(refused.contains("not a state file") && refused.contains("--state"), "{refused}");
    assert!(std::fs::read_to_string(&path).unwrap().contains("express"));
}

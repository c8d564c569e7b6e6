//! How a server runs and what it is set to. The server of the tests is on this machine; it is looked at as if it were not.

use gonogo::model::Coverage;
use gonogo::probe::database::checks::facts::Asked;

use super::{look, look_after, told};
use crate::support::postgres::{OWNER, cluster};

#[tokio::test]
async fn what_runs_out_and_what_holds_others_up() {
    let database = cluster()
        .database(
            "CREATE TABLE orders (id serial PRIMARY KEY);
             CREATE TABLE events (id bigserial PRIMARY KEY);
             CREATE TABLE tickets (id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
             CREATE SEQUENCE numbers AS bigint;
             CREATE TABLE bills (number int DEFAULT nextval('numbers') PRIMARY KEY);
             CREATE SEQUENCE rounds AS int MAXVALUE 100 CYCLE;
             SELECT setval('orders_id_seq', 2000000000), setval('events_id_seq', 2000000000), setval('tickets_id_seq', 32700),
                 setval('numbers', 2100000000), setval('rounds', 99);
             CREATE TABLE jobs (id int PRIMARY KEY) WITH (autovacuum_enabled = false);",
        )
        .await;
    let mut open = cluster().connect(OWNER, &database.name).await;
    sqlx::raw_sql("SET application_name = 'forgetful'; BEGIN; SELECT 1").execute(&mut open).await.unwrap();
    let owner = cluster().url(OWNER, &database.name);
    let outcomes = look_after(&owner, 0, |facts| {
        let Asked::Known(transactions) = &mut facts.transactions else { panic!("{:?}", facts.transactions) };
        let one = transactions.open.iter_mut().find(|one| one.client == "forgetful").unwrap();
        assert!(one.idle && one.seconds < 60.0, "{one:?}");
        one.seconds = 1_000.0;
        let Asked::Known(connections) = &facts.connections else { panic!("{:?}", facts.connections) };
        // The tests' server takes 60 and keeps 3 for superusers.
        assert!(connections.room == 57 && connections.used >= 2, "{connections:?}");
        let Asked::Known(ages) = &facts.ages else { panic!("{:?}", facts.ages) };
        assert!(ages.iter().any(|one| one.name == database.name && one.age < 10_000 && one.freeze_at == 200_000_000));
        facts.place.pool_size = Some(40);
    })
    .await;
    assert_eq!(
        told(&outcomes, "sequence-near-its-end"),
        [
            "`bills.number` (integer) has used 97 % of its numbers: 47,483,647 are left",
            "`orders.id` (integer) has used 93 % of its numbers: 147,483,647 are left",
            "`tickets.id` (smallint) has used 99 % of its numbers: 67 are left",
        ]
    );
    assert_eq!(
        told(&outcomes, "long-transaction"),
        ["A transaction by `forgetful` has been open for 17 minutes and waits for its client"]
    );
    assert_eq!(
        told(&outcomes, "connection-limit"),
        ["Two instances, as during a deployment, may open 80 connections, and the server takes 57"]
    );
    assert_eq!(
        told(&outcomes, "autovacuum-behind"),
        ["`autovacuum` is off on the server, so nothing is cleared away and nothing is counted anew"]
    );
    assert_eq!(
        (told(&outcomes, "transaction-id-age").len(), &outcomes["transaction-id-age"].coverage),
        (0, &Coverage::Whole)
    );
    // As if it were on: the table that is left out is named.
    let outcomes = look_after(&owner, 0, |facts| {
        let Asked::Known(settings) = &mut facts.settings else { panic!() };
        settings.insert("autovacuum".to_owned(), "on".to_owned());
    })
    .await;
    assert_eq!(told(&outcomes, "autovacuum-behind"), ["Clearing up is switched off for the table `jobs`"]);
    // A role with few rights is told less, and that is said.
    cluster()
        .run(&database.name, &format!("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {}", database.name))
        .await;
    let outcomes = look(&database.url).await;
    assert_eq!(told(&outcomes, "sequence-near-its-end"), [""; 0]);
    assert!(matches!(&outcomes["sequence-near-its-end"].coverage, Coverage::Part(why) if why.contains("5 of 5")));
    assert!(matches!(&outcomes["long-transaction"].coverage, Coverage::Part(why) if why.contains("may not look into")));
}

#[tokio::test]
async fn an_index_that_nobody_reads_is_told_after_a_month() {
    let database = cluster()
        .database(
            "CREATE TABLE orders (id int PRIMARY KEY, note int, total int);
             INSERT INTO orders SELECT n, n, n FROM generate_series(1, 60000) n;
             CREATE INDEX orders_note ON orders (note);
             CREATE UNIQUE INDEX orders_total ON orders (total);
             DO $$ BEGIN FOR i IN 1..1100 LOOP PERFORM 1 FROM orders WHERE id = i; END LOOP; END $$;",
        )
        .await;
    let owner = cluster().url(OWNER, &database.name);
    let outcomes = look_after(&owner, 40, |_| ()).await;
    let messages = told(&outcomes, "unused-index");
    assert_eq!(messages.len(), 1, "{messages:?} {:?}", outcomes["unused-index"].coverage);
    assert!(
        messages[0].starts_with("The index `orders_note` on `orders` was not read once in 40 days"),
        "{messages:?}"
    );
    let fresh = look(&owner).await;
    assert_eq!(told(&fresh, "unused-index"), [""; 0]);
    assert!(
        matches!(&fresh["unused-index"].coverage, Coverage::Nothing(why) if why.contains("look again after a month"))
    );
}

#[tokio::test]
async fn what_the_server_is_set_to() {
    let database = cluster().database("CREATE TABLE a (id int PRIMARY KEY)").await;
    let outcomes = look(&database.url).await;
    assert_eq!(
        told(&outcomes, "database-connection-unencrypted"),
        ["The connection to shop on db.example.com is not encrypted"]
    );
    assert_eq!(
        told(&outcomes, "statement-timeout-missing"),
        [format!("A query of the role `{}` may run for ever: `statement_timeout` is not set", database.name)]
    );
    assert_eq!(told(&outcomes, "statement-timeout"), [""; 0]);
    assert_eq!(told(&outcomes, "slow-query-log"), [""; 0]);
    assert_eq!(told(&outcomes, "superuser-connection"), [""; 0]);
    assert!(
        matches!(&outcomes["wal-archiving-failing"].coverage, Coverage::Nothing(why) if why.contains("archive_mode is off"))
    );
    let name = &database.name;
    let set = format!(
        "ALTER ROLE {name} SET statement_timeout = '20s'; ALTER DATABASE {name} SET log_min_duration_statement = 400"
    );
    cluster().run(name, &set).await;
    let outcomes = look(&database.url).await;
    assert_eq!(told(&outcomes, "statement-timeout-missing"), [""; 0]);
    assert_eq!(told(&outcomes, "statement-timeout"), ["Queries are ended after 20 s (`statement_timeout`)"]);
    assert_eq!(
        told(&outcomes, "slow-query-log"),
        ["Queries that take longer than 400 ms are written into the server's log (`log_min_duration_statement`)"]
    );
    let owner = look(&cluster().url(OWNER, name)).await;
    assert_eq!(told(&owner, "superuser-connection"), ["The role `owner` in the database's address is a superuser"]);
    // Years from now every version of today has ended.
    let later = look_after(&database.url, 365 * 12, |_| ()).await;
    let ended = told(&later, "database-version-end-of-life");
    assert!(ended[0].contains("which has had no security fixes since"), "{ended:?}");
    let local = look_after(&database.url, 365 * 12, |facts| facts.place.local = true).await;
    assert!(local["database-version-end-of-life"].seen.is_empty());
}

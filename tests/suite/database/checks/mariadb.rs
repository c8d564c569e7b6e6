//! The same checks on MariaDB.

use gonogo::model::{Coverage, Observation};

use super::{look, told};
use crate::support::mariadb::server;

#[tokio::test]
async fn keys_numbers_and_settings_of_mariadb() {
    let database = server()
        .database(&[
            "CREATE TABLE customers (id int AUTO_INCREMENT PRIMARY KEY, email varchar(50) NOT NULL,
                 KEY one (email), UNIQUE three (email, id), KEY two (email))",
            "CREATE TABLE orders (id smallint AUTO_INCREMENT PRIMARY KEY, customer_id int,
                 FOREIGN KEY (customer_id) REFERENCES customers (id)) AUTO_INCREMENT = 32000",
            "CREATE TABLE log (line text)",
            "CREATE TABLE pairs (a int NOT NULL, b int NOT NULL, UNIQUE (a, b))",
            "CREATE TABLE maybe (a int, UNIQUE (a))",
        ])
        .await;
    let outcomes = look(&database.url).await;
    // The server makes an index for every foreign key by itself.
    assert_eq!(
        (told(&outcomes, "unindexed-foreign-key").len(), &outcomes["unindexed-foreign-key"].coverage),
        (0, &Coverage::Whole)
    );
    assert_eq!(outcomes["table-without-primary-key"].coverage, Coverage::Whole);
    assert_eq!(
        told(&outcomes, "duplicate-index"),
        [
            "The index `one` on `customers` (email) is covered by `three` (email, id)",
            "The index `two` on `customers` holds the same as `one`",
        ]
    );
    let Some(Observation::Finding(finding)) = outcomes["duplicate-index"].seen.first() else { panic!() };
    assert!(finding.fix.contains("`ALTER TABLE customers DROP INDEX one;`"), "{}", finding.fix);
    assert_eq!(
        told(&outcomes, "table-without-primary-key"),
        [
            "`log` has no primary key, so nothing tells two equal rows apart",
            "`maybe` has no primary key, so nothing tells two equal rows apart",
        ]
    );
    assert_eq!(
        told(&outcomes, "sequence-near-its-end"),
        ["`orders.id` (smallint(6)) has used 97 % of its numbers: 768 are left"]
    );
    let missing = told(&outcomes, "statement-timeout-missing");
    assert!(missing[0].ends_with("may run for ever: `max_statement_time` is not set"), "{missing:?}");
    // The tests' server counts queries for the statistics that other tests read.
    assert_eq!(told(&outcomes, "slow-query-log"), ["The server counts its queries (`performance_schema`)"]);
    assert_eq!(told(&outcomes, "superuser-connection"), [""; 0]);
    assert!(
        matches!(&outcomes["connection-limit"].coverage, Coverage::Part(why) if why.starts_with("the server takes "))
    );
    // A user of one table is not told of the others.
    let name = &database.name;
    database
        .run(&[
            &format!("REVOKE ALL ON {name}.* FROM {name}@'%'"),
            &format!("GRANT SELECT ON {name}.pairs TO {name}@'%'"),
        ])
        .await;
    let fewer = look(&database.url).await;
    for rule in ["unindexed-foreign-key", "duplicate-index", "table-without-primary-key"] {
        assert!(
            matches!(&fewer[rule].coverage, Coverage::Part(why) if why.contains("this role sees only some tables")),
            "{rule}: {:?}",
            fewer[rule].coverage
        );
    }
    assert!(matches!(&fewer["sequence-near-its-end"].coverage, Coverage::Nothing(_)));
    for rule in ["rls-disabled", "transaction-id-age", "invalid-index", "autovacuum-behind"] {
        assert!(matches!(&outcomes[rule].coverage, Coverage::Absent(_)), "{rule}");
    }
    assert!(matches!(&outcomes["wal-archiving-failing"].coverage, Coverage::Nothing(_)));
}

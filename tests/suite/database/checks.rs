//! The checks of the database itself, on real servers and files: the bad thing is made, and the good one that looks like
//! it.

mod mariadb;
mod rows;
mod server;

use std::collections::BTreeMap;

use gonogo::model::{Coverage, Observation, Secret};
use gonogo::probe::database::DatabaseProbe;
use gonogo::probe::database::checks::code::Code;
use gonogo::probe::database::checks::declared::Declared;
use gonogo::probe::database::checks::facts::{Facts, Place};
use gonogo::probe::database::checks::{CHECKS, Looked, Outcome};
use gonogo::probe::database::engine::Engine;
use gonogo::probe::database::target::Target;
use jiff::{SignedDuration, Timestamp};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use super::settings;
use crate::support::postgres::{OWNER, cluster};
use crate::support::probes::{Folder, Seen, context, run};

/// What every check says of a database, after `change` had its way with what was asked and so many days later.
async fn look_after(url: &str, days: i64, change: impl FnOnce(&mut Facts)) -> BTreeMap<&'static str, Outcome> {
    let folder = Folder::with(&[]);
    let now = Timestamp::now() + SignedDuration::from_hours(24 * days);
    let (cx, _events, _progress) = context(&DatabaseProbe, folder.path(), settings(url, None), now);
    let target = Target::parse(&Secret::new(url)).unwrap();
    let mut engine = Engine::open(&target, &[], &cx).await.unwrap();
    let mut facts = engine.facts(Place { shown: "shop on db.example.com".to_owned(), ..Place::default() }).await;
    change(&mut facts);
    let looked = Looked {
        facts: &facts,
        catalog: engine.catalog(),
        dialect: target.dialect(),
        rows: 100_000,
        now,
        code: &Code::default(),
        declared: &Declared::default(),
    };
    let outcomes = CHECKS.iter().map(|check| (check.meta.id, (check.judge)(&looked))).collect();
    engine.close().await;
    outcomes
}

/// As if the database were one beyond this machine.
async fn look(url: &str) -> BTreeMap<&'static str, Outcome> {
    look_after(url, 0, |_| ()).await
}

/// The messages of a rule.
fn told(outcomes: &BTreeMap<&'static str, Outcome>, rule: &str) -> Vec<String> {
    let message = |seen: &Observation| match seen {
        Observation::Finding(finding) => finding.message.clone(),
        Observation::Proof(proof) => proof.message.clone(),
    };
    outcomes[rule].seen.iter().map(message).collect()
}

fn messages_of(seen: &Seen, rule: &str) -> Vec<String> {
    seen.of(rule).iter().map(|finding| finding.message.clone()).collect()
}

fn covered(seen: &Seen, rule: &str) -> Coverage {
    seen.result.as_ref().unwrap().rules.iter().find(|(id, _)| id.as_str() == rule).unwrap().1.clone()
}

#[tokio::test]
async fn keys_indexes_and_constraints_of_a_schema() {
    let database = cluster()
        .database(
            "CREATE TABLE customers (id serial PRIMARY KEY, email text NOT NULL UNIQUE, name text);
             CREATE TABLE products (id serial PRIMARY KEY, name text);
             CREATE TABLE orders (id serial PRIMARY KEY, customer_id int NOT NULL REFERENCES customers ON DELETE CASCADE,
                 gift_to int REFERENCES customers, shop int REFERENCES products, total int CHECK (total >= 0), at timestamptz);
             CREATE INDEX gifts ON orders (gift_to) WHERE gift_to IS NOT NULL;
             CREATE INDEX shops ON orders (shop) WHERE total > 100;
             CREATE TABLE order_products (order_id int REFERENCES orders, product_id int REFERENCES products, PRIMARY KEY (order_id, product_id));
             CREATE INDEX reverse ON order_products (product_id);
             CREATE TABLE lines (id serial PRIMARY KEY, order_id int, product_id int,
                 FOREIGN KEY (product_id, order_id) REFERENCES order_products (product_id, order_id) MATCH SIMPLE);
             CREATE TABLE visits (page text, at timestamptz);
             CREATE TABLE tags (a int NOT NULL, b int NOT NULL, UNIQUE (a, b));
             CREATE INDEX orders_at ON orders (at);
             CREATE INDEX orders_at_again ON orders (at DESC);
             CREATE INDEX orders_at_total ON orders (at, total);
             CREATE INDEX orders_at_nulls ON orders (at NULLS FIRST);
             CREATE INDEX customers_name ON customers (name);
             CREATE INDEX customers_name_pattern ON customers (name text_pattern_ops);
             CREATE INDEX customers_name_lower ON customers (lower(name));
             CREATE INDEX customers_name_lower_too ON customers (lower(name));
             CREATE INDEX customers_name_with ON customers (name) INCLUDE (email);
             CREATE TABLE parts (id int, customer_id int REFERENCES customers, PRIMARY KEY (id)) PARTITION BY RANGE (id);
             CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
             INSERT INTO orders (customer_id, total) SELECT 1, 1 WHERE false;
             ALTER TABLE orders ADD CONSTRAINT small CHECK (total < 1000) NOT VALID;
             ALTER TABLE orders ADD CONSTRAINT checked CHECK (total < 9999) NOT VALID;
             ALTER TABLE orders VALIDATE CONSTRAINT checked;",
        )
        .await;
    let migration = "CREATE TABLE customers (id serial);\n\nCREATE TABLE orders (id serial);\n";
    let folder = Folder::with(&[("migrations/1_shop.sql", migration)]);
    let seen = run(&DatabaseProbe, folder.path(), settings(&database.url, None)).await.unwrap();
    let cost = |table: &str, other: &str| {
        format!("finding the rows of one `{other}`, or deleting it, reads all 100,000 rows of `{table}`")
    };
    assert_eq!(
        messages_of(&seen, "unindexed-foreign-key"),
        [
            format!(
                "No index begins with `product_id` and `order_id` of `lines`, which refers to `order_products`: {}",
                cost("lines", "order_products")
            ),
            format!(
                "No index begins with `orders.customer_id`, which refers to `customers`: {}",
                cost("orders", "customers")
            ),
            format!(
                "No index begins with `orders.shop`, which refers to `products` (`shops` holds only rows where (total > 100)): {}",
                cost("orders", "products")
            ),
            format!(
                "No index begins with `parts.customer_id`, which refers to `customers`: {}",
                cost("parts", "customers")
            ),
        ]
    );
    let places: Vec<String> =
        seen.of("unindexed-foreign-key").iter().map(|finding| finding.location.to_string()).collect();
    assert_eq!(places, ["the project", "migrations/1_shop.sql:3", "migrations/1_shop.sql:3", "the project"]);
    assert!(
        seen.of("unindexed-foreign-key")[0].fix.contains("ON lines (product_id, order_id)"),
        "the constraint's order"
    );
    assert!(
        seen.of("unindexed-foreign-key")[1]
            .fix
            .contains("CREATE INDEX CONCURRENTLY orders_customer_id_idx ON orders (customer_id);")
    );
    assert!(!seen.of("unindexed-foreign-key")[3].fix.contains("CONCURRENTLY"), "a partitioned table refuses it");
    assert_eq!(
        messages_of(&seen, "duplicate-index"),
        [
            "The index `customers_name` on `customers` holds the same as `customers_name_with`",
            "The index `customers_name_lower_too` on `customers` holds the same as `customers_name_lower`",
            "The index `orders_at` on `orders` (at) is covered by `orders_at_total` (at, total)",
            "The index `orders_at_again` on `orders` holds the same as `orders_at`",
        ]
    );
    assert_eq!(
        messages_of(&seen, "table-without-primary-key"),
        ["`visits` has no primary key, so nothing tells two equal rows apart"]
    );
    assert_eq!(
        messages_of(&seen, "unvalidated-constraint"),
        ["The constraint `small` of `orders` was never checked against the rows that were there before it"]
    );
    for rule in [
        "unindexed-foreign-key",
        "duplicate-index",
        "table-without-primary-key",
        "invalid-index",
        "unvalidated-constraint",
    ] {
        assert_eq!(covered(&seen, rule), Coverage::Whole, "{rule}");
    }
    // Nothing about production can be told from a server on this machine.
    for rule in [
        "connection-limit",
        "unused-index",
        "database-version-end-of-life",
        "statement-timeout",
        "superuser-connection",
        "wal-archiving-failing",
        "slow-query-log",
    ] {
        assert!(matches!(covered(&seen, rule), Coverage::Nothing(why) if why.contains("on this machine")), "{rule}");
    }
    assert!(seen.proofs.is_empty());
    assert_eq!(messages_of(&seen, "invalid-index"), [""; 0]);
}

#[tokio::test]
async fn what_is_locked_broken_or_empty_is_said() {
    let database = cluster()
        .database(
            "CREATE TABLE a (id int PRIMARY KEY, email text);
             CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a);
             INSERT INTO a VALUES (1, 'x'), (2, 'x');",
        )
        .await;
    let mut connection = cluster().connect(OWNER, &database.name).await;
    let failed = sqlx::query("CREATE UNIQUE INDEX CONCURRENTLY a_email ON a (email)").execute(&mut connection).await;
    assert!(failed.is_err());
    let outcomes = look(&database.url).await;
    assert_eq!(
        told(&outcomes, "invalid-index"),
        [
            "The unique index `a_email` on `a` is invalid: it neither serves queries nor keeps equal rows out for certain"
        ]
    );
    sqlx::raw_sql("DROP INDEX a_email").execute(&mut connection).await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE b").execute(&mut connection).await.unwrap();
    let outcomes = look(&database.url).await;
    assert_eq!(told(&outcomes, "invalid-index"), [""; 0]);
    assert_eq!(told(&outcomes, "unindexed-foreign-key"), [""; 0]);
    assert_eq!(
        outcomes["unindexed-foreign-key"].coverage,
        Coverage::Part("1 table could not be examined, because another session has locked it".to_owned())
    );
    sqlx::raw_sql("ROLLBACK").execute(&mut connection).await.unwrap();
    assert_eq!(told(&look(&database.url).await, "unindexed-foreign-key").len(), 1);
    let empty = cluster().database("SELECT 1").await;
    let outcomes = look(&empty.url).await;
    assert!(
        matches!(&outcomes["unindexed-foreign-key"].coverage, Coverage::Nothing(why) if why.contains("no tables yet"))
    );
}

#[tokio::test]
async fn the_schema_of_a_sqlite_file() {
    let folder = Folder::with(&[]);
    let path = folder.path().join("shop.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut file = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT UNIQUE);
         CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers, shop TEXT, number INT,
             FOREIGN KEY (shop, number) REFERENCES slips);
         CREATE TABLE slips (shop TEXT, number INT, PRIMARY KEY (number, shop));
         CREATE TABLE extra (id INTEGER PRIMARY KEY REFERENCES orders, note TEXT);
         CREATE TABLE log (line TEXT);
         CREATE TABLE pairs (a INT NOT NULL, b INT NOT NULL, UNIQUE (a, b));
         CREATE INDEX o1 ON orders (number, shop);
         CREATE INDEX o2 ON orders (number);
         CREATE INDEX o3 ON orders (lower(shop));
         CREATE INDEX o4 ON orders (upper(shop));
         CREATE INDEX o5 ON orders (number COLLATE NOCASE);
         CREATE INDEX c1 ON customers (email);",
    )
    .execute(&mut file)
    .await
    .unwrap();
    file.close().await.unwrap();
    let url = format!("sqlite:{}", path.display());
    let seen = run(&DatabaseProbe, folder.path(), settings(&url, None)).await.unwrap();
    let keys = messages_of(&seen, "unindexed-foreign-key");
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert!(keys[0].starts_with("No index begins with `orders.customer_id`, which refers to `customers`"), "{keys:?}");
    assert!(
        seen.of("unindexed-foreign-key")[0]
            .fix
            .contains("`CREATE INDEX orders_customer_id_idx ON orders (customer_id);`")
    );
    let duplicates = messages_of(&seen, "duplicate-index");
    assert_eq!(
        duplicates,
        [
            "The index `c1` on `customers` holds the same as `sqlite_autoindex_customers_1`",
            "The index `o2` on `orders` (number) is covered by `o1` (number, shop)",
        ]
    );
    assert_eq!(messages_of(&seen, "table-without-primary-key").len(), 1);
    assert_eq!(covered(&seen, "unindexed-foreign-key"), Coverage::Whole);
    for rule in ["connection-limit", "rls-disabled", "sequence-near-its-end", "transaction-id-age", "slow-query-log"] {
        assert!(matches!(covered(&seen, rule), Coverage::Absent(_)), "{rule}");
    }
}

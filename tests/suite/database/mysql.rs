//! Plans of a real MariaDB server.

use gonogo::model::{Coverage, Severity};
use gonogo::probe::database::DatabaseProbe;

use super::{coverage, examine, gaps, lines, messages, settings};
use crate::support::mariadb::{Database, server};
use crate::support::probes::{Folder, run};

/// A shop with fifty rows in each table: there, a server often finds reading all of them cheapest.
const SHOP: [&str; 9] = [
    "CREATE TABLE customers (id int AUTO_INCREMENT PRIMARY KEY, email varchar(100) NOT NULL UNIQUE, country varchar(9),
         name varchar(100), kind enum('a','b'), born date, KEY (name), KEY (kind), KEY (born))",
    "CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, customer_id int NOT NULL, status varchar(20) NOT NULL,
         total decimal(10,2), created_at datetime NOT NULL DEFAULT now(), KEY created (created_at),
         KEY unused (total) IGNORED)",
    "CREATE TABLE items (id int AUTO_INCREMENT PRIMARY KEY, order_id int NOT NULL, sku varchar(20) NOT NULL, note text,
         KEY items_order (order_id), KEY sku_note (sku, note(10)))",
    "CREATE TABLE `group` (`order` int PRIMARY KEY, `key` int)",
    "CREATE VIEW paid AS SELECT id, customer_id, total FROM orders WHERE status = 'paid'",
    "INSERT INTO customers (email, country, name, kind, born)
         SELECT concat('p', seq), concat('c', seq % 5), concat('n', seq), 'a', '2000-01-01' FROM seq_1_to_50",
    "INSERT INTO orders (customer_id, status, created_at) SELECT seq, 'done', now() - INTERVAL seq HOUR FROM seq_1_to_50",
    "INSERT INTO items (order_id, sku) SELECT seq, concat('s', seq) FROM seq_1_to_50",
    "ANALYZE TABLE customers, orders, items",
];

/// The same without a row.
const EMPTY: usize = 5;

async fn shop() -> Database {
    server().database(&SHOP).await
}

#[tokio::test]
async fn with_fifty_rows_or_none_the_indexed_query_passes_and_the_other_is_found() {
    let queries = [
        "SELECT * FROM customers WHERE email = ?",
        "SELECT id, total FROM orders WHERE customer_id = ?",
        "SELECT * FROM items WHERE order_id = :order AND sku <> :sku",
        "UPDATE orders SET status = @p1 WHERE id = @p2",
        "DELETE FROM orders WHERE status = 'void'",
        "INSERT INTO orders (customer_id, status) VALUES (%s, %s)",
        "SELECT * FROM `customers` WHERE `id` = ${id} LIMIT 1 /* one */ LOCK IN SHARE MODE",
        "SELECT * FROM customers WHERE id IN (?)",
        "UPDATE orders SET ? WHERE customer_id = ?",
        "SELECT * FROM orders WHERE id = ? FOR UPDATE",
        "INSERT INTO items (order_id, sku) SELECT id, 'x' FROM orders WHERE status = ?",
        "SELECT * FROM orders WHERE created_at BETWEEN ? AND ?",
        "SELECT * FROM orders WHERE created_at >= ? AND created_at < ? ORDER BY created_at LIMIT ?, ?",
        "SELECT * FROM customers WHERE kind = ? AND born > DATE_SUB(?, INTERVAL ? DAY)",
    ];
    for database in [shop().await, server().database(&SHOP[..EMPTY]).await] {
        let seen = examine(&database.url, &queries).await;
        assert_eq!(
            messages(&seen),
            [
                "2: `SELECT id, total FROM orders WHERE customer_id = ?` reads all 100,000 rows of `orders`: no index starts with `customer_id`",
                "5: `DELETE FROM orders WHERE status = 'void'` reads all 100,000 rows of `orders`: no index starts with `status`",
                "9: `UPDATE orders SET ? WHERE customer_id = ?` reads all 100,000 rows of `orders`: no index starts with `customer_id`",
                "11: `INSERT INTO items (order_id, sku) SELECT id, '…' FROM orders WHERE status = ?` reads all 100,000 rows of `orders`: no index starts with `status`",
                "13: `SELECT * FROM orders WHERE created_at >= ? AND created_at < ? ORDER BY created_at LIMIT ?, ?` finds and drops all rows before the page, up to 100,000 of `orders`",
            ],
            "{:?}",
            coverage(&seen)
        );
        assert_eq!(coverage(&seen), Coverage::Whole);
        let finding = &seen.findings[0];
        assert_eq!(finding.severity, Severity::Major);
        assert!(
            finding.fix.contains("CREATE INDEX orders_customer_id_idx ON orders (customer_id);"),
            "{}",
            finding.fix
        );
        let plan = finding.evidence.iter().find(|evidence| evidence.text.contains("ALL on orders")).unwrap();
        assert!(plan.text.contains("Filter: orders.customer_id = ?"), "{}", plan.text);
        let counts = &seen.result.as_ref().unwrap().counts;
        assert_eq!((counts["queries"], counts["tables"]), (14, 4));
    }
}

#[tokio::test]
async fn joins_sorts_patterns_and_limits_are_told_apart() {
    let database = shop().await;
    let seen = examine(
        &database.url,
        &[
            "SELECT * FROM orders o JOIN items i ON i.order_id = o.id WHERE o.id = ?",
            "SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.email = ?",
            "SELECT * FROM customers WHERE id = ? AND EXISTS (SELECT 1 FROM orders WHERE orders.customer_id = customers.id)",
            "SELECT sum(total) FROM orders",
            "SELECT o.*, i.sku FROM items i JOIN orders o ON o.id = i.order_id WHERE i.sku > ? AND o.customer_id = ?",
            "SELECT * FROM orders WHERE total > ? LIMIT 1",
            "SELECT * FROM orders ORDER BY created_at DESC LIMIT ?",
            "SELECT * FROM orders WHERE customer_id = ? ORDER BY created_at DESC LIMIT 20",
            "SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.created_at DESC LIMIT 20",
            "SELECT * FROM orders LIMIT 20",
            "SELECT max(created_at) FROM orders",
            "SELECT * FROM orders ORDER BY total DESC LIMIT 20",
            "SELECT * FROM customers WHERE name LIKE 'x%'",
            "SELECT * FROM customers WHERE name LIKE '%x%'",
            "SELECT * FROM customers WHERE lower(email) = ?",
            "SELECT * FROM items WHERE note = ?",
            "SELECT * FROM orders WHERE id = ? OR created_at = ?",
            "SELECT * FROM orders WHERE id = ? OR status = ?",
            "SELECT * FROM customers WHERE ? IS NULL OR id = ?",
            "SELECT * FROM paid WHERE id = ?",
            "SELECT * FROM paid WHERE customer_id = ?",
            "SELECT id FROM orders WHERE id = ? UNION SELECT id FROM items WHERE note = ?",
            "WITH o AS (SELECT * FROM orders WHERE status = ?) SELECT * FROM o JOIN customers c ON c.id = o.customer_id",
            "SELECT * FROM `group` WHERE `key` = ?",
            "SELECT * FROM customers WHERE name LIKE ?",
        ],
    )
    .await;
    let messages = messages(&seen);
    assert_eq!(lines(&seen), [2, 3, 4, 6, 8, 12, 14, 15, 16, 18, 19, 21, 22, 23, 24], "{messages:#?}");
    let text = messages.join("\n");
    for part in [
        "c.email = ?` reads all 100,000 rows of `orders`: no index starts with `customer_id`",
        "reads all 100,000 rows of `orders`: it wants the first by `total`, and no index starts with that",
        "a text anywhere in `name` is beyond an ordinary index",
        "the condition is on `lower(email)`, and no index holds that",
        "no index starts with `note`",
        "reads all 100,000 rows of `group`: no index starts with `key`",
        "its conditions on `id` are optional",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let fix = |line: u32| &seen.findings.iter().find(|f| f.location.line() == Some(line)).unwrap().fix;
    assert!(fix(8).contains("ON orders (customer_id, created_at);"), "{}", fix(8));
    assert!(fix(24).contains("ON `group` (`key`);"), "{}", fix(24));
    let Coverage::Part(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
    assert!(why.contains("1 of 25 queries could not be examined: 1 match a pattern"), "{why}");
}

#[tokio::test]
async fn costs_are_reckoned_and_the_servers_counts_are_joined() {
    let database = shop().await;
    let mut connection = server().connect(&database.name, &database.name).await;
    for status in ["new", "done", "void"] {
        let sql = format!("SELECT total FROM orders WHERE status = '{status}'");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }
    let queries = [
        "SELECT total FROM orders WHERE status = ?",
        "SELECT * FROM customers WHERE email = ?",
        "SELECT o.id, i.sku FROM orders o JOIN items i ON i.order_id = o.id WHERE o.status = ?",
        "SELECT * FROM orders ORDER BY created_at LIMIT 20",
        "SELECT c.id, (SELECT max(o.total) FROM orders o WHERE o.customer_id = c.id) m FROM customers c WHERE c.id > ?",
    ];
    let seen = examine(&database.url, &queries).await;
    let noted = |seen: &super::Seen, part: &str| gaps(seen).iter().any(|(reason, _)| reason.contains(part));
    assert!(noted(&seen, "the digests of performance_schema cannot be read (this user may not)"), "{:?}", gaps(&seen));
    assert!(noted(&seen, "the slow query log is not written to a table"), "{:?}", gaps(&seen));
    let report = seen.result.as_ref().unwrap().database.as_ref().unwrap();
    assert!(report.server.starts_with("MariaDB 1") && report.method.starts_with("reckoned from"), "{}", report.server);
    let costs = |sql: &str| {
        let query = report.queries.iter().find(|query| query.sql == sql).unwrap();
        query.points.iter().map(|point| (point.times, point.rows, point.cost)).collect::<Vec<_>>()
    };
    let at = [(1, 50), (10, 500), (100, 5_000), (1000, 50_000)];
    let reckoned =
        |read: [f64; 4]| at.iter().zip(read).map(|(&(times, rows), cost)| (times, rows, cost)).collect::<Vec<_>>();
    assert_eq!(costs(queries[0]), reckoned([50.0, 500.0, 5_000.0, 50_000.0]));
    assert_eq!(costs(queries[1]), reckoned([1.0; 4]), "a look-up stays one");
    assert_eq!(costs(queries[2]), reckoned([100.0, 1_000.0, 10_000.0, 100_000.0]), "an order's items stay as many");
    assert_eq!(costs(queries[3]), reckoned([20.0; 4]), "a page is a page");
    let each_for_each = costs(queries[4]).last().map_or(0.0, |point| point.2);
    assert!((2.4e9..2.6e9).contains(&each_for_each), "{each_for_each}");
    assert!(seen.findings.iter().any(|f| f.rule.as_str() == "subquery-per-row"), "{:#?}", messages(&seen));

    let counted = |seen: &super::Seen| {
        let report = seen.result.as_ref().unwrap().database.as_ref().unwrap();
        report
            .queries
            .iter()
            .find(|query| query.sql == queries[0])
            .and_then(|query| query.calls)
            .map(|calls| calls.calls)
    };
    database.run(&["SET GLOBAL long_query_time = 0", "SET GLOBAL slow_query_log = 1"]).await;
    database.run(&[&format!("GRANT SELECT ON mysql.slow_log TO {}@'%'", database.name)]).await;
    let mut connection = server().connect(&database.name, &database.name).await;
    for sql in [
        "SELECT total FROM orders WHERE status = 'new'",
        "SELECT note FROM items WHERE note = 'secret one'",
        "SELECT note FROM items WHERE note = 'secret two'",
    ] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }
    let seen = examine(&database.url, &queries).await;
    database.run(&["SET GLOBAL slow_query_log = 0"]).await;
    assert_eq!(counted(&seen), Some(1), "{:?}", gaps(&seen));
    let report = seen.result.as_ref().unwrap().database.as_ref().unwrap();
    let unseen = report.queries.iter().find(|query| query.sql.contains("note = ?"));
    assert!(unseen.is_some_and(|query| query.places.is_empty() && !query.harms.is_empty()), "{:#?}", report.queries);
    assert_eq!(unseen.and_then(|query| query.calls).map(|calls| calls.calls), Some(2), "{:#?}", report.queries);
    assert!(!format!("{:?} {:?} {:?}", report, seen.findings, gaps(&seen)).contains("secret"), "{report:#?}");
    database.run(&[&format!("GRANT SELECT ON performance_schema.* TO {}@'%'", database.name)]).await;
    let seen = examine(&database.url, &queries).await;
    assert!(counted(&seen).is_some_and(|calls| calls >= 4), "{:?} {:?}", counted(&seen), gaps(&seen));
}

#[tokio::test]
async fn what_cannot_be_examined_is_counted_with_its_reason() {
    let database = shop().await;
    let seen = examine(
        &database.url,
        &[
            "SELECT * FROM orders WHERE id = ?",
            "SELECT * FROM ${table} WHERE id = ?",
            "SELECT * FROM ?? WHERE id = ?",
            "SELECT * FROM nowhere WHERE id = ?",
            "SELECT FROM WHERE",
            "BEGIN",
            "SHOW TABLES",
            "CALL something(1)",
            "SELECT * FROM customers WHERE 1 = 2",
            "SELECT * FROM mysql.user WHERE user = ?",
            "SELECT * FROM orders WHERE id::int = ?",
            "SELECT count (*) FROM orders",
        ],
    )
    .await;
    let gaps = gaps(&seen);
    for (reason, count) in [
        ("queries that are put together at run time, so its text is not known", 2),
        ("queries that name a table or column that this database does not have", 1),
        ("statements that pick no rows, such as BEGIN or CREATE TABLE", 2),
        ("queries that are not a single SELECT, INSERT, UPDATE or DELETE", 1),
        ("queries that have conditions that no row meets with the values that were tried", 1),
        ("queries that read another database than the one that is examined (mysql.user)", 1),
        ("queries that call a function that the database itself defines, or that waits or writes (count)", 1),
    ] {
        assert!(gaps.contains(&(reason.to_owned(), count)), "{reason} is not in {gaps:#?}");
    }
    assert_eq!(lines(&seen), [0; 0], "{:#?}", messages(&seen));
    let folder = Folder::with(&[("q.sql", "SELECT 1;")]);
    let seen =
        run(&DatabaseProbe, folder.path(), settings(&database.url, Some(&folder.path().join("q.sql")))).await.unwrap();
    assert_eq!(coverage(&seen), Coverage::Whole);
}

/// What follows from one query may be covered by what follows from another, and a flag that most rows have is worth no index.
#[tokio::test]
async fn what_is_reasoned_is_proposed_once_and_not_for_what_most_rows_are() {
    let database = shop().await;
    let queries = [
        "SELECT id FROM orders WHERE status = ?",
        "SELECT max(total) FROM orders WHERE status = ?",
        "SELECT * FROM customers WHERE country IS NULL",
    ];
    let seen = examine(&database.url, &queries).await;
    let report = seen.result.as_ref().unwrap().database.as_ref().unwrap();
    let proposed: Vec<&str> = report.proposals.iter().map(|proposal| proposal.statement.as_str()).collect();
    assert_eq!(proposed, ["CREATE INDEX orders_status_total_idx ON orders (status, total);"]);
    let fix = |line: u32| &seen.findings.iter().find(|finding| finding.location.line() == Some(line)).unwrap().fix;
    assert!(fix(1).contains("orders_status_total_idx ON orders (status, total)"), "{}", fix(1));
    assert!(fix(2).contains("orders_status_total_idx ON orders (status, total)"), "{}", fix(2));
    assert!(fix(3).contains("If only few of the rows are like that"), "{}", fix(3));
}

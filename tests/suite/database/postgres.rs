//! Plans of a real PostgreSQL server.

use gonogo::model::{Coverage, Severity};

use super::{coverage, examine, gaps, lines, messages, of_queries, settings};
use crate::support::postgres::{Database, cluster};
use crate::support::probes::{Folder, run};
use gonogo::probe::database::DatabaseProbe;

/// A shop with fifty rows in each table: on such a table every plan without help is a sequential scan.
async fn shop() -> Database {
    let database = cluster()
        .database(
            "CREATE TABLE customers (id serial PRIMARY KEY, email text COLLATE \"und-x-icu\" NOT NULL UNIQUE, country text, tags jsonb, name text);
             CREATE TABLE orders (id serial PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, status text NOT NULL,
                 total numeric, deleted_at timestamptz, created_at timestamptz NOT NULL DEFAULT now());
             CREATE TABLE items (id serial PRIMARY KEY, order_id int NOT NULL REFERENCES orders, sku text NOT NULL, note text);
             CREATE INDEX items_order_idx ON items (order_id);
             CREATE INDEX orders_pending_idx ON orders (created_at) WHERE status = 'pending';
             CREATE INDEX orders_created_idx ON orders (created_at);
             CREATE INDEX customers_name_idx ON customers (name text_pattern_ops);
             CREATE INDEX customers_tags_idx ON customers USING gin (tags);
             CREATE INDEX items_sku_note_idx ON items (sku, note);
             INSERT INTO customers (email, country, tags, name) SELECT 'p' || n, 'c' || n % 5, '{\"a\": 1}', 'n' || n FROM generate_series(1, 50) n;
             INSERT INTO orders (customer_id, status) SELECT n, 'done' FROM generate_series(1, 50) n;
             INSERT INTO items (order_id, sku) SELECT n, 's' || n FROM generate_series(1, 50) n;",
        )
        .await;
    cluster().run(&database.name, "ANALYZE").await;
    database
}

#[tokio::test]
async fn with_fifty_rows_the_indexed_query_passes_and_the_other_is_found() {
    let database = shop().await;
    let seen = examine(
        &database.url,
        &[
            "SELECT * FROM customers WHERE email = ?",
            "SELECT id, total FROM orders WHERE customer_id = ?",
            "SELECT * FROM items WHERE order_id = :order AND sku <> :sku",
            "UPDATE orders SET status = $1 WHERE id = $2",
            "DELETE FROM orders WHERE status = 'void'",
            "INSERT INTO orders (customer_id, status) VALUES (%s, %s) RETURNING id",
        ],
    )
    .await;
    assert_eq!(
        messages(&seen),
        [
            "2: `SELECT id, total FROM orders WHERE customer_id = ?` reads all 100,000 rows of `orders`: no index starts with `customer_id`",
            "5: `DELETE FROM orders WHERE status = 'void'` reads all 100,000 rows of `orders`: no index starts with `status`",
        ]
    );
    assert_eq!(coverage(&seen), Coverage::Whole);
    let finding = &seen.findings[0];
    assert_eq!(finding.severity, Severity::Major);
    assert!(
        finding.fix.contains("CREATE INDEX CONCURRENTLY orders_customer_id_idx ON orders (customer_id);"),
        "{}",
        finding.fix
    );
    assert!(finding.fix.contains("proven in a scratch server"), "{}", finding.fix);
    let texts: Vec<&str> = finding.evidence.iter().map(|evidence| evidence.text.as_str()).collect();
    assert!(
        texts[1].contains("Seq Scan on orders") && texts[1].contains("Filter: (orders.customer_id = $1)"),
        "{texts:?}"
    );
    assert!(texts[2].contains("about 50 rows now"), "{texts:?}");
    let counts = &seen.result.as_ref().unwrap().counts;
    assert_eq!((counts["queries"], counts["places"], counts["tables"]), (6, 6, 3));
}

#[tokio::test]
async fn partial_indexes_patterns_and_jsonb_are_recognised() {
    let database = shop().await;
    let seen = examine(
        &database.url,
        &[
            "SELECT * FROM orders WHERE status = 'pending' ORDER BY created_at",
            "SELECT * FROM orders WHERE status = $1 ORDER BY created_at",
            "SELECT * FROM customers WHERE tags ? 'vip'",
            "SELECT * FROM customers WHERE tags @> $1",
            "SELECT * FROM customers WHERE name LIKE 'x%'",
            "SELECT * FROM customers WHERE email LIKE 'x%'",
            "SELECT * FROM customers WHERE name LIKE '%x%'",
            "SELECT * FROM customers WHERE lower(email) = $1",
            "SELECT * FROM items WHERE note = $1",
        ],
    )
    .await;
    assert_eq!(lines(&seen), [6, 7, 8, 9], "{:#?}", messages(&seen));
    let messages = messages(&seen).join("\n");
    for part in [
        "the index `customers_email_key` on `email` cannot serve a pattern",
        "a text anywhere in `name` is beyond an ordinary index",
        "the condition is on `lower(email)`, and no index holds that",
        "no index starts with `note`",
    ] {
        assert!(messages.contains(part), "{part} is not in\n{messages}");
    }
    // One of them compares with a parameter where only a partial index serves.
    let Coverage::Part(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
    assert!(why.starts_with("1 of 9 queries") && why.contains("a value that only the running program knows"), "{why}");
}

#[tokio::test]
async fn a_pattern_whose_text_is_not_known_is_no_pass() {
    let database = shop().await;
    let seen = examine(&database.url, &["SELECT * FROM customers WHERE name LIKE $1"]).await;
    assert_eq!(messages(&seen), [""; 0]);
    let Coverage::Part(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
    assert!(why.contains("1 of 1 query could not be examined: 1 match a pattern"), "{why}");
}

#[tokio::test]
async fn a_limit_hides_no_scan_and_paging_by_an_index_is_fine() {
    let database = shop().await;
    let seen = examine(
        &database.url,
        &[
            "SELECT * FROM orders WHERE total > ? LIMIT 1",
            "SELECT * FROM orders ORDER BY created_at DESC LIMIT ?",
            "SELECT * FROM orders WHERE customer_id = ? ORDER BY created_at DESC LIMIT 20",
            "SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.created_at DESC LIMIT 20",
            "SELECT * FROM orders LIMIT 20",
            "SELECT max(created_at) FROM orders",
            "SELECT * FROM items WHERE note = $1 ORDER BY sku LIMIT 20",
            "SELECT * FROM orders ORDER BY total DESC LIMIT 20",
            "SELECT max(total) FROM orders",
        ],
    )
    .await;
    assert_eq!(lines(&seen), [1, 3, 7, 8, 9], "{:#?}", messages(&seen));
    assert!(seen.findings[1].fix.contains("ON orders (customer_id"), "{}", seen.findings[1].fix);
}

#[tokio::test]
async fn joins_want_an_index_only_where_something_narrows_them() {
    let database = shop().await;
    let seen = examine(
        &database.url,
        &[
            "SELECT * FROM orders o JOIN items i ON i.order_id = o.id WHERE o.id = $1",
            "SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.email = $1",
            "SELECT c.country, count(*) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.country",
            "SELECT * FROM customers WHERE EXISTS (SELECT 1 FROM orders WHERE orders.customer_id = customers.id) AND id = $1",
            "SELECT sum(total) FROM orders",
            "SELECT o.*, i.sku FROM items i JOIN orders o ON o.id = i.order_id WHERE i.sku > $1 AND o.customer_id = $2",
            "SELECT o.* FROM orders o JOIN customers c ON c.id = o.customer_id JOIN items i ON i.order_id = o.id WHERE o.total = $1",
        ],
    )
    .await;
    let messages = messages(&seen);
    assert_eq!(
        messages[0],
        "2: `SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.email = $1` reads all 100,000 rows of `orders`: no index starts with `customer_id`"
    );
    assert!(
        messages.iter().any(|m| m.starts_with("4:") && m.ends_with("no index starts with `customer_id`")),
        "{messages:#?}"
    );
    let whole: Vec<_> = seen.findings.iter().filter(|f| matches!(f.location.line(), Some(3 | 5))).collect();
    assert!(!whole.is_empty() && whole.iter().all(|f| f.severity == Severity::Minor), "{messages:#?}");
    assert!(whole.iter().all(|f| f.message.ends_with("nothing in it narrows them down")), "{messages:#?}");
    assert!(
        !messages.iter().any(|m| m.starts_with("1:") || m.starts_with("6:") && m.contains("reads all")),
        "{messages:#?}"
    );
    // Entering through another table only moves the scan there; it is no way out.
    assert!(
        messages
            .iter()
            .any(|m| m.starts_with("7:") && m.contains("`orders.total`") || m.contains("starts with `total`")),
        "{messages:#?}"
    );
}

#[tokio::test]
async fn what_cannot_be_examined_is_counted_with_its_reason() {
    let database = shop().await;
    let seen = examine(
        &database.url,
        &[
            "SELECT * FROM orders WHERE id = $1",
            "SELECT * FROM ${table} WHERE id = $1",
            "SELECT * FROM nowhere WHERE id = $1",
            "SELECT FROM WHERE",
            "SELECT ( FROM",
            "BEGIN",
            "COPY orders TO STDOUT",
            "SELECT * FROM customers WHERE $1 IS NULL OR id = $1",
        ],
    )
    .await;
    let Coverage::Part(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
    assert!(why.starts_with("5 of 7 queries could not be examined: "), "{why}");
    let gaps = gaps(&seen);
    for reason in [
        "queries that are put together at run time, so its text is not known",
        "queries that name a table or column that this database does not have",
        "queries that are not understood as SQL",
        "queries that are written in SQL that PostgreSQL does not take",
        "queries that are not a single SELECT, INSERT, UPDATE or DELETE",
        "statements that pick no rows, such as BEGIN or CREATE TABLE",
    ] {
        assert!(gaps.contains(&(reason.to_owned(), 1)), "{reason} is not in {gaps:#?}");
    }
    assert_eq!(lines(&seen), [8], "a parameter without a type of its own is still planned: {:#?}", messages(&seen));
}

#[tokio::test]
async fn partitions_count_as_their_table() {
    let database = cluster()
        .database(
            "CREATE TABLE events (id bigint, kind text, at date NOT NULL) PARTITION BY RANGE (at);
             CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
             CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
             CREATE INDEX ON events (id);",
        )
        .await;
    let seen = examine(
        &database.url,
        &[
            "SELECT * FROM events WHERE kind = $1",
            "SELECT * FROM events WHERE id = $1",
            "SELECT * FROM events WHERE at = $1",
        ],
    )
    .await;
    assert_eq!(
        messages(&seen),
        ["1: `SELECT * FROM events WHERE kind = $1` reads all 100,000 rows of `events`: no index starts with `kind`"]
    );
    assert!(matches!(coverage(&seen), Coverage::Part(_)), "{:?}", coverage(&seen));
}

#[tokio::test]
async fn the_scale_and_the_larger_table_set_the_severity() {
    let database = shop().await;
    let folder = Folder::with(&[("q.sql", "SELECT * FROM orders WHERE customer_id = 7;")]);
    for (rows, severity) in [(1_000, Severity::Minor), (50_000, Severity::Major), (2_000_000, Severity::Blocker)] {
        let file = folder.path().join("q.sql");
        let mut settings = settings(&database.url, Some(&file));
        settings.rows = rows;
        let seen = of_queries(run(&DatabaseProbe, folder.path(), settings).await.unwrap());
        assert_eq!(seen.findings[0].severity, severity, "{rows}");
        assert_eq!(seen.places(), ["full-table-scan q.sql:1"]);
    }
}

#[tokio::test]
async fn queries_that_a_mapper_makes_are_worked_out_and_planned() {
    let database = cluster()
        .database(
            "CREATE TABLE orders (id serial PRIMARY KEY, customer_id int NOT NULL, status text NOT NULL, created timestamptz);
             CREATE TABLE shop_invoice (id serial PRIMARY KEY, number text NOT NULL UNIQUE, customer_id int NOT NULL);
             INSERT INTO orders (customer_id, status) SELECT n, 'new' FROM generate_series(1, 50) n;
             INSERT INTO shop_invoice (number, customer_id) SELECT n::text, n FROM generate_series(1, 50) n;",
        )
        .await;
    cluster().run(&database.name, "ANALYZE").await;
    let folder = Folder::with(&[
        (
            "prisma/schema.prisma",
            "datasource db {\n  provider = \"postgresql\"\n}\n\nmodel Order {\n  id         Int    @id\n  customerId Int    @map(\"customer_id\")\n  status     String\n\n  @@map(\"orders\")\n}\n",
        ),
        (
            "src/orders.ts",
            "import { prisma } from './db';\nexport const one = (id: number) => prisma.order.findUnique({ where: { id } });\nexport const all = (customerId: number) =>\n  prisma.order.findMany({ where: { customerId }, take: 20 });\nexport const some = (where: object) => prisma.order.findMany({ where });\n",
        ),
        (
            "shop/models.py",
            "from django.db import models\n\n\nclass Customer(models.Model):\n    name = models.CharField(max_length=9)\n\n\nclass Invoice(models.Model):\n    number = models.CharField(max_length=9)\n    customer = models.ForeignKey(Customer, on_delete=models.CASCADE)\n",
        ),
        (
            "shop/views.py",
            "from .models import Invoice\n\n\ndef show(request, number):\n    return Invoice.objects.get(number=number)\n\n\ndef mine(request):\n    return Invoice.objects.filter(customer=request.user).first()\n",
        ),
    ]);
    let seen = run(&DatabaseProbe, folder.path(), settings(&database.url, None)).await.unwrap();
    assert_eq!(
        messages(&seen),
        [
            "9: The query that `Invoice.objects.filter.first` sends, `SELECT * FROM \"shop_invoice\" WHERE \"customer_id\" = $1 ORDER BY \"id\" LIMIT 1`, reads all 100,000 rows of `shop_invoice`: no index starts with `customer_id`",
            "4: The query that `prisma.order.findMany` sends, `SELECT * FROM \"orders\" WHERE \"customer_id\" = $1 LIMIT 20`, reads up to all 100,000 rows of `orders`: no index starts with `customer_id`",
        ]
    );
}

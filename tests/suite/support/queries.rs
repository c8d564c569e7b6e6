//! What a run of the database probe might see of a small shop: something of everything.

use gonogo::model::{
    CallStatistics, CostPoint, DatabaseReport, ExaminedQuery, Gain, Harm, IndexProof, IndexProposal, Migration,
    PlanNode, QueryPlace, Severity, Span, Tier,
};

/// The query of the page that falls over first.
pub const ORDERS: &str = "0a1b2c3d4e5f6071";
/// The query that a loop sends.
pub const ITEMS: &str = "0a1b2c3d4e5f6076";
/// The query that could not be judged.
pub const PUT_TOGETHER: &str = "0a1b2c3d4e5f6077";

pub fn shop() -> DatabaseReport {
    DatabaseReport {
        server: "PostgreSQL 15.18, shop on localhost:5432".to_owned(),
        rows: 100_000,
        method: "planned in a scratch PostgreSQL of the same schema".to_owned(),
        queries: vec![
            orders(),
            accounts(),
            events(),
            paging(),
            items(),
            primary_key(),
            put_together(),
            unknown_to_code(),
        ],
        proposals: vec![for_orders(), for_accounts(), for_events()],
    }
}

fn place(path: &str, line: u32, end_line: u32) -> QueryPlace {
    QueryPlace { path: path.to_owned(), span: Span { line, column: 5, end_line, end_column: 40 } }
}

fn query(id: &str, sql: &str, places: Vec<QueryPlace>) -> ExaminedQuery {
    ExaminedQuery { id: id.to_owned(), sql: sql.to_owned(), places, ..ExaminedQuery::default() }
}

fn points(costs: [f64; 4]) -> Vec<CostPoint> {
    let times = [1, 10, 100, 1000];
    times.iter().zip(costs).map(|(times, cost)| CostPoint { times: *times, rows: 120 * times, cost }).collect()
}

pub fn node(kind: &str, table: &str, rows: f64, cost: f64, details: &[&str]) -> PlanNode {
    PlanNode {
        kind: kind.to_owned(),
        table: (!table.is_empty()).then(|| table.to_owned()),
        details: details.iter().map(|detail| (*detail).to_owned()).collect(),
        rows: Some(rows),
        cost: Some(cost),
        ..PlanNode::default()
    }
}

fn harm(tier: Tier, rule: &str, severity: Severity, table: &str, rows_read: u64, message: &str, fix: &str) -> Harm {
    Harm {
        tier,
        rule: rule.to_owned(),
        severity,
        table: (!table.is_empty()).then(|| table.to_owned()),
        rows_read,
        message: message.to_owned(),
        fix: fix.to_owned(),
    }
}

fn orders() -> ExaminedQuery {
    let sql = "SELECT o.id, o.total, c.name\n      FROM orders o\n      JOIN customers c ON c.id = o.customer_id\n      WHERE o.customer_id = $1 AND o.status <> 'cancelled'\n      ORDER BY o.created_at DESC\n      LIMIT 20";
    let mut scan =
        node("Seq Scan", "orders", 834.0, 2_584.0, &["Filter: ((customer_id = $1) AND (status <> 'cancelled'))"]);
    (scan.alias, scan.marked) = (Some("o".to_owned()), true);
    let mut customer = node("Index Scan", "customers", 1.0, 8.3, &["Index Cond: (id = $1)"]);
    (customer.alias, customer.index) = (Some("c".to_owned()), Some("customers_pkey".to_owned()));
    let plan = |mut scan: PlanNode, cost: f64, sorted: bool| {
        let mut join = node("Nested Loop", "", 834.0, cost - 12.0, &[]);
        if !sorted {
            scan.marked = false;
        }
        join.children = vec![customer.clone(), scan];
        let mut sort = node("Sort", "", 834.0, cost - 2.0, &["Sort Key: o.created_at DESC"]);
        sort.children = vec![join];
        let mut limit = node("Limit", "", 20.0, cost, &[]);
        limit.children = vec![sort];
        limit
    };
    let now = node("Seq Scan", "orders", 1.0, 4.5, &["Filter: ((customer_id = $1) AND (status <> 'cancelled'))"]);
    ExaminedQuery {
        calls: Some(CallStatistics { calls: 48_210, mean_ms: 12.4, rows: Some(482_100) }),
        harms: vec![
            harm(
                Tier::A,
                "full-table-scan",
                Severity::Blocker,
                "orders",
                120_000,
                "`SELECT o.id, o.total, c.name … WHERE o.customer_id = $1` reads all 120,000 rows of `orders`: no index starts with `customer_id`",
                "Create the index below: `orders (customer_id, created_at DESC)`.",
            ),
            harm(
                Tier::B,
                "unindexed-sort",
                Severity::Minor,
                "orders",
                834,
                "It sorts 834 rows of `orders` to return the first 20",
                "The same index gives them in order.",
            ),
        ],
        points: points([12.6, 38.1, 274.0, 2_650.0]),
        plan_now: Some(plan(now, 12.6, false)),
        plan: Some(plan(scan, 2_650.0, true)),
        proposals: vec![0],
        ..query(ORDERS, sql, vec![place("src/routes/orders.ts", 18, 25), place("src/routes/admin.ts", 7, 7)])
    }
}

fn accounts() -> ExaminedQuery {
    let sql = "SELECT \"id\", \"email\", \"passwordHash\" FROM \"User\" WHERE lower(\"email\") = $1 LIMIT 1";
    let mut scan = node("Seq Scan", "User", 500.0, 2_041.0, &["Filter: (lower(email) = $1)"]);
    scan.marked = true;
    ExaminedQuery {
        sent_by: Some("prisma.user.findFirst".to_owned()),
        harms: vec![harm(
            Tier::A,
            "full-table-scan",
            Severity::Major,
            "User",
            100_000,
            "The query that `prisma.user.findFirst` sends reads all 100,000 rows of `User`: the condition is on `lower(email)`, and no index holds that",
            "Index the expression, or store the address in lower case.",
        )],
        points: points([3.4, 21.0, 204.0, 2_041.0]),
        plan: Some(scan),
        proposals: vec![1],
        ..query("0a1b2c3d4e5f6072", sql, vec![place("src/lib/session.ts", 41, 44)])
    }
}

fn events() -> ExaminedQuery {
    let mut scan = node("Index Scan", "events", 40_000.0, 3_900.0, &["Index Cond: (account_id = $1)"]);
    scan.index = Some("events_account_idx".to_owned());
    let mut sort = node("Sort", "", 40_000.0, 5_100.0, &["Sort Key: at DESC"]);
    sort.marked = true;
    sort.children = vec![scan];
    ExaminedQuery {
        harms: vec![harm(
            Tier::B,
            "unindexed-sort",
            Severity::Major,
            "events",
            40_000,
            "It sorts 40,000 rows of `events` to return the newest 50",
            "Create an index on `events (account_id, at DESC)` (reasoned, not proven).",
        )],
        points: points([9.0, 61.0, 540.0, 5_100.0]),
        plan: Some(sort),
        proposals: vec![2],
        ..query(
            "0a1b2c3d4e5f6073",
            "SELECT * FROM events WHERE account_id = $1 ORDER BY at DESC LIMIT 50",
            vec![place("worker/feed.py", 88, 88)],
        )
    }
}

fn paging() -> ExaminedQuery {
    ExaminedQuery {
        harms: vec![harm(
            Tier::C,
            "offset-paging",
            Severity::Minor,
            "products",
            5_000,
            "Page 100 reads and drops the 5,000 rows before it",
            "Ask for the rows after the last one shown: `WHERE id > $1 ORDER BY id LIMIT 50`.",
        )],
        points: points([4.0, 5.0, 6.0, 8.0]),
        plan: Some(node("Index Scan", "products", 50.0, 8.0, &[])),
        ..query(
            "0a1b2c3d4e5f6074",
            "SELECT id, name, price FROM products ORDER BY id LIMIT 50 OFFSET $1",
            vec![place("src/routes/products.ts", 9, 9)],
        )
    }
}

fn items() -> ExaminedQuery {
    ExaminedQuery {
        calls: Some(CallStatistics { calls: 481_800, mean_ms: 0.4, rows: Some(963_600) }),
        points: points([8.0, 8.1, 8.2, 8.4]),
        plan: Some(node("Index Scan", "items", 2.0, 8.4, &["Index Cond: (order_id = $1)"])),
        ..query(ITEMS, "SELECT * FROM items WHERE order_id = $1", vec![place("src/routes/orders.ts", 31, 31)])
    }
}

fn primary_key() -> ExaminedQuery {
    ExaminedQuery {
        points: points([8.0, 8.1, 8.2, 8.4]),
        plan: Some(node("Index Scan", "customers", 1.0, 8.4, &["Index Cond: (id = $1)"])),
        ..query(
            "0a1b2c3d4e5f6075",
            "SELECT name FROM customers WHERE id = $1",
            vec![place("src/routes/customers.ts", 12, 12)],
        )
    }
}

fn put_together() -> ExaminedQuery {
    ExaminedQuery {
        not_examined: Some("is put together while the program runs".to_owned()),
        ..query(PUT_TOGETHER, "SELECT ${columns} FROM ${table} WHERE id = $1", vec![place("src/lib/crud.ts", 5, 5)])
    }
}

fn unknown_to_code() -> ExaminedQuery {
    ExaminedQuery {
        calls: Some(CallStatistics { calls: 12, mean_ms: 340.0, rows: None }),
        not_examined: Some("names the table `old_orders`, which is not in this database".to_owned()),
        ..query("0a1b2c3d4e5f6078", "SELECT count(*) FROM old_orders", Vec::new())
    }
}

fn proposal(
    table: &str,
    keys: &[&str],
    statement: &str,
    migration: (&str, &str, &str),
    proof: IndexProof,
) -> IndexProposal {
    let (tool, place, text) = migration;
    IndexProposal {
        table: table.to_owned(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        predicate: None,
        statement: statement.to_owned(),
        migration: Migration { tool: tool.to_owned(), place: place.to_owned(), text: text.to_owned() },
        proof,
        gains: Vec::new(),
    }
}

pub fn gain(query: &str, before: Option<f64>, after: Option<f64>) -> Gain {
    Gain { query: query.to_owned(), before, after }
}

fn for_orders() -> IndexProposal {
    IndexProposal {
        gains: vec![gain(ORDERS, Some(2_650.0), Some(12.4))],
        ..proposal(
            "orders",
            &["customer_id", "created_at DESC"],
            "CREATE INDEX CONCURRENTLY orders_customer_id_created_at_idx ON orders (customer_id, created_at DESC);",
            (
                "Prisma",
                "add to model Order in prisma/schema.prisma",
                "model Order {\n  // …\n  @@index([customerId, createdAt(sort: Desc)])\n}",
            ),
            IndexProof::ScratchServer,
        )
    }
}

fn for_accounts() -> IndexProposal {
    let statement = "CREATE INDEX CONCURRENTLY user_lower_email_idx ON \"User\" (lower(\"email\"));";
    IndexProposal {
        gains: vec![gain("0a1b2c3d4e5f6072", Some(2_041.0), Some(8.3))],
        ..proposal(
            "User",
            &["lower(\"email\")"],
            statement,
            ("SQL", "run it by itself, outside a transaction", statement),
            IndexProof::Hypothetical,
        )
    }
}

fn for_events() -> IndexProposal {
    IndexProposal {
        gains: vec![gain("0a1b2c3d4e5f6073", None, None)],
        ..proposal(
            "events",
            &["account_id", "at DESC"],
            "CREATE INDEX CONCURRENTLY events_account_id_at_idx ON events (account_id, at DESC);",
            (
                "Django",
                "a new file in feed/migrations",
                "class Migration(migrations.Migration):\n    atomic = False\n    operations = [\n        AddIndexConcurrently(\"Event\", models.Index(\"account_id\", \"-at\", name=\"events_account_id_at_idx\")),\n    ]",
            ),
            IndexProof::Reasoned,
        )
    }
}

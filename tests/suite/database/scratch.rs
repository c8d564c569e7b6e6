//! The scratch cluster: what it says of a small database, held against what is true of a large one.

use std::fmt::Write as _;

use gonogo::model::{PlanNode, Secret};
use gonogo::probe::database::examine::Ready;
use gonogo::probe::database::lexer::Dialect;
use gonogo::probe::database::placeholders::Prepared;
use gonogo::probe::database::plan::Judged;
use gonogo::probe::database::postgres::Postgres;
use gonogo::probe::database::queries::Query;
use gonogo::probe::database::statement;
use gonogo::probe::database::target::Target;

use crate::support::postgres::{Database, cluster};

/// A query as the probe makes it ready.
pub fn ready(sql: &str) -> Ready {
    let prepared = Prepared::new(sql, Dialect::Postgres).unwrap();
    let shape = statement::read(&prepared.sql(), Dialect::Postgres).unwrap();
    Ready { query: Query::new(sql, Dialect::Postgres), prepared, shape }
}

/// A server that was reached, with these queries planned in a scratch cluster.
pub async fn opened(url: &str, rows: u64, queries: &[&str]) -> (Postgres, Vec<Ready>) {
    let Ok(Target::Postgres(target)) = Target::parse(&Secret::new(url)) else { panic!("no PostgreSQL address") };
    let mut postgres = Postgres::open(&target, std::path::Path::new("/nowhere"), rows).await.unwrap();
    let ready: Vec<Ready> = queries.iter().map(|sql| ready(sql)).collect();
    postgres.prepare(&ready).await.unwrap();
    (postgres, ready)
}

/// What each of the queries came to.
pub async fn judged(postgres: &mut Postgres, ready: &[Ready]) -> Vec<Result<Judged, String>> {
    let mut all = Vec::new();
    for Ready { query, prepared, shape } in ready {
        let one = postgres.judge(&query.sql, prepared, shape.clone()).await;
        all.push(one.map(|(judged, _)| judged).map_err(|unexamined| unexamined.0));
    }
    all
}

#[tokio::test]
async fn a_query_that_cannot_be_planned_leaves_those_beside_it_alone() {
    let database = cluster()
        .database(
            "CREATE TABLE t (id int PRIMARY KEY, a int);
             INSERT INTO t SELECT n, n FROM generate_series(1, 50) n;
             ANALYZE t;",
        )
        .await;
    let fails = |n: &usize| n % 40 == 7;
    let sql: Vec<String> =
        (0..130).map(|n| format!("SELECT * FROM t WHERE a = {n} / {}", if fails(&n) { 0 } else { 1 })).collect();
    let sql: Vec<&str> = sql.iter().map(String::as_str).collect();
    let (mut postgres, ready) = opened(&database.url, 100_000, &sql).await;
    for (n, judged) in judged(&mut postgres, &ready).await.into_iter().enumerate() {
        let seen = judged.ok().map(|judged| (judged.scans.len(), judged.points.len()));
        assert_eq!(seen, (!fails(&n)).then_some((1, 4)), "{}", sql[n]);
    }
    postgres.close().await;
}

/// Twenty tables of a shop. Half of what one would want is indexed.
const SHOP: &str = "
    CREATE TYPE order_status AS ENUM ('new', 'paid', 'sent', 'back');
    CREATE TABLE organizations (id int PRIMARY KEY, name text NOT NULL, plan text NOT NULL, created_at timestamptz NOT NULL);
    CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL UNIQUE, name text, active bool NOT NULL, created_at timestamptz NOT NULL);
    CREATE TABLE memberships (id int PRIMARY KEY, organization_id int NOT NULL REFERENCES organizations, user_id int NOT NULL REFERENCES users, role text NOT NULL);
    CREATE INDEX ON memberships (organization_id);
    CREATE TABLE categories (id int PRIMARY KEY, slug text NOT NULL UNIQUE, parent_id int REFERENCES categories);
    CREATE TABLE products (id int PRIMARY KEY, sku text NOT NULL, name text NOT NULL, price numeric NOT NULL, kind text NOT NULL, organization_id int NOT NULL REFERENCES organizations, deleted_at timestamptz);
    CREATE INDEX ON products (sku);
    CREATE INDEX ON products (organization_id, kind);
    CREATE TABLE product_categories (product_id int NOT NULL REFERENCES products, category_id int NOT NULL REFERENCES categories, PRIMARY KEY (product_id, category_id));
    CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL, country text NOT NULL, user_id int REFERENCES users);
    CREATE INDEX ON customers (email);
    CREATE TABLE addresses (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, city text NOT NULL, zip text NOT NULL);
    CREATE INDEX ON addresses (customer_id);
    CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, status order_status NOT NULL, total numeric NOT NULL, created_at timestamptz NOT NULL);
    CREATE INDEX ON orders (customer_id, created_at);
    CREATE INDEX ON orders (created_at);
    CREATE TABLE order_items (id int PRIMARY KEY, order_id int NOT NULL REFERENCES orders, product_id int NOT NULL REFERENCES products, quantity int NOT NULL);
    CREATE INDEX ON order_items (order_id);
    CREATE TABLE payments (id int PRIMARY KEY, order_id int NOT NULL REFERENCES orders, provider text NOT NULL, reference text NOT NULL, amount numeric NOT NULL);
    CREATE TABLE refunds (id int PRIMARY KEY, payment_id int NOT NULL REFERENCES payments, reason text NOT NULL);
    CREATE INDEX ON refunds (payment_id);
    CREATE TABLE shipments (id int PRIMARY KEY, order_id int NOT NULL REFERENCES orders, carrier text NOT NULL, tracking text NOT NULL);
    CREATE INDEX ON shipments (order_id);
    CREATE TABLE carts (id int PRIMARY KEY, customer_id int REFERENCES customers, updated_at timestamptz NOT NULL);
    CREATE INDEX ON carts (updated_at);
    CREATE TABLE cart_items (id int PRIMARY KEY, cart_id int NOT NULL REFERENCES carts, product_id int NOT NULL REFERENCES products);
    CREATE INDEX ON cart_items (cart_id);
    CREATE TABLE reviews (id int PRIMARY KEY, product_id int NOT NULL REFERENCES products, customer_id int NOT NULL REFERENCES customers, stars int NOT NULL, body text NOT NULL);
    CREATE INDEX ON reviews (product_id);
    CREATE TABLE coupons (id int PRIMARY KEY, code text NOT NULL UNIQUE, percent int NOT NULL);
    CREATE TABLE events (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users, kind text NOT NULL, at timestamptz NOT NULL, data jsonb NOT NULL);
    CREATE INDEX ON events (user_id, at DESC);
    CREATE TABLE sessions (id uuid PRIMARY KEY, user_id int NOT NULL REFERENCES users, expires_at timestamptz NOT NULL);
    CREATE INDEX ON sessions (expires_at);
    CREATE TABLE audit_logs (id int PRIMARY KEY, user_id int NOT NULL, action text NOT NULL, at timestamptz NOT NULL);
    CREATE INDEX ON audit_logs (at);
";

/// Table, rows by now, and its rows by their number `i`. `@table` is a row's number of another table, `#` the rows.
const FILLED: [(&str, u32, &str); 20] = [
    ("organizations", 10, "i, 'org ' || i, (ARRAY['free', 'pro'])[1 + i % 2], $T"),
    ("users", 40, "i, 'user' || i || '@example.com', 'User ' || i, i % 10 <> 0, $T"),
    ("memberships", 60, "i, @organizations, @users, (ARRAY['owner', 'member', 'guest'])[1 + i % 3]"),
    ("categories", 12, "i, 'category-' || i, CASE WHEN i > 3 THEN 1 + i % 3 END"),
    (
        "products",
        50,
        "i, 'SKU-' || i, 'Product ' || i, i % 97 + 0.99, (ARRAY['book', 'toy', 'tool', 'food', 'game'])[1 + i % 5], @organizations, CASE WHEN i % 10 = 0 THEN $T END",
    ),
    ("product_categories", 50, "i, @categories"),
    ("customers", 60, "i, 'c' || i || '@example.com', 'country ' || i % 8, @users"),
    ("addresses", 70, "i, @customers, 'City ' || @customers, lpad(i::text, 7, '0')"),
    (
        "orders",
        100,
        "i, @customers, (ARRAY['new', 'paid', 'sent', 'back'])[1 + i % 4]::order_status, i % 500 + 0.5, $T",
    ),
    ("order_items", 200, "i, @orders, @products, 1 + i % 3"),
    ("payments", 90, "i, @orders, (ARRAY['card', 'bank', 'cash'])[1 + i % 3], md5(i::text), i % 500 + 0.5"),
    ("refunds", 10, "i, @payments, (ARRAY['broken', 'late'])[1 + i % 2]"),
    ("shipments", 80, "i, @orders, (ARRAY['north', 'south', 'fast', 'slow'])[1 + i % 4], md5(i::text)"),
    ("carts", 40, "i, @customers, $T"),
    ("cart_items", 80, "i, @carts, @products"),
    ("reviews", 70, "i, @products, @customers, 1 + i % 5, repeat('words ', 12) || i"),
    ("coupons", 15, "i, 'CODE' || i, 5 * (1 + i % 4)"),
    (
        "events",
        150,
        "i, @users, (ARRAY['view', 'click', 'buy', 'leave', 'search', 'login'])[1 + i % 6], $T, jsonb_build_object('page', i)",
    ),
    ("sessions", 60, "md5(i::text)::uuid, @users, $T"),
    ("audit_logs", 120, "i, @users, 'action ' || i % 12, $T"),
];

/// Statements that fill the shop, `times` as large as it is.
fn filled(times: u32) -> String {
    let mut sql = SHOP.to_owned();
    for (salt, (table, rows, values)) in FILLED.iter().enumerate() {
        let rows = rows * times;
        let mut values =
            values.replace("$T", &format!("timestamptz '2026-01-01' + i * (interval '200 days' / {rows})"));
        for (other, number, _) in FILLED {
            let number = number * times;
            values = values.replace(&format!("@{other}"), &format!("1 + abs(hashint4(i + {salt}000017)) % {number}"));
        }
        writeln!(sql, "INSERT INTO {table} SELECT {values} FROM generate_series(1, {rows}) i;").unwrap();
    }
    sql
}

/// The shop, in a database of its own.
pub async fn shop(times: u32) -> Database {
    let database = cluster().database(&filled(times)).await;
    cluster().run(&database.name, "VACUUM ANALYZE").await;
    database
}

const QUERIES: [&str; 40] = [
    "SELECT * FROM users WHERE email = $1",
    "SELECT * FROM users WHERE id = $1",
    "SELECT * FROM users WHERE name = $1",
    "SELECT * FROM memberships WHERE organization_id = $1",
    "SELECT * FROM memberships WHERE user_id = $1",
    "SELECT u.* FROM users u JOIN memberships m ON m.user_id = u.id WHERE m.organization_id = $1",
    "SELECT * FROM products WHERE sku = $1",
    "SELECT * FROM products WHERE organization_id = $1 AND kind = $2",
    "SELECT * FROM products WHERE kind = $1",
    "SELECT * FROM products WHERE deleted_at IS NULL ORDER BY id LIMIT 20",
    "SELECT p.* FROM products p JOIN product_categories pc ON pc.product_id = p.id WHERE pc.category_id = $1",
    "SELECT * FROM customers WHERE email = $1",
    "SELECT * FROM customers WHERE user_id = $1",
    "SELECT country, count(*) FROM customers GROUP BY country",
    "SELECT * FROM addresses WHERE customer_id = $1",
    "SELECT * FROM addresses WHERE zip = $1",
    "SELECT * FROM orders WHERE customer_id = $1 ORDER BY created_at DESC LIMIT 20",
    "SELECT * FROM orders WHERE status = 'new' ORDER BY created_at DESC LIMIT 50",
    "SELECT * FROM orders ORDER BY created_at DESC LIMIT 20",
    "SELECT * FROM orders ORDER BY total DESC LIMIT 20",
    "SELECT o.*, c.email FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id = $1",
    "SELECT o.*, c.email FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.created_at DESC LIMIT 20",
    "SELECT * FROM order_items WHERE order_id = $1",
    "SELECT * FROM order_items WHERE product_id = $1",
    "SELECT i.*, p.name FROM order_items i JOIN products p ON p.id = i.product_id WHERE i.order_id = $1",
    "SELECT sum(amount) FROM payments WHERE order_id = $1",
    "SELECT * FROM payments WHERE reference = $1",
    "SELECT r.* FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE p.order_id = $1",
    "SELECT * FROM shipments WHERE order_id = ANY($1)",
    "SELECT * FROM shipments WHERE tracking = $1",
    "DELETE FROM carts WHERE updated_at < $1",
    "UPDATE carts SET updated_at = now() WHERE customer_id = $1",
    "SELECT avg(stars) FROM reviews WHERE product_id = $1",
    "SELECT * FROM reviews WHERE customer_id = $1 ORDER BY id DESC LIMIT 10",
    "SELECT * FROM coupons WHERE code = $1",
    "SELECT * FROM events WHERE user_id = $1 ORDER BY at DESC LIMIT 50",
    "SELECT kind, count(*) FROM events WHERE at > $1 GROUP BY kind",
    "SELECT * FROM sessions WHERE user_id = $1",
    "SELECT * FROM audit_logs WHERE user_id = $1 ORDER BY at DESC LIMIT 100",
    "SELECT u.id, count(o.id) FROM users u JOIN customers c ON c.user_id = u.id JOIN orders o ON o.customer_id = c.id WHERE u.active GROUP BY u.id",
];

/// What a plan does to what, without its costs.
fn shape(plan: &PlanNode) -> String {
    let mut shape = String::new();
    plan.walk(&mut |node, depth| writeln!(shape, "{}{}", "  ".repeat(depth), node.title()).unwrap());
    shape
}

#[tokio::test]
async fn plans_at_a_thousand_times_the_size_are_those_of_a_database_that_is_so_large() {
    let (small, large) = tokio::join!(shop(1), shop(1_000));
    let (mut postgres, ready) = opened(&small.url, 100_000, &QUERIES).await;
    assert!(postgres.method().starts_with("planned in a scratch PostgreSQL"), "{}", postgres.method());
    let (mut truth, _) = opened(&large.url, 1, &QUERIES).await;
    let (mut wrong, mut errors) = (String::new(), Vec::new());
    let mut equal = 0;
    for Ready { query, prepared, .. } in &ready {
        let seen = postgres.plan_at(prepared, 1_000).await.unwrap();
        let real = truth.plan_on_server(prepared).await.unwrap();
        let (cost, real_cost) = (seen.cost.unwrap(), real.cost.unwrap());
        errors.push((cost / real_cost).max(real_cost / cost));
        if shape(&seen) == shape(&real) {
            equal += 1;
        } else {
            writeln!(wrong, "{}\n{}{cost}\nis really\n{}{real_cost}\n", query.sql, shape(&seen), shape(&real)).unwrap();
        }
    }
    postgres.close().await;
    truth.close().await;
    errors.sort_by(f64::total_cmp);
    let median = errors[errors.len() / 2];
    assert!(equal >= 38, "{equal} of {}\n{wrong}", QUERIES.len());
    assert!(median < 1.2, "{median}");
}

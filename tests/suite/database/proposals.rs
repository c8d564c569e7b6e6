//! Indexes that are proposed, on real databases.

use gonogo::model::{DatabaseReport, IndexProof};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection};

use super::examine;
use crate::support::probes::{Folder, Seen};

const SHOP: &str = "
    CREATE TABLE shops (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, shop_id INTEGER, customer_id INTEGER, status TEXT, created_at TEXT);
    CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INTEGER, sku TEXT);
    CREATE INDEX items_order_idx ON items (order_id);
";

async fn sqlite(sql: &str, queries: &[&str]) -> Seen {
    let folder = Folder::with(&[]);
    let path = folder.path().join("shop.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    examine(&format!("sqlite:{}", path.display()), queries).await
}

fn report(seen: &Seen) -> &DatabaseReport {
    seen.result.as_ref().unwrap().database.as_ref().unwrap()
}

fn proposed(seen: &Seen) -> Vec<String> {
    report(seen).proposals.iter().map(|proposal| format!("{} ({})", proposal.table, proposal.keys.join(", "))).collect()
}

#[tokio::test]
async fn an_index_that_helps_is_proven_in_the_copy() {
    let seen =
        sqlite(SHOP, &["SELECT * FROM orders WHERE customer_id = ?", "SELECT * FROM items WHERE order_id = ?"]).await;
    assert_eq!(proposed(&seen), ["orders (customer_id)"]);
    let proposal = &report(&seen).proposals[0];
    assert_eq!(proposal.proof, IndexProof::Copy);
    let gain = &proposal.gains[0];
    assert!(gain.before.unwrap() >= 100_000.0 && gain.after.unwrap() <= 100.0, "{gain:?}");
    assert_eq!(proposal.statement, "CREATE INDEX orders_customer_id_idx ON orders (customer_id);");
    let fix = &seen.findings[0].fix;
    assert!(fix.contains("CREATE INDEX") && fix.contains("proven in a copy"), "{fix}");
    let query = report(&seen).queries.iter().find(|query| query.sql.contains("items")).unwrap();
    assert!(query.harms.is_empty() && query.proposals.is_empty(), "{query:?}");
}

#[tokio::test]
async fn one_index_serves_several_queries() {
    let seen = sqlite(
        SHOP,
        &[
            "SELECT * FROM orders WHERE shop_id = ? AND status = ?",
            "SELECT * FROM orders WHERE status = ?",
            "SELECT * FROM orders WHERE status = ? AND shop_id = ? ORDER BY created_at DESC LIMIT 10",
        ],
    )
    .await;
    assert_eq!(report(&seen).proposals.len(), 1, "{:?}", proposed(&seen));
    assert!(proposed(&seen)[0].starts_with("orders (status"), "{:?}", proposed(&seen));
}

#[tokio::test]
async fn nothing_is_proposed_where_all_is_well_or_nothing_helps() {
    let seen = sqlite(
        SHOP,
        &[
            "SELECT * FROM orders WHERE id = ?",
            "SELECT * FROM items WHERE order_id = ?",
            "SELECT count(*) FROM orders",
            "SELECT * FROM shops WHERE name LIKE '%' || ? || '%'",
            "SELECT * FROM orders ORDER BY random() LIMIT 1",
        ],
    )
    .await;
    assert_eq!(proposed(&seen), [""; 0]);
    let random = seen.findings.iter().find(|finding| finding.rule.as_str() == "random-order").unwrap();
    assert_eq!(random.location.line(), Some(5));
    assert!(!seen.findings.iter().any(|f| f.location.line() == Some(5) && f.rule.as_str() == "full-table-scan"));
}

/// An app as people build it: every index that its queries need is there.
const APP: [&str; 6] = [
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, team_id INTEGER, seen_at TEXT)",
    "CREATE TABLE teams (id INTEGER PRIMARY KEY, slug TEXT NOT NULL UNIQUE, plan TEXT)",
    "CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id INTEGER, team_id INTEGER, title TEXT, published_at TEXT)",
    "CREATE TABLE comments (id INTEGER PRIMARY KEY, post_id INTEGER, author_id INTEGER, body TEXT, created_at TEXT)",
    "CREATE TABLE likes (post_id INTEGER, user_id INTEGER, PRIMARY KEY (post_id, user_id))",
    "CREATE TABLE sessions (token TEXT PRIMARY KEY, user_id INTEGER, expires_at TEXT)",
];
const INDEXES: [(&str, &str, &str); 6] = [
    ("users", "team_id", "SELECT * FROM users WHERE team_id = ?"),
    ("posts", "author_id", "SELECT p.* FROM posts p JOIN users u ON u.id = p.author_id WHERE u.email = ?"),
    ("posts", "team_id, published_at", "SELECT * FROM posts WHERE team_id = ? ORDER BY published_at DESC LIMIT 20"),
    ("comments", "post_id", "SELECT * FROM comments WHERE post_id IN (?, ?)"),
    ("likes", "user_id", "SELECT post_id FROM likes WHERE user_id = ?"),
    ("sessions", "expires_at", "DELETE FROM sessions WHERE expires_at < ?"),
];

fn app_without(left_out: Option<usize>) -> String {
    let tables = APP.iter().map(|table| (*table).to_owned());
    let indexes = INDEXES.iter().enumerate().filter(|(at, _)| Some(*at) != left_out);
    let indexes = indexes.map(|(at, (table, columns, _))| format!("CREATE INDEX i{at} ON {table} ({columns})"));
    tables.chain(indexes).map(|statement| format!("{statement};\n")).collect()
}

#[tokio::test]
async fn each_index_that_is_taken_away_is_proposed_again_and_nothing_else() {
    let queries: Vec<&str> = INDEXES.iter().map(|(_, _, query)| *query).collect();
    assert_eq!(proposed(&sqlite(&app_without(None), &queries).await), [""; 0]);
    for (at, (table, columns, _)) in INDEXES.iter().enumerate() {
        let seen = sqlite(&app_without(Some(at)), &queries).await;
        // SQLite assumes ten rows for each team, so that sorting them shows no gain.
        let expected = columns.split(", ").next().unwrap();
        let proposals = proposed(&seen);
        assert_eq!(proposals.len(), 1, "{table}: {proposals:?}");
        assert!(proposals[0].starts_with(&format!("{table} ({expected}")), "{table}: {proposals:?}");
    }
}

#[tokio::test]
async fn how_a_query_is_written_counts_as_well() {
    let seen = sqlite(
        SHOP,
        &[
            "SELECT * FROM items WHERE order_id = ? ORDER BY id LIMIT 20 OFFSET ?",
            "SELECT * FROM items WHERE order_id = ? ORDER BY id LIMIT 20 OFFSET 0",
            "SELECT s.id, (SELECT count(*) FROM orders o WHERE o.shop_id = s.id) FROM shops s WHERE s.id < ?",
            "SELECT o.id, (SELECT count(*) FROM items i WHERE i.order_id = o.id) FROM orders o WHERE o.id = ?",
        ],
    )
    .await;
    let of = |rule: &str| -> Vec<u32> {
        seen.findings.iter().filter(|f| f.rule.as_str() == rule).filter_map(|f| f.location.line()).collect()
    };
    assert_eq!(of("offset-paging"), [1]);
    assert_eq!(of("subquery-per-row"), [3]);
}

/// Each by itself, because an index for one may serve another.
#[tokio::test]
async fn the_first_rows_of_an_order_get_an_index_whatever_else_is_asked() {
    let schema = "CREATE TABLE a (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, score INTEGER NOT NULL, made INTEGER NOT NULL, facts TEXT, gone TEXT);
        CREATE VIEW live AS SELECT * FROM a WHERE gone IS NULL;";
    for (query, index) in [
        ("SELECT * FROM a WHERE kind = ? ORDER BY score LIMIT 10", "a (kind, score)"),
        ("SELECT * FROM a ORDER BY score DESC LIMIT 10", "a (score)"),
        ("SELECT * FROM a WHERE kind = ? AND made > ? ORDER BY score LIMIT 10", "a (kind, made)"),
        ("SELECT * FROM a WHERE json_extract(facts, '$.plan') = ?", "a ((json_extract(facts, '$.plan')))"),
        ("SELECT * FROM live WHERE score = ?", "a (score)"),
    ] {
        let seen = sqlite(schema, &[query]).await;
        assert_eq!(proposed(&seen), [index], "{query}");
        assert!(report(&seen).proposals.iter().all(|proposal| proposal.proof == IndexProof::Copy));
    }
}

#[tokio::test]
async fn a_subquery_for_each_row_names_the_table_that_it_reads() {
    let query = "SELECT s.id FROM shops s WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.shop_id = s.id)";
    let seen = sqlite(SHOP, &[query]).await;
    let per_row = &seen.of("subquery-per-row")[0].message;
    assert!(per_row.ends_with("reads up to all 100,000 rows of `orders` again for every row of its outer part"));
}

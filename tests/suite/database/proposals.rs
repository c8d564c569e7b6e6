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

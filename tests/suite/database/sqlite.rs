//! Plans of real SQLite files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gonogo::model::{Coverage, RuleId};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection};

use super::{coverage, examine, failure, lines, messages};
use crate::support::probes::Folder;

const SHOP: &str = "
    CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT, city TEXT COLLATE NOCASE);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, status TEXT, created_at TEXT, total REAL);
    CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, sku TEXT);
    CREATE INDEX items_order_idx ON items (order_id);
    CREATE INDEX orders_created_idx ON orders (created_at);
    CREATE INDEX orders_open_idx ON orders (total) WHERE status = 'open';
    CREATE INDEX customers_city_idx ON customers (city);
    CREATE VIEW open_orders AS SELECT o.id AS id, o.customer_id AS customer_id FROM orders o WHERE o.status = 'open';
    CREATE VIRTUAL TABLE notes USING fts5(text);
    CREATE TRIGGER tr AFTER INSERT ON orders BEGIN DELETE FROM items; END;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
      INSERT INTO orders (customer_id, status) SELECT i, 'done' FROM n;
";

async fn open(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn make(folder: &Folder, sql: &str) -> PathBuf {
    let path = folder.path().join("shop.db");
    let mut connection = open(&path).await;
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    path
}

/// Every file of the folder with its bytes.
fn files(folder: &Folder) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.clone(), std::fs::read(&path).unwrap())).collect()
}

fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

#[tokio::test]
async fn with_fifty_rows_the_indexed_query_passes_and_the_other_is_found() {
    let folder = Folder::with(&[]);
    let path = make(&folder, SHOP).await;
    let before = files(&folder);
    let seen = examine(
        &url(&path),
        &[
            "SELECT * FROM customers WHERE email = ?",
            "SELECT * FROM orders WHERE customer_id = ?",
            "SELECT * FROM items i JOIN orders o ON o.id = i.order_id WHERE i.order_id = :id",
            "SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.email = ?",
            "UPDATE orders SET status = 'x' WHERE id = @id",
            "DELETE FROM items WHERE sku = %s",
            "SELECT * FROM orders ORDER BY created_at DESC LIMIT ?",
            "SELECT * FROM orders WHERE total > ? LIMIT 1",
            "SELECT count(*) FROM orders",
            "SELECT * FROM open_orders WHERE customer_id = ?",
            "SELECT * FROM orders WHERE status = ? AND total > ?",
            "SELECT * FROM notes WHERE notes MATCH ?",
            "SELECT max(created_at) FROM orders",
            "SELECT max(customer_id) FROM orders",
            "SELECT * FROM orders ORDER BY customer_id LIMIT 20",
            "SELECT o.*, c.name FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.created_at LIMIT 20",
        ],
    )
    .await;
    assert_eq!(failure(&seen), "");
    assert_eq!(lines(&seen), [2, 4, 6, 8, 9, 10, 14, 15], "{:#?}", messages(&seen));
    assert_eq!(
        messages(&seen)[0],
        "2: `SELECT * FROM orders WHERE customer_id = ?` reads all 100,000 rows of `orders`: no index starts with `customer_id`"
    );
    assert!(messages(&seen)[1].ends_with("reads all 100,000 rows of `orders`: no index starts with `customer_id`"));
    assert!(
        seen.findings[0].fix.contains("CREATE INDEX orders_customer_id_idx ON orders (customer_id);"),
        "{}",
        seen.findings[0].fix
    );
    assert!(seen.findings[0].evidence.iter().any(|e| e.text.contains("about 50 rows now")));
    // One of them compares with a parameter where only a partial index serves.
    let Coverage::Part(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
    assert!(why.starts_with("1 of ") && why.contains("a value that only the running program knows"), "{why}");
    assert_eq!(files(&folder), before, "the file's bytes are unchanged and nothing stands beside it");
    let backups = seen.result.as_ref().unwrap().coverage(&RuleId::from_static("wal-archiving-failing")).unwrap();
    assert!(matches!(backups, Coverage::Nothing(_)), "a file needs backups as a server does: {backups:?}");
}

#[tokio::test]
async fn patterns_know_that_like_ignores_case() {
    let folder = Folder::with(&[]);
    let path = make(&folder, SHOP).await;
    let seen = examine(
        &url(&path),
        &[
            "SELECT * FROM customers WHERE city LIKE 'x%'",
            "SELECT * FROM customers WHERE email LIKE 'x%'",
            "SELECT * FROM customers WHERE name LIKE '%x%'",
            "SELECT * FROM customers WHERE city LIKE ?",
        ],
    )
    .await;
    assert_eq!(lines(&seen), [2, 3], "{:#?}", messages(&seen));
    assert!(seen.findings[0].fix.contains("COLLATE NOCASE"), "{}", seen.findings[0].fix);
    assert!(matches!(coverage(&seen), Coverage::Part(_)), "{:?}", coverage(&seen));
}

#[tokio::test]
async fn a_file_in_wal_mode_is_read_while_another_process_writes() {
    let folder = Folder::with(&[]);
    let path = make(&folder, "PRAGMA journal_mode = WAL; CREATE TABLE first (id INTEGER PRIMARY KEY, a)").await;
    // At rest there is no log, and opening must not make one.
    let before = files(&folder);
    assert_eq!(before.len(), 1);
    let seen = examine(&url(&path), &["SELECT * FROM first WHERE a = 1"]).await;
    assert_eq!(lines(&seen), [1], "{}", failure(&seen));
    assert_eq!(files(&folder), before);
    // What only stands in the log yet is seen too.
    let mut writer = open(&path).await;
    sqlx::raw_sql("PRAGMA wal_autocheckpoint = 0; CREATE TABLE second (id INTEGER PRIMARY KEY, a); BEGIN IMMEDIATE; INSERT INTO second VALUES (1, 1)")
        .execute(&mut writer)
        .await
        .unwrap();
    let names: Vec<PathBuf> = files(&folder).into_keys().collect();
    let before = [std::fs::read(&path).unwrap(), std::fs::read(folder.path().join("shop.db-wal")).unwrap()];
    let seen = examine(&url(&path), &["SELECT * FROM second WHERE a = 1"]).await;
    assert_eq!(lines(&seen), [1], "{}", failure(&seen));
    assert_eq!([std::fs::read(&path).unwrap(), std::fs::read(folder.path().join("shop.db-wal")).unwrap()], before);
    assert_eq!(files(&folder).into_keys().collect::<Vec<_>>(), names);
    sqlx::raw_sql("COMMIT").execute(&mut writer).await.unwrap();
}

#[tokio::test]
async fn a_log_without_its_index_is_left_alone() {
    let folder = Folder::with(&[]);
    let path = make(&folder, "PRAGMA journal_mode = WAL; CREATE TABLE t (a)").await;
    folder.write("shop.db-wal", "left over");
    let before = files(&folder);
    let seen = examine(&url(&path), &["SELECT * FROM t"]).await;
    assert!(failure(&seen).contains("unfinished log"), "{}", failure(&seen));
    assert_eq!(files(&folder), before);
}

#[tokio::test]
async fn files_that_cannot_be_used_are_one_line_each_and_none_is_made() {
    let folder = Folder::with(&[("text.db", "no database at all, only text that is long enough"), ("empty.db", "")]);
    let good = make(&folder, SHOP).await;
    let mut bytes = std::fs::read(&good).unwrap();
    for byte in bytes.iter_mut().skip(100).take(4000) {
        *byte = 0xff;
    }
    folder.write("broken.db", &bytes);
    folder.write("short.db", &bytes[..700]);
    let before = files(&folder);
    for (name, says) in [
        ("missing.db", "there is no SQLite file"),
        ("no/folder.db", "there is no SQLite file"),
        ("text.db", "is not a SQLite database"),
        ("empty.db", "is empty; run the project's migrations first"),
        ("broken.db", "is damaged"),
        ("short.db", "short.db"),
        ("", "is not a file"),
    ] {
        let seen = examine(&url(&folder.path().join(name)), &["SELECT 1"]).await;
        let message = failure(&seen);
        assert!(message.contains(says) && message.contains(';') && !message.contains('\n'), "{name}: {message}");
    }
    assert_eq!(files(&folder), before);
}

#[tokio::test]
async fn a_file_that_another_process_has_locked_is_given_up_on() {
    let folder = Folder::with(&[]);
    let path = make(&folder, SHOP).await;
    let mut writer = open(&path).await;
    sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut writer).await.unwrap();
    let began = std::time::Instant::now();
    let seen = examine(&url(&path), &["SELECT 1"]).await;
    assert!(failure(&seen).contains("locked by another process"), "{}", failure(&seen));
    assert!(began.elapsed() < std::time::Duration::from_secs(8));
}

#[tokio::test]
async fn nothing_that_a_query_says_is_done() {
    let folder = Folder::with(&[]);
    let path = make(&folder, SHOP).await;
    let other = folder.path().join("attached.db");
    let before = files(&folder);
    let attach = format!("ATTACH '{}' AS x", other.display());
    let seen = examine(
        &url(&path),
        &[
            &attach,
            "DELETE FROM orders WHERE id = 1",
            "DROP TABLE orders",
            "PRAGMA user_version = 7",
            "SELECT my_function(id) FROM orders WHERE id = 1",
            "VACUUM",
        ],
    )
    .await;
    assert_eq!(failure(&seen), "");
    let Coverage::Part(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
    assert!(why.contains("1 call a function that SQLite does not have"), "{why}");
    assert!(!other.exists());
    assert_eq!(files(&folder), before);
}

#[tokio::test]
async fn paths_are_found_the_way_prisma_and_people_write_them() {
    let folder = Folder::with(&[("prisma/schema.prisma", "")]);
    let path = make(&folder, SHOP).await;
    std::fs::rename(path, folder.path().join("prisma/dev.db")).unwrap();
    let file = folder.write("q.sql", "SELECT * FROM orders WHERE customer_id = 1;");
    let settings = super::settings("file:./dev.db", Some(&file));
    let seen =
        crate::support::probes::run(&gonogo::probe::database::DatabaseProbe, folder.path(), settings).await.unwrap();
    let seen = super::of_queries(seen);
    assert_eq!(seen.places(), ["full-table-scan q.sql:1"]);
}

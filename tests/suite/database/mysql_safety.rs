//! Nothing that the probe sends to a MariaDB server changes anything or stands in the way of others.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection};

use super::{coverage, examine, failure, gaps, lines, messages};
use crate::support::mariadb::{OWNER, server};
use crate::support::postgres::password;
use gonogo::model::Coverage;

/// Functions that write, wait or lie about what they do, in plain sight and behind views.
const TRAPS: [&str; 11] = [
    "CREATE TABLE victims (id int PRIMARY KEY, name varchar(20))",
    "CREATE TABLE log (line varchar(50))",
    "CREATE FUNCTION write_it(t varchar(20)) RETURNS varchar(20) DETERMINISTIC BEGIN INSERT INTO log VALUES (t); RETURN t; END",
    "CREATE FUNCTION lower_it(n int) RETURNS int DETERMINISTIC RETURN n",
    "CREATE FUNCTION `count`(n int) RETURNS int DETERMINISTIC BEGIN INSERT INTO log VALUES ('count'); RETURN n; END",
    "CREATE VIEW trap AS SELECT id, write_it('view') AS w FROM victims WHERE name = write_it('view')",
    "CREATE VIEW behind AS SELECT * FROM trap",
    "CREATE VIEW waiting AS SELECT sleep(5) AS s",
    "CREATE SEQUENCE numbers",
    "CREATE TRIGGER gone AFTER DELETE ON victims FOR EACH ROW INSERT INTO log VALUES ('trigger')",
    "INSERT INTO victims VALUES (1, 'a'), (2, 'b')",
];

const ATTACKS: [&str; 21] = [
    "SELECT * FROM victims WHERE name = write_it('direct')",
    "SELECT * FROM (SELECT write_it('derived') AS x) d",
    "SELECT * FROM (SELECT count (1) AS x) d",
    "SELECT * FROM (SELECT `count`(1) AS x) d",
    "SELECT * FROM (SELECT sleep(5) AS x) d",
    "SELECT * FROM (SELECT benchmark(1000000000, md5('x')) AS x) d",
    "SELECT * FROM (SELECT get_lock('a', 5) AS x) d",
    "SELECT * FROM (SELECT nextval(numbers) AS x) d",
    "SELECT * FROM (SELECT NEXT VALUE FOR numbers AS x) d",
    "SELECT * FROM trap",
    "SELECT * FROM behind WHERE id = ?",
    "SELECT * FROM waiting",
    "DELETE FROM victims",
    "DELETE FROM victims WHERE id = 1",
    "UPDATE victims SET name = write_it('update') WHERE id = 1",
    "INSERT INTO victims VALUES (3, write_it('insert'))",
    "REPLACE INTO victims VALUES (1, 'x')",
    "SELECT * FROM victims INTO OUTFILE '/tmp/gonogo-outfile'",
    "SELECT /*! write_it('comment'), */ id FROM victims",
    "SELECT * FROM victims WHERE id = 1 FOR UPDATE",
    "CREATE TABLE made AS SELECT * FROM victims",
];

#[tokio::test]
async fn functions_that_write_or_wait_while_a_query_is_planned_do_nothing() {
    let database = server().database(&TRAPS).await;
    // The trap is real: plain EXPLAIN runs the function of a derived table.
    let mut connection = server().connect(OWNER, &database.name).await;
    sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN {}", ATTACKS[1]))).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    assert_eq!(database.number("SELECT count(*) FROM log").await, 1);

    let began = Instant::now();
    for url in [database.url.clone(), server().url(OWNER, &database.name)] {
        let seen = examine(&url, &ATTACKS).await;
        let Coverage::Part(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
        for part in [
            "or that waits or writes (write_it)",
            "or that waits or writes (sleep)",
            "or that waits or writes (benchmark)",
            "or that waits or writes (get_lock)",
            "or that waits or writes (nextval)",
            "2 call a function that the database itself defines, or that waits or writes (count)",
            "read a view which calls sleep",
        ] {
            assert!(why.contains(part), "{part}: {why}");
        }
        assert!(why.contains("2 read a view which calls"), "{why}");
        let warned = gaps(&seen).iter().any(|(reason, _)| reason.contains("the privilege SUPER"));
        assert_eq!(warned, url.contains(OWNER), "{:?}", gaps(&seen));
    }
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert_eq!(database.number("SELECT count(*) FROM log").await, 1);
    assert_eq!(database.number("SELECT count(*) FROM victims WHERE name IN ('a', 'b')").await, 2);
    assert_eq!(database.number("SELECT next_not_cached_value FROM numbers").await, 1);
    assert_eq!(database.number("SELECT count(*) FROM information_schema.tables WHERE table_name = 'made'").await, 0);
    assert!(!std::path::Path::new("/tmp/gonogo-outfile").exists());
}

#[tokio::test]
async fn no_value_of_a_row_gets_out_with_a_plan() {
    let database = server()
        .database(&[
            "CREATE TABLE customers (id int PRIMARY KEY, email varchar(50), size int)",
            "CREATE TABLE orders (id int PRIMARY KEY, email varchar(50), size int, KEY (size))",
            "INSERT INTO customers VALUES (1, 'alice@example.org', 987654)",
            "INSERT INTO orders SELECT seq, concat('p', seq), seq FROM seq_1_to_50",
        ])
        .await;
    let join = "SELECT * FROM customers c JOIN orders o ON o.email = c.email WHERE c.id = 1";
    let range = "SELECT * FROM customers c JOIN orders o ON o.size > c.size WHERE c.id = ? ORDER BY o.email";
    // The server does put them there.
    let mut connection = server().connect(OWNER, &database.name).await;
    let plan: (String,) =
        sqlx::query_as(AssertSqlSafe(format!("EXPLAIN FORMAT=JSON {join}"))).fetch_one(&mut connection).await.unwrap();
    assert!(plan.0.contains("alice@example.org"), "{}", plan.0);
    let seen = examine(&database.url, &[join, range]).await;
    assert!(lines(&seen).contains(&1), "{:?}", messages(&seen));
    let report = seen.result.as_ref().unwrap().database.as_ref().unwrap();
    let told = format!("{:?} {:?} {:?}", seen.findings, report, gaps(&seen));
    assert!(told.contains("o.email = ?"), "{told}");
    assert!(!told.contains("alice") && !told.contains("987654"), "{told}");
}

#[tokio::test]
async fn one_statement_is_sent_at_a_time_and_the_session_cannot_write() {
    let database = server().database(&["CREATE TABLE t (id int PRIMARY KEY, a int)"]).await;
    let mark = format!("mark_{}", database.name);
    let attacks = [
        format!("SELECT '{mark}_1' FROM t WHERE a = '\\\\'; DROP TABLE t; -- '"),
        format!("SELECT '{mark}_2\\'; DROP TABLE t; -- ' FROM t"),
        format!("SELECT \"{mark}_3'; DROP TABLE t; -- \" FROM t"),
        format!("SET SESSION TRANSACTION READ WRITE /* {mark}_4 */"),
        format!("EXPLAIN DELETE FROM t WHERE '{mark}_5' = ''"),
        format!("ANALYZE FORMAT=JSON DELETE FROM t WHERE '{mark}_6' = ''"),
        format!("SELECT '{mark}_7' INTO @x"),
        "SELECT * FROM t WHERE a = 1".to_owned(),
        "DELETE FROM t WHERE a = 'it\\'s \\\\'".to_owned(),
    ];
    let texts: Vec<&str> = attacks.iter().map(String::as_str).collect();
    let seen = examine(&database.url, &texts).await;
    assert!(seen.result.is_ok(), "{}", failure(&seen));
    let log = server().log();
    let sent: Vec<&str> = log.lines().filter(|line| line.contains(&mark)).collect();
    assert!(sent.iter().all(|line| line.contains("EXPLAIN FORMAT=JSON SELECT")), "{sent:#?}");
    for number in 4..=7 {
        assert!(!log.contains(&format!("{mark}_{number}")), "{number} was sent");
    }
    assert!(log.contains("SET SESSION TRANSACTION READ ONLY") && log.contains("START TRANSACTION READ ONLY"));
    assert_eq!(database.number("SELECT count(*) FROM t").await, 0);
    assert!(lines(&seen).contains(&8) && lines(&seen).contains(&9), "{:?}", messages(&seen));
}

#[tokio::test]
async fn locks_rights_cuts_and_slow_servers_end_within_the_limits() {
    let database = server()
        .database(&[
            "CREATE TABLE t (id int PRIMARY KEY, a int)",
            "CREATE TABLE u (id int PRIMARY KEY)",
            "CREATE VIEW v AS SELECT * FROM t",
        ])
        .await;
    let mut other = server().connect(OWNER, &database.name).await;
    sqlx::raw_sql("LOCK TABLES t WRITE").execute(&mut other).await.unwrap();
    let began = Instant::now();
    let seen = examine(&database.url, &["SELECT * FROM t WHERE a = 1", "SELECT * FROM u WHERE id = 1"]).await;
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    let Coverage::Part(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
    assert!(
        why.contains("1 of 2 queries could not be examined: 1 read a table that another session has locked"),
        "{why}"
    );
    sqlx::raw_sql("UNLOCK TABLES").execute(&mut other).await.unwrap();

    for statement in [
        format!("REVOKE ALL ON {0}.* FROM {0}@'%'", database.name),
        format!("GRANT SELECT ON {0}.u TO {0}@'%'", database.name),
        format!("GRANT SELECT ON {0}.v TO {0}@'%'", database.name),
    ] {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut other).await.unwrap();
    }
    let seen =
        examine(&database.url, &["SELECT * FROM t WHERE a = 1", "SELECT * FROM v WHERE id = 1", "SELECT * FROM u"])
            .await;
    let Coverage::Part(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
    assert!(why.contains("1 read a table that this user may not read"), "{why}");
    assert!(why.contains("1 read a view whose definition this user may not see"), "{why}");

    let name = database.name.clone();
    let cutter = tokio::spawn(async move {
        // In mid-run: the sixth plan was asked for.
        while !server().log().contains("EXPLAIN FORMAT=JSON SELECT 5 FROM u") {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        sqlx::raw_sql(AssertSqlSafe(format!("KILL USER {name}"))).execute(&mut other).await.unwrap();
    });
    let queries: Vec<String> = (0..200).map(|n| format!("SELECT {n} FROM u WHERE id > 1")).collect();
    let texts: Vec<&str> = queries.iter().map(String::as_str).collect();
    let seen = examine(&database.url, &texts).await;
    cutter.await.unwrap();
    let Coverage::Part(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
    assert!(why.contains("were not reached before the connection was lost"), "{why}");

    let url = stalling(server().port).await.replace("DATABASE", &database.name);
    let began = Instant::now();
    let seen = examine(&url, &["SELECT * FROM u", "SELECT * FROM u WHERE id = 1"]).await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let Coverage::Nothing(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
    assert!(why.contains("2 were not reached before the connection was lost"), "{why}");
}

/// The address of a server that answers until the first plan is asked for, and then falls silent.
async fn stalling(port: u16) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.unwrap();
        let server = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
            (client.into_split(), server.into_split());
        tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
        let mut buffer = vec![0_u8; 16_384];
        loop {
            let length = from_client.read(&mut buffer).await.unwrap_or(0);
            let sent = &buffer[..length];
            if length == 0 || sent.windows(7).any(|part| part == b"EXPLAIN") {
                break;
            }
            to_server.write_all(sent).await.unwrap();
        }
        std::future::pending::<()>().await;
    });
    format!("mysql://DATABASE:{}@127.0.0.1:{own}/DATABASE", password())
}

#[tokio::test]
async fn a_server_that_cannot_be_used_is_one_line_without_the_password() {
    let server = server();
    let word = ["hun", "ter2"].concat();
    let good = password();
    let port = server.port;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mute_port = mute.local_addr().unwrap().port();
    let babble = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let babble_port = babble.local_addr().unwrap().port();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = babble.accept() {
            let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    for (url, says) in [
        (format!("mysql://owner:{word}@127.0.0.1:{closed}/shop"), "nothing listens for shop on 127.0.0.1"),
        (format!("mysql://owner:{word}@127.0.0.1:{port}/mysql"), "the server refused user and password for mysql on"),
        (format!("mysql://owner:{good}@127.0.0.1:{port}/no_such_db"), "the server has no database for no_such_db"),
        (format!("mariadb://owner:{good}@127.0.0.1:{port}/mysql?ssl-mode=REQUIRED"), "and its address requires one"),
        (format!("mysql2://owner:{good}@127.0.0.1:{port}/mysql?sslaccept=strict"), "and its address requires one"),
        (format!("mysql://owner:{word}@127.0.0.1:{mute_port}/shop"), "did not answer within 5 s"),
        (format!("mysql://owner:{word}@127.0.0.1:{babble_port}/shop"), "check that a MySQL server listens there"),
        (format!("mysql://owner:{word}@name.invalid/shop"), "the host of shop on name.invalid"),
        (format!("mysql://owner:{word}@localhost/shop?socket=/nowhere/sock"), "there is no socket for shop"),
    ] {
        let seen = examine(&url, &["SELECT 1"]).await;
        let message = failure(&seen);
        assert!(message.contains(says), "{says}: {message}");
        assert!(!message.contains(&word) && !message.contains(&good) && !message.contains('\n'), "{message}");
        assert!(message.contains(';'), "what to do next: {message}");
    }
    let socket = server.socket().display().to_string();
    let url = format!("mysql+pymysql://owner:{good}@/mysql?unix_socket={socket}&connection_limit=1");
    assert_eq!(failure(&examine(&url, &["SELECT 1"]).await), "");
}

//! What cannot be examined at all ends with one line that helps and gives nothing away.

use gonogo::model::{Coverage, Offer, OfferTarget, ProbeId, Secret, Settings, SkipReason};
use gonogo::probe::database::DatabaseProbe;
use gonogo::probe::{Probe, Touches};

use super::{coverage, examine, failure, settings};
use crate::support::postgres::cluster;
use crate::support::probes::{Folder, bare_project, run};

#[test]
fn without_a_database_the_probe_says_what_to_name() {
    let folder = Folder::with(&[]);
    let mut project = bare_project(folder.path());
    let skip = DatabaseProbe.plan(&project, &Settings::default()).unwrap_err();
    assert_eq!(skip.reason, SkipReason::NothingToExamine);
    assert_eq!(skip.why, "no database was named; give --database URL (postgres://…, mysql://… or sqlite:PATH)");
    project.offers.push(Offer {
        probe: ProbeId::from_static("database"),
        target: OfferTarget::Database(Secret::new("postgres://localhost/shop")),
        found_in: "DATABASE_URL in .env".to_owned(),
        shown: "postgres on localhost".to_owned(),
    });
    let skip = DatabaseProbe.plan(&project, &Settings::default()).unwrap_err();
    assert!(skip.why.contains("postgres on localhost (DATABASE_URL in .env)"), "{}", skip.why);
}

#[test]
fn the_plan_names_the_target_without_its_credentials() {
    let folder = Folder::with(&[]);
    let project = bare_project(folder.path());
    let word = ["hun", "ter2"].concat();
    for (url, summary, touches) in [
        (
            format!("postgres://ann:{word}@db.example.com/shop?password={word}"),
            "PostgreSQL database shop on db.example.com:5432",
            Touches::Database,
        ),
        (
            format!("postgres://ann:{word}@127.0.0.1:6000/shop"),
            "PostgreSQL database shop on 127.0.0.1:6000",
            Touches::LocalDatabase,
        ),
        ("file:./dev.db".to_owned(), "SQLite database ./dev.db", Touches::LocalDatabase),
    ] {
        let plan = DatabaseProbe.plan(&project, &settings(&url, None)).unwrap();
        assert_eq!((plan.summary, plan.touches), (format!("examine the {summary}, read-only"), touches));
    }
    for url in [format!("mysql://ann:{word}@h"), format!("oracle://ann:{word}@h/d"), format!("ann:{word}@h")] {
        let skip = DatabaseProbe.plan(&project, &settings(&url, None)).unwrap_err();
        assert!(!skip.why.contains(&word) && skip.why.contains("--database"), "{}", skip.why);
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_used_is_one_line_without_the_password() {
    let cluster = cluster();
    let word = ["hun", "ter2"].concat();
    let port = cluster.port;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mute_port = mute.local_addr().unwrap().port();
    let good = crate::support::postgres::password();
    for (url, says) in [
        (format!("postgres://owner:{word}@127.0.0.1:{closed}/shop"), "nothing listens for shop on 127.0.0.1"),
        (
            format!("postgres://owner:{word}@127.0.0.1:{port}/postgres"),
            "the server refused the password for postgres on 127.0.0.1",
        ),
        (format!("postgres://nobody_here:{word}@127.0.0.1:{port}/postgres"), "the server refused the password"),
        (format!("postgres://owner:{good}@127.0.0.1:{port}/no_such_db"), "the server has no database for no_such_db"),
        (format!("postgres://owner:{good}@127.0.0.1:{port}/postgres?sslmode=require"), "no TLS connection to postgres"),
        (format!("postgres://owner:{word}@127.0.0.1:{mute_port}/shop"), "did not answer within 5 s"),
        (format!("postgres://owner:{word}@name.invalid/shop"), "the host of shop on name.invalid"),
        (format!("postgres://owner:{word}@%2Fnowhere/shop"), "there is no socket for shop"),
    ] {
        let seen = examine(&url, &["SELECT 1"]).await;
        let message = failure(&seen);
        assert!(message.contains(says), "{says}: {message}");
        assert!(!message.contains(&word) && !message.contains(&good) && !message.contains('\n'), "{message}");
        assert!(message.contains(';'), "what to do next: {message}");
    }
}

#[tokio::test]
async fn a_server_that_wants_tls_is_told_apart_from_a_wrong_password() {
    // A server's real answer where pg_hba.conf has only `hostssl` rules.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut buffer = [0_u8; 512];
        let _ = socket.read(&mut buffer).await;
        let _ = socket.write_all(b"N").await;
        let _ = socket.read(&mut buffer).await;
        let mut fields = Vec::new();
        for field in [
            "SFATAL",
            "VFATAL",
            "C28000",
            "Mno pg_hba.conf entry for host \"10.0.0.1\", user \"a\", database \"b\", no encryption",
        ] {
            fields.extend_from_slice(field.as_bytes());
            fields.push(0);
        }
        fields.push(0);
        let mut message = vec![b'E'];
        message.extend_from_slice(&u32::try_from(fields.len() + 4).unwrap().to_be_bytes());
        message.extend_from_slice(&fields);
        let _ = socket.write_all(&message).await;
    });
    let seen = examine(&format!("postgres://a:x@127.0.0.1:{port}/b"), &["SELECT 1"]).await;
    assert!(failure(&seen).contains("wants TLS; add ?sslmode=require"), "{}", failure(&seen));
}

#[tokio::test]
async fn a_socket_is_as_good_as_a_port_and_no_sql_is_no_pass() {
    let cluster = cluster();
    let socket = cluster.socket().display().to_string().replace('/', "%2F");
    let url = format!(
        "postgres://owner:{}@{socket}:{}/postgres?connection_limit=1",
        crate::support::postgres::password(),
        cluster.port
    );
    let folder = Folder::with(&[]);
    let seen = run(&DatabaseProbe, folder.path(), settings(&url, None)).await.unwrap();
    assert_eq!(failure(&seen), "");
    let Coverage::Nothing(why) = coverage(&seen) else { panic!("{:?}", coverage(&seen)) };
    assert!(why.starts_with("no SQL was found in the code"), "{why}");
}

#[tokio::test]
async fn a_file_of_queries_that_cannot_be_read_is_one_line() {
    let folder = Folder::with(&[("open.sql", "SELECT 'x")]);
    let database = folder.write("a.db", "");
    let url = format!("sqlite:{}", database.display());
    for (file, says) in [("missing.sql", "cannot be read"), ("", "is not a file")] {
        let path = folder.path().join(file);
        let seen = run(&DatabaseProbe, folder.path(), settings(&url, Some(&path))).await.unwrap();
        assert!(failure(&seen).contains(says), "{}", failure(&seen));
    }
}

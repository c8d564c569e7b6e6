//! TLS to a database server, as its address asks for it.

use gonogo::model::Coverage;

use super::{coverage, examine, failure};
use crate::support::mariadb;
use crate::support::postgres::{Cluster, OWNER, password};
use crate::support::tls_server::Authority;

/// What an address adds, and a part of the line that the probe then ends with; nothing where it works.
type Case<'a> = (String, &'a str);

async fn hold(cases: &[Case<'_>], url: impl Fn(&str) -> String) {
    for (asked, says) in cases {
        let seen = examine(&url(asked), &["SELECT 1"]).await;
        let message = failure(&seen);
        if says.is_empty() {
            assert_eq!(message, "", "{asked}");
            assert_eq!(coverage(&seen), Coverage::Whole, "{asked}");
        } else {
            assert!(message.contains(says), "{asked}: {message}");
            assert!(message.contains(';') && !message.contains('\n'), "one line that says what to do: {message}");
        }
        assert!(!message.contains(&password()), "{message}");
    }
}

#[tokio::test]
async fn postgresql_is_reached_by_tls_as_the_address_asks() {
    let root = Authority::root("Database CA");
    let (ours, strange) = (root.file(), Authority::root("Somebody Else").file());
    let (ours, strange) = (ours.path().display(), strange.path().display());
    let refused = "no TLS connection to postgres";
    let server = Cluster::with_tls(&root.issue_pem("localhost"));
    let cases = [
        (String::new(), ""),
        ("?sslmode=disable".to_owned(), "wants TLS; add ?sslmode=require"),
        ("?sslmode=require".to_owned(), ""),
        (format!("?sslmode=verify-ca&sslrootcert={ours}"), ""),
        (format!("?sslmode=verify-full&sslrootcert={ours}"), ""),
        (format!("?sslmode=verify-ca&sslrootcert={strange}"), refused),
        (format!("?sslmode=verify-full&sslrootcert={strange}"), refused),
        ("?sslmode=verify-full".to_owned(), refused),
        ("?sslmode=verify-full&sslrootcert=/nowhere.pem".to_owned(), "names for TLS is not there; check ?sslrootcert="),
    ];
    let url =
        |host: &str, asked: &str| format!("postgres://{OWNER}:{}@{host}:{}/postgres{asked}", password(), server.port);
    hold(&cases, |asked| url("localhost", asked)).await;
    // The certificate is for another name.
    let cases = [
        (format!("?sslmode=verify-ca&sslrootcert={ours}"), ""),
        (format!("?sslmode=verify-full&sslrootcert={ours}"), refused),
    ];
    hold(&cases, |asked| url("127.0.0.1", asked)).await;
}

#[tokio::test]
async fn mariadb_is_reached_by_tls_as_the_address_asks() {
    let root = Authority::root("Database CA");
    let (ours, strange) = (root.file(), Authority::root("Somebody Else").file());
    let (ours, strange) = (ours.path().display(), strange.path().display());
    let refused = "no TLS connection to mysql";
    let server = mariadb::Server::with_tls(&root.issue_pem("localhost"));
    let cases = [
        (String::new(), ""),
        ("?ssl-mode=DISABLED".to_owned(), "wants TLS"),
        ("?ssl-mode=REQUIRED".to_owned(), ""),
        (format!("?ssl-mode=VERIFY_CA&ssl-ca={ours}"), ""),
        (format!("?ssl-mode=VERIFY_IDENTITY&ssl-ca={ours}"), ""),
        (format!("?ssl-mode=VERIFY_CA&ssl-ca={strange}"), refused),
        (format!("?sslaccept=strict&ssl-ca={strange}"), refused),
        ("?ssl-mode=VERIFY_IDENTITY".to_owned(), refused),
        ("?ssl-mode=VERIFY_CA&ssl-ca=/nowhere.pem".to_owned(), "names for TLS is not there; check ?ssl-ca="),
    ];
    let url = |host: &str, asked: &str| {
        format!("mysql://{}:{}@{host}:{}/mysql{asked}", mariadb::OWNER, password(), server.port)
    };
    hold(&cases, |asked| url("localhost", asked)).await;
    let cases = [
        (format!("?ssl-mode=VERIFY_CA&ssl-ca={ours}"), ""),
        (format!("?ssl-mode=VERIFY_IDENTITY&ssl-ca={ours}"), refused),
    ];
    hold(&cases, |asked| url("127.0.0.1", asked)).await;
}

//! Stapled OCSP responses, made by `openssl ocsp`.

use std::path::Path;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use rcgen::CustomExtension;

use super::*;
use crate::support::probes::run_at;
use crate::support::tls_server::{Authority, Identity, OpensslServer};

const SERIAL: [u8; 4] = [0x12, 0x34, 0xab, 0xcd];

fn identity(root: &Authority, must_staple: bool) -> Identity {
    root.issue_changed("localhost", |params| {
        params.serial_number = Some(SERIAL.to_vec().into());
        if must_staple {
            // RFC 7633: SEQUENCE OF INTEGER with status_request, 5.
            let extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 24], vec![0x30, 3, 2, 1, 5]);
            params.custom_extensions.push(extension);
        }
    })
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let done = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

/// What `root` answers about the certificate: `V` for valid, `R` for revoked; good for one day.
fn response(root: &Authority, status: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| std::fs::write(folder.path().join(name), content).unwrap();
    let revoked = if status == "R" { "260101000000Z" } else { "" };
    write("index.txt", format!("{status}\t490101000000Z\t{revoked}\t1234ABCD\tunknown\t/CN=localhost\n").as_bytes());
    std::fs::copy(root.file().path(), folder.path().join("ca.pem")).unwrap();
    write("ca.key", root.key().as_bytes());
    openssl(folder.path(), &["ocsp", "-issuer", "ca.pem", "-serial", "0x1234ABCD", "-reqout", "request", "-no_nonce"]);
    let signer = ["-rsigner", "ca.pem", "-rkey", "ca.key", "-CA", "ca.pem", "-ndays", "1"];
    let files = ["-index", "index.txt", "-reqin", "request", "-respout", "response"];
    openssl(folder.path(), &[&["ocsp"][..], &files, &signer].concat());
    std::fs::read(folder.path().join("response")).unwrap()
}

/// What is made of a server that staples this, some days from now.
async fn stapling(must_staple: bool, status: Option<&str>, version: &str, days: i64) -> Seen {
    let root = Authority::root("Test Root");
    let response = status.map(|status| response(&root, status)).unwrap_or_default();
    let options = if status.is_some() { &["-status_file", "response", version][..] } else { &[version] };
    let server = OpensslServer::with(&identity(&root, must_staple), &[("response", &response)], options);
    let file = root.file();
    let settings = settings(&[format!("https://localhost:{}/", server.port)], Some(file.path()));
    let now = Timestamp::now() + SignedDuration::from_hours(days * 24);
    run_at(&WebProbe::STANDARD, no_project(), settings, now).await.unwrap()
}

#[tokio::test]
async fn a_good_response_is_shown() {
    for version in ["-tls1_2", "-tls1_3"] {
        let seen = stapling(false, Some("V"), version, 0).await;
        assert_eq!(tls_row(&seen).stapled.as_deref(), Some("good"), "{version}");
        assert_eq!(seen.of("certificate-stapling-broken").len(), 0);
        assert!(seen.proved().contains(&"certificate-valid".to_owned()), "{seen:#?}");
    }
}

#[tokio::test]
async fn a_revoked_certificate_is_a_blocker() {
    for version in ["-tls1_1", "-tls1_2", "-tls1_3"] {
        let seen = match version {
            "-tls1_1" => {
                let root = Authority::root("Test Root");
                let response = response(&root, "R");
                let options = ["-status_file", "response", version, "-cipher", "ALL:@SECLEVEL=0"];
                let server = OpensslServer::with(&identity(&root, false), &[("response", &response)], &options);
                let file = root.file();
                look(&[format!("https://localhost:{}/", server.port)], Some(file.path())).await
            }
            _ => stapling(false, Some("R"), version, 0).await,
        };
        assert_eq!(
            said(&seen, "certificate-invalid"),
            "blocker: The certificate of localhost has been revoked by its issuer",
            "{version}"
        );
        let row = tls_row(&seen);
        assert_eq!((row.grade.as_deref(), row.stapled.as_deref()), (Some("T"), Some("revoked")), "{version}");
        assert!(!seen.proved().contains(&"certificate-valid".to_owned()));
    }
}

#[tokio::test]
async fn a_response_out_of_date_is_said() {
    let seen = stapling(false, Some("V"), "-tls1_2", 3).await;
    let message = said(&seen, "certificate-stapling-broken");
    assert!(
        message.starts_with("minor: The OCSP response that localhost staples is out of date since 20"),
        "{message}"
    );
    assert_eq!(seen.of("certificate-invalid").len(), 0, "{seen:#?}");
}

#[tokio::test]
async fn a_certificate_that_demands_a_response_gets_one_or_is_refused() {
    let seen = stapling(true, None, "-tls1_2", 0).await;
    assert_eq!(
        said(&seen, "certificate-stapling-broken"),
        "major: The certificate of localhost demands a stapled OCSP response, and the server sends none"
    );
    assert_eq!(tls_row(&seen).stapled, None);
    let seen = stapling(true, Some("V"), "-tls1_2", 0).await;
    assert_eq!(seen.of("certificate-stapling-broken").len(), 0, "{seen:#?}");
    let seen = stapling(true, Some("V"), "-tls1_2", 3).await;
    assert!(said(&seen, "certificate-stapling-broken").starts_with("major"));
}

use gonogo::model::Coverage;

use super::*;
use crate::support::tls_server::{OpensslServer, Server};
use tokio::io::AsyncWriteExt;

const EVERYTHING: &str = "ALL:@SECLEVEL=0";

async fn versions(options: &[&str]) -> Seen {
    let server = OpensslServer::start(options);
    look(&[format!("https://localhost:{}/", server.port)], None).await
}

#[tokio::test]
async fn a_server_of_old_versions_alone_is_a_blocker() {
    for (option, name) in [("-tls1", "TLS 1.0"), ("-tls1_1", "TLS 1.1")] {
        let seen = versions(&[option, "-cipher", EVERYTHING]).await;
        let expected = format!("blocker: localhost offers nothing newer than {name}, which browsers refuse");
        assert_eq!(said(&seen, "tls-version-outdated"), expected);
        assert!(said(&seen, "certificate-invalid").contains("self-signed"), "{seen:#?}");
        for rule in ["hsts-missing", "frame-options-missing", "https-missing"] {
            assert!(matches!(coverage(&seen, rule), Coverage::Nothing(_)), "{rule}");
        }
    }
}

#[tokio::test]
async fn old_versions_beside_current_ones_are_major() {
    let seen = versions(&["-no_tls1_3", "-cipher", EVERYTHING]).await;
    assert_eq!(said(&seen, "tls-version-outdated"), "major: localhost still offers TLS 1.0 and TLS 1.1");
    let shown = &seen.of("tls-version-outdated")[0].evidence[0].text;
    assert_eq!(shown, "SSLv3: refused\nTLS 1.0: offered\nTLS 1.1: offered\nTLS 1.2: offered\nTLS 1.3: refused");
    assert!(!seen.proved().contains(&"tls-current".to_owned()));
}

#[tokio::test]
async fn current_versions_are_a_proof() {
    for options in [&["-tls1_3"][..], &["-tls1_2"], &["-no_tls1", "-no_tls1_1"]] {
        let seen = versions(options).await;
        assert_eq!(seen.of("tls-version-outdated"), [] as [&gonogo::model::Finding; 0], "{options:?}");
        assert!(seen.proved().contains(&"tls-current".to_owned()), "{options:?}: {seen:#?}");
        assert_eq!(coverage(&seen, "tls-version-outdated"), Coverage::Whole);
    }
}

#[tokio::test]
async fn plain_http_on_a_secure_address_and_the_reverse_are_clear_lines() {
    let plain = Server::raw(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    })
    .await;
    let seen = look(&[format!("https://localhost:{}/", plain.port)], None).await;
    assert_eq!(
        failure(&seen),
        format!(
            "https://localhost:{}/ could not be examined: it does not speak TLS on this port. \
             Set up TLS on that port, or give the address that speaks it.",
            plain.port
        )
    );
    let secure = OpensslServer::start(&[]);
    let seen = look(&[format!("http://localhost:{}/", secure.port)], None).await;
    assert!(failure(&seen).contains("must begin with https://"), "{}", failure(&seen));
}

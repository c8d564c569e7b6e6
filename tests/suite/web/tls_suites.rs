//! Cipher suites, groups, grades and profiles of servers that really speak TLS.

use super::*;
use crate::support::tls_server::{Authority, Identity, OpensslServer, Server};

/// What is made of `openssl s_server` with these options and a certificate that is trusted.
async fn openssl(options: &[&str]) -> Seen {
    let root = Authority::root("Test Root");
    let server = OpensslServer::with(&root.issue("localhost", -1, 90), &[], options);
    let file = root.file();
    look(&[format!("https://localhost:{}/", server.port)], Some(file.path())).await
}

fn names(row: &gonogo::model::TlsServer, weak: bool) -> Vec<String> {
    row.suites.iter().filter(|suite| suite.weakness.is_some() == weak).map(|suite| suite.name.clone()).collect()
}

#[tokio::test]
async fn a_good_server_gets_the_best_grade_and_keeps_to_a_profile() {
    let root = Authority::root("Test Root");
    let server = Server::https(root.issue("localhost", -1, 90), |_| page(GOOD_HEADERS)).await;
    let file = root.file();
    let seen = look(&[format!("https://localhost:{}/", server.port)], Some(file.path())).await;
    let row = tls_row(&seen);
    assert_eq!((row.grade.as_deref(), row.profile.as_deref()), (Some("A+"), Some("intermediate")), "{row:#?}");
    assert_eq!((&row.caps, &row.off_profile), (&vec![], &vec![]));
    assert_eq!(row.name, format!("localhost:{}", server.port));
    let answers: Vec<&str> = row.versions.iter().map(|version| version.answer.as_str()).collect();
    assert_eq!(answers, ["refused", "refused", "refused", "offered", "offered"]);
    assert_eq!(names(&row, true), [""; 0]);
    assert!(names(&row, false).contains(&"key exchange X25519".to_owned()), "{row:#?}");
    assert_eq!(row.chain.len(), 1);
    assert_eq!((row.chain[0].days, row.chain[0].days_left), (91, 89));
    assert_eq!(
        (row.chain[0].names.as_slice(), row.chain[0].issuer.as_str()),
        (&["localhost".to_owned()][..], "Test Root")
    );
    assert!(row.trust_known && row.distrust.is_empty());
    assert!(seen.proved().contains(&"tls-suites-strong".to_owned()));
}

#[tokio::test]
async fn a_short_hsts_and_a_missing_one_cost_the_plus() {
    let root = Authority::root("Test Root");
    for headers in ["", "Strict-Transport-Security: max-age=300\r\n"] {
        let server = Server::https(root.issue("localhost", -1, 90), move |_| page(headers)).await;
        let file = root.file();
        let seen = look(&[format!("https://localhost:{}/", server.port)], Some(file.path())).await;
        assert_eq!(tls_row(&seen).grade.as_deref(), Some("A"), "{headers}");
    }
}

#[tokio::test]
async fn tls_1_3_alone_has_no_weak_suites() {
    let seen = openssl(&["-tls1_3"]).await;
    let row = tls_row(&seen);
    assert_eq!(row.grade.as_deref(), Some("A"), "no HSTS: {row:#?}");
    let proof = seen.proofs.iter().find(|proof| proof.rule.as_str() == "tls-suites-strong").unwrap();
    assert_eq!(proof.message, "localhost offers TLS 1.3 alone, which has no weak cipher suites");
    assert!(row.off_profile.iter().any(|why| why.starts_with("it takes the group")), "{row:#?}");
    assert!(row.off_profile.contains(&"it sends no HSTS".to_owned()));
}

#[tokio::test]
async fn suites_without_encryption_or_certificate_are_major_and_fail() {
    for (cipher, words, name) in [
        ("eNULL:ALL:@SECLEVEL=0", "without any encryption", "TLS_ECDHE_ECDSA_WITH_NULL_SHA"),
        ("aNULL:ALL:@SECLEVEL=0", "without a certificate", "_anon_"),
    ] {
        let seen = openssl(&["-tls1_2", "-cipher", cipher]).await;
        let message = said(&seen, "tls-weak-suites");
        assert!(message.starts_with("major: localhost accepts ") && message.contains(words), "{message}");
        assert!(seen.of("tls-weak-suites")[0].evidence[0].text.contains(name), "{seen:#?}");
        let row = tls_row(&seen);
        assert_eq!(row.grade.as_deref(), Some("F"), "{row:#?}");
        assert!(names(&row, true)[0].contains(name), "{row:#?}");
    }
}

#[tokio::test]
async fn a_server_of_static_rsa_alone_is_read_and_judged() {
    let server = OpensslServer::rsa("2048", "-sha256", &["-tls1_2", "-cipher", "AES128-SHA:AES256-SHA"]);
    let seen = look(&[format!("https://localhost:{}/", server.port)], None).await;
    assert_eq!(
        said(&seen, "tls-no-forward-secrecy"),
        "major: localhost chooses TLS_RSA_WITH_AES_128_CBC_SHA in TLS 1.2, so connections that are recorded can be read \
         with the server's key later"
    );
    assert!(said(&seen, "certificate-invalid").contains("self-signed"), "rustls cannot speak to it, and it is judged");
    let row = tls_row(&seen);
    assert_eq!(row.grade.as_deref(), Some("T"));
    assert!(row.caps.contains(&"no forward secrecy".to_owned()), "{row:#?}");
    assert!(row.caps.contains(&"no authenticated encryption (AEAD)".to_owned()), "{row:#?}");
    assert_eq!(row.chain[0].key, "RSA, 2048 bits");
}

#[tokio::test]
async fn static_rsa_beside_tls_1_3_is_minor() {
    let options = ["-no_tls1", "-no_tls1_1", "-cipher", "AES128-GCM-SHA256"];
    let server = OpensslServer::rsa("2048", "-sha256", &options);
    let seen = look(&[format!("https://localhost:{}/", server.port)], None).await;
    assert!(said(&seen, "tls-no-forward-secrecy").starts_with("minor"), "{seen:#?}");
}

#[tokio::test]
async fn a_short_diffie_hellman_prime_is_measured() {
    // OpenSSL takes a prime as long as the key.
    let server = OpensslServer::rsa("1024", "-sha256", &["-tls1_2", "-cipher", "DHE:@SECLEVEL=0"]);
    let seen = look(&[format!("https://localhost:{}/", server.port)], None).await;
    assert_eq!(said(&seen, "tls-weak-suites"), "minor: localhost accepts a Diffie-Hellman prime of only 1024 bits");
    let row = tls_row(&seen);
    assert!(row.caps.contains(&"it accepts a Diffie-Hellman prime of only 1024 bits".to_owned()), "{row:#?}");
    let server = OpensslServer::rsa("2048", "-sha256", &["-tls1_2", "-cipher", "DHE"]);
    let seen = look(&[format!("https://localhost:{}/", server.port)], None).await;
    assert_eq!(seen.of("tls-weak-suites").len(), 0, "{seen:#?}");
    assert!(seen.proved().contains(&"tls-suites-strong".to_owned()));
}

#[tokio::test]
async fn encryption_without_authentication_is_no_proof() {
    let server = OpensslServer::start(&["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"]);
    let seen = look(&[format!("https://localhost:{}/", server.port)], None).await;
    assert!(said(&seen, "tls-weak-suites").contains("no authenticated encryption"), "{seen:#?}");
    assert!(!seen.proved().contains(&"tls-suites-strong".to_owned()));
}

#[tokio::test]
async fn a_server_that_wants_a_client_certificate_is_judged_as_far_as_it_shows_itself() {
    for version in ["-tls1_2", "-tls1_3"] {
        let root = Authority::root("Test Root");
        let server = OpensslServer::with(&root.issue("localhost", -1, 90), &[], &[version, "-Verify", "1"]);
        let file = root.file();
        let seen = look(&[format!("https://localhost:{}/", server.port)], Some(file.path())).await;
        assert!(seen.proved().contains(&"certificate-valid".to_owned()), "{version}: {seen:#?}");
        assert!(seen.proved().contains(&"tls-current".to_owned()), "{version}");
        assert!(seen.proved().contains(&"tls-suites-strong".to_owned()), "{version}");
        assert_eq!(tls_row(&seen).grade.as_deref(), Some("A"), "{version}");
    }
}

#[tokio::test]
async fn old_versions_and_a_self_signed_certificate_are_both_said() {
    let server = OpensslServer::start(&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]);
    let seen = look(&[format!("https://localhost:{}/", server.port)], None).await;
    assert!(said(&seen, "certificate-invalid").ends_with("is self-signed, so no browser trusts it"));
    assert_eq!(tls_row(&seen).grade.as_deref(), Some("T"));
    assert!(tls_row(&seen).caps.contains(&"neither TLS 1.2 nor 1.3 is offered".to_owned()));
}

#[tokio::test]
async fn the_survey_takes_a_fraction_of_a_second() {
    let server = Server::https(Identity::self_signed("localhost"), |_| page(GOOD_HEADERS)).await;
    let urls = [format!("https://localhost:{}/", server.port)];
    look(&urls, None).await;
    let started = std::time::Instant::now();
    let seen = look(&urls, None).await;
    assert!(seen.result.unwrap().counts["tls-questions"] <= 12, "a good server is asked little");
    assert!(started.elapsed() < std::time::Duration::from_secs(2), "took {:?}", started.elapsed());
}

use gonogo::model::Coverage;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::support::probes::run_at;
use crate::support::tls_server::{Authority, Identity, OpensslServer, Server};

/// What is said of this certificate at `https://host:port/`, trusting `root`.
async fn invalid(identity: Identity, host: &str, root: &Authority) -> String {
    let server = Server::https(identity, |_| page(GOOD_HEADERS)).await;
    let file = root.file();
    let seen = look(&[format!("https://{host}:{}/", server.port)], Some(file.path())).await;
    assert!(!seen.proved().contains(&"certificate-valid".to_owned()));
    assert!(!seen.proved().contains(&"https-served".to_owned()));
    assert!(!seen.proved().contains(&"hsts-set".to_owned()), "browsers ignore it");
    assert!(seen.proved().contains(&"frame-options-set".to_owned()), "the rest is still examined: {seen:#?}");
    assert_eq!(coverage(&seen, "certificate-invalid"), Coverage::Whole);
    said(&seen, "certificate-invalid")
}

#[tokio::test]
async fn a_trusted_certificate_and_every_header_leave_nothing_to_say() {
    let root = Authority::root("Test Root");
    let identity = root.intermediate("Test Intermediate").issue("localhost", -1, 90);
    let secure = Server::https(identity, |_| page(GOOD_HEADERS)).await;
    let https = format!("https://localhost:{}/", secure.port);
    let to = https.clone();
    let plain = Server::http(move |_| redirect(&to)).await;
    let file = root.file();
    let seen = look(&[https, format!("http://localhost:{}/", plain.port)], Some(file.path())).await;
    assert_eq!(seen.places(), [""; 0], "{seen:#?}");
    assert_eq!(
        seen.proved(),
        [
            "certificate-valid",
            "content-security-policy-set",
            "content-type-options-set",
            "frame-options-set",
            "hsts-set",
            "https-redirect",
            "https-served",
            "permissions-policy-set",
            "referrer-policy-set",
            "tls-current",
            "tls-suites-strong",
            "xss-protection-harmless",
        ]
    );
    let examined = seen.result.unwrap();
    for (rule, coverage) in &examined.rules {
        assert_eq!(coverage == &Coverage::Whole, !NOT_HERE.contains(&rule.as_str()), "{rule} {coverage:?}");
    }
    assert!(examined.rules.len() >= 44);
    assert_eq!(examined.gaps, []);
}

#[tokio::test]
async fn every_reason_for_distrust_is_named() {
    let root = Authority::root("Test Root");
    let said = invalid(root.issue("localhost", -60, -2), "localhost", &root).await;
    assert!(said.starts_with("blocker: The certificate of localhost expired on 20"), "{said}");
    let said = invalid(root.issue("localhost", 2, 60), "localhost", &root).await;
    assert!(said.starts_with("blocker: The certificate of localhost is not valid before 20"), "{said}");
    let said = invalid(root.issue("shop.example.com", -1, 60), "localhost", &root).await;
    assert_eq!(said, "blocker: The certificate of localhost is for shop.example.com only");
    let said = invalid(root.issue("localhost", -1, 60), "127.0.0.1", &root).await;
    assert_eq!(said, "blocker: The certificate of 127.0.0.1 is for localhost only");
    let said = invalid(Identity::self_signed("localhost"), "localhost", &root).await;
    assert_eq!(said, "blocker: The certificate of localhost is self-signed, so no browser trusts it");
}

#[tokio::test]
async fn the_ways_a_chain_can_break_are_told_apart() {
    let (root, other) = (Authority::root("Test Root"), Authority::root("Somebody Else"));
    let mut identity = other.issue("localhost", -1, 60);
    identity.chain.push(other.der());
    let said = invalid(identity, "localhost", &root).await;
    assert_eq!(
        said,
        "blocker: The certificate of localhost comes from Somebody Else, an authority that is not trusted"
    );
    let identity = root.intermediate("Test Intermediate").issue("localhost", -1, 60).alone();
    let said = invalid(identity, "localhost", &root).await;
    assert_eq!(
        said,
        "blocker: The certificate of localhost was issued by Test Intermediate, which is neither trusted nor sent by the server"
    );
    let identity = root.intermediate("Test Intermediate").issue_naming_its_issuer("localhost").alone();
    let said = invalid(identity, "localhost", &root).await;
    assert_eq!(
        said,
        "blocker: The certificate of localhost was issued by Test Intermediate, whose own certificate the server does not send"
    );
}

#[tokio::test]
async fn one_fault_does_not_hide_another() {
    let (root, other) = (Authority::root("Test Root"), Authority::root("Somebody Else"));
    let said = invalid(other.issue("shop.example.com", -60, -2), "localhost", &root).await;
    let parts: Vec<&str> = said.split(", and ").collect();
    assert_eq!(parts.len(), 3, "{said}");
    assert!(parts[0].contains("expired on"), "{said}");
    assert_eq!(parts[1], "is for shop.example.com only");
    assert!(parts[2].starts_with("was issued by Somebody Else"), "{said}");
}

#[tokio::test]
async fn a_weak_key_is_named_and_the_page_behind_it_is_still_read() {
    let server = OpensslServer::weak();
    let seen = look(&[format!("https://localhost:{}/", server.port)], None).await;
    assert_eq!(
        said(&seen, "certificate-invalid"),
        "blocker: The certificate of localhost is too weak: its RSA key has only 1024 bits, \
         and is self-signed, so no browser trusts it"
    );
    assert_eq!(seen.of("frame-options-missing").len(), 1);
}

/// A certificate for `localhost` with this RSA key, signed by `root`.
fn rsa(root: &Authority, bits: &str) -> Identity {
    let folder = tempfile::tempdir().unwrap();
    let openssl = |arguments: &[&str]| {
        let made = std::process::Command::new("openssl").args(arguments).current_dir(folder.path()).output().unwrap();
        assert!(made.status.success(), "{made:?}");
    };
    let write = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).unwrap();
    write("root.pem", &std::fs::read(root.file().path()).unwrap());
    write("root.key", root.key().as_bytes());
    write("names", b"subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n");
    let key = format!("rsa:{bits}");
    openssl(&["req", "-newkey", &key, "-nodes", "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "request.pem"]);
    let sign = ["x509", "-req", "-in", "request.pem", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial"];
    openssl(
        &[&sign[..], &["-sha256", "-days", "90", "-extfile", "names", "-outform", "DER", "-out", "cert.der"]].concat(),
    );
    openssl(&["pkcs8", "-topk8", "-nocrypt", "-in", "key.pem", "-outform", "DER", "-out", "key.der"]);
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(read("key.der"));
    Identity { chain: vec![read("cert.der").into()], key: key.into() }
}

#[tokio::test]
async fn a_weak_key_is_told_though_a_trusted_authority_signed_it() {
    let root = Authority::root("Test Root");
    let file = root.file();
    let server = OpensslServer::with(&rsa(&root, "1024"), &[], &["-cipher", "ALL:@SECLEVEL=0"]);
    let seen = look(&[format!("https://localhost:{}/", server.port)], Some(file.path())).await;
    assert_eq!(
        said(&seen, "certificate-invalid"),
        "blocker: The certificate of localhost is too weak: its RSA key has only 1024 bits"
    );
    assert!(!seen.proved().contains(&"certificate-valid".to_owned()));
    assert_eq!(tls_row(&seen).grade.as_deref(), Some("T"));
    let server = Server::https(rsa(&root, "2048"), |_| page(GOOD_HEADERS)).await;
    let seen = look(&[format!("https://localhost:{}/", server.port)], Some(file.path())).await;
    assert!(seen.proved().contains(&"certificate-valid".to_owned()), "{seen:#?}");
}

#[tokio::test]
async fn the_days_left_are_counted_from_the_time_of_the_run() {
    let root = Authority::root("Test Root");
    let server = Server::https(root.issue("localhost", -1, 89), |_| page(GOOD_HEADERS)).await;
    let file = root.file();
    let urls = [format!("https://localhost:{}/", server.port)];
    for (later, expected) in [(0, None), (62, Some("minor")), (80, Some("major"))] {
        let now = Timestamp::now() + SignedDuration::from_hours(later * 24);
        let seen = run_at(&WebProbe::STANDARD, no_project(), settings(&urls, Some(file.path())), now).await.unwrap();
        let soon = seen.of("certificate-expires-soon");
        assert_eq!(soon.first().map(|finding| finding.severity.word()), expected, "{later} days later");
        assert!(seen.proved().contains(&"certificate-valid".to_owned()));
    }
}

#[tokio::test]
async fn without_trust_roots_nothing_is_said_of_trust() {
    let root = Authority::root("Test Root");
    let server = Server::https(root.issue("localhost", -1, 89), |_| page(GOOD_HEADERS)).await;
    let urls = [format!("https://localhost:{}/", server.port)];
    let seen = look(&urls, Some(Path::new("/nowhere/roots.pem"))).await;
    assert_eq!(seen.of("certificate-invalid"), [] as [&gonogo::model::Finding; 0]);
    assert!(!seen.proved().contains(&"certificate-valid".to_owned()));
    let Coverage::Nothing(why) = coverage(&seen, "certificate-invalid") else { panic!("{seen:#?}") };
    assert!(why.contains("SSL_CERT_FILE"), "{why}");
    assert_eq!(coverage(&seen, "certificate-expires-soon"), Coverage::Whole);
}

#[tokio::test]
async fn two_runs_say_the_same() {
    let server = Server::https(Identity::self_signed("localhost"), |_| page("")).await;
    let urls = [format!("https://localhost:{}/", server.port)];
    let (first, second) = (look(&urls, None).await, look(&urls, None).await);
    assert_eq!(format!("{:?}", first.findings), format!("{:?}", second.findings));
    let (first, second) = (first.result.unwrap(), second.result.unwrap());
    assert_eq!((&first.counts, &first.rules, &first.gaps), (&second.counts, &second.rules, &second.gaps));
    assert_eq!(first.web.unwrap().servers, second.web.unwrap().servers);
}

#[tokio::test]
async fn a_certificate_for_something_else_or_for_no_host_is_said() {
    let root = Authority::root("Test Root");
    let identity = root.issue_changed("localhost", |params| {
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    });
    assert_eq!(
        invalid(identity, "localhost", &root).await,
        "blocker: The certificate of localhost is not meant for web servers (it lacks the purpose serverAuth)"
    );
    let identity = root.issue_changed("localhost", |params| params.subject_alt_names.clear());
    assert_eq!(
        invalid(identity, "localhost", &root).await,
        "blocker: The certificate of localhost names no host at all"
    );
}

/// As public authorities write it: the policy of domain validation, 2.23.140.1.2.1.
fn public(params: &mut rcgen::CertificateParams) {
    let policy = vec![0x30, 10, 0x30, 8, 6, 6, 0x67, 0x81, 0x0c, 1, 2, 1];
    params.custom_extensions.push(rcgen::CustomExtension::from_oid_content(&[2, 5, 29, 32], policy));
}

#[tokio::test]
async fn a_public_certificate_may_not_live_for_years_and_a_private_one_may() {
    let root = Authority::root("Test Root");
    let long = |params: &mut rcgen::CertificateParams| {
        params.not_before = rcgen::date_time_ymd(2026, 11, 1);
        params.not_after = rcgen::date_time_ymd(2027, 11, 1);
    };
    let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
    for (is_public, trusted) in [(true, true), (false, true), (true, false)] {
        let identity = root.issue_changed("localhost", |params| {
            long(params);
            if is_public {
                public(params);
            }
        });
        let server = Server::https(identity, |_| page(GOOD_HEADERS)).await;
        let file = if trusted { root.file() } else { Authority::root("Somebody Else").file() };
        let urls = [format!("https://localhost:{}/", server.port)];
        let seen = run_at(&WebProbe::STANDARD, no_project(), settings(&urls, Some(file.path())), now).await.unwrap();
        if is_public && trusted {
            assert_eq!(
                said(&seen, "certificate-lifetime-too-long"),
                "major: The certificate of localhost lives 366 days, of which browsers allow 200"
            );
        } else {
            assert_eq!(seen.of("certificate-lifetime-too-long").len(), 0, "{seen:#?}");
        }
        assert_eq!(coverage(&seen, "certificate-lifetime-too-long"), Coverage::Whole);
    }
}

#[tokio::test]
async fn the_order_of_the_chain_is_judged_and_a_root_is_only_shown() {
    let root = Authority::root("Test Root");
    let chained = || root.intermediate("Test Upper").intermediate("Test Lower").issue("localhost", -1, 90);
    let file = root.file();
    let mut with_root = chained();
    with_root.chain.push(root.der());
    let mut swapped = chained();
    swapped.chain.swap(1, 2);
    let mut twice = chained();
    let again = twice.chain[1].clone();
    twice.chain.push(again);
    for (identity, expected) in [
        (chained(), None),
        (with_root, None),
        (swapped, Some("that of Test Upper is sent in the wrong place")),
        (twice, Some("that of Test Lower is sent twice")),
    ] {
        let sent = identity.chain.len();
        let server = Server::https(identity, |_| page(GOOD_HEADERS)).await;
        let seen = look(&[format!("https://localhost:{}/", server.port)], Some(file.path())).await;
        assert!(seen.proved().contains(&"certificate-valid".to_owned()), "browsers put it right: {seen:#?}");
        let found = seen.of("certificate-chain-disorder").first().map(|finding| finding.message.clone());
        let expected = expected.map(|words| format!("Among the certificates that localhost sends, {words}"));
        assert_eq!(found, expected);
        let row = tls_row(&seen);
        assert_eq!(row.chain.len(), sent);
        if sent == 4 && expected.is_none() {
            assert_eq!(row.chain[3].faults, ["a root, which need not be sent"]);
        }
    }
}

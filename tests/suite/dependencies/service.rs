//! The probe against an OSV-compatible service.

use std::time::{Duration, Instant};

use gonogo::model::{Confidence, Coverage, Settings};
use gonogo::probe::dependencies::DependenciesProbe;
use gonogo::probe::dependencies::osv::{Client, HttpError, Limits, OsvError, base};
use gonogo::probe::{dependencies::query::Query, packages::Ecosystem};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wiremock::matchers::{body_partial_json, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{coverage, export, filler, package_lock, record};
use crate::support::probes::{Folder, Seen, run};

pub fn asking(url: &str) -> Settings {
    Settings { osv_url: url.to_owned(), consent: ["dependencies".into()].into(), ..Settings::default() }
}

/// Answers every query for a name in `known` with its ids.
pub fn knowing(known: &[(&str, &[&str])]) -> impl Fn(&Request) -> ResponseTemplate + Send + Sync + 'static {
    let known: Vec<(String, Vec<Value>)> = known
        .iter()
        .map(|(name, ids)| {
            ((*name).to_owned(), ids.iter().map(|id| json!({"id": id, "modified": "2026-01-01T00:00:00Z"})).collect())
        })
        .collect();
    move |request: &Request| {
        let body: Value = request.body_json().unwrap();
        let result = |query: &Value| match known.iter().find(|(name, _)| query["package"]["name"] == name.as_str()) {
            Some((_, ids)) => json!({ "vulns": ids }),
            None => json!({}),
        };
        let results: Vec<Value> = body["queries"].as_array().unwrap().iter().map(result).collect();
        ResponseTemplate::new(200).set_body_json(json!({ "results": results }))
    }
}

pub async fn service(known: &[(&str, &[&str])], records: &[Value]) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/v1/querybatch")).respond_with(knowing(known)).mount(&server).await;
    for record in records {
        let at = format!("/v1/vulns/{}", record["id"].as_str().unwrap());
        let answer = ResponseTemplate::new(200).set_body_json(record);
        Mock::given(method("GET")).and(path(at)).respond_with(answer).mount(&server).await;
    }
    server
}

pub async fn seen(project: &Folder, url: &str) -> Seen {
    run(&DependenciesProbe, project.path(), asking(url)).await.unwrap()
}

pub fn two() -> Folder {
    Folder::with(&[
        ("package-lock.json", &package_lock(&[("a", "1.0.0"), ("b", "1.0.0")])),
        ("requirements.txt", "Some_Thing==1.0 --hash=sha256:00\n"),
    ])
}

#[tokio::test]
async fn what_the_service_knows_becomes_findings() {
    let records = [
        record("GHSA-1", "npm", "a", &[("introduced", "0"), ("fixed", "1.5.0")]),
        record("PYSEC-1", "PyPI", "some-thing", &[("introduced", "0"), ("fixed", "2.0")]),
    ];
    let server = service(&[("a", &["GHSA-1"]), ("some-thing", &["PYSEC-1"])], &records).await;
    let seen = seen(&two(), &server.uri()).await;
    assert_eq!(
        seen.places(),
        [
            "vulnerable-dependency Some_Thing 1.0 (requirements.txt)",
            "vulnerable-dependency a 1.0.0 (package-lock.json)"
        ]
    );
    let examined = seen.result.unwrap();
    assert_eq!(*coverage(&examined), Coverage::Whole);
    assert_eq!((examined.counts["packages"], examined.counts["advisories"]), (3, 2));
}

#[tokio::test]
async fn nothing_is_sent_when_there_is_nothing_to_ask() {
    let server = service(&[], &[]).await;
    let seen = seen(&Folder::with(&[("main.py", "")]), &server.uri()).await;
    assert!(matches!(coverage(&seen.result.unwrap()), Coverage::Nothing(_)));
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn pages_are_followed_and_batches_are_split() {
    let server = MockServer::start().await;
    let more = |request: &Request| {
        let body: Value = request.body_json().unwrap();
        let queries = body["queries"].as_array().unwrap();
        assert!(queries.len() <= 1000);
        let result = |query: &Value| match (query["package"]["name"].as_str().unwrap(), query["page_token"].as_str()) {
            ("p0", None) => json!({"vulns": [{"id": "GHSA-1"}], "next_page_token": "two"}),
            ("p0", Some("two")) => json!({"next_page_token": "three"}),
            ("p0", Some("three")) => json!({"vulns": [{"id": "GHSA-2"}]}),
            (_, None) => json!({}),
            _ => panic!("asked again without need: {query}"),
        };
        ResponseTemplate::new(200).set_body_json(json!({"results": queries.iter().map(result).collect::<Vec<_>>()}))
    };
    Mock::given(method("POST")).respond_with(more).mount(&server).await;
    for id in ["GHSA-1", "GHSA-2"] {
        let answer = ResponseTemplate::new(200).set_body_json(record(id, "npm", "p0", &[("introduced", "0")]));
        Mock::given(path(format!("/v1/vulns/{id}"))).respond_with(answer).expect(1).mount(&server).await;
    }
    let names: Vec<String> = (0..2500).map(|n| format!("p{n}")).collect();
    let packages: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1.0.0")).collect();
    let seen = seen(&Folder::with(&[("package-lock.json", &package_lock(&packages))]), &server.uri()).await;
    assert_eq!(seen.findings.len(), 2);
    let asked = server.received_requests().await.unwrap().iter().filter(|r| r.method == "POST").count();
    assert_eq!(asked, 3 + 2);
}

#[tokio::test]
async fn a_service_under_load_is_asked_again() {
    let server = service(&[("a", &["GHSA-1"])], &[record("GHSA-1", "npm", "a", &[("introduced", "0")])]).await;
    let busy = ResponseTemplate::new(429).insert_header("Retry-After", "0");
    Mock::given(method("POST")).respond_with(busy).up_to_n_times(2).with_priority(1).mount(&server).await;
    let down = ResponseTemplate::new(503).insert_header("Retry-After", "0");
    Mock::given(method("GET")).respond_with(down).up_to_n_times(1).with_priority(1).mount(&server).await;
    let seen = seen(&two(), &server.uri()).await;
    assert_eq!(seen.findings.len(), 1);
    assert_eq!(*coverage(&seen.result.unwrap()), Coverage::Whole);
}

#[tokio::test]
async fn a_service_that_fails_or_talks_nonsense_fails_the_probe() {
    for (answer, wanted) in [
        (ResponseTemplate::new(404), "the answer was HTTP 404"),
        (ResponseTemplate::new(302).insert_header("Location", "http://elsewhere.invalid"), "the answer was HTTP 302"),
        (ResponseTemplate::new(500).insert_header("Retry-After", "0"), "the answer was HTTP 500"),
        (ResponseTemplate::new(200).set_body_string("\n<html>"), "not what an OSV service gives: a web page"),
        (ResponseTemplate::new(200).set_body_string(""), "not what an OSV service gives: nothing at all"),
        (ResponseTemplate::new(200).set_body_string(r#"{"results": ["#), "JSON that breaks off"),
        (ResponseTemplate::new(200).set_body_string("nonsense"), "no JSON (line 1, column 2)"),
        (ResponseTemplate::new(200).set_body_json(json!(["x".repeat(9000)])), "JSON of another shape"),
        (ResponseTemplate::new(200).set_body_json(json!({"results": []})), "0 results for 3 queries"),
        (
            ResponseTemplate::new(200).set_body_json(json!({"results": [{"vulns": 7}, {}, {}]})),
            "not what an OSV service",
        ),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(answer).mount(&server).await;
        let message = seen(&two(), &server.uri()).await.result.unwrap_err().message;
        assert!(message.contains(wanted), "{message}");
        assert!(message.contains("gonogo advisories update") && message.len() < 400, "{message}");
        assert!(server.received_requests().await.unwrap().len() <= 4);
    }
    let refused = seen(&two(), "http://127.0.0.1:1").await.result.unwrap_err().message;
    assert!(refused.contains("refused"), "{refused}");
    let wrong = seen(&two(), "osv").await.result.unwrap_err().message;
    assert!(wrong.contains("correct GONOGO_OSV_URL"), "{wrong}");
}

#[tokio::test]
async fn a_hit_is_kept_when_its_details_cannot_be_had() {
    let other = record("GHSA-other", "npm", "b", &[("introduced", "0")]);
    let server = service(&[("a", &["GHSA-1"]), ("b", &["GHSA-2"])], &[]).await;
    let answer = ResponseTemplate::new(200).set_body_json(other);
    Mock::given(path("/v1/vulns/GHSA-2")).respond_with(answer).mount(&server).await;
    let seen = seen(&two(), &server.uri()).await;
    let told: Vec<_> = seen.findings.iter().map(|f| (f.message.as_str(), f.confidence)).collect();
    assert_eq!(
        told,
        [
            ("a 1.0.0 (via package-lock.json) has a known vulnerability (GHSA-1)", Confidence::Medium),
            ("b 1.0.0 (via package-lock.json) has a known vulnerability (GHSA-2)", Confidence::Medium)
        ]
    );
    let examined = seen.result.unwrap();
    let Coverage::Part(why) = coverage(&examined) else { panic!("{examined:?}") };
    assert!(why.contains("advisory without its details because the answer was HTTP 404 (GHSA-1)"), "{why}");
}

#[tokio::test]
async fn withdrawn_advisories_and_names_that_lead_elsewhere_do_no_harm() {
    let mut withdrawn = record("GHSA-1", "npm", "a", &[("introduced", "0")]);
    withdrawn["withdrawn"] = json!("2026-01-01T00:00:00Z");
    let server = service(&[("a", &["GHSA-1"]), ("b", &["../../admin?x=#"])], &[withdrawn]).await;
    let seen = seen(&two(), &server.uri()).await;
    assert_eq!(seen.findings.len(), 1);
    assert!(seen.findings[0].message.starts_with("b 1.0.0"));
    let requests = server.received_requests().await.unwrap();
    assert!(requests.iter().all(|request| request.url.path().starts_with("/v1/")), "{requests:?}");
}

#[tokio::test]
async fn the_offline_copy_stands_in_for_a_service_that_is_down() {
    let source = Folder::with(&[]);
    let mut records = filler("npm", 500);
    records.extend(filler("PyPI", 500));
    records.push(record("GHSA-1", "npm", "a", &[("introduced", "0")]));
    export(&source.path().join("all.zip"), &records);
    let dir = Folder::with(&[]);
    super::store::import(&[&source.path().join("all.zip")], dir.path()).await.unwrap();
    let settings = Settings { advisories: dir.path().to_owned(), ..asking("http://127.0.0.1:1") };
    let seen = run(&DependenciesProbe, two().path(), settings).await.unwrap();
    assert_eq!(seen.places(), ["vulnerable-dependency a 1.0.0 (package-lock.json)"]);
    let Coverage::Part(why) = coverage(&seen.result.unwrap()).clone() else { panic!("no word of the failure") };
    assert!(why.contains("advisory service that did not answer"), "{why}");
}

pub fn quick() -> Limits {
    Limits {
        request: Duration::from_millis(200),
        total: Duration::from_secs(2),
        attempts: 2,
        backoff: Duration::from_millis(10),
    }
}

pub fn one() -> [Query; 1] {
    [Query { ecosystem: Ecosystem::Npm, name: "a".to_owned(), version: "1.0.0".to_owned() }]
}

#[tokio::test]
async fn a_service_that_hangs_is_left_in_time_and_at_once_when_cancelled() {
    let server = MockServer::start().await;
    let hang = ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    Mock::given(method("POST")).and(body_partial_json(json!({}))).respond_with(hang).mount(&server).await;
    let url = base(&server.uri()).unwrap();
    let started = Instant::now();
    let client = Client::new(url.clone(), None, quick(), CancellationToken::new()).unwrap();
    assert_eq!(client.look_up(&one(), &|_| {}).await.unwrap_err(), OsvError::Http(HttpError::TimedOut));
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    let cancel = CancellationToken::new();
    let slow = Limits { request: Duration::from_secs(60), total: Duration::from_secs(60), ..quick() };
    let client = Client::new(url, None, slow, cancel.clone()).unwrap();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        cancel.cancel();
    });
    let started = Instant::now();
    assert!(client.look_up(&one(), &|_| {}).await.unwrap_err().is_cancelled());
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let server = MockServer::start().await;
    let huge = ResponseTemplate::new(200).set_body_bytes(vec![b' '; 40 * 1024 * 1024]);
    Mock::given(method("POST")).respond_with(huge).mount(&server).await;
    let limits = Limits { request: Duration::from_secs(30), total: Duration::from_secs(30), ..quick() };
    let client = Client::new(base(&server.uri()).unwrap(), None, limits, CancellationToken::new()).unwrap();
    let error = client.look_up(&one(), &|_| {}).await.unwrap_err();
    assert!(matches!(error, OsvError::Http(HttpError::TooLarge(_))), "{error}");
}

#[tokio::test]
async fn no_message_has_what_is_secret_in_the_address() {
    let answers = [
        ResponseTemplate::new(404),
        ResponseTemplate::new(200).set_body_string("<html>"),
        ResponseTemplate::new(503).insert_header("Retry-After", "3600"),
    ];
    let mut messages = Vec::new();
    for answer in answers {
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(answer).mount(&server).await;
        let url = ["http://ann:hun", "ter2@"].concat() + &server.address().to_string() + "/hunter2?key=hunter2";
        messages.push(seen(&two(), &url).await.result.unwrap_err().message);
    }
    for url in ["http://ann:hunter2@127.0.0.1:1/hunter2", "ftp://ann:hunter2@osv.example.com", "https://ann:hunter2@"] {
        messages.push(seen(&two(), url).await.result.unwrap_err().message);
    }
    assert!(messages.iter().all(|message| !message.contains("hunter2") && !message.contains("ann")), "{messages:?}");
}

#[tokio::test]
async fn go_is_asked_without_the_letter() {
    let server = service(&[], &[]).await;
    let client = Client::new(base(&server.uri()).unwrap(), None, quick(), CancellationToken::new()).unwrap();
    let of = |ecosystem, version: &str| Query { ecosystem, name: "a".to_owned(), version: version.to_owned() };
    let queries = [of(Ecosystem::Go, "v1.2.3"), of(Ecosystem::Packagist, "v1.2.3")];
    client.look_up(&queries, &|_| {}).await.unwrap();
    let body: Value = server.received_requests().await.unwrap()[0].body_json().unwrap();
    assert_eq!((&body["queries"][0]["version"], &body["queries"][1]["version"]), (&json!("1.2.3"), &json!("v1.2.3")));
}

/// Answers every connection over TLS with no results for one query, and gives its certificate as PEM.
async fn private_tls() -> (String, String) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let body = r#"{"results": [{}]}"#;
            let answer =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (url, made.cert.pem())
}

#[tokio::test]
async fn a_private_authority_is_trusted_only_when_named() {
    let (url, pem) = private_tls().await;
    let roots = Folder::with(&[("roots.pem", &pem), ("junk.pem", "junk")]);
    let limits = Limits { request: Duration::from_secs(5), total: Duration::from_secs(10), ..quick() };
    let url = base(&url).unwrap();
    let client =
        |roots: Option<&std::path::Path>| Client::new(url.clone(), roots, limits.clone(), CancellationToken::new());
    let named = client(Some(&roots.path().join("roots.pem"))).unwrap();
    assert_eq!(named.look_up(&one(), &|_| {}).await.unwrap().looked_up, 1);
    let error = client(None).unwrap().look_up(&one(), &|_| {}).await.unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    for file in ["junk.pem", "missing.pem"] {
        let error = client(Some(&roots.path().join(file))).err().unwrap();
        assert!(matches!(error, HttpError::TrustRoots(..)), "{error}");
    }
}

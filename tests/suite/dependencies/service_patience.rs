//! How long the client waits for a service, how often it asks, and what it need not ask again.

use std::time::{Duration, Instant};

use gonogo::model::{Coverage, Settings};
use gonogo::probe::dependencies::DependenciesProbe;
use gonogo::probe::dependencies::osv::{Client, HttpError, Limits, OsvError, base};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::service::{asking, knowing, one, quick, seen, service, two};
use super::{coverage, package_lock, record};
use crate::support::probes::{Folder, Seen, run};

#[tokio::test]
async fn a_body_that_drips_for_ever_is_left_in_time() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
                while stream.write_all(b"1\r\n \r\n").await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            });
        }
    });
    let started = Instant::now();
    let client = Client::new(base(&url).unwrap(), None, quick(), CancellationToken::new()).unwrap();
    assert_eq!(client.look_up(&one(), &|_| {}).await.unwrap_err(), OsvError::Http(HttpError::TimedOut));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

/// How long a client waited that was first answered with 429 and this header, or why it gave up.
async fn told_to_wait(after: &str, date: Option<&str>) -> Result<Duration, String> {
    let server = service(&[], &[]).await;
    let mut busy = ResponseTemplate::new(429).insert_header("Retry-After", after);
    if let Some(date) = date {
        busy = busy.insert_header("Date", date);
    }
    Mock::given(method("POST")).respond_with(busy).up_to_n_times(1).with_priority(1).mount(&server).await;
    let limits = Limits { request: Duration::from_secs(5), total: Duration::from_secs(20), ..quick() };
    let client = Client::new(base(&server.uri()).unwrap(), None, limits, CancellationToken::new()).unwrap();
    let started = Instant::now();
    match client.look_up(&one(), &|_| {}).await {
        Ok(_) => Ok(started.elapsed()),
        Err(error) => Err(error.to_string()),
    }
}

#[tokio::test]
async fn the_pause_that_a_service_asks_for_is_kept_or_nothing_more_is_asked() {
    let second = Duration::from_secs(1);
    let waited = told_to_wait("1", None).await.unwrap();
    assert!(waited >= second, "{waited:?}");
    let (now, soon) = ("Sun, 22 Nov 2026 10:00:00 GMT", "Sun, 22 Nov 2026 10:00:01 GMT");
    let waited = told_to_wait(soon, Some(now)).await.unwrap();
    assert!(waited >= second, "{waited:?}");
    for odd in [now, "Sat, 21 Nov 2026 10:00:00 GMT", "soon", "-5", ""] {
        let waited = told_to_wait(odd, Some(now)).await;
        assert!(waited.is_ok(), "{odd}: {waited:?}");
    }
    for long in ["30", "3600", "Sun, 22 Nov 2026 11:00:00 GMT"] {
        let error = told_to_wait(long, Some(now)).await.unwrap_err();
        assert!(error.starts_with("the answer was HTTP 429, to be asked again after 3"), "{error}");
    }
}

/// What the service was asked since the last time: batches, and records by path.
async fn asked(server: &MockServer) -> (usize, Vec<String>) {
    let all = server.received_requests().await.unwrap();
    server.reset().await;
    let mut records: Vec<String> =
        all.iter().filter(|one| one.method == "GET").map(|one| one.url.path().to_owned()).collect();
    records.sort();
    (all.len() - records.len(), records)
}

async fn mount(server: &MockServer, known: &[(&str, &[&str])], records: &[Value]) {
    Mock::given(method("POST")).respond_with(knowing(known)).mount(server).await;
    for record in records {
        let answer = ResponseTemplate::new(200).set_body_json(record);
        Mock::given(path(format!("/v1/vulns/{}", record["id"].as_str().unwrap())))
            .respond_with(answer)
            .mount(server)
            .await;
    }
}

#[tokio::test]
async fn a_second_run_fetches_nothing_that_it_has() {
    let mut withdrawn = record("GHSA-2", "npm", "b", &[("introduced", "0")]);
    withdrawn["withdrawn"] = json!("2026-01-01T00:00:00Z");
    let records = [record("GHSA-1", "npm", "a", &[("introduced", "0"), ("fixed", "1.5.0")]), withdrawn];
    let known: [(&str, &[&str]); 2] = [("a", &["GHSA-1"]), ("b", &["GHSA-2"])];
    let (server, project, dir) = (MockServer::start().await, two(), Folder::with(&[]));
    let settings = || Settings { advisories: dir.path().to_owned(), ..asking(&server.uri()) };
    let look = async || run(&DependenciesProbe, project.path(), settings()).await.unwrap();
    mount(&server, &known, &records).await;
    let first = look().await;
    let both = ["/v1/vulns/GHSA-1".to_owned(), "/v1/vulns/GHSA-2".to_owned()];
    // The packages, and then the version that is proposed.
    assert_eq!(asked(&server).await, (2, both.to_vec()));
    mount(&server, &known, &records).await;
    let second = look().await;
    assert_eq!(asked(&server).await, (2, vec![]));
    let told = |seen: &Seen| seen.findings.iter().map(|one| (one.message.clone(), one.confidence)).collect::<Vec<_>>();
    assert_eq!((told(&first).len(), told(&first)), (1, told(&second)));
    assert_eq!(*coverage(&second.result.unwrap()), Coverage::Whole);
    // A cache is no copy of the database.
    assert_eq!(gonogo::probe::dependencies::store::status(dir.path()).unwrap(), []);
    assert!(!gonogo::probe::dependencies::store::is_present(dir.path()));
    // A half-written entry is fetched again, and only that.
    let service = std::fs::read_dir(dir.path().join("cache")).unwrap().next().unwrap().unwrap().path();
    let entry = std::fs::read(service.join("GHSA-1")).unwrap();
    std::fs::write(service.join("GHSA-1"), &entry[..entry.len() / 2]).unwrap();
    mount(&server, &known, &records).await;
    assert_eq!(told(&look().await), told(&first));
    assert_eq!(asked(&server).await, (2, both[..1].to_vec()));
    assert_eq!(std::fs::read(service.join("GHSA-1")).unwrap(), entry);
    // A record that was changed since is fetched again: `knowing` says so by another time.
    let changed = |request: &Request| {
        let mut answer: Value = serde_json::from_slice(knowing_body(request).as_bytes()).unwrap();
        answer["results"][0]["vulns"] = json!([{"id": "GHSA-1", "modified": "2026-02-02T00:00:00Z"}]);
        ResponseTemplate::new(200).set_body_json(answer)
    };
    Mock::given(method("POST")).respond_with(changed).with_priority(1).mount(&server).await;
    mount(&server, &known, &records).await;
    assert_eq!(told(&look().await), told(&first));
    assert_eq!(asked(&server).await, (2, both[..1].to_vec()));
}

/// An answer without advisories, with as many results as the request has queries.
fn knowing_body(request: &Request) -> String {
    let body: Value = request.body_json().unwrap();
    json!({"results": vec![json!({}); body["queries"].as_array().unwrap().len()]}).to_string()
}

#[tokio::test]
async fn records_that_are_missing_do_not_keep_others_away_and_silence_ends_the_asking() {
    let names: Vec<String> = (0..40).map(|n| format!("p{n}")).collect();
    let ids: Vec<String> = (0..40).map(|n| format!("GHSA-{n}")).collect();
    let each: Vec<[&str; 1]> = ids.iter().map(|id| [id.as_str()]).collect();
    let known: Vec<(&str, &[&str])> = names.iter().zip(&each).map(|(name, ids)| (name.as_str(), &ids[..])).collect();
    let packages: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1.0.0")).collect();
    let project = Folder::with(&[("package-lock.json", &package_lock(&packages))]);
    let records: Vec<Value> =
        (30..40).map(|n| record(&ids[n], "npm", &names[n], &[("introduced", "0"), ("fixed", "2.0.0")])).collect();
    let server = service(&known, &records).await;
    let first = seen(&project, &server.uri()).await;
    let fixed = first.findings.iter().filter(|one| one.message.contains("fixed in 2.0.0")).count();
    assert_eq!((first.findings.len(), fixed), (40, 10), "30 records that are not there hide no other");
    let server = service(&known, &[]).await;
    let down = ResponseTemplate::new(503).insert_header("Retry-After", "3600");
    Mock::given(method("GET")).respond_with(down).with_priority(1).mount(&server).await;
    let second = seen(&project, &server.uri()).await;
    assert_eq!(second.findings.len(), 40);
    let requests = server.received_requests().await.unwrap().len();
    assert!(requests < 30, "a service that is down was asked {requests} times");
    let Coverage::Part(why) = coverage(&second.result.unwrap()).clone() else { panic!("silence passes") };
    assert!(why.contains("the service stopped answering"), "{why}");
}

#[tokio::test]
async fn nothing_is_kept_where_no_folder_of_its_own_is_known() {
    let records = [record("GHSA-1", "npm", "a", &[("introduced", "0")])];
    let server = service(&[("a", &["GHSA-1"])], &records).await;
    assert_eq!(seen(&two(), &server.uri()).await.findings.len(), 1);
    assert!(!std::path::Path::new("cache").exists(), "a cache in the folder where gonogo was started");
}

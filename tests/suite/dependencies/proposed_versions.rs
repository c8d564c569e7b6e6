//! A version that is proposed has no known hole itself.

use gonogo::model::{Coverage, Examined};
use gonogo::probe::dependencies::DependenciesProbe;
use gonogo::probe::packages::Ecosystem;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::service::seen;
use super::store::{counts, import, now};
use super::{coverage, export, filler, offline, package_lock, record};
use crate::support::probes::{Folder, run, run_at};

/// What is known of `a`: each turn of its history ends one hole and opens the next.
fn turns(count: u32) -> Vec<Value> {
    let turn = |n: u32| {
        let (from, to) = (format!("1.{n}.0"), format!("1.{}.0", n + 1));
        record(&format!("GHSA-{n}"), "npm", "a", &[("introduced", &from), ("fixed", &to)])
    };
    (0..count).map(turn).collect()
}

/// A service that knows only what hits the version that it is asked about; `None` for one that it refuses to speak of.
async fn service(count: u32, answered: impl Fn(u32) -> bool + Send + Sync + 'static) -> MockServer {
    let server = MockServer::start().await;
    let batch = move |request: &Request| {
        let body: Value = request.body_json().unwrap();
        let minor =
            |query: &Value| query["version"].as_str().unwrap().split('.').nth(1).unwrap().parse::<u32>().unwrap();
        let minors: Vec<u32> = body["queries"].as_array().unwrap().iter().map(minor).collect();
        if !minors.iter().all(|minor| answered(*minor)) {
            return ResponseTemplate::new(400);
        }
        let hit = |minor: u32| {
            if minor < count { json!({"vulns": [{"id": format!("GHSA-{minor}")}]}) } else { json!({}) }
        };
        let results: Vec<Value> = minors.into_iter().map(hit).collect();
        ResponseTemplate::new(200).set_body_json(json!({ "results": results }))
    };
    Mock::given(method("POST")).and(path("/v1/querybatch")).respond_with(batch).mount(&server).await;
    for record in turns(count) {
        let answer = ResponseTemplate::new(200).set_body_json(&record);
        let at = format!("/v1/vulns/{}", record["id"].as_str().unwrap());
        Mock::given(method("GET")).and(path(at)).respond_with(answer).mount(&server).await;
    }
    server
}

fn project() -> Folder {
    Folder::with(&[("package-lock.json", &package_lock(&[("a", "1.0.0"), ("b", "1.9.0")]))])
}

fn proposed(examined: &Examined) -> Option<String> {
    examined.dependencies.as_ref().unwrap().vulnerable[0].way_out.version.clone()
}

async fn batches(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().iter().filter(|request| request.method == "POST").count()
}

#[tokio::test]
async fn a_service_is_asked_about_the_version_that_is_proposed() {
    let server = service(2, |_| true).await;
    let seen = seen(&project(), &server.uri()).await;
    assert_eq!(seen.findings.len(), 1, "{:?}", seen.places());
    let examined = seen.result.unwrap();
    assert_eq!(proposed(&examined).as_deref(), Some("1.2.0"));
    assert_eq!(batches(&server).await, 3);
    assert_eq!((*coverage(&examined) == Coverage::Whole, examined.counts["packages"]), (true, 2));
    assert!(examined.gaps.is_empty(), "{:?}", examined.gaps);
}

#[tokio::test]
async fn a_history_without_an_end_is_left_after_three_questions() {
    let server = service(9, |_| true).await;
    let seen = seen(&project(), &server.uri()).await;
    assert_eq!(proposed(&seen.result.unwrap()).as_deref(), Some("1.4.0"));
    assert_eq!(batches(&server).await, 4);
}

#[tokio::test]
async fn what_is_not_answered_any_more_is_said_and_takes_nothing_away() {
    let server = service(2, |minor| minor != 1).await;
    let seen = seen(&project(), &server.uri()).await;
    assert_eq!(seen.findings.len(), 1);
    let examined = seen.result.unwrap();
    assert_eq!(proposed(&examined).as_deref(), Some("1.1.0"));
    assert_eq!(*coverage(&examined), Coverage::Whole);
    let [gap] = examined.gaps.as_slice() else { panic!("{:?}", examined.gaps) };
    assert!(gap.reason.starts_with("proposed version not looked up because"), "{}", gap.reason);
    assert_eq!(gap.examples, ["a 1.1.0"]);
}

#[tokio::test]
async fn an_offline_copy_says_all_that_it_knows_of_the_package() {
    let plain = Folder::with(&[]);
    for record in turns(2) {
        plain.write(&format!("{}.json", record["id"].as_str().unwrap()), record.to_string());
    }
    let seen = run(&DependenciesProbe, project().path(), offline(plain.path())).await.unwrap();
    assert_eq!(seen.findings.len(), 1);
    assert_eq!(proposed(&seen.result.unwrap()).as_deref(), Some("1.2.0"));

    let (source, compiled) = (Folder::with(&[]), Folder::with(&[]));
    let records: Vec<Value> = turns(2).into_iter().chain(filler("npm", 10)).collect();
    export(&source.path().join("all.zip"), &records);
    import(&[source.path()], compiled.path()).await.unwrap();
    assert_eq!(counts(compiled.path()), [(Ecosystem::Npm, 12)]);
    let seen = run_at(&DependenciesProbe, project().path(), offline(compiled.path()), now()).await.unwrap();
    assert_eq!(seen.findings.len(), 1);
    assert_eq!(proposed(&seen.result.unwrap()).as_deref(), Some("1.2.0"));
}

//! Tests of the `repository` probe: headers, judged by the files that set them.

use gonogo::model::{Coverage, RuleId, Settings, Severity};
use gonogo::probe::repository::RepositoryProbe;

use crate::support::probes::{Folder, Seen, run};

async fn look(files: &[(&str, &str)]) -> Seen {
    run(&RepositoryProbe, Folder::with(files).path(), Settings::default()).await.unwrap()
}

fn coverage(seen: &Seen, rule: &str) -> Coverage {
    seen.result.as_ref().unwrap().rules[&RuleId::from(rule)].clone()
}

const SITE: &str = "server {\n  listen 443 ssl;\n  location / { proxy_pass http://app:3000; }\n}\n";

#[tokio::test]
async fn one_finding_lists_what_is_missing_with_the_lines_to_add_and_goes_away_once_they_are_there() {
    let bad = look(&[("deploy/shop.conf", SITE)]).await;
    let findings = bad.of("configured-headers-missing");
    assert_eq!(findings.len(), 1);
    assert_eq!(
        (findings[0].severity, findings[0].location.to_string()),
        (Severity::Major, "deploy/shop.conf:1".to_owned())
    );
    let lines: Vec<&str> = findings[0].evidence[0].text.lines().skip(1).collect();
    assert_eq!(lines.len(), 6, "{lines:?}");
    assert_eq!(coverage(&bad, "configured-headers-missing"), Coverage::Whole);
    assert!(!bad.proved().contains(&"configured-header-set".to_owned()));

    let text = SITE.replacen("listen 443 ssl;\n", &format!("listen 443 ssl;\n{}\n", lines.join("\n")), 1);
    let good = look(&[("deploy/shop.conf", &text)]).await;
    assert_eq!(good.places(), Vec::<String>::new());
    assert!(good.proved().contains(&"configured-header-set".to_owned()));
    // The policy is on trial, so nothing may pass on it yet.
    let Coverage::Part(why) = coverage(&good, "configured-header-set") else { panic!("whole") };
    assert!(why.contains("on trial"), "{why}");
}

#[tokio::test]
async fn a_location_that_loses_headers_and_old_protocols_are_findings_of_their_own() {
    let text = "ssl_protocols TLSv1 TLSv1.2;\nserver {\n  listen 443 ssl;\n  add_header X-Frame-Options DENY always;\n  location /account { add_header Cache-Control no-store; proxy_pass http://app; }\n}\n";
    let seen = look(&[("shop.conf", text)]).await;
    let places: Vec<String> = seen.places().into_iter().filter(|place| !place.contains("missing")).collect();
    assert_eq!(places, ["configured-header-weak shop.conf:5", "server-settings-weak shop.conf:1"]);
}

#[tokio::test]
async fn a_project_without_such_a_layer_is_left_alone() {
    let seen = look(&[("README.md", "hello"), ("src/main.c", "int main() {}")]).await;
    assert_eq!(seen.of("configured-headers-missing").len(), 0);
    assert!(matches!(coverage(&seen, "configured-headers-missing"), Coverage::Nothing(_)));
    assert!(matches!(coverage(&seen, "server-settings-weak"), Coverage::Absent(_)));
}

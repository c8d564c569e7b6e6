//! All rules on whole apps, written as a careful developer would: nothing that matters may be said against them.
//!
//! `tests/fixtures/apps/<app>` is such an app. Its `expect.toml` tells what speaks for it, which small things are rightly
//! said against it, and what is said when somebody takes a safeguard away: so its silence is known to be no deafness.

use std::fs;

use gonogo::model::{Location, Settings, Severity};
use gonogo::probe::environment::EnvironmentProbe;
use gonogo::probe::secrets::SecretsProbe;
use gonogo::probe::source::SourceProbe;
use serde::Deserialize;

use super::{collect, entries, fixtures, name};
use crate::support::probes::{Folder, run};

/// What is expected of an app. Places are `rule path`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// Every proof.
    proofs: Vec<String>,
    /// Every finding; all are minor.
    #[serde(default)]
    minor: Vec<String>,
    /// Safeguards, and what is said without them.
    breaks: Vec<Break>,
}

/// A safeguard that is taken away.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Break {
    file: String,
    replace: String,
    with: String,
    /// The findings that this adds.
    finds: Vec<String>,
}

struct App {
    name: String,
    folder: Folder,
    expected: Expected,
}

impl App {
    fn all() -> impl Iterator<Item = Self> {
        entries(&fixtures("apps")).into_iter().map(|root| {
            let (mut files, folder) = (Vec::new(), Folder::with(&[]));
            collect(&root, &root, &mut files);
            let mut expected = None;
            for (path, text) in &files {
                if path == "expect.toml" {
                    expected = Some(toml::from_str(text).unwrap());
                } else {
                    folder.write(path, text);
                }
            }
            Self { name: name(&root), folder, expected: expected.unwrap() }
        })
    }

    /// `rule path` of everything that the source rules say against it, with how bad it is, and of what speaks for it.
    async fn seen(&self) -> (Vec<(String, Severity)>, Vec<String>) {
        let seen = run(&SourceProbe, self.folder.path(), Settings::default()).await.unwrap();
        let gaps = seen.result.unwrap().gaps;
        assert!(gaps.iter().all(|gap| !gap.reason.starts_with("partly")), "{}: {gaps:?}", self.name);
        let place = |location: &Location| {
            let text = location.to_string();
            text.rsplit_once(':').map_or(text.clone(), |(path, _)| path.to_owned())
        };
        let mut findings: Vec<_> = (seen.findings.iter())
            .map(|found| (format!("{} {}", found.rule, place(&found.location)), found.severity))
            .collect();
        let mut proofs: Vec<_> =
            seen.proofs.iter().map(|proof| format!("{} {}", proof.rule, place(&proof.location))).collect();
        findings.sort();
        proofs.sort();
        proofs.dedup();
        (findings, proofs)
    }
}

#[tokio::test]
async fn careful_apps_are_left_in_peace_and_their_safeguards_are_seen() {
    let mut wrong = Vec::new();
    for app in App::all() {
        let (findings, proofs) = app.seen().await;
        for (place, severity) in &findings {
            if *severity > Severity::Minor || !app.expected.minor.contains(place) {
                wrong.push(format!("{}: a false alarm, {severity:?}: {place}", app.name));
            }
        }
        for minor in app.expected.minor.iter().filter(|place| !findings.iter().any(|(found, _)| found == *place)) {
            wrong.push(format!("{}: not said: {minor}", app.name));
        }
        for proof in proofs.iter().filter(|proof| !app.expected.proofs.contains(proof)) {
            wrong.push(format!("{}: a proof that is not in its expect.toml: {proof}", app.name));
        }
        for proof in app.expected.proofs.iter().filter(|proof| !proofs.contains(proof)) {
            wrong.push(format!("{}: not proved: {proof}", app.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_safeguard_that_is_taken_away_is_missed() {
    let mut wrong = Vec::new();
    for app in App::all() {
        let minor = &app.expected.minor;
        for change in &app.expected.breaks {
            let file = app.folder.path().join(&change.file);
            let whole = fs::read_to_string(&file).unwrap();
            assert!(whole.contains(&change.replace), "{}: {} has no {:?}", app.name, change.file, change.replace);
            app.folder.write(&change.file, whole.replace(&change.replace, &change.with));
            let (findings, _) = app.seen().await;
            let mut found: Vec<String> =
                findings.into_iter().map(|(place, _)| place).filter(|place| !minor.contains(place)).collect();
            found.dedup();
            if found != change.finds {
                wrong.push(format!("{}: without {:?}: found {found:?}", app.name, change.replace));
            }
            app.folder.write(&change.file, whole);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn careful_apps_hold_no_secrets_and_declare_their_environment() {
    for app in App::all() {
        for seen in [
            run(&SecretsProbe, app.folder.path(), Settings::default()).await,
            run(&EnvironmentProbe, app.folder.path(), Settings::default()).await,
        ] {
            let Ok(seen) = seen else { continue };
            assert_eq!(seen.places(), Vec::<String>::new(), "{}", app.name);
        }
    }
}

//! What the dependencies probe brings home from a shop: two lock files, four vulnerable packages.

use gonogo::model::{
    AdvisoryReport, DependencyReport, LinesCome, LockReport, PackageStep, Severity, Uses, VulnerablePackage, WayOut,
    WayOutKind,
};

/// The whole report.
pub fn shop() -> DependencyReport {
    DependencyReport {
        locks: vec![lock("package-lock.json", "npm", 1_204, 41), lock("worker/uv.lock", "uv", 63, 9)],
        // Two of the lock files' packages are no registry's.
        looked_up: 1_265,
        vulnerable: vec![malware(), body_parser(), yaml(), tool()],
        advisories_from: "the offline copy of 2026-11-20".to_owned(),
    }
}

/// The same with `text` in every place that a file or an advisory can fill.
pub fn poisoned(text: &str) -> DependencyReport {
    fn fill(value: &mut serde_json::Value, text: &str) {
        match value {
            serde_json::Value::Object(fields) => {
                fields
                    .iter_mut()
                    .filter(|(name, value)| {
                        let is_name = ["severity", "kind", "lines_come", "parts_used"].contains(&name.as_str());
                        !(is_name || *name == "uses" && value.is_string())
                    })
                    .for_each(|(_, value)| fill(value, text));
            }
            serde_json::Value::Array(values) => values.iter_mut().for_each(|value| fill(value, text)),
            serde_json::Value::String(old) => text.clone_into(old),
            _ => {}
        }
    }
    let mut report = serde_json::to_value(shop()).unwrap();
    fill(&mut report, text);
    serde_json::from_value(report).unwrap()
}

fn lock(path: &str, manager: &str, packages: u64, direct: u64) -> LockReport {
    LockReport { path: path.to_owned(), manager: manager.to_owned(), packages, direct, development: packages / 3 }
}

fn step(name: &str, version: &str) -> PackageStep {
    PackageStep { name: name.to_owned(), version: version.to_owned(), asked_in: None, range: String::new() }
}

fn asked(name: &str, version: &str, range: &str, line: u32) -> PackageStep {
    PackageStep {
        asked_in: Some(("package.json".to_owned(), Some(line))),
        range: range.to_owned(),
        ..step(name, version)
    }
}

fn advisory(known_as: &str, severity: Severity, score: f64, fixed: Option<&str>, summary: &str) -> AdvisoryReport {
    AdvisoryReport {
        known_as: known_as.to_owned(),
        aliases: vec!["GHSA-aaaa-bbbb-cccc".to_owned()],
        summary: summary.to_owned(),
        details: format!("{summary}. An attacker sends a request that makes the parser work for minutes.\n\nUpgrade."),
        severity: Some(severity),
        score: Some(score),
        fixed: fixed.map(str::to_owned),
        malware: false,
        references: vec![format!("https://osv.dev/vulnerability/{known_as}")],
        ..AdvisoryReport::default()
    }
}

fn npm(name: &str, version: &str, line: u32) -> VulnerablePackage {
    VulnerablePackage {
        lock: "package-lock.json".to_owned(),
        line,
        ecosystem: "npm".to_owned(),
        manager: "npm".to_owned(),
        name: name.to_owned(),
        version: version.to_owned(),
        ..VulnerablePackage::default()
    }
}

fn malware() -> VulnerablePackage {
    let found = AdvisoryReport {
        malware: true,
        fixed: None,
        ..advisory("MAL-2026-1", Severity::Blocker, 10.0, None, "Steals the keys of whoever installs it")
    };
    VulnerablePackage {
        direct: true,
        severity: Some(Severity::Blocker),
        ways_in: vec![vec![asked("expresss", "1.0.2", "^1.0.0", 14)]],
        advisories: vec![found],
        way_out: WayOut {
            kind: WayOutKind::Remove,
            words: "Remove expresss, and treat every machine that installed it as compromised.".to_owned(),
            commands: vec!["npm uninstall expresss".to_owned()],
            ..WayOut::default()
        },
        uses: Uses::NotImported,
        ..npm("expresss", "1.0.2", 311)
    }
}

fn body_parser() -> VulnerablePackage {
    VulnerablePackage {
        severity: Some(Severity::Major),
        ways_in: vec![
            vec![asked("express", "4.17.1", "~4.17.0", 12), step("body-parser", "1.19.0"), step("qs", "6.7.0")],
            vec![asked("superagent", "5.1.0", "5.1.0", 21), step("qs", "6.7.0")],
        ],
        more_ways_in: 2,
        advisories: vec![
            advisory("CVE-2022-24999", Severity::Major, 7.5, Some("6.7.3"), "Prototype pollution hangs the process"),
            advisory("CVE-2025-15284", Severity::Minor, 6.3, Some("6.14.1"), "Limits of arrays can be passed"),
        ],
        way_out: WayOut {
            kind: WayOutKind::RaiseParent,
            version: Some("6.14.1".to_owned()),
            words: "express 4.17.1 pins it: raise that. If no release does: force the version for all who need it."
                .to_owned(),
            commands: vec!["npm install express@latest".to_owned()],
            lines: Some(("package.json".to_owned(), "\"overrides\": {\n  \"qs\": \"6.14.1\"\n},".to_owned())),
            first: "change package.json:3, which holds qs to 6.7.0".to_owned(),
            place: "first inside pnpm, beside what stands there".to_owned(),
            table: "pnpm.overrides".to_owned(),
            lines_come: LinesCome::IfCommandsDoNotHelp,
            after_lines: vec!["npm install".to_owned()],
            at_last: "build the image of Dockerfile again".to_owned(),
        },
        uses: Uses::Imported {
            package: "express".to_owned(),
            places: vec![("src/server.ts".to_owned(), 3), ("src/api/orders.ts".to_owned(), 1)],
            more: 4,
        },
        ..npm("qs", "6.7.0", 902)
    }
}

fn yaml() -> VulnerablePackage {
    VulnerablePackage {
        lock: "worker/uv.lock".to_owned(),
        line: 77,
        ecosystem: "PyPI".to_owned(),
        manager: "uv".to_owned(),
        name: "pyyaml".to_owned(),
        version: "5.3".to_owned(),
        direct: true,
        severity: Some(Severity::Major),
        ways_in: vec![vec![PackageStep {
            asked_in: Some(("worker/pyproject.toml".to_owned(), None)),
            ..step("pyyaml", "5.3")
        }]],
        advisories: vec![advisory("CVE-2020-14343", Severity::Blocker, 9.8, Some("5.4"), "Loading runs code")],
        way_out: WayOut {
            kind: WayOutKind::Renew,
            version: Some("5.4".to_owned()),
            words: "What you declare allows 5.4: renew the lock file.".to_owned(),
            commands: vec!["uv lock --upgrade-package pyyaml".to_owned()],
            ..WayOut::default()
        },
        uses: Uses::NotImported,
        ..VulnerablePackage::default()
    }
}

fn tool() -> VulnerablePackage {
    VulnerablePackage {
        direct: false,
        development: true,
        severity: Some(Severity::Minor),
        advisories: vec![advisory("CVE-2021-23337", Severity::Major, 7.2, None, "Templates run commands")],
        way_out: WayOut {
            words: "No version without the hole is out. Replace lodash.template, or write down why its hole cannot be \
                    reached in your app."
                .to_owned(),
            ..WayOut::default()
        },
        uses: Uses::Unknown { why: "3 files could not be read".to_owned() },
        ..npm("lodash.template", "4.5.0", 1_500)
    }
}

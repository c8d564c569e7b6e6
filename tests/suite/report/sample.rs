//! A report made by hand, with one of everything that a report can hold.

use std::collections::BTreeMap;

use gonogo::model::report::{
    ReportFinding, ReportItem, ReportLocation, ReportProbe, ReportProject, ReportProof, ReportSection, ReportService,
    SCHEMA, Tool,
};
use gonogo::model::{
    Acceptance, Answer, Basis, Cell, Confidence, Decision, Evidence, EvidenceKind, ExternalService, Gap, Poll, Reply,
    Report, SeenAt, Severity,
};

/// A small shop with a bit of everything.
pub fn shop() -> Report {
    Report {
        schema: SCHEMA,
        tool: Tool { name: "gonogo".to_owned(), version: "0.1.0".to_owned() },
        project: ReportProject {
            name: "corner-shop".to_owned(),
            root: "/home/ada/corner-shop".to_owned(),
            commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
            stack: vec!["express".to_owned(), "react".to_owned(), "postgresql".to_owned()],
        },
        verdict: Decision::NoGo,
        examined_at: Some("2026-11-20T09:30:00Z".parse().unwrap()),
        probes: probes(),
        sections: vec![
            section("backups", "Backups", Poll::NoGo),
            section("security", "Security", Poll::NoGo),
            section("web", "Web", Poll::Unknown),
            section("polish", "Polish", Poll::Go),
        ],
        items: items(),
        findings: findings(),
        proofs: vec![proof()],
        services: vec![service()],
        database: None,
        web: None,
        dependencies: None,
    }
}

/// The shop with its database examined.
pub fn with_a_database() -> Report {
    let mut report = shop();
    report.probes.retain(|probe| probe.id != "database");
    report.database = Some(crate::support::queries::shop());
    report
}

/// The shop with its deployed app looked at.
pub fn with_a_site() -> Report {
    let mut report = shop();
    report.web = Some(crate::support::sites::shop());
    report
}

/// The shop with its packages looked up.
pub fn with_packages() -> Report {
    let mut report = shop();
    report.dependencies = Some(crate::support::packages::shop());
    report
}

fn service() -> ReportService {
    let at = |line| SeenAt { path: "src/pay.ts".to_owned(), line };
    let mut service = ExternalService::new("stripe".to_owned(), "Stripe".to_owned());
    service.seen = Some(at(4));
    service.calls = 2;
    service.timeout = Cell::Yes(at(4));
    service.catch = Cell::No(at(9));
    ReportService { item: service.item().to_string(), service }
}

fn probes() -> Vec<ReportProbe> {
    let completed = ReportProbe {
        id: "source".to_owned(),
        outcome: "completed".to_owned(),
        why: None,
        examined: BTreeMap::from([("files".to_owned(), 120), ("queries".to_owned(), 1)]),
        not_examined: vec![Gap {
            reason: "larger than 2 MB".to_owned(),
            count: 3,
            examples: vec!["web/vendor.js".to_owned(), "web/map.js".to_owned()],
        }],
        duration_ms: 310,
    };
    let other = |id: &str, outcome: &str, why: &str| ReportProbe {
        id: id.to_owned(),
        outcome: outcome.to_owned(),
        why: Some(why.to_owned()),
        examined: BTreeMap::new(),
        not_examined: Vec::new(),
        duration_ms: 0,
    };
    vec![
        completed,
        other("database", "failed", "the server at localhost:5432 refused the connection; start it and run again"),
        other("web", "skipped", "no URL was given; name one with --url"),
    ]
}

fn section(id: &str, title: &str, poll: Poll) -> ReportSection {
    let summary = format!("What {id} asks, in a sentence?");
    ReportSection { id: id.to_owned(), title: title.to_owned(), summary, poll }
}

/// An item whose texts all name it.
pub fn item(id: &str, title: &str, severity: Severity, status: &str, why: &str) -> ReportItem {
    ReportItem {
        id: id.to_owned(),
        section: id.split('.').next().unwrap().to_owned(),
        title: title.to_owned(),
        severity,
        status: status.to_owned(),
        why: why.to_owned(),
        basis: Basis::None,
        conflict: false,
        stale: false,
        findings: Vec::new(),
        proofs: Vec::new(),
        impact: format!("Without this ({id}), people lose what they entrusted to you."),
        how: format!("Look at {id} with `ls -l`."),
        fix: format!("Mend {id}."),
        ask: format!("Have you looked at {id} yourself?"),
        answer: None,
        note: None,
        accepted: None,
    }
}

fn items() -> Vec<ReportItem> {
    let nobody = "only a person can say, and nobody has answered yet";
    let answered = |reply| Some(Answer { reply, at: "2026-11-19T08:00:00Z".parse().unwrap() });
    vec![
        ReportItem {
            basis: Basis::Answer,
            answer: answered(Reply::No),
            note: Some("The provider promised it\nfor Monday.".to_owned()),
            ..item(
                "backups.configured",
                "The database is backed up",
                Severity::Blocker,
                "fail",
                "answered \"no\" on 2026-11-19",
            )
        },
        item("backups.restore-tested", "A restore was tested recently", Severity::Blocker, "unknown", nobody),
        ReportItem {
            basis: Basis::Evidence,
            findings: vec!["f1".to_owned()],
            ..item(
                "security.no-sql-injection",
                "No SQL is built from input",
                Severity::Blocker,
                "fail",
                "SQL is built from `req.query.q`",
            )
        },
        ReportItem {
            basis: Basis::Both,
            conflict: true,
            answer: answered(Reply::Yes),
            findings: vec!["f2".to_owned(), "f3".to_owned()],
            ..item(
                "security.timeouts",
                "Every external call has a timeout",
                Severity::Major,
                "fail",
                "`fetch` to api.stripe.com has no timeout (and 1 more); but answered \"yes\" on 2026-11-19",
            )
        },
        ReportItem {
            accepted: Some(Acceptance {
                owner: "Grace Hopper".to_owned(),
                reason: "only staff sign in during the pilot".to_owned(),
                until: Some("2026-12-31".parse().unwrap()),
                at: "2026-11-18T10:00:00Z".parse().unwrap(),
            }),
            ..item(
                "security.rate-limits",
                "Sign-in is rate limited",
                Severity::Blocker,
                "accepted",
                "Grace Hopper accepted the risk",
            )
        },
        item(
            "web.https-served",
            "The app is served over HTTPS",
            Severity::Major,
            "unknown",
            "no URL was given; name one with --url",
        ),
        ReportItem {
            basis: Basis::Evidence,
            stale: true,
            proofs: vec!["p1".to_owned()],
            ..item(
                "polish.lockfile",
                "A lock file is committed",
                Severity::Minor,
                "pass",
                "package-lock.json is tracked by git",
            )
        },
        item(
            "polish.sockets",
            "Sockets are closed",
            Severity::Minor,
            "not-applicable",
            "nothing in the project's manifests speaks of: websocket",
        ),
    ]
}

fn findings() -> Vec<ReportFinding> {
    let snippet = Evidence {
        kind: EvidenceKind::Snippet,
        text: "const q = req.query.q\nconst sql = `SELECT * FROM item WHERE name = '${q}'`\nawait db.query(sql)"
            .to_owned(),
        first_line: Some(9),
        marked_line: Some(10),
    };
    let mut injection =
        finding("f1", "sql-injection", Severity::Blocker, "server/items.ts", 10, "SQL is built from `req.query.q`");
    injection.evidence = vec![snippet, Evidence::new(EvidenceKind::Query, "SELECT * FROM item WHERE name = '…'")];
    let mut low = finding(
        "f3",
        "external-call-without-timeout",
        Severity::Minor,
        "server/mail.ts",
        3,
        "`got` to mail.example has no timeout",
    );
    low.confidence = Confidence::Low;
    let mut package = finding(
        "f4",
        "vulnerable-dependency",
        Severity::Minor,
        "package-lock.json",
        80,
        "left-pad 1.0.0 has a known vulnerability",
    );
    package.location.kind = "package".to_owned();
    package.location.package = Some("left-pad".to_owned());
    package.location.version = Some("1.0.0".to_owned());
    package.evidence = vec![Evidence::new(EvidenceKind::Note, "left-pad ← pad-all ← corner-shop")];
    vec![
        injection,
        finding(
            "f2",
            "external-call-without-timeout",
            Severity::Major,
            "server/pay.ts",
            42,
            "`fetch` to api.stripe.com has no timeout",
        ),
        low,
        package,
    ]
}

/// A finding at a line of a file.
pub fn finding(print: &str, rule: &str, severity: Severity, path: &str, line: u32, message: &str) -> ReportFinding {
    ReportFinding {
        fingerprint: print.to_owned(),
        rule: rule.to_owned(),
        probe: "source".to_owned(),
        severity,
        confidence: Confidence::High,
        message: message.to_owned(),
        location: in_file(path, line),
        evidence: Vec::new(),
        fix: format!("Do what {rule} asks."),
    }
}

fn in_file(path: &str, line: u32) -> ReportLocation {
    ReportLocation {
        kind: "file".to_owned(),
        path: Some(path.to_owned()),
        line: Some(line),
        column: Some(5),
        end_line: Some(line),
        ..ReportLocation::default()
    }
}

fn proof() -> ReportProof {
    ReportProof {
        fingerprint: "p1".to_owned(),
        rule: "lockfile-committed".to_owned(),
        probe: "repository".to_owned(),
        message: "package-lock.json is tracked by git".to_owned(),
        location: in_file("package-lock.json", 1),
        evidence: Vec::new(),
    }
}

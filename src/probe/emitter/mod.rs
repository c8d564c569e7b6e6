//! The one way out of a probe: everything is escaped, freed of secrets and fingerprinted here.

mod packages;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::ProbeMeta;
use super::secrets::redact;
use crate::model::{
    CertificateRow, DatabaseReport, DnsRow, EventKind, Evidence, EvidenceKind, Fingerprint, HeaderRow, Location,
    Observation, ObservatoryScore, ObservatoryTest, PathRow, PlanNode, RequestMade, RuleId, RunEvent, RunId, Site,
    SuiteRow, TlsServer, VersionRow, WebReport, escape,
};

pub(crate) use packages::clean_dependencies;

/// Sends a run's observations. Cheap to clone; usable from any thread.
#[derive(Clone)]
pub struct Emitter(Arc<Inner>);

struct Inner {
    events: mpsc::Sender<RunEvent>,
    run: RunId,
    meta: &'static ProbeMeta,
    rules_off: BTreeSet<RuleId>,
    clock: fn() -> Timestamp,
    seen: Mutex<HashMap<Fingerprint, usize>>,
}

impl Emitter {
    /// An emitter for one run of the probe `meta`. Findings of `rules_off` are dropped here.
    pub fn new(
        events: mpsc::Sender<RunEvent>,
        run: RunId,
        meta: &'static ProbeMeta,
        rules_off: BTreeSet<RuleId>,
        clock: fn() -> Timestamp,
    ) -> Self {
        Self(Arc::new(Inner { events, run, meta, rules_off, clock, seen: Mutex::default() }))
    }

    /// Sends an observation from async code; waits while the receiver is busy.
    pub async fn emit(&self, observation: impl Into<Observation>) {
        if let Some(event) = self.prepare(observation.into()) {
            // The receiver is gone only when the program is ending; the run is about to be cancelled then.
            let _ = self.0.events.send(event).await;
        }
    }

    /// Sends an observation from a blocking thread; waits while the receiver is busy.
    pub fn emit_blocking(&self, observation: impl Into<Observation>) {
        if let Some(event) = self.prepare(observation.into()) {
            let _ = self.0.events.blocking_send(event);
        }
    }

    /// Sends an observation that [`clean`] made fit to be shown: one that is told again need not be looked through again.
    pub(in crate::probe) fn emit_clean_blocking(&self, observation: Observation) {
        if let Some(observation) = self.named(observation) {
            let _ = self.0.events.blocking_send(self.event(observation));
        }
    }

    fn prepare(&self, observation: Observation) -> Option<RunEvent> {
        let mut observation = self.named(observation)?;
        clean(&mut observation);
        Some(self.event(observation))
    }

    fn event(&self, observation: Observation) -> RunEvent {
        let inner = &self.0;
        RunEvent {
            run: inner.run,
            probe: inner.meta.id.clone(),
            at: (inner.clock)(),
            kind: EventKind::Observed(Box::new(observation)),
        }
    }

    /// With the names of its probe and of itself; `None` where its rule is off.
    fn named(&self, mut observation: Observation) -> Option<Observation> {
        let inner = &self.0;
        debug_assert!(
            inner.meta.rules.iter().any(|rule| rule.id == observation.rule().as_str()),
            "rule {} is not listed by probe {}",
            observation.rule(),
            inner.meta.id
        );
        if inner.rules_off.contains(observation.rule()) {
            return None;
        }
        match &mut observation {
            Observation::Finding(finding) => {
                finding.probe = inner.meta.id.clone();
                finding.fingerprint = self.number(&finding.rule, &finding.location, &finding.anchor);
            }
            Observation::Proof(proof) => {
                proof.probe = inner.meta.id.clone();
                proof.fingerprint = self.number(&proof.rule, &proof.location, &proof.anchor);
            }
        }
        Some(observation)
    }

    /// Equal observations in the same place are numbered in their order, so that each keeps a name of its own.
    fn number(&self, rule: &RuleId, location: &Location, anchor: &str) -> Fingerprint {
        let first = Fingerprint::new(rule.as_str(), location, anchor, 0);
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let count = seen.entry(first.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { first } else { Fingerprint::new(rule.as_str(), location, anchor, *count - 1) }
    }
}

/// Takes secrets and control characters from all that is shown of it.
pub(crate) fn clean(observation: &mut Observation) {
    match observation {
        Observation::Finding(finding) => {
            clean_line(&mut finding.message);
            clean_line(&mut finding.fix);
            clean_location(&mut finding.location);
            finding.evidence.iter_mut().for_each(clean_evidence);
        }
        Observation::Proof(proof) => {
            clean_line(&mut proof.message);
            clean_location(&mut proof.location);
            proof.evidence.iter_mut().for_each(clean_evidence);
        }
    }
}

/// Takes secrets, control characters and numbers that are none from all that is kept of a database.
pub(crate) fn clean_report(report: &mut DatabaseReport) {
    clean_line(&mut report.server);
    clean_line(&mut report.method);
    for query in &mut report.queries {
        clean_block(&mut query.sql);
        query.sent_by.iter_mut().chain(&mut query.not_examined).for_each(clean_line);
        query.calls = query.calls.filter(|calls| calls.mean_ms.is_finite());
        for harm in &mut query.harms {
            harm.table.iter_mut().for_each(clean_line);
            clean_line(&mut harm.message);
            clean_line(&mut harm.fix);
        }
        query.points.retain(|point| point.cost.is_finite());
        query.plan.iter_mut().chain(&mut query.plan_now).for_each(|plan| clean_node(plan, DEEPEST));
    }
    for proposal in &mut report.proposals {
        clean_line(&mut proposal.table);
        proposal.keys.iter_mut().chain(&mut proposal.predicate).for_each(clean_line);
        clean_block(&mut proposal.statement);
        let migration = &mut proposal.migration;
        clean_line(&mut migration.tool);
        clean_line(&mut migration.place);
        clean_block(&mut migration.text);
        for gain in &mut proposal.gains {
            gain.before = gain.before.filter(|cost| cost.is_finite());
            gain.after = gain.after.filter(|cost| cost.is_finite());
        }
    }
}

/// JSON that is nested deeper than 128 values is refused when it is read back (`serde_json`'s limit against overflows of
/// the stack); each step of a plan takes two.
const DEEPEST: usize = 40;

/// Cleans a step of a plan and what lies below it, so many steps down; what lies deeper is left out.
fn clean_node(node: &mut PlanNode, deeper: usize) {
    clean_line(&mut node.kind);
    let names = [&mut node.table, &mut node.alias, &mut node.index];
    names.into_iter().flatten().chain(&mut node.details).for_each(clean_line);
    node.rows = node.rows.filter(|rows| rows.is_finite());
    node.cost = node.cost.filter(|cost| cost.is_finite());
    if deeper == 0 && !node.children.is_empty() {
        node.children = vec![PlanNode { kind: "… deeper steps are left out".to_owned(), ..PlanNode::default() }];
    }
    node.children.iter_mut().for_each(|child| clean_node(child, deeper.saturating_sub(1)));
}

/// Takes secrets and control characters from all that is kept of a deployed app. Every field is named, so that a new one
/// cannot be forgotten.
pub(crate) fn clean_web(report: &mut WebReport) {
    let WebReport { sites, servers, requests, tls_questions: _ } = report;
    sites.iter_mut().for_each(clean_site);
    servers.iter_mut().for_each(clean_server);
    for request in requests {
        let RequestMade { method, url, trouble, status: _, ms: _, bytes: _ } = request;
        clean_long(method);
        clean_long(url);
        trouble.iter_mut().for_each(clean_long);
    }
}

fn clean_site(site: &mut Site) {
    let Site {
        url,
        page,
        status: _,
        challenge: _,
        not_reached,
        hops,
        observatory,
        headers,
        paths,
        times: _,
        dns,
        dns_not_asked,
    } = site;
    [url, page].into_iter().chain(not_reached).chain(hops).chain(dns_not_asked).for_each(clean_long);
    if let Some(ObservatoryScore { score: _, grade, tests }) = observatory {
        clean_long(grade);
        for test in tests {
            let ObservatoryTest { name, result, words, modifier: _, pass: _ } = test;
            [name, result, words].into_iter().for_each(clean_long);
        }
    }
    for header in headers {
        let HeaderRow { name, sent, wanted, why, standing: _, place } = header;
        [name, why].into_iter().chain(sent).chain(wanted).for_each(clean_long);
        place.iter_mut().for_each(clean_location);
    }
    for row in paths {
        let PathRow { path, words, status: _, standing: _ } = row;
        [path, words].into_iter().for_each(clean_long);
    }
    for row in dns {
        let DnsRow { name, found, standing: _ } = row;
        [name, found].into_iter().for_each(clean_long);
    }
}

fn clean_server(server: &mut TlsServer) {
    let TlsServer {
        name,
        grade,
        caps,
        profile,
        off_profile,
        versions,
        suites,
        chain,
        distrust,
        trust_known: _,
        stapled,
    } = server;
    let texts = std::iter::once(name).chain(grade).chain(caps).chain(profile).chain(off_profile);
    texts.chain(distrust).chain(stapled).for_each(clean_long);
    for version in versions {
        let VersionRow { name, answer, standing: _ } = version;
        [name, answer].into_iter().for_each(clean_long);
    }
    for suite in suites {
        let SuiteRow { name, version, weakness } = suite;
        [name, version].into_iter().chain(weakness).for_each(clean_long);
    }
    for certificate in chain {
        let CertificateRow {
            subject,
            issuer,
            names,
            key,
            signature,
            from,
            to,
            days: _,
            days_left: _,
            standing: _,
            faults,
        } = certificate;
        let texts = [subject, issuer, key, signature, from, to].into_iter();
        texts.chain(names).chain(faults).for_each(clean_long);
    }
}

/// Characters of one text of a web report; a server may send a header of hundreds of kilobytes.
const LONGEST: usize = 4_000;

/// Cleans a line that a stranger's server may have made as long as it liked. Secrets go first: half of one is not
/// recognised.
fn clean_long(text: &mut String) {
    clean_line(text);
    cut(text);
}

fn cut(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
}

fn clean_block(text: &mut String) {
    let clean = escape::block(&redact::text(text)).into_owned();
    *text = clean;
}

fn clean_line(text: &mut String) {
    let clean = escape::line(&redact::text(text)).into_owned();
    *text = clean;
}

fn clean_evidence(evidence: &mut Evidence) {
    clean_block(&mut evidence.text);
    if evidence.kind == EvidenceKind::Snippet {
        evidence.text = evidence.text.trim_end().to_owned();
    }
}

fn clean_location(location: &mut Location) {
    match location {
        // A path must stay what it is so that the editor can open it; whoever draws or writes it escapes it.
        Location::File { .. } | Location::Project => {}
        Location::Package { name, version, .. } => {
            clean_line(name);
            clean_line(version);
        }
        Location::Query { sql, .. } => clean_line(sql),
        Location::Url { url } => clean_line(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        AnswerTimes, CallStatistics, CostPoint, ExaminedQuery, Gain, Harm, IndexProof, IndexProposal, Migration,
        Severity, Tier,
    };

    /// Puts `bad` in the place of every text below, and says in how many.
    fn plant(value: &mut serde_json::Value, bad: &str) -> usize {
        use serde_json::Value;
        match value {
            // How something stands is one of a few words, and a path must stay what it is: whoever shows it escapes it.
            Value::Object(fields) => fields
                .iter_mut()
                .filter(|(name, _)| !matches!(name.as_str(), "standing" | "place"))
                .map(|(_, value)| plant(value, bad))
                .sum(),
            Value::Array(values) => values.iter_mut().map(|value| plant(value, bad)).sum(),
            Value::String(text) => {
                *text = bad.to_owned();
                1
            }
            Value::Null => panic!("a field without a sample: fill it in"),
            Value::Bool(_) | Value::Number(_) => 0,
        }
    }

    #[test]
    fn nothing_of_a_deployed_app_keeps_a_secret_or_a_control_character() {
        let key = ["ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"].concat();
        let some = || Some(String::new());
        let place = Location::File { path: "nginx.conf".to_owned(), span: None };
        let mut sample = serde_json::to_value(WebReport {
            sites: vec![Site {
                status: Some(200),
                not_reached: some(),
                hops: vec![String::new()],
                observatory: Some(ObservatoryScore { tests: vec![ObservatoryTest::default()], ..Default::default() }),
                headers: vec![HeaderRow {
                    sent: vec![String::new()],
                    wanted: some(),
                    place: Some(place.clone()),
                    ..HeaderRow::default()
                }],
                paths: vec![PathRow { status: Some(200), ..PathRow::default() }],
                times: Some(AnswerTimes::default()),
                dns: vec![DnsRow::default()],
                dns_not_asked: some(),
                ..Site::default()
            }],
            servers: vec![TlsServer {
                grade: some(),
                caps: vec![String::new()],
                profile: some(),
                off_profile: vec![String::new()],
                versions: vec![VersionRow::default()],
                suites: vec![SuiteRow { weakness: some(), ..SuiteRow::default() }],
                chain: vec![CertificateRow {
                    names: vec![String::new()],
                    faults: vec![String::new()],
                    ..CertificateRow::default()
                }],
                distrust: vec![String::new()],
                stapled: some(),
                ..TlsServer::default()
            }],
            requests: vec![RequestMade { status: Some(200), trouble: some(), ..RequestMade::default() }],
            tls_questions: 48,
        })
        .unwrap();
        let planted = plant(&mut sample, &format!("a\u{1b}[31m \u{202e}\r\n {key} {}", "x".repeat(9_000)));
        assert!(planted >= 40, "{planted}");
        let mut report: WebReport = serde_json::from_value(sample).unwrap();
        clean_web(&mut report);
        assert_eq!(report.sites[0].headers[0].place, Some(place), "the editor must find it");
        let written = serde_json::to_string(&report).unwrap();
        assert!(!written.contains(&key), "{written}");
        assert!(!written.chars().any(escape::is_unsafe));
        assert!(!written.contains("\\n") && !written.contains("\\r"), "every text is one line");
        assert_eq!(written.matches("a\\\\u{1b}[31m \\\\u{202e}").count(), planted, "escaped, not lost");
        assert!(!written.contains(&"x".repeat(LONGEST)), "cut");
        assert_eq!(serde_json::from_str::<WebReport>(&written).unwrap(), report);
    }

    #[test]
    fn nothing_of_a_database_keeps_a_secret_a_control_character_or_a_number_that_is_none() {
        let key = ["ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"].concat();
        let bad = || format!("a\u{1b}[31m \u{202e} {key}");
        let node = || PlanNode {
            kind: bad(),
            table: Some(bad()),
            alias: Some(bad()),
            index: Some(bad()),
            details: vec![bad()],
            rows: Some(f64::NAN),
            cost: Some(f64::INFINITY),
            ..PlanNode::default()
        };
        let plan = || Some((0..200).fold(node(), |below, _| PlanNode { children: vec![below], ..node() }));
        let mut report = DatabaseReport {
            server: bad(),
            rows: 1,
            method: bad(),
            queries: vec![ExaminedQuery {
                sql: format!("SELECT 1\n{}", bad()),
                sent_by: Some(bad()),
                not_examined: Some(bad()),
                calls: Some(CallStatistics { calls: 1, mean_ms: f64::NAN, rows: None }),
                harms: vec![Harm {
                    tier: Tier::A,
                    rule: "full-table-scan".to_owned(),
                    severity: Severity::Major,
                    table: Some(bad()),
                    rows_read: 1,
                    message: bad(),
                    fix: bad(),
                }],
                points: vec![
                    CostPoint { times: 1, rows: 1, cost: f64::NAN },
                    CostPoint { times: 10, rows: 10, cost: 2.0 },
                ],
                plan_now: plan(),
                plan: plan(),
                ..ExaminedQuery::default()
            }],
            proposals: vec![IndexProposal {
                table: bad(),
                keys: vec![bad()],
                predicate: Some(bad()),
                statement: bad(),
                migration: Migration { tool: bad(), place: bad(), text: bad() },
                proof: IndexProof::Copy,
                gains: vec![Gain { query: "q".to_owned(), before: Some(f64::NAN), after: Some(1.0) }],
            }],
        };
        clean_report(&mut report);
        let query = &report.queries[0];
        assert_eq!(query.sql.lines().count(), 2, "lines stay lines");
        assert_eq!((query.calls, query.points.len()), (None, 1));
        let written = serde_json::to_string(&report).unwrap();
        assert!(!written.contains(&key));
        assert!(!written.replace("\\n", "").chars().any(escape::is_unsafe));
        // JSON writes a number that is none as null, and nobody could read it back.
        let read: DatabaseReport = serde_json::from_str(&written).unwrap();
        assert_eq!(read, report);
        let mut steps = 0;
        query.plan.as_ref().unwrap().walk(&mut |_, _| steps += 1);
        assert_eq!(steps, DEEPEST + 2, "JSON nested deeper could not be read back");
        for text in [&query.sql, &report.server, &query.harms[0].fix, &report.proposals[0].migration.text] {
            assert!(text.contains("\\u{1b}") && text.contains("\\u{202e}"), "{text}");
        }
    }
}

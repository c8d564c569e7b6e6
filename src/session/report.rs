//! The session as the data of a report.

use super::Session;
use crate::model::report::{
    Report, ReportFinding, ReportItem, ReportLocation, ReportProbe, ReportProject, ReportProof, ReportSection,
    ReportService, SCHEMA, Tool,
};
use crate::model::{Examined, Fingerprint, Item, Location, Outcome, Status, Verdict};

impl Session {
    /// Everything a report says. The same state gives the same report but for durations.
    #[must_use]
    pub fn report(&self) -> Report {
        let project = self.project();
        Report {
            schema: SCHEMA,
            tool: Tool { name: "gonogo".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            project: ReportProject {
                name: project.name.clone(),
                root: project.root.to_string_lossy().into_owned(),
                commit: project.commit.clone(),
                stack: project.stack.clone(),
            },
            verdict: self.decision(),
            examined_at: self.runs().iter().filter_map(|run| run.last.as_ref()).map(|last| last.ended).max(),
            probes: self.runs().iter().map(probe).collect(),
            sections: self
                .sections()
                .iter()
                .map(|summary| ReportSection {
                    id: summary.section.id.clone(),
                    title: summary.section.title.clone(),
                    summary: summary.section.summary.clone(),
                    poll: summary.poll,
                })
                .collect(),
            items: self.items().filter_map(|item| Some(self.report_item(item, self.verdict(&item.id)?))).collect(),
            findings: self
                .findings()
                .into_iter()
                .map(|finding| ReportFinding {
                    fingerprint: finding.fingerprint.to_string(),
                    rule: finding.rule.to_string(),
                    probe: finding.probe.to_string(),
                    severity: finding.severity,
                    confidence: finding.confidence,
                    message: finding.message.clone(),
                    location: location(&finding.location),
                    evidence: finding.evidence.clone(),
                    fix: finding.fix.clone(),
                })
                .collect(),
            services: self
                .services()
                .map(|service| ReportService { item: service.item().to_string(), service: service.clone() })
                .collect(),
            database: self.database().cloned(),
            web: self.web().cloned(),
            dependencies: self.dependencies().cloned(),
            proofs: self
                .proofs()
                .into_iter()
                .map(|proof| ReportProof {
                    fingerprint: proof.fingerprint.to_string(),
                    rule: proof.rule.to_string(),
                    probe: proof.probe.to_string(),
                    message: proof.message.clone(),
                    location: location(&proof.location),
                    evidence: proof.evidence.clone(),
                })
                .collect(),
        }
    }

    fn report_item(&self, item: &Item, verdict: &Verdict) -> ReportItem {
        let words = |prints: &[Fingerprint]| prints.iter().map(ToString::to_string).collect();
        ReportItem {
            id: item.id.to_string(),
            section: item.section.clone(),
            title: item.title.clone(),
            severity: verdict.severity,
            status: verdict.status.word().to_owned(),
            why: verdict.why.clone(),
            basis: verdict.basis,
            conflict: verdict.conflict,
            stale: verdict.stale,
            findings: words(&verdict.findings),
            proofs: words(&verdict.proofs),
            impact: item.why.clone(),
            how: item.how.clone(),
            fix: item.fix.clone(),
            ask: item.ask.clone(),
            answer: self.entry(&item.id).answer.clone(),
            note: self.entry(&item.id).note.clone(),
            accepted: match &verdict.status {
                Status::Accepted(acceptance) => Some(acceptance.clone()),
                _ => None,
            },
        }
    }
}

fn probe(run: &super::ProbeRun) -> ReportProbe {
    let examined = match run.outcome() {
        Some(Outcome::Completed(examined)) => examined.clone(),
        _ => Examined::default(),
    };
    ReportProbe {
        id: run.meta.id.to_string(),
        outcome: run.outcome().map_or("skipped", Outcome::word).to_owned(),
        why: run.outcome().map_or_else(|| Some("it has not run yet".to_owned()), Outcome::why),
        examined: examined.counts,
        not_examined: examined.gaps,
        duration_ms: run.last.as_ref().map_or(0, |last| last.duration_ms),
    }
}

fn location(location: &Location) -> ReportLocation {
    let mut flat = ReportLocation { path: location.path().map(str::to_owned), ..ReportLocation::default() };
    flat.line = location.line();
    let kind = match location {
        Location::File { span, .. } | Location::Query { span, .. } => {
            flat.column = span.map(|span| span.column);
            flat.end_line = span.map(|span| span.end_line);
            if let Location::Query { sql, .. } = location {
                flat.query = Some(sql.clone());
                "query"
            } else {
                "file"
            }
        }
        Location::Package { name, version, .. } => {
            flat.package = Some(name.clone());
            flat.version = Some(version.clone());
            "package"
        }
        Location::Url { url } => {
            flat.url = Some(url.clone());
            "url"
        }
        Location::Project => "project",
    };
    flat.kind = kind.to_owned();
    flat
}

//! The `source` probe: what the code itself says about how it will fare in production.

mod classify;
pub mod code;
mod coverage;
mod database_calls;
pub mod facts;
mod flow;
pub mod index;
mod language;
mod libraries;
mod role;
pub mod rules;
mod shared;
mod sql_text;
pub mod start_command;
mod traits;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::files::Gaps;
use super::{Plan, Probe, ProbeCx, ProbeMeta, Touches};
use crate::model::{
    Evidence, Examined, Failure, Finding, Location, ProbeId, Project, Proof, RuleKind, RuleMeta, Settings, Skip, Span,
};
use facts::{CodeIndex, FileFacts};
use rules::{Hit, RULES};

pub use shared::SharedCode;

/// More findings of one rule in one file than this are counted and not shown: nobody reads them one by one.
const MAX_HITS: usize = 100;

/// The probe.
pub struct SourceProbe;

static META: ProbeMeta = ProbeMeta {
    id: ProbeId::from_static("source"),
    title: "Source",
    about: "Reads JavaScript, TypeScript and Python for what works on your machine and fails your users.",
    rules: &RULE_METAS,
    follows_files: true,
    timeout: Duration::from_secs(120),
};

static RULE_METAS: [&RuleMeta; RULES.len()] = rules::metas();

impl Probe for SourceProbe {
    fn meta(&self) -> &'static ProbeMeta {
        &META
    }

    fn plan(&self, _project: &Project, _settings: &Settings) -> Result<Plan, Skip> {
        Ok(Plan { summary: "read the project's code".to_owned(), touches: Touches::Files })
    }

    fn run(&self, _plan: Plan, cx: ProbeCx) -> BoxFuture<'static, Result<Examined, Failure>> {
        async move {
            let index = cx.code.index(&cx).await?;
            tokio::task::spawn_blocking(move || examine(&index, &cx))
                .await
                .map_err(|_| Failure::new("The source rules crashed, which is a bug in gonogo; please report it"))?
        }
        .boxed()
    }
}

/// Runs every rule over every file, in the order of their paths, so that the same project gives the same findings.
fn examine(index: &Arc<CodeIndex>, cx: &ProbeCx) -> Result<Examined, Failure> {
    let total = index.files.len() as u64;
    let mut suppressed = 0;
    let mut too_many = Gaps::default();
    for (done, file) in (0_u64..).zip(&index.files) {
        if cx.cancel.is_cancelled() {
            return Err(Failure::new("Reading the code was cancelled; run it again"));
        }
        if done % 64 == 0 {
            cx.report_progress(done, Some(total), "checking files");
        }
        let mut seen = look(file, index, &mut too_many);
        seen.retain(|(rule, hit)| {
            let allowed = is_allowed(file, rule.id, hit.place.span.line);
            suppressed += u64::from(allowed);
            !allowed
        });
        send(&file.path, seen, cx);
    }
    for command in &index.start_commands {
        send(&command.path, rules::start_command(command).into_iter().collect(), cx);
    }
    cx.report_progress(total, Some(total), "checking files");
    let mut examined = coverage::examined(index);
    examined.counts.insert("suppressed".to_owned(), suppressed);
    examined.gaps.extend(too_many.into_vec());
    Ok(examined)
}

fn look(file: &FileFacts, index: &CodeIndex, too_many: &mut Gaps) -> Vec<(&'static RuleMeta, Hit)> {
    let mut seen = Vec::new();
    let mut hits = Vec::new();
    for rule in RULES.iter().filter(|rule| (rule.reads)(file.language) && (rule.looks_at)(file.role)) {
        (rule.check)(file, index, &mut hits);
        for hit in hits.iter().skip(MAX_HITS) {
            too_many.add(
                "a finding beyond the first 100 of its rule in one file",
                &format!("{} {}:{}", rule.meta.id, file.path, hit.place.span.line),
            );
        }
        hits.truncate(MAX_HITS);
        seen.extend(hits.drain(..).map(|hit| (rule.meta, hit)));
    }
    seen.sort_by_key(|(rule, hit)| (hit.place.span, rule.id));
    seen.dedup_by(|a, b| a.0.id == b.0.id && a.1.place == b.1.place);
    seen
}

fn is_allowed(file: &FileFacts, rule: &str, line: u32) -> bool {
    file.suppressions.iter().any(|allowed| *allowed.rule == *rule && allowed.line == line)
}

/// Sends what was seen in one file. The file is read again, for the lines to show.
fn send(path: &str, seen: Vec<(&'static RuleMeta, Hit)>, cx: &ProbeCx) {
    if seen.is_empty() {
        return;
    }
    let source = std::fs::read_to_string(cx.project.root.join(path)).unwrap_or_default();
    let source = source.strip_prefix('\u{feff}').unwrap_or(&source);
    for (rule, hit) in seen {
        let (start, end) = (hit.place.bytes.0 as usize, hit.place.bytes.1 as usize);
        let text = source.get(start..end).unwrap_or(&hit.message);
        let anchor: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(400).collect();
        let span: Span = hit.place.span;
        let location = Location::File { path: path.to_owned(), span: Some(span) };
        let snippet = Evidence::snippet(source, span.line, 2);
        if rule.kind == RuleKind::Proof {
            cx.emitter.emit_blocking(Proof::new(rule, location, anchor, hit.message).evidence(snippet));
            continue;
        }
        let mut finding = Finding::new(rule, location, anchor, hit.message).evidence(snippet);
        finding.severity = hit.severity.unwrap_or(finding.severity);
        finding.confidence = hit.confidence.unwrap_or(finding.confidence);
        finding.fix = hit.fix.unwrap_or(finding.fix);
        cx.emitter.emit_blocking(finding);
    }
}

//! The `source` probe: what the code itself says about how it will fare in production.

mod cache;
mod classify;
pub mod code;
mod coverage;
pub mod database_calls;
mod derived_sql;
pub mod facts;
mod flow;
pub mod index;
mod language;
mod libraries;
mod outside;
pub mod placeholder;
pub mod plain_files;
mod role;
pub mod routes;
pub mod rules;
mod shared;
mod sql_files;
mod sql_text;
pub mod start_command;
pub mod test_text;
mod text;
mod traits;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rayon::prelude::*;

use super::files::Gaps;
use super::{Plan, Probe, ProbeCx, ProbeMeta, Touches};
use crate::model::{
    Evidence, EvidenceKind, Examined, Failure, Finding, Location, ProbeId, Project, Proof, RuleKind, RuleMeta,
    Settings, Skip, Span,
};
use facts::{CodeIndex, FileFacts};
use rules::{Check, Hit, RULES};

pub use shared::SharedCode;
pub use text::{examine_text, facts_of_text};

/// More findings of one rule in one file than this are counted and not shown: nobody reads them one by one.
const MAX_HITS: usize = 100;

/// Files that are looked at in one go, between two looks at whether the run was cancelled.
const BLOCK: usize = 256;

/// What a rule saw.
type Seen = (&'static RuleMeta, Hit);

/// The probe.
pub struct SourceProbe;

static META: ProbeMeta = ProbeMeta {
    id: ProbeId::from_static("source"),
    title: "Source",
    about: "Reads JavaScript, TypeScript, Python, PHP, Go, Ruby and Java for what works on your machine and fails your users.",
    rules: RULE_METAS,
    follows_files: true,
    timeout: Duration::from_secs(120),
};

static RULE_METAS: &[&RuleMeta] = &rules::metas();

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

/// Runs every rule over every file, and sends what they see in the order of the files' paths, so that the same project
/// gives the same findings.
fn examine(index: &Arc<CodeIndex>, cx: &ProbeCx) -> Result<Examined, Failure> {
    let total = index.files.len() as u64;
    let mut too_many = Gaps::default();
    let (mut of_project, beside) = look_at_project(index);
    let mut suppressed = 0;
    for (block, files) in (0_u64..).zip(index.files.chunks(BLOCK)) {
        if cx.cancel.is_cancelled() {
            return Err(Failure::new("Reading the code was cancelled; run it again"));
        }
        cx.report_progress(block * BLOCK as u64, Some(total), "checking files");
        let seen: Vec<(Vec<Seen>, Gaps)> = files.par_iter().map(|file| look(file, index)).collect();
        for (place, (file, (mut seen, beyond))) in (block as usize * BLOCK..).zip(files.iter().zip(seen)) {
            too_many.merge(beyond);
            seen.extend(of_project.remove(&place).unwrap_or_default());
            seen.sort_by_key(|(rule, hit)| (hit.place.span, rule.id));
            seen.dedup_by(|a, b| a.0.id == b.0.id && a.1.place == b.1.place);
            seen.retain(|(rule, hit)| {
                let allowed = is_allowed(file, rule.id, hit.place.span.line);
                suppressed += u64::from(allowed);
                !allowed
            });
            send(&file.path, seen, cx);
        }
    }
    for (path, mut seen) in beside {
        seen.sort_by_key(|(rule, hit)| (hit.place.span, rule.id));
        let plain = index.plain.iter().find(|file| file.path == path);
        seen.retain(|(rule, hit)| {
            let allowed = plain.is_some_and(|file| file.allows(rule.id, hit.place.span.line));
            suppressed += u64::from(allowed);
            !allowed
        });
        send(&path, seen, cx);
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

/// What the rules about the whole project see: in its code by the place of the file, in other files by their path.
fn look_at_project(index: &CodeIndex) -> (BTreeMap<usize, Vec<Seen>>, BTreeMap<String, Vec<Seen>>) {
    let (mut in_code, mut beside) = (BTreeMap::<usize, Vec<Seen>>::new(), BTreeMap::<String, Vec<Seen>>::new());
    let mut hits = Vec::new();
    for rule in RULES {
        if let Check::Project(check) = rule.check {
            check(index, &mut hits);
            for mut hit in hits.drain(..) {
                match hit.path.take() {
                    Some(path) => beside.entry(path).or_default().push((rule.meta, hit)),
                    None => in_code.entry(hit.file).or_default().push((rule.meta, hit)),
                }
            }
        }
    }
    for file in &index.plain {
        let seen = rules::plain_file(file);
        if !seen.is_empty() {
            beside.entry(file.path.clone()).or_default().extend(seen);
        }
    }
    (in_code, beside)
}

/// What the rules see in one file, and what of it is not shown.
fn look(file: &FileFacts, index: &CodeIndex) -> (Vec<Seen>, Gaps) {
    let (mut seen, mut too_many) = (Vec::new(), Gaps::default());
    let mut hits = Vec::new();
    for rule in RULES.iter().filter(|rule| (rule.reads)(file.language) && (rule.looks_at)(file.role)) {
        let Check::EachFile(check) = rule.check else { continue };
        check(file, index, &mut hits);
        for hit in hits.iter().skip(MAX_HITS) {
            too_many.add(
                "a finding beyond the first 100 of its rule in one file",
                &format!("{} {}:{}", rule.meta.id, file.path, hit.place.span.line),
            );
        }
        hits.truncate(MAX_HITS);
        seen.extend(hits.drain(..).map(|hit| (rule.meta, hit)));
    }
    (seen, too_many)
}

fn is_allowed(file: &FileFacts, rule: &str, line: u32) -> bool {
    file.suppressions.iter().any(|allowed| *allowed.rule == *rule && allowed.line == line)
}

/// Sends what was seen in one file. The file is read again, for the lines to show.
fn send(path: &str, seen: Vec<Seen>, cx: &ProbeCx) {
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
        if !hit.steps.is_empty() {
            finding = finding.evidence(Evidence::new(EvidenceKind::Note, hit.steps.join("\n")));
        }
        cx.emitter.emit_blocking(finding);
    }
}

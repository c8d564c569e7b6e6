//! The `source` probe: what the code itself says about how it will fare in production.

mod bundled;
mod cache;
pub mod calibration;
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
mod look;
mod outside;
pub mod placeholder;
pub mod plain_files;
mod quick;
mod role;
pub mod routes;
pub mod rules;
mod shared;
mod sql_files;
mod sql_text;
mod standing;
pub mod start_command;
pub mod test_text;
mod text;
mod traits;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, mpsc};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rayon::prelude::*;

use super::files::Gaps;
use super::{Plan, Probe, ProbeCx, ProbeMeta, Touches, clean};
use crate::model::{
    Evidence, EvidenceKind, Examined, Failure, Finding, Location, Observation, ProbeId, Project, Proof, RuleKind,
    RuleMeta, Settings, Skip, Span,
};
use facts::{CodeIndex, FileFacts};
use index::{Changes, Kept};
use look::{Earlier, Look, Looks, Seen};
use rules::Hit;
use standing::Standing;

pub use shared::SharedCode;
pub(in crate::probe) use sql_files::statements as sql_statements;
pub use text::{examine_text, examine_texts, facts_of_text};

/// Files that are looked at in one go, between two looks at whether the run was cancelled.
const BLOCK: usize = 256;

/// So many blocks of findings may wait to be sent.
const BLOCKS_WAITING: usize = 4;

/// Where findings go that are to be sent.
type Findings = mpsc::SyncSender<Vec<Arc<Observation>>>;

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
/// gives the same findings. Sending has a thread of its own: there is one receiver, and who waits for it reads no code.
fn examine(index: &Arc<CodeIndex>, cx: &ProbeCx) -> Result<Examined, Failure> {
    let (to_send, made) = mpsc::sync_channel::<Vec<Arc<Observation>>>(BLOCKS_WAITING);
    let send = || {
        let made = made.into_iter().flatten();
        made.for_each(|observation| cx.emitter.emit_clean_blocking(Arc::unwrap_or_clone(observation)));
    };
    std::thread::scope(move |scope| {
        std::thread::Builder::new().spawn_scoped(scope, send).map_err(|_| {
            Failure::new("The system gave no thread to tell findings from; close other programs and retry")
        })?;
        let examined = judge(index, cx, &to_send);
        // The thread ends when there is nobody left to hand over anything.
        drop(to_send);
        examined
    })
}

/// Runs every rule over every file, and hands over what they see.
fn judge(index: &Arc<CodeIndex>, cx: &ProbeCx, to_send: &Findings) -> Result<Examined, Failure> {
    // Nobody takes what is told any more only when the program is ending.
    let say = |told: Vec<Arc<Observation>>| drop(to_send.send(told));
    let total = index.files.len() as u64;
    let before = index.links.before.lock().unwrap_or_else(PoisonError::into_inner).take();
    let changes = before.and_then(|before| Changes::take_over(before, index));
    index.work_ahead();
    let project = look::in_project(index, changes.as_ref());
    let (of_project, beside) = by_file(&project, index);
    let mut too_many = Gaps::default();
    let mut suppressed = 0;
    let mut looks: Vec<Arc<Look>> = Vec::with_capacity(index.files.len());
    let mut seen_in: Vec<Vec<Seen>> = Vec::with_capacity(index.files.len());
    let earlier = look::earlier(index, changes.as_ref());
    for block in earlier.chunks(BLOCK) {
        if cx.cancel.is_cancelled() {
            return Err(Failure::new("Reading the code was cancelled; run it again"));
        }
        let start = looks.len();
        cx.report_progress(start as u64, Some(total), "checking files");
        let look = |(at, earlier): (usize, &Earlier)| {
            let place = start + at;
            let look = earlier.now(place, index);
            let mut seen = look.seen().seen.clone();
            seen.extend(of_project.get(&place).into_iter().flatten().cloned());
            let Some(file) = index.files.get(place).filter(|_| !seen.is_empty()) else { return (look, seen, 0) };
            let (seen, suppressed) = allowed(seen, |rule, line| is_allowed(file, rule, line));
            (look, seen, suppressed)
        };
        let looked: Vec<(Arc<Look>, Vec<Seen>, u64)> = block.par_iter().enumerate().map(look).collect();
        for (look, seen, count) in looked {
            too_many.merge(look.seen().too_many.clone());
            suppressed += count;
            looks.push(look);
            seen_in.push(seen);
        }
    }
    // Whether code counts is asked for all of it in one go, as it means to look through all files.
    let with_findings: Vec<usize> =
        seen_in.iter().enumerate().filter(|(_, seen)| !seen.is_empty()).map(|(place, _)| place).collect();
    let file_of = |place: usize| Some((&**index.files.get(place)?, &**seen_in.get(place)?));
    let standing = Standing::new(index, with_findings.iter().filter_map(|place| file_of(*place)));
    for block in with_findings.chunks(BLOCK) {
        if cx.cancel.is_cancelled() {
            return Err(Failure::new("Reading the code was cancelled; run it again"));
        }
        let told = block.par_iter().filter_map(|place| {
            let (file, seen) = file_of(*place)?;
            Some(tell(&file.path, standing.weighed(file, seen.to_vec()), looks.get(*place), cx))
        });
        say(told.flatten_iter().collect());
    }
    for (path, seen) in beside {
        let plain = index.plain.iter().find(|file| file.path == path);
        let (seen, count) = allowed(seen, |rule, line| plain.is_some_and(|file| file.allows(rule, line)));
        suppressed += count;
        say(tell(&path, seen, None, cx));
    }
    for command in &index.start_commands {
        let seen = rules::start_command(command).into_iter().collect();
        say(tell(&command.path, seen, None, cx));
    }
    cx.report_progress(total, Some(total), "checking files");
    let sums = coverage::sums(&looks, changes.as_ref().and_then(|changes| changes.before().links.looks.get()));
    let mut examined = coverage::examined(index, &looks, &sums);
    examined.counts.insert("suppressed".to_owned(), suppressed);
    examined.gaps.extend(too_many.into_vec());
    // A second run over the same index sees the same.
    let _ = index.links.looks.set(Looks { files: looks, project, sums });
    Ok(examined)
}

/// What the rules about the whole project saw: in its code by the place of the file, in other files by their path.
fn by_file(
    project: &[Arc<Kept<Vec<Seen>>>],
    index: &CodeIndex,
) -> (BTreeMap<usize, Vec<Seen>>, BTreeMap<String, Vec<Seen>>) {
    let (mut in_code, mut beside) = (BTreeMap::<usize, Vec<Seen>>::new(), BTreeMap::<String, Vec<Seen>>::new());
    for (rule, hit) in project.iter().flat_map(|seen| seen.get()) {
        match &hit.path {
            Some(path) => beside.entry(path.clone()).or_default().push((rule, hit.clone())),
            None => in_code.entry(hit.file).or_default().push((rule, hit.clone())),
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

fn is_allowed(file: &FileFacts, rule: &str, line: u32) -> bool {
    file.suppressions.iter().any(|allowed| *allowed.rule == *rule && allowed.line == line)
}

/// What no comment allows, each thing once and in the order of the lines; and how much some comment does.
fn allowed(mut seen: Vec<Seen>, is_allowed: impl Fn(&str, u32) -> bool) -> (Vec<Seen>, u64) {
    seen.sort_by_key(|(rule, hit)| (hit.place.span, rule.id));
    seen.dedup_by(|a, b| a.0.id == b.0.id && a.1.place == b.1.place);
    let all = seen.len();
    seen.retain(|(rule, hit)| !is_allowed(rule.id, hit.place.span.line));
    let suppressed = all - seen.len();
    (seen, suppressed as u64)
}

/// Puts what was seen in one file into words. The file is read again for the lines to show, unless all of it was told
/// before.
fn tell(path: &str, seen: Vec<Seen>, look: Option<&Arc<Look>>, cx: &ProbeCx) -> Vec<Arc<Observation>> {
    if seen.is_empty() {
        return Vec::new();
    }
    let mut source: Option<String> = None;
    let mut made = Vec::with_capacity(seen.len());
    for seen in seen.into_iter().map(calibration::calibrated) {
        let observation = look.and_then(|look| look.sent(&seen)).unwrap_or_else(|| {
            let read = || std::fs::read_to_string(cx.project.root.join(path)).unwrap_or_default();
            let source = source.get_or_insert_with(read);
            let mut made = observation(path, seen.0, &seen.1, source.strip_prefix('\u{feff}').unwrap_or(source));
            clean(&mut made);
            Arc::new(made)
        });
        made.push((seen, observation));
    }
    let observations = made.iter().map(|(_, observation)| Arc::clone(observation)).collect();
    if let Some(look) = look {
        look.remember(made);
    }
    observations
}

fn observation(path: &str, rule: &'static RuleMeta, hit: &Hit, source: &str) -> Observation {
    let (start, end) = (hit.place.bytes.0 as usize, hit.place.bytes.1 as usize);
    let text = source.get(start..end).unwrap_or(&hit.message);
    let anchor: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(400).collect();
    let span: Span = hit.place.span;
    let location = Location::File { path: path.to_owned(), span: Some(span) };
    let snippet = Evidence::snippet(source, span.line, 2);
    if rule.kind == RuleKind::Proof {
        return Proof::new(rule, location, anchor, hit.message.clone()).evidence(snippet).into();
    }
    let mut finding = Finding::new(rule, location, anchor, hit.message.clone()).evidence(snippet);
    finding.severity = hit.severity.unwrap_or(finding.severity);
    finding.confidence = hit.confidence.unwrap_or(finding.confidence);
    if let Some(fix) = &hit.fix {
        finding.fix.clone_from(fix);
    }
    if !hit.steps.is_empty() {
        finding = finding.evidence(Evidence::new(EvidenceKind::Note, hit.steps.join("\n")));
    }
    finding.into()
}

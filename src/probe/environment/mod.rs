//! The `environment` probe: variables that the code reads, against the files that declare and set them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::files::{self, FileEntry, Gaps};
use super::source::facts::{CodeIndex, GENERATED_CODE};
use super::{Plan, Probe, ProbeCx, ProbeMeta, Touches, git};
use crate::model::{Coverage, Examined, Failure, ProbeId, Project, RuleId, Settings, Skip};

pub mod committed;
pub mod declared;
pub mod dotenv;
pub mod names;
pub mod production;
pub mod undeclared;

pub use names::{is_env_file, is_example_file};

/// The probe.
pub struct EnvironmentProbe;

static META: ProbeMeta = ProbeMeta {
    id: ProbeId::from_static("environment"),
    title: "Environment",
    about: "Environment variables: what the code reads, what example files declare, what git should not hold.",
    rules: &[&undeclared::META, &committed::META, &production::META, &undeclared::PRESENT],
    follows_files: true,
    timeout: Duration::from_secs(120),
};

impl Probe for EnvironmentProbe {
    fn meta(&self) -> &'static ProbeMeta {
        &META
    }

    fn plan(&self, _project: &Project, _settings: &Settings) -> Result<Plan, Skip> {
        let summary = "compare the variables that the code reads with `.env` and example files".to_owned();
        Ok(Plan { summary, touches: Touches::Files })
    }

    fn run(&self, _plan: Plan, cx: ProbeCx) -> BoxFuture<'static, Result<Examined, Failure>> {
        async move {
            let index = cx.code.index(&cx).await?;
            let work = tokio::task::spawn_blocking(move || examine(&cx, &index));
            work.await.map_err(|_| Failure::new("the environment files could not be compared; run the probe again"))
        }
        .boxed()
    }
}

struct Read {
    path: String,
    text: Result<String, &'static str>,
}

fn examine(cx: &ProbeCx, index: &Arc<CodeIndex>) -> Examined {
    cx.report_progress(0, None, "reading environment files");
    let listing = files::list(&cx.project.root, &cx.settings.ignore, &cx.cancel);
    let tracked = git::tracked(&cx.project.root);
    let tracked_set = tracked.as_ref().ok().and_then(Option::as_ref);
    let is_tracked = |path: &str| tracked_set.is_some_and(|paths| paths.contains(path));

    let mut gaps = Gaps::default();
    let mut declared = declared::Declared::default();
    let mut read_files: Vec<Read> = Vec::new();
    for file in &listing.files {
        if cx.cancel.is_cancelled() {
            break;
        }
        let env = is_env_file(&file.path);
        if !env && !declared::may_declare(&file.path) && !production::is_about(&file.path) {
            continue;
        }
        let text = file.read().map_err(|unread| unread.reason());
        match &text {
            Ok(text) => declared.take(&file.path, text, env && is_tracked(&file.path)),
            Err(reason) => gaps.add(reason, &file.path),
        }
        if env || production::is_about(&file.path) {
            read_files.push(Read { path: file.path.clone(), text });
        }
    }

    let reads = undeclared::reads(index);
    let whole = unread(index) == 0 && index.uncovered.is_empty() && !cx.cancel.is_cancelled();
    undeclared::findings(&reads, &declared).into_iter().for_each(|finding| cx.emitter.emit_blocking(finding));
    if let Some(proof) = undeclared::example_present(&reads, &declared, whole && gaps.is_empty()) {
        cx.emitter.emit_blocking(proof);
    }
    for path in tracked_set.into_iter().flatten().filter(|path| is_env_file(path)) {
        let text = read_files.iter().find(|file| file.path == *path).map(|file| file.text.clone());
        // Not listed when it was left out on purpose or deleted since: git holds it all the same.
        let text = text.unwrap_or_else(|| read_unlisted(cx, path));
        if let Some(finding) = committed::finding(path, text.ok().as_deref()) {
            cx.emitter.emit_blocking(finding);
        }
    }
    let needed: BTreeSet<String> = undeclared::needed(&reads).into_keys().map(str::to_owned).collect();
    let mut production = (0_u64, 0_u64);
    for file in read_files.iter().filter(|file| production::is_about(&file.path)) {
        production.0 += 1;
        match &file.text {
            Ok(text) => production::findings(&file.path, text, &needed)
                .into_iter()
                .for_each(|finding| cx.emitter.emit_blocking(finding)),
            Err(_) => production.1 += 1,
        }
    }

    let mut rules = BTreeMap::from([
        (RuleId::from_static(undeclared::META.id), undeclared_coverage(index, &reads)),
        (RuleId::from_static(undeclared::PRESENT.id), undeclared_coverage(index, &reads)),
        (RuleId::from_static(committed::META.id), committed_coverage(&tracked)),
        (RuleId::from_static(production::META.id), production_coverage(production)),
    ]);
    if cx.cancel.is_cancelled() {
        rules.values_mut().for_each(|coverage| *coverage = Coverage::Part("the run was cancelled".to_owned()));
    }
    let variables: BTreeSet<&str> = reads.iter().map(|read| read.name.as_str()).collect();
    let counts = BTreeMap::from([
        ("files".to_owned(), read_files.len() as u64),
        ("variables".to_owned(), variables.len() as u64),
    ]);
    Examined { counts, gaps: gaps.into_vec(), rules, ..Examined::default() }
}

fn read_unlisted(cx: &ProbeCx, path: &str) -> Result<String, &'static str> {
    let absolute = cx.project.root.join(path);
    let meta = absolute.symlink_metadata().map_err(|_| "gone")?;
    if !meta.is_file() {
        return Err("not a regular file");
    }
    FileEntry::new(path.to_owned(), absolute, &meta, true).read().map_err(|e| e.reason())
}

/// Files of code that may read variables that nobody saw. What a program wrote is nobody's to configure.
fn unread(index: &CodeIndex) -> u64 {
    index.gaps.iter().filter(|gap| gap.reason != GENERATED_CODE).map(|gap| gap.count).sum()
}

fn undeclared_coverage(index: &CodeIndex, reads: &[undeclared::Read]) -> Coverage {
    if let Some((language, count)) = index.uncovered.first() {
        return Coverage::Part(format!("{count} files in {language} were not read"));
    }
    let unread = unread(index);
    if unread > 0 {
        return Coverage::Part(format!("{unread} files of code were not read, or only in part"));
    }
    if reads.is_empty() {
        return Coverage::Absent("the code reads no environment variables".to_owned());
    }
    Coverage::Whole
}

fn committed_coverage(tracked: &Result<Option<BTreeSet<String>>, git::GitError>) -> Coverage {
    match tracked {
        Ok(Some(paths)) if !paths.is_empty() => Coverage::Whole,
        Ok(Some(_)) => Coverage::Nothing("git tracks no file here yet".to_owned()),
        Ok(None) => {
            Coverage::Nothing("the folder is not a git work tree, so what is committed cannot be seen".to_owned())
        }
        Err(error) => Coverage::Nothing(error.to_string()),
    }
}

fn production_coverage((files, unread): (u64, u64)) -> Coverage {
    match (files, unread) {
        (0, _) => Coverage::Absent("there is no `.env.production` or production compose file".to_owned()),
        (_, 0) => Coverage::Whole,
        (_, unread) => Coverage::Part(format!("{unread} production files could not be read")),
    }
}

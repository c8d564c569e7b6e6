//! The `secrets` probe: keys and passwords in the project's files.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rayon::prelude::*;

use super::files::{self, Unread};
use super::{Plan, Probe, ProbeCx, ProbeMeta, Touches};
use crate::model::{Coverage, Examined, Failure, Finding, Gap, ProbeId, Project, RuleId, Settings, Skip};

pub mod assignment;
pub mod entropy;
pub mod keys;
mod place;
pub mod placeholder;
pub mod providers;
pub mod redact;
mod scan;
mod targets;

pub(in crate::probe) use scan::hash;

/// Files are read in batches of this many, so that findings come while the rest is still being read.
const BATCH: usize = 256;

/// The probe.
pub struct SecretsProbe;

static META: ProbeMeta = ProbeMeta {
    id: ProbeId::from_static("secrets"),
    title: "Secrets",
    about: "Keys, passwords and private keys in the project's files. Their values are never shown.",
    rules: &[&keys::META, &assignment::META],
    follows_files: true,
    timeout: Duration::from_secs(120),
};

impl Probe for SecretsProbe {
    fn meta(&self) -> &'static ProbeMeta {
        &META
    }

    fn plan(&self, _project: &Project, _settings: &Settings) -> Result<Plan, Skip> {
        Ok(Plan { summary: "read every text file of the project".to_owned(), touches: Touches::Files })
    }

    fn run(&self, _plan: Plan, cx: ProbeCx) -> BoxFuture<'static, Result<Examined, Failure>> {
        async move {
            let work = tokio::task::spawn_blocking(move || examine(&cx));
            work.await.map_err(|_| Failure::new("the search for secrets broke off; run the probe again"))
        }
        .boxed()
    }
}

fn examine(cx: &ProbeCx) -> Examined {
    cx.report_progress(0, None, "listing files");
    let listing = files::list(&cx.project.root, &cx.settings.ignore, &cx.cancel);
    let targets = targets::choose(&cx.project.root, &cx.settings.ignore, listing);
    let total = targets.files.len() as u64;
    let mut gaps = targets.gaps;
    // Links and pipes are no text that anyone could commit a secret in.
    let no_files = [Unread::Link.reason(), Unread::NotRegular.reason()];
    let mut unread: u64 = gaps
        .clone()
        .into_vec()
        .iter()
        .filter(|gap| !no_files.contains(&gap.reason.as_str()))
        .map(|gap| gap.count)
        .sum();
    let mut read = 0;
    for (batch, files) in targets.files.chunks(BATCH).enumerate() {
        cx.report_progress((batch * BATCH) as u64, Some(total), "reading files");
        let scanned: Vec<Scanned> = files.par_iter().filter(|_| !cx.cancel.is_cancelled()).map(scan_file).collect();
        for one in scanned {
            match one {
                Scanned::Read(findings) => {
                    read += 1;
                    findings.into_iter().for_each(|finding| cx.emitter.emit_blocking(finding));
                }
                Scanned::Binary => {}
                Scanned::Unread(reason, path) => {
                    unread += 1;
                    gaps.add(reason, &path);
                }
            }
        }
    }
    let coverage = if cx.cancel.is_cancelled() {
        Coverage::Part("the run was cancelled".to_owned())
    } else if unread > 0 {
        Coverage::Part(match unread {
            1 => "1 file was not read".to_owned(),
            many => format!("{many} files were not read"),
        })
    } else if read == 0 {
        Coverage::Absent("there is no text file in the project".to_owned())
    } else {
        Coverage::Whole
    };
    let mut gaps = gaps.into_vec();
    if targets.in_git {
        gaps.push(Gap {
            reason: "earlier commits: only the files as they are now were read".to_owned(),
            count: 1,
            examples: vec!["the git history".to_owned()],
        });
    }
    let rules = META.rules.iter().map(|rule| (RuleId::from_static(rule.id), coverage.clone())).collect();
    Examined { counts: BTreeMap::from([("files".to_owned(), read)]), gaps, rules, ..Examined::default() }
}

enum Scanned {
    Read(Vec<Finding>),
    Binary,
    Unread(&'static str, String),
}

fn scan_file(file: &files::FileEntry) -> Scanned {
    match targets::read(file) {
        Ok(text) => Scanned::Read(scan::file(&file.path, &text)),
        Err(Unread::Binary) => Scanned::Binary,
        Err(reason) => Scanned::Unread(reason.reason(), file.path.clone()),
    }
}

//! Texts, read as if they were a whole project: for tests and for fuzzing.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::facts::{CodeIndex, FileFacts};
use super::index::{Files, Links, Manifests};
use super::rules::Hit;
use super::{coverage, derived_sql, language, look};
use crate::model::{Examined, RuleMeta};

/// The facts of `text`, read as the file at `path`; `None` where no front end reads such a file.
#[must_use]
pub fn facts_of_text(path: &str, text: &str) -> Option<FileFacts> {
    let language = language::of_path(path)?;
    language::read(path, language, text, &CancellationToken::new()).ok()
}

/// What every rule sees in `text`, read as the only file of a project.
#[must_use]
pub fn examine_text(path: &str, text: &str) -> Vec<(&'static RuleMeta, Hit)> {
    examine_texts(&[(path, text)]).0
}

/// What every rule sees in `texts`, read as the files of a project by their paths, and how far each rule got.
#[must_use]
pub fn examine_texts(texts: &[(&str, &str)]) -> (Vec<(&'static RuleMeta, Hit)>, Examined) {
    let by_path: BTreeMap<&str, &str> = texts.iter().copied().collect();
    let read: Vec<_> = by_path.iter().filter_map(|(path, text)| facts_of_text(path, text)).map(Arc::new).collect();
    let files = Files::from(read);
    let links = Links::new(&files, Manifests::default(), None);
    let index = CodeIndex { files, links, ..CodeIndex::default() };
    index.work_ahead();
    let project = look::in_project(&index, None);
    let mut seen: Vec<_> = project.iter().flat_map(|seen| seen.get().clone()).collect();
    let looks: Vec<_> = (0..index.files.len()).map(|place| Arc::new(look::Look::new(place, &index, None))).collect();
    seen.extend(looks.iter().flat_map(|look| look.seen().seen.clone()));
    let _ = (derived_sql::derive(&index), index.reads_through_helpers());
    (seen, coverage::examined(&index, &looks, &coverage::sums(&looks, None)))
}

//! One text, read as if it were a whole project: for tests and for fuzzing.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::facts::{CodeIndex, FileFacts};
use super::index::{Files, Links, Manifests};
use super::rules::Hit;
use super::{language, look};
use crate::model::RuleMeta;

/// The facts of `text`, read as the file at `path`; `None` where no front end reads such a file.
#[must_use]
pub fn facts_of_text(path: &str, text: &str) -> Option<FileFacts> {
    let language = language::of_path(path)?;
    language::read(path, language, text, &CancellationToken::new()).ok()
}

/// What every rule sees in `text`, read as the only file of a project.
#[must_use]
pub fn examine_text(path: &str, text: &str) -> Vec<(&'static RuleMeta, Hit)> {
    let Some(facts) = facts_of_text(path, text) else { return Vec::new() };
    let files = Files::from(vec![Arc::new(facts)]);
    let links = Links::new(&files, Manifests::default(), None);
    let index = CodeIndex { files, links, ..CodeIndex::default() };
    let project = look::in_project(&index, None);
    let mut seen: Vec<_> = project.iter().flat_map(|seen| seen.get().clone()).collect();
    seen.extend(look::Look::new(0, &index, None).seen().seen.clone());
    seen
}

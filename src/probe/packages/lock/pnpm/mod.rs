//! `pnpm-lock.yaml`, versions 5 to 9 (<https://github.com/pnpm/spec/tree/master/lockfile>; `lockfile/fs` and
//! `deps/path` of pnpm for what that does not say).

mod document;
mod importers;
mod keys;

use super::{Around, Builder, Reading, damage};
use crate::probe::packages::{Manager, NotUnderstood};
use crate::probe::yaml::{Node, visit};

use document::Document;

/// As many as pnpm ever writes.
const MAX_DOCUMENTS: usize = 2;

/// The layouts of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// `/name/1.0.0_peer@2.0.0`
    Five,
    /// `/name@1.0.0(peer@2.0.0)`
    Six,
    /// `name@1.0.0`, and what each needs apart under `snapshots`.
    Nine,
}

impl Layout {
    /// The layout of this `lockfileVersion`: `5.4`, `5.4-inlineSpecifiers`, `'9.0'`.
    fn of(version: &str) -> Option<Self> {
        match version.split(['.', '-']).next()? {
            "5" => Some(Self::Five),
            "6" => Some(Self::Six),
            "9" => Some(Self::Nine),
            _ => None,
        }
    }
}

/// Reads the packages of a lock file.
///
/// # Errors
/// When it is not of a known form.
pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    damage::refuse(text)?;
    // A document of its own may come first for pnpm itself and for packages that configure it; the last is the project's
    // (<https://pnpm.io/lockfile>).
    let mut documents: Vec<Document> = Vec::new();
    let count = visit(text.trim_start_matches('\u{feff}'), 2, &mut |entry| {
        while documents.len() <= entry.document && documents.len() < MAX_DOCUMENTS {
            documents.push(Document::default());
        }
        if let Some(document) = documents.get_mut(entry.document) {
            document.take(entry);
        }
    })
    .map_err(|(_, line)| NotUnderstood::at("not a valid pnpm lock file", line))?;
    if count > MAX_DOCUMENTS {
        return Err(NotUnderstood::new("not a valid pnpm lock file"));
    }
    if documents.is_empty() {
        return Err(NotUnderstood::new("pnpm lock file without its version"));
    }
    for document in &documents {
        document.check()?;
    }
    // Cut behind the first document, the file would look like one without any packages of the project's.
    if documents.last().is_some_and(Document::is_for_pnpm) {
        return Err(NotUnderstood::new("pnpm lock file without the project's own part"));
    }
    let format = documents.last().and_then(|last| last.version.as_ref()).and_then(Node::text).unwrap_or_default();
    let mut builder = Builder::new(Manager::Pnpm, format);
    let last = documents.len() - 1;
    for (at, document) in documents.into_iter().enumerate() {
        document.build(&mut builder, around, at == last);
    }
    Ok(builder.finish(around.path))
}

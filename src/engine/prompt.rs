//! A prompt for an AI assistant, with the code around a finding as it is now.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::model::{Evidence, Finding, RuleMeta, escape};
use crate::probe::files::FileEntry;
use crate::probe::secrets::redact;
use crate::report;

/// Lines before and after the place: enough for the function around it in most code.
const AROUND: u32 = 20;

/// The prompt for `finding` of the project at `root`.
pub async fn prompt(root: PathBuf, finding: Finding, rule: Option<&'static RuleMeta>) -> String {
    let written = tokio::task::spawn_blocking(move || {
        let around = around(&root, &finding);
        let mut text = Vec::new();
        // Writing to memory does not fail.
        let _ = report::prompt(&finding, rule, around.as_ref(), &mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    written.await.unwrap_or_default()
}

/// The lines around the place of a finding, as far as the file still holds what was seen there.
fn around(root: &Path, finding: &Finding) -> Option<Evidence> {
    let (path, line) = (finding.location.path()?, finding.location.line()?);
    // The place may come from a saved state, which others could have written.
    let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let absolute = root.join(path);
    let meta = fs::symlink_metadata(&absolute).ok().filter(|meta| inside && meta.is_file())?;
    let text = FileEntry::new(path.to_owned(), absolute, &meta, false).read().ok()?;
    let clean = redact::text(&text);
    let mut evidence = Evidence::snippet(&clean, line, AROUND)?;
    let seen = finding.evidence.iter().find(|seen| seen.marked_line == Some(line))?;
    evidence.text = escape::block(&evidence.text).into_owned();
    let marked = |evidence: &Evidence| {
        let place = line.checked_sub(evidence.first_line?)?;
        evidence.text.lines().nth(place as usize).map(|line| line.trim().to_owned())
    };
    (marked(&evidence) == marked(seen)).then_some(evidence)
}

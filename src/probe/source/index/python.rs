//! What an import of Python leads to.

use crate::probe::paths::joined;
use crate::probe::source::facts::{CodeIndex, FileFacts};

/// The place of the file that `module`, as written in `from`, leads to.
pub(super) fn module(index: &CodeIndex, from: &FileFacts, module: &str) -> Option<usize> {
    let find =
        |path: &str| index.links.at(&format!("{path}.py")).or_else(|| index.links.at(&format!("{path}/__init__.py")));
    let mut folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let dots = module.chars().take_while(|&c| c == '.').count();
    let inner = module.get(dots..)?.replace('.', "/");
    if dots > 0 {
        for _ in 1..dots {
            folder = folder.rsplit_once('/').map_or("", |(outer, _)| outer);
        }
        return find(&joined(folder, &inner)?);
    }
    loop {
        let path = if folder.is_empty() { inner.clone() } else { format!("{folder}/{inner}") };
        if let Some(found) = find(&path) {
            return Some(found);
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder.rsplit_once('/').map_or("", |(outer, _)| outer);
    }
}

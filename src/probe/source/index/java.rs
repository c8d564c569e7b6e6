//! What an import of Java leads to.

use crate::probe::source::facts::{CodeIndex, FileFacts};

/// The place of the file that declares the class `module`.
pub(super) fn module(index: &CodeIndex, from: &FileFacts, module: &str) -> Option<usize> {
    let path = format!("{}.java", module.replace('.', "/"));
    let mut folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    loop {
        let at = if folder.is_empty() { path.clone() } else { format!("{folder}/{path}") };
        if let Some(found) = index.links.at(&at) {
            return Some(found);
        }
        if folder.is_empty() {
            break;
        }
        folder = folder.rsplit_once('/').map_or("", |(outer, _)| outer);
    }
    // Another module of the same build has the same package below its own sources.
    let name = module.rsplit('.').next().unwrap_or(module);
    let ends = format!("/{path}");
    let places = index.links.classes_called(name).iter().copied();
    places.into_iter().find(|place| index.files.get(*place).is_some_and(|file| file.path.ends_with(&ends)))
}

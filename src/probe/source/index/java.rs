//! What an import of Java leads to.

use crate::probe::source::facts::{CodeIndex, FileFacts};

/// The place of the file of the class `module`, such as `com.shop.users.UserService`.
pub(super) fn module(index: &CodeIndex, module: &str) -> Option<usize> {
    let name = module.rsplit('.').next()?;
    let path = format!("/{}.java", module.replace('.', "/"));
    let stands_there = |place: &usize| {
        index
            .files
            .get(*place)
            .is_some_and(|file| file.path.ends_with(&path) || file.path == path.trim_start_matches('/'))
    };
    index.links.classes_called(name).iter().copied().find(stands_there)
}

/// The place of the file of a class that `from` names without importing it by name: one of its own package, or of one
/// that it imports whole.
pub(super) fn class(index: &CodeIndex, from: &FileFacts, name: &str) -> Option<usize> {
    let folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let own = if folder.is_empty() { format!("{name}.java") } else { format!("{folder}/{name}.java") };
    index.links.at(&own).or_else(|| {
        let packages = from.bindings.iter().filter(|b| &*b.local == "*");
        packages.into_iter().find_map(|b| module(index, &format!("{}.{name}", b.module)))
    })
}

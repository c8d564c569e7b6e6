//! Who gets to a parser of uploads: the routes that it stands before.

use std::collections::HashSet;

use crate::probe::source::code::{Call, CallId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Role};
use crate::probe::source::flow::is_route_for_few;
use crate::probe::source::routes::Route;

/// Whether somebody who does not run the app can send a file to the parser that `made` makes. One that stands before no
/// route is not known to be asked.
pub(super) fn strangers_reach(index: &CodeIndex, file: &FileFacts, made: &Call) -> bool {
    if matches!(made.method(), "json" | "raw" | "text" | "urlencoded") {
        return true;
    }
    if made.method() != "multer" {
        // It stands before every route, and parses for those that ask for files.
        return index
            .files
            .iter()
            .filter(|file| file.role != Role::Test)
            .any(|file| file.accesses.iter().any(|access| access.path.split('.').any(|name| name == "files")));
    }
    let Some(place) = index.place_of(file) else { return false };
    let names = names_of(file, made);
    let chained = made.chained.is_some();
    index.routes().all().iter().any(|route| {
        let here = route.file == place;
        (stands_before(index, route, place, &names) || chained && here && names.is_empty()) && !is_route_for_few(route)
    })
}

/// The names under which a file keeps and gives out the parser, what it makes, and functions that use it.
fn names_of<'f>(file: &'f FileFacts, made: &Call) -> HashSet<&'f str> {
    let is_made = |id: CallId| {
        let mut next = Some(id);
        while let Some(call) = next.and_then(|id| file.call(id)) {
            if call.place == made.place {
                return true;
            }
            next = call.receiver;
        }
        false
    };
    let last = |path: &'f str| path.rsplit('.').next().unwrap_or(path);
    let mut names: HashSet<&str> = HashSet::new();
    // `const upload = multer(…)`, `exports.photo = upload.single("photo")`: each name may give rise to another.
    for _ in 0..2 {
        for set in &file.assignments {
            let from = match &set.value {
                Value::Call(id) => is_made(*id) || file.call(*id).is_some_and(|call| names.contains(call.root())),
                Value::Path(path) => names.contains(&**path),
                _ => false,
            };
            if from {
                names.insert(last(&set.target));
            }
        }
    }
    for call in &file.calls {
        if names.contains(call.root())
            && let Some(name) = file.function(call.function).and_then(|function| function.name.as_deref())
        {
            names.insert(name);
        }
    }
    if let Some(name) = file.function(made.function).and_then(|function| function.name.as_deref()) {
        names.insert(name);
    }
    names
}

/// Whether one of `names` of the file at `place` stands before a route.
fn stands_before(index: &CodeIndex, route: &Route, place: usize, names: &HashSet<&str>) -> bool {
    let Some(there) = index.files.get(route.file) else { return false };
    let takes_in = || there.bindings.iter().any(|binding| index.module(there, &binding.module) == Some(place));
    let named = || {
        route.guards.iter().any(|guard| {
            guard.function.is_some_and(|(file, _)| file == place)
                || guard.name.split('.').any(|part| {
                    let original = there.binding(part).map_or(part, |binding| &*binding.imported);
                    names.contains(part) || names.contains(original)
                })
        })
    };
    (route.file == place || takes_in()) && named()
}

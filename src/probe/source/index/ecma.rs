//! What an import of JavaScript or TypeScript leads to.

use std::sync::OnceLock;

use crate::probe::paths::joined;
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::quick::HashMap;

/// What the imports of each file lead to, worked out when first asked for: every call of something imported asks again.
#[derive(Debug, Default)]
pub(super) struct Modules(Vec<OnceLock<HashMap<Box<str>, Option<usize>>>>);

impl Modules {
    /// Room for `files` files.
    pub(super) fn new(files: usize) -> Self {
        Self((0..files).map(|_| OnceLock::new()).collect())
    }
}

/// The place of the file that `module`, as written in `from`, leads to.
pub(super) fn module(index: &CodeIndex, from: &FileFacts, module: &str) -> Option<usize> {
    let look_up = |module: &str| look_up(index, from, module);
    let work = || from.imports.iter().map(|import| (import.module.as_str().into(), look_up(&import.module))).collect();
    let known = index.links.at(&from.path).and_then(|place| index.links.modules.0.get(place));
    let known = known.and_then(|known| known.get_or_init(work).get(module).copied());
    known.unwrap_or_else(|| look_up(module))
}

fn look_up(index: &CodeIndex, from: &FileFacts, module: &str) -> Option<usize> {
    let folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    if module.starts_with('.') {
        return file(index, &joined(folder, module)?);
    }
    let known = index.links.manifests.candidates(folder, module);
    known.iter().find_map(|path| file(index, path)).or_else(|| by_convention(index, folder, module))
}

/// Where no manifest tells: `@/lib/db` and `~/lib/db` start at the root of an app, or at its `src` or `app`.
fn by_convention(index: &CodeIndex, folder: &str, module: &str) -> Option<usize> {
    let inner = module.strip_prefix("@/").or_else(|| module.strip_prefix("~/"))?;
    let mut root = folder;
    loop {
        for base in ["", "src", "app"] {
            let path = [root, base, inner].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>();
            if let Some(found) = file(index, &path.join("/")) {
                return Some(found);
            }
        }
        if root.is_empty() {
            return None;
        }
        root = root.rsplit_once('/').map_or("", |(outer, _)| outer);
    }
}

fn file(index: &CodeIndex, path: &str) -> Option<usize> {
    let stem = path.strip_suffix(".js").or_else(|| path.strip_suffix(".mjs")).unwrap_or(path);
    let find = |path: &str| index.links.at(path);
    find(path).or_else(|| {
        ["ts", "tsx", "js", "jsx", "mjs", "cjs", "mts"]
            .iter()
            .find_map(|end| find(&format!("{stem}.{end}")))
            .or_else(|| ["ts", "tsx", "js", "jsx"].iter().find_map(|end| find(&format!("{stem}/index.{end}"))))
    })
}

//! What an import of JavaScript or TypeScript leads to.

use crate::probe::paths::joined;
use crate::probe::source::facts::{CodeIndex, FileFacts};

/// The place of the file that `module`, as written in `from`, leads to.
pub(super) fn module(index: &CodeIndex, from: &FileFacts, module: &str) -> Option<usize> {
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

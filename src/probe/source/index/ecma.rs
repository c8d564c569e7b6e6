//! What an import of JavaScript or TypeScript leads to.

use super::join;
use crate::probe::source::facts::{CodeIndex, FileFacts};

/// The place of the file that `module`, as written in `from`, leads to.
pub(super) fn module(index: &CodeIndex, from: &FileFacts, module: &str) -> Option<usize> {
    let folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    if module.starts_with('.') {
        return file(index, &join(folder, module)?);
    }
    // The usual path alias: `@/lib/db` and `~/lib/db` start at the root of an app, or at its `src` or `app`.
    let Some(inner) = module.strip_prefix("@/").or_else(|| module.strip_prefix("~/")) else {
        return workspace(index, module);
    };
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

/// `@shop/db/users` is `packages/db/users` in most workspaces.
fn workspace(index: &CodeIndex, module: &str) -> Option<usize> {
    let inner = module.strip_prefix('@')?.split_once('/')?.1;
    let (package, rest) = inner.split_once('/').unwrap_or((inner, "index"));
    ["packages", "libs", "apps", "modules"].iter().find_map(|root| {
        file(index, &format!("{root}/{package}/{rest}"))
            .or_else(|| file(index, &format!("{root}/{package}/src/{rest}")))
    })
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

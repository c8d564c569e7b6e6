//! What Go builds, where the project keeps it in `vendor`: `go mod vendor` copies the packages that the project's code and
//! tests need, on any system, and lists them (<https://go.dev/ref/mod#go-mod-vendor>). `go build` goes by that list.

use std::collections::{BTreeMap, BTreeSet};

use crate::probe::files::Listing;
use crate::probe::packages::{LockFile, LockedPackage, Manager};

/// Larger lists are not read; that of a project with 1,000 modules has some hundred kilobytes.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The list of one project.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Vendored {
    /// Its path.
    pub path: String,
    /// By module and version, as they are built: the packages that are, by the module's own name.
    modules: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Vendored {
    /// Reads a `modules.txt`.
    #[must_use]
    pub fn read(path: &str, text: &str) -> Self {
        let mut modules: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        let mut current: Option<(String, String)> = None;
        let mut called = "";
        for line in text.lines().map(str::trim) {
            if line.starts_with("##") || line.is_empty() {
                // `## explicit; go 1.22`
            } else if let Some(head) = line.strip_prefix("# ") {
                (called, current) = (head.split(' ').next().unwrap_or(""), module(head));
                if let Some(module) = &current {
                    modules.entry(module.clone()).or_default();
                }
            } else if let Some(module) = &current
                && let Some(packages) = modules.get_mut(module)
            {
                // It lists what is replaced by the name that the code imports.
                packages
                    .insert(line.strip_prefix(called).map_or(line.to_owned(), |rest| format!("{}{rest}", module.0)));
            }
        }
        Self { path: path.to_owned(), modules }
    }

    /// Which packages of a module are built; `None` where the list knows nothing of this version.
    #[must_use]
    pub fn of(&self, package: &LockedPackage) -> Option<&BTreeSet<String>> {
        self.modules.get(&(package.name.clone(), package.version.clone()))
    }
}

/// `example.com/a v1.2.3`, or with ` => example.com/fork v1.2.4` behind it, which is what is built then.
fn module(head: &str) -> Option<(String, String)> {
    let built = head.split_once(" => ").map_or(head, |(_, built)| built);
    match built.split_whitespace().collect::<Vec<_>>().as_slice() {
        [name, version] => Some(((*name).to_owned(), (*version).to_owned())),
        // A folder has no version.
        _ => None,
    }
}

/// The lists beside the lock files.
#[must_use]
pub fn collect(listing: &Listing, locks: &[LockFile]) -> BTreeMap<String, Vendored> {
    let wanted: BTreeMap<String, &str> = locks
        .iter()
        .filter(|lock| lock.manager == Manager::Go)
        .filter_map(|lock| {
            Some((format!("{}vendor/modules.txt", lock.path.strip_suffix("go.mod")?), lock.path.as_str()))
        })
        .collect();
    let mut found = BTreeMap::new();
    for file in listing.files.iter().filter(|file| file.name() == "modules.txt") {
        if let Some(lock) = wanted.get(&file.path)
            && let Ok(text) = file.read_up_to(MAX_BYTES)
        {
            found.insert((*lock).to_owned(), Vendored::read(&file.path, &text));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::packages::lock::{Builder, Draft};

    #[test]
    fn the_list_says_what_is_built_of_which_version() {
        let text = "# example.com/a v1.2.3\n## explicit; go 1.22\nexample.com/a\nexample.com/a/ssh\n\
                    # example.com/b v1.0.0 => example.com/fork v1.0.1\n## explicit\nexample.com/b/one\n\
                    # example.com/c v1.0.0 => ./c\nexample.com/c\n# example.com/none v0.1.0\n## explicit\n\
                    # example.com/b => example.com/fork\n";
        let list = Vendored::read("vendor/modules.txt", text);
        let of = |name: &str, version: &str| {
            let mut builder = Builder::new(Manager::Go, "1.22");
            builder.add("a", Draft::new(name, version, 1));
            list.of(&builder.finish("go.mod").lock.packages[0])
                .map(|all| all.iter().cloned().collect::<Vec<_>>().join(" "))
        };
        assert_eq!(of("example.com/a", "v1.2.3").unwrap(), "example.com/a example.com/a/ssh");
        assert_eq!(of("example.com/a", "v1.2.4"), None, "of another version");
        assert_eq!(of("example.com/fork", "v1.0.1").unwrap(), "example.com/fork/one");
        assert_eq!(of("example.com/b", "v1.0.0"), None);
        assert_eq!(of("example.com/none", "v0.1.0").unwrap(), "");
        assert_eq!(of("example.com/c", "v1.0.0"), None);
    }
}

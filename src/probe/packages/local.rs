//! Local packages: those whose code is no registry's, but that of a folder or of a fork.
//!
//! One that bears the name of a public package may be a copy of it, with its holes. Whether advisories know the name is asked
//! later; here stands which packages there are. What bears the project's own scope or owner is not among them.

use std::collections::{BTreeMap, BTreeSet};

use super::lock::{Local, reason};
use super::manifest::{Manifest, Placed, ecosystem, members};
use super::{Ecosystem, Manager, Packages};
use crate::probe::paths::{folder, joined};
use crate::probe::repository::is_aside;

/// Hosts of code on which everybody has a part that bears their name.
const SHARED_HOSTS: [&str; 8] = [
    "bitbucket.org",
    "codeberg.org",
    "dev.azure.com",
    "gitee.com",
    "git.sr.ht",
    "github.com",
    "gitlab.com",
    "gopkg.in",
];
/// What tools write where nobody has chosen a version.
const NO_VERSION: &str = "0.0.0";

/// A package whose code comes from a folder or a fork.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalPackage {
    /// Where a public package of the name would come from.
    pub ecosystem: Ecosystem,
    /// Its normalized name.
    pub name: String,
    /// Its version as a manifest or a lock file says it; none is said of modules of Go and of forks.
    pub version: Option<String>,
    /// The folder or the fork, as written; empty where nobody says it.
    pub place: String,
    /// The file that says so.
    pub path: String,
}

impl LocalPackage {
    /// `minimist 0.0.8 (vendor/minimist)`
    #[must_use]
    pub fn shown(&self) -> String {
        let version = self.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        let place = if self.place.is_empty() { &self.path } else { &self.place };
        format!("{}{version} ({place})", self.name)
    }
}

/// Whether nobody else can publish under a name, as it bears a scope or an owner that is the project's.
fn is_kin(ecosystem: Ecosystem, name: &str, project: Option<&str>) -> bool {
    match ecosystem {
        // What has no dot in front nobody could download.
        Ecosystem::Go => {
            !name.split('/').next().is_some_and(|host| host.contains('.'))
                || project.is_some_and(|project| owner(name) == owner(project))
        }
        // Vendors of Composer are owned too, but who starts from a skeleton keeps its name: `laravel/laravel`.
        Ecosystem::Npm => {
            let scope = |name: &str| name.strip_prefix('@')?.split_once('/').map(|(scope, _)| scope.to_lowercase());
            let of_project = project.and_then(scope);
            project == Some(name) || (of_project.is_some() && scope(name) == of_project)
        }
        _ => project.is_some_and(|project| ecosystem.normalize(project) == ecosystem.normalize(name)),
    }
}

/// The part of a Go module's path that says whose it is: a host of one's own, or a part of a shared one.
fn owner(module: &str) -> (&str, Option<&str>) {
    let mut parts = module.split('/');
    let host = parts.next().unwrap_or(module);
    (host, parts.next().filter(|_| SHARED_HOSTS.contains(&host)))
}

/// A folder that a command installs a package from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledFolder {
    /// The file with the command.
    pub path: String,
    /// Whose packages the command installs.
    pub ecosystem: Ecosystem,
    /// The folder as the command names it, in the container.
    pub folder: String,
}

/// Collects the local packages into `found`, and counts those folders that lie outside the project.
pub fn collect(found: &mut Packages, installed: &[InstalledFolder]) {
    let mut collector = Collector::new(found);
    collector.add_manifests();
    for one in installed {
        collector.add_installed(one);
    }
    collector.add_locks();
    let (named, outside) = (collector.named, collector.outside);
    for (path, what) in outside {
        found.gaps_of(&path).add(reason::OUTSIDE, &what);
    }
    found.locals = named.into_values().flat_map(told_once).collect();
}

/// Several files may tell of one package, and only one of them its version.
fn told_once(mut all: Vec<LocalPackage>) -> Vec<LocalPackage> {
    let versioned = all.iter().filter(|one| one.version.is_some());
    let places: Vec<String> = versioned.map(|one| one.place.clone()).collect();
    let is_known = |one: &LocalPackage| {
        places.iter().any(|place| one.place.is_empty() || place.is_empty() || is_same(&one.place, place))
    };
    all.retain(|one| one.version.is_some() || !is_known(one));
    all
}

struct Collector<'p> {
    found: &'p Packages,
    /// The manifests in each folder, which is written in small letters and without a `/` at its end.
    in_folders: BTreeMap<String, Vec<&'p Manifest>>,
    /// What is asked for as if it were published, by its name: members of npm's workspaces, modules of Maven and Gradle.
    members: BTreeMap<(Ecosystem, &'p str), &'p Manifest>,
    /// What the project as a whole calls itself.
    projects: Vec<(Ecosystem, &'p str)>,
    /// By name, what is deployed and what is not each for itself.
    named: BTreeMap<(bool, Ecosystem, String), Vec<LocalPackage>>,
    /// The file that names a folder elsewhere on the machine, and what it says.
    outside: Vec<(String, String)>,
}

impl<'p> Collector<'p> {
    fn new(found: &'p Packages) -> Self {
        let mut in_folders: BTreeMap<String, Vec<&Manifest>> = BTreeMap::new();
        let mut projects = Vec::new();
        for (path, manifest) in &found.manifests {
            in_folders.entry(folder(path).trim_end_matches('/').to_lowercase()).or_default().push(manifest);
            if let (None, Some(ecosystem), Some(name)) = (path.find('/'), ecosystem(path), &manifest.name) {
                projects.push((ecosystem, name.as_str()));
            }
        }
        let of_npm = members(found);
        let is_member = |path: &str, of: Ecosystem| match of {
            Ecosystem::Npm => of_npm.contains(path),
            of => of == Ecosystem::Maven,
        };
        let all = found.manifests.iter().filter_map(|(path, one)| Some((path, one, ecosystem(path)?)));
        let all = all.filter(|(path, _, of)| is_member(path, *of));
        let members = all.filter_map(|(_, one, of)| Some(((of, one.name.as_deref()?), one))).collect();
        Self { found, in_folders, members, projects, named: BTreeMap::new(), outside: Vec::new() }
    }

    fn add(&mut self, ecosystem: Ecosystem, name: &str, version: Option<&str>, place: &str, path: &str) {
        let name = ecosystem.normalize(name);
        let is_version = |version: &&str| !version.is_empty() && version.split(['-', '+']).next() != Some(NO_VERSION);
        let version = version.filter(is_version).map(str::to_owned);
        let (place, path) = (place.trim_end_matches('/').to_owned(), path.to_owned());
        let all = self.named.entry((is_aside(&path), ecosystem, name.clone())).or_default();
        if !all.iter().any(|one| one.version == version && (version.is_some() || is_same(&one.place, &place))) {
            all.push(LocalPackage { ecosystem, name, version, place, path });
        }
    }

    /// Whether a package bears the scope or owner of a project that asks for it, or of the whole.
    fn is_own(&self, ecosystem: Ecosystem, name: &str, asks: Option<&Manifest>) -> bool {
        let projects = self.projects.iter().filter(|(of, _)| *of == ecosystem).map(|(_, project)| *project);
        let mut all = projects.chain(asks.and_then(|asks| asks.name.as_deref()));
        all.any(|project| is_kin(ecosystem, name, Some(project))) || is_kin(ecosystem, name, None)
    }

    fn add_manifests(&mut self) {
        for manifest in self.found.manifests.values() {
            let Some(ecosystem) = ecosystem(&manifest.path) else { continue };
            for placed in &manifest.placed {
                self.add_placed(ecosystem, manifest, placed);
            }
            self.add_members(ecosystem, manifest);
        }
    }

    /// What a manifest takes from a folder.
    fn add_placed(&mut self, ecosystem: Ecosystem, manifest: &Manifest, placed: &Placed) {
        if self.is_own(ecosystem, &placed.name, Some(manifest)) {
            return;
        }
        let inside = if placed.folder.starts_with(['/', '~']) {
            in_project(&placed.folder, &self.found.manifests)
        } else {
            joined(folder(&manifest.path), &placed.folder)
        };
        let Some(inside) = inside else {
            self.outside.push((manifest.path.clone(), format!("{} ({})", placed.name, placed.folder)));
            return;
        };
        // The project itself, by a name of its own.
        if inside.is_empty() || format!("{inside}/") == folder(&manifest.path) {
            return;
        }
        let there = self.manifests_in(&inside, ecosystem);
        // Composer's patterns of folders name any package; only what is there comes from one.
        if ecosystem == Ecosystem::Packagist && there.is_empty() {
            return;
        }
        let is_it = |name: &str| ecosystem.normalize(name) == ecosystem.normalize(&placed.name);
        let same = there.iter().find(|one| one.name.as_deref().is_some_and(is_it));
        let version = same.and_then(|one| one.version.as_deref());
        // npm installs what is there under any name. Of Python a folder alone may be named, and called otherwise than what is
        // in it: `-e ./libs/http`.
        if same.is_some() || ecosystem != Ecosystem::PyPi || there.iter().all(|one| one.name.is_none()) {
            self.add(ecosystem, &placed.name, version, &placed.folder, &manifest.path);
        }
        if same.is_none() {
            self.add_those(ecosystem, &there, &placed.folder, &manifest.path);
        }
    }

    /// The packages of these manifests of a folder.
    fn add_those(&mut self, ecosystem: Ecosystem, there: &[&Manifest], place: &str, path: &str) {
        for one in there {
            if let Some(name) = one.name.as_deref().filter(|name| !self.is_own(ecosystem, name, None)) {
                self.add(ecosystem, name, one.version.as_deref(), place, path);
            }
        }
    }

    /// The members of workspaces of npm, and modules of Maven and Gradle, for which a manifest asks as if they were published.
    fn add_members(&mut self, ecosystem: Ecosystem, manifest: &Manifest) {
        for declared in &manifest.declared {
            let Some(member) = self.members.get(&(ecosystem, &*declared.name)).copied() else { continue };
            if member.path != manifest.path && !self.is_own(ecosystem, &declared.name, Some(manifest)) {
                let place = folder(&member.path);
                self.add(ecosystem, &declared.name, member.version.as_deref(), place, &manifest.path);
            }
        }
    }

    /// What a command of a container installs from a folder that was copied from the project, with all folders above it or
    /// without them.
    fn add_installed(&mut self, one: &InstalledFolder) {
        let InstalledFolder { path, ecosystem, folder } = one;
        let Some(inside) = in_project(&format!("/{folder}"), &self.found.manifests) else { return };
        let there = self.manifests_in(&inside, *ecosystem);
        let name = inside.rsplit('/').next().unwrap_or(&inside);
        if there.iter().all(|one| one.name.is_none()) && !there.is_empty() && !self.is_own(*ecosystem, name, None) {
            self.add(*ecosystem, name, None, folder, path);
        }
        self.add_those(*ecosystem, &there, folder, path);
    }

    /// What lock files hold.
    fn add_locks(&mut self) {
        for lock in &self.found.locks {
            let ecosystem = lock.manager.ecosystem();
            let roots = lock.roots.iter().filter_map(|root| self.found.manifests.get(&root.manifest));
            let project = roots.min_by_key(|manifest| manifest.path.len());
            for Local { name, version, place } in &lock.locals {
                if !self.is_own(ecosystem, name, project) {
                    self.add(ecosystem, name, version.as_deref(), place, &lock.path);
                }
            }
        }
    }

    fn manifests_in(&self, folder: &str, wanted: Ecosystem) -> Vec<&'p Manifest> {
        let there = self.in_folders.get(&folder.to_lowercase()).into_iter().flatten();
        there.filter(|one| ecosystem(&one.path) == Some(wanted)).copied().collect()
    }
}

/// Whether two files name the same folder, each from where it lies.
fn is_same(a: &str, b: &str) -> bool {
    let bare = |folder: &str| folder.trim_start_matches(['.', '/']).to_owned();
    bare(a) == bare(b)
}

/// The folder of the project that a place on somebody's machine is: resolvers and `pip freeze` write the project's own so.
fn in_project(place: &str, manifests: &BTreeMap<String, Manifest>) -> Option<String> {
    let tails =
        place.match_indices('/').filter_map(|(at, _)| place.get(at + 1..)).map(|tail| tail.trim_end_matches('/'));
    let mut tails = tails.filter(|tail| !tail.is_empty());
    let holds = |tail: &&str| {
        let below = format!("{tail}/");
        manifests.range(below.clone()..).next().is_some_and(|(path, _)| path.starts_with(&below))
    };
    tails.find(holds).map(str::to_owned)
}

/// The manifests that workspaces name as their members.
fn members(found: &Packages) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for manifest in found.manifests.values().filter(|manifest| !manifest.members.is_empty()) {
        let (base, file) = (folder(&manifest.path), manifest.path.rsplit('/').next().unwrap_or_default());
        all.insert(manifest.path.clone());
        let folders = members::folders(base, &manifest.members, file, &found.manifests);
        all.extend(folders.iter().map(|inner| format!("{base}{inner}/{file}")));
    }
    // pnpm names them in its lock file.
    let of_pnpm = found.locks.iter().filter(|lock| lock.manager == Manager::Pnpm).flat_map(|lock| &lock.roots);
    all.extend(of_pnpm.map(|root| root.manifest.clone()));
    all
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::probe::packages::collect;
    use crate::probe::samples::listed;

    /// The local packages, and what is said of folders outside the project.
    fn told(files: &[(&str, &str)]) -> Vec<String> {
        let (_folder, listing) = listed(files);
        let found = collect(&listing, &CancellationToken::new());
        let mut told: Vec<String> = found.locals.iter().map(LocalPackage::shown).collect();
        let outside = found.gaps.into_vec().into_iter().filter(|gap| gap.reason == reason::OUTSIDE);
        told.extend(outside.map(|gap| format!("outside: {}", gap.examples.join(", "))));
        told
    }

    #[test]
    fn what_go_puts_in_place_of_a_module() {
        let of = |own: &str, name: &str, version: &str, new: &str| {
            let text = format!(
                "module {own}\ngo 1.22\ntoolchain go1.22.4\nrequire {name} {version}\nreplace {name} => {new}\n"
            );
            told(&[("go.mod", &text)]).join("; ")
        };
        let (app, crypto) = ("github.com/acme/app", "golang.org/x/crypto");
        for (own, name, version, new, expected) in [
            (app, crypto, "v0.14.0", "../crypto", "golang.org/x/crypto (../crypto)"),
            (app, crypto, "v0.14.0", "/src/crypto", "golang.org/x/crypto (/src/crypto)"),
            (app, crypto, "v0.14.0", "./third_party/crypto", "golang.org/x/crypto (./third_party/crypto)"),
            (app, crypto, "v0.0.0", "./crypto", "golang.org/x/crypto (./crypto)"),
            (app, crypto, "v0.14.0", "github.com/fork/crypto v0.14.0", "golang.org/x/crypto (github.com/fork/crypto)"),
            (app, "github.com/other/lib", "v1.0.0", "./lib", "github.com/other/lib (./lib)"),
            (app, "lib.example.com/core", "v0.0.0", "./core", "lib.example.com/core (./core)"),
            // Another version of the same, a module of the same owner, one that nobody could download.
            (app, crypto, "v0.14.0", "golang.org/x/crypto v0.17.0", ""),
            (app, "github.com/acme/lib", "v1.0.0", "../lib", ""),
            ("acme.example/app", "acme.example/lib", "v1.0.0", "./lib", ""),
            (app, "core/lib", "v1.0.0", "./core", ""),
        ] {
            assert_eq!(of(own, name, version, new), expected, "{name} {version} => {new}");
        }
    }

    #[test]
    fn modules_of_a_workspace_of_go() {
        let of = |module: &str| {
            let copy = format!("module {module}\ngo 1.22\n");
            let app = format!("module github.com/acme/app\ngo 1.22\nrequire {module} v0.14.0\n");
            let work = "go 1.22\nuse (\n./app\n./lib\n)\n";
            told(&[("go.work", work), ("app/go.mod", &app), ("lib/go.mod", &copy)])
        };
        assert_eq!(of("golang.org/x/crypto"), ["golang.org/x/crypto (go.work)"]);
        assert_eq!(of("github.com/acme/lib"), [""; 0]);
    }

    #[test]
    fn folders_and_workspaces_of_npm() {
        let root = |more: &str| format!("{{\"name\": \"@acme/app\", \"private\": true, {more}}}");
        let minimist = ("vendor/minimist/package.json", "{\"name\": \"minimist\", \"version\": \"0.0.8\"}");
        let of = |more: &str, beside: &[(&str, &str)]| {
            let text = root(more);
            told(&[&[("package.json", &*text)], beside].concat()).join("; ")
        };
        let copy = "minimist 0.0.8 (vendor/minimist)";
        for more in [
            "\"dependencies\": {\"minimist\": \"file:vendor/minimist\"}",
            "\"overrides\": {\"mkdirp\": {\"minimist\": \"./vendor/minimist/\"}}",
            "\"pnpm\": {\"overrides\": {\"minimist\": \"portal:vendor/minimist\"}}",
            "\"workspaces\": [\"vendor/*\"], \"dependencies\": {\"minimist\": \"file:vendor/minimist\"}",
            "\"workspaces\": [\"vendor/*\"], \"dependencies\": {\"minimist\": \"workspace:*\"}",
            "\"workspaces\": [\"vendor/*\"], \"dependencies\": {\"minimist\": \"*\"}",
        ] {
            let told = of(more, &[minimist]);
            assert_eq!(told.replace("(./", "("), copy, "{more}");
        }
        let forced = ("pnpm-workspace.yaml", "overrides:\n  minimist: link:./vendor/minimist\n");
        assert_eq!(of("\"version\": \"1.0.0\"", &[minimist, forced]), "minimist 0.0.8 (./vendor/minimist)");
        // What is private, or in another state than any release, may be a copy just as well.
        let asks = "\"dependencies\": {\"minimist\": \"file:minimist\"}";
        for says in ["\"private\": true", "\"version\": \"0.0.0\"", "\"version\": \"0.0.0-development\""] {
            let text = format!("{{\"name\": \"minimist\", {says}}}");
            assert_eq!(of(asks, &[("minimist/package.json", &text)]), "minimist (minimist)", "{says}");
        }
        // Under another name the folder's version is that of something else.
        let fork = ("minimist/package.json", "{\"name\": \"their-minimist\", \"version\": \"9.0.0\"}");
        assert_eq!(of(asks, &[fork]), "minimist (minimist); their-minimist 9.0.0 (minimist)");
        assert_eq!(of("\"dependencies\": {\"a\": \"file:../a\"}", &[]), "outside: a (../a)");
        // What nobody asks for is the project's apps; under its scope nobody else publishes.
        let ui = ("ui/package.json", "{\"name\": \"@acme/ui\", \"version\": \"1.0.0\"}");
        assert_eq!(of("\"dependencies\": {\"@acme/ui\": \"file:./ui\"}", &[ui]), "");
        assert_eq!(of("\"workspaces\": [\"vendor/*\"]", &[minimist]), "");
    }

    #[test]
    fn crates_in_folders_have_their_version_in_the_lock_file() {
        let registry = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        let lock = format!(
            "version = 4\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"chrono\", \"time\"]\n\
             [[package]]\nname = \"chrono\"\nversion = \"0.4.19\"\n{registry}dependencies = [\"time\"]\n\
             [[package]]\nname = \"time\"\nversion = \"0.1.45\"\n"
        );
        let of = |more: &str, beside: &[(&str, &str)]| {
            let root = format!("[package]\nname = \"app\"\n[dependencies]\nchrono = \"=0.4.19\"\n{more}");
            told(&[&[("Cargo.toml", &*root), ("Cargo.lock", &*lock)], beside].concat()).join("; ")
        };
        let time = ("libs/time/Cargo.toml", "[package]\nname = \"time\"\n");
        assert_eq!(of("time = { path = \"libs/time\" }\n", &[time]), "time 0.1.45 (libs/time)");
        assert_eq!(of("[patch.crates-io]\ntime = { path = \"libs/time\" }\n", &[time]), "time 0.1.45 (libs/time)");
        // In `.cargo/config.toml`, or outside: no manifest says where it lies.
        assert_eq!(of("", &[]), "time 0.1.45 (Cargo.lock)");
        let workspace = "[workspace]\nmembers = [\"libs/*\"]\n";
        assert_eq!(of(workspace, &[time]), "time 0.1.45 (libs/time)");
    }

    #[test]
    fn folders_of_python() {
        let of = |text: &str| told(&[("pyproject.toml", text)]).join("; ");
        for (text, expected) in [
            (
                "[project]\nname = \"shop\"\ndependencies = [\"requests==2.25.0\"]\n[tool.uv.sources]\nrequests = { path = \"libs/requests\" }\n",
                "requests (libs/requests)",
            ),
            (
                "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\nrequests = { path = \"vendor/requests\" }\n",
                "requests (vendor/requests)",
            ),
            (
                "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\ncore = { path = \"../core\" }\n",
                "outside: core (../core)",
            ),
            (
                "[project]\nname = \"shop\"\ndependencies = [\"requests @ file:///${PROJECT_ROOT}/third_party/requests\"]\n",
                "requests (third_party/requests)",
            ),
            (
                "[project]\nname = \"shop\"\ndependencies = [\"shop-api>=1\"]\n[tool.uv.sources]\nshop-api = { path = \"libs/api\" }\n",
                "shop-api (libs/api)",
            ),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
        let (cfg, toml) = (
            "[metadata]\nname = requests\nversion = 2.25.0\n",
            "[project]\nname = \"Requests\"\nversion = \"2.25.0\"\n",
        );
        for (path, text) in [("libs/http/setup.cfg", cfg), ("libs/http/pyproject.toml", toml)] {
            let vendored = [("requirements.txt", "-e ./libs/http\n-e .\n"), (path, text)];
            assert_eq!(told(&vendored), ["requests 2.25.0 (./libs/http)"]);
        }
        // A place on the machine of whoever wrote the file.
        let frozen = ("requirements.txt", "core @ file:///srv/shop/libs/core\nfar @ file:///srv/other/far\n");
        let core = ("libs/core/pyproject.toml", "[project]\nname = \"core\"\n");
        assert_eq!(told(&[frozen, core]), ["core (/srv/shop/libs/core)", "outside: far (/srv/other/far)"]);
        // The lock file knows the version.
        let lock = "[[package]]\nname = \"idna\"\nversion = \"2.10\"\n[package.source]\ntype = \"directory\"\nurl = \"libs/idna\"\n\
                    [metadata]\nlock-version = \"2.0\"\npython-versions = \"*\"\ncontent-hash = \"x\"\n";
        let asks = "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\nidna = { path = \"libs/idna\" }\n";
        assert_eq!(told(&[("pyproject.toml", asks), ("poetry.lock", lock)]), ["idna 2.10 (libs/idna)"]);
        let uv = "version = 1\n[manifest]\nmembers = [\"shop\", \"requests\"]\n\
                  [[package]]\nname = \"shop\"\nversion = \"0.1.0\"\nsource = { virtual = \".\" }\n\
                  [[package]]\nname = \"requests\"\nversion = \"2.25.0\"\nsource = { editable = \"vendor/requests\" }\n";
        let shop = "[project]\nname = \"shop\"\ndependencies = [\"requests\"]\n[tool.uv.sources]\nrequests = { workspace = true }\n[tool.uv.workspace]\nmembers = [\"vendor/*\"]\n";
        assert_eq!(told(&[("pyproject.toml", shop), ("uv.lock", uv)]), ["requests 2.25.0 (vendor/requests)"]);
    }

    #[test]
    fn modules_of_maven() {
        let of = |group: &str, version: &str| {
            let parent =
                "<parent><groupId>com.acme</groupId><artifactId>shop</artifactId><version>7</version></parent>";
            let name = format!("<groupId>{group}</groupId><artifactId>snakeyaml</artifactId>");
            let module = format!("<project>{parent}{name}{version}</project>");
            let app = format!(
                "<project>{parent}<artifactId>app</artifactId><dependencies><dependency>{name}\
                 <version>${{project.version}}</version></dependency></dependencies></project>"
            );
            let root =
                "<project><groupId>com.acme</groupId><artifactId>shop</artifactId><version>7</version></project>";
            told(&[("pom.xml", root), ("app/pom.xml", &app), ("yaml/pom.xml", &module)]).join("; ")
        };
        assert_eq!(of("org.yaml", "<version>1.30</version>"), "org.yaml:snakeyaml 1.30 (yaml)");
        assert_eq!(of("org.yaml", ""), "org.yaml:snakeyaml 7 (yaml)");
        assert_eq!(of("org.yaml", "<version>${revision}</version>"), "org.yaml:snakeyaml (yaml)");
    }

    #[test]
    fn folders_that_containers_install_from() {
        let of = |run: &str| {
            let dockerfile = format!("FROM python:3.12\nCOPY . /app\nRUN {run}\n");
            let requests = ("vendor/requests/setup.py", "import setuptools\n");
            let core = ("core/pyproject.toml", "[project]\nname = \"requests-core\"\nversion = \"1.0\"\n");
            told(&[("Dockerfile", &*dockerfile), requests, core]).join("; ")
        };
        assert_eq!(of("pip install ./vendor/requests"), "requests (./vendor/requests)");
        assert_eq!(of("pip install --no-deps -e /app/vendor/requests"), "requests (/app/vendor/requests)");
        assert_eq!(of("pip install ./core/"), "requests-core 1.0 (./core)");
        assert_eq!(of("pip install . /wheels"), "");
        assert_eq!(of("npm install ./vendor/requests"), "");
    }

    #[test]
    fn folders_of_composer_and_bundler() {
        let composer = |url: &str, name: &str, range: &str| {
            let text = format!(
                "{{\"name\": \"acme/shop\", \"repositories\": [{{\"type\": \"path\", \"url\": \"{url}\"}}], \"require\": {{\"{name}\": \"{range}\"}}}}"
            );
            let versioned = "{\"name\": \"symfony/yaml\", \"version\": \"5.4.1\"}";
            let there = [("packages/yaml/composer.json", "{}"), ("third_party/yaml/composer.json", versioned)];
            told(&[&[("composer.json", &*text)], &there[..]].concat()).join("; ")
        };
        assert_eq!(composer("packages/yaml", "symfony/yaml", "^5.4"), "symfony/yaml (packages/yaml)");
        assert_eq!(composer("third_party/*", "symfony/yaml", "@dev"), "symfony/yaml 5.4.1 (third_party/yaml)");
        // It comes from elsewhere: there is no such folder.
        assert_eq!(composer("packages/*", "other/blog", "5.*"), "");
        assert_eq!(composer("packages/yaml", "acme/shop", "^1.0"), "");
        let lock = "{\"packages\": [{\"name\": \"their/twig\", \"version\": \"3.10.0\", \"replace\": {\"Twig/twig\": \"*\"}, \
                    \"dist\": {\"type\": \"path\", \"url\": \"packages/twig\"}}], \"packages-dev\": []}";
        let held = told(&[("composer.json", "{\"name\": \"acme/shop\"}"), ("composer.lock", lock)]);
        assert_eq!(held, ["their/twig 3.10.0 (packages/twig)", "twig/twig (packages/twig)"]);
        let gems = "gem \"rack\", path: \"vendor/rack\"\ngem \"far\", path: \"../far\"\npath \"components\" do\n  gem \"orders\"\nend\n";
        assert_eq!(
            told(&[("Gemfile", gems)]),
            ["orders (components/orders)", "rack (vendor/rack)", "outside: far (../far)"]
        );
        let lock = "PATH\n  remote: lib/rack\n  specs:\n    rack (2.0)\n\nGEM\n  remote: https://gems.example.com/\n  specs:\n    \
                    sinatra (2.0)\n      rack (~> 2.0)\n\nDEPENDENCIES\n  rack!\n  sinatra\n";
        let asks = "gem \"rack\", path: \"lib/rack\"\ngem \"sinatra\"\n";
        assert_eq!(told(&[("Gemfile", asks), ("Gemfile.lock", lock)]), ["rack 2.0 (Gemfile.lock)"]);
    }
}

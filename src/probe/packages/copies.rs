//! Folders under the names of packages that others publish: copies and forks. Nothing says which version they are, so they are
//! not examined; what looks like the project's own code is not counted.
//!
//! Own is what a workspace names as its member, what is called after the project, and what says that it is in no registry. A
//! folder is a copy where it takes the place of what somebody else needs, where versions are asked for, and where it lies among
//! what others wrote.

use std::collections::{BTreeMap, BTreeSet};

use super::lock::reason;
use super::manifest::{Manifest, Placed, ecosystem, members};
use super::{Ecosystem, Manager, Packages};
use crate::probe::paths::{folder, joined};
use crate::probe::repository::is_aside;

/// Folders that hold others' code by custom.
const FOR_OTHERS: [&str; 17] = [
    "3rdparty",
    "extern",
    "external",
    "externals",
    "fork",
    "forked",
    "forks",
    "patched",
    "patches",
    "third-party",
    "third_party",
    "thirdparty",
    "vendor",
    "vendored",
    "vendors",
    "_vendor",
    "_vendored",
];
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
/// Shorter names of projects say nothing of what else begins so.
const SHORTEST: usize = 3;

/// Whether a folder lies among others' code, as one of the folders above it is called. Its own name is the package's.
#[must_use]
pub fn is_for_others(folder: &str) -> bool {
    let above = folder.trim_end_matches('/').rsplit_once(['/', '\\']).map_or("", |(above, _)| above);
    above.split(['/', '\\']).any(|part| FOR_OTHERS.contains(&&*part.to_lowercase()))
}

/// Whether a package is called after the project: of the same scope, vendor or owner, or with its name in front.
#[must_use]
pub fn is_kin(ecosystem: Ecosystem, name: &str, project: Option<&str>) -> bool {
    let bare = |name: &str| name.trim_start_matches('@').to_lowercase().replace('_', "-");
    if ecosystem == Ecosystem::Go {
        // What has no dot in front nobody could download.
        return !name.split('/').next().is_some_and(|host| host.contains('.'))
            || project.is_some_and(|project| owner(name) == owner(project));
    }
    let Some(project) = project.map(bare) else { return false };
    let name = bare(name);
    let scope = |name: &str| name.split_once('/').map(|(scope, _)| scope.to_owned());
    let stem = scope(&project).unwrap_or_else(|| project.clone());
    scope(&name) == Some(stem)
        || name == project
        || (project.len() >= SHORTEST
            && name.strip_prefix(&project).is_some_and(|rest| rest.starts_with(['-', '.', '/'])))
}

/// The part of a Go module's path that says whose it is: a host of one's own, or a part of a shared one.
fn owner(module: &str) -> (&str, Option<&str>) {
    let mut parts = module.split('/');
    let host = parts.next().unwrap_or(module);
    (host, parts.next().filter(|_| SHARED_HOSTS.contains(&host)))
}

/// Counts the folders that stand for packages of others.
pub fn add_gaps(found: &mut Packages) {
    let members = members(found);
    let named = |path: &String| {
        let manifest = found.manifests.get(path)?;
        let ecosystem = ecosystem(path)?;
        Some((ecosystem, ecosystem.normalize(manifest.name.as_deref()?)))
    };
    let member_names: BTreeSet<(Ecosystem, String)> = members.iter().filter_map(named).collect();
    // Each once, whether a manifest or a lock file shows it.
    let mut told: BTreeMap<(bool, Ecosystem, String), (String, &'static str, String)> = BTreeMap::new();
    for manifest in found.manifests.values() {
        let Some(ecosystem) = ecosystem(&manifest.path) else { continue };
        for placed in &manifest.placed {
            if let Some(reason) = reason_of(ecosystem, manifest, placed, &members, found) {
                let what = format!("{} ({})", placed.name, placed.folder);
                let key = (is_aside(&manifest.path), ecosystem, ecosystem.normalize(&placed.name));
                told.entry(key).or_insert((manifest.path.clone(), reason, what));
            }
        }
    }
    for lock in &found.locks {
        let ecosystem = lock.manager.ecosystem();
        let root = lock.roots.iter().filter_map(|root| found.manifests.get(&root.manifest));
        let project = root.min_by_key(|manifest| manifest.path.len()).and_then(|manifest| manifest.name.as_deref());
        for name in &lock.stand_ins {
            let normal = ecosystem.normalize(name);
            if !member_names.contains(&(ecosystem, normal.clone())) && !is_kin(ecosystem, name, project) {
                let key = (is_aside(&lock.path), ecosystem, normal);
                told.entry(key).or_insert((lock.path.clone(), reason::COPIED, name.clone()));
            }
        }
    }
    for (path, reason, what) in told.into_values() {
        found.gaps_of(&path).add(reason, &what);
    }
}

/// Why nothing is known of what comes from a folder; `None` where it is the project's own.
fn reason_of(
    ecosystem: Ecosystem,
    manifest: &Manifest,
    placed: &Placed,
    members: &BTreeSet<String>,
    found: &Packages,
) -> Option<&'static str> {
    let file = manifest.path.rsplit('/').next().unwrap_or_default();
    let root = found.manifests.get(file).and_then(|root| root.name.as_deref());
    let is_kin = [manifest.name.as_deref(), root].into_iter().any(|project| is_kin(ecosystem, &placed.name, project));
    let inside = if placed.folder.starts_with(['/', '~']) {
        in_project(&placed.folder, &found.manifests)
    } else {
        joined(folder(&manifest.path), &placed.folder)
    };
    let Some(inside) = inside else { return (!is_kin).then_some(reason::OUTSIDE) };
    let path = if inside.is_empty() { file.to_owned() } else { format!("{inside}/{file}") };
    // The project itself, by a name of its own.
    let is_itself = format!("{inside}/") == folder(&manifest.path) || inside.is_empty();
    if is_itself || is_kin || members.contains(&path) {
        return None;
    }
    // Composer's patterns of folders name any package; only what is there comes from one.
    if ecosystem == Ecosystem::Packagist && !found.manifests.keys().any(|one| one.eq_ignore_ascii_case(&path)) {
        return None;
    }
    if placed.forced || is_for_others(&placed.folder) || placed.versioned {
        return Some(reason::COPIED);
    }
    // npm has workspaces for what is the project's own, and a word for what is not published.
    let is_copy = ecosystem == Ecosystem::Npm && !found.manifests.get(&path).is_some_and(|one| one.unpublished);
    is_copy.then_some(reason::PERHAPS_COPIED)
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

    /// What is said of folders that stand for packages.
    fn told(files: &[(&str, &str)]) -> Vec<String> {
        let (_folder, listing) = listed(files);
        let found = collect(&listing, &CancellationToken::new());
        let gaps = found.gaps.into_vec().into_iter().filter(|gap| reason::NOT_COVERED.contains(&&*gap.reason));
        gaps.map(|gap| {
            let which = match &*gap.reason {
                reason::COPIED => "copied",
                reason::PERHAPS_COPIED => "perhaps",
                reason::FORKED => "forked",
                reason::OUTSIDE => "outside",
                other => other,
            };
            format!("{which} {}: {}", gap.count, gap.examples.join(", "))
        })
        .collect()
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
            (app, crypto, "v0.14.0", "../crypto", "outside 1: golang.org/x/crypto"),
            (app, crypto, "v0.14.0", "/src/crypto", "outside 1: golang.org/x/crypto"),
            (app, crypto, "v0.14.0", "./third_party/crypto", "copied 1: golang.org/x/crypto"),
            (app, crypto, "v0.14.0", "./crypto", "copied 1: golang.org/x/crypto"),
            (app, crypto, "v0.0.0", "./third_party/crypto", "copied 1: golang.org/x/crypto"),
            (app, crypto, "v0.14.0", "github.com/fork/crypto v0.14.0", "forked 1: golang.org/x/crypto"),
            (app, "github.com/other/lib", "v1.0.0", "./lib", "copied 1: github.com/other/lib"),
            // Another version of the same, a module of the same owner, one that is nowhere, one that nobody could download.
            (app, crypto, "v0.14.0", "golang.org/x/crypto v0.17.0", ""),
            (app, "github.com/acme/lib", "v1.0.0", "../lib", ""),
            ("acme.example/app", "acme.example/lib", "v1.0.0", "./lib", ""),
            (app, "lib.example.com/core", "v0.0.0-00010101000000-000000000000", "./core", ""),
            (app, "lib.example.com/core", "v0.0.0", "./core", ""),
            (app, "core/lib", "v1.0.0", "./core", ""),
        ] {
            assert_eq!(of(own, name, version, new), expected, "{name} {version} => {new}");
        }
    }

    #[test]
    fn copies_of_npm_and_its_workspaces() {
        let root = |more: &str| format!("{{\"name\": \"@acme/app\", \"private\": true, {more}}}");
        let minimist = ("vendor/minimist/package.json", "{\"name\": \"minimist\", \"version\": \"0.0.8\"}");
        let shared = ("shared/package.json", "{\"name\": \"shared\", \"version\": \"1.0.0\", \"private\": true}");
        let of = |more: &str, beside: &[(&str, &str)]| {
            let text = root(more);
            told(&[&[("package.json", &*text)], beside].concat()).join("; ")
        };
        let copied = "copied 1: minimist (vendor/minimist)";
        assert_eq!(of("\"dependencies\": {\"minimist\": \"file:vendor/minimist\"}", &[minimist]), copied);
        for (more, place) in [
            ("\"resolutions\": {\"**/minimist\": \"link:./vendor/minimist\"}", "./vendor/minimist"),
            ("\"overrides\": {\"mkdirp\": {\"minimist\": \"./vendor/minimist\"}}", "./vendor/minimist"),
            ("\"pnpm\": {\"overrides\": {\"minimist\": \"portal:vendor/minimist\"}}", "vendor/minimist"),
        ] {
            assert_eq!(of(more, &[minimist]), format!("copied 1: minimist ({place})"), "{more}");
        }
        assert_eq!(of("\"dependencies\": {\"a\": \"file:../a\"}", &[]), "outside 1: a (../a)");
        let forced = ("pnpm-workspace.yaml", "overrides:\n  minimist: link:./vendor/minimist\n");
        assert_eq!(of("\"version\": \"1.0.0\"", &[minimist, forced]), "copied 1: minimist (./vendor/minimist)");
        // Whose is it? A copy in an example says nothing of the one that is deployed.
        let public = ("lib/shared/package.json", "{\"name\": \"shared\", \"version\": \"1.0.0\"}");
        let example = ("examples/a/package.json", "{\"dependencies\": {\"shared\": \"file:vendor/shared\"}}");
        let asks = "\"dependencies\": {\"shared\": \"file:lib/shared\"}";
        assert_eq!(of(asks, &[public, example]), "perhaps 1: shared (lib/shared)");
        // Marked as private, but put in place of what others need.
        let private = ("lib/minimist/package.json", "{\"name\": \"minimist\", \"private\": true}");
        assert_eq!(
            of("\"overrides\": {\"minimist\": \"file:lib/minimist\"}", &[private]),
            "copied 1: minimist (lib/minimist)"
        );
        for (more, beside) in [
            ("\"dependencies\": {\"shared\": \"file:shared\"}", shared),
            ("\"dependencies\": {\"@acme/ui\": \"file:./ui\"}", ("ui/package.json", "{\"version\": \"1.0.0\"}")),
            ("\"workspaces\": [\"vendor/*\"], \"dependencies\": {\"minimist\": \"file:vendor/minimist\"}", minimist),
            ("\"workspaces\": [\"vendor/*\"], \"overrides\": {\"minimist\": \"file:vendor/minimist\"}", minimist),
            ("\"dependencies\": {\"minimist\": \"workspace:*\"}", minimist),
        ] {
            assert_eq!(of(more, &[beside]), "", "{more}");
        }
    }

    #[test]
    fn members_of_pnpm_are_own() {
        let lock = "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      ui:\n        specifier: link:ui\n        \
                    version: link:ui\n  ui: {}\n";
        let files = |lock: &'static str| {
            told(&[
                ("package.json", "{\"dependencies\": {\"ui\": \"link:ui\"}}"),
                ("ui/package.json", "{\"name\": \"ui\", \"version\": \"1.0.0\"}"),
                ("pnpm-lock.yaml", lock),
            ])
        };
        assert_eq!(files(lock), [""; 0]);
        assert_eq!(files(lock.strip_suffix("  ui: {}\n").unwrap()), ["perhaps 1: ui (ui)"]);
    }

    #[test]
    fn crates_in_place_of_those_of_crates_io() {
        let registry = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        let lock = format!(
            "version = 4\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"chrono\", \"tools\"]\n\
             [[package]]\nname = \"chrono\"\nversion = \"0.4.19\"\n{registry}dependencies = [\"time\"]\n\
             [[package]]\nname = \"time\"\nversion = \"0.1.45\"\n[[package]]\nname = \"tools\"\nversion = \"0.1.0\"\n"
        );
        let of = |more: &str, beside: &[(&str, &str)]| {
            let root = format!(
                "[package]\nname = \"app\"\n[dependencies]\nchrono = \"=0.4.19\"\ntools = {{ path = \"tools\" }}\n{more}"
            );
            let tools = ("tools/Cargo.toml", "[package]\nname = \"tools\"\n");
            told(&[&[("Cargo.toml", &*root), ("Cargo.lock", &*lock), tools], beside].concat()).join("; ")
        };
        let time = ("vendor/time/Cargo.toml", "[package]\nname = \"time\"\n");
        assert_eq!(of("[patch.crates-io]\ntime = { path = \"vendor/time\" }\n", &[time]), "copied 1: time");
        // Under another key: what needs it is from the registry.
        assert_eq!(
            of("[patch.crates-io]\nt = { package = \"time\", path = \"t\" }\n", &[("t/Cargo.toml", time.1)]),
            "copied 1: time"
        );
        assert_eq!(of("[patch.crates-io]\ntime = { path = \"../time\" }\n", &[]), "outside 1: time");
        let workspace = "[workspace]\nmembers = [\"vendor/*\"]\n[patch.crates-io]\ntime = { path = \"vendor/time\" }\n";
        assert_eq!(of(workspace, &[time]), "");
    }

    /// A lock file in one folder of the project, its crates in another.
    #[test]
    fn crates_beside_the_one_that_has_the_lock_file() {
        let of = |name: &str, place: &str| {
            let app = format!("[package]\nname = \"server\"\n[dependencies]\n{name} = {{ path = \"../{place}\" }}\n");
            let lock = format!(
                "version = 4\n[[package]]\nname = \"server\"\nversion = \"0.1.0\"\ndependencies = [\"{name}\"]\n\
                 [[package]]\nname = \"{name}\"\nversion = \"0.1.45\"\n"
            );
            let (path, manifest) = (format!("{place}/Cargo.toml"), format!("[package]\nname = \"{name}\"\n"));
            told(&[("server/Cargo.toml", &*app), ("server/Cargo.lock", &*lock), (&*path, &*manifest)]).join("; ")
        };
        assert_eq!(of("engine", "engine"), "");
        assert_eq!(of("time", "vendor/time"), "copied 1: time");
    }

    #[test]
    fn copies_of_python() {
        let of = |text: &str| told(&[("pyproject.toml", text)]).join("; ");
        for (text, expected) in [
            (
                "[project]\nname = \"shop\"\ndependencies = [\"requests==2.25.0\"]\n[tool.uv.sources]\nrequests = { path = \"libs/requests\" }\n",
                "copied 1: requests (libs/requests)",
            ),
            (
                "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\nrequests = { path = \"vendor/requests\" }\n",
                "copied 1: requests (vendor/requests)",
            ),
            (
                "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\ncore = { path = \"../core\" }\n",
                "outside 1: core (../core)",
            ),
            (
                "[project]\nname = \"shop\"\ndependencies = [\"requests @ file:///${PROJECT_ROOT}/third_party/requests\"]\n",
                "copied 1: requests (third_party/requests)",
            ),
            (
                "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\ncore = { path = \"libs/core\", develop = true }\n",
                "",
            ),
            (
                "[project]\nname = \"shop\"\ndependencies = [\"core\", \"shop-api>=1\"]\n[tool.uv.sources]\ncore = { path = \"libs/core\" }\nshop-api = { path = \"libs/api\" }\n",
                "",
            ),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
        let vendored = [("requirements.txt", "./vendor/requests\n-e ./core\n-e .\n")];
        assert_eq!(told(&vendored), ["copied 1: requests (./vendor/requests)"]);
        // A place on the machine of whoever wrote the file.
        let frozen = ("requirements.txt", "core @ file:///srv/shop/libs/core\nfar @ file:///srv/other/far\n");
        let core = ("libs/core/pyproject.toml", "[project]\nname = \"core\"\n");
        assert_eq!(told(&[frozen, core]), ["outside 1: far (/srv/other/far)"]);
        // The lock file shows that a package of the registry needs it.
        let lock = "[[package]]\nname = \"requests\"\nversion = \"2.25.0\"\n[package.dependencies]\nidna = \"*\"\n\
                    [[package]]\nname = \"idna\"\nversion = \"2.10\"\n[package.source]\ntype = \"directory\"\nurl = \"libs/idna\"\n\
                    [metadata]\nlock-version = \"2.0\"\npython-versions = \"*\"\ncontent-hash = \"x\"\n";
        let asks = "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\nrequests = \"2.25.0\"\nidna = { path = \"libs/idna\" }\n";
        assert_eq!(told(&[("pyproject.toml", asks), ("poetry.lock", lock)]), ["copied 1: idna"]);
    }

    #[test]
    fn copies_of_composer_and_bundler() {
        let composer = |url: &str, name: &str, range: &str| {
            let text = format!(
                "{{\"name\": \"acme/shop\", \"repositories\": [{{\"type\": \"path\", \"url\": \"{url}\"}}], \"require\": {{\"{name}\": \"{range}\"}}}}"
            );
            let there = [("packages/yaml/composer.json", "{}"), ("third_party/yaml/composer.json", "{}")];
            told(&[&[("composer.json", &*text)], &there[..]].concat()).join("; ")
        };
        assert_eq!(composer("packages/yaml", "symfony/yaml", "^5.4"), "copied 1: symfony/yaml (packages/yaml)");
        assert_eq!(composer("third_party/*", "symfony/yaml", "@dev"), "copied 1: symfony/yaml (third_party/yaml)");
        assert_eq!(composer("packages/*", "other/blog", "*"), "");
        // It comes from elsewhere: there is no such folder.
        assert_eq!(composer("packages/*", "other/blog", "5.*"), "");
        assert_eq!(composer("packages/*", "other/fork", "dev-main"), "");
        assert_eq!(composer("packages/*", "other/yaml", "@dev"), "");
        assert_eq!(composer("packages/blog", "acme/blog", "^1.0"), "");
        let gems = "gem \"rack\", path: \"vendor/rack\"\ngem \"billing\", path: \"engines/billing\"\ngem \"far\", path: \"../far\"\n\
                    path \"components\" do\n  gem \"orders\"\n  gem \"json\", \"2.0\"\nend\n";
        assert_eq!(
            told(&[("Gemfile", gems)]),
            ["outside 1: far (../far)", "copied 2: json (components/json), rack (vendor/rack)"]
        );
        let lock = "PATH\n  remote: lib/rack\n  specs:\n    rack (2.0)\n\nGEM\n  remote: https://gems.example.com/\n  specs:\n    \
                    sinatra (2.0)\n      rack (~> 2.0)\n\nDEPENDENCIES\n  rack!\n  sinatra\n";
        let asks = "gem \"rack\", path: \"lib/rack\"\ngem \"sinatra\"\n";
        assert_eq!(told(&[("Gemfile", asks), ("Gemfile.lock", lock)]), ["copied 1: rack"]);
    }
}

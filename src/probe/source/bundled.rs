//! Which modules a build puts into the pages: those that what draws the app reaches through its imports.

use std::sync::Arc;

use super::code::{Call, Value};
use super::facts::{CodeIndex, FileFacts, Role};
use super::index::{Edited, Table, reads};
use super::plain_files::PlainFile;
use crate::probe::source::quick::{HashMap, HashSet};
use crate::probe::source::standing::Modules;

/// What [`CodeIndex::bundled`] answers, by name.
pub(super) const BUNDLED: &str = "bundled";

/// More modules than this are not followed; then nothing counts as left out.
const MAX_MODULES: usize = 50_000;

/// Frameworks that begin at the files of a folder: which ones a browser gets cannot be told from imports alone.
const BY_FOLDER: [&str; 10] = [
    "@sveltejs/kit",
    "nuxt",
    "astro",
    "gatsby",
    "@remix-run/react",
    "@react-router/dev",
    "@tanstack/react-start",
    "expo-router",
    "@redwoodjs/web",
    "vike",
];

/// A folder with a manifest.
#[derive(Debug)]
struct Package {
    folder: Box<str>,
    is_of_next: bool,
    begins_by_folder: bool,
}

impl Package {
    fn of(plain: &PlainFile) -> Option<Self> {
        let folder = plain.path.strip_suffix("package.json")?.trim_end_matches('/').into();
        let is_of_next = names(&plain.text, "next");
        let begins_by_folder = BY_FOLDER.iter().any(|framework| names(&plain.text, framework));
        Some(Self { folder, is_of_next, begins_by_folder })
    }
}

/// Whether a manifest names a package.
fn names(manifest: &str, package: &str) -> bool {
    manifest.contains(&format!("\"{package}\""))
}

/// What is known about the pages of a project.
#[derive(Debug)]
pub(super) struct Bundled {
    /// The deepest first.
    packages: Vec<Package>,
    /// The places of the modules that browsers get.
    reached: HashSet<usize>,
    /// Folders of packages in which something draws an app.
    drawing: HashSet<Box<str>>,
    /// Folders of packages whose code loads modules that no text names.
    open: HashSet<Box<str>>,
    /// The last parts of imports that could not be followed.
    lost: HashSet<Box<str>>,
    complete: bool,
}

impl CodeIndex {
    /// What is known about the pages of the project. Worked out when first asked for, and kept for as long as no edit
    /// changes what it rests on.
    pub(super) fn bundled(&self) -> &Bundled {
        reads::name(Table::Project, BUNDLED);
        self.links.bundled.get_or_init(|| Arc::new(reads::apart(|| Bundled::of(self))))
    }

    /// What scripts import. Kept like [`CodeIndex::bundled`].
    pub(super) fn modules_imported(&self) -> &Modules {
        self.links.modules_imported.get_or_init(|| Arc::new(reads::apart(|| Modules::of(self))))
    }
}

/// Takes over what is known about pages and imports from the index `before`, of which only the files `edited` are
/// different. `false` where an edit may change what is known about pages.
pub(super) fn take_over(index: &CodeIndex, before: &CodeIndex, edited: &[Edited]) -> bool {
    let same = edited.iter().all(|edit| leads_where_it_did(&edit.was, &edit.is));
    if same {
        let (old, new) = (&before.links, &index.links);
        old.bundled.get().into_iter().for_each(|bundled| drop(new.bundled.set(Arc::clone(bundled))));
        old.modules_imported.get().into_iter().for_each(|known| drop(new.modules_imported.set(Arc::clone(known))));
    }
    same
}

/// Whether two states of a file say the same of what a build takes in: everything that [`Bundled::of`] and [`Modules::of`]
/// look at in a file.
fn leads_where_it_did(was: &FileFacts, is: &FileFacts) -> bool {
    let imports = |file: &FileFacts| file.imports.iter().map(|import| import.module.clone()).collect::<Vec<_>>();
    let taken = |file: &FileFacts| file.bindings.iter().map(|binding| binding.module.clone()).collect::<Vec<_>>();
    let draws_app = |file: &FileFacts| file.calls.iter().any(|call| draws(file, call));
    let opens = |file: &FileFacts| file.calls.iter().any(names_no_module);
    was.language == is.language
        && was.role == is.role
        && was.directives == is.directives
        && imports(was) == imports(is)
        && taken(was) == taken(is)
        && draws_app(was) == draws_app(is)
        && opens(was) == opens(is)
}

impl Bundled {
    /// Follows the imports from every place where an app is drawn.
    fn of(index: &CodeIndex) -> Self {
        let manifests = || index.plain.iter().filter(|plain| plain.name() == "package.json");
        let mut packages: Vec<Package> = manifests().filter_map(Package::of).collect();
        let manifests: Vec<&str> = manifests().map(|plain| &*plain.text).collect();
        packages.sort_by_key(|package| std::cmp::Reverse(package.folder.len()));
        let mut elsewhere: HashMap<&str, bool> = HashMap::default();
        let (reached, drawing, open, lost) =
            (HashSet::default(), HashSet::default(), HashSet::default(), HashSet::default());
        let mut found = Self { packages, reached, drawing, open, lost, complete: true };
        let mut left: Vec<usize> = Vec::new();
        for (place, file) in index.files.iter().enumerate() {
            if file.language.is_ecma() && file.role.in_production() && found.begins(file) {
                found.drawing.insert(found.folder(&file.path).into());
                found.reached.insert(place);
                left.push(place);
            }
        }
        while let Some(place) = left.pop() {
            if found.reached.len() > MAX_MODULES {
                found.complete = false;
                break;
            }
            let Some(file) = index.files.get(place) else { continue };
            // The build puts a call over the network in the place of what this file exports.
            if is_kept_on_server(file) {
                continue;
            }
            if file.calls.iter().any(names_no_module) {
                found.open.insert(found.folder(&file.path).into());
            }
            for import in &file.imports {
                match index.module(file, &import.module) {
                    Some(next) if found.reached.insert(next) => left.push(next),
                    Some(_) => {}
                    None => {
                        let known = elsewhere.entry(&import.module);
                        if !*known.or_insert_with(|| is_elsewhere(&manifests, &import.module)) {
                            found.lost.insert(stem(&import.module).into());
                        }
                    }
                }
            }
        }
        found
    }

    /// Whether no page holds what `file` says.
    pub(super) fn leaves_out(&self, place: usize, file: &FileFacts) -> bool {
        let package = self.folder(&file.path);
        let draws = self.drawing.iter().any(|folder| is_below(folder, package));
        if !self.complete || !draws {
            return false;
        }
        let open = self.open.iter().any(|folder| is_below(folder, package) || is_below(package, folder))
            || file.path.split('/').any(|part| self.lost.contains(stem(part)));
        let missing = !self.reached.contains(&place) || is_kept_on_server(file);
        missing && (!open || file.role == Role::Server || is_of_server(&file.path))
    }

    /// Whether browsers begin with this file.
    fn begins(&self, file: &FileFacts) -> bool {
        let says = |name: &str| file.directives.iter().any(|directive| &**directive == name);
        if says("use client") || file.path.ends_with(".vue") || file.path.ends_with(".svelte") {
            return true;
        }
        let Some(package) = self.package(&file.path) else {
            return file.calls.iter().any(|call| draws(file, call));
        };
        if package.is_of_next {
            let inner = file.path.get(package.folder.len()..).unwrap_or_default().trim_start_matches('/');
            let page = inner.strip_prefix("src/").unwrap_or(inner).strip_prefix("pages/");
            return page.is_some_and(|page| !page.starts_with("api/")) || inner.contains("instrumentation-client");
        }
        (package.begins_by_folder && file.role == Role::Client) || file.calls.iter().any(|call| draws(file, call))
    }

    /// The package that a file belongs to.
    fn package(&self, path: &str) -> Option<&Package> {
        self.packages.iter().find(|package| is_below(path, &package.folder))
    }

    /// Its folder.
    fn folder(&self, path: &str) -> &str {
        self.package(path).map_or("", |package| &package.folder)
    }
}

/// Whether `module` is somebody else's package, by the texts of the manifests, or no code: then nothing of the project lies behind it.
fn is_elsewhere(manifests: &[&str], module: &str) -> bool {
    let assets = [
        ".css", ".scss", ".sass", ".less", ".svg", ".png", ".jpg", ".jpeg", ".webp", ".gif", ".ico", ".json", ".woff",
        ".woff2", ".mp3", ".mp4", ".md", ".mdx", ".txt", ".html", ".pdf", ".wasm",
    ];
    let plain = module.split('?').next().unwrap_or(module);
    if assets.iter().any(|end| plain.ends_with(end)) || plain.starts_with("virtual:") || plain.starts_with("node:") {
        return true;
    }
    if plain.starts_with(['.', '/', '~', '#', '$']) || plain.starts_with("@/") {
        return false;
    }
    let parts = if plain.starts_with('@') { 2 } else { 1 };
    let name = plain.split('/').take(parts).collect::<Vec<_>>().join("/");
    // What a package brings along, or a build knows, is in no folder of the project either.
    let is_name = !plain.contains('/') && !manifests.is_empty();
    is_name
        || matches!(&*name, "react" | "react-dom" | "next" | "vue")
        || manifests.iter().any(|manifest| names(manifest, &name))
}

/// The last part of an import, or a part of a path, without its ending.
fn stem(path: &str) -> &str {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    last.split('.').next().unwrap_or(last)
}

/// Whether `path` lies in `folder`, or is it.
fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn is_kept_on_server(file: &FileFacts) -> bool {
    file.directives.iter().any(|directive| &**directive == "use server")
        || file.imports.iter().any(|import| import.module == "server-only")
}

/// A folder of functions that answer requests, or a file beside all folders, which somebody runs by hand.
fn is_of_server(path: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.is_empty() || folders.split('/').any(|folder| matches!(folder, "api" | "server" | "backend" | "functions"))
}

/// `createRoot(…)`, `createApp(…)`: an app begins in its page.
fn draws(file: &FileFacts, call: &Call) -> bool {
    let from = |modules: &[&str]| {
        file.binding(call.root()).is_some_and(|binding| modules.iter().any(|module| binding.module.starts_with(module)))
    };
    match call.method() {
        "createRoot" | "hydrateRoot" | "bootstrapApplication" | "bootstrapModule" | "registerRootComponent" => true,
        "registerComponent" => call.root() == "AppRegistry",
        "render" | "hydrate" => from(&["react-dom", "preact", "solid-js", "inferno", "lit"]),
        "createApp" | "createSSRApp" | "Vue" => from(&["vue"]),
        "mount" => from(&["svelte"]),
        _ => false,
    }
}

/// `import.meta.glob("./pages/*.tsx")`, ``import(`./pages/${name}`)``: modules that no text names.
fn names_no_module(call: &Call) -> bool {
    match call.method() {
        "glob" | "globEager" => call.callee.starts_with("import.meta"),
        "context" => &*call.callee == "require.context",
        "import" | "require" if &*call.callee == call.method() => {
            call.argument(0).is_some_and(|module| !matches!(module, Value::Text(_)))
        }
        _ => false,
    }
}

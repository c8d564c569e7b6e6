//! Imports of JavaScript and TypeScript that no `package.json` declares.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::known_modules::{NODE, PROVIDED};
use super::{Family, Undeclared, edited, folders};
use crate::probe::files::FileEntry;
use crate::probe::source::facts::{CodeIndex, FileFacts, Import, Role};
use crate::probe::source::quick::HashSet;

/// What the manifests of npm say.
#[derive(Debug, Default, PartialEq, Eq)]
struct Declared {
    /// The packages that each manifest declares, by its folder; `None`: it could not be read.
    manifests: BTreeMap<String, Option<HashSet<String>>>,
    /// Words in the configuration of builders, which may hold aliases.
    configured: HashSet<String>,
    /// Folders of a configuration that names a `baseUrl`.
    bases: HashSet<String>,
    /// Every folder of the project.
    folders: HashSet<String>,
    /// Folders in which another way of naming packages holds.
    other: Vec<String>,
}

/// What was found in each file, and by what.
#[derive(Debug, Default)]
pub(super) struct Found {
    declared: Declared,
    undeclared: Vec<Undeclared>,
}

impl Found {
    /// In the order of the files.
    pub(super) fn undeclared(&self) -> &[Undeclared] {
        &self.undeclared
    }
}

/// Every import of production code that no manifest declares. What a file misses follows from its own facts, from the
/// manifests and from which files there are: where the latter two are as `before`, only edited files are looked at.
pub(super) fn undeclared(files: &[FileEntry], index: &CodeIndex, before: Option<&CodeIndex>) -> Found {
    let declared = read(files);
    let mut found = Vec::new();
    if declared.manifests.is_empty() {
        return Found { declared, undeclared: found };
    }
    let before = before.map(|before| &before.links).filter(|before| {
        before.undeclared_by_file.npm.declared == declared && before.manifests == index.links.manifests
    });
    let again = before.and_then(|before| {
        let edited = edited(&before.as_read, &index.links.as_read)?;
        let as_before = before.undeclared_by_file.npm.undeclared.iter();
        found.extend(as_before.filter(|one| edited.binary_search(&one.file).is_err()).cloned());
        Some(edited)
    });
    let places = again.unwrap_or_else(|| (0..index.files.len()).collect()).into_iter();
    // Nearly every import is declared, and needs no look at this.
    let parts: OnceCell<HashSet<&str>> = OnceCell::new();
    let parts = || parts.get_or_init(|| index.files.iter().flat_map(|file| file.path.split('/')).collect());
    let own = |name: &str| parts().contains(name);
    for (place, file) in places.filter_map(|place| Some((place, index.files.get(place)?))) {
        if !file.language.is_ecma()
            || !matches!(file.role, Role::Server | Role::Client)
            || declared.is_other(&file.path)
        {
            continue;
        }
        let mut told: HashSet<&str> = HashSet::default();
        for import in &file.imports {
            let Some(package) = package_of(&import.module) else { continue };
            if import.guarded || !told.insert(package) {
                continue;
            }
            found.extend(declared.misses(index, &own, place, file, import, package));
        }
    }
    // Stable: what one file misses stays in the order of its imports.
    found.sort_by_key(|one| one.file);
    Found { declared, undeclared: found }
}

impl Declared {
    fn is_other(&self, path: &str) -> bool {
        // What is served as it lies there was built elsewhere.
        path.split('/').any(|part| matches!(part, "public" | "static" | "wwwroot"))
            || path.contains("supabase/functions/")
            || self.other.iter().any(|folder| folder.is_empty() || path.starts_with(&format!("{folder}/")))
    }

    fn misses(
        &self,
        index: &CodeIndex,
        own: &dyn Fn(&str) -> bool,
        place: usize,
        file: &FileFacts,
        import: &Import,
        package: &str,
    ) -> Option<Undeclared> {
        let mut nearest = None;
        for folder in folders(&file.path) {
            match self.manifests.get(folder) {
                Some(Some(names)) if has(names, package) => return None,
                Some(None) => return None,
                Some(Some(_)) => {
                    nearest.get_or_insert(folder);
                }
                None => {}
            }
        }
        nearest?;
        let first = package.split('/').next().unwrap_or(package);
        // A folder of the project that a builder lets imports begin at.
        let own_folder = own(package) || (first != package && own(first.trim_start_matches('@')));
        let aliased = [import.module.as_str(), package, first].iter().any(|name| self.configured.contains(*name))
            || index.links.manifests.is_own_package(&import.module)
            || index
                .links
                .manifests
                .is_alias(file.path.rsplit_once('/').map_or("", |(folder, _)| folder), &import.module)
            || index.module(file, &import.module).is_some();
        if own_folder || aliased || self.begins_at_folder(&file.path, &import.module, package) {
            return None;
        }
        let elsewhere =
            self.manifests.iter().find(|(_, names)| names.as_ref().is_some_and(|names| names.contains(package))).map(
                |(folder, _)| {
                    if folder.is_empty() { "package.json".to_owned() } else { format!("{folder}/package.json") }
                },
            );
        Some(Undeclared {
            file: place,
            package: package.to_owned(),
            span: import.span,
            installed: None,
            flat: false,
            elsewhere,
            sure: !is_late(file, import) && !is_idle(file, import),
            family: self.family(&file.path, package),
        })
    }
}

impl Declared {
    /// Whether a folder around `path`, where a `tsconfig.json` or `package.json` stands, has one that `module` begins
    /// with: `baseUrl` lets imports begin there.
    fn begins_at_folder(&self, path: &str, module: &str, package: &str) -> bool {
        let inner = module.strip_prefix(package).unwrap_or("");
        inner.starts_with('/')
            && folders(path).filter(|folder| self.bases.contains(*folder)).any(|folder| {
                let below = if folder.is_empty() { package.to_owned() } else { format!("{folder}/{package}") };
                self.folders.contains(&below)
            })
    }
}

/// Packages that are made of others of their makers, whose names do not say so.
const MADE_OF: [(&str, &str); 6] = [
    ("codemirror", "@lezer/"),
    ("@codemirror/", "@lezer/"),
    ("@tiptap/pm", "prosemirror-"),
    ("radix-ui", "@radix-ui/"),
    ("playwright", "playwright-core"),
    ("@playwright/test", "playwright"),
];

impl Declared {
    /// What the manifests around `path` declare that belongs to `package`.
    fn family(&self, path: &str, package: &str) -> Option<Family> {
        let around = || folders(path).filter_map(|folder| self.manifests.get(folder)?.as_ref()).flatten();
        let scope = package.strip_prefix('@').and_then(|rest| rest.split_once('/')).map(|(scope, _)| scope);
        let brings = around().find(|name| {
            scope == Some(name.as_str())
                || MADE_OF.iter().any(|(whole, part)| {
                    (name.as_str() == *whole || (whole.ends_with('/') && name.starts_with(whole)))
                        && (package == *part || ((part.ends_with(['/', '-'])) && package.starts_with(part)))
                })
        });
        if let Some(name) = brings {
            return Some(Family::Brings(name.clone()));
        }
        let sibling = around().any(|name| {
            let of_scope = scope.is_some_and(|scope| {
                name.strip_prefix('@').and_then(|rest| rest.split_once('/')).is_some_and(|(other, _)| other == scope)
            });
            of_scope || name.strip_prefix(package).is_some_and(|rest| rest.starts_with('-'))
        });
        sibling.then_some(Family::Sibling)
    }
}

/// Whether a module is taken in as a whole, `import * as jose from "jose"`, and then nothing of it is called or read: it
/// is there for its side effects or its types, or to keep it from being left out of a build.
fn is_idle(file: &FileFacts, import: &Import) -> bool {
    let Some(local) = file
        .bindings
        .iter()
        .find(|binding| *binding.module == *import.module && &*binding.imported == "*" && &*binding.local != "*")
        .map(|binding| &*binding.local)
    else {
        return false;
    };
    let mut used = file.calls.iter().any(|call| call.root() == local);
    let mut look = |value: &crate::probe::source::code::Value| {
        value.walk(&mut |value| {
            used |= value.path().is_some_and(|path| crate::probe::source::code::root(path) == local);
        });
    };
    file.calls.iter().flat_map(|call| &call.arguments).for_each(|argument| look(&argument.value));
    file.assignments.iter().for_each(|assignment| look(&assignment.value));
    file.functions.iter().flat_map(|function| &function.body.returns).for_each(look);
    !used
}

/// Whether an import runs only when a function is called, if ever.
fn is_late(file: &FileFacts, import: &Import) -> bool {
    let line = import.span.line;
    file.functions.iter().skip(1).any(|function| {
        let span = function.place.span;
        span.line <= line && line <= span.end_line && span.line < span.end_line
    })
}

/// Whether a manifest declares a package, or its types alone, or a framework that passes it on.
fn has(names: &HashSet<String>, package: &str) -> bool {
    let types = match package.strip_prefix('@').and_then(|rest| rest.split_once('/')) {
        Some((scope, name)) => format!("@types/{scope}__{name}"),
        None => format!("@types/{package}"),
    };
    names.contains(package)
        || names.contains(&types)
        || (package == "express" && names.contains("@nestjs/platform-express"))
        || (package.starts_with("@aws-sdk/") && names.contains("aws-cdk-lib"))
        || (package.starts_with("@vue/") && names.contains("vue"))
}

/// The package that a module belongs to; `None` where it needs none.
fn package_of(module: &str) -> Option<&str> {
    let clean = module.split(['?', '!']).next().unwrap_or(module);
    // Relative paths, aliases, schemes, and files that a builder takes in.
    if clean.is_empty()
        || clean.starts_with(['.', '/', '#', '~', '$', '%', '\\'])
        || clean.starts_with("@/")
        || clean.contains([':', '*', '{', '<', ' ', '\\'])
        || module.contains('!')
    {
        return None;
    }
    let asset = [
        ".css", ".scss", ".svg", ".png", ".jpg", ".json", ".less", ".html", ".graphql", ".md", ".vue", ".svelte",
        ".wasm",
    ];
    if asset.iter().any(|end| clean.ends_with(end)) && !clean.starts_with('@') && !clean.contains('/') {
        return None;
    }
    let slashes = if clean.starts_with('@') { 2 } else { 1 };
    let end = clean.match_indices('/').nth(slashes - 1).map_or(clean.len(), |(at, _)| at);
    let package = clean.get(..end)?;
    if package.starts_with('@') && !package.contains('/') {
        return None;
    }
    // Names that no package may have are names of something else.
    let allowed = package.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "@/-_.~".contains(c));
    let given = NODE.contains(&clean) || NODE.contains(&package) || PROVIDED.contains(&package);
    (allowed && !given).then_some(package)
}

fn read(files: &[FileEntry]) -> Declared {
    let mut found = Declared::default();
    for file in files {
        let name = file.name();
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        for around in folders(&file.path) {
            if around.is_empty() || !found.folders.insert(around.to_owned()) {
                break;
            }
        }
        let configures_paths = name == "jsconfig.json" || (name.starts_with("tsconfig") && name.ends_with(".json"));
        if configures_paths && file.read().is_ok_and(|text| text.contains("\"baseUrl\"")) {
            found.bases.insert(folder.clone());
        }
        if name == "package.json" {
            let json = file.read().ok().and_then(|text| serde_json::from_str::<Json>(&text).ok());
            if let Some(json) = &json {
                for key in ["alias", "imports", "_moduleAliases", "jest", "browser", "moduleAliases"] {
                    words_of(json.get(key), &mut found.configured, 0);
                }
            }
            found.manifests.insert(folder, json.map(|json| names(&json)));
        } else if matches!(name, "deno.json" | "deno.jsonc" | "import_map.json" | "importmap.json") {
            found.other.push(folder);
        } else if name == "importmap.rb" {
            // Rails pins what the browser loads.
            found.other.push(folder.strip_suffix("config").unwrap_or(&folder).trim_end_matches('/').to_owned());
        } else if configures(name)
            && let Ok(text) = file.read()
        {
            for quote in ['"', '\'', '`'] {
                let words = text.split(quote).skip(1).step_by(2).filter(|word| word.len() < 80);
                found
                    .configured
                    .extend(words.map(|word| {
                        word.trim_end_matches("/*").trim_end_matches('/').trim_end_matches('$').to_owned()
                    }));
            }
            // `alias: { config: path }`
            let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
            let keys = text.split(':').filter_map(|before| before.trim_end().rsplit(|c| !is_part(c)).next());
            found.configured.extend(keys.filter(|key| !key.is_empty()).map(str::to_owned));
        }
    }
    found
}

/// Whether a file of this name tells a builder what names lead to.
fn configures(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    let builder = matches!(
        stem,
        "vite"
            | "webpack"
            | "next"
            | "babel"
            | "rollup"
            | "craco"
            | "metro"
            | "nuxt"
            | "svelte"
            | "astro"
            | "electron"
            | "snowpack"
            | "rspack"
            | "rsbuild"
            | "gatsby-config"
            | "gatsby-node"
            | "vue"
            | "esbuild"
            | "parcel"
    ) || stem.starts_with("webpack-")
        || stem.starts_with("vite-");
    (builder && name.contains("config")
        || name.contains("webpack")
        || matches!(stem, "gatsby-node")
        || name.starts_with(".babelrc"))
        && !name.ends_with(".md")
}

fn words_of(json: Option<&Json>, words: &mut HashSet<String>, depth: u32) {
    match json {
        Some(Json::Object(map)) if depth < 4 => {
            for (key, value) in map {
                let key = key.trim_start_matches('^').trim_end_matches('$');
                words.insert(key.split(['(', '*']).next().unwrap_or(key).trim_end_matches('/').to_owned());
                words_of(Some(value), words, depth + 1);
            }
        }
        _ => {}
    }
}

fn names(json: &Json) -> HashSet<String> {
    let mut names: HashSet<String> =
        ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies", "resolutions", "overrides"]
            .iter()
            .filter_map(|key| json.get(*key)?.as_object())
            .flat_map(|map| map.keys().cloned())
            .collect();
    names.extend(json.get("name").and_then(Json::as_str).map(str::to_owned));
    for key in ["bundledDependencies", "bundleDependencies"] {
        let list = json.get(key).and_then(Json::as_array).into_iter().flatten();
        names.extend(list.filter_map(Json::as_str).map(str::to_owned));
    }
    names
}

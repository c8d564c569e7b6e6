//! What the project's manifests say about where imports lead: path aliases, packages of a workspace.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value as Json;

use super::php::Psr4;
use crate::probe::files::{FileEntry, Gaps};
use crate::probe::paths::joined;

/// How many configurations may extend each other.
const MAX_EXTENDS: usize = 8;

/// What manifests say about where imports lead.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Manifests {
    /// Aliases of TypeScript's and editors' configurations, by the folder that they hold in.
    aliases: BTreeMap<String, Vec<Alias>>,
    /// Packages of the project's own, by name.
    packages: HashMap<String, Package>,
    /// Modules of Go by their paths, with their folders; the longest first.
    go_modules: Vec<(String, String)>,
    /// The lowest major version of Express that a manifest asks for.
    pub express: Option<u32>,
    /// Where the classes of PHP stand.
    pub(super) psr4: Psr4,
}

/// One entry of `paths`: what begins with `before` and ends with `after` stands at one of the targets.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Alias {
    before: String,
    after: String,
    /// Whether something stands between the two.
    wild: bool,
    /// Paths from the root, with a `*` for what stands between.
    targets: Vec<String>,
}

/// A package of the project's own.
#[derive(Debug, Default, PartialEq, Eq)]
struct Package {
    folder: String,
    /// What each of its entry points leads to, by its name: `.`, `./users`, `./*`.
    entries: Vec<(String, String)>,
}

impl Manifests {
    /// Reads them.
    #[must_use]
    pub fn read(files: &[FileEntry], gaps: &mut Gaps) -> Self {
        let mut found = Self::default();
        let mut configurations: BTreeMap<&str, Json> = BTreeMap::new();
        for file in files {
            let name = file.name();
            let configures = matches!(name, "jsconfig.json") || (name.contains("tsconfig") && name.ends_with(".json"));
            if !configures && !matches!(name, "package.json" | "composer.json" | "go.mod") {
                continue;
            }
            let text = match file.read() {
                Ok(text) => text,
                Err(why) => {
                    gaps.add(why.reason(), &file.path);
                    continue;
                }
            };
            if name == "go.mod" {
                found.go_modules.extend(go_module(&text).map(|path| (path.to_owned(), folder(&file.path).to_owned())));
            } else if configures {
                // Comments and trailing commas are allowed in these.
                match jsonc_parser::parse_to_serde_value::<Json>(&text, &jsonc_parser::ParseOptions::default()) {
                    Ok(json) => drop(configurations.insert(&file.path, json)),
                    Err(_) => gaps.add("not valid JSON", &file.path),
                }
            } else if let Ok(json) = serde_json::from_str::<Json>(&text) {
                if name == "composer.json" {
                    found.psr4.add(folder(&file.path), &json);
                    continue;
                }
                found.package(folder(&file.path), &json);
            }
        }
        found.go_modules.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        for path in configurations.keys().filter(|path| matches!(name(path), "tsconfig.json" | "jsconfig.json")) {
            let aliases = aliases(path, &configurations, 0);
            if !aliases.is_empty() {
                found.aliases.insert(folder(path).to_owned(), aliases);
            }
        }
        found
    }

    fn package(&mut self, folder: &str, json: &Json) {
        if let Some(version) = json.pointer("/dependencies/express").and_then(Json::as_str) {
            let digits: String = version
                .trim_start_matches(|c: char| !c.is_ascii_digit())
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            let major = digits.parse().ok();
            self.express = self.express.into_iter().chain(major).min();
        }
        let Some(name) = json.get("name").and_then(Json::as_str) else { return };
        let mut entries = Vec::new();
        match json.get("exports") {
            Some(Json::String(target)) => entries.push((".".to_owned(), target.clone())),
            Some(Json::Object(map)) => {
                for (key, value) in map.iter().filter(|(key, _)| key.starts_with('.')) {
                    entries.extend(target(value).map(|target| (key.clone(), target.to_owned())));
                }
            }
            _ => {}
        }
        for key in ["source", "types", "module", "main"] {
            entries.extend(json.get(key).and_then(Json::as_str).map(|main| (".".to_owned(), main.to_owned())));
        }
        self.packages.insert(name.to_owned(), Package { folder: folder.to_owned(), entries });
    }

    /// Paths, without the ending that a language adds, at which `module` may stand when a file of `from` imports it; the
    /// likeliest first.
    #[must_use]
    pub(super) fn candidates(&self, from: &str, module: &str) -> Vec<String> {
        let mut found = self.aliased(from, module);
        found.extend(self.of_workspace(module));
        found
    }

    /// The folder of a package of Go, if it is one of the project's own.
    #[must_use]
    pub(super) fn go_package(&self, path: &str) -> Option<String> {
        self.go_modules.iter().find_map(|(module, folder)| {
            let rest = path.strip_prefix(module.as_str())?;
            if rest.is_empty() { Some(folder.clone()) } else { joined(folder, rest.strip_prefix('/')?) }
        })
    }

    /// Whether `module` is, or lies in, a package of the project's own.
    #[must_use]
    pub fn is_own_package(&self, module: &str) -> bool {
        self.package_of(module).is_some()
    }

    /// Whether `module`, imported by a file of the folder `from`, begins as an alias says.
    #[must_use]
    pub fn is_alias(&self, from: &str, module: &str) -> bool {
        let mut folders = std::iter::successors(Some(from), |folder| {
            (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(outer, _)| outer))
        });
        folders.any(|folder| {
            self.aliases.get(folder).is_some_and(|aliases| {
                aliases.iter().any(|alias| {
                    !alias.before.is_empty()
                        && if alias.wild { module.starts_with(&alias.before) } else { module == alias.before }
                })
            })
        })
    }

    fn aliased(&self, from: &str, module: &str) -> Vec<String> {
        let mut folder = from;
        loop {
            if let Some(aliases) = self.aliases.get(folder) {
                let best = aliases
                    .iter()
                    .filter(|alias| {
                        if alias.wild {
                            module.len() >= alias.before.len() + alias.after.len()
                                && module.starts_with(&alias.before)
                                && module.ends_with(&alias.after)
                        } else {
                            module == alias.before
                        }
                    })
                    .max_by_key(|alias| (!alias.wild, alias.before.len()));
                return best.map_or_else(Vec::new, |alias| {
                    let end = module.len() - alias.after.len();
                    let between = module.get(alias.before.len()..end).unwrap_or("");
                    alias.targets.iter().map(|target| target.replacen('*', between, 1)).collect()
                });
            }
            if folder.is_empty() {
                return Vec::new();
            }
            folder = folder.rsplit_once('/').map_or("", |(outer, _)| outer);
        }
    }

    fn package_of<'m>(&self, module: &'m str) -> Option<(&Package, &'m str)> {
        // `@scope/name/rest` or `name/rest`.
        let slashes = if module.starts_with('@') { 2 } else { 1 };
        let end = module.match_indices('/').nth(slashes - 1).map_or(module.len(), |(at, _)| at);
        let (name, rest) = module.split_at(end);
        Some((self.packages.get(name)?, rest.trim_start_matches('/')))
    }

    fn of_workspace(&self, module: &str) -> Vec<String> {
        let Some((package, rest)) = self.package_of(module) else { return Vec::new() };
        let wanted = if rest.is_empty() { ".".to_owned() } else { format!("./{rest}") };
        let mut targets: Vec<String> = Vec::new();
        for (entry, target) in &package.entries {
            match entry.split_once('*') {
                None if *entry == wanted => targets.push(target.clone()),
                Some((before, after)) => {
                    let between = wanted.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
                    targets.extend(between.map(|between| target.replacen('*', between, 1)));
                }
                None => {}
            }
        }
        let mut found: Vec<String> = Vec::new();
        for target in targets {
            let stem = target.trim_start_matches("./");
            let stem =
                stem.strip_suffix(".d.ts").or_else(|| stem.rsplit_once('.').map(|(stem, _)| stem)).unwrap_or(stem);
            // What is built stands in a folder that is not in the repository; its source has the same name in `src`.
            for built in ["dist/", "build/", "lib/", "out/"] {
                found.extend(stem.strip_prefix(built).map(|rest| format!("src/{rest}")));
            }
            found.push(stem.to_owned());
        }
        let rest = if rest.is_empty() { "index" } else { rest };
        found.extend([format!("src/{rest}"), rest.to_owned()]);
        let mut seen = BTreeSet::new();
        found.retain(|path| seen.insert(path.clone()));
        found.into_iter().filter_map(|path| joined(&package.folder, &path)).collect()
    }
}

/// The file that a conditional export leads to: sources before what is built.
fn target(value: &Json) -> Option<&str> {
    match value {
        Json::String(path) => Some(path),
        Json::Object(conditions) => ["source", "development", "import", "require", "default", "types"]
            .iter()
            .find_map(|condition| conditions.get(*condition).and_then(target)),
        _ => None,
    }
}

/// The path of the module that a `go.mod` names.
fn go_module(text: &str) -> Option<&str> {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("module "))?;
    let path = line.split("//").next().unwrap_or(line).trim().trim_matches('"');
    (!path.is_empty()).then_some(path)
}

/// The aliases of the configuration at `path`: its own, or else those that it extends.
fn aliases(path: &str, all: &BTreeMap<&str, Json>, depth: usize) -> Vec<Alias> {
    let Some(json) = all.get(path).filter(|_| depth < MAX_EXTENDS) else { return Vec::new() };
    let options = json.get("compilerOptions");
    let own = options.and_then(|options| options.get("paths")).and_then(Json::as_object);
    let base = options.and_then(|options| options.get("baseUrl")).and_then(Json::as_str);
    let root = joined(folder(path), base.unwrap_or("."));
    if let (Some(own), Some(root)) = (own, &root) {
        let mut found: Vec<Alias> = own.iter().filter_map(|(key, targets)| alias(key, targets, root)).collect();
        found.extend(base.map(|_| below(root)));
        return found;
    }
    if base.is_some() {
        return root.iter().map(|root| below(root)).collect();
    }
    let extended: Vec<&str> = match json.get("extends") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(several)) => several.iter().rev().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    // A solution's configuration only names those that hold: `{"files": [], "references": [{"path": "./tsconfig.app.json"}]}`.
    let referenced = json.get("references").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let referenced = referenced.iter().filter_map(|reference| reference.get("path").and_then(Json::as_str));
    extended
        .into_iter()
        .filter(|other| other.starts_with('.'))
        .chain(referenced.filter(|other| other.ends_with(".json")))
        .filter_map(|other| joined(folder(path), other))
        .map(|other| if other.ends_with(".json") { other } else { format!("{other}.json") })
        .map(|other| aliases(&other, all, depth + 1))
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// `baseUrl`: every import may begin there.
fn below(root: &str) -> Alias {
    let target = if root.is_empty() { "*".to_owned() } else { format!("{root}/*") };
    Alias { before: String::new(), after: String::new(), wild: true, targets: vec![target] }
}

fn alias(key: &str, targets: &Json, root: &str) -> Option<Alias> {
    let targets =
        targets.as_array()?.iter().filter_map(Json::as_str).filter_map(|target| joined(root, target)).collect();
    let (before, after, wild) = match key.split_once('*') {
        Some((before, after)) => (before, after, true),
        None => (key, "", false),
    };
    Some(Alias { before: before.to_owned(), after: after.to_owned(), wild, targets })
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifests(files: &[(&str, &str)]) -> Manifests {
        let root = tempfile::tempdir().unwrap();
        let entries: Vec<FileEntry> = files
            .iter()
            .map(|(path, text)| {
                let absolute = root.path().join(path);
                std::fs::create_dir_all(absolute.parent().unwrap()).unwrap();
                std::fs::write(&absolute, text).unwrap();
                let meta = std::fs::metadata(&absolute).unwrap();
                FileEntry::new((*path).to_owned(), absolute, &meta, false)
            })
            .collect();
        Manifests::read(&entries, &mut Gaps::default())
    }

    #[test]
    fn aliases_lead_where_the_nearest_configuration_says() {
        let base = r#"{"compilerOptions": {"baseUrl": ".", "paths": {"@shared/*": ["packages/shared/src/*"]}}}"#;
        let app = "{\n  // comments are allowed\n  \"compilerOptions\": {\"paths\": {\"@/*\": [\"./src/*\"], \"config\": [\"./config/index\"],}},\n}";
        let tool = r#"{"extends": "../../tsconfig.base"}"#;
        let found = manifests(&[
            ("tsconfig.base.json", base),
            ("apps/web/tsconfig.json", app),
            ("apps/tool/tsconfig.json", tool),
            ("apps/vite/tsconfig.json", r#"{"files": [], "references": [{"path": "./tsconfig.app.json"}]}"#),
            ("apps/vite/tsconfig.app.json", r#"{"compilerOptions": {"paths": {"~/*": ["./app/*"]}}}"#),
        ]);
        let table = [
            ("apps/web/src/pages", "@/lib/db", vec!["apps/web/src/lib/db"]),
            ("apps/web", "config", vec!["apps/web/config/index"]),
            ("apps/web", "react", vec![]),
            ("apps/tool", "@shared/mail", vec!["packages/shared/src/mail"]),
            ("apps/tool", "lib/x", vec!["lib/x"]),
            ("apps/vite/app", "~/x", vec!["apps/vite/app/x"]),
            ("", "@/lib/db", vec![]),
        ];
        for (from, module, expected) in table {
            assert_eq!(found.candidates(from, module), expected, "{module} from {from}");
        }
    }

    #[test]
    fn packages_of_the_workspace_lead_to_their_sources() {
        let exports = r#"{"name": "@shop/db", "exports": {".": {"types": "./dist/index.d.ts", "import": "./dist/index.js"}, "./models/*": "./src/models/*.ts"}}"#;
        let found = manifests(&[
            ("libs/database/package.json", exports),
            ("packages/mail/package.json", r#"{"name": "mail", "main": "lib/send.js"}"#),
        ]);
        assert_eq!(found.candidates("apps/web", "@shop/db").first().unwrap(), "libs/database/src/index");
        assert_eq!(
            found.candidates("apps/web", "@shop/db/models/user").first().unwrap(),
            "libs/database/src/models/user"
        );
        assert_eq!(found.candidates("apps/web", "mail").first().unwrap(), "packages/mail/src/send");
        assert!(found.candidates("", "@shop/other").is_empty());
        assert!(found.is_own_package("mail/x") && !found.is_own_package("mailer"));
    }

    #[test]
    fn packages_of_go_lie_below_their_module() {
        assert_eq!(go_module("// the shop\nmodule example.com/shop // old\n\ngo 1.24\n"), Some("example.com/shop"));
        assert_eq!(go_module("go 1.24\n"), None);
        let modules = [("example.com/shop/tools", "tools"), ("example.com/shop", "")];
        let modules = modules.map(|(path, folder)| (path.to_owned(), folder.to_owned())).to_vec();
        let manifests = Manifests { go_modules: modules, ..Manifests::default() };
        let found = |path| manifests.go_package(path);
        assert_eq!(found("example.com/shop/internal/store").as_deref(), Some("internal/store"));
        assert_eq!(found("example.com/shop/tools/a").as_deref(), Some("tools/a"));
        assert_eq!(found("example.com/shop").as_deref(), Some(""));
        assert_eq!((found("example.com/shopping"), found("net/http")), (None, None));
    }
}

//! Whether code still counts: what is marked as deprecated, or what nobody imports any more, is left standing and seldom
//! runs. What rules see there is told with less confidence.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::code::FunctionKind;
use super::facts::{CodeIndex, FileFacts, Role};
use super::look::Seen;
use crate::model::{Confidence, RuleKind};

/// How many files beside one have to be imported, for it to be told by them.
const LEAST_BESIDE: usize = 3;

/// Names of files that a framework or a host finds by themselves.
const FOUND: [&str; 44] = [
    "index",
    "main",
    "server",
    "app",
    "worker",
    "cli",
    "start",
    "bootstrap",
    "handler",
    "lambda",
    "entry",
    "page",
    "layout",
    "route",
    "loading",
    "error",
    "global-error",
    "not-found",
    "template",
    "default",
    "middleware",
    "proxy",
    "instrumentation",
    "sitemap",
    "robots",
    "manifest",
    "opengraph-image",
    "icon",
    "_app",
    "_document",
    "_error",
    "_middleware",
    "_layout",
    "_index",
    "root",
    "hooks",
    "plugin",
    "config",
    "setup",
    "init",
    "run",
    "sw",
    "service-worker",
    "polyfills",
];

/// Whether a file only shows how something is used, or serves who develops the app: demos, samples, playgrounds, settings
/// and servers for development.
fn is_beside_the_app(path: &str) -> bool {
    const SHOWN: [&str; 5] = ["demo", "sample", "playground", "sandbox", "tutorial"];
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let shows = |folder: &str| {
        let folder = folder.strip_suffix('s').unwrap_or(folder);
        SHOWN.iter().chain(&["example"]).any(|word| {
            folder == *word
                || folder.strip_suffix(word).is_some_and(|rest| rest.ends_with('-'))
                || folder.strip_prefix(word).is_some_and(|rest| rest.starts_with('-'))
        })
    };
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let shown = !name.ends_with(".java")
        && stem.rsplit_once(['-', '_', '.']).is_some_and(|(_, last)| matches!(last, "example" | "sample" | "demo"));
    let develops = shown
        || stem.split(['-', '_', '.']).any(|word| matches!(word, "dev" | "development"))
        || matches!(stem, "local" | "local_settings" | "settings_local");
    // What was put away stands at the top; further down the words are about what an app does.
    let put_away = matches!(
        folders.split('/').next().unwrap_or("").trim_start_matches(['_', '.']),
        "legacy" | "archive" | "archived" | "old" | "backup" | "deprecated"
    );
    // Packages of Java begin with `com.example`.
    let java = name.ends_with(".java");
    develops || put_away || !java && folders.split('/').any(shows)
}

/// What is asked about the files of one project.
pub(super) struct Standing<'i> {
    index: &'i CodeIndex,
    /// The last part of every module that code other than tests imports, without its ending.
    imported: HashSet<&'i str>,
    /// Of each folder, how many modules stand in it that have to be imported to run, and how many of them are.
    folders: HashMap<&'i str, (usize, usize)>,
    /// Every name that scripts other than tests take from a module, call, or hand on.
    used: OnceLock<HashSet<&'i str>>,
}

impl<'i> Standing<'i> {
    pub(super) fn new(index: &'i CodeIndex) -> Self {
        let scripts = |file: &&Arc<FileFacts>| file.language.is_ecma() && file.role != Role::Test;
        let files = index.files.as_slice().par_iter().filter(scripts);
        let modules = files.flat_map_iter(|file| {
            let imports = file.imports.iter().map(|import| import.module.as_str());
            imports.chain(file.bindings.iter().map(|binding| &*binding.module))
        });
        let imported: HashSet<&str> =
            modules.map(|module| without_ending(module.rsplit('/').next().unwrap_or(module))).collect();
        let mut folders: HashMap<&str, (usize, usize)> = HashMap::new();
        for file in index.files.as_slice().iter().filter(scripts) {
            let Some((folder, name)) = module_of(&file.path) else { continue };
            if !FOUND.contains(&name.split('.').next().unwrap_or(name)) && !name.starts_with('_') {
                let (beside, used) = folders.entry(folder).or_default();
                *beside += 1;
                *used += usize::from(imported.contains(name));
            }
        }
        Self { index, imported, folders, used: OnceLock::new() }
    }

    /// What was seen, with less confidence where the code counts no more.
    pub(super) fn weighed(&self, file: &FileFacts, mut seen: Vec<Seen>) -> Vec<Seen> {
        let findings = seen.iter_mut().filter(|(rule, _)| rule.kind == RuleKind::Finding);
        let mut aside = None;
        for (rule, hit) in findings {
            let known = hit.confidence.unwrap_or(rule.confidence);
            if known == Confidence::High && self.is_unused(file, hit.place.span.line) {
                hit.confidence = Some(Confidence::Medium);
            } else if known > Confidence::Low
                && (is_deprecated(file, hit.place.span.line)
                    || *aside.get_or_insert_with(|| {
                        is_beside_the_app(&file.path) || self.is_old_copy(&file.path) || self.is_left_aside(file)
                    }))
            {
                hit.confidence = Some(if known == Confidence::High { Confidence::Medium } else { Confidence::Low });
            }
        }
        seen
    }

    /// Whether a file is named as what another beside it has replaced: `app_old.py` beside `app.py`.
    fn is_old_copy(&self, path: &str) -> bool {
        const MARKS: [&str; 8] = ["old", "backup", "bak", "copy", "orig", "original", "deprecated", "legacy"];
        let Some((stem, ending)) = path.rsplit_once('.') else { return false };
        MARKS.iter().any(|mark| {
            let rest = stem.strip_suffix(mark).map(|rest| rest.trim_end_matches(['_', '-', '.', ' ']));
            rest.is_some_and(|rest| {
                let apart = rest.len() + mark.len() < stem.len();
                apart && {
                    let current = format!("{rest}.{ending}");
                    self.index.files.beginning_with(&current).any(|file| file.path == current)
                }
            })
        })
    }

    /// Whether nobody imports a module, though the modules beside it are imported: then its folder is no place in which
    /// a framework looks for files.
    fn is_left_aside(&self, file: &FileFacts) -> bool {
        let Some((folder, stem)) = module_of(&file.path) else { return false };
        let exports = file.functions.iter().skip(1).any(|function| function.exported);
        let runs = file.calls.iter().any(|call| call.function == 0 && call.discarded);
        let first = stem.split('.').next().unwrap_or(stem);
        if !file.language.is_ecma()
            || !exports
            || runs
            || FOUND.contains(&first)
            || first.starts_with(['+', '_', '[', '('])
            || self.imported.contains(stem)
        {
            return false;
        }
        let (beside, used) = self.folders.get(folder).copied().unwrap_or_default();
        // It stands there itself, and is not used.
        let beside = beside.saturating_sub(1);
        used >= LEAST_BESIDE && used * 4 >= beside * 3
    }

    /// Whether what stands on `line` is in an exported function that nothing names: no import, no call, no list of handlers.
    fn is_unused(&self, file: &FileFacts, line: u32) -> bool {
        if !file.language.is_ecma() || file.role != Role::Server {
            return false;
        }
        let outer = file.functions.iter().find(|function| {
            let span = function.place.span;
            function.parent == Some(0) && span.line <= line && line <= span.end_line
        });
        let Some(function) = outer.filter(|function| function.exported && function.class.is_none()) else {
            return false;
        };
        let Some((name, (_, stem))) = function.name.as_deref().zip(module_of(&file.path)) else { return false };
        let first = stem.split('.').next().unwrap_or(stem);
        // A name that a framework asks for, or a file that it finds.
        let found = FOUND.contains(&first)
            || first.starts_with(['+', '_', '[', '('])
            || !name.starts_with(|c: char| c.is_ascii_lowercase())
            || matches!(
                name,
                "default" | "loader" | "action" | "load" | "handler" | "handle" | "main" | "run" | "register"
            )
            || function.kind != FunctionKind::Plain;
        // Where others take something from its module, they would take this too.
        !found && self.imported.contains(stem) && !self.used().contains(name) && !self.used().contains(stem)
    }

    fn used(&self) -> &HashSet<&'i str> {
        self.used.get_or_init(|| {
            let mut used: HashSet<&str> = HashSet::new();
            let last = |path: &'i str| path.rsplit('.').next().unwrap_or(path);
            for file in
                self.index.files.as_slice().iter().filter(|file| file.language.is_ecma() && file.role != Role::Test)
            {
                for binding in &file.bindings {
                    used.insert(&binding.imported);
                    // What a module gives by default has another name there.
                    if &*binding.imported == "default" || &*binding.imported == "*" {
                        used.insert(without_ending(binding.module.rsplit('/').next().unwrap_or(&binding.module)));
                    }
                }
                used.extend(file.accesses.iter().map(|access| last(&access.path)));
                for call in &file.calls {
                    used.insert(call.method());
                    for argument in &call.arguments {
                        argument.value.walk(&mut |value| used.extend(value.path().map(last)));
                    }
                }
                let returns = file.functions.iter().flat_map(|function| &function.body.returns);
                for value in returns {
                    value.walk(&mut |value| used.extend(value.path().map(last)));
                }
                for set in &file.assignments {
                    set.value.walk(&mut |value| used.extend(value.path().map(last)));
                }
            }
            used
        })
    }
}

/// The folder and the name of a script, without its ending; components of Vue and Svelte may be found by their names.
fn module_of(path: &str) -> Option<(&str, &str)> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = without_ending(name);
    (stem.len() < name.len()).then_some((folder, stem))
}

fn without_ending(name: &str) -> &str {
    [".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(name)
}

/// Whether what stands on `line` is marked as deprecated, or the whole file is: then the mark stands above its imports.
fn is_deprecated(file: &FileFacts, line: u32) -> bool {
    let marked = |first: u32| file.deprecated.contains(&first);
    let imports = || file.imports.iter().map(|import| import.span.line).min().is_some_and(marked);
    let around = file.functions.iter().skip(1).filter(|function| {
        let span = function.place.span;
        span.line <= line && line <= span.end_line
    });
    if file.deprecated.is_empty() {
        return around
            .into_iter()
            .any(|function| function.decorators.iter().any(|mark| mark.method().eq_ignore_ascii_case("deprecated")));
    }
    imports() || around.into_iter().any(|function| marked(function.place.span.line))
}

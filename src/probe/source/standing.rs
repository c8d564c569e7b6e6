//! Whether code still counts: what is marked as deprecated, or what nobody imports any more, is left standing and seldom
//! runs. What rules see there is told with less confidence.

mod aside;
mod names_used;

use super::bundled::Bundled;
use super::code::{Assignment, CallId, FunctionKind, Place, Value};
use super::facts::{CodeIndex, FileFacts, Role};
use super::look::Seen;
use crate::model::{Confidence, RuleKind};
use crate::probe::source::quick::{HashMap, HashSet};
use aside::{FOUND, is_beside_the_app};
use names_used::names_used;

/// How many files beside one have to be imported, for it to be told by them.
const LEAST_BESIDE: usize = 3;

/// What is asked about the files of one project.
pub(super) struct Standing<'i> {
    index: &'i CodeIndex,
    /// The last part of every module that code other than tests imports, without its ending.
    imported: HashSet<&'i str>,
    /// Of each folder, how many modules stand in it that have to be imported to run, and how many of them are.
    folders: HashMap<&'i str, (usize, usize)>,
    /// Every name that scripts other than tests take from a module, call, or hand on.
    used: HashSet<&'i str>,
    /// What browsers get.
    bundled: Bundled<'i>,
}

impl<'i> Standing<'i> {
    pub(super) fn new(index: &'i CodeIndex) -> Self {
        let ((bundled, (imported, folders)), used) =
            rayon::join(|| rayon::join(|| Bundled::of(index), || imported(index)), || names_used_anywhere(index));
        Self { index, imported, folders, used, bundled }
    }

    /// What was seen, with less confidence where the code counts no more.
    pub(super) fn weighed(&self, file: &FileFacts, mut seen: Vec<Seen>) -> Vec<Seen> {
        let findings = seen.iter_mut().filter(|(rule, _)| rule.kind == RuleKind::Finding);
        let mut aside = None;
        for (rule, hit) in findings {
            let known = hit.confidence.unwrap_or(rule.confidence);
            let unused = || {
                self.is_unused(file, hit.place.span.line)
                    || self.is_unread(file, hit.place)
                    || self.reaches_no_page(file)
            };
            if known == Confidence::High && unused() {
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

    /// Whether a module is for browsers, and no page is built from it.
    fn reaches_no_page(&self, file: &FileFacts) -> bool {
        file.language.is_ecma()
            && file.role == Role::Client
            && self.index.place_of(file).is_some_and(|place| self.bundled.leaves_out(place, file))
    }

    /// Whether nobody imports a module, though the modules beside it are imported: then its folder is no place in which
    /// a framework looks for files.
    fn is_left_aside(&self, file: &FileFacts) -> bool {
        let Some((folder, stem)) = module_of(&file.path) else { return false };
        let gives = |set: &Assignment| set.function == 0 && matches!(set.value, Value::Call(_) | Value::Object(_));
        let exports =
            file.functions.iter().skip(1).any(|function| function.exported) || file.assignments.iter().any(gives);
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
        if !file.language.is_ecma() || !matches!(file.role, Role::Server | Role::Client) {
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
                "default"
                    | "loader"
                    | "action"
                    | "load"
                    | "handler"
                    | "handle"
                    | "main"
                    | "run"
                    | "register"
                    | "meta"
                    | "links"
                    | "headers"
                    | "middleware"
                    | "bootstrap"
                    | "mount"
                    | "unmount"
                    | "setup"
            )
            || ["get", "generate", "client"].iter().any(|start| {
                let rest = name.strip_prefix(start).unwrap_or_default();
                ["ServerSide", "Static", "Initial", "Metadata", "Loader", "Action"]
                    .iter()
                    .any(|word| rest.starts_with(word))
            })
            || function.kind != FunctionKind::Plain;
        // Where others take something from its module, they would take this too.
        !found && self.imported.contains(stem) && !self.used.contains(name) && !self.used.contains(stem)
    }

    /// Whether what stands at `place` is all that a name is given, and nobody reads that name.
    fn is_unread(&self, file: &FileFacts, place: Place) -> bool {
        let thunk = |id: CallId| file.call(id).is_some_and(|call| call.method() == "createAsyncThunk");
        let holds = |set: &&Assignment| {
            let (from, to) = set.place.bytes;
            let whole = match &set.value {
                Value::Text(_) | Value::Template(_) => true,
                Value::Call(id) => thunk(*id),
                _ => false,
            };
            from <= place.bytes.0 && place.bytes.1 <= to && whole
        };
        let is_name =
            |target: &str| target != "default" && target.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'));
        file.language.is_ecma()
            && file
                .assignments
                .iter()
                .find(holds)
                .is_some_and(|set| is_name(&set.target) && !self.used.contains(&*set.target))
    }
}

/// The scripts that are no tests.
fn scripts(index: &CodeIndex) -> impl Iterator<Item = &FileFacts> {
    let files = index.files.as_slice().iter().map(|file| &**file);
    files.filter(|file| file.language.is_ecma() && file.role != Role::Test)
}

/// The modules that scripts import, and how many of those in each folder they are.
fn imported(index: &CodeIndex) -> (HashSet<&str>, HashMap<&str, (usize, usize)>) {
    let modules = scripts(index).flat_map(|file| {
        let imports = file.imports.iter().map(|import| import.module.as_str());
        imports.chain(file.bindings.iter().map(|binding| &*binding.module))
    });
    let imported: HashSet<&str> =
        modules.map(|module| without_ending(module.rsplit('/').next().unwrap_or(module))).collect();
    let mut folders: HashMap<&str, (usize, usize)> = HashMap::default();
    for (folder, name) in scripts(index).filter_map(|file| module_of(&file.path)) {
        if !FOUND.contains(&name.split('.').next().unwrap_or(name)) && !name.starts_with('_') {
            let (beside, used) = folders.entry(folder).or_default();
            *beside += 1;
            *used += usize::from(imported.contains(name));
        }
    }
    (imported, folders)
}

/// Every name that scripts use. On one core: sets that several make take longer to put together.
fn names_used_anywhere(index: &CodeIndex) -> HashSet<&str> {
    scripts(index).fold(HashSet::default(), |used, file| names_used(file, used))
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

//! Whether code still counts: what is marked as deprecated, or what nobody imports any more, is left standing and seldom
//! runs. What rules see there is told with less confidence.

mod aside;
mod modules;
mod names_used;

use super::bundled::Bundled;
use super::code::{Assignment, CallId, FunctionKind, Place, Value};
use super::facts::{CodeIndex, FileFacts, Role};
use super::look::Seen;
use crate::model::{Confidence, RuleKind};
use crate::probe::source::quick::HashSet;
use aside::{FOUND, is_beside_the_app};
pub(super) use modules::Modules;
use names_used::USED;

/// How many files beside one have to be imported, for it to be told by them.
const LEAST_BESIDE: usize = 3;

/// What is asked about the files of one project.
pub(super) struct Standing<'i> {
    index: &'i CodeIndex,
    /// What scripts import.
    modules: &'i Modules,
    /// Those of the names that matter here that scripts use.
    used: HashSet<&'i str>,
    /// What browsers get.
    bundled: &'i Bundled,
}

impl<'i> Standing<'i> {
    /// For what was seen in these files.
    pub(super) fn new<'s>(index: &'i CodeIndex, seen: impl Iterator<Item = (&'i FileFacts, &'s [Seen])>) -> Self {
        let (bundled, modules) = rayon::join(|| index.bundled(), || index.modules_imported());
        let names = seen.flat_map(|(file, seen)| seen.iter().flat_map(move |seen| names_of(file, seen)));
        let names: HashSet<&str> = names.collect();
        Self { index, modules, used: index.said(&USED, names), bundled }
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
            || self.modules.imports(stem)
        {
            return false;
        }
        let (beside, used) = self.modules.in_folder(folder);
        // It stands there itself, and is not used.
        let beside = beside.saturating_sub(1);
        used >= LEAST_BESIDE && used * 4 >= beside * 3
    }

    /// Whether what stands on `line` is in an exported function that nothing names: no import, no call, no list of handlers.
    fn is_unused(&self, file: &FileFacts, line: u32) -> bool {
        // Where others take something from its module, they would take this too.
        exported_around(file, line).is_some_and(|(name, stem)| {
            self.modules.imports(stem) && !self.used.contains(name) && !self.used.contains(stem)
        })
    }

    /// Whether what stands at `place` is all that a name is given, and nobody reads that name.
    fn is_unread(&self, file: &FileFacts, place: Place) -> bool {
        given(file, place).is_some_and(|name| !self.used.contains(name))
    }
}

/// The names on which it hangs whether what was seen counts.
fn names_of<'f>(file: &'f FileFacts, seen: &Seen) -> impl Iterator<Item = &'f str> {
    let (rule, hit) = seen;
    let sure = rule.kind == RuleKind::Finding && hit.confidence.unwrap_or(rule.confidence) == Confidence::High;
    let exported = sure.then(|| exported_around(file, hit.place.span.line)).flatten();
    let given = sure.then(|| given(file, hit.place)).flatten();
    exported.into_iter().flat_map(|(name, stem)| [name, stem]).chain(given)
}

/// The name of the exported function of a script around `line`, and that of its module, unless a framework would find it.
fn exported_around(file: &FileFacts, line: u32) -> Option<(&str, &str)> {
    if !file.language.is_ecma() || !matches!(file.role, Role::Server | Role::Client) {
        return None;
    }
    let outer = file.functions.iter().find(|function| {
        let span = function.place.span;
        function.parent == Some(0) && span.line <= line && line <= span.end_line
    });
    let function = outer.filter(|function| function.exported && function.class.is_none())?;
    let (name, (_, stem)) = function.name.as_deref().zip(module_of(&file.path))?;
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
    (!found).then_some((name, stem))
}

/// The name that all of what stands at `place` is given to.
fn given(file: &FileFacts, place: Place) -> Option<&str> {
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
    let set = file.assignments.iter().find(holds).filter(|set| is_name(&set.target))?;
    file.language.is_ecma().then_some(&*set.target)
}

/// Whether a file is a script that is no test.
fn is_script(file: &FileFacts) -> bool {
    file.language.is_ecma() && file.role != Role::Test
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

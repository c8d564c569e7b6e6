//! Answers to questions across files: what an import leads to, and which functions run a query.

mod called;
mod changes;
mod declared;
mod ecma;
mod files;
mod go;
mod group;
mod java;
mod known_modules;
mod manifests;
mod php;
mod python;
mod python_packages;
mod question;
pub(super) mod reads;
mod receiver;
mod ruby;
mod said;
mod words;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock};

use rayon::prelude::*;

use super::bundled::Bundled;
use super::code::{Call, CallId, FunctionId, Value};
use super::database_calls::{self, Known, Query};
use super::facts::{CodeIndex, EnvRead, FileFacts, Language};
use super::flow::Memo;
use super::look::Looks;
use super::outside;
use super::routes::Routes;
use super::standing::Modules;
use crate::probe::source::quick::HashMap;
use words::Words;

pub(super) use changes::{Changes, Edited};
pub(super) use declared::undeclared;
pub use declared::{Family, Undeclared};
pub use files::Files;
pub(super) use files::More;
pub(super) use group::Group;
pub(in crate::probe) use known_modules::PYTHON;
pub use manifests::Manifests;
pub(in crate::probe) use python_packages::IMPORTED_AS;
pub(super) use question::Question;
pub(super) use reads::{Kept, Reads, Table};
pub(super) use ruby::underscored;
pub(super) use said::{Names, Saying};

/// What [`CodeIndex::undeclared`] answers, by name.
const UNDECLARED: &str = "undeclared";

/// How many files an import may be passed on through.
const MAX_HOPS: usize = 4;

/// What was worked out over all files.
#[derive(Debug, Default)]
pub struct Links {
    /// What manifests say about where imports lead.
    pub manifests: Manifests,
    by_path: Arc<HashMap<String, usize>>,
    /// The places of the files that have a class of a name.
    classes: HashMap<Box<str>, Vec<usize>>,
    /// What stands in the packages of Go.
    go: go::Packages,
    /// The queries that the calls of every file run, in the order of the calls.
    queries: Vec<Arc<[Query]>>,
    /// What stands for a table.
    known: Known,
    /// Every call by the name of its method: the places of the file and of the call. Made when first asked for.
    callers: OnceLock<Words>,
    /// The project's routes. Made when first asked for.
    routes: OnceLock<Routes>,
    /// Every function by its name. Made when first asked for.
    by_name: OnceLock<Words>,
    /// What was found about where values come from.
    pub flow: Memo,
    /// Instances of an HTTP client whose library default was given a limit for all.
    pub default_timeout: bool,
    /// Where Ruby's classes stand. Made when first asked for.
    ruby: OnceLock<ruby::Constants>,
    /// The calls of each file that leave the app.
    pub(super) outside: outside::Cache,
    /// What the imports of scripts lead to.
    modules: ecma::Modules,
    /// The files as they were read, before anything was added to them from other files.
    as_read: Vec<Arc<FileFacts>>,
    /// What was asked about the project as a whole.
    answers: question::Answers,
    /// What was looked through as a whole.
    groups: group::Groups,
    /// Names that were looked for in all files.
    sayings: said::Sayings,
    /// Which modules pages are built from. Made when first asked for.
    pub(super) bundled: OnceLock<Arc<Bundled>>,
    /// What scripts import. Made when first asked for.
    pub(super) modules_imported: OnceLock<Arc<Modules>>,
    /// Imports that no manifest declares.
    pub(super) undeclared: Vec<Undeclared>,
    /// What was found of them file by file.
    pub(super) undeclared_by_file: declared::ByFile,
    /// The index before the last edit, until what still holds of it was taken over.
    pub(super) before: Mutex<Option<Arc<CodeIndex>>>,
    /// What the rules saw.
    pub(super) looks: OnceLock<Looks>,
}

/// A function somewhere in the project.
#[derive(Debug, Clone, Copy)]
pub struct Target<'i> {
    /// Its file.
    pub file: &'i FileFacts,
    /// Its place there.
    pub function: FunctionId,
    /// The place of the file in the index.
    pub place: usize,
}

impl Links {
    /// Works it out.
    #[must_use]
    pub fn new(files: &Files, manifests: Manifests, before: Option<&CodeIndex>) -> Self {
        let files = files.as_slice();
        let before = before.map(|before| &before.links);
        let by_path = || match before.filter(|before| edited(&before.as_read, files).is_some()) {
            Some(before) => Arc::clone(&before.by_path),
            None => Arc::new(files.iter().enumerate().map(|(place, file)| (file.path.clone(), place)).collect()),
        };
        let default_timeout = || files.iter().any(|file| sets_default_timeout(file));
        let ((by_path, (classes, go)), (known, default_timeout)) = rayon::join(
            || rayon::join(by_path, || (by_class(files), go::Packages::new(files))),
            || rayon::join(|| Known::new(files), default_timeout),
        );
        let before = before.filter(|before| before.known == known);
        let queries = files.par_iter().enumerate().map(|(place, file)| {
            let same = before.filter(|before| before.as_read.get(place).is_some_and(|read| Arc::ptr_eq(read, file)));
            let kept = same.and_then(|before| before.queries.get(place)).cloned();
            kept.unwrap_or_else(|| database_calls::of_file(file, &known).into())
        });
        let queries = queries.collect();
        let outside = outside::Cache::new(files.len());
        let modules = ecma::Modules::new(files.len());
        let as_read = files.to_vec();
        Self {
            manifests,
            by_path,
            classes,
            go,
            queries,
            known,
            default_timeout,
            outside,
            modules,
            as_read,
            ..Self::default()
        }
    }
}

fn by_class(files: &[Arc<FileFacts>]) -> HashMap<Box<str>, Vec<usize>> {
    let mut classes: HashMap<Box<str>, Vec<usize>> = HashMap::default();
    for (place, file) in files.iter().enumerate() {
        for class in &file.classes {
            classes.entry(class.name.clone()).or_default().push(place);
        }
    }
    classes
}

fn sets_default_timeout(file: &FileFacts) -> bool {
    file.assignments.iter().any(|a| a.target.ends_with("axios.defaults.timeout"))
        || file.calls.iter().any(|call| &*call.callee == "socket.setdefaulttimeout")
}

/// The places of the files that were read otherwise than `before`; `None` where files came or went.
fn edited(before: &[Arc<FileFacts>], now: &[Arc<FileFacts>]) -> Option<Vec<usize>> {
    let others = before.iter().zip(now).enumerate().filter(|(_, (was, is))| !Arc::ptr_eq(was, is));
    let others = others.map(|(place, (was, is))| (was.path == is.path).then_some(place));
    (before.len() == now.len()).then(|| others.collect()).flatten()
}

impl Links {
    /// The place of the file at `path`.
    pub(super) fn at(&self, path: &str) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    /// The places of the files that have a class called `name`.
    fn classes_called(&self, name: &str) -> &[usize] {
        reads::name(Table::Classes, name);
        self.classes.get(name).map_or(&[], Vec::as_slice)
    }
}

impl CodeIndex {
    /// The place of `file` in the index.
    #[must_use]
    pub fn place_of(&self, file: &FileFacts) -> Option<usize> {
        self.links.at(&file.path)
    }

    /// The place of the file that `module`, as written in `from`, leads to, if it is one of the project's.
    #[must_use]
    pub fn module(&self, from: &FileFacts, module: &str) -> Option<usize> {
        match from.language {
            Language::Python => python::module(self, from, module),
            Language::JavaScript | Language::TypeScript | Language::Tsx => ecma::module(self, from, module),
            Language::Go => self.package(from, module).first().copied(),
            Language::Php => php::module(self, from, module),
            Language::Ruby => ruby::module(self, from, module),
            Language::Java => java::module(self, module),
            Language::Template => None,
        }
    }

    /// The places of the files that `module`, as written in `from`, stands for: all of a package's, where an import names
    /// a folder.
    #[must_use]
    pub fn package(&self, from: &FileFacts, module: &str) -> &[usize] {
        if from.language == Language::Go { go::package(self, module) } else { &[] }
    }

    /// The file and the name there of what `local` stands for in `from`; follows files that pass it on.
    #[must_use]
    pub fn imported<'i>(&'i self, from: &'i FileFacts, local: &str) -> Option<(usize, Box<str>)> {
        let Some(binding) = from.binding(local) else {
            // What a file takes over whole: `from models import *`, `require 'functions.php'`.
            return from.bindings.iter().filter(|b| &*b.local == "*").find_map(|b| {
                let place = self.module(from, &b.module)?;
                defines(self.files.get(place)?, local).then(|| (place, local.into()))
            });
        };
        let mut place = self.module(from, &binding.module)?;
        let mut name = binding.imported.clone();
        for _ in 0..MAX_HOPS {
            let file = self.files.get(place)?;
            if &*name == "*" || defines(file, &name) {
                return Some((place, name));
            }
            let passed_on = file.binding(&name).map(|b| (b.module.clone(), b.imported.clone())).or_else(|| {
                file.bindings.iter().filter(|b| &*b.local == "*").find_map(|b| {
                    let next = self.module(file, &b.module)?;
                    defines(self.files.get(next)?, &name).then(|| (b.module.clone(), name.clone()))
                })
            });
            let (module, imported) = passed_on?;
            place = self.module(file, &module)?;
            name = imported;
        }
        None
    }

    /// The places of the files that have a class of this name.
    #[must_use]
    pub fn classes_called(&self, name: &str) -> &[usize] {
        self.links.classes_called(name)
    }

    /// The project's routes, with what stands before them.
    #[must_use]
    pub fn routes(&self) -> &Routes {
        self.links.routes.get_or_init(|| Routes::new(self, &[]))
    }

    /// Every call of a method or function called `name`, with its file.
    pub fn calls_of(&self, name: &str) -> impl Iterator<Item = (&FileFacts, &Call)> {
        self.places_of(name).filter_map(|(file, id)| Some((file, file.call(id)?)))
    }

    fn callers(&self) -> &Words {
        self.links.callers.get_or_init(|| Words::new(self.files.as_slice(), methods_called))
    }

    /// Every function by its name.
    fn functions_by_name(&self) -> &Words {
        self.links.by_name.get_or_init(|| Words::new(self.files.as_slice(), receiver::functions_named))
    }

    /// Takes over where names stand in the index `before`, of which only the files `edited` are different.
    fn take_over_words(&self, before: &Self, edited: &[Edited]) {
        let (old, new) = (&before.links, &self.links);
        let after = |words: &OnceLock<Words>, says| words.get()?.after(edited, self.files.as_slice(), says);
        after(&old.callers, methods_called).into_iter().for_each(|words| drop(new.callers.set(words)));
        after(&old.by_name, receiver::functions_named).into_iter().for_each(|words| drop(new.by_name.set(words)));
    }

    /// Works out on all cores what nearly every rule asks: whoever asked first would do so on one, and the others wait.
    pub(super) fn work_ahead(&self) {
        rayon::join(|| self.callers(), || self.functions_by_name());
        self.find_outside();
        self.wrappers();
        let _ = self.routes();
    }

    /// Likewise, with the places of the calls.
    pub(super) fn places_of(&self, name: &str) -> impl Iterator<Item = (&FileFacts, CallId)> {
        reads::name(Table::Calls, name);
        self.callers().get(name).filter_map(|(place, id)| Some((&**self.files.get(place)?, id)))
    }

    /// Reads of the environment through a function of the project that is given the variable's name:
    /// the place of the file, and the read.
    #[must_use]
    pub fn reads_through_helpers(&self) -> Vec<(usize, EnvRead)> {
        let readers: HashSet<&str> = self
            .files
            .iter()
            .flat_map(|file| {
                file.env_readers.iter().filter_map(|reader| file.function(reader.function)?.name.as_deref())
            })
            .collect();
        let mut found = Vec::new();
        if readers.is_empty() {
            return found;
        }
        for (place, file) in self.files.iter().enumerate() {
            for call in file.calls.iter().filter(|call| readers.contains(call.method())) {
                let Some(target) = self.called(file, call) else { continue };
                let mut readers = target.file.env_readers.iter().filter(|reader| reader.function == target.function);
                let Some(reader) = readers.next() else { continue };
                if let Some(name) = call.argument(reader.parameter).and_then(Value::text) {
                    let raises = target.file.function(target.function).is_some_and(|function| function.body.throws);
                    let goes_on = reader.optional && readers.all(|other| other.optional) && !raises;
                    let optional = goes_on || (call.tested && !raises) || call.arguments.len() > reader.parameter + 1;
                    let (name, span) = (name.to_owned(), call.place.span);
                    found.push((place, EnvRead { name, span, optional, dev_only: call.dev_only }));
                }
            }
        }
        found
    }

    /// Imports that no manifest declares.
    #[must_use]
    pub fn undeclared(&self) -> &[Undeclared] {
        reads::name(Table::Project, UNDECLARED);
        &self.links.undeclared
    }

    /// The queries that the calls of `file` run, in the order of the calls.
    #[must_use]
    pub fn queries(&self, file: &FileFacts) -> &[Query] {
        self.links.at(&file.path).map_or(&[], |place| self.queries_at(place))
    }

    /// Likewise, of the file at `place`.
    #[must_use]
    pub fn queries_at(&self, place: usize) -> &[Query] {
        self.links.queries.get(place).map_or(&[], |queries| &**queries)
    }

    /// Adds to every file what other files say about it, one entry of `more` for each. What is the same as in the index
    /// `before` is not copied again.
    pub(super) fn add(&mut self, more: Vec<More>, before: Option<&Self>) {
        let kept = before.map_or(&[][..], |before| before.files.as_slice());
        let read = before.map_or(&[][..], |before| &before.links.as_read);
        let same: Vec<Option<&Arc<FileFacts>>> = self
            .links
            .as_read
            .iter()
            .enumerate()
            .map(|(place, file)| kept.get(place).filter(|_| read.get(place).is_some_and(|was| Arc::ptr_eq(was, file))))
            .collect();
        self.files.extend(more, &same);
    }

    /// What stands for a table in the project.
    #[must_use]
    pub fn known(&self) -> &Known {
        &self.links.known
    }

    /// The query that the call in place `id` of `file` runs.
    #[must_use]
    pub fn query(&self, file: &FileFacts, id: CallId) -> Option<&Query> {
        let queries = self.queries(file);
        queries.binary_search_by_key(&id, |query| query.call).ok().and_then(|place| queries.get(place))
    }

    /// The first query that a function runs itself, and its line.
    #[must_use]
    pub fn query_of(&self, target: Target<'_>) -> Option<(&Query, u32)> {
        let body = target.file.function(target.function)?.body.calls;
        let queries = self.links.queries.get(target.place)?;
        let first = queries.partition_point(|query| query.call < body.0);
        queries.get(first..)?.iter().take_while(|query| query.call < body.1).find_map(|query| {
            let call = target.file.call(query.call).filter(|call| call.function == target.function)?;
            Some((query, call.place.span.line))
        })
    }
}

/// The calls of a file by the names of their methods.
fn methods_called(file: &FileFacts, say: &mut dyn FnMut(&str, u32)) {
    (0_u32..).zip(&file.calls).for_each(|(id, call)| say(call.method(), id));
}

/// A default export stands for the name that it gives out.
fn resolve_default(file: &FileFacts, name: &str) -> Box<str> {
    if name != "default" {
        return name.into();
    }
    file.assigned("default", 0).and_then(|a| a.value.path()).unwrap_or("default").into()
}

fn defines(file: &FileFacts, name: &str) -> bool {
    file.functions.iter().any(|function| function.name.as_deref() == Some(name) && function.parent == Some(0))
        || file.classes.iter().any(|class| &*class.name == name)
        || file.assignments.iter().any(|a| a.function == 0 && &*a.target == name)
}

fn named(file: &FileFacts, name: &str, fits: impl Fn(&super::code::Function) -> bool) -> Option<FunctionId> {
    (0_u32..)
        .zip(&file.functions)
        .find(|(_, function)| function.name.as_deref() == Some(name) && fits(function))
        .map(|(id, _)| id)
}

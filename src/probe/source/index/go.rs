//! Packages of Go: files of one folder see each other, and an import names a folder.

use std::sync::Arc;

use super::{Table, Target, reads};
use crate::probe::source::code::{Call, FunctionId, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::quick::HashMap;

/// How many names and fields a type is followed through.
const MAX_STEPS: usize = 4;

/// A type: the folder of its package, and its name.
type Named = (String, Box<str>);

/// Functions and types by the folder that they stand in.
#[derive(Debug, Default)]
pub(super) struct Packages {
    files: HashMap<String, Vec<usize>>,
    /// Functions and methods by [`key`]: the places of the file and of the function.
    functions: HashMap<String, (usize, FunctionId)>,
    /// Structs by [`key`]: the places of the file and of the struct.
    structs: HashMap<String, (usize, usize)>,
}

/// A name in a folder, below a type where it has one.
fn key(folder: &str, class: &str, name: &str) -> String {
    format!("{folder}\n{class}\n{name}")
}

fn folder(file: &FileFacts) -> &str {
    file.path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl Packages {
    pub(super) fn new(files: &[Arc<FileFacts>]) -> Self {
        let mut packages = Self::default();
        let own = |file: &&Arc<FileFacts>| file.language == Language::Go && file.role != Role::Test;
        for (place, file) in files.iter().enumerate().filter(|(_, file)| own(file)) {
            let folder = folder(file);
            packages.files.entry(folder.to_owned()).or_default().push(place);
            for (id, function) in (0_u32..).zip(&file.functions).filter(|(_, function)| function.parent == Some(0)) {
                let Some(name) = function.name.as_deref() else { continue };
                let class = function.class.as_deref().unwrap_or("");
                packages.functions.entry(key(folder, class, name)).or_insert((place, id));
            }
            for (id, class) in file.classes.iter().enumerate() {
                packages.structs.entry(key(folder, &class.name, "")).or_insert((place, id));
            }
        }
        packages
    }
}

/// The places of the files of the package that `module` names.
pub(super) fn package<'i>(index: &'i CodeIndex, module: &str) -> &'i [usize] {
    let folder = index.links.manifests.go_package(module);
    reads::name(Table::Packages, folder.as_deref().unwrap_or_default());
    folder.and_then(|folder| index.links.go.files.get(&folder)).map_or(&[], Vec::as_slice)
}

/// The function that `call` of `file` calls.
pub(super) fn called<'i>(index: &'i CodeIndex, file: &FileFacts, call: &Call) -> Option<Target<'i>> {
    if call.constructs {
        return None;
    }
    let here = folder(file);
    let Some((object, name)) = call.callee.rsplit_once('.') else {
        return function(index, here, "", &call.callee);
    };
    if let Some(binding) = file.binding(object).filter(|_| file.assigned(object, call.function).is_none()) {
        return function(index, &index.links.manifests.go_package(&binding.module)?, "", name);
    }
    method(index, type_of(index, file, object, call.function, 0)?, name)
}

fn function<'i>(index: &'i CodeIndex, folder: &str, class: &str, name: &str) -> Option<Target<'i>> {
    reads::name(Table::Packages, folder);
    let (place, function) = *index.links.go.functions.get(&key(folder, class, name))?;
    Some(Target { file: index.files.get(place)?, function, place })
}

/// The method of a type or of what is embedded in it.
fn method<'i>(index: &'i CodeIndex, of: Named, name: &str) -> Option<Target<'i>> {
    let mut open = vec![of];
    for _ in 0..MAX_STEPS {
        let mut embedded = Vec::new();
        for (folder, class) in open {
            if let Some(found) = function(index, &folder, &class, name) {
                return Some(found);
            }
            reads::name(Table::Packages, &folder);
            let Some((place, id)) = index.links.go.structs.get(&key(&folder, &class, "")) else { continue };
            let file = index.files.get(*place)?;
            let bases = file.classes.get(*id).map_or(&[][..], |class| &class.bases);
            embedded.extend(bases.iter().take(MAX_STEPS).filter_map(|base| resolve(index, file, base)));
        }
        open = embedded;
    }
    None
}

/// The type of what `path` stands for in `function`.
fn type_of(index: &CodeIndex, file: &FileFacts, path: &str, function: FunctionId, steps: usize) -> Option<Named> {
    if steps > MAX_STEPS || path.contains(['(', '[']) {
        return None;
    }
    let mut parts = path.split('.');
    let first = parts.next()?;
    let parameter = file
        .enclosing(function)
        .flat_map(|(_, scope)| &scope.parameters)
        .find(|parameter| parameter.names.iter().any(|(name, _)| **name == *first));
    let mut found = match (file.assigned(first, function), parameter) {
        (Some(set), _) if !set.annotation.is_empty() => resolve(index, file, &set.annotation)?,
        (_, Some(parameter)) => resolve(index, file, &parameter.annotation)?,
        (Some(set), None) => match &set.value {
            Value::Call(id) => made(index, file, file.call(*id)?)?,
            Value::Path(path) => type_of(index, file, path, set.function, steps + 1)?,
            _ => return None,
        },
        // A variable of the package that another of its files declares.
        (None, None) => declared(index, folder(file), first)?,
    };
    for name in parts.take(MAX_STEPS) {
        reads::name(Table::Packages, &found.0);
        let (place, id) = index.links.go.structs.get(&key(&found.0, &found.1, ""))?;
        let file = index.files.get(*place)?;
        let (_, kind) = file.classes.get(*id)?.fields.iter().find(|(field, _)| **field == *name)?;
        found = resolve(index, file, kind)?;
    }
    Some(found)
}

/// What a call gives, as far as its name tells: `store.NewUsers()` makes a `Users`.
fn made(index: &CodeIndex, file: &FileFacts, call: &Call) -> Option<Named> {
    if call.constructs {
        return resolve(index, file, &call.callee);
    }
    let (package, name) = call.callee.rsplit_once('.').unwrap_or(("", &call.callee));
    let kind = name.strip_prefix("New").or_else(|| name.strip_prefix("new")).filter(|kind| !kind.is_empty())?;
    resolve(index, file, &if package.is_empty() { kind.to_owned() } else { format!("{package}.{kind}") })
}

fn declared(index: &CodeIndex, folder: &str, name: &str) -> Option<Named> {
    reads::name(Table::Packages, folder);
    index.links.go.files.get(folder)?.iter().take(100).find_map(|place| {
        let file = index.files.get(*place)?;
        let set = file.assigned(name, 0)?;
        match &set.value {
            _ if !set.annotation.is_empty() => resolve(index, file, &set.annotation),
            Value::Call(id) => made(index, file, file.call(*id)?),
            _ => None,
        }
    })
}

/// The type that is written in `file`: `*store.Users`.
fn resolve(index: &CodeIndex, file: &FileFacts, written: &str) -> Option<Named> {
    let plain = written.trim_start_matches(['*', '&', ' ']);
    let plain = plain.split('[').next().filter(|plain| !plain.is_empty() && !plain.contains([' ', '(']))?;
    match plain.split_once('.') {
        Some((package, name)) => Some((index.links.manifests.go_package(&file.binding(package)?.module)?, name.into())),
        None => Some((folder(file).to_owned(), plain.into())),
    }
}

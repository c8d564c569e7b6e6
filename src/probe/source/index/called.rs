//! Which function of the project a call calls, by the types that are written where names are declared.

use super::{CodeIndex, Target, defines, named, php, resolve_default};
use crate::probe::source::code::{Call, FunctionId, Value};
use crate::probe::source::facts::{FileFacts, Language};

/// How many classes may extend each other.
const MAX_BASES: usize = 5;
/// How many names may stand for each other.
const MAX_NAMES: usize = 4;

/// A class of the project: the place of its file, and its name there.
type ClassAt = (usize, Box<str>);

impl CodeIndex {
    /// The function that `call` of `file` calls, if it is one of the project's and can be told.
    #[must_use]
    pub fn called<'i>(&'i self, file: &'i FileFacts, call: &Call) -> Option<Target<'i>> {
        let callee = &*call.callee;
        if call.constructs {
            let (place, class) = self.class_of_type(file, callee)?;
            return self.method(place, &class, constructor(self.files.get(place)?.language));
        }
        if !callee.contains(['.', '(', '[']) {
            return self.function(file, callee);
        }
        let (object, method) = callee.rsplit_once('.')?;
        if method.contains(['(', '[']) {
            return None;
        }
        if let Some(found) = self.of_module(file, object, method) {
            return Some(found);
        }
        let (place, class) = match call.receiver.and_then(|id| file.call(id)) {
            Some(made) if made.constructs && object.strip_suffix("()") == Some(&made.callee) => {
                self.class_of_type(file, &made.callee)?
            }
            Some(_) => return None,
            None => self.class_of(file, object, call.function, 0)?,
        };
        self.method(place, &class, method)
    }

    /// A function called by its bare name.
    fn function<'i>(&'i self, file: &'i FileFacts, name: &str) -> Option<Target<'i>> {
        if let Some(function) = named(file, name, |function| function.class.is_none()) {
            return Some(Target { file, function, place: self.links.at(&file.path)? });
        }
        let (place, name) = self.imported(file, name)?;
        let target = self.files.get(place)?;
        let name = resolve_default(target, &name);
        let function = named(target, &name, |function| function.parent == Some(0) && function.class.is_none())?;
        Some(Target { file: target, function, place })
    }

    /// `module.function()` of a module imported whole.
    fn of_module<'i>(&'i self, file: &'i FileFacts, module: &str, name: &str) -> Option<Target<'i>> {
        if module.contains(['.', '(', '[']) {
            return None;
        }
        let binding = file.binding(module)?;
        let place = if &*binding.imported == "*" {
            self.module(file, &binding.module)?
        } else {
            // `from package import module` names a file, not something in one.
            self.module(file, &format!("{}.{}", binding.module.trim_end_matches('.'), binding.imported))
                .filter(|_| file.language == Language::Python)?
        };
        let target = self.files.get(place)?;
        let function = named(target, name, |function| function.parent == Some(0) && function.class.is_none())?;
        Some(Target { file: target, function, place })
    }

    /// The method `name` of a class or of what it extends.
    fn method(&self, place: usize, class: &str, name: &str) -> Option<Target<'_>> {
        let mut open: Vec<ClassAt> = vec![(place, class.into())];
        for _ in 0..MAX_BASES {
            let mut bases = Vec::new();
            for (place, class) in open {
                let file = self.files.get(place)?;
                if let Some(function) = named(file, name, |function| function.class.as_deref() == Some(&*class)) {
                    return Some(Target { file, function, place });
                }
                let found = file.classes.iter().find(|found| found.name == class);
                let known = found.into_iter().flat_map(|found| &found.bases).take(MAX_BASES);
                bases.extend(known.filter(|base| **base != class).filter_map(|base| self.class_of_type(file, base)));
            }
            if bases.is_empty() {
                return None;
            }
            open = bases;
        }
        None
    }

    /// The class of what `path` stands for in `function`: an object, or the class itself.
    fn class_of(&self, file: &FileFacts, path: &str, function: FunctionId, steps: usize) -> Option<ClassAt> {
        if steps > MAX_NAMES {
            return None;
        }
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        if matches!(first, "this" | "self" | "cls" | "super") && file.binding(first).is_none() {
            let class = file.enclosing(function).find_map(|(_, function)| function.class.clone())?;
            let here = self.links.at(&file.path)?;
            if first == "super" {
                let own = file.classes.iter().find(|found| found.name == class)?;
                return own.bases.iter().find_map(|base| self.class_of_type(file, base)).filter(|_| rest.is_empty());
            }
            return if rest.is_empty() { Some((here, class)) } else { self.class_of_field(file, &class, rest, steps) };
        }
        if !rest.is_empty() || path.contains(['(', '[']) {
            return None;
        }
        let parameter = file.enclosing(function).find_map(|(_, scope)| {
            scope.parameters.iter().find(|p| {
                p.names.iter().any(|(name, below)| **name == *path && below.is_empty()) && !p.annotation.is_empty()
            })
        });
        if let Some(parameter) = parameter {
            return self.class_of_type(file, &parameter.annotation);
        }
        if let Some(assignment) = file.assigned(path, function) {
            if !assignment.annotation.is_empty() {
                return self.class_of_type(file, &assignment.annotation);
            }
            return self.class_of_value(file, &assignment.value, assignment.function, steps);
        }
        self.class_of_type(file, path)
    }

    /// The class of the field `name` of `class`, which stands in `file`.
    fn class_of_field(&self, file: &FileFacts, class: &str, name: &str, steps: usize) -> Option<ClassAt> {
        if name.contains(['.', '(', '[']) {
            return None;
        }
        let declared = file.classes.iter().find(|found| *found.name == *class)?;
        if let Some((_, kind)) = declared.fields.iter().find(|(field, _)| **field == *name) {
            return self.class_of_type(file, kind);
        }
        let of_class =
            |id: FunctionId| file.enclosing(id).any(|(_, function)| function.class.as_deref() == Some(class));
        for own in ["this", "self"] {
            let set = file.assignments_to(&format!("{own}.{name}")).find(|a| of_class(a.function) || a.function == 0);
            let Some(set) = set else { continue };
            if !set.annotation.is_empty() {
                return self.class_of_type(file, &set.annotation);
            }
            return self.class_of_value(file, &set.value, set.function, steps);
        }
        // A parameter of the constructor may be a field as well: `constructor(private users: Users)`.
        let made = file.functions.iter().find(|function| {
            function.class.as_deref() == Some(class) && function.name.as_deref() == Some("constructor")
        })?;
        let given = made.parameters.iter().find(|p| p.names.iter().any(|(found, _)| **found == *name))?;
        self.class_of_type(file, &given.annotation)
    }

    fn class_of_value(&self, file: &FileFacts, value: &Value, function: FunctionId, steps: usize) -> Option<ClassAt> {
        match value {
            Value::Path(path) => self.class_of(file, path, function, steps + 1),
            Value::Call(id) => {
                let made = file.call(*id)?;
                // A class of Python is called like a function.
                let constructs = made.constructs || file.language == Language::Python;
                self.class_of_type(file, &made.callee).filter(|_| constructs)
            }
            Value::Either(values) => {
                values.iter().find_map(|value| self.class_of_value(file, value, function, steps + 1))
            }
            _ => None,
        }
    }

    /// The class that a type as written names: `UserRepository`, `?User`, `Repository<User>`, `app.models.User`.
    fn class_of_type(&self, file: &FileFacts, written: &str) -> Option<ClassAt> {
        let plain = written.trim_start_matches(['?', '*', '&', '\\', ' ']).trim_matches(['"', '\'']);
        let plain = plain.split(['<', '[', '|', ' ']).find(|part| !matches!(*part, "" | "null" | "None"))?;
        let name = plain.rsplit(['.', '\\']).next().unwrap_or(plain);
        if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return None;
        }
        if file.classes.iter().any(|class| *class.name == *name) {
            return Some((self.links.at(&file.path)?, name.into()));
        }
        if let Some((place, found)) = self.imported(file, name) {
            let target = self.files.get(place)?;
            let found = resolve_default(target, &found);
            let found = if &*found == "*" || &*found == "default" { name.into() } else { found };
            return target.classes.iter().any(|class| class.name == found).then_some((place, found));
        }
        if file.binding(name).is_some() {
            return None;
        }
        // Classes of the same namespace need no import.
        let place = match file.language {
            Language::Php => {
                let namespace = php::namespace(file);
                let whole = if namespace.is_empty() { name.to_owned() } else { format!("{namespace}\\{name}") };
                php::module(self, file, &whole)
            }
            Language::Java => {
                let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
                self.links.at(&format!("{folder}/{name}.java"))
            }
            // Ruby loads classes by their names; one that stands twice cannot be told.
            Language::Ruby => match self.links.classes_called(name) {
                [one] => Some(*one),
                _ => None,
            },
            _ => None,
        }?;
        let target = self.files.get(place).filter(|target| target.language == file.language)?;
        defines(target, name).then(|| (place, name.into()))
    }
}

/// What a language calls the method that makes an object.
fn constructor(language: Language) -> &'static str {
    match language {
        Language::Php => "__construct",
        Language::Python => "__init__",
        Language::Ruby => "initialize",
        _ => "constructor",
    }
}

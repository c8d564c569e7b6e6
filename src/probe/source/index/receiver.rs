//! Which function of the project a method call reaches, through what its object is known to be.

use super::{Table, Target, reads};
use crate::probe::source::code::{Call, Value, root};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// How many functions of one name are looked at.
const MAX_NAMESAKES: usize = 60;

/// The functions of a file that runs in production, by their names.
pub(super) fn functions_named(file: &FileFacts, say: &mut dyn FnMut(&str, u32)) {
    if file.role.in_production() {
        let named = (0_u32..).zip(&file.functions).filter_map(|(id, function)| Some((function.name.as_deref()?, id)));
        named.for_each(|(name, id)| say(name, id));
    }
}

impl CodeIndex {
    /// The function that `call` of `file` calls, and whether that is proved: it is not where only names speak for it.
    #[must_use]
    pub fn reached_by<'i>(&'i self, file: &'i FileFacts, call: &Call) -> Option<(Target<'i>, bool)> {
        if let Some(target) = self.called(file, call) {
            return Some((target, true));
        }
        if call.constructs {
            let class = call.callee.rsplit('.').next()?;
            let made = ["constructor", "__init__", "__construct", "initialize", class];
            return made.iter().find_map(|name| self.method_of(file, name, class)).map(|target| (target, true));
        }
        let method = call.method();
        let object = call.object();
        if object.is_empty() {
            return self.of_same_class(file, call).or_else(|| self.plain(file, method)).map(|target| (target, true));
        }
        if let Some(class) = self.type_of(file, call) {
            return self.method_of(file, method, &class).map(|target| (target, true));
        }
        if file.language == Language::Go
            && let Some(target) = self.of_package(file, object, method)
        {
            return Some((target, true));
        }
        // `usersService.find()` of the only class whose name is like that.
        let name = object.rsplit('.').next().unwrap_or(object).trim_end_matches("()");
        let like = |class: &str| is_like(name, class);
        let mut fitting = self.methods_called(method).filter(|target| {
            target.file.function(target.function).and_then(|f| f.class.as_deref()).is_some_and(like)
                && family(target.file.language) == family(file.language)
        });
        let found = fitting.next()?;
        fitting.next().is_none().then_some((found, false))
    }

    /// Every function called `name`.
    fn methods_called<'i>(&'i self, name: &str) -> impl Iterator<Item = Target<'i>> {
        reads::name(Table::Functions, name);
        let found = self.functions_by_name().get(name).take(MAX_NAMESAKES);
        found.filter_map(|(place, function)| Some(Target { file: self.files.get(place)?, function, place }))
    }

    /// The method `name` of the class `class`, or of one that takes it over.
    fn method_of<'i>(&'i self, from: &FileFacts, name: &str, class: &str) -> Option<Target<'i>> {
        let class = class.rsplit(['.', '\\']).next().unwrap_or(class);
        let of = |target: &Target<'i>, fits: &dyn Fn(&str) -> bool| {
            family(target.file.language) == family(from.language)
                && target.file.function(target.function).and_then(|f| f.class.as_deref()).is_some_and(fits)
        };
        let own = self.methods_called(name).filter(|target| of(target, &|found| found == class));
        // An interface or a base class: the body stands in what implements it.
        let mut own = own.filter(|target| target.file.function(target.function).is_some_and(|f| f.body.statements > 0));
        own.next().or_else(|| {
            self.methods_called(name).find(|target| {
                of(target, &|found| {
                    target.file.classes.iter().any(|declared| {
                        *declared.name == *found
                            && declared.bases.iter().any(|base| base.rsplit(['.', '\\']).next() == Some(class))
                    })
                })
            })
        })
    }

    /// The class of what a method is called on, as far as the code says it.
    fn type_of(&self, file: &FileFacts, call: &Call) -> Option<Box<str>> {
        let object = call.object();
        if let Some(made) = call.receiver.and_then(|id| file.call(id)) {
            return made.constructs.then(|| made.method().into());
        }
        let name = object.rsplit('.').next().unwrap_or(object);
        if object == name && name.starts_with(|c: char| c.is_ascii_uppercase()) {
            return Some(name.into());
        }
        let plain = |annotation: &str| -> Option<Box<str>> {
            let name = annotation.trim_start_matches(['*', '&', '?', ':', ' ', '\\']);
            let name = name.split(['<', '[', ' ', '|']).next().unwrap_or(name);
            let last = name.rsplit(['.', '\\']).next().unwrap_or(name);
            (!last.is_empty()).then(|| last.into())
        };
        let of_value = |value: &Value| match value {
            Value::Call(id) => file.call(*id).filter(|made| made.constructs).map(|made| made.method().into()),
            _ => None,
        };
        // A variable or parameter of the function, then a field of the class.
        if object == name {
            for (_, scope) in file.enclosing(call.function) {
                let typed = scope.parameters.iter().find(|p| p.names.iter().any(|(bound, _)| **bound == *name));
                if let Some(parameter) = typed {
                    return plain(&parameter.annotation);
                }
            }
            if let Some(set) = file.assigned(name, call.function) {
                return plain(&set.annotation).or_else(|| of_value(&set.value));
            }
        }
        let holder = file.enclosing(call.function).find_map(|(_, function)| function.class.as_deref())?;
        // A type of Go has its methods in other files than its fields.
        let declared = |file: &'_ FileFacts| file.classes.iter().position(|class| *class.name == *holder);
        let class = match declared(file) {
            Some(at) => file.classes.get(at)?,
            None => {
                let other = self.links.classes_called(holder).iter().filter_map(|place| self.files.get(*place));
                let other = other
                    .filter(|other| folder(&other.path) == folder(&file.path))
                    .find(|other| declared(other).is_some())?;
                other.classes.get(declared(other)?)?
            }
        };
        let field = class.fields.iter().find(|(field, _)| **field == *name).and_then(|(_, kind)| plain(kind));
        field.or_else(|| {
            let constructor = file.functions.iter().filter(|f| f.class.as_deref() == Some(holder));
            let mut parameters = constructor
                .filter(|f| {
                    matches!(f.name.as_deref(), Some("constructor" | "__construct" | "__init__" | "initialize"))
                })
                .flat_map(|f| &f.parameters);
            let typed = parameters.find(|p| p.names.iter().any(|(bound, _)| **bound == *name));
            typed.and_then(|parameter| plain(&parameter.annotation)).or_else(|| {
                let mut set = ["this", "self"]
                    .iter()
                    .flat_map(|of| file.assignments_to(&format!("{of}.{name}")).collect::<Vec<_>>());
                set.find_map(|assignment| of_value(&assignment.value))
            })
        })
    }

    /// A method that another one of its class calls by its bare name: Java, Ruby.
    fn of_same_class<'i>(&'i self, file: &'i FileFacts, call: &Call) -> Option<Target<'i>> {
        if !matches!(file.language, Language::Java | Language::Ruby) {
            return None;
        }
        let class = file.enclosing(call.function).find_map(|(_, function)| function.class.as_deref())?;
        let function = super::named(file, call.method(), |function| function.class.as_deref() == Some(class))?;
        Some(Target { file, function, place: self.place_of(file)? })
    }

    /// A function without a class in another file of the same package (Go), or of the same folder.
    fn plain<'i>(&'i self, file: &FileFacts, name: &str) -> Option<Target<'i>> {
        if !matches!(file.language, Language::Go | Language::Php) {
            return None;
        }
        self.methods_called(name).find(|target| {
            let function = target.file.function(target.function);
            target.file.language == file.language
                && function.is_some_and(|f| f.class.is_none() && f.parent == Some(0))
                && (file.language == Language::Php || folder(&target.file.path) == folder(&file.path))
        })
    }

    /// `users.Find()` of the package `users`.
    fn of_package<'i>(&'i self, file: &FileFacts, object: &str, name: &str) -> Option<Target<'i>> {
        if root(object) != object {
            return None;
        }
        let module = &file.binding(object)?.module;
        let package = module.rsplit('/').next().unwrap_or(module);
        self.methods_called(name).find(|target| {
            target.file.language == Language::Go
                && target.file.function(target.function).is_some_and(|f| f.class.is_none())
                && folder(&target.file.path).rsplit('/').next() == Some(package)
        })
    }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Languages whose code calls each other.
fn family(language: Language) -> Language {
    if language.is_ecma() { Language::JavaScript } else { language }
}

/// Whether an object is called after its class: `userService`, `users_service`, `svc` is not.
fn is_like(object: &str, class: &str) -> bool {
    let flat = |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let (object, class) = (flat(object), flat(class));
    object.len() >= 4 && (object == class || class.strip_suffix("impl") == Some(&object))
}

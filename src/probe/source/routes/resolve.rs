//! The project's function behind a name or a value: a handler of another file, a method of a controller's object.

use crate::probe::source::code::{Call, FunctionId, Value, root};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};

/// How many wrappers around a handler are taken off.
const MAX_WRAPPERS: usize = 4;

/// The place of a file, and that of a function in it.
pub(in crate::probe::source) type FunctionAt = (usize, FunctionId);

/// A function found behind a value, and the wrappers around it.
#[derive(Debug, Default, Clone)]
pub(in crate::probe::source) struct Behind {
    /// The places of its file and of itself.
    pub function: Option<FunctionAt>,
    /// Names of the calls that it was given to: `asyncHandler`, `withAuth`.
    pub wrappers: Vec<(Box<str>, Option<FunctionAt>)>,
}

fn find(file: &FileFacts, fits: impl Fn(&crate::probe::source::code::Function) -> bool) -> Option<FunctionId> {
    (0_u32..).zip(&file.functions).skip(1).find(|(_, function)| fits(function)).map(|(id, _)| id)
}

/// A function called `name` at the file's top level, or the only one of its name anywhere in it.
pub(in crate::probe::source) fn in_file(file: &FileFacts, name: &str) -> Option<FunctionId> {
    let is = |function: &crate::probe::source::code::Function| {
        function.name.as_deref().is_some_and(|found| found.rsplit('.').next() == Some(name))
    };
    find(file, |function| function.parent == Some(0) && function.class.is_none() && is(function))
        .or_else(|| find(file, is))
}

/// The method `name` of the class `class`.
pub(in crate::probe::source) fn method(file: &FileFacts, class: &str, name: &str) -> Option<FunctionId> {
    find(file, |function| function.class.as_deref() == Some(class) && function.name.as_deref() == Some(name))
}

/// The file that `local` names as a whole: a module imported whole, or `from package import module`.
fn module_of(index: &CodeIndex, file: &FileFacts, local: &str) -> Option<usize> {
    let binding = file.binding(local)?;
    if file.language == Language::Python {
        if &*binding.imported == "*" {
            return index.module(file, &binding.module);
        }
        let dot = if binding.module.ends_with('.') { "" } else { "." };
        return index.module(file, &format!("{}{dot}{}", binding.module, binding.imported));
    }
    is_whole(&binding.imported).then(|| index.module(file, &binding.module))?
}

/// The project's function behind a chain of names, seen from the file in place `from`.
pub(in crate::probe::source) fn function(
    index: &CodeIndex,
    from: usize,
    path: &str,
    seen_from: FunctionId,
) -> Option<(usize, FunctionId)> {
    let file = index.files.get(from)?;
    let path = path.strip_suffix(".bind").unwrap_or(path);
    if let Some(name) = path.strip_prefix("this.").or_else(|| path.strip_prefix("self.")) {
        let class = file.enclosing(seen_from).find_map(|(_, function)| function.class.clone());
        if let Some(found) = class.and_then(|class| method(file, &class, name)) {
            return Some((from, found));
        }
        return (!name.contains('.')).then(|| in_file(file, name)).flatten().map(|id| (from, id));
    }
    let Some((object, name)) = path.rsplit_once('.') else {
        if let Some(id) = find(file, |f| f.parent == Some(0) && f.class.is_none() && f.name.as_deref() == Some(path))
            .or_else(|| find(file, |f| f.class.is_none() && f.name.as_deref() == Some(path)))
        {
            return Some((from, id));
        }
        if file.binding(path).is_none() {
            // `const isLoggedIn = handler.isLoggedIn`.
            let assigned = file.assigned(path, seen_from)?.value.path().filter(|other| *other != path)?;
            return assigned.contains('.').then(|| function_of_object(index, from, assigned, seen_from))?;
        }
        let (place, name) = index.imported(file, path)?;
        let target = index.files.get(place)?;
        let name = if is_whole(&name) { default_name(target, path) } else { name };
        return in_file(target, &name).map(|id| (place, id));
    };
    if object.contains(['(', '[']) || name.contains(['(', '[']) {
        return None;
    }
    function_of_object(index, from, path, seen_from)
}

/// The call that made what `path` stands for, and the place of its file: `rateLimit` of `const slowDown = rateLimit(…)`.
pub(in crate::probe::source) fn maker<'i>(
    index: &'i CodeIndex,
    from: usize,
    path: &str,
    seen_from: FunctionId,
) -> Option<(usize, &'i str)> {
    let file = index.files.get(from)?;
    let made = |place: usize, name: &str, seen_from: FunctionId| {
        let file = index.files.get(place)?;
        match file.assigned(name, seen_from)?.value {
            // What `require` gives was made elsewhere.
            Value::Call(id) => {
                file.call(id).filter(|call| &*call.callee != "require").map(|call| (place, &*call.callee))
            }
            _ => None,
        }
    };
    made(from, path, seen_from).or_else(|| {
        file.binding(path)?;
        let (place, name) = index.imported(file, path)?;
        if !is_whole(&name) {
            return made(place, &name, 0);
        }
        let given = default_name(index.files.get(place)?, path);
        [&*given, "module.exports", "default"].iter().find_map(|name| made(place, name, 0))
    })
}

/// Whether an import takes what a module gives as a whole: `import a from "m"`, `const a = require("m")`.
pub(in crate::probe::source) fn is_whole(imported: &str) -> bool {
    matches!(imported, "default" | "*")
}

/// What a default export is called; a file that exports one thing by `module.exports =` may give it its importer's name.
fn default_name(file: &FileFacts, local: &str) -> Box<str> {
    let given = |target: &str| file.assigned(target, 0).and_then(|a| a.value.path());
    given("default")
        .or_else(|| given("module.exports"))
        .unwrap_or_else(|| if in_file(file, "default").is_some() { "default" } else { local })
        .into()
}

fn function_of_object(
    index: &CodeIndex,
    from: usize,
    path: &str,
    seen_from: FunctionId,
) -> Option<(usize, FunctionId)> {
    let file = index.files.get(from)?;
    let (object, name) = path.rsplit_once('.')?;
    let first = root(object);
    if let Some(place) = module_of(index, file, first) {
        return in_file(index.files.get(place)?, name).map(|id| (place, id));
    }
    // `const users = new UserController()`.
    let constructed = file.assigned(object, seen_from).and_then(|assignment| match &assignment.value {
        Value::Call(id) => file.call(*id).map(|call| (&*call.callee).into()),
        Value::Path(other) => Some(other.clone()),
        _ => None,
    });
    if let Some(class) = constructed {
        let class = class.rsplit('.').next().unwrap_or(&class);
        if let Some(id) =
            method(file, class, name).or_else(|| file.binding(class).is_none().then(|| in_file(file, name))?)
        {
            return Some((from, id));
        }
        let (place, _) = imported_place(index, file, class)?;
        return in_file(index.files.get(place)?, name).map(|id| (place, id));
    }
    if let Some((place, _)) = imported_place(index, file, first) {
        return in_file(index.files.get(place)?, name).map(|id| (place, id));
    }
    method(file, object, name).map(|id| (from, id))
}

/// The file that defines what `local` stands for, as far as an import tells.
fn imported_place(index: &CodeIndex, file: &FileFacts, local: &str) -> Option<(usize, Box<str>)> {
    let binding = file.binding(local)?;
    index
        .imported(file, local)
        .or_else(|| index.module(file, &binding.module).map(|place| (place, binding.imported.clone())))
}

/// The place of the file and the class `name`, seen from the file in place `from`: own or imported.
pub(in crate::probe::source) fn class(index: &CodeIndex, from: usize, name: &str) -> Option<(usize, usize)> {
    let file = index.files.get(from)?;
    let (module, name) = name.rsplit_once('.').map_or((None, name), |(module, name)| (Some(module), name));
    let own = |place: usize, name: &str| {
        let found = index.files.get(place)?.classes.iter().position(|class| *class.name == *name)?;
        Some((place, found))
    };
    if let Some(module) = module {
        return own(module_of(index, file, root(module))?, name);
    }
    own(from, name).or_else(|| {
        let (place, original) = imported_place(index, file, name)?;
        own(place, &original).or_else(|| own(place, name))
    })
}

/// The function behind a value, and what is wrapped around it.
pub(in crate::probe::source) fn of_value(
    index: &CodeIndex,
    from: usize,
    value: &Value,
    seen_from: FunctionId,
) -> Behind {
    let mut behind = Behind::default();
    let Some(file) = index.files.get(from) else { return behind };
    let mut value = value;
    let mut place = from;
    let mut seen_from = seen_from;
    for _ in 0..MAX_WRAPPERS {
        match value {
            Value::Function(id) => {
                behind.function = Some((place, *id));
                return behind;
            }
            Value::Path(path) => {
                // `const handler = withAuth(async (req, res) => …)`.
                let assigned =
                    file.assigned(path, seen_from).map(|assignment| (&assignment.value, assignment.function));
                if let Some((next @ (Value::Call(_) | Value::Function(_)), function)) = assigned {
                    (value, seen_from) = (next, function);
                    continue;
                }
                behind.function = function(index, place, path, seen_from);
                return behind;
            }
            Value::Call(id) => {
                let Some(call) = file.call(*id) else { return behind };
                let target = function(index, place, &call.callee, call.function);
                let wrapped = call
                    .arguments
                    .iter()
                    .map(|argument| &argument.value)
                    .rev()
                    .find(|value| is_function(file, value, call));
                // `asyncHandler(addMemory())`: the wrapper is given what makes the handler.
                let wrapped = wrapped.or_else(|| {
                    wraps(&call.callee).then(|| {
                        call.arguments.iter().map(|argument| &argument.value).rev().find(|value| {
                            matches!(value, Value::Call(id) if file.call(*id).is_some_and(|made| {
                                function(index, place, &made.callee, made.function).is_some()
                            }))
                        })
                    })?
                });
                let Some(inner) = wrapped else {
                    // `retrieveBasket()` makes the handler.
                    behind.function = if call.callee.ends_with(".bind") {
                        function(index, place, &call.callee, call.function)
                    } else {
                        target
                    };
                    return behind;
                };
                behind.wrappers.push(((&*call.callee).into(), target));
                value = inner;
                seen_from = call.function;
            }
            _ => return behind,
        }
        place = from;
    }
    behind
}

/// Whether a name is one of what is put around handlers.
fn wraps(name: &str) -> bool {
    super::names::words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "async" | "handler" | "wrap" | "wrapper" | "wrapped" | "catch" | "try" | "safe" | "promise"
        )
    })
}

fn is_function(file: &FileFacts, value: &Value, around: &Call) -> bool {
    match value {
        Value::Function(_) => true,
        Value::Path(path) => {
            file.functions.iter().any(|function| function.name.as_deref() == Some(&**path))
                || (file.binding(path).is_some() && around.arguments.len() <= 2)
        }
        Value::Call(id) => file.call(*id).is_some_and(|call| {
            call.arguments.iter().any(|argument| matches!(argument.value, Value::Function(_)))
                || call.callee.ends_with("as_view")
        }),
        _ => false,
    }
}

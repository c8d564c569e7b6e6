//! What names of Ruby lead to: files by their path, constants by the class that is written there.

use std::collections::HashMap;

use super::{Table, Target, named, reads};
use crate::probe::paths::joined;
use crate::probe::source::code::{Call, Class, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};

/// How many classes a method may be inherited through.
const MAX_BASES: usize = 6;
/// How many places of one class are looked at.
const MAX_PLACES: usize = 20;

/// The places of the files that open a class or module, by its whole name; the file that Rails would look into first.
pub(super) type Constants = HashMap<Box<str>, Vec<usize>>;

/// The place of the file that `module`, as written in `from`, leads to.
pub(super) fn module(index: &CodeIndex, from: &FileFacts, module: &str) -> Option<usize> {
    let module = module.strip_suffix(".rb").unwrap_or(module);
    let folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    if module.starts_with('.') {
        return index.links.at(&format!("{}.rb", joined(folder, module)?));
    }
    ["lib/", "", "app/", "app/models/"].iter().find_map(|root| index.links.at(&format!("{root}{module}.rb")))
}

fn constants(index: &CodeIndex) -> &Constants {
    index.links.ruby.get_or_init(|| {
        let mut found = Constants::new();
        let files = index.files.as_slice();
        for (place, file) in files.iter().enumerate().filter(|(_, file)| file.language == Language::Ruby) {
            for class in &file.classes {
                let places = found.entry(class.name.clone()).or_default();
                if places.last() != Some(&place) && places.len() < MAX_PLACES {
                    places.push(place);
                }
            }
        }
        for (name, places) in &mut found {
            let ending = format!("/{}.rb", underscored(name));
            places.sort_by_key(|place| {
                let Some(file) = files.get(*place) else { return (true, true) };
                (file.role == Role::Test, !format!("/{}", file.path).ends_with(&ending))
            });
        }
        found
    })
}

/// `Billing.HTTPInvoice` is `billing/http_invoice`.
pub(in crate::probe::source) fn underscored(name: &str) -> String {
    let mut path = String::with_capacity(name.len() + 8);
    let chars: Vec<char> = name.chars().collect();
    for (at, &c) in chars.iter().enumerate() {
        if c == '.' {
            path.push('/');
            continue;
        }
        let before = at.checked_sub(1).and_then(|before| chars.get(before));
        let after = chars.get(at + 1);
        let word = before.is_some_and(|b| b.is_lowercase() || b.is_ascii_digit())
            || (before.is_some_and(|b| b.is_uppercase()) && after.is_some_and(|a| a.is_lowercase()));
        if c.is_uppercase() && word {
            path.push('_');
        }
        path.extend(c.to_lowercase());
    }
    path
}

/// The files that open the constant `name`, as seen from within the class `around`, and the constant's whole name.
fn constant<'i>(index: &'i CodeIndex, around: Option<&str>, name: &str) -> Option<(&'i str, &'i [usize])> {
    let all = constants(index);
    let mut outer = around.unwrap_or("");
    loop {
        let full = if outer.is_empty() { name.to_owned() } else { format!("{outer}.{name}") };
        reads::name(Table::Classes, &full);
        if let Some((full, places)) = all.get_key_value(&*full) {
            return Some((full, places));
        }
        if outer.is_empty() {
            return None;
        }
        outer = outer.rsplit_once('.').map_or("", |(outer, _)| outer);
    }
}

/// The function that `call` of `file` calls, if it is one of the project's and can be told.
pub(super) fn called<'i>(index: &'i CodeIndex, file: &'i FileFacts, call: &Call) -> Option<Target<'i>> {
    let class = file.enclosing(call.function).find_map(|(_, function)| function.class.as_deref());
    let callee = &*call.callee;
    if call.constructs {
        return method(index, class, callee, "initialize");
    }
    let own = callee.strip_prefix("this.").unwrap_or(callee);
    if !own.contains(['.', '(', '[', '`', '"']) {
        if let Some(found) = class.and_then(|class| method(index, class.into(), class, own)) {
            return Some(found);
        }
        let function = named(file, own, |function| function.class.is_none() && function.argument_of.is_none())?;
        return Some(Target { file, function, place: index.links.at(&file.path)? });
    }
    let (object, name) = callee.rsplit_once('.')?;
    if let Some(made) = object.strip_suffix("()") {
        // `CreateOrder.new(params).call`.
        let made = if call.receiver.and_then(|id| file.call(id))?.constructs { made } else { return None };
        return method(index, class, made, name);
    }
    if object.starts_with(|c: char| c.is_uppercase()) {
        return method(index, class, object, name);
    }
    if object.contains(['.', '(', '[']) {
        return None;
    }
    let Value::Call(id) = file.assigned(object, call.function)?.value else { return None };
    let made = file.call(id).filter(|made| made.constructs)?;
    method(index, class, &made.callee, name)
}

/// The method `name` of the constant `owner`, or of what that is based on.
fn method<'i>(index: &'i CodeIndex, around: Option<&str>, owner: &str, name: &str) -> Option<Target<'i>> {
    let (mut full, mut places) = constant(index, around, owner)?;
    for _ in 0..MAX_BASES {
        let mut bases: Vec<&Class> = Vec::new();
        for &place in places {
            let file: &FileFacts = index.files.get(place)?;
            if let Some(function) = named(file, name, |function| function.class.as_deref() == Some(full)) {
                return Some(Target { file, function, place });
            }
            bases.extend(file.classes.iter().filter(|class| &*class.name == full));
        }
        let mut next = None;
        for base in bases.iter().flat_map(|class| class.bases.iter()).take(MAX_PLACES) {
            let Some((base, places)) = constant(index, Some(full), base).filter(|(base, _)| *base != full) else {
                continue;
            };
            for &place in places {
                let file: &FileFacts = index.files.get(place)?;
                if let Some(function) = named(file, name, |function| function.class.as_deref() == Some(base)) {
                    return Some(Target { file, function, place });
                }
            }
            next.get_or_insert((base, places));
        }
        (full, places) = next?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::underscored;

    #[test]
    fn names_of_classes_become_paths() {
        assert_eq!(underscored("Billing.HTTPInvoice"), "billing/http_invoice");
        assert_eq!(underscored("User2Token"), "user2_token");
        assert_eq!(underscored("API"), "api");
    }
}

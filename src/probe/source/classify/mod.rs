//! What each function is for, from where it stands and what it is given to.

mod ecma;
mod go;
mod java;
mod php;
mod python;
mod ruby;

use super::code::{Function, FunctionKind};
use super::facts::{FileFacts, Language};

/// The names that routers give to the methods of HTTP.
const HTTP_METHODS: [&str; 9] = ["get", "post", "put", "patch", "delete", "del", "all", "head", "options"];
/// Sets the kind of every function of `file`.
pub(super) fn functions(file: &mut FileFacts) {
    if file.language == Language::Ruby {
        ruby::name_scopes(file);
    }
    let kinds: Vec<FunctionKind> = match file.language {
        Language::Ruby => ruby::kinds(file),
        _ => file.functions.iter().map(|function| kind(file, function)).collect(),
    };
    for (function, kind) in file.functions.iter_mut().zip(kinds) {
        function.kind = kind;
    }
}

fn kind(file: &FileFacts, function: &Function) -> FunctionKind {
    if function.parent.is_none() {
        return if file.language == Language::Php { php::top_level(file) } else { FunctionKind::Plain };
    }
    match file.language {
        Language::Python => python::kind(file, function),
        Language::JavaScript | Language::TypeScript | Language::Tsx => ecma::kind(file, function),
        Language::Php => php::kind(file, function),
        Language::Go => go::kind(file, function),
        Language::Java => java::kind(file, function),
        // Ruby's are told all at once: `private` speaks of those that follow.
        Language::Ruby | Language::Template => FunctionKind::Plain,
    }
}

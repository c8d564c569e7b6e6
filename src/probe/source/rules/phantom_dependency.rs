//! A package that the code imports and no manifest declares.

use std::collections::{BTreeMap, HashSet};

use super::{Check, Hit, Rule, at_span};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::FunctionKind;
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::index::{Family, Undeclared};

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "phantom-dependency",
    title: "The code imports a package that no manifest declares",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "An import of a package that neither `package.json` nor a requirements file, `pyproject.toml`, `composer.json`, `Gemfile`, `go.mod` or the like names.",
    why: "It works here because the package happens to be installed, and fails where the app is installed anew. A name that an AI assistant made up may not exist at all, until someone registers it and puts their own code in.",
    fix: "Look the package up first: does it exist, is it the one you mean, who keeps it? Then add it to the manifest, or import what you meant.",
    example: "import slugify from 'slugify';  // in no package.json\n\n// better\n\"dependencies\": { \"slugify\": \"1.6.6\" }",
    references: &["F65", "https://docs.npmjs.com/cli/v11/configuring-npm/package-json#dependencies"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::Project(check)).reads(declares, elsewhere).claims_none(meant);

/// That a package is declared does not tell whether it is the one that was meant.
fn meant(_: &FileFacts, _: &CodeIndex, subject: &mut super::Subject) {
    subject.beyond.insert("Whether a declared package is the one that you meant is not examined".to_owned());
}

/// Java refuses to build without its packages, whose names do not tell those of what they hold.
fn declares(language: Language) -> bool {
    language.is_code() && language != Language::Java
}

fn elsewhere(name: &str) -> bool {
    matches!(name, "Vue" | "Svelte" | "Astro" | "CoffeeScript")
}

/// Looks at the whole project. A package is told once, where it is imported first; those that another package of the
/// workspace declares are told together, since they work as long as all is installed at the root.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for one in index.undeclared() {
        *counts.entry(&one.package).or_default() += 1;
    }
    let reached = names_taken(index);
    let mut told: HashSet<&str> = HashSet::new();
    let mut hoisted: Vec<&Undeclared> = Vec::new();
    for one in index.undeclared() {
        if !told.insert(&one.package) {
            continue;
        }
        if one.elsewhere.is_some() {
            hoisted.push(one);
        } else {
            let hit = hit(one, counts.get(one.package.as_str()).map_or(0, |count| count - 1));
            let idle = index.files.get(one.file).is_some_and(|file| is_taken_by_nobody(file, &reached));
            let hit = if idle && hit.confidence.is_none() { hit.confidence(Confidence::Medium) } else { hit };
            // What is bundled for browsers fails when it is built, and not in front of users.
            let bundled = index.files.get(one.file).is_some_and(|file| file.role == Role::Client);
            let installed = one.installed == Some(true);
            hits.push(if bundled && installed { hit.severity(Severity::Minor) } else { hit });
        }
    }
    hits.extend(together(index, &hoisted));
}

/// The last names of all modules that files of Python take in, and of what they take from them.
fn names_taken(index: &CodeIndex) -> HashSet<&str> {
    let mut names = HashSet::new();
    if !index.undeclared().iter().any(|one| index.files.get(one.file).is_some_and(|f| f.language == Language::Python)) {
        return names;
    }
    for file in index.files.iter().filter(|file| file.language == Language::Python) {
        names.extend(file.imports.iter().map(|import| import.module.rsplit('.').next().unwrap_or(&import.module)));
        names.extend(file.bindings.iter().map(|binding| &*binding.imported));
    }
    names
}

/// Whether a file of Python lies in a package and no other takes it in: what is missing in it breaks nothing. Frameworks
/// load some files by their names.
fn is_taken_by_nobody(file: &FileFacts, taken: &HashSet<&str>) -> bool {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    let Some(stem) = name.strip_suffix(".py").filter(|_| file.language == Language::Python) else { return false };
    let loaded = [
        "__init__", "__main__", "main", "app", "wsgi", "asgi", "manage", "run", "server", "settings", "apps", "admin",
        "models", "urls", "views", "tasks", "signals",
    ];
    let packaged = file.path.matches('/').count() >= 2;
    packaged
        && !loaded.contains(&stem)
        && !taken.contains(stem)
        && !file.functions.iter().any(|function| function.kind == FunctionKind::Handler)
}

fn hit(one: &Undeclared, more: usize) -> Hit {
    let name = &one.package;
    let also = match more {
        0 => String::new(),
        1 => ", here and in one more file".to_owned(),
        _ => format!(", here and in {more} more files"),
    };
    let message = match one.installed {
        Some(true) => format!("`{name}` is imported{also}, and is installed only because another package needs it"),
        Some(false) => format!("`{name}` is imported{also}, and neither a manifest nor the lock file knows it"),
        None => format!("`{name}` is imported{also}, and no manifest declares it"),
    };
    let mut hit = Hit::new(at_span(one.span), message);
    hit.file = one.file;
    match &one.family {
        // It comes with what is declared, and in a version that fits.
        Some(Family::Brings(declared)) if one.installed != Some(false) => {
            hit.message = format!("`{name}` is imported{also}, and only comes with `{declared}`");
            return hit.severity(Severity::Minor).confidence(Confidence::Medium);
        }
        // The lock file brings it to where the import finds it, as long as what needs it does not change.
        _ if one.installed == Some(true) && one.flat => return hit.confidence(Confidence::Medium),
        Some(Family::Sibling) if one.installed == Some(true) => return hit.confidence(Confidence::Medium),
        _ => {}
    }
    if one.sure { hit } else { hit.confidence(Confidence::Medium) }
}

fn together(index: &CodeIndex, hoisted: &[&Undeclared]) -> Option<Hit> {
    let first = hoisted.first()?;
    let names: Vec<String> = hoisted.iter().take(3).map(|one| format!("`{}`", one.package)).collect();
    let more = if hoisted.len() > 3 { format!(" and {} more", hoisted.len() - 3) } else { String::new() };
    let verb = if hoisted.len() == 1 { "is" } else { "are" };
    let message =
        format!("{}{more} {verb} imported where only another package of the workspace declares them", names.join(", "));
    let mut hit = Hit::new(at_span(first.span), message).severity(Severity::Minor).confidence(Confidence::Medium);
    hit.file = first.file;
    hit.steps = hoisted
        .iter()
        .take(20)
        .filter_map(|one| {
            let path = &index.files.get(one.file)?.path;
            let declared = one.elsewhere.as_deref()?;
            Some(format!("{path}:{} imports `{}`, which `{declared}` declares", one.span.line, one.package))
        })
        .collect();
    Some(hit)
}

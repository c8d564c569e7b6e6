//! A package that the code imports and no manifest declares.

use super::{Check, Hit, Rule};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::facts::{CodeIndex, Language};
use crate::probe::source::index::Undeclared;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "phantom-dependency",
    title: "The code imports a package that no manifest declares",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "An import of a package that neither `package.json` nor a requirements file, `pyproject.toml` or the like names.",
    why: "It works here because the package happens to be installed, and fails where the app is installed anew. A name that an AI assistant made up may not exist at all, until someone registers it and puts their own code in.",
    fix: "Look the package up first: does it exist, is it the one you mean, who keeps it? Then add it to the manifest, or import what you meant.",
    example: "import slugify from 'slugify';  // in no package.json\n\n// better\n\"dependencies\": { \"slugify\": \"1.6.6\" }",
    references: &["F65", "https://docs.npmjs.com/cli/v11/configuring-npm/package-json#dependencies"],
};

/// The rule.
pub const RULE: Rule = Rule::new(&META, Check::Project(check)).reads(declares, elsewhere);

/// PHP's and Ruby's packages do not tell the names under which they are used; Go and Java refuse to build without them.
fn declares(language: Language) -> bool {
    language.is_ecma() || language == Language::Python
}

fn elsewhere(name: &str) -> bool {
    matches!(name, "PHP" | "Ruby" | "Vue" | "Svelte" | "Astro" | "CoffeeScript")
}

/// Looks at the whole project. A package is told once, where it is imported first.
fn check(index: &CodeIndex, hits: &mut Vec<Hit>) {
    let mut told: Vec<(&str, usize)> = Vec::new();
    for (place, one) in index.undeclared.iter().enumerate() {
        if told.iter().any(|(name, _)| *name == one.package) {
            continue;
        }
        told.push((&one.package, place));
        let more = index.undeclared.iter().skip(place + 1).filter(|other| other.package == one.package).count();
        hits.push(hit(one, more));
    }
}

fn hit(one: &Undeclared, more: usize) -> Hit {
    let name = &one.package;
    let also = match more {
        0 => String::new(),
        1 => ", here and in one more file".to_owned(),
        _ => format!(", here and in {more} more files"),
    };
    let (message, severity, mut confidence) = match (&one.elsewhere, one.installed) {
        (Some(manifest), _) => (
            format!("`{name}` is imported{also}, and only `{manifest}` declares it, which does not hold here"),
            Severity::Minor,
            Confidence::Medium,
        ),
        (None, Some(true)) => (
            format!("`{name}` is imported{also}, and is installed only because another package needs it"),
            Severity::Major,
            Confidence::High,
        ),
        (None, Some(false)) => (
            format!("`{name}` is imported{also}, and neither a manifest nor the lock file knows it"),
            Severity::Major,
            Confidence::High,
        ),
        (None, None) => (format!("`{name}` is imported{also}, and no manifest declares it"), Severity::Major, Confidence::High),
    };
    if !one.sure {
        confidence = Confidence::Medium;
    }
    let mut hit = Hit::new(super::at_span(one.span), message).severity(severity).confidence(confidence);
    hit.file = one.file;
    hit
}

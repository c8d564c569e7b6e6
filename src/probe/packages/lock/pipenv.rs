//! `Pipfile.lock`, specification 6 (<https://pipenv.pypa.io/en/latest/pipfile.html>). It does not say who needs whom.

use serde::Deserialize;
use serde_json::Value;

use super::extras::Extras;
use super::{Around, Builder, Draft, Origin, Reading, Scope, reason};
use crate::probe::packages::json::Entries;
use crate::probe::packages::lines::Lines;
use crate::probe::packages::manifest::python::scope_of;
use crate::probe::packages::{Ecosystem, Manager, NotUnderstood};

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "pipfile-spec")]
    version: Option<Value>,
}

#[derive(Deserialize)]
struct Entry {
    version: Option<String>,
    git: Option<Value>,
    hg: Option<Value>,
    svn: Option<Value>,
    file: Option<Value>,
    path: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    #[serde(default)]
    extras: Vec<String>,
}

/// Reads the packages of a lock file.
///
/// # Errors
/// When it is not of a known form.
pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    let lines = Lines::of(text);
    let categories: Entries<'_> =
        serde_json::from_str(text).map_err(|error| NotUnderstood::at("not a valid Pipfile.lock", error.line()))?;
    let meta = categories.0.iter().find(|(name, _)| name == "_meta");
    let Some(meta) = meta.and_then(|(_, raw)| serde_json::from_str::<Meta>(raw.get()).ok()) else {
        return Err(NotUnderstood::new("a Pipfile.lock without its metadata"));
    };
    match meta.version.as_ref().map(|version| (version.as_u64(), version)) {
        Some((Some(6), _)) => {}
        Some((Some(other), _)) => return Err(NotUnderstood::new(format!("unknown Pipfile.lock version {other}"))),
        _ => return Err(NotUnderstood::new("unknown Pipfile.lock version of a wrong type")),
    }
    let mut builder = Builder::new(Manager::Pipenv, "6");
    if let Some(name) = &categories.1 {
        builder.gaps.add(reason::TWICE, name);
    }
    let mut extras = Extras::default();
    for (category, raw) in &categories.0 {
        if category == "_meta" {
            continue;
        }
        let scope = match category.as_ref() {
            "default" => Scope::Production,
            "develop" => Scope::Development,
            other => scope_of(other),
        };
        match serde_json::from_str::<Entries<'_>>(raw.get()) {
            Ok(entries) => add_all(entries, scope, &lines, around, &mut extras, &mut builder),
            Err(_) => builder.gaps.add(reason::ENTRY, category),
        }
    }
    if let Some(manifest) = around.manifest("", "Pipfile") {
        builder.root(&manifest.path);
        extras.count_new(manifest, &mut builder.gaps);
        for declared in &manifest.declared {
            let key = key(&declared.name, declared.scope);
            builder.wants(&manifest.path, &declared.name, &declared.range, declared.scope, key);
        }
    }
    Ok(builder.finish(around.path))
}

/// One category may hold another version of a package than the next.
fn key(name: &str, scope: Scope) -> String {
    format!("{scope:?} {}", Ecosystem::PyPi.normalize(name))
}

fn add_all(
    entries: Entries<'_>,
    scope: Scope,
    lines: &Lines<'_>,
    around: &Around<'_>,
    extras: &mut Extras,
    builder: &mut Builder,
) {
    if let Some(name) = &entries.1 {
        builder.gaps.add(reason::TWICE, name);
    }
    for (name, raw) in entries.0 {
        let line = lines.of_part(raw.get());
        let Ok(entry) = serde_json::from_str::<Entry>(raw.get()) else {
            builder.gaps.add(reason::ENTRY, &name);
            continue;
        };
        extras.add(&name, &entry.extras);
        let is_archive = |path: &String| [".whl", ".zip", ".tar.gz"].iter().any(|end| path.ends_with(end));
        if let Some(folder) = entry.path.as_ref().filter(|path| !is_archive(path)) {
            builder.local(&name, None, Some(around.place(folder)));
            continue;
        }
        let elsewhere = [&entry.git, &entry.hg, &entry.svn, &entry.file].iter().any(|place| place.is_some())
            || entry.path.is_some();
        let origin = if elsewhere { Origin::Elsewhere } else { Origin::Registry };
        let pinned = entry.version.as_deref().map(|version| version.trim_start_matches('='));
        let version = match origin {
            Origin::Registry => pinned.filter(|version| !version.is_empty() && !version.contains(['*', '>', '<', '~'])),
            Origin::Elsewhere => pinned.or(entry.reference.as_deref()).or(Some("")),
        };
        match version {
            Some(version) => {
                let draft = Draft { origin, scope: Some(scope), ..Draft::new(&*name, version, line) };
                builder.add(key(&name, scope), draft);
            }
            // Pipenv leaves those open that its own platform does not install.
            None if pinned.is_some_and(|version| !version.is_empty()) => builder.gaps.add(reason::UNPINNED, &name),
            None => builder.gaps.add(reason::ENTRY, &name),
        }
    }
}

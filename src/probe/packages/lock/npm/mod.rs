//! `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3
//! (<https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json>).

mod installed;
mod nested;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::tree::Tree;
use super::{Around, Builder, Draft, Origin, Reading, Scope, reason};
use crate::probe::packages::json::{self, Entries};
use crate::probe::packages::lines::Lines;
use crate::probe::packages::npm_spec::is_archive_name;
use crate::probe::packages::{Manager, NotUnderstood};
use crate::probe::paths::joined;

#[derive(Deserialize)]
struct Lock<'a> {
    #[serde(rename = "lockfileVersion")]
    version: Option<Value>,
    #[serde(borrow)]
    packages: Option<&'a RawValue>,
    #[serde(borrow)]
    dependencies: Option<&'a RawValue>,
}

/// Reads the packages of a lock file.
///
/// # Errors
/// When it is not JSON of a known `lockfileVersion`.
pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    let lock: Lock<'_> =
        serde_json::from_str(text).map_err(|error| json::refused("npm lock file", text, error.line()))?;
    let version = match &lock.version {
        None => None,
        Some(value) => match value.as_u64() {
            Some(known @ 1..=3) => Some(known),
            _ => return Err(NotUnderstood::new(format!("unknown lockfileVersion {}", shown(value)))),
        },
    };
    let lines = Lines::of(text);
    let list = |raw: &'_ RawValue| lines.of_part(raw.get()) as usize;
    let wrong = |raw: &'_ RawValue| json::refused("npm lock file", text, list(raw));
    let mut builder = Builder::new(Manager::Npm, version.map(|version| version.to_string()).unwrap_or_default());
    match (version, lock.packages, lock.dependencies) {
        (None | Some(2 | 3), Some(raw), _) => {
            let entries = Entries::of(raw).ok_or_else(|| wrong(raw))?;
            installed::read(&entries, &lines, around, &mut builder);
        }
        // Old shrinkwrap files carry no version.
        (None | Some(1 | 2), _, Some(raw)) => {
            let entries = Entries::of(raw).ok_or_else(|| wrong(raw))?;
            nested::read(entries, &lines, around, &mut builder);
        }
        // npm writes no `dependencies` at all for a project without any.
        (Some(1), _, None) => builder.root(around.manifest_path("", "package.json")),
        _ => return Err(NotUnderstood::new("an npm lock file without its list of packages")),
    }
    Ok(builder.finish(around.path))
}

/// A number or a text, cut where it is long.
pub(super) fn shown(value: &Value) -> String {
    let text: String = value.to_string().chars().take(20).collect();
    if value.is_number() || value.is_string() { text } else { "of a wrong type".to_owned() }
}

/// What the manifest beside the lock file asks for, where the lock file does not repeat it.
fn wants_of_manifest(around: &Around<'_>, tree: &Tree<'_>, builder: &mut Builder) {
    let Some(manifest) = around.manifest("", "package.json") else { return };
    builder.root(manifest.path.as_str());
    for asked in &manifest.declared {
        let name = asked.alias.as_ref().unwrap_or(&asked.name);
        if let Some(package) = tree.find(&[0], name) {
            builder.wants(&manifest.path, name.as_str(), asked.range.as_str(), asked.scope, package.to_string());
        }
    }
}

/// The path of the manifest in `folder`, which may begin with `../`: `None` outside the project.
fn manifest_in(around: &Around<'_>, folder: &str) -> Option<String> {
    let folder = joined(around.folder(), folder)?;
    Some(if folder.is_empty() { "package.json".to_owned() } else { format!("{folder}/package.json") })
}

fn scope(dev: bool) -> Scope {
    if dev { Scope::Development } else { Scope::Production }
}

/// The folder of the project that `place` (a `version` or `resolved`) speaks of.
fn own_folder(place: &str) -> Option<&str> {
    let folder = place.strip_prefix("link:").or_else(|| place.strip_prefix("file:").filter(|p| !is_archive_name(p)))?;
    Some(folder.strip_prefix("//").unwrap_or(folder))
}

/// Tarballs of every registry, mirrors too, come over http(s), so what they come from is no sign.
fn is_address(place: &str) -> bool {
    const STARTS: [&str; 7] = ["git+", "git:", "git@", "github:", "gitlab:", "bitbucket:", "file:"];
    STARTS.iter().any(|start| place.starts_with(start))
}

#[cfg(test)]
mod tests;

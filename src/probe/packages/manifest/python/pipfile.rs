//! `Pipfile` (<https://pipenv.pypa.io/en/latest/pipfile.html>).

use super::super::{Manifest, Runtime};
use super::{poetry, scope_of};
use crate::probe::packages::toml_doc::{self, Doc};
use crate::probe::packages::{NotUnderstood, Scope};

/// Tables that are no categories of packages.
const SETTINGS: [&str; 5] = ["source", "requires", "pipenv", "scripts", "pipfile"];

/// Reads the file into `manifest`.
pub(super) fn read(text: &str, manifest: &mut Manifest) -> Result<(), NotUnderstood> {
    let doc = Doc::parse(text, "Pipfile")?;
    let mut tables: Vec<_> = doc.table.iter().collect();
    tables.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in tables {
        let name: &str = key.get_ref();
        if SETTINGS.contains(&name) || !value.get_ref().is_table() {
            continue;
        }
        let scope = match name {
            "packages" => Scope::Production,
            "dev-packages" => Scope::Development,
            category => scope_of(category),
        };
        poetry::group(&doc, &[name], scope, manifest);
    }
    for key in ["python_full_version", "python_version"] {
        if let Some(value) = toml_doc::at(&doc.table, &["requires", key])
            && let Some(range) = value.get_ref().as_str()
        {
            let range = range.to_owned();
            manifest.runtimes.push(Runtime { name: "python".to_owned(), range, line: doc.line(value) });
            break;
        }
    }
    Ok(())
}

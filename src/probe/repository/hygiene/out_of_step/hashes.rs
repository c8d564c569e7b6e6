//! Hashes by which Composer and Poetry see that a manifest changed since its lock file was made.
//!
//! They are told only where the hash can be worked out exactly as the tool does.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use sha2::{Digest, Sha256};

use super::Difference;
use crate::probe::packages::{Manager, ascii_quoted, composer_content_hash};

/// What a hash says, where the lock file has one.
pub fn difference(
    manager: Manager,
    manifest: Option<&str>,
    lock: impl FnOnce() -> Option<Rc<str>>,
) -> Option<Difference> {
    let manifest = manifest.filter(|_| matches!(manager, Manager::Composer | Manager::Poetry))?;
    let lock = lock()?;
    let lock = &*lock;
    let (fits, hard) = match manager {
        Manager::Composer => (composer_content_hash(manifest)? == quoted_after(lock, "\"content-hash\":")?, false),
        Manager::Poetry => (poetry(manifest)?.contains(quoted_after(lock, "content-hash =")?), true),
        _ => return None,
    };
    let words = "the manifest changed after the lock file was made (its `content-hash` is another one)".to_owned();
    (!fits).then_some(Difference { words, name: None, line: None, hard })
}

/// The quoted text after the last `key`.
fn quoted_after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let (_, after) = text.rsplit_once(key)?;
    after.split('"').nth(1).filter(|hash| !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The hashes that Poetry 1.0, 1.2 and 2.0 would write (`poetry.packages.locker.Locker._get_content_hash`).
fn poetry(manifest: &str) -> Option<BTreeSet<String>> {
    const LEGACY: [&str; 4] = ["dependencies", "source", "extras", "dev-dependencies"];
    let all: toml::Table = manifest.parse().ok()?;
    // Later versions take these in as well, each in its own way.
    if all.contains_key("dependency-groups") {
        return None;
    }
    let tool = all.get("tool").and_then(|tool| tool.get("poetry"));
    let of = |table: Option<&toml::Value>, key: &str| table.and_then(|table| table.get(key)).map(python);
    let mut legacy: BTreeMap<&str, String> = BTreeMap::new();
    for key in LEGACY {
        legacy.insert(key, of(tool, key).unwrap_or_else(|| Some("null".to_owned()))?);
    }
    let mut grouped = legacy.clone();
    if let Some(group) = of(tool, "group") {
        grouped.insert("group", group?);
    }
    let mut project: BTreeMap<&str, String> = BTreeMap::new();
    for key in ["requires-python", "dependencies", "optional-dependencies"] {
        if let Some(value) = of(all.get("project"), key) {
            project.insert(key, value?);
        }
    }
    let mut said = vec![object(&legacy), object(&grouped)];
    if !project.is_empty() {
        grouped.retain(|_, value| value != "null");
        let tool = format!("{{\"poetry\": {}}}", object(&grouped));
        said.push(object(&BTreeMap::from([("project", object(&project)), ("tool", tool)])));
    }
    Some(said.iter().map(|text| hex(&Sha256::digest(text.as_bytes()))).collect())
}

/// What `json.dumps(…, sort_keys=True)` writes; `None` for what it writes in a way of its own.
fn python(value: &toml::Value) -> Option<String> {
    Some(match value {
        toml::Value::String(text) => ascii_quoted(text),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Boolean(truth) => truth.to_string(),
        toml::Value::Float(_) | toml::Value::Datetime(_) => return None,
        toml::Value::Array(list) => {
            let parts: Vec<String> = list.iter().map(python).collect::<Option<_>>()?;
            format!("[{}]", parts.join(", "))
        }
        toml::Value::Table(table) => {
            let entries: Option<BTreeMap<&str, String>> =
                table.iter().map(|(key, value)| Some((key.as_str(), python(value)?))).collect();
            object(&entries?)
        }
    })
}

fn object(entries: &BTreeMap<&str, String>) -> String {
    let parts: Vec<String> = entries.iter().map(|(key, value)| format!("{}: {value}", ascii_quoted(key))).collect();
    format!("{{{}}}", parts.join(", "))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hashes are those that Python writes for the same texts.
    #[test]
    fn hashes_are_those_of_poetry() {
        let manifest = "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\npython = \"^3.11\"\n\
            Jinja2 = {version = \"^3\", optional = true, extras = [\"i18n\", \"ü\"]}\n[tool.poetry.group.dev.dependencies]\npytest = \"*\"\n";
        let hashes = poetry(manifest).unwrap();
        assert!(hashes.contains("98828a85d68a74b6400ce42ed61f926cf3e0a582be89a275e8899f8fa864500c"), "{hashes:?}");
        let manifest = "[project]\nname = \"shop\"\nrequires-python = \">=3.11\"\ndependencies = [\"flask>=3\"]\n\
            [tool.poetry]\npackage-mode = false\n";
        assert!(poetry(manifest).unwrap().contains("c0b26342c086a591c3e845d83636dea6a7517d473a7d0a17389368fdf48ad29b"));
    }

    #[test]
    fn a_hash_that_differs_is_told_and_one_that_cannot_be_worked_out_is_not() {
        let manifest = "{\"require\": {\"a/b\": \"^1\"}}";
        let lock = |hash: &str| format!("{{\n    \"content-hash\": \"{hash}\",\n    \"packages\": []\n}}");
        let good = composer_content_hash(manifest).unwrap();
        let told = |manifest: &str, lock: &str| {
            difference(Manager::Composer, Some(manifest), || Some(Rc::from(lock))).is_some()
        };
        assert!(!told(manifest, &lock(&good)));
        assert!(told(manifest, &lock("00")));
        assert!(!told("{\"extra\": 0.1}", &lock("00")));
        assert!(!told(manifest, "{}"));
    }
}

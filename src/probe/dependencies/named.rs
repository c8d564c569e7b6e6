//! Packages that are used without an import: named in a script, a setting, a stylesheet or where the app is started.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::started::is_of_host;
use crate::probe::files::{FileEntry, Listing};
use crate::probe::repository::is_aside;

/// More such files than this are not read.
const MOST_FILES: usize = 5_000;

/// So many of them may be of one file.
const MOST_OF_A_FILE: usize = 3;
/// So many places of one word are kept: the first may be one that says nothing of the package's use.
const MOST_PLACES: usize = 8;

/// Where each of `wanted`, names of packages, is named: its first places.
#[must_use]
pub fn collect(
    listing: &Listing,
    wanted: &BTreeSet<String>,
    cancel: &CancellationToken,
) -> BTreeMap<String, Vec<(String, u32)>> {
    let mut found: BTreeMap<String, Vec<(String, u32)>> = BTreeMap::new();
    if wanted.is_empty() {
        return found;
    }
    let files = listing.files.iter().filter(|file| !is_aside(&file.path) && (is_manifest(file) || is_setting(file)));
    for file in files.take(MOST_FILES) {
        if cancel.is_cancelled() {
            break;
        }
        let Ok(text) = file.read() else { continue };
        let mut tell = |text: &str, line: &dyn Fn() -> u32| {
            for word in words(text).filter(|word| wanted.contains(*word)) {
                let places = found.entry(word.to_owned()).or_default();
                // What one file says again says nothing more, but for what it asks for.
                let of_file = places.iter().rev().take_while(|(path, _)| *path == file.path).count();
                if places.len() < MOST_PLACES && of_file < MOST_OF_A_FILE {
                    let place = (file.path.clone(), line());
                    places.extend(Some(place).filter(|place| !places.contains(place)));
                }
            }
        };
        if is_manifest(file) {
            manifest(&text, &mut tell, cancel);
        } else {
            let sheet = matches!(file.extension(), "css" | "scss" | "sass" | "less" | "pcss");
            for (line, number) in text.lines().zip(1..) {
                let comment = line.trim_start().starts_with(['#', ';']) || line.trim_start().starts_with("//");
                if !comment && (!sheet || line.trim_start().starts_with('@') || line.contains("url(")) {
                    tell(line, &|| number);
                }
            }
        }
    }
    found
}

fn is_manifest(file: &FileEntry) -> bool {
    file.name() == "package.json"
}

fn is_setting(file: &FileEntry) -> bool {
    let name = file.name().to_ascii_lowercase();
    let stem = name.rsplit_once('.').map_or(&*name, |(stem, _)| stem);
    let python = file.extension() == "py"
        && (name.contains("settings")
            || name.contains("config")
            || name == "asgi.py"
            || name == "wsgi.py"
            || file.path.contains("settings/"));
    name.starts_with("procfile")
        || name.starts_with("dockerfile")
        || name.ends_with(".dockerfile")
        || matches!(&*name, "containerfile" | "makefile")
        || stem.ends_with(".config")
        || (name.starts_with('.') && (name.ends_with("rc") || stem.ends_with("rc")))
        || name.starts_with("tsconfig")
        || matches!(&*name, "angular.json" | "nest-cli.json")
        || is_of_host(&file.path)
        || matches!(file.extension(), "sh" | "css" | "scss" | "sass" | "less" | "pcss" | "prisma" | "service")
        || python
}

/// All of a `package.json` but what it asks for and what it says of itself: scripts, and settings of tools.
fn manifest(text: &str, tell: &mut dyn FnMut(&str, &dyn Fn() -> u32), cancel: &CancellationToken) {
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(text) else { return };
    let says_nothing = |key: &str| {
        key.to_ascii_lowercase().contains("dependencies")
            || matches!(
                key,
                "name"
                    | "description"
                    | "keywords"
                    | "author"
                    | "contributors"
                    | "license"
                    | "repository"
                    | "bugs"
                    | "homepage"
                    | "overrides"
                    | "resolutions"
                    | "pnpm"
                    | "engines"
                    | "packageManager"
                    | "workspaces"
                    | "peerDependenciesMeta"
                    | "version"
            )
    };
    // Most files name nothing that is wanted; one that does is gone through once.
    let lines: OnceCell<HashMap<&str, u32>> = OnceCell::new();
    let line = |of: &str| lines.get_or_init(|| quoted(text)).get(of).copied().unwrap_or(1);
    let mut waiting: Vec<(&str, &Value)> =
        fields.iter().filter(|(key, _)| !says_nothing(key)).map(|(key, value)| (key.as_str(), value)).collect();
    while let Some((key, value)) = waiting.pop() {
        if cancel.is_cancelled() {
            return;
        }
        match value {
            Value::String(value) => tell(value, &|| line(key)),
            Value::Array(values) => waiting.extend(values.iter().map(|value| (key, value))),
            Value::Object(fields) => {
                for (inner, value) in fields {
                    tell(inner, &|| line(inner));
                    waiting.push((inner, value));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// The first line of all that stands between quotation marks.
pub fn quoted(text: &str) -> HashMap<&str, u32> {
    let mut found = HashMap::new();
    for (line, number) in text.lines().zip(1..) {
        for part in line.split('"').skip(1) {
            found.entry(part).or_insert(number);
        }
    }
    found
}

/// The words of a line that may name a package: as written, and without what comes after the package's own name.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '@' | '/' | '_' | '.' | '-')));
    parts.map(|word| word.trim_matches(['.', '-', '/'])).filter(|word| !word.is_empty()).flat_map(|word| {
        // Nearly every word is only that.
        if !word.bytes().any(|byte| matches!(byte, b'/' | b'.')) {
            return [Some(word), None, None].into_iter().flatten();
        }
        let word = word.rsplit_once("node_modules/").map_or(word, |(_, inner)| inner);
        let word = word.strip_prefix(".bin/").unwrap_or(word);
        let slashes = usize::from(word.starts_with('@'));
        let package = word.match_indices('/').nth(slashes).and_then(|(end, _)| word.get(..end));
        let top = word.split_once('.').map(|(top, _)| top);
        [Some(word), package, top].into_iter().flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::samples::listed;

    #[test]
    fn a_program_among_the_installed_ones_is_named() {
        let all = |text: &str| words(text).map(str::to_owned).collect::<Vec<_>>();
        assert!(all("CMD [\"node_modules/.bin/semver\", \"1.0.0\"]").contains(&"semver".to_owned()));
        assert!(all("RUN /app/node_modules/@acme/tool/bin/x").contains(&"@acme/tool".to_owned()));
    }

    #[test]
    fn the_first_places_of_a_word_are_kept() {
        let names: Vec<String> = (0..10).map(|n| format!("a{n}.sh")).collect();
        let files: Vec<(&str, &str)> =
            names.iter().map(|name| (name.as_str(), "tool\ntool\ntool\ntool\n# tool\n")).collect();
        let (_folder, listing) = listed(&files);
        let cancel = CancellationToken::new();
        let found = collect(&listing, &BTreeSet::from(["tool".to_owned()]), &cancel);
        let told: Vec<String> = found["tool"].iter().map(|(path, line)| format!("{path}:{line}")).collect();
        assert_eq!(told, ["a0.sh:1", "a0.sh:2", "a0.sh:3", "a1.sh:1", "a1.sh:2", "a1.sh:3", "a2.sh:1", "a2.sh:2"]);
    }

    #[test]
    fn the_line_of_a_large_manifest_is_looked_up_only_where_a_word_is_wanted() {
        let scripts: Vec<String> = (0..20_000).map(|n| format!("\"s{n}\": \"tool{n} --all\"")).collect();
        let text = format!("{{\"scripts\": {{\n{}\n}}}}", scripts.join(",\n"));
        let cancel = CancellationToken::new();
        let (mut told, mut found) = (0, Vec::new());
        let mut tell = |value: &str, line: &dyn Fn() -> u32| {
            told += 1;
            if value.starts_with("tool7 ") || value == "s19999" {
                found.push((value.to_owned(), line()));
            }
        };
        manifest(&text, &mut tell, &cancel);
        found.sort();
        assert_eq!((told, found), (40_000, vec![("s19999".to_owned(), 20_001), ("tool7 --all".to_owned(), 9)]));
        // Stopped midway, nothing more is looked at.
        let mut told = 0;
        let mut stop = |_: &str, _: &dyn Fn() -> u32| {
            told += 1;
            cancel.cancel();
        };
        manifest(
            &text.replace("\"scripts\": {", "\"a\": {\"b\": \"c\"}, \"d\": [\"e\", \"f\"], \"scripts\": {"),
            &mut stop,
            &cancel,
        );
        assert!(told <= 20_000, "{told}");
    }
}

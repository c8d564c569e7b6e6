//! `requirements.txt` (<https://pip.pypa.io/en/stable/reference/requirements-file-format/>).

use std::collections::{BTreeMap, BTreeSet};

use tokio_util::sync::CancellationToken;

use super::{Builder, Draft, Scope, reason};
use crate::probe::files::{FileEntry, Gaps, Listing};
use crate::probe::packages::{Manager, Packages, text_of};

/// Words in a file's name that say it is not for production.
const DEVELOPMENT: [&str; 14] = [
    "dev",
    "develop",
    "development",
    "test",
    "tests",
    "testing",
    "lint",
    "linting",
    "doc",
    "docs",
    "ci",
    "local",
    "typing",
    "style",
];

/// Whether a file of this path is a requirements file by its name.
pub fn is_requirements(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or(path).to_lowercase();
    let in_folder = parts.next() == Some("requirements");
    name.ends_with(".txt")
        && !name.contains("constraint")
        && (in_folder || name.starts_with("requirements") || name.ends_with("requirements.txt"))
}

/// What one requirements file fixes.
#[derive(Debug, Default)]
struct Pins {
    packages: Vec<Draft>,
    gaps: Gaps,
}

/// Reads every requirements file. They include each other; each is read once, whatever the circles.
pub fn collect(found: &mut Packages, listing: &Listing, cancel: &CancellationToken) {
    let by_path: BTreeMap<&str, &FileEntry> = listing.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let mut waiting: Vec<String> =
        by_path.keys().filter(|path| is_requirements(path)).map(|path| (*path).to_owned()).collect();
    let mut pins: BTreeMap<String, Option<Pins>> = BTreeMap::new();
    let mut includes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    while let Some(path) = waiting.pop() {
        if cancel.is_cancelled() {
            return;
        }
        let Some(file) = by_path.get(path.as_str()) else { continue };
        if pins.contains_key(&path) {
            continue;
        }
        let text = match text_of(file) {
            Ok(text) => text,
            Err(why) => {
                found.pass_over(&path, &why);
                pins.insert(path, None);
                continue;
            }
        };
        let (mut reading, targets) = read(&text);
        let mut reached = Vec::new();
        for target in targets {
            match resolve(&path, &target).filter(|inner| by_path.contains_key(inner.as_str())) {
                Some(inner) => reached.push(inner),
                None => reading.gaps.add(reason::INCLUDE, &format!("{target} in {path}")),
            }
        }
        waiting.extend(reached.iter().cloned());
        includes.insert(path.clone(), reached);
        pins.insert(path, Some(reading));
    }
    let development: BTreeSet<String> = development_only(&includes);
    for (path, pins) in pins {
        let Some(pins) = pins else { continue };
        let scope = if development.contains(&path) { Scope::Development } else { Scope::Production };
        let mut builder = Builder::new(Manager::Pip, "");
        builder.gaps = pins.gaps;
        builder.root(&path);
        for draft in pins.packages {
            let key = draft.name.clone();
            builder.wants(&path, &draft.name, format!("=={}", draft.version), scope, &key);
            builder.add(key, Draft { scope: Some(scope), ..draft });
        }
        found.add(builder.finish(&path));
    }
}

/// Reads the pinned packages of a file, and which further files it includes (paths as written).
fn read(text: &str) -> (Pins, Vec<String>) {
    let mut reading = Pins::default();
    let mut includes = Vec::new();
    for (line, requirement) in logical_lines(text) {
        if let Some(option) = requirement.strip_prefix('-') {
            match included(option) {
                Some(path) => includes.push(path.to_owned()),
                None => {
                    if let Some(target) = editable(option) {
                        reading.add_requirement(line, target);
                    }
                }
            }
        } else {
            reading.add_requirement(line, &requirement);
        }
    }
    (reading, includes)
}

/// Lines joined where a backslash ends them, without comments, with the number of the first.
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut out = Vec::new();
    let mut open: Option<(u32, String)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let is_comment = line.trim_start().starts_with('#');
        let (mut first, mut joined) = open.take().unwrap_or((number, String::new()));
        if joined.trim().is_empty() {
            first = number;
        }
        // As pip does: a comment line ends what it stands in, whatever its last character is.
        if let Some(start) = line.trim_end().strip_suffix('\\').filter(|_| !is_comment) {
            joined.push_str(start);
            open = Some((first, joined));
            continue;
        }
        if is_comment {
            joined.push(' ');
        }
        joined.push_str(line);
        out.push((first, joined));
    }
    out.extend(open);
    out.into_iter()
        .map(|(line, text)| (line, without_comment(&text).trim().to_owned()))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

fn without_comment(line: &str) -> &str {
    let mut before = None;
    for (at, c) in line.char_indices() {
        if c == '#' && before.is_none_or(char::is_whitespace) {
            return line.get(..at).unwrap_or(line);
        }
        before = Some(c);
    }
    line
}

/// The path of `-r path`, `-rpath`, `--requirement path` and `--requirement=path`; `option` has lost its first dash.
fn included(option: &str) -> Option<&str> {
    value_of(option, "-requirement", 'r')
}

/// What `-e` or `--editable` installs: a folder, or a repository's address.
fn editable(option: &str) -> Option<&str> {
    value_of(option, "-editable", 'e')
}

fn value_of<'a>(option: &'a str, long: &str, short: char) -> Option<&'a str> {
    let rest = match option.strip_prefix(long) {
        Some(rest) => rest.strip_prefix('=').or_else(|| rest.strip_prefix(char::is_whitespace))?,
        None => option.strip_prefix(short)?,
    };
    Some(rest.trim()).filter(|value| !value.is_empty())
}

impl Pins {
    fn add_requirement(&mut self, line: u32, requirement: &str) {
        let shown: String = requirement.chars().take(60).collect();
        let plain = requirement.split(" --").next().unwrap_or(requirement);
        let plain = plain.split(" ;").next().unwrap_or(plain).trim();
        let is_archive = plain.ends_with(".whl") || plain.ends_with(".zip") || plain.ends_with(".tar.gz");
        // A folder of the project is its own code.
        if plain.starts_with(['.', '/']) && !is_archive {
            return;
        }
        if plain.contains("://") || plain.contains(" @ ") || is_archive {
            // A URL may carry a password.
            let name = plain.split(['@', ':', ' ']).next().unwrap_or("");
            self.gaps.add(reason::NO_REGISTRY, name);
            return;
        }
        let plain = plain.split(';').next().unwrap_or(plain).trim();
        let name_end = plain.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(plain.len());
        let (name, rest) = plain.split_at(name_end);
        let Some(specifiers) = without_extras(rest).filter(|_| !name.is_empty()) else {
            self.gaps.add(reason::ENTRY, &shown);
            return;
        };
        match pinned(specifiers) {
            Some(version) => self.packages.push(Draft::new(name, version, line)),
            None => self.gaps.add("requirement without an exact version (==)", name),
        }
    }
}

fn without_extras(rest: &str) -> Option<&str> {
    let rest = rest.trim();
    match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']').map(|(_, after)| after.trim()),
        None => Some(rest),
    }
}

fn pinned(specifiers: &str) -> Option<&str> {
    specifiers.trim_matches(['(', ')', ' ']).split(',').find_map(|specifier| {
        let specifier = specifier.trim();
        let version = specifier.strip_prefix("===").or_else(|| specifier.strip_prefix("=="))?.trim();
        (!version.is_empty() && !version.contains(['*', ' ', '$'])).then_some(version)
    })
}

/// `target` as included from the file `from`: relative to the project; `None` when it leads out of it.
fn resolve(from: &str, target: &str) -> Option<String> {
    let target = target.trim_matches(['"', '\'']).replace('\\', "/");
    if target.starts_with('/') || target.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The files that only development installs: those whose names say so, and what nothing else includes.
fn development_only(includes: &BTreeMap<String, Vec<String>>) -> BTreeSet<String> {
    let included: BTreeSet<&String> = includes.values().flatten().collect();
    let named_by_itself = |path: &String| is_requirements(path) || !included.contains(path);
    let mut waiting: Vec<&String> =
        includes.keys().filter(|path| named_by_itself(path) && !says_development(path)).collect();
    let mut production = BTreeSet::new();
    while let Some(path) = waiting.pop() {
        if production.insert(path) {
            waiting.extend(includes.get(path).into_iter().flatten());
        }
    }
    includes.keys().filter(|path| !production.contains(path)).cloned().collect()
}

fn says_development(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or(path).to_lowercase();
    let folder = parts.next().unwrap_or("");
    let mut words = name.trim_end_matches(".txt").split(['-', '_', '.']);
    words.any(|word| DEVELOPMENT.contains(&word)) || matches!(folder, "doc" | "docs" | "test" | "tests")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_read_and_all_else_is_counted() {
        let text = "# comment\n\
            Flask==2.2.2\n\
            uvicorn[standard] == 0.20.0 ; python_version >= \"3.8\"  # why\n\
            certifi==2022.12.7 \\\n    --hash=sha256:aaaa \\\n    --hash=sha256:bbbb\n\
            legacy (==1.0)\n\
            exact===1.0.post1\n\
            both>=1.0,==1.5\n\
            --index-url https://example.com/simple\n\
            -c constraints.txt\n\
            -e .\n\
            ./libs/mine\n\
            gunicorn\n\
            django>=4\n\
            wild==1.*\n\
            fork @ git+https://u:p@example.com/fork.git\n\
            -e git+https://example.com/x.git#egg=x\n\
            vendor/y-1.0.whl\n\
            !!!\n";
        let (reading, includes) = read(text);
        let told: Vec<_> = reading.packages.iter().map(|p| format!("{} {}:{}", p.name, p.version, p.line)).collect();
        assert_eq!(
            told,
            [
                "Flask 2.2.2:2",
                "uvicorn 0.20.0:3",
                "certifi 2022.12.7:4",
                "legacy 1.0:7",
                "exact 1.0.post1:8",
                "both 1.5:9"
            ]
        );
        assert!(includes.is_empty());
        let gaps: Vec<_> =
            reading.gaps.into_vec().into_iter().map(|gap| (gap.reason, gap.count, gap.examples)).collect();
        let gap = |reason: &str, count, examples: &[&str]| {
            (reason.to_owned(), count, examples.iter().map(|e| (*e).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(
            gaps,
            [
                gap(reason::ENTRY, 1, &["!!!"]),
                gap(reason::NO_REGISTRY, 3, &["fork", "git+https", "vendor/y-1.0.whl"]),
                gap("requirement without an exact version (==)", 3, &["gunicorn", "django", "wild"]),
            ]
        );
    }

    #[test]
    fn includes_are_found_and_kept_inside() {
        let (_, includes) = read("-r base.txt\n-r../x.txt\n--requirement=a/b.txt\n--requirement  c.txt\n");
        assert_eq!(includes, ["base.txt", "../x.txt", "a/b.txt", "c.txt"]);
        assert_eq!(resolve("requirements/dev.txt", "./base.txt"), Some("requirements/base.txt".to_owned()));
        assert_eq!(resolve("requirements/dev.txt", "..\\all.txt"), Some("all.txt".to_owned()));
        assert_eq!(resolve("requirements.txt", "../../etc/passwd"), None);
        assert_eq!(resolve("requirements.txt", "/etc/passwd"), None);
        assert_eq!(resolve("requirements.txt", "https://example.com/r.txt"), None);
    }

    #[test]
    fn names_tell_requirements_and_development() {
        for path in ["requirements.txt", "requirements-dev.txt", "a/dev-requirements.txt", "requirements/prod.txt"] {
            assert!(is_requirements(path), "{path}");
        }
        for path in ["notes.txt", "requirements.in", "requirements/constraints.txt", "requirements/README.md"] {
            assert!(!is_requirements(path), "{path}");
        }
        let files = [
            ("requirements.txt", vec!["requirements/base.txt"]),
            ("requirements/base.txt", vec![]),
            ("requirements-dev.txt", vec!["requirements.txt", "tools/lint.in"]),
            ("tools/lint.in", vec![]),
            ("docs/requirements.txt", vec!["docs/requirements.txt"]),
        ];
        let own = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let includes = files.iter().map(|(path, list)| ((*path).to_owned(), own(list))).collect();
        assert_eq!(
            development_only(&includes).into_iter().collect::<Vec<_>>(),
            ["docs/requirements.txt", "requirements-dev.txt", "tools/lint.in"]
        );
    }
}

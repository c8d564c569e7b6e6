//! `requirements.txt` (<https://pip.pypa.io/en/stable/reference/requirements-file-format/>).

use std::collections::{BTreeMap, BTreeSet};

use tokio_util::sync::CancellationToken;

use super::{Builder, Draft, Origin, Reading, Scope, reason};
use crate::probe::files::{FileEntry, Gaps, Listing};
use crate::probe::packages::manifest::python::requirements_file::{Line, Said, lines, says_development};
use crate::probe::packages::manifest::{Manifest, Source};
use crate::probe::packages::{Ecosystem, Manager, Packages, text_of};

/// Nothing says that the file names more than what the project imports itself.
/// More versions of one package than this are not told apart; markers for Pythons and platforms need far fewer.
const MOST_VERSIONS: usize = 64;
const PARTIAL: &str = "requirements file that does not say whether it names what its packages need in turn";

/// Whether a file of this path is a requirements file by its name.
pub fn is_requirements(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or(path).to_lowercase();
    let in_folder = parts.next() == Some("requirements");
    name.ends_with(".txt")
        && !name.contains("constraint")
        && (in_folder || name.starts_with("requirements") || name.ends_with("requirements.txt"))
}

/// What one requirements file says.
#[derive(Debug, Default)]
struct Pins {
    /// With the range as written and who asks for it.
    packages: Vec<(Draft, String, Vec<String>)>,
    /// Asked for without a version, with their line and range.
    unpinned: Vec<(String, u32, String)>,
    includes: Vec<String>,
    constraints: Vec<String>,
    /// A compiler wrote it, so it names everything that is installed.
    compiled: bool,
    gaps: Gaps,
}

/// Reads every requirements file. They include each other; each is read once, whatever the circles.
pub fn collect(found: &mut Packages, listing: &Listing, cancel: &CancellationToken) {
    let by_path: BTreeMap<&str, &FileEntry> = listing.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let named = by_path.keys().filter(|path| is_requirements(path));
    // Each with whether it asks for packages or only says which versions they have if somebody else does.
    let mut waiting: Vec<(String, bool)> = named.map(|path| ((*path).to_owned(), true)).collect();
    let mut read_files: BTreeMap<String, Option<Pins>> = BTreeMap::new();
    let mut asking: BTreeSet<String> = BTreeSet::new();
    let mut reached: BTreeMap<String, Reached> = BTreeMap::new();
    while let Some((path, asks)) = waiting.pop() {
        if cancel.is_cancelled() {
            return;
        }
        let Some(file) = by_path.get(path.as_str()) else { continue };
        let is_new_ask = asks && asking.insert(path.clone());
        if !read_files.contains_key(&path) {
            let pins = match text_of(file) {
                Ok(text) => Some(read(&text)),
                Err(why) => {
                    found.pass_over(&path, &why);
                    None
                }
            };
            reached.insert(path.clone(), Reached::of(&path, pins.as_ref(), &by_path, found.gaps_of(&path)));
            read_files.insert(path.clone(), pins);
        } else if !is_new_ask {
            continue;
        }
        if let Some(reached) = reached.get(&path) {
            waiting.extend(reached.includes.iter().map(|inner| (inner.clone(), asks)));
            waiting.extend(reached.constraints.iter().map(|inner| (inner.clone(), false)));
        }
    }
    let includes: BTreeMap<String, Vec<String>> = reached
        .iter()
        .filter(|(path, _)| asking.contains(*path))
        .map(|(p, r)| (p.clone(), r.includes.clone()))
        .collect();
    let development = development_only(&includes);
    let mut included_by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (outer, reached) in &reached {
        for inner in &reached.includes {
            included_by.entry(inner).or_default().push(outer);
        }
    }
    let constraints = Constraints { files: &read_files, reached: &reached, included_by };
    let mut readings = Vec::new();
    for path in &asking {
        let Some(Some(pins)) = read_files.get(path) else { continue };
        let scope = if development.contains(path) { Scope::Development } else { Scope::Production };
        readings.push(locked(path, pins, scope, &constraints.of(path), &found.manifests));
    }
    for reading in readings {
        found.add(reading);
    }
}

/// The files of the project that one names.
#[derive(Debug, Default)]
struct Reached {
    includes: Vec<String>,
    constraints: Vec<String>,
}

impl Reached {
    fn of(path: &str, pins: Option<&Pins>, files: &BTreeMap<&str, &FileEntry>, gaps: &mut Gaps) -> Self {
        let mut inside = |targets: &Vec<String>| {
            let mut found = Vec::new();
            for target in targets {
                match resolve(path, target).filter(|inner| files.contains_key(inner.as_str())) {
                    Some(inner) => found.push(inner),
                    // An address may carry a password.
                    None if target.contains("://") => gaps.add(reason::INCLUDE, &format!("an address in {path}")),
                    None => gaps.add(reason::INCLUDE, &format!("{target} in {path}")),
                }
            }
            found
        };
        pins.map_or_else(Self::default, |pins| Self {
            includes: inside(&pins.includes),
            constraints: inside(&pins.constraints),
        })
    }
}

/// Which versions constraints files give to what is asked for without one.
struct Constraints<'a> {
    files: &'a BTreeMap<String, Option<Pins>>,
    reached: &'a BTreeMap<String, Reached>,
    included_by: BTreeMap<&'a str, Vec<&'a str>>,
}

impl Constraints<'_> {
    /// As pip does, those of a file hold for all that it includes and the other way round. A file that can be installed
    /// by itself has no more than it names.
    fn of(&self, path: &str) -> BTreeMap<String, String> {
        let mut pins = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut waiting: Vec<(&str, bool)> =
            self.includers(path).into_iter().chain([path]).map(|path| (path, false)).collect();
        while let Some((path, constrains)) = waiting.pop() {
            if !seen.insert((path, constrains)) {
                continue;
            }
            if let Some(reached) = self.reached.get(path) {
                waiting.extend(reached.includes.iter().map(|inner| (inner.as_str(), constrains)));
                waiting.extend(reached.constraints.iter().map(|inner| (inner.as_str(), true)));
            }
            let file = self.files.get(path).and_then(Option::as_ref).filter(|_| constrains);
            for (draft, _, _) in file.into_iter().flat_map(|file| &file.packages) {
                pins.entry(Ecosystem::PyPi.normalize(&draft.name)).or_insert_with(|| draft.version.clone());
            }
        }
        pins
    }

    /// The files without which this one is not installed.
    fn includers<'p>(&'p self, path: &'p str) -> BTreeSet<&'p str> {
        let mut found = BTreeSet::new();
        let mut waiting = vec![path];
        while let Some(inner) = waiting.pop() {
            let outer = self.included_by.get(inner).filter(|_| !is_requirements(inner)).into_iter().flatten();
            waiting.extend(outer.copied().filter(|outer| found.insert(*outer)));
        }
        found
    }
}

/// Reads a file's lines.
fn read(text: &str) -> Pins {
    let mut pins = Pins::default();
    for line in lines(text) {
        pins.compiled |= is_from_compiler(&line);
        pins.add(line);
    }
    pins.compiled |= names_its_compiler(text);
    pins
}

/// Whether a compiler wrote this requirements file, so that it names everything that is installed.
#[must_use]
pub fn is_compiled(text: &str) -> bool {
    names_its_compiler(text) || lines(text).iter().any(is_from_compiler)
}

fn is_from_compiler(line: &Line) -> bool {
    !line.via.is_empty() || line.text.contains("--hash=")
}

/// pip-compile and uv say so in their first lines.
fn names_its_compiler(text: &str) -> bool {
    text.lines().take(10).any(|line| line.starts_with('#') && line.contains("autogenerated by"))
}

impl Pins {
    fn add(&mut self, line: Line) {
        match line.said() {
            Said::Include(path) => self.includes.push(path.to_owned()),
            Said::Constraints(path) => self.constraints.push(path.to_owned()),
            // A folder of the project is its own code.
            Said::Setting | Said::Place { source: Source::Own, .. } => {}
            Said::Place { name, .. } => {
                let draft = Draft { origin: Origin::Elsewhere, ..Draft::new(name, "", line.number) };
                self.packages.push((draft, String::new(), line.via));
            }
            Said::Odd => {
                let shown: String = line.text.chars().take(60).collect();
                // What was not understood may hold a password.
                let shown = if shown.contains("//") { format!("line {}", line.number) } else { shown };
                self.gaps.add(reason::ENTRY, &shown);
            }
            Said::Requirement(requirement) if requirement.source() == Source::Own => {}
            Said::Requirement(requirement) => {
                let (name, range) = (requirement.name.to_owned(), requirement.specifiers.to_owned());
                if requirement.url.is_some() {
                    let draft = Draft { origin: Origin::Elsewhere, ..Draft::new(name, "", line.number) };
                    self.packages.push((draft, range, line.via));
                } else if let Some(version) = requirement.pinned() {
                    let draft = Draft::new(name, version, line.number);
                    self.packages.push((draft, range, line.via));
                } else {
                    self.unpinned.push((name, line.number, range));
                }
            }
        }
    }
}

/// One file as a lock file.
fn locked(
    path: &str,
    pins: &Pins,
    scope: Scope,
    constraints: &BTreeMap<String, String>,
    manifests: &BTreeMap<String, Manifest>,
) -> Reading {
    let normal = |name: &str| Ecosystem::PyPi.normalize(name);
    let mut builder = Builder::new(Manager::Pip, "");
    builder.gaps = pins.gaps.clone();
    builder.root(path);
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (draft, _, _) in &pins.packages {
        let key = format!("{} {}", normal(&draft.name), draft.version);
        names.entry(normal(&draft.name)).or_default().push(key.clone());
        builder.add(key, Draft { scope: Some(scope), ..draft.clone() });
    }
    for (draft, range, via) in &pins.packages {
        let key = format!("{} {}", normal(&draft.name), draft.version);
        let mut asked = via.is_empty();
        for note in via {
            match Note::of(note) {
                Note::Other => {}
                Note::Package(name) if names.contains_key(&normal(name)) => {
                    let named = names.get(&normal(name)).into_iter().flatten().take(MOST_VERSIONS);
                    for from in named.filter(|from| **from != key) {
                        builder.needs(from, &key);
                    }
                }
                // The project itself, by its name: it is no package of the file.
                Note::Package(_) => asked = true,
                Note::Manifest(file) => {
                    asked = true;
                    if let Some(manifest) = manifest_of(path, file, manifests) {
                        asked = false;
                        let range = range_in(manifest, &draft.name);
                        builder.wants(&manifest.path, &draft.name, range, scope, &key);
                    }
                }
            }
        }
        if asked {
            builder.wants(path, &draft.name, range, scope, &key);
        }
    }
    for (name, line, range) in &pins.unpinned {
        match constraints.get(&normal(name)) {
            Some(version) => {
                let key = format!("{} {version}", normal(name));
                builder.add(&*key, Draft { scope: Some(scope), ..Draft::new(name, version, *line) });
                builder.wants(path, name, range, scope, key);
            }
            None => builder.gaps.add(reason::UNPINNED, name),
        }
    }
    let names_something = !pins.packages.is_empty() || !pins.unpinned.is_empty();
    if names_something && !pins.compiled {
        builder.gaps.add(PARTIAL, path);
    }
    builder.finish(path)
}

/// Who asks for a package, as a compiler notes it.
enum Note<'t> {
    /// Another package, or the project by its name.
    Package(&'t str),
    /// A file: `-r requirements.in`, `shop (pyproject.toml)`.
    Manifest(&'t str),
    /// Constraints and the like, which ask for nothing.
    Other,
}

impl<'t> Note<'t> {
    fn of(note: &'t str) -> Self {
        if let Some(file) = note.strip_prefix("-r ") {
            return Self::Manifest(file.trim());
        }
        if note.starts_with('-') {
            return Self::Other;
        }
        match note.split_once(" (") {
            // An extra of the project follows a colon.
            Some((_, file)) => Self::Manifest(file.trim_end_matches(')').split(".toml:").next().unwrap_or(file)),
            None => Self::Package(note.split(['[', ' ']).next().unwrap_or(note)),
        }
    }
}

/// The manifest that a note names: by a path from where the compiler ran, which is the file's folder or one above.
fn manifest_of<'m>(path: &str, file: &str, manifests: &'m BTreeMap<String, Manifest>) -> Option<&'m Manifest> {
    let file = if file.ends_with("pyproject") { format!("{file}.toml") } else { file.to_owned() };
    let mut folder = path;
    loop {
        if let Some(manifest) = resolve(folder, &file).and_then(|path| manifests.get(&path)) {
            return Some(manifest);
        }
        folder = folder.rsplit_once('/')?.0;
    }
}

fn range_in(manifest: &Manifest, name: &str) -> String {
    let same = |other: &str| Ecosystem::PyPi.normalize(other) == Ecosystem::PyPi.normalize(name);
    let declared = manifest.declared.iter().find(|declared| same(&declared.name));
    declared.map(|declared| declared.range.clone()).unwrap_or_default()
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
        let reading = read(text);
        let told: Vec<_> =
            reading.packages.iter().map(|(p, _, _)| format!("{} {}:{}", p.name, p.version, p.line)).collect();
        assert_eq!(
            told,
            [
                "Flask 2.2.2:2",
                "uvicorn 0.20.0:3",
                "certifi 2022.12.7:4",
                "legacy 1.0:7",
                "exact 1.0.post1:8",
                "both 1.5:9",
                "fork :17",
                "x :18",
                "y :19",
            ]
        );
        assert!(reading.packages.iter().all(|(p, _, _)| (p.origin == Origin::Elsewhere) == p.version.is_empty()));
        assert_eq!((reading.includes.len(), reading.constraints), (0, vec!["constraints.txt".to_owned()]));
        let unpinned: Vec<_> =
            reading.unpinned.iter().map(|(name, line, range)| format!("{name} {range}:{line}")).collect();
        assert_eq!(unpinned, ["gunicorn :14", "django >=4:15", "wild ==1.*:16"]);
        let gaps: Vec<_> = reading.gaps.into_vec().into_iter().map(|gap| (gap.reason, gap.examples)).collect();
        assert_eq!(gaps, [(reason::ENTRY.to_owned(), vec!["!!!".to_owned()])]);
        assert!(!told.concat().contains("u:p"));
    }

    #[test]
    fn includes_are_found_and_kept_inside() {
        let includes = read("-r base.txt\n-r../x.txt\n--requirement=a/b.txt\n--requirement  c.txt\n").includes;
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

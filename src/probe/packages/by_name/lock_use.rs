//! Whether what a container installs is what the project's lock file says. It may never have been copied there, be left out
//! of what is copied, be taken away, or be passed over by the command.

use ignore::gitignore::GitignoreBuilder;

use super::folders::Standing;
use super::ground::Ground;
use super::layout::{Copied, From, bare, below};
use super::operands::Asked;
use super::project::Project;
use super::text::is_like;
use super::verbs::{Kind, Verb};
use crate::probe::files::FileEntry;
use crate::probe::packages::answered::needed;
use crate::probe::packages::{Ecosystem, Scope, locks_of};
use crate::probe::paths::folder;

/// By program: the manifest and the lock files that it reads. npm takes versions from Yarn's where it has none of its own
/// (<https://docs.npmjs.com/cli/commands/npm-install>), Bun those of all others (<https://bun.com/docs/pm/lockfile>).
const READS: [(&str, &str, &[&str]); 11] = [
    ("npm", "package.json", &["package-lock.json", "npm-shrinkwrap.json", "yarn.lock"]),
    ("yarn", "package.json", &["yarn.lock"]),
    ("pnpm", "package.json", &["pnpm-lock.yaml"]),
    ("bun", "package.json", &["bun.lock", "bun.lockb", "package-lock.json", "yarn.lock", "pnpm-lock.yaml"]),
    ("poetry", "pyproject.toml", &["poetry.lock"]),
    ("pdm", "pyproject.toml", &["pdm.lock"]),
    ("uv", "pyproject.toml", &["uv.lock"]),
    ("pipenv", "Pipfile", &["Pipfile.lock"]),
    ("composer", "composer.json", &["composer.lock"]),
    ("bundle", "Gemfile", &["Gemfile.lock"]),
    ("cargo", "Cargo.toml", &["Cargo.lock"]),
];
/// With one of these a program stops where the lock file is not there. Yarn 1 goes on with `--frozen-lockfile`.
const STRICT: [&str; 6] = ["--frozen", "--locked", "--immutable", "--deploy", "--deployment", "--frozen-lockfile"];
/// Settings that do the same.
const STRICT_SETTINGS: [&str; 8] = [
    "BUNDLE_DEPLOYMENT",
    "BUNDLE_FROZEN",
    "UV_FROZEN",
    "UV_LOCKED",
    "set deployment",
    "set frozen",
    "--local deployment",
    "--global frozen",
];
/// Options that pass over the lock file.
const PASSING: [&str; 6] =
    ["--no-lockfile", "--no-package-lock", "--package-lock=false", "--lockfile=false", "--no-shrinkwrap", "--no-lock"];

/// What the variables and settings of a container say.
#[derive(Debug, Default, Clone, Copy)]
pub struct Settings {
    /// Programs stop where the lock file is not there.
    is_strict: bool,
    /// Versions of Python packages come from a constraints file.
    is_constrained: bool,
    /// Go puts into `go.mod` what that lacks (<https://go.dev/ref/mod#build-commands>).
    pub is_go_open: bool,
}

impl Settings {
    /// Of the text of a container.
    pub fn of(container: &str) -> Self {
        let has = |words: &[&str]| words.iter().any(|word| container.contains(word));
        let is_constrained = has(&["PIP_CONSTRAINT", "UV_CONSTRAINT"]);
        Self { is_strict: has(&STRICT_SETTINGS), is_constrained, is_go_open: has(&["-mod=mod"]) }
    }
}

/// A command with all that says where it is run.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// What it does with packages.
    pub verb: &'a Verb,
    /// Its words.
    pub words: &'a [String],
    /// Where it stands.
    pub standing: &'a Standing<'a>,
    /// What was done before.
    pub ground: &'a Ground,
    /// The project.
    pub project: &'a Project<'a>,
    /// The file that says the command.
    pub path: &'a str,
    /// The instruction that the command stands in.
    pub written: &'a str,
}

impl<'a> Run<'a> {
    /// What a command that installs what the manifest at `at` asks for does without, for people: `without package-lock.json`.
    /// `None` where it takes the lock file, where there is none, which is told elsewhere, and where it cannot be said.
    pub fn lacks(&self, at: &str) -> Option<String> {
        let has = |names: &[&str]| self.words.iter().find(|word| names.contains(&word.as_str()));
        let program = if self.verb.program == "bundler" { "bundle" } else { self.verb.program };
        let (_, manifest, locks) = READS.iter().find(|(reads, ..)| *reads == program)?;
        let file = self.manifest(manifest, at)?;
        let known = nearest(&file.path, locks_of(manifest)?.0, self.project)?;
        if let Some(option) = has(&PASSING) {
            return Some(option.clone());
        }
        let is_off = |pair: &[String]| matches!(pair, [option, off] if option == "--package-lock" && off == "false");
        if self.words.windows(2).any(is_off) {
            return Some("--package-lock=false".to_owned());
        }
        let is_strict = match program {
            "npm" | "pnpm" if self.verb.kind == Kind::Project => true,
            "npm" => false,
            "yarn" => has(&["--immutable"]).is_some(),
            _ => has(&STRICT).is_some(),
        };
        let here = self.standing.full(at);
        // What a command put there may be the lock file.
        if is_strict
            || self.ground.settings.is_strict
            || self.ground.is_placed(&here)
            || !self.brings(&here, manifest, &file.path, 0)
        {
            return None;
        }
        let arrives = |name: &&&str| {
            let Some(lock) = nearest(&file.path, &[name], self.project) else { return false };
            let Some(there) = beside(&here, &file.path, lock) else { return true };
            let taken = self.ground.taken(&format!("{there}/{name}"));
            self.brings(&there, name, lock, taken) && !is_left_out(lock, self.project)
        };
        if locks.iter().any(|name| arrives(&name)) {
            return None;
        }
        let own = nearest(&file.path, locks, self.project);
        // `if [ -f yarn.lock ]; then yarn …`: one that the project has not is asked for first.
        if own.is_none() && locks.iter().any(|name| self.written.contains(name)) {
            return None;
        }
        let own = own.unwrap_or(known);
        Some(format!("without {}", own.rsplit('/').next().unwrap_or(own)))
    }

    /// The same for a command that installs a package of Python out of a folder, or what its manifest asks for: that comes in
    /// the versions of the day.
    pub fn lacks_for_folder(&self, asked: &Asked, at: &str) -> Option<String> {
        let has = |starts: &[&str]| self.words.iter().any(|word| starts.iter().any(|start| word.starts_with(start)));
        let is_pinned = asked.files.iter().any(|file| !is_manifest(file));
        if is_pinned
            || self.ground.settings.is_constrained
            || has(&["--no-deps", "--no-dependencies", "-c", "--constraint"])
        {
            return None;
        }
        let found = MANIFESTS.iter().filter_map(|name| Some((*name, self.manifest(name, at)?)));
        let asks = |file: &FileEntry| {
            let manifest = self.project.packages.manifests.get(&file.path);
            let mut open = manifest.into_iter().flat_map(needed).filter(|one| one.scope == Scope::Production);
            open.any(|one| !one.range.starts_with("==") || one.range.contains('*'))
        };
        let (name, file) = found.into_iter().find(|(_, file)| asks(file))?;
        let lock = nearest(&file.path, locks_of(name)?.0, self.project)?;
        Some(format!("without {}", lock.rsplit('/').next().unwrap_or(lock)))
    }

    /// The same for `cargo install`, which takes the versions of the day for a folder as well
    /// (<https://doc.rust-lang.org/cargo/commands/cargo-install.html#dealing-with-the-lockfile>).
    pub fn lacks_for_crate(&self, at: &str) -> Option<String> {
        let is_locked = self.words.iter().any(|word| matches!(word.as_str(), "--locked" | "--frozen"));
        if is_locked || (self.verb.ecosystem, self.verb.verb) != (Ecosystem::CratesIo, "install") {
            return None;
        }
        let file = self.manifest("Cargo.toml", at)?;
        nearest(&file.path, &["Cargo.lock"], self.project).map(|_| "without --locked".to_owned())
    }

    /// The manifest of the project in a folder of the container.
    fn manifest(&self, name: &str, at: &str) -> Option<&'a FileEntry> {
        let at = at.split('[').next().unwrap_or(at);
        let names = self.standing.names(&format!("{}/{name}", at.trim_end_matches('/')));
        self.project.exactly(folder(self.path), &names)
    }

    /// Whether instructions of this stage after a line copy a file of the project into a folder of the container.
    fn brings(&self, there: &str, name: &str, file: &str, after: u32) -> bool {
        let full = format!("{}/{name}", bare(there));
        self.standing.copies_of_stage().filter(|copy| copy.line > after).any(|copy| {
            let rest = below(bare(&full), bare(&copy.target));
            if copy.from == From::File {
                return rest_is(copy, &full, name);
            }
            let is_odd = copy.target.contains('$') || copy.sources.iter().any(|source| source.contains('$'));
            is_odd || rest.is_some_and(|rest| self.covers(copy, &rest, name, file))
        })
    }

    /// Whether what is copied holds a file, which then lies at `rest` below the target.
    fn covers(&self, copy: &Copied, rest: &str, name: &str, file: &str) -> bool {
        let is_directly_in = rest.matches('/').count() == 1;
        copy.sources.iter().any(|source| {
            let source = bare(source);
            let last = source.rsplit('/').next().unwrap_or(source);
            if rest.is_empty() || last == name || source.is_empty() {
                return true;
            }
            if last.contains(['*', '?', '[']) {
                // Folders that a pattern names are copied with what is in them.
                return !is_directly_in || is_like(name, last);
            }
            if copy.from == From::Project {
                let is_file = self.project.exactly(folder(self.path), &[source.to_owned()]).is_some();
                return !is_file && file.ends_with(&*format!("{source}{rest}"));
            }
            // Of a stage nobody says which of its names are folders.
            ![".json", ".toml", ".lock", ".yaml"].iter().any(|end| last.ends_with(end))
        })
    }
}

/// Whether an address that is copied is this file.
fn rest_is(copy: &Copied, full: &str, name: &str) -> bool {
    let is_it = |source: &String| source.rsplit('/').next() == Some(name);
    bare(full) == bare(&copy.target)
        || copy.sources.iter().any(is_it) && below(bare(full), bare(&copy.target)).is_some()
}

/// The manifest that a program reads, and its lock files.
pub fn manifest_of(program: &str) -> Vec<&'static str> {
    let row = READS.iter().find(|(reads, ..)| *reads == program);
    row.map(|(_, manifest, locks)| std::iter::once(*manifest).chain(locks.iter().copied()).collect())
        .unwrap_or_default()
}

/// Manifests of Python packages.
const MANIFESTS: [&str; 3] = ["pyproject.toml", "setup.cfg", "setup.py"];

/// Whether a file that a command names as a list of packages is a manifest: `uv pip install -r pyproject.toml`.
pub fn is_manifest(file: &str) -> bool {
    MANIFESTS.contains(&file.rsplit('/').next().unwrap_or(file))
}

/// The first of these files beside a manifest, else in the nearest folder above.
fn nearest<'p>(manifest: &str, names: &[&str], project: &Project<'p>) -> Option<&'p str> {
    let mut at = folder(manifest);
    loop {
        let mut here = names.iter().filter_map(|name| project.file(&format!("{at}{name}")));
        if let Some(file) = here.next() {
            return Some(&file.path);
        }
        if at.is_empty() {
            return None;
        }
        at = folder(at.trim_end_matches('/'));
    }
}

/// The container's folder for the one in which `lock` lies, where `here` is that of the manifest.
fn beside(here: &str, manifest: &str, lock: &str) -> Option<String> {
    let depth = |path: &str| path.matches('/').count();
    (depth(lock)..depth(manifest)).try_fold(here.to_owned(), |at, _| Some(at.rsplit_once('/')?.0.to_owned()))
}

/// Whether `.dockerignore` leaves a file out (<https://docs.docker.com/build/concepts/context/#dockerignore-files>): its patterns
/// are meant from the folder in which it lies.
fn is_left_out(path: &str, project: &Project<'_>) -> bool {
    let Some(list) = nearest(path, &[".dockerignore"], project) else { return false };
    let Some(text) = project.file(list).and_then(|file| file.read().ok()) else { return false };
    let mut patterns = GitignoreBuilder::new("");
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (not, pattern) = line.strip_prefix('!').map_or(("", line), |pattern| ("!", pattern.trim()));
        let pattern = pattern.trim_start_matches("./").trim_start_matches('/');
        // One that makes no sense leaves nothing out.
        let _ = patterns.add_line(None, &format!("{not}/{pattern}"));
    }
    let inner = path.get(folder(list).len()..).unwrap_or(path);
    patterns.build().is_ok_and(|patterns| patterns.matched_path_or_any_parents(inner, false).is_ignore())
}

//! Which commands fetch packages: a program, and what it is told to do.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::lock_use::manifest_of;
use super::options;
use crate::probe::packages::Ecosystem;

/// What a command does with packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It installs, or builds with, what the manifest of the folder asks for.
    Project,
    /// It installs what its words name; without any, what the manifest asks for.
    Named,
    /// It fetches the package that its first word names and starts it; further words are for that program.
    Runs,
    /// What comes is nothing that a file of the project says: versions are made new, tools fetch as they like.
    Open,
    /// The same if something is named.
    OpenIfNamed,
    /// It changes what the manifest or the lock file says if one of its words holds one of these.
    OpenWith(&'static str),
    /// It changes what the lock file says unless one of its words holds one of these.
    OpenWithout(&'static str),
    /// It starts another program with the words that follow.
    Starts,
}

/// A command that fetches packages.
#[derive(Debug, PartialEq, Eq)]
pub struct Verb {
    /// Whose packages.
    pub ecosystem: Ecosystem,
    /// What it does with them.
    pub kind: Kind,
    /// The program without its folder and version: `pip`.
    pub program: &'static str,
    /// What it is told, empty for programs that do one thing.
    pub verb: &'static str,
    /// The place of the first word after that.
    pub rest: usize,
}

impl Verb {
    /// Whether it makes the versions of the project's lock file new.
    pub fn renews(&self) -> bool {
        matches!(self.kind, Kind::Open | Kind::OpenWith(_) | Kind::OpenWithout(_))
            && !["global", "tool"].iter().any(|word| self.verb.contains(word))
            && (!manifest_of(self.program).is_empty() || matches!(self.program, "go" | "ncu" | "npm-check-updates"))
    }
}

type Row = (&'static str, &'static str, Ecosystem, Kind);

use Ecosystem::{CratesIo, Go, Maven, Npm, Packagist, PyPi, RubyGems};
use Kind::{Named, Open, OpenIfNamed, OpenWith, OpenWithout, Project, Runs, Starts};

/// Programs, what they are told, and what that does; longer phrases first. An empty verb is that of a program without words, or
/// of one that does nothing else. What is not here fetches nothing.
static TABLE: [Row; 94] = [
    ("pip", "install|wheel|download", PyPi, Named),
    ("pip-sync", "", PyPi, Named),
    ("uv", "pip install|pip sync|add", PyPi, Named),
    ("uv", "tool install", PyPi, Named),
    ("uv", "sync", PyPi, Project),
    ("uv", "lock", PyPi, OpenWith("-U|--upgrade|-P|--resolution")),
    ("uv", "run", PyPi, Starts),
    ("uv", "tool run|x", PyPi, Runs),
    ("uv", "tool upgrade", PyPi, Open),
    ("uvx", "", PyPi, Runs),
    ("pipx", "install|inject", PyPi, Named),
    ("pipx", "run", PyPi, Runs),
    ("pipx", "upgrade|upgrade-all|reinstall|reinstall-all|install-all|runpip", PyPi, Open),
    ("poetry", "install|sync", PyPi, Project),
    ("poetry", "add|self add|plugin add", PyPi, Named),
    // Poetry 1 makes all versions new (<https://python-poetry.org/docs/1.8/cli/#lock>).
    ("poetry", "lock", PyPi, OpenWithout("--no-update|--check")),
    ("poetry", "update", PyPi, Open),
    ("pdm", "install|sync", PyPi, Project),
    ("pdm", "add|self add|plugin add", PyPi, Named),
    ("pdm", "lock", PyPi, OpenWithout("--check|--refresh|--update-reuse")),
    ("pdm", "update", PyPi, Open),
    ("pipenv", "install", PyPi, Named),
    ("pipenv", "sync", PyPi, Project),
    ("pipenv", "lock", PyPi, OpenWithout("--keep-outdated|-r|--requirements")),
    ("pipenv", "update|upgrade", PyPi, Open),
    ("rye", "sync", PyPi, Project),
    ("rye", "add|install|tools install", PyPi, Named),
    ("hatch", "env create", PyPi, Project),
    ("easy_install", "", PyPi, Named),
    ("poetry|pdm|pipenv|rye|hatch", "run", PyPi, Starts),
    // Packages of conda are those of no registry that advisories are read of.
    ("conda|mamba|micromamba", "env create|env update|install|create|update|upgrade", PyPi, Open),
    ("pixi", "global install|global update|install|add|update|upgrade|exec|reinstall", PyPi, Open),
    ("conda|mamba|micromamba|pixi", "run", PyPi, Starts),
    ("npm|pnpm", "install|i|add|in|ins|inst|insta|instal|isnt|isnta|isntal|isntall|install-test|it", Npm, Named),
    ("npm", "ci|clean-install|ic|install-clean|isntall-clean|cit|install-ci-test|clean-install-test|sit", Npm, Project),
    ("pnpm", "fetch|deploy|ci", Npm, Project),
    ("yarn", "global add|install|add", Npm, Named),
    ("yarn", "workspaces focus", Npm, Project),
    ("yarn", "", Npm, Project),
    ("bun", "install|i|add|a", Npm, Named),
    ("npm|pnpm|yarn", "audit fix|global upgrade|update|up|upgrade|udpate|upgrade-interactive", Npm, Open),
    ("bun", "update", Npm, Open),
    ("npm|pnpm", "pkg set|pkg delete", Npm, OpenWith("ependencies|overrides|resolutions")),
    ("npm", "explore", Npm, Starts),
    ("ncu|npm-check-updates", "", Npm, OpenWith("-u|--upgrade")),
    // They know nothing of the lock files of others.
    ("cnpm", "install|i|ci|add|update", Npm, Open),
    ("bower|jsr", "install|i|add|update", Npm, Open),
    ("rush", "install", Npm, Project),
    ("rush", "add|update", Npm, Open),
    ("expo|ng", "install|add", Npm, Named),
    // <https://github.com/antfu-collective/ni>
    ("ni", "", Npm, Named),
    ("nci", "", Npm, Project),
    ("nlx", "", Npm, Runs),
    ("nup", "", Npm, Open),
    // They bring in runtimes, and packages.
    ("volta", "install|pin", Npm, OpenIfNamed),
    ("volta", "run", Npm, Starts),
    ("mise|asdf", "use|install|u|i", Npm, OpenIfNamed),
    ("mise|asdf", "exec|x", Npm, Starts),
    ("npm|pnpm|yarn|bun", "link|ln|create|init|innit", Npm, OpenIfNamed),
    ("npm", "exec|x", Npm, Runs),
    ("bun", "x", Npm, Runs),
    ("yarn|pnpm", "dlx", Npm, Runs),
    ("npx|bunx|pnpx", "", Npm, Runs),
    ("yarn|pnpm", "exec", Npm, Starts),
    ("deno", "install|add|i", Npm, Named),
    ("deno", "run|x|serve|compile|cache", Npm, OpenIfNamed),
    ("corepack", "prepare|install|use|up", Npm, Named),
    ("corepack", "npm|pnpm|yarn", Npm, Starts),
    ("lerna", "bootstrap", Npm, Project),
    ("lerna", "add", Npm, Named),
    ("gem", "install|i|fetch", RubyGems, Named),
    ("gem", "update", RubyGems, Open),
    ("bundle|bundler", "install|cache|package|pack", RubyGems, Project),
    ("bundle|bundler", "add|inject", RubyGems, Named),
    ("bundle|bundler", "update|upgrade", RubyGems, Open),
    ("bundle|bundler", "lock", RubyGems, OpenWith("--update")),
    ("bundle|bundler", "exec", RubyGems, Starts),
    ("bundle|bundler", "", RubyGems, Project),
    ("composer", "global require|global req|require|req|r", Packagist, Named),
    ("composer", "global install|global update|update|u|upgrade|up", Packagist, Open),
    ("composer", "create-project", Packagist, OpenIfNamed),
    ("composer", "install|i", Packagist, Project),
    ("composer", "exec", Packagist, Starts),
    ("cargo", "install|binstall|add", CratesIo, Named),
    ("cargo", "update|upgrade|generate-lockfile", CratesIo, Open),
    (
        "cargo",
        "build|b|run|r|test|t|check|c|fetch|vendor|chef|leptos|rustc|nextest|zigbuild|lambda|auditable",
        CratesIo,
        Project,
    ),
    ("go", "install|get|run", Go, Named),
    ("go", "mod init", Go, Open),
    ("go", "mod edit", Go, OpenWith("-require|-replace|-exclude|-droprequire|-dropreplace|-dropexclude")),
    ("xcaddy", "build", Go, Open),
    ("go", "build|test|vet|generate|mod download|mod vendor|mod tidy", Go, Project),
    ("mvn|mvnw|gradle|gradlew", "dependency:get|dependency:copy", Maven, Open),
    (
        "mvn|mvnw",
        "package|install|compile|verify|deploy|test|clean|dependency:go-offline|dependency:resolve",
        Maven,
        Project,
    ),
    ("gradle|gradlew", "build|assemble|bootJar|installDist|shadowJar|jar|clean|dependencies|test|war", Maven, Project),
];

/// The words from a place on are those of `pip install`.
pub fn of_pip(rest: usize) -> Option<Verb> {
    let (_, _, ecosystem, kind) = TABLE.first()?;
    Some(Verb { ecosystem: *ecosystem, kind: *kind, program: "pip", verb: "install", rest })
}

/// Short options before a verb that take the next word; that of npm with `-P` is none.
const WITH_VALUE: [&str; 5] = ["-n", "-p", "-d", "-f", "-P"];

/// The name of a program in a word: `pip` of `/usr/bin/pip3.11`, `pip-3.12` and `pip.exe`.
pub fn name(word: &str) -> &str {
    let name = word.rsplit('/').next().unwrap_or(word);
    let name = [".phar", ".cmd", ".exe"].iter().fold(name, |name, end| name.strip_suffix(end).unwrap_or(name));
    let name = name.strip_prefix("xx-").unwrap_or(name);
    // `npx pnpm@9 install`
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    bare.strip_suffix('-').filter(|_| bare.len() < name.len()).unwrap_or(bare)
}

/// The rows of a program: every word of every command is looked up.
static ROWS: LazyLock<BTreeMap<&'static str, Vec<&'static Row>>> = LazyLock::new(|| {
    let mut found = BTreeMap::<_, Vec<_>>::new();
    for row in &TABLE {
        row.0.split('|').for_each(|program| found.entry(program).or_default().push(row));
    }
    found
});

/// Whether a program of this name may fetch packages.
pub fn is_program(name: &str) -> bool {
    ROWS.contains_key(name)
}

/// What the program at `at` does with packages; `None` where it does nothing with any.
pub fn verb(words: &[String], at: usize) -> Option<Verb> {
    let program = name(words.get(at)?);
    let program = program.strip_prefix("-m").unwrap_or(program);
    let (program, rows) = ROWS.get_key_value(program)?;
    let said = said(program, words, at + 1);
    let mut found: Option<(usize, Verb)> = None;
    for (_, verbs, ecosystem, kind) in rows {
        let (ecosystem, kind) = (*ecosystem, *kind);
        for verb in verbs.split('|') {
            let parts: Vec<&str> = verb.split(' ').filter(|part| !part.is_empty()).collect();
            let is_said =
                parts.iter().enumerate().all(|(nth, part)| said.get(nth).is_some_and(|(_, word)| word == part));
            // Without a verb it may do something else that is in another row, or nothing.
            let is_bare = parts.is_empty();
            let is_meant =
                if is_bare && kind == Project { said.is_empty() && !is_asked_about(words, at) } else { is_said };
            let rest = match parts.len() {
                0 => at + 1,
                count => said.get(count - 1).map_or(at + 1, |(at, _)| at + 1),
            };
            if is_meant && found.as_ref().is_none_or(|(count, _)| parts.len() > *count) {
                found = Some((parts.len(), Verb { ecosystem, kind, program, verb, rest }));
            }
        }
    }
    found.map(|(_, verb)| verb)
}

/// `yarn --version`
fn is_asked_about(words: &[String], at: usize) -> bool {
    words.iter().skip(at + 1).any(|word| matches!(word.as_str(), "--version" | "-v" | "-V" | "--help" | "-h"))
}

/// The first words that are no options, with their places: what a program is told.
pub fn said<'w>(program: &str, words: &'w [String], from: usize) -> Vec<(usize, &'w str)> {
    let mut found: Vec<(usize, &str)> = Vec::new();
    let mut words = words.iter().enumerate().skip(from);
    while let Some((at, word)) = words.next() {
        if word.starts_with('-') {
            let next = words.clone().next().map(|(_, next)| next.as_str());
            let takes = WITH_VALUE.contains(&word.as_str()) && program != "npm"
                || program == "npm" && word == "-w"
                || options::takes_next(word, next);
            // `-p` of npx names a package, and is read with its words.
            if takes && found.is_empty() {
                words.next();
            }
        } else if word.starts_with('+') {
            // `cargo +nightly`
        } else if found.is_empty() && matches!((program, word.as_str()), ("yarn" | "pnpm", "workspace")) {
            words.next();
        } else if found.is_empty() && program == "yarn" && word == "foreach" {
        } else {
            found.push((at, word));
            if found.len() == 2 {
                break;
            }
        }
    }
    found
}

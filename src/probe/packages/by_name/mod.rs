//! Packages that come in past all manifests: commands of a Dockerfile install them by name, code imports them from an
//! address, scripts ask for them in a header, archives lie in the project. No lock file says which versions arrive.

mod folders;
mod installed;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rayon::prelude::*;
use regex::Regex;
use tokio_util::sync::CancellationToken;

use super::local::InstalledFolder;
use super::lock::{BY_NAME, Builder, Draft, Typed};
use super::{Ecosystem, LockFile, Manager, Packages, Scope, shell, typed};
use crate::probe::files::{FileEntry, Listing};
use crate::probe::repository::{Dockerfile, is_aside};
use folders::Standing;
use installed::{Asked, Installed, asked};

pub(super) use installed::installed;

/// Why something was not examined.
mod reason {
    pub const INSTALLED: &str = "package that a container installs by name, in no lock file";
    pub const ALONE: &str =
        "package that a container installs by name: it was compared, what it needs in turn is in no lock file";
    pub const ADDRESS: &str = "package that code imports from an address, in no lock file";
    pub const HEADER: &str = "Python script that asks for packages in its own header, which gonogo does not read yet";
    pub const WHEEL: &str = super::super::lock::reason::NO_REGISTRY;
    pub const ARCHIVE: &str = "archive of Java code in the project, in no lock file";
}

/// An import from an address: `import x from "npm:ejs@3.1.6"`, `await import("https://esm.sh/ejs")`.
static IMPORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"^(?:[^/*]|/[^/*])*?(?:\b(?:import|export)\b[^"']*\bfrom|\}\s*from|(?:^|[^@\w])import\s*\(?)\s*(?:/\*[^*]*\*/\s*)?["'](?P<from>(?:npm:|jsr:|https?://)[^"'\s]+)["']"#).ok()
});

/// Counts what comes in so, keeps what has an exact version, and tells which folders commands install from.
pub fn add_gaps(found: &mut Packages, listing: &Listing, cancel: &CancellationToken) -> Vec<InstalledFolder> {
    let names = listing.files.iter().filter(|file| !is_aside(&file.path)).map(FileEntry::name);
    let archives: Vec<&str> = names.filter(|name| installed::is_archive(name)).collect();
    let read = listing.files.par_iter().filter(|_| !cancel.is_cancelled()).map(|file| {
        let (mut builders, mut folders) = (Builders::default(), Vec::new());
        let gaps = of_file(file, found, &archives, &mut builders, &mut folders);
        (file.path.as_str(), gaps, builders.finish(&file.path), folders)
    });
    let told: Vec<_> = read.collect();
    let mut all_folders = Vec::new();
    for (path, gaps, installed, folders) in told {
        for (reason, what) in gaps {
            found.gaps_of(path).add(reason, &what);
        }
        found.installed.extend(installed);
        all_folders.extend(folders);
    }
    all_folders
}

fn of_file(
    file: &FileEntry,
    packages: &Packages,
    archives: &[&str],
    builders: &mut Builders,
    folders: &mut Vec<InstalledFolder>,
) -> Vec<(&'static str, String)> {
    let path = &file.path;
    let placed = |line: u32, what: &str| {
        if what.is_empty() { format!("{path}:{line}") } else { format!("{path}:{line} {what}") }
    };
    match file.extension() {
        "jar" if !path.contains("wrapper/") => return vec![(reason::ARCHIVE, path.clone())],
        "py" => {
            let header = file.read().ok().and_then(|text| script_header(&text));
            return header.into_iter().map(|line| (reason::HEADER, placed(line, ""))).collect();
        }
        "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" | "vue" | "svelte" | "astro" => {
            let imports = file.read().map(|text| imports(&text)).unwrap_or_default();
            return imports.into_iter().map(|(line, what)| (reason::ADDRESS, placed(line, &what))).collect();
        }
        _ => {}
    }
    if !Dockerfile::is_one(path) {
        return Vec::new();
    }
    let Ok(text) = file.read() else { return Vec::new() };
    let container = Dockerfile::new(path, text.into());
    let mut told: BTreeMap<(u32, String), &'static str> = BTreeMap::new();
    // What a container starts with may fetch packages as well.
    let starts = ["CMD", "ENTRYPOINT"].into_iter().flat_map(|word| container.all(word));
    let mut may_be_cloned = false;
    for (run, line) in container.runs().chain(starts) {
        let (named, asked) = of_run(&container, run, line);
        may_be_cloned |= run.contains("git clone");
        folders.extend(asked.folders.into_iter().map(|(ecosystem, folders)| {
            let path = path.clone();
            InstalledFolder { path, ecosystem, folders, may_be_cloned }
        }));
        let of_project = asked.archives.into_iter().filter(|archive| is_among(archive, archives));
        told.extend(of_project.map(|archive| ((line, shown(&archive)), reason::WHEEL)));
        for (one, command) in named {
            // What it needs in turn may have no version there.
            let constrained = is_constrained(&one, path, packages);
            if !constrained && is_locked(&one, packages) {
                continue;
            }
            let (name, exact) = (shown(&one.said), one.exact());
            if !one.is_manager() {
                told.insert(
                    (line, name),
                    if exact.is_some() || constrained { reason::ALONE } else { reason::INSTALLED },
                );
            }
            if let Some(version) = exact {
                builders.add(path, &one, version, line, command);
            }
        }
    }
    told.into_iter().map(|((line, word), reason)| (reason, placed(line, &word))).collect()
}

/// What an instruction installs by name, each with its command where that can be shown as it stands; and from which folders.
fn of_run(container: &Dockerfile, run: &str, line: u32) -> (Vec<(Installed, String)>, Places) {
    let in_full = filled(&in_shell_form(run), container, line);
    let (mut all, mut places) = (Vec::new(), Places::default());
    let mut standing = Standing::of(container, line);
    for command in shell::commands(&in_full) {
        let bare = bare(command);
        // Of one that a variable is part of, nobody would find the text.
        let is_shown = run.contains(bare) && typed::is_command(bare);
        let shown = if is_shown { bare.to_owned() } else { String::new() };
        standing.follow(bare);
        let Asked { named, folders, archives } = asked(command);
        all.extend(named.into_iter().map(|one| (one, shown.clone())));
        places.folders.extend(folders.into_iter().map(|(ecosystem, folder)| (ecosystem, standing.names(&folder))));
        places.archives.extend(archives);
    }
    (all, places)
}

/// What an instruction installs from places.
#[derive(Default)]
struct Places {
    /// The folders with what they may be called in the project.
    folders: Vec<(Ecosystem, Vec<String>)>,
    archives: Vec<String>,
}

/// Whether the project holds an archive that a command installs: others are made in the container, of what is examined.
fn is_among(archive: &str, archives: &[&str]) -> bool {
    let name = archive.rsplit('/').next().unwrap_or(archive);
    match name.split_once('*') {
        Some((start, end)) => archives.iter().any(|one| one.starts_with(start) && one.ends_with(end)),
        None => archives.contains(&name),
    }
}

/// A command without the options that are those of `RUN`.
fn bare(command: &str) -> &str {
    let mut rest = command.trim();
    while rest.starts_with("--") {
        rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
    }
    rest
}

/// What is run, where it is given as a list of words too
/// (<https://docs.docker.com/reference/dockerfile/#shell-and-exec-form>).
pub(super) fn in_shell_form(run: &str) -> String {
    serde_json::from_str::<Vec<String>>(run).map_or_else(|_| run.to_owned(), |words| words.join(" "))
}

/// A command on a line with the variables that the Dockerfile sets before it.
pub(super) fn filled(run: &str, container: &Dockerfile, line: u32) -> String {
    let mut parts = run.split('$');
    let mut text = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let braced = part.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (name, after) = braced.unwrap_or_else(|| {
            let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(part.len());
            part.split_at(end)
        });
        let (name, default) = name.split_once(":-").map_or((name, None), |(name, default)| (name, Some(default)));
        match container.value_at(name, line).or(default).filter(|value| !value.contains('$')) {
            Some(value) => text += &format!("{value}{after}"),
            None => text += &format!("${part}"),
        }
    }
    text
}

/// The lock files of what is installed by name, in the making: one for each ecosystem.
#[derive(Default)]
struct Builders(BTreeMap<Ecosystem, (Builder, Vec<Command>)>);

/// A command that names a package in one version.
struct Command {
    name: String,
    version: String,
    line: u32,
    command: String,
    word: String,
}

impl Builders {
    fn add(&mut self, path: &str, one: &Installed, version: &str, line: u32, command: String) {
        let manager = match one.ecosystem {
            Ecosystem::Npm => Manager::Npm,
            Ecosystem::PyPi => Manager::Pip,
            Ecosystem::RubyGems => Manager::Bundler,
            Ecosystem::CratesIo => Manager::Cargo,
            Ecosystem::Packagist => Manager::Composer,
            Ecosystem::Go => Manager::Go,
            Ecosystem::Maven => return,
        };
        let Some(name) = one.package() else { return };
        let new = || (Builder::new(manager, BY_NAME), Vec::new());
        let (builder, commands) = self.0.entry(one.ecosystem).or_insert_with(new);
        let key = format!("{name} {version}");
        builder.add(&key, Draft { scope: Some(Scope::Production), ..Draft::new(name, version, line) });
        builder.wants(path, name, version, Scope::Production, &key);
        let (name, version, word) = (name.to_owned(), version.to_owned(), one.said.clone());
        commands.push(Command { name, version, line, command, word });
    }

    fn finish(self, path: &str) -> Vec<LockFile> {
        let finish = |(builder, commands): (Builder, Vec<Command>)| {
            let mut lock = builder.finish(path).lock;
            let packages = &lock.packages;
            let of = |one: Command| {
                let is_it = |package: &super::LockedPackage| package.name == one.name && package.version == one.version;
                let package = packages.iter().position(is_it)?;
                Some(Typed { package, line: one.line, command: one.command, word: one.word })
            };
            lock.typed = commands.into_iter().filter_map(of).collect();
            lock
        };
        self.0.into_values().map(finish).collect()
    }
}

/// An address may carry a password.
fn shown(word: &str) -> String {
    if word.contains("://") { "from an address".to_owned() } else { word.chars().take(60).collect() }
}

/// Whether a lock file holds what is named for production, in a version that fits what is said of it.
fn is_locked(one: &Installed, packages: &Packages) -> bool {
    let ecosystem = one.ecosystem;
    let is_it = |locked: &super::LockedPackage| {
        locked.scope == Scope::Production
            && locked.ecosystem == ecosystem
            && ecosystem.normalize(&locked.name) == ecosystem.normalize(one.name())
            && one.version().is_none_or(|version| locked.version == version)
    };
    // What only a constraints file names need not be installed.
    let is_asked = |lock: &LockFile, at: usize| {
        !lock.is_constraints() || lock.roots.iter().flat_map(|root| &root.wanted).any(|wanted| wanted.package == at)
    };
    let is_in = |lock: &LockFile| (0..).zip(&lock.packages).any(|(at, locked)| is_it(locked) && is_asked(lock, at));
    packages.locks.iter().any(is_in)
}

/// Whether a constraints file that a command of `path` reads says the version of what it names without one.
fn is_constrained(one: &Installed, path: &str, packages: &Packages) -> bool {
    let ecosystem = one.ecosystem;
    let constraints = packages.locks.iter().filter(|lock| lock.manager.ecosystem() == ecosystem);
    let roots = constraints.flat_map(|lock| &lock.roots).filter(|root| root.manifest == path);
    let mut wanted = roots.flat_map(|root| &root.wanted);
    wanted.any(|wanted| ecosystem.normalize(&wanted.name) == ecosystem.normalize(one.name()))
}

/// What code imports from addresses, with the lines.
fn imports(text: &str) -> Vec<(u32, String)> {
    if !["\"npm:", "'npm:", "jsr:", "http"].iter().any(|start| text.contains(start)) {
        return Vec::new();
    }
    let Some(pattern) = IMPORT.as_ref() else { return Vec::new() };
    let lines = text.lines().zip(1..).filter(|(line, _)| line.len() < 1_000);
    let found = lines.filter_map(|(line, number)| Some((number, pattern.captures(line)?.name("from")?.as_str())));
    found
        .map(|(number, from)| {
            let host = from.contains("://").then(|| url::Url::parse(from).ok()).flatten();
            let shown = host.and_then(|url| url.host_str().map(|host| format!("from {host}")));
            (number, shown.unwrap_or_else(|| self::shown(from)))
        })
        .collect()
}

/// The line of the header in which a Python script asks for packages
/// (<https://packaging.python.org/en/latest/specifications/inline-script-metadata/>).
fn script_header(text: &str) -> Option<u32> {
    let (start, _) = text.lines().enumerate().find(|(_, line)| line.trim_end() == "# /// script")?;
    let header = text.lines().skip(start + 1).take_while(|line| line.starts_with('#') && line.trim_end() != "# ///");
    let header: String = header.map(|line| format!("{}\n", line.trim_start_matches('#').trim_start())).collect();
    let list = header.split_once("dependencies").map(|(_, rest)| rest.trim_start_matches([' ', '=', '[', '\n']))?;
    list.starts_with(['"', '\'']).then(|| u32::try_from(start + 1).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_imports_from_addresses() {
        let text = "import ejs from \"npm:ejs@3.1.6\";\nimport 'https://u:p@esm.example.com/a?token=1'\n\
                    const b = await import(\"jsr:@std/fs\");\n// import x from \"npm:x\";\nfetch(\"https://a.example.com\");\n\
                    import y from \"y\";\n@import 'https://fonts.example.com/css';\nlinks from \"https://example.com\"\n\
                    const c = import(/* webpackIgnore: true */ 'https://esm.example.com/c');\n} from 'npm:d';\n";
        let told: Vec<String> = imports(text).into_iter().map(|(line, what)| format!("{line} {what}")).collect();
        assert_eq!(
            told,
            ["1 npm:ejs@3.1.6", "2 from esm.example.com", "3 jsr:@std/fs", "9 from esm.example.com", "10 npm:d"]
        );
    }

    #[test]
    fn an_address_is_not_shown() {
        assert_eq!(shown("git+https://u:p@git.example.com/x.git"), "from an address");
    }

    #[test]
    fn scripts_ask_in_their_headers() {
        let asks = "#!/usr/bin/env python\n# /// script\n# dependencies = [\n#   \"requests<3\",\n# ]\n# ///\nimport requests\n";
        assert_eq!(script_header(asks), Some(2));
        for none in [
            "# /// script\n# dependencies = []\n# ///\n",
            "# dependencies = [\"a\"]\n",
            "# /// script\n# requires-python = \">=3\"\n# ///\nx\n",
        ] {
            assert_eq!(script_header(none), None, "{none}");
        }
    }
}

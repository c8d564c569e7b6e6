//! What a command names that fetches packages.

use super::installed::{Installed, is_archive};
use super::options;
use super::verbs::{Kind, Verb};
use crate::probe::packages::Ecosystem;

/// Those that make versions new.
const RENEWING: [&str; 3] = ["--latest", "--upgrade-package", "--skip-lock"];

/// What a command asks for.
#[derive(Debug, Default)]
pub struct Asked {
    /// Packages by name.
    pub named: Vec<Installed>,
    /// Folders, as the command writes them.
    pub folders: Vec<(Ecosystem, String)>,
    /// Archives, which may be patterns.
    pub archives: Vec<String>,
    /// Folders full of archives, from which all that is asked for comes.
    pub links: Vec<String>,
    /// Requirements files.
    pub files: Vec<String>,
    /// The folder whose manifest is meant, where the command names one.
    pub project: Option<String>,
    /// It asks for what cannot be told from its words.
    pub is_odd: bool,
    /// What it names is taken from the project where that has it.
    pub is_perhaps_own: bool,
    /// It names something, be it a package manager, which is not looked at.
    pub names: bool,
    /// The place of the program that it starts.
    pub started: Option<usize>,
    /// What it names comes in the version of the day, whatever a lock file says of it.
    pub is_of_the_day: bool,
}

impl Asked {
    fn new(verb: &Verb, words: &[String]) -> Self {
        let mut asked = Self::default();
        let is = |names: &[&str]| words.iter().position(|word| names.contains(&word.as_str()));
        let options: &[&str] = match verb.program {
            "npm" | "pnpm" | "yarn" | "bun" => &["--prefix", "-C", "--dir", "--cwd"],
            "composer" => &["-d", "--working-dir"],
            "poetry" | "uv" | "pdm" => &["--project", "--directory", "-C"],
            _ => &[],
        };
        let by_word = is(options).and_then(|at| words.get(at + 1)).map(String::as_str);
        let with_equals = |word: &'_ String| {
            let (option, value) = word.split_once('=')?;
            options.contains(&option).then(|| value.to_owned())
        };
        asked.project = by_word.map(str::to_owned).or_else(|| words.iter().find_map(with_equals));
        asked.is_odd = is(&RENEWING).is_some()
            || match (verb.program, verb.verb) {
                ("uv", "sync" | "run") => is(&["-U", "--upgrade", "--resolution"]).is_some(),
                // What `go.mod` lacks is put into it (<https://go.dev/ref/mod#build-commands>).
                ("go", _) => words.iter().any(|word| word.ends_with("-mod=mod")),
                _ => false,
            };
        asked
    }

    /// Adds a word that names something.
    fn add(&mut self, verb: &Verb, word: &str) {
        let ecosystem = verb.ecosystem;
        self.names = true;
        // What follows a `;` says for which machines a package of Python is meant.
        let word = word.split(';').next().unwrap_or(word).trim();
        let local = ["file:", "link:", "portal:"].iter().find_map(|start| word.strip_prefix(start));
        let word = local.unwrap_or(word).trim_start_matches("//");
        let is_path = word.starts_with(['/', '.', '~']) || local.is_some();
        let word = if verb.kind == Kind::Named { word.strip_prefix("npm:").unwrap_or(word) } else { word };
        // In one version these are fetched; without, `go.mod` says which.
        let asks_own = verb.verb != "get" && !word.contains('@');
        let is_address = word.contains("://") || word.starts_with("git@");
        if word.starts_with(['$', '`', '{', '<', '-']) || (is_path || is_archive(word)) && word.contains(['$', '`']) {
            self.is_odd = true;
        } else if is_address {
            self.named.push(Installed { ecosystem, said: word.to_owned() });
        } else if is_archive(word) {
            self.archives.push(word.to_owned());
        } else if ecosystem == Ecosystem::Go && (is_path || word.ends_with(".go") || !is_module(word) || asks_own) {
            // Packages of the project, and those of Go itself.
            self.names = false;
        } else if ecosystem != Ecosystem::Go
            && (is_path
                || word.ends_with('/')
                || ecosystem == Ecosystem::PyPi && word.contains('/') && !word.contains(['@', ':']))
        {
            self.folders.push((ecosystem, word.to_owned()));
        } else if word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '@') {
            self.named.push(Installed { ecosystem, said: word.to_owned() });
        } else if !word.is_empty() && !word.bytes().all(|b| b.is_ascii_digit()) {
            self.is_odd = true;
        }
    }
}

/// Reads the words of a command.
pub fn asked(verb: &Verb, words: &[String]) -> Asked {
    let mut found = Asked::new(verb, words);
    let ecosystem = verb.ecosystem;
    let has = |parts: &str| words.iter().any(|word| parts.split('|').any(|part| word.contains(part)));
    match verb.kind {
        Kind::Project => return found,
        Kind::OpenWith(parts) => return Asked { is_odd: has(parts), ..found },
        Kind::OpenWithout(parts) => return Asked { is_odd: !has(parts), ..found },
        _ => {}
    }
    let is_python = ecosystem == Ecosystem::PyPi;
    let runs = verb.kind == Kind::Runs || (verb.program, verb.verb) == ("go", "run");
    let (mut version, mut answered, mut is_named) = (None::<String>, false, false);
    let mut rest = words.iter().skip(verb.rest).map(String::as_str);
    let count = words.len();
    found.is_odd |= words.iter().skip(verb.rest).any(|word| word == "{}");
    while let Some(word) = rest.next() {
        if !word.starts_with('-') || word == "-" {
            if verb.kind == Kind::Runs {
                found.started = Some(count - rest.len() - 1);
            }
            // The rest is for the program that is started.
            if verb.kind == Kind::Starts || runs && is_named {
                break;
            }
            if (verb.program, verb.verb) == ("uv", "pip sync") || verb.program == "pip-sync" {
                found.files.push(word.to_owned());
            } else {
                found.add(verb, word);
            }
            if runs {
                break;
            }
            continue;
        }
        answered |= matches!(word, "-y" | "--yes");
        let (option, value) = match word.split_once('=') {
            Some((option, value)) if word.starts_with("--") => (option, Some(value)),
            _ if is_python && word.len() > 2 && ["-r", "-e"].iter().any(|start| word.starts_with(start)) => {
                (word.get(..2).unwrap_or(word), word.get(2..))
            }
            // `-Ur all.txt`
            _ if is_python && is_cluster(word, &['r']) => ("-r", None),
            _ if is_python && is_cluster(word, &['e']) => ("-e", None),
            _ => (word, None),
        };
        let mut value_of = || value.or_else(|| rest.next()).map(str::to_owned);
        match option {
            // `npx -p typescript tsc`, `uvx --from build pyproject-build`, `pipx run --spec black black`.
            "-p" if is_python => drop(value_of()),
            "-p" | "--package" | "--from" | "--spec" if runs => {
                let said = value_of();
                is_named |= said.is_some();
                said.iter().for_each(|said| found.add(verb, said));
            }
            "--with" | "--with-editable" if verb.program.starts_with("uv") => {
                value_of().iter().flat_map(|all| all.split(',')).for_each(|one| found.add(verb, one));
            }
            "-r" | "--requirement" | "--requirements" | "--with-requirements" if is_python => {
                found.files.extend(value_of())
            }
            "-e" | "--editable" if is_python => value_of().iter().for_each(|one| found.add(verb, one)),
            "-f" | "--find-links" if is_python => found.links.extend(value_of().filter(|at| !at.contains("://"))),
            "--path" if ecosystem == Ecosystem::CratesIo => found.folders.extend(value_of().map(|at| (ecosystem, at))),
            "--git" if ecosystem == Ecosystem::CratesIo => {
                rest.next();
                found.is_odd = true;
            }
            // pip's `-v` says more; that of gem is a version.
            "--version" | "--vers" => version = value_of(),
            "-v" if ecosystem == Ecosystem::RubyGems => version = value_of(),
            // As `gem help install` says.
            "-P" | "-s" | "-n" if ecosystem == Ecosystem::RubyGems => drop(value_of()),
            "-g" | "--file" if ecosystem == Ecosystem::RubyGems => {}
            "-v" => {}
            "-w" if is_python || verb.program == "npm" => drop(value_of()),
            "-w" => {}
            "-d" if !is_python && verb.program != "composer" => {}
            // What it needs in turn is renewed as well.
            "-u" | "-u=patch" if ecosystem == Ecosystem::Go => found.is_odd = true,
            "-n" | "--name" | "--channel" if is_python => drop(value_of()),
            "--no-install" | "--no" if runs => return Asked { names: true, ..Asked::default() },
            "--system" | "--lock" if verb.kind == Kind::Open => return Asked::default(),
            _ if value.is_none() && options::takes_next(option, rest.clone().next()) => drop(rest.next()),
            _ => {}
        }
    }
    found.is_of_the_day = match verb.ecosystem {
        Ecosystem::Npm => verb.kind == Kind::Named,
        Ecosystem::Packagist => verb.program == "composer",
        // Whatever is installed already (`gem help install`).
        Ecosystem::RubyGems => verb.program == "gem",
        // In an environment of its own.
        Ecosystem::PyPi if matches!(verb.program, "pipx" | "uvx") || verb.verb.starts_with("tool ") => true,
        Ecosystem::PyPi => words.iter().any(|word| word == "--upgrade" || is_cluster(word, &['U'])),
        _ => false,
    };
    settle(&mut found, verb, version.as_deref(), answered);
    found
}

/// Whether a word is several short options in one, of which the last is one of these: `-qU`.
fn is_cluster(word: &str, last: &[char]) -> bool {
    let letters = word.strip_prefix('-').filter(|letters| letters.len() < 5).unwrap_or("");
    letters.ends_with(last) && letters.chars().all(|c| matches!(c, 'q' | 'v' | 'U' | 'I' | 'r' | 'e'))
}

/// Works out of the words what they mean together.
fn settle(found: &mut Asked, verb: &Verb, version: Option<&str>, answered: bool) {
    if matches!(verb.kind, Kind::Open | Kind::OpenIfNamed) {
        // Which release of a manager is there otherwise, the image says.
        let is_code = |said: &str| ["jsr:", "npm:", "http"].iter().any(|start| said.starts_with(start));
        let is_other = |one: &&Installed| match verb.program {
            // It starts files of the project, and what it is given from elsewhere.
            "deno" => is_code(&one.said),
            "mise" | "asdf" => {
                ["npm:", "pipx:", "cargo:", "gem:", "go:"].iter().any(|start| one.said.starts_with(start))
            }
            _ => !one.is_manager() && !matches!(one.name(), "python" | "conda" | "mamba" | "node"),
        };
        let others = found.named.iter().filter(is_other).count();
        let is_some = others > 0 || !found.folders.is_empty() && verb.program != "deno" || found.is_odd;
        let only_managers = !found.named.is_empty() && !is_some;
        found.is_odd = if verb.kind == Kind::Open { !only_managers } else { is_some };
        found.named.clear();
        return;
    }
    if let (Some(version), [one]) = (version, found.named.as_mut_slice())
        && one.version().is_none()
    {
        one.said = format!("{} {}", one.said, version.trim_start_matches('='));
    }
    // It brings managers alone.
    found.is_odd &= verb.program != "corepack";
    // A package manager in one version is compared; which one is there otherwise, the image says.
    found.named.retain(|one| !one.is_manager() || one.exact().is_some());
    // Without a version these start what the project has installed, where it has.
    found.is_perhaps_own =
        verb.kind == Kind::Runs && verb.ecosystem == Ecosystem::Npm && !answered && verb.verb != "dlx";
}

/// Whether a path of Go is that of a module elsewhere: Go's own have no host.
fn is_module(path: &str) -> bool {
    path.split('/').next().is_some_and(|host| host.contains('.'))
}

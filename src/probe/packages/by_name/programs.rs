//! Which program a command starts, behind what is put in front of one: `sudo`, `if`, `env A=b`, `xargs`, `python -m`.

pub use super::fronts::IN_FRONT;
use super::fronts::{OTHERS, SHELLS, STARTERS, WITH_PLACE};
use super::verbs::{self, Kind, Verb};
use super::{handed, runners};

/// What a command starts that this room has to look at.
#[derive(Debug, PartialEq, Eq)]
pub enum Started<'w> {
    /// A program that fetches packages; whether other programs tell it which.
    Fetches(Verb, bool),
    /// `python setup.py install`, with the folder.
    Setup(&'w str),
    /// A file of commands, with the words that it gets.
    Script(&'w str, &'w [String]),
    /// `make`, or `just`, with its words.
    Make(bool, &'w [String]),
    /// Entries of `scripts` in `package.json`.
    Entries(Vec<&'w str>),
    /// What one of these files holds.
    Recipe(&'static [&'static str]),
    /// A language reads a text that brings in packages.
    Text(&'w str),
    /// A variable names the program, which is told to install.
    Unknown,
}

/// Programs start programs so deep.
const MOST_DEEP: usize = 8;
/// So many words are looked at behind a program that nobody knows.
const MOST_WORDS: usize = 100;

/// What a command starts, if that may fetch packages.
pub fn started(words: &[String]) -> Option<Started<'_>> {
    let (mut at, mut fed) = (0, false);
    loop {
        let word = words.get(at)?.as_str();
        if !(is_assignment(word) || IN_FRONT.contains(&word)) {
            break;
        }
        at += 1;
    }
    let mut is_started = true;
    let first = words.get(at)?.as_str();
    if OTHERS.contains(&verbs::name(first)) || first == "command" && matches!(words.get(at + 1)?.as_str(), "-v" | "-V")
    {
        return None;
    }
    if let Some(language) = handed::language(words.get(at..)?) {
        return Some(Started::Text(language));
    }
    if let (true, Some("--run"), Some(entry)) =
        (verbs::name(first) == "node", words.get(at + 1).map(String::as_str), words.get(at + 2))
    {
        return Some(Started::Entries(vec![entry]));
    }
    if verbs::name(first) == "xargs" || STARTERS.contains(&verbs::name(first)) {
        fed = matches!(verbs::name(first), "xargs" | "parallel");
        let rest = words.iter().enumerate().skip(at + 1);
        let rest = rest.filter(|(_, word)| !word.starts_with('-') && !is_assignment(word));
        let mut rest = rest.skip(usize::from(WITH_PLACE.contains(&verbs::name(first))));
        // What is started may come behind a user's name, a number of seconds.
        at = rest
            .clone()
            .next()
            .filter(|(_, word)| OTHERS.contains(&verbs::name(word)))
            .map_or_else(|| rest.find(|(_, word)| is_known(word)).map(|(at, _)| at), |_| None)?;
    } else if !is_known(first) {
        if first.starts_with('$')
            && matches!(words.get(at + 1).map(String::as_str), Some("install" | "ci" | "add" | "sync"))
        {
            return Some(Started::Unknown);
        }
        // Who knows what it does with its words: one may be a program.
        at = (at + 1..words.len())
            .take(MOST_WORDS)
            .find(|at| verbs::verb(words, *at).is_some_and(|verb| !verb.verb.is_empty()))?;
        is_started = false;
    }
    of_known(words, at, fed, 0).filter(|one| is_started || matches!(one, Started::Fetches(..)))
}

fn of_known(words: &[String], at: usize, fed: bool, depth: usize) -> Option<Started<'_>> {
    if depth > MOST_DEEP {
        return Some(Started::Unknown);
    }
    let word = words.get(at)?.as_str();
    let rest = words.get(at + 1..)?;
    match verbs::name(word) {
        "python" | "pypy" => {
            if let Some(module) = module(rest) {
                return of_module(words, at + 1 + module, fed, depth + 1);
            }
            let file = rest.iter().position(|word| !word.starts_with('-'))?;
            // It takes the words of `pip install` (<https://pip.pypa.io/en/stable/installation/#get-pip-py>).
            if rest.get(file)?.ends_with("get-pip.py") {
                rest.iter().skip(file + 1).find(|word| !word.starts_with('-'))?;
                return verbs::of_pip(at + file + 2).map(|verb| Started::Fetches(verb, fed));
            }
            let folder = rest.get(file)?.strip_suffix("setup.py").filter(|at| at.is_empty() || at.ends_with('/'))?;
            let installs = rest.iter().skip(file + 1).any(|word| matches!(word.as_str(), "install" | "develop"));
            installs.then_some(Started::Setup(if folder.is_empty() { "." } else { folder }))
        }
        name if runners::is_one(name) && !verbs::is_program(name) => runners::started(words, at),
        name if SHELLS.contains(&name) || SHELLS.contains(&word) => {
            let file = rest.iter().position(|word| !word.starts_with(['-', '+']))?;
            Some(Started::Script(rest.get(file)?, rest.get(file + 1..)?))
        }
        "npm" | "pnpm" | "yarn" | "bun" | "composer" if entry(words, at).is_some() => {
            let (place, name) = entry(words, at)?;
            if runners::is_one(verbs::name(name)) {
                runners::started(words, place)
            } else {
                Some(Started::Entries(vec![name]))
            }
        }
        name if verbs::is_program(name) => started_at(words, at, fed, depth).or_else(|| runners::started(words, at)),
        _ => Some(Started::Script(word, rest)),
    }
}

/// The place behind Python's `-m`: options before it may take a word (`-W ignore`), and letters may stand together (`-um`).
fn module(words: &[String]) -> Option<usize> {
    let mut at = 0;
    loop {
        let word = words.get(at).filter(|word| word.starts_with(['-', '+']))?;
        if !word.starts_with("--") && word.ends_with('m') {
            return Some(at + 1);
        }
        // `-mpip`
        if word.strip_prefix("-m").is_some_and(verbs::is_program) {
            return Some(at);
        }
        at += 1 + usize::from(matches!(word.as_str(), "-W" | "-X"));
    }
}

/// The module of Python that `-m` names.
fn of_module(words: &[String], at: usize, fed: bool, depth: usize) -> Option<Started<'_>> {
    if depth > MOST_DEEP { Some(Started::Unknown) } else { started_at(words, at, fed, depth) }
}

/// The program at `at`, or the one that it starts in turn: `poetry run pip install x`.
fn started_at(words: &[String], at: usize, fed: bool, depth: usize) -> Option<Started<'_>> {
    let verb = verbs::verb(words, at)?;
    if verb.kind != Kind::Starts {
        return Some(Started::Fetches(verb, fed));
    }
    // uv fetches what it is to start something with.
    let mut options = words.iter().skip(verb.rest).take_while(|word| word.starts_with('-'));
    let renews = options.any(|word| matches!(word.as_str(), "-U" | "--upgrade"));
    if verb.program == "uv" && (renews || words.iter().skip(verb.rest).any(|word| word.starts_with("--with"))) {
        return Some(Started::Fetches(verb, fed));
    }
    if verb.program == "corepack" {
        return of_known(words, verb.rest - 1, fed, depth + 1);
    }
    let mut rest = (verb.rest..words.len()).filter(|at| words.get(*at).is_some_and(|word| !word.starts_with('-')));
    let next = rest.find(|at| words.get(*at).is_some_and(|word| is_known(word)))?;
    of_known(words, next, fed, depth + 1)
}

/// The entry of `scripts` that a package manager is told to start.
fn entry(words: &[String], at: usize) -> Option<(usize, &str)> {
    let program = verbs::name(words.get(at)?);
    let said = verbs::said(program, words, at + 1);
    let mut said = said.into_iter();
    let first = said.next()?;
    match (program, first.1) {
        (_, "run" | "run-script" | "rum" | "urn") => said.next(),
        ("npm" | "pnpm" | "yarn" | "bun", "start" | "test" | "stop" | "restart") => Some(first),
        ("yarn" | "pnpm" | "bun", _) if verbs::verb(words, at).is_none() => Some(first),
        _ => None,
    }
}

/// Whether a word is a program that fetches packages, or starts what fetches them.
pub fn is_runner(word: &str) -> bool {
    let name = verbs::name(word);
    verbs::is_program(name) || runners::is_one(name)
}

/// Whether a word is a program that is looked at.
fn is_known(word: &str) -> bool {
    let name = verbs::name(word);
    let is_script = [".sh", ".bash"].iter().any(|end| word.ends_with(end));
    let has_name = matches!(name, "python" | "pypy") || runners::is_one(name) || SHELLS.contains(&name) || word == ".";
    is_script || has_name || verbs::is_program(name) || is_path(word)
}

/// `./bin/setup`, `/entrypoint`: a file of the project may be called so.
fn is_path(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    word.contains('/')
        && word.starts_with(['.', '/'])
        && !name.contains(['.', '$', '*', '='])
        && !word.starts_with("//")
}

/// `A=b`
pub fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

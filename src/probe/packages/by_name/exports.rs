//! Files to which commands write down versions: what a lock file holds, or what is worked out of a list anew.

use super::steps::{Command, Step, steps};
use super::verbs;

/// The files to which commands write down what a lock file holds: `poetry export -o all.txt`, `uv export > all.txt`.
pub fn exported(commands: &str) -> Vec<String> {
    let all = steps(commands).into_iter();
    all.flat_map(|step| if let Step::Command(one) = step { exported_by(&one) } else { Vec::new() }).collect()
}

/// Those of one command.
pub fn exported_by(command: &Command) -> Vec<String> {
    if !writes_lock(&command.words) {
        return Vec::new();
    }
    let mut found = command.writes.clone();
    let mut words = command.words.iter();
    while let Some(word) = words.next() {
        match word.split_once('=') {
            Some(("--output" | "--output-file", file)) => found.push(file.to_owned()),
            None if matches!(word.as_str(), "-o" | "--output" | "--output-file") => found.extend(words.next().cloned()),
            _ => {}
        }
    }
    found
}

/// Whether a command writes down what a lock file holds.
pub fn writes_lock(words: &[String]) -> bool {
    let at = words.iter().position(|word| matches!(verbs::name(word), "uv" | "poetry" | "pdm" | "pipenv" | "pip"));
    let says = |word: &String| matches!(word.as_str(), "export" | "compile" | "freeze" | "requirements");
    at.is_some_and(|at| words.iter().skip(at + 1).any(says))
        || words.iter().any(|word| verbs::name(word) == "pip-compile")
}

/// The files of a command that works versions out: those that its output holds already it leaves alone, unless it is told to
/// renew them (<https://pip-tools.readthedocs.io/en/stable/#updating-requirements>). The second says whether it is.
pub fn compiled_by(words: &[String], exported: Vec<String>) -> Option<(Vec<String>, bool)> {
    if !words.iter().any(|word| word == "compile" || verbs::name(word) == "pip-compile") {
        return None;
    }
    let renews = words.iter().any(|word| ["-U", "--upgrade", "-P"].iter().any(|option| word.starts_with(option)));
    let usual = words.iter().filter_map(|word| Some(format!("{}.txt", word.strip_suffix(".in")?)));
    Some((if exported.is_empty() { usual.collect() } else { exported }, renews))
}

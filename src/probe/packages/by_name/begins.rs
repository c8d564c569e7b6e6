//! What containers begin with: `ENTRYPOINT` and `CMD` are one command where both are lists of words
//! (<https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact>).

use std::collections::BTreeMap;

use super::programs::{Started, started};
use super::steps::{Step, of_words};
use super::text;
use crate::probe::repository::Dockerfile;

/// An instruction as it is written, with its line.
pub type Said<'c> = (&'c str, u32);

/// The entry points and commands that are one, of each stage.
pub fn pairs(container: &Dockerfile) -> Vec<(Said<'_>, Said<'_>)> {
    let words = ["FROM", "ENTRYPOINT", "CMD"];
    let all = words.into_iter().flat_map(|word| container.all(word).map(move |(rest, line)| (line, word, rest)));
    let mut all: Vec<(u32, &str, &str)> = all.collect();
    all.sort_unstable();
    // With what stages begin that others build on.
    let mut stages = BTreeMap::<String, Option<Said<'_>>>::new();
    let (mut stage, mut entry, mut command, mut found) = (String::new(), None, None, Vec::new());
    for (line, word, rest) in all {
        match word {
            "ENTRYPOINT" => entry = Some((rest, line)),
            "CMD" => command = Some((rest, line)),
            _ => {
                found.extend(entry.zip(command.take()));
                stages.insert(std::mem::take(&mut stage), entry.take());
                let words: Vec<String> =
                    rest.split_whitespace().filter(|word| !word.starts_with("--")).map(str::to_lowercase).collect();
                entry = words.first().and_then(|image| stages.get(image).copied().flatten());
                stage = words.get(2).cloned().unwrap_or_default();
            }
        }
    }
    found.extend(entry.zip(command));
    found
}

/// The words of an instruction, if it is a list of them.
pub fn listed(said: &str) -> Option<Vec<String>> {
    serde_json::from_str(text::bare(said)).ok()
}

/// The steps of both together; `None` where each is to be looked at by itself: a script that is started with a command as its
/// words starts that, as a rule.
pub fn together(entry: &[String], command: &[String]) -> Option<Vec<Step>> {
    let all = of_words(entry.iter().chain(command).cloned().collect());
    match all.as_slice() {
        [Step::Command(one)] if matches!(started(&one.words), None | Some(Started::Script(..))) => None,
        _ => Some(all),
    }
}

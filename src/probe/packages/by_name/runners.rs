//! Programs that start what a file of the project calls by a name: entries of `package.json`, rules, tasks.

use super::programs::Started;
use super::verbs;

/// Those that start entries of `scripts` in `package.json`, and what they are told in front of the names, if anything.
const OF_ENTRIES: [(&str, &str); 6] = [
    ("run-s|run-p|npm-run-all|npm-run-all2|concurrently|nr", ""),
    ("turbo", "run"),
    ("lerna", "run|run-script"),
    ("nx", "run|run-many|exec"),
    ("turbo|nx", ""),
    ("wsrun|ultra", ""),
];
/// Those that start what another file holds, which is not read as they do.
const OF_RECIPES: [(&str, &[&str]); 6] = [
    ("task|go-task", &["Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "taskfile.yaml"]),
    ("invoke|inv", &["tasks.py"]),
    ("fab", &["fabfile.py"]),
    ("rake", &["Rakefile"]),
    ("gulp", &["gulpfile.js"]),
    ("grunt", &["Gruntfile.js"]),
];
/// So many names are looked at.
const MOST_NAMES: usize = 50;

fn is_in(all: &str, one: &str) -> bool {
    all.split('|').any(|other| other == one)
}

/// Whether a program of this name is one of them.
pub fn is_one(name: &str) -> bool {
    matches!(name, "make" | "gmake" | "just")
        || OF_ENTRIES.iter().any(|(programs, _)| is_in(programs, name))
        || OF_RECIPES.iter().any(|(programs, _)| is_in(programs, name))
}

/// What the program at `at` starts.
pub fn started(words: &[String], at: usize) -> Option<Started<'_>> {
    let name = verbs::name(words.get(at)?);
    let rest = words.get(at + 1..)?;
    if matches!(name, "make" | "gmake" | "just") {
        return Some(Started::Make(name == "just", rest));
    }
    if let Some((_, files)) = OF_RECIPES.iter().find(|(programs, _)| is_in(programs, name)) {
        return Some(Started::Recipe(files));
    }
    let plain: Vec<&str> =
        rest.iter().map(String::as_str).filter(|word| !word.starts_with('-')).take(MOST_NAMES).collect();
    let (_, told) = OF_ENTRIES
        .iter()
        .filter(|(programs, _)| is_in(programs, name))
        .find(|(_, told)| told.is_empty() || plain.first().is_some_and(|word| is_in(told, word)))?;
    // `concurrently "npm:build"`, `nx run app:build`, `turbo run web#build`
    let forms = |word| {
        let word: &str = word;
        let word = ["npm:", "yarn:", "pnpm:", "bun:"].iter().find_map(|start| word.strip_prefix(start)).unwrap_or(word);
        let last = word.rsplit([':', '#']).next().filter(|last| *last != word && matches!(name, "nx" | "turbo"));
        std::iter::once(word).chain(last)
    };
    let names = plain.into_iter().skip(usize::from(!told.is_empty())).flat_map(forms).collect();
    Some(Started::Entries(names))
}

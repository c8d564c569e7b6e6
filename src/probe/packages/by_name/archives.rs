//! Which commands make archives of packages out of what is examined where they do.

use super::programs::{Started, started};
use super::verbs::{name, said};

/// Options of `npm pack` that take the next word.
const WITH_VALUE: [&str; 6] = ["-w", "--workspace", "--pack-destination", "--filter", "-F", "-o"];
/// What may stand in front of the program.
const IN_FRONT: [&str; 9] = ["run", "--", "env", "sudo", "exec", "-m", "time", "then", "do"];

/// Whether a command makes archives: `pip wheel`, `python -m build`, `npm pack` in a folder.
pub fn makes(words: &[String]) -> bool {
    if let Some(Started::Fetches(verb, _)) = started(words) {
        // What is fetched so is told by its name.
        return verb.program == "pip" && matches!(verb.verb, "wheel" | "download");
    }
    let begins = |at: usize| {
        at.checked_sub(1)
            .and_then(|before| words.get(before))
            .is_none_or(|before| IN_FRONT.contains(&before.as_str()) || before.contains('='))
    };
    (0..words.len()).filter(|at| begins(*at)).any(|at| is_maker(words, at))
}

fn is_maker(words: &[String], at: usize) -> bool {
    let Some(program) = words.get(at).map(|word| name(word)) else { return false };
    let is_known = matches!(
        program,
        "python"
            | "pypy"
            | "build"
            | "uv"
            | "poetry"
            | "hatch"
            | "flit"
            | "pdm"
            | "maturin"
            | "rye"
            | "gem"
            | "npm"
            | "pnpm"
            | "yarn"
            | "bun"
    );
    if !is_known {
        return false;
    }
    let rest = words.get(at + 1..).unwrap_or_default();
    let told = said(program, words, at + 1);
    let is_told = |nth: usize, verb: &str| told.get(nth).is_some_and(|(_, word)| *word == verb);
    match program {
        "python" | "pypy" => {
            let setup = rest.iter().position(|word| word.ends_with("setup.py"));
            let says = |word: &String| matches!(word.as_str(), "bdist_wheel" | "sdist" | "bdist");
            setup.is_some_and(|setup| rest.iter().skip(setup).any(says))
        }
        // `python -m build`
        "build" => at.checked_sub(1).and_then(|before| words.get(before)).is_some_and(|word| word == "-m"),
        "bun" => is_told(0, "pm") && is_told(1, "pack"),
        "npm" | "pnpm" | "yarn" => told.first().filter(|(_, word)| *word == "pack").is_some_and(|(verb, _)| {
            let after = words.iter().enumerate().skip(verb + 1);
            let is_value = |at: usize| words.get(at - 1).is_some_and(|word| WITH_VALUE.contains(&word.as_str()));
            let mut names = after.filter(|(at, word)| !word.starts_with('-') && !is_value(*at));
            // A package that it names it fetches.
            names.all(|(_, word)| word.starts_with(['.', '/']))
        }),
        _ => is_told(0, "build"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_made_by_few_commands() {
        for (command, is_one) in [
            ("pip wheel -w /w .", true),
            ("python -m pip wheel .", true),
            ("pip download -d /w x", true),
            ("python setup.py sdist bdist_wheel", true),
            ("python -m build --wheel", true),
            ("uv build", true),
            ("sudo poetry build", true),
            ("gem build x.gemspec", true),
            ("npm pack", true),
            ("npm pack ./libs/core --pack-destination out", true),
            ("npm pack -w core", true),
            ("yarn workspace core pack", true),
            ("npm pack minimist@0.0.8", false),
            ("pip install -U pip wheel", false),
            ("pip install -U pip setuptools wheel", false),
            ("pip install poetry build", false),
            ("mkdir wheel", false),
            ("mkdir -p uv build", false),
            ("npm run build", false),
            ("make build", false),
        ] {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            assert_eq!(makes(&words), is_one, "{command}");
        }
    }
}

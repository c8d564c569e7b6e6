//! Programs that take parts of a file: what they write holds nothing that was not there.

use super::steps::Command;
use super::verbs;

/// Programs that write down lines of the files that they read.
const FILTERS: [&str; 9] = ["cat", "grep", "egrep", "fgrep", "sort", "uniq", "head", "tail", "tr"];
/// What `sed` may take out of a line that says the same afterwards.
const NOTHING: [&str; 7] = ["\r", "\\r", "\\x0D", "\\015", "[[:space:]]", "\\s", " "];

/// Whether `sed` only takes lines out, or what is no part of them: ends of lines of another system, blanks.
pub fn is_harmless_sed(words: &[&str]) -> bool {
    let mut told = words.iter().filter(|word| !word.starts_with('-'));
    let Some(script) = told.next() else { return false };
    let mut parts = script.split(';').map(str::trim).filter(|part| !part.is_empty());
    parts.all(|part| {
        let place = part.strip_suffix('d').unwrap_or("");
        let is_lines = !place.is_empty() && place.bytes().all(|b| b.is_ascii_digit() || matches!(b, b',' | b'$'));
        let is_pattern = place.starts_with('/') && (place.ends_with('/') || place.ends_with("/I"));
        is_lines || is_pattern || takes_nothing(part).unwrap_or(false)
    })
}

/// `s/\r$//g`
fn takes_nothing(part: &str) -> Option<bool> {
    let rest = part.strip_prefix('s')?;
    let mark = rest.chars().next()?;
    let mut parts = rest.split(mark).skip(1);
    let (pattern, with) = (parts.next()?, parts.next()?);
    let pattern = pattern.trim_start_matches('^').trim_end_matches('$').trim_end_matches(['*', '+']);
    Some(with.is_empty() && NOTHING.contains(&pattern))
}

/// The files of which a command writes down parts; empty where it writes anything else.
pub fn sources(command: &Command, before: Option<&Command>) -> Vec<String> {
    let words: Vec<&str> = command.words.iter().map(String::as_str).filter(|word| *word != "sudo").collect();
    let Some((program, rest)) = words.split_first() else { return Vec::new() };
    let name = verbs::name(program);
    if !(FILTERS.contains(&name) || name == "sed" && is_harmless_sed(rest)) {
        return Vec::new();
    }
    // Those of a set of letters, and what is counted, are no files.
    let first = match name {
        "tr" => usize::MAX,
        "cat" | "sort" | "uniq" | "head" | "tail" => 0,
        _ => 1,
    };
    let plain = rest.iter().filter(|word| !word.starts_with('-') && !word.bytes().all(|b| b.is_ascii_digit()));
    let mut found: Vec<String> = plain.skip(first).map(|word| (*word).to_owned()).collect();
    found.extend(command.reads.iter().cloned());
    if found.is_empty() {
        return before.map(|before| sources(before, None)).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::steps::{Step, steps};
    use super::*;

    #[test]
    fn filters_write_parts_of_files() {
        for (text, files) in [
            ("grep -v '^-e' r.txt", "r.txt"),
            ("cat a.txt b.txt", "a.txt b.txt"),
            ("sed '/psycopg2/d' r.txt", "r.txt"),
            ("sed -e 's/\\r$//' r.txt", "r.txt"),
            ("tr -d '\\r' < r.txt", "r.txt"),
            ("head -n 3 r.txt", "r.txt"),
            ("cat r.txt | grep -v x", "r.txt"),
            // These say something else.
            ("sed 's/==.*//' r.txt", ""),
            ("sed 's/a/b/' r.txt", ""),
            ("sed '$a requests' r.txt", ""),
            ("echo r.txt", ""),
            ("echo r.txt | grep -v x", ""),
        ] {
            let all = steps(text);
            let mut commands =
                all.iter().filter_map(|step| if let Step::Command(one) = step { Some(one) } else { None });
            let (first, second) = (commands.next().unwrap(), commands.next());
            let found = second.map_or_else(|| sources(first, None), |second| sources(second, Some(first)));
            assert_eq!(found.join(" "), files, "{text}");
        }
    }
}

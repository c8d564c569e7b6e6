//! Files of commands that other commands call: scripts of a shell, and Makefiles.

use std::collections::{BTreeMap, BTreeSet};

/// Larger files of commands are not read.
pub const MAX_BYTES: usize = 256 * 1024;
/// Longer words, and longer values of variables, are not put in.
const MOST_GIVEN: usize = 500;
/// More rules than this one call does not lead to.
const MOST_RULES: usize = 200;

/// Whether a file that is started is one that a shell reads.
pub fn is_for_shell(path: &str, text: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match text.lines().next().filter(|line| line.starts_with("#!")) {
        Some(first) => {
            first.split(['/', ' ']).any(|word| matches!(word.trim(), "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh"))
        }
        None => [".sh", ".bash"].iter().any(|end| name.ends_with(end)) || !name.contains('.'),
    }
}

/// The lines of a script with those that they go on in, without here-documents that no shell reads.
pub fn lines(text: &str) -> Vec<(u32, String)> {
    let mut found: Vec<(u32, String)> = Vec::new();
    let mut lines = text.lines().zip(1_u32..);
    while let Some((line, number)) = lines.next() {
        let mut whole = line.trim().to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            let Some((next, _)) = lines.next() else { break };
            whole.push_str(next.trim());
        }
        if let Some((before, end)) = document(&whole) {
            let is_read = ["sh", "bash"].contains(&before.split_whitespace().next().unwrap_or(""));
            found.push((number, before.to_owned()));
            let inside = lines.by_ref().take_while(|(line, _)| line.trim() != end);
            let inside: Vec<_> = inside.map(|(line, number)| (number, line.trim().to_owned())).collect();
            found.extend(inside.into_iter().filter(|_| is_read));
        } else if !whole.is_empty() && !whole.starts_with('#') {
            found.push((number, whole));
        }
    }
    found
}

/// The text of a script with the words that it is given in place of `"$@"`, where these mean themselves.
pub fn given(text: &str, words: &[String]) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./@:,^~+%".contains(c);
    if words.iter().map(String::len).sum::<usize>() > MOST_GIVEN || !words.iter().all(|word| word.chars().all(is_plain))
    {
        return text.to_owned();
    }
    let words = words.join(" ");
    ["\"$@\"", "\"${@}\"", "$@", "$*"].iter().fold(text.to_owned(), |text, all| text.replace(all, &words))
}

/// What stands before a here-document, and how it ends.
fn document(line: &str) -> Option<(&str, String)> {
    let (before, after) =
        line.split_once("<<").filter(|(before, after)| !after.starts_with('<') && !before.contains('#'))?;
    let after = after.trim_start_matches('-').trim_start().trim_start_matches(['"', '\'', '\\']);
    let end: String = after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    (end.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')).then_some((before, end))
}

/// The commands of these rules of a Makefile, or of its first one, and of those that they need first
/// (<https://www.gnu.org/software/make/manual/html_node/Rule-Syntax.html>).
pub fn recipes(text: &str, targets: &[&str]) -> Vec<(u32, String)> {
    let (mut variables, mut rules) =
        (BTreeMap::<String, String>::new(), BTreeMap::<String, (Vec<String>, Vec<(u32, String)>)>::new());
    let (mut now, mut first) = (Vec::<String>::new(), None);
    let mut lines = text.lines().zip(1_u32..);
    while let Some((line, number)) = lines.next() {
        let mut whole = line.to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            let Some((next, _)) = lines.next() else { break };
            whole.push_str(next.trim());
        }
        if let Some(command) = whole.strip_prefix('\t') {
            let command = command.trim().trim_start_matches(['@', '-', '+']).to_owned();
            for target in &now {
                rules.entry(target.clone()).or_default().1.push((number, command.clone()));
            }
        } else if let Some((name, value)) = assigned(&whole) {
            variables.insert(name.to_owned(), value.to_owned());
        } else if let Some((names, needs)) =
            whole.split_once(':').filter(|(names, _)| !names.trim_start().starts_with('#'))
        {
            let (needs, command) = needs.trim_start_matches(':').split_once(';').unwrap_or((needs, ""));
            now = names.split_whitespace().map(str::to_owned).collect();
            first = first.or_else(|| now.first().filter(|name| !name.starts_with('.')).cloned());
            for target in &now {
                let rule = rules.entry(target.clone()).or_default();
                rule.0.extend(needs.split_whitespace().map(str::to_owned));
                rule.1.extend((!command.trim().is_empty()).then(|| (number, command.trim().to_owned())));
            }
        }
    }
    let mut waiting: Vec<String> = targets.iter().map(|target| (*target).to_owned()).collect();
    if waiting.is_empty() {
        waiting.extend(first);
    }
    let (mut met, mut found) = (BTreeSet::new(), Vec::new());
    while let Some(target) = waiting.pop() {
        let Some((needs, commands)) = rules.get(&target) else { continue };
        if met.len() >= MOST_RULES || !met.insert(target) {
            continue;
        }
        waiting.extend(needs.iter().cloned());
        found.extend(commands.iter().map(|(line, command)| (*line, expanded(command, &variables))));
    }
    found.sort();
    found.dedup();
    found
}

/// `NAME = value`, `NAME := value`, `NAME ?= value`
fn assigned(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end_matches([':', '?', '+', '!']).trim();
    let is_name =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    is_name.then_some((name.trim_start_matches("export "), value.trim()))
}

/// With the values of variables; what `make` itself calls so is `make`.
fn expanded(command: &str, variables: &BTreeMap<String, String>) -> String {
    let mut text = command.replace("$(MAKE)", "make").replace("${MAKE}", "make");
    for _ in 0..3 {
        let mut parts = text.split("$(").flat_map(|part| part.split("${"));
        let mut next = parts.next().unwrap_or("").to_owned();
        for part in parts {
            let known = part.split_once([')', '}']).and_then(|(name, rest)| Some((variables.get(name)?, rest)));
            match known {
                Some((value, rest)) if value.len() <= MOST_GIVEN && next.len() < MAX_BYTES => {
                    next += &format!("{value}{rest}")
                }
                _ => next += &format!("$({part}"),
            }
        }
        text = next;
    }
    // What is left for the shell.
    text.replace("$$", "$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_read_line_by_line() {
        let text = "#!/bin/sh\nset -e\n# pip install a\npip install \\\n  b\ncat > x.txt <<'EOF'\npip install c\nEOF\nbash <<-X\npip install d\nX\n";
        let told: Vec<String> = lines(text).into_iter().map(|(line, text)| format!("{line} {text}")).collect();
        assert_eq!(told, ["2 set -e", "4 pip install b", "6 cat > x.txt ", "9 bash ", "10 pip install d"]);
    }

    #[test]
    fn what_a_shell_reads() {
        for (path, text, is_one) in [
            ("a.sh", "x", true),
            ("bin/setup", "#!/usr/bin/env bash\n", true),
            ("bin/setup", "#!/usr/bin/env python3\n", false),
            ("bin/setup", "x", true),
            ("a.py", "x", false),
        ] {
            assert_eq!(is_for_shell(path, text), is_one, "{path} {text}");
        }
    }

    #[test]
    fn rules_of_a_makefile_with_what_they_need() {
        let text = "PIP ?= pip3\nFLAGS := -q\n.PHONY: all deps\nall: deps\n\t@echo hi\ndeps: base\n\t$(PIP) install ${FLAGS} a; \\\n\t b\n\
                    base:\n\t-$(MAKE) -C x\n\tfor p in a; do echo $$p; done\nother:\n\tpip install z\n";
        let of = |targets: &[&str]| {
            recipes(text, targets)
                .into_iter()
                .map(|(line, text)| format!("{line} {text}"))
                .collect::<Vec<_>>()
                .join(" / ")
        };
        let deps = "7 pip3 install -q a; b / 10 make -C x / 11 for p in a; do echo $p; done";
        assert_eq!(of(&["deps"]), deps);
        assert_eq!(of(&[]), format!("5 echo hi / {deps}"));
        assert_eq!(of(&["none"]), "");
    }

    #[test]
    fn variables_that_mean_each_other_end() {
        let text = "A = $(B)$(B)\nB = $(A)$(A)\nx:\n\techo $(A)\n";
        assert_eq!(recipes(text, &["x"]).len(), 1);
    }
}

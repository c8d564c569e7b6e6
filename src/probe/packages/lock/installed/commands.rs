//! Commands of pip, uv and their like as any text holds them: which files they name, and which variables say more.

use std::collections::BTreeMap;

/// Variables that name constraints files, with the tool that reads them.
const VARIABLES: [(&str, &str); 2] = [("PIP_CONSTRAINT", "pip"), ("UV_CONSTRAINT", "uv")];

/// Options in front of `run` are not more words than this.
const MOST_BEFORE_RUN: usize = 6;

/// Whether a command begins with variables that are set for it alone: `PIP_CONSTRAINT=c.txt pip install flask`.
pub fn is_prefix(command: &str) -> bool {
    let mut words = command.split_whitespace().skip_while(|word| {
        matches!(&*word.to_ascii_lowercase(), "run" | "run:" | "-" | "env") || word.starts_with("--")
    });
    words.next().is_some_and(|word| word.contains('=')) && words.any(|word| !word.contains('='))
}

/// Notes which constraints files a line sets a variable to: `ENV PIP_CONSTRAINT=c.txt`, `export UV_CONSTRAINT="a.txt b.txt"`.
pub fn variables<'t>(line: &'t str, set: &mut BTreeMap<&'static str, Vec<&'t str>>) {
    for (name, tool) in VARIABLES {
        let Some((before, after)) = line.split_once(name) else { continue };
        let is_other = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '{');
        let is_set = after.trim_start_matches(['"', '\'']).starts_with(['=', ':', ' ', '?']);
        if before.ends_with(is_other) || !is_set {
            continue;
        }
        let value = after.trim_start_matches(['"', '\'']).trim_start_matches(['=', ':', '?', ' ']);
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let value = match quote {
            Some(quote) => value.get(1..).and_then(|rest| rest.split(quote).next()).unwrap_or_default(),
            None => value.split([' ', '&', ';', ',', '"', '\'']).next().unwrap_or_default(),
        };
        set.insert(tool, value.split_whitespace().collect());
    }
}

/// Lines with those that they go on in, each with the number of its first. Comments are left out.
pub fn joined_lines(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (number, line) in (1..).zip(text.lines()) {
        let code = line.trim();
        let comment = code.starts_with('#') && !code.starts_with("#!");
        let (code, more) = code.strip_suffix('\\').map_or((code, false), |code| (code, true));
        match found.last_mut().filter(|_| goes_on) {
            Some((_, last)) if !comment => {
                last.push(' ');
                last.push_str(code);
            }
            Some(_) => continue,
            None if !comment => found.push((number, code.to_owned())),
            None => continue,
        }
        goes_on = more;
    }
    found
}

/// What one command names.
#[derive(Debug, Default, PartialEq)]
pub struct Named<'t> {
    /// `pip`, `uv`, `pip-sync` or `pipenv`.
    pub tool: &'static str,
    /// The requirements files.
    pub files: Vec<&'t str>,
    /// The constraints files.
    pub constraints: Vec<&'t str>,
}

impl<'t> Named<'t> {
    /// What `command` names for pip, pip-sync or uv; `None` where it calls none of them.
    pub fn by(command: &'t str) -> Option<Self> {
        let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '[' | ']' | '(' | ')' | '`');
        let mut words = command.split(is_end).filter(|word| !word.is_empty());
        let tool = words.by_ref().find_map(tool_of)?;
        let mut words: Vec<&str> = words.collect();
        // Behind the program that is run, words are for that program: `uv run celery -c 4`.
        let is_run = |word: &&str| *word == "run";
        let (mut tool, mut with) = (tool, Vec::new());
        if let Some(run) = words.iter().take(MOST_BEFORE_RUN).position(is_run).filter(|_| tool != "pip") {
            let after = words.split_off(run + 1);
            let lists = after.iter().zip(after.iter().skip(1)).filter(|(option, _)| **option == "--with-requirements");
            with = lists.map(|(_, list)| *list).collect();
            let inner = after.iter().enumerate().find_map(|(at, word)| Some((at, tool_of(word)?)));
            if let Some((at, one)) = inner {
                tool = one;
                words = after.get(at + 1..).unwrap_or_default().to_vec();
            } else {
                words.clear();
            }
        }
        // What is only written, shown or taken away.
        if words.iter().any(|word| matches!(*word, "compile" | "export" | "freeze" | "uninstall" | "lock")) {
            return None;
        }
        let syncs = tool == "pip-sync" || words.contains(&"sync");
        let mut named = Self { tool, files: with, ..Self::default() };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let (option, value) = match word.split_once('=').filter(|_| word.starts_with("--")) {
                Some((option, value)) => (option, Some(value)),
                None if word.starts_with("--") => (word, None),
                None => match word.split_at_checked(2).filter(|_| word.starts_with('-')) {
                    Some((option, "")) => (option, None),
                    Some((option, value)) => (option, Some(value)),
                    None => (word, None),
                },
            };
            match option {
                "-r" | "--requirement" | "--requirements" | "--with-requirements" => {
                    named.files.extend(value.or_else(|| words.next()));
                }
                // What overrides says which version comes of what is asked for, as a constraint does.
                "-c"
                | "--constraint"
                | "--constraints"
                | "--override"
                | "--overrides"
                | "--build-constraint"
                | "--build-constraints" => named.constraints.extend(value.or_else(|| words.next())),
                _ if syncs && [".txt", ".in", ".pip"].iter().any(|end| word.ends_with(end)) => named.files.push(word),
                _ => {}
            }
        }
        // uv reads manifests as well, which are read by themselves.
        named.files.retain(|file| ![".toml", ".py", ".cfg"].iter().any(|end| file.ends_with(end)));
        Some(named)
    }
}

/// The tool that a word starts.
fn tool_of(word: &str) -> Option<&'static str> {
    let name = word.rsplit('/').next().unwrap_or(word);
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    ["pip", "uv", "pip-sync", "pipenv"].into_iter().find(|tool| *tool == bare && !word.contains('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_name_files() {
        let of = |command: &str| Named::by(command).map(|named| (named.files.join(" "), named.constraints.join(" ")));
        for (command, files, constraints) in [
            ("RUN pip install --no-cache-dir -r /app/deps.txt", "/app/deps.txt", ""),
            ("RUN [\"pip3.11\", \"install\", \"-r\", \"deps.txt\"]", "deps.txt", ""),
            (
                "run: python -m pip install -rdeps.txt --requirement=more.txt -c versions.txt",
                "deps.txt more.txt",
                "versions.txt",
            ),
            ("\"postinstall\": \"/usr/bin/pip install -r deps.txt\",", "deps.txt", ""),
            ("uv pip sync deps.txt", "deps.txt", ""),
            ("RUN --mount=type=cache,target=/root/.cache/pip uv pip install -r deps.txt", "deps.txt", ""),
            ("uv pip install -r pyproject.toml -r deps.in", "deps.in", ""),
            ("Run `pip install -r deps.txt`.", "deps.txt", ""),
            ("pip install -r https://files.example.com/deps.txt", "https://files.example.com/deps.txt", ""),
            ("pip install flask", "", ""),
            ("RUN uv run python -c \"import nltk\"", "", ""),
            ("RUN uv run --with-requirements deps.txt celery -A app worker -c 4", "deps.txt", ""),
            ("uv tool run ruff -c x.toml", "", ""),
            ("pipenv run gunicorn -c conf.py", "", ""),
            ("pipenv run pip install -r deps.txt -c versions.txt", "deps.txt", "versions.txt"),
            ("uv run -- pip install -r deps.txt", "deps.txt", ""),
            ("uv pip compile -r deps.in", "-", "-"),
            ("pip freeze -r deps.txt", "-", "-"),
            ("cp -r deps.txt /app", "-", "-"),
            ("pipe -r deps.txt", "-", "-"),
        ] {
            let expected = (files != "-").then(|| (files.to_owned(), constraints.to_owned()));
            assert_eq!(of(command), expected, "{command}");
        }
    }

    #[test]
    fn variables_name_constraints_files() {
        for (line, tool, files) in [
            ("ENV PIP_CONSTRAINT=/app/c.txt OTHER=1", "pip", "/app/c.txt"),
            ("ENV PIP_CONSTRAINT c.txt", "pip", "c.txt"),
            ("export UV_CONSTRAINT=\"a.txt b.txt\"", "uv", "a.txt b.txt"),
            ("PIP_CONSTRAINT: \"c.txt\"", "pip", "c.txt"),
            ("PIP_CONSTRAINT=c.txt pip install -r r.txt", "pip", "c.txt"),
            ("echo $PIP_CONSTRAINT", "pip", ""),
            ("UV_BUILD_CONSTRAINT=c.txt", "uv", ""),
        ] {
            let mut set = BTreeMap::new();
            variables(line, &mut set);
            assert_eq!(set.get(tool).map(|all| all.join(" ")).unwrap_or_default(), files, "{line}");
        }
    }
}

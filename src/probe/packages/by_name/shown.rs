//! What may be shown of a command: the packages that it names, and the command itself where it is to be typed again. Whatever may
//! be a password stays out: values of options and variables, names before an `@` of an address, what a variable fills in.

use super::installed::Installed;
use super::operands::Asked;
use super::steps::Command;
use super::text;
use super::verbs::{Kind, Verb};
use crate::probe::packages::typed;

/// Options that can be shown: they hold nothing of anybody's own.
const PLAIN: [&str; 40] = [
    "-D",
    "-E",
    "-U",
    "-f",
    "-g",
    "-q",
    "-y",
    "--break-system-packages",
    "--dev",
    "--exact",
    "--force",
    "--force-reinstall",
    "--frozen",
    "--global",
    "--ignore-scripts",
    "--legacy-peer-deps",
    "--locked",
    "--no-audit",
    "--no-build-isolation",
    "--no-cache",
    "--no-cache-dir",
    "--no-deps",
    "--no-dev",
    "--no-document",
    "--no-fund",
    "--no-save",
    "--omit=dev",
    "--prefer-dist",
    "--production",
    "--quiet",
    "--save",
    "--save-dev",
    "--save-exact",
    "--silent",
    "--system",
    "--unsafe-perm",
    "--upgrade",
    "--user",
    "--yes",
    "-m",
];
/// Options whose value names a package or its version.
const NAMING: [&str; 9] = ["-p", "-v", "--from", "--package", "--spec", "--version", "--vers", "--with", "--editable"];

/// A package as a command names it, for people.
pub fn package(one: &Installed, written: &str) -> String {
    let said = one.said.split('#').next().unwrap_or("");
    let rest = said.strip_prefix(one.name()).unwrap_or("");
    let is_version = |c: char| c.is_ascii_alphanumeric() || ".*+_^~<>=!|,- []".contains(c);
    let is_spec = !said.contains("://")
        && rest.chars().all(|c| is_version(c) || matches!(c, '@' | ':'))
        && rest.matches(['@', ':']).count() <= 1;
    if !written.contains(one.name()) {
        "that a variable names".to_owned()
    } else if is_spec || is_of_host(said) {
        said.chars().take(60).collect()
    } else {
        "from an address".to_owned()
    }
}

/// `github:a/b`, the short form of npm.
fn is_of_host(said: &str) -> bool {
    let (host, rest) = said.split_once(':').unwrap_or(("", ""));
    matches!(host, "github" | "gitlab" | "bitbucket") && !rest.contains([':', '@'])
}

/// A command that names a package, as it stands there, so that another version can be written into it; `None` where more than
/// plain words stand in it.
pub fn command(command: &Command, verb: &Verb, asked: &Asked, written: &str) -> Option<String> {
    let bare = text::bare(&command.text);
    // What a redirection names is none of its words.
    let arrows = |text: &str| text.matches(['<', '>']).count();
    let is_redirected = arrows(bare) > command.words.iter().map(|word| arrows(word)).sum();
    if !written.contains(bare) || is_redirected || !typed::is_command(bare) {
        return None;
    }
    let before = command.words.get(..verb.rest)?;
    if before.iter().any(|word| word.contains(['=', '@']) || word.starts_with('-') && word != "-m") {
        return None;
    }
    let is_in_full = |one: &&Installed| package(one, written) == one.said;
    let is_named = |word: &str| asked.named.iter().filter(is_in_full).any(|one| one.said == word || one.name() == word);
    let is_version = |word: &str| asked.named.iter().any(|one| one.version() == Some(word.trim_start_matches('=')));
    let mut end = None;
    for (nth, word) in command.words.iter().enumerate().skip(verb.rest) {
        let (option, value) = word.split_once('=').unwrap_or((word, ""));
        let is_plain = PLAIN.contains(&word.as_str())
            || NAMING.contains(&option) && (value.is_empty() || is_named(value) || is_version(value))
            || word == "--"
            || is_named(word)
            || is_version(word);
        if verb.kind == Kind::Runs && end.is_some() {
            break;
        }
        if !is_plain {
            return None;
        }
        if is_named(word)
            && !command.words.get(nth.wrapping_sub(1)).is_some_and(|before| NAMING.contains(&before.as_str()))
        {
            end = Some(word);
        }
    }
    // What follows is for the program that is started.
    match (verb.kind, end) {
        (Kind::Runs, Some(word)) => {
            let at = bare.find(word.as_str())?;
            bare.get(..at + word.len()).map(str::to_owned)
        }
        (Kind::Runs, None) => None,
        _ => Some(bare.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::operands::asked;
    use super::super::programs::{Started, started};
    use super::super::steps::{Step, steps};
    use super::*;

    /// What is shown of a command and of the packages that it names.
    fn of(line: &str) -> (String, String) {
        let steps = steps(line);
        let Some(Step::Command(one)) = steps.first() else { return Default::default() };
        let Some(Started::Fetches(verb, _)) = started(&one.words) else { return Default::default() };
        let asked = asked(&verb, &one.words);
        let names: Vec<String> = asked.named.iter().map(|one| package(one, line)).collect();
        (names.join(" "), command(one, &verb, &asked, line).unwrap_or_default())
    }

    #[test]
    fn no_password_is_shown() {
        let secret = concat!("SEK", "RET0123456789abcdef");
        for line in [
            "npm i minimist@1.2.6 --_authToken S",
            "npm i minimist@1.2.6 <<< 'S'",
            "npm i minimist@1.2.6 > /x/S 2>/y/S < /z/S",
            "npm i minimist@1.2.6 --token S",
            "npm i --password S minimist@1.2.6",
            "npm i minimist@1.2.6 --api-key S",
            "npm i minimist@1.2.6 --_auth=S",
            "npm i minimist@1.2.6 --who-knows S",
            "DB_PASS=S npm i minimist@1.2.6",
            "SENTRY_DSN=S npx minimist@1.2.6",
            "npx minimist@1.2.6 --dsn S",
            "doppler run --token S -- pip install flask==2.0",
            "npm i github:a/b#S",
            "npm i u:S@h",
            "npm i S@github.com:a/b",
            "pip install git+https://u:S@git.example.com/x.git",
            "pip install x@https://S@git.example.com/x.whl",
        ] {
            let line = line.replace('S', secret).replace(&format!("{secret}ENTRY_D{secret}N"), "SENTRY_DSN");
            let line = line.replace(&format!("DB_PA{secret}{secret}"), "DB_PASS");
            let (names, command) = of(&line);
            assert!(!command.contains(secret), "{command}");
            // A value of an option that nobody knows may look like a package; it is one then for all that can be told.
            if !line.contains("who-knows") {
                assert!(!names.contains(secret), "{line}: {names}");
            }
        }
    }

    #[test]
    fn plain_commands_are_shown() {
        for (line, names, command) in [
            ("npm install -g ejs@3.1.6", "ejs@3.1.6", "npm install -g ejs@3.1.6"),
            (
                "pip install --no-cache-dir 'flask==2.0' jinja2",
                "flask==2.0 jinja2",
                "pip install --no-cache-dir 'flask==2.0' jinja2",
            ),
            ("python -m pip install flask==2.0", "flask==2.0", "python -m pip install flask==2.0"),
            ("gem install rack -v 2.0.0", "rack 2.0.0", "gem install rack -v 2.0.0"),
            (
                "cargo install cargo-audit --version 0.20.0 --locked",
                "cargo-audit 0.20.0",
                "cargo install cargo-audit --version 0.20.0 --locked",
            ),
            (
                "go install github.com/a/tool/cmd/x@v1.2.3",
                "github.com/a/tool/cmd/x@v1.2.3",
                "go install github.com/a/tool/cmd/x@v1.2.3",
            ),
            ("npx -y serve@14.2.0 -s build", "serve@14.2.0", "npx -y serve@14.2.0"),
            ("npx -p typescript@5.4.2 tsc -b", "typescript@5.4.2", ""),
            ("npm i @acme/tool@1.2.3 --registry https://r.example.com", "@acme/tool@1.2.3", ""),
            ("npm i github:a/b", "github:a/b", "npm i github:a/b"),
            ("composer global require acme/tool:1.2.3", "acme/tool:1.2.3", "composer global require acme/tool:1.2.3"),
            (
                "pip install 'uvicorn[standard]>=0.2,<1'",
                "uvicorn[standard]>=0.2,<1",
                "pip install 'uvicorn[standard]>=0.2,<1'",
            ),
        ] {
            assert_eq!(of(line), (names.to_owned(), command.to_owned()), "{line}");
        }
    }
}

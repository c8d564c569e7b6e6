//! Texts that programs hand on: to a shell, which reads them as its own, and to languages, in which nobody follows them.

use super::operands::asked;
use super::verbs::{self, Kind};

/// Programs that give texts to a shell, and the options in front of these; without any, each of their words may be one.
const TO_SHELL: [(&str, &str); 5] = [
    ("su|runuser|flock|script", "-c|--command"),
    ("nix-shell|nix", "--run|--command|-c"),
    ("npx|npm|pnpm|bunx", "-c|--call"),
    ("cmd|powershell|pwsh", "/c|/C|/k|/K|-Command|-command|-c|-C"),
    ("eval|watch|parallel|concurrently|trap|ssh-agent", ""),
];
const SHELLS: [&str; 6] = ["sh", "bash", "ash", "dash", "zsh", "ksh"];
/// Programs of languages that read a text.
const LANGUAGES: [&str; 10] = ["python", "pypy", "node", "nodejs", "perl", "ruby", "php", "deno", "bun", "lua"];
/// What stands in front of such a text.
const WITH_CODE: [&str; 9] = ["-c", "-e", "-r", "-p", "-pe", "-ne", "--eval", "--print", "eval"];
/// What stands between the words of a list.
const BETWEEN: [&str; 4] = ["\", \"", "\",\"", "', '", "','"];

/// What only shows the text that follows.
const SHOWING: [&str; 7] = ["print", "console.log", "console.error", "echo", "puts", "warn", "say"];

/// Longer lines, and more words of one, are not taken apart.
const MOST_BYTES: usize = 4_000;
const MOST_WORDS: usize = 50;

/// What a command hands on to a shell.
#[derive(Debug)]
pub struct Handed<'w> {
    /// The texts.
    pub texts: Vec<&'w str>,
    /// Whether the command does something besides.
    pub is_rest: bool,
}

/// What a shell is given to run: `sh -c "…"`, `bash -lc "…"`, `su app -c "…"`, `eval "…"`, `parallel "…" ::: a b`.
pub fn handed(words: &[String]) -> Handed<'_> {
    if let Some(told) = to_shell(words) {
        return Handed { texts: vec![told], is_rest: false };
    }
    let of_row = |at: usize, name: &str| {
        let (programs, options) = TO_SHELL.iter().find(|(programs, _)| programs.split('|').any(|one| one == name))?;
        let after = words.get(at + 1..)?;
        let is_text = |word: &&String| word.contains(char::is_whitespace);
        if options.is_empty() {
            return Some(after.iter().filter(is_text).map(String::as_str).collect::<Vec<_>>());
        }
        let option = after.iter().position(|word| options.split('|').any(|one| one == word))?;
        let text = after.get(option + 1)?;
        // The one word of `su -c x` is a command as well.
        (programs.starts_with("su") || is_text(&text)).then(|| vec![text.as_str()])
    };
    let found = words.iter().enumerate().take(MOST_WORDS).find_map(|(at, word)| {
        let name = word.rsplit(['/', '\\']).next().unwrap_or(word).trim_end_matches(".exe");
        of_row(at, name).filter(|texts| !texts.is_empty()).map(|texts| (at, texts))
    });
    match found {
        // What they are told besides may fetch packages itself, as may what stands in front of them.
        Some((at, texts)) => {
            let is_rest = at > 0 || words.first().is_some_and(|word| verbs::is_program(word) || word == "concurrently");
            Handed { texts, is_rest }
        }
        None => Handed { texts: Vec::new(), is_rest: true },
    }
}

fn to_shell(words: &[String]) -> Option<&str> {
    let shell = words.iter().position(|word| SHELLS.contains(&word.rsplit('/').next().unwrap_or(word)))?;
    let is_option = |word: &String| {
        word.strip_prefix('-')
            .is_some_and(|letters| letters.ends_with('c') && letters.bytes().all(|b| b.is_ascii_lowercase()))
    };
    let after = words.get(shell + 1..)?;
    let option = after.iter().position(is_option)?;
    // What stands behind a script is for that script.
    let is_for_shell = after.iter().take(option).all(|word| word.starts_with(['-', '+']) || !word.contains(['/', '.']));
    after.get(option + 1).filter(|_| is_for_shell).map(String::as_str)
}

/// The language that is given a text which brings in packages: `python -c "import pip; …"`.
pub fn language(words: &[String]) -> Option<&str> {
    words.iter().take(MOST_WORDS).find(|word| WITH_CODE.contains(&word.as_str()))?;
    words.iter().enumerate().take(MOST_WORDS).find_map(|(at, word)| {
        let name = verbs::name(word);
        let after = words.get(at + 1..).filter(|_| LANGUAGES.contains(&name))?;
        let option = after.iter().take(MOST_WORDS).position(|word| WITH_CODE.contains(&word.as_str()))?;
        let text = after.get(option + 1)?;
        text.lines().any(brings).then_some(name)
    })
}

/// Whether an instruction starts a language that reads the here-document behind it.
pub fn is_code(run: &str) -> bool {
    let first = run.split_once("<<").map_or("", |(before, _)| before.trim());
    let first = first.split_whitespace().find(|word| !word.starts_with("--") && *word != "sudo").unwrap_or("");
    LANGUAGES.contains(&verbs::name(first))
}

/// Whether a line of another language holds a command that brings in more than what manifests ask for.
pub fn brings(line: &str) -> bool {
    let bare = line.trim_start();
    if line.len() > MOST_BYTES || bare.starts_with('#') || bare.starts_with("//") {
        return false;
    }
    let joined = BETWEEN.iter().fold(line.to_owned(), |text, between| text.replace(between, " "));
    // `pip.main(["install", …])`
    let is_module = joined.contains("pip") && joined.contains("main");
    let mut before = "";
    joined.split(|c: char| "\"'`()[]{};&|\n".contains(c)).filter(|part| !part.trim().is_empty()).any(|part| {
        let is_shown = SHOWING.iter().any(|word| before.trim_end().ends_with(word));
        before = part;
        if is_shown {
            return false;
        }
        let words: Vec<String> = part.split_whitespace().take(MOST_WORDS).map(str::to_owned).collect();
        is_module && part.starts_with("install ") || (0..words.len()).any(|at| is_more(&words, at))
    })
}

fn is_more(words: &[String], at: usize) -> bool {
    let Some(verb) = verbs::verb(words, at).filter(|verb| !verb.verb.is_empty()) else { return false };
    if matches!(verb.kind, Kind::Project | Kind::Starts) {
        return false;
    }
    let asked = asked(&verb, words);
    asked.is_odd || !asked.named.is_empty() || !asked.archives.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_languages_bring_in_packages() {
        for (line, is_one) in [
            ("import pip; pip.main(['install', 'requests==2.19.0'])", true),
            ("subprocess.check_call([sys.executable, \"-m\", \"pip\", \"install\", \"requests\"])", true),
            ("os.system('pip install requests')", true),
            ("require(\"child_process\").execSync(\"npm i serve\", {stdio: \"inherit\"})", true),
            ("    c.run(\"uv tool install ruff\")", true),
            ("import pip; print(pip.__version__)", false),
            ("execSync(\"npm ci\", {stdio: \"inherit\"})", false),
            ("execSync('npm install', {stdio: 'inherit'})", false),
            ("os.system('pip install -r requirements.txt')", false),
            ("# pip install requests", false),
            ("import x; print('pip install done')", false),
            ("console.log(process.env.npm_package_version)", false),
        ] {
            assert_eq!(brings(line), is_one, "{line}");
        }
    }

    #[test]
    fn texts_are_handed_on() {
        for (command, texts, is_rest) in [
            (&["su", "app", "-c", "a b"][..], "a b", false),
            (&["su", "-c", "a"], "a", false),
            (&["flock", "/l", "-c", "a b"], "a b", false),
            (&["cmd", "/S", "/C", "a b"], "a b", false),
            (&["parallel", "a {}", ":::", "b"], "a {}", false),
            (&["trap", "a b", "EXIT"], "a b", false),
            (&["npx", "-p", "x", "-c", "a b"], "a b", true),
            (&["concurrently", "npm:a", "b c", "d e"], "b c / d e", true),
            (&["sh", "./x.sh", "-c", "a b"], "", true),
            (&["npm", "run", "watch", "a b"], "a b", true),
            (&["npm", "run", "a"], "", true),
            (&["echo", "a b"], "", true),
        ] {
            let words: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
            let told = handed(&words);
            assert_eq!((&*told.texts.join(" / "), told.is_rest), (texts, is_rest), "{command:?}");
        }
    }
}

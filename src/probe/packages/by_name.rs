//! Packages that come in past all manifests: commands of a Dockerfile install them by name, code imports them from an
//! address, scripts ask for them in a header, archives lie in the project. No lock file says which versions arrive.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use rayon::prelude::*;
use regex::Regex;
use tokio_util::sync::CancellationToken;

use super::{Ecosystem, Packages};
use crate::probe::files::{FileEntry, Listing};
use crate::probe::repository::Dockerfile;

/// Why something was not examined.
mod reason {
    pub const INSTALLED: &str = "package that a container installs by name, in no lock file";
    pub const ADDRESS: &str = "package that code imports from an address, in no lock file";
    pub const HEADER: &str = "Python script that asks for packages in its own header, which gonogo does not read yet";
    pub const ARCHIVE: &str = "archive of Java code in the project, in no lock file";
}

/// Package managers themselves, which install the rest.
const MANAGERS: [&str; 19] = [
    "bun",
    "bundler",
    "corepack",
    "hatch",
    "node-gyp",
    "npm",
    "pdm",
    "pip",
    "pip-tools",
    "pipenv",
    "pnpm",
    "poetry",
    "rake",
    "setuptools",
    "turbo",
    "uv",
    "virtualenv",
    "wheel",
    "yarn",
];
/// Options that take the next word.
const WITH_VALUE: [&str; 41] = [
    "--omit",
    "--include",
    "--loglevel",
    "--no-binary",
    "--only-binary",
    "--progress-bar",
    "--platform",
    "--config-settings",
    "-r",
    "--requirement",
    "-c",
    "--constraint",
    "-e",
    "--editable",
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "-t",
    "--target",
    "--prefix",
    "--root",
    "--registry",
    "--trusted-host",
    "--python",
    "-v",
    "--version",
    "--cache-dir",
    "--timeout",
    "--requirements",
    "--constraints",
    "--index",
    "--default-index",
    "--index-strategy",
    "--python-preference",
    "--filter",
    "-F",
    "-w",
    "--workspace",
    "--allow-build",
];

/// An import from an address: `import x from "npm:ejs@3.1.6"`, `await import("https://esm.sh/ejs")`.
static IMPORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"^(?:[^/*]|/[^/*])*?(?:\b(?:import|export)\b[^"']*\bfrom|\}\s*from|(?:^|[^@\w])import\s*\(?)\s*(?:/\*[^*]*\*/\s*)?["'](?P<from>(?:npm:|jsr:|https?://)[^"'\s]+)["']"#).ok()
});

/// Counts what comes in so.
pub fn add_gaps(found: &mut Packages, listing: &Listing, cancel: &CancellationToken) {
    let told: Vec<Vec<(&str, &'static str, String)>> = listing
        .files
        .par_iter()
        .map(|file| {
            let found = if cancel.is_cancelled() { Vec::new() } else { of_file(file, found) };
            found.into_iter().map(|(reason, what)| (file.path.as_str(), reason, what)).collect()
        })
        .collect();
    for (path, reason, what) in told.into_iter().flatten() {
        found.gaps_of(path).add(reason, &what);
    }
}

fn of_file(file: &FileEntry, packages: &Packages) -> Vec<(&'static str, String)> {
    let path = &file.path;
    let placed = |line: u32, what: &str| {
        if what.is_empty() { format!("{path}:{line}") } else { format!("{path}:{line} {what}") }
    };
    match file.extension() {
        "jar" if !path.contains("wrapper/") => return vec![(reason::ARCHIVE, path.clone())],
        "py" => {
            let header = file.read().ok().and_then(|text| script_header(&text));
            return header.into_iter().map(|line| (reason::HEADER, placed(line, ""))).collect();
        }
        "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" | "vue" | "svelte" | "astro" => {
            let imports = file.read().map(|text| imports(&text)).unwrap_or_default();
            return imports.into_iter().map(|(line, what)| (reason::ADDRESS, placed(line, &what))).collect();
        }
        _ => {}
    }
    if !Dockerfile::is_one(path) {
        return Vec::new();
    }
    let Ok(text) = file.read() else { return Vec::new() };
    let container = Dockerfile::new(path, text.into());
    let commands = container.all("RUN").flat_map(|(rest, line)| {
        let rest = serde_json::from_str::<Vec<String>>(rest).map_or_else(|_| rest.to_owned(), |words| words.join(" "));
        rest.split(['&', ';', '|'])
            .flat_map(installed)
            .map(move |(ecosystem, word)| (line, ecosystem, word))
            .collect::<Vec<_>>()
    });
    let new = commands.filter(|(_, ecosystem, word)| !is_locked(*ecosystem, word, packages));
    let told: BTreeSet<(u32, String)> = new.map(|(line, _, word)| (line, shown(&word))).collect();
    told.into_iter().map(|(line, word)| (reason::INSTALLED, placed(line, &word))).collect()
}

/// An address may carry a password.
fn shown(word: &str) -> String {
    if word.contains("://") { "from an address".to_owned() } else { word.chars().take(60).collect() }
}

/// What a command installs by name.
fn installed(command: &str) -> Vec<(Ecosystem, String)> {
    // Another command writes what follows: `-r <(uv export)`.
    let command = command.split("<(").next().unwrap_or(command);
    let mut words = command.split_whitespace().map(|word| word.trim_matches(['"', '\'', '(', ')']));
    let tool = words.by_ref().find_map(|word| {
        let name = word.rsplit('/').next().unwrap_or(word);
        let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        Some(match bare {
            "pip" => (Ecosystem::PyPi, &["install"][..]),
            "npm" | "pnpm" | "yarn" | "bun" => (Ecosystem::Npm, &["install", "i", "add"][..]),
            "gem" => (Ecosystem::RubyGems, &["install"][..]),
            _ => return None,
        })
    });
    let Some((ecosystem, verbs)) = tool.filter(|_| !is_said(command)) else { return Vec::new() };
    let mut words = words.filter(|word| !word.is_empty());
    if !words
        .by_ref()
        .filter(|word| !word.starts_with('-') && *word != "global")
        .take(1)
        .any(|word| verbs.contains(&word))
    {
        return Vec::new();
    }
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        if word.starts_with('-') {
            // pip's `-v` says more; that of gem is a version.
            let takes = WITH_VALUE.contains(&word) && (word != "-v" || ecosystem == Ecosystem::RubyGems);
            if takes {
                words.next();
            }
            continue;
        }
        let is_name = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '@') && !word.ends_with('/');
        let is_file =
            [".whl", ".tgz", ".tar.gz", ".gem"].iter().any(|end| word.ends_with(end)) && !word.contains("://");
        if is_name && !is_file && !MANAGERS.contains(&name_of(word)) {
            found.push((ecosystem, word.to_owned()));
        }
    }
    found
}

/// Whether a command only shows its words.
fn is_said(command: &str) -> bool {
    let mut words = command.split_whitespace().map(|word| word.trim_matches(['"', '\'', '(', ')']));
    words.any(|word| matches!(word, "echo" | "printf"))
}

/// `flask` of `flask[async]==2.0`, `@acme/tool` of `@acme/tool@1`.
fn name_of(word: &str) -> &str {
    let end =
        word.char_indices().skip(1).find(|(_, c)| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/')));
    end.and_then(|(at, _)| word.get(..at)).unwrap_or(word)
}

/// Whether a lock file holds what is named, in a version that fits what is said of it.
fn is_locked(ecosystem: Ecosystem, word: &str, packages: &Packages) -> bool {
    let name = name_of(word);
    let says = word.get(name.len()..).unwrap_or("");
    let version = says.rsplit(['=', '@']).next().unwrap_or("");
    let of_name = |locked: &&super::LockedPackage| {
        locked.ecosystem == ecosystem && ecosystem.normalize(&locked.name) == ecosystem.normalize(name)
    };
    let mut locked = packages.locks.iter().flat_map(|lock| &lock.packages).filter(of_name);
    locked.any(|locked| says.is_empty() || says.starts_with('[') && !says.contains('=') || locked.version == version)
}

/// What code imports from addresses, with the lines.
fn imports(text: &str) -> Vec<(u32, String)> {
    if !["\"npm:", "'npm:", "jsr:", "http"].iter().any(|start| text.contains(start)) {
        return Vec::new();
    }
    let Some(pattern) = IMPORT.as_ref() else { return Vec::new() };
    let lines = text.lines().zip(1..).filter(|(line, _)| line.len() < 1_000);
    let found = lines.filter_map(|(line, number)| Some((number, pattern.captures(line)?.name("from")?.as_str())));
    found
        .map(|(number, from)| {
            let host = from.contains("://").then(|| url::Url::parse(from).ok()).flatten();
            let shown = host.and_then(|url| url.host_str().map(|host| format!("from {host}")));
            (number, shown.unwrap_or_else(|| self::shown(from)))
        })
        .collect()
}

/// The line of the header in which a Python script asks for packages
/// (<https://packaging.python.org/en/latest/specifications/inline-script-metadata/>).
fn script_header(text: &str) -> Option<u32> {
    let (start, _) = text.lines().enumerate().find(|(_, line)| line.trim_end() == "# /// script")?;
    let header = text.lines().skip(start + 1).take_while(|line| line.starts_with('#') && line.trim_end() != "# ///");
    let header: String = header.map(|line| format!("{}\n", line.trim_start_matches('#').trim_start())).collect();
    let list = header.split_once("dependencies").map(|(_, rest)| rest.trim_start_matches([' ', '=', '[', '\n']))?;
    list.starts_with(['"', '\'']).then(|| u32::try_from(start + 1).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_install_packages_by_name() {
        for (command, names) in [
            ("pip install flask==2.0 jinja2", "flask==2.0 jinja2"),
            (
                "--mount=type=cache,target=/root python3 -m pip install --no-cache-dir 'uvicorn[standard]>=0.2'",
                "uvicorn[standard]>=0.2",
            ),
            ("pip3 install -r requirements.txt -i https://u:p@r.example.com/simple", ""),
            ("pip install --upgrade pip setuptools wheel", ""),
            ("pip install . ./lib /wheels/a.whl b.whl", ""),
            ("pip install git+https://u:p@git.example.com/x.git", "git+https://u:p@git.example.com/x.git"),
            ("npm install -g ejs@3.1.6 @acme/tool", "ejs@3.1.6 @acme/tool"),
            ("npm i --global npm@latest pnpm", ""),
            ("npm install left-pad 2>/dev/null", "left-pad"),
            ("npm ci", ""),
            ("pnpm i --filter web", ""),
            ("uv pip install --system -r <(uv export --frozen)", ""),
            ("uv pip install --index https://r.example.com/simple --requirements all.txt", ""),
            ("npm install", ""),
            ("npm run install-all", ""),
            ("yarn global add serve", "serve"),
            ("gem install rails -v 7.0", "rails"),
            ("apt-get install -y python3-pip curl", ""),
            ("npm install --omit dev --loglevel error --include optional lib/", ""),
            ("pip install --no-binary lxml --progress-bar off -r all.txt", ""),
            ("echo \"run npm install foo\"", ""),
        ] {
            let found: Vec<String> = installed(command).into_iter().map(|(_, word)| word).collect();
            assert_eq!(found.join(" "), names, "{command}");
        }
        assert_eq!(shown("git+https://u:p@git.example.com/x.git"), "from an address");
    }

    #[test]
    fn code_imports_from_addresses() {
        let text = "import ejs from \"npm:ejs@3.1.6\";\nimport 'https://u:p@esm.example.com/a?token=1'\n\
                    const b = await import(\"jsr:@std/fs\");\n// import x from \"npm:x\";\nfetch(\"https://a.example.com\");\n\
                    import y from \"y\";\n@import 'https://fonts.example.com/css';\nlinks from \"https://example.com\"\n\
                    const c = import(/* webpackIgnore: true */ 'https://esm.example.com/c');\n} from 'npm:d';\n";
        let told: Vec<String> = imports(text).into_iter().map(|(line, what)| format!("{line} {what}")).collect();
        assert_eq!(
            told,
            ["1 npm:ejs@3.1.6", "2 from esm.example.com", "3 jsr:@std/fs", "9 from esm.example.com", "10 npm:d"]
        );
    }

    #[test]
    fn scripts_ask_in_their_headers() {
        let asks = "#!/usr/bin/env python\n# /// script\n# dependencies = [\n#   \"requests<3\",\n# ]\n# ///\nimport requests\n";
        assert_eq!(script_header(asks), Some(2));
        for none in [
            "# /// script\n# dependencies = []\n# ///\n",
            "# dependencies = [\"a\"]\n",
            "# /// script\n# requires-python = \">=3\"\n# ///\nx\n",
        ] {
            assert_eq!(script_header(none), None, "{none}");
        }
    }
}

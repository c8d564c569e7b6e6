//! What a command installs, or runs after fetching it, by a package's name.

use crate::probe::packages::{Ecosystem, Version, shell};

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
const WITH_VALUE: [&str; 58] = [
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
    "--build-constraint",
    "--build-constraints",
    "--override",
    "--overrides",
    "--index",
    "--default-index",
    "--index-strategy",
    "--python-preference",
    "--filter",
    "-F",
    "-w",
    "--workspace",
    "--allow-build",
    "--path",
    "--git",
    "--branch",
    "--tag",
    "--rev",
    "--features",
    "--bin",
    "--jobs",
    "-j",
    "--profile",
    "--with",
    "--from",
    "--spec",
];

/// A package as a command names it.
#[derive(Debug, PartialEq, Eq)]
pub struct Installed {
    /// Where it comes from.
    pub ecosystem: Ecosystem,
    /// As written, with the version that an option names: `rails -v 7.0`.
    pub said: String,
}

impl Installed {
    /// Its name alone.
    #[must_use]
    pub fn name(&self) -> &str {
        name_of(&self.said)
    }

    /// Whether it installs packages itself, and brings along all that it needs.
    #[must_use]
    pub fn is_manager(&self) -> bool {
        MANAGERS.contains(&self.name())
    }

    /// What is said of its version; `None` where nothing is.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        let says = self.said.get(self.name().len()..).unwrap_or("");
        let says = says.strip_prefix('[').and_then(|extras| extras.split_once(']')).map_or(says, |(_, rest)| rest);
        let version = says.trim_start_matches([' ', '=', '@', ':']);
        Some(version).filter(|version| !version.is_empty())
    }

    /// The package that advisories would name: of Go the module of a program, where its path tells it.
    #[must_use]
    pub fn package(&self) -> Option<&str> {
        if self.ecosystem == Ecosystem::Go { module_of(self.name()) } else { Some(self.name()) }
    }

    /// The one version that is meant: a range, a tag and a part of a version mean others later.
    #[must_use]
    pub fn exact(&self) -> Option<&str> {
        let version = self.version()?;
        let parts = version.trim_start_matches('v').split(['-', '+']).next()?.split('.').count();
        let is_whole = match self.ecosystem {
            // Of these a shorter one is a range.
            Ecosystem::Npm | Ecosystem::CratesIo | Ecosystem::Packagist => parts >= 3,
            // A part of a version asks Go for the latest one of those.
            Ecosystem::Go => parts >= 3 && self.package().is_some(),
            Ecosystem::PyPi | Ecosystem::RubyGems => true,
            Ecosystem::Maven => false,
        };
        let is_one = version.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit())
            && version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_' | '!'))
            && !self.said.contains("://");
        (is_whole && is_one && Version::parse(self.ecosystem, version).is_some()).then_some(version)
    }
}

/// The module to which a program of Go belongs, where its path tells it: on these hosts a repository has three parts, a module
/// of a later version one more, and programs lie in it or under `cmd`. Elsewhere, and deeper, a module may begin anywhere
/// (<https://go.dev/ref/mod#module-path>).
fn module_of(path: &str) -> Option<&str> {
    const HOSTS: [&str; 4] = ["github.com/", "gitlab.com/", "bitbucket.org/", "golang.org/x/"];
    if !HOSTS.iter().any(|host| path.starts_with(host)) {
        return None;
    }
    let mut ends = path.match_indices('/').map(|(at, _)| at).skip(2).chain([path.len()]);
    let mut end = ends.next()?;
    let is_version =
        |part: &str| part.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    if let Some(next) = ends.next()
        && path.get(end + 1..next).is_some_and(is_version)
    {
        end = next;
    }
    let (module, rest) = path.split_at_checked(end)?;
    (module.split('/').count() >= 3 && (rest.is_empty() || rest.starts_with("/cmd/"))).then_some(module)
}

/// How a program is told to fetch packages.
struct Tool {
    ecosystem: Ecosystem,
    /// What it is told, one of these words; none of them for a program that does nothing else.
    verbs: &'static [&'static str],
    /// Only the first word names a package; the rest is for the program that it starts.
    runs: bool,
}

/// What a program of this name fetches, whose first word is `next`.
fn tool(name: &str, next: &str) -> Option<Tool> {
    let of = |ecosystem, verbs, runs| Some(Tool { ecosystem, verbs, runs });
    match (name, next) {
        ("pipx", "run") => of(Ecosystem::PyPi, &["run"], true),
        ("pip" | "pipx", _) => of(Ecosystem::PyPi, &["install", "wheel"], false),
        ("uv", "tool") => of(Ecosystem::PyPi, &["install", "run"], true),
        ("uv" | "poetry" | "pdm" | "rye", "add") => of(Ecosystem::PyPi, &["add"], false),
        ("pipenv", "install") => of(Ecosystem::PyPi, &["install"], false),
        ("easy_install", _) => of(Ecosystem::PyPi, &[], false),
        ("uvx", _) => of(Ecosystem::PyPi, &[], true),
        ("npx" | "bunx" | "pnpx", _) => of(Ecosystem::Npm, &[], true),
        ("npm" | "pnpm" | "yarn" | "bun", "exec" | "dlx" | "x") => of(Ecosystem::Npm, &["exec", "dlx", "x"], true),
        ("npm" | "pnpm" | "yarn" | "bun", _) => of(Ecosystem::Npm, &["install", "i", "add"], false),
        ("gem", _) => of(Ecosystem::RubyGems, &["install"], false),
        ("go", _) => of(Ecosystem::Go, &["install"], false),
        ("cargo", _) => of(Ecosystem::CratesIo, &["install", "binstall"], false),
        ("composer", _) => of(Ecosystem::Packagist, &["require"], false),
        _ => None,
    }
}

/// What a command installs by name.
pub fn installed(command: &str) -> Vec<Installed> {
    asked(command).named
}

/// What a command installs.
#[derive(Default)]
pub struct Asked {
    /// By name.
    pub named: Vec<Installed>,
    /// From folders, as the command writes them.
    pub folders: Vec<(Ecosystem, String)>,
    /// From archives, which may be patterns.
    pub archives: Vec<String>,
}

/// Whether a word names an archive of packages.
pub fn is_archive(word: &str) -> bool {
    [".whl", ".tgz", ".tar.gz", ".gem"].iter().any(|end| word.ends_with(end)) && !word.contains("://")
}

/// Reads a command.
pub fn asked(command: &str) -> Asked {
    // Another command writes what follows: `-r <(uv export)`.
    let command = command.split("<(").next().unwrap_or(command);
    if is_said(command) {
        return Asked::default();
    }
    let words = shell::words(command);
    // What follows a `;` says for which machines a package of Python is meant.
    let words: Vec<&str> = words.iter().map(|word| word.split(';').next().unwrap_or(word).trim()).collect();
    // An option may end like a program: `--mount=type=cache,target=/root/.cache/pip`.
    let mut programs = words.iter().enumerate().filter(|(_, word)| !word.starts_with('-'));
    let found = programs.find_map(|(at, word)| {
        let name = word.rsplit('/').next().unwrap_or(word);
        let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let mut next = words.iter().skip(at + 1).filter(|word| !word.starts_with('-') && **word != "global");
        Some((at, tool(bare, next.next().copied().unwrap_or(""))?))
    });
    let Some((at, Tool { ecosystem, verbs, runs })) = found else { return Asked::default() };
    let mut words = words.into_iter().skip(at + 1).peekable();
    if !verbs.is_empty()
        && !words
            .by_ref()
            .filter(|word| !word.starts_with('-') && !matches!(*word, "global" | "tool"))
            .take(1)
            .any(|word| verbs.contains(&word))
    {
        return Asked::default();
    }
    let mut found: Vec<Installed> = Vec::new();
    let (mut folders, mut archives): (Vec<(Ecosystem, String)>, Vec<String>) = Default::default();
    let (mut version, mut answered) = (None, false);
    while let Some(word) = words.next() {
        if word.starts_with('-') {
            answered |= matches!(word, "-y" | "--yes");
            let (option, value) = word.split_once('=').map_or((word, None), |(option, value)| (option, Some(value)));
            // `npx -p typescript tsc`, `uvx --from build pyproject-build`, `pipx run --spec black black`.
            if runs && matches!(option, "-p" | "--package" | "--from" | "--spec") {
                found.extend(value.or_else(|| words.next()).map(|said| Installed { ecosystem, said: said.to_owned() }));
                continue;
            }
            // pip's `-v` says more; that of gem is a version.
            let is_version =
                matches!(option, "--version" | "--vers") || (option == "-v" && ecosystem == Ecosystem::RubyGems);
            let takes = WITH_VALUE.contains(&option) && (option != "-v" || is_version);
            let value = if takes && value.is_none() { words.next() } else { value };
            if matches!(option, "-e" | "--editable" | "--path") {
                folders.extend(value.map(|folder| (ecosystem, folder.to_owned())));
            }
            version = version.or(value.filter(|_| is_version));
            continue;
        }
        if runs && !found.is_empty() {
            break;
        }
        let word = word.strip_prefix("file:").unwrap_or(word);
        // `pip install libs/http`: no name of Python's has a slash.
        let is_folder = ecosystem == Ecosystem::PyPi && word.contains('/') && !word.contains(['@', ':']);
        let is_name = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '@') && !word.ends_with('/');
        if is_name && !is_archive(word) && !is_folder {
            found.push(Installed { ecosystem, said: word.to_owned() });
        } else if is_archive(word) {
            archives.push(word.to_owned());
        } else if !word.contains("://") && (word.contains('/') || word == "." || word.starts_with(".[")) {
            folders.push((ecosystem, word.to_owned()));
        }
        if runs {
            break;
        }
    }
    // A package manager in one version is compared; which one is there otherwise, the image says.
    found.retain(|one| !one.is_manager() || one.exact().is_some());
    // Without a version these start what the project has installed, where it has.
    let is_perhaps_own = runs && ecosystem == Ecosystem::Npm && !answered && !command.contains("dlx");
    found.retain(|one| match ecosystem {
        Ecosystem::Go => one.said.contains('@'),
        _ => !is_perhaps_own || one.version().is_some(),
    });
    if let (Some(version), [one]) = (version, found.as_mut_slice())
        && one.version().is_none()
    {
        one.said = format!("{} {}", one.said, version.trim_start_matches('='));
    }
    Asked { named: found, folders, archives }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_install_from_folders() {
        for (command, folders) in [
            ("pip install . ./lib /wheels/a.whl b.whl", ". ./lib"),
            ("pip install -e /app/core --editable=./api flask", "/app/core ./api"),
            ("python -m pip install 'vendor/requests/' && x", "vendor/requests/"),
            ("npm install ./vendor/minimist", "./vendor/minimist"),
            ("npm install file:./vendor/minimist", "./vendor/minimist"),
            ("pip wheel --no-deps -w /w ./build", "./build"),
            ("cargo install --path tools/x", "tools/x"),
            ("pip install flask git+https://git.example.com/x.git", ""),
        ] {
            let found: Vec<String> = asked(command).folders.into_iter().map(|(_, folder)| folder).collect();
            assert_eq!(found.join(" "), folders, "{command}");
        }
    }

    #[test]
    fn commands_install_packages_by_name() {
        for (command, names) in [
            ("pip install flask==2.0 jinja2", "flask==2.0 jinja2"),
            (
                "--mount=type=cache,target=/root python3 -m pip install --no-cache-dir 'uvicorn[standard]>=0.2'",
                "uvicorn[standard]>=0.2",
            ),
            ("--mount=type=cache,target=/root/.cache/pip pip install flask==2.0", "flask==2.0"),
            ("pip install flask==2.0 --build-constraint build.txt --override over.txt", "flask==2.0"),
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
            ("uv add --dev requests==2.19.0", "requests==2.19.0"),
            ("poetry add requests@2.19.0", "requests@2.19.0"),
            ("pipenv install --system --deploy", ""),
            ("pip install pip==20.0 setuptools wheel>=0.30", "pip==20.0"),
            ("npm run install-all", ""),
            ("yarn global add serve", "serve"),
            ("gem install rails -v 7.0", "rails 7.0"),
            ("pipx install black==23.1", "black==23.1"),
            ("uv tool install ruff@0.4.1", "ruff@0.4.1"),
            ("uvx ruff@0.4.1 check src", "ruff@0.4.1"),
            ("npx -y serve@14.2.0 -s build", "serve@14.2.0"),
            ("npx prisma generate", ""),
            ("npx --yes serve", "serve"),
            ("npx -p typescript@5.4.2 tsc", "typescript@5.4.2"),
            ("npm exec --yes -- serve@14.2.0 x", "serve@14.2.0"),
            ("pnpm dlx serve", "serve"),
            ("bunx serve@14.2.0", "serve@14.2.0"),
            ("go install example.com/tool/cmd/x@v1.2.3", "example.com/tool/cmd/x@v1.2.3"),
            ("go install ./...", ""),
            ("cargo install --locked cargo-audit --version 0.20.0", "cargo-audit 0.20.0"),
            ("cargo install --path .", ""),
            ("cargo build --release", ""),
            ("composer global require acme/tool:1.2.3", "acme/tool:1.2.3"),
            ("apt-get install -y python3-pip curl", ""),
            ("npm install --omit dev --loglevel error --include optional lib/", ""),
            ("pip install --no-binary lxml --progress-bar off -r all.txt", ""),
            ("echo \"run npm install foo\"", ""),
        ] {
            let found: Vec<String> = installed(command).into_iter().map(|one| one.said).collect();
            assert_eq!(found.join(" "), names, "{command}");
        }
    }

    #[test]
    fn a_program_of_go_belongs_to_a_module() {
        for (path, module) in [
            ("github.com/a/tool", Some("github.com/a/tool")),
            ("github.com/a/tool/cmd/x", Some("github.com/a/tool")),
            ("github.com/a/tool/v4", Some("github.com/a/tool/v4")),
            ("github.com/a/tool/v4/cmd/x", Some("github.com/a/tool/v4")),
            ("golang.org/x/tools/cmd/godoc", Some("golang.org/x/tools")),
            // It may be a module of its own.
            ("golang.org/x/tools/gopls", None),
            ("google.golang.org/grpc/cmd/protoc-gen-go-grpc", None),
            ("github.com/a", None),
        ] {
            assert_eq!(module_of(path), module, "{path}");
        }
    }

    #[test]
    fn one_version_is_exact() {
        for (ecosystem, said, exact) in [
            (Ecosystem::Npm, "ejs@3.1.6", Some("3.1.6")),
            (Ecosystem::Npm, "@acme/tool@1.2.3", Some("1.2.3")),
            (Ecosystem::Npm, "typescript@5", None),
            (Ecosystem::Npm, "npm-check@latest", None),
            (Ecosystem::Npm, "x@^1.2.3", None),
            (Ecosystem::PyPi, "uvicorn[standard]==0.20", Some("0.20")),
            (Ecosystem::PyPi, "flask>=2.0", None),
            (Ecosystem::PyPi, "flask==2.*", None),
            (Ecosystem::PyPi, "flask==2.0,<3", None),
            (Ecosystem::RubyGems, "rails 7.0", Some("7.0")),
            (Ecosystem::CratesIo, "cargo-audit 0.20.0", Some("0.20.0")),
            (Ecosystem::Packagist, "acme/tool:1.2.3", Some("1.2.3")),
            (Ecosystem::Go, "example.com/tool/cmd/x@v1.2.3", None),
            (Ecosystem::Go, "github.com/a/tool/cmd/x@v1.2.3", Some("v1.2.3")),
            (Ecosystem::Go, "github.com/a/tool/cmd/x@v1.2", None),
            (Ecosystem::Go, "github.com/a/tool@latest", None),
            (Ecosystem::Npm, "serve", None),
        ] {
            assert_eq!(Installed { ecosystem, said: said.to_owned() }.exact(), exact, "{said}");
        }
    }
}

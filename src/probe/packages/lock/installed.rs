//! Requirements files under names that say nothing: those that a command installs, and lists of pinned packages.

use std::collections::{BTreeMap, BTreeSet};

use tokio_util::sync::CancellationToken;

use super::is_requirements;
use crate::probe::files::{FileEntry, Listing};
use crate::probe::packages::manifest::python::requirements_file::{Line, Said, lines};
use crate::probe::packages::{Ecosystem, Version, by_name, shell};
use crate::probe::paths::{folder, joined};
use crate::probe::repository::{Dockerfile, is_aside};

/// More files of commands, or of lists, than this are not read.
const MOST_FILES: usize = 5_000;
/// A list of packages is shorter.
const MAX_LIST_BYTES: u64 = 256 * 1024;
/// A command names a file that lies somewhere else: so many of that name are taken.
const MOST_OF_A_NAME: usize = 10;

/// What was found.
#[derive(Debug, Default)]
pub struct Installed {
    /// The files that a command installs.
    pub files: BTreeSet<String>,
    /// Files that look like a list of packages, and that no command names.
    pub lists: BTreeSet<String>,
    /// Files that only say which versions others have.
    pub constraints: BTreeSet<String>,
    /// By a file that commands install, the constraints files that they give it.
    pub given: BTreeMap<String, CommandsGive>,
    /// What containers install by name with constraints files.
    pub by_name: Vec<ByName>,
    /// What deploys the app and installs a file that is not there, with the line.
    pub lost: Vec<(String, usize)>,
    /// Constraints files that what deploys the app names and that are not there, by the file with the command, with the
    /// first line that does.
    pub lost_constraints: BTreeMap<(String, String), usize>,
    /// Where addresses are installed: files and lines.
    pub addresses: BTreeSet<(String, usize)>,
}

/// The constraints files that commands give to one file, in a command's words or by a variable
/// (<https://pip.pypa.io/en/stable/user_guide/#constraints-files>,
/// <https://docs.astral.sh/uv/reference/environment/#uv_constraint>).
#[derive(Debug, Default)]
pub struct CommandsGive {
    each: Vec<(Standing, BTreeSet<String>)>,
}

/// A command of a container that installs packages by their names, and reads constraints files.
#[derive(Debug, PartialEq, Eq)]
pub struct ByName {
    /// The container's file.
    pub container: String,
    /// The constraints files.
    pub constraints: BTreeSet<String>,
    /// What it names, each as a requirement: `urllib3`, `requests[socks]==2.31.0`.
    pub requirements: Vec<String>,
}

/// What a file of commands is to production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// A container, or a host's settings: production is built so.
    Builds,
    /// A script that may be production's.
    Perhaps,
    /// Others.
    No,
}

impl Standing {
    fn of(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let is_script = matches!(&*name, "makefile" | "justfile") || name.ends_with(".sh") || name.ends_with(".bash");
        match deploys(&name) {
            true if is_script => Self::Perhaps,
            true => Self::Builds,
            false => Self::No,
        }
    }
}

impl CommandsGive {
    /// Those that production surely gets: what builds it says so, and no script that may be its own says otherwise. Hosts
    /// install a requirements file without a command.
    #[must_use]
    pub fn always(&self) -> BTreeSet<&String> {
        let builds = self.each.iter().find(|(standing, _)| *standing == Standing::Builds);
        let deploying: Vec<_> = self.each.iter().filter(|(standing, _)| *standing != Standing::No).collect();
        let given = builds.into_iter().flat_map(|(_, given)| given);
        given.filter(|one| deploying.iter().all(|(_, given)| given.contains(*one))).collect()
    }

    /// Those of any command.
    #[must_use]
    pub fn any(&self) -> BTreeSet<&String> {
        self.each.iter().flat_map(|(_, given)| given).collect()
    }
}

/// Variables that name constraints files, with the tool that reads them.
const VARIABLES: [(&str, &str); 2] = [("PIP_CONSTRAINT", "pip"), ("UV_CONSTRAINT", "uv")];

/// What commands of the project install with pip, and what looks like it.
pub fn find(listing: &Listing, cancel: &CancellationToken) -> Installed {
    let mut found = Installed::default();
    let files: BTreeMap<&str, &FileEntry> = listing.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let commands = listing.files.iter().filter(|file| !is_aside(&file.path) && holds_commands(file));
    for file in commands.take(MOST_FILES) {
        if cancel.is_cancelled() {
            return found;
        }
        let Ok(text) = file.read() else { continue };
        if text.contains("pip") || text.contains("uv ") {
            found.add_commands(file, &text, &files);
        }
    }
    let lists = listing.files.iter().filter(|file| !is_aside(&file.path) && may_be_list(file));
    for file in lists.take(MOST_FILES) {
        if cancel.is_cancelled() {
            return found;
        }
        let is_new = !found.files.contains(&file.path) && !found.constraints.contains(&file.path);
        if is_new && file.read().is_ok_and(|text| is_list(&text, true)) {
            found.lists.insert(file.path.clone());
        }
    }
    found
}

/// What builds, checks, starts or explains the app.
fn holds_commands(file: &FileEntry) -> bool {
    let name = file.name().to_ascii_lowercase();
    let yaml = matches!(file.extension(), "yml" | "yaml");
    deploys(&name)
        || (yaml
            && (file.path.starts_with(".github/") || file.path.starts_with(".circleci/") || !file.path.contains('/')))
        || name == "action.yml"
        || matches!(&*name, "jenkinsfile" | "package.json")
        || name.starts_with("readme")
        || name.starts_with("install.")
}

/// Whether a file of this name builds or starts what runs in production.
fn deploys(name: &str) -> bool {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    name.starts_with("dockerfile")
        || name.starts_with("containerfile")
        || extension == "dockerfile"
        || stem.starts_with("docker-compose")
        || (stem.starts_with("compose") && matches!(extension, "yml" | "yaml"))
        || matches!(
            name,
            "makefile" | "justfile" | "procfile" | "render.yaml" | "app.yaml" | "fly.toml" | "nixpacks.toml"
        )
        || matches!(name, "railway.json" | "railway.toml" | "vercel.json" | "netlify.toml" | "heroku.yml")
        || matches!(extension, "sh" | "bash")
}

fn may_be_list(file: &FileEntry) -> bool {
    matches!(file.extension(), "txt" | "pip")
        && file.size <= MAX_LIST_BYTES
        && !is_requirements(&file.path)
        && !file.name().to_ascii_lowercase().contains("constraint")
        // What setuptools writes about a package that is installed.
        && !file.path.contains(".egg-info/")
        && !file.path.contains(".dist-info/")
}

/// Whether every line asks for a package, and, where `pinned`, one of them for one version.
fn is_list(text: &str, pinned: bool) -> bool {
    if pinned && !text.contains("==") {
        return false;
    }
    let asks = |line: &Line| match line.said() {
        Said::Requirement(requirement) => {
            requirement.pinned().is_none_or(|version| Version::parse(Ecosystem::PyPi, version).is_some())
        }
        Said::Setting | Said::Include(_) | Said::Constraints(_) => line.text.starts_with("--"),
        Said::Place { .. } => line.text.starts_with("git+") || line.text.starts_with("-e "),
        Said::Odd => false,
    };
    let pins = |line: &Line| matches!(line.said(), Said::Requirement(requirement) if requirement.pinned().is_some());
    lines(text).next().is_some()
        && lines(text).all(|line| asks(&line))
        && (!pinned || lines(text).any(|line| pins(&line)))
}

impl Installed {
    fn add_commands(&mut self, file: &FileEntry, text: &str, files: &BTreeMap<&str, &FileEntry>) {
        let copies = copies(text);
        let container = Dockerfile::is_one(&file.path).then(|| Dockerfile::new(&file.path, text.into()));
        let mut lines = joined_lines(text);
        for (number, line) in lines.iter_mut().filter(|(_, line)| !line.starts_with('#')) {
            let Some(container) = &container else { break };
            if let Some((word, run)) = line.split_once(' ').filter(|(word, _)| word.eq_ignore_ascii_case("run")) {
                *line = format!("{word} {}", by_name::in_shell_form(run.trim()));
            }
            *line = by_name::filled(line, container, u32::try_from(*number).unwrap_or(u32::MAX));
        }
        let standing = Standing::of(file.name());
        // In YAML what is set for a job may stand behind what it runs.
        let is_yaml = matches!(file.extension(), "yml" | "yaml");
        let mut set: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        if is_yaml {
            lines.iter().for_each(|(_, line)| variables(line, &mut set));
        }
        for (number, line) in &lines {
            let number = *number;
            // Each stage of a container has variables of its own.
            if line.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("from ")) {
                set.clear();
            }
            for command in shell::commands(line) {
                // What stands in front of a program holds for that program alone; by itself, or exported, for what follows.
                let mut own = BTreeMap::new();
                variables(command, if is_prefix(command) { &mut own } else { &mut set });
                let Some(named) = Named::by(command) else { continue };
                let by_variable = own.get(named.tool).or_else(|| set.get(named.tool)).into_iter().flatten().copied();
                let mut given: BTreeSet<String> = BTreeSet::new();
                for target in named.constraints.iter().copied().chain(by_variable) {
                    let places = places(&file.path, target, &copies, files);
                    if places.is_empty() && container.is_some() {
                        self.lost_constraints.entry((file.path.clone(), target.to_owned())).or_insert(number);
                    }
                    given.extend(places);
                }
                self.constraints.extend(given.iter().cloned());
                if container.is_some() && !given.is_empty() {
                    let names = by_name::installed(command).into_iter();
                    let names = names.filter(|one| one.ecosystem == Ecosystem::PyPi).map(|one| one.said);
                    let (container, constraints) = (file.path.clone(), given.clone());
                    let one = ByName { container, constraints, requirements: names.collect() };
                    self.by_name.extend(Some(one).filter(|one| !one.requirements.is_empty()));
                }
                for target in named.files {
                    if target.contains("://") {
                        self.addresses.insert((file.path.clone(), number));
                        continue;
                    }
                    let places = places(&file.path, target, &copies, files);
                    if places.is_empty() && standing != Standing::No {
                        self.lost.push((file.path.clone(), number));
                    }
                    for place in &places {
                        self.given.entry(place.clone()).or_default().each.push((standing, given.clone()));
                    }
                    self.files.extend(places);
                }
            }
        }
    }
}

/// Whether a command begins with variables that are set for it alone: `PIP_CONSTRAINT=c.txt pip install flask`.
fn is_prefix(command: &str) -> bool {
    let mut words = command.split_whitespace().skip_while(|word| {
        matches!(&*word.to_ascii_lowercase(), "run" | "run:" | "-" | "env") || word.starts_with("--")
    });
    words.next().is_some_and(|word| word.contains('=')) && words.any(|word| !word.contains('='))
}

/// Notes which constraints files a line sets a variable to: `ENV PIP_CONSTRAINT=c.txt`, `export UV_CONSTRAINT="a.txt b.txt"`.
fn variables<'t>(line: &'t str, set: &mut BTreeMap<&'static str, Vec<&'t str>>) {
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
fn joined_lines(text: &str) -> Vec<(usize, String)> {
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
struct Named<'t> {
    /// `pip`, `uv`, `pip-sync` or `pipenv`.
    tool: &'static str,
    files: Vec<&'t str>,
    constraints: Vec<&'t str>,
}

impl<'t> Named<'t> {
    /// What `command` names for pip, pip-sync or uv; `None` where it calls none of them.
    fn by(command: &'t str) -> Option<Self> {
        let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '[' | ']' | '(' | ')' | '`');
        let mut words = command.split(is_end).filter(|word| !word.is_empty());
        let tool = words.by_ref().filter(|word| !word.contains('=')).find_map(|word| {
            let name = word.rsplit('/').next().unwrap_or(word);
            let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
            ["pip", "uv", "pip-sync", "pipenv"].into_iter().find(|tool| *tool == bare)
        })?;
        let words: Vec<&str> = words.collect();
        // What is only written, shown or taken away.
        if words.iter().any(|word| matches!(*word, "compile" | "export" | "freeze" | "uninstall" | "lock")) {
            return None;
        }
        let syncs = tool == "pip-sync" || words.contains(&"sync");
        let mut named = Self { tool, ..Self::default() };
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

/// What a Dockerfile copies to another name: the source and the destination.
fn copies(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (_, line) in joined_lines(text) {
        let mut words =
            line.split(|c: char| c.is_whitespace() || matches!(c, '"' | '[' | ']' | ',')).filter(|w| !w.is_empty());
        if !words.next().is_some_and(|word| matches!(&*word.to_ascii_uppercase(), "COPY" | "ADD")) {
            continue;
        }
        if let [source, target] = *words.filter(|word| !word.starts_with("--")).collect::<Vec<_>>() {
            found.push((source.to_owned(), target.to_owned()));
        }
    }
    found
}

/// The files of the project that `target` may be, as the file `from` names it. It may be a path within a container, or
/// one from a folder that a command went to before.
fn places(from: &str, target: &str, copies: &[(String, String)], files: &BTreeMap<&str, &FileEntry>) -> Vec<String> {
    if target.contains(['$', '{', '<', '*', ':']) {
        return Vec::new();
    }
    if let Some(near) = near(from, target, files) {
        return vec![near];
    }
    let name = target.rsplit('/').next().unwrap_or(target);
    let copied = copies.iter().filter(|(_, to)| to.rsplit('/').next() == Some(name));
    if let Some(source) = copied.filter_map(|(source, _)| near(from, source, files)).next() {
        return vec![source];
    }
    let same = files.values().filter(|file| file.name() == name && !is_aside(&file.path));
    let lists = same.filter(|file| is_requirements(&file.path) || file.read().is_ok_and(|text| is_list(&text, false)));
    lists.take(MOST_OF_A_NAME).map(|file| file.path.clone()).collect()
}

/// `target` in the folder of `from` or above, its first folders left out where need be.
fn near(from: &str, target: &str, files: &BTreeMap<&str, &FileEntry>) -> Option<String> {
    let target = target.trim_matches('/');
    let tails = std::iter::once(target).chain(target.match_indices('/').filter_map(|(at, _)| target.get(at + 1..)));
    for tail in tails {
        let mut at = folder(from);
        loop {
            if let Some(path) = joined(at, tail).filter(|path| files.contains_key(path.as_str())) {
                return Some(path);
            }
            if at.is_empty() {
                break;
            }
            at = folder(at.trim_end_matches('/'));
        }
    }
    None
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

    #[test]
    fn lists_of_pinned_packages_and_other_texts() {
        for text in [
            "django==3.0\n",
            "# why\nFlask[async]==3.0.0 ; python_version > '3.8'\ngunicorn\n--index-url https://registry.example.com/simple\n",
            "a==1.0 \\\n  --hash=sha256:aa\n",
        ] {
            assert!(is_list(text, true), "{text}");
        }
        for text in [
            "",
            "django\nflask\n",
            "User-agent: *\nDisallow: /a==1\n",
            "a\nabout\nabove\n",
            "/* TEAM */\nDeveloper: x\n",
            "if a==b\n",
            "a==b\n",
            "- a==1.0\n",
            "a==1.0\nThe rest is prose.\n",
            "x = 1\ny==2\n",
            "google-site-verification: google12==\n",
        ] {
            assert!(!is_list(text, true), "{text}");
        }
    }
}

//! Requirements files under names that say nothing: those that a command installs, and lists of pinned packages.

mod commands;
mod lists;
mod places;

use std::collections::{BTreeMap, BTreeSet};

use tokio_util::sync::CancellationToken;

use crate::probe::files::{FileEntry, Listing};
use crate::probe::packages::{Ecosystem, by_name, shell};
use crate::probe::repository::{Dockerfile, is_aside};
use commands::{Named, is_prefix, joined_lines, variables};
use lists::{is_list, may_be_list};
use places::{copies, places};

/// More files of commands, or of lists, than this are not read.
const MOST_FILES: usize = 5_000;

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
        let mut exported: Vec<String> = Vec::new();
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
                exported.extend(by_name::exported(command));
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
                    // A command has written it, of what a lock file holds.
                    let name = |path: &str| path.rsplit('/').next().map(str::to_owned);
                    let is_made = exported.iter().any(|made| name(made) == name(target));
                    if places.is_empty() && standing != Standing::No && !is_made {
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

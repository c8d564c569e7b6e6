//! What to type, for each package manager.
//!
//! The commands are those of the current versions: npm 11 (<https://docs.npmjs.com/cli/commands>), Yarn 1
//! (<https://classic.yarnpkg.com/en/docs/cli>) and 4 (<https://yarnpkg.com/cli>), pnpm 10 (<https://pnpm.io/cli/update>),
//! Bun 1 (<https://bun.com/docs/pm/cli/update>), uv (<https://docs.astral.sh/uv/reference/cli/>), Poetry 2
//! (<https://python-poetry.org/docs/cli/>), Pipenv (<https://pipenv.pypa.io/en/latest/cli.html>), PDM
//! (<https://pdm-project.org/latest/reference/cli/>), Composer 2 (<https://getcomposer.org/doc/03-cli.md>), Cargo
//! (<https://doc.rust-lang.org/cargo/commands/cargo-update.html>), Bundler 2
//! (<https://bundler.io/man/bundle-update.1.html>), Go (<https://go.dev/ref/mod#go-get>) and Gradle 9
//! (<https://docs.gradle.org/current/userguide/dependency_locking.html>).

use std::collections::BTreeSet;

use super::super::ways_in::{Asked, line_of};
use super::{MOST_NAMED, Situation, with_v};
use crate::model::{LinesCome, WayOut};
use crate::probe::packages::manifest::{Pin, members};
use crate::probe::packages::typed::{self, is_plain, is_plain_path, word};
use crate::probe::packages::{Declared, LockedPackage, Manager, Scope};
use crate::probe::repository::Dockerfile;

/// So many packages are renewed together.
const MOST_RENEWED: usize = 10;

/// Writes the commands for one package.
pub struct Commands<'a> {
    pub(super) situation: &'a Situation<'a>,
    pub(super) manager: Manager,
    /// The folder of the lock file: empty, or `apps/web`.
    folder: &'a str,
}

impl<'a> Commands<'a> {
    /// For the package of `situation`.
    pub fn of(situation: &'a Situation<'a>) -> Self {
        let lock = situation.lock;
        let folder = |path: &'a str| path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let folder = if lock.is_constraints() {
            // It is installed where it is read; what lies in several folders, from the project's own.
            let files = lock.roots.iter().filter(|root| !Dockerfile::is_one(&root.manifest));
            let mut readers = files.map(|root| folder(&root.manifest));
            let first = readers.next().unwrap_or("");
            // A command names the constraints file as well.
            let own = || lock.path.strip_prefix(first).is_some_and(|rest| rest.starts_with('/'));
            let reaches = !lock.is_given_by_commands() || first.is_empty() || own();
            if reaches && readers.all(|other| other == first) { first } else { "" }
        } else {
            folder(&lock.path)
        };
        Self { situation, manager: lock.manager, folder }
    }

    /// A path from where commands are typed; `None` where it does not lie below, or cannot be typed.
    fn below_folder<'p>(&self, path: &'p str) -> Option<&'p str> {
        let below = if self.folder.is_empty() {
            Some(path)
        } else {
            path.strip_prefix(self.folder).and_then(|path| path.strip_prefix('/'))
        };
        below.filter(|path| is_plain_path(path))
    }

    /// Drops what cannot be typed safely, and begins in the lock file's folder.
    pub fn finish(&self, out: &mut WayOut) {
        // With nothing to try before them the lines come first.
        if out.commands.is_empty() && out.lines_come == LinesCome::IfCommandsDoNotHelp {
            out.lines_come = LinesCome::First;
            out.commands = std::mem::take(&mut out.after_lines);
        }
        let package = self.situation.package;
        let texts = [&*package.name, &*package.version].into_iter().chain(out.version.as_deref());
        let folder = typed::path(self.folder).filter(|_| texts.into_iter().all(is_plain));
        match folder {
            None => {
                out.commands.clear();
                out.after_lines.clear();
                out.lines = None;
            }
            Some(folder) if !folder.is_empty() && !out.commands.is_empty() => {
                out.commands.insert(0, format!("cd {folder}"));
            }
            Some(_) => {}
        }
    }

    /// Renews the lock file within what is declared.
    pub fn renew(&self, version: &str) -> Vec<String> {
        let name = word(&self.situation.package.name);
        let old = &self.situation.package.version;
        let direct = !self.situation.ways.itself.is_empty();
        let exact = |with: &str| word(&format!("{}{with}{version}", self.situation.package.name));
        match self.manager {
            Manager::Npm => vec![format!("npm update {name}")],
            Manager::YarnClassic if direct => vec![format!("yarn upgrade {name}")],
            Manager::YarnClassic => self.install(),
            Manager::YarnBerry => vec![format!("yarn up -R {name}")],
            Manager::Pnpm if self.has_members() => vec![format!("pnpm -r update {name}")],
            Manager::Pnpm => vec![format!("pnpm update {name}")],
            Manager::Bun => vec![format!("bun update {name}")],
            // An exact version fails where somebody who needs the package refuses it, which uv.lock does not say.
            Manager::Uv if self.situation.ways.needed_by.iter().any(|one| one.range.trim().is_empty()) => {
                vec![format!("uv lock --upgrade-package {name}")]
            }
            Manager::Uv => vec![format!("uv lock --upgrade-package {}", exact("=="))],
            Manager::Poetry => vec![format!("poetry update {name}")],
            // Without the first Pipenv would write the Pipfile anew, without the second into the lock file's other half.
            Manager::Pipenv => vec![format!("pipenv upgrade --lock-only {}{name}", self.dev())],
            Manager::Pdm => self.pdm_update(&[name]),
            Manager::Composer => vec![format!("composer update {name} --with-dependencies")],
            Manager::Cargo => vec![format!("cargo update -p {name}@{old} --precise {version}")],
            Manager::Bundler => vec![format!("bundle update {name} --conservative")],
            Manager::Go if name == "stdlib" => vec![format!("go get go@{}", version.trim_start_matches('v'))],
            Manager::Go => {
                let version = with_v(self.situation.package.ecosystem, version);
                vec![format!("go get {name}@{version}"), "go mod tidy".to_owned()]
            }
            Manager::Gradle => vec![format!("./gradlew dependencies --update-locks {name}")],
            Manager::Pip | Manager::Maven => Vec::new(),
        }
    }

    /// The half of Pipenv's lock file in which the package stands.
    fn dev(&self) -> &'static str {
        if self.situation.package.scope == Scope::Development { "--dev " } else { "" }
    }

    /// Renews several packages within what is declared, direct ones and others.
    pub fn renew_all<'p>(&self, packages: impl Iterator<Item = &'p LockedPackage>) -> Vec<String> {
        let asked = self.situation.lock.roots.iter().flat_map(|root| &root.wanted);
        let direct: BTreeSet<usize> = asked.map(|wanted| wanted.package).collect();
        let is_direct = |package: &LockedPackage| {
            direct.iter().filter_map(|at| self.situation.lock.packages.get(*at)).any(|one| std::ptr::eq(one, package))
        };
        let plain = packages
            .filter(|package| is_plain(&package.name) && is_plain(&package.version))
            // Yarn 1 does nothing for what package.json does not name.
            .filter(|package| self.manager != Manager::YarnClassic || is_direct(package))
            .take(MOST_RENEWED);
        let versioned = self.manager == Manager::Cargo;
        let mut seen = BTreeSet::new();
        let names: Vec<String> = plain
            .map(|one| word(&if versioned { format!("{}@{}", one.name, one.version) } else { one.name.clone() }))
            .filter(|name| seen.insert(name.clone()))
            .collect();
        if names.is_empty() {
            return Vec::new();
        }
        let each = |option: &str| names.iter().map(|name| format!(" {option} {name}")).collect::<String>();
        let all = names.join(" ");
        vec![match self.manager {
            Manager::Npm => format!("npm update {all}"),
            Manager::YarnClassic => format!("yarn upgrade {all}"),
            Manager::YarnBerry => format!("yarn up -R {all}"),
            Manager::Pnpm if self.has_members() => format!("pnpm -r update {all}"),
            Manager::Pnpm => format!("pnpm update {all}"),
            Manager::Bun => format!("bun update {all}"),
            Manager::Uv => format!("uv lock{}", each("--upgrade-package")),
            Manager::Poetry => format!("poetry update {all}"),
            Manager::Pipenv => format!("pipenv upgrade --lock-only {}{all}", self.dev()),
            Manager::Pdm => return self.pdm_update(&names),
            Manager::Composer => format!("composer update {all} --with-dependencies"),
            Manager::Cargo => format!("cargo update{}", each("-p")),
            Manager::Bundler => format!("bundle update {all} --conservative"),
            Manager::Gradle => format!("./gradlew dependencies --update-locks {}", names.join(",")),
            Manager::Pip | Manager::Go | Manager::Maven => return Vec::new(),
        }]
    }

    /// Writes a new range for the package itself.
    pub fn raise_itself(&self, version: &str) -> Vec<String> {
        if self.edited(version).is_some() {
            return match self.manager {
                Manager::Npm | Manager::YarnClassic | Manager::YarnBerry | Manager::Pnpm | Manager::Bun => {
                    self.install()
                }
                // What the manifest asks for now; where others keep the old version, that one could not be raised.
                Manager::Cargo => vec!["cargo update --workspace".to_owned()],
                _ => self.renew(version),
            };
        }
        let mut commands = Vec::new();
        let mut seen = BTreeSet::new();
        for asked in self.situation.ways.itself.iter().take(MOST_NAMED) {
            let command = self.raise_one(asked, version);
            commands.extend(command.filter(|command| seen.insert(command.clone())));
        }
        // Pipenv's lock file has two halves, and what is asked for with development may be in the other one as well.
        let is_in_both = self.situation.package.scope == Scope::Production;
        if self.manager == Manager::Pipenv
            && is_in_both
            && self.situation.ways.itself.iter().all(|asked| asked.wanted.scope == Scope::Development)
        {
            commands.extend(self.renew(version));
        }
        if commands.iter().any(|command| command.contains(" --prefix ")) {
            commands.extend(self.install());
        }
        commands
    }

    fn raise_one(&self, asked: &Asked<'_>, version: &str) -> Option<String> {
        let name = self.called(asked)?;
        // Who fixed one version gets one version again.
        let raised = self.raised(asked, version);
        let pinned = self.declared(asked).is_some_and(|one| one.pin == Pin::Exact)
            || raised.as_deref().map(|raised| raised.trim_start_matches('=')) == Some(version);
        let caret = if pinned { "" } else { "^" };
        let at = word(&format!("{name}@{caret}{version}"));
        let least = word(&format!("{}{}{version}", asked.package.name, if pinned { "==" } else { ">=" }));
        let place = self.place(asked)?;
        let dev = asked.wanted.scope == Scope::Development;
        let moves = self.moves(asked);
        let optional = self.declared(asked).is_some_and(|one| one.optional);
        Some(match self.manager {
            Manager::Npm => {
                let kind = if moves {
                    "--save-prod "
                } else if dev {
                    "--save-dev "
                } else if optional {
                    "--save-optional "
                } else {
                    ""
                };
                format!("npm install {place}{kind}{}{at}", if pinned { "--save-exact " } else { "" })
            }
            Manager::YarnClassic => format!("yarn {place}upgrade {at}"),
            Manager::YarnBerry => format!("yarn up {at}"),
            Manager::Pnpm if moves => {
                format!("pnpm {place}add --save-prod {}{at}", if pinned { "--save-exact " } else { "" })
            }
            Manager::Pnpm => format!("pnpm {place}update {at}"),
            Manager::Bun => {
                let kind = if dev {
                    "--dev "
                } else if optional {
                    "--optional "
                } else {
                    ""
                };
                format!("bun add {place}{kind}{}{at}", if pinned { "--exact " } else { "" })
            }
            Manager::Uv => format!("uv add {place}{least}"),
            Manager::Poetry => format!("poetry add {at}"),
            Manager::Pipenv if dev => format!("pipenv upgrade --dev {least}"),
            Manager::Pipenv => format!("pipenv upgrade {least}"),
            Manager::Pdm => format!("pdm add {least}"),
            Manager::Composer => {
                let to = word(&format!("{}:^{}", asked.package.name, version.trim_start_matches('v')));
                format!("composer require {}{to} --with-all-dependencies", if dev { "--dev " } else { "" })
            }
            _ => return None,
        })
    }

    /// Whether the command moves what is asked for with development to what production installs: production code imports
    /// it (<https://docs.npmjs.com/cli/v11/commands/npm-install#save>, <https://pnpm.io/cli/add#--save-prod--p>).
    pub(super) fn moves(&self, asked: &Asked<'_>) -> bool {
        matches!(self.manager, Manager::Npm | Manager::Pnpm)
            && self.is_misplaced(asked)
            && self.catalog(asked).is_none()
    }

    /// Whether production code imports what is asked for with development.
    pub(super) fn is_misplaced(&self, asked: &Asked<'_>) -> bool {
        self.situation.imported
            && asked.wanted.scope == Scope::Development
            && std::ptr::eq(asked.package, self.situation.package)
    }

    /// Raises a direct dependency to the version that its own holes ask for, or else to its newest release.
    pub fn raise_parent(&self, parent: &Asked<'_>) -> Option<String> {
        let fix =
            self.situation.fix_of(parent.package).filter(|fix| is_plain(fix) && is_plain(&parent.package.version));
        if let Some(command) = fix.and_then(|fix| self.raise_one(parent, fix)) {
            return Some(command);
        }
        let name = Some(&*parent.wanted.name).filter(|name| is_plain(name)).map(word)?;
        let real = Some(&*parent.package.name).filter(|name| is_plain(name)).map(word)?;
        let place = self.place(parent)?;
        let dev = parent.wanted.scope == Scope::Development;
        if self.is_held(parent) {
            return self.freed_by(parent);
        }
        Some(match self.manager {
            Manager::Npm => format!("npm install {place}{}{name}@latest", if dev { "--save-dev " } else { "" }),
            Manager::YarnClassic => format!("yarn {place}upgrade --latest {name}"),
            Manager::YarnBerry => format!("yarn up {name}"),
            Manager::Pnpm => format!("pnpm {place}update --latest {name}"),
            Manager::Bun => format!("bun update {place}--latest {name}"),
            Manager::Uv => format!("uv lock --upgrade-package {real}"),
            Manager::Poetry if dev => format!("poetry update {real}"),
            Manager::Poetry => format!("poetry add {real}@latest"),
            Manager::Pipenv => format!("pipenv upgrade {}{real}", if dev { "--dev " } else { "" }),
            Manager::Pdm => format!("pdm update {}--unconstrained {real}", self.group_of_pdm(&real)),
            Manager::Composer => format!("composer update {real} --with-all-dependencies"),
            Manager::Cargo => format!("cargo update -p {real}@{}", parent.package.version),
            Manager::Bundler => format!("bundle update {real}"),
            Manager::Gradle => format!("./gradlew dependencies --update-locks {real}"),
            Manager::Pip | Manager::Go | Manager::Maven => return None,
        })
    }

    /// Takes the package out.
    pub fn remove(&self) -> Vec<String> {
        let asked = self.situation.ways.itself.iter().take(MOST_NAMED);
        let commands: BTreeSet<String> = asked.filter_map(|asked| self.remove_one(asked)).collect();
        commands.into_iter().collect()
    }

    fn remove_one(&self, asked: &Asked<'_>) -> Option<String> {
        let name = Some(&*asked.wanted.name).filter(|name| is_plain(name)).map(word)?;
        let place = self.place(asked)?;
        let dev = asked.wanted.scope == Scope::Development;
        Some(match self.manager {
            Manager::Npm => format!("npm uninstall {place}{name}"),
            Manager::YarnClassic => format!("yarn {place}remove {name}"),
            Manager::YarnBerry if place.is_empty() => format!("yarn remove {name}"),
            Manager::Pnpm => format!("pnpm {place}remove {name}"),
            Manager::Bun => format!("bun remove {place}{name}"),
            Manager::Uv if !dev => format!("uv remove {place}{name}"),
            Manager::Poetry if !dev => format!("poetry remove {name}"),
            Manager::Pdm if !dev => format!("pdm remove {}{name}", self.group_of_pdm(&name)),
            Manager::Pipenv => format!("pipenv uninstall {name}"),
            Manager::Composer => format!("composer remove {}{name}", if dev { "--dev " } else { "" }),
            Manager::Bundler => format!("bundle remove {name}"),
            Manager::Go => format!("go get {name}@none"),
            _ => return None,
        })
    }

    /// Installs after a file was edited.
    pub fn install(&self) -> Vec<String> {
        let command = match self.manager {
            Manager::Npm => "npm install",
            Manager::YarnClassic | Manager::YarnBerry => "yarn install",
            Manager::Pnpm => "pnpm install",
            Manager::Bun => "bun install",
            Manager::Uv => "uv lock",
            Manager::Pdm => return self.pdm_update(&[word(&self.situation.package.name)]),
            Manager::Pip => {
                let lock = self.situation.lock;
                let mut command = "pip install".to_owned();
                // Nobody installs a constraints file, but what reads it.
                let readers = lock.roots.iter().map(|root| root.manifest.as_str());
                let readers = readers.filter(|path| lock.is_constraints() && !Dockerfile::is_one(path));
                let mut files: Vec<&str> = readers.take(MOST_NAMED).collect();
                // What only containers read is installed when their images are built.
                if files.is_empty() && lock.is_constraints() {
                    return Vec::new();
                }
                if files.is_empty() {
                    files.push(&lock.path);
                }
                for file in files {
                    let Some(file) = self.below_folder(file) else { return Vec::new() };
                    command += &format!(" -r {file}");
                }
                if lock.is_given_by_commands() {
                    let Some(file) = self.below_folder(&lock.path) else { return Vec::new() };
                    command += &format!(" -c {file}");
                }
                return vec![command];
            }
            Manager::Bundler => {
                let name = word(&self.situation.package.name);
                return vec![format!("bundle update {name} --conservative")];
            }
            Manager::Gradle => {
                let name = word(&self.situation.package.name);
                return vec![format!("./gradlew dependencies --update-locks {name}")];
            }
            Manager::Poetry | Manager::Pipenv | Manager::Composer | Manager::Cargo | Manager::Go | Manager::Maven => {
                return Vec::new();
            }
        };
        vec![command.to_owned()]
    }

    /// Shows which versions exist.
    pub fn look(&self) -> Vec<String> {
        let name = word(&self.situation.package.name);
        match self.manager {
            Manager::Npm | Manager::YarnClassic | Manager::YarnBerry | Manager::Pnpm | Manager::Bun => {
                vec![format!("npm view {name} versions")]
            }
            Manager::Pip | Manager::Poetry | Manager::Pipenv | Manager::Uv | Manager::Pdm => {
                vec![format!("pip index versions {name}")]
            }
            Manager::Composer => vec![format!("composer show --all {name}")],
            Manager::Cargo => vec![format!("cargo info {name}")],
            Manager::Bundler => vec![format!("gem list --remote --all --exact {name}")],
            Manager::Go => vec![format!("go list -m -versions {name}")],
            Manager::Maven | Manager::Gradle => Vec::new(),
        }
    }

    /// The name to type: an alias keeps pointing to the package.
    fn called(&self, asked: &Asked<'_>) -> Option<String> {
        let (alias, name) = (&asked.wanted.name, &asked.package.name);
        if !is_plain(alias) || !is_plain(name) {
            return None;
        }
        let ecosystem = asked.package.ecosystem;
        let same = ecosystem.normalize(alias) == ecosystem.normalize(name);
        Some(if same { name.clone() } else { format!("{alias}@npm:{name}") })
    }

    /// What says to the package manager which member of the workspace is meant; `None` where that cannot be typed.
    fn place(&self, asked: &Asked<'_>) -> Option<String> {
        let folder = self.folder_of(asked);
        if folder.is_empty() {
            return Some(String::new());
        }
        if !is_plain_path(folder) {
            return None;
        }
        Some(match self.manager {
            Manager::Npm if self.is_member(folder) => format!("-w {folder} "),
            // `-w` finds members of the workspace only, not what `file:` points to.
            Manager::Npm => format!("--prefix {folder} "),
            Manager::YarnClassic | Manager::Bun => format!("--cwd {folder} "),
            Manager::Pnpm => format!("--filter ./{folder} "),
            Manager::Uv => format!("--project {folder} "),
            _ => String::new(),
        })
    }

    /// The folder of the manifest that asks, below the lock file's own.
    pub(super) fn folder_of<'m>(&self, asked: &Asked<'m>) -> &'m str {
        let folder = asked.manifest.rsplit_once('/').map_or("", |(folder, _)| folder);
        let below = folder.strip_prefix(self.folder).unwrap_or(folder);
        below.trim_start_matches('/')
    }

    /// Whether the workspace names a folder. Where its manifest was not read, what is in the lock file is taken for one.
    fn is_member(&self, folder: &str) -> bool {
        let manifests = self.situation.manifests;
        let base = if self.folder.is_empty() { String::new() } else { format!("{}/", self.folder) };
        let Some(root) = manifests.get(&self.beside("package.json")) else { return true };
        members::folders(&base, &root.members, "package.json", manifests).iter().any(|one| one == folder)
    }

    fn has_members(&self) -> bool {
        self.situation.ways.itself.iter().chain(&self.situation.ways.parents).any(|one| !self.folder_of(one).is_empty())
    }

    pub(super) fn declared(&self, asked: &Asked<'_>) -> Option<&'a Declared> {
        let line = line_of(*asked, self.situation.manifests)?;
        let ecosystem = asked.package.ecosystem;
        let is_it = |one: &&Declared| {
            let called = one.alias.as_deref().unwrap_or(&one.name);
            ecosystem.normalize(called) == ecosystem.normalize(&asked.wanted.name)
        };
        // Of several that stand on one line, the one that is meant, under its own heading.
        let of_line = || self.situation.manifests.get(asked.manifest).into_iter().flat_map(|one| &one.declared);
        let of_line = || of_line().filter(|one| one.line == line);
        let of_name = of_line().filter(is_it).min_by_key(|one| one.scope != asked.wanted.scope);
        of_name.or_else(|| of_line().next())
    }

    pub(super) fn beside(&self, name: &str) -> String {
        if self.folder.is_empty() { name.to_owned() } else { format!("{}/{name}", self.folder) }
    }
}

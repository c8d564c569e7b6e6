//! Packages that come in past all manifests: commands of containers, hosts and scripts install them, code imports them from an
//! address, scripts ask for them in a header, archives lie in the project. No lock file says which versions arrive.
//!
//! ```text
//!  Dockerfile, Procfile, package.json … ─▶ steps ─▶ programs ─▶ verbs ─▶ operands ─▶ walk: what was met
//!                                          (shell)  (sudo, if)  (a table)  (its words)   (from folder to folder)
//! ```

mod archives;
mod begins;
mod brought;
mod code;
mod exports;
mod filters;
mod folders;
mod follow;
mod fronts;
mod ground;
mod handed;
mod installed;
mod kept;
mod layout;
mod lock_use;
mod operands;
mod options;
mod programs;
mod project;
mod runners;
mod scripts;
mod shown;
mod starts;
mod steps;
#[cfg(test)]
mod tests;
mod text;
mod verbs;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use tokio_util::sync::CancellationToken;

use super::Packages;
use super::local::InstalledFolder;
use crate::probe::files::{FileEntry, Listing};
use crate::probe::repository::{Dockerfile, is_aside, is_for_development};
use folders::Standing;
use installed::Installed;
use layout::Layout;
use lock_use::Settings;
use programs::Started;
use project::Project;
use starts::Says;
use steps::Step;
use walk::{Place, Walk};

pub(super) use exports::exported;
pub(super) use text::{filled, in_shell_form};

/// Why something was not examined.
mod reason {
    pub const INSTALLED: &str = "package that a container installs by name, in no lock file (name it in the manifest, and install what the lock file says)";
    pub const ALONE: &str =
        "package that a container installs by name: it was compared, what it needs in turn is in no lock file";
    pub const BY_SCRIPT: &str = "package that a script or a host's settings install by name, in no lock file";
    pub const ALONE_BY_SCRIPT: &str = "package that a script or a host's settings install by name: it was compared, what it needs in turn is in no lock file";
    pub const RENEWED: &str = "command that makes the lock file new while it runs, so that other versions than those compared arrive (renew it before, commit it, and install what it says, as npm ci and poetry sync do)";
    pub const UNREAD: &str = "file with commands that could not be read, so nobody knows what they install";
    pub const UNFOLLOWED: &str = "command that installs packages in a way that gonogo does not follow";
    pub const WITHOUT_LOCK: &str = "command that installs without the lock file, so that other versions than those compared may arrive (copy it there, and install what it says, as npm ci and poetry sync do)";
    pub const ADDRESS: &str = "package that code imports from an address, in no lock file";
    pub const HEADER: &str = "Python script that asks for packages in its own header, which gonogo does not read yet";
    pub const WHEEL: &str = super::super::lock::reason::NO_REGISTRY;
    pub const ARCHIVE: &str = "archive of Java code in the project, in no lock file";
}

/// What one file says.
#[derive(Default)]
struct OfFile {
    /// Why, the file that counts as their place, and what.
    gaps: Vec<(&'static str, String, String)>,
    installed: Vec<super::LockFile>,
    folders: Vec<InstalledFolder>,
}

/// Counts what comes in so, keeps what has an exact version, and tells which folders commands install from.
pub fn add_gaps(found: &mut Packages, listing: &Listing, cancel: &CancellationToken) -> Vec<InstalledFolder> {
    let project = Project::new(found, listing);
    let named = named_containers(listing);
    let read = listing.files.par_iter().filter(|_| !cancel.is_cancelled()).map(|file| of_file(file, &named, &project));
    let told: Vec<OfFile> = read.collect();
    // Several files may call one script.
    let (mut gaps, mut folders, mut installed) = (BTreeSet::new(), Vec::new(), BTreeMap::new());
    for one in told {
        gaps.extend(one.gaps);
        folders.extend(one.folders);
        for lock in one.installed {
            installed.entry((lock.path.clone(), lock.manager)).or_insert(lock);
        }
    }
    for (reason, path, what) in gaps {
        found.gaps_of(&path).add(reason, &what);
    }
    found.installed.extend(installed.into_values());
    folders
}

/// The containers that other files name.
fn named_containers(listing: &Listing) -> BTreeSet<String> {
    let files = listing.files.iter().filter(|file| starts::is_one(&file.path));
    let all = files.flat_map(|file| file.read().map(|text| starts::containers(&file.path, &text)).unwrap_or_default());
    all.filter(|path| !is_for_development(path)).collect()
}

fn of_file(file: &FileEntry, named: &BTreeSet<String>, project: &Project<'_>) -> OfFile {
    let path = &file.path;
    let placed = |line: u32, what: &str| {
        if what.is_empty() { format!("{path}:{line}") } else { format!("{path}:{line} {what}") }
    };
    let told = |gaps: Vec<(&'static str, String)>| {
        let gaps = gaps.into_iter().map(|(reason, what)| (reason, path.clone(), what)).collect();
        OfFile { gaps, ..OfFile::default() }
    };
    match file.extension() {
        "jar" if !path.contains("wrapper/") => return told(vec![(reason::ARCHIVE, path.clone())]),
        "py" => {
            let header = file.read().ok().and_then(|text| code::script_header(&text));
            return told(header.into_iter().map(|line| (reason::HEADER, placed(line, ""))).collect());
        }
        "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" | "vue" | "svelte" | "astro" => {
            let imports = file.read().map(|text| code::imports(&text)).unwrap_or_default();
            return told(imports.into_iter().map(|(line, what)| (reason::ADDRESS, placed(line, &what))).collect());
        }
        _ => {}
    }
    let is_container = Dockerfile::is_one(path) || named.contains(path);
    if !is_container && !starts::is_one(path) {
        return OfFile::default();
    }
    let Ok(text) = file.read() else { return told(vec![(reason::UNREAD, path.clone())]) };
    let mut walk = Walk::new(project);
    if is_container {
        along_container(&mut walk, path, &text);
    } else {
        along_starts(&mut walk, path, &text);
    }
    let gaps = walk.told.into_iter().map(|((told, line, what), reason)| {
        let what = format!("{told}:{line} {what}").trim_end().to_owned();
        // Where an example leads is not where the app leads.
        (reason, if is_aside(path) { path.clone() } else { told }, what)
    });
    OfFile { gaps: gaps.collect(), installed: walk.kept.finish(), folders: walk.folders }
}

/// Goes along with what a container runs while it is built, and with what it starts with.
fn along_container(walk: &mut Walk<'_>, path: &str, text: &str) {
    let container = Dockerfile::new(path, text.into());
    let layout = Layout::of(&container);
    walk.ground.settings = Settings::of(text);
    for (text, line) in container.texts() {
        let copies = layout.copies.iter().filter(|copy| copy.line == line);
        copies.for_each(|copy| walk.ground.add_text(copy.target.clone(), Some(&text)));
    }
    let own: BTreeSet<u32> =
        ["RUN", "ONBUILD"].into_iter().flat_map(|word| container.all(word)).map(|(_, line)| line).collect();
    let mut standing = Standing::of(&layout, "", 0);
    let mut before = String::new();
    let mut is_code = false;
    for (run, line) in container.runs() {
        // The lines of a here-document are for one shell.
        if own.contains(&line) {
            standing = Standing::of(&layout, run, line);
            before.clear();
            is_code = handed::is_code(text::bare(run));
        } else if is_code {
            if handed::brings(run) {
                let place = Place { path, line, written: run, is_container: true, depth: 0 };
                walk.pass_over(place, "install within a text of a language");
            }
            continue;
        }
        let whole = format!("{before}{run}");
        if let Some(start) = whole.strip_suffix('\\').filter(|_| !own.contains(&line)) {
            before = format!("{start} ");
            continue;
        }
        before.clear();
        along_instruction(walk, &container, &whole, &mut standing, path, line);
    }
    let mut done = BTreeSet::new();
    for ((entry, of_entry), (command, line)) in begins::pairs(&container) {
        let filled = |said: &str| {
            let words = begins::listed(said)?;
            Some(words.iter().map(|word| filled(word, &container, line)).collect::<Vec<_>>())
        };
        let both = filled(entry).zip(filled(command));
        if let Some(steps) = both.and_then(|(entry, command)| begins::together(&entry, &command)) {
            let place = Place { path, line, written: command, is_container: true, depth: 0 };
            walk.along(&steps, &mut Standing::of(&layout, "", line), place);
            done.extend([of_entry, line]);
        }
    }
    let begins = ["CMD", "ENTRYPOINT"].into_iter().flat_map(|word| container.all(word));
    for (said, line) in begins.filter(|(_, line)| !done.contains(line)) {
        along_instruction(walk, &container, said, &mut Standing::of(&layout, "", line), path, line);
    }
    if let Some(line) = layout.too_deep {
        let place = Place { path, line, written: "", is_container: true, depth: 0 };
        walk.pass_over(place, "WORKDIR, deeper than is followed");
    }
    if let Some(line) = layout.beyond {
        let place = Place { path, line, written: "", is_container: true, depth: 0 };
        walk.pass_over(place, "COPY, of which there are more than 1,000");
    }
}

fn along_instruction(
    walk: &mut Walk<'_>,
    container: &Dockerfile,
    said: &str,
    standing: &mut Standing<'_>,
    path: &str,
    line: u32,
) {
    let place = Place { path, line, written: said, is_container: true, depth: 0 };
    let bare = text::bare(said);
    // As a list of words no shell reads it (<https://docs.docker.com/reference/dockerfile/#shell-and-exec-form>).
    let steps = match serde_json::from_str::<Vec<String>>(bare) {
        Ok(words) => steps::of_words(words.iter().map(|word| filled(word, container, line)).collect()),
        Err(_) => steps::steps(&filled(bare, container, line)),
    };
    walk.along(&steps, standing, place);
}

/// Goes along with what other files say that build and start the app.
fn along_starts(walk: &mut Walk<'_>, path: &str, text: &str) {
    let layout = Layout::default();
    if let Some(line) = starts::broken(path, text) {
        let place = Place { path, line, written: text, is_container: false, depth: 0 };
        walk.tell(place, String::new(), reason::UNREAD);
    }
    for (line, says) in starts::says(path, text) {
        let mut standing = Standing::of(&layout, "", 0);
        let place = Place { path, line, written: text, is_container: false, depth: 0 };
        match says {
            Says::Text(said) => walk.along(&steps::steps(&said), &mut standing, place),
            Says::Words(words) => walk.along(&steps::of_words(words), &mut standing, place),
            Says::Both(entry, command) => match begins::together(&entry, &command) {
                Some(steps) => walk.along(&steps, &mut standing, place),
                None => [entry, command].into_iter().for_each(|words| {
                    walk.along(&steps::of_words(words), &mut Standing::of(&layout, "", 0), place);
                }),
            },
            Says::Entry(name) => walk.entry(name, &standing, place),
            // With empty lines before it, its lines are those of the file.
            Says::Container(said) => {
                let before = "\n".repeat(usize::try_from(line).unwrap_or(0).saturating_sub(1));
                along_container(walk, path, &format!("{before}{said}"));
            }
        }
    }
}

/// What a command installs by name.
pub(super) fn installed(command: &str) -> Vec<Installed> {
    let of = |step: Step| match step {
        Step::Command(one) => match programs::started(&one.words) {
            Some(Started::Fetches(verb, _)) => operands::asked(&verb, &one.words).named,
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let bare = command.trim();
    let bare = bare.split_once(' ').filter(|(word, _)| word.eq_ignore_ascii_case("run")).map_or(bare, |(_, rest)| rest);
    steps::steps(text::bare(bare)).into_iter().flat_map(of).collect()
}

/// An address may carry a password.
fn archive_shown(word: &str) -> String {
    if word.contains("://") || word.contains('@') && word.starts_with("git@") {
        "from an address".to_owned()
    } else {
        word.chars().take(60).collect()
    }
}

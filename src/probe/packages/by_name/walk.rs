//! Goes along with commands: from folder to folder, into the scripts that they call, and notes what they fetch. Whatever fetches
//! packages ends as one of three: what the project's manifests ask for, which is examined elsewhere; a package by name; or not
//! examined, with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::folders::{Origin, Standing};
use super::ground::Ground;
use super::installed::Installed;
use super::kept::{Kept, is_constrained, is_locked, is_own};
use super::lock_use::{Run, is_manifest, manifest_of};
use super::operands::{Asked, asked};
use super::programs::{Started, is_runner, started};
use super::project::Project;
use super::steps::{Command, Step};
use super::verbs::{Kind, Verb};
use super::{archive_shown, filters, reason, shown};
use crate::probe::packages::Ecosystem;
use crate::probe::packages::local::InstalledFolder;
use crate::probe::paths::folder;

/// Programs that are fetched start others so deep.
const MOST_INNER: usize = 20;
/// Of one file, so many commands are followed at all.
const MOST_STEPS: usize = 30_000;
/// Of one file, so many commands that fetch packages are looked at.
const MOST_COMMANDS: usize = 2_000;

/// Where a command is written.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The file.
    pub path: &'a str,
    /// The line.
    pub line: u32,
    /// What is written there: a command that is found in it can be shown.
    pub written: &'a str,
    /// Whether a container's file says so.
    pub is_container: bool,
    /// How many scripts lead there.
    pub depth: usize,
}

/// The file, the line, and what is told of it.
type Told = (String, u32, String);

fn key(one: &Installed, place: Place<'_>) -> Told {
    (place.path.to_owned(), place.line, shown::package(one, place.written))
}

/// What was met on the way.
pub struct Walk<'p> {
    pub(super) project: &'p Project<'p>,
    /// What was not examined: the file, the line, what it is, and why.
    pub told: BTreeMap<Told, &'static str>,
    /// What commands name in one version.
    pub kept: Kept,
    /// The folders that commands install from.
    pub folders: Vec<InstalledFolder>,
    /// What the container did so far.
    pub ground: Ground,
    /// Where lists of Python packages were installed: the line of the container, and whether into an environment of uv's own.
    lists: Vec<(u32, bool)>,
    /// What pip fetched by name with no list there yet: the line of the container, and what was told.
    alone: Vec<(u32, Told)>,
    pub(super) met: BTreeSet<String>,
    pub(super) manifests: BTreeMap<String, Rc<(String, serde_json::Value)>>,
    fetches: usize,
    commands: usize,
}

impl<'p> Walk<'p> {
    /// At the beginning.
    pub fn new(project: &'p Project<'p>) -> Self {
        let (told, kept, folders) = (BTreeMap::new(), Kept::default(), Vec::new());
        let (ground, met, manifests) = (Ground::default(), BTreeSet::new(), BTreeMap::new());
        Self {
            project,
            told,
            kept,
            folders,
            ground,
            lists: Vec::new(),
            alone: Vec::new(),
            met,
            manifests,
            fetches: 0,
            commands: 0,
        }
    }

    /// Goes along with the steps of a shell.
    pub fn along(&mut self, steps: &[Step], standing: &mut Standing<'_>, place: Place<'_>) {
        let mut before: Option<&Command> = None;
        for step in steps {
            match step {
                Step::Deep => self.pass_over(place, "a command deep within other commands"),
                Step::Open => standing.enter(),
                Step::Close => standing.leave(),
                Step::Command(command) => {
                    let source = before.filter(|before| before.is_piped);
                    self.command(command, source, standing, place);
                    before = Some(command);
                }
            }
        }
    }

    /// Notes that a command is not followed.
    pub fn pass_over(&mut self, place: Place<'_>, what: &str) {
        self.tell(place, what.trim().to_owned(), reason::UNFOLLOWED);
    }

    pub(super) fn tell(&mut self, place: Place<'_>, what: String, reason: &'static str) {
        self.told.insert((place.path.to_owned(), place.line, what), reason);
    }

    fn command(&mut self, command: &Command, before: Option<&Command>, standing: &mut Standing<'_>, place: Place<'_>) {
        self.commands += 1;
        if self.commands > MOST_STEPS {
            if self.commands == MOST_STEPS + 1 {
                self.pass_over(place, "and further commands, of which there are more than 30,000");
            }
            return;
        }
        self.ground.note(command, before, standing);
        let expanded = self.ground.expanded(command);
        let command = expanded.as_ref().unwrap_or(command);
        self.piped(command, before, standing, place);
        self.start(command, before, standing, place);
    }

    /// A command starts a program.
    fn start(&mut self, command: &Command, before: Option<&Command>, standing: &Standing<'_>, place: Place<'_>) {
        match started(&command.words) {
            None => {}
            Some(Started::Fetches(verb, fed)) => {
                // What it is fed with may be a list of the project's.
                let feed = before.filter(|_| fed).map(|one| filters::sources(one, None)).unwrap_or_default();
                let feed = feed.into_iter().chain(command.reads.iter().filter(|_| fed).cloned()).collect();
                self.fetch(&verb, fed.then_some(feed), command, standing, place);
            }
            Some(Started::Setup(at)) => match standing.origin(at, &self.ground, self.project, place.path) {
                Origin::Project => self.install_folder(Ecosystem::PyPi, at, false, standing, place),
                _ => self.pass_over(place, "setup.py install"),
            },
            Some(Started::Unknown) => self.pass_over(place, "install by a program that a variable names"),
            Some(Started::Text(language)) => self.pass_over(place, &format!("install within a text of {language}")),
            Some(Started::Script(word, given)) => self.script(word, given, standing, place),
            Some(Started::Make(is_just, words)) => self.make(is_just, words, standing, place),
            Some(Started::Recipe(files)) => self.recipe(files, standing, place),
            Some(Started::Entries(names)) => {
                let is_folder = |word: &String| matches!(word.as_str(), "--prefix" | "-C" | "--cwd" | "--dir");
                let at = command.words.iter().position(is_folder).and_then(|at| command.words.get(at + 1));
                let mut inside = standing.clone();
                at.into_iter().for_each(|at| inside.go(at));
                names.into_iter().for_each(|name| self.entry(name, &inside, place));
            }
        }
    }

    /// A command fetches packages.
    /// `feed` is what names packages where others tell it which: files.
    fn fetch(
        &mut self,
        verb: &Verb,
        feed: Option<Vec<String>>,
        command: &Command,
        standing: &Standing<'_>,
        place: Place<'_>,
    ) {
        self.fetches += 1;
        if self.fetches > MOST_COMMANDS {
            if self.fetches == MOST_COMMANDS + 1 {
                self.pass_over(place, "and further ones, of which there are more than 2,000");
            }
            return;
        }
        let asked = asked(verb, &command.words);
        self.start_inner(verb, &asked, command, standing, place);
        let is_fed = feed.is_some();
        let is_go_open = verb.program == "go" && self.ground.settings.is_go_open;
        let mut is_open =
            asked.is_odd || is_go_open || feed.is_some_and(|files| !self.are_lists(&files, standing, place));
        let is_for_manifest =
            verb.kind == Kind::Project || verb.kind == Kind::Named && !is_fed && !asked.names && asked.files.is_empty();
        if is_for_manifest {
            let at = asked.project.as_deref().unwrap_or(".");
            is_open |= standing.origin(at, &self.ground, self.project, place.path) != Origin::Project;
            let is_said = |name: &&str| self.ground.texts.contains_key(&standing.full(&format!("{at}/{name}")));
            is_open |= manifest_of(verb.program).iter().any(is_said);
        }
        if !is_open {
            let is_for_manifest = is_for_manifest && asked.folders.is_empty();
            self.use_of_lock(verb, &asked, is_for_manifest, &command.words, standing, place);
        }
        // What is there already, pip leaves as it is.
        let is_pip = matches!((verb.program, verb.verb), ("pip", _) | ("uv", "pip install"));
        let is_alone = is_pip && standing.line() > 0 && asked.links.is_empty() && !self.has_list(verb, standing);
        let command = shown::command(command, verb, &asked, place.written).unwrap_or_default();
        let Asked { named, folders, archives, links, files, is_perhaps_own, is_of_the_day, .. } = asked;
        for one in named {
            if !(is_perhaps_own && is_own(&one, self.project)) {
                let is_told_before = self.told.contains_key(&key(&one, place));
                self.install_named(&one, is_of_the_day || is_alone, &command, place);
                if is_alone && !is_of_the_day && !is_told_before && is_locked(&one, self.project) {
                    self.alone.push((standing.line(), key(&one, place)));
                }
            }
        }
        for (ecosystem, at) in folders {
            is_open |= !self.install_from(ecosystem, &at, standing, place);
        }
        for archive in archives {
            let at = self.project.archive_at(folder(place.path), &standing.copied_from(&archive));
            let is_made = self.is_made(&archive, standing);
            match at.or_else(|| self.project.archive(&archive).filter(|_| !is_made)) {
                Some(_) => self.tell(place, archive_shown(&archive), reason::WHEEL),
                None => is_open |= !is_made,
            }
        }
        for link in links {
            is_open |= !self.install_archives(&link, standing, place);
        }
        is_open |= files.iter().any(|file| self.is_odd_file(file, standing, place));
        if is_open {
            let what = format!("{} {}", verb.program, verb.verb);
            self.tell(place, what.trim().to_owned(), if verb.renews() { reason::RENEWED } else { reason::UNFOLLOWED });
        }
    }

    /// Tells where a command passes over the lock file that says what it should install.
    fn use_of_lock(
        &mut self,
        verb: &Verb,
        asked: &Asked,
        is_for_manifest: bool,
        words: &[String],
        standing: &Standing<'_>,
        place: Place<'_>,
    ) {
        let (ground, project, path) = (&self.ground, self.project, place.path);
        let run = Run { verb, words, standing, ground, project, path, written: place.written };
        let is_python = verb.ecosystem == Ecosystem::PyPi;
        let of_files = asked.files.iter().filter(|file| is_manifest(file)).map(|file| folder(file));
        let folders = asked.folders.iter().map(|(_, at)| at.as_str()).chain(of_files);
        let is_of_project = |at: &&str| standing.origin(at, ground, project, path) == Origin::Project;
        let mut folders = folders.filter(is_of_project);
        let lacks = match is_for_manifest {
            true => run.lacks(asked.project.as_deref().unwrap_or(".")),
            false if is_python && !self.has_list(verb, standing) => {
                folders.find_map(|at| run.lacks_for_folder(asked, at))
            }
            false if is_python => None,
            false => folders.find_map(|at| run.lacks_for_crate(at)),
        };
        // What a package out of a folder needs may have been installed from a list before.
        if is_python && (is_for_manifest || asked.files.iter().any(|file| !is_manifest(file))) {
            self.lists.push((standing.line(), verb.program == "uv" && verb.kind == Kind::Project));
            // It puts its own version in the place of what came before it.
            if verb.kind == Kind::Named {
                let (told, reach) = (&mut self.told, standing.reach());
                self.alone.retain(|(line, key)| *line < reach || told.remove(key).is_none());
            }
        }
        if let Some(lacks) = lacks {
            let words = [verb.program, verb.verb, &lacks];
            let what = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
            self.tell(place, what, reason::WITHOUT_LOCK);
        }
    }

    /// Whether a list of Python packages is there already: installed before in the same stage, or copied from another one. What
    /// uv puts into an environment of its own, pip does not see. Of hosts nobody says what they install before.
    fn has_list(&self, verb: &Verb, standing: &Standing<'_>) -> bool {
        let (reach, is_uv) = (standing.reach(), verb.program == "uv");
        self.lists.iter().any(|(line, is_of_uv)| *line >= reach && (is_uv || !is_of_uv))
    }

    /// The program that is fetched, or taken from the project, may fetch packages in turn: `npx npm-check-updates -u`.
    fn start_inner(
        &mut self,
        verb: &Verb,
        asked: &Asked,
        command: &Command,
        standing: &Standing<'_>,
        place: Place<'_>,
    ) {
        let Some(words) = asked.started.and_then(|at| command.words.get(at..)) else { return };
        let is_known = words.first().is_some_and(|word| is_runner(word));
        if verb.kind == Kind::Runs && is_known && place.depth < MOST_INNER {
            let inner = Command { words: words.to_vec(), ..Command::default() };
            self.start(&inner, None, standing, Place { depth: place.depth + 1, ..place });
        }
    }

    /// A command names a package; `shown` is that command, empty where it cannot be shown.
    fn install_named(&mut self, one: &Installed, is_of_the_day: bool, shown: &str, place: Place<'_>) {
        // What it needs in turn may have no version there.
        let constrained = is_constrained(one, place.path, self.project);
        let renews = is_of_the_day && one.version().is_none();
        if !constrained && !renews && is_locked(one, self.project) {
            return;
        }
        let exact = one.exact();
        if !one.is_manager() {
            let reason = match (exact.is_some() || constrained, place.is_container) {
                (true, true) => reason::ALONE,
                (true, false) => reason::ALONE_BY_SCRIPT,
                (false, true) => reason::INSTALLED,
                (false, false) => reason::BY_SCRIPT,
            };
            self.tell(place, shown::package(one, place.written), reason);
        }
        if let Some(version) = exact {
            self.kept.add(place.path, one, version, place.line, shown.to_owned());
        }
    }
}

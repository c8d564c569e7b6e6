//! Goes along with commands: from folder to folder, into the scripts that they call, and notes what they fetch. Whatever fetches
//! packages ends as one of three: what the project's manifests ask for, which is examined elsewhere; a package by name; or not
//! examined, with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::folders::{Origin, Standing};
use super::ground::{Ground, said};
use super::installed::Installed;
use super::kept::{Kept, is_constrained, is_locked, is_own};
use super::lock_use::{Run, is_manifest};
use super::operands::{Asked, asked};
use super::programs::{Started, started};
use super::project::Project;
use super::scripts;
use super::steps::{Command, Step, steps};
use super::verbs::{Kind, Verb};
use super::{archive_shown, reason, shown};
use crate::probe::files::FileEntry;
use crate::probe::packages::Ecosystem;
use crate::probe::packages::local::InstalledFolder;
use crate::probe::paths::folder;
use crate::probe::repository::line_of;

/// Scripts call scripts so deep: entries of `package.json` that build one package after the other.
const MOST_DEEP: usize = 20;
/// Of one file, so many commands that fetch packages are looked at.
const MOST_COMMANDS: usize = 2_000;
/// Of one file, so many scripts are followed.
const MOST_SCRIPTS: usize = 100;
/// So many manifests are kept in memory.
const MOST_MANIFESTS: usize = 20;

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

/// What was met on the way.
pub struct Walk<'p> {
    project: &'p Project<'p>,
    /// What was not examined: the file, the line, what it is, and why.
    pub told: BTreeMap<(String, u32, String), &'static str>,
    /// What commands name in one version.
    pub kept: Kept,
    /// The folders that commands install from.
    pub folders: Vec<InstalledFolder>,
    /// What the container did so far.
    pub ground: Ground,
    /// A list of Python packages was installed.
    has_list: bool,
    met: BTreeSet<String>,
    manifests: BTreeMap<String, Rc<(String, serde_json::Value)>>,
    fetches: usize,
}

impl<'p> Walk<'p> {
    /// At the beginning.
    pub fn new(project: &'p Project<'p>) -> Self {
        let (told, kept, folders) = (BTreeMap::new(), Kept::default(), Vec::new());
        let (ground, met, manifests) = (Ground::default(), BTreeSet::new(), BTreeMap::new());
        Self { project, told, kept, folders, ground, has_list: false, met, manifests, fetches: 0 }
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

    fn tell(&mut self, place: Place<'_>, what: String, reason: &'static str) {
        self.told.insert((place.path.to_owned(), place.line, what), reason);
    }

    fn command(&mut self, command: &Command, before: Option<&Command>, standing: &mut Standing<'_>, place: Place<'_>) {
        self.ground.note(command, before, standing);
        if let Some(text) = before.filter(|_| is_bare_shell(&command.words)).and_then(|one| said(&one.words)) {
            self.text(&text, place.path, standing, place);
        }
        match started(&command.words) {
            None => {}
            Some(Started::Fetches(verb, fed)) => self.fetch(&verb, fed, command, standing, place),
            Some(Started::Setup(at)) => match standing.origin(at, &self.ground, self.project, place.path) {
                Origin::Project => self.install_folder(Ecosystem::PyPi, at, false, standing, place),
                _ => self.pass_over(place, "setup.py install"),
            },
            Some(Started::Unknown) => self.pass_over(place, "install by a program that a variable names"),
            Some(Started::Script(word, given)) => self.script(word, given, standing, place),
            Some(Started::Make(words)) => self.make(words, standing, place),
            Some(Started::Entry(name)) => {
                let is_folder = |word: &String| matches!(word.as_str(), "--prefix" | "-C" | "--cwd" | "--dir");
                let at = command.words.iter().position(is_folder).and_then(|at| command.words.get(at + 1));
                let mut inside = standing.clone();
                at.into_iter().for_each(|at| inside.go(at));
                self.entry(name, &inside, place);
            }
        }
    }

    /// A command fetches packages.
    fn fetch(&mut self, verb: &Verb, fed: bool, command: &Command, standing: &Standing<'_>, place: Place<'_>) {
        self.fetches += 1;
        if self.fetches > MOST_COMMANDS {
            if self.fetches == MOST_COMMANDS + 1 {
                self.pass_over(place, "and further ones, of which there are more than 2,000");
            }
            return;
        }
        let asked = asked(verb, &command.words);
        let mut is_open = fed || asked.is_odd;
        let is_for_manifest =
            verb.kind == Kind::Project || verb.kind == Kind::Named && !asked.names && asked.files.is_empty();
        if is_for_manifest {
            let at = asked.project.as_deref().unwrap_or(".");
            is_open |= standing.origin(at, &self.ground, self.project, place.path) != Origin::Project;
        }
        if !is_open {
            let is_for_manifest = is_for_manifest && asked.folders.is_empty();
            self.use_of_lock(verb, &asked, is_for_manifest, &command.words, standing, place);
        }
        let command = shown::command(command, verb, &asked, place.written).unwrap_or_default();
        let Asked { named, folders, archives, links, files, is_perhaps_own, .. } = asked;
        for one in named {
            if !(is_perhaps_own && is_own(&one, self.project)) {
                self.install_named(&one, &command, place);
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
            self.pass_over(place, &format!("{} {}", verb.program, verb.verb));
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
            false if is_python && !self.has_list => folders.find_map(|at| run.lacks_for_folder(asked, at)),
            false if is_python => None,
            false => folders.find_map(|at| run.lacks_for_crate(at)),
        };
        // What a package out of a folder needs may have been installed from a list before.
        self.has_list |= is_python && (is_for_manifest || asked.files.iter().any(|file| !is_manifest(file)));
        if let Some(lacks) = lacks {
            let words = [verb.program, verb.verb, &lacks];
            let what = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
            self.tell(place, what, reason::WITHOUT_LOCK);
        }
    }

    /// A command names a package; `shown` is that command, empty where it cannot be shown.
    fn install_named(&mut self, one: &Installed, shown: &str, place: Place<'_>) {
        // What it needs in turn may have no version there.
        let constrained = is_constrained(one, place.path, self.project);
        if !constrained && is_locked(one, self.project) {
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

    /// Whether it is known what comes out of a folder, or out of all in it: `libs/*`.
    fn install_from(&mut self, ecosystem: Ecosystem, at: &str, standing: &Standing<'_>, place: Place<'_>) -> bool {
        if at.contains(['$', '`', '?', '{']) {
            return false;
        }
        let above = at.strip_suffix("/*").or_else(|| (at == "*").then_some("."));
        let itself = at.split('[').next().unwrap_or(at);
        match standing.origin(above.unwrap_or(itself), &self.ground, self.project, place.path) {
            Origin::Unknown => return false,
            Origin::Foreign if self.project.holds(folder(place.path), &standing.names(itself)) => return false,
            // It is told as cloned.
            Origin::Foreign => {
                self.install_folder(ecosystem, at, true, standing, place);
                return true;
            }
            Origin::Project => {}
        }
        if let Some(above) = above {
            let has_archives = self.install_archives(above, standing, place);
            let holds = standing.is_held(above, self.project, place.path);
            if holds {
                self.install_folder(ecosystem, at, false, standing, place);
            }
            return has_archives || holds;
        }
        self.install_folder(ecosystem, at, false, standing, place);
        standing.is_held(itself, self.project, place.path) || standing.is_of_stage(itself)
    }

    fn install_folder(
        &mut self,
        ecosystem: Ecosystem,
        at: &str,
        may_be_cloned: bool,
        standing: &Standing<'_>,
        place: Place<'_>,
    ) {
        let (path, folders) = (place.path.to_owned(), standing.names(at));
        self.folders.push(InstalledFolder { path, ecosystem, folders, may_be_cloned });
    }

    /// Whether it is known which archives a folder holds: the project's, which are told, or those that the container made.
    fn install_archives(&mut self, at: &str, standing: &Standing<'_>, place: Place<'_>) -> bool {
        match self.project.archive_at(folder(place.path), &standing.copied_from(&format!("{at}/*"))) {
            Some(archive) => {
                self.tell(place, archive_shown(archive), reason::WHEEL);
                true
            }
            None => self.is_made(at, standing),
        }
    }

    /// Whether commands of the container made an archive: of what is examined where they did.
    fn is_made(&self, at: &str, standing: &Standing<'_>) -> bool {
        (self.ground.makes_archives || standing.is_of_stage(at))
            && !standing.is_elsewhere(at)
            && !self.ground.is_written(&standing.full(at))
    }

    /// Whether nobody can tell what stands in a requirements file: a command wrote it, or it came from elsewhere. What is not
    /// there is told where such files are read.
    fn is_odd_file(&self, file: &str, standing: &Standing<'_>, place: Place<'_>) -> bool {
        if file.starts_with("<(") {
            return !super::writes_lock(
                &file.trim_matches(['<', '(', ')']).split(' ').map(str::to_owned).collect::<Vec<_>>(),
            );
        }
        if file == "-" || file.starts_with("/dev/") || file == "{}" {
            return true;
        }
        if file.contains("://") || file.contains('$') || self.ground.exported.contains(&standing.full(file)) {
            return false;
        }
        let above = folder(file);
        let above = if above.is_empty() { "." } else { above };
        self.ground.written.contains(&standing.full(file))
            || standing.is_written(&standing.full(file))
            || standing.origin(above, &self.ground, self.project, place.path) != Origin::Project
    }

    /// Goes along with a script of the project.
    fn script(&mut self, word: &str, given: &[String], standing: &Standing<'_>, place: Place<'_>) {
        // The container may have written it.
        let full = standing.full(word);
        if let Some(text) = self.ground.texts.get(&full).cloned() {
            if self.is_new(format!("{}:{full}", place.path), place) {
                self.text(&scripts::given(&text, given), place.path, &standing.of_script(word), place);
            }
            return;
        }
        let mut names = standing.names(word);
        if !word.contains('/') {
            names.extend(standing.copied_as(word));
        }
        let Some(file) = self.project.called(folder(place.path), &names) else { return };
        let Some(text) = file.read().ok().filter(|text| scripts::is_for_shell(&file.path, text)) else { return };
        if text.len() > scripts::MAX_BYTES {
            return self.pass_over(place, "a long script");
        }
        if self.is_new(file.path.clone(), place) {
            let lines = scripts::lines(&scripts::given(&text, given));
            self.lines(lines, &file.path, &standing.of_script(word), place);
        }
    }

    fn make(&mut self, words: &[String], standing: &Standing<'_>, place: Place<'_>) {
        let value = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1));
        let mut inside = standing.clone();
        value("-C").into_iter().for_each(|at| inside.go(at));
        let taken = [value("-C"), value("-f")];
        let mut targets: Vec<&str> =
            words.iter().filter(|word| !taken.contains(&Some(word))).map(String::as_str).collect();
        targets
            .retain(|word| !word.starts_with('-') && !word.contains('=') && !word.bytes().all(|b| b.is_ascii_digit()));
        let names = value("-f").map_or_else(|| vec!["Makefile", "makefile", "GNUmakefile"], |file| vec![file]);
        let names: Vec<String> = names.into_iter().flat_map(|name| inside.names(name)).collect();
        let Some(file) = self.project.called(folder(place.path), &names) else { return };
        let Some(text) = file.read().ok().filter(|text| text.len() <= scripts::MAX_BYTES) else { return };
        if self.is_new(format!("{} {}", file.path, targets.join(" ")), place) {
            // Each line is for a shell of its own, which begins in the same folder.
            for line in scripts::recipes(&text, &targets) {
                self.lines(vec![line], &file.path, &inside, place);
            }
        }
    }

    /// Goes along with an entry of `scripts` in `package.json`, and with those before and after it.
    pub fn entry(&mut self, name: &str, standing: &Standing<'_>, place: Place<'_>) {
        let names = standing.names("package.json");
        let Some(file) = self.project.called(folder(place.path), &names) else { return };
        let Some(manifest) = self.manifest(file) else { return };
        let (text, parsed) = &*manifest;
        for name in [format!("pre{name}"), name.to_owned(), format!("post{name}")] {
            let said = parsed.get("scripts").and_then(|scripts| scripts.get(&name)?.as_str());
            if let Some(said) = said.filter(|_| self.is_new(format!("{} {name}", file.path), place)) {
                let line = line_of(text, &format!("\"{name}\"")).unwrap_or(1);
                self.lines(vec![(line, said.to_owned())], &file.path, standing, place);
            }
        }
    }

    /// A `package.json` with its text. It is read once, however many of its entries are called.
    fn manifest(&mut self, file: &FileEntry) -> Option<Rc<(String, serde_json::Value)>> {
        if let Some(known) = self.manifests.get(&file.path) {
            return Some(Rc::clone(known));
        }
        let text = file.read().ok()?;
        let parsed = serde_json::from_str(&text).unwrap_or_default();
        let read = Rc::new((text, parsed));
        if self.manifests.len() < MOST_MANIFESTS {
            self.manifests.insert(file.path.clone(), Rc::clone(&read));
        }
        Some(read)
    }

    /// Goes along with a text that a shell gets from the container itself.
    fn text(&mut self, text: &str, path: &str, standing: &Standing<'_>, place: Place<'_>) {
        let lines = scripts::lines(text).into_iter().map(|(_, line)| (place.line, line));
        if place.depth >= MOST_DEEP {
            return self.pass_over(place, "a script that further scripts lead to");
        }
        let mut standing = standing.clone();
        for (line, written) in lines {
            let inside = Place { path, line, written: &written, depth: place.depth + 1, ..place };
            self.along(&steps(&written), &mut standing, inside);
        }
    }

    fn is_new(&mut self, what: String, place: Place<'_>) -> bool {
        if self.met.contains(&what) {
            return false;
        }
        if place.depth >= MOST_DEEP || self.met.len() >= MOST_SCRIPTS {
            self.pass_over(place, "a script that further scripts lead to");
            return false;
        }
        self.met.insert(what)
    }

    fn lines(&mut self, lines: Vec<(u32, String)>, path: &str, standing: &Standing<'_>, from: Place<'_>) {
        let mut standing = standing.clone();
        for (line, written) in lines {
            let (is_container, depth) = (false, from.depth + 1);
            self.along(&steps(&written), &mut standing, Place { path, line, written: &written, is_container, depth });
        }
    }
}

/// Whether a shell is started that reads what it is to do from the command before it: `| sh`, `| bash -s`.
fn is_bare_shell(words: &[String]) -> bool {
    let mut words = words.iter().skip_while(|word| *word == "sudo" || word.contains('='));
    let is_shell = words.next().is_some_and(|word| {
        let name = word.rsplit('/').next().unwrap_or(word);
        matches!(name, "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh")
    });
    is_shell && words.next().is_none_or(|word| word.starts_with('-'))
}

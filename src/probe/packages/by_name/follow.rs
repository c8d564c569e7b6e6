//! Goes along with what commands lead to: scripts, rules of `make`, entries of `package.json`, texts for a shell.

use std::rc::Rc;

use super::folders::Standing;
use super::ground::said;
use super::handed::brings;
use super::steps::{Command, steps};
use super::text::is_like;
use super::walk::{Place, Walk};
use super::{reason, scripts};
use crate::probe::files::FileEntry;
use crate::probe::paths::folder;
use crate::probe::repository::line_of;

/// Scripts call scripts so deep: entries of `package.json` that build one package after the other.
const MOST_DEEP: usize = 20;
/// Of one file, so many scripts are followed.
const MOST_SCRIPTS: usize = 100;
/// So many manifests are kept in memory.
const MOST_MANIFESTS: usize = 20;
/// One name means so many entries: `build:*`.
const MOST_MEANT: usize = 50;

impl Walk<'_> {
    /// Goes along with a script of the project.
    pub(super) fn script(&mut self, word: &str, given: &[String], standing: &Standing<'_>, place: Place<'_>) {
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
        let Ok(text) = file.read() else {
            // Programs that were built are no scripts.
            if scripts::is_for_shell(&file.path, "") {
                self.tell(place, file.path.clone(), reason::UNREAD);
            }
            return;
        };
        if !scripts::is_for_shell(&file.path, &text) {
            return;
        }
        if text.len() > scripts::MAX_BYTES {
            return self.pass_over(place, "a long script");
        }
        if self.is_new(file.path.clone(), place) {
            let lines = scripts::lines(&scripts::given(&text, given));
            self.lines(lines, &file.path, &standing.of_script(word), place);
        }
    }

    /// Goes along with rules of a Makefile, or of a justfile, whose rules are written alike.
    pub(super) fn make(&mut self, is_just: bool, words: &[String], standing: &Standing<'_>, place: Place<'_>) {
        let (mut inside, mut file, mut targets) = (standing.clone(), None, Vec::new());
        let mut rest = words.iter().map(String::as_str);
        while let Some(word) = rest.next() {
            let value = |names: &[&str], rest: &mut dyn Iterator<Item = &str>| {
                let after = names.iter().find_map(|name| word.strip_prefix(name))?;
                if after.is_empty() {
                    rest.next().map(str::to_owned)
                } else {
                    Some(after.trim_start_matches('=').to_owned())
                }
            };
            let at = value(&["--directory", "--working-directory", "-C", "-d"], &mut rest);
            let named =
                if at.is_none() { value(&["--file", "--makefile", "--justfile", "-f"], &mut rest) } else { None };
            if let Some(at) = at {
                inside.go(&at);
            } else if named.is_some() {
                file = named;
            } else if !(word.starts_with('-') || word.contains('=') || word.bytes().all(|b| b.is_ascii_digit())) {
                targets.push(word);
            }
        }
        let usual: &[&str] =
            if is_just { &["justfile", "Justfile", ".justfile"] } else { &["Makefile", "makefile", "GNUmakefile"] };
        let names: Vec<String> = match &file {
            Some(file) => inside.names(file),
            None => usual.iter().flat_map(|name| inside.names(name)).collect(),
        };
        let Some(file) = self.project.called(folder(place.path), &names) else { return };
        let Some(text) = file.read().ok().filter(|text| text.len() <= scripts::MAX_BYTES) else {
            return self.tell(place, file.path.clone(), reason::UNREAD);
        };
        if self.is_new(format!("{} {}", file.path, targets.join(" ")), place) {
            let text = if is_just { with_tabs(&text) } else { text };
            // Each line is for a shell of its own, which begins in the same folder.
            for line in scripts::recipes(&text, &targets) {
                self.lines(vec![line], &file.path, &inside, place);
            }
        }
    }

    /// A file of tasks that are not followed one by one.
    pub(super) fn recipe(&mut self, files: &[&str], standing: &Standing<'_>, place: Place<'_>) {
        let names: Vec<String> = files.iter().flat_map(|name| standing.names(name)).collect();
        let Some(file) = self.project.called(folder(place.path), &names) else { return };
        let Some(text) = file.read().ok().filter(|text| text.len() <= scripts::MAX_BYTES) else {
            return self.tell(place, file.path.clone(), reason::UNREAD);
        };
        let Some((_, line)) = text.lines().zip(1_u32..).find(|(line, _)| brings(line)) else { return };
        if self.is_new(file.path.clone(), place) {
            self.pass_over(Place { path: &file.path, line, is_container: false, ..place }, "install by a task");
        }
    }

    /// Goes along with an entry of `scripts` in `package.json`, and with those before and after it.
    pub fn entry(&mut self, name: &str, standing: &Standing<'_>, place: Place<'_>) {
        let names = standing.names("package.json");
        let Some(file) = self.project.called(folder(place.path), &names) else { return };
        let Some(manifest) = self.manifest(file) else { return };
        let (text, parsed) = &*manifest;
        let said = parsed.get("scripts").and_then(serde_json::Value::as_object);
        let meant: Vec<String> = match said.filter(|_| name.contains('*')) {
            Some(all) => all.keys().filter(|one| is_like(one, name)).take(MOST_MEANT).cloned().collect(),
            None => vec![name.to_owned()],
        };
        let around = |name: String| [format!("pre{name}"), name.clone(), format!("post{name}")];
        for name in meant.into_iter().flat_map(around) {
            let said = said.and_then(|scripts| scripts.get(&name)?.as_str());
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

    /// A shell gets what it is to do from the command before it.
    pub(super) fn piped(
        &mut self,
        command: &Command,
        before: Option<&Command>,
        standing: &Standing<'_>,
        place: Place<'_>,
    ) {
        if let Some(text) = before.filter(|_| is_bare_shell(&command.words)).and_then(|one| said(&one.words)) {
            self.text(&text, place.path, standing, place);
        }
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

/// With a tab in front of what is set in.
fn with_tabs(text: &str) -> String {
    let line = |line: &str| {
        let code = line.trim_start();
        if code.len() < line.len() { format!("\t{code}\n") } else { format!("{line}\n") }
    };
    text.lines().map(line).collect()
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

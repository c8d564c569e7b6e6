//! From where commands install: folders, archives, and lists of the project, or what others brought.

use super::exports::writes_lock;
use super::folders::{Origin, Standing};
use super::walk::{Place, Walk};
use super::{archive_shown, reason};
use crate::probe::packages::Ecosystem;
use crate::probe::packages::local::InstalledFolder;
use crate::probe::paths::folder;

impl Walk<'_> {
    /// Whether it is known what comes out of a folder, or out of all in it: `libs/*`.
    pub(super) fn install_from(
        &mut self,
        ecosystem: Ecosystem,
        at: &str,
        standing: &Standing<'_>,
        place: Place<'_>,
    ) -> bool {
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

    pub(super) fn install_folder(
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
    pub(super) fn install_archives(&mut self, at: &str, standing: &Standing<'_>, place: Place<'_>) -> bool {
        match self.project.archive_at(folder(place.path), &standing.copied_from(&format!("{at}/*"))) {
            Some(archive) => {
                self.tell(place, archive_shown(archive), reason::WHEEL);
                true
            }
            None => self.is_made(at, standing),
        }
    }

    /// Whether commands of the container made an archive: of what is examined where they did.
    pub(super) fn is_made(&self, at: &str, standing: &Standing<'_>) -> bool {
        (self.ground.makes_archives || standing.is_of_stage(at))
            && !standing.is_elsewhere(at)
            && !self.ground.is_written(&standing.full(at))
    }

    /// Whether nobody can tell what stands in a requirements file: a command wrote it, or it came from elsewhere. What is not
    /// there is told where such files are read.
    pub(super) fn is_odd_file(&self, file: &str, standing: &Standing<'_>, place: Place<'_>) -> bool {
        if file.starts_with("<(") {
            return !writes_lock(&file.trim_matches(['<', '(', ')']).split(' ').map(str::to_owned).collect::<Vec<_>>());
        }
        if file == "-" || file.starts_with("/dev/") || file == "{}" {
            return true;
        }
        if let Some(all) = file.strip_prefix('$').and_then(|name| self.ground.loops.get(name.trim_matches(['{', '}'])))
        {
            return all.iter().any(|one| one.contains('$') || self.is_odd_file(one, standing, place));
        }
        let full = standing.full(file);
        if self.ground.parts.contains_key(&full) {
            return !self.is_list(&full, standing, place);
        }
        if self.ground.compiled.contains(&full) {
            return self.project.called(folder(place.path), &standing.names(file)).is_none();
        }
        if file.contains('$') {
            return !self.project.has_named(&file_pattern(file));
        }
        if file.contains("://") || self.ground.exported.contains(&full) {
            return false;
        }
        let above = folder(file);
        let above = if above.is_empty() { "." } else { above };
        self.ground.written.contains(&full)
            || standing.is_written(&full)
            || standing.origin(above, &self.ground, self.project, place.path) != Origin::Project
    }

    /// Whether files that a program is fed with are lists that are examined.
    pub(super) fn are_lists(&self, files: &[String], standing: &Standing<'_>, place: Place<'_>) -> bool {
        !files.is_empty() && files.iter().all(|file| self.is_list(&standing.full(file), standing, place))
    }

    /// Whether a file of the container is a list of the project that is examined, or parts of such.
    fn is_list(&self, full: &str, standing: &Standing<'_>, place: Place<'_>) -> bool {
        let is_written = |full: &str| self.ground.written.iter().any(|file| file == full);
        let is_one = |full: &String| {
            let lists = &self.project.packages.locks;
            let file = self.project.called(folder(place.path), &standing.names(full));
            !is_written(full) && file.is_some_and(|file| lists.iter().any(|lock| lock.path == file.path))
        };
        match self.ground.parts.get(full) {
            Some(files) => !is_written(full) && files.iter().all(is_one),
            None => is_one(&full.to_owned()),
        }
    }
}

/// The name of a file in which variables stand, as a pattern: `requirements-*.txt`.
fn file_pattern(file: &str) -> String {
    let mut parts = file.split('$');
    let mut pattern = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let after = match part.chars().next() {
            Some('{') => part.split_once('}').map_or("", |(_, after)| after),
            Some('(') => part.rsplit_once(')').map_or("", |(_, after)| after),
            _ => part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_'),
        };
        pattern.push('*');
        pattern.push_str(after);
    }
    pattern.rsplit('/').next().unwrap_or("").to_owned()
}

//! What the rules see in each file and in the project. Kept between two runs in one program: what was seen counts again
//! as long as nothing changed of what it was worked out from.

use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::coverage::Sum;
use super::facts::{CodeIndex, FileFacts};
use super::index::{Changes, Kept};
use super::outside;
use super::rules::{Check, Hit, RULES, Rule, Subject};
use super::traits;
use crate::model::{Observation, RuleMeta};
use crate::probe::files::Gaps;

/// More findings of one rule in one file than this are counted and not shown: nobody reads them one by one.
const MAX_HITS: usize = 100;

/// What a rule saw.
pub(super) type Seen = (&'static RuleMeta, Hit);

/// What the rules saw in a project.
#[derive(Debug, Default)]
pub(super) struct Looks {
    /// In each file, by its place.
    pub files: Vec<Arc<Look>>,
    /// In the project as a whole, rule by rule.
    pub project: Vec<Arc<Kept<Vec<Seen>>>>,
    /// What all files of a block hold of the subjects of rules.
    pub sums: Vec<Sum>,
}

/// What the rules saw in one file.
#[derive(Debug)]
pub(super) struct Look {
    seen: Kept<InFile>,
    /// What was made of it and sent.
    sent: Mutex<Vec<(Seen, Arc<Observation>)>>,
}

/// What the rules see in one file.
#[derive(Debug, Default)]
pub(super) struct InFile {
    /// In the order of the rules.
    pub seen: Vec<Seen>,
    /// What is not shown.
    pub too_many: Gaps,
    /// What it holds of the subjects of rules, by their places in [`RULES`]; nothing of those that are not named.
    pub subjects: Vec<(usize, Subject)>,
    /// What it shows that the project is and has.
    pub traits: Vec<&'static str>,
    /// Where it says when queries give up.
    pub database_limit: Option<u32>,
}

impl Look {
    /// Looks at the file at `place`; what was made of it `before` may still fit.
    pub(super) fn new(place: usize, index: &CodeIndex, before: Option<&Self>) -> Self {
        let work = || index.files.get(place).map(|file| in_file(file, index)).unwrap_or_default();
        let sent = before.map(|before| before.sent.lock().unwrap_or_else(PoisonError::into_inner).clone());
        Self { seen: Kept::new(work), sent: Mutex::new(sent.unwrap_or_default()) }
    }

    /// What was seen.
    pub(super) fn seen(&self) -> &InFile {
        self.seen.get()
    }

    /// What was made of `seen` before.
    pub(super) fn sent(&self, seen: &Seen) -> Option<Arc<Observation>> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.iter().find(|((rule, hit), _)| rule.id == seen.0.id && *hit == seen.1).map(|(_, made)| Arc::clone(made))
    }

    /// Remembers what was made of what was seen in its file.
    pub(super) fn remember(&self, made: Vec<(Seen, Arc<Observation>)>) {
        *self.sent.lock().unwrap_or_else(PoisonError::into_inner) = made;
    }
}

/// The look at a file before an edit.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    /// The look, where the file itself is as it was.
    look: Option<Arc<Look>>,
    /// Whether it still holds.
    holds: bool,
}

impl Earlier {
    /// The look at the file at `place` now.
    pub(super) fn now(&self, place: usize, index: &CodeIndex) -> Arc<Look> {
        let kept = self.look.as_ref().filter(|_| self.holds);
        kept.map_or_else(|| Arc::new(Look::new(place, index, self.look.as_deref())), Arc::clone)
    }
}

/// The looks at all files before an edit.
pub(super) fn earlier(index: &CodeIndex, changes: Option<&Changes>) -> Vec<Earlier> {
    let before = changes.and_then(|changes| Some((changes, changes.before().links.looks.get()?)));
    let of_file = |place: usize| {
        let (changes, looks) = before?;
        let look = looks.files.get(place).filter(|_| !changes.changed(place))?;
        Some(Earlier { look: Some(Arc::clone(look)), holds: changes.spare(look.seen.reads()) })
    };
    (0..index.files.len()).map(|place| of_file(place).unwrap_or_default()).collect()
}

/// What the rules about the whole project see, rule by rule, on all cores; `index.work_ahead` comes before it.
pub(super) fn in_project(index: &CodeIndex, changes: Option<&Changes>) -> Vec<Arc<Kept<Vec<Seen>>>> {
    let before = changes.and_then(|changes| Some((changes, changes.before().links.looks.get()?)));
    let kept = |place: usize| {
        let (changes, looks) = before?;
        looks.project.get(place).filter(|seen| changes.spare(seen.reads())).cloned()
    };
    let kept: Vec<_> = (0..RULES.len()).map(kept).collect();
    let of_rule = |(kept, rule): (Option<Arc<Kept<Vec<Seen>>>>, &Rule)| {
        kept.unwrap_or_else(|| {
            Arc::new(Kept::new(|| {
                let mut hits = Vec::new();
                if let Check::Project(check) = rule.check {
                    check(index, &mut hits);
                }
                hits.into_iter().map(|hit| (rule.meta, hit)).collect()
            }))
        })
    };
    kept.into_par_iter().zip(RULES).map(of_rule).collect()
}

/// What every rule sees in one file.
pub(super) fn in_file(file: &FileFacts, index: &CodeIndex) -> InFile {
    let mut found =
        InFile { traits: traits::of(file), database_limit: outside::database_limit(file), ..InFile::default() };
    let mut hits = Vec::new();
    for (place, rule) in RULES.iter().enumerate().filter(|(_, rule)| reads(rule, file)) {
        let mut subject = Subject::default();
        (rule.about.look)(file, index, &mut subject);
        if !subject.is_empty() {
            found.subjects.push((place, subject));
        }
        let Check::EachFile(check) = rule.check else { continue };
        check(file, index, &mut hits);
        for hit in hits.iter().skip(MAX_HITS) {
            found.too_many.add(
                "a finding beyond the first 100 of its rule in one file",
                &format!("{} {}:{}", rule.meta.id, file.path, hit.place.span.line),
            );
        }
        hits.truncate(MAX_HITS);
        found.seen.extend(hits.drain(..).map(|hit| (rule.meta, hit)));
    }
    found
}

fn reads(rule: &Rule, file: &FileFacts) -> bool {
    (rule.reads)(file.language) && (rule.looks_at)(file.role)
}

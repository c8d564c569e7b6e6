//! Groups of files that are looked through as a whole: an answer that comes from one depends on its files alone, so that
//! an edit to any other leaves it as it is. Which files are in one is kept after an edit as well.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::changes::Edited;
use super::reads::{self, Key, Table};
use crate::probe::source::facts::{CodeIndex, FileFacts};

/// Files of one kind, told by each file's own facts.
#[derive(Debug)]
pub(in crate::probe::source) struct Group {
    /// What it is called; no two are called the same.
    pub name: &'static str,
    /// Whether a file belongs to it.
    pub holds: fn(&FileFacts) -> bool,
}

/// The places of the files of a group, in their order.
type Places = Arc<[u32]>;

/// The groups that somebody looked through, with their files.
#[derive(Debug, Default)]
pub(super) struct Groups(Mutex<BTreeMap<&'static str, (&'static Group, Places)>>);

impl Groups {
    fn all(&self) -> BTreeMap<&'static str, (&'static Group, Places)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes over those of `before`, of which only the files `edited` are different: answers that are not asked for again
    /// still come from them. Gives those that an edited file belongs to in one of its two states.
    pub(super) fn take_over(&self, before: &Self, edited: &[Edited]) -> Vec<Key> {
        let mut otherwise = Vec::new();
        for (name, (group, places)) in before.all() {
            let (mut left, mut joined) = (Vec::new(), Vec::new());
            for edit in edited {
                let (was, is) = ((group.holds)(&edit.was), (group.holds)(&edit.is));
                if was || is {
                    otherwise.push(Key::of(Table::Groups, name));
                }
                match (was, is) {
                    (true, false) => left.push(edit.place),
                    (false, true) => joined.push(edit.place),
                    _ => {}
                }
            }
            let places = if left.is_empty() && joined.is_empty() {
                places
            } else {
                let stay = places.iter().copied().filter(|place| !left.contains(place));
                let mut now: Vec<u32> = stay.chain(joined).collect();
                now.sort_unstable();
                now.into()
            };
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, (group, places));
        }
        otherwise
    }
}

impl CodeIndex {
    /// The files of `group` with their places.
    pub(in crate::probe::source) fn group(
        &self,
        group: &'static Group,
    ) -> impl Iterator<Item = (usize, &Arc<FileFacts>)> {
        reads::name(Table::Groups, group.name);
        let files = self.files.as_slice();
        let known = {
            let groups = self.links.groups.0.lock().unwrap_or_else(PoisonError::into_inner);
            groups.get(group.name).map(|(_, places)| Arc::clone(places))
        };
        let places = known.unwrap_or_else(|| {
            let all = (0_u32..).zip(files);
            let places: Places = all.filter(|(_, file)| (group.holds)(file)).map(|(place, _)| place).collect();
            let mut groups = self.links.groups.0.lock().unwrap_or_else(PoisonError::into_inner);
            groups.insert(group.name, (group, Arc::clone(&places)));
            places
        });
        (0..places.len()).filter_map(move |at| {
            let place = *places.get(at)? as usize;
            Some((place, files.get(place)?))
        })
    }
}

//! Where names stand in the files: the calls of a method, the functions of a name. After an edit what the edited files
//! say is laid over what all of them said.

use std::sync::Arc;

use super::changes::Edited;
use crate::probe::source::facts::FileFacts;
use crate::probe::source::quick::HashMap;

/// When so many files were edited, the table is made anew.
const MAX_EDITED: usize = 64;

/// What a file says: each name with its place among its kind in the file.
pub(super) type Says = fn(&FileFacts, &mut dyn FnMut(&str, u32));

/// By name: the places of the file and in the file, in their order.
type Table = HashMap<Box<str>, Vec<(usize, u32)>>;

/// Where names stand.
#[derive(Debug)]
pub(super) struct Words {
    all: Arc<Table>,
    /// The files of which `all` tells nothing any more, sorted.
    edited: Vec<usize>,
    /// What stands in these.
    over: Table,
}

impl Words {
    /// What all files say.
    pub(super) fn new(files: &[Arc<FileFacts>], says: Says) -> Self {
        let all = table(files.iter().enumerate().map(|(place, file)| (place, &**file)), says);
        Self { all: Arc::new(all), edited: Vec::new(), over: Table::default() }
    }

    /// What the files say after some were edited. `None` where it is less work to look at all of them.
    pub(super) fn after(&self, edited: &[Edited], files: &[Arc<FileFacts>], says: Says) -> Option<Self> {
        let mut all_edited: Vec<usize> = self.edited.clone();
        all_edited.extend(edited.iter().map(|edit| edit.place as usize));
        all_edited.sort_unstable();
        all_edited.dedup();
        if all_edited.len() > MAX_EDITED {
            return None;
        }
        let over = table(all_edited.iter().filter_map(|place| Some((*place, &**files.get(*place)?))), says);
        Some(Self { all: Arc::clone(&self.all), edited: all_edited, over })
    }

    /// Where `name` stands, in the order of the files.
    pub(super) fn get(&self, name: &str) -> impl Iterator<Item = (usize, u32)> {
        let still = |(place, _): &(usize, u32)| self.edited.binary_search(place).is_err();
        let mut all = self.all.get(name).into_iter().flatten().copied().filter(still).peekable();
        let mut over = self.over.get(name).into_iter().flatten().copied().peekable();
        std::iter::from_fn(move || match (all.peek(), over.peek()) {
            (Some(one), Some(other)) if other < one => over.next(),
            (Some(_), _) => all.next(),
            (None, _) => over.next(),
        })
    }
}

fn table<'f>(files: impl Iterator<Item = (usize, &'f FileFacts)>, says: Says) -> Table {
    let mut found = Table::default();
    for (place, file) in files {
        says(file, &mut |name, id| match found.get_mut(name) {
            Some(places) => places.push((place, id)),
            None => drop(found.insert(name.into(), vec![(place, id)])),
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::source::text::facts_of_text;

    fn calls(file: &FileFacts, say: &mut dyn FnMut(&str, u32)) {
        (0_u32..).zip(&file.calls).for_each(|(id, call)| say(call.method(), id));
    }

    #[test]
    fn after_edits_names_stand_where_a_new_table_would_find_them() {
        let file = |text: &str| Arc::new(facts_of_text("a.ts", text).unwrap());
        let mut files = vec![file("f(); g(); f();"), file("g();"), file("f();"), file("h();")];
        let mut words = Words::new(&files, calls);
        let edits = [(1, "f(); f();"), (3, "g();"), (0, ""), (1, "g(); h();"), (0, "h(); f();")];
        for (place, text) in edits {
            let is = file(text);
            let was = std::mem::replace(&mut files[place], Arc::clone(&is));
            words = words.after(&[Edited { place: u32::try_from(place).unwrap(), was, is }], &files, calls).unwrap();
            let anew = Words::new(&files, calls);
            for name in ["f", "g", "h", "none"] {
                let found: Vec<_> = words.get(name).collect();
                assert_eq!(found, anew.get(name).collect::<Vec<_>>(), "{name} after {text} in {place}");
            }
        }
        assert_eq!(words.get("h").collect::<Vec<_>>(), [(0, 0), (1, 1)]);
    }

    #[test]
    fn after_many_edits_the_table_is_made_anew() {
        let files: Vec<_> = (0..=MAX_EDITED).map(|_| Arc::new(FileFacts::default())).collect();
        let edit = |place: usize| Edited {
            place: u32::try_from(place).unwrap(),
            was: Arc::clone(&files[place]),
            is: Arc::clone(&files[place]),
        };
        let all: Vec<Edited> = (0..=MAX_EDITED).map(edit).collect();
        let words = Words::new(&files, calls);
        assert!(words.after(&all[1..], &files, calls).is_some());
        assert!(words.after(&all, &files, calls).is_none());
    }
}

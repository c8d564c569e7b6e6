//! The files of an index. Whoever looks at one is noted to depend on it.

use std::sync::Arc;

use super::reads;
use crate::probe::source::facts::FileFacts;

/// The facts of every file, in the order of the paths; a file's place in it stands for the file.
#[derive(Debug, Default)]
pub struct Files(Vec<Arc<FileFacts>>);

impl Files {
    /// The file at `place`.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<&Arc<FileFacts>> {
        reads::file(place);
        self.0.get(place)
    }

    /// All of them. An answer that comes from here is worked out anew after every edit.
    pub fn iter(&self) -> std::slice::Iter<'_, Arc<FileFacts>> {
        reads::everything();
        self.0.iter()
    }

    /// Those whose paths begin with `start`, in their order.
    pub fn beginning_with<'f>(&'f self, start: &'f str) -> impl Iterator<Item = &'f Arc<FileFacts>> {
        let first = self.0.partition_point(|file| &*file.path < start);
        let found = (first..).zip(self.0.get(first..).unwrap_or_default());
        found.take_while(move |(_, file)| file.path.starts_with(start)).map(|(place, file)| {
            reads::file(place);
            file
        })
    }

    /// How many they are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, for a table of which only single names are asked later.
    pub(in crate::probe::source) fn as_slice(&self) -> &[Arc<FileFacts>] {
        &self.0
    }

    /// The file at `place`, to add to it what other files say about it. Whoever else holds the file keeps it as it was
    /// read: what others add belongs to this index.
    pub(in crate::probe::source) fn get_mut(&mut self, place: usize) -> Option<&mut FileFacts> {
        self.0.get_mut(place).map(Arc::make_mut)
    }
}

impl From<Vec<Arc<FileFacts>>> for Files {
    fn from(files: Vec<Arc<FileFacts>>) -> Self {
        Self(files)
    }
}

impl<'f> IntoIterator for &'f Files {
    type Item = &'f Arc<FileFacts>;
    type IntoIter = std::slice::Iter<'f, Arc<FileFacts>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

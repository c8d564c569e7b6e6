//! The files of an index. Whoever looks at one is noted to depend on it.

use std::sync::Arc;

use rayon::prelude::*;

use super::reads;
use crate::probe::source::facts::{EnvRead, FileFacts, SqlText};

/// The facts of every file, in the order of the paths; a file's place in it stands for the file.
#[derive(Debug, Default)]
pub struct Files(Vec<Arc<FileFacts>>);

/// What other files say about one.
#[derive(Debug, Default, Clone)]
pub(in crate::probe::source) struct More {
    /// SQL that it sends by way of models that stand elsewhere.
    pub queries: Vec<SqlText>,
    /// Variables that it reads through functions that stand elsewhere.
    pub env_reads: Vec<EnvRead>,
}

impl More {
    const fn is_empty(&self) -> bool {
        self.queries.is_empty() && self.env_reads.is_empty()
    }

    /// Whether `file` with this added says the same as `other`, which was read from the same text.
    fn makes(&self, file: &FileFacts, other: &FileFacts) -> bool {
        file.queries.iter().chain(&self.queries).eq(&other.queries)
            && file.env_reads.iter().chain(&self.env_reads).eq(&other.env_reads)
    }
}

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

    /// Adds to every file what other files say about it, one entry of `more` for each. Whoever else holds a file keeps it
    /// as it was read: what others add belongs to this index. Copying a file takes long enough to do it on all cores.
    /// Where the file at the same place in `kept` says just that, it is taken.
    pub(super) fn extend(&mut self, more: Vec<More>, kept: &[Option<&Arc<FileFacts>>]) {
        let files = self.0.par_iter_mut().zip(more).zip(kept);
        files.filter(|((_, more), _)| !more.is_empty()).for_each(|((file, more), kept)| {
            if let Some(kept) = kept.filter(|kept| more.makes(file, kept)) {
                *file = Arc::clone(kept);
                return;
            }
            let file = Arc::make_mut(file);
            file.queries.extend(more.queries);
            file.env_reads.extend(more.env_reads);
        });
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

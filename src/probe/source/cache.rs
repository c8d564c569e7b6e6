//! The facts of files that were read before, in memory and in a file beside the project's state.
//!
//! The file is a log: what was read anew is appended, the last entry of a path counts, and what makes up most of it and
//! counts no more is thrown out. Every entry carries a digest, so that one which another program tore or two wrote at
//! once is passed over. Facts that another build of gonogo made are not used. A file whose text holds what may be a
//! secret is never written there; it is read again each time.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::facts::FileFacts;
use super::language::Refused;
use crate::probe::files::{FileEntry, Stamp};
use crate::probe::secrets::redact;
use crate::probe::source::quick::HashMap;

/// The start of a file's SHA-256: names its contents.
pub(super) type Content = [u8; 16];

/// What a file was when it was last read.
#[derive(Clone)]
pub(super) struct Cached {
    /// Its contents.
    pub content: Content,
    /// Its stamp, where that is old enough to tell a change.
    pub stamp: Option<Stamp>,
    /// What was found.
    pub facts: Result<Arc<FileFacts>, Refused>,
}

/// By path.
pub(super) type Cache = HashMap<String, Cached>;

/// The digest of `bytes`, shortened.
pub(super) fn digest(bytes: &[u8]) -> Content {
    let mut short = Content::default();
    for (to, from) in short.iter_mut().zip(Sha256::digest(bytes)) {
        *to = from;
    }
    short
}

/// First in the file, before the mark of the build.
const MAGIC: &[u8; 16] = b"gonogo facts  1\n";
/// A larger file is begun anew. 30 MB of source make about 60 MB.
const MAX_BYTES: u64 = 512 * 1024 * 1024;
/// Entries that count no more are thrown out when there are more of them than of the others, and more than this.
const MAX_STALE: usize = 500;
/// So many entries are written at once; what a program that ends leaves unwritten is read again next time.
const CHUNK: usize = 64;

/// Where the facts of a project are kept on disk.
#[derive(Debug)]
pub(super) struct FactsFile {
    path: PathBuf,
    writer: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Serialize, Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    path: Cow<'a, str>,
    content: Content,
    stamp: Option<Stamp>,
}

/// One entry as it stands in the file.
struct Entry<'b> {
    head: Head<'b>,
    body: &'b [u8],
    /// All of it.
    whole: &'b [u8],
    intact: Content,
}

impl FactsFile {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path, writer: Mutex::default() }
    }

    /// What is kept of these files. Nothing where that cannot be read; then everything is read anew.
    pub(super) fn load(&self, files: &[&FileEntry]) -> Cache {
        let Some(bytes) = self.bytes() else { return Cache::default() };
        let wanted: HashMap<&str, ()> = files.iter().map(|file| (file.path.as_str(), ())).collect();
        let mut last: HashMap<&str, &Entry<'_>> = HashMap::default();
        let entries = entries(&bytes);
        for entry in entries.iter().filter(|entry| wanted.contains_key(&*entry.head.path)) {
            last.insert(&entry.head.path, entry);
        }
        let last: Vec<&Entry<'_>> = last.into_values().collect();
        let read = |entry: &&Entry<'_>| {
            let sound = digest(entry.whole) == entry.intact;
            let facts = sound.then(|| postcard::from_bytes::<Result<FileFacts, Refused>>(entry.body).ok()).flatten()?;
            let Head { path, content, stamp } = &entry.head;
            Some((path.to_string(), Cached { content: *content, stamp: *stamp, facts: facts.map(Arc::new) }))
        };
        last.par_iter().filter_map(read).collect()
    }

    fn bytes(&self) -> Option<Vec<u8>> {
        let length = fs::metadata(&self.path).ok().filter(fs::Metadata::is_file)?.len();
        let bytes = (length <= MAX_BYTES).then(|| fs::read(&self.path).ok()).flatten()?;
        (bytes.starts_with(MAGIC) && bytes.get(MAGIC.len()..).is_some_and(|rest| rest.starts_with(&build())))
            .then_some(bytes)
    }

    /// Writes what was read anew, beside everything else. What cannot be written is read again next time.
    pub(super) fn save(self: &Arc<Self>, fresh: Vec<(FileEntry, Cached)>) {
        if fresh.is_empty() {
            return;
        }
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let before = writer.take();
        let this = Arc::clone(self);
        let work = move || {
            if let Some(before) = before {
                let _ = before.join();
            }
            let _ = this.append(&fresh);
        };
        *writer = std::thread::Builder::new().name("facts".to_owned()).spawn(work).ok();
    }

    /// Waits until everything is written, but not for ever.
    pub(super) fn finish(&self, longest: Duration) {
        let Some(writer) = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let started = Instant::now();
        while !writer.is_finished() && started.elapsed() < longest {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn append(&self, fresh: &[(FileEntry, Cached)]) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        self.make_fit()?;
        let mut file = OpenOptions::new().append(true).open(&self.path)?;
        // Whoever else writes now has read the same files.
        if file.try_lock().is_err() {
            return Ok(());
        }
        for chunk in fresh.chunks(CHUNK) {
            let entries: Vec<u8> = chunk.iter().filter_map(|(file, cached)| entry(file, cached)).flatten().collect();
            file.write_all(&entries)?;
        }
        Ok(())
    }

    /// Makes a file that can be appended to: begins it anew where it is none of this build's, and throws out what counts
    /// no more.
    fn make_fit(&self) -> io::Result<()> {
        let bytes = self.bytes();
        let mut kept: Vec<&[u8]> = Vec::new();
        if let Some(bytes) = &bytes {
            let entries = entries(bytes);
            let places: HashMap<&str, usize> =
                entries.iter().enumerate().map(|(place, entry)| (&*entry.head.path, place)).collect();
            let stale = entries.len() - places.len();
            let torn = MAGIC.len() + build().len() + entries.iter().map(|entry| entry.whole.len() + 16).sum::<usize>();
            if torn == bytes.len() && (stale < MAX_STALE || stale < places.len()) {
                return Ok(());
            }
            let counts = |(place, entry): &(usize, &Entry<'_>)| places.get(&*entry.head.path) == Some(place);
            let whole = |entry: &Entry<'_>| entry.whole.len() + entry.intact.len();
            let start = |entry: &Entry<'_>| entry.whole.as_ptr() as usize - bytes.as_ptr() as usize;
            kept.extend(
                entries
                    .iter()
                    .enumerate()
                    .filter(counts)
                    .filter_map(|(_, entry)| bytes.get(start(entry)..start(entry) + whole(entry))),
            );
        }
        let folder = self.path.parent().unwrap_or_else(|| Path::new("."));
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        new.write_all(MAGIC)?;
        new.write_all(&build())?;
        for entry in kept {
            new.write_all(entry)?;
        }
        new.persist(&self.path)?;
        Ok(())
    }
}

/// Tells this build from others: what they read in a file may differ.
fn build() -> Content {
    let program = std::env::current_exe().and_then(File::open).and_then(|file| file.metadata());
    let told = program.ok().map(|meta| (meta.len(), Stamp::of(&meta)));
    digest(format!("{} {told:?}", env!("CARGO_PKG_VERSION")).as_bytes())
}

/// The intact beginning of the log.
fn entries(bytes: &[u8]) -> Vec<Entry<'_>> {
    let mut found = Vec::new();
    let mut rest = bytes.get(MAGIC.len() + Content::default().len()..).unwrap_or_default();
    while let Some((entry, after)) = first(rest) {
        found.push(entry);
        rest = after;
    }
    found
}

/// An entry: the lengths of its head and body, these, and the digest of it all.
fn first(bytes: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let length = |place: usize| {
        let four = bytes.get(place..place + 4)?;
        Some(u32::from_le_bytes(four.try_into().ok()?) as usize)
    };
    let (head, body) = (length(0)?, length(4)?);
    let end = 8_usize.checked_add(head)?.checked_add(body)?;
    let whole = bytes.get(..end)?;
    let intact: Content = bytes.get(end..end + 16)?.try_into().ok()?;
    let body = whole.get(8 + head..)?;
    let head = postcard::from_bytes(whole.get(8..8 + head)?).ok()?;
    Some((Entry { head, body, whole, intact }, bytes.get(end + 16..)?))
}

/// The entry of a file; `None` where its text may hold a secret or is no longer what was read.
fn entry(file: &FileEntry, cached: &Cached) -> Option<Vec<u8>> {
    let text = file.read().ok()?;
    if digest(text.as_bytes()) != cached.content || matches!(redact::text(&text), Cow::Owned(_)) {
        return None;
    }
    let head = Head { path: Cow::Borrowed(&file.path), content: cached.content, stamp: cached.stamp };
    let head = postcard::to_stdvec(&head).ok()?;
    let facts: Result<&FileFacts, &Refused> = cached.facts.as_ref().map(|facts| &**facts);
    let body = postcard::to_stdvec(&facts).ok()?;
    let mut whole = Vec::with_capacity(24 + head.len() + body.len());
    for length in [head.len(), body.len()] {
        whole.extend(u32::try_from(length).ok()?.to_le_bytes());
    }
    whole.extend(head);
    whole.extend(body);
    let intact = digest(&whole);
    whole.extend(intact);
    Some(whole)
}

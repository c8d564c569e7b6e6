//! The project's facts, made once and shared by every probe of a batch of runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Duration;

use rayon::prelude::*;
use tokio::sync::{Mutex, MutexGuard, watch};
use tokio_util::sync::CancellationToken;

use super::cache::{Cache, Cached, Content, FactsFile, digest};
use super::derived_sql;
use super::facts::{CodeIndex, FileFacts, Language};
use super::index::{Links, Manifests, More, undeclared};
use super::language::{self, Refused};
use super::plain_files;
use super::start_command;
use crate::model::{Failure, Progress};
use crate::probe::ProbeCx;
use crate::probe::files::{self, FileEntry, Gaps, Unread};

/// The walk over a syntax tree goes as deep as the code; unoptimized builds need the most, about 10 kB a level.
const STACK: usize = 32 * 1024 * 1024;

/// What is done meanwhile, for people.
const DOING: &str = "reading the code";
/// Progress is told after every so many files: a few milliseconds' worth.
const FILES_A_REPORT: u64 = 16;

/// Makes the index on first use; later callers of the same batch get the same one.
#[derive(Default)]
pub struct SharedCode {
    index: Mutex<Option<Arc<CodeIndex>>>,
    /// The index of the batch before.
    before: Lock<Option<Arc<CodeIndex>>>,
    cache: Lock<Arc<Cache>>,
    /// Where it is kept between two runs of the program.
    kept: Option<Arc<FactsFile>>,
    /// How far the one that makes the index is, for those that wait for it.
    progress: watch::Sender<Progress>,
}

/// Tells how far the reading is: the one who reads, and those who wait.
struct Report {
    cx: ProbeCx,
    waiting: watch::Sender<Progress>,
    done: AtomicU64,
}

/// What became of one file.
enum Read {
    Facts(Arc<FileFacts>),
    Refused(Refused),
    Unread(Unread),
}

impl SharedCode {
    /// A new batch after files changed. What did not change is not parsed again.
    #[must_use]
    pub fn renewed(&self) -> Self {
        let cache = Arc::clone(&self.cache.lock().unwrap_or_else(PoisonError::into_inner));
        // Where nobody asked for the index of this batch, the one before it still stands for the last state seen.
        let made = self.index.try_lock().ok().and_then(|index| index.clone());
        let before = made.or_else(|| self.before.lock().unwrap_or_else(PoisonError::into_inner).clone());
        Self { cache: Lock::new(cache), kept: self.kept.clone(), before: Lock::new(before), ..Self::default() }
    }

    /// Keeps the facts in this file between two runs of the program. They hold no secrets, and where they cannot be
    /// kept, the code is read again.
    #[must_use]
    pub fn kept_at(path: PathBuf) -> Self {
        Self { kept: Some(Arc::new(FactsFile::at(path))), ..Self::default() }
    }

    /// Waits until the facts are kept, up to `longest`.
    pub async fn finish(&self, longest: Duration) {
        if let Some(kept) = self.kept.clone() {
            let _ = tokio::task::spawn_blocking(move || kept.finish(longest)).await;
        }
    }

    /// The facts of every file. Whoever asks while another probe reads them sees that one's progress.
    ///
    /// # Errors
    /// When the run of `cx` was cancelled before the index was whole.
    pub async fn index(&self, cx: &ProbeCx) -> Result<Arc<CodeIndex>, Failure> {
        let mut slot = self.slot(cx).await?;
        if let Some(index) = &*slot {
            return Ok(Arc::clone(index));
        }
        let cache = Arc::clone(&self.cache.lock().unwrap_or_else(PoisonError::into_inner));
        let report = Report { cx: cx.clone(), waiting: self.progress.clone(), done: AtomicU64::new(0) };
        let kept = self.kept.clone();
        let before = self.before.lock().unwrap_or_else(PoisonError::into_inner).take();
        let made = tokio::task::spawn_blocking(move || make(cache, kept.as_ref(), before, &report)).await;
        let (index, cache) =
            made.map_err(|_| Failure::new("Reading the code crashed, which is a bug in gonogo; please report it"))??;
        *self.cache.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(cache);
        let index = Arc::new(index);
        *slot = Some(Arc::clone(&index));
        Ok(index)
    }

    /// The place of the index, as soon as nobody else is filling it.
    async fn slot(&self, cx: &ProbeCx) -> Result<MutexGuard<'_, Option<Arc<CodeIndex>>>, Failure> {
        if let Ok(slot) = self.index.try_lock() {
            return Ok(slot);
        }
        let mut theirs = self.progress.subscribe();
        theirs.mark_changed();
        loop {
            tokio::select! {
                biased;
                () = cx.cancel.cancelled() => return Err(cancelled()),
                Ok(()) = theirs.changed() => {
                    let progress = theirs.borrow_and_update().clone();
                    cx.progress.send_replace(progress);
                }
                slot = self.index.lock() => return Ok(slot),
            }
        }
    }
}

impl Report {
    fn say(&self, done: u64, total: Option<u64>) {
        self.cx.report_progress(done, total, DOING);
        self.waiting.send_replace(Progress { done, total, doing: DOING.to_owned() });
    }

    /// One more file was read.
    fn read_one(&self, total: u64) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(FILES_A_REPORT) || done == total {
            self.say(done, Some(total));
        }
    }
}

fn cancelled() -> Failure {
    Failure::new("Reading the code was cancelled; run it again")
}

fn make(
    mut cache: Arc<Cache>,
    kept_at: Option<&Arc<FactsFile>>,
    before: Option<Arc<CodeIndex>>,
    report: &Report,
) -> Result<(CodeIndex, Cache), Failure> {
    let cancel = &report.cx.cancel;
    report.say(0, None);
    let listing = files::list(&report.cx.project.root, &report.cx.settings.ignore, cancel);
    let mut gaps = listing.gaps;
    let mut uncovered: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut code: Vec<(&FileEntry, Language)> = Vec::new();
    for file in &listing.files {
        let extension = file.extension();
        if let Some(language) = language::of_path(&file.path) {
            code.push((file, language));
        } else if let Some(name) = language::uncovered(extension) {
            *uncovered.entry(name).or_default() += 1;
        }
    }
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build().map_err(|_| {
        Failure::new("The system gave no threads to read the code with; close other programs and retry")
    })?;
    let total = code.len() as u64;
    if let Some(disk) = kept_at.filter(|_| cache.is_empty()) {
        let files: Vec<&FileEntry> = code.iter().map(|(file, _)| *file).collect();
        cache = Arc::new(pool.install(|| disk.load(&files)));
    }
    let cache = &*cache;
    let read_one = |&(file, language): &(&FileEntry, Language)| {
        let read = one(file, language, cache, cancel);
        report.read_one(total);
        read
    };
    let no_code = || {
        let mut gaps = Gaps::default();
        let start_commands = start_command::find(&listing.files, &mut gaps);
        let plain = plain_files::read(&listing.files, &mut gaps);
        let manifests = Manifests::read(&listing.files, &mut gaps);
        (start_commands, plain, manifests, gaps)
    };
    // One file may take as long as a hundred others: none waits behind it for a thread that is free.
    let read_all = || code.par_iter().with_max_len(1).map(read_one).collect::<Vec<(Read, Option<Content>)>>();
    let (read, (start_commands, plain, manifests, unread_files)) = pool.join(read_all, no_code);
    if cancel.is_cancelled() {
        return Err(cancelled());
    }
    gaps.merge(unread_files);
    let mut index = CodeIndex { start_commands, plain, ..CodeIndex::default() };
    let mut facts_of_files: Vec<Arc<FileFacts>> = Vec::with_capacity(read.len());
    let mut kept = Cache::default();
    kept.reserve(read.len());
    let mut fresh: Vec<(FileEntry, Cached)> = Vec::new();
    let mut unread: BTreeMap<Language, u64> = BTreeMap::new();
    for ((file, language), (result, content)) in code.iter().zip(read) {
        let facts = match &result {
            Read::Facts(facts) => Ok(Arc::clone(facts)),
            Read::Refused(why) => Err(*why),
            Read::Unread(why) => {
                gaps.add(why.reason(), &file.path);
                *unread.entry(*language).or_default() += 1;
                continue;
            }
        };
        match &facts {
            Ok(facts) => {
                if let Some(partly) = facts.partly {
                    gaps.add(partly.reason(), &file.path);
                }
                for line in &facts.suppressions_without_reason {
                    gaps.add(
                        "a comment allows a rule but gives no reason, so it was not followed",
                        &format!("{}:{line}", file.path),
                    );
                }
                facts_of_files.push(Arc::clone(facts));
            }
            Err(why) => {
                gaps.add(why.reason(), &file.path);
                if *why == Refused::TooSlow {
                    *unread.entry(*language).or_default() += 1;
                }
            }
        }
        if let Some(content) = content {
            let cached = Cached { content, stamp: file.stamp, facts };
            let old = cache.get(&file.path).filter(|old| old.content == content);
            index.parsed += usize::from(old.is_none());
            let known = old.is_some_and(|old| old.stamp == file.stamp);
            if kept_at.is_some() && !known && !matches!(cached.facts, Err(Refused::Cancelled)) {
                fresh.push(((*file).clone(), cached.clone()));
            }
            kept.insert(file.path.clone(), cached);
        }
    }
    if let Some(disk) = kept_at {
        disk.save(fresh);
    }
    index.gaps = gaps.into_vec();
    index.uncovered = uncovered.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    index.uncovered.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    index.unread = unread.into_iter().collect();
    index.files = facts_of_files.into();
    index.links = pool.install(|| Links::new(&index.files, manifests, before.as_deref()));
    let ((undeclared, by_file), ((derived, library_calls), through_helpers)) = pool.join(
        || undeclared(&listing.files, &index, before.as_deref()),
        || rayon::join(|| derived_sql::derive(&index), || index.reads_through_helpers()),
    );
    index.links.undeclared = undeclared;
    index.links.undeclared_by_file = by_file;
    index.library_calls = library_calls;
    let mut more = vec![More::default(); index.files.len()];
    for (place, text) in derived {
        if let Some(more) = more.get_mut(place) {
            more.queries.push(text);
        }
    }
    for (place, read) in through_helpers {
        if let Some(more) = more.get_mut(place) {
            more.env_reads.push(read);
        }
    }
    pool.install(|| index.add(more, before.as_deref()));
    // Where the rules did not look at the index before, the one before that still holds what they saw.
    let seen = |index: &Arc<CodeIndex>| index.links.looks.get().is_some();
    let older = |index: &Arc<CodeIndex>| index.links.before.lock().unwrap_or_else(PoisonError::into_inner).take();
    let before = before.and_then(|before| if seen(&before) { Some(before) } else { older(&before) });
    index.links.before = Lock::new(before);
    Ok((index, kept))
}

fn one(file: &FileEntry, language: Language, cache: &Cache, cancel: &CancellationToken) -> (Read, Option<Content>) {
    if cancel.is_cancelled() {
        return (Read::Refused(Refused::Cancelled), None);
    }
    let known = |cached: &Cached| {
        let read = match &cached.facts {
            Ok(facts) => Read::Facts(Arc::clone(facts)),
            Err(why) => Read::Refused(*why),
        };
        (read, Some(cached.content))
    };
    let cached = cache.get(&file.path);
    if let Some(cached) = cached.filter(|cached| cached.stamp.is_some() && cached.stamp == file.stamp) {
        return known(cached);
    }
    let source = match file.read() {
        Ok(source) => source,
        Err(why) => return (Read::Unread(why), None),
    };
    let content = digest(source.as_bytes());
    if let Some(cached) = cached.filter(|cached| cached.content == content) {
        return known(cached);
    }
    match language::read(&file.path, language, &source, cancel) {
        Ok(facts) => (Read::Facts(Arc::new(facts)), Some(content)),
        Err(why) => (Read::Refused(why), Some(content)),
    }
}

//! OSV records out of a zip, a folder or a file. Nothing is ever unpacked to disk, so no name in a zip can lead astray.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;
use zip::ZipArchive;

use super::{AdvisoriesError, yaml};
use crate::probe::dependencies::advisory;
use crate::probe::dependencies::osv::MAX_RECORD_BYTES;
use crate::probe::packages::Ecosystem;

/// The largest public export, npm with its malware reports, has about 220,000 records.
const MAX_RECORDS: u64 = 2_000_000;
/// All records of a source together, unpacked. The public exports are below 2 GB.
const MAX_TOTAL_BYTES: u64 = 16 * 1024 * 1024 * 1024;
/// OSV exports are flat; the databases' own repositories nest five deep.
const MAX_DEPTH: usize = 12;

/// What came of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is a record.
    Used,
    /// It is something else: a checkout of a database has other files beside the records.
    Other,
    /// It is a record that cannot be used, such as a truncated one.
    Unusable,
}

/// How many records could not be used, by whom they are missed.
#[derive(Debug, Default)]
pub struct Unusable {
    of: BTreeMap<Ecosystem, u64>,
    /// Nobody can say whose they are.
    of_any: u64,
    total: u64,
}

impl Unusable {
    fn add(&mut self, json: Option<&[u8]>) {
        self.total += 1;
        match json.and_then(advisory::ecosystems) {
            Some(all) => all.into_iter().for_each(|ecosystem| *self.of.entry(ecosystem).or_default() += 1),
            None => self.of_any += 1,
        }
    }

    /// How many may speak of packages of this ecosystem.
    pub fn of(&self, ecosystem: Ecosystem) -> u64 {
        self.of_any + self.of.get(&ecosystem).copied().unwrap_or(0)
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.total
    }
}

/// Takes the bytes of a file, which should be a record as JSON.
pub type Take<'a> = dyn FnMut(&[u8]) -> Result<Taken, AdvisoriesError> + 'a;

/// Goes through sources and hands on each record.
pub struct Reader<'a> {
    take: &'a mut Take<'a>,
    records: u64,
    /// How many could not be used.
    pub unusable: Unusable,
    bytes: u64,
    cancel: &'a CancellationToken,
    progress: &'a (dyn Fn(u64) + Send + Sync),
}

impl<'a> Reader<'a> {
    /// A reader that hands records to `take`.
    pub fn new(
        take: &'a mut Take<'a>,
        cancel: &'a CancellationToken,
        progress: &'a (dyn Fn(u64) + Send + Sync),
    ) -> Self {
        Self { take, records: 0, unusable: Unusable::default(), bytes: 0, cancel, progress }
    }

    /// Reads a zip, a folder or a file, whichever `path` is.
    pub fn read(&mut self, path: &Path) -> Result<(), AdvisoriesError> {
        let meta = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if meta.is_dir() {
            self.folder(path, MAX_DEPTH)
        } else if !meta.is_file() {
            Err(AdvisoriesError::Read { path: path.to_owned(), why: "not a regular file".to_owned() })
        } else if let Some(form) = form(path) {
            self.file(path, form)
        } else {
            self.zip(path)
        }
    }

    fn folder(&mut self, path: &Path, depth: usize) -> Result<(), AdvisoriesError> {
        let entries = fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
        let mut entries: Vec<(PathBuf, fs::FileType)> =
            entries.flatten().filter_map(|entry| Some((entry.path(), entry.file_type().ok()?))).collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        for (path, kind) in entries {
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            // Links are not followed: they may go in circles.
            if hidden || kind.is_symlink() {
                continue;
            }
            if kind.is_dir() && depth > 0 {
                self.folder(&path, depth - 1)?;
            } else if kind.is_file() && has_extension(&path, "zip") {
                self.zip(&path)?;
            } else if let Some(form) = form(&path).filter(|_| kind.is_file()) {
                self.file(&path, form)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, form: Form) -> Result<(), AdvisoriesError> {
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        self.record(path, form, file)
    }

    fn zip(&mut self, path: &Path) -> Result<(), AdvisoriesError> {
        let broken = |why: String| AdvisoriesError::Read { path: path.to_owned(), why };
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        let mut archive = ZipArchive::new(file).map_err(|error| broken(format!("not a zip file ({error})")))?;
        for index in 0..archive.len() {
            let entry = archive.by_index(index).map_err(|error| broken(format!("a damaged zip file ({error})")))?;
            let name = PathBuf::from(entry.name());
            let hidden = name.iter().any(|part| part.to_string_lossy().starts_with('.') && part != "..");
            if let Some(form) = form(&name).filter(|_| entry.is_file() && !hidden) {
                self.record(path, form, entry)?;
            }
        }
        Ok(())
    }

    /// Takes one file of the source at `path`.
    fn record(&mut self, path: &Path, form: Form, source: impl Read) -> Result<(), AdvisoriesError> {
        if self.cancel.is_cancelled() {
            return Err(AdvisoriesError::Cancelled);
        }
        let mut bytes = Vec::new();
        let complete = source.take(MAX_RECORD_BYTES + 1).read_to_end(&mut bytes).is_ok();
        self.records += 1;
        self.bytes += bytes.len() as u64;
        if self.records > MAX_RECORDS || self.bytes > MAX_TOTAL_BYTES {
            let why = "more than an advisory database can hold".to_owned();
            return Err(AdvisoriesError::Read { path: path.to_owned(), why });
        }
        let json = match form {
            _ if !complete || bytes.len() as u64 > MAX_RECORD_BYTES => Err(Taken::Unusable),
            Form::Json => Ok(bytes),
            Form::Yaml => yaml::to_json(&bytes),
        };
        let taken = match &json {
            Ok(json) => (self.take)(json)?,
            Err(taken) => *taken,
        };
        if taken == Taken::Unusable {
            self.unusable.add(json.as_deref().ok());
        }
        if self.records.is_multiple_of(1000) {
            (self.progress)(self.records);
        }
        Ok(())
    }
}

/// How a record is written down.
#[derive(Debug, Clone, Copy)]
enum Form {
    Json,
    /// As PyPA keeps its records.
    Yaml,
}

fn form(path: &Path) -> Option<Form> {
    let is_yaml = ["yaml", "yml"].iter().any(|end| has_extension(path, end));
    if has_extension(path, "json") { Some(Form::Json) } else { is_yaml.then_some(Form::Yaml) }
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
}

fn unreadable(path: &Path, error: &std::io::Error) -> AdvisoriesError {
    AdvisoriesError::Read { path: path.to_owned(), why: error.to_string() }
}

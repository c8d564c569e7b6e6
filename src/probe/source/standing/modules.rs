//! Which modules scripts import, and how many of those in each folder they are.

use super::{FOUND, is_script, module_of, without_ending};
use crate::probe::source::facts::{CodeIndex, FileFacts};
use crate::probe::source::quick::{HashMap, HashSet};

/// What scripts other than tests import.
#[derive(Debug)]
pub(in crate::probe::source) struct Modules {
    /// The last part of every module, without its ending.
    imported: HashSet<Box<str>>,
    /// Of each folder, how many modules stand in it that have to be imported to run, and how many of them are.
    folders: HashMap<Box<str>, (usize, usize)>,
}

impl Modules {
    pub(in crate::probe::source) fn of(index: &CodeIndex) -> Self {
        let scripts = || index.files.iter().map(|file| &**file).filter(|file| is_script(file));
        let modules = scripts().flat_map(|file: &FileFacts| {
            let imports = file.imports.iter().map(|import| import.module.as_str());
            imports.chain(file.bindings.iter().map(|binding| &*binding.module))
        });
        let imported: HashSet<&str> =
            modules.map(|module| without_ending(module.rsplit('/').next().unwrap_or(module))).collect();
        let mut folders: HashMap<&str, (usize, usize)> = HashMap::default();
        for (folder, name) in scripts().filter_map(|file| module_of(&file.path)) {
            if !FOUND.contains(&name.split('.').next().unwrap_or(name)) && !name.starts_with('_') {
                let (beside, used) = folders.entry(folder).or_default();
                *beside += 1;
                *used += usize::from(imported.contains(name));
            }
        }
        let imported = imported.into_iter().map(Into::into).collect();
        let folders = folders.into_iter().map(|(folder, counts)| (folder.into(), counts)).collect();
        Self { imported, folders }
    }

    /// Whether a module of this name is imported, whichever it is.
    pub(super) fn imports(&self, stem: &str) -> bool {
        self.imported.contains(stem)
    }

    /// How many modules stand in a folder that have to be imported to run, and how many of them are.
    pub(super) fn in_folder(&self, folder: &str) -> (usize, usize) {
        self.folders.get(folder).copied().unwrap_or_default()
    }
}

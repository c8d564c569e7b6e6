//! Tests of the source rules: each on its fixtures, all of them on whole apps, and what they say of how far they got.

mod apps;
mod calibration;
mod coverage;
mod fixtures;
mod limits;
mod odd_texts;
mod production;
mod shared_code;

use std::fs;
use std::path::{Path, PathBuf};

use gonogo::model::{Coverage, Examined, Settings};
use gonogo::probe::source::SourceProbe;

use crate::support::probes::{Folder, run};

/// The folder `of` in the fixtures.
fn fixtures(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(of)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Every file below `folder`, by its path from `root`.
fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in entries(folder) {
        if entry.is_dir() {
            collect(root, &entry, files);
        } else {
            let path = entry.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            files.push((path, fs::read_to_string(&entry).unwrap()));
        }
    }
}

async fn examined(files: &[(&str, &str)]) -> Examined {
    run(&SourceProbe, Folder::with(files).path(), Settings::default()).await.unwrap().result.unwrap()
}

async fn coverage(files: &[(&str, &str)], rule: &str) -> Coverage {
    examined(files).await.rules[rule].clone()
}

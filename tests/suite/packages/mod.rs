//! Manifests and lock files of every package manager, each as its own tools read it.

mod ranges;
mod standings;
mod versions;
mod npm;
mod lock_files;
mod pnpm;
mod yarn;
mod bundler;
mod cargo;
mod composer;
mod go;
mod jvm;
mod python;
mod python_hostile;
mod python_locks;
mod python_tools;

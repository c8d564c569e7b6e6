//! Manifests and lock files of every package manager, each as its own tools read it.

mod ranges;
mod standings;
mod versions;
mod npm;
mod lock_files;
mod pnpm;
mod yarn;

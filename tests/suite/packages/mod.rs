//! Manifests and lock files of every package manager, each as its own tools read it.

mod ranges;
mod standings;
mod versions;
